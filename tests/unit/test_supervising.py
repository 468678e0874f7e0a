"""What a supervisor says of an agent: at once or after the contact in hand, and who it was."""

from dataclasses import replace

import pytest

from history.events import EventKind
from routing import agent as agents
from routing.agent import Available, BackOff, NotResponding, Offline, Paused, Talking, WrapUp
from routing.contact import Waiting
from routing.errors import (
    AgentElsewhere,
    HeldBySupervisor,
    IllegalTransition,
    PhoneAway,
    RoutingError,
    UnknownAgent,
)
from routing.ringing import Busy
from routing.snapshot import take_snapshot
from tests.fakes.routing import an_agent
from tests.fakes.shift import NODE, Shift

pytestmark = pytest.mark.unit

ANN, BOB = an_agent("ann"), an_agent("bob")


@pytest.fixture
def shift() -> Shift:
    """Ann and Bob, available, ten seconds after their log-in."""
    shift = Shift(ANN, BOB)
    for agent in ("ann", "bob"):
        shift.phone(agent, registered=False)
    shift.wait(10_000)
    return shift


def talking(shift: Shift) -> None:
    """Ann, who is idle the longest, talks with c1."""
    shift.call("c1")
    shift.ring_ends("ann")
    assert isinstance(shift.state("ann"), Talking)


def test_a_pause_at_once(shift: Shift) -> None:
    """Of an agent without a contact; the idle time goes on."""
    shift.order("ann", "pause", reason="lunch")
    assert shift.state("ann") == Paused(10_000, 0, "lunch", "maria")


def test_a_log_out_at_once_which_the_agent_can_take_back(shift: Shift) -> None:
    """By code, as if the agent had done it; unless it is held."""
    shift.order("ann", "logout")
    assert shift.state("ann") == Offline(10_000, 0, by_code=True, by="maria")
    shift.ask("ann", "login")
    assert shift.state("ann") == Available(10_000, 10_000)


@pytest.mark.parametrize("verb", ["login", "resume"])
def test_who_does_not_respond_is_made_available(shift: Shift, verb: str) -> None:
    """The count of missed rings begins anew with a log-in."""
    shift.call("c1")
    shift.misses("ann")
    shift.ring_ends("bob")
    assert isinstance(shift.state("ann"), NotResponding)
    shift.order("ann", verb)
    assert shift.state("ann") == Available(10_000, 0)


def test_who_backs_off_is_made_available(shift: Shift) -> None:
    """Without waiting for the rest of it."""
    shift.call("c1")
    shift.ring_ends("ann", Busy())
    assert isinstance(shift.state("ann"), BackOff)
    shift.ring_ends("bob")
    shift.order("ann", "resume")
    assert isinstance(shift.state("ann"), Available)


def test_a_wrap_up_is_ended(shift: Shift) -> None:
    """Of whoever is in one, and of nobody else."""
    with pytest.raises(IllegalTransition):
        shift.order("ann", "end_wrap_up")
    talking(shift)
    shift.agent_hangs_up("ann")
    assert isinstance(shift.state("ann"), WrapUp)
    shift.order("ann", "end_wrap_up")
    assert isinstance(shift.state("ann"), Available)


@pytest.mark.parametrize(("verb", "reason"), [("pause", "lunch"), ("logout", "")])
def test_a_conversation_and_its_wrap_up_are_left_alone(
    shift: Shift, verb: str, reason: str
) -> None:
    """What a supervisor decides meanwhile comes afterwards, and is still the supervisor's."""
    talking(shift)
    shift.order("ann", verb, reason=reason)
    assert isinstance(shift.state("ann"), Talking)
    shift.agent_hangs_up("ann")
    assert isinstance(shift.state("ann"), WrapUp)
    shift.wait(20_000)
    state = shift.state("ann")
    assert isinstance(state, Paused | Offline)
    assert state.by == "maria"
    row = shift.rows[-1]
    assert (row.kind, row.detail, row.by) == (
        EventKind.STATE,
        "paused" if verb == "pause" else "offline",
        "maria",
    )


@pytest.mark.parametrize(("verb", "reason"), [("pause", "lunch"), ("logout", "")])
def test_who_is_rung_loses_the_contact_which_keeps_its_place(
    shift: Shift, verb: str, reason: str
) -> None:
    """The ring is stopped, and the contact goes to the next agent, before those who came later."""
    shift.order("bob", "pause", reason="lunch")
    shift.call("c1")
    shift.wait(1_000)
    shift.call("c2")
    assert isinstance(shift.state("ann"), agents.Ringing)
    shift.order("ann", verb, reason=reason)
    assert not shift.rings
    assert isinstance(shift.state("ann"), Paused | Offline)
    assert shift.floor.ledger.position("c1") == 1
    shift.order("bob", "resume")
    assert shift.rings["bob"].contact.id == "c1"


def test_who_is_only_promised_a_contact_loses_it_too(shift: Shift) -> None:
    """Before the store has confirmed, when nothing rings yet."""
    shift.order("bob", "pause", reason="lunch")
    floor = shift.floor
    record = floor.ledger.contacts
    shift.call("c0")
    shift.caller_leaves("c0")
    shift.log.contact_of = lambda name: None
    floor.arrive(replace(record["c0"].contact, id="c1"), shift.now)
    assert isinstance(floor.ledger.agent_state("ann"), agents.Reserved)
    shift.order("ann", "logout")
    assert isinstance(shift.state("ann"), Offline)
    assert isinstance(floor.ledger.contact_state("c1"), Waiting)


def test_an_agents_own_pause_while_rung_leaves_the_contact(shift: Shift) -> None:
    """Else dialling the code would be the way to dodge a call."""
    shift.call("c1")
    shift.ask("ann", "pause", "lunch")
    assert isinstance(shift.state("ann"), agents.Ringing)
    shift.ring_ends("ann")
    assert isinstance(shift.state("ann"), Talking)


def test_the_later_word_counts(shift: Shift) -> None:
    """A pause instead of the log-out that the agent, or another supervisor, asked for."""
    talking(shift)
    shift.ask("ann", "logout")
    shift.order("ann", "pause", reason="lunch")
    shift.agent_hangs_up("ann")
    shift.wait(20_000)
    assert isinstance(shift.state("ann"), Paused)


# what is held


def refuses(shift: Shift, agent: str, verb: str, *words: str) -> None:
    """The agent's own verb does nothing, and the error names the supervisor."""
    before = shift.state(agent)
    with pytest.raises(HeldBySupervisor, match="maria"):
        shift.ask(agent, verb, *words)
    assert shift.state(agent) == before


def test_a_held_log_out_lasts_until_it_is_released(shift: Shift) -> None:
    """Neither a code nor a phone that registers logs the agent in."""
    shift.order("ann", "logout", hold=True)
    held = shift.state("ann")
    refuses(shift, "ann", "login")
    shift.phone("ann", here=False)
    shift.phone("ann", registered=True)
    shift.ask("ann", "logout")
    assert shift.state("ann") == held
    shift.order("ann", "release")
    assert isinstance(shift.state("ann"), Offline)
    shift.ask("ann", "login")
    assert isinstance(shift.state("ann"), Available)


def test_a_held_pause_outlasts_log_out_phone_and_log_in(shift: Shift) -> None:
    """However the agent comes back, it is into the pause."""
    shift.order("ann", "pause", reason="training", hold=True)
    refuses(shift, "ann", "resume")
    refuses(shift, "ann", "login")
    refuses(shift, "ann", "pause", "lunch")
    shift.ask("ann", "logout")
    assert isinstance(shift.state("ann"), Offline)
    shift.ask("ann", "login")
    shift.phone("ann", here=False)
    assert isinstance(shift.state("ann"), Offline)
    shift.phone("ann", registered=True)
    state = shift.state("ann")
    assert isinstance(state, Paused)
    assert (state.reason, state.by, state.held) == ("training", "maria", "pause")
    shift.order("ann", "release")
    shift.ask("ann", "resume")
    assert isinstance(shift.state("ann"), Available)


@pytest.mark.parametrize("verb", ["logout", "pause"])
def test_what_is_held_for_afterwards_cannot_be_taken_back(shift: Shift, verb: str) -> None:
    """In mid-conversation neither."""
    talking(shift)
    shift.order("ann", verb, reason="lunch", hold=True)
    for own in (["login"], ["resume"], ["pause", "training"]):
        refuses(shift, "ann", *own)
    shift.agent_hangs_up("ann")
    shift.wait(20_000)
    refuses(shift, "ann", "login")


@pytest.mark.parametrize("verb", ["login", "resume"])
def test_a_supervisor_may_take_back_what_is_held(shift: Shift, verb: str) -> None:
    """Also another one."""
    shift.order("ann", "pause", reason="lunch", hold=True)
    shift.order("ann", verb, by="otto")
    assert isinstance(shift.state("ann"), Available)


def test_a_pause_that_the_agent_took_can_be_held(shift: Shift) -> None:
    """Its time goes on."""
    shift.ask("ann", "pause", "lunch")
    shift.wait(5_000)
    shift.order("ann", "pause", reason="lunch", hold=True)
    assert shift.state("ann") == Paused(10_000, 0, "lunch", "maria", "pause")


def test_an_agent_whom_the_site_names_again_is_not_held(shift: Shift) -> None:
    """Who was about to leave, held in a pause, is there as before."""
    talking(shift)
    shift.order("ann", "pause", reason="lunch", hold=True)
    shift.configure(BOB, rules=shift.floor.rules)
    shift.configure(ANN, BOB, rules=shift.floor.rules)
    shift.agent_hangs_up("ann")
    shift.wait(20_000)
    assert isinstance(shift.state("ann"), Available)


# whom a supervisor cannot order


def test_nobody_is_logged_in_without_a_phone(shift: Shift) -> None:
    """An available agent who cannot be rung would only make callers wait."""
    shift.phone("ann", here=False)
    with pytest.raises(PhoneAway):
        shift.order("ann", "login")
    with pytest.raises(IllegalTransition):
        shift.order("ann", "pause", reason="lunch")
    shift.phone("ann", registered=False)
    shift.order("ann", "logout")
    shift.order("ann", "login")
    assert isinstance(shift.state("ann"), Available)


def test_an_agent_of_another_engine_is_told_there(shift: Shift) -> None:
    """While there is a contact in hand: a word from here would be lost, or break it."""
    theirs = shift.floor.ledger.agents["ann"]._replace(node="n2", version=2)
    with_a_contact = theirs._replace(state=Talking(5_000, 0, "c9", leg="leg9", queue="sales"))
    shift.floor.take_theirs(with_a_contact, shift.now)
    with pytest.raises(AgentElsewhere) as refused:
        shift.order("ann", "pause", reason="lunch")
    assert (refused.value.node, NODE) == ("n2", "n1")
    assert isinstance(shift.state("ann"), Talking)
    shift.floor.take_theirs(theirs._replace(version=3), shift.now)
    shift.order("ann", "pause", reason="lunch")
    assert isinstance(shift.state("ann"), Paused)


def test_nobody_of_the_site(shift: Shift) -> None:
    """Nor one who is about to leave."""
    with pytest.raises(UnknownAgent):
        shift.order("zoe", "logout")
    talking(shift)
    shift.configure(BOB, rules=shift.floor.rules)
    with pytest.raises(UnknownAgent):
        shift.order("ann", "logout")


# who did it, and when


def test_every_word_is_in_the_event_log(shift: Shift) -> None:
    """With what it was, whose, and when; also where it takes effect later, or changes nothing."""
    talking(shift)
    before = len(shift.rows)
    shift.order("ann", "pause", by="otto", reason="lunch", hold=True)
    shift.order("bob", "login")
    told = [row for row in shift.rows[before:] if row.kind is EventKind.ORDERED]
    assert [(row.agent, row.detail, row.reason, row.by, row.at_ms) for row in told] == [
        ("ann", "pause held", "lunch", "otto", 10_000),
        ("bob", "login", None, "maria", 10_000),
    ]
    assert [row.contact for row in told] == [None, None]


def test_what_was_refused_is_not_in_the_event_log(shift: Shift) -> None:
    """It did not happen."""
    before = len(shift.rows)
    for verb in ("end_wrap_up", "login"):
        shift.phone("ann", here=False)
        with pytest.raises(RoutingError):
            shift.order("ann", verb)
    assert not [row for row in shift.rows[before:] if row.kind is EventKind.ORDERED]


def test_who_is_away_was_not_sent_away_by_who_paused_them(shift: Shift) -> None:
    """Offline is the phone's doing, or the agent's own; back, the pause is the supervisor's."""

    def told() -> str:
        (view,) = (v for v in take_snapshot(shift.floor, shift.now).agents if v.id == "ann")
        return view.by

    shift.order("ann", "pause", reason="lunch", hold=True)
    assert told() == "maria"
    shift.phone("ann", here=False)
    assert (told(), shift.rows[-1].detail, shift.rows[-1].by) == ("", "offline", None)
    shift.phone("ann")
    assert told() == "maria"
    shift.ask("ann", "logout")
    assert (told(), shift.rows[-1].by) == ("", None)
    shift.order("ann", "logout", by="otto")
    assert (told(), shift.rows[-1].by) == ("otto", "otto")
