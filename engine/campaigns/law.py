"""The law of a campaign, out of what the site says of it, for `routing.outbound.rules`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from config.calling_law import Setting, layers, parts_with_rules, settled
from config.calling_rules import least_ring
from config.countries import has_holidays
from config.hours import Hours
from config.number_places import countries_of_pattern
from config.periods import Period
from config.site import Site
from routing.outbound.caller_ids import PoolNumber
from routing.outbound.rules.ask import NOTHING_TOLD, Call, Told
from routing.outbound.rules.clocks import HoursRule
from routing.outbound.rules.law import (
    AbandonRule,
    AllowRule,
    AnswerRule,
    AttemptsRule,
    CallerIdRule,
    ConsentRule,
    DoNotCallRule,
    LockRule,
    MessageRule,
    Needing,
    NumbersRule,
    Register,
    RingRule,
    Rules,
)


class CampaignLaw:
    """The rules of every jurisdiction for one campaign, each made when it is first asked for."""

    def __init__(self, site: Site, name: str) -> None:
        self._site, self._name = site, name
        self._campaign = site.campaigns[name]
        self._layers = layers(site.calling_rules, site.campaigns[name].rules, name)
        self._rules: dict[str, Rules] = {}

    def rules(self, jurisdiction: str) -> Rules:
        """Those of a country (`HU`), or a part of one (`US-FL`)."""
        if jurisdiction not in self._rules:
            rules = rules_of(settled(self._layers, jurisdiction), jurisdiction)
            self._rules[jurisdiction] = self._with_its_own(rules)
        return self._rules[jurisdiction]

    def parts(self, country: str) -> frozenset[str]:
        """The parts of a country that have rules of their own."""
        return parts_with_rules(self._layers, country)

    def _with_its_own(self, rules: Rules) -> Rules:
        """With what the campaign asks of its calls."""
        campaign = self._campaign
        set_by = {"allow": f"campaigns.{self._name}.allow", "under_way": "never off"}
        hours = None if campaign.hours is None else self._site.hours[campaign.hours]
        if hours is not None:
            hours = hours.model_copy(update={"zone": hours.zone or self._site.zone})
            set_by["campaign_hours"] = f"hours.{campaign.hours}"
        abandons = rules.abandon_rate
        if abandons is not None:
            taken = campaign.machines.expected_to_take
            abandons = replace(abandons, people_taken=taken)
        return replace(
            rules,
            allow=AllowRule(str(campaign)),
            abandon_rate=abandons,
            campaign_hours=None if hours is None else HoursRule(hours),
            set_by={**rules.set_by, **set_by},
        )

    def everywhere(self) -> list[Rules]:
        """Those of all jurisdictions that the campaign may call into, for `pace`."""
        countries = {
            each for pattern in self._campaign.allow for each in countries_of_pattern(pattern)
        }
        parts = {part for country in countries for part in self.parts(country)}
        return [self.rules(place) for place in sorted(countries | parts)]


def call_to(
    site: Site,
    name: str,
    number: str,
    caller_id: str | None,
    *,
    agent_kept: bool = False,
    told: Told = NOTHING_TOLD,
) -> Call:
    """A call of the campaign `name` to `number`, as the site says that it is made."""
    campaign = site.campaigns[name]
    return Call(
        campaign=name,
        number=number,
        caller_id=caller_id,
        ring_timeout_ms=campaign.ring_timeout.ms,
        automated=campaign.mode == "agentless",
        agent_kept=agent_kept,
        commercial=campaign.commercial,
        answers_in_ms=campaign.answers_in_ms,
        message=campaign.sorry.parts,
        caller_id_answered=caller_id in site.numbers,
        told=told,
        allowed=campaign.permit(number),
    )


def is_refused_everywhere(site: Site, kind: str, country: str) -> bool:
    """Whether by the rule `numbers` no campaign calls numbers of this kind in a country; of a site
    that has none, its own rules count."""
    written = {name: each.rules for name, each in site.campaigns.items()} or {"": {}}
    rules = [
        settled(layers(site.calling_rules, its_own, name), country)["numbers"]
        for name, its_own in written.items()
    ]
    return all(rule.on and kind in rule.values["refuse"] for rule in rules)


def pool_of(site: Site, name: str) -> tuple[PoolNumber, ...]:
    """The numbers that the campaign `name` may show."""
    return tuple(
        PoolNumber(number, tuple(each.removesuffix("*") for each in it.local_to), it.calls_per_day)
        for number, it in site.caller_ids[site.campaigns[name].caller_ids].items()
    )


def rules_of(settings: Mapping[str, Setting], jurisdiction: str) -> Rules:
    """The rules of one jurisdiction as values."""
    made: dict[str, Any] = {
        name: _MADE[name](setting.values, jurisdiction)
        for name, setting in settings.items()
        if setting.on
    }
    set_by = {name: setting.set_by for name, setting in settings.items()}
    return Rules(**made, set_by=set_by)


def _hours(values: Mapping[str, Any], jurisdiction: str) -> HoursRule:
    country = jurisdiction.partition("-")[0]
    closed = () if values["holidays"] else _first_known(jurisdiction, country)
    return HoursRule(Hours(open=values["open"], special=values.get("special", {}), holidays=closed))


def _first_known(*places: str) -> tuple[str, ...]:
    return next(((place,) for place in places if has_holidays(place)), ())


def _do_not_call(values: Mapping[str, Any], _: str) -> DoNotCallRule:
    registers = {
        name: Register(each.max_age.ms, each.unless_consent, each.commercial)
        for name, each in values["registers"].items()
    }
    return DoNotCallRule(registers, values["checked_within"].ms)


def _consent(values: Mapping[str, Any], _: str) -> ConsentRule:
    max_age: Period | None = values.get("max_age")
    return ConsentRule(
        calls=Needing(values["calls"]),
        commercial=values["commercial"],
        max_age_ms=None if max_age is None else max_age.ms,
        sources=values["sources"],
    )


def _attempts(values: Mapping[str, Any], _: str) -> AttemptsRule:
    return AttemptsRule(
        day=values.get("day"),
        week=values.get("week"),
        ever=values.get("ever"),
        site=values["over"] == "site",
    )


def _ring(values: Mapping[str, Any], _: str) -> RingRule:
    return RingRule(least_ring(values).ms)


def _answer(values: Mapping[str, Any], _: str) -> AnswerRule:
    return AnswerRule(values["within"].ms, values["counted_from"])


def _lock(values: Mapping[str, Any], _: str) -> LockRule:
    return LockRule(values["time"].ms, values["unless_agent"])


_MADE: Mapping[str, Callable[[Mapping[str, Any], str], object]] = {
    "hours": _hours,
    "do_not_call": _do_not_call,
    "consent": _consent,
    "attempts": _attempts,
    "ring": _ring,
    "answer": _answer,
    "message": lambda _, __: MessageRule(),
    "abandoned_lock": _lock,
    "machine_lock": _lock,
    "abandon_rate": lambda values, _: AbandonRule(**values),
    "caller_id": lambda values, _: CallerIdRule(values["answered"]),
    "numbers": lambda values, _: NumbersRule(values["refuse"]),
}
