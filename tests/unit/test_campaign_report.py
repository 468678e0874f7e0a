"""What is read of campaigns' calls afterwards: counted in the database, told as a person, a
spreadsheet and a regulator want it."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import update

from engine.campaigns.reports import printing
from engine.campaigns.reports.figures import abandoned
from engine.campaigns.reports.report import By, Report, Wanted, make
from engine.campaigns.views import LeadViews
from engine.console import Screen
from engine.errors import NoSuchCampaign, SettingsInvalid
from history.campaign_figures import CampaignCounts
from history.lead_tables import RESULTS, attempts
from routing.outbound.budget import Budget, Counting, Tally
from routing.outbound.leads.plan import Result
from tests.unit.command import Command
from tests.unit.dialed import LEADS, NAME, SITE, Dialed, at

pytestmark = pytest.mark.unit


@pytest.fixture
async def dialed(database_url: str) -> AsyncIterator[Dialed]:
    dialed = Dialed(database_url)
    yield dialed
    await dialed.close()


async def _report(url: str, wanted: Wanted, now: str = "2026-11-23T20:00") -> Report:
    store = CampaignCounts(url, SITE.site)
    try:
        return await make(store, SITE, wanted, at(now))
    finally:
        await store.close()


def _rows(report: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = printing.as_document(report)["rows"]
    return found


def test_every_result_of_a_call_is_counted() -> None:
    """A new one would be missing in reports."""
    assert set(RESULTS) == {*Result}


async def test_what_became_of_calls_is_counted(dialed: Dialed, database_url: str) -> None:
    """Answered by people of the calls that are over; contacts by the quarters with a call in them;
    talk and wrap-up as the history has them; a lost call against the people who answered."""
    await dialed.call("2026-11-23T10:01", Result.ANSWERED, "anna", talk_s=100, wrap_up_s=20)
    await dialed.call("2026-11-23T10:02", Result.ANSWERED, "béla", talk_s=200, wrap_up_s=10)
    await dialed.call("2026-11-23T10:50", Result.ANSWERED)
    for result in (Result.LOST, Result.MACHINE, Result.BUSY, Result.BUSY, Result.FAX):
        await dialed.call("2026-11-23T10:51", result)
    await dialed.call("2026-11-23T19:59", None)
    (row,) = _rows(await _report(database_url, Wanted()))
    counted = {"calls": 9, "answered": 3, "talks": 2, "lost": 1, "machine": 1, "busy": 2}
    assert row.items() >= (counted | {"fax": 1, "under_way": 1, "no_answer": 0}).items()
    assert (row["answer_rate"], row["abandon_rate"]) == (4 / 8, 1 / 4)
    assert row["contacts_per_hour"] == pytest.approx(3 / 0.75)
    assert (row["mean_talk_ms"], row["mean_wrap_up_ms"]) == (150_000, 15_000)


async def test_calls_are_told_by_list_agent_and_disposition(
    dialed: Dialed, database_url: str
) -> None:
    """Who had none is not in the report; shares are of all that have a disposition."""
    await dialed.call("2026-11-23T10:01", Result.ANSWERED, "anna", "renewed", talk_s=100)
    await dialed.call("2026-11-23T10:02", Result.ANSWERED, "anna", "thinks", talk_s=50)
    await dialed.call("2026-11-23T10:03", Result.ANSWERED, "béla", "thinks", into="prospects")
    await dialed.call("2026-11-23T10:04", Result.BUSY, into="prospects")
    by_list = _rows(await _report(database_url, Wanted(By.LIST)))
    assert {row["name"]: (row["calls"], row["busy"]) for row in by_list} == {
        "renewals": (2, 0),
        "prospects": (2, 1),
    }
    by_agent = _rows(await _report(database_url, Wanted(By.AGENT)))
    assert {row["name"]: (row["talks"], row["talk_ms"]) for row in by_agent} == {
        "anna": (2, 150_000),
        "béla": (1, 0),
    }
    by_disposition = _rows(await _report(database_url, Wanted(By.DISPOSITION)))
    assert {row["name"]: (row["share"], row["success"]) for row in by_disposition} == {
        "renewed": (1 / 3, True),
        "thinks": (2 / 3, False),
    }


async def test_hours_are_those_that_pass(dialed: Dialed, database_url: str) -> None:
    """On the day that has 25 of them the hour that comes twice is two, and the day is one."""
    for when in ("2026-10-25T02:30", "2026-10-25T02:30 again", "2026-10-25T02:45 again"):
        await dialed.call(when, Result.BUSY)
    hours = _rows(await _report(database_url, Wanted(By.HOUR, since="2026-10-25")))
    assert [(row["from"][11:], row["calls"]) for row in hours] == [
        ("02:00:00+02:00", 1),
        ("02:00:00+01:00", 2),
    ]
    days = _rows(await _report(database_url, Wanted(By.DAY, since="2026-10-24")))
    assert [(row["from"][:10], row["calls"]) for row in days] == [("2026-10-25", 3)]


async def test_a_period_ends_where_it_is_cut(dialed: Dialed, database_url: str) -> None:
    """Within a quarter of an hour too: a call counts by its own moment."""
    await dialed.call("2026-11-23T10:06", Result.BUSY)
    await dialed.call("2026-11-23T10:08", Result.BUSY)
    since = Wanted(By.HOUR, since="2026-11-23T10:07")
    (row,) = _rows(await _report(database_url, since))
    assert (row["calls"], row["from"]) == (1, "2026-11-23T10:07:00+01:00")
    (row,) = _rows(
        await _report(database_url, replace(since, since="today", until="2026-11-23T10:07"))
    )
    assert row["calls"] == 1


async def test_the_law_counts_whole_days_and_thirty_of_them(
    dialed: Dialed, database_url: str
) -> None:
    """Of a campaign the worst day is told, and the 30 days up to the last, also those before the
    period; what lies 30 days back does not count any more. A call whose engine was lost counts."""
    await dialed.call("2026-10-24T10:00", Result.LOST)
    await dialed.call("2026-10-25T10:00", Result.UNKNOWN)
    await dialed.call("2026-11-22T10:00", Result.LOST)
    await dialed.call("2026-11-22T23:59", Result.ANSWERED)
    await dialed.call("2026-11-23T09:00", Result.LOST)
    for minute in range(4):
        await dialed.call(f"2026-11-23T10:0{minute}", Result.ANSWERED)
    afternoon = Wanted(since="2026-11-22T12:00")
    (row,) = _rows(await _report(database_url, afternoon))
    assert (row["abandon_day"], row["abandon_day_rate"]) == ("2026-11-22", 1 / 2)
    assert row["abandon_30_days"] == 3 / 8
    assert row["abandon_rate"] == 1 / 6
    days = _rows(await _report(database_url, replace(afternoon, by=By.DAY)))
    assert [(each["abandon_day_rate"], each["abandon_30_days"]) for each in days] == [
        (1 / 2, 3 / 4),
        (1 / 5, 3 / 8),
    ]


def test_machines_count_as_the_campaigns_rule_says() -> None:
    """The formula is the budget's own: of the verdicts so many were people, who are lost too."""
    caps = Budget(counting=Counting(wrong_machines=Fraction(1, 10)))
    today = date(2026, 11, 23)
    (found,) = abandoned(caps, {today: Tally(live=97, lost=1, machines=20)}, [today])
    assert found.rate == Fraction(3, 100)
    assert found.in_30_days == found.rate


async def test_leads_that_are_left_and_finished_are_told(dialed: Dialed, database_url: str) -> None:
    """As they stand now, with what finished them."""
    await dialed.call("2026-11-23T10:01", Result.ANSWERED, "anna", "renewed")
    await dialed.call("2026-11-23T10:02", Result.INVALID)
    await dialed.call("2026-11-23T10:03", Result.BUSY)
    report = await _report(database_url, Wanted(campaign=NAME))
    assert [(each.left, each.how, each.leads) for each in report.leads] == [
        (True, "ready", LEADS - 2),
        (False, "given up: invalid", 1),
        (False, "renewed", 1),
    ]


async def test_the_table_tells_what_its_abandon_rate_counts(
    dialed: Dialed, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Calls whose engine was lost count as lost, and are told apart."""
    for result in (Result.UNKNOWN, Result.UNKNOWN, Result.ANSWERED, Result.ANSWERED):
        await dialed.call("2026-11-23T10:01", result)
    report = await _report(database_url, Wanted())
    printing.show(Screen(), report)
    told = capsys.readouterr().out
    assert "2 (2 unknown)" in told
    assert "50.00%" in told
    (row,) = _rows(report)
    assert (row["lost"], row["unknown"], row["abandon_rate"]) == (0, 2, 1 / 2)


async def test_what_there_is_not_is_refused(dialed: Dialed, database_url: str) -> None:
    """One that the site no longer names has its calls still."""
    with pytest.raises(NoSuchCampaign, match='did you mean "renewals"'):
        await _report(database_url, Wanted(campaign="renewal"))
    with pytest.raises(SettingsInvalid, match=r"--since=.* before --until, and before now"):
        await _report(database_url, Wanted(since="2026-11-24"))
    with pytest.raises(SettingsInvalid, match="--until"):
        await _report(database_url, Wanted(until="soon"))
    await dialed.call("2026-11-23T10:01", Result.BUSY)
    await dialed.change(update(attempts).values(campaign="former"))
    report = await _report(database_url, Wanted(campaign="former"))
    assert [row["calls"] for row in _rows(report)] == [1]
    assert report.caps["former"].day is None


async def test_a_lead_tells_of_the_contacts_of_its_calls(dialed: Dialed, database_url: str) -> None:
    """Those that were answered are in the history, under the call's own name."""
    call = await dialed.call("2026-11-23T10:01", Result.ANSWERED, "anna", talk_s=100)
    views = LeadViews(lambda: SITE, SITE.site, database_url)
    ((told,), other) = [(await views.lead(lead_id))["attempts"] for lead_id in (1, 2)]
    await views.close()
    assert (told["id"], told["contact"]["talk_ms"], other) == (call, 100_000, [])


async def _one_call(url: str) -> None:
    dialed = Dialed(url)
    await dialed.call("2026-11-20T10:01", Result.ANSWERED, "=anna", talk_s=90, wrap_up_s=5)
    await dialed.close()


def test_the_command_prints_a_table_json_and_csv(database_url: str, trunkline: Command) -> None:
    """CSV has every figure in its place, and nothing that a spreadsheet would take for a
    formula."""
    asyncio.run(_one_call(database_url))
    report = ("campaign", "report", "--by", "agent", "--since", "2026-11-20", "--until")

    def said(*more: str) -> str:
        return trunkline(*report, "2026-11-20", *more, TRUNKLINE_DATABASE_URL=database_url).stdout

    assert "1:30" in said()
    (row,) = csv.DictReader(io.StringIO(said("--csv")))
    assert (row["name"], row["calls"], row["mean_talk_ms"]) == ("'=anna", "1", "90000.0")
    told = json.loads(said("--json"))
    assert (told["by"], told["rows"][0]["name"], told["zone"]) == ("agent", "=anna", SITE.zone)
    wrong = trunkline("campaign", "report", "--by", "agents")
    assert (wrong.returncode, 'did you mean "agent"?' in wrong.stderr) == (2, True)
