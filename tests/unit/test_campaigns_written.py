"""Campaigns and the law of calls as a site writes them: who sets what, and what is doubted."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from config.calling_law import layers, presets, settled
from config.calling_rules import CallingRules
from config.document import load_text
from config.periods import Period
from config.site import Site, load_site, load_site_located, read_site
from config.site_checks import check_flows
from config.values import Language
from engine.campaigns.callees import check_detectors, doubt_detectors
from engine.campaigns.flow_words import check_words
from engine.campaigns.law import CampaignLaw, call_to, pool_of
from ivr.flow import Flow
from routing.outbound.caller_ids import PoolNumber
from routing.outbound.rules.law import Needing

pytestmark = pytest.mark.unit

GOOD = Path(__file__).parents[1] / "data/site/good/campaigns.yaml"
TEXT = GOOD.read_text()
SITE = load_site(GOOD, {})


def law(name: str = "sales", site: Site = SITE) -> CampaignLaw:
    return CampaignLaw(site, name)


def warned(text: str) -> list[str]:
    """What is doubted of a site."""
    problems = read_site(text, "site.yaml", {}, date(2026, 11, 22))[2]
    assert [each for each in problems if each.severity == "error"] == []
    return [f"{each.path}: {each.message}" for each in problems]


def instead(old: str, new: str) -> str:
    """The good site with one thing written otherwise."""
    assert TEXT.count(old) == 1
    return TEXT.replace(old, new)


def test_the_preset_of_a_country_holds_where_nothing_is_written() -> None:
    """The US: their hours, their register, no locks."""
    rules = law().rules("US")
    assert rules.hours is not None
    assert [*rules.hours.hours.open] == ["daily"]
    assert rules.do_not_call is not None
    assert rules.do_not_call.registers["us_national"].max_age_ms == 31 * 86_400_000
    assert (rules.abandoned_lock, rules.set_by["abandoned_lock"]) == (None, "presets.US")


def test_a_country_without_a_preset_has_the_cautious_rules() -> None:
    """None of them is off, and its own public holidays are kept."""
    rules = law("bills").rules("SI")
    assert all(getattr(rules, name) is not None for name in CallingRules.model_fields)
    assert rules.hours is not None
    assert rules.hours.hours.holidays == ("SI",)
    setters = {rules.set_by[name] for name in CallingRules.model_fields}
    assert setters == {"presets.any", "calling_rules.any"}


def test_holidays_of_a_country_that_nobody_knows() -> None:
    """There are none to keep, and the rest holds."""
    rules = law().rules("XX").hours
    assert rules is not None
    assert rules.hours.holidays == ()


def test_a_campaign_wins_over_the_site_and_both_over_the_preset() -> None:
    """Value by value: what nobody above has written stays as it is below."""
    attempts = law().rules("HU").attempts
    assert attempts is not None
    assert (attempts.week, attempts.day, attempts.ever) == (2, 1, 20)
    assert law().rules("HU").set_by["attempts"] == "campaigns.sales.rules.any"
    others = law("bills").rules("HU").attempts
    assert others is not None
    assert (others.week, others.day) == (5, 1)


def test_a_part_of_a_country_has_its_own_rules_over_the_countrys() -> None:
    """Florida's hours, and of the US what it does not say; it is told which parts have any."""
    florida, country = law().rules("US-FL"), law().rules("US")
    assert florida.hours is not None
    assert country.hours is not None
    assert str(florida.hours.hours.open["daily"]) == "08:00-20:00"
    assert str(country.hours.hours.open["daily"]) == "08:00-21:00"
    assert florida.answer == country.answer
    assert (law().parts("US"), law().parts("HU")) == (frozenset({"US-FL"}), frozenset())


def test_all_the_jurisdictions_that_a_campaign_may_call_into() -> None:
    """By what it allows: a country, or all that share a code, with their parts."""
    assert law().everywhere() == [law().rules("HU"), law().rules("PL")]
    written = instead("    allow: [+36*, +48*]", "    allow: [+1*]")
    america = law(site=read_site(written, "site.yaml", {})[0])
    found = america.everywhere()
    assert all(america.rules(place) in found for place in ("US", "CA", "US-FL"))


def test_a_rule_that_is_off_keeps_its_values_for_who_turns_it_on() -> None:
    """`on` is what it was below, and no value has to be written again."""
    off = {"any": load_text("abandoned_lock: off", "x", CallingRules)}
    on = {"GB": load_text("abandoned_lock: on", "x", CallingRules)}
    rules = settled(layers(off, on, "sales"), "GB")["abandoned_lock"]
    assert (rules.on, rules.values["time"]) == (True, Period.parse("72h"))
    assert not settled(layers(off, on, "sales"), "HU")["abandoned_lock"].on


@pytest.mark.parametrize(
    ("place", "calls", "commercial"),
    [
        ("PL", Needing.ALL, True),
        ("HU", Needing.AUTOMATED, True),
        ("EE", Needing.AUTOMATED, True),
        ("GB", Needing.AUTOMATED, True),
        ("US", Needing.AUTOMATED, False),
        ("SI", Needing.AUTOMATED, False),
    ],
)
def test_whose_calls_need_consent(place: str, calls: Needing, commercial: bool) -> None:
    """Poland: all that sell; the others: those in which nobody talks."""
    rule = law().rules(place).consent
    assert rule is not None
    assert (rule.calls, rule.commercial) == (calls, commercial)


def test_every_preset_sets_a_rule_to_something() -> None:
    """And the cautious one says all of each, so that none is ever without a value."""
    assert set(presets()) == {"any", "US", "GB", "HU", "PL", "EE"}
    assert presets()["any"].model_fields_set == set(CallingRules.model_fields)


FLOW = """
flow: reminder
about: tells of a bill
owner: us
languages: [en]
start: tell
steps:
  tell: {set: {call.disposition: WORD}, next: ask}
  ask: {call: opt_out, next: bye}
  bye: {hangup: normal}
"""
OPT_OUT = """
flow: opt_out
about: no more calls
owner: us
languages: [en]
start: done
steps:
  done: {set: {call.disposition: never}, next: back}
  back: {return: {}}
"""


def said_in(word: str, dispositions: str) -> list[str]:
    """What is wrong between a campaign and the words of its flow."""
    written = instead(
        "    purpose: your bill\n", f"    purpose: your bill\n    dispositions: {dispositions}\n"
    )
    path = "site.yaml"
    site, located, _ = read_site(written, path, {})
    assert site is not None
    assert located is not None
    flows = [load_text(text.replace("WORD", word), "x", Flow) for text in (FLOW, OPT_OUT)]
    problems = check_words(site, located, {flow.flow: flow for flow in flows})
    return [f"{each.path}: {each.message}" for each in problems]


def test_what_a_flow_says_must_be_a_disposition_of_its_campaign() -> None:
    """Also what a flow that it calls says; what is only found out in the call is not looked at."""
    both = "{promised: , never: {then: do_not_call}}"
    assert said_in("promised", both) == []
    assert said_in("'{call.language}'", both) == []
    (misspelt,) = said_in("promisd", both)
    assert misspelt == (
        'campaigns.bills.flow: tell of the flow reminder says "promisd", did you mean "promised"? '
        "(allowed: promised, never)"
    )
    assert said_in("promised", "{promised: }") == [
        'campaigns.bills.flow: done of the flow opt_out says "never", allowed: promised'
    ]
    later = "{promised: {then: call_back}, never: {then: do_not_call}}"
    (agreed,) = said_in("promised", later)
    assert agreed == (
        'campaigns.bills.flow: tell of the flow reminder says "promised", for which a time must '
        "be agreed: no flow can, write retry with after"
    )


def test_amd_whose_mistakes_nobody_has_measured_is_doubted() -> None:
    """They count as lost, and the campaign would dial no further ahead than it has agents."""

    def told(detect: str, abandon_rate: str) -> list[str]:
        written = instead("{detect: amd, within", f"{{detect: {detect}, within").replace(
            "{false_machines: 1}", abandon_rate
        )
        site, located, problems = read_site(written, "site.yaml", {})
        assert site is not None, problems
        assert located is not None
        return [f"{each.path}: {each.severity}" for each in doubt_detectors(site, located)]

    assert told("amd", "{}") == ["campaigns.sales.machines.detect: warning"]
    assert told("amd", "{false_machines: 4}") == []
    assert told("own", "{}") == []


def test_a_detector_that_cannot_be_so_careful_is_told() -> None:
    """By who answers, and by the clocks of the law where the campaign calls."""

    def told(machines: str, allow: str) -> list[str]:
        written = instead(
            '    machines: {detect: amd, within: 1500ms, message: {hu: "Kérjük, hívjon vissza."}}',
            f"    machines: {{detect: own, {machines}}}",
        ).replace("    allow: [+36*, +48*]", f"    allow: [{allow}]")
        site, located, problems = read_site(written, "site.yaml", {})
        assert site is not None, problems
        assert located is not None
        return [f"{each.path}: {each.message}" for each in check_detectors(site, located)]

    assert told("people_taken: 0.5, callees: consumers", "+1*") == []
    assert told("people_taken: 0.5, callees: firms", "+44*") == []
    (wrong,) = told("people_taken: 0.5, callees: firms", "+1*")
    assert wrong == (
        "campaigns.sales.machines.people_taken: is 0.5: where these callees answer, at least 0.6 "
        "is needed (clock greeting)"
    )


def test_a_call_is_what_its_campaign_says() -> None:
    """Who talks, what is sold, how long it rings, who is there when it is answered."""
    call = call_to(SITE, "sales", "+36301234567", "+3615550100")
    assert (call.ring_timeout_ms, call.answers_in_ms) == (22_000, 1_700)
    assert (call.automated, call.commercial, call.caller_id_answered) == (False, True, True)
    assert call.message == ("seller", "number", "purpose", "key")
    bill = call_to(SITE, "bills", "+36301234567", "+3615550199")
    assert (bill.automated, bill.commercial, bill.caller_id_answered) == (True, False, False)
    assert bill.answers_in_ms == 200


def test_the_pool_of_a_campaign() -> None:
    """With whom each number is near to, and how often it is shown a day."""
    assert pool_of(SITE, "sales") == (
        PoolNumber("+3615550100", ("+361",), 300),
        PoolNumber("+3615550101"),
    )


def test_what_the_message_tells_is_what_it_tells_in_every_language() -> None:
    """A Hungarian who is not told how to be called no more is not told."""
    site, _, _ = read_site(instead(", nyomja meg a {key} gombot", ""), "site.yaml", {})
    assert site.campaigns["sales"].sorry.parts == ("seller", "number", "purpose")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "To be called no more, press {key}.",
            "",
            (
                "campaigns.sales.sorry.texts.en: lacks {key}: where the law asks for it (the rule "
                "message), this campaign dials no further ahead than it has agents"
            ),
        ),
        (
            "lines: 40, calls",
            "lines: 70, calls",
            "campaigns.sales.trunks.line.lines: is 70, the trunk itself has 60",
        ),
        (
            "    deny: [+3690*]",
            "    deny: [+3*]",
            "campaigns.sales.allow[0]: has no effect: deny refuses all of it (+3*)",
        ),
        (
            "    allow: [+36*, +48*]\n    deny: [+3690*]\n",
            "",
            "campaigns.sales: calls nobody: allow names no numbers",
        ),
    ],
)
def test_what_cannot_be_meant_is_doubted(old: str, new: str, message: str) -> None:
    """A message that is none by law, a share that is larger than the whole, nobody to call."""
    assert warned(instead(old, new)) == [message]


def test_the_flow_of_a_campaign_must_be_there() -> None:
    """As those of numbers must."""
    site, located, _ = load_site_located(GOOD, {})
    (problem,) = check_flows(site, located, {"welcome"})
    assert str(problem).endswith('campaigns.bills.flow: unknown flow "reminder", allowed: welcome')


@pytest.mark.parametrize("language", ["en", "hu", "pl", "et"])
def test_the_message_of_our_own_words_tells_all_that_it_must(language: Language) -> None:
    """In every language, with nothing left unsaid; the site's own words where it has any."""
    own, sites = SITE.campaigns["bills"].sorry, SITE.campaigns["sales"].sorry
    told = {"seller": "Northwind", "number": "+36 1 555 0100", "purpose": "bills", "key": "9"}
    said = own.text(language, told)
    assert all(part in said for part in told.values())
    assert "{" not in said
    assert (sites.text(language, told) == said) is (language not in sites.texts)


def test_what_the_calls_are_about_in_each_language() -> None:
    """Or in the one that says it."""
    assert SITE.campaigns["sales"].purpose_in("hu") == "a better tariff"
    written = instead("purpose: your bill", "purpose: {en: your bill, hu: számlája}")
    bills = read_site(written, "site.yaml", {})[0].campaigns["bills"]
    assert (bills.purpose_in("hu"), bills.purpose_in("pl")) == ("számlája", "your bill")


@pytest.mark.parametrize("text", ["90s", "10m", "4h", "36h", "7d"])
def test_a_period_is_shown_as_it_was_written(text: str) -> None:
    """Longer than a day too."""
    assert str(Period.parse(text)) == text
