"""`trunkline campaign rules`: what the law would say of a call, by what is known of the number."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import typer

from config.countries import checked_country
from config.numbers import e164
from config.registers import OWN
from config.site import Site
from engine.campaigns import leadbook
from engine.campaigns.law import CampaignLaw, call_to, pool_of
from engine.campaigns.permissions import opened
from engine.campaigns.plans import consents_of, listings_of, past_of
from engine.clock import now_ms
from engine.console import Screen, clock_time
from engine.errors import NoSuchCampaign, SettingsInvalid
from engine.settings import Settings
from history.do_not_call import NumberFacts
from history.lead_rows import LeadRow
from routing.outbound.budget import Tally
from routing.outbound.caller_ids import choose
from routing.outbound.rules.ask import Call, Consent, Known, Told
from routing.outbound.rules.evidence import MOMENT, Decision, Refusal, epoch_ms
from routing.outbound.rules.permitting import permitted

COLUMNS = ("rule", "where", "verdict", "because", "set by")
A_GOOD_DAY = Tally(live=1_000)
TAKEN = "Taken as given: that the campaign has lost nobody lately."


class Asked(NamedTuple):
    """The words of the command."""

    campaign: str
    number: str
    at: str = ""
    zone: str = ""
    part: str = ""
    consent: bool = False
    agent: bool = False


class Records(NamedTuple):
    """What is kept of the number, and when each do-not-call list was last brought in."""

    facts: NumberFacts = NumberFacts()
    registers: Mapping[str, int | None] = {OWN: None}


async def show(settings: Settings, asked: Asked, as_json: bool) -> int:
    """Print it; 0: the call would be permitted, 1: it would not. Raises HistoryUnreadable."""
    async with opened(settings) as desk:
        site, store = desk.site, desk.store
        number = _number(site, asked.number)
        records = Records(await store.facts(number), await store.registers())
    lead = await _lead_of(settings, site, asked.campaign, number)
    decision = decide(site, _as_told(asked, lead), records, now_ms())
    if as_json:
        typer.echo(json.dumps(_plain(decision), ensure_ascii=False))
    else:
        _print(site, decision, lead)
    return 1 if isinstance(decision, Refusal) else 0


async def _lead_of(settings: Settings, site: Site, name: str, number: str) -> LeadRow | None:
    """Whom the campaign would call there."""
    lists = site.campaigns[name].lists if name in site.campaigns else ()
    async with leadbook.opened(settings) as book:
        return await book.store.with_number(number, list(lists))


def _as_told(asked: Asked, lead: LeadRow | None) -> Asked:
    """With what the lead tells, where the command does not."""
    if lead is None:
        return asked
    zone, part = asked.zone or lead.zone or "", asked.part or lead.part or ""
    return asked._replace(zone=zone, part=part)


def decide(site: Site, asked: Asked, records: Records, now: int) -> Decision:
    """What the law says. Raises NoSuchCampaign, and SettingsInvalid for what cannot be read."""
    if asked.campaign not in site.campaigns:
        raise NoSuchCampaign(asked.campaign, site.campaigns)
    at_ms = _moment_ms(asked.at, now, site.zone)
    supposed = (Consent("as supposed", at_ms),) if asked.consent else ()
    known = Known(
        past=past_of(records.facts),
        listings=listings_of(records.facts, records.registers, at_ms),
        consents=(*consents_of(records.facts), *supposed),
        today=A_GOOD_DAY,
    )
    return permitted(_call(site, asked), known, CampaignLaw(site, asked.campaign), at_ms)


def _call(site: Site, asked: Asked) -> Call:
    number = _number(site, asked.number)
    return call_to(
        site,
        asked.campaign,
        number,
        choose(pool_of(site, asked.campaign), number, {}),
        agent_kept=asked.agent,
        told=Told(_zone(asked.zone), _part(asked.part)),
    )


def _number(site: Site, text: str) -> str:
    number = e164(text, site.country)
    if number is None:
        raise SettingsInvalid("NUMBER", text, "a number like +36301234567")
    return number


def _moment_ms(text: str, now: int, zone: str) -> int:
    if not text:
        return now
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsInvalid("--at", text, "a time like 2026-11-23T09:30") from None
    local = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    return round(local.timestamp() * 1000)


def _zone(text: str) -> str | None:
    try:
        return ZoneInfo(text).key if text else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsInvalid("--zone", text, "a time zone like Europe/Budapest") from None


def _part(text: str) -> str | None:
    try:
        return checked_country(text) if text else None
    except ValueError as wrong:
        raise SettingsInvalid("--part", text, f"a part of a country ({wrong})") from None


def _plain(decision: Decision) -> dict[str, object]:
    evidence = msgspec.to_builtins(decision.evidence)
    if not isinstance(decision, Refusal):
        return {"permitted": True, "evidence": evidence}
    next_time = {"again_ms": decision.again_ms, "agent_helps": decision.agent_helps}
    return {"permitted": False, **next_time, "evidence": evidence}


def _print(site: Site, decision: Decision, lead: LeadRow | None) -> None:
    screen, evidence = Screen(), decision.evidence
    zones = evidence.zones or (site.zone,)
    rows = [
        (each.rule, each.jurisdiction, each.verdict, _there(each.because, zones), each.set_by)
        for each in evidence.findings
    ]
    clocks = ", ".join(evidence.zones) or "no known time zone"
    title = f"{evidence.number} ({clocks}), {_there(evidence.at, zones)}"
    screen.table(title, COLUMNS, rows)
    told = [] if lead is None else [each for each in (lead.zone, lead.part) if each]
    if lead is not None and told:
        screen.console.print(f"As lead {lead.id} tells: {', '.join(told)}.", markup=False)
    screen.console.print(_verdict(decision, zones), markup=False)
    screen.console.print(TAKEN, markup=False)


def _there(text: str, zones: Sequence[str]) -> str:
    """With its moments on each clock that may be the callee's, where the evidence has UTC."""
    return MOMENT.sub(lambda found: _clocks(epoch_ms(found[0]), zones), text)


def _clocks(at_ms: int, zones: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(clock_time(at_ms, ZoneInfo(zone)) for zone in zones))


def _verdict(decision: Decision, zones: Sequence[str]) -> str:
    if not isinstance(decision, Refusal):
        return "Permitted."
    agent = " It would be with an agent kept for the call." if decision.agent_helps else ""
    if decision.again_ms is None:
        return f"Not permitted, and no time alone changes it.{agent}"
    return f"Not permitted before {_clocks(decision.again_ms, zones)}.{agent}"
