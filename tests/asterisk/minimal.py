"""A small real Asterisk of a test's own: few modules, a dialplan as text, its own directories."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

MODULES = [
    "app_controlplayback",
    "app_senddtmf",
    "app_stack",
    "app_userevent",
    "app_verbose",
    "bridge_simple",
    "format_sln",
    "func_base64",
    "func_channel",
    "func_hangupcause",
    "func_logic",
    "pbx_config",
    "res_agi",
    "res_clioriginate",
    "res_musiconhold",
    "res_speech",
    "res_timing_timerfd",
]

_DIRECTORIES = ("etc", "varlib", "db", "key", "spool", "run", "log", "agi")
_START_S = 30


def program() -> tuple[list[str], Path, Path]:
    """The command that runs Asterisk, its modules and its data; from TRUNKLINE_ASTERISK_ROOT."""
    root = Path(os.environ.get("TRUNKLINE_ASTERISK_ROOT", "var/asterisk-root")).absolute()
    libraries = root / "usr/lib/x86_64-linux-gnu"
    loader = root / "lib64/ld-linux-x86-64.so.2"
    search = f"{libraries}:{libraries / 'asterisk'}"
    command = [str(loader), "--library-path", search, str(root / "usr/sbin/asterisk")]
    return command, libraries / "asterisk/modules", root / "usr/share/asterisk"


@dataclass
class MinimalAsterisk:
    """A running Asterisk. `secret` opens its manager interface on `ami_port`."""

    directory: Path
    ami_port: int
    secret: str = "for this test only"

    @property
    def log(self) -> str:
        """What Asterisk logged so far: warnings, errors and verbose lines."""
        return (self.directory / "log/full").read_text(errors="replace")

    async def cli(self, command: str) -> str:
        """Run one command on Asterisk's console."""
        process = await asyncio.create_subprocess_exec(
            *program()[0],
            *("-C", str(self.directory / "etc/asterisk.conf"), "-rx", command),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return output.decode(errors="replace")

    async def originate(self, extension: str, far: str = "wait") -> None:
        """A call: one half runs `extension` of [calls], the other, once answered, [far]."""
        await self.cli(f"channel originate Local/{extension}@calls/n extension {far}@far")

    async def manage(self, *fields: str) -> str:
        """Send one AMI action, as lines; return all that the manager said until it logged off."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ami_port)
        login = ["Action: Login", "Username: test", f"Secret: {self.secret}", "Events: off", ""]
        for line in [*login, *fields, "", "Action: Logoff", "", ""]:
            writer.write(f"{line}\r\n".encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer.decode(errors="replace")


@asynccontextmanager
async def running_asterisk(directory: Path, dialplan: str) -> AsyncIterator[MinimalAsterisk]:
    """Start an Asterisk with this extensions.conf in `directory`; stop it at the end."""
    asterisk = MinimalAsterisk(directory, free_port())
    _write_configuration(asterisk, dialplan)
    process = await asyncio.create_subprocess_exec(
        *program()[0],
        *("-C", str(directory / "etc/asterisk.conf"), "-f"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _booted(asterisk)
        yield asterisk
    finally:
        process.kill()
        await process.wait()


async def _booted(asterisk: MinimalAsterisk) -> None:
    for _ in range(_START_S * 10):
        if "fully booted" in await asterisk.cli("core waitfullybooted"):
            return
        await asyncio.sleep(0.1)
    raise TimeoutError("Asterisk did not start")


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _write_configuration(asterisk: MinimalAsterisk, dialplan: str) -> None:
    directory = asterisk.directory
    for name in _DIRECTORIES:
        (directory / name).mkdir(parents=True)
    for name, text in _configuration(asterisk).items():
        (directory / "etc" / name).write_text(text)
    (directory / "etc/extensions.conf").write_text(dialplan)


def _configuration(asterisk: MinimalAsterisk) -> dict[str, str]:
    _, modules, data = program()
    own = "".join(f"ast{name}dir => {asterisk.directory / name}\n" for name in _DIRECTORIES)
    loads = "".join(f"load = {name}.so\n" for name in MODULES)
    return {
        "asterisk.conf": f"[directories]\nastmoddir => {modules}\nastdatadir => {data}\n{own}"
        "[options]\nverbose = 3\n",
        "modules.conf": f"[modules]\nautoload = no\n{loads}",
        "logger.conf": "[general]\n[logfiles]\nfull => notice,warning,error,verbose\n",
        "manager.conf": f"[general]\nenabled = yes\nbindaddr = 127.0.0.1\n"
        f"port = {asterisk.ami_port}\n[test]\nsecret = {asterisk.secret}\n"
        "read = all\nwrite = all\n",
        "musiconhold.conf": "[default]\nmode = files\ndirectory = sounds\n",
    }
