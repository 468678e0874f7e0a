"""A whole site for one test module: `trunkline up` as a user starts it, on ports of its own.

Nothing is mocked: Asterisk, Redis, the engine and the phones are the real ones.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from engine import card
from engine.client import Client
from engine.errors import NotRunning
from engine.settings import PROJECT
from phones.bank import PhoneBank
from phones.carrier import CarrierPhone
from phones.phone import Call, Phone
from phones.protocol import AnswerCalls, IncomingPolicy
from tests.ports import free_port, sound_ports
from tests.sip import shared_prompts

NUMBER = "+3615550100"
FALLBACK = "+3615550199"
START_S, STOP_S = 100, 30
RTP_PORTS = 400
Json = dict[str, Any]

SITE: Json = {
    "site": "test",
    "title": "A site under test",
    "zone": "Europe/Budapest",
    "languages": ["en", "hu"],
    "numbers": {NUMBER: {"flow": "desk"}},
    "trunks": {"carrier": {"host": "127.0.0.1", "match": ["127.0.0.1"]}},
    "skills": {name: {"about": name} for name in ("support", "billing", "en", "hu")},
    "agents": {
        "anna": {"name": "Anna", "extension": "201", "skills": {"support": "5", "en": "5"}},
        "bela": {"name": "Bela", "extension": "202", "skills": {"support": "3", "en": "3"}},
        "cili": {"name": "Cili", "extension": "203", "skills": {"billing": "4", "hu": "4"}},
    },
    "queues": {
        "support": {"skills": {"support": "1"}, "wrap_up": "1s", "ring_timeout": "3s"},
        "billing": {"skills": {"billing": "1"}, "wrap_up": "0s", "record": "no"},
    },
    "pause_reasons": ["lunch", "training"],
    "fallback": {"number": FALLBACK, "trunk": "carrier", "apology": {"en": "We are sorry."}},
}

FLOWS: dict[str, str] = {
    "desk": """\
flow: desk
version: "1"
about: A short menu for tests
owner: test@example.test
languages: [en, hu]
start: main
exits: {on_timeout: support, on_invalid: support, on_error: support}
vars:
  account: {type: digits, length: 4}
steps:
  main:
    menu:
      prompt: {en: "Support, one. Billing, two.", hu: "Segítség egy, számla kettő."}
      options: {1: account, 2: billing}
      timeout: 3s
      tries: 2
  account:
    collect: {into: account, prompt: {en: Your number please., hu: A száma.}, timeout: 3s}
    next: support
  support:
    queue: support
    skills: {support: 1}
    answered: thanks
    on_timeout: {after: 2m, go: bye}
  billing:
    queue: billing
    skills: {billing: 1}
    answered: bye
    on_timeout: {after: 3s, go: bye}
  thanks:
    say: {en: Thank you., hu: Köszönjük.}
    next: bye
    on_error: bye
  bye: {hangup: normal}
"""
}


@dataclass
class RunningSite:
    """A site that is up: its card, its phones, its history."""

    process: asyncio.subprocess.Process
    directory: Path
    card: card.Card
    client: Client
    bank: PhoneBank
    carrier: CarrierPhone
    environ: dict[str, str]
    phones: dict[str, Phone] = field(default_factory=dict)
    """One of each name: a second phone of the same account would take the first one's calls."""

    @property
    def output(self) -> str:
        """What `trunkline up` printed."""
        return (self.directory / "up.log").read_text("utf-8")

    @property
    def asterisk_log(self) -> str:
        """Warnings and errors of Asterisk."""
        return "\n".join(
            path.read_text("utf-8", "replace")
            for path in sorted((self.directory / "var" / "log").rglob("*"))
            if path.is_file() and "asterisk" in str(path)
        )

    async def agent(self, name: str, incoming: IncomingPolicy | None = None) -> Phone:
        """An agent's phone, registered, and seen as available by the engine."""
        phone = await self.phone(name, incoming)
        await self.agent_is(name, "available")
        return phone

    async def phone(self, name: str, incoming: IncomingPolicy | None = None) -> Phone:
        """An agent's phone, registered; a waiting contact may ring it at once."""
        phone = self.phones.get(name)
        if phone is None:
            account = next(agent for agent in self.card["agents"] if agent["user"] == name)
            phone = self.phones[name] = await self.bank.phone(
                name, account["password"], account["domain"], account["port"]
            )
        await phone.policy(incoming or AnswerCalls(after_ms=100))
        await phone.register()
        return phone

    async def call(self, caller: str = "+36201234567", number: str = NUMBER) -> Call:
        """A caller's call over the trunk, answered by the site."""
        phone = await self.carrier.caller(caller)
        call = await phone.dial(f"sip:{number}@{self.card['sip']['trunk']}")
        await call.answered()
        return call

    async def agent_is(self, name: str, state: str, within_s: float = 10) -> Json:
        """Wait until an agent is in a state; returns the agent's status."""

        seen: Json = {}

        async def look() -> Json | None:
            nonlocal seen
            agents = (await self.client.get("/api/status"))["agents"]
            seen = next(agent for agent in agents if agent["id"] == name)
            return seen if seen["state"] == state else None

        try:
            found: Json = await until(f"{name} {state}", look, within_s)
        except AssertionError as failed:
            raise AssertionError(f"{failed}; last seen {seen}") from None
        return found

    async def row(self, contact_id: str, within_s: float = 10) -> Json:
        """A contact's history row, once it is written."""

        async def look() -> Json | None:
            found: Json = await self.client.get(f"/api/contacts/{contact_id}")
            return None if "error" in found else found

        found: Json = await until(f"history row of {contact_id}", look, within_s)
        return found

    async def outcome(self, wanted: str, within_s: float = 10) -> Json:
        """The newest history row, once it has this outcome."""

        async def look() -> Json | None:
            rows: list[Json] = await self.client.get("/api/contacts?limit=1")
            return rows[0] if rows and rows[0]["outcome"] == wanted else None

        found: Json = await until(f"a contact {wanted}", look, within_s)
        return found

    async def only_call(self, at: str, within_s: float = 10) -> Json:
        """The one live call, once it is at a place (`flow`, `queue`, `conversation`)."""

        async def look() -> Json | None:
            calls = (await self.client.get("/api/status"))["calls"]
            return calls[0] if len(calls) == 1 and calls[0]["at"] == at else None

        found: Json = await until(f"one call at {at}", look, within_s)
        return found

    async def trunkline(self, *words: str) -> tuple[int, str]:
        """Run the command as a user would: its exit code, and what it printed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "engine", *words),
            cwd=PROJECT,
            env=self.environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await process.communicate()
        return process.returncode or 0, printed.decode("utf-8")

    async def kill_engine(self) -> None:
        """SIGKILL the engine, this site's own, as a crash would."""
        os.kill(self.card["pid"], signal.SIGKILL)

    async def engine_back(self, within_s: float = 30) -> None:
        """Wait until a new engine has taken over; its card replaces the old."""
        old = self.card["pid"]

        async def look() -> bool | None:
            fresh = card.read(self.directory / "var" / "run" / "trunkline.json")
            if fresh["pid"] == old:
                return None
            self.card = fresh
            return bool((await self.client.get("/healthz"))["ok"]) or None

        await until("a new engine", look, within_s)


async def until(what: str, look: Callable[[], Any], within_s: float) -> Any:
    """Poll until `look` gives something; an unreachable engine counts as nothing yet."""
    try:
        async with asyncio.timeout(within_s):
            while True:
                try:
                    if (found := await look()) is not None:
                        return found
                except NotRunning:
                    pass
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not within {within_s} s: {what}") from None


@asynccontextmanager
async def running_site(
    directory: Path,
    change: Callable[[Json], None] | None = None,
    flows: dict[str, str] | None = None,
) -> AsyncIterator[RunningSite]:
    """Start a site in `directory`; `change` edits the site's data before it is written."""
    site = deepcopy(SITE)
    carrier_port = free_port()
    site["trunks"]["carrier"]["port"] = str(carrier_port)
    site["network"] = _ports() | for_sound(RTP_PORTS)
    if change:
        change(site)
    environ = _write(directory, site, flows or FLOWS)
    with (directory / "up.log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "engine",
            "up",
            "--no-demo",
            cwd=PROJECT,
            env=environ,
            stdout=output,
            stderr=output,
        )
    try:
        here = await _card_of(process, directory)
        shared_prompts.give(directory)
        async with (
            Client(here) as client,
            PhoneBank.open(log=directory / "phones.log") as bank,
            CarrierPhone.open(carrier_port, number=FALLBACK, log=directory / "carrier.log") as far,
        ):
            yield RunningSite(process, directory, here, client, bank, far, environ)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), STOP_S)


def _write(directory: Path, site: Json, flows: dict[str, str]) -> dict[str, str]:
    dialplans = directory / "dialplans"
    dialplans.mkdir(parents=True)
    for name, text in flows.items():
        (dialplans / f"{name}.yaml").write_text(text, "utf-8")
    shared_prompts.take(directory)
    (directory / "site.yaml").write_text(yaml.safe_dump(site, allow_unicode=True), "utf-8")
    return {
        **os.environ,
        "TRUNKLINE_VAR": str(directory / "var"),
        "TRUNKLINE_SITE": str(directory / "site.yaml"),
        "TRUNKLINE_DIALPLANS": str(dialplans),
        "TRUNKLINE_LOG": "json",
        "PYTHONPATH": str(PROJECT),
    }


async def _card_of(process: asyncio.subprocess.Process, directory: Path) -> card.Card:
    async def look() -> card.Card | None:
        if process.returncode is not None:
            raise AssertionError((directory / "up.log").read_text("utf-8"))
        if "is up" not in (directory / "up.log").read_text("utf-8"):
            return None
        return card.read(directory / "var" / "run" / "trunkline.json")

    found: card.Card = await until("the site is up", look, START_S)
    return found


def _ports() -> Json:
    tcp = {name: str(free_port()) for name in ("ami_port", "agi_port", "http_port")}
    return {"sip_port": str(free_port()), **tcp}


def for_sound(count: int) -> Json:
    """So many ports for a site's network."""
    first = sound_ports(count)
    return {"rtp_first": str(first), "rtp_last": str(first + count - 1)}
