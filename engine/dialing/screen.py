"""A campaign in the terminal: one screen, drawn anew every second."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from engine import card
from engine.client import Client
from engine.console import Rows, Screen, plain_console
from engine.errors import NotRunning
from engine.settings import Settings

LOOK_S = 1.0
Told = dict[str, Any]
_COLUMNS = ("campaign", "mode", "state", "agents", "calls", "answered", "lost", "calls/min", "left")


async def show(settings: Settings, *, as_json: bool) -> int:
    """Print every campaign."""
    async with Client(card.read(settings.layout.card)) as client:
        told = await client.get("/api/campaigns")
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return 0
    rows: Rows = [_row(each) for each in told["campaigns"]]
    Screen().table("Campaigns", _COLUMNS, rows)
    return 0


async def order(settings: Settings, name: str, verb: str, by: str) -> int:
    """Start, pause or stop a campaign; 1 when that was refused."""
    async with Client(card.read(settings.layout.card)) as client:
        told = await client.post(f"/api/campaigns/{name}/orders", {"verb": verb, "by": by})
    if "error" in told:
        print(told["error"]["message"], file=sys.stderr)  # noqa: T201  # a person asked
        return 1
    typer.echo(f"{name}: {told['campaigns'][0]['state']}")
    return 0


async def watch(settings: Settings, name: str) -> int:
    """Until Ctrl-C, also while the engine begins anew; 1 where there is no such campaign. Into a
    pipe, one picture."""
    console = plain_console()
    look = partial(_told, settings)
    told = await look()
    view = _named(told, name)
    if view is None:
        print(_why_none(told, name), file=sys.stderr)  # noqa: T201  # a person asked
        return 1
    if not console.is_terminal:
        console.print(picture(view))
        return 0
    with Live(picture(view), console=console, auto_refresh=False, screen=True) as live:
        async for drawn in pictures(look, name, view):
            live.update(drawn, refresh=True)
            await asyncio.sleep(LOOK_S)
    return 0


async def pictures(
    look: Callable[[], Awaitable[Told]], name: str, view: Told
) -> AsyncIterator[Group]:
    """One for each look, after ``view``, until the campaign is no more. While no engine answers the
    last one stays, and says so."""
    last = view
    while True:
        try:
            told = await look()
        except NotRunning:
            told = {"error": {}}
        if "error" in told:
            yield Group(
                Text("the engine does not answer, it is waited for …", "red"), picture(last)
            )
            continue
        found = _named(told, name)
        if found is None:
            return
        last = found
        yield picture(last)


async def _told(settings: Settings) -> Told:
    """By the card as it is now: an engine that has begun anew may have another."""
    async with Client(card.read(settings.layout.card)) as client:
        told: Told = await client.get("/api/campaigns")
        return told


def _named(told: Told, name: str) -> Told | None:
    return next((each for each in told.get("campaigns", ()) if each["name"] == name), None)


def _why_none(told: Told, name: str) -> str:
    if "error" in told:
        return str(told["error"]["message"])
    return f"there is no campaign {name}"


def picture(view: Told) -> Group:
    """A campaign's view, as the API tells it."""
    head = Text(f"{view['name']}: {view['mode']}, {view['state']}", style="bold")
    why = Text("; ".join(view["why"]) or "nothing keeps it from calling", style="yellow")
    left = f"{view['left']:,} leads are due, {view['hopper']:,} at hand"
    pace = f"{view['calls_per_minute']} calls in the last minute, {view['wants']} wanted now"
    parts: list[Any] = [head, why, Text(left), Text(pace)]
    parts += [_table("Agents", view["agents"]), _table("Calls", view["lines"])]
    parts.append(_table("Trunks", view["trunks"]))
    if view["abandoned"] is not None:
        parts.append(_table("Abandoned", _abandoned(view["abandoned"])))
    if view["learned"] is not None:
        parts.append(_table("Learned", _learned(view["learned"])))
    parts.append(_table("Not called, by rule", view["blocks"]))
    if view["others"]:
        parts.append(_others(view["others"]))
    return Group(*parts)


def _others(told: Mapping[str, Told]) -> Table:
    """What every other node has, as it said within the last seconds."""
    table = Table("node", "agents", "calls", "calls/min", title="Other nodes", title_justify="left")
    for node, glance in sorted(told.items()):
        cells = (_words(glance["agents"]), _words(glance["lines"]), glance["calls_per_minute"])
        table.add_row(node, *map(str, cells))
    return table


def _words(counts: Mapping[str, int]) -> str:
    told = (f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    return ", ".join(told) or "none"


def _table(title: str, cells: Told) -> Table:
    """Names above their figures."""
    table = Table(title=title, title_justify="left")
    shown = cells or {"none": 0}
    for name in shown:
        table.add_column(name.replace("_", " "))
    table.add_row(*(str(cell) for cell in shown.values()))
    return table


def _abandoned(told: Told) -> Told:
    return {
        "today": _of_cap(told["today"], told["cap_today"]),
        "30 days": _of_cap(told["in_30_days"], told["cap_30_days"]),
        "lost today": told["lost_today"],
        "room": told["room"],
        "answers counted on": told["relied_on"],
    }


def _of_cap(rate: float, cap: float | None) -> str:
    return f"{rate:.2%}" if cap is None else f"{rate:.2%} of {cap:.2%}"


def _learned(told: Told) -> Told:
    return {
        "answered": f"{told['answer_rate']:.0%}",
        "in the air": f"{told['attempt_s']:.0f} s",
        "conversation": f"{told['talk_s']:.0f} s",
        "wrap-up": f"{told['wrap_up_s']:.0f} s",
    }


def _row(view: Told) -> tuple[Any, ...]:
    learned, abandoned = view["learned"], view["abandoned"]
    everywhere = (view, *view["others"].values())
    return (
        view["name"],
        view["mode"],
        view["state"],
        sum(sum(each["agents"].values()) for each in everywhere),
        sum(sum(each["lines"].values()) for each in everywhere),
        f"{learned['answer_rate']:.0%}" if learned else "",
        f"{abandoned['today']:.2%}" if abandoned else "",
        sum(each["calls_per_minute"] for each in everywhere),
        view["left"],
    )
