"""A real Asterisk for one test: own directories, own ports, the configuration that users get.

with RunningAsterisk(directory) as asterisk:
    assert "anna" in asterisk.rx("pjsip show endpoints")
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from config.asterisk import AsteriskLayout, render, write
from config.asterisk_runtime import AsteriskRuntime, find_runtime
from config.secrets import Secrets, load_or_create
from config.site import Site, load_site

ROOM = Path(__file__).parents[2]
SAMPLE_SITE = ROOM / "config/site.yaml"
START_S = 20.0
STOP_S = 5.0
SILENCE = bytes(16_000)
"""One second, int16 at 8 kHz."""

Change = Callable[[dict[str, str]], dict[str, str]]


class RunningAsterisk:
    """Asterisk with the configuration rendered from a site, on free ports of 127.0.0.1.

    ``environ`` and ``away`` are as for a user's site; ``change`` may alter the rendered files.
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
        self.directory = directory
        self.runtime: AsteriskRuntime = find_runtime(ROOM / "var")
        self.site: Site = load_site(site, {**free_ports(), **(environ or {})})
        self.secrets: Secrets = load_or_create(directory / "secrets", self.site)
        self.layout = AsteriskLayout.below(
            directory,
            modules=self.runtime.modules,
            data=self.runtime.data,
            away=away,
            extra_modules=extra_modules,
        )
        self._change = change
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> RunningAsterisk:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process, for tests that kill it."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it is fully booted; fails with the log's text."""
        self._prepare()
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

    def log(self) -> str:
        """The text of Asterisk's own log so far."""
        path = self.layout.log / "asterisk.log"
        return path.read_text(encoding="utf-8") if path.exists() else self.console()

    def complaints(self) -> list[str]:
        """The log's warnings and errors."""
        return [
            line for line in self.log().splitlines() if " WARNING[" in line or " ERROR[" in line
        ]

    def console(self) -> str:
        """What Asterisk wrote to its terminal."""
        return (self.directory / "console").read_text(encoding="utf-8", errors="replace")

    def _prepare(self) -> None:
        for path in self.layout.written():
            path.mkdir(parents=True, exist_ok=True)
        sounds = [self.layout.music / "default/silence.sln"]
        sounds += [self.layout.sounds / f"apology/{name}.sln" for name in self.site.languages]
        for sound in sounds:
            sound.parent.mkdir(parents=True, exist_ok=True)
            sound.write_bytes(SILENCE)
        write(self._change(render(self.site, self.secrets, self.layout)), self.layout.etc)


def free_ports() -> dict[str, str]:
    """Overrides for a site's network with ports that are free now, and a small range for sound."""
    ports = {name: _free(socket.SOCK_STREAM) for name in ("AMI_PORT", "AGI_PORT", "HTTP_PORT")}
    ports["SIP_PORT"] = _free(socket.SOCK_DGRAM)
    first = _free(socket.SOCK_DGRAM) & ~1
    first = min(first, 65_000)
    last = first + 199
    if first <= ports["SIP_PORT"] <= last:
        return free_ports()
    ports |= {"RTP_FIRST": first, "RTP_LAST": last}
    return {f"TRUNKLINE_{name}": str(port) for name, port in ports.items()}


def _free(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def without_library_path() -> dict[str, str]:
    """The environment without what would make Asterisk's loader mix two systems' libraries."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LD_")}
