"""What `trunkline calls` asks of a running instance."""

import json
import sys
from typing import Any
from urllib.parse import quote

import typer

from engine import card
from engine.client import Client
from engine.settings import Settings


async def ask(chosen: Settings, contact: str, verb: str, document: Any, *, as_json: bool) -> int:
    """Have it done; 1 when it is refused, and why is printed."""
    path = f"/api/contacts/{quote(contact, safe='')}/{verb}"
    async with Client(card.read(chosen.layout.card)) as client:
        answer = await client.post(path, document)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    elif "error" in answer:
        print(answer["error"]["message"], file=sys.stderr)  # noqa: T201  # a person asked
    return 1 if "error" in answer else 0
