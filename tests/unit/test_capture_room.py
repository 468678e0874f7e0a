"""Legs into the relay of a capture and back: what Asterisk, the switch and the capture process are
told, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from bridge.inspection import Inspected
from config.payments import Payments, Sandbox
from engine.calls import waiting
from engine.capturing.messages import (
    Ask,
    Cancel,
    Close,
    Closed,
    Configure,
    Declined,
    Joined,
    Message,
    News,
    NoToken,
    NotPaid,
    Open,
    Paid,
    Parted,
    Play,
    Start,
    Tokenise,
    Tokenised,
    Told,
)
from engine.paying import relays, remote, room
from engine.paying.captures import CapturesAway, OpenCapture, Order
from engine.paying.room import CaptureRoom
from engine.paying.safety import PaymentSafety
from engine.transfers.refusals import NotInTalk
from engine.transfers.table import Mode
from history.outcome import EndedBy, Outcome
from payments.capture import Ended, Field, Output, Prompt, PromptKind, Result, Rules
from payments.errors import CardRefused, NotDone
from payments.gateways.declines import decline
from payments.tokens import Key, Token
from routing.agent import Available
from tests.fakes.agi_client import FakeCall, joining
from tests.fakes.house import House
from tests.fakes.safe_asterisk import SAFE
from tests.unit.conversation import program
from tests.unit.test_agent_transfer_call import SET, talks_with_anna
from tests.unit.test_engine_call import CONTACT, FLOW_TEXT, OK, calling, goodbye, until

pytestmark = pytest.mark.unit

ORDER = Order(Rules(), "en", prompts=False)
SECRETS = {"sandbox_key": "s", "of_another_service": "t"}


async def _reads(inspected: Inspected) -> Inspected:
    return inspected


class FakeProcess:
    """The capture process in the test's hand; gone while its `port` is None."""

    def __init__(self) -> None:
        self.port: int | None = 4000
        self.sent: list[Message] = []
        self.listeners: dict[str, Callable[[News | None], None]] = {}

    def listen(self, capture: str, listener: Callable[[News | None], None]) -> None:
        self.listeners[capture] = listener

    def forget(self, capture: str) -> None:
        self.listeners.pop(capture, None)

    def send(self, message: Message) -> bool:
        if self.port is not None:
            self.sent.append(message)
        return self.port is not None

    def configure(self, message: Configure) -> None:
        self.send(message)

    def tells(self, news: News | None) -> None:
        """To whoever listens."""
        name = getattr(news, "capture", "")
        for listener in [self.listeners[name]] if name else [*self.listeners.values()]:
            listener(news)

    def lost(self) -> None:
        """With all that it held."""
        self.port, listeners, self.listeners = None, self.listeners, {}
        for listener in listeners.values():
            listener(None)

    async def there(self) -> None:
        await until(lambda: self.port is not None)

    @property
    def opened(self) -> Open:
        """What it was told to open."""
        (told,) = (each for each in self.sent if isinstance(each, Open) and not each.rings_out)
        return told


class Case:
    """A house that takes cards."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.process = FakeProcess()
        self.room = CaptureRoom(self.process, house.services, lambda site: SECRETS)

    def begins(self) -> asyncio.Task[OpenCapture]:
        """Anna begins a capture."""
        return asyncio.create_task(self.room.beside(CONTACT, ORDER))

    async def relayed(self, call: FakeCall) -> None:
        """Anna's leg goes into the relay, and the caller follows."""
        await until(lambda: len(self.house.switch.relayed) == 1)
        opened = self.process.opened
        assert self.house.switch.relayed == [("leg-1", opened.agent, "127.0.0.1:4000")]
        call.says(OK)
        for said in ("STAGE flow", "PEER leg-1", "STAGE relayed", 'KEYS ""'):
            await call.answers(f"SET VARIABLE TRK_{said}", SET)
        assert await call.hears() == f'EXEC TryExec "AudioSocket({opened.caller},127.0.0.1:4000)"'

    async def open(self, call: FakeCall) -> OpenCapture:
        """Both are in."""
        await talks_with_anna(self.house, call)
        beginning = self.begins()
        await self.relayed(call)
        self.process.tells(Joined(self.process.opened.capture))
        return await beginning

    async def rings_out(self, call: FakeCall) -> list[Open]:
        """The caller goes into a relay that captures nothing."""
        await call.answers('SET VARIABLE TRK_KEYS ""', SET)
        entered = await call.hears()
        opened = [each for each in self.process.sent if isinstance(each, Open) and each.rings_out]
        words = f"AudioSocket({opened[-1].caller},127.0.0.1:{self.process.port})"
        assert entered == f'EXEC TryExec "{words}"'
        return opened

    async def lets_go(self, call: FakeCall) -> None:
        """The relay is over for both: Anna's leg waits to be fetched."""
        call.says(OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        self.house.services.parties.leg_parked(CONTACT, "leg-1")

    async def talk_again(self, call: FakeCall) -> None:
        """The caller fetches her."""
        await call.answers(joining("leg-1"), SET)
        await call.answers("EXEC Bridge leg-1")

    def outputs(self, capture: OpenCapture) -> list[Output]:
        """All that were told."""
        found: list[Output] = []

        async def read() -> None:
            found.extend([output async for output in capture.outputs()])

        self.reading = asyncio.create_task(read())
        return found


async def caller_leaves(call: FakeCall) -> None:
    """In conversation."""
    call.says("HANGUP", OK)
    await call.answers("SET VARIABLE TRK_STAGE flow", SET)
    await call.answers("SET VARIABLE TRK_STAGE done", SET)


async def agent_left(call: FakeCall) -> None:
    """The caller's session comes back, and the flow says goodbye."""
    call.says(OK)
    await call.answers("SET VARIABLE TRK_STAGE flow", SET)
    await call.answers('STREAM FILE bye ""', "200 result=0 endpos=1")
    await goodbye(call)


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> Case:
    """Anna is there, and no announcement comes."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 3_600.0)
    monkeypatch.setattr(room, "BACK_S", 2.0)
    monkeypatch.setattr(relays, "RESTARTS_S", 0.0)
    house = House({"support": program(FLOW_TEXT)})
    payments = Payments(sandbox=Sandbox())
    house.services.site = house.site.model_copy(update={"payments": payments})
    house.router.staff = {"anna": Available(0, 0)}
    return Case(house)


async def test_a_conversation_goes_into_the_relay_and_comes_back(case: Case) -> None:
    """Neither is taken for hung up; afterwards Anna has the caller as before, and the history knows
    of it."""
    async with calling(case.house) as call:
        capture = await case.open(call)
        closing = asyncio.create_task(capture.close())
        await until(lambda: Close(capture.id) in case.process.sent)
        case.process.tells(Closed(capture.id))
        await case.lets_go(call)
        await closing
        await case.talk_again(call)
        assert case.process.listeners == {}
        assert case.house.switch.hung_up == []
        case.house.services.parties.leg_ended(CONTACT, "leg-1")
        await agent_left(call)
    row = case.house.writer.row
    assert (row.outcome, row.agent, row.ended_by) == (Outcome.ANSWERED, "anna", EndedBy.AGENT)
    told = [each.what for each in row.timeline]
    assert [told.count(each) for each in ("capture", "capture_over", "answered")] == [1, 1, 1]


async def test_the_provider_and_its_secrets_are_told_to_the_process_alone(case: Case) -> None:
    """Before the capture, no other service's, and shown in no text of the message."""
    async with calling(case.house) as call:
        capture = await case.open(call)
        told = case.process.sent[0]
        assert isinstance(told, Configure)
        assert told.secrets == {"sandbox_key": "s"}
        assert "sandbox_key" not in f"{told!r}{told}"
        case.process.tells(Closed(capture.id))
        await case.lets_go(call)
        await capture.close()
        await case.talk_again(call)
        await caller_leaves(call)


async def test_a_process_that_is_lost_ends_the_capture_and_nothing_else(case: Case) -> None:
    """They talk again though nobody has closed it; who watches is told."""
    async with calling(case.house) as call:
        capture = await case.open(call)
        outputs = case.outputs(capture)
        case.process.lost()
        await case.lets_go(call)
        await case.talk_again(call)
        await case.reading
        assert outputs == [Ended(Result.INTERNAL_ERROR)]
        with pytest.raises(NotDone, match="capture_lost"):
            await capture.tokenise(Key("k"))
        await capture.paid()
        await capture.close()
        await capture.close()
        await caller_leaves(call)


async def test_legs_that_a_capture_has_not_let_go_of_are_kept_apart(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asterisk takes both out of a process that hangs: nothing joins them, and the recordings stay
    paused, until it is killed; then both go through a relay of the next process until the caller
    keys nothing, also where that one is lost in turn."""
    monkeypatch.setattr(relays, "RESTARTS_S", 2.0)
    async with calling(case.house) as call:
        capture = await case.open(call)
        call.says(OK)
        case.house.services.parties.leg_parked(CONTACT, "leg-1")
        closing = asyncio.create_task(capture.close())
        await until(lambda: Close(capture.id) in case.process.sent)
        for _ in range(20):
            await asyncio.sleep(0)
        assert case.house.services.parties.of(CONTACT).table.mode is Mode.RELAY
        for port in (4001, 4002):
            case.process.lost()
            case.process.port = port
            *_, ringing = await case.rings_out(call)
            there = ("leg-1", ringing.agent, f"127.0.0.1:{port}")
            await until(partial(case.house.switch.relayed.__contains__, there))
            call.says(OK)
        assert not closing.done()
        case.process.tells(Closed(ringing.capture))
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        case.house.services.parties.leg_parked(CONTACT, "leg-1")
        await closing
        assert case.process.listeners == {}
        await case.talk_again(call)
        await caller_leaves(call)


async def test_after_enough_lost_relays_they_are_joined(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is kept apart for ever."""
    monkeypatch.setattr(relays, "FOLLOWING", 1)
    async with calling(case.house) as call:
        capture = await case.open(call)
        case.process.tells(Parted(capture.id, "agent"))
        call.says(OK)
        (ringing,) = await case.rings_out(call)
        case.process.tells(Parted(ringing.capture, "caller"))
        await case.lets_go(call)
        await case.talk_again(call)
        await caller_leaves(call)


@pytest.mark.parametrize("how", ["recorded", "unsafe"])
async def test_what_could_be_heard_or_seen_is_not_keyed_on(
    case: Case, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Somebody records the caller, or Asterisk is set otherwise, in the middle of a capture; also
    while the money is asked for, so nothing is keyed again after a decline."""
    monkeypatch.setattr(room, "LOOKS_EVERY_S", 0.0)
    services = case.house.services
    read = SAFE

    async def reads() -> Inspected:
        return read

    always = float("inf")
    services.safety = PaymentSafety(reads, lambda: True, services.metrics, lambda: always)
    async with calling(case.house) as call:
        capture = await case.open(call)
        if how == "recorded":
            services.pauses.tapped(CONTACT)
        else:
            read = replace(SAFE, manager_debug=True)
            services.safety.settings_changed()
        await until(lambda: Cancel(capture.id, Result.EXPOSED) in case.process.sent)
        await capture.declined((Field.CODE,))
        assert case.process.sent[-1] == Declined(capture.id, ())
        case.process.tells(Closed(capture.id))
        await case.lets_go(call)
        await case.talk_again(call)
        await caller_leaves(call)


async def test_legs_that_do_not_come_leave_the_conversation_as_it_was(case: Case) -> None:
    """The process gives the one back that came."""
    async with calling(case.house) as call:
        await talks_with_anna(case.house, call)
        beginning = case.begins()
        await case.relayed(call)
        case.process.tells(Closed(case.process.opened.capture))
        await case.lets_go(call)
        with pytest.raises(CapturesAway, match="audio"):
            await beginning
        await case.talk_again(call)
        await caller_leaves(call)


async def test_the_caller_hangs_up_in_the_relay(case: Case) -> None:
    """It is the caller who ended it, and Anna's leg is not left in silence."""
    async with calling(case.house) as call:
        capture = await case.open(call)
        case.process.tells(Parted(capture.id, "caller"))
        case.process.tells(Closed(capture.id))
        call.says("HANGUP", OK)
        await until(lambda: "leg-1" in case.house.switch.hung_up)
        await capture.close()
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    assert case.house.writer.row.ended_by is EndedBy.CALLER


async def test_the_agent_hangs_up_in_the_relay(case: Case) -> None:
    """The caller's flow goes on as after any conversation."""
    async with calling(case.house) as call:
        capture = await case.open(call)
        case.house.services.parties.leg_ended(CONTACT, "leg-1")
        case.process.tells(Parted(capture.id, "agent"))
        case.process.tells(Closed(capture.id))
        call.says(OK)
        (ringing,) = await case.rings_out(call)
        assert ringing.agent is None
        case.process.tells(Closed(ringing.capture))
        await agent_left(call)
        await capture.close()
    row = case.house.writer.row
    assert (row.outcome, row.ended_by) == (Outcome.ANSWERED, EndedBy.AGENT)


async def test_one_capture_at_a_time(case: Case) -> None:
    """A second one is refused, and does not disturb the first."""
    async with calling(case.house) as call:
        capture = await case.open(call)
        with pytest.raises(CapturesAway, match="busy"):
            await case.room.beside(CONTACT, ORDER)
        assert case.process.opened.capture == capture.id
        case.process.tells(Closed(capture.id))
        await case.lets_go(call)
        await case.talk_again(call)
        await caller_leaves(call)


@pytest.mark.parametrize("why", ["restarting", "no_provider", "unsafe .manager set debug"])
async def test_no_card_is_captured_where_none_may_be(case: Case, why: str) -> None:
    """And nothing happens to those who talk."""
    match why:
        case "restarting":
            case.process.port = None
        case "no_provider":
            case.house.services.site = case.house.site.model_copy(update={"payments": None})
        case _:
            loud = replace(SAFE, manager_debug=True)
            case.house.services.safety = PaymentSafety(
                partial(_reads, loud), lambda: True, case.house.services.metrics
            )
    async with calling(case.house) as call:
        await talks_with_anna(case.house, call)
        with pytest.raises(CapturesAway, match=why):
            await case.room.beside(CONTACT, ORDER)
        assert case.house.switch.relayed == []
        assert case.process.sent == []
        await caller_leaves(call)


async def test_nobody_to_capture_from(case: Case) -> None:
    """There is no such conversation."""
    with pytest.raises(NotInTalk):
        await case.room.beside(CONTACT, ORDER)


class Speech:
    """Audio of any text, by its words."""

    async def of(self, segment: object) -> str:
        return "/prompts/" + str(getattr(segment, "text", "")).split()[0]


def _was_told(process: FakeProcess, message: Message) -> bool:
    return message in process.sent


def remote_capture(process: FakeProcess, *, prompts: bool = True) -> remote.RemoteCapture:
    """One that was begun."""
    order = Order(Rules(), "en", prompts=prompts)
    capture = remote.RemoteCapture("c", process, Speech(), order)
    process.listen("c", capture.take)
    return capture


async def test_prompts_are_said_in_the_sentences_of_the_site() -> None:
    """By their numbers, so that one that is late is not said; of an agent's capture none are."""
    ask = Prompt(PromptKind.ASK, "en", Field.NUMBER)
    for prompts in (True, False):
        process = FakeProcess()
        capture = remote_capture(process, prompts=prompts)
        process.tells(Told.of("c", 7, ask))
        closing = asyncio.create_task(capture.close())
        await until(partial(_was_told, process, Close("c")))
        process.tells(Closed("c"))
        await closing
        played = [each for each in process.sent if isinstance(each, Play)]
        assert played == ([Play("c", ("/prompts/Please.sln",), 7)] if prompts else [])


async def test_its_verbs_are_orders() -> None:
    """Each as it is."""
    process = FakeProcess()
    capture = remote_capture(process)
    await capture.start()
    await capture.ask(Field.CODE)
    await capture.paid()
    await capture.declined((Field.NUMBER,))
    await capture.failed(Result.UNKNOWN)
    await capture.say(["Wait"])
    assert process.sent == [
        Start("c"),
        Ask("c", Field.CODE),
        Paid("c"),
        Declined("c", (Field.NUMBER,)),
        NotPaid("c", Result.UNKNOWN),
        Play("c", ("/prompts/Wait.sln",), None),
    ]


async def test_a_token_or_why_there_is_none() -> None:
    """As the tokeniser would have it."""
    process = FakeProcess()
    capture = remote_capture(process)
    for answer in (
        Tokenised("c", "pm_1", "visa", "4242"),
        NoToken.of("c", CardRefused(decline("expired_card"))),
    ):
        asking = asyncio.create_task(capture.tokenise(Key("k")))
        await until(lambda: Tokenise("c", "k") in process.sent)
        process.sent.clear()
        process.tells(answer)
        if isinstance(answer, Tokenised):
            assert (await asking).token == Token("pm_1")
        else:
            with pytest.raises(CardRefused, match="expired_card"):
                await asking


async def test_a_process_that_dies_while_it_asks_made_no_token() -> None:
    """A token moves no money: nothing was done."""
    process = FakeProcess()
    capture = remote_capture(process)
    asking = asyncio.create_task(capture.tokenise(Key("k")))
    await until(lambda: Tokenise("c", "k") in process.sent)
    process.tells(None)
    with pytest.raises(NotDone, match="capture_lost"):
        await asking
