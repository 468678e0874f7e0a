"""A site of one's own for a while: `trunkline up` on free ports, with a carrier that we play."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.document import load_plain
from engine import card
from engine.calls.rehearsed_outside import SERVICE
from engine.errors import ChildFailed
from engine.settings import PROJECT, Settings
from phones.bank import PhoneBank
from phones.carrier import CarrierPhone
from phones.phone import Phone
from phones.protocol import IncomingPolicy

START_S, STOP_S = 300, 30
"""The first start speaks every prompt."""
NUMBERS_FROM = 3615550900
RTP_FROM, RTP_PORTS = 20_000, 400
EXTENSIONS_FROM = 990001
NO_TRUNK = "nowhere"
NO_SKILL = "nobodys"
COLLEAGUE = "colleague"
"""Logged in and able to do everything, but never free: whoever staffs the queues of a test."""
LEVEL = "5"
Json = dict[str, Any]


@dataclass(frozen=True)
class Needs:
    """What calls will ask of the site: flows to call, names that it may not have, the address of
    the stand-in for web services, and an agent for each of so many lanes."""

    web: str
    lanes: int
    flows: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    mailboxes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PrivateSite:
    """A site that is up: its card, the carrier before it, the phones of its agents, a number for
    each flow. ``trunk`` leads to the carrier."""

    card: card.Card
    carrier: CarrierPhone
    agents: PhoneBank
    numbers: Mapping[str, str]
    trunk: str

    @property
    def extensions(self) -> Mapping[str, str]:
        """The agents by their extensions."""
        return {each["extension"]: each["user"] for each in self.card["agents"]}

    def code(self, name: str) -> str:
        """The address that agents dial for a short code."""
        return f"sip:{self.card['codes'][name]}@{self.card['sip']['address']}"

    async def agent(self, name: str, incoming: IncomingPolicy) -> Phone:
        """The phone of an agent, not registered yet."""
        account = next(each for each in self.card["agents"] if each["user"] == name)
        return await self.agents.phone(
            name, account["password"], account["domain"], account["port"], incoming=incoming
        )


def lane_name(lane: int) -> str:
    """Of the agent, and of the skill, that the calls of one lane have for themselves."""
    return f"lane{lane}"


@asynccontextmanager
async def private_site(
    settings: Settings, dialplans: Path, needs: Needs, directory: Path
) -> AsyncIterator[PrivateSite]:
    """The site of the settings with the flows in ``dialplans``, all its data in ``directory``.

    Its trunks and web services lead nowhere but to us. Raises ChildFailed when it does not come
    up.
    """
    ports = iter(_free_ports(8))
    carrier_port, agents_port = next(ports), next(ports)
    flows = sorted(needs.flows)
    numbers = {flow: f"+{NUMBERS_FROM + nth}" for nth, flow in enumerate(flows)}
    site = load_plain(settings.site_file.read_text("utf-8"), "")
    trunk = next(iter(site["trunks"]))
    _only_us(site, numbers, (trunk, carrier_port, agents_port), needs.web)
    _staff(site, needs)
    _sandboxed(site, next(ports))
    site["network"] = _network(ports)
    # JSON is YAML.
    (directory / "site.yaml").write_text(json.dumps(site, ensure_ascii=False), "utf-8")
    log = directory / "up.log"
    process = await _start(settings, dialplans, directory, log)
    try:
        here = await _card(process, directory / "var" / "run" / "trunkline.json", log)
        async with (
            CarrierPhone.open(carrier_port, log=directory / "carrier.log") as carrier,
            PhoneBank.open(sip_port=agents_port, log=directory / "agents.log") as agents,
        ):
            yield PrivateSite(here, carrier, agents, numbers, trunk)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), STOP_S)


def _only_us(site: Json, numbers: Mapping[str, str], trunk: tuple[str, int, int], web: str) -> None:
    """No real carrier is called and no real service asked, and no secret is needed."""
    name, carrier_port, agents_port = trunk
    ours = {"host": "127.0.0.1", "port": str(carrier_port), "match": ["127.0.0.1"]}
    # The agents' phones know none of the numbers that are dialled over a trunk.
    nowhere = {"host": "127.0.0.1", "port": str(agents_port), "match": ["192.0.2.1"]}
    site["trunks"] = {name: ours, NO_TRUNK: nowhere}
    site["numbers"] = {number: {"flow": flow} for flow, number in numbers.items()}
    site["fallback"]["trunk"] = name
    for rules in filter(None, (site.get("callbacks"), site.get("transfers"))):
        rules.pop("trunk", None)
    for service_name, service in site.get("services", {}).items():
        service["url"] = f"{web}{SERVICE}{service_name}"
        service.pop("headers", None)
        # One test's failures are not to close a service to another.
        service["circuit"] = {"failures": "1000"}


def _sandboxed(site: Json, port: int) -> None:
    """No money moves."""
    payments = site.get("payments")
    if payments is not None:
        for provider in ("stripe", "http"):
            payments.pop(provider, None)
        payments["sandbox"] = {"port": str(port)}


def _staff(site: Json, needs: Needs) -> None:
    """An agent for each lane, who can do everything, and the colleague."""
    names = [lane_name(lane) for lane in range(needs.lanes)]
    skills, queues = site.setdefault("skills", {}), site.setdefault("queues", {})
    for skill in (*needs.skills, *names, NO_SKILL):
        skills.setdefault(skill, {"about": skill})
    for queue in needs.queues:
        queues.setdefault(queue, {})
    for mailbox in needs.mailboxes:
        site.setdefault("mailboxes", {}).setdefault(mailbox, {"about": mailbox})
    for queue in queues.values():
        queue["wrap_up"] = "0s"
    everything = dict.fromkeys(skills.keys() - {*names, NO_SKILL}, LEVEL)
    able = {name: {**everything, name: LEVEL} for name in names}
    able[COLLEAGUE] = {**everything, **dict.fromkeys(names, LEVEL)}
    for nth, (name, has) in enumerate(able.items()):
        extension = str(EXTENSIONS_FROM + nth)
        site["agents"][name] = {"name": name, "extension": extension, "skills": has}


def _network(ports: Iterator[int]) -> Json:
    # Below the ports that the kernel gives to others.
    rtp = RTP_FROM + next(ports) % 30 * RTP_PORTS
    names = "sip_port", "ami_port", "agi_port", "http_port"
    told = {name: str(port) for name, port in zip(names, ports, strict=False)}
    return {**told, "rtp_first": str(rtp), "rtp_last": str(rtp + RTP_PORTS - 1)}


def _free_ports(count: int) -> list[int]:
    """Held together while they are asked for, so that all are different; free for TCP and UDP."""
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < count:
            stream = held.enter_context(socket.socket(type=socket.SOCK_STREAM))
            datagrams = held.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            stream.bind(("127.0.0.1", 0))
            port = int(stream.getsockname()[1])
            with suppress(OSError):
                datagrams.bind(("127.0.0.1", port))
                found.append(port)
    return found


async def _start(
    settings: Settings, dialplans: Path, directory: Path, log: Path
) -> asyncio.subprocess.Process:
    ours = {
        "TRUNKLINE_VAR": str(directory / "var"),
        "TRUNKLINE_SITE": str(directory / "site.yaml"),
        "TRUNKLINE_DIALPLANS": str(dialplans),
        "TRUNKLINE_FUNCTIONS": str(settings.functions),
        "TRUNKLINE_REHEARSAL": "1",
        "TRUNKLINE_LOG": "json",
        "PYTHONPATH": str(PROJECT),
    }
    with log.open("wb") as output:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "engine", "up", "--no-demo"),
            cwd=PROJECT,
            env={**os.environ, **ours},
            stdout=output,
            stderr=output,
        )


def _text(log: Path) -> str:
    return log.read_text("utf-8", "replace")


async def _card(process: asyncio.subprocess.Process, path: Path, log: Path) -> card.Card:
    try:
        async with asyncio.timeout(START_S):
            while "is up" not in _text(log):
                if process.returncode is not None:
                    raise ChildFailed("the site for live tests", "it ended", log)
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise ChildFailed("the site for live tests", f"not up in {START_S} s", log) from None
    return card.read(path)
