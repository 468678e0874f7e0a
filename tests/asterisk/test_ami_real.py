"""The AMI client and a real Asterisk, with a bad network between them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import pytest
import pytest_asyncio

from bridge.ami.client import AmiClient
from bridge.ami.settings import AmiSettings
from bridge.errors import ActionFailed, LinkDown, LoginRejected, UnsafeValue
from tests.asterisk.ami_site import AmiSite
from tests.asterisk.asterisk_fixture import started
from tests.asterisk.waiting import until
from tests.fakes.ami_server import Listener
from tests.fakes.tcp_proxy import TcpProxy, tcp_proxy

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

PANGRAM = "Árvíztűrő tükörfúrógép, zażółć gęślą jaźń, õäöü 🎧"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AmiSite]:
    async with started(AmiSite(tmp_path_factory.mktemp("ami"))) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def proxy(site: AmiSite) -> AsyncIterator[TcpProxy]:
    async with tcp_proxy(site.ami_port) as running:
        yield running


async def test_a_wrong_secret_is_told(site: AmiSite) -> None:
    """Asterisk's own refusal comes out of start()."""
    listener = Listener()
    client = client_of(site.settings(secret="wrong"), listener)
    with pytest.raises(LoginRejected, match="Authentication failed"):
        await client.start()
    assert listener.told == []


async def test_a_synchronous_originate_keeps_the_link(site: AmiSite) -> None:
    """Without Async the answer comes when the call was answered, or failed."""
    async with linked(site.settings()) as (client, listener):
        answer = await client.action("Originate", *call("answer"))
        assert answer["Message"] == "Originate successfully queued"
        with pytest.raises(ActionFailed, match="Originate failed"):
            await client.action("Originate", *call("ring"), ("Timeout", "200"))
        assert client.up
        assert "down" not in "".join(listener.told)
        await hang_up_all(client)


async def test_a_call_is_never_dialled_twice(site: AmiSite, proxy: TcpProxy) -> None:
    """Cut behind the Originate: the action fails, and after the reconnect one call exists."""
    proxy.cut_after = b"Action: Originate"
    async with linked(site.settings(proxy.port)) as (client, listener):
        with pytest.raises(LinkDown):
            await client.action("Originate", *call("answer"), ("Async", "true"))
        await until(lambda: client.up)
        await asyncio.sleep(0.5)
        calls = [item["Channel"] for item in await client.collect("Status")]
        assert len([name for name in calls if name.endswith(";1")]) == 1
        assert [told for told in listener.told if told == "up"] == ["up", "up"]
        await hang_up_all(client)


async def test_letters_survive_a_byte_at_a_time(site: AmiSite, proxy: TcpProxy) -> None:
    """Both ways, with every letter split over segments."""
    proxy.one_byte = True
    async with linked(site.settings(proxy.port)) as (client, listener):
        await client.action("UserEvent", ("UserEvent", "Test"), ("Text", PANGRAM))
        await until(lambda: listener.told[-1] == "UserEvent")
        assert listener.events[-1]["Text"] == PANGRAM


async def test_no_second_action_can_be_smuggled_in(site: AmiSite) -> None:
    """CR LF in a value never reaches Asterisk."""
    async with linked(site.settings()) as (client, listener):
        smuggled = "x\r\n\r\nAction: UserEvent\r\nUserEvent: Smuggled"
        with pytest.raises(UnsafeValue):
            await client.action("UserEvent", ("UserEvent", smuggled))
        await client.action("UserEvent", ("UserEvent", "Honest"))
        await until(lambda: listener.told[-1] == "UserEvent")
        assert [event["UserEvent"] for event in listener.events] == ["Honest"]


async def test_a_line_of_the_greatest_length_arrives(site: AmiSite) -> None:
    """The limit in quoting is Asterisk's own: its longest line is read whole."""
    async with linked(site.settings()) as (client, listener):
        longest = "x" * (1022 - len("Text: "))
        await client.action("UserEvent", ("UserEvent", "Long"), ("Text", longest))
        await until(lambda: listener.told[-1] == "UserEvent")
        assert listener.events[-1]["Text"] == longest


async def test_a_network_that_went_deaf_is_noticed(site: AmiSite, proxy: TcpProxy) -> None:
    """No close, no error, only silence: the ping watchdog ends the link and makes a new one."""
    settings = replace(site.settings(proxy.port), ping_interval_s=0.1, ping_timeout_s=0.3)
    async with linked(settings) as (client, listener):
        proxy.deaf = True
        with pytest.raises(LinkDown, match="a ping was not answered"):
            await client.action("Status")
        proxy.deaf = False
        await until(lambda: client.up)
        assert listener.told == ["up", "down: a ping was not answered", "up"]


async def test_the_state_is_read_again_after_each_reconnect(site: AmiSite, proxy: TcpProxy) -> None:
    """Every new link is followed by a resync."""
    async with linked(site.settings(proxy.port)) as (_, listener):
        for links in (2, 3, 4):
            proxy.cut()
            await until(partial(told_up, listener, links))
        assert [told.split(":")[0] for told in listener.told] == ["up", *(["down", "up"] * 3)]
        assert proxy.connections == 4


def told_up(listener: Listener, times: int) -> bool:
    return listener.told.count("up") == times


def call(extension: str) -> list[tuple[str, str]]:
    """A call to an extension of the dialplan, answered by Wait."""
    return [
        ("Channel", f"Local/{extension}@calls/n"),
        ("Application", "Wait"),
        ("Data", "60"),
    ]


def client_of(settings: AmiSettings, listener: Listener) -> AmiClient:
    quick = replace(settings, backoff_min_s=0.02)
    return AmiClient(
        quick, on_event=listener.on_event, on_up=listener.on_up, on_down=listener.on_down
    )


@asynccontextmanager
async def linked(settings: AmiSettings) -> AsyncIterator[tuple[AmiClient, Listener]]:
    listener = Listener()
    client = client_of(settings, listener)
    await client.start()
    try:
        yield client, listener
    finally:
        await client.stop()


async def hang_up_all(client: AmiClient) -> None:
    await client.action("Hangup", ("Channel", "/.*/"))
    await until_none(client)


async def until_none(client: AmiClient) -> None:
    async with asyncio.timeout(5):
        while await client.collect("Status"):  # noqa: ASYNC110 - a real server
            await asyncio.sleep(0.02)
