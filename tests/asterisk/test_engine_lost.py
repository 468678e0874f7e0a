"""What Asterisk's own dialplan does when the engine is away: nobody hears silence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.calls.stage import about_to_talk
from tests.asterisk.ami_wire import Ami
from tests.asterisk.asterisk_fixture import RunningAsterisk
from tests.asterisk.engine_by_hand import Engine, asked
from tests.asterisk.sip_call import SipCall
from tests.asterisk.waiting import wait_until

pytestmark = pytest.mark.asterisk

NUMBER = "+3615550100"
CALLER = ("127.0.0.2", "+36301234567", NUMBER)
AGENT_UP = r"Event: UserEvent\r\n(?:.+\r\n)*\r\n"

# Stands for the script that apologises: reads what Asterisk says first, notes for what it was
# called and at which stage ("200 result=1 (flow)"), and says that it did its work.
AWAY = """#!/bin/sh
while read line && [ -n "$line" ]; do :; done
echo 'GET VARIABLE TRK_STAGE'
read reply
stage=${{reply#*(}}
echo "$1 ${{stage%)}}" >> {calls}
echo 'SET VARIABLE TRK_AWAY {outcome}'
read reply
"""


class Site:
    """An Asterisk with a script of ours for when the engine is away, and its calls."""

    def __init__(self, directory: Path, outcome: str) -> None:
        self._calls = directory / "calls"
        away = directory / "away"
        away.write_text(AWAY.format(calls=self._calls, outcome=outcome))
        away.chmod(0o755)
        self.asterisk = RunningAsterisk(directory, away=away)

    def called(self, count: int) -> list[str]:
        """How the script was called, once it was called ``count`` times."""
        wait_until(lambda: len(self._lines()) >= count, f"call {count} of the script")
        return self._lines()

    def _lines(self) -> list[str]:
        return self._calls.read_text().splitlines() if self._calls.exists() else []

    def forget(self) -> None:
        """Begin a new count."""
        self._calls.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("lost"), "ok")
    with made.asterisk:
        yield made


@pytest.fixture
def engine(site: Site) -> Iterator[Engine]:
    site.forget()
    made = Engine(site.asterisk)
    yield made
    made.lose()


def test_a_call_that_the_engine_ends_starts_no_process(site: Site, engine: Engine) -> None:
    """An ordinary call costs nothing but itself."""
    with SipCall(site.asterisk.sip, *CALLER) as call:
        invited = asked(call)
        assert engine.accept() == "inbound"
        assert engine.command("ANSWER").startswith("200 result=0")
        assert invited.result(10) == 200
        engine.end()
        call.wait_for_bye()
    wait_until(lambda: "0 active channels" in site.asterisk.rx("core show channels"), "an end")
    assert site.called(0) == []


@pytest.mark.parametrize("stage", ["flow", "queue"])
def test_a_caller_whose_engine_dies_hears_an_apology(
    site: Site, engine: Engine, stage: str
) -> None:
    """In the menu and in the queue: the script is asked at once, then the fallback is dialled."""
    with SipCall(site.asterisk.sip, *CALLER) as call:
        answered(call, engine)
        engine.command(f"SET VARIABLE TRK_STAGE {stage}")
        engine.command("SET MUSIC ON")
        engine.lose()
        assert site.called(1)[0] == f"apology {stage}"
        assert call.bye() == 200
    assert site.called(2) == [f"apology {stage}", f"ended {stage}"]


def test_a_caller_is_served_though_the_engine_was_never_there(site: Site) -> None:
    """Asterisk answers by itself, and the journal has the call."""
    site.forget()
    with SipCall(site.asterisk.sip, *CALLER) as call:
        assert call.invite() == 200
        assert site.called(1) == ["apology flow"]
        assert call.bye() == 200
    assert site.called(2)[1] == "ended flow"


def test_after_a_conversation_the_new_engine_is_asked_to_go_on(site: Site, engine: Engine) -> None:
    """The engine died while two talked, and was started again before they ended."""
    with SipCall(site.asterisk.sip, *CALLER) as call:
        answered(call, engine)
        engine.command("EXEC MSet TRK_STAGE=talking,BRIDGERESULT=SUCCESS")
        engine.lose_session()
        assert engine.accept() == "resume"
        engine.end()
        call.wait_for_bye()


def test_a_conversation_that_ends_without_an_engine_is_in_the_journal(
    site: Site, engine: Engine
) -> None:
    """Nobody can go on with it, so the call ends, and the script writes it down."""
    with SipCall(site.asterisk.sip, *CALLER) as call:
        answered(call, engine)
        engine.command("EXEC MSet TRK_STAGE=talking,BRIDGERESULT=SUCCESS")
        engine.lose()
        call.wait_for_bye()
    assert site.called(1) == ["ended talking"]


def test_an_engine_that_dies_before_it_has_joined_the_two(site: Site, engine: Engine) -> None:
    """The agent has answered and waits: Asterisk joins them, and asks nobody what comes next."""
    with (
        Ami(site.asterisk, site.asterisk.secrets.ami) as ami,
        SipCall(site.asterisk.sip, *CALLER) as call,
    ):
        answered(call, engine)
        leg = waiting_agent(site.asterisk, ami)
        engine.command(f"EXEC MSet {','.join(about_to_talk(leg))}")
        engine.lose()
        wait_until(lambda: they_talk(site.asterisk), "the two in a bridge of theirs")
        assert call.bye() == 200
        assert site.called(1) == ["ended talking"]
        ami.act("Hangup", "3", Channel=leg.removesuffix("2") + "1")


def test_a_caller_whose_agent_is_gone_too_hears_an_apology(site: Site, engine: Engine) -> None:
    """In the moment of the join: there is nobody to talk to."""
    with SipCall(site.asterisk.sip, *CALLER) as call:
        answered(call, engine)
        engine.command(f"EXEC MSet {','.join(about_to_talk('PJSIP/anna-0000ffff'))}")
        engine.lose()
        assert site.called(1) == ["apology flow"]
        assert call.bye() == 200


def waiting_agent(asterisk: RunningAsterisk, ami: Ami) -> str:
    """The channel of an agent who has answered, and waits to be fetched."""
    ami.act(
        "Originate",
        "2",
        Channel="Local/connect@agent-leg/n",
        Application="Wait",
        Data="30",
        Async="true",
        Variable="TRK_CONTACT=c1,TRK_AGENT=anna",
    )
    channel = re.search(r"Channel: (Local/\S+)", ami.read_until(AGENT_UP))
    assert channel is not None
    wait_until(lambda: " holding_bridge " in asterisk.rx("bridge show all"), "the wait")
    return channel[1]


def they_talk(asterisk: RunningAsterisk) -> bool:
    """Whether two are in a bridge in which people talk."""
    return re.search(r" 2 +basic ", asterisk.rx("bridge show all")) is not None


def answered(call: SipCall, engine: Engine) -> None:
    """The engine has taken the call and answered it."""
    invited = asked(call)
    engine.accept()
    engine.command("ANSWER")
    assert invited.result(10) == 200
