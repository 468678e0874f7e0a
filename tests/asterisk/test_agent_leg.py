"""An agent's leg waits to be fetched, is recorded in stereo, and ends with the conversation."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.asterisk.ami_wire import Ami
from tests.asterisk.asterisk_fixture import RunningAsterisk
from tests.asterisk.engine_by_hand import Engine, asked
from tests.asterisk.sip_call import SipCall
from tests.asterisk.waiting import wait_until

pytestmark = pytest.mark.asterisk

CALLER = ("127.0.0.2", "+36301234567", "+3615550100")
EVENT = r"Event: UserEvent\r\n(?:.+\r\n)*\r\n"


@pytest.fixture(scope="module")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAsterisk]:
    with RunningAsterisk(tmp_path_factory.mktemp("leg")) as running:
        yield running


def test_a_conversation(asterisk: RunningAsterisk) -> None:
    """The caller's session fetches the leg; when the caller goes, the leg goes too."""
    engine = Engine(asterisk)
    recording = asterisk.directory / "one.raw"
    with Ami(asterisk, asterisk.secrets.ami) as ami, SipCall(asterisk.sip, *CALLER) as call:
        invited = asked(call)
        engine.accept()
        engine.command("ANSWER")
        assert invited.result(10) == 200
        ami.act(
            "Originate",
            "2",
            Channel="Local/connect@agent-leg/n",
            Application="Wait",
            Data="30",
            Async="true",
            Variable=f"TRK_CONTACT=c1,TRK_AGENT=anna,TRK_RECORDING={recording}",
        )
        channel = re.search(r"Channel: (Local/\S+)", ami.read_until(EVENT))
        assert channel is not None
        # A phone's channel is up when it comes here; a Local one is answered first, in 500 ms.
        wait_until(lambda: " holding_bridge " in asterisk.rx("bridge show all"), "the wait")
        engine.send(f"EXEC Bridge {channel[1]}")
        wait_until(lambda: recording.exists() and recording.stat().st_size > 0, "sound")
        assert call.bye() == 200
        left = re.escape(channel[1])
        ami.read_until(rf"Event: Hangup\r\n(?:\S+: .*\r\n)*?Channel: {left}\r\n")
        ami.act("Hangup", "3", Channel=channel[1].removesuffix("2") + "1")
    engine.lose()
    wait_until(lambda: "0 active channels" in asterisk.rx("core show channels"), "an end")
    # Two channels of int16: what the agent says, what the agent hears.
    assert recording.stat().st_size % 4 == 0
    assert asterisk.complaints() == []
