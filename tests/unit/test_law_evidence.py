"""Why a call was made, kept so that it can be shown: every rule, what it saw, who had set it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from config.site import load_site
from engine.campaigns.law import CampaignLaw, call_to
from routing.outbound.budget import Tally
from routing.outbound.rules.ask import Consent, Known, PastCall, Told
from routing.outbound.rules.evidence import Permit, Refusal, from_json, rows, to_json
from routing.outbound.rules.permitting import RULES, permitted
from tests.unit.calling import DAY, HU, TOLL_FREE, US, at, clock, unlisted

pytestmark = pytest.mark.unit

SITE = load_site(Path(__file__).parents[1] / "data/site/good/campaigns.yaml", {})
LAW = CampaignLaw(SITE, "sales")
NOW = at("2026-11-23 11:00")
CALL = call_to(SITE, "sales", HU, "+3615550100")
KNOWN = Known(listings=unlisted(NOW), today=Tally(500), before=Tally(10_000))


def test_a_permit_says_of_every_rule_why() -> None:
    """In the order of the law, with what was looked at and who had set it."""
    permit = permitted(CALL, KNOWN, LAW, NOW)
    assert isinstance(permit, Permit)
    findings = permit.evidence.findings
    assert [each.rule for each in findings] == [*RULES]
    assert {each.verdict for each in findings} == {"permits"}
    assert all(each.because and each.saw and each.set_by for each in findings)
    hours = next(each for each in findings if each.rule == "hours")
    assert hours.saw["clocks"] == ["2026-11-23T11:00:00+01:00 Europe/Budapest: open (week)"]
    assert (hours.jurisdiction, hours.set_by) == ("HU", "calling_rules.HU")


def test_a_refusal_says_all_that_is_wrong_at_once() -> None:
    """And when the first moment is that suits all of it."""
    late = at("2026-11-23 22:00")
    known = replace(KNOWN, listings=unlisted(late), past=(PastCall("sales", NOW, NOW + 1_000),))
    refusal = permitted(CALL, known, LAW, late)
    assert isinstance(refusal, Refusal)
    assert [each.rule for each in refusal.reasons] == ["hours", "campaign_hours", "attempts"]
    assert clock(refusal.again_ms) == "2026-11-24 10:00:00"
    assert not refusal.agent_helps


def test_what_is_stored_is_read_as_it_was() -> None:
    """JSON, with the number as it was called and the moment in UTC."""
    evidence = permitted(CALL, KNOWN, LAW, NOW).evidence
    stored = to_json(evidence)
    assert from_json(stored) == evidence
    plain = msgspec.json.decode(stored)
    assert (plain["form"], plain["at"], plain["number"]) == (1, "2026-11-23T10:00:00.000Z", HU)
    with pytest.raises(msgspec.ValidationError):
        from_json(b'{"form": 1}')


def test_a_regulator_gets_a_table() -> None:
    """One row a rule, plain texts, that a spreadsheet reads as they are."""
    consents = (Consent("form", NOW - DAY),)
    evidence = permitted(CALL, replace(KNOWN, consents=consents), LAW, NOW).evidence
    written = io.StringIO()
    table = csv.DictWriter(written, fieldnames=[*next(rows(evidence))])
    table.writeheader()
    table.writerows(rows(evidence))
    read = [*csv.DictReader(io.StringIO(written.getvalue()))]
    assert len(read) == len(RULES)
    by_rule = {row["rule"]: row for row in read}
    assert by_rule["consent"]["saw"] == (
        "needed by: automated; consents: to automated calls, form, given 2026-11-22T10:00:00.000Z"
    )
    assert by_rule["abandoned_lock"]["saw"] == (
        "last call that was abandoned: none; agent kept: no"
    )
    assert {row["number"] for row in read} == {HU}


def test_under_several_jurisdictions_each_is_asked() -> None:
    """A number that may be in Florida: its rules beside the country's, each told."""
    call = call_to(SITE, "sales", TOLL_FREE, "+3615550100", told=Told("America/New_York"))
    evidence = permitted(call, KNOWN, LAW, NOW).evidence
    asked = [(each.jurisdiction, each.rule) for each in evidence.findings]
    assert asked == [(place, rule) for place in ("US", "US-FL") for rule in RULES]


def test_the_register_that_the_us_ask_for_stops_a_site_that_has_none() -> None:
    """Until it is imported, no call there is permitted, and the reason is told."""
    call = call_to(SITE, "service", US, "+3615550100", agent_kept=True)
    now = at("2026-11-23 17:00")
    law = CampaignLaw(SITE, "service")
    refusal = permitted(call, replace(KNOWN, listings=unlisted(now)), law, now)
    assert isinstance(refusal, Refusal)
    assert [each.because for each in refusal.reasons] == ["the list us_national was not looked at"]
