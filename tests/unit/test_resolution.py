"""First-contact resolution: who did not have to come again."""

from collections.abc import Sequence
from typing import Any

import pytest

from history.events import Spoke
from reports.figures import Subject
from reports.resolution import Judged, Verdict, by_customer, counted, judged

pytestmark = pytest.mark.unit

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
LATER = 100 * DAY_MS


def _contact(name: str, day: float, **changes: Any) -> Spoke:
    """An answered call of a quarter of an hour about bills, of one customer."""
    at_ms = round(day * DAY_MS)
    plain = Spoke(name, "36201", None, "bills", "ann", (), at_ms, at_ms + 1_000, at_ms + 900_000)
    return plain._replace(**changes)


def _verdicts(contacts: Sequence[Spoke], now_ms: int = LATER) -> dict[str, Verdict]:
    found = (judged(own, WEEK_MS, now_ms) for own in by_customer(contacts))
    return {each.contact.id: each.verdict for of_one in found for each in of_one}


def test_a_customer_who_comes_no_more_was_helped_at_once() -> None:
    """Not before the window is over."""
    only = [_contact("a", 1)]
    assert _verdicts(only) == {"a": Verdict.RESOLVED}
    over_ms = only[0].ended_ms + WEEK_MS
    assert _verdicts(only, over_ms) == {"a": Verdict.RESOLVED}
    assert _verdicts(only, over_ms - 1) == {"a": Verdict.PENDING}


def test_a_customer_who_comes_again_was_not() -> None:
    """The second contact is no first one; nor is it pending while the window lasts and a further
    one is known: both kinds are told at the same age, else the rate would lean."""
    twice = [_contact("a", 1), _contact("b", 3)]
    assert _verdicts(twice) == {"a": Verdict.CAME_AGAIN}
    assert _verdicts(twice, 4 * DAY_MS) == {"a": Verdict.PENDING}


def test_after_the_window_it_is_another_matter() -> None:
    """To the millisecond, counted from the end of the one to the beginning of the next."""
    first = _contact("a", 1)
    at_last = _contact("b", 0, started_ms=first.ended_ms + WEEK_MS, ended_ms=LATER // 2)
    too_late = at_last._replace(started_ms=at_last.started_ms + 1)
    assert _verdicts([first, at_last])["a"] is Verdict.CAME_AGAIN
    assert _verdicts([first, too_late])["a"] is Verdict.RESOLVED
    assert "b" in _verdicts([first, too_late])
    assert "b" not in _verdicts([first, at_last])


def test_another_matter_or_another_customer_is_no_second_contact() -> None:
    """The topic tells, where both have one, else the queue."""
    bill = _contact("a", 1, topic="bill")
    assert _verdicts([bill, _contact("b", 2, topic="meter")])["a"] is Verdict.RESOLVED
    assert _verdicts([bill, _contact("b", 2, topic="bill", queue="x")])["a"] is Verdict.CAME_AGAIN
    assert _verdicts([bill, _contact("b", 2)])["a"] is Verdict.CAME_AGAIN
    assert _verdicts([bill, _contact("b", 2, queue="meters")])["a"] is Verdict.RESOLVED
    assert _verdicts([bill, _contact("b", 2, number="36202")])["a"] is Verdict.RESOLVED
    nowhere = _contact("b", 2, queue=None, answered_ms=None)
    assert _verdicts([bill, nowhere])["a"] is Verdict.RESOLVED


def test_a_call_in_vain_is_a_further_contact_but_no_first_one() -> None:
    """Who hung up in the queue had to come again; nobody had helped them before."""
    tried = _contact("b", 2, answered_ms=None)
    assert _verdicts([_contact("a", 1), tried])["a"] is Verdict.CAME_AGAIN
    assert _verdicts([tried, _contact("c", 3)]) == {"c": Verdict.RESOLVED}


def test_it_counts_where_the_contact_ended() -> None:
    """For its queue, its agent and the skills that it asked for; those pending are told apart."""
    contact = _contact("a", 1, skills=("hu",))
    found = [Judged(contact, verdict) for verdict in Verdict]
    late = Judged(_contact("b", 3), Verdict.RESOLVED)
    cells = counted([*found, late], (0, contact.ended_ms, contact.ended_ms + 1))
    assert {*cells} == {Subject("queue", "bills"), Subject("agent", "ann"), Subject("skill", "hu")}
    figures = cells[Subject("queue", "bills")]
    assert [*figures] == [1]
    first = figures[1]
    assert (first.first_settled, first.first_resolved, first.first_pending) == (2, 1, 1)
    assert first.first_contact_resolution == 0.5
