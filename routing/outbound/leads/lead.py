"""A lead: its numbers, and where it stands. One value for each state; verbs give the next.

::

    Ready ──hold──▶ Held ──dial──▶ Dialing ──end──▶ Ready or Done
      ▲              │                                      │
      └───put_back───┘        Done ──recycle──▶ Ready ◀─────┘

A lead is Dialing from before its phone rings until it is known what came of it: whoever dies
meanwhile leaves it so, and it ends as unknown. So none is dialled twice, and none is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from routing.outbound.leads.besttime import Window
from routing.outbound.leads.leases import Lease
from routing.outbound.leads.place import UNKNOWN, Place
from routing.outbound.leads.plan import Result


class NotPossible(Exception):
    """A verb that the lead's state does not know."""

    def __init__(self, verb: str, state: object) -> None:
        super().__init__(f"{verb} is not possible of a lead that is {type(state).__name__}")
        self.verb = verb


@dataclass(frozen=True, slots=True)
class Number:
    """``results``: how often it ended how. ``due_ms``: it is not called before. ``closed``: why it
    is not called any more."""

    position: int
    number: str = field(repr=False)
    kind: str = "other"
    place: Place = UNKNOWN
    best: tuple[Window, ...] = ()
    tries: int = 0
    last_ms: int | None = None
    results: Mapping[Result, int] = field(default_factory=dict)
    due_ms: int = 0
    closed: str | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """To be called at its number ``position``, not before ``due_ms``. ``promised``: somebody was
    told so, by ``agent`` if it is not None."""

    due_ms: int
    position: int = 0
    promised: bool = False
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """An engine has it in its hopper."""

    ready: Ready
    lease: Lease


@dataclass(frozen=True, slots=True)
class Dialing:
    """``attempt`` is under way, to its number ``position``."""

    attempt: str
    position: int
    lease: Lease


@dataclass(frozen=True, slots=True)
class Done:
    """Not called any more: answered, disposition, given_up or do_not_call."""

    why: str
    disposition: str | None = None


State = Ready | Held | Dialing | Done
ANSWERED, DISPOSITION, GIVEN_UP, DO_NOT_CALL = "answered", "disposition", "given_up", "do_not_call"


@dataclass(frozen=True, slots=True)
class Lead:
    """Whom a campaign calls. ``rank``: the smaller is called first; ``last_ms``: its last call."""

    id: int
    numbers: tuple[Number, ...]
    state: State
    rank: int = 100
    tries: int = 0
    last_ms: int | None = None
    last_result: Result | None = None

    def number(self, position: int) -> Number:
        """One of its numbers."""
        return self.numbers[position]


def hold(lead: Lead, lease: Lease) -> Lead:
    """An engine takes it into its hopper. Raises NotPossible."""
    if not isinstance(lead.state, Ready):
        raise NotPossible("hold", lead.state)
    return replace(lead, state=Held(lead.state, lease))


def put_back(lead: Lead, not_before_ms: int = 0) -> Lead:
    """It is not called now; perhaps not before a time. Raises NotPossible."""
    if not isinstance(lead.state, Held):
        raise NotPossible("put_back", lead.state)
    ready = lead.state.ready
    return replace(lead, state=replace(ready, due_ms=max(ready.due_ms, not_before_ms)))


def dial(lead: Lead, position: int, attempt: str, now_ms: int) -> Lead:
    """A call to one of its numbers is about to be made, which counts from here on. Raises
    NotPossible, also where the lease is nearly over or the number closed."""
    state = lead.state
    if not isinstance(state, Held) or not state.lease.suffices(now_ms):
        raise NotPossible("dial", state)
    number = lead.number(position)
    if number.closed is not None:
        raise NotPossible("dial", state)
    tried = replace(number, tries=number.tries + 1, last_ms=now_ms)
    return replace(
        with_number(lead, tried),
        state=Dialing(attempt, position, state.lease),
        tries=lead.tries + 1,
        last_ms=now_ms,
    )


def with_number(lead: Lead, number: Number) -> Lead:
    """The lead with this in place of its number of that position."""
    at = number.position
    return replace(lead, numbers=(*lead.numbers[:at], number, *lead.numbers[at + 1 :]))
