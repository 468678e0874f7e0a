"""`trunkline campaign rules`: what the law would say of a call, by the site's file alone."""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import typer

from config.countries import checked_country
from config.numbers import e164
from config.site import Site
from engine.campaigns.law import CampaignLaw, call_to, pool_of
from engine.clock import now_ms
from engine.console import Screen, clock_time
from engine.errors import NoSuchCampaign, SettingsInvalid
from engine.loading import load_site_file
from engine.settings import Settings
from routing.outbound.budget import Tally
from routing.outbound.caller_ids import choose
from routing.outbound.rules.ask import OWN_LIST, Call, Consent, Known, Listing, Told, callee_of
from routing.outbound.rules.evidence import Decision, Refusal
from routing.outbound.rules.law import Law
from routing.outbound.rules.permitting import permitted

COLUMNS = ("rule", "where", "verdict", "because", "set by")
A_GOOD_DAY = Tally(live=1_000)
TAKEN = (
    "Taken as given: on no do-not-call list, with every register imported just now; never called "
    "before; nobody lost by the campaign."
)


class Asked(NamedTuple):
    """The words of the command."""

    campaign: str
    number: str
    at: str = ""
    zone: str = ""
    part: str = ""
    consent: bool = False
    agent: bool = False


def show(settings: Settings, asked: Asked, as_json: bool) -> int:
    """Print it; 0: the call would be permitted, 1: it would not."""
    site = load_site_file(settings).site
    decision = decide(site, asked, now_ms())
    if as_json:
        typer.echo(json.dumps(_plain(decision), ensure_ascii=False))
    else:
        _print(site, decision)
    return 1 if isinstance(decision, Refusal) else 0


def decide(site: Site, asked: Asked, now: int) -> Decision:
    """What the law says. Raises NoSuchCampaign, and SettingsInvalid for what cannot be read."""
    if asked.campaign not in site.campaigns:
        raise NoSuchCampaign(asked.campaign, site.campaigns)
    at_ms = _moment_ms(asked.at, now, site.zone)
    call, law = _call(site, asked), CampaignLaw(site, asked.campaign)
    consents = (Consent("as asked", at_ms),) if asked.consent else ()
    known = Known(listings=_unlisted(call, law, at_ms), consents=consents, today=A_GOOD_DAY)
    return permitted(call, known, law, at_ms)


def _call(site: Site, asked: Asked) -> Call:
    number = e164(asked.number, site.country)
    if number is None:
        raise SettingsInvalid("NUMBER", asked.number, "a number like +36301234567")
    return call_to(
        site,
        asked.campaign,
        number,
        choose(pool_of(site, asked.campaign), number, {}),
        agent_kept=asked.agent,
        told=Told(_zone(asked.zone), _part(asked.part)),
    )


def _unlisted(call: Call, law: Law, at_ms: int) -> tuple[Listing, ...]:
    """Every list that is asked for has been looked at, and has not the number."""
    names = [
        name
        for jurisdiction in callee_of(call.number, call.told, law).jurisdictions
        if (rule := law.rules(jurisdiction).do_not_call) is not None
        for name in rule.registers
    ]
    registers = (Listing(name, False, at_ms, at_ms) for name in dict.fromkeys(names))
    return (Listing(OWN_LIST, False, at_ms), *registers)


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


def _print(site: Site, decision: Decision) -> None:
    screen, evidence = Screen(), decision.evidence
    rows = [
        (each.rule, each.jurisdiction, each.verdict, each.because, each.set_by)
        for each in evidence.findings
    ]
    clocks = ", ".join(evidence.zones) or "no known time zone"
    screen.table(f"{evidence.number} ({clocks}), {evidence.at}", COLUMNS, rows)
    screen.console.print(_verdict(site, decision), markup=False)
    screen.console.print(TAKEN, markup=False)


def _verdict(site: Site, decision: Decision) -> str:
    if not isinstance(decision, Refusal):
        return "Permitted."
    agent = " It would be with an agent kept for the call." if decision.agent_helps else ""
    if decision.again_ms is None:
        return f"Not permitted, and no time alone changes it.{agent}"
    return f"Not permitted before {clock_time(decision.again_ms, ZoneInfo(site.zone))}.{agent}"
