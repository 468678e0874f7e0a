"""Find an Asterisk that is new enough, and say how it is started.

The system's own is used when it is 22.4 or later. Else the private Debian root that
``asterisk/provision.py`` made is, which belongs to the installation, as ``.venv`` does: all its
instances use it, whatever their data directories. It is not entered (no chroot, no root rights
needed while it runs); its own dynamic loader starts its Asterisk with its own libraries, and
because they are named by an argument and not by LD_LIBRARY_PATH, no child of Asterisk inherits
them.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OLDEST = (22, 4)
"""AudioSocket tells DTMF from 22.4 on."""

INSTALLATION = Path(__file__).resolve().parents[1]
ROOT_VARIABLE = "TRUNKLINE_ASTERISK_ROOT"
PRIVATE_ROOT = INSTALLATION / "var" / "asterisk-root"
"""Where setup unpacks Asterisk, unless the variable names another directory."""

_SYSTEM_MODULES = (
    Path("/usr/lib/asterisk/modules"),
    *(Path(f"/usr/lib/{arch}-linux-gnu/asterisk/modules") for arch in ("x86_64", "aarch64")),
)
_SYSTEM_DATA = (Path("/usr/share/asterisk"), Path("/var/lib/asterisk"))


class AsteriskMissingError(Exception):
    """No Asterisk that can be used; the text says how to get one."""


@dataclass(frozen=True, slots=True)
class AsteriskRuntime:
    """An Asterisk that can be started: ``[*command, "-C", "…/asterisk.conf", "-f"]``."""

    command: tuple[str, ...]
    modules: Path
    data: Path
    version: tuple[int, ...]

    def start(self, etc: Path) -> list[str]:
        """The command that runs Asterisk in the foreground with the configuration in ``etc``."""
        return [*self.command, "-C", str(etc / "asterisk.conf"), "-f"]

    def remote(self, etc: Path, words: str) -> list[str]:
        """The command that has the running Asterisk of ``etc`` do ``words`` on its console."""
        return [*self.command, "-C", str(etc / "asterisk.conf"), "-rx", words]


def find_runtime(environ: Mapping[str, str] = os.environ) -> AsteriskRuntime:
    """The system's Asterisk if new enough, else the private root's; raises AsteriskMissingError.

    ``TRUNKLINE_ASTERISK_ROOT`` names a private root elsewhere, and is then preferred; it counts
    from the installation, as the other settings do.
    """
    named = environ.get(ROOT_VARIABLE)
    root = INSTALLATION / named if named else PRIVATE_ROOT
    search = f"{environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    found = (named and _private(root)) or _system(search) or _private(root)
    if not found:
        raise AsteriskMissingError(
            f"no Asterisk {'.'.join(map(str, OLDEST))} or later: neither the system's nor one in "
            f"{root}; make setup gets one"
        )
    return found


def _system(search: str) -> AsteriskRuntime | None:
    program = shutil.which("asterisk", path=search)
    modules = next((path for path in _SYSTEM_MODULES if path.is_dir()), None)
    data = next((path for path in _SYSTEM_DATA if path.is_dir()), None)
    if program is None or modules is None or data is None:
        return None
    version = _version((program,))
    return AsteriskRuntime((program,), modules, data, version) if version >= OLDEST else None


def _private(root: Path) -> AsteriskRuntime | None:
    libraries = next(root.glob("usr/lib/*-linux-gnu/asterisk/modules"), None)
    loader = next(root.glob("usr/lib/*-linux-gnu/ld-linux-*.so.*"), None)
    program = root / "usr/sbin/asterisk"
    if libraries is None or loader is None or not program.is_file():
        return None
    beside = libraries.parents[1]
    path = f"{beside}:{beside}/asterisk"
    command = (str(loader), "--library-path", path, str(program))
    version = _version(command)
    data = root / "usr/share/asterisk"
    return AsteriskRuntime(command, libraries, data, version) if version >= OLDEST else None


def _version(command: tuple[str, ...]) -> tuple[int, ...]:
    """(22, 10, 1) of ``asterisk -V``; empty when it does not run."""
    try:
        said = subprocess.run(  # noqa: S603 - a program that was found, with fixed arguments
            [*command, "-V"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"Asterisk (?:certified-)?(\d+(?:\.\d+)*)", said)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def name_remedy(hostname: str | None = None) -> str | None:
    """What to do when this machine does not know its own name; None when it does.

    Asterisk looks its host's name up for each answer's SDP; unknown, that goes to name servers
    and holds every call up (100 calls a second failed wholly in a trial).
    """
    name = hostname if hostname is not None else socket.gethostname()
    try:
        socket.getaddrinfo(name, None)
    except OSError:
        return (
            f'this machine does not know its own name "{name}", which holds every call up: '
            f'add the line "127.0.1.1 {name}" to /etc/hosts'
        )
    return None
