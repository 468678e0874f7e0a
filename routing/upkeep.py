"""What goes on between the floor and the store: writing, hearing of other nodes, heartbeats.

What the floor decides follows into the store in batches, several under way at once; only a
reservation waits for it: nothing rings before Redis has confirmed it. With Redis away, calls go
on, assignments wait, and everything is written when it is back.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter_ns

import structlog

from routing.errors import StoreAway
from routing.events import RoutingEvent, StoreBack, StoreLost
from routing.floor import Floor
from routing.leases import LeaseKeeper
from routing.ledger import ALONE
from routing.matcher import Assignment
from routing.news import Fact
from routing.store import Group, Refused, Store, Written

_log = structlog.get_logger(__name__)

_BATCH = 32
_WRITERS = 3
"""So many batches are under way at once: this process works while Redis writes. A record may be in
two of them, as a node's own later write is never refused and Redis takes them in order."""
_FORGOTTEN_AT_ONCE = 4
_FORGETTING_EVERY_S = 0.002
_NEWCOMERS_A_BEAT = 20
_LOOKING_NS = 1_000_000
_RETRY_FIRST_S = 0.05
_RETRY_MOST_S = 1.0
_NEWS_WAIT_MS = 500
_SURE_WITHIN_S = 1.0


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """Whether Redis answers, since when (epoch, ms), and how many records wait for it."""

    up: bool
    since_ms: int
    pending: int


@dataclass(frozen=True, slots=True)
class Told:
    """Whom to tell: that the floor has changed (`settle`), that a reservation is confirmed, and
    what became of the store."""

    settle: Callable[[], None]
    confirmed: Callable[[Assignment], None]
    event: Callable[[RoutingEvent], None]


class Upkeep:
    """One node's. `start` makes its tasks; `finish`, when they have ended, writes what is left."""

    def __init__(
        self, store: Store, floor: Floor, keeper: LeaseKeeper, clock: Callable[[], int], told: Told
    ) -> None:
        self.keeper = keeper
        self._store = store
        self._floor = floor
        self._clock = clock
        self._told = told
        self._bell: asyncio.Queue[None] = asyncio.Queue(1)
        """Something is to be written: one writer hears it."""
        self._heard = asyncio.Event()
        self._in_flight = 0
        self._up = True
        self._up_since_ms = clock()
        self._done_with: set[str] = set()
        self._of_agents: dict[Fact, dict[str, bool]] = {"reach": {}, "kept": {}}
        """What the other nodes are still to be told."""

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Until they are cancelled."""
        for _ in range(_WRITERS):
            tasks.create_task(self._write_changes())
        tasks.create_task(self._beat())
        tasks.create_task(self._forget_at_leisure())
        tasks.create_task(self._hear_news())

    async def finish(self) -> None:
        """What is not written by now is, unless Redis is away; nothing rings for it."""
        with contextlib.suppress(StoreAway):
            while self._floor.ledger.pending():
                await self._write_batch(ring=False)
        await self._store.close()

    def wake(self) -> None:
        """There is something to write."""
        if self._bell.empty():
            self._bell.put_nowait(None)

    def forget(self, contact_ids: Iterable[str]) -> None:
        """These records may go at the next heartbeat, of one that is not over as soon as it is."""
        self._done_with.update(contact_ids)

    def agent_is(self, fact: Fact, agent_id: str, is_so: bool) -> None:
        """Other nodes are to know whether this is so of an agent at this one."""
        self._of_agents[fact][agent_id] = is_so
        self.wake()

    @property
    def health(self) -> StoreHealth:
        """Of the live state; a true answer, not a guess."""
        pending = self._floor.ledger.pending() + self._in_flight
        return StoreHealth(self._up, self._up_since_ms, pending)

    async def _write_changes(self) -> None:
        pause_s = _RETRY_FIRST_S
        while True:
            await self._bell.get()
            try:
                has_answered = await self._write_batch()
            except StoreAway as away:
                self._store_is(False, away.reason)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _RETRY_MOST_S)
                self.wake()
            else:
                pause_s = _RETRY_FIRST_S
                if has_answered:
                    self._store_is(True)

    async def _write_batch(self, *, ring: bool = True) -> bool:
        """Whether Redis has answered: another writer may have taken all that there was."""
        ledger = self._floor.ledger
        has_answered = any([await self._tell_of_agents(fact) for fact in self._of_agents])
        groups = ledger.take_changes(_BATCH)
        if not groups:
            return has_answered
        if len(groups) == _BATCH:
            self.wake()
        refused = []
        for group, result in zip(groups, await self._commit(groups), strict=True):
            if isinstance(result, Refused):
                refused.append((group, result))
            elif (confirmed := self._floor.written(group, result)) and ring:
                self._told.confirmed(confirmed)
        if refused:
            await self._take_refusals(refused)
        await asyncio.sleep(0)  # the phones ring first
        self._told.settle()
        return True

    async def _commit(self, groups: list[Group]) -> list[Written | Refused]:
        ledger, neighbours = self._floor.ledger, self._floor.neighbours
        decided, ageing_ms = ledger.take_decided(), self._floor.rules.ageing_ms
        self._in_flight += len(groups)
        busy = [] if neighbours.alone else [g.agent.agent for g in groups if g.agent is not None]
        neighbours.in_flight.update(busy)
        try:
            seen = None if decided == ALONE else decided
            return await self._store.commit(groups, seen=seen, ageing_ms=ageing_ms)
        except BaseException:  # cancelled too: what was taken must not be lost
            for group in groups:
                ledger.put_back(group)
            ledger.put_decided(decided)
            raise
        finally:
            self._in_flight -= len(groups)
            neighbours.in_flight.subtract(busy)

    async def _take_refusals(self, refused: list[tuple[Group, Refused]]) -> None:
        try:
            if any(result.is_behind for _, result in refused):
                await self._catch_up()
        finally:  # Redis may be away by now: what was refused is refused all the same
            for group, result in refused:
                self._floor.refused(group, result, self._clock())

    async def _beat(self) -> None:
        while True:
            try:
                await self.keeper.beat()
                await self._survey()
            except StoreAway as away:
                self._store_is(False, away.reason)
            else:
                if not self._floor.ledger.pending():
                    self._store_is(True)
            # A timer knows nothing of a clock that was set, or of a machine that slept.
            self._floor.tick(self._clock())
            await self._foretell()
            self._told.settle()
            await asyncio.sleep(self._floor.rules.beat_ms / 1000)

    async def _foretell(self) -> None:
        """The waits of some newcomers; of one only where that takes long, as all else waits."""
        begun_ns = perf_counter_ns()
        for _ in range(_NEWCOMERS_A_BEAT):
            is_more = self._floor.forecast.look(self._clock())
            if not is_more or perf_counter_ns() - begun_ns > _LOOKING_NS:
                return
            await asyncio.sleep(0)

    async def _forget_at_leisure(self) -> None:
        while True:
            with contextlib.suppress(StoreAway):  # the heartbeat tells of it
                await self._forget()
            await asyncio.sleep(self._floor.rules.beat_ms / 1000)

    async def _forget(self) -> None:
        """A few at a time, and then again a while later: a promise that comes meanwhile stands
        behind them in Redis. 16 at once, one after the other, kept 4 events of 100 waiting."""
        done = [name for name in self._done_with if self._floor.ledger.is_over(name)]
        for at in range(0, len(done), _FORGOTTEN_AT_ONCE):
            some = done[at : at + _FORGOTTEN_AT_ONCE]
            await self._store.forget(some)
            self._done_with.difference_update(some)
            for name in some:
                self._floor.ledger.forget(name)
            await asyncio.sleep(_FORGETTING_EVERY_S)

    async def _tell_of_agents(self, fact: Fact) -> bool:
        """Whether there was something to tell. Whom this node keeps changes with every call that is
        dialed, and interests nobody while there is no other node."""
        told = self._of_agents[fact]
        if not told or (fact == "kept" and self._floor.neighbours.alone):
            return False
        self._of_agents[fact] = {}
        try:
            await self._store.tell(fact, told)
        except BaseException:  # cancelled too
            self._of_agents[fact] = told | self._of_agents[fact]
            raise
        return True

    async def _hear_news(self) -> None:
        """What the other nodes tell, while there are any."""
        neighbours, ledger = self._floor.neighbours, self._floor.ledger
        while True:
            if neighbours.alone:
                await self._heard.wait()
                self._heard.clear()
                continue
            try:
                news = await self._store.news(ledger.seen, wait_ms=_NEWS_WAIT_MS)
                neighbours.hear(news, self._clock())
                self._told.settle()
                await self._survey()
            except StoreAway:  # the heartbeat tells of it
                await asyncio.sleep(_RETRY_FIRST_S)

    async def _survey(self) -> None:
        """Ask for all that the others have, if what was heard is not enough."""
        if self._floor.neighbours.must_survey:
            found = await self._store.survey()
            self._floor.neighbours.survey(found, self._clock())
            self._told.settle()
            self._heard.set()
            self.wake()

    async def _catch_up(self) -> None:
        """A reservation was decided by old news: hear the latest before the next."""
        neighbours = self._floor.neighbours
        if neighbours.alone:
            neighbours.must_survey = True
        first = self._floor.ledger.seen
        while not neighbours.must_survey:
            news = await self._store.news(self._floor.ledger.seen)
            if news:
                neighbours.hear(news, self._clock())
            elif self._floor.ledger.seen > first:
                return
            else:  # Redis has lost its news: the numbers began anew
                neighbours.must_survey = True
        await self._survey()

    async def be_sure(self) -> None:
        """Others may have taken this node for dead and given its promises to somebody else: nobody
        is joined before what they did is known. With Redis away, calls go on."""
        with contextlib.suppress(StoreAway, TimeoutError):
            async with asyncio.timeout(_SURE_WITHIN_S):
                await self.keeper.beat()
                await self._survey()
                self._told.settle()
                while self._floor.ledger.pending() + self._in_flight:  # noqa: ASYNC110  # by two tasks
                    await asyncio.sleep(_RETRY_FIRST_S / 5)

    def _store_is(self, up: bool, reason: str = "") -> None:
        if up == self._up:
            return
        self._up, self._up_since_ms = up, self._clock()
        if up:
            _log.info("live_state_back")
        else:
            _log.error("live_state_away", reason=reason)
        self._told.event(StoreBack(self._up_since_ms) if up else StoreLost(self._up_since_ms))
