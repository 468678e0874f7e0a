"""Recordings on a real Asterisk are silent while a card is keyed, and go on afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import pytest_asyncio

from bridge.ami.settings import AmiSettings
from bridge.events import LegTapped, SwitchEvent
from bridge.switch import Switch
from config.asterisk import AMI_USER
from engine.paying.pauses import NotPaused, RecordingPauses
from recordings.measure import Samples, find_tone, levels_dbfs, read_wav
from tests.asterisk.ami_wire import Ami
from tests.asterisk.asterisk_fixture import RunningAsterisk, started
from tests.asterisk.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

RATE, HZ = 8_000, 440
WINDOW_MS = 20
PART_S = 0.7
NOTHING_YET = ("", "AppDial2")
"""What an originated channel is doing before its extension (`begin_dial()` in main/dial.c)."""

# One half of a Local channel runs an extension of [legs] and hears the other, which says a tone.
# The caller is recorded as a flow does it, and once more by the site's own dialplan.
DIALPLAN = """
[tone]
exten => s,1,Answer()
 same => n,Playback({tone})
[legs]
exten => caller,1,MixMonitor(${DIRECTORY}/flow.raw,D)
 same => n,MixMonitor(${DIRECTORY}/site.wav)
 same => n,Wait(60)
exten => agent,1,MixMonitor(${DIRECTORY}/agent.raw,D)
 same => n,Wait(60)
exten => other,1,Wait(60)
exten => spy,1,ChanSpy(${WHOM},q)
"""


class Leg(NamedTuple):
    """A channel: its name and its unique id."""

    channel: str
    uniqueid: str


class Call(NamedTuple):
    """Two legs that are recorded, and where."""

    caller: Leg
    agent: Leg
    directory: Path

    def heard(self, name: str) -> Samples:
        """What was said on a recorded leg."""
        path = self.directory / name
        if path.suffix == ".wav":
            return read_wav(path).channel(0)
        return np.fromfile(path, "<i2").reshape(-1, 2)[:, 0]


class Site:
    """An Asterisk as users have it, with calls of a test's own."""

    def __init__(self, asterisk: RunningAsterisk, ami: Ami) -> None:
        self.ami = ami
        self.told: list[SwitchEvent] = []
        port, secret = asterisk.site.network.ami_port, asterisk.secrets.ami
        settings = AmiSettings("127.0.0.1", port, AMI_USER, secret)
        self.switch = Switch(settings, self._tell)
        self.pauses = RecordingPauses(self.switch)
        self._number = 10

    def _tell(self, event: SwitchEvent) -> None:
        self.told.append(event)
        if isinstance(event, LegTapped):
            self.pauses.tapped(event.uniqueid)

    def act(self, action: str, **fields: str) -> None:
        """An action of a manager beside the engine."""
        self._number += 1
        self.ami.act(action, str(self._number), **fields)

    async def leg(self, extension: str, **variables: str) -> Leg:
        """A channel that runs an extension of [legs]."""
        uniqueid = f"{extension}-{self._number}"
        given = ",".join(f"{name}={value}" for name, value in variables.items())
        where = {"Channel": "Local/s@tone/n", "Context": "legs", "Exten": extension}
        ids = {"ChannelId": uniqueid, "OtherChannelId": f"{uniqueid}-far"}
        self.act("Originate", **where, **ids, Priority="1", Async="true", Variable=given)
        async with asyncio.timeout(5):
            while (found := await self._at_work(uniqueid)) is None:  # noqa: ASYNC110 - a real server
                await asyncio.sleep(0.02)
        return found

    async def _at_work(self, uniqueid: str) -> Leg | None:
        running = await self.switch.running()
        busy = {each.channel for each in running if each.application not in NOTHING_YET}
        for channel in await self.switch.channels():
            if channel.uniqueid == uniqueid and channel.channel in busy:
                return Leg(channel.channel, uniqueid)
        return None

    async def call(self, directory: Path) -> Call:
        """A caller and an agent, both recorded."""
        where = {"DIRECTORY": str(directory)}
        caller, agent = await self.leg("caller", **where), await self.leg("agent", **where)
        await until(lambda: (directory / "agent.raw").exists())
        return Call(caller, agent, directory)

    async def over(self, call: Call) -> None:
        """Both hang up, and the files are whole."""
        for leg in (call.caller, call.agent):
            await self.switch.hangup(leg.channel)
        await asyncio.sleep(0.3)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    directory = tmp_path_factory.mktemp("paused")
    turns = 2 * np.pi * HZ / RATE * np.arange(60 * RATE)
    (3_000 * np.sin(turns)).astype("<i2").tofile(directory / "tone.sln")
    dialplan = DIALPLAN.replace("{tone}", str(directory / "tone"))
    asterisk = RunningAsterisk(
        directory,
        extra_modules=("app_chanspy",),
        change=lambda files: {**files, "extensions.conf": files["extensions.conf"] + dialplan},
    )
    async with started(asterisk) as running:
        with Ami(running, running.secrets.ami) as ami:
            site = Site(running, ami)
            await site.switch.start()
            yield site
            await site.switch.stop()


def pattern(said: Samples) -> str:
    """T where the tone was, _ where nothing at all was, ? anything else; each once, in order."""
    silent = levels_dbfs(said, RATE, WINDOW_MS) < -90
    size = RATE * WINDOW_MS // 1000
    signs = []
    for index, nothing in enumerate(silent):
        window = said[index * size : (index + 1) * size]
        tone = find_tone(window, RATE, HZ, window_ms=WINDOW_MS).heard_ms > 0
        signs.append("_" if nothing else "T" if tone else "?")
    return "".join(
        sign for sign, before in zip(signs, ["", *signs], strict=False) if sign != before
    )


def silent_ms(said: Samples) -> int:
    """For how long nothing at all was said."""
    return WINDOW_MS * int((levels_dbfs(said, RATE, WINDOW_MS) < -90).sum())


async def test_recordings_are_silent_for_as_long_as_it_lasts(site: Site, tmp_path: Path) -> None:
    """The flow's, the agent's and one that the site's own dialplan began: sound, nothing, sound."""
    call = await site.call(tmp_path)
    await asyncio.sleep(PART_S)
    async with site.pauses.paused(call.caller.uniqueid, call.agent.uniqueid):
        await asyncio.sleep(PART_S)
    await asyncio.sleep(PART_S)
    await site.over(call)
    for name in ("flow.raw", "site.wav", "agent.raw"):
        said = call.heard(name)
        assert pattern(said).replace("?", "").strip("_") == "T_T", name
        assert PART_S * 900 <= silent_ms(said) <= PART_S * 1300, name


async def test_what_a_dead_engine_paused_goes_on(site: Site, tmp_path: Path) -> None:
    """The next one finds the note on the channels."""
    call = await site.call(tmp_path)
    assert await site.switch.mute_recordings(call.caller.uniqueid, True)
    await asyncio.sleep(PART_S)
    await RecordingPauses(site.switch).resume_left(await site.switch.channels())
    assert not any(channel.muted for channel in await site.switch.channels())
    await asyncio.sleep(PART_S)
    await site.over(call)
    assert pattern(call.heard("flow.raw")).replace("?", "").rstrip("_").endswith("_T")


async def test_what_others_had_muted_stays_mute(site: Site, tmp_path: Path) -> None:
    """The site's own dialplan or another program had a reason. Should they unmute a caller who keys
    a card, it is broken."""
    call = await site.call(tmp_path)
    caller, agent = call.caller.uniqueid, call.agent.uniqueid
    mute = {"Channel": call.caller.channel, "Direction": "both"}
    site.act("MixMonitorMute", **mute, State="1")
    await asyncio.sleep(PART_S)
    async with site.pauses.paused(caller, agent) as pause:
        assert not pause.broken.is_set()
    await asyncio.sleep(PART_S)
    site.act("MixMonitorMute", **mute, State="0")
    await asyncio.sleep(PART_S)
    async with site.pauses.paused(caller, agent) as pause:
        site.act("MixMonitorMute", **mute, State="0")
        await asyncio.wait_for(pause.broken.wait(), 2)
    await site.over(call)
    assert silent_ms(call.heard("site.wav")) >= 2 * PART_S * 900
    assert silent_ms(call.heard("agent.raw")) < PART_S * 900


async def test_who_is_listened_to(site: Site, tmp_path: Path) -> None:
    """A caller may not be; an agent may."""
    call = await site.call(tmp_path)
    for whom, allowed in ((call.caller, False), (call.agent, True)):
        spy = await site.leg("spy", WHOM=whom.channel)
        try:
            async with site.pauses.paused(call.caller.uniqueid, call.agent.uniqueid):
                heard = False
        except NotPaused as refusal:
            heard = refusal.reason == "overheard"
        assert heard is not allowed
        await site.switch.hangup(spy.channel)
        await asyncio.sleep(0.1)
    await site.over(call)


async def test_who_begins_to_listen_or_to_record_breaks_it(site: Site, tmp_path: Path) -> None:
    """Asterisk tells at once."""
    call = await site.call(tmp_path)
    async with site.pauses.paused(call.caller.uniqueid, call.agent.uniqueid) as pause:
        site.act("MixMonitor", Channel=call.caller.channel, File=str(tmp_path / "late.wav"))
        await asyncio.wait_for(pause.broken.wait(), 2)
    async with site.pauses.paused(call.caller.uniqueid, call.agent.uniqueid) as pause:
        spy = await site.leg("spy", WHOM=call.caller.channel)
        await asyncio.wait_for(pause.broken.wait(), 2)
    await site.switch.hangup(spy.channel)
    await site.over(call)


async def test_a_leg_that_nobody_records_and_one_that_is_gone(site: Site) -> None:
    """Nothing to pause is a confirmation too; a channel that is gone is none."""
    leg = await site.leg("other")
    async with site.pauses.paused(leg.uniqueid):
        assert next(c for c in await site.switch.channels() if c.uniqueid == leg.uniqueid).muted
    await site.switch.hangup(leg.channel)
    await asyncio.sleep(0.2)
    with pytest.raises(NotPaused, match="hung_up"):
        async with site.pauses.paused(leg.uniqueid):
            raise AssertionError("it was entered")
