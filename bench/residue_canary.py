"""A card that is planted, so that whoever finds nothing is known not to be blind."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import NamedTuple

from redis.asyncio import Redis

from bench.command import Unmeasured
from bench.residue_cards import Keyed
from bench.residue_forms import RAW, WIDTHS, forms, succession
from bench.residue_search import CORES, FILES, Hit
from bench.site import BenchSite
from routing.embedded import socket_path

NAME = "canary"
HOLDER = """
import sys
from array import array
path, text = sys.argv[1], sys.stdin.readline().strip()
held = [
    open(path, "rb").read(),
    bytearray(text.encode()),
    [int(sign) for sign in text],
    [sign for sign in text],
    [bytes([ord(sign)]) for sign in text],
    [array(kind, map(int, text)) for kind in "Bhiqfd"],
    int(text),
]
print("held", flush=True)
sys.stdin.readline()
"""
"""A program that has a number in its memory in every form."""


class Process(NamedTuple):
    """One that is searched."""

    pid: int
    name: str


@asynccontextmanager
async def planted(card: Keyed, site: BenchSite, directory: Path) -> AsyncIterator[Process]:
    """In a file below `directory`, in Redis, in the database, and in a process's memory."""
    path = directory / NAME
    path.write_bytes(patterns(card))
    redis = Redis(unix_socket_path=str(socket_path(site.layout.run)))
    await redis.set(NAME, card.number)
    await redis.rpush(f"{NAME}s", *(int(digit) for digit in card.number), int(card.number))
    await redis.aclose()
    with closing(sqlite3.connect(site.layout.database, timeout=10)) as database, database:
        database.execute("create table canary (number text, whole integer)")
        database.execute("insert into canary values (?, ?)", (card.number, int(card.number)))
    async with holding(card.number, path) as process:
        yield process


def patterns(card: Keyed) -> bytes:
    """All that a file can hold of a card, one after the other."""
    every = (*forms(card.number), *succession(card.expiry, card.code))
    return b"--".join(form.pattern for form in every if form.stream == RAW)


@asynccontextmanager
async def holding(number: str, path: Path) -> AsyncIterator[Process]:
    """A process that has a number in its memory, and what a file holds."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-S", "-c", HOLDER, str(path)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdin is None or process.stdout is None:
        raise Unmeasured("the canary has no pipes")
    process.stdin.write(f"{number}\n".encode())
    await process.stdout.readline()
    try:
        yield Process(process.pid, NAME)
    finally:
        process.stdin.close()
        await process.wait()


def unseen(card: Keyed, hits: Iterable[Hit]) -> list[str]:
    """Where the search is blind: what of the canary it did not find."""
    seen: dict[str, set[str]] = {}
    for hit in hits:
        seen.setdefault(_where(hit), set()).add(hit.form)
    raw = {form.name for form in forms(card.number) if form.stream == RAW}
    raw |= {form.name for form in succession(card.expiry, card.code) if form.stream == RAW}
    held = raw | {f"array ({kind})" for kind in WIDTHS} | {"addresses 32 bytes apart"}
    wanted = {NAME: held, CORES: held, "file": raw, "database": {"ASCII", "one number (>u8)"}}
    wanted["redis"] = {"ASCII"}
    return [
        f"{form} in {where}"
        for where, all_of in wanted.items()
        for form in sorted(all_of - seen.get(where, set()))
    ]


def _where(hit: Hit) -> str:
    name = Path(hit.place.name).name
    if hit.place.among == FILES:
        return "file" if name == NAME else "database" if "sqlite3" in name else name
    return hit.place.among
