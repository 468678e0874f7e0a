#!/usr/bin/env python3
"""Get what Trunkline needs that pip cannot install: Asterisk 22.4 or later, and a few programs.

    python3 asterisk/provision.py [--var DIRECTORY] [--tests] [--json]

The system's Asterisk is used when it is new enough. Else a private root of Debian sid's packages
is unpacked below DIRECTORY (var/asterisk-root beside the source, or where TRUNKLINE_ASTERISK_ROOT
says): nothing of it is installed on this machine and none of its maintainer scripts run; its
programs are started by its own loader (see config/asterisk_runtime.py). It is unpacked elsewhere
and renamed when whole, so an interrupted run is never half used. Standard library only: this runs
before anything is installed.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

OLDEST = (22, 4)
SUITE = "sid"
PACKAGES = ("asterisk", "asterisk-core-sounds-en-gsm")
PROGRAMS = {"espeak-ng": "espeak-ng"}
TEST_PROGRAMS = {"sipp": "sip-tester", "multimon-ng": "multimon-ng"}
LIBRARIES = Path("/usr/lib")
MIRROR_VARIABLE = "TRUNKLINE_DEBIAN_MIRROR"
ROOT_VARIABLE = "TRUNKLINE_ASTERISK_ROOT"
INSTALLATION = Path(__file__).resolve().parents[1]
KEYRINGS = Path("/usr/share/keyrings")


class ProvisionError(Exception):
    """Something that a person must put right; the text says what and names the log."""


class Journal:
    """The log of what was run, and one line for whoever watches."""

    def __init__(self, path: Path, screen: TextIO) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._screen = screen

    def run(self, doing: str, command: Sequence[str]) -> None:
        """Run ``command`` while ``doing`` and the seconds are shown; raises ProvisionError."""
        started = time.monotonic()
        with self.path.open("ab") as log:
            log.write(f"\n== {time.strftime('%F %T')} {' '.join(command)}\n".encode())
            log.flush()
            child = subprocess.Popen(  # noqa: S603 - fixed commands, no shell
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_environment()
            )
            try:
                self._watch(child, doing, started)
            finally:
                if child.poll() is None:
                    child.terminate()
                    child.wait()
        if child.returncode != 0:
            raise ProvisionError(f"{doing} failed; the last lines of {self.path}:\n{self._tail()}")
        self._say(f"{doing}: done in {time.monotonic() - started:.0f} s", last=True)

    def _watch(self, child: subprocess.Popen[bytes], doing: str, started: float) -> None:
        if not self._screen.isatty():
            self._say(f"{doing} …", last=True)
        while True:
            try:
                child.wait(0.5)
            except subprocess.TimeoutExpired:
                if self._screen.isatty():
                    self._say(f"{doing} … {time.monotonic() - started:.0f} s", last=False)
            else:
                return

    def _say(self, text: str, *, last: bool) -> None:
        begin = "\r\x1b[K" if self._screen.isatty() else ""
        self._screen.write(f"{begin}{text}{chr(10) if last else ''}")
        self._screen.flush()

    def _tail(self) -> str:
        lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-8:])


def provision(var: Path, *, tests: bool, journal: Journal) -> dict[str, str | None]:
    """Make sure that all is there; where Asterisk is, and its root when it is a private one."""
    named = os.environ.get(ROOT_VARIABLE)
    root = INSTALLATION / named if named else var / "asterisk-root"
    programs = PROGRAMS | (TEST_PROGRAMS if tests else {})
    missing = [package for program, package in programs.items() if not _which(program)]
    if tests and not _has_library("libspandsp.so.2"):
        missing.append("libspandsp2")
    if found := _known(root, named=bool(named)):
        install(missing, journal)
        return found
    if not _which("mmdebstrap"):
        missing.append("mmdebstrap")
    if not any(KEYRINGS.glob("debian-archive-keyring.*")):
        missing.append("debian-archive-keyring")
    install(missing, journal)
    unpack(root, journal)
    program = root / "usr/sbin/asterisk"
    return {"asterisk": str(program), "root": str(root)}


def _known(root: Path, *, named: bool) -> dict[str, str | None] | None:
    """What is there already; a root that was named by hand comes before the system's."""
    private: dict[str, str | None] = {
        "asterisk": str(root / "usr/sbin/asterisk"),
        "root": str(root),
    }
    there = version_in(root) >= OLDEST
    if there and named:
        return private
    system = _which("asterisk")
    if system is not None and _version([system]) >= OLDEST:
        return {"asterisk": system, "root": None}
    return private if there else None


def install(packages: Sequence[str], journal: Journal) -> None:
    """Have apt install ``packages``; its lists are fetched only when it does not know them."""
    if not packages:
        return
    wanted = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise ProvisionError(f"install {wanted}: this system has no apt-get to do it")
    if os.geteuid() != 0:
        raise ProvisionError(f"needs root once: sudo apt-get install {wanted}")
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    if not _apt_knows(packages):
        journal.run("fetching the lists of packages", ["apt-get", "update"])
    try:
        journal.run(f"installing {wanted}", command)
    except ProvisionError:
        # Lists that are known but old name files that the mirror no longer has.
        journal.run("fetching the lists of packages", ["apt-get", "update"])
        journal.run(f"installing {wanted}", command)


def _apt_knows(packages: Sequence[str]) -> bool:
    command = ["apt-cache", "show", "--no-all-versions", *packages]
    known = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell
    return known.returncode == 0


def unpack(root: Path, journal: Journal) -> None:
    """Unpack Debian's Asterisk into ``root``, which appears only when it is whole and runs."""
    root.parent.mkdir(parents=True, exist_ok=True)
    fresh = root.with_name(f"{root.name}.partial")
    _remove(fresh)
    mirror = os.environ.get(MIRROR_VARIABLE)
    command = [
        "mmdebstrap",
        "--variant=extract",
        f"--include={','.join(PACKAGES)}",
        '--aptopt=APT::Install-Recommends "0"',
        # Signatures are checked; only their age is not, for mirrors that lag behind.
        '--aptopt=Acquire::Check-Valid-Until "false"',
        SUITE,
        str(fresh),
        *([mirror] if mirror else []),
    ]
    try:
        journal.run("getting Asterisk from Debian", command)
        if version_in(fresh) < OLDEST:
            raise ProvisionError(f"the Asterisk from Debian does not run; see {journal.path}")
        _remove(root)
        fresh.rename(root)
    finally:
        _remove(fresh)


def _remove(directory: Path) -> None:
    if directory.exists():
        shutil.rmtree(directory)


def version_in(root: Path) -> tuple[int, ...]:
    """The version of the Asterisk in a private root; empty when there is none that runs."""
    loader = next(root.glob("usr/lib/*-linux-gnu/ld-linux-*.so.*"), None)
    program = root / "usr/sbin/asterisk"
    if loader is None or not program.is_file():
        return ()
    path = f"{loader.parent}:{loader.parent}/asterisk"
    return _version([str(loader), "--library-path", path, str(program)])


def _version(command: Sequence[str]) -> tuple[int, ...]:
    try:
        said = subprocess.run(  # noqa: S603 - a program that was found, with fixed arguments
            [*command, "-V"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
            env=_environment(),
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"Asterisk (?:certified-)?(\d+(?:\.\d+)*)", said)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def _which(program: str) -> str | None:
    # A user's PATH often lacks sbin, where asterisk and mmdebstrap's helpers are.
    return shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


def _has_library(name: str) -> bool:
    return any(LIBRARIES.glob(f"*-linux-gnu/{name}"))


def _environment() -> dict[str, str]:
    """Ours, without libraries that are not the system's, and with apt told to ask nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LD_")}
    return {**kept, "DEBIAN_FRONTEND": "noninteractive"}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 when all is there, 1 when somebody must put something right."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument(
        "--var", type=Path, default=INSTALLATION / "var", help="the data directory (var)"
    )
    parser.add_argument("--tests", action="store_true", help="also what the tests need")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args(arguments)
    var = options.var.absolute()
    journal = Journal(var / "log/provision.log", sys.stderr)
    try:
        with (var / "provision.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            result = provision(var, tests=options.tests, journal=journal)
    except (ProvisionError, OSError) as error:
        sys.stderr.write(f"provision: {error}\n")
        return 1
    sys.stdout.write(f"{json.dumps(result) if options.json else result['asterisk']}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
