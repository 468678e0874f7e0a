"""What the benchmark of reloads tells of calls: lost, torn between versions, gone on across one."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bench import menu
from bench.command import Unmeasured
from bench.reloads import CALLER, IN_PIECES, Published, Reloads, Scale, key_of
from history.outcome import Direction, EndedBy, Outcome
from history.rows import ContactRow, TimelineEntry
from phones.loadcall import CallRecord
from phones.rtp import Spurt

pytestmark = pytest.mark.unit

SCALE = Scale(rate=1, before_s=1, after_s=1, versions=1, steps=10)
SECOND = Published(2, at_ms=10_000, began_ns=9_000_000_000, ended_ns=11_000_000_000)
OLD = ("main_v1", "bills_v1", "part/tell_v1", "part/done_v1", "bills_same_v1", "bills_queue_v1")
NEW = tuple(step.replace("_v1", "_v2") for step in OLD)


def call(number: int, failure: str = "", menu_sound: int = 7) -> CallRecord:
    """A caller's side of a call that begins at its number's second."""
    spurts = (Spurt(number * 10**9 + 20_000_000, menu_sound),)
    began = number * 10**9
    return CallRecord(number, began, began, began, 200, True, spurts, "1", failure)


def row(number: int, version: int, steps: Sequence[str], lasts_ms: int = 2_500) -> ContactRow:
    """What history has of it."""
    began = number * 1000
    return ContactRow(
        id=f"c{number}",
        site="bench",
        node="one",
        channel="voice",
        direction=Direction.INBOUND,
        started_ms=began,
        ended_ms=began + lasts_ms,
        outcome=Outcome.ABANDONED,
        ended_by=EndedBy.CALLER,
        caller=CALLER.format(number),
        flow_version=version,
        queue=menu.QUEUES[key_of(number)],
        timeline=tuple(TimelineEntry(began, "step", {"step": step}) for step in steps),
    )


def reloads(*rows: ContactRow, calls: Sequence[CallRecord] = ()) -> Reloads:
    """Calls from the eighth second on, with a version published in the tenth."""
    records = calls or [call(number) for number in range(8, 8 + len(rows))]
    return Reloads(SCALE, records, {each.caller or "": [each] for each in rows}, [SECOND])


def test_calls_of_one_version_each_are_whole() -> None:
    """Two old calls go on while the new version comes, and stay on theirs: the target is met."""
    figures = reloads(row(8, 1, OLD), row(9, 1, OLD), row(10, 2, NEW), row(11, 2, NEW)).figures
    assert figures["reload_torn_calls"] == figures["reload_lost_calls"] == 0
    assert figures["reload_calls_across"] == 2
    assert figures["reload_calls_per_s"] == 1.0
    assert figures["reload_swap_ms_longest"] == 0
    assert figures["reload_target_met"] is True


@pytest.mark.parametrize(
    ("version", "steps"),
    [
        (1, (*OLD[:3], *NEW[3:])),
        (2, (*OLD[:3], *NEW[3:])),
        (1, (*OLD[:2], NEW[2], *OLD[3:])),
        (2, OLD),
        (1, ()),
        (1, ("main", "bills")),
    ],
    ids=["went over", "said to be new", "sub-flow alone", "whole, not its own", "no steps", "none"],
)
def test_a_call_that_is_not_of_one_version_is_torn(version: int, steps: Sequence[str]) -> None:
    """Whether a step, a step of a sub-flow or the row's own version differs, or nothing tells."""
    made = reloads(row(8, 1, OLD), row(9, 1, OLD), row(10, 2, NEW), row(11, version, steps))
    assert made.figures["reload_torn_calls"] == 1
    assert made.figures["reload_target_met"] is False
    assert made.torn[0].startswith(f"began with {version}, went through steps of [")


def test_a_call_is_lost_by_its_script_its_row_or_without_one() -> None:
    """Each tells why; a lost call alone misses the target."""
    calls = [call(8, "the menu was not heard"), *map(call, (9, 10, 11))]
    misled = replace(row(10, 2, NEW), queue="another")
    made = reloads(row(8, 1, OLD), row(9, 1, OLD), misled, calls=calls)
    assert made.lost == [
        "the menu was not heard",
        "history says [('another', <Outcome.ABANDONED: 'abandoned'>)]",
        "history says []",
    ]
    assert made.figures["reload_target_met"] is False


def test_a_menu_in_pieces_is_told_and_loses_nothing() -> None:
    """It is the busy machine's doing."""
    calls = [call(8, menu_sound=IN_PIECES), call(9), call(10)]
    made = reloads(row(8, 1, OLD), row(9, 1, OLD), row(10, 2, NEW), calls=calls)
    assert (made.torn_menus, made.lost, made.torn) == (1, [], [])


def test_calls_that_begin_too_seldom_miss_the_target() -> None:
    """The rate is that of the calls that were made, not the wanted one."""
    calls = [call(8), call(10), call(12)]
    made = reloads(row(8, 1, OLD), row(10, 2, NEW), row(12, 2, NEW), calls=calls)
    assert made.figures["reload_calls_per_s"] == 0.5
    assert made.lost == made.torn == []
    assert made.figures["reload_target_met"] is False


def test_without_a_call_under_way_nothing_is_proven() -> None:
    """If none is there when the version comes, or none runs it, that is told instead of 0."""
    short = reloads(row(8, 1, OLD, lasts_ms=500), row(9, 1, OLD, lasts_ms=500), row(10, 2, NEW))
    with pytest.raises(Unmeasured, match="no call was under way"):
        short.across()
    with pytest.raises(Unmeasured, match="no call ran version 2"):
        reloads(row(8, 1, OLD), row(9, 1, OLD)).swaps_ms()
