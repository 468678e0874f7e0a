"""First-contact resolution: did the customer have to come again?

A contact that an agent answered is the first one about its matter if no other about it was answered
in the days before. It has resolved the matter if the customer came no more about it in the days
after its end, answered or not. Both are told only once those days are over. The same customer is
the same number: who withholds it is in no figure. The same matter is the same topic, where the flow
told one for both, else the same queue. That is all that can be known without asking the customer;
`trunkline surveys` tells what those say who were asked.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from history.events import Spoke
from reports.figures import Figures, Subject
from reports.fold import Cells


class Verdict(StrEnum):
    """What became of a first contact."""

    RESOLVED = "resolved"
    CAME_AGAIN = "came_again"
    PENDING = "pending"


class Judged(NamedTuple):
    """A first contact, and what became of it."""

    contact: Spoke
    verdict: Verdict


def judged(own: Sequence[Spoke], window_ms: int, now_ms: int) -> Iterator[Judged]:
    """Every first contact of one customer, whose contacts these are, by their beginning. Those of
    the `window_ms` before and after the period that is looked at must be among them."""
    for number, contact in enumerate(own):
        if contact.answered_ms is not None and _is_first(contact, own[:number], window_ms):
            yield Judged(contact, _verdict(contact, own[number + 1 :], window_ms, now_ms))


def by_customer(contacts: Iterable[Spoke]) -> Iterator[Sequence[Spoke]]:
    """The contacts of each customer; they come customer by customer."""
    for _, own in groupby(contacts, lambda each: each.number):
        yield [*own]


def counted(found: Iterable[Judged], borders: Sequence[int]) -> Cells:
    """Figures of the intervals in which the contacts ended."""
    cells: Cells = {}
    for contact, verdict in found:
        number = bisect_right(borders, contact.ended_ms) - 1
        if 0 <= number < len(borders) - 1:
            for subject in _subjects(contact):
                figures = cells.setdefault(subject, {}).setdefault(number, Figures())
                figures.first_pending += verdict is Verdict.PENDING
                figures.first_settled += verdict is not Verdict.PENDING
                figures.first_resolved += verdict is Verdict.RESOLVED
    return cells


def _subjects(contact: Spoke) -> Iterator[Subject]:
    if contact.queue is not None:
        yield Subject("queue", contact.queue)
    if contact.agent is not None:
        yield Subject("agent", contact.agent)
    yield from (Subject("skill", name) for name in contact.skills)


def _is_first(contact: Spoke, before: Iterable[Spoke], window_ms: int) -> bool:
    return not any(
        each.answered_ms is not None
        and contact.started_ms - each.ended_ms <= window_ms
        and _is_same(each, contact)
        for each in before
    )


def _verdict(contact: Spoke, after: Iterable[Spoke], window_ms: int, now_ms: int) -> Verdict:
    over_ms = contact.ended_ms + window_ms
    if now_ms < over_ms:
        return Verdict.PENDING
    again = any(each.started_ms <= over_ms and _is_same(contact, each) for each in after)
    return Verdict.CAME_AGAIN if again else Verdict.RESOLVED


def _is_same(one: Spoke, other: Spoke) -> bool:
    if one.topic and other.topic:
        return one.topic == other.topic
    return one.queue is not None and one.queue == other.queue
