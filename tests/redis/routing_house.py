"""A running router with a real store and a ringer held by hand, for conversations with it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from routing.events import Listener, RoutingEvent
from routing.router import Router
from routing.rules import QueueRules, RoutingRules
from routing.store import Store
from tests.fakes.clock import wall_clock
from tests.fakes.ringer import FakeRinger
from tests.fakes.routing import an_agent

RULES = RoutingRules(
    queues={"sales": QueueRules((("sales", 1),), ring_timeout_ms=1_000, wrap_up_ms=30)},
    back_off_ms=40,
    beat_ms=20,
    ring_grace_ms=100,
)


async def until_it_is(condition: Callable[[], Awaitable[bool]]) -> None:
    """Asks until `condition` holds; fails the test after two seconds."""
    async with asyncio.timeout(2):
        while not await condition():  # noqa: ASYNC110  # often another process's state
            await asyncio.sleep(0.002)


@dataclass
class House:
    """A running router and everything around it."""

    router: Router
    ringer: FakeRinger
    store: Store
    told: list[RoutingEvent] = field(default_factory=list)

    def told_of(self, *kinds: type) -> list[str]:
        """The names of the events of these kinds, in order."""
        return [type(event).__name__ for event in self.told if isinstance(event, kinds)]

    def agent(self, name: str) -> str:
        """The name of the agent's state."""
        return next(a.state for a in self.router.snapshot().agents if a.id == name)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Lets everything run until `condition`; fails the test after two seconds."""

        async def asked() -> bool:
            return condition()

        await until_it_is(asked)

    async def written(self) -> None:
        await self.until(lambda: self.router.health.pending == 0)


@asynccontextmanager
async def a_house(
    store: Store,
    *,
    ringer: FakeRinger | None = None,
    listener: Listener = lambda event: None,
    before: Callable[[Router], Awaitable[object]] | None = None,
) -> AsyncIterator[House]:
    """Ann and Bob, both offline, and a router that runs until the block ends."""
    ringer = ringer or FakeRinger()
    told: list[RoutingEvent] = []
    staff = [an_agent("ann"), an_agent("bob")]
    router = Router(
        store, ringer, staff, RULES, clock=wall_clock, listeners=[listener, told.append]
    )
    if before is not None:
        await before(router)
    running = asyncio.create_task(router.run())
    try:
        yield House(router, ringer, store, told)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
