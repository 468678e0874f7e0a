"""What a running Asterisk says of its own settings, as values.

Each is read from Asterisk as it is now, not from files, which say what will be after a reload.
What is written nowhere by design cannot be read: whether AGI or RTP debugging is on. Those two are
switched off, and Asterisk's answer to that is the reading.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar

from bridge.ami.link import AmiLink, Connector, tcp
from bridge.ami.settings import AmiSettings
from bridge.errors import AmiError, LinkDown

Say: TypeAlias = Callable[[str], Awaitable[Sequence[str]]]
"""Has Asterisk's console do something; the lines that it answers. Raises AmiError."""

EVENT_CLASSES = (
    *("system", "call", "log", "verbose", "command", "agent", "user", "config", "dtmf"),
    *("reporting", "cdr", "dialplan", "originate", "agi", "hook", "cc", "aoc", "test", "security"),
)
"""Bit by bit, the `EVENT_FLAG_…` of include/asterisk/manager.h."""

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Unread:
    """It could not be read; `reason` completes the sentence "…, because"."""

    reason: str


Fact = TypeVar("Fact")
Read: TypeAlias = Fact | Unread


class LogChannel(NamedTuple):
    """Where Asterisk writes messages, and of which levels (DTMF, VERBOSE, …)."""

    name: str
    levels: frozenset[str]


class ManagerReader(NamedTuple):
    """Somebody who may read events of these classes over the manager interface. `since` is the
    login (epoch, seconds) of a session that is open; None: whoever logs in as this user."""

    user: str
    classes: frozenset[str]
    since: int | None = None


class CoreDumps(NamedTuple):
    """How the kernel treats a crash of Asterisk: bytes that a core file may have (None: any
    number), and where it goes (core(5), `/proc/sys/kernel/core_pattern`)."""

    limit: int | None
    pattern: str


@dataclass(frozen=True, slots=True)
class Inspected:
    """Asterisk's settings that decide where a caller's keys can surface.

    `settings` are the rows of `core show settings`. `cel_events` is empty while CEL is off.
    `modules` are those that run, without `.so`. `debugging_off` has what was switched off.
    """

    settings: Read[Mapping[str, str]]
    log_channels: Read[tuple[LogChannel, ...]]
    cel_events: Read[frozenset[str]]
    managers: Read[tuple[ManagerReader, ...]]
    manager_debug: Read[bool]
    modules: Read[frozenset[str]]
    ari: Read[bool]
    debugging_off: Mapping[str, Read[bool]]
    core_dumps: Read[CoreDumps]
    keys_filtered: bool
    """Asterisk has taken this session's filter: no key of a capture is told to it."""


class Inspector:
    """Asks over a session of its own, which lasts for as long as it asks and hears no events.

    The manager's user needs `write = command`, and nothing else.
    """

    def __init__(self, settings: AmiSettings, connect: Connector = tcp, proc: Path = PROC) -> None:
        self._settings = replace(settings, events="off", keys_by="")
        self._connect = connect
        self._proc = proc
        self._ids = (f"trunkline-console-{number}" for number in itertools.count(1))

    async def inspect(self, *, keys_filtered: bool) -> Inspected:
        """Read everything (about 15 ms); what cannot be read, for want of a link too, says so.
        `keys_filtered`: whether the engine's own session is."""
        link = AmiLink(self._settings, self._ids, lambda _event: None)
        try:
            say = await self._logged_in(link)
            return await inspect(say, keys_filtered=keys_filtered, proc=self._proc)
        finally:
            link.close("done")

    async def _logged_in(self, link: AmiLink) -> Say:
        try:
            async with asyncio.timeout(self._settings.connect_timeout_s):
                await link.open(self._connect)
        except (OSError, AmiError) as error:  # TimeoutError is an OSError
            refusal = error if isinstance(error, AmiError) else LinkDown(type(error).__name__)
            return partial(_refused, refusal)

        async def say(words: str) -> Sequence[str]:
            asked = (("Command", words),)
            answer = await link.action("Command", asked, self._settings.action_timeout_s)
            return answer.all("Output")

        return say


async def _refused(error: AmiError, _words: str) -> Sequence[str]:
    raise error


async def inspect(say: Say, *, keys_filtered: bool, proc: Path = PROC) -> Inspected:
    """Read everything; what fails is Unread and says why."""
    settings = await _read(say, "core show settings", settings_of)
    modules = await _read(say, "module show", modules_of)
    return Inspected(
        settings=settings,
        log_channels=await _read(say, "logger show channels", log_channels_of),
        cel_events=await _read(say, "cel show status", cel_events_of),
        managers=await _managers(say),
        manager_debug=await _read(say, "manager set debug", manager_debug_of),
        modules=modules,
        ari=await _ari(say, modules),
        debugging_off={command: await _off(say, command, modules) for command in DEBUGGING},
        core_dumps=settings if isinstance(settings, Unread) else core_dumps_of(settings, proc),
        keys_filtered=keys_filtered,
    )


DEBUGGING = {"agi set debug": "res_agi", "rtp set debug": "res_rtp_asterisk"}
"""Console commands and the modules that have them; the state that they set is told by nothing
(`handle_cli_agi_debug()` in res/res_agi.c, `handle_cli_rtp_set_debug()` in
res/res_rtp_asterisk.c)."""

_SETTING = re.compile(r"^  (\S[^:]*?):+ {2,}(.*)$")
_LEVELS = re.compile(r"^(\S.*?)\s+(?:File|Console|Syslog)\s.*? - ((?:\w+ ?)*)$")


def settings_of(lines: Sequence[str]) -> Mapping[str, str]:
    """The rows of `core show settings` (`handle_show_settings()` in main/asterisk.c)."""
    _known("PBX Core settings", lines)
    found = (_SETTING.match(line) for line in lines)
    return {each[1]: each[2].strip() for each in found if each}


def log_channels_of(lines: Sequence[str]) -> tuple[LogChannel, ...]:
    """The rows of `logger show channels`: after the line of dashes. One that is disabled counts:
    a rotation enables it (`reload_logger()` in main/logger.c)."""
    _known("Logger queue limit", lines)
    dashes = [line.startswith("-------") for line in lines].index(True)
    return tuple(_log_channel(line) for line in lines[dashes + 1 :] if line.strip())


def _log_channel(row: str) -> LogChannel:
    if (found := _LEVELS.match(row)) is None:
        raise ValueError
    return LogChannel(found[1], frozenset(found[2].split()))


def cel_events_of(lines: Sequence[str]) -> frozenset[str]:
    """What CEL tracks (`handle_cli_status()` in main/cel.c)."""
    _known("CEL Logging: ", lines)
    mark = "CEL Tracking Event: "
    return frozenset(line.removeprefix(mark).strip() for line in lines if line.startswith(mark))


def manager_users_of(lines: Sequence[str]) -> tuple[str, ...]:
    """The names in `manager show users`, which stand between two lines of dashes."""
    if any(line.startswith("There are no manager users") for line in lines):
        return ()
    rules = [at for at, line in enumerate(lines) if line.startswith("--------")]
    if len(rules) < 2:
        raise ValueError
    return tuple(line.strip() for line in lines[rules[0] + 1 : rules[1]] if line.strip())


def classes_of(lines: Sequence[str]) -> frozenset[str]:
    """What a user may read, of `manager show user`."""
    told = _known("read perm:", [line.strip() for line in lines])
    return frozenset(told.removeprefix("read perm:").strip().split(","))


def sessions_of(lines: Sequence[str]) -> tuple[ManagerReader, ...]:
    """The rows of `manager show connected` (`HSMCONN_FORMAT2` in main/manager.c). A session keeps
    what its user was allowed when it logged in."""
    headings = _known("  Username", lines)
    rows = (line for line in lines if line.startswith("  ") and line.rstrip() != headings)
    return tuple(_session(row) for row in rows)


def _session(row: str) -> ManagerReader:
    """The first two columns have fixed widths and may hold anything; numbers follow."""
    since, _elapsed, _descriptor, _uses, reads, _writes = map(int, row[76:].split())
    classes = (name for bit, name in enumerate(EVENT_CLASSES) if reads & 1 << bit)
    return ManagerReader(row[2:17].strip(), frozenset(classes), since)


def manager_debug_of(lines: Sequence[str]) -> bool:
    """Of `manager set debug`."""
    return _known("manager debug is ", lines).endswith("on")


def modules_of(lines: Sequence[str]) -> frozenset[str]:
    """Those of `module show` that run."""
    _known("Module ", lines)
    return frozenset(
        line.split(maxsplit=1)[0].removesuffix(".so")
        for line in lines
        if ".so " in line and " Not Running " not in line
    )


def ari_of(lines: Sequence[str]) -> bool:
    """Of `ari show status`."""
    return not _known("Enabled: ", lines).endswith("No")


def switched_off(lines: Sequence[str]) -> bool:
    """Whether debugging is off now."""
    return any(line.rstrip().endswith("Disabled") for line in lines)


def core_dumps_of(settings: Mapping[str, str], proc: Path = PROC) -> Read[CoreDumps]:
    """By the process whose number Asterisk has written down."""
    try:
        number = int(Path(settings["PID file"]).read_text(encoding="ascii"))
        limits = (proc / str(number) / "limits").read_text(encoding="ascii")
        pattern = (proc / "sys/kernel/core_pattern").read_text(encoding="utf-8").strip()
        soft = _known("Max core file size", limits.splitlines()).split()[4]
    except (OSError, ValueError, KeyError, IndexError):
        return Unread("the limits of Asterisk's process are not to be seen from here")
    return CoreDumps(None if soft == "unlimited" else int(soft), pattern)


async def _read(say: Say, command: str, parse: Callable[[Sequence[str]], Fact]) -> Read[Fact]:
    try:
        return parse(await say(command))
    except AmiError as error:
        return Unread(f'"{command}" was not answered ({error.code})')
    except (ValueError, IndexError):
        return Unread(f'the answer to "{command}" is not understood')


async def _managers(say: Say) -> Read[tuple[ManagerReader, ...]]:
    names = await _read(say, "manager show users", manager_users_of)
    sessions = await _read(say, "manager show connected", sessions_of)
    if isinstance(names, Unread):
        return names
    if isinstance(sessions, Unread):
        return sessions
    readers: list[ManagerReader] = []
    for name in names:
        classes = await _read(say, f"manager show user {name}", classes_of)
        if isinstance(classes, Unread):
            return classes
        readers.append(ManagerReader(name, classes))
    return *readers, *sessions


async def _off(say: Say, command: str, modules: Read[frozenset[str]]) -> Read[bool]:
    """What is not there does not debug."""
    if not isinstance(modules, Unread) and DEBUGGING[command] not in modules:
        return True
    return await _read(say, f"{command} off", switched_off)


async def _ari(say: Say, modules: Read[frozenset[str]]) -> Read[bool]:
    if isinstance(modules, Unread):
        return modules
    return await _read(say, "ari show status", ari_of) if "res_ari" in modules else False


def _known(mark: str, lines: Iterable[str]) -> str:
    """The line that begins so; ValueError without one: it is no answer that we know."""
    for line in lines:
        if line.startswith(mark):
            return line.rstrip()
    raise ValueError
