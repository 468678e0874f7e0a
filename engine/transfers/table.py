"""Who of a conversation is where: the agent, the caller, and a guest who is consulted.

Pure. A verb of the agent, or something that the switch tells, gives the next table; `moves` says
which legs the switch is to move for it, `place` where the caller's session is to be. The legs
follow one by one, so a table tells both: what is wanted (`mode`), and where each is (`Where`).

    TALK ⇄ HOLD          agent and caller; the caller hears music, the agent waits
    CONSULT ⇄ ASIDE      agent and guest, the caller hears music; agent and caller, the guest waits
    CONFERENCE           all of them
    TALK ⇄ RELAY         agent and caller, each in a relay: the caller keys a card; or out of it,
                         and apart, until it is known to be over

Whoever stays when the agent leaves is the agent from then on, in TALK.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Self

from bridge.events import Parking
from engine.transfers.refusals import NotNow


class Mode(Enum):
    """What is wanted."""

    TALK = "talk"
    HOLD = "hold"
    CONSULT = "consult"
    ASIDE = "aside"
    CONFERENCE = "conference"
    RELAY = "relay"


class Where(Enum):
    """Where a leg is."""

    COMING = "coming"  # it is being rung
    MOVING = "moving"  # on the way to wait by itself
    PARKED = "parked"  # waits by itself
    RELAYED = "relayed"  # in a relay, or on the way there
    BETWEEN = "between"  # out of one relay, and wanted in another
    TOGETHER = "together"  # with the other leg, without the caller
    CALLER = "caller"  # with the caller, whose session fetched it


@dataclass(frozen=True, slots=True)
class Seat:
    """One leg, by its unique id; `hears` is what was last asked to be played to it alone."""

    leg: str
    where: Where
    hears: Parking = Parking.SILENCE


@dataclass(frozen=True, slots=True)
class Park:
    """This leg is to wait by itself."""

    leg: str
    hears: Parking


@dataclass(frozen=True, slots=True)
class Join:
    """These two, who wait, are to talk."""

    leg: str
    other: str


@dataclass(frozen=True, slots=True)
class ToRelay:
    """This leg is to go into the relay."""

    leg: str


Move = Park | Join | ToRelay


@dataclass(frozen=True, slots=True)
class With:
    """The caller's session fetches this leg, or with `joins` goes where it is."""

    leg: str
    joins: bool = False


@dataclass(frozen=True, slots=True)
class Music:
    """The caller hears music until the table changes."""


@dataclass(frozen=True, slots=True)
class Over:
    """Nobody is left for the caller."""


@dataclass(frozen=True, slots=True)
class InRelay:
    """The caller is in a relay with the agent until it ends."""


Place = With | Music | InRelay | Over


@dataclass(frozen=True, slots=True)
class Table:
    """One conversation. ``agent`` None: the agent has left, and the guest is still rung."""

    agent: Seat | None
    guest: Seat | None = None
    mode: Mode = Mode.TALK

    # what the agent asks for

    def hold(self) -> Self:
        """The caller hears music."""
        self._require("hold", Mode.TALK)
        return replace(self, mode=Mode.HOLD)

    def resume(self) -> Self:
        """The caller is back."""
        self._require("resume", Mode.HOLD)
        return replace(self, mode=Mode.TALK)

    def consult(self) -> Self:
        """Somebody is rung for the agent."""
        self._require("consult", Mode.TALK, Mode.HOLD)
        return replace(self, mode=Mode.CONSULT, guest=Seat("", Where.COMING))

    def toggle(self) -> Self:
        """From the guest to the caller, or back."""
        self._require("toggle", Mode.CONSULT, Mode.ASIDE)
        self._require_guest("toggle")
        return replace(self, mode=Mode.ASIDE if self.mode is Mode.CONSULT else Mode.CONSULT)

    def confer(self) -> Self:
        """All of them talk."""
        self._require("conference", Mode.CONSULT, Mode.ASIDE)
        self._require_guest("conference")
        return replace(self, mode=Mode.CONFERENCE)

    def cancel(self) -> Self:
        """The guest is let go, and the agent talks to the caller."""
        self._require("cancel", Mode.CONSULT, Mode.ASIDE, Mode.CONFERENCE)
        return replace(self, agent=_alone(self.agent), guest=None, mode=Mode.TALK)

    def complete(self) -> Self:
        """The agent leaves the caller to the guest; to one who is still rung, once they answer."""
        self._require("complete", Mode.CONSULT, Mode.ASIDE, Mode.CONFERENCE)
        return self._without_agent()

    def relay(self) -> Self:
        """Agent and caller talk on, each in a relay."""
        self._require("capture", Mode.TALK)
        if self.agent is None or self.agent.where is not Where.CALLER:
            raise NotNow("capture", "agent and caller are just being joined")
        return replace(self, mode=Mode.RELAY)

    def relay_again(self) -> Self:
        """The relay has let go of both, who are to go on in another."""
        if self.mode is not Mode.RELAY or self.agent is None:
            return self
        return self._seated(self.agent.leg, Where.BETWEEN)

    def relay_off(self) -> Self:
        """There is no relay. An agent who is on the way there already comes back by themselves."""
        at_home = self.agent is not None and self.agent.where is Where.CALLER
        return replace(self, mode=Mode.TALK) if self.mode is Mode.RELAY and at_home else self

    # what the switch tells

    def relay_over(self) -> Self:
        """Nothing keeps the two apart any more; the agent's leg waits, or is about to."""
        if self.mode is not Mode.RELAY or self.agent is None:
            return self
        talk = replace(self, mode=Mode.TALK)
        if self.agent.where not in (Where.RELAYED, Where.BETWEEN):
            return talk
        return talk._seated(self.agent.leg, Where.MOVING, Parking.SILENCE)

    def guest_up(self, leg: str) -> Self:
        """The guest has answered, and is about to wait; of a guest who was let go nothing."""
        if self.guest is None or self.guest.where is not Where.COMING:
            return self
        seat = Seat(leg, Where.MOVING)
        if self.agent is None:
            return replace(self, agent=seat, guest=None, mode=Mode.TALK)
        return replace(self, guest=seat)

    def guest_failed(self) -> Self:
        """Nobody answered."""
        if self.guest is None or self.guest.where is not Where.COMING:
            return self
        return replace(self, guest=None, mode=Mode.TALK)

    def parked(self, leg: str) -> Self:
        """A leg waits by itself now. One that was in a relay is out of it; that this is over is for
        the caller's session to say."""
        return self._seated(leg, Where.PARKED)

    def joined(self) -> Self:
        """Agent and guest talk now."""
        return replace(
            self,
            agent=self.agent and replace(self.agent, where=Where.TOGETHER),
            guest=self.guest and replace(self.guest, where=Where.TOGETHER),
        )

    def fetched(self, leg: str) -> Self:
        """The caller's session is about to talk to this leg, and to who is with it."""
        if self.mode is Mode.CONFERENCE:
            both = self._seated(leg, Where.CALLER)
            return replace(both, guest=both.guest and replace(both.guest, where=Where.CALLER))
        return self._seated(leg, Where.CALLER)

    def left(self, leg: str) -> Self:
        """A leg has ended: who stays, stays together."""
        if self.guest is not None and leg == self.guest.leg:
            return replace(self, agent=_alone(self.agent), guest=None, mode=Mode.TALK)
        if self.agent is None or leg != self.agent.leg:
            return self
        return self._without_agent()

    @property
    def legs(self) -> frozenset[str]:
        """All that are up."""
        seats = (self.agent, self.guest)
        return frozenset(seat.leg for seat in seats if seat is not None and seat.leg)

    @property
    def place(self) -> Place:
        """Where the caller is to be."""
        if self.agent is None:
            return Over() if self.guest is None else Music()
        if self.mode is Mode.RELAY:
            return InRelay()
        joins = self.mode is Mode.CONFERENCE
        ready = (Where.CALLER, Where.TOGETHER if joins else Where.PARKED)
        if self.mode in (Mode.HOLD, Mode.CONSULT) or self.agent.where not in ready:
            return Music()
        return With(self.agent.leg, joins)

    @property
    def moves(self) -> tuple[Move, ...]:
        """What the switch is to do next, for the legs to come where they are wanted."""
        agent, guest = self.agent, self.guest
        if agent is None:
            return ()
        hears = self._agent_hears()
        if hears is not None and self._is_to_park(agent, hears):
            return (Park(agent.leg, hears),)
        if self.mode is Mode.RELAY and agent.where in (Where.CALLER, Where.BETWEEN):
            return (ToRelay(agent.leg),)
        if guest is None or guest.where in (Where.COMING, Where.MOVING):
            return ()
        if self.mode is Mode.ASIDE:
            # Before the caller fetches the agent: the end of their bridge lets both go.
            stays = guest.where is Where.PARKED and guest.hears is Parking.MUSIC
            return () if stays else (Park(guest.leg, Parking.MUSIC),)
        wanted = self.mode in (Mode.CONSULT, Mode.CONFERENCE)
        if wanted and agent.where is guest.where is Where.PARKED:
            return (Join(agent.leg, guest.leg),)
        return ()

    def relaying(self, move: ToRelay) -> Self:
        """The switch was told to."""
        return self._seated(move.leg, Where.RELAYED)

    def moving(self, move: Park) -> Self:
        """The switch was told to; who was with that leg alone goes to wait, too."""
        moved = self._seated(move.leg, Where.MOVING, move.hears)
        return replace(moved, agent=_alone(moved.agent), guest=_alone(moved.guest))

    def stayed(self, seat: Seat) -> Self:
        """The switch could not be told: the leg is where it was."""
        return self._seated(seat.leg, seat.where, seat.hears)

    def seat(self, leg: str) -> Seat | None:
        """Whose leg this is."""
        return next((s for s in (self.agent, self.guest) if s is not None and s.leg == leg), None)

    def _agent_hears(self) -> Parking | None:
        """What the agent hears while waiting; None where the agent is not to wait."""
        match self.mode:
            case Mode.HOLD:
                return Parking.SILENCE
            case Mode.CONSULT | Mode.CONFERENCE:
                coming = self.guest is not None and self.guest.where is Where.COMING
                return Parking.RINGING if coming else Parking.SILENCE
            case _:
                return None

    def _is_to_park(self, agent: Seat, hears: Parking) -> bool:
        if agent.where is Where.CALLER:
            in_conference = self.mode is Mode.CONFERENCE
            return not (in_conference and self.guest and self.guest.where is Where.CALLER)
        rings = hears is Parking.RINGING and agent.hears is not Parking.RINGING
        return agent.where is Where.PARKED and rings

    def _without_agent(self) -> Self:
        guest = self.guest
        if guest is None:
            return replace(self, agent=None, mode=Mode.TALK)
        if guest.where is Where.COMING:
            return replace(self, agent=None, mode=Mode.CONSULT)
        return replace(self, agent=_alone(guest), guest=None, mode=Mode.TALK)

    def _seated(self, leg: str, where: Where, hears: Parking | None = None) -> Self:
        def at(seat: Seat | None) -> Seat | None:
            if seat is None or seat.leg != leg:
                return seat
            return replace(seat, where=where, hears=hears or seat.hears)

        return replace(self, agent=at(self.agent), guest=at(self.guest))

    def _require(self, verb: str, *modes: Mode) -> None:
        if self.agent is None or self.mode not in modes:
            raise NotNow(verb, "the agent has left" if self.agent is None else NOW[self.mode])

    def _require_guest(self, verb: str) -> None:
        if self.guest is None or self.guest.where is Where.COMING:
            raise NotNow(verb, "nobody has answered yet")


NOW = {
    Mode.TALK: "the agent talks with the caller",
    Mode.HOLD: "the caller is on hold",
    Mode.CONSULT: "somebody is consulted",
    Mode.ASIDE: "somebody who was consulted waits",
    Mode.CONFERENCE: "this is a conference",
    Mode.RELAY: "a card is being keyed",
}
"""What goes on, for whoever asks for what does not fit it."""


def _alone(seat: Seat | None) -> Seat | None:
    """With whom nobody is any more: the dialplan sends who comes from another leg to wait."""
    if seat is None or seat.where is not Where.TOGETHER:
        return seat
    return replace(seat, where=Where.MOVING, hears=Parking.SILENCE)
