"""A plain Asterisk for the phones' own tests: two accounts, a trunk, a few extensions.

`TRUNKLINE_ASTERISK_ROOT` names a private root; without it the system's Asterisk is used.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from phones.tones import sine

_MODULES = """
res_pjproject res_timing_timerfd res_sorcery_config res_sorcery_memory res_sorcery_astdb
res_http_websocket res_pjsip res_pjsip_pubsub res_pjsip_session res_pjsip_sdp_rtp
res_pjsip_registrar res_pjsip_authenticator_digest res_pjsip_endpoint_identifier_user
res_pjsip_endpoint_identifier_ip res_pjsip_caller_id res_pjsip_nat res_rtp_asterisk chan_pjsip
codec_alaw codec_ulaw format_pcm format_sln bridge_simple bridge_native_rtp
app_dial app_echo app_read app_milliwatt app_system
func_env func_callerid func_strings func_channel pbx_config
"""


@dataclass(frozen=True)
class Pbx:
    """A running plain Asterisk: where it listens and what it wrote."""

    port: int
    carrier_port: int
    directory: Path
    process: asyncio.subprocess.Process

    @property
    def digits(self) -> list[str]:
        """What callers of extension `read` keyed, one line a call."""
        noted = self.directory / "digits"
        return noted.read_text().split() if noted.exists() else []


@asynccontextmanager
async def plain_pbx(directory: Path) -> AsyncIterator[Pbx]:
    """Run Asterisk with its whole state under `directory`."""
    root = Path(os.environ.get("TRUNKLINE_ASTERISK_ROOT", "/"))
    port, carrier_port = _free_udp_port(), _free_udp_port()
    _write_configuration(root, directory, port, carrier_port)
    process = await asyncio.create_subprocess_exec(
        *_command(root, directory),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _fully_booted(directory / "log" / "messages", process)
        yield Pbx(port, carrier_port, directory, process)
    finally:
        process.terminate()
        await process.wait()


def _command(root: Path, directory: Path) -> tuple[str, ...]:
    conf = ("-f", "-C", str(directory / "etc" / "asterisk.conf"))
    if root == Path("/"):
        return (shutil.which("asterisk") or "/usr/sbin/asterisk", *conf)
    lib = root / "usr/lib/x86_64-linux-gnu"
    loader = str(root / "lib64/ld-linux-x86-64.so.2")
    return (
        loader,
        "--library-path",
        f"{lib}:{lib}/asterisk",
        str(root / "usr/sbin/asterisk"),
        *conf,
    )


def _write_configuration(root: Path, directory: Path, port: int, carrier_port: int) -> None:
    for name in ("etc", "lib", "db", "keys", "spool", "run", "log"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    etc = directory / "etc"
    etc.joinpath("asterisk.conf").write_text(_asterisk_conf(root, directory))
    etc.joinpath("modules.conf").write_text(
        "[modules]\nautoload=no\n" + "".join(f"load={name}.so\n" for name in _MODULES.split())
    )
    etc.joinpath("logger.conf").write_text(
        "[general]\ndateformat=%F %T.%3q\n[logfiles]\nmessages => notice,warning,error,verbose(3)\n"
    )
    first = 30000 + port % 10000
    etc.joinpath("rtp.conf").write_text(f"[general]\nrtpstart={first}\nrtpend={first + 999}\n")
    directory.joinpath("prompt.sln").write_bytes(sine(1400, 300).tobytes())
    etc.joinpath("pjsip.conf").write_text(_pjsip_conf(port, carrier_port))
    etc.joinpath("extensions.conf").write_text(_extensions_conf(directory))


def _asterisk_conf(root: Path, directory: Path) -> str:
    d = directory
    return f"""[directories]
astetcdir = {d}/etc
astmoddir = {root}/usr/lib/x86_64-linux-gnu/asterisk/modules
astvarlibdir = {d}/lib
astdbdir = {d}/db
astkeydir = {d}/keys
astdatadir = {root}/usr/share/asterisk
astagidir = {d}/lib
astspooldir = {d}/spool
astrundir = {d}/run
astlogdir = {d}/log
[options]
verbose = 3
"""


def _account(name: str) -> str:
    return f"""[{name}]
type = endpoint
context = phones
disallow = all
allow = alaw
auth = {name}
aors = {name}
direct_media = no
media_address = 127.0.0.1
bind_rtp_to_media_address = yes
[{name}]
type = auth
auth_type = userpass
username = {name}
password = secret-{name}
[{name}]
type = aor
max_contacts = 1
"""


def _pjsip_conf(port: int, carrier_port: int) -> str:
    return f"""[global]
type = global
endpoint_identifier_order = auth_username,username,ip
[transport]
type = transport
protocol = udp
bind = 127.0.0.1:{port}
{_account("anna")}{_account("bela")}[trunk]
type = endpoint
context = phones
disallow = all
allow = alaw
aors = trunk
direct_media = no
media_address = 127.0.0.1
bind_rtp_to_media_address = yes
[trunk]
type = aor
contact = sip:127.0.0.1:{carrier_port}
[trunk]
type = identify
endpoint = trunk
match = 127.0.0.1
"""


def _extensions_conf(directory: Path) -> str:
    return f"""[phones]
exten => anna,1,Dial(PJSIP/anna,5)
exten => bela,1,Dial(PJSIP/bela,5)
exten => fallback,1,Dial(PJSIP/+3611@trunk,5)
exten => read,1,Answer()
 same => n,Read(KEYED,{directory}/prompt,4,,1,5)
 same => n,System(echo ${{FILTER(0-9,${{KEYED}})}} >> {directory}/digits)
 same => n,Hangup()
exten => echo,1,Answer()
 same => n,Echo()
exten => tone,1,Answer()
 same => n,Milliwatt()
"""


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _fully_booted(log: Path, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(30):
        while "Asterisk Ready" not in _text(log):
            if process.returncode is not None:
                raise RuntimeError(f"Asterisk ended with {process.returncode}")
            await asyncio.sleep(0.05)


def _text(log: Path) -> str:
    return log.read_text() if log.exists() else ""
