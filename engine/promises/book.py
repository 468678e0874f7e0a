"""`trunkline callbacks`: asks the running engine, prints what it says."""

import json
import sys
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import typer

from engine import card
from engine.client import Client
from engine.console import Screen, clock_time
from engine.settings import Settings
from engine.zone import site_zone

COLUMNS = ("contact", "number", "queue", "first", "state", "next call", "until", "tries", "last")


async def show(settings: Settings, as_json: bool) -> int:
    """Print every callback that is promised, by whichever node."""
    async with Client(card.read(settings.layout.card)) as client:
        promised = await client.get("/api/callbacks")
    if "error" in promised:
        return _refused(promised)
    if as_json:
        typer.echo(json.dumps(promised, ensure_ascii=False))
        return 0
    several = any(each["node"] != settings.node for each in promised)
    zone = site_zone(settings)
    rows = [(*_row(each, zone), *([each["node"]] if several else ())) for each in promised]
    Screen().table("Callbacks", (*COLUMNS, "node") if several else COLUMNS, rows)
    return 0


async def cancel(settings: Settings, contact: str) -> int:
    """Call one off; 1 when it cannot be."""
    async with Client(card.read(settings.layout.card)) as client:
        return _refused(await client.post(f"/api/callbacks/{quote(contact, safe='')}/cancel"))


async def move(settings: Settings, contact: str, when: str) -> int:
    """Make one at another time; 1 when that cannot be."""
    async with Client(card.read(settings.layout.card)) as client:
        path = f"/api/callbacks/{quote(contact, safe='')}"
        return _refused((await client.put(path, {"at": when}))[1])


def _refused(answer: dict[str, Any]) -> int:
    if "error" not in answer:
        return 0
    print(answer["error"]["message"], file=sys.stderr)  # noqa: T201  # a person asked
    return 1


def _row(each: dict[str, Any], zone: ZoneInfo) -> tuple[Any, ...]:
    return (
        each["contact"],
        each["number"],
        each["queue"],
        each["first"],
        each["state"],
        clock_time(each["due_ms"], zone),
        clock_time(each["until_ms"], zone),
        each["tries"],
        each["reason"] or "",
    )
