"""A real Asterisk takes the rendered configuration without a complaint, and refuses strangers."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from tests.asterisk.ami_wire import Ami
from tests.asterisk.asterisk_fixture import RunningAsterisk
from tests.asterisk.sip_call import SipCall

pytestmark = pytest.mark.asterisk

NUMBER = "+3615550100"


@pytest.fixture(scope="module")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAsterisk]:
    with RunningAsterisk(tmp_path_factory.mktemp("asterisk")) as running:
        yield running


def test_it_starts_without_a_warning(asterisk: RunningAsterisk) -> None:
    """A clean log is one in which the first real fault is seen."""
    assert asterisk.complaints() == []
    assert "Asterisk" in asterisk.rx("core show version")


def test_every_listed_module_runs_and_no_other_is_loaded(asterisk: RunningAsterisk) -> None:
    """The list is what is needed: nothing failed, nothing came in beside it."""
    rows = asterisk.rx("module show").splitlines()
    status = {row.split()[0]: "Not Running" not in row for row in rows if ".so " in row}
    modules = re.findall(r"^load = (\S+)$", _rendered(asterisk, "modules.conf"), re.MULTILINE)
    assert status == dict.fromkeys(modules, True)


def _rendered(asterisk: RunningAsterisk, name: str) -> str:
    return (asterisk.layout.etc / name).read_text(encoding="utf-8")


def test_phones_and_trunk_are_there(asterisk: RunningAsterisk) -> None:
    """Each agent's phone and the carrier, known by its address."""
    shown = asterisk.rx("pjsip show endpoints")
    for name in ("anna/201", "bence/202", "celina/203", "dora/204", "carrier"):
        assert f"Endpoint:  {name} " in shown
    assert "Match: 127.0.0.2/32" in shown


def test_nothing_secret_or_keyed_is_logged(asterisk: RunningAsterisk) -> None:
    """Neither digits nor debug text has a way into a file."""
    channels = asterisk.rx("logger show channels")
    assert "DTMF" not in channels
    assert "DEBUG" not in channels
    assert "VERBOSE" not in channels


def test_the_dialplan_knows_the_numbers_and_the_codes(asterisk: RunningAsterisk) -> None:
    """A number in both of its ways to be written, and each code with its reason."""
    trunk = asterisk.rx("dialplan show from-trunk")
    assert f"'{NUMBER}' =>" in trunk
    assert f"'{NUMBER[1:]}' =>" in trunk
    phone = asterisk.rx("dialplan show from-phone")
    assert "code,login,${TRK_PHONE})" in phone
    assert re.search(r"'\*122' =>\s+1\. AGI\(\S+/code,pause,\$\{TRK_PHONE\},training\)", phone)


def test_the_manager_refuses_a_wrong_secret(asterisk: RunningAsterisk) -> None:
    """There is no default password."""
    address = ("127.0.0.1", asterisk.site.network.ami_port)
    with socket.create_connection(address, timeout=5) as wire:
        wire.sendall(b"Action: Login\r\nUsername: trunkline\r\nSecret: wrong\r\n\r\n")
        came = b""
        while b"\r\n\r\n" not in came:
            came += wire.recv(4096)
    assert b"Authentication failed" in came


def test_the_manager_tells_what_the_engine_needs_and_nothing_else(
    asterisk: RunningAsterisk,
) -> None:
    """A local call raises some thirty events; the engine wants to read only its own few."""
    with Ami(asterisk, asterisk.secrets.ami) as ami:
        ami.act(
            "Originate",
            "2",
            Channel="Local/connect@agent-leg/n",
            Application="Wait",
            Data="1",
            Async="true",
            Variable="TRK_CONTACT=c1,TRK_AGENT=anna",
            ChannelId="one",
            OtherChannelId="two",
        )
        event = ami.read_until(r"Event: UserEvent\r\n(?:.+\r\n)*\r\n")
        channel = re.search(r"Channel: (Local/\S+)", event)
        assert channel is not None
        ami.act("Hangup", "3", Channel=channel[1])
        ami.read_until(r"Event: Hangup\r\n(?:.+\r\n)*\r\n")
        came = ami.text
    events = set(re.findall(r"^Event: (\S+)", came, re.MULTILINE))
    assert events <= {"FullyBooted", "OriginateResponse", "UserEvent", "Hangup"}
    assert {"UserEvent", "Hangup"} <= events
    assert "UserEvent: TrunklineAgentUp\r\n" in came
    assert "Contact: c1\r\nAgent: anna\r\n" in event


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("Command", {"Command": "core stop now"}),
        ("UpdateConfig", {"SrcFilename": "pjsip.conf", "DstFilename": "pjsip.conf"}),
        ("Originate", {"Channel": "Local/s@x", "Application": "System", "Data": "true"}),
    ],
)
def test_the_manager_refuses_what_the_engine_never_needs(
    asterisk: RunningAsterisk, action: str, fields: dict[str, str]
) -> None:
    """Whoever steals the engine's password cannot run commands with it."""
    with Ami(asterisk, asterisk.secrets.ami) as ami:
        assert "Response: Error" in ami.act(action, "2", **fields)


def status(asterisk: RunningAsterisk, source: str, user: str, number: str) -> int:
    """What a call gets at once."""
    with SipCall(asterisk.sip, source, user, number) as call:
        return call.invite()


def test_strangers_unknown_numbers_and_false_phones_get_nowhere(asterisk: RunningAsterisk) -> None:
    """A call from elsewhere, a number that is not ours, a phone's name without its password."""
    assert status(asterisk, "127.0.0.3", "stranger", NUMBER) == 401
    assert status(asterisk, "127.0.0.2", "+36301234567", "+3615550000") == 404
    assert status(asterisk, "127.0.0.2", "anna", NUMBER) == 401
