"""The circuit of a web service."""

import pytest

from engine.web.circuit import NEW, Closed, Open, Rules, Trying, answered, asked, failed, given_up

pytestmark = pytest.mark.unit

RULES = Rules(failures=3, open_ms=1_000)


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    """An answer between them begins the count anew."""
    twice = failed(failed(NEW, 0, RULES), 0, RULES)
    assert twice == Closed(2)
    assert failed(answered(twice), 0, RULES) == Closed(1)
    assert failed(twice, 500, RULES) == Open(1_500)


def test_while_it_is_open_nobody_asks() -> None:
    """Until its time is over."""
    assert asked(Open(1_500), 1_499) == (Open(1_500), False)
    assert asked(Open(1_500), 1_500) == (Trying(), True)


def test_one_request_tries_it_and_decides() -> None:
    """The others are not sent meanwhile."""
    assert asked(Trying(), 9_999) == (Trying(), False)
    assert answered(Trying()) == NEW
    assert failed(Trying(), 2_000, RULES) == Open(3_000)


def test_a_try_that_the_caller_ended_leaves_the_next_one_to_try() -> None:
    """A hangup says nothing of the service, and must not leave it closed to all for ever."""
    after = given_up(Trying(), 2_000)
    assert asked(after, 2_000) == (Trying(), True)
    assert given_up(Closed(2), 2_000) == Closed(2)


def test_what_was_sent_before_it_opened_changes_nothing() -> None:
    """Late answers and late failures alike."""
    assert answered(Open(1_500)) == Open(1_500)
    assert failed(Open(1_500), 1_400, RULES) == Open(1_500)
