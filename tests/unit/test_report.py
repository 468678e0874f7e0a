"""`trunkline report`: figures of any time, from the event log alone."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.site import load_site
from engine.console import Screen
from engine.reporting import printing
from engine.reporting.report import Report, Wanted, make
from engine.reporting.today import Today
from engine.settings import PROJECT, Settings, from_environment
from engine.site_rules import aims_of
from history.database import HistoryDatabase
from history.eventstore import EventStore
from history.migrations import upgrade_to_head
from reports.figures import COLUMNS, Figures, Kind, Subject
from reports.intervals import Step, local
from routing.contact import Outcome
from tests.fakes.history_rows import contact
from tests.fakes.routing import an_agent
from tests.fakes.shift import NODE, Shift
from tests.unit.command import Command

pytestmark = pytest.mark.unit

BEGAN = 1_795_161_600_000  # 2026-11-20 09:00 in Budapest
HOUR_MS = 3_600_000
PAUSED = {"lunch": 3_625_000}
NOW = BEGAN + 24 * HOUR_MS


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    """The sample site with a history of this test's own."""
    settings = from_environment({"TRUNKLINE_VAR": str(tmp_path / "var")})
    settings.layout.create()
    await upgrade_to_head(settings.sql_url)
    return settings


async def _written(settings: Settings, *records: Any) -> None:
    database = HistoryDatabase(settings.sql_url)
    await database.write(records)
    await database.close()


async def _report(settings: Settings, kind: Any = "queue", **wanted: Any) -> Report:
    asked = {"since": "2026-11-20", "until": "2026-11-20"} | wanted
    return await make(settings, Wanted(kind, **asked), NOW, lambda done, of: None)


def _a_morning() -> Shift:
    """Anna serves from nine: one caller answered at 9:01, one who hangs up, a pause from ten."""
    shift = Shift(an_agent("anna", support=5, en=4), now=BEGAN)
    shift.serves("anna", ("en", "support"), ("support",))
    shift.wait(60_000)
    shift.call("c1", "support", support=1, en=1)
    shift.wait(6_000)
    shift.ring_ends("anna")
    shift.wait(120_000)
    shift.agent_hangs_up("anna")
    shift.wait(HOUR_MS - 186_000)
    shift.ask("anna", "pause", "lunch")
    shift.call("c2", "support", support=1)
    shift.wait(25_000)
    shift.caller_leaves("c2", Outcome.ABANDONED)
    shift.wait(HOUR_MS)
    shift.ask("anna", "logout")
    return shift


async def test_a_day_of_a_queue_hour_by_hour(settings: Settings) -> None:
    """What happened is in its hour, and hours in which nothing did are left out."""
    await _written(settings, *_a_morning().rows)
    report = await _report(settings, step=Step.HOUR, names=("support",))
    hours = [local(row.since_ms, report.zone).hour for row in report.rows]
    assert hours == [9, 10, 11]
    nine, ten, _ = (row.figures for row in report.rows)
    assert (nine.answered, nine.service_level, nine.asa_ms) == (1, 1.0, 6_000)
    assert (ten.abandoned, ten.service_level, ten.abandon_rate) == (1, 0.0, 1.0)
    assert ten.paused_ms == HOUR_MS


async def test_a_report_of_part_of_a_day_knows_what_went_on_at_its_beginning(
    settings: Settings,
) -> None:
    """The state that an agent is in at first was told long before."""
    await _written(settings, *_a_morning().rows)
    since, until = "2026-11-20T10:30", "2026-11-20T10:45"
    (row,) = (await _report(settings, "agent", since=since, until=until, names=("anna",))).rows
    assert row.figures.pauses == {"lunch": 900_000}
    assert row.figures.signed_in_ms == 900_000


async def test_the_live_figures_are_those_of_the_stored_report(settings: Settings) -> None:
    """The same fold of the same rows, before a restart, over it, and read again from the log."""
    shift = _a_morning()
    site = load_site(PROJECT / "config/site.yaml", {})
    today = Today(site, NODE, lambda: shift.now)
    half = len(shift.rows) // 2
    await _written(settings, *shift.rows[: half + 2])
    for row in shift.rows[half:]:
        today.take(row)
    assert today.figures() == {}, "nothing is told before all is known"
    store = EventStore(settings.sql_url)
    await today.load(store)
    await store.close()
    await _written(settings, *shift.rows)
    live = today.figures()
    kinds: tuple[Kind, ...] = ("queue", "agent", "skill")
    for kind in kinds:
        asked = Wanted(kind, "2026-11-20")
        report = await make(settings, asked, shift.now, lambda done, of: None)
        stored = {Subject(kind, row.name): row.figures for row in report.rows}
        assert {s: f for s, f in live.items() if s.kind == kind} == stored


async def test_what_other_engines_tell_counts_too(settings: Settings) -> None:
    """Told before this engine was started, while it starts, and later; each row once."""
    shift = _a_morning()
    theirs = [replace(row, node="other") for row in shift.rows]
    half = len(theirs) // 2
    today = Today(load_site(PROJECT / "config/site.yaml", {}), NODE, lambda: shift.now)
    await _written(settings, *theirs[:half])
    store = EventStore(settings.sql_url)
    await today.load(store)
    shift.now = theirs[half].at_ms
    await _written(settings, *theirs[half:])
    for row in theirs[half:]:
        shift.now = row.at_ms
        await today.catch_up(store)
        await today.catch_up(store)
    await store.close()
    alone = Today(load_site(PROJECT / "config/site.yaml", {}), "other", lambda: shift.now)
    store = EventStore(settings.sql_url)
    await alone.load(store)
    await store.close()
    assert today.figures() == alone.figures()


async def test_the_last_half_an_hour_is_told_apart(settings: Settings) -> None:
    """From the border of five minutes before; what was before is in the day's alone."""
    shift = _a_morning()
    today = Today(load_site(PROJECT / "config/site.yaml", {}), NODE, lambda: shift.now)
    store = EventStore(settings.sql_url)
    await today.load(store)
    await store.close()
    for row in shift.rows:
        today.take(row)
    anna = Subject("agent", "anna")
    assert shift.now - today.lately_since_ms in range(1_800_000, 2_100_000)
    lately = today.lately()[anna]
    assert lately.paused_ms == shift.now - today.lately_since_ms
    assert (lately.handled, today.figures()[anna].handled) == (0, 1)
    shift.wait(5 * HOUR_MS)
    assert today.lately() == {}
    assert today.figures()[anna].paused_ms == 3_625_000


async def test_a_new_day_begins_with_the_states_of_the_old(settings: Settings) -> None:
    """Counts begin anew at the site's midnight; who was paused before is paused on."""
    shift = Shift(an_agent("anna", support=5), now=BEGAN)
    site = load_site(PROJECT / "config/site.yaml", {})
    today = Today(site, NODE, lambda: shift.now)
    store = EventStore(settings.sql_url)
    await today.load(store)
    await store.close()
    shift.ask("anna", "pause", "lunch")
    for row in shift.rows:
        today.take(row)
    shift.wait(20 * HOUR_MS)
    anna = today.figures()[Subject("agent", "anna")]
    assert local(today.since_ms, today.zone).day == 21
    assert anna.paused_ms == shift.now - today.since_ms == 5 * HOUR_MS


async def test_a_customer_who_came_again_was_not_helped_at_first(settings: Settings) -> None:
    """By the history of contacts; not told of before the site's days are over."""
    day_ms = 24 * HOUR_MS
    spoke = {"queue": "support", "agent": "anna", "skills": {"support": 1}, "ended_ms": BEGAN + 1}
    first = contact("a", started_ms=BEGAN, **spoke)
    again = contact("b", **{**spoke, "started_ms": BEGAN + 2 * day_ms, "ended_ms": NOW + day_ms})
    alone = contact("c", caller="+3611111111", started_ms=BEGAN, **spoke)
    await _written(settings, first, again, alone)
    wanted = Wanted("queue", "2026-11-20", "2026-11-20")
    for later, settled in ((6, None), (8, 0.5)):
        report = await make(settings, wanted, BEGAN + later * day_ms, lambda done, of: None)
        (support,) = [row.figures for row in report.rows if row.name == "support"]
        assert support.first_contact_resolution == settled
    assert support.first_pending == 0


def _row(rows: Any) -> Any:
    (row,) = rows
    return row


async def test_a_machine_gets_json_and_csv(settings: Settings) -> None:
    """The same names in both; times with their offset."""
    await _written(settings, *_a_morning().rows)
    report = await _report(settings, names=("support",))
    told = json.loads(printing.as_json(report))
    assert (told["of"], told["zone"], told["interval"]) == ("queue", "Europe/Budapest", "whole")
    row = _row(told["rows"])
    assert (row["from"], row["to"]) == ("2026-11-20T00:00:00+01:00", "2026-11-21T00:00:00+01:00")
    assert (row["service_level"], row["asa_ms"], row["pauses"]) == (
        0.5,
        6_000,
        {"lunch": 3_625_000},
    )
    line = _row(csv.DictReader(io.StringIO(printing.as_csv(report))))
    assert [*line] == ["name", "from", "to", *COLUMNS]
    assert {*line} == {*row}
    assert (line["service_level"], line["pauses"]) == ("0.5", "lunch=3625000")


def test_columns_keep_their_places() -> None:
    """Whoever reads the figures by place is not to read another one after an update."""
    assert COLUMNS[:4] == ("entered", "answered", "in_time", "abandoned")
    assert COLUMNS.index("pauses") == 37
    assert {*COLUMNS} == {*Figures().told()}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--from", "tomorrow"), "--from='tomorrow': use a day or a time, like 2026-11-23"),
        (("--to", "2026-13-01"), "--to='2026-13-01': use a day or a time"),
        (("--from", "2999-01-01"), "a time before --to, and before now"),
        (("--interval", "2h"), "--interval='2h': use one of 15m, 30m, 1h, day, whole"),
        (("--queue", "suport"), 'there is no queue "suport", did you mean "support"?'),
    ],
)
def test_what_cannot_be_reported_is_said_in_a_sentence(
    trunkline: Command, words: tuple[str, str], says: str
) -> None:
    """No traceback, exit code 2, and what is allowed."""
    done = trunkline("report", "queues", *words)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_person_gets_a_table(trunkline: Command) -> None:
    """Also of a day on which nothing happened."""
    done = trunkline("report", "agents", "--from", "2020-01-01", "--to", "2020-01-01")
    assert done.returncode == 0
    assert "Nothing is known of agents from 2020-01-01 00:00 CET to 2020-01-02 00:00 CET" in (
        done.stdout
    )


async def test_tables_have_what_queues_and_agents_are_judged_by(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Shares in percent, lengths as a clock shows them."""
    await _written(settings, *_a_morning().rows)
    printing.show(Screen(), await _report(settings, names=("support",)))
    printing.show(Screen(), await _report(settings, "agent", names=("anna",)))
    out = capsys.readouterr().out
    cells = [[cell.strip() for cell in line.split("│")][1:-1] for line in out.split("\n")]
    queue = next(row for row in cells if row[:1] == ["support"])
    assert queue[1:9] == ["2", "1", "50.0%", "0:06", "0:25", "1", "50.0%", "0"]
    agent = next(row for row in cells if row[:1] == ["anna"])
    assert agent[1] == "2:00:25"
    assert agent[4] == "1:00:25"


def test_the_aims_are_the_sites() -> None:
    """Which queue counts what as in time is in its targets."""
    site = load_site(PROJECT / "config/site.yaml", {})
    assert aims_of(site)["support"] == (20_000, 5_000)
