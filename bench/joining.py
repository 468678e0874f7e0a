"""How soon a caller and an agent whose line is open hear each other.

    python -m bench.joining [--quick]

One agent, one caller after the other over the same leg, through the router of every contact.
Measured from the router's choice to the later of the two hearing the other; the agent's
short tone is between.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from copy import deepcopy
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.progress import track

from bench import assignment, command
from bench.command import Report, Unmeasured, percentile
from bench.site import BenchSite, Plan, running
from engine.client import Client
from phones.bank import PhoneBank
from phones.phone import Call, Phone
from phones.protocol import AnswerCalls

TARGET_MS = 200.0
CONTACTS, QUICK = 20, 5
AGENT = "ours0"
CALLER_HZ, AGENT_HZ = 440, 620
BEFORE_MS = 40
"""A phone tells when the 100 ms began that a tone filled, and so much of them may be what sounded
before: music, or the tone of the line (`phones/ear.py`). It is taken for late."""
PATIENCE_S = 10.0
SETTLES_S = 0.5
"""After which the caller's tone is under way, and the music of the queue."""


async def measure(quick: bool, console: Console) -> Report:
    """So many contacts over one line."""
    flows = {"straight": assignment.FLOW}
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as directory:
        async with running(Path(directory), Plan(_site(), flows, {}, {})) as site:
            async with _line(site) as (client, caller, line):
                count = range(QUICK if quick else CONTACTS)
                shown = track(count, "contacts", console=console, transient=True)
                taken_ms = [await _contact(site, client, caller, line) for _ in shown]
            await site.drained()
    return _report(taken_ms)


def _site() -> dict[str, Any]:
    """Recorded, as conversations are unless somebody says otherwise."""
    site = deepcopy(assignment.SITE)
    site["queues"]["calls"]["record"] = "yes"  # type: ignore[index]
    return site


@asynccontextmanager
async def _line(site: BenchSite) -> AsyncIterator[tuple[Client, Phone, Call]]:
    """The agent's line, which waits, and a caller's phone."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Client(site.card))
        bank = await stack.enter_async_context(PhoneBank.open())
        account = AGENT, site.password(AGENT), *site.registrar
        agent = await bank.phone(*account, incoming=AnswerCalls())
        await agent.register()
        await site.agent_is(AGENT, "available")
        told = await client.post(f"/api/agents/{AGENT}/line", {"open": True})
        if "error" in told:
            raise Unmeasured(told["error"]["message"])
        line = await agent.incoming()
        await line.play_tone(AGENT_HZ)
        yield client, await bank.phone("caller"), line


async def _contact(site: BenchSite, client: Client, caller: Phone, line: Call) -> float:
    """From the choice until both hear each other, ms. The agent pauses until the caller waits, and
    sounds already."""
    orders = f"/api/agents/{AGENT}/orders"
    host, port = site.trunk
    await client.post(orders, {"verb": "pause", "reason": "lunch", "by": "bench"})
    call = await caller.dial(f"sip:{assignment.OURS}@{host}:{port}")
    await call.answered()
    await call.play_tone(CALLER_HZ)
    await asyncio.sleep(SETTLES_S)
    hearing = asyncio.gather(*(each.hear_tone(hz, PATIENCE_S) for each, hz in _ears(line, call)))
    await client.post(orders, {"verb": "resume", "by": "bench"})
    heard_ms = max(tone.at.epoch_ns / 1e6 for tone in await hearing) + BEFORE_MS
    (contact,) = (await client.get("/api/status"))["calls"]
    why = await client.get(f"/api/contacts/{contact['id']}/why")
    await call.hang_up()
    await site.agent_is(AGENT, "available")
    return heard_ms - float(why["decisions"][-1]["at_ms"])


def _ears(line: Call, call: Call) -> tuple[tuple[Call, int], ...]:
    return (line, CALLER_HZ), (call, AGENT_HZ)


def _report(taken_ms: list[float]) -> Report:
    p95 = percentile(taken_ms, 0.95)
    figures = {
        "p50_ms": round(median(taken_ms), 1),
        "p95_ms": round(p95, 1),
        "most_ms": round(max(taken_ms), 1),
        "n": len(taken_ms),
        "target_met": p95 < TARGET_MS,
    }
    title = f"From the choice of an agent to both hearing each other (target: {TARGET_MS:.0f} ms)"
    shown = (min(taken_ms), median(taken_ms), p95, max(taken_ms))
    row = (str(len(taken_ms)), *(f"{value:.1f}" for value in shown))
    return Report(title, ("contacts", "least, ms", "p50", "p95", "most"), [row], figures)


if __name__ == "__main__":
    command.run((__doc__ or "").partition("\n")[0], measure)
