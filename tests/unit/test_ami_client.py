"""The AMI client against a misbehaving Asterisk: one test for each way that it can go wrong."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from bridge.ami.client import AmiClient
from bridge.errors import ActionFailed, ActionTimeout, LinkDown, LoginRejected, UnsafeValue
from tests.fakes.ami_server import SETTINGS, FakeAmi, Listener, linked
from tests.fakes.virtual_loop import virtual_time

pytestmark = pytest.mark.unit


def now() -> float:
    return asyncio.get_running_loop().time()


@virtual_time
async def test_an_action_returns_its_response() -> None:
    """An action reaches Asterisk as it was given, and its answer is found by the ActionID."""
    async with linked(FakeAmi(), Listener()) as (client, asterisk):
        asked = asyncio.create_task(client.action("Getvar", ("Variable", "ÁRVÍZTŰRŐ")))
        request = await asterisk.read()
        assert request.name == "Getvar"
        assert request["Variable"] == "ÁRVÍZTŰRŐ"
        asterisk.send("Response: Success\r\nActionID: somebody-else\r\nValue: wrong\r\n\r\n")
        asterisk.answer(request, "Value: tükörfúrógép")
        assert (await asked)["value"] == "tükörfúrógép"


@virtual_time
async def test_answers_out_of_order_find_their_actions() -> None:
    """Several actions may be under way; each gets its own answer."""
    async with linked(FakeAmi(), Listener()) as (client, asterisk):
        asked = [asyncio.create_task(client.action(name)) for name in ("First", "Second")]
        first, second = await asterisk.read(), await asterisk.read()
        asterisk.answer(second, "Value: 2")
        asterisk.answer(first, "Value: 1")
        assert [(await answer)["Value"] for answer in asked] == ["1", "2"]


@virtual_time
async def test_an_error_is_raised_with_asterisks_own_words() -> None:
    """Response: Error raises ActionFailed, and the link goes on."""
    async with linked(FakeAmi(), Listener()) as (client, asterisk):
        asked = asyncio.create_task(client.action("Hangup", ("Channel", "x")))
        asterisk.refuse(await asterisk.read(), "No such channel")
        with pytest.raises(ActionFailed, match="Hangup failed: No such channel"):
            await asked
        assert client.up


@virtual_time
async def test_a_wrong_secret_is_an_error_and_not_a_silence() -> None:
    """The first login refused: start() raises, and nothing goes on in the background."""
    asterisk = FakeAmi()
    client = client_of(asterisk, Listener(), replace(SETTINGS, secret="wrong"))
    starting = asyncio.create_task(client.start())
    await asterisk.log_in()
    with pytest.raises(LoginRejected, match="Authentication failed"):
        await starting
    await asyncio.sleep(60)
    assert len(asterisk.attempts) == 1
    with pytest.raises(LinkDown):
        await client.action("Ping")


@virtual_time
async def test_a_login_refused_later_is_tried_again() -> None:
    """Asterisk may be reloaded with another secret and back: a running client keeps trying."""
    fake, listener = FakeAmi(), Listener()
    async with linked(fake, listener) as (client, asterisk):
        asterisk.cut()
        again = await fake.accept()
        again.refuse(await again.read(), "Authentication failed")
        await fake.log_in()
        await until_up(client)
        assert listener.told == ["up", "down: Asterisk closed the connection", "up"]


@virtual_time
async def test_an_action_under_way_fails_with_the_link_and_is_never_sent_again() -> None:
    """An Originate whose answer was lost must not dial twice."""
    fake = FakeAmi()
    async with linked(fake, Listener()) as (client, asterisk):
        dialling = asyncio.create_task(client.action("Originate", ("Channel", "PJSIP/1001")))
        await asterisk.read()
        asterisk.cut(ConnectionResetError("reset by peer"))
        with pytest.raises(LinkDown, match="reset by peer"):
            await dialling
        again = await fake.log_in()
        await asyncio.sleep(60)
        assert again.requests.empty()


@virtual_time
async def test_an_action_without_a_link_fails_at_once() -> None:
    """Nothing is queued for a later link, where it would come too late."""
    fake = FakeAmi()
    async with linked(fake, Listener()) as (client, asterisk):
        fake.reachable = False
        asterisk.cut()
        await asterisk.ended.wait()
        await asyncio.sleep(0)
        began = now()
        with pytest.raises(LinkDown):
            await client.action("Originate")
        assert now() == began
        assert not client.up


@virtual_time
async def test_a_timeout_leaves_nothing_behind() -> None:
    """ActionTimeout after the given time; the late answer is ignored, and nothing leaks."""
    listener = Listener()
    async with linked(FakeAmi(), listener) as (client, asterisk):
        began = now()
        with pytest.raises(ActionTimeout, match=r"Reload was not answered within 2 s"):
            await client.action("Reload", timeout_s=2)
        assert now() - began == pytest.approx(2)
        late = await asterisk.read()
        asterisk.answer(late)
        asked = asyncio.create_task(client.action("Next"))
        asterisk.answer(await asterisk.read(), "Value: mine")
        assert (await asked)["Value"] == "mine"
        assert waiting(client) == 0


@virtual_time
async def test_a_caller_that_gives_up_leaves_nothing_behind() -> None:
    """Cancelling an action forgets it."""
    async with linked(FakeAmi(), Listener()) as (client, asterisk):
        asked = asyncio.create_task(client.action("Reload"))
        await asterisk.read()
        asked.cancel()
        await asyncio.wait([asked])
        assert waiting(client) == 0


@virtual_time
async def test_a_list_is_gathered_until_it_is_complete() -> None:
    """The events of a list belong to the action and are not delivered as live ones."""
    listener = Listener()
    async with linked(FakeAmi(), listener) as (client, asterisk):
        asked = asyncio.create_task(client.collect("Status"))
        request = await asterisk.read()
        asterisk.event("Hangup", "Channel: other")
        asterisk.answer_list(request, "Status", ("Channel: a",), ("Channel: b",))
        assert [item["Channel"] for item in await asked] == ["a", "b"]
        assert listener.told == ["up", "Hangup"]


@virtual_time
async def test_a_list_that_nobody_waits_for_is_dropped() -> None:
    """What comes of a list after its timeout is not taken for live events."""
    listener = Listener()
    async with linked(FakeAmi(), listener) as (client, asterisk):
        with pytest.raises(ActionTimeout):
            await client.collect("Status")
        asterisk.answer_list(await asterisk.read(), "Status", ("Channel: a",))
        await asyncio.sleep(1)
        assert listener.told == ["up"]


@virtual_time
async def test_an_originate_without_async_is_answered_and_keeps_the_link() -> None:
    """panoramisk loses the connection over the plain answer to a synchronous Originate."""
    async with linked(FakeAmi(), Listener()) as (client, asterisk):
        asked = asyncio.create_task(client.action("Originate", ("Channel", "Local/1@x")))
        asterisk.answer(await asterisk.read(), "Message: Originate successfully queued")
        assert (await asked)["Message"] == "Originate successfully queued"
        assert client.up


@virtual_time
async def test_queue_add_is_answered_by_its_one_response() -> None:
    """panoramisk takes "Added interface to queue" for the beginning of a list and hangs."""
    async with linked(FakeAmi(), Listener()) as (client, asterisk):
        asked = asyncio.create_task(client.action("QueueAdd", ("Queue", "sales")))
        asterisk.answer(await asterisk.read(), "Message: Added interface to queue")
        assert (await asked).response == "Success"


@virtual_time
async def test_an_exception_in_a_listener_costs_one_event_only() -> None:
    """panoramisk loses the connection over an exception in a callback."""

    class Faulty(Listener):
        def on_event(self, message: object) -> None:
            super().on_event(message)  # type: ignore[arg-type]
            if self.told[-1] == "Bad":
                raise RuntimeError("a fault of the listener")

    listener = Faulty()
    async with linked(FakeAmi(), listener) as (client, asterisk):
        asterisk.event("Bad")
        asterisk.event("Good")
        await asyncio.sleep(0.1)
        assert listener.told == ["up", "Bad", "Good"]
        assert client.up


@pytest.mark.parametrize("breaker", ["\r\nAction: Originate", "\n", "\r", "\0"])
def test_a_value_cannot_add_a_line(breaker: str) -> None:
    """CR, LF and NUL are refused before anything is sent, in names and in values."""

    @virtual_time
    async def conversation() -> None:
        async with linked(FakeAmi(), Listener()) as (client, asterisk):
            for action, field in (
                ("Hangup", ("Channel", f"x{breaker}")),
                ("Hangup", (f"Channel{breaker}", "x")),
                (f"Hangup{breaker}", ("Channel", "x")),
            ):
                with pytest.raises(UnsafeValue):
                    await client.action(action, field)
            await asyncio.sleep(1)
            assert asterisk.requests.empty()

    conversation()


@virtual_time
async def test_unanswered_pings_end_the_link() -> None:
    """A peer that went deaf is noticed within interval and timeout, and a new link is made."""
    fake, listener = FakeAmi(), Listener()
    async with linked(fake, listener) as (client, asterisk):
        asterisk.answers_pings = False
        began = now()
        asked = asyncio.create_task(client.action("Status", timeout_s=60))
        with pytest.raises(LinkDown, match="a ping was not answered"):
            await asked
        assert now() - began <= SETTINGS.ping_interval_s + SETTINGS.ping_timeout_s
        await fake.log_in()
        await until_up(client)
        assert listener.told == ["up", "down: a ping was not answered", "up"]


@virtual_time
async def test_answered_pings_keep_the_link() -> None:
    """A quiet but living link stays."""
    fake = FakeAmi()
    async with linked(fake, Listener()) as (client, asterisk):
        await asyncio.sleep(3600)
        assert client.up
        assert asterisk.pings == pytest.approx(3600 / SETTINGS.ping_interval_s, abs=2)
        assert len(fake.attempts) == 1


@virtual_time
async def test_reconnecting_backs_off_with_full_jitter() -> None:
    """Delays double to their ceiling; a random fraction of each is waited."""
    fake = FakeAmi()
    async with linked(fake, Listener()) as (_, asterisk):
        fake.reachable = False
        asterisk.cut()
        await asyncio.sleep(60)
        at = fake.attempts[1:]
        gaps = [round(b - a, 3) for a, b in pairwise(at)]
        assert gaps[:7] == [0.5, 1, 2, 4, 8, 15, 15]


@virtual_time
async def test_a_link_that_lasted_is_reconnected_at_once_again() -> None:
    """After a long life of the link the back-off begins anew."""
    fake = FakeAmi()
    async with linked(fake, Listener()) as (client, asterisk):
        for _ in range(5):
            await asyncio.sleep(100)
            lost = now()
            asterisk.cut()
            asterisk = await fake.log_in()
            assert now() - lost == pytest.approx(SETTINGS.backoff_min_s)
        await until_up(client)


@virtual_time
async def test_stopping_while_waiting_to_reconnect_stops() -> None:
    """stop() during the back-off ends it: no connection is made afterwards."""
    fake = FakeAmi()
    async with linked(fake, Listener()) as (client, asterisk):
        fake.reachable = False
        asterisk.cut()
        await asyncio.sleep(5)
        await client.stop()
        seen = len(fake.attempts)
        fake.reachable = True
        await asyncio.sleep(600)
        assert len(fake.attempts) == seen
        assert not client.up


@virtual_time
async def test_stopping_fails_what_is_under_way() -> None:
    """stop() ends the connection, and every waiting action with it."""
    async with linked(FakeAmi(), Listener()) as (client, asterisk):
        asked = asyncio.create_task(client.action("Status"))
        await asterisk.read()
        await client.stop()
        with pytest.raises(LinkDown, match="stopped"):
            await asked
        assert asterisk.ended.is_set()


@virtual_time
async def test_a_start_that_is_cancelled_stops() -> None:
    """While Asterisk is not there start() waits; to give up, cancel it."""
    fake = FakeAmi(reachable=False)
    client = client_of(fake, Listener())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(10):
            await client.start()
    seen = len(fake.attempts)
    assert seen > 3
    await asyncio.sleep(600)
    assert len(fake.attempts) == seen


@virtual_time
async def test_the_link_is_up_without_fully_booted() -> None:
    """Without `system` among the read permissions FullyBooted never comes; nobody waits for it."""
    listener = Listener()
    async with linked(FakeAmi(booted=False), listener) as (client, _):
        assert client.up
        assert listener.told == ["up"]


@virtual_time
async def test_the_state_is_read_again_when_asterisk_has_booted() -> None:
    """A login while Asterisk still starts sees half of the state; FullyBooted brings the rest."""
    fake, listener = FakeAmi(booted=False), Listener()
    async with linked(fake, listener) as (client, asterisk):
        asterisk.event("FullyBooted")
        await asyncio.sleep(1)
        assert listener.told == ["up", "up"]
        assert client.up


@virtual_time
async def test_events_during_a_resync_follow_it_in_order() -> None:
    """on_up can use the link; what happens meanwhile is delivered after it, in order."""

    class Reading(Listener):
        client: AmiClient

        async def on_up(self) -> None:
            await self.client.action("Status")
            self.told.append("up")

    fake, listener = FakeAmi(), Reading()
    listener.client = client = client_of(fake, listener)
    starting = asyncio.create_task(client.start())
    asterisk = await fake.log_in()
    request = await asterisk.read()
    asterisk.event("First")
    asterisk.event("Second")
    await asyncio.sleep(1)
    assert listener.told == []
    asterisk.answer(request)
    asterisk.event("Third")
    await starting
    await asyncio.sleep(1)
    assert listener.told == ["up", "First", "Second", "Third"]
    await client.stop()


@virtual_time
async def test_a_failed_resync_begins_a_new_link() -> None:
    """Without its state the link is of no use: it is dropped and made again."""

    class Unlucky(Listener):
        tries = 0

        async def on_up(self) -> None:
            self.tries += 1
            if self.tries == 1:
                raise RuntimeError("the state could not be stored")
            await super().on_up()

    fake, listener = FakeAmi(), Unlucky()
    client = client_of(fake, listener)
    starting = asyncio.create_task(client.start())
    await fake.log_in()
    await fake.log_in()
    await starting
    assert listener.told == ["down: the state could not be read", "up"]
    await client.stop()


@pytest.mark.parametrize("segment", [1, 2, 3, 7, None])
def test_letters_survive_any_segmentation(segment: int | None) -> None:
    """A letter of several bytes may be cut by the border of two TCP segments."""

    @virtual_time
    async def conversation() -> None:
        listener = Listener()
        async with linked(FakeAmi(segment=segment), listener) as (_, asterisk):
            asterisk.event("UserEvent", "Name: Őrült írónő 🎧 żółć")
            await asyncio.sleep(1)
            assert [event["Name"] for event in listener.events] == ["Őrült írónő 🎧 żółć"]

    conversation()


@virtual_time
async def test_bytes_that_are_not_utf8_are_marked_and_cost_nothing_else() -> None:
    """A phone may send Latin-1 names: the letter is replaced, the message arrives."""
    listener = Listener()
    async with linked(FakeAmi(), listener) as (_, asterisk):
        asterisk.send(b"Event: UserEvent\r\nName: Ren\xe9e\r\nAgent: anna\r\n\r\n")
        await asyncio.sleep(1)
        assert listener.events[0]["Name"] == "Ren\ufffde"
        assert listener.events[0]["Agent"] == "anna"


@virtual_time
async def test_an_endless_line_ends_the_link() -> None:
    """Memory is bounded: a message that never ends is not collected for ever."""
    fake, listener = FakeAmi(), Listener()
    async with linked(fake, listener) as (client, asterisk):
        for _ in range(300):
            asterisk.send(b"x" * 1024)
        await fake.log_in()
        await until_up(client)
        assert listener.told == ["up", "down: a message of more than 262144 bytes", "up"]


@virtual_time
async def test_a_peer_that_is_no_asterisk_is_left_alone() -> None:
    """Something else on the port is noticed by its greeting and gets no secret to keep waiting."""
    fake = FakeAmi(greeting="SSH-2.0-OpenSSH_9.6\r\n")
    client = client_of(fake, Listener())
    starting = asyncio.create_task(client.start())
    session = await fake.accept()
    await session.ended.wait()
    assert now() == 0
    starting.cancel()
    await asyncio.wait([starting])


@virtual_time
async def test_a_peer_that_says_nothing_is_given_up() -> None:
    """A connection without an answer to the login is dropped after the connect timeout."""
    fake = FakeAmi(greeting="")
    client = client_of(fake, Listener())
    starting = asyncio.create_task(client.start())
    session = await fake.accept()
    await session.ended.wait()
    assert now() == pytest.approx(SETTINGS.connect_timeout_s)
    starting.cancel()
    await asyncio.wait([starting])


def test_the_secret_stays_out_of_sight() -> None:
    """Settings are logged and shown in errors; the secret must not be among them."""
    assert "let me in" not in repr(SETTINGS)


def test_a_secret_that_breaks_the_line_is_refused_at_once() -> None:
    """Better at the start than at every attempt to log in."""
    with pytest.raises(UnsafeValue):
        replace(SETTINGS, secret="x\r\nAction: Originate")


def client_of(asterisk: FakeAmi, listener: Listener, settings: object = SETTINGS) -> AmiClient:
    return AmiClient(
        settings,  # type: ignore[arg-type]
        on_event=listener.on_event,
        on_up=listener.on_up,
        on_down=listener.on_down,
        connect=asterisk.connect,
        random=lambda: 1.0,
    )


async def until_up(client: AmiClient) -> None:
    async with asyncio.timeout(60):
        while not client.up:  # noqa: ASYNC110 - the clock is virtual
            await asyncio.sleep(0.01)


def waiting(client: AmiClient) -> int:
    link = client._link
    assert link is not None
    return len(link._waiting)
