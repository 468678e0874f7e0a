"""What of Asterisk's settings is unsafe, and how it is read and told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge import inspection
from bridge.errors import ActionFailed
from bridge.inspection import CoreDumps, Inspected, LogChannel, ManagerReader, Unread, inspect
from config.asterisk import TEMPLATES
from config.payments import Payments, Sandbox
from engine.metrics import Metrics
from engine.paying.safety import FRESH_S, PaymentSafety
from engine.paying.swap import swap_findings
from engine.paying.unsafe import CLASSES, LEVELS, MODULES, Finding, findings_of
from tests.fakes.safe_asterisk import SAFE

pytestmark = pytest.mark.unit

_NO_FACTS = ("debugging_off", "keys_filtered")
FACTS = [field.name for field in fields(Inspected) if field.name not in _NO_FACTS]


def codes(read: Inspected) -> list[str]:
    return [finding.code for finding in findings_of(read)]


def settings(**changed: str) -> dict[str, str]:
    assert not isinstance(SAFE.settings, Unread)
    return {**SAFE.settings, **{name.replace("_", " "): value for name, value in changed.items()}}


def log(*levels: str) -> tuple[LogChannel, ...]:
    return (LogChannel("console", frozenset({"NOTICE", *levels})),)


def reader(user: str, *classes: str, since: int | None = None) -> tuple[ManagerReader, ...]:
    return (ManagerReader(user, frozenset({"call", *classes}), since),)


def test_a_safe_asterisk_has_no_finding() -> None:
    """The control of all that follows."""
    assert findings_of(SAFE) == ()


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("debug_level", {"settings": settings(Debug_level="1")}),
        ("trace_level", {"settings": settings(Trace_level="1")}),
        ("verbosity", {"settings": settings(Root_console_verbosity="3")}),
        ("dump_core", {"settings": settings(Dump_core_on_crash="Yes")}),
        ("debug_level", {"settings": settings(Debug_level="")}),
        ("log_channels", {"log_channels": ()}),
        ("log_dtmf", {"log_channels": log("DTMF")}),
        ("log_debug", {"log_channels": log("DEBUG")}),
        ("log_verbose", {"log_channels": log("VERBOSE")}),
        ("log_trace", {"log_channels": log("TRACE")}),
        ("cel_dtmf", {"cel_events": frozenset({"CHAN_START", "DTMF"})}),
        ("manager_dtmf", {"managers": reader("wall", "dtmf")}),
        ("manager_dialplan", {"managers": reader("trunkline", "dtmf", "dialplan")}),
        ("manager_agi", {"managers": reader("wall", "agi", since=1)}),
        ("manager_test", {"managers": reader("wall", "test") + reader("wall", "test", since=1)}),
        ("manager_debug", {"manager_debug": True}),
        ("module_res_hep_pjsip", {"modules": frozenset({"res_hep", "res_hep_pjsip"})}),
        ("ari", {"ari": True}),
        ("agi_set_debug", {"debugging_off": {"agi set debug": False, "rtp set debug": True}}),
        ("core_limit", {"core_dumps": CoreDumps(None, "core")}),
        ("core_limit", {"core_dumps": CoreDumps(1024, "core")}),
        ("core_pipe", {"core_dumps": CoreDumps(0, "|/usr/share/apport/apport")}),
        ("manager_filter", {"keys_filtered": False}),
    ],
)
def test_one_unsafe_setting_is_one_finding(code: str, changed: dict[str, Any]) -> None:
    """Named once, with a reason and with what to set instead."""
    (finding,) = findings_of(replace(SAFE, **changed))
    assert finding.code == code
    assert all(finding)
    assert str(finding) == f"{finding.setting}: {finding.why}; {finding.instead}"


@pytest.mark.parametrize(
    "changed",
    [
        {"settings": settings(Root_console_verbosity="2")},
        {"cel_events": frozenset({"CHAN_START"})},
        {"managers": reader("wall", "cdr", "reporting")},
        {"core_dumps": CoreDumps(0, "core.%p")},
        {"core_dumps": CoreDumps(1, "|/usr/share/apport/apport")},
    ],
)
def test_what_lets_no_key_through_is_no_finding(changed: dict[str, Any]) -> None:
    """Sites may log calls, and have others read of them."""
    assert codes(replace(SAFE, **changed)) == []


@pytest.mark.parametrize("name", FACTS)
def test_what_is_not_known_is_not_safe(name: str) -> None:
    """And says why it is not known."""
    changed: dict[str, Any] = {name: Unread("nobody answers")}
    (finding,) = findings_of(replace(SAFE, **changed))
    assert finding.why == "not known, because nobody answers"


async def test_who_does_not_answer_leaves_everything_unknown(tmp_path: Path) -> None:
    """No answer, and one that is not understood, are both no fact."""

    async def silent(words: str) -> Sequence[str]:
        raise ActionFailed("Command", words)

    async def babbling(words: str) -> Sequence[str]:
        return ["", "Eh?", "-------- "]

    for say in (silent, babbling):
        read = await inspect(say, keys_filtered=True, proc=tmp_path)
        facts = [getattr(read, name) for name in FACTS]
        facts += read.debugging_off.values()
        assert all(fact is False or isinstance(fact, Unread) for fact in facts)
        assert len(findings_of(read)) == len(facts)


def test_answers_are_read_as_asterisk_writes_them() -> None:
    """Names of users and of log channels may have spaces; a channel may be disabled."""
    head = [
        "Logger queue limit: 1000",
        "",
        "Channel                             Type     Formatter  Status    Configuration",
        "-------                             ----     ---------  ------    -------------",
    ]
    with pytest.raises(ValueError):  # noqa: PT011  # it says nothing: a row that is not known
        inspection.log_channels_of([*head, "wall    Wall   json   Enabled"])
    channels = inspection.log_channels_of(
        [
            *head,
            "/var/log/my asterisk.log            File     default    Disabled   - NOTICE DTMF ",
            "Console                             Console  default    Enabled    - ",
            "syslog:local0                       Syslog   json       Enabled    - ERROR CC ",
            "",
        ]
    )
    assert channels == (
        LogChannel("/var/log/my asterisk.log", frozenset({"NOTICE", "DTMF"})),
        LogChannel("Console", frozenset()),
        LogChannel("syslog:local0", frozenset({"ERROR", "CC"})),
    )
    row = f"  {'the wall':15}  {'::1':55}  {17:<10}  {3:<10}  {8:<8}  {0:<8}  {258:010}  {0:010}"
    (session,) = inspection.sessions_of(
        ["  Username         IP Address", row, "1 users connected."]
    )
    assert session == ManagerReader("the wall", frozenset({"call", "dtmf"}), 17)


def test_the_limit_of_core_files_is_that_of_asterisk_itself(tmp_path: Path) -> None:
    """Of the process whose number it has written down; no number, no fact."""
    (tmp_path / "77").mkdir()
    limits = "Limit   Soft Limit   Hard Limit   Units\nMax core file size   unlimited   0   bytes\n"
    (tmp_path / "77/limits").write_text(limits)
    (tmp_path / "sys/kernel").mkdir(parents=True)
    (tmp_path / "sys/kernel/core_pattern").write_text("core\n")
    (tmp_path / "asterisk.pid").write_text("77\n")
    told = {"PID file": str(tmp_path / "asterisk.pid")}
    assert inspection.core_dumps_of(told, tmp_path) == CoreDumps(None, "core")
    (tmp_path / "asterisk.pid").write_text("78\n")
    assert isinstance(inspection.core_dumps_of(told, tmp_path), Unread)
    assert isinstance(inspection.core_dumps_of({}, tmp_path), Unread)


class Asterisk:
    """Read as often as it is asked; `now` is a clock that stands."""

    def __init__(self) -> None:
        self.state = SAFE
        self.times = 0
        self.now = 100.0
        self.metrics = Metrics()
        self.safety = PaymentSafety(self.read, lambda: True, self.metrics, lambda: self.now)

    async def read(self) -> Inspected:
        self.times += 1
        await asyncio.sleep(0)
        return self.state

    @property
    def gauge(self) -> float | None:
        return self.metrics.registry.get_sample_value("trunkline_payments_unsafe_settings")


async def test_many_who_ask_at_once_share_a_reading() -> None:
    """Fifty captures that begin together cost Asterisk one."""
    asterisk = Asterisk()
    found = await asyncio.gather(*(asterisk.safety.findings() for _ in range(50)))
    assert (found, asterisk.times) == ([()] * 50, 1)
    asterisk.now += FRESH_S + 0.1
    await asterisk.safety.findings()
    assert asterisk.times == 2


async def test_a_change_of_settings_makes_what_is_known_void() -> None:
    """A reload, or another Asterisk: the next who asks has it read anew."""
    asterisk = Asterisk()
    await asterisk.safety.findings()
    asterisk.state = replace(SAFE, manager_debug=True)
    assert await asterisk.safety.findings() == ()
    asterisk.safety.settings_changed()
    assert [finding.code for finding in await asterisk.safety.findings()] == ["manager_debug"]


async def test_what_is_found_is_logged_once_and_shown() -> None:
    """Not again with each capture; and that it is well again."""
    asterisk = Asterisk()
    asterisk.state = replace(SAFE, manager_debug=True, ari=True)
    with capture_logs() as logged:
        for _ in range(3):
            await asterisk.safety.findings()
            asterisk.safety.settings_changed()
        assert asterisk.gauge == 2
        asterisk.state = SAFE
        await asterisk.safety.findings()
    assert [(entry["event"], entry.get("code")) for entry in logged] == [
        ("asterisk_debugging_switched_off", None),
        ("payments_unsafe", "ari"),
        ("payments_unsafe", "manager_debug"),
        ("payments_safe_again", None),
    ]
    assert asterisk.gauge == 0


SWAPS = "Filename  Type  Size  Used  Priority\n"
DISK, FILE = "/dev/sda2  partition  8  0  -2\n", "/swap  file  8  0  -3\n"


@pytest.mark.parametrize(
    ("locked", "encrypted", "areas", "found"),
    [
        (False, False, DISK + FILE, ["swap /dev/sda2", "swap /swap"]),
        (False, True, DISK, []),
        (False, False, "", []),
        (True, False, DISK, []),
        (None, False, DISK, []),
    ],
)
def test_memory_that_could_be_swapped_is_named(
    locked: bool | None, encrypted: bool, areas: str, found: list[str], tmp_path: Path
) -> None:
    """Each area, where memory is not locked and the site does not call swap encrypted."""
    (tmp_path / "swaps").write_text(SWAPS + areas)
    payments = Payments(sandbox=Sandbox(), encrypted_swap=encrypted)
    findings = swap_findings(locked, payments, tmp_path / "swaps")
    assert [each.setting for each in findings] == found
    assert {each.code for each in findings} <= {"memory_swapped"}


def test_swap_that_cannot_be_read_about_is_not_safe(tmp_path: Path) -> None:
    """As with everything else that is not known; but only where there are payments."""
    absent = tmp_path / "absent"
    (finding,) = swap_findings(False, Payments(sandbox=Sandbox()), absent)
    assert "No such file" in finding.setting
    assert swap_findings(False, None, absent) == ()


async def test_what_is_unsafe_here_is_found_beside_asterisk() -> None:
    """Both are logged and counted."""
    asterisk = Asterisk()
    asterisk.state = replace(SAFE, ari=True)
    swapped = Finding("memory_swapped", "swap /swap", "why", "instead")
    asterisk.safety.besides = lambda: [swapped]
    assert [each.code for each in await asterisk.safety.findings()] == ["ari", "memory_swapped"]
    assert asterisk.gauge == 2


def test_operators_are_told_of_each() -> None:
    """The page names what the check refuses."""
    page = (TEMPLATES.parents[1] / "docs/payments.md").read_text(encoding="utf-8")
    named = {*MODULES, *CLASSES, *(level.lower() for level in LEVELS)}
    assert {name for name in named if f"`{name}`" not in page} == set()
