"""Checks of campaigns across the parts of a site, and against the law of where they call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from config.calling_law import Setting, layers, settled
from config.calling_rules import ANY, CalleeHours, CallingRules, least_ring
from config.campaign_script import check_script
from config.campaign_sorry import SORRY_PARTS
from config.campaigns import CONNECTS_IN_MS, Campaign
from config.document import Located, Problem
from config.holes import HOLE
from config.hours import Hours
from config.hours_checks import check_hours
from config.number_places import countries_of_pattern
from config.problem import Path
from config.suggest import did_you_mean, shown
from config.values import Language

if TYPE_CHECKING:
    from config.site import Site

LONGEST_RING_MS = 120_000


def check_campaigns(site: Site, located: Located) -> Iterator[Problem]:
    """What is wrong with the site's campaigns, and with its rules for calls."""
    yield from _rules(site.calling_rules, ("calling_rules",), located)
    yield from _shown_numbers(site, located)
    for name, campaign in site.campaigns.items():
        path = ("campaigns", name)
        yield from _names(campaign, path, site, located)
        yield from _languages(campaign, path, site, located)
        yield from check_script(campaign, path, located)
        yield from _default(campaign, path, located)
        yield from _sorry(campaign, path, located)
        yield from _limits(campaign, path, site, located)
        yield from _rules(campaign.rules, (*path, "rules"), located)
        yield from _law(name, campaign, site, located)


def _names(campaign: Campaign, path: Path, site: Site, located: Located) -> Iterator[Problem]:
    """What a campaign names and the site must have."""
    named = (
        ("queue", campaign.queue, site.queues),
        ("hours", campaign.hours, site.hours),
        ("caller_ids", campaign.caller_ids, site.caller_ids),
    )
    for what, name, known in named:
        if name is not None and name not in known:
            message = f"unknown {_WORDS[what]} {shown(name)}, {did_you_mean(name, known)}"
            yield located.problem((*path, what), message)
    for trunk in campaign.trunks.keys() - site.trunks.keys():
        message = f"unknown trunk, {did_you_mean(trunk, site.trunks)}"
        yield located.problem((*path, "trunks", trunk), message, key=True)


_WORDS = {"queue": "queue", "hours": "hours", "caller_ids": "pool of caller ids"}


def _languages(campaign: Campaign, path: Path, site: Site, located: Located) -> Iterator[Problem]:
    purpose = campaign.purpose if isinstance(campaign.purpose, dict) else {}
    texts: tuple[tuple[Path, Mapping[Language, str]], ...] = (
        (("purpose",), purpose),
        (("script",), campaign.script),
        (("sorry", "texts"), campaign.sorry.texts),
        (("machines", "message"), campaign.machines.message),
    )
    for where, by_language in texts:
        for language in by_language.keys() - set(site.languages):
            message = f"not a language of the site, {did_you_mean(language, site.languages)}"
            yield located.problem((*path, *where, language), message, key=True)


def _default(campaign: Campaign, path: Path, located: Located) -> Iterator[Problem]:
    name = campaign.default_disposition
    if name is None:
        return
    known, where = campaign.dispositions.get(name), (*path, "default_disposition")
    if known is None:
        hint = did_you_mean(name, campaign.dispositions)
        yield located.problem(where, f"unknown disposition {shown(name)}, {hint}")
    elif known.then == "call_back":
        message = f"{name} needs a time that was agreed, and nobody has said one"
        yield located.problem(where, message)


def _sorry(campaign: Campaign, path: Path, located: Located) -> Iterator[Problem]:
    """A message that lacks a part makes the campaign dial no further ahead than it has agents."""
    for language, text in campaign.sorry.texts.items():
        where, told = (*path, "sorry", "texts", language), HOLE.findall(text)
        for name in dict.fromkeys(told):
            if name not in SORRY_PARTS:
                message = f"{shown(f'{{{name}}}')} is unknown, {did_you_mean(name, SORRY_PARTS)}"
                yield located.problem(where, message)
        lacking = ", ".join(f"{{{part}}}" for part in SORRY_PARTS if part not in told)
        if lacking and campaign.dials_ahead:
            message = (
                f"lacks {lacking}: where the law asks for it (the rule message), this campaign "
                "dials no further ahead than it has agents"
            )
            yield located.warning(where, message)


def _limits(campaign: Campaign, path: Path, site: Site, located: Located) -> Iterator[Problem]:
    if campaign.ring_timeout.ms > LONGEST_RING_MS:
        message = f"is {campaign.ring_timeout}, at most 2m is allowed"
        yield located.problem((*path, "ring_timeout"), message)
    if not campaign.allow:
        yield located.warning(path, "calls nobody: allow names no numbers", key=True)
    for name, share in campaign.trunks.items():
        trunk = site.trunks.get(name)
        for what in ("lines", "calls_per_second"):
            mine, most = getattr(share, what), getattr(trunk, what, None)
            if mine is not None and most is not None and mine > most:
                message = f"is {mine:g}, the trunk itself has {most:g}"
                yield located.warning((*path, "trunks", name, what), message)


def _rules(rules: dict[str, CallingRules], path: Path, located: Located) -> Iterator[Problem]:
    """The hours that rules write, held to what opening hours are held to."""
    for place, each in rules.items():
        if not isinstance(each.hours, CalleeHours) or each.hours.open is None:
            continue
        written = Hours(open=each.hours.open, special=each.hours.special or {})
        yield from check_hours(written, (*path, place, "hours"), located, None)


def _law(name: str, campaign: Campaign, site: Site, located: Located) -> Iterator[Problem]:
    """What the law of where it calls never permits, so that no call would ever be made."""
    where, path = layers(site.calling_rules, campaign.rules, name), ("campaigns", name)
    countries = [each for pattern in campaign.allow for each in countries_of_pattern(pattern)[:1]]
    for country in dict.fromkeys(countries):
        rules = settled(where, country)
        yield from _ring(campaign, rules["ring"], country, path, located)
        yield from _answer(campaign, rules["answer"], country, path, located)


def _ring(
    campaign: Campaign, ring: Setting, country: str, path: Path, located: Located
) -> Iterator[Problem]:
    least = least_ring(ring.values)
    if ring.on and campaign.ring_timeout < least:
        message = f"is {campaign.ring_timeout}: a phone in {country} rings for at least {least}"
        yield located.problem((*path, "ring_timeout"), f"{message} ({ring.set_by}.ring)")


def _answer(
    campaign: Campaign, answer: Setting, country: str, path: Path, located: Located
) -> Iterator[Problem]:
    machines, within = campaign.machines, answer.values["within"]
    if answer.on and machines.detect != "none" and campaign.answers_in_ms > within.ms:
        message = (
            f"is {machines.within}, and an agent is there {CONNECTS_IN_MS} ms later: in {country} "
            f"who answers is met within {within} ({answer.set_by}.answer)"
        )
        yield located.problem((*path, "machines", "within"), message)


def _shown_numbers(site: Site, located: Located) -> Iterator[Problem]:
    """Numbers that are shown and that nobody answers, unless the law of all places lets them be."""
    rule = settled(layers(site.calling_rules, {}, ""), ANY)["caller_id"]
    if not rule.on or not rule.values["answered"]:
        return
    for pool, shown_numbers in site.caller_ids.items():
        for number in shown_numbers.keys() - site.numbers.keys():
            message = (
                "is no number of the site (numbers): who is called must be able to call back "
                f"({rule.set_by}.caller_id)"
            )
            yield located.problem(("caller_ids", pool, number), message, key=True)
