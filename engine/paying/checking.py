"""`trunkline payments check`: whether the running instance takes cards, and why not."""

from __future__ import annotations

import json

import typer

from bridge.inspection import DEBUGGING
from engine import card
from engine.client import Client
from engine.console import Screen
from engine.settings import Settings
from engine.status import print_unsafe

_BY_US = ", ".join(DEBUGGING)


async def check(settings: Settings, as_json: bool) -> int:
    """Have the engine look at Asterisk now; 1 while something is unsafe. Raises NotRunning."""
    async with Client(card.read(settings.layout.card)) as client:
        told = await client.get("/api/payments/safety")
    if "error" in told:
        Screen().fail(told["error"]["message"])
        return 1
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
    elif told["unsafe"]:
        print_unsafe(Screen(), told["unsafe"])
    else:
        typer.echo("nothing that is keyed while a card is captured is seen in Asterisk")
        typer.echo(f"switched off now, for Asterisk does not tell whether they are on: {_BY_US}")
    return 1 if told["unsafe"] else 0
