"""Callbacks with routing as it is, its store in a real Redis: an agent for each customer called."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bridge.events import AgentLegUp, CustomerNotReached, RingFailure
from config.callbacks import Callbacks as Rules
from config.duration import Duration
from config.queues import WrapUp
from engine.calls.callbacks import Callbacks
from engine.calls.ringer import SwitchRinger
from engine.site_rules import agents_of, rules_of
from history.outcome import Outcome
from history.rows import ContactRow
from ivr.commands import CallBack
from routing.ringing import AgentLeg
from routing.router import Router
from routing.store import Store
from tests.fakes.clock import wall_clock
from tests.fakes.house import NODE, House
from tests.fakes.stories import a_story

pytestmark = pytest.mark.redis

STAFF = ("anna", "celina", "dora")
CUSTOMERS = 12
NO_WRAP_UP = WrapUp(time=Duration(0))
RULES = {"tries": 2, "retry_after": "50ms", "retry_growth": 1, "confirm": "none"}


@dataclass
class Centre:
    """Customers who were promised a call, the agents for them, and a switch in the test's hand."""

    house: House
    router: Router
    ringer: SwitchRinger
    callbacks: Callbacks
    most: int = 0
    """So many customers were on the line, or called, at most."""
    live: dict[str, str] = field(default_factory=dict)
    """Their channels."""
    seen: int = 0
    """How many calls of the switch are looked at."""

    @property
    def rows(self) -> dict[str, Outcome]:
        rows = self.house.writer.rows
        return {row.id: row.outcome for row in rows if isinstance(row, ContactRow)}

    def look(self) -> None:
        """Who is called now; each of them has an agent."""
        for order in self.house.switch.called[self.seen :]:
            self.live[order.contact] = order.channel_id
        self.seen = len(self.house.switch.called)
        self.most = max(self.most, len(self.live))
        free = sum(agent.state == "Available" for agent in self.router.snapshot().agents)
        assert len(self.live) + free <= len(STAFF)

    def misses(self, contact: str, reason: RingFailure) -> None:
        del self.live[contact]
        event = CustomerNotReached(contact, reason)
        self.callbacks.calling.not_reached(event.contact, event.reason.value)

    async def talks(self, contact: str) -> None:
        """They answer, their agent is rung, answers, and they talk for a moment."""
        calling = self.callbacks.calling
        calling.up(contact)
        call = calling.reached(contact, self.live[contact])
        assert call is not None
        assert call.ticket is not None
        rung = len(self.house.switch.rung)
        calling.there(contact)
        await until(lambda: len(self.house.switch.rung) > rung)
        order = next(each for each in self.house.switch.rung if each.contact == contact)
        up = AgentLegUp(contact, order.agent, f"PJSIP/{order.agent}-1", order.channel_id)
        await self.ringer.leg_up(up)
        assert await call.ticket.answered == AgentLeg(order.agent, order.channel_id)
        self.callbacks.answered(contact)
        story = self.house.chronicle.story(contact)
        assert story is not None
        self.house.chronicle.update(replace(story, promise=None))
        self.router.conversation_ended(contact)
        del self.live[contact]
        self.router.leg_ended(order.agent, order.channel_id)


async def until(condition: object) -> None:
    async with asyncio.timeout(5):
        while not condition():  # type: ignore[operator]  # noqa: ASYNC110  # Redis has its own time
            await asyncio.sleep(0.002)


@asynccontextmanager
async def a_centre(store: Store, directory: Path) -> AsyncIterator[Centre]:
    """Three agents, and a dozen who are to be called."""
    house = House(directory=directory)
    queues = {"support": house.site.queues["support"].model_copy(update={"wrap_up": NO_WRAP_UP})}
    agents = {name: house.site.agents[name] for name in STAFF}
    changed = {"queues": queues, "agents": agents, "callbacks": Rules.model_validate(RULES)}
    site = house.site.model_copy(update=changed)
    ringer = SwitchRinger(
        house.services.switch, NODE, house.services.orders, house.services.open_lines, run=""
    )
    router = Router(store, ringer, agents_of(site), rules_of(site), clock=wall_clock)
    async with asyncio.TaskGroup() as tasks:
        parts = (house.services.switch, router, ringer, house.chronicle)
        callbacks = Callbacks(site, NODE, parts, wall_clock, tasks)
        routing = tasks.create_task(router.run())
        for number in range(CUSTOMERS):
            contact = f"c{number:02}"
            house.chronicle.begin(replace(a_story(contact), caller=f"+363012345{number:02}"))
            asked = CallBack(
                f"+363012345{number:02}", "support", {}, None, True, None, "en", first="customer"
            )
            assert callbacks.promise(contact, asked) == "promised"
            callbacks.keep(contact)
        yield Centre(house, router, ringer, callbacks)
        for kept in list(callbacks.all()):
            callbacks.calling.end(kept.contact, "test")
            callbacks.cancel(kept.contact)
        routing.cancel()
        with suppress(asyncio.CancelledError):
            await routing


async def test_never_more_customers_are_called_than_agents_are_free(
    store: Store, tmp_path: Path
) -> None:
    """Whoever answers or does not, in any order: for each who is called there is an agent whom
    nobody else gets, all are called, and none of them more often than the tries allow."""
    chance = random.Random(7)
    async with a_centre(store, tmp_path) as centre:
        for name in STAFF:
            centre.router.phone_reachable(name, True, registered=True)
        async with asyncio.timeout(20):
            while len(centre.rows) + answered(centre) < CUSTOMERS:
                await asyncio.sleep(0.002)
                centre.look()
                if not centre.live:
                    continue
                contact = chance.choice(sorted(centre.live))
                if chance.random() < 0.5:
                    centre.misses(contact, chance.choice(list(RingFailure)))
                else:
                    await centre.talks(contact)
        assert centre.most == len(STAFF)
        calls = [order.contact for order in centre.house.switch.called]
        assert set(calls) == {f"c{number:02}" for number in range(CUSTOMERS)}
        assert max(map(calls.count, calls)) <= 2
        assert all(outcome is Outcome.NOT_REACHED for outcome in centre.rows.values())


def answered(centre: Centre) -> int:
    """How many have talked."""
    stories = centre.house.chronicle.stories()
    return sum(story.promise is None for story in stories)
