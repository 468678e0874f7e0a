"""A whole site for one benchmark: `trunkline up` as an operator starts it, on free ports, in a
directory of its own, with the rival's dialplan beside it on the same Asterisk."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.command import Unmeasured
from config.asterisk_runtime import find_runtime
from engine import card
from engine.client import Client
from engine.errors import EngineError
from engine.layout import Layout
from engine.settings import PROJECT

START_S, STOP_S, POLL_S = 120, 30, 0.05
RTP_PORTS = 8000
"""Two a leg; the kernel hands out its own ports from 32768 on."""
FIRST_RTP_PORT = 20000
Json = dict[str, Any]


class SiteNotUp(EngineError):
    """The site that is to be measured did not start; the text is its own output."""

    code = "site_not_up"


@dataclass(frozen=True)
class Plan:
    """What to start: the site without its network, its flows, files of the operator's for
    Asterisk (`var/asterisk/local/`), and directories of music by class."""

    site: Json
    flows: Mapping[str, str]
    asterisk: Mapping[str, str]
    music: Mapping[str, bytes]


@dataclass(frozen=True)
class BenchSite:
    """A site that is up."""

    layout: Layout
    card: card.Card
    dialplans: Path
    _environ: Mapping[str, str]

    async def trunkline(self, *words: str) -> Any:
        """What a command of ours answers with `--json`. Unmeasured if it fails."""
        return json.loads(await self.said(*words, "--json"))

    async def said(self, *words: str) -> str:
        """What a command of ours prints. Unmeasured if it fails."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "engine", *words),
            cwd=PROJECT,
            env=self._environ,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
        if process.returncode:
            raise Unmeasured(f"trunkline {' '.join(words[:2])} failed: {said.decode()}")
        return said.decode()

    @property
    def trunk(self) -> tuple[str, int]:
        """Where callers send their INVITEs."""
        return _address(self.card["sip"]["trunk"])

    @property
    def registrar(self) -> tuple[str, int]:
        """Where phones register."""
        return _address(self.card["sip"]["address"])

    def password(self, agent: str) -> str:
        """An agent's phone's password."""
        found = next(entry for entry in self.card["agents"] if entry["user"] == agent)
        return str(found["password"])

    @property
    def engine_pid(self) -> int:
        """The engine's process."""
        return int(self.card["pid"])

    @property
    def asterisk_pid(self) -> int:
        """Asterisk's process."""
        return int((self.layout.asterisk / "run" / "asterisk.pid").read_text())

    async def agent_is(self, agent: str, state: str, within_s: float = 10) -> None:
        """Wait until the engine sees an agent in a state; TimeoutError."""
        async with Client(self.card) as client, asyncio.timeout(within_s):
            while True:
                agents = (await client.get("/api/status"))["agents"]
                if any(one["id"] == agent and one["state"] == state for one in agents):
                    return
                await asyncio.sleep(POLL_S)

    async def drained(self, within_s: float = 60) -> None:
        """Wait until no channel is up, no call is under way, every history row is written."""
        async with Client(self.card) as client, asyncio.timeout(within_s):
            while True:
                if await self._quiet() and await _told(client):
                    return
                await asyncio.sleep(POLL_S)

    async def told(self, within_s: float = 60) -> None:
        """Wait until no call is under way and every history row is written; lines may be open."""
        async with Client(self.card) as client, asyncio.timeout(within_s):
            while True:
                if await _told(client):
                    return
                await asyncio.sleep(POLL_S)

    async def _quiet(self) -> bool:
        return (await self._console("core show channels count")).startswith("0 active channels")

    async def _console(self, words: str) -> str:
        argv = find_runtime().remote(self.layout.asterisk / "etc", words)
        process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
        return (await process.communicate())[0].decode()


@asynccontextmanager
async def running(directory: Path, plan: Plan) -> AsyncIterator[BenchSite]:
    """Start the plan's site below `directory`; stopped at the end. SiteNotUp with what it said."""
    layout = Layout(directory / "var")
    environ = _write(directory, layout, plan)
    with (directory / "up.log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "engine", "up", "--no-demo"),
            cwd=PROJECT,
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        up = await _up(process, directory, layout)
        yield BenchSite(layout, up, directory / "dialplans", environ)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), STOP_S)


async def _up(process: asyncio.subprocess.Process, directory: Path, layout: Layout) -> card.Card:
    said = directory / "up.log"
    try:
        async with asyncio.timeout(START_S):
            while "is up" not in said.read_text("utf-8"):
                if process.returncode is not None:
                    raise SiteNotUp(said.read_text("utf-8").strip())
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        raise SiteNotUp(f"not up within {START_S} s; its logs are in {layout.logs}") from None
    return card.read(layout.card)


def _write(directory: Path, layout: Layout, plan: Plan) -> dict[str, str]:
    dialplans, local = directory / "dialplans", layout.asterisk / "local"
    for place in (dialplans, local):
        place.mkdir(parents=True, mode=0o700)
    for name, text in plan.flows.items():
        (dialplans / f"{name}.yaml").write_text(text, "utf-8")
    for name, text in plan.asterisk.items():
        (local / name).write_text(text, "utf-8")
    for name, sound in plan.music.items():
        (layout.music / name).mkdir(parents=True)
        (layout.music / name / "music.alaw").write_bytes(sound)
    _take_prompts(layout)
    site = directory / "site.yaml"
    site.write_text(yaml.safe_dump({**plan.site, "network": _ports()}), "utf-8")
    return {
        **os.environ,
        "TRUNKLINE_VAR": str(layout.root),
        "TRUNKLINE_SITE": str(site),
        "TRUNKLINE_DIALPLANS": str(dialplans),
        "PYTHONPATH": str(PROJECT),
    }


def _take_prompts(layout: Layout) -> None:
    """The prompts that this machine has made already: nobody measures espeak-ng here, and a
    prompt's name tells all that it was made of."""
    made = Layout(PROJECT / "var").prompts
    if made.is_dir():
        shutil.copytree(made, layout.prompts)


def _ports() -> dict[str, str]:
    tcp = {name: str(_free(socket.SOCK_STREAM)) for name in ("ami_port", "agi_port", "http_port")}
    sound = {"rtp_first": FIRST_RTP_PORT, "rtp_last": FIRST_RTP_PORT + RTP_PORTS - 1}
    numbers = {name: str(port) for name, port in sound.items()}
    return {**tcp, **numbers, "sip_port": str(_free(socket.SOCK_DGRAM))}


def _free(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


async def _told(client: Client) -> bool:
    if (await client.get("/api/status"))["calls"]:
        return False
    parts = (await client.get("/healthz"))["parts"]
    return any((part["name"], part["detail"]) == ("history", "0 rows waiting") for part in parts)
