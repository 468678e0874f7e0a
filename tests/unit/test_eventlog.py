"""The event log says what happened: each state of an agent, each stay of a contact in a queue."""

from dataclasses import replace

import pytest

from config.site import load_site
from engine.reporting.eventlog import EventLog
from engine.settings import PROJECT
from history.events import EventKind, EventRow, Leaving
from routing import agent as agents
from routing.contact import Outcome
from routing.events import AgentChanged, ContactEnded
from routing.ringing import Busy
from tests.fakes.routing import a_contact, an_agent
from tests.fakes.shift import NODE, Shift

pytestmark = pytest.mark.unit


def _told(shift: Shift, kind: EventKind) -> list[tuple[object, ...]]:
    return [(r.at_ms, r.subject, r.queue, r.detail) for r in shift.rows if r.kind is kind]


def _states(shift: Shift, agent: str) -> list[tuple[int, str | None, str | None]]:
    rows = (r for r in shift.rows if r.kind is EventKind.STATE and r.subject == agent)
    return [(row.at_ms, row.detail, row.contact) for row in rows]


def test_an_answered_call_is_told_step_by_step() -> None:
    """Offered, in conversation, wrap-up, available: each with its time and its contact."""
    shift = Shift(an_agent("ann"), now=1_000)
    shift.wait(1_000)
    shift.call("c1", sales=2)
    shift.wait(3_000)
    shift.ring_ends("ann")
    shift.wait(60_000)
    shift.agent_hangs_up("ann")
    shift.wait(30_000)
    assert _states(shift, "ann") == [
        (1_000, "available", None),
        (2_000, "offered", "c1"),
        (5_000, "talking", "c1"),
        (65_000, "wrap_up", "c1"),
        (85_000, "available", None),
    ]
    assert _told(shift, EventKind.QUEUED) == [(2_000, "c1", "sales", None)]
    assert not _told(shift, EventKind.LEFT)


def test_a_conversation_tells_of_the_wait_before_it() -> None:
    """When the wait began, what was asked for and of which queue it was: no other row is needed."""
    shift = Shift(an_agent("ann", sales=3, en=2))
    shift.call("c1", sales=2, en=1)
    shift.wait(4_000)
    shift.ring_ends("ann")
    shift.wait(1_000)
    shift.agent_hangs_up("ann")
    talking, wrap_up = shift.rows[-2:]
    assert (talking.detail, talking.arrived_ms, talking.queue) == ("talking", 0, "sales")
    assert talking.skills == wrap_up.skills == ("en", "sales")
    assert talking.attended
    assert (wrap_up.detail, wrap_up.queue) == ("wrap_up", "sales")


@pytest.mark.parametrize(
    ("outcome", "how"),
    [
        (Outcome.ABANDONED, Leaving.ABANDONED),
        (Outcome.TIMEOUT, Leaving.TIMEOUT),
        (Outcome.WITHDRAWN, Leaving.WITHDRAWN),
        (Outcome.LOST, Leaving.LOST),
    ],
)
def test_who_leaves_a_queue_is_told_with_how(outcome: Outcome, how: Leaving) -> None:
    """And with when the wait began."""
    shift = Shift()
    shift.call("c1")
    shift.wait(7_000)
    shift.caller_leaves("c1", outcome)
    row = shift.rows[-1]
    assert (row.kind, row.detail, row.at_ms, row.arrived_ms) == (EventKind.LEFT, how, 7_000, 0)


def test_rings_in_vain_are_told_with_their_reason() -> None:
    """A missed ring makes the agent not responding, a busy phone backs off; both are told."""
    shift = Shift(an_agent("ann"), an_agent("bob"))
    shift.call("c1")
    shift.wait(2_000)
    shift.misses("ann")
    shift.ring_ends("bob", Busy())
    assert _told(shift, EventKind.NOT_ANSWERED) == [
        (2_000, "c1", "sales", "no_answer"),
        (2_000, "c1", "sales", "busy"),
    ]
    assert _states(shift, "ann")[-1][1] == "not_responding"
    assert _states(shift, "bob")[-1][1] == "back_off"


def test_a_pause_asked_for_in_conversation_begins_after_it() -> None:
    """What is asked for meanwhile is no state; the pause has its reason."""
    shift = Shift(an_agent("ann"))
    shift.call("c1")
    shift.ring_ends("ann")
    shift.ask("ann", "pause", "lunch")
    shift.wait(5_000)
    shift.agent_hangs_up("ann")
    shift.wait(30_000)
    row = shift.rows[-1]
    assert (row.detail, row.reason, row.at_ms) == ("paused", "lunch", 25_000)
    assert [state for _, state, _ in _states(shift, "ann")].count("talking") == 1


def test_who_is_gone_is_told_apart_from_who_has_signed_out() -> None:
    """A phone that cannot be reached is no decision of its agent."""
    shift = Shift(an_agent("ann"))
    shift.wait(1_000)
    shift.floor.presence.unreachable("ann", shift.now)
    shift.wait(1_000)
    shift.ask("ann", "login")
    shift.ask("ann", "logout")
    reasons = [r.reason for r in shift.rows if r.detail == "offline"]
    assert reasons == ["unreachable", "logged_out"]


def test_an_overflow_is_told_of_the_queue_that_was_left() -> None:
    """Who leaves one queue unanswered and joins another came from the first."""
    shift = Shift()
    shift.call("c1")
    shift.caller_leaves("c1", Outcome.TIMEOUT)
    shift.wait(1_000)
    shift.call("c1", "billing")
    assert (shift.rows[-1].queue, shift.rows[-1].reason) == ("billing", "sales")


def _talk(shift: Shift, name: str = "c1") -> None:
    shift.call(name)
    shift.ring_ends("ann")
    shift.tell(name, "answered")
    shift.wait(10_000)


def test_a_contact_that_goes_on_after_a_conversation_is_transferred() -> None:
    """To a queue, or outside: of the agent and the queue of that conversation, once."""
    shift = Shift(an_agent("ann"))
    _talk(shift)
    shift.caller_leaves("c1", Outcome.COMPLETED)
    shift.call("c1", "billing")
    shift.caller_leaves("c1")
    shift.tell("c1", "transferring", number="+36201234567")
    assert _told(shift, EventKind.TRANSFERRED) == [(10_000, "c1", "sales", "queue")]
    rows = [row for row in shift.rows if row.kind is EventKind.TRANSFERRED]
    assert [row.agent for row in rows] == ["ann"]


def test_no_number_is_in_the_log() -> None:
    """A transfer outside is told without to whom."""
    shift = Shift(an_agent("ann"))
    _talk(shift)
    shift.tell("c1", "transferring", number="+36201234567", trunk="carrier")
    assert _told(shift, EventKind.TRANSFERRED) == [(10_000, "c1", "sales", "outside")]
    assert "+36" not in repr(shift.rows)


def test_an_answer_that_was_none_is_told_so() -> None:
    """The agent's leg was gone before the two were joined; who then waits on is not transferred."""
    shift = Shift(an_agent("ann"))
    _talk(shift)
    shift.agent_hangs_up("ann")
    shift.tell("c1", "not_joined", agent="ann")
    shift.call("c1")
    assert _told(shift, EventKind.VOID) == [(10_000, "c1", "sales", "not_joined")]
    assert not _told(shift, EventKind.TRANSFERRED)


def test_a_callback_whose_customer_is_not_reached_is_no_answer() -> None:
    """The agent waited for nobody; a customer who is reached makes it a conversation."""
    shift = Shift(an_agent("ann"))
    shift.call("c1", leg="")
    shift.ring_ends("ann")
    shift.tell("c1", "calling_back", agent="ann")
    shift.tell("c1", "not_called_back", reason="busy")
    assert _told(shift, EventKind.VOID) == [(0, "c1", "sales", "not_reached")]
    talking = next(row for row in shift.rows if row.detail == "talking")
    assert not talking.attended
    shift.tell("c1", "not_called_back", reason="lost")
    assert len(_told(shift, EventKind.VOID)) == 1


def test_the_rows_of_an_agent_never_go_back_in_time() -> None:
    """A clock that is set back must not make the later state the earlier."""
    rows: list[EventRow] = []
    log = EventLog(NODE, rows.append)
    off, free = agents.Offline(0, 0), agents.Available(9_000, 9_000)
    log(AgentChanged(9_000, "ann", off, free, NODE))
    log(AgentChanged(8_000, "ann", free, agents.Paused(8_000, 9_000, "lunch"), NODE))
    assert [(row.at_ms, row.detail) for row in rows] == [(9_000, "available"), (9_000, "paused")]


def test_what_another_engine_did_is_told_by_that_engine() -> None:
    """Every change is in the log once, however many engines hear of it."""
    rows: list[EventRow] = []
    log = EventLog(NODE, rows.append)
    log(AgentChanged(5, "ann", agents.Offline(0, 0), agents.Available(5, 5), "n2"))
    assert rows == []


def test_a_restart_tells_what_is_true_now() -> None:
    """A state that goes on with its own beginning, as does the end of a contact that is told again;
    an agent whom the site no longer names is offline."""
    rows: list[EventRow] = []
    log = EventLog(NODE, rows.append)
    gone = EventRow(1, EventKind.STATE, "old", 1, NODE, agent="old", detail="available")
    theirs = replace(gone, subject="other", node="n2")
    states: dict[str, agents.AgentState] = {
        "ann": agents.Paused(3_000, 0, "lunch"),
        "new": agents.Offline(0, 0),
    }
    log.take_up(states, [gone, theirs], 9_000)
    told = [(row.at_ms, row.subject, row.detail) for row in rows]
    assert told == [(9_000, "old", "offline"), (3_000, "ann", "paused"), (9_000, "new", "offline")]
    again = ContactEnded(4_000, a_contact("c1"), Outcome.ABANDONED, ())
    log(again)
    log(again)
    assert rows[-1] == rows[-2]


def test_agents_are_told_with_their_skills_and_queues() -> None:
    """At first and when the site says something new, not otherwise."""
    site = load_site(PROJECT / "config/site.yaml", {})
    shift = Shift()
    shift.employ(site)
    shift.employ(site)
    staff = {row.subject: row for row in shift.rows}
    assert len(shift.rows) == len(site.agents)
    assert staff["anna"].skills == ("en", "hu", "payments", "support")
    assert staff["anna"].serves == ("support", "payments")
    shift.employ(site.model_copy(update={"queues": {}}))
    assert [row.serves for row in shift.rows[len(site.agents) :]] == [()] * len(site.agents)
