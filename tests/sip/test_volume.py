"""A thousand calls that end at every stage: each has its one row, and nothing is left behind."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from config.asterisk_runtime import find_runtime
from history.database import HistoryDatabase
from phones.errors import PhoneRefused
from phones.lightagent import LightAgent, Manner
from phones.loadcall import LoadCall
from phones.rtpload import Load, LoadCaller
from phones.scenario import (
    Uniform,
    answered,
    await_bye,
    bye,
    calling,
    hang_up_sometimes,
    invite,
    pause,
    press,
    table,
)
from phones.sipp import SippResult, SippRun, run_sipp
from tests.sip.running_site import NUMBER, Json, RunningSite, for_sound, running_site, until

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

IMPATIENT, PATIENT, CANCELLED = 700, 300, 60
SUPPORT = [f"s{number}" for number in range(6)]
BILLING = [f"b{number}" for number in range(8)]

# SIPp takes about a second to send one key, and two for four.
LEAVES_AT_ANY_STAGE = calling(
    "leaves at any stage",
    invite(),
    answered(),
    hang_up_sometimes(0.05),
    pause(Uniform(100, 500)),  # in the menu's prompt
    hang_up_sometimes(0.1),
    press("1"),
    pause(Uniform(2200, 2800)),  # in the next question's prompt
    hang_up_sometimes(0.1),
    press("4711"),
    pause(Uniform(200, 1800)),  # between the digits
    hang_up_sometimes(0.15),
    pause(Uniform(1800, 2600)),  # in the queue, while a phone rings, or just answered
    hang_up_sometimes(0.5),
    pause(Uniform(100, 900)),  # in conversation, mostly
    bye(),
)
STAYS = calling(
    "stays", invite(), answered(), pause(Uniform(150, 600)), press("2"), await_bye(30_000)
)


def staff(site: Json) -> None:
    """Agents enough for the load, without wrap-up; ports enough for its sound."""
    level = {"support": SUPPORT, "billing": BILLING}
    site["agents"] = {
        name: {"name": name.upper(), "extension": str(300 + number), "skills": {skill: "5"}}
        for skill, names in level.items()
        for number, name in enumerate(names, start=100 * (skill == "billing"))
    }
    for queue in site["queues"].values():
        queue |= {"wrap_up": "0s", "ring_timeout": "5s"}
    site["network"] |= for_sound(2_000)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """A site with fourteen agents, nobody logged in."""
    async with running_site(tmp_path_factory.mktemp("volume"), staff) as running:
        yield running


@pytest.mark.alone
async def test_a_thousand_calls_end_at_every_stage(site: RunningSite) -> None:
    """Callers leave before the answer, in prompts, between digits, in the queue, while a phone
    rings, in conversation; agents hang up. Each contact has one row that tells what it came to;
    then no channel, call, promise, record or task is left, and every agent is free."""
    async with AsyncExitStack() as stack:
        await _log_in(site, stack)
        tasks = await _metric(site, "trunkline_tasks")
        impatient, patient, cancelled = await asyncio.gather(
            _sipp(site, LEAVES_AT_ANY_STAGE, "+3630{:07d}", IMPATIENT, 18),
            _sipp(site, STAYS, "+3670{:07d}", PATIENT, 8),
            _cancel(site),
        )
        assert (impatient.successful, impatient.failed) == (IMPATIENT, 0), impatient
        assert (patient.successful, patient.failed) == (PATIENT, 0), patient
        await _at_rest(site, tasks)
    _check_rows(await _rows(site), cancelled)
    await _check_redis(site)
    assert _errors(site) == []


async def _log_in(site: RunningSite, stack: AsyncExitStack) -> None:
    for name in (*SUPPORT, *BILLING):
        account = next(agent for agent in site.card["agents"] if agent["user"] == name)
        manner = _waits_for_the_caller if name in SUPPORT else _hangs_up
        agent = LightAgent.open(
            name, account["password"], (account["domain"], account["port"]), manner
        )
        await stack.enter_async_context(agent)
        await site.agent_is(name, "available")


def _waits_for_the_caller() -> Manner:
    return Manner(ring_s=random.uniform(0.0, 0.5))


def _hangs_up() -> Manner:
    """Some hang up before they are joined with their caller, who then gets the next agent."""
    return Manner(ring_s=random.uniform(0.0, 0.2), talk_s=random.uniform(0.0, 0.6))


async def _sipp(
    site: RunningSite, scenario: str, caller: str, calls: int, rate: float
) -> SippResult:
    rows = table((NUMBER, caller.format(number)) for number in range(calls))
    run = SippRun(scenario, site.card["sip"]["trunk"], calls, rows, rate=rate, timeout_s=70)
    return await run_sipp(run)


async def _cancel(site: RunningSite) -> int:
    """Calls that are cancelled within 20 ms of their INVITE; how many were before the answer."""
    host, _, port = site.card["sip"]["trunk"].rpartition(":")
    async with LoadCaller.open((host, int(port))) as caller:
        load = Load(NUMBER, CANCELLED, rate=2, caller="+3620{:07d}")
        records = await caller.run(_dial_and_cancel, load)
    assert [record.failure for record in records] == [""] * CANCELLED
    return sum(record.status == 487 for record in records)


async def _dial_and_cancel(call: LoadCall) -> None:
    dialling = asyncio.create_task(call.dial())
    await asyncio.sleep(call.number % 3 * 0.002)
    await call.cancel()
    (refused,) = await asyncio.gather(dialling, return_exceptions=True)
    assert refused is None or isinstance(refused, PhoneRefused)


async def _at_rest(site: RunningSite, tasks: float) -> None:
    """Wait until nothing is left over; what is left after 15 s fails the test by name."""
    left = ["not asked yet"]
    with suppress(TimeoutError):
        async with asyncio.timeout(15):
            while left:
                left = await _left_over(site, tasks)
                await asyncio.sleep(0.1)
    assert left == []
    assert await _channels(site) == []


async def _left_over(site: RunningSite, tasks: float) -> list[str]:
    status = await site.client.get("/api/status")
    alive = await _metric(site, "trunkline_tasks")
    unwritten = await _metric(site, "trunkline_history_pending_rows")
    return [
        *(f"call {call['id']} at {call['at']}" for call in status["calls"]),
        *(f"{one['id']} {one['state']}" for one in status["agents"] if one["state"] != "available"),
        *(f"{one['name']} has callers" for one in status["queues"] if one["waiting"]),
        *(f"{one['name']} has offers" for one in status["queues"] if one["offered"]),
        *([f"{alive - tasks:.0f} tasks"] if alive > tasks else []),
        *([f"{unwritten:.0f} rows"] if unwritten else []),
    ]


async def _channels(site: RunningSite) -> list[str]:
    runtime = find_runtime()
    words = runtime.remote(site.directory / "var/asterisk/etc", "core show channels concise")
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return output.decode().split()


async def _metric(site: RunningSite, name: str) -> float:
    text = await site.client.text("/metrics")
    line = next(line for line in text.splitlines() if line.startswith(f"{name} "))
    return float(line.split()[1])


async def _rows(site: RunningSite) -> list[Json]:
    database = HistoryDatabase(f"sqlite+aiosqlite:///{site.directory}/var/trunkline.sqlite3")
    try:
        return [asdict(row) for row in await database.recent(2000)]
    finally:
        await database.close()


def _check_rows(rows: list[Json], cancelled: int) -> None:
    counts = Counter(row["caller"] for row in rows)
    assert set(counts.values()) == {1}
    by_prefix: dict[str, list[Json]] = {"+3630": [], "+3670": [], "+3620": []}
    for row in rows:
        by_prefix[row["caller"][:5]].append(row)
    assert len(by_prefix["+3630"]) == IMPATIENT
    assert len(by_prefix["+3670"]) == PATIENT
    # A call that was cancelled before Asterisk had asked the engine is no contact.
    assert CANCELLED - cancelled <= len(by_prefix["+3620"]) <= CANCELLED
    assert _ways(by_prefix["+3620"]).keys() <= {("hung_up_in_flow", "caller")}
    assert _ways(by_prefix["+3670"]) == {("answered", "agent"): PATIENT}
    ways = _ways(by_prefix["+3630"])
    expected = {("hung_up_in_flow", "caller"), ("abandoned", "caller"), ("answered", "caller")}
    assert ways.keys() == expected
    assert min(ways.values()) >= IMPATIENT * 0.03
    for row in rows:
        _check_row(row)


def _ways(rows: list[Json]) -> Counter[tuple[str, str]]:
    return Counter((row["outcome"], row["ended_by"]) for row in rows)


def _check_row(row: Json) -> None:
    """What the row says fits together: its queue, its times, its legs."""
    if row["outcome"] == "hung_up_in_flow":
        assert row["queued_ms"] is None
    if row["outcome"] == "abandoned":
        assert row["answered_ms"] is None
    if row["outcome"] == "answered":
        assert row["started_ms"] <= row["queued_ms"] <= row["answered_ms"] <= row["ended_ms"]
        assert row["agent"] is not None
    assert all(leg["ended_ms"] is not None for leg in row["legs"])


async def _check_redis(site: RunningSite) -> None:
    """Neither contacts, leases nor live records; what is left names the site, not a call."""
    socket: Path = site.directory / "var/run/redis.sock"
    client: Any = Redis(unix_socket_path=str(socket), decode_responses=True)
    try:

        async def look() -> bool | None:
            keys = [key async for key in client.scan_iter("trk:*")]
            of_calls = ("contact:", ":contacts", "leases", ":live:")
            return None if any(part in key for key in keys for part in of_calls) else True

        await until("no key of a call in Redis", look, 5)
    finally:
        await client.aclose()


def _errors(site: RunningSite) -> list[Json]:
    log = (site.directory / "var/log/engine.log").read_text("utf-8")
    entries = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert len(entries) == len(log.splitlines()), "a line of the log is no JSON: a traceback?"
    return [entry for entry in entries if entry["level"] in ("error", "critical")]
