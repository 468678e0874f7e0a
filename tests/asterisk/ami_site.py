"""A real Asterisk of this room's own: its manager, a few phones, and a dialplan to be reached by.

`TRUNKLINE_ASTERISK_ROOT` names the root that Asterisk was installed under.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bridge.ami.settings import AmiSettings

SECRET = "only for this test"
_START_S = 30
_DIRECTORIES = ("etc", "varlib", "db", "key", "spool", "run", "log")
_MODULES = (
    *("app_controlplayback", "app_userevent", "bridge_simple", "codec_ulaw", "format_sln"),
    *("func_channel", "pbx_config", "res_rtp_asterisk", "res_sorcery_astdb"),
    *("res_sorcery_config", "res_sorcery_memory", "res_timing_timerfd"),
    *("res_pjproject", "res_pjsip", "res_pjsip_session", "res_pjsip_sdp_rtp"),
    *(
        "res_pjsip_endpoint_identifier_user",
        "res_pjsip_pubsub",
        "res_pjsip_registrar",
        "chan_pjsip",
    ),
)
_DIALPLAN = """
[calls]
exten => answer,1,Answer()
 same => n,Wait(60)
exten => busy,1,Busy(5)
exten => ring,1,Ringing()
 same => n,Wait(60)
[agent-leg]
exten => connect,1,UserEvent(TrunklineAgentUp,Contact:${TRK_CONTACT},Agent:${TRK_AGENT})
 same => n,Wait(60)
"""
_ENDPOINT = """
[{name}]
type = endpoint
context = calls
disallow = all
allow = ulaw
aors = {name}
[{name}]
type = aor
max_contacts = 2
"""


@dataclass(frozen=True)
class AmiSite:
    """A running Asterisk, with `endpoints` that need no password to register."""

    directory: Path
    ami_port: int
    sip_port: int
    endpoints: tuple[str, ...]

    def settings(self, port: int | None = None, secret: str = SECRET) -> AmiSettings:
        """Settings of a client of this Asterisk, directly or through a proxy on `port`."""
        return AmiSettings("127.0.0.1", port or self.ami_port, "trunkline", secret)

    async def cli(self, command: str) -> str:
        """The output of one command on Asterisk's console."""
        process = await asyncio.create_subprocess_exec(
            *(*_program(self.directory), "-rx", command),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return output.decode(errors="replace")


@asynccontextmanager
async def ami_site(directory: Path, *endpoints: str) -> AsyncIterator[AmiSite]:
    """Start an Asterisk under `directory` (a short path), wait until it booted; end it after."""
    site = AmiSite(directory, free_port(), free_port(socket.SOCK_DGRAM), endpoints)
    _configure(site)
    process = await asyncio.create_subprocess_exec(
        *(*_program(directory), "-f"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await asyncio.wait_for(_booted(site), _START_S)
        yield site
    finally:
        process.kill()
        await process.wait()


async def _booted(site: AmiSite) -> None:
    # Until the console answers there is nothing to wait on.
    while "fully booted" not in await site.cli("core waitfullybooted"):  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that nothing listens on now."""
    with socket.socket(type=kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _root() -> Path:
    return Path(os.environ.get("TRUNKLINE_ASTERISK_ROOT", "var/asterisk-root")).absolute()


def _program(directory: Path) -> tuple[str, ...]:
    libraries = _root() / "usr/lib/x86_64-linux-gnu"
    return (
        *(str(_root() / "lib64/ld-linux-x86-64.so.2"),),
        *("--library-path", f"{libraries}:{libraries / 'asterisk'}"),
        *(str(_root() / "usr/sbin/asterisk"), "-C", str(directory / "etc/asterisk.conf")),
    )


def _configure(site: AmiSite) -> None:
    for name in _DIRECTORIES:
        (site.directory / name).mkdir(parents=True)
    for name, text in _configuration(site).items():
        (site.directory / "etc" / name).write_text(text)


def _configuration(site: AmiSite) -> dict[str, str]:
    own = "".join(f"ast{name}dir => {site.directory / name}\n" for name in _DIRECTORIES)
    modules = _root() / "usr/lib/x86_64-linux-gnu/asterisk/modules"
    loads = "".join(f"load = {name}.so\n" for name in _MODULES)
    return {
        "asterisk.conf": f"[directories]\nastmoddir => {modules}\n"
        f"astdatadir => {_root() / 'usr/share/asterisk'}\n{own}",
        "modules.conf": f"[modules]\nautoload = no\n{loads}",
        "logger.conf": "[general]\n[logfiles]\nfull => notice,warning,error,verbose\n",
        "extensions.conf": _DIALPLAN,
        "manager.conf": f"[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = {site.ami_port}\n"
        f"[trunkline]\nsecret = {SECRET}\nread = system,call,user\n"
        "write = system,call,originate,user\n",
        "pjsip.conf": f"[udp]\ntype = transport\nprotocol = udp\nbind = 127.0.0.1:{site.sip_port}\n"
        + "".join(_ENDPOINT.format(name=name) for name in site.endpoints),
    }
