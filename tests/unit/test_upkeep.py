"""Old events become figures and are deleted; reports tell the same as before."""

from collections.abc import AsyncIterator, Iterator
from itertools import product
from pathlib import Path

import pytest

from config.site import Site, load_site
from engine.errors import SettingsInvalid
from engine.reporting import upkeep
from engine.reporting.report import Report, Wanted, make
from engine.reporting.upkeep import DAY_MS, Upkeep
from engine.settings import PROJECT, Settings, from_environment
from history import rollups
from history.database import HistoryDatabase
from history.eventstore import EventStore
from history.migrations import upgrade_to_head
from history.rollups import Rollups
from reports.figures import Kind
from reports.intervals import Step
from tests.fakes.routing import an_agent
from tests.fakes.shift import Shift

pytestmark = pytest.mark.unit

BEGAN = 1_792_652_400_000  # 2026-10-22 09:00 in Budapest: summer time ends on the 25th
NOW = BEGAN + 14 * DAY_MS
ROLLED = 1_792_969_200_000  # 2026-10-26, midnight, ten days and some hours ago
MINUTE, HOUR = 60_000, 3_600_000
KINDS: tuple[Kind, ...] = ("queue", "agent", "skill")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The sample site with a history of this test's own."""
    monkeypatch.setattr(upkeep, "PAUSE_S", 0)
    settings = from_environment({"TRUNKLINE_VAR": str(tmp_path / "var")})
    settings.layout.create()
    return settings


def _days() -> Shift:
    """Five days with a call over each midnight, pauses, callers who give up, and a hold."""
    shift = Shift(an_agent("anna", support=5, en=4), an_agent("bence", support=2), now=BEGAN)
    shift.serves("anna", ("en", "support"), ("support",))
    shift.serves("bence", ("support",), ("support",))
    for day in range(5):
        shift.wait(BEGAN + day * DAY_MS + 14 * HOUR + 50 * MINUTE - shift.now)  # 23:50
        shift.call(f"a{day}", "support", support=1)
        shift.wait(7_000)
        shift.ring_ends("anna" if "anna" in shift.rings else "bence")
        shift.call(f"b{day}", "support", support=3)
        shift.wait(25 * MINUTE)
        shift.tell(f"a{day}", "answered")
        shift.tell(f"a{day}", "held")
        shift.wait(90_000)
        for agent in ("anna", "bence"):
            shift.agent_hangs_up(agent)
        shift.caller_leaves(f"b{day}")
        shift.wait(2 * HOUR)
        shift.does("anna", "pause")
        shift.wait(3 * HOUR)
        shift.does("anna", "resume")
    return shift


@pytest.fixture
async def kept(settings: Settings) -> AsyncIterator[tuple[Shift, Upkeep]]:
    """Those days, written, a fortnight later."""
    await upgrade_to_head(settings.sql_url)
    shift = _days()
    database = HistoryDatabase(settings.sql_url)
    await database.write(shift.rows)
    await database.close()
    log, rolled = EventStore(settings.sql_url), Rollups(settings.sql_url)
    site = _site()
    yield shift, Upkeep(lambda: site, log, rolled, lambda: NOW)
    await log.close()
    await rolled.close()


def _site() -> Site:
    site = load_site(PROJECT / "config/site.yaml", {})
    return site.model_copy(update={"reports": site.reports.model_copy(update={"keep_events": 10})})


async def _made(settings: Settings, kind: Kind, since: str, until: str, step: Step) -> Report:
    wanted = Wanted(kind, since, until, step)
    return await make(settings, wanted, NOW, lambda done, of: None)


def _asked() -> Iterator[tuple[Kind, str, str, Step]]:
    times = [
        ("2026-10-22", "2026-10-27", Step.WHOLE),
        ("2026-10-22", "2026-10-27", Step.DAY),
        ("2026-10-24", "2026-10-26", Step.HOUR),
        ("2026-10-23", "2026-10-25", Step.QUARTER),
        ("2026-10-23T23:45", "2026-10-25T00:15", Step.HALF),
        ("2026-10-25T00:15", "2026-10-26T10:07", Step.WHOLE),
        ("2026-10-26", "2026-10-27", Step.WHOLE),
    ]
    for kind, (since, until, step) in product(KINDS, times):
        yield kind, since, until, step


async def test_reports_are_the_same_when_their_events_are_gone(
    settings: Settings, kept: tuple[Shift, Upkeep]
) -> None:
    """Of any time and by any interval, over the end of summer time and the border between what is
    rolled up and what is not."""
    _, house = kept
    before = {asked: (await _made(settings, *asked)).rows for asked in _asked()}
    assert all(before.values())
    deleted = await house.look()
    assert deleted > 0
    assert {asked: (await _made(settings, *asked)).rows for asked in _asked()} == before


async def test_what_is_due_is_done_once(settings: Settings, kept: tuple[Shift, Upkeep]) -> None:
    """By however many engines; the last states of agents stay, and all of the last days."""
    shift, house = kept
    deleted = await house.look()
    assert await house.look() == 0
    store = EventStore(settings.sql_url)
    left = [row async for page in store.between(0, BEGAN + 30 * DAY_MS) for row in page]
    await store.close()
    assert len(left) == len(shift.rows) - deleted
    kept_since = ROLLED - DAY_MS
    late = {row.id for row in shift.rows if row.at_ms >= kept_since}
    assert {row.id for row in left if row.at_ms >= kept_since} == late
    assert {row.subject for row in left if row.at_ms < kept_since} == {"anna", "bence"}


async def test_two_engines_roll_one_day_up_once(
    settings: Settings, kept: tuple[Shift, Upkeep]
) -> None:
    """The second finds it done, and changes nothing."""
    await kept[1].look()
    store = Rollups(settings.sql_url)
    first = [row async for row in store.between(0, BEGAN + 30 * DAY_MS)]
    assert first
    began_ms = 1_792_620_000_000  # midnight before the first of it
    assert not await store.add(began_ms, began_ms + DAY_MS, [])
    assert [row async for row in store.between(0, BEGAN + 30 * DAY_MS)] == first
    await store.close()


async def test_a_border_within_a_quarter_is_refused_in_a_sentence(
    settings: Settings, kept: tuple[Shift, Upkeep]
) -> None:
    """Nobody knows what was before it and what after; a wrong figure would be worse."""
    await kept[1].look()
    for asked in (("2026-10-23T00:07", "2026-10-24"), ("2026-10-22", "2026-10-23T00:01")):
        with pytest.raises(SettingsInvalid, match="a full quarter of an hour: before 2026-10-26"):
            await _made(settings, "agent", *asked, Step.WHOLE)


async def test_events_are_deleted_in_batches(
    settings: Settings, kept: tuple[Shift, Upkeep], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No transaction holds up for long what is written meanwhile."""
    monkeypatch.setattr(rollups, "_BATCH", 7)
    shift, _ = kept
    store = Rollups(settings.sql_url)
    numbers = [n async for n in store.prune(BEGAN + 2 * DAY_MS, [])]
    left = await _count(settings)
    await store.close()
    assert max(numbers) == 7
    assert left == sum(row.at_ms >= BEGAN + 2 * DAY_MS for row in shift.rows)


async def _count(settings: Settings) -> int:
    store = EventStore(settings.sql_url)
    found = await store.count(0, NOW)
    await store.close()
    return found
