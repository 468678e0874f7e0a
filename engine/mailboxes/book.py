"""The work of `trunkline messages`: what callers left, listed, played, exported, deleted."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from engine.clock import now_ms
from engine.console import Screen, clock_time
from engine.errors import SettingsInvalid
from engine.mailboxes.messages import Messages
from engine.prompts.players import play_wav
from engine.settings import Settings
from engine.zone import site_zone
from history.messages import MessageStore
from history.migrations import upgrade_to_head
from history.rows import MessageRow


async def show(
    settings: Settings, mailbox: str, limit: int, *, unheard: bool, as_json: bool
) -> int:
    """Print the messages of one mailbox, or of all."""
    async with _open(settings) as store:
        rows = await store.newest(mailbox or None, unheard=unheard, limit=limit)
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
    else:
        _print(rows, site_zone(settings))
    return 0


async def play(settings: Settings, message: str) -> int:
    """Play it, and note that it was heard; 1 when there is none, or no way to play it."""
    async with _open(settings) as store:
        row = await store.get(message)
        audio = await _audio(settings, row, message)
        if row is None or audio is None:
            return 1
        if not await asyncio.to_thread(play_wav, audio, "export it: trunkline messages export"):
            return 1
        await store.hear(row.id, now_ms())
    return 0


async def export(settings: Settings, message: str, output: Path, *, as_json: bool) -> int:
    """Write it to `output`; 1 when there is none."""
    async with _open(settings) as store:
        row = await store.get(message)
    audio = await _audio(settings, row, message)
    if row is None or audio is None:
        return 1
    try:
        await asyncio.to_thread(output.write_bytes, audio)
    except OSError as error:
        why = f"a file that can be written ({error.strerror})"
        raise SettingsInvalid("output", str(output), why) from None
    if as_json:
        typer.echo(json.dumps({**asdict(row), "written": str(output)}, ensure_ascii=False))
    return 0


async def delete(settings: Settings, ids: Sequence[str], *, as_json: bool) -> int:
    """Delete those that there are; 1 when one of them is not there."""
    messages = Messages(settings.layout.messages)
    async with _open(settings) as store:
        found = {name: await store.get(name) for name in ids}
        rows = [row for row in found.values() if row is not None]
        for row in rows:
            await asyncio.to_thread(messages.delete, row)
        await store.delete([row.id for row in rows])
    missing = [name for name, row in found.items() if row is None]
    if as_json:
        deleted = [row.id for row in rows]
        typer.echo(json.dumps({"deleted": deleted, "missing": missing}, ensure_ascii=False))
    for name in missing:
        typer.echo(_no_such(name), err=True)
    return 1 if missing else 0


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[MessageStore]:
    """The database, brought up to date: the engine need not run."""
    await upgrade_to_head(settings.sql_url)
    store = MessageStore(settings.sql_url)
    try:
        yield store
    finally:
        await store.close()


async def _audio(settings: Settings, row: MessageRow | None, message: str) -> bytes | None:
    if row is None:
        typer.echo(_no_such(message), err=True)
        return None
    path = Messages(settings.layout.messages).path(row)
    try:
        return await asyncio.to_thread(path.read_bytes)
    except OSError as error:
        typer.echo(f"the audio cannot be read: {path}: {error.strerror}", err=True)
        return None


def _no_such(message: str) -> str:
    return f'there is no message "{message}": trunkline messages list'


def _print(rows: Sequence[MessageRow], zone: ZoneInfo) -> None:
    table = [
        (
            row.id,
            row.mailbox,
            clock_time(row.at_ms, zone),
            f"{row.ms / 1000:.0f} s",
            row.caller or "",
            "heard" if row.heard_ms is not None else "new",
        )
        for row in rows
    ]
    columns = ("message", "mailbox", "left", "long", "caller", "")
    Screen().table("Messages", columns, table)
