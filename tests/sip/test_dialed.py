"""Leads who answer: a real Asterisk, real phones and sound, and the engine's side of one call."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import pytest_asyncio
import yaml

from agi_scripts import away
from agi_scripts.entry import dispatch
from agi_scripts.journal import read_spool
from agi_scripts.launcher import write_launcher
from bridge.agi.server import AgiServer
from bridge.agi.session import AgiSession
from bridge.ami.settings import AmiSettings
from bridge.switch import Switch
from config.asterisk import AMI_USER
from config.campaigns import Campaign
from engine.calls.recordings import Recordings
from engine.calls.ringer import SwitchRinger
from engine.calls.switchboard import Switchboard
from engine.dialing.ordering import order_of
from engine.house import House as EntryPoints
from history.outcome import Outcome
from ivr.commands import Segment
from phones.bank import PhoneBank
from phones.carrier import CarrierPhone
from phones.phone import Call, Phone
from phones.protocol import AnswerCalls, LetRing, RefuseCalls
from phones.tones import sine
from routing.agent import Agent
from routing.contact import Contact
from routing.contact import Outcome as Leaving
from routing.matcher import Assignment
from routing.ringing import Answered
from routing.router import Router
from routing.ticket import Ticket
from tests.asterisk.asterisk_fixture import RunningAsterisk, started
from tests.fakes.dialing import CALLEE, FakeDialing, a_call
from tests.fakes.house import NODE, FakeRouter, House, unrecorded
from tests.ports import free_port
from tests.sip.running_site import SITE, until
from tests.unit.answers import tone, words
from tests.unit.lines import frames, noise, silence

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

CALLEE_HZ, AGENT_HZ, SORRY_HZ, LEFT_HZ = 440, 620, 1_400, 1_700
LEFT = "We will call again."
CAMPAIGN: dict[str, Any] = {
    "mode": "predictive",
    "queue": "support",
    "purpose": "your contract",
    "lists": {"renewals": {}},
    "trunks": {"carrier": {}},
    "caller_ids": "service",
    "allow": ["+36*"],
    "rules": {"HU": {"answer": {"counted_from": "greeting"}}},
}
GREETING = (silence(200), words(4500), silence(400), tone(400, 1000.0), silence(6000))
FAX = (silence(300), tone(2600, 2100.0), silence(2000))
LAW_MS = 2_000
BUSY_MS = 150
"""The phone's own path of sound, on a machine that is busy; on a quiet one it is within the law's
time."""


class RingingRouter(FakeRouter):
    """Routing with one agent, who is free or not."""

    def __init__(self) -> None:
        super().__init__()
        self.free = True
        self.ringer: SwitchRinger | None = None
        self._rings: dict[str, asyncio.Task[None]] = {}

    def enqueue(self, contact: Contact) -> Ticket:
        ticket = super().enqueue(contact)
        if self.free:
            self._rings[contact.id] = asyncio.create_task(self._ring(contact, ticket))
        return ticket

    def withdraw(self, contact_id: str, reason: Leaving) -> bool:
        ring = self._rings.pop(contact_id, None)
        if ring is not None:
            ring.cancel()
        return super().withdraw(contact_id, reason)

    async def _ring(self, contact: Contact, ticket: Ticket) -> None:
        assert self.ringer is not None
        rung = await self.ringer.ring(Assignment(contact, Agent("anna", "anna", ())), 10_000)
        if isinstance(rung, Answered):
            ticket.resolve(rung.leg, None)


class Sounds:
    """One tone for the message of whom nobody meets, another for what is left on machines."""

    silence = "silence"

    def __init__(self, directory: Path) -> None:
        self._files = {hz: directory / f"{hz}" for hz in (SORRY_HZ, LEFT_HZ)}
        for hz, path in self._files.items():
            path.with_suffix(".sln").write_bytes(sine(hz, 1_500).tobytes())

    async def of(self, segment: Segment) -> str:
        return str(self._files[LEFT_HZ if segment.text == LEFT else SORRY_HZ])


class Clocked(House):
    """A house on the real clock."""

    def clock(self) -> int:
        return time.time_ns() // 1_000_000


@dataclass
class Dialer:
    """Asterisk, the phones, and an engine around them that takes calls of campaigns."""

    asterisk: RunningAsterisk
    house: Clocked
    router: RingingRouter
    switch: Switch
    agi: AgiServer
    carrier: CarrierPhone
    bank: PhoneBank
    dialing: FakeDialing
    numbers: count[int]
    contact: str = ""

    async def call(self, timeout_ms: int = 20_000, **machines: Any) -> str:
        """The campaign calls the lead; returns the contact."""
        written = {**CAMPAIGN, **({"machines": machines} if machines else {})}
        campaigns = {"renewals": Campaign.model_validate(written)}
        site = self.house.services.site.model_copy(update={"campaigns": campaigns})
        self.house.services.site = site
        self.contact = f"a-{next(self.numbers)}"
        now = self.house.clock()
        placed = a_call(self.contact, language="en", placed_ms=now, ringing_ms=None)
        placed.answered_ms = None
        self.dialing.calls[self.contact] = placed
        order = await order_of(site, self.house.services.audio, placed)
        await self.switch.dial(replace(order, timeout_ms=timeout_ms))
        return self.contact

    async def tells(self, *what: object, within_s: float = 10) -> None:
        """Wait until this is told of the call."""

        async def look() -> bool | None:
            return what in self.dialing.of(self.contact) or None

        try:
            await until(str(what), look, within_s)
        except AssertionError as failed:
            raise AssertionError(f"{failed}; told {self.dialing.of(self.contact)}") from None

    async def answers(self) -> Call:
        """The lead's phone, once it has answered."""
        call = await self.carrier.incoming()
        await call.answered()
        return call


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def dialer(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Dialer]:
    directory = tmp_path_factory.mktemp("dialed")
    carrier_port = free_port()
    launcher = directory / "away"
    write_launcher(launcher, Path(sys.executable), Path(away.__file__))
    asterisk = RunningAsterisk(directory / "a", site=_site(directory, carrier_port), away=launcher)
    async with (
        started(asterisk),
        PhoneBank.open() as bank,
        CarrierPhone.open(carrier_port, number=CALLEE) as carrier,
        engine(asterisk, directory) as (house, router, switch, agi),
    ):
        dialing = FakeDialing()
        house.services.dialing = dialing
        parts = (asterisk, house, router, switch, agi, carrier, bank, dialing)
        yield Dialer(*parts, numbers=count(1))


def _site(directory: Path, carrier_port: int) -> Path:
    """A campaign that nothing runs by itself."""
    site = deepcopy(SITE)
    site["trunks"]["carrier"]["port"] = str(carrier_port)
    site["caller_ids"] = {"service": {"+3615550100": {}}}
    site["campaigns"] = {"renewals": CAMPAIGN}
    path = directory / "site.yaml"
    path.write_text(yaml.safe_dump(site), "utf-8")
    return path


@asynccontextmanager
async def engine(
    asterisk: RunningAsterisk, directory: Path
) -> AsyncIterator[tuple[Clocked, RingingRouter, Switch, AgiServer]]:
    """The engine's side of calls, with routing and the campaigns in the test's hand."""
    async with asyncio.TaskGroup() as tasks:
        house, router = Clocked(directory=directory), RingingRouter()
        site = unrecorded(asterisk.site)
        services = house.services
        board = Switchboard(tasks)
        settings = AmiSettings(
            "127.0.0.1", asterisk.site.network.ami_port, AMI_USER, asterisk.secrets.ami
        )
        switch = Switch(settings, board.on_event)
        services.site = services.orders.site = site
        services.switch, services.router = switch, cast(Router, router)
        router.ringer = services.ringer = SwitchRinger(
            switch, NODE, services.orders, services.open_lines
        )
        services.audio = cast(Any, Sounds(directory))
        await switch.start()
        await services.ears.start()
        board.open(services, Recordings(services.recorder, house.chronicle, house.tasks))

        async def handle(session: AgiSession) -> None:
            await dispatch(session, EntryPoints(services))

        agi = AgiServer(handle)
        await agi.start("127.0.0.1", asterisk.site.network.agi_port)
        try:
            yield house, router, switch, agi
        finally:
            await agi.stop(0)
            await services.ears.stop()
            await switch.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def anna(dialer: Dialer) -> Phone:
    """An agent's phone."""
    secrets = dialer.asterisk.secrets
    phone = await dialer.bank.phone(
        "anna", secrets.agents["anna"], *dialer.asterisk.sip, incoming=AnswerCalls()
    )
    await phone.register()
    return phone


def recording(directory: Path, sound: tuple[Any, ...]) -> Path:
    """What answers, as a WAV."""
    import wave

    heard = np.concatenate(sound)
    heard += noise(len(heard) / 8, -60.0)[: len(heard)]
    path = directory / "answer.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(np.concatenate(frames(heard)).tobytes())
    return path


def row_of(dialer: Dialer, contact: str) -> Any:
    return next(row for row in dialer.house.writer.rows if getattr(row, "id", "") == contact)


async def test_who_answers_talks_to_an_agent(dialer: Dialer, anna: Phone) -> None:
    """The agent's phone is rung, as there is no open line; both hear each other."""
    dialer.router.free = True
    contact = await dialer.call()
    lead = await dialer.answers()
    taken = await anna.incoming()
    await taken.answered()
    await lead.play_tone(CALLEE_HZ)
    await taken.play_tone(AGENT_HZ)
    await taken.hear_tone(CALLEE_HZ)
    await lead.hear_tone(AGENT_HZ)
    await dialer.tells("connected", "anna")
    await taken.hang_up()
    await lead.ended()
    await dialer.tells("ended", "agent")
    assert dialer.dialing.of(contact)[:2] == [("ringing",), ("answered",)]
    assert row_of(dialer, contact).outcome is Outcome.ANSWERED


async def test_who_meets_nobody_hears_the_message_in_time(dialer: Dialer) -> None:
    """Within the law's two seconds; its key ends the call."""
    dialer.router.free = False
    contact = await dialer.call()
    lead = await dialer.answers()
    answered, heard = await lead.answered(), await lead.first_audio()
    assert heard.ms_since(answered.at) <= LAW_MS + BUSY_MS
    await lead.hear_tone(SORRY_HZ)
    await lead.send_digits("9")
    await lead.ended()
    await dialer.tells("ended", "engine")
    assert dialer.dialing.of(contact)[-3:] == [("lost",), ("opted_out",), ("ended", "engine")]
    assert row_of(dialer, contact).outcome is Outcome.LOST


async def test_a_busy_lead_and_one_who_lets_it_ring(dialer: Dialer) -> None:
    await dialer.carrier.callee.policy(RefuseCalls())
    await dialer.call()
    await dialer.tells("not_reached", "busy")
    await dialer.carrier.incoming()
    await dialer.carrier.callee.policy(LetRing())
    contact = await dialer.call(timeout_ms=400)
    await dialer.tells("not_reached", "no_answer")
    await dialer.carrier.incoming()
    assert ("ringing",) in dialer.dialing.of(contact)
    await dialer.carrier.callee.policy(AnswerCalls())


@pytest.mark.parametrize("detect", ["own", "amd"])
async def test_a_machine_gets_the_message_after_its_beep(
    dialer: Dialer, tmp_path: Path, detect: str
) -> None:
    """No agent is asked for."""
    asked = len(dialer.router.told)
    within = "1800ms" if detect == "own" else "4s"
    told: dict[str, Any] = {"message": {"en": LEFT}, "people_taken": "20"}
    contact = await dialer.call(detect=detect, within=within, **told)
    lead = await dialer.answers()
    await lead.play_wav(recording(tmp_path, GREETING), repeat=False)
    await dialer.tells("judged", "machine")
    await lead.hear_tone(LEFT_HZ, 15)
    await dialer.tells("ended", "engine")
    assert row_of(dialer, contact).outcome is Outcome.MACHINE
    assert dialer.router.told[asked:] == []


async def test_a_fax_is_nobody(dialer: Dialer, tmp_path: Path) -> None:
    await dialer.call(detect="own")
    lead = await dialer.answers()
    await lead.play_wav(recording(tmp_path, FAX), repeat=False)
    await dialer.tells("judged", "fax")
    await dialer.tells("ended", "engine")
    await lead.ended()


async def test_without_an_engine_they_hear_the_message_all_the_same(dialer: Dialer) -> None:
    """The engine is lost while they are listened to; the key is in the journal."""
    contact = await dialer.call(detect="own")
    lead = await dialer.answers()
    await asyncio.sleep(0.3)
    await dialer.agi.stop(0)
    await dialer.house.services.ears.stop()
    await lead.hear_tone(SORRY_HZ)
    await lead.send_digits("9")
    await lead.ended()

    async def look() -> Any:
        spool = read_spool(str(dialer.asterisk.layout.journal))
        return next((e.entry for e in spool.entries if e.entry.contact == contact), None)

    entry = await until("the journal", look, 10)
    assert (entry.stage, entry.what) == ("no_more", "ended")
    log = dialer.asterisk.complaints()
    assert not [line for line in log if "Connection refused" not in line], log
