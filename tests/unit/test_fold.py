"""Figures folded from the event log: exact, and the same however the log is read."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from history.events import EventRow
from reports.figures import SUMS, Figures, Subject
from reports.fold import Aim, Fold, total
from routing.contact import FIRST, Outcome
from routing.ringing import Busy, NoAnswer
from routing.targets import Performance, Targets
from tests.fakes.routing import an_agent
from tests.fakes.shift import Shift
from tests.unit.replay import replayed

pytestmark = pytest.mark.unit

AIMS = {"sales": Aim(within_ms=20_000, short_ms=5_000)}
SALES, ANN, EN = Subject("queue", "sales"), Subject("agent", "ann"), Subject("skill", "en")


def figures(rows: Iterable[EventRow], *borders: int, now: int | None = None) -> Fold:
    """The fold of these rows."""
    fold = Fold(borders, AIMS)
    for row in rows:
        fold.take(row)
    return fold


def whole(shift: Shift, subject: Subject) -> Figures:
    """The figures of a shift from its beginning to now."""
    cells = figures(shift.rows, 0, shift.now + 1).so_far(shift.now)
    return total(cells).get(subject, Figures())


def _served(shift: Shift, name: str, wait_ms: int, talk_ms: int) -> None:
    """A caller whom ann answers after so long."""
    shift.call(name, sales=1, en=1)
    shift.wait(wait_ms)
    shift.ring_ends("ann")
    shift.tell(name, "answered")
    shift.wait(talk_ms)
    shift.agent_hangs_up("ann")


def _a_shift() -> Shift:
    shift = Shift(an_agent("ann", sales=3, en=3))
    shift.serves("ann", ("en", "sales"), ("sales",))
    return shift


def test_an_answered_call_counts_for_queue_agent_and_skill() -> None:
    """Wait, talk and wrap-up, each to the millisecond."""
    shift = _a_shift()
    _served(shift, "c1", 20_000, 61_234)
    shift.wait(30_000)
    for subject in (SALES, ANN, EN):
        found = whole(shift, subject)
        assert (found.answered, found.in_time, found.wait_ms) == (1, 1, 20_000)
        assert (found.handled, found.talk_ms, found.wrap_up_ms) == (1, 61_234, 20_000)
        assert found.aht_ms == 81_234
        assert (found.offered_ms, found.available_ms) == (20_000, 10_000)
        assert found.occupancy == 81_234 / 111_234
    assert whole(shift, SALES).entered == 1


def test_the_service_level_is_of_those_who_count() -> None:
    """In time is up to the queue's time; who hangs up sooner than a short call never came."""
    shift = _a_shift()
    _served(shift, "in time", 20_000, 1_000)
    shift.wait(20_000)
    _served(shift, "late", 20_001, 1_000)
    for name, wait_ms in (("short", 4_999), ("gone", 5_000)):
        shift.call(name)
        shift.wait(wait_ms)
        shift.caller_leaves(name)
    shift.call("tired")
    shift.wait(6_000)
    shift.caller_leaves("tired", Outcome.TIMEOUT)
    shift.call("key")
    shift.caller_leaves("key", Outcome.WITHDRAWN)
    found = whole(shift, SALES)
    assert (found.answered, found.abandoned, found.timed_out) == (2, 1, 1)
    assert (found.short, found.withdrawn, found.entered) == (1, 1, 6)
    assert found.service_level == 1 / 4
    assert found.abandon_rate == 1 / 4
    assert found.asa_ms == 20_000.5
    assert found.longest_wait_ms == 20_001


def test_the_matcher_goes_by_the_same_service_level() -> None:
    """What a queue is behind is worked out from its calls as reports do it."""
    targets, lately = Targets(within_ms=20_000, short_ms=5_000), Performance()
    shift = _a_shift()
    for number, (wait_ms, answered) in enumerate(
        [(19_000, True), (20_000, True), (20_001, True), (4_999, False), (5_000, False)]
    ):
        if answered:
            _served(shift, f"c{number}", wait_ms, 0)
            lately.note_answered(wait_ms, targets, 0)
        else:
            shift.call(f"c{number}")
            shift.wait(wait_ms)
            shift.caller_leaves(f"c{number}")
            lately.note_lost(wait_ms, targets, 0)
        shift.wait(60_000)
    assert whole(shift, SALES).service_level == lately.service_level == 2 / 4
    assert whole(shift, SALES).asa_ms == lately.mean_wait_ms


def test_time_is_split_at_the_borders_of_intervals() -> None:
    """A conversation over a border is in both; what is counted of it, where it ends."""
    shift = _a_shift()
    _served(shift, "c1", 0, 100_000)
    shift.wait(50_000)
    cells = figures(shift.rows, 0, 30_000, 90_000, 200_000).so_far(shift.now)[ANN]
    assert [cells[n].talking_ms for n in range(3)] == [30_000, 60_000, 10_000]
    assert [cells[n].handled for n in range(3)] == [0, 0, 1]
    assert cells[2].talk_ms == 100_000
    assert [cells[n].wrapping_ms + cells[n].available_ms for n in range(3)] == [0, 0, 50_000]


def test_missed_rings_count_apart_from_phones_that_are_busy() -> None:
    """RONA is a ring that nobody answered in its time; the agent is then not ready."""
    shift = _a_shift()
    shift.call("c1", en=1)
    shift.wait(15_000)
    shift.misses("ann")
    shift.wait(10_000)
    shift.ask("ann", "resume")
    shift.ring_ends("ann", Busy())
    shift.wait(2_000)
    for subject in (SALES, ANN, EN):
        found = whole(shift, subject)
        assert (found.rona, found.not_rung, found.unresponsive_ms) == (1, 1, 12_000)
    assert whole(shift, ANN).utilisation == 15_000 / 27_000


def test_pauses_are_told_by_reason() -> None:
    """All of them are signed-in time in which the agent is not ready."""
    shift = _a_shift()
    for reason, ms in (("lunch", 40_000), ("training", 20_000), ("lunch", 1_000)):
        shift.ask("ann", "pause", reason)
        shift.wait(ms)
    shift.ask("ann", "logout")
    shift.wait(99_000)
    found = whole(shift, ANN)
    assert found.pauses == {"lunch": 41_000, "training": 20_000}
    assert (found.paused_ms, found.signed_in_ms, found.utilisation) == (61_000, 61_000, 0)


def test_pauses_that_are_work_are_utilised() -> None:
    """Training is paused time, as lunch is, but the agent is not idle in it."""
    shift = _a_shift()
    shift.wait(10_000)
    for reason, ms in (("lunch", 40_000), ("training", 20_000)):
        shift.ask("ann", "pause", reason)
        shift.wait(ms)
    shift.ask("ann", "logout")
    fold = Fold((0, shift.now), AIMS, frozenset({"training", "meeting"}))
    for row in shift.rows:
        fold.take(row)
    later = fold.onwards((shift.now, shift.now + 1), AIMS)
    assert later.productive == fold.productive
    for subject in (ANN, SALES):
        found = total(fold.so_far(shift.now))[subject]
        assert (found.paused_ms, found.productive_ms) == (60_000, 20_000)
        assert found.utilisation == 30_000 / 70_000
        assert found.occupancy == 0


def test_an_answer_that_was_none_counts_nowhere_but_in_the_agents_time() -> None:
    """The contact waits on, and is counted with its whole wait when it is answered."""
    shift = _a_shift()
    _served(shift, "c1", 2_000, 400)
    shift.tell("c1", "not_joined", agent="ann")
    found = whole(shift, SALES)
    assert (found.answered, found.in_time, found.wait_ms, found.handled, found.talk_ms) == (0,) * 5
    assert found.talking_ms == 400
    shift.wait(60_000)
    assert (whole(shift, SALES).wrap_up_ms, whole(shift, SALES).wrapping_ms) == (0, 20_000)


def test_whom_a_campaign_called_counts_in_no_service_level() -> None:
    """They are told apart: a queue's level and waits are its callers'. Their conversations are the
    agent's work as any other."""
    shift = _a_shift()
    shift.call("c1", priority=FIRST, sales=1, en=1)
    shift.wait(300)
    shift.ring_ends("ann")
    shift.tell("c1", "answered")
    shift.wait(60_000)
    shift.agent_hangs_up("ann")
    shift.wait(1_000)
    shift.call("c2", priority=FIRST)
    shift.wait(6_000)
    shift.caller_leaves("c2")
    for subject in (SALES, ANN, EN):
        found = whole(shift, subject)
        assert (found.dialed, found.handled, found.talk_ms) == (1, 1, 60_000)
        assert (found.answered, found.called_back, found.counted, found.service_level) == (
            *(0, 0, 0),
            None,
        )
    found = whole(shift, SALES)
    assert (found.entered, found.abandoned, found.longest_wait_ms) == (0, 0, 0)
    shift.tell("c1", "not_joined", agent="ann")
    assert whole(shift, SALES).dialed == 0


def test_a_callback_counts_in_no_service_level() -> None:
    """Nobody waits on the line; a customer who is not reached was no contact."""
    shift = _a_shift()
    shift.call("c1", leg="")
    shift.wait(60_000)
    shift.ring_ends("ann")
    shift.tell("c1", "calling_back")
    shift.wait(10_000)
    assert (whole(shift, SALES).called_back, whole(shift, SALES).entered) == (1, 0)
    assert whole(shift, SALES).counted == 0
    shift.tell("c1", "not_called_back", reason="busy")
    assert whole(shift, SALES).called_back == 0


def test_overflow_transfer_promise_and_refusal_are_counted_of_the_queue() -> None:
    """Each where it happened."""
    shift = _a_shift()
    _served(shift, "c1", 0, 1_000)
    shift.caller_leaves("c1", Outcome.COMPLETED)
    shift.call("c1", "billing", billing=1)
    shift.caller_leaves("c1", Outcome.TIMEOUT)
    shift.call("c1", "vip", billing=1)
    shift.tell("c1", "callback_promised", queue="vip")
    shift.tell("c1", "turned_away", queue="vip", reason="full")
    assert (whole(shift, SALES).transferred, whole(shift, ANN).transferred) == (1, 1)
    assert whole(shift, SALES).transfer_rate == 1
    assert whole(shift, Subject("queue", "billing")).overflowed == 1
    vip = whole(shift, Subject("queue", "vip"))
    assert (vip.promised, vip.turned_away) == (1, 1)


def test_foretold_waits_are_compared_with_what_came() -> None:
    """Of the answered whose wait was foretold; an answer that was none takes it back."""
    shift = _a_shift()
    for number in range(5):
        _served(shift, f"c{number}", 0, 100_000)
        shift.wait(20_000)
    _served(shift, "one", 0, 1_000)
    shift.call("two")
    shift.look()
    shift.wait(40_000)
    shift.ring_ends("ann")
    for subject in (SALES, ANN):
        found = whole(shift, subject)
        assert (found.foretold, found.foretold_wait_ms) == (1, 40_000)
        assert found.foretold_error_ms2 == 20_000**2
        assert found.expected_wait_error == 0.5
    shift.tell("two", "answered")
    shift.agent_hangs_up("ann")
    shift.tell("two", "not_joined")
    assert whole(shift, SALES).expected_wait_error is None


def test_what_is_told_again_after_a_restart_counts_once() -> None:
    """The same state of an agent, whatever its number."""
    shift = _a_shift()
    _served(shift, "c1", 1_000, 10_000)
    talking = next(row for row in shift.rows if row.detail == "talking")
    before = whole(shift, SALES)
    shift.rows.insert(shift.rows.index(talking), talking)
    assert whole(shift, SALES) == before
    shift.rows.append(talking)
    assert whole(shift, SALES) == before


# the same by other ways

_VERBS = ("login", "logout", "resume", "pause", "unreachable", "retrained")
_Done = tuple[str, int]
_DOES = st.tuples(
    st.one_of(
        st.sampled_from(["call", "answer", "end"]),
        st.sampled_from(["call", "overflow", "callback", "answer", "not_joined", "end"]),
        st.sampled_from(["miss", "busy", "abandon", "time_out", "transfer", *_VERBS]),
        st.sampled_from(["consult", "hand_over", "held", "unheld", "conference"]),
    ),
    st.integers(0, 3),
)
_DAY = st.lists(st.tuples(_DOES, st.integers(0, 40)), min_size=5, max_size=40)


def _play(day: Sequence[tuple[_Done, int]]) -> Shift:
    """A shift in which this happens, each so many seconds after the last, as far as it can."""
    shift = Shift(an_agent("ann", sales=3, en=1), an_agent("bob", billing=2, sales=1))
    shift.serves("ann", ("en", "sales"), ("sales",))
    shift.serves("bob", ("billing", "sales"), ("billing", "sales"))
    calls: list[str] = []
    for (what, which), seconds in day:
        shift.look()
        shift.wait(1_000 * seconds)
        agent = ("ann", "bob")[which % 2]
        if what in _VERBS:
            shift.does(agent, what)
        elif what in {"answer", "miss", "busy"}:
            _ring_ends(shift, what, which)
        elif what == "end":
            shift.agent_hangs_up(agent)
        elif what == "consult":
            shift.consults(agent, "bob" if agent == "ann" else "ann")
        elif what == "hand_over":
            shift.hands_over(agent)
        else:
            _contact_does(shift, what, which, calls)
    shift.wait(30_000)
    return shift


def _ring_ends(shift: Shift, how: str, which: int) -> None:
    outcomes = {"answer": None, "miss": NoAnswer(), "busy": Busy()}
    for agent in sorted(shift.rings)[which % 2 :][:1] or sorted(shift.rings)[:1]:
        contact = shift.rings[agent].contact.id
        shift.ring_ends(agent, outcomes[how])
        if how == "answer":
            shift.tell(contact, "answered")


def _contact_does(shift: Shift, what: str, which: int, calls: list[str]) -> None:
    queue = ("sales", "billing")[which % 2]
    if what in {"call", "callback"}:
        calls.append(f"c{len(calls)}")
        shift.call(calls[-1], queue, leg="x" * (what == "call"), skill=queue)
    elif which < len(calls):
        name = calls[-1 - which]
        match what:
            case "abandon" | "time_out":
                how = Outcome.ABANDONED if what == "abandon" else Outcome.TIMEOUT
                shift.caller_leaves(name, how)
            case "overflow":
                shift.caller_leaves(name, Outcome.TIMEOUT)
                shift.call(name, queue, skill=queue)
            case "transfer":
                shift.tell(name, "transferring", number="+36201234567")
            case "held" | "unheld" | "conference" | "not_joined":
                shift.tell(name, what)


@given(day=_DAY, cuts=st.sets(st.integers(0, 600), max_size=6))
@settings(max_examples=150)
def test_a_replay_second_by_second_comes_to_the_same(
    day: list[tuple[_Done, int]], cuts: set[int]
) -> None:
    """In every interval, of every subject and every figure; and the intervals add up."""
    shift = _play(day)
    ends = {0, shift.now + 1_000}
    borders = sorted(ends | {1_000 * cut for cut in cuts if 1_000 * cut < shift.now})
    cells = figures(shift.rows, *borders).so_far(borders[-1])
    subjects = {*cells, SALES, ANN, EN}
    for number, (since, until) in enumerate(pairwise(borders)):
        for subject in subjects:
            found = cells.get(subject, {}).get(number, Figures())
            assert found == replayed(shift.rows, subject, since, until, AIMS)
    in_one = total(figures(shift.rows, 0, borders[-1]).so_far(borders[-1]))
    by_parts = total(cells)
    for subject in subjects:
        assert by_parts.get(subject, Figures()) == in_one.get(subject, Figures())


@given(day=_DAY, cut=st.integers(1, 600))
@settings(max_examples=80)
def test_it_does_not_matter_where_a_report_begins(day: list[tuple[_Done, int]], cut: int) -> None:
    """Day after day, live, is the same as all of it read at once: states go over the border."""
    shift = _play(day)
    end, border = shift.now + 1_000, min(1_000 * cut, shift.now)
    first = Fold((0, border), AIMS)
    later = [row for row in shift.rows if row.at_ms >= border]
    for row in shift.rows[: len(shift.rows) - len(later)]:
        first.take(row)
    second = first.onwards((border, end), AIMS)
    for row in later:
        second.take(row)
    at_once = figures(shift.rows, 0, border, end).so_far(end)
    for subject, by_interval in at_once.items():
        own = second.so_far(end).get(subject, {}).get(0, Figures())
        assert own == by_interval.get(1, Figures())


@given(day=_DAY, number=st.integers(0, 20))
@settings(max_examples=40)
def test_intervals_that_are_merged_add_up_to_the_same(
    day: list[tuple[_Done, int]], number: int
) -> None:
    """Live figures forget the intervals of the morning, and nothing of the day."""
    shift = _play([each for each in day if each[0][0] not in {"not_joined", "callback"}])
    end = shift.now + 1_000
    borders = sorted({*range(0, end, 30_000), end})
    fold = Fold(borders, AIMS)
    for row in shift.rows:
        fold.take(row)
        fold.merge(min(number, row.at_ms // 30_000 - 3))
    assert total(fold.so_far(end)) == total(figures(shift.rows, 0, end).so_far(end))


def test_every_sum_is_a_field() -> None:
    """What adds up is everything but the longest wait and the pauses, which have ways of their
    own."""
    one, other = Figures(longest_wait_ms=5), Figures(longest_wait_ms=3)
    for number, name in enumerate(SUMS):
        setattr(one, name, number)
    other.pauses["lunch"] = 4
    one.add(other)
    assert [getattr(one, name) for name in SUMS] == [*range(len(SUMS))]
    assert (one.longest_wait_ms, one.pauses) == (5, {"lunch": 4})
