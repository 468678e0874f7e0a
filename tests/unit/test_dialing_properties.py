"""Whatever happens, in whatever order: no call that the law would refuse, none too many, no lead
twice, and none lost."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dialing.calls import DialedCall
from history.do_not_call import Entry
from history.outcome import EndedBy
from routing.agent import Available, Offline, Paused, Talking
from routing.outbound.leads.plan import Result
from tests.unit.dialing import MACHINE, FakeCarrier, House, at, number, site_of

pytestmark = pytest.mark.unit

LEADS, AGENTS = 12, ("anna", "ben", "cleo")
BUSY = (Result.BUSY, Result.NO_ANSWER, Result.FAILED, Result.INVALID)


class Judge(FakeCarrier):
    """Asks the law once more, in the moment in which a call is dialed."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house
        self.seconds: Counter[int] = Counter()

    async def dial(self, ready: DialedCall) -> bool:
        house, run = self._house, self._house.run
        in_air = run.in_air()
        before = in_air._replace(calls=in_air.calls - 1)
        facts = await house.parts.permissions.facts(ready.number)
        mine = [each for each in facts.past if each.begun_ms != ready.placed_ms]
        assert not [each for each in mine if each.ended_ms is None], "it is being called already"
        assert not facts.entries, "it asked not to be called"
        assert before.exposed == 0 or run.pacer.budget.expecting(in_air.relied_on).permits(
            in_air.exposed, min(in_air.calls, in_air.free)
        )
        if run.campaign.mode == "progressive":
            assert before.keeps_one
        assert at("08:00") <= house.now_ms < at("20:00")
        lines = house.site.trunks["line"].lines
        assert lines is not None
        assert sum(house.trunks.in_use("sales").values()) <= lines
        self.seconds[house.now_ms // 1000] += 1
        assert self.seconds[house.now_ms // 1000] <= 3
        return await super().dial(ready)


class World:
    """An engine and whatever may happen to it."""

    def __init__(self, url: str, mode: str, more: str) -> None:
        site = site_of(mode, more)
        trunk = site.trunks["line"].model_copy(update={"lines": 4, "calls_per_second": 3.0})
        self.site = site.model_copy(update={"trunks": {"line": trunk}})
        self.url, self.now_ms, self.dialed = url, at("19:57"), Counter[str]()
        self.house = self._engine()

    def _engine(self) -> House:
        house = House(self.url, self.site, self.now_ms)
        house.carrier = Judge(house)
        house.parts = house.parts._replace(carrier=house.carrier)
        house.run = type(house.run)(house.site, "sales", house.parts)
        return house

    async def do(self, what: int, which: int) -> None:
        house, agent = self.house, AGENTS[which % len(AGENTS)]
        calls = list(house.run.outcomes.calls.values())
        up = calls[which % len(calls)] if calls else None
        outcomes, now_ms = house.run.outcomes, house.now_ms
        match what:
            case 0 | 1 | 2:
                await house.step((0, 500, 20_000)[what])
                self.now_ms = house.now_ms
            case 3:
                house.work(agent)
            case 4:
                house.be(agent, (Offline(now_ms, 0), Paused(now_ms, 0, "tea"))[which % 2])
            case 5:
                await house.parts.permissions.add(
                    [Entry(number(which % LEADS), "own", now_ms, "own", "zoe")]
                )
            case 6:
                await self._restart(which)
            case _ if up is not None:
                self._news(what, up.call, agent)
                if what == 12:
                    outcomes.ended(up, now_ms, (EndedBy.CALLER, EndedBy.ENGINE)[which % 2])
        await house.settled()

    def _news(self, what: int, call: DialedCall, agent: str) -> None:
        house = self.house
        outcomes, now_ms = house.run.outcomes, house.now_ms
        up = outcomes.calls[call.contact]
        match what:
            case 7:
                outcomes.answered(up, now_ms)
            case 8:
                outcomes.not_reached(up, BUSY[now_ms % len(BUSY)], now_ms)
            case 9:
                outcomes.judged(up, MACHINE, now_ms)
            case 10:
                outcomes.lost(up, now_ms)
            case 11 if isinstance(house.floor.states.get(agent), Available):
                outcomes.answered(up, now_ms)
                house.be(agent, Talking(now_ms, 0, call.contact))
                outcomes.connected(up, agent, now_ms)

    async def _restart(self, which: int) -> None:
        """The engine is lost; of its calls some are up when the next one starts."""
        old = self.house
        up = [each.call.channel for each in old.run.outcomes.calls.values()]
        self.house = self._engine()
        rows = {row.id: row for row in await self.house.parts.kept.under_way()}
        await self.house.run.take_up(rows, frozenset(up[: which % (len(up) + 1)]))
        await old.close()

    async def over(self) -> None:
        """Everything ends; then each lead is somewhere, and nobody was called twice at once."""
        house = self.house
        for up in list(house.run.outcomes.calls.values()):
            for agent in AGENTS:
                house.be(agent, Offline(house.now_ms, 0))
            house.run.outcomes.ended(up, house.now_ms, EndedBy.CALLER)
        await house.settled()
        await house.run.hopper.round()
        states = await house.rows("SELECT state, attempt_id FROM leads")
        assert len(states) == LEADS
        assert {row["state"] for row in states} <= {"ready", "held", "done"}
        open_calls = await house.rows("SELECT id FROM dial_attempts WHERE result IS NULL")
        assert open_calls == []
        await house.close()


@settings(max_examples=4)
@given(
    st.sampled_from([("progressive", ""), ("predictive", ""), ("power", "ratio: 3")]),
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 11)), min_size=10, max_size=24),
)
def test_no_sequence_of_events_places_a_forbidden_call(
    migrated: bytes, mode: tuple[str, str], happens: list[tuple[int, int]]
) -> None:
    """At the moment of each: its law, its lines, its second; at the end: every lead and call."""

    async def play(url: str) -> None:
        world = World(url, *mode)
        await world.house.bring(*range(LEADS))
        for agent in AGENTS:
            world.house.work(agent)
        for what, which in [(0, 0), *happens]:
            await world.do(what, which)
        await world.over()

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "history.db"
        file.write_bytes(migrated)
        asyncio.run(play(f"sqlite:///{file}"))
