"""`trunkline campaign rules`: rule by rule whether a call would be permitted, and when next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.site import load_site
from engine.campaigns.asking import Asked, decide
from engine.cli import app
from engine.errors import NoSuchCampaign, SettingsInvalid
from routing.outbound.rules.evidence import Permit, Refusal
from tests.unit.calling import HU, NEW_YORK, US, at, clock

pytestmark = pytest.mark.unit

GOOD = Path(__file__).parents[1] / "data/site/good/campaigns.yaml"
SITE = load_site(GOOD, {})
MONDAY = "2026-11-23T11:00"


@pytest.fixture(autouse=True)
def site(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUNKLINE_SITE", str(GOOD))


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["campaign", "rules", *words])
    return done.exit_code, done.stdout


def test_a_call_that_is_permitted() -> None:
    """Every rule with what it says, and what was taken as given."""
    code, shown = run("sales", HU, "--at", MONDAY)
    assert code == 0
    assert "within the calling hours in Europe/Budapest" in shown
    assert "Permitted." in shown
    assert "Taken as given" in shown


def test_a_call_that_is_not_and_when_it_would_be() -> None:
    """On the site's clock, whatever the caller's."""
    code, shown = run("sales", "06 30 123 4567", "--at", "2026-11-23T19:00")
    assert code == 1
    assert "Not permitted before 2026-11-24 10:00:00 CET." in shown


def test_what_the_campaign_itself_asks() -> None:
    """Numbers that it does not allow, and hours of its own, on the site's clock."""
    code, shown = run("bills", "+48601234567", "--at", MONDAY, "--consent")
    assert code == 1
    assert "the campaign does not allow this number" in shown
    early = decide(SITE, Asked("sales", "+48601234567", "2026-11-23T08:30", consent=True), 0)
    assert isinstance(early, Refusal)
    assert [each.rule for each in early.reasons] == ["campaign_hours"]
    assert clock(early.again_ms) == "2026-11-23 09:00:00"


def test_as_json() -> None:
    """The evidence as it would be stored, beside the answer."""
    code, shown = run("bills", HU, "--at", "2026-11-22T11:00", "--json")
    told = json.loads(shown)
    assert (code, told["permitted"], told["agent_helps"]) == (1, False, False)
    assert clock(told["again_ms"]) == "2026-11-23 10:00:00"
    assert told["evidence"]["number"] == HU


def test_consent_that_is_lacking() -> None:
    """Poland asks for one to every call that sells; no time makes up for it."""
    code, shown = run("sales", "+48601234567", "--at", MONDAY)
    assert code == 1
    assert "Not permitted, and no time alone changes it." in shown
    assert run("sales", "+48601234567", "--at", MONDAY, "--consent")[0] == 0


def test_what_a_lead_tells_of_its_place() -> None:
    """A zone beside the number's, and a part of the country with its own hours."""
    now = at("2026-11-23 20:30", NEW_YORK)
    asked = Asked("service", US, "2026-11-24T02:30")
    assert isinstance(decide(SITE, asked, 0), Permit)
    assert decide(SITE, asked._replace(at=""), now) == decide(SITE, asked, 0)
    assert isinstance(decide(SITE, asked._replace(part="US-FL"), 0), Refusal)
    assert isinstance(decide(SITE, asked._replace(zone="Atlantic/Bermuda"), 0), Refusal)


def test_whom_nobody_can_mean() -> None:
    """Said in a sentence, with what is allowed."""
    for asked, error, said in (
        (Asked("sale", HU), NoSuchCampaign, 'did you mean "sales"?'),
        (Asked("sales", "12"), SettingsInvalid, "a number like"),
        (Asked("sales", HU, at="noon"), SettingsInvalid, "a time like"),
        (Asked("sales", HU, zone="Budapest"), SettingsInvalid, "a time zone like"),
        (Asked("sales", HU, part="US-XX"), SettingsInvalid, "unknown part"),
    ):
        with pytest.raises(error) as caught:
            decide(SITE, asked, 0)
        assert said in str(caught.value)
