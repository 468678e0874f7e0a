"""The sound that a phone is sent around a capture, as RTP: phones drop what seems to be late."""

from __future__ import annotations

import struct
import time
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from phones.lightagent import LightAgent
from tests.sip.agents_site import CALLER_HZ
from tests.sip.capture_site import begun_by, capture_site
from tests.sip.running_site import RunningSite, until

pytestmark = [pytest.mark.sip, pytest.mark.alone]

WAITS_S = 2.0
"""Asterisk alone has the agent's leg wait for longer before the caller fetches it."""


class Packet(NamedTuple):
    """What of a header tells where it belongs (RFC 3550, 5.1)."""

    at_s: float
    ssrc: int
    sequence: int
    timestamp: int


class Ear:
    """Every packet that came, as it came."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []

    def hear(self, packet: bytes) -> None:
        _, _, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", packet)
        self.packets.append(Packet(time.monotonic(), ssrc, sequence, timestamp))

    @property
    def streams(self) -> list[list[Packet]]:
        """By their sources, in their order."""
        return [list(each) for _, each in groupby(self.packets, lambda packet: packet.ssrc)]


def goes_forward(stream: list[Packet]) -> bool:
    """Never by less than nothing, in numbers of 16 and 32 bits that wrap."""
    return all(
        0 < (after.sequence - before.sequence) % 2**16 < 2**15
        and 0 < (after.timestamp - before.timestamp) % 2**32 < 2**31
        for before, after in pairwise(stream)
    )


async def captured(site: RunningSite) -> None:
    """Bela has begun to take a caller's card, and hears the relay."""
    await site.agent_is("bela", "available")
    caller = await site.call()
    await caller.play_tone(CALLER_HZ)
    contact = (await site.only_call("conversation"))["id"]
    await begun_by("bela", site, contact)
    await caller.stop_playing()
    await caller.send_digits("42")


async def test_the_caller_comes_back_in_a_stream_of_its_own(tmp_path: Path) -> None:
    """After a capture whose engine was killed nothing is sent to the agent's phone until the caller
    is there, whose sound then begins anew: in no stream do numbers or time stamps go back."""
    ear = Ear()
    async with capture_site(tmp_path) as site:
        account = next(agent for agent in site.card["agents"] if agent["user"] == "bela")
        registrar = account["domain"], int(account["port"])
        async with LightAgent.open("bela", account["password"], registrar, hear=ear.hear):
            await captured(site)
            before = len(ear.streams)
            await site.kill_engine()

            async def back() -> bool | None:
                last = ear.streams[-1]
                return True if len(ear.streams) > before and len(last) > 25 else None

            await until("the caller is back", back, 10)
    *_, relayed, again = ear.streams
    assert again[0].at_s - relayed[-1].at_s > WAITS_S
    assert all(goes_forward(stream) for stream in ear.streams)
