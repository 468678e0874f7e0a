"""A caller in the queue, between Asterisk's side of AGI, the keys and routing."""

import asyncio

import pytest

from engine.calls import waiting
from history.outcome import Outcome
from ivr.announce import expected_wait, place_in_queue
from routing.contact import Outcome as RoutingOutcome
from routing.contact import Relaxation
from tests.fakes.agi_client import FakeCall, joining
from tests.fakes.house import House
from tests.unit.conversation import program
from tests.unit.test_engine_call import CONTACT, OK, calling, goodbye, until

pytestmark = pytest.mark.unit

FLOW = """
languages: [en]
start: line
steps:
  line:
    queue: support
    skills: {support: 3, en: 2}
    after: {60s: {support: 2}, 120s: any}
    while_waiting: {say_wait: yes, every: 10m, offer: {prompt: Offer., keys: {1: left, star: left}}}
    max_waiting: 2
    answered: told
    on_error: told
    on_full: full
    no_agents: closed
  left: {say: Left., next: end}
  full: {say: Full., next: end}
  closed: {say: Closed., next: end}
  told: {say: "{queue.waited} with {queue.agent}", next: end}
  end: {hangup: normal}
"""


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    """No announcement comes before its time."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 3_600.0)
    return House({"support": program(FLOW)})


async def hears_music(call: FakeCall) -> None:
    """In a queue that may be left by key: the switch is asked to tell of keys from now on."""
    await call.answers("SET VARIABLE TRK_KEYS heard", OK)
    await hears_it_again(call)


async def hears_it_again(call: FakeCall) -> None:
    """After an announcement, or where no key leaves the queue."""
    await call.answers("SET MUSIC ON default", OK)


async def says(call: FakeCall, text: str) -> None:
    await call.answers(f'STREAM FILE {text} ""', "200 result=0 endpos=1")


async def test_a_key_leaves_at_once_and_others_do_nothing(house: House) -> None:
    """Routing lets the contact go, the flow goes to the key's step, and no key is told."""
    async with calling(house) as call:
        await hears_music(call)
        for key in "79#":
            house.services.keys.pressed(CONTACT, key)
        await asyncio.sleep(0)
        assert house.router.told[-1][0] == "enqueue"
        house.services.keys.pressed(CONTACT, "*")
        house.services.keys.pressed(CONTACT, "1")
        await call.answers("SET MUSIC OFF", OK)
        await says(call, "left")
        await goodbye(call)
    assert house.router.told[-1] == ("withdraw", CONTACT, RoutingOutcome.WITHDRAWN)
    row = house.writer.row
    assert row.outcome is Outcome.FLOW_ENDED
    assert ("left_queue", {"reason": "key"}) in [(e.what, e.fields) for e in row.timeline]


CHOSEN = """
languages: [en]
start: main
steps:
  main:
    menu: {prompt: Menu., options: {1: line}, timeout: 3s}
    on_timeout: end
    on_invalid: end
  line:
    queue: support
    while_waiting: {every: 10m, offer: {prompt: Offer., keys: {1: left}}}
    answered: end
    on_error: end
  left: {say: Left., next: end}
  end: {hangup: normal}
"""


async def test_the_key_that_led_to_the_queue_does_not_leave_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The manager tells of a key later than AGI may: in the queue it is an echo, and acts only
    when it is pressed again."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 3_600.0)
    house = House({"support": program(CHOSEN)})
    async with calling(house) as call:
        await call.answers("GET DATA menu 3000 1", "200 result=1")
        await hears_music(call)
        house.services.keys.pressed(CONTACT, "1")
        await asyncio.sleep(0)
        assert house.router.told[-1][0] == "enqueue"
        house.services.keys.pressed(CONTACT, "1")
        await call.answers("SET MUSIC OFF", OK)
        await says(call, "left")
        await goodbye(call)
    assert house.router.told[-1] == ("withdraw", CONTACT, RoutingOutcome.WITHDRAWN)


async def test_who_keys_at_once_in_the_queue_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same key again, once the switch has told of the first."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 3_600.0)
    house = House({"support": program(CHOSEN)})
    async with calling(house) as call:
        house.services.keys.pressed(CONTACT, "1")
        await call.answers("GET DATA menu 3000 1", "200 result=1")
        await hears_music(call)
        house.services.keys.pressed(CONTACT, "1")
        await call.answers("SET MUSIC OFF", OK)
        await says(call, "left")
        await goodbye(call)
    assert house.router.told[-1] == ("withdraw", CONTACT, RoutingOutcome.WITHDRAWN)


async def test_keys_of_who_does_not_wait_are_dropped(house: House) -> None:
    """Before the queue and after it nobody listens."""
    house.services.keys.pressed(CONTACT, "1")
    async with calling(house) as call:
        await hears_music(call)
        house.services.keys.pressed("another", "1")
        house.services.keys.pressed(CONTACT, "1")
        await call.answers("SET MUSIC OFF", OK)
        house.services.keys.pressed(CONTACT, "1")
        await says(call, "left")
        await goodbye(call)
    assert house.writer.row.outcome is Outcome.FLOW_ENDED


async def test_a_key_cuts_an_announcement_short(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has heard enough does not have to hear the rest."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 0.0)
    async with calling(house) as call:
        await hears_music(call)
        assert (await call.hears()).startswith("STREAM FILE ")
        house.services.keys.pressed(CONTACT, "1")
        await until(lambda: bool(house.switch.stopped))
        call.says("200 result=0 endpos=1")
        await call.answers("SET MUSIC OFF", OK)
        await says(call, "left")
        await goodbye(call)


async def test_place_wait_and_offer_are_told_one_after_another(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait only when it is known."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 0.0)
    house.router.expected_ms = 240_000
    async with calling(house) as call:
        await hears_music(call)
        wait = expected_wait("en", 240_000)
        assert wait is not None
        for text in (place_in_queue("en", 1), wait, "offer"):
            await says(call, "_".join(text.lower().replace(".", "").split()))
        await hears_it_again(call)
        call.says("HANGUP")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
    assert house.writer.row.outcome is Outcome.ABANDONED


COMFORT = FLOW.replace(
    "{say_wait: yes, every: 10m, offer: {prompt: Offer., keys: {1: left, star: left}}}",
    "{say_position: no, every: 1ms, say: [Thank you., Have your bill.], "
    "offer: {prompt: Offer., keys: {1: left}}}",
)


async def test_comfort_messages_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """One in each announcement, before the offer, and from the first again."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 0.0)
    house = House({"support": program(COMFORT)})
    async with calling(house) as call:
        await hears_music(call)
        for text in ("thank_you", "have_your_bill", "thank_you"):
            await says(call, text)
            await says(call, "offer")
            await hears_it_again(call)
        assert await call.hears() == 'STREAM FILE have_your_bill ""'
        call.says("HANGUP", "200 result=-1 endpos=0")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")


async def test_an_agent_who_answers_cuts_a_comfort_message_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The two are joined as soon as Asterisk has stopped it; the rest is not said."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 0.0)
    house = House({"support": program(COMFORT)})
    async with calling(house) as call:
        await hears_music(call)
        assert await call.hears() == 'STREAM FILE thank_you ""'
        house.router.answer(CONTACT, "anna", "leg-1")
        await until(lambda: bool(house.switch.stopped))
        call.says("200 result=0 endpos=1")
        await call.answers("SET MUSIC OFF", OK)
        await call.answers(joining("leg-1"), "200 result=1")
        await call.answers("EXEC Bridge leg-1", "HANGUP", "200 result=-1")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
    assert house.writer.row.outcome is Outcome.ANSWERED


async def test_a_full_queue_lets_nobody_in(house: House) -> None:
    """The contact never was in line; its row names the queue and why."""
    house.router.waiting = 2
    async with calling(house) as call:
        await says(call, "full")
        await goodbye(call)
    assert house.router.told == []
    row = house.writer.row
    assert (row.outcome, row.queue, row.wait_ms) == (Outcome.FLOW_ENDED, "support", None)
    fields = {"queue": "support", "reason": "full"}
    assert ("turned_away", fields) in [(e.what, e.fields) for e in row.timeline]


LONG = FLOW.replace("max_waiting: 2", "max_wait: 10m").replace(
    "on_full: full", "on_long_wait: full"
)


async def test_who_would_wait_too_long_is_not_let_in() -> None:
    """While the wait can be told; it is the flow's to say what then."""
    house = House({"support": program(LONG)})
    house.router.expected_ms = 600_001
    async with calling(house) as call:
        await says(call, "full")
        await goodbye(call)
    assert house.router.told == []
    fields = {"queue": "support", "reason": "long_wait"}
    assert ("turned_away", fields) in [(e.what, e.fields) for e in house.writer.row.timeline]


async def test_nobody_is_turned_away_for_a_wait_that_nobody_can_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Everybody is let in, and who leaves by a key knows no wait either."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 3_600.0)
    house = House({"support": program(LONG.replace("say: Left.", 'say: "{queue.waited}."'))})
    async with calling(house) as call:
        await hears_music(call)
        house.services.keys.pressed(CONTACT, "1")
        await call.answers("SET MUSIC OFF", OK)
        await says(call, "zero")
        await goodbye(call)
    assert house.router.told[-1] == ("withdraw", CONTACT, RoutingOutcome.WITHDRAWN)


async def test_a_wait_that_grows_a_little_is_told_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Five minutes stay five minutes when it may be six."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 0.0)
    flow = FLOW.replace(
        "every: 10m, offer: {prompt: Offer., keys: {1: left, star: left}}", "every: 1ms"
    )
    flow = flow.replace("say_wait: yes", "say_wait: yes, say_position: no")
    house = House({"support": program(flow.replace("  left: {say: Left., next: end}\n", ""))})
    async with calling(house) as call:
        await hears_it_again(call)
        for expected_ms, minutes in ((290_000, 5), (360_000, 5), (500_000, 10)):
            house.router.expected_ms = expected_ms
            told = expected_wait("en", minutes * 60_000) or ""
            await says(call, "_".join(told.lower().replace(".", "").split()))
            await hears_it_again(call)
        assert (await call.hears()).startswith("STREAM FILE ")
        call.says("HANGUP", "200 result=-1 endpos=0")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")


async def test_a_queue_without_agents_is_not_waited_in(house: House) -> None:
    """Nobody is to hear music for a desk that is empty."""
    house.router.staffed = False
    async with calling(house) as call:
        await says(call, "closed")
        await goodbye(call)
    assert house.router.told == []


async def test_the_last_agent_logs_out_while_a_caller_waits(house: House) -> None:
    """The caller leaves by the same exit."""
    async with calling(house) as call:
        await hears_music(call)
        house.router.tickets[CONTACT].unstaffed.set()
        await says(call, "closed")
        await goodbye(call)
    assert house.router.told[-1] == ("withdraw", CONTACT, RoutingOutcome.WITHDRAWN)


async def test_what_is_asked_for_is_relaxed_by_the_flow_and_bounded_by_the_queue(
    house: House,
) -> None:
    """``any`` is anyone who serves the queue: what the site asks for stays asked."""
    async with calling(house) as call:
        await hears_music(call)
        contact = house.router.tickets[CONTACT].contact
        assert contact.skills == (("en", 2), ("support", 3))
        assert contact.relax == (
            Relaxation(60_000, (("support", 2),)),
            Relaxation(120_000, (("support", 1),)),
        )
        call.says("HANGUP")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
