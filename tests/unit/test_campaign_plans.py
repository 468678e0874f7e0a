"""A campaign of the site as its hopper has it, and what the law is told of a number."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.campaigns import Campaign
from config.periods import Period
from config.site import load_site
from engine.campaigns.law import CampaignLaw, call_to
from engine.campaigns.plans import consents_of, listings_of, open_places, past_of, wants_of
from history.do_not_call import ConsentRow, Entry, NumberFacts, PastAttempt
from history.lead_filter import Condition
from routing.outbound.leads.place import Place
from routing.outbound.leads.plan import (
    CallAgain,
    CallBack,
    Finish,
    NeverAgain,
    Result,
    Retry,
    TryNextNumber,
)
from routing.outbound.rules.ask import Consent, Known, Listing, PastCall, Told
from routing.outbound.rules.permitting import permitted

pytestmark = pytest.mark.unit

SITE = load_site(Path(__file__).parents[2] / "config/site.yaml", {})
CAMPAIGN = Campaign.model_validate(
    {
        "mode": "progressive",
        "queue": "support",
        "purpose": {"en": "your contract"},
        "lists": {"new": {"priority": "5"}, "old": None},
        "filter": [{"field": "tariff", "is_not": ["night"], "at_most": "5"}],
        "numbers": ["mobile"],
        "trunks": {"carrier": None},
        "caller_ids": "service",
        "allow": ["+36*", "+1*"],
        "tries": "4",
        "retries": {"busy": {"after": "15m", "growth": "2", "tries": "5", "next_number": "yes"}},
        "dispositions": {
            "sold": None,
            "later": {"then": "retry", "after": "1d"},
            "agreed": {"then": "call_back"},
            "wrong": {"then": "next_number"},
            "never": {"then": "do_not_call"},
        },
    }
)


def test_a_campaign_says_whom_it_calls_and_what_follows() -> None:
    wants = wants_of("renewals", CAMPAIGN)
    assert (wants.campaign, wants.lists) == ("renewals", {"new": 5, "old": 0})
    assert wants.conditions == [Condition("tariff", none_of=["night"], at_most=5)]
    plan = wants.plan
    assert (plan.tries, plan.kinds) == (4, ("mobile",))
    assert plan.retries == {Result.BUSY: Retry(15 * 60_000, 2.0, 5, next_number=True)}
    assert plan.dispositions == {
        "sold": Finish(),
        "later": CallAgain(Period(86_400_000).ms),
        "agreed": CallBack(),
        "wrong": TryNextNumber(),
        "never": NeverAgain(),
    }


def test_only_places_in_their_hours_are_asked_for() -> None:
    """Nine in Budapest is three in New York; a phone that may be in both is not called."""
    site = SITE.model_copy(update={"campaigns": {"renewals": CAMPAIGN}})
    law = CampaignLaw(site, "renewals")
    monday = datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Europe/Budapest"))
    places = ["HU Europe/Budapest", "US America/New_York", "HU America/New_York Europe/Budapest"]
    found = open_places(places, law, round(monday.timestamp() * 1000))
    assert found == ["HU Europe/Budapest"]


EPIPHANY = datetime(2027, 1, 6, 11, 0, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(("part", "rests"), [("DE-BY", True), ("DE-BE", False), (None, False)])
def test_the_holidays_are_those_of_the_part_that_the_lead_tells(
    part: str | None, rests: bool
) -> None:
    """Epiphany is one in Bavaria, and none in Berlin, though nobody has written rules for either;
    the hopper does not ask for leads there."""
    campaign = CAMPAIGN.model_copy(update={"allow": ["+49*"]})
    site = SITE.model_copy(update={"campaigns": {"renewals": campaign}})
    law, now_ms = CampaignLaw(site, "renewals"), round(EPIPHANY.timestamp() * 1000)
    call = call_to(site, "renewals", "+498912345678", None, told=Told("Europe/Berlin", part))
    found = permitted(call, Known(), law, now_ms).evidence.refusals
    assert ("hours" in {each.rule for each in found}) is rests
    places = [str(Place("DE", ()).within("Europe/Berlin", part))]
    assert open_places(places, law, now_ms) == ([] if rests else places)


def test_what_is_known_of_a_number_is_what_the_law_asks() -> None:
    facts = NumberFacts(
        [Entry("+36301234567", "robinson", 1, "imported", "anna")],
        [ConsentRow("+36301234567", "live", 2, "form", "anna", withdrawn_ms=3)],
        [
            PastAttempt("a", 4, 5, "lost"),
            PastAttempt("b", 6, 7, "machine"),
            PastAttempt("c", 8, None, None),
            PastAttempt("d", 9, 10, "unknown"),
        ],
    )
    assert past_of(facts) == (
        PastCall("a", 4, 5, abandoned=True),
        PastCall("b", 6, 7, machine=True),
        PastCall("c", 8, None),
        PastCall("d", 9, 10, abandoned=True),  # with its engine: a person may have answered
    )
    assert listings_of(facts, {"own": None, "robinson": 9}, 10) == (
        Listing("own", False, 10),
        Listing("robinson", True, 10, 9),
    )
    assert consents_of(facts) == (Consent("form", 2, 3, automated=False),)
