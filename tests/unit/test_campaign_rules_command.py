"""`trunkline campaign rules`: rule by rule whether a call would be permitted, and when next."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.registers import OWN
from config.site import load_site
from engine.campaigns.asking import Asked, Records, decide
from engine.errors import NoSuchCampaign, SettingsInvalid
from history.do_not_call import NumberFacts, PastAttempt
from routing.outbound.rules.evidence import Decision, Permit, Refusal
from tests.unit.calling import HOUR, HU, MINUTE, NEW_YORK, US, at, clock
from tests.unit.command import Command

pytestmark = pytest.mark.unit

GOOD = Path(__file__).parents[1] / "data/site/good/campaigns.yaml"
SITE = load_site(GOOD, {})
MONDAY = "2026-11-23T11:00"
NOTHING = Records()


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(trunkline: Command, database_url: str) -> Run:
    """On the site of the good campaigns, with nothing kept of anybody yet."""

    def rules(*words: str, of: tuple[str, ...] = ("campaign", "rules")) -> tuple[int, str]:
        environ = {"TRUNKLINE_SITE": str(GOOD), "TRUNKLINE_DATABASE_URL": database_url}
        done = trunkline(*of, *words, **environ)
        return done.returncode, done.stdout

    return rules


def asked(
    campaign: str,
    number: str,
    when: str = "",
    records: Records = NOTHING,
    now: int = 0,
    **more: Any,
) -> Decision:
    return decide(SITE, Asked(campaign, number, when, **more), records, now)


def test_a_call_that_is_permitted(run: Run) -> None:
    """Every rule with what it says, and what was taken as given."""
    code, shown = run("sales", HU, "--at", MONDAY)
    assert code == 0
    assert "within the calling hours in Europe/Budapest" in shown
    assert "Permitted." in shown
    assert "Taken as given" in shown


def test_a_call_that_is_not_and_when_it_would_be(run: Run) -> None:
    code, shown = run("sales", "06 30 123 4567", "--at", "2026-11-23T19:00")
    assert code == 1
    assert "(Europe/Budapest), 2026-11-23 19:00:00 CET" in shown
    assert "Not permitted before 2026-11-24 10:00:00 CET." in shown


def test_times_are_those_of_who_would_be_called(run: Run) -> None:
    """Each that may be theirs, with its name; none is in UTC."""
    code, shown = run("sales", HU, "--at", "2026-11-23T19:00", "--zone", "Europe/London")
    assert code == 1
    assert "2026-11-23 19:00:00 CET, 2026-11-23 18:00:00 GMT" in shown
    assert "before 2026-11-24 11:00:00 CET, 2026-11-24 10:00:00 GMT." in shown
    given = ("+48601234567", "--source", "form", "--given", "2026-05-03 14:00")
    assert run("give", *given, "--by", "anna", of=("consent",))[0] == 0
    shown = run("sales", "+48601234567", "--at", MONDAY)[1]
    assert "given 2026-05-03 14:00:00 CEST" in shown
    assert "Z" not in shown.replace("CEST", "")


def test_what_the_campaign_itself_asks(run: Run) -> None:
    """Numbers that it does not allow, and hours of its own, on the site's clock."""
    code, shown = run("bills", "+48601234567", "--at", MONDAY, "--consent")
    assert code == 1
    assert "the campaign does not allow this number" in shown
    early = asked("sales", "+48601234567", "2026-11-23T08:30", consent=True)
    assert isinstance(early, Refusal)
    assert [each.rule for each in early.reasons] == ["campaign_hours"]
    assert clock(early.again_ms) == "2026-11-23 09:00:00"


def test_as_json(run: Run) -> None:
    """The evidence as it would be stored, beside the answer."""
    code, shown = run("bills", HU, "--at", "2026-11-22T11:00", "--json")
    told = json.loads(shown)
    assert (code, told["permitted"], told["agent_helps"]) == (1, False, False)
    assert clock(told["again_ms"]) == "2026-11-23 10:00:00"
    assert told["evidence"]["number"] == HU


def test_consent_that_is_lacking(run: Run) -> None:
    """Poland asks for one to every call that sells; no time makes up for it."""
    code, shown = run("sales", "+48601234567", "--at", MONDAY)
    assert code == 1
    assert "Not permitted, and no time alone changes it." in shown
    assert run("sales", "+48601234567", "--at", MONDAY, "--consent")[0] == 0


def test_what_is_kept_of_the_number(run: Run) -> None:
    """A list that it is on; consents and calls of before."""
    assert run("--by", "anna", HU, of=("dnc", "add"))[0] == 0
    code, shown = run("sales", HU, "--at", MONDAY)
    assert code == 1
    assert "the number asked not to be called" in shown
    now = at("2026-11-23 11:00")
    past = [PastAttempt("bills", now - HOUR, now - HOUR + MINUTE, "lost")]
    refusal = asked("sales", HU, MONDAY, records=Records(NumberFacts(past=past)))
    assert isinstance(refusal, Refusal)
    assert [each.rule for each in refusal.reasons] == ["attempts", "abandoned_lock"]


def test_what_a_lead_tells_of_its_place() -> None:
    """A zone beside the number's, and a part of the country with its own hours."""
    now = at("2026-11-23 20:30", NEW_YORK)
    records = Records(registers={OWN: None, "us_national": now})
    half_past = "2026-11-24T02:30"
    permit = asked("service", US, half_past, records=records)
    assert isinstance(permit, Permit)
    assert asked("service", US, records=records, now=now) == permit
    assert isinstance(asked("service", US, half_past, records=records, part="US-FL"), Refusal)
    bermuda = asked("service", US, half_past, records=records, zone="Atlantic/Bermuda")
    assert isinstance(bermuda, Refusal)


def test_the_lead_who_has_the_number_tells_where_it_is(run: Run, tmp_path: Path) -> None:
    """Of the campaign's lists alone; what the command says goes before it."""
    file = tmp_path / "leads.csv"
    file.write_text("mobile,part,zone\n+12125551234,FL,America/Denver\n")
    assert run("import", str(file), "--list", "orders", of=("leads",))[0] == 0
    file.write_text("mobile,part,zone\n+12125551235,GA,\n")
    assert run("import", str(file), "--list", "others", of=("leads",))[0] == 0

    def asked(number: str, *words: str) -> tuple[list[str], list[str]]:
        told = json.loads(run("service", number, "--at", MONDAY, "--json", *words)[1])["evidence"]
        return told["zones"], [*dict.fromkeys(each["jurisdiction"] for each in told["findings"])]

    both = ["America/New_York", "America/Denver"]
    assert asked(US) == (both, ["US-FL", "US"])
    assert asked(US, "--zone", NEW_YORK, "--part", "US-TX") == ([NEW_YORK], ["US-TX", "US"])
    assert asked("+12125551235") == ([NEW_YORK], ["US"])
    assert "As lead 1 tells: America/Denver, US-FL." in run("service", US, "--at", MONDAY)[1]


@pytest.mark.parametrize(
    ("wanted", "error", "said"),
    [
        (Asked("sale", HU), NoSuchCampaign, 'did you mean "sales"?'),
        (Asked("sales", "12"), SettingsInvalid, "a number like"),
        (Asked("sales", HU, at="noon"), SettingsInvalid, "a time like"),
        (Asked("sales", HU, zone="Budapest"), SettingsInvalid, "a time zone like"),
        (Asked("sales", HU, part="US-XX"), SettingsInvalid, "unknown part"),
    ],
)
def test_what_nobody_can_mean(wanted: Asked, error: type[Exception], said: str) -> None:
    """Said in a sentence, with what is allowed."""
    with pytest.raises(error, match=re.escape(said)):
        decide(SITE, wanted, NOTHING, 0)
