"""What is left of cards: callers key unique random ones into real calls, then everything that the
house has written, and the memory of each of its processes, is searched for each number.

Outside the house, and so not searched, are the callers (this process) and the payment provider
(the sandbox, a process of its own).
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from bench import command
from bench.command import Report, Unmeasured
from bench.residue_forms import Form, forms, in_context
from bench.residue_search import Hit, Search, Searched
from bench.site import BenchSite, Plan, running
from phones.loadcall import LoadCall
from phones.rtpload import Load, LoadCaller
from tests.ports import free_port

NUMBER = "+3615550105"
CAPTURES, QUICK = 1000, 30
AT_ONCE, RATE = 25, 2.5
ROUNDS = 6
STARTS_S = 30.0
"""So long the capture process may take to start, after the engine."""
EXPIRY = "1240"
PREFIXES = {"4": 16, "51": 16, "2221": 16, "34": 15, "37": 15}
"""Of Visa, Mastercard and American Express, with the length of their numbers."""

FLOW = """\
flow: bill
version: "1"
about: Takes a payment by card
owner: bench@example.test
languages: [en]
start: pay
vars:
  due: {type: money, currency: EUR, start: "30.00"}
steps:
  pay:
    pay: {amount: due, reference: Invoice 8}
    paid: bye
    declined: bye
    on_error: bye
  bye: {hangup: normal}
"""
READS = (
    "system,call,log,verbose,command,agent,user,config,reporting,cdr,originate,cc,aoc,security,"
    "message"
)
"""What others may read of the manager's events without being refused as unsafe."""
ASTERISK = {
    "modules.conf": "load = cel_manager.so\nload = cdr_manager.so\n",
    "manager.conf": f"[listener]\nsecret = ears\nread = {READS}\nwrite =\n",
    "cel.conf": "[general](+)\nenable = yes\napps = all\n"
    "events = CHAN_START,CHAN_END,ANSWER,HANGUP,APP_START,APP_END,BRIDGE_ENTER,BRIDGE_EXIT\n",
    "cel_manager.conf": "[general]\nenabled = yes\n",
    "cdr.conf": "[general](+)\nenable = yes\nunanswered = yes\n",
    "cdr_manager.conf": "[general]\nenabled = yes\n",
}


class Keyed(NamedTuple):
    """A card."""

    number: str
    code: str


class Process(NamedTuple):
    """One of the house."""

    pid: int
    name: str


async def measure(quick: bool, console: Console) -> Report:
    """Key, search, and show that the search is not blind."""
    cards = [card() for _ in range(QUICK if quick else CAPTURES)]
    decoy = card()
    with tempfile.TemporaryDirectory(prefix="trk") as made:
        directory, began = Path(made), time.time()
        async with running(directory, _plan()) as site, _listening(site, directory):
            paid = await _key(site, cards, console)
            await site.drained()
            (directory / "decoy").write_text(decoy.number)
            async with _holding(decoy) as holder:
                house = [*_house(site), holder]
                sought = Search(_sought([*cards, decoy]))
                done = await asyncio.to_thread(_search, sought, directory, began, house, console)
        told = (directory / "stream.ami").read_bytes()
    return _report(len(cards), paid, done, len(re.findall(rb"\nDigit: ", told)), len(told))


def card() -> Keyed:
    """A random one with the right check digit (ISO/IEC 7812-1, annex B)."""
    prefix = random.choice(list(PREFIXES))
    body = prefix + "".join(random.choices("0123456789", k=PREFIXES[prefix] - len(prefix) - 1))
    doubled = [int(digit) * (2 - at % 2) for at, digit in enumerate(reversed(body))]
    check = -sum(value // 10 + value % 10 for value in doubled) % 10
    length = 4 if prefix in ("34", "37") else 3
    return Keyed(f"{body}{check}", "".join(random.choices("0123456789", k=length)))


def _plan() -> Plan:
    site = {
        "site": "bench",
        "title": "Cards",
        "zone": "UTC",
        "languages": ["en"],
        "numbers": {NUMBER: {"flow": "bill"}},
        "trunks": {"carrier": {"host": "127.0.0.1", "port": "5062"}},
        "skills": {"work": {"about": "Work"}},
        "agents": {"nobody": {"name": "Nobody", "extension": "201", "skills": {"work": "1"}}},
        "queues": {"work": {"skills": {"work": "1"}}},
        "pause_reasons": ["lunch"],
        "fallback": {"number": "+3615550199", "trunk": "carrier"},
        "payments": {"sandbox": {"port": str(free_port())}},
    }
    return Plan(site=site, flows={"bill": FLOW}, asterisk=ASTERISK, music={})


async def _key(site: BenchSite, cards: list[Keyed], console: Console) -> int:
    """Every card in a call of its own, and again where nothing was asked of it: a machine that has
    too much to do captures no card. How many were paid with."""
    await _captures_begin(site)
    left = cards
    async with LoadCaller.open(site.trunk) as caller:
        for _ in range(ROUNDS):
            with console.status(f"{len(left)} callers pay"):
                left = await _pay(caller, left)
            if not left:
                break
            console.print(f"{len(left)} callers call again")
    payments = await site.trunkline("payments", "list", "--limit", "10000")
    return sum(payment["state"] == "paid" for payment in payments)


async def _pay(caller: LoadCaller, cards: list[Keyed]) -> list[Keyed]:
    """A call for each; those whose call has failed."""

    async def script(call: LoadCall) -> None:
        mine = cards[call.number]
        await call.dial()
        await call.hear(20)
        await call.press(f"{mine.number}#{EXPIRY}{mine.code}")
        await call.bye(30)

    load = Load(NUMBER, calls=len(cards), rate=RATE, limit=AT_ONCE)
    records = await caller.run(script, load)
    return [cards[record.number] for record in records if record.failure]


async def _captures_begin(site: BenchSite) -> None:
    """The engine is up before its capture process is."""
    for _ in range(int(10 * STARTS_S)):
        if "capture_process_up" in site.layout.engine_log.read_text("utf-8"):
            return
        await asyncio.sleep(0.1)
    raise Unmeasured("the capture process does not start")


@asynccontextmanager
async def _listening(site: BenchSite, directory: Path) -> AsyncIterator[None]:
    """Everything that the manager tells somebody who may read all that is safe: CEL and CDR too."""
    host, port = str(site.card["ami"]["address"]).split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"Action: Login\r\nUsername: listener\r\nSecret: ears\r\n\r\n")

    async def record() -> None:
        with (directory / "stream.ami").open("wb", buffering=0) as file:
            while data := await reader.read(1 << 16):
                file.write(data)

    recording = asyncio.create_task(record())
    try:
        yield
    finally:
        recording.cancel()
        writer.close()


@asynccontextmanager
async def _holding(decoy: Keyed) -> AsyncIterator[Process]:
    """A process that has a number in its memory."""
    hold = "import sys; held = bytearray(sys.stdin.buffer.readline()); print(1, flush=True)\n"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"{hold}sys.stdin.buffer.readline()"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdin is None or process.stdout is None:
        raise Unmeasured("the decoy has no pipes")
    process.stdin.write(f"{decoy.number}\n".encode())
    await process.stdout.readline()
    try:
        yield Process(process.pid, "decoy")
    finally:
        process.stdin.close()
        await process.wait()


def _house(site: BenchSite) -> Iterator[Process]:
    """The supervisor and all below it, but the provider."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        parents[int(status.parent.name)] = int(told[1])
    pids = {parents[site.engine_pid]}
    while more := {pid for pid, parent in parents.items() if parent in pids} - pids:
        pids |= more
    for pid in sorted(pids):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        if "sandbox" not in words:
            yield Process(pid, _name(words))


def _name(words: list[str]) -> str:
    """What a process is, by its command."""
    names = {"engine.capturing": "capture process", "serve": "engine", "up": "supervisor"}
    for mark, name in names.items():
        if mark in words:
            return name
    others = {"-server": "redis", "asterisk": "asterisk"}
    found = (name for mark, name in others.items() if any(mark in word for word in words[:4]))
    return next(found, Path(words[0]).name)


def _sought(cards: list[Keyed]) -> Iterator[tuple[int, Form]]:
    for whose, each in enumerate(cards):
        yield from ((whose, form) for form in forms(each.number))
        yield from ((whose, form) for form in in_context(each.code))


def _search(
    search: Search, directory: Path, began: float, house: list[Process], console: Console
) -> list[Searched]:
    done: list[Searched] = []
    with console.status("searching files"):
        done += search.directory(directory)
        done += _recent(search, Path(tempfile.gettempdir()), began, directory)
    for process in house:
        with console.status(f"searching the memory of {process.name}"):
            done += search.process(process.pid, process.name)
    return done


def _recent(search: Search, root: Path, began: float, leave_out: Path) -> Iterator[Searched]:
    """Files of the machine's directory for temporary ones that were written since."""
    for place, below, names in os.walk(root):
        below[:] = [name for name in below if Path(place, name) != leave_out]
        for path in (Path(place, name) for name in names):
            try:
                if path.is_file() and not path.is_symlink() and path.stat().st_mtime >= began:
                    yield search.file(path)
            except OSError:  # it is gone, or another's
                continue


def _report(callers: int, paid: int, done: list[Searched], keys: int, streamed: int) -> Report:
    hits = [hit for each in done for hit in each.hits]
    of_decoy = [hit for hit in hits if hit.whose == callers]
    left = [hit for hit in hits if hit.whose != callers]
    controls = {"file": _in(of_decoy, "/decoy"), "memory": _in(of_decoy, "decoy (")}
    if not all(controls.values()):
        raise Unmeasured(f"the search is blind: {controls}")
    size = Counter[str]()
    found = Counter[tuple[str, str]]()
    for each in done:
        size[_where(each.place)] += each.size
    for hit in left:
        found[_where(hit.place), hit.form] += 1
    rows = [
        (place, f"{count / 1e6:.1f}", str(sum(n for (p, _), n in found.items() if p == place)))
        for place, count in size.most_common()
    ]
    rows += [(f"  {place}", form, str(n)) for (place, form), n in found.most_common(20)]
    figures = {
        "callers": callers,
        "captures": paid,
        "searched_mb": round(sum(size.values()) / 1e6, 1),
        "stream_mb": round(streamed / 1e6, 1),
        "keys_in_streams": keys,
        "found": len(left),
        "cards_found": len({hit.whose for hit in left}),
    }
    columns = ("where", "MB searched, or form", "found")
    return Report(
        f"What {paid} paid captures of {callers} callers left behind", columns, rows, figures
    )


def _in(hits: list[Hit], place: str) -> bool:
    return any(place in hit.place for hit in hits)


def _where(place: str) -> str:
    """A process, or `files`."""
    return place.split(" (")[0] if not place.startswith("/") else "files"


if __name__ == "__main__":
    command.run((__doc__ or "").partition(":")[0], measure)
