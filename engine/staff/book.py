"""What `trunkline agents` does: asks the running engine, and prints what it says."""

import json
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import typer

from engine import card
from engine.client import Client
from engine.console import Rows, Screen
from engine.reporting.lengths import length
from engine.settings import Settings
from engine.staff.wording import doer, left, shift_of, state_of

Told = dict[str, Any]

_COLUMNS = ("agent", "name", "state", "reason or contact", "for", "left", "line", "by", "shift")


async def show(settings: Settings, *, as_json: bool) -> int:
    """Print every agent."""
    async with Client(card.read(settings.layout.card)) as client:
        told = await client.get("/api/agents")
    _print(told, as_json=as_json)
    return 0


async def tell(settings: Settings, agents: Sequence[str], order: Told, *, as_json: bool) -> int:
    """Give the same order for each agent; 1 when one of them was refused."""
    return await _ask(settings, agents, "orders", order, as_json=as_json)


async def set_lines(
    settings: Settings, agents: Sequence[str], *, is_open: bool, as_json: bool
) -> int:
    """Open each agent's line, or close it; 1 when one could not be opened."""
    return await _ask(settings, agents, "line", {"open": is_open}, as_json=as_json)


async def _ask(
    settings: Settings, agents: Sequence[str], what: str, document: Told, *, as_json: bool
) -> int:
    done: list[Told] = []
    refused: list[Told] = []
    now_ms = 0
    async with Client(card.read(settings.layout.card)) as client:
        for agent in dict.fromkeys(agents):
            told = await client.post(f"/api/agents/{quote(agent, safe='')}/{what}", document)
            if "error" in told:
                refused.append({"id": agent, **told["error"]})
            else:
                now_ms, done = told["now_ms"], [*done, *told["agents"]]
    if as_json:
        typer.echo(json.dumps({"now_ms": now_ms, "agents": done, "refused": refused}))
        return 1 if refused else 0
    if done:
        _print({"now_ms": now_ms, "agents": done}, as_json=False)
    for each in refused:
        print(f"{each['id']}: {each['message']}", file=sys.stderr)  # noqa: T201  # a person asked
    return 1 if refused else 0


def _print(told: Told, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    rows: Rows = [_row(agent, told["now_ms"]) for agent in told["agents"]]
    Screen().table("Agents", _COLUMNS, rows)


def _row(agent: Told, now_ms: int) -> tuple[str, ...]:
    since_ms = agent["since_ms"]
    return (
        agent["id"],
        agent["name"],
        state_of(agent),
        agent["detail"],
        length(now_ms - since_ms) if since_ms else "",
        left(agent["until_ms"], now_ms),
        agent["line"] or "",
        doer(agent["by"]) + (", held" if agent["held"] else ""),
        shift_of(agent),
    )
