"""Nobody records a call, or listens to its caller, while a card is keyed."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from structlog.testing import capture_logs

from bridge.errors import ActionTimeout
from bridge.events import LiveChannel, Running
from engine.paying.pauses import CONFIRM_S, NotPaused, RecordingPauses
from tests.fakes.switch import FakeSwitch
from tests.fakes.virtual_loop import virtual_time

pytestmark = pytest.mark.unit

CALLER, AGENT = "17.1", "leg-1"
IN_A_FLOW = Running("PJSIP/carrier-0000001a", CALLER, "AGI", "agi://127.0.0.1")
ON = [(CALLER, True), (AGENT, True)]
OFF = [(CALLER, False), (AGENT, False)]


async def reason_of(switch: FakeSwitch) -> str:
    """Why nothing is captured; and whatever was paused goes on."""
    with pytest.raises(NotPaused) as refusal:
        async with RecordingPauses(switch).paused(CALLER, AGENT):
            raise AssertionError("it was entered")
    return refusal.value.reason


async def test_both_legs_are_paused_for_as_long_as_it_lasts() -> None:
    """Confirmed before anything else is done; resumed whatever was."""
    switch = FakeSwitch()
    pauses = RecordingPauses(switch)
    with contextlib.suppress(ZeroDivisionError):
        async with pauses.paused(CALLER, AGENT) as pause:
            assert switch.muted == ON
            assert not pause.broken.is_set()
            raise ZeroDivisionError
    assert switch.muted == ON + OFF


async def test_one_leg_alone() -> None:
    """In a flow there is no agent."""
    switch = FakeSwitch()
    async with RecordingPauses(switch).paused(CALLER):
        pass
    assert switch.muted == [ON[0], OFF[0]]


class SlowSwitch(FakeSwitch):
    """Confirms nothing."""

    async def mute_recordings(self, channel: str, on: bool) -> bool:
        await super().mute_recordings(channel, on)
        await asyncio.sleep(3600 if on else 0)
        return True


class RefusingSwitch(FakeSwitch):
    """Asterisk says no, or the channel is gone."""

    def __init__(self, error: ActionTimeout | None) -> None:
        super().__init__()
        self.error = error

    async def mute_recordings(self, channel: str, on: bool) -> bool:
        await super().mute_recordings(channel, on)
        if self.error is not None:
            raise self.error
        return False


@virtual_time
async def test_without_a_confirmation_there_is_no_capture() -> None:
    """In time, and by word of Asterisk itself; what may have been paused goes on."""
    began = asyncio.get_running_loop().time()
    slow = SlowSwitch()
    assert await reason_of(slow) == "not_confirmed"
    assert asyncio.get_running_loop().time() - began == pytest.approx(CONFIRM_S)
    assert slow.muted == [ON[0], *OFF]
    assert await reason_of(RefusingSwitch(ActionTimeout("MixMonitorMute", 5))) == "not_confirmed"
    assert await reason_of(RefusingSwitch(None)) == "hung_up"
    lost = FakeSwitch()
    lost.down = True
    assert await reason_of(lost) == "not_confirmed"


@pytest.mark.parametrize(
    "doing",
    [
        Running("PJSIP/boss-1", "9.9", "ChanSpy", "PJSIP/carrier-0000001a,q"),
        Running("PJSIP/boss-1", "9.9", "ChanSpy", "pjsip/carrier"),
        Running("PJSIP/boss-1", "9.9", "ChanSpy", ""),
        Running("PJSIP/boss-1", "9.9", "ChanSpy", "all,w"),
        Running("PJSIP/boss-1", "9.9", "ChanSpy", ",g(sales)"),
        Running("PJSIP/boss-1", "9.9", "ChanSpy", "17.1,u"),
        Running("PJSIP/boss-1", "9.9", "ExtenSpy", "201@phones"),
        Running("Snoop/17.1-00000001", "9.9", "Stasis", "quality"),
    ],
)
async def test_nobody_may_listen_to_the_caller(doing: Running) -> None:
    """Whoever does, or may do, keeps the capture from beginning."""
    switch = FakeSwitch()
    switch.doing = [IN_A_FLOW, doing]
    assert await reason_of(switch) == "overheard"
    assert switch.muted == ON + OFF


@pytest.mark.parametrize(
    "doing",
    [
        Running("PJSIP/boss-1", "9.9", "ChanSpy", "PJSIP/anna-0000001b,q"),
        Running("Snoop/leg-1-00000001", "9.9", "Stasis", "quality"),
    ],
)
async def test_an_agent_may_be_listened_to(doing: Running) -> None:
    """Who hears what the agent hears, hears no key."""
    switch = FakeSwitch()
    switch.doing = [IN_A_FLOW, doing]
    async with RecordingPauses(switch).paused(CALLER, AGENT) as pause:
        assert not pause.broken.is_set()


async def test_who_begins_to_listen_breaks_it() -> None:
    """To the caller, not to the agent, nor to somebody else."""
    pauses = RecordingPauses(FakeSwitch())
    async with pauses.paused(CALLER, AGENT) as pause:
        pauses.tapped("99.9")
        pauses.tapped(AGENT)
        assert not pause.broken.is_set()
        with capture_logs() as logged:
            pauses.tapped(CALLER)
        assert pause.broken.is_set()
        assert [entry["event"] for entry in logged] == ["payment_overheard"]
    pauses.tapped(CALLER)


async def test_a_pause_that_nobody_watches_is_broken() -> None:
    """Asterisk could not tell of who begins to listen; one that is begun later is another."""
    pauses = RecordingPauses(FakeSwitch())
    async with pauses.paused(CALLER, AGENT) as pause:
        pauses.unwatched()
        assert pause.broken.is_set()
    async with pauses.paused(CALLER, AGENT) as another:
        assert not another.broken.is_set()


async def test_one_capture_a_leg() -> None:
    """A second one is refused, and leaves the first as it is."""
    switch = FakeSwitch()
    pauses = RecordingPauses(switch)
    async with pauses.paused(CALLER, AGENT):
        with pytest.raises(NotPaused, match="busy"):
            async with pauses.paused(CALLER):
                raise AssertionError("it was entered")
        assert switch.muted == ON


async def test_a_recording_that_is_to_begin_waits() -> None:
    """Until the capture is over; on other legs it does not."""
    pauses = RecordingPauses(FakeSwitch())
    await pauses.over(CALLER)
    async with pauses.paused(CALLER, AGENT):
        await pauses.over("99.9")
        waiting = asyncio.create_task(pauses.over(CALLER))
        await asyncio.sleep(0)
        assert not waiting.done()
    await waiting


async def test_what_another_engine_left_paused_goes_on() -> None:
    """By the note on the channel; not where a card is being keyed now."""
    switch = FakeSwitch()
    pauses = RecordingPauses(switch)
    left = [
        LiveChannel("PJSIP/x-1", "5.1", "5.1", "x", True, None, None, None, None, 9, muted=True),
        LiveChannel("PJSIP/x-2", "5.2", "5.2", "x", True, None, None, None, None, 9),
        LiveChannel(
            "PJSIP/x-3", CALLER, CALLER, "carrier", True, None, None, None, None, 9, muted=True
        ),
    ]
    async with pauses.paused(CALLER):
        await pauses.resume_left(left)
        assert switch.muted == [ON[0], ("5.1", False)]
