"""A site of one's own for a while: `trunkline up` on free ports, with a carrier that we play."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.document import load_plain
from engine import card
from engine.errors import ChildFailed
from engine.settings import PROJECT, Settings
from phones.carrier import CarrierPhone

START_S, STOP_S = 300, 30
"""The first start speaks every prompt."""
NUMBERS_FROM = 3615550900
Json = dict[str, Any]


@dataclass(frozen=True)
class PrivateSite:
    """A site that is up: its card, the carrier before it, a number for each flow."""

    card: card.Card
    carrier: CarrierPhone
    numbers: Mapping[str, str]


@asynccontextmanager
async def private_site(
    settings: Settings, dialplans: Path, flows: Iterable[str], directory: Path
) -> AsyncIterator[PrivateSite]:
    """The site of the settings with the flows in ``dialplans``, all its data in ``directory``.

    Its trunks lead nowhere but to us. Raises ChildFailed when it does not come up.
    """
    ports = iter(_free_ports(6))
    carrier_port = next(ports)
    numbers = {flow: f"+{NUMBERS_FROM + nth}" for nth, flow in enumerate(dict.fromkeys(flows))}
    site = _site(load_plain(settings.site_file.read_text("utf-8"), ""), numbers, carrier_port)
    site["network"] = _network(ports)
    # JSON is YAML.
    (directory / "site.yaml").write_text(json.dumps(site, ensure_ascii=False), "utf-8")
    log = directory / "up.log"
    process = await _start(directory, dialplans, log)
    try:
        here = await _card(process, directory / "var" / "run" / "trunkline.json", log)
        async with CarrierPhone.open(carrier_port, log=directory / "carrier.log") as carrier:
            yield PrivateSite(here, carrier, numbers)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), STOP_S)


def _site(site: Json, numbers: Mapping[str, str], carrier_port: int) -> Json:
    """No real carrier is called, and nothing of the real site's data is used."""
    first = next(iter(site["trunks"]))
    ours = {"host": "127.0.0.1", "port": str(carrier_port), "match": ["127.0.0.1"]}
    site["trunks"] = {first: ours}
    site["numbers"] = {number: {"flow": flow} for flow, number in numbers.items()}
    site["fallback"]["trunk"] = first
    return site


def _network(ports: Iterator[int]) -> Json:
    rtp = min(max(next(ports) // 2 * 2, 20_000), 60_000)
    names = "sip_port", "ami_port", "agi_port", "http_port"
    told = {name: str(port) for name, port in zip(names, ports, strict=False)}
    return {**told, "rtp_first": str(rtp), "rtp_last": str(rtp + 99)}


def _free_ports(count: int) -> list[int]:
    """Held together while they are asked for, so that all are different."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket(type=socket.SOCK_DGRAM)) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


async def _start(directory: Path, dialplans: Path, log: Path) -> asyncio.subprocess.Process:
    ours = {
        "TRUNKLINE_VAR": str(directory / "var"),
        "TRUNKLINE_SITE": str(directory / "site.yaml"),
        "TRUNKLINE_DIALPLANS": str(dialplans),
        "TRUNKLINE_REHEARSAL": "1",
        "TRUNKLINE_LOG": "json",
        "PYTHONPATH": str(PROJECT),
    }
    root = {"TRUNKLINE_ASTERISK_ROOT": str(PROJECT / "var" / "asterisk-root")}
    with log.open("wb") as output:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "engine", "up", "--no-demo"),
            cwd=PROJECT,
            env={**root, **os.environ, **ours},
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
