"""What campaigns need of the rest of the engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine
from typing import Any, Protocol

from engine.dialing.calls import DialedCall
from routing.agent import AgentState

Ready = Any
"""A call with all that it needs; only who has made it looks inside."""


class Carrier(Protocol):
    """Calls people."""

    async def prepare(self, call: DialedCall) -> Ready | None:
        """All that takes time, before the law is asked; None: such a call cannot be made."""

    async def dial(self, ready: Ready) -> bool:
        """Have it called, at once. False: nobody is; what becomes of all others is told."""


class Lines(Protocol):
    """The agents' open lines: see `engine.calls.openlines`."""

    wanted: Callable[[str], bool]

    def has(self, agent: str) -> bool:
        """Its line is up, idle or in conversation."""

    def idle(self) -> frozenset[str]:
        """The agents whose lines wait."""

    async def open(self, agent: str) -> bool:
        """Ring a free agent once; True once the line waits. False, with nothing rung, for one who
        is not free, or is being rung for it."""


class Agents(Protocol):
    """What is asked of routing."""

    def agent_state(self, agent_id: str) -> AgentState | None:
        """An agent's state; None for one whom the site does not know."""

    def awaited(self, agents: Collection[str]) -> frozenset[str]:
        """Those of these agents, free or not, for whom a caller waits who is promised to nobody."""

    def keep(self, by: str, agents: frozenset[str]) -> None:
        """The agents on whom this campaign's calls in the air count: callers do not get them."""

    @property
    def health(self) -> Any:
        """`up`: agents can be reserved."""


class Tasks(Protocol):
    """Who has the tasks in which calls are ordered: an `asyncio.TaskGroup`."""

    def create_task(self, work: Coroutine[Any, Any, None], *, name: str) -> object:
        """Have it done in the background."""
