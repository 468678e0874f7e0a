"""What is left of cards: callers key unique random ones into real calls, each until it was paid;
then everything that the house has written, core images and the memory of each of its processes are
searched for each number.

A security code is too short to be told from any other number. So no place may have more of those
that were keyed than of as many that never were (`residue_codes`).

Outside the house, and so not searched, are the callers (this process), who know the cards, and the
payment provider (the sandbox, a process of its own), which is given them to make tokens.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console

from bench import command
from bench.command import Report, Unmeasured
from bench.residue_calls import Callers
from bench.residue_canary import NAME as CANARY
from bench.residue_canary import Process, planted, unseen
from bench.residue_cards import Drawn, Keyed, draw
from bench.residue_codes import LEAK, NAMED, Codes, Verdict, by_luck
from bench.residue_core import write_core
from bench.residue_events import keys_left
from bench.residue_forms import SUCCESSION, Form, forms, succession
from bench.residue_search import CORES, Hit, Search, Searched
from bench.site import BenchSite, Plan, running
from tests.ports import free_port

NUMBER, RECORDED = "+3615550105", "+3615550106"
"""What callers pay at, and what they dial: it records the call and goes on there."""
CAPTURES, QUICK = 1000, 30

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
    pay: {amount: due, reference: "{call.caller}"}
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
RECORDING = """\
[from-trunk](+)
exten => +3615550106,1,MixMonitor({directory}/var/recordings/${{UNIQUEID}}.wav)
 same => n,Goto(+3615550105,1)
"""
"""As a site's own dialplan may."""
ASTERISK = {
    "modules.conf": "load = cel_manager.so\nload = cdr_manager.so\n",
    "manager.conf": f"[listener]\nsecret = ears\nread = {READS}\nwrite =\n",
    "cel.conf": "[general](+)\nenable = yes\napps = all\n"
    "events = CHAN_START,CHAN_END,ANSWER,HANGUP,APP_START,APP_END,BRIDGE_ENTER,BRIDGE_EXIT\n",
    "cel_manager.conf": "[general]\nenabled = yes\n",
    "cdr.conf": "[general](+)\nenable = yes\nunanswered = yes\n",
    "cdr_manager.conf": "[general]\nenabled = yes\n",
}


async def measure(quick: bool, console: Console) -> Report:
    """Key, search, and show that the search is not blind."""
    drawn = draw(QUICK if quick else CAPTURES)
    (canary,) = draw(1).cards
    with tempfile.TemporaryDirectory(prefix="trk") as made:
        directory, began = Path(made), time.time()
        async with (
            running(directory, _plan(directory)) as site,
            _listening(site, directory),
        ):
            callers = Callers(site, drawn.cards, console)
            await callers.pay(RECORDED)
            await site.drained()
            async with planted(canary, site, directory) as holder:
                looking = _Looking(drawn, canary, console)
                house = [*_house(site), holder]
                await asyncio.to_thread(looking.search, directory, began, house)
        told = (directory / "stream.ami").read_bytes()
    keys = len(re.findall(rb"\nDigit: ", told))
    return looking.report(callers, {"stream_mb": len(told) / 1e6, "keys_in_streams": keys})


def _plan(directory: Path) -> Plan:
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
    recorded = RECORDING.format(directory=directory)
    return Plan(
        site=site,
        flows={"bill": FLOW},
        asterisk={**ASTERISK, "extensions.conf": recorded},
        music={},
    )


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


class _Looking:
    """What is looked for, and what was found."""

    def __init__(self, drawn: Drawn, canary: Keyed, console: Console) -> None:
        self._canary = canary
        self._console = console
        self._count = len(drawn.cards)
        codes = [[card.code for card in cards] for cards in drawn]
        self.codes = Codes(codes[0], codes[1])
        self._search = Search(_sought([*drawn.cards, canary], drawn.control), self.codes)
        self.done: list[Searched] = []
        self.keys = 0
        """Single keys, in the events of Asterisk's manager, which its memory holds."""

    def search(self, directory: Path, began: float, house: list[Process]) -> None:
        """Files first: what is searched comes into no memory but ours."""
        with self._console.status("searching files"):
            self.done += self._search.directory(directory)
            self.done += _recent(self._search, Path(tempfile.gettempdir()), began, directory)
        self.keys = sum(keys_left(each.pid) for each in house if each.name == "asterisk")
        for process in house:
            with self._console.status(f"searching the memory of {process.name}"):
                self.done += self._search.process(process.pid, process.name)
            with self._console.status(f"searching a core image of {process.name}"):
                self.done.append(self._core(directory / "core", process))

    def _core(self, path: Path, process: Process) -> Searched:
        write_core(process.pid, path)
        try:
            return self._search.file(path, CORES)
        finally:
            path.unlink()

    def report(self, callers: Callers, streams: dict[str, float]) -> Report:
        """Raises Unmeasured where the search does not see."""
        hits = [hit for each in self.done for hit in each.hits]
        of_canary = [hit for hit in hits if hit.whose == self._count]
        blind = unseen(self._canary, of_canary)
        if blind:
            raise Unmeasured(f"the search is blind: {', '.join(blind)}")
        left = [hit for hit in hits if 0 <= hit.whose < self._count and _whole(hit)]
        verdicts = [*self.codes.verdicts(), *in_succession(hits, self._count)]
        verdicts = [each for each in verdicts if each.place != CANARY]
        leaks = [each for each in verdicts if each.chance < LEAK]
        figures: dict[str, Figure] = {
            "callers": self._count,
            "captures": callers.paid,
            "calls_failed": callers.failures.total(),
            "searched_mb": round(sum(each.size for each in self.done) / 1e6, 1),
            **{name: round(value, 1) for name, value in streams.items()},
            "keys_in_asterisk": self.keys,
            "found": len(left),
            "cards_found": len({hit.whose for hit in left}),
            "codes": [verdict_as_figure(each) for each in verdicts],
            "codes_by_name": [
                {"place": place, "code": each.code, "bytes": repr(each.bytes)}
                for place, examples in sorted(self.codes.examples.items())
                for each in examples
            ],
            "code_leaks": len(leaks),
        }
        title = f"What {callers.paid} paid captures left behind"
        if callers.failures:
            title += f"; calls that failed and were made again: {callers.why}"
        rows = [*self._places(left), *_by_form(left), *_of_codes(verdicts), *self._named()]
        return Report(title, ("where", "searched, or how found", "found"), rows, figures)

    def _places(self, left: list[Hit]) -> Iterator[tuple[str, str, str]]:
        size, found = Counter[str](), Counter(hit.place.among for hit in left)
        for each in self.done:
            size[each.place.among] += each.size
        for place, count in size.most_common():
            yield place, f"{count / 1e6:.1f} MB", str(found[place])

    def _named(self) -> Iterator[tuple[str, str, str]]:
        """The bytes around codes by their name, for whoever reads to judge."""
        for place, examples in sorted(self.codes.examples.items()):
            if place != CANARY:
                yield from ((f"  {place}", repr(each.bytes), each.code) for each in examples)


Figure = float | list[dict[str, float | str]]


def _sought(keyed: list[Keyed], control: list[Keyed]) -> Iterator[tuple[int, Form]]:
    for whose, card in enumerate(keyed):
        yield from ((whose, form) for form in forms(card.number))
        yield from ((whose, form) for form in succession(card.expiry, card.code))
    for whose, card in enumerate(control, 1):
        yield from ((-whose, form) for form in succession(card.expiry, card.code))


def _whole(hit: Hit) -> bool:
    """A card's number, and not only its date and code."""
    return not hit.form.startswith(SUCCESSION)


def in_succession(hits: list[Hit], count: int) -> Iterator[Verdict]:
    """Of each place, whether dates and codes of more cards were found that were keyed than of those
    that never were: seven digits come by chance, too."""
    found: dict[str, set[int]] = {}
    for hit in hits:
        if hit.whose < count and not _whole(hit):
            found.setdefault(hit.place.among, set()).add(hit.whose)
    for place, whose in sorted(found.items()):
        control = sum(each < 0 for each in whose)
        keyed = len(whose) - control
        yield Verdict(place, SUCCESSION, keyed, control, by_luck(keyed, control))


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


def _by_form(left: list[Hit]) -> Iterator[tuple[str, str, str]]:
    found = Counter((hit.place.among, hit.form) for hit in left)
    return ((f"  {place}", form, str(n)) for (place, form), n in found.most_common(20))


def _of_codes(verdicts: list[Verdict]) -> Iterator[tuple[str, str, str]]:
    """Of codes: those that were keyed, and those that never were."""
    for place, how, keyed, control, chance in verdicts:
        judged = "LEAK" if chance < LEAK else f"chance {chance:.2f}"
        what = "codes" if how in (NAMED, SUCCESSION) else "times"
        yield f"  {place}", f"{how}, {judged}", f"{keyed} : {control} {what}"


def verdict_as_figure(verdict: Verdict) -> dict[str, float | str]:
    """For the JSON."""
    return {
        "place": verdict.place,
        "how": verdict.how,
        "keyed": verdict.keyed,
        "control": verdict.control,
        "chance": round(verdict.chance, 4),
    }


if __name__ == "__main__":
    command.run((__doc__ or "").partition(":")[0], measure)
