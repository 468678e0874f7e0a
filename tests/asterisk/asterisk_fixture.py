"""A real Asterisk for a test: own directories, own ports, and the configuration that it names.

with RunningAsterisk(directory) as asterisk:  # what users get
    assert "anna" in asterisk.rx("pjsip show endpoints")
async with started(SmallAsterisk(directory, modules, files)) as asterisk:  # a few modules
    assert "anna" in await asterisk.cli("pjsip show endpoints")
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from config.asterisk import AsteriskLayout, render, write
from config.asterisk_runtime import AsteriskRuntime, find_runtime
from config.secrets import Secrets, load_or_create
from config.site import Site, load_site
from tests.ports import free_port, sound_ports

ROOM = Path(__file__).parents[2]
SAMPLE_SITE = ROOM / "config/site.yaml"
CARRIER = "127.0.0.2"
"""Where the tests' trunk calls come from: phones have 127.0.0.1, strangers anything else."""
START_S = 20.0
STOP_S = 5.0
RTP_PORTS = 200
SILENCE = bytes(16_000)
"""One second, int16 at 8 kHz."""

Change = Callable[[dict[str, str]], dict[str, str]]


class AsteriskProcess(ABC):
    """One Asterisk below ``directory``, a short path: its control socket has 108 bytes for it."""

    def __init__(
        self,
        directory: Path,
        *,
        away: Path = Path("/bin/false"),
        extra_modules: tuple[str, ...] = (),
    ) -> None:
        self.directory = directory
        self.runtime: AsteriskRuntime = find_runtime()
        self.layout = AsteriskLayout.below(
            directory,
            modules=self.runtime.modules,
            data=self.runtime.data,
            away=away,
            node="n1",
            extra_modules=extra_modules,
        )
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def files(self) -> Mapping[str, str]:
        """The configuration, by the files' names."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until it is fully booted; fails with the log's text."""
        self.prepare()
        with (self.directory / "console").open("wb") as console:
            self._process = subprocess.Popen(
                self.runtime.start(self.layout.etc),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                env=without_library_path(),
            )
        deadline = time.monotonic() + START_S
        while "fully booted" not in self.rx("core waitfullybooted"):
            assert self._process.poll() is None, f"Asterisk ended at once:\n{self.console()}"
            assert time.monotonic() < deadline, f"Asterisk does not start:\n{self.log()}"
            time.sleep(0.05)

    def prepare(self) -> None:
        """Make the directories and write the configuration."""
        for path in self.layout.written():
            path.mkdir(parents=True, exist_ok=True)
        write(self.files(), self.layout.etc)

    def stop(self) -> None:
        """Stop at once; kill it should it not obey."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self.rx("core stop now")
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def rx(self, words: str) -> str:
        """What the console answers to ``words``."""
        return subprocess.run(
            self.runtime.remote(self.layout.etc, words),
            capture_output=True,
            text=True,
            timeout=START_S,
            check=False,
            env=without_library_path(),
        ).stdout

    async def cli(self, words: str) -> str:
        """As ``rx``, while the test's own loop goes on."""
        return await asyncio.to_thread(self.rx, words)

    def log(self) -> str:
        """The text of Asterisk's own log so far."""
        path = self.layout.log / "asterisk.log"
        return path.read_text(errors="replace") if path.exists() else self.console()

    def complaints(self) -> list[str]:
        """The log's warnings and errors."""
        return [
            line for line in self.log().splitlines() if " WARNING[" in line or " ERROR[" in line
        ]

    def console(self) -> str:
        """What Asterisk wrote to its terminal."""
        return (self.directory / "console").read_text(encoding="utf-8", errors="replace")


class RunningAsterisk(AsteriskProcess):
    """Asterisk with the configuration rendered from a site, on ports of its own of 127.0.0.1.

    ``environ`` and ``away`` are as for a user's site, but that its carrier calls from CARRIER;
    ``change`` may alter the rendered files.
    """

    def __init__(
        self,
        directory: Path,
        *,
        site: Path = SAMPLE_SITE,
        environ: dict[str, str] | None = None,
        away: Path = Path("/bin/false"),
        extra_modules: tuple[str, ...] = (),
        change: Change = lambda files: files,
    ) -> None:
        super().__init__(directory, away=away, extra_modules=extra_modules)
        self.site: Site = called_from(CARRIER, load_site(site, {**free_ports(), **(environ or {})}))
        self.secrets: Secrets = load_or_create(directory / "secrets", self.site)
        self._change = change

    @property
    def sip(self) -> tuple[str, int]:
        """Where it takes calls: address and UDP port."""
        return self.site.network.sip_address, self.site.network.sip_port

    def files(self) -> Mapping[str, str]:
        """As for a user."""
        return self._change(render(self.site, self.secrets, self.layout))

    def prepare(self) -> None:
        """With a second of silence for the music and each apology."""
        super().prepare()
        sounds = [self.layout.music / "default/silence.sln"]
        sounds += [self.layout.sounds / f"apology-{name}.sln" for name in self.site.languages]
        for sound in sounds:
            sound.parent.mkdir(parents=True, exist_ok=True)
            sound.write_bytes(SILENCE)


class SmallAsterisk(AsteriskProcess):
    """Asterisk with a few modules and the files that a test writes; it logs all that it does."""

    def __init__(self, directory: Path, modules: Iterable[str], files: Mapping[str, str]) -> None:
        super().__init__(directory)
        self._modules = tuple(modules)
        self._files = files

    def files(self) -> Mapping[str, str]:
        """The test's own, and what every Asterisk needs."""
        loads = "".join(f"load = {name}.so\n" for name in self._modules)
        layout = self.layout
        places = {
            "etc": layout.etc,
            "mod": layout.modules,
            "data": layout.data,
            **dict.fromkeys(("varlib", "db", "key", "agi"), layout.lib),
            "spool": layout.spool,
            "run": layout.run,
            "log": layout.log,
        }
        own = "".join(f"ast{name}dir => {path}\n" for name, path in places.items())
        return {
            "asterisk.conf": f"[directories]\n{own}[options]\nverbose = 3\n",
            "modules.conf": f"[modules]\nautoload = no\n{loads}",
            "logger.conf": "[general]\n[logfiles]\nasterisk.log => notice,warning,error,verbose\n",
            **self._files,
        }


Some = TypeVar("Some", bound=AsteriskProcess)


@asynccontextmanager
async def started(asterisk: Some) -> AsyncIterator[Some]:
    """Start and stop it while the test's own loop goes on."""
    try:
        await asyncio.to_thread(asterisk.start)
        yield asterisk
    finally:
        await asyncio.to_thread(asterisk.stop)


def called_from(address: str, site: Site) -> Site:
    """The site with every trunk at this address."""
    trunks = {
        name: trunk.model_validate({**trunk.model_dump(), "match": [address]})
        for name, trunk in site.trunks.items()
    }
    return site.model_copy(update={"trunks": trunks})


def free_ports() -> dict[str, str]:
    """Overrides for a site's network with ports of this process's own, few of them for sound."""
    first = sound_ports(RTP_PORTS)
    ports = {
        **{f"{name}_PORT": free_port() for name in ("AMI", "AGI", "HTTP")},
        "SIP_PORT": free_port(),
        "RTP_FIRST": first,
        "RTP_LAST": first + RTP_PORTS - 1,
    }
    return {f"TRUNKLINE_{name}": str(port) for name, port in ports.items()}


def without_library_path() -> dict[str, str]:
    """The environment without what would make Asterisk's loader mix two systems' libraries."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LD_")}
