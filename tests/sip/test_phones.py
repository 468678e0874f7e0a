"""Scripted phones through a real Asterisk: audio both ways, digits, every outcome."""

from __future__ import annotations

import asyncio
import os
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from phones.bank import PhoneBank
from phones.carrier import CarrierPhone
from phones.errors import CallGone, PhoneTimeout, RegistrationRefused, WorkerLost
from phones.moments import Moment
from phones.phone import Answered, Broken, Cancelled, Phone, Refused
from phones.protocol import AnswerCalls, LetRing, RefuseCalls
from phones.tones import steady_tone
from tests.sip.hearing import tone_at
from tests.sip.plain_pbx import PlainPbx

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

MILLIWATT_HZ = 1004


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bank(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PhoneBank]:
    async with PhoneBank.open(log=tmp_path_factory.mktemp("phones") / "log") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def anna(pbx: PlainPbx, bank: PhoneBank) -> Phone:
    return await _registered(pbx, bank, "anna")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bela(pbx: PlainPbx, bank: PhoneBank) -> Phone:
    return await _registered(pbx, bank, "bela")


async def _registered(pbx: PlainPbx, bank: PhoneBank, user: str) -> Phone:
    phone = await bank.phone(user, f"secret-{user}", "127.0.0.1", pbx.port)
    await phone.register()
    return phone


def _uri(pbx: PlainPbx, extension: str) -> str:
    return f"sip:{extension}@127.0.0.1:{pbx.port}"


async def test_tones_are_measured_both_ways(pbx: PlainPbx, anna: Phone, bela: Phone) -> None:
    """Each side hears the other's tone and not its own; every moment is stamped in order."""
    await bela.policy(AnswerCalls(after_ms=200))
    call = await anna.dial(_uri(pbx, "bela"))
    there = await bela.incoming()
    await call.answered()
    await call.play_tone(440)
    await there.play_tone(620)
    await asyncio.gather(tone_at(call, 620, -12), tone_at(there, 440, -12))
    with pytest.raises(PhoneTimeout):
        await call.hear_tone(440, timeout_s=0.3)
    ended = await call.hang_up()
    assert ended.by_us
    assert not (await there.ended()).by_us
    _in_order(call.times.dialled, call.times.ringing, call.times.answered, call.times.first_audio)
    _in_order(there.times.invited, there.times.answered, there.times.first_audio, there.times.ended)


def _in_order(*moments: Moment | None) -> None:
    """All of them happened, one after the other."""
    happened = [moment for moment in moments if moment is not None]
    assert len(happened) == len(moments)
    assert happened == sorted(happened)


async def test_digits_reach_the_dialplan(pbx: PlainPbx, anna: Phone) -> None:
    """RFC 4733 digits sent on hearing the prompt arrive whole and in order."""
    before = len(pbx.digits)
    call = await anna.dial(_uri(pbx, "read"))
    await call.first_audio()
    await call.send_digits("4071")
    ended = await call.ended()
    assert not ended.by_us
    assert pbx.digits[before:] == ["4071"]


async def test_digits_reach_the_other_phone(pbx: PlainPbx, anna: Phone, bela: Phone) -> None:
    """A phone reports the keys that the far end presses."""
    await bela.policy(AnswerCalls())
    call = await anna.dial(_uri(pbx, "bela"))
    there = await bela.incoming()
    await call.answered()
    await call.send_digits("19#")
    assert await there.keyed(3) == "19#"
    await there.hang_up()
    assert not (await call.ended()).by_us


async def test_a_recording_is_played(pbx: PlainPbx, anna: Phone, tmp_path: Path) -> None:
    """A WAV file goes into the call as it is: the echo brings its tone back."""
    wav = tmp_path / "tone.wav"
    write_tone(wav, 700)
    call = await anna.dial(_uri(pbx, "echo"))
    await call.answered()
    await call.play_wav(wav)
    assert (await call.hear_tone(700)).dbfs > -20
    await call.stop_playing()
    await asyncio.sleep(0.5)
    assert (await call.levels())[-1][1] < -50
    await call.hang_up()


async def test_a_busy_phone_refuses(pbx: PlainPbx, anna: Phone, bela: Phone) -> None:
    """486 at once is what the caller gets of a busy phone."""
    await bela.policy(RefuseCalls())
    call = await anna.dial(_uri(pbx, "bela"))
    outcome = await call.outcome()
    assert isinstance(outcome, Refused)
    assert outcome.status == 486
    await bela.incoming()


async def test_a_caller_gives_up(pbx: PlainPbx, anna: Phone, bela: Phone) -> None:
    """CANCEL while it rings: the caller cancelled, the ringing phone stops."""
    await bela.policy(LetRing())
    call = await anna.dial(_uri(pbx, "bela"))
    there = await bela.incoming()
    await call.ringing()
    await call.hang_up()
    assert isinstance(await call.outcome(), Cancelled)
    assert isinstance(await there.outcome(), Broken)


async def test_nobody_answers(pbx: PlainPbx, anna: Phone, bela: Phone) -> None:
    """A phone that only rings: waiting has its time-out, and the call may be ended after."""
    await bela.policy(LetRing())
    call = await anna.dial(_uri(pbx, "bela"))
    there = await bela.incoming()
    with pytest.raises(PhoneTimeout):
        await call.outcome(timeout_s=0.5)
    await there.refuse()
    outcome = await call.outcome()
    assert isinstance(outcome, Refused)
    with pytest.raises(CallGone):
        await there.answer()


async def test_an_unknown_number_is_refused(pbx: PlainPbx, anna: Phone) -> None:
    """404 for an extension that does not exist."""
    outcome = await (await anna.dial(_uri(pbx, "nobody"))).outcome()
    assert isinstance(outcome, Refused)
    assert outcome.status == 404


async def test_a_wrong_password_is_refused(pbx: PlainPbx, bank: PhoneBank) -> None:
    """A registrar's refusal is an error of its own kind."""
    phone = await bank.phone("anna", "wrong", "127.0.0.1", pbx.port)
    with pytest.raises(RegistrationRefused):
        await phone.register()


async def test_a_phone_unregisters(
    pbx: PlainPbx, bank: PhoneBank, anna: Phone, bela: Phone
) -> None:
    """A phone that has taken its registration back is not rung any more."""
    await bela.unregister()
    outcome = await (await anna.dial(_uri(pbx, "bela"))).outcome()
    assert not isinstance(outcome, Answered)
    await bela.register()


async def test_the_carrier_calls_and_is_called(pbx: PlainPbx, anna: Phone) -> None:
    """The trunk's far side is known by its address, without credentials, in both directions."""
    async with CarrierPhone.open(pbx.carrier_port, number="+3611") as carrier:
        subscriber = await carrier.caller("+36301234567")
        call = await subscriber.dial(_uri(pbx, "tone"))
        assert (await call.hear_tone(MILLIWATT_HZ)).dbfs > -30
        await call.hang_up()
        out = await anna.dial(_uri(pbx, "fallback"))
        there = await carrier.incoming()
        await out.answered()
        await there.hang_up()


async def test_a_killed_worker_is_noticed(pbx: PlainPbx) -> None:
    """When the phones' process dies, whoever waits for a call learns it at once."""
    async with PhoneBank.open() as doomed:
        phone = await doomed.phone("x")
        call = await phone.dial(_uri(pbx, "echo"))
        await call.answered()
        os.kill(doomed.pid, 9)
        with pytest.raises(WorkerLost):
            await call.ended()
        with pytest.raises(WorkerLost):
            await phone.dial(_uri(pbx, "echo"))


def write_tone(path: Path, hz: int) -> None:
    """One second of a tone as a WAV file."""
    with wave.open(str(path), "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(8000)
        recording.writeframes(steady_tone(hz).tobytes())
