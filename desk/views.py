"""What the HTTP API shows, as a port that the engine fills."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

Json = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """One thing the service needs: is it there, and if not, why."""

    name: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True)
class Health:
    """True only when a call that comes now would be served."""

    parts: Sequence[Part]
    ok: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ok", all(part.ok for part in self.parts))

    def as_json(self) -> Json:
        return {"ok": self.ok, "parts": [asdict(part) for part in self.parts]}


class Unavailable(Exception):
    """What a view is taken from does not answer now."""


class Refused(Exception):
    """What was wanted is not done. `code` is stable and meant for machines, the text for people;
    `unknown`: because there is no such thing."""

    def __init__(self, code: str, message: str, *, unknown: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.unknown = unknown


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the supervisor `by` wants of an agent."""

    verb: str
    by: str
    reason: str = ""
    hold: bool = False


class Rehearsing(Protocol):
    """Calls in a given world, by the number that they come from."""

    def prepare(self, caller: str, world: Json) -> str | None:
        """The next call finds this world; None, or what is wrong with it."""
        ...

    def turn_is_over(self, caller: str, turn: int, now_ms: int) -> bool:
        """What the call does since its ``turn``-th command has lasted long enough, and it is
        ``now_ms`` in its world; False for a number without one."""
        ...

    def told(self, caller: str) -> Json | None:
        """How that call went so far, turn by turn; None for a number without a world."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What an agent asks for in a conversation. ``to`` is of transfers and consultations; with
    ``keep_place`` the caller keeps the place in line, None: as the site says."""

    verb: str
    to: str = field(default="", repr=False)
    note: str = field(default="", repr=False)
    keep_place: bool | None = None


class HandlingRefused(Exception):
    """An agent's wish that is not granted, and nothing has happened; ``code`` is for machines."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


class Handling(Protocol):
    """What agents do with a caller in conversation."""

    async def handle(self, contact: str, wish: Wish) -> Json:
        """Have it done; how the conversation stands. Raises HandlingRefused, Unavailable."""
        ...


class Views(Protocol):
    """Views of a running engine, and the few things that it can be told."""

    async def health(self) -> Health: ...

    def status(self) -> Json:
        """Calls, queues and agents now."""
        ...

    def agents(self) -> Json:
        """`now_ms`, and every agent now, in `agents`."""
        ...

    def order(self, agent: str, wanted: Wanted) -> Json:
        """A supervisor's word about an agent; tells what `agents` then tells of that one. Raises
        Refused, Unavailable."""
        ...

    async def line(self, agent: str, *, is_open: bool) -> Json:
        """Open an agent's line, or close it; tells what `agents` then tells of that one. Raises
        Refused, Unavailable."""
        ...

    def changes(self) -> Json:
        """Which flows are in force, and what was saved or published and refused."""
        ...

    def metrics(self) -> bytes:
        """The Prometheus exposition text."""
        ...

    def live(self, contact_id: str) -> Json | None:
        """A contact under way, as its row would be; None: not here."""
        ...

    async def why(self, contact_id: str) -> Json | None:
        """Which agents a contact could have, and why it has the one it has; None: not here.
        Raises Unavailable."""

    async def contacts(self, limit: int) -> list[Json]:
        """The newest history rows, newest first. Raises Unavailable."""
        ...

    async def contact(self, contact_id: str) -> Json | None:
        """One row with its recordings, None if there is no such contact. Raises Unavailable."""
        ...

    def events(self) -> AsyncIterator[Json]:
        """Live events from now on; a reader that lags loses the oldest and is told how many."""
        ...

    async def look_for_flows(self) -> Json:
        """Somebody published flows: take them now, instead of at the next look. Tells the
        version that new calls run, and what was refused, if anything was. Raises Unavailable."""
        ...
