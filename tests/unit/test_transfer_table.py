"""Who of a conversation is where: every wish and every hangup, in any order, on a model of the
switch that does what it is told and tells what it did."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.events import Parking
from engine.transfers.refusals import NotNow
from engine.transfers.table import (
    InRelay,
    Join,
    Mode,
    Move,
    Music,
    Over,
    Park,
    Seat,
    Table,
    ToRelay,
    Where,
    With,
)

pytestmark = pytest.mark.unit

ANNA, CILI = "anna", "cili"
VERBS = ("hold", "resume", "consult", "toggle", "confer", "cancel", "complete", "relay")


class Switch:
    """Where the legs are, and with whom the caller's session is."""

    def __init__(self, leg: str) -> None:
        self.table = Table(Seat(leg, Where.CALLER))
        self.parked: set[str] = set()
        self.together: set[str] = set()
        self.relayed = ""
        self.with_caller: set[str] = {leg}
        self.up: set[str] = {leg}

    def become(self, after: Table) -> None:
        """The new table; whoever has no place at it is hung up."""
        gone = self.table.legs - after.legs
        self.table = after
        for leg in gone:
            self.hang_up(leg)

    def settle(self) -> None:
        """All that the table asks for, one thing after the other."""
        for _ in range(20):
            if moves := self.table.moves:
                self._move(moves[0])
            elif not self._caller_goes():
                return
        raise AssertionError(f"it never comes to rest: {self.table}")

    def hang_up(self, leg: str) -> None:
        """A leg is gone; who was alone with it waits, or is the caller."""
        if leg not in self.up:
            return
        self.up.discard(leg)
        self.parked.discard(leg)
        self._leave(leg)
        self.become(self.table.left(leg))

    def come_from_relay(self, leg: str) -> None:
        """The dialplan has it wait."""
        self._park(leg)

    def _leave(self, leg: str) -> None:
        if leg in self.together:
            (other,) = self.together - {leg}
            self.together = set()
            self._park(other)
        elif leg in self.with_caller:
            self.with_caller -= {leg}

    def _park(self, leg: str) -> None:
        if leg in self.up:
            self.parked.add(leg)
            self.table = self.table.parked(leg)

    def _move(self, move: Move) -> None:
        if isinstance(move, ToRelay):
            self.table = self.table.relaying(move)
            self._leave(move.leg)
            self.relayed = move.leg
            return
        if isinstance(move, Join):
            assert {move.leg, move.other} <= self.parked, "who is joined waits by itself"
            self.parked -= {move.leg, move.other}
            self.together = {move.leg, move.other}
            self.table = self.table.joined()
            return
        self.table = self.table.moving(move)
        self._leave(move.leg)
        self._park(move.leg)

    def _caller_goes(self) -> bool:
        """True if there was something to do."""
        place = self.table.place
        if not isinstance(place, With) or place.leg in self.with_caller:
            return False
        assert not self.with_caller, "the caller's session is free"
        assert place.leg in (self.together if place.joins else self.parked)
        self.table = self.table.fetched(place.leg)
        self.with_caller = set(self.together) if place.joins else {place.leg}
        self.parked -= self.with_caller
        self.together -= self.with_caller
        return True


class TableMachine(RuleBasedStateMachine):
    """An agent who asks for anything at any time, and phones that are hung up."""

    def __init__(self) -> None:
        super().__init__()
        self.switch = Switch("leg-0")
        self.legs = 0

    @rule(verb=st.sampled_from(VERBS), settles=st.booleans())
    def the_agent_asks(self, verb: str, settles: bool) -> None:
        with suppress(NotNow):
            self.switch.become(getattr(self.switch.table, verb)())
        if settles:
            self.switch.settle()

    @rule()
    def the_guest_answers(self) -> None:
        guest = self.switch.table.guest
        if guest is not None and guest.where is Where.COMING:
            self.legs += 1
            leg = f"leg-{self.legs}"
            self.switch.up.add(leg)
            self.switch.become(self.switch.table.guest_up(leg))
            self.switch.parked.add(leg)
            self.switch.become(self.switch.table.parked(leg))

    @rule()
    def the_guest_does_not_answer(self) -> None:
        self.switch.become(self.switch.table.guest_failed())

    @rule(data=st.data())
    def somebody_hangs_up(self, data: st.DataObject) -> None:
        if self.switch.up:
            self.switch.hang_up(data.draw(st.sampled_from(sorted(self.switch.up))))

    @rule(agent_first=st.booleans(), settles=st.booleans())
    def the_relay_lets_go(self, agent_first: bool, settles: bool) -> None:
        switch = self.switch
        leg, switch.relayed = switch.relayed, ""
        if not leg:
            return
        if agent_first:
            switch.come_from_relay(leg)
        switch.become(switch.table.relay_over())
        if not agent_first:
            switch.come_from_relay(leg)
        if settles:
            switch.settle()

    @rule()
    def all_comes_to_rest(self) -> None:
        self.switch.settle()

    @invariant()
    def nobody_is_on_the_line_for_nothing(self) -> None:
        assert self.switch.up == self.switch.table.legs

    @invariant()
    def the_caller_is_lost_only_when_nobody_is_left(self) -> None:
        table = self.switch.table
        nobody = table.agent is None and table.guest is None
        assert isinstance(table.place, Over) == nobody

    @invariant()
    def at_rest_everybody_is_where_they_are_wanted(self) -> None:
        switch, table = self.switch, self.switch.table
        if table.moves or (isinstance(table.place, With) and not switch.with_caller):
            return
        agent = {table.agent.leg} if table.agent else set()
        guest = {table.guest.leg} - {""} if table.guest else set()
        match table.mode:
            case Mode.TALK | Mode.ASIDE:
                assert switch.with_caller == agent
            case Mode.HOLD:
                assert (switch.with_caller, switch.parked) == (set(), agent)
            case Mode.RELAY:
                assert (switch.with_caller, switch.parked) == (set(), set())
                assert {switch.relayed} == agent
            case Mode.CONSULT:
                assert switch.with_caller == set()
                assert not guest or switch.together == agent | guest
            case Mode.CONFERENCE:
                assert switch.with_caller == agent | guest


TestTableMachine = TableMachine.TestCase
TestTableMachine.settings = settings(max_examples=300, stateful_step_count=30)


def consulted() -> Switch:
    """Anna talks to Cili, and the caller hears music."""
    switch = Switch(ANNA)
    switch.become(switch.table.consult())
    switch.settle()
    switch.up.add(CILI)
    switch.become(switch.table.guest_up(CILI))
    switch.parked.add(CILI)
    switch.become(switch.table.parked(CILI))
    switch.settle()
    return switch


def test_the_agent_hears_it_ring() -> None:
    """Until the guest answers; also one who had the caller on hold before, in silence."""
    switch = Switch(ANNA)
    switch.become(switch.table.hold())
    assert switch.table.moves == (Park(ANNA, Parking.SILENCE),)
    switch.settle()
    switch.become(switch.table.consult())
    assert switch.table.moves == (Park(ANNA, Parking.RINGING),)


@pytest.mark.parametrize(
    ("does", "talks"),
    [
        (lambda table: table.complete(), {CILI}),
        (lambda table: table.cancel(), {ANNA}),
        (lambda table: table.toggle(), {ANNA}),
        (lambda table: table.confer(), {ANNA, CILI}),
        (lambda table: table.left(ANNA), {CILI}),
        (lambda table: table.left(CILI), {ANNA}),
    ],
)
def test_after_a_consultation(does: Callable[[Table], Table], talks: set[str]) -> None:
    """With whom the caller talks."""
    switch = consulted()
    switch.become(does(switch.table))
    switch.settle()
    assert switch.with_caller == talks


def test_an_agent_may_leave_before_the_guest_answers() -> None:
    """The caller hears music, and is theirs once they do; or nobody's."""
    switch = Switch(ANNA)
    switch.become(switch.table.consult())
    switch.become(switch.table.complete())
    assert isinstance(switch.table.place, Music)
    assert isinstance(switch.table.guest_failed().place, Over)
    up = switch.table.guest_up(CILI).parked(CILI)
    assert up.place == With(CILI)


@pytest.mark.parametrize(
    ("table", "verb", "why"),
    [
        (Table(Seat(ANNA, Where.CALLER)), "resume", "the agent talks with the caller"),
        (Table(Seat(ANNA, Where.PARKED), mode=Mode.HOLD), "hold", "the caller is on hold"),
        (Table(None), "hold", "the agent has left"),
        (Table(Seat(ANNA, Where.CALLER)).consult(), "toggle", "nobody has answered yet"),
        (Table(Seat(ANNA, Where.CALLER)).consult(), "confer", "nobody has answered yet"),
    ],
)
def test_what_does_not_fit_is_refused(table: Table, verb: str, why: str) -> None:
    """And says what is the case."""
    with pytest.raises(NotNow) as refused:
        getattr(table, verb)()
    assert refused.value.code == "not_now"
    assert str(refused.value).endswith(f"is not possible now: {why}")


def test_a_card_is_keyed_in_a_relay() -> None:
    """The agent's leg goes there, then the caller; when it lets go of both, they talk again."""
    switch = Switch(ANNA)
    switch.become(switch.table.relay())
    assert switch.table.moves == (ToRelay(ANNA),)
    assert isinstance(switch.table.place, InRelay)
    switch.settle()
    switch.become(switch.table.relay_over())
    assert isinstance(switch.table.place, Music)
    switch.come_from_relay(ANNA)
    switch.settle()
    assert switch.with_caller == {ANNA}


def test_an_agent_s_leg_that_is_put_out_waits_until_the_relay_is_over() -> None:
    """Which only the caller's session knows: until then nobody fetches it."""
    switch = Switch(ANNA)
    switch.become(switch.table.relay())
    switch.settle()
    switch.come_from_relay(ANNA)
    switch.settle()
    assert (switch.parked, switch.with_caller) == ({ANNA}, set())
    switch.become(switch.table.relay_over())
    switch.settle()
    assert switch.with_caller == {ANNA}


def test_from_a_relay_that_was_lost_both_go_into_another() -> None:
    """Whether the agent's leg is known to be out of the first one, or not yet."""
    for parked in (True, False):
        switch = Switch(ANNA)
        switch.become(switch.table.relay())
        switch.settle()
        if parked:
            switch.come_from_relay(ANNA)
        switch.become(switch.table.relay_again())
        assert switch.table.moves == (ToRelay(ANNA),)
        switch.settle()
        assert (switch.table.mode, switch.with_caller) == (Mode.RELAY, set())
    assert Switch(ANNA).table.relay_again() == Switch(ANNA).table


def test_a_relay_is_called_off_only_while_nobody_is_on_the_way() -> None:
    """Else two who are apart would be taken for talking."""
    switch = Switch(ANNA)
    switch.become(switch.table.relay())
    assert switch.table.relay_off() == Switch(ANNA).table
    switch.settle()
    assert switch.table.relay_off() == switch.table


@pytest.mark.parametrize("verb", ["hold", "consult", "toggle", "confer", "cancel", "complete"])
def test_nothing_else_while_a_card_is_keyed(verb: str) -> None:
    """The agent is told why."""
    table = Table(Seat(ANNA, Where.CALLER)).relay()
    with pytest.raises(NotNow, match="a card is being keyed"):
        getattr(table, verb)()


def test_no_card_on_hold() -> None:
    """Nor before the two were joined: there would be nobody to take from a bridge."""
    with pytest.raises(NotNow, match="on hold"):
        Table(Seat(ANNA, Where.CALLER)).hold().relay()
    with pytest.raises(NotNow, match="being joined"):
        Table(Seat(ANNA, Where.MOVING)).relay()
