"""Calls that go on with an older version of their flow: they find the site as it is today."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.agi.session import AgiSession
from config.hours import Hours
from config.site import Site
from engine.house import House as EntryPoints
from engine.publishing.flows import Flows, Library
from history.bundles import BundleStore, bundle
from history.migrations import upgrade_to_head
from history.outcome import Outcome
from ivr.commands import CallBack
from ivr.events import Played
from ivr.interpreter import resume, start
from ivr.state import CallFacts
from tests.fakes.agi_client import FakeCall, conversation, joining
from tests.fakes.house import House
from tests.fakes.stories import CALLER, a_story
from tests.unit.conversation import HEADER
from tests.unit.test_engine_call import until

pytestmark = pytest.mark.unit

TEXT = f"""{HEADER}
languages: [en]
start: hello
vars:
  balance: {{type: number, start: "7"}}
  doubled: {{type: number}}
steps:
  hello: {{say: {{en: Hello}}, next: line}}
  line: {{queue: support, answered: double, on_timeout: {{after: 30s, go: bye}}, on_error: bye}}
  double: {{python: {{call: double, give: {{n: balance}}, take: {{doubled: result}}}}, next: open?}}
  open?: {{hours: office, open: where, closed: bye}}
  where: {{say: {{en: "Come to {{site.address}}."}}, next: bye}}
  bye: {{say: {{en: Bye}}, next: end}}
  end: {{hangup: normal}}
"""
CONTACT = "1700000000.1"
OK, SET = "200 result=0", "200 result=1"
PLAYED = "200 result=0 endpos=1"


DOUBLE = """\
from decimal import Decimal
from ivr.functions import flow_function

@flow_function
def double(n: Decimal) -> Decimal:
    return n * 2
"""


def with_address(site: Site, address: str) -> Site:
    """A site with opening hours, and a value."""
    hours = Hours.model_validate({"open": {"daily": "00:00-24:00"}})
    return site.model_copy(update={"values": {"address": address}, "hours": {"office": hours}})


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[BundleStore]:
    """Version 1 has a conversation behind which it needs the site; version 2 is in force."""
    url = f"sqlite:///{tmp_path}/history.db"
    await upgrade_to_head(url)
    store = BundleStore(url)
    house = House()
    for version, text in ((1, TEXT), (2, TEXT.replace("en: Bye", "en: Ciao"))):
        files = {"support.yaml": text.replace("flow: sample", "flow: support")}
        if version == 1:
            files["functions/sums.py"] = DOUBLE
        await store.add(house.site.site, bundle(version, files, version, "anna", ""))
    yield store
    await store.close()


@asynccontextmanager
async def a_house(store: BundleStore, tmp_path: Path) -> AsyncIterator[House]:
    """An engine that runs version 2."""
    async with asyncio.TaskGroup() as tasks:
        house = House(tasks=tasks)
        services = house.services
        services.site = with_address(house.site, "Main Street")
        services.library = Library(
            store, house.site.site, tmp_path / "mark", tmp_path / "functions"
        )
        services.flows = Flows(2, {})
        yield house


async def waiting(house: House) -> None:
    """A caller waits in the queue of version 1, as a former engine left it."""
    services = house.services
    old = await services.library.as_it_was(1, services.site, {1})
    program = old.programs["support"]
    began = start(program, CallFacts(CALLER, "+3615550100", 1_000))
    queued = resume(program, began.state, Played(1_000))
    story = replace(a_story(CONTACT), flow_version=1).queued(2_000, "support", {})
    house.chronicle.begin(story.waits_at(queued.state.to_dict()))


async def goes_on(call: FakeCall) -> None:
    """What version 1 does after the conversation, on the site of today."""
    await call.answers('STREAM FILE come_to_main_street ""', PLAYED)
    await call.answers('STREAM FILE bye ""', PLAYED)
    await call.answers("SET VARIABLE TRK_STAGE done", SET)
    await call.answers("HANGUP", SET)


async def test_a_conversation_that_outlived_its_engine_finds_the_site(
    store: BundleStore, tmp_path: Path
) -> None:
    """Its hours and its values; and its own functions, which the version in force has not."""
    async with a_house(store, tmp_path) as house:
        await waiting(house)
        story = house.chronicle.story(CONTACT)
        assert story is not None
        house.chronicle.update(story.answered(4_000, "anna", "PJSIP/anna-1", "leg-1"))

        async def back(session: AgiSession) -> None:
            await EntryPoints(house.services).take_back(session, CONTACT)

        async with conversation(back) as call:
            await call.answers("GET VARIABLE TRK_STAGE", "200 result=1 (talking)")
            await call.answers("SET VARIABLE TRK_STAGE flow", SET)
            await goes_on(call)
    assert house.writer.row.outcome is Outcome.ANSWERED
    did = [entry.fields.get("did") for entry in house.writer.row.timeline]
    assert not [what for what in did if str(what).startswith("failed")]


async def test_a_callback_that_was_promised_before_a_publish_finds_the_site(
    store: BundleStore, tmp_path: Path
) -> None:
    """Promised on version 1, kept when version 2 is in force."""
    async with a_house(store, tmp_path) as house:
        await waiting(house)
        callbacks = house.services.callbacks
        asked = CallBack(CALLER.lstrip("+"), "support", {}, None, True, None, "en")
        assert callbacks.promise(CONTACT, asked) == "promised"
        callbacks.keep(CONTACT)
        await until(lambda: CONTACT in house.router.tickets)
        house.router.answer(CONTACT, "anna", "leg-1")
        await until(lambda: bool(house.switch.called))

        async def back(session: AgiSession) -> None:
            await EntryPoints(house.services).called_back(session, CONTACT)

        (order,) = house.switch.called
        async with conversation(back, uniqueid=order.channel_id) as call:
            await call.answers(joining("leg-1"), SET)
            assert await call.hears() == "EXEC Bridge leg-1"
            house.now += 5_000
            call.says(OK)
            await call.answers("SET VARIABLE TRK_STAGE flow", SET)
            await goes_on(call)
    assert house.writer.row.outcome is Outcome.ANSWERED


async def test_a_changed_site_is_seen_by_an_older_version(
    store: BundleStore, tmp_path: Path
) -> None:
    """It is made anew for it, though calls still run the one of before."""
    async with a_house(store, tmp_path) as house:
        library, site = house.services.library, house.services.site
        old = await library.as_it_was(1, site, {1})
        assert await library.as_it_was(1, site, {1}) is old
        moved = with_address(site, "Side Street")
        assert await library.as_it_was(1, moved, {1}) is not old
