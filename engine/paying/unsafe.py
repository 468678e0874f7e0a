"""Which of Asterisk's settings let a caller's keys surface: pure, from what was read of them.

Each is a place in Asterisk's source that writes a key, or hands one on. What is not known counts
as unsafe. docs/payments.md tells operators the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeVar

from bridge.inspection import CoreDumps, Inspected, LogChannel, ManagerReader, Read, Unread
from config.asterisk import AMI_USER

LOUD = 3
"""The verbosity from which on AGI and `Read` tell what was keyed (ast_verb(3, …))."""
NO_CORE_BYTES = 1
"""A limit of one byte stops core dumps to a file and, unlike none, those to a program too
(`coredump_pipe()` in the kernel's fs/coredump.c)."""

LEVELS: Mapping[str, str] = {
    "DTMF": "each key is logged as it comes in",
    "DEBUG": "telephone events and the manager's events are written, keys in them, from level 0 on",
    "VERBOSE": "AGI, RTP and SIP debugging write what is keyed here",
    "TRACE": "function calls are written with what they are about",
}
"""Levels of log channels, and what comes with them."""

CLASSES: Mapping[str, str] = {
    "dtmf": "DTMFBegin and DTMFEnd tell each key",
    "dialplan": "VarSet tells the variables into which keys are read",
    "agi": "AGIExecEnd tells what a caller keyed",
    "test": "TestEvent tells keys in bridges and those that are sent",
}
"""Classes of the manager's events."""

MODULES: Mapping[str, str] = {
    "bridge_native_rtp": "carries sound past Asterisk's core, and so past masking and pausing",
    "res_pjsip_logger": "writes SIP messages, keys in INFO among them; whether it does is not told",
    "res_pjsip_history": "keeps SIP messages, keys in INFO among them; whether it does is not told",
    "res_hep_pjsip": "sends SIP messages, keys in INFO among them, to a capture server",
    "func_frame_trace": "FRAME_TRACE writes each key of a channel",
    "app_dtmfstore": "StoreDTMF collects the keys of a channel in a variable",
    "app_externalivr": "ExternalIVR hands keys to a program",
    "app_jack": "JACK_HOOK hands a channel's sound to other programs",
}
"""Modules that are safe only when they are not there."""


class Finding(NamedTuple):
    """One unsafe setting. `code` is stable; `instead` completes "…: "."""

    code: str
    setting: str
    why: str
    instead: str

    def __str__(self) -> str:
        return f"{self.setting}: {self.why}; {self.instead}"


def findings_of(read: Inspected) -> tuple[Finding, ...]:
    """Every reason not to take a card now, none when Asterisk is safe."""
    return (
        *_of_settings(read.settings),
        *_of_log(read.log_channels),
        *_of_cel(read.cel_events),
        *_of_managers(read.managers),
        *_of_manager_debug(read.manager_debug),
        *_of_modules(read.modules),
        *_of_ari(read.ari),
        *_of_debugging(read.debugging_off),
        *_of_core_dumps(read.core_dumps),
        *_of_filter(read.keys_filtered),
    )


def _of_settings(settings: Read[Mapping[str, str]]) -> Iterator[Finding]:
    if isinstance(settings, Unread):
        yield _unknown("core_settings", "core show settings", settings)
        return
    for name, code, least, why, instead in _NUMBERS:
        value = settings.get(name, "")
        if not value.isdecimal():
            yield _unknown(code, f'"{name}"', Unread("core show settings does not tell it"))
        elif int(value) >= least:
            yield Finding(code, f"{name} {value}", why, instead)
    if settings.get("Dump core on crash") != "No":
        why = "a core file would hold what is being keyed"
        instead = "set dumpcore = no in asterisk.conf, and start Asterisk without -g"
        yield Finding("dump_core", "dumpcore", why, instead)


_NUMBERS = (
    (
        *("Debug level", "debug_level", 1, "feature codes, telephone events and keys are written"),
        "core set debug 0, debug = 0 in asterisk.conf, and start Asterisk without -d",
    ),
    (
        *("Trace level", "trace_level", 1, "function calls are written with what they are about"),
        "core set trace 0, trace = 0 in asterisk.conf",
    ),
    (
        *("Root console verbosity", "verbosity", LOUD, "AGI and Read tell what was keyed"),
        "set verbose = 0 in asterisk.conf, and start Asterisk without -v",
    ),
)


def _of_log(channels: Read[tuple[LogChannel, ...]]) -> Iterator[Finding]:
    if isinstance(channels, Unread):
        yield _unknown("log_channels", "logger.conf", channels)
        return
    if not channels:
        why = "without any log channel all messages, keys too, go to Asterisk's standard output"
        instead = "set one in logger.conf, such as asterisk.log => notice,warning,error"
        yield Finding("log_channels", "logger.conf", why, instead)
    for channel in channels:
        for level in sorted(channel.levels & LEVELS.keys()):
            setting = f"log channel {channel.name} with {level.lower()}"
            instead = f"take {level.lower()} out of it in logger.conf, then logger reload"
            yield Finding(f"log_{level.lower()}", setting, LEVELS[level], instead)


def _of_cel(events: Read[frozenset[str]]) -> Iterator[Finding]:
    if isinstance(events, Unread):
        yield _unknown("cel", "cel.conf", events)
    elif "DTMF" in events:
        why = "the channel event log writes down each key (events = ALL has it too)"
        yield Finding("cel_dtmf", "CEL event DTMF", why, "name cel.conf's events without DTMF")


def _of_managers(readers: Read[tuple[ManagerReader, ...]]) -> Iterator[Finding]:
    if isinstance(readers, Unread):
        yield _unknown("manager_users", "manager.conf", readers)
        return
    users = {reader.user for reader in readers if reader.since is None and _leaks(reader)}
    for reader in readers:
        if reader.since is not None and reader.user in users:
            continue  # told of the user already
        for name in _leaks(reader):
            who = f"manager user {reader.user}"
            instead = f"take {name} out of its read in manager.conf"
            if reader.since is not None:
                who = f"open manager session of {reader.user}"
                instead += ", and end the session: it keeps what it had at its login"
            yield Finding(f"manager_{name}", f"{who} reading {name}", CLASSES[name], instead)


def _leaks(reader: ManagerReader) -> list[str]:
    """Our own user hears keys of those who wait in line; a filter keeps captures from it."""
    allowed = {"dtmf"} if reader.user == AMI_USER else set()
    return sorted(reader.classes & CLASSES.keys() - allowed)


def _of_manager_debug(on: Read[bool]) -> Iterator[Finding]:
    if isinstance(on, Unread):
        yield _unknown("manager_debug", "manager set debug", on)
    elif on:
        why = "every event of the manager is written, keys too"
        instead = "manager set debug off, debug = off in manager.conf"
        yield Finding("manager_debug", "manager set debug on", why, instead)


def _of_modules(modules: Read[frozenset[str]]) -> Iterator[Finding]:
    if isinstance(modules, Unread):
        yield _unknown("modules", "modules.conf", modules)
        return
    for name in sorted(modules & MODULES.keys()):
        instead = f"noload = {name}.so in modules.conf, and module unload {name}.so"
        yield Finding(f"module_{name}", f"module {name}", MODULES[name], instead)


def _of_ari(enabled: Read[bool]) -> Iterator[Finding]:
    if isinstance(enabled, Unread):
        yield _unknown("ari", "ari.conf", enabled)
    elif enabled:
        why = "ChannelDtmfReceived tells applications each key of the channels that they follow"
        yield Finding("ari", "ARI", why, "set enabled = no in ari.conf, or noload = res_ari.so")


def _of_debugging(off: Mapping[str, Read[bool]]) -> Iterator[Finding]:
    for command, done in off.items():
        code = command.replace(" ", "_")
        if isinstance(done, Unread):
            yield _unknown(code, command, done)
        elif not done:
            why = "it writes what is keyed, and Asterisk did not switch it off"
            yield Finding(code, command, why, f"{command} off")


def _of_core_dumps(dumps: Read[CoreDumps]) -> Iterator[Finding]:
    if isinstance(dumps, Unread):
        yield _unknown("core_limit", "ulimit -c of Asterisk", dumps)
    elif dumps.limit is None or dumps.limit > NO_CORE_BYTES:
        why = "a crash would write a core file, with what is being keyed in it"
        yield Finding("core_limit", "ulimit -c of Asterisk", why, _NO_CORES)
    elif dumps.limit == 0 and dumps.pattern.startswith("|"):
        why = f"a limit of 0 does not count where cores go to a program ({dumps.pattern[:40]})"
        yield Finding("core_pipe", "ulimit -c of Asterisk", why, _NO_CORES)


_NO_CORES = "start Asterisk with LimitCORE=1 (systemd), as `trunkline up` does: one byte is none"


def _of_filter(taken: bool) -> Iterator[Finding]:
    if not taken:
        why = "Asterisk did not take the filter that keeps the keys of captures from the engine"
        instead = "use Asterisk 22.4 or later, and give its manager user the write class system"
        yield Finding("manager_filter", "the engine's own manager session", why, instead)


_Fact = TypeVar("_Fact")


def _unknown(code: str, setting: str, unread: Unread) -> Finding:
    why = f"not known, because {unread.reason}"
    return Finding(code, setting, why, "what is not known is not safe")
