"""Folds the event log into figures by interval.

A row counts where it happened. Agents' time is told by the states between two rows, and is split at
the borders of intervals to the millisecond. Rows come in their order; those from before the period
are taken too: they say in which states it begins.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, Self

from history.events import CONSULT, DIALED, AgentState, EventKind, EventRow, Leaving
from reports.figures import Figures, Subject

Cells = dict[Subject, dict[int, Figures]]
"""The figures of each subject by the number of the interval; what is all zero is left out."""

REMEMBERED_MS = 3_600_000
"""So long after its end a conversation is known by its contact: what makes an answer none is told
within seconds of it."""

LATE_MS = 60_000
"""So much later it may be told that an answer was none."""


class Aim(NamedTuple):
    """What counts as answered in time, and as a short call, in one queue."""

    within_ms: int = 20_000
    short_ms: int = 5_000


_TIMES = {
    AgentState.AVAILABLE: "available_ms",
    AgentState.OFFERED: "offered_ms",
    AgentState.TALKING: "talking_ms",
    AgentState.WRAP_UP: "wrapping_ms",
    AgentState.PAUSED: "paused_ms",
    AgentState.NOT_RESPONDING: "unresponsive_ms",
    AgentState.BACK_OFF: "unresponsive_ms",
}


@dataclass(slots=True)
class _Talk:
    """A conversation and its wrap-up. `counted` is what it has given to which figures, which is
    taken back when it turns out to have been none."""

    subjects: tuple[Subject, ...]
    began_ms: int
    ended_ms: int | None = None
    void: bool = False
    counted: list[tuple[Figures, str, int]] = field(default_factory=list)

    def give(self, figures: Iterable[Figures], name: str, amount: int) -> None:
        """It counts."""
        for each in figures:
            setattr(each, name, getattr(each, name) + amount)
            self.counted.append((each, name, amount))

    def take_back(self) -> None:
        """It does not count."""
        self.void = True
        for each, name, amount in self.counted:
            setattr(each, name, getattr(each, name) - amount)
        self.counted.clear()


@dataclass(slots=True)
class _Person:
    """An agent as of the last row."""

    groups: tuple[Subject, ...]
    state: EventRow | None = None
    counted_ms: int = 0
    """Until when the state's time is counted."""
    talk: _Talk | None = None


class Fold:
    """Takes rows, gives figures. ``borders`` are those of the intervals (`reports.intervals`),
    ``productive`` the reasons of pauses that are work."""

    def __init__(
        self,
        borders: Sequence[int],
        aims: Mapping[str, Aim],
        productive: Set[str] = frozenset(),
    ) -> None:
        self.borders = borders
        self.aims = aims
        """By queue; those of one that is not named are `Aim`'s own."""
        self.productive = productive
        self._cells: Cells = {}
        self._people: dict[str, _Person] = {}
        self._talks: dict[str, _Talk] = {}
        self._takes: Mapping[EventKind, Callable[[EventRow], None]] = {
            EventKind.STATE: self._state,
            EventKind.STAFF: self._staff,
            EventKind.QUEUED: self._queued,
            EventKind.LEFT: self._left,
            EventKind.FORETOLD: self._foretold,
            EventKind.NOT_ANSWERED: self._not_answered,
            EventKind.TURNED_AWAY: lambda row: self._count(row, "turned_away", _of_queue(row)),
            EventKind.PROMISED: lambda row: self._count(row, "promised", _of_queue(row)),
            **dict.fromkeys(_IN_TALK, self._in_talk),
            EventKind.VOID: self._void,
        }

    def onwards(self, borders: Sequence[int], aims: Mapping[str, Aim]) -> Self:
        """A fold of a later period, which begins with what is known now."""
        later = type(self)(borders, aims, self.productive)
        later._people, later._talks = self._people, self._talks  # its own kind
        return later

    def take(self, row: EventRow) -> None:
        """The next row."""
        take = self._takes.get(row.kind)
        if take is not None:
            take(row)

    def so_far(self, now_ms: int) -> Cells:
        """The figures, with the states that go on counted until now."""
        counted, self._cells = self._cells, {}
        for person in self._people.values():
            self._spread(person, now_ms)
        going_on, self._cells = self._cells, counted
        return together(counted, going_on)

    def merge(self, number: int) -> None:
        """All intervals before this one are one from now on, the first: what is told apart no
        more need not be kept apart. Nothing that was counted there is taken back any more."""
        for by_interval in self._cells.values():
            for old in [each for each in by_interval if 0 < each < number]:
                by_interval.setdefault(0, Figures()).add(by_interval.pop(old))

    # agents

    def _state(self, row: EventRow) -> None:
        person = self._people.setdefault(row.subject, _Person((Subject("agent", row.subject),)))
        before = person.state
        if before is not None:
            if row.at_ms < before.at_ms or _says(row) == _says(before):
                return  # told again, after a restart
            self._spread(person, row.at_ms)
            self._over(person, before, row.at_ms)
        person.state, person.counted_ms = row, row.at_ms
        if row.detail == AgentState.TALKING:
            person.talk = self._answered(row)
        elif row.detail != AgentState.WRAP_UP:
            person.talk = None
        elif person.talk is None:  # it began before the first row
            person.talk = _Talk(_of_agent(row), row.at_ms)

    def _staff(self, row: EventRow) -> None:
        own = Subject("agent", row.subject)
        serves = (Subject("queue", name) for name in row.serves)
        groups = (own, *serves, *(Subject("skill", name) for name in row.skills))
        person = self._people.setdefault(row.subject, _Person(groups))
        person.counted_ms = self._spread(person, row.at_ms)
        person.groups = groups

    def _spread(self, person: _Person, until_ms: int) -> int:
        """Count the time of the state until then; returns until when it is counted."""
        state = person.state
        if state is None or until_ms <= person.counted_ms:
            return person.counted_ms
        name = _TIMES.get(AgentState(state.detail or ""))
        if name is not None:
            for number, ms in self._pieces(person.counted_ms, until_ms):
                for subject in person.groups:
                    figures = self._cell(subject, number)
                    _spend(figures, name, ms, state.reason)
                    if name == "paused_ms" and state.reason in self.productive:
                        figures.productive_ms += ms
        return until_ms

    def _pieces(self, since_ms: int, until_ms: int) -> Iterator[tuple[int, int]]:
        """The intervals that a stretch of time lies in, and how much of it in each."""
        borders = self.borders
        at_ms, end_ms = max(since_ms, borders[0]), min(until_ms, borders[-1])
        number = bisect_right(borders, at_ms) - 1
        while at_ms < end_ms:
            cut_ms = min(borders[number + 1], end_ms)
            yield number, cut_ms - at_ms
            at_ms, number = cut_ms, number + 1

    # conversations

    def _answered(self, row: EventRow) -> _Talk:
        if row.reason == CONSULT:  # with a colleague: the agent's time, and no conversation
            return _Talk((), row.at_ms, void=True)
        talk = _Talk(_of_agent(row), row.at_ms)
        if row.contact is not None:
            self._remember(row.contact, talk, row.at_ms)
        if row.arrived_ms is None:  # it was for this agent, in no queue
            return talk
        figures = [*self._at(row.at_ms, talk.subjects)]
        if not row.attended:
            talk.give(figures, "dialed" if row.reason == DIALED else "called_back", 1)
            return talk
        wait_ms = max(0, row.at_ms - row.arrived_ms)
        talk.give(figures, "answered", 1)
        talk.give(figures, "in_time", int(wait_ms <= self._aim(row).within_ms))
        talk.give(figures, "wait_ms", wait_ms)
        _waited(figures, wait_ms)
        return talk

    def _over(self, person: _Person, before: EventRow, at_ms: int) -> None:
        """A conversation, or its wrap-up, has ended."""
        talk = person.talk
        if talk is None or talk.void:
            return
        figures = self._at(at_ms, talk.subjects)
        if before.detail == AgentState.TALKING:
            talk.ended_ms = at_ms
            found = [*figures]
            talk.give(found, "handled", 1)
            talk.give(found, "talk_ms", at_ms - talk.began_ms)
        elif before.detail == AgentState.WRAP_UP:
            talk.give(figures, "wrap_up_ms", at_ms - before.at_ms)

    def _remember(self, contact: str, talk: _Talk, now_ms: int) -> None:
        for name, old in [*islice(self._talks.items(), 2)]:
            if old.ended_ms is not None and old.ended_ms < now_ms - REMEMBERED_MS:
                del self._talks[name]
        self._talks.pop(contact, None)
        self._talks[contact] = talk

    def _void(self, row: EventRow) -> None:
        talk = self._talks.pop(row.subject, None)
        if talk is not None:
            talk.take_back()

    def _in_talk(self, row: EventRow) -> None:
        self._count(row, _IN_TALK[row.kind], _of_agent(row))
        self._held(row)

    # queues

    def _not_answered(self, row: EventRow) -> None:
        name = "rona" if row.detail == "no_answer" else "not_rung"
        self._count(row, name, _of_agent(row))

    def _foretold(self, row: EventRow) -> None:
        talk = self._talks.get(row.subject)
        if talk is None or row.arrived_ms is None or not row.attended:
            return
        came_ms = row.at_ms - row.arrived_ms
        figures = [*self._at(row.at_ms, talk.subjects)]
        talk.give(figures, "foretold", 1)
        talk.give(figures, "foretold_wait_ms", came_ms)
        talk.give(figures, "foretold_error_ms2", (came_ms - int(row.detail or "0")) ** 2)

    def _queued(self, row: EventRow) -> None:
        if row.attended:
            self._count(row, "entered", _of_queue(row))
        if row.reason is not None:
            self._count(row, "overflowed", (Subject("queue", row.reason),))

    def _left(self, row: EventRow) -> None:
        if not row.attended or row.arrived_ms is None:
            return
        wait_ms = max(0, row.at_ms - row.arrived_ms)
        name = _LEFT[Leaving(row.detail or "")]
        if name in {"abandoned", "timed_out"} and wait_ms < self._aim(row).short_ms:
            name = "short"
        subjects = _of_queue(row)
        self._count(row, name, subjects)
        _waited(self._at(row.at_ms, subjects), wait_ms)

    def _held(self, row: EventRow) -> None:
        if row.kind is EventKind.HELD and row.arrived_ms is not None:
            for figures in self._at(row.at_ms, _of_agent(row)):
                figures.held_ms += max(0, row.at_ms - row.arrived_ms)

    def _aim(self, row: EventRow) -> Aim:
        return self.aims.get(row.queue or "", Aim())

    # figures

    def _count(self, row: EventRow, name: str, subjects: Iterable[Subject]) -> None:
        for figures in self._at(row.at_ms, subjects):
            setattr(figures, name, getattr(figures, name) + 1)

    def _at(self, at_ms: int, subjects: Iterable[Subject]) -> Iterator[Figures]:
        """The figures of that moment; none of one outside the period."""
        number = bisect_right(self.borders, at_ms) - 1
        if 0 <= number < len(self.borders) - 1:
            for subject in subjects:
                yield self._cell(subject, number)

    def _cell(self, subject: Subject, number: int) -> Figures:
        by_interval = self._cells.get(subject)
        if by_interval is None:
            by_interval = self._cells[subject] = {}
        figures = by_interval.get(number)
        if figures is None:
            figures = by_interval[number] = Figures()
        return figures


_IN_TALK = {
    EventKind.TRANSFERRED: "transferred",
    EventKind.CONSULTED: "consultations",
    EventKind.CONFERENCE: "conferences",
    EventKind.HELD: "holds",
}
_LEFT = {
    Leaving.ABANDONED: "abandoned",
    Leaving.TIMEOUT: "timed_out",
    Leaving.WITHDRAWN: "withdrawn",
    Leaving.LOST: "lost",
}


def _says(row: EventRow) -> tuple[str | None, ...]:
    # A former run's conversation may be told again without it.
    reason = None if row.reason == DIALED else row.reason
    return row.detail, row.contact, reason


def _of_queue(row: EventRow) -> tuple[Subject, ...]:
    queue = (Subject("queue", row.queue),) if row.queue is not None else ()
    return (*queue, *(Subject("skill", name) for name in row.skills))


def _of_agent(row: EventRow) -> tuple[Subject, ...]:
    return (Subject("agent", row.agent or ""), *_of_queue(row))


def _spend(figures: Figures, name: str, ms: int, reason: str | None) -> None:
    setattr(figures, name, getattr(figures, name) + ms)
    if name == "paused_ms" and reason is not None:
        figures.pauses[reason] += ms


def _waited(figures: Iterable[Figures], wait_ms: int) -> None:
    for each in figures:
        each.longest_wait_ms = max(each.longest_wait_ms, wait_ms)


def total(cells: Cells) -> dict[Subject, Figures]:
    """The figures of the whole period."""
    found: dict[Subject, Figures] = {}
    for subject, by_interval in cells.items():
        whole = found.setdefault(subject, Figures())
        for figures in by_interval.values():
            whole.add(figures)
    return found


def together(*parts: Cells) -> Cells:
    """The figures of all of them, as new ones."""
    found: Cells = {}
    for part in parts:
        for subject, by_interval in part.items():
            own = found.setdefault(subject, {})
            for number, figures in by_interval.items():
                own.setdefault(number, Figures()).add(figures)
    return found
