"""Promises as they are kept: in the hours, in words to who was not reached, as people ask."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from bridge.events import CustomerNotReached, RingFailure
from engine.calls.story import Story
from engine.hub import Hub
from engine.promises.views import PromiseViews, moment_ms
from engine.views import EngineViews
from history.database import HistoryDatabase
from history.errors import DatabaseAway
from history.outcome import EndedBy, Outcome
from history.rows import PromiseRow
from history.writer import HistoryWriter
from ivr.commands import CancelCallback
from routing.callbacks import Promise
from tests.fakes.stories import CALLER, a_story
from tests.unit.test_callbacks import Office, in_office, settled, wanted

pytestmark = pytest.mark.unit

MINUTE, HOUR = 60_000, 3_600_000
ZONE = "Europe/Budapest"


def ms(text: str) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE))
    return round(moment.timestamp()) * 1000


def enqueued(office: Office) -> int:
    """How often the callback was put in line."""
    return [told[:2] for told in office.house.router.told].count(("enqueue", "c1")) - 1


async def passes(office: Office, until_ms: int) -> None:
    """Time goes by, on the wall and in the loop."""
    while office.house.now < until_ms:
        step_ms = min(MINUTE, until_ms - office.house.now)
        office.house.now += step_ms
        await asyncio.sleep(step_ms / 1000)
    await settled()


@in_office
async def test_no_call_is_made_outside_the_hours(office: Office) -> None:
    """Promised at night, it is in line when the hours begin; not answered by their end, it waits
    for the next, in its place, and that was no try."""
    office.rules(hours="support")
    office.house.now = ms("2026-11-23 06:00")
    office.callbacks.promise("c1", wanted())
    office.callbacks.keep("c1")
    await passes(office, ms("2026-11-23 07:59"))
    assert enqueued(office) == 0
    await passes(office, ms("2026-11-23 08:01"))
    assert enqueued(office) == 1
    await passes(office, ms("2026-11-23 18:01"))
    assert office.told("not_called_back")[0]["reason"] == "closed"
    assert office.house.router.told[-1][:2] == ("withdraw", "c1")
    await passes(office, ms("2026-11-24 08:01"))
    assert enqueued(office) == 2
    assert (office.promise.tries, office.promise.arrived_ms) == (0, 2_000)
    assert office.house.switch.called == []


@in_office
async def test_a_promise_that_no_hours_allow_ends(office: Office) -> None:
    """Its row tells why."""
    office.callbacks.promise("c1", wanted())
    hours = office.house.site.hours["support"].model_copy(update={"open": {}, "special": {}})
    site = office.callbacks.site.model_copy(update={"hours": {"support": hours}})
    office.callbacks.site = site
    office.rules(hours="support")
    office.callbacks.keep("c1")
    await settled()
    row = office.house.writer.row
    assert row.outcome is Outcome.NOT_REACHED
    assert [e.fields["reason"] for e in row.timeline if e.what == "not_called_back"] == ["no_hours"]


@in_office
async def test_who_is_given_up_is_told_so_once(office: Office) -> None:
    """After the last try, and what came of the text message is in the row."""
    texts: list[tuple[str, str]] = []

    async def unreached(story: Story, promise: Promise) -> str:
        texts.append((story.id, promise.number))
        return "sorry_sent"

    office.callbacks.unreached = unreached
    office.rules(tries=1)
    office.callbacks.promise("c1", wanted())
    office.callbacks.keep("c1")
    await office.agent_answers()
    await office.tells(CustomerNotReached("c1", RingFailure.UNREACHABLE))
    assert texts == [("c1", CALLER)]
    told = [entry.what for entry in office.house.writer.row.timeline]
    assert told[-3:] == ["sorry_sent", "not_called_back", "ended"]


@in_office
async def test_one_callback_is_promised_to_a_customer_whatever_the_number(office: Office) -> None:
    """Until it is made; another customer at another number is another."""
    assert office.callbacks.promise("c1", wanted(customer="4711")) == "promised"
    for contact in ("c2", "c3"):
        story = a_story(contact).queued(2_000, "support", {})
        office.house.chronicle.begin(story)
    other = wanted("+36209999999", customer="4711")
    assert office.callbacks.promise("c2", other) == "already"
    another = wanted("+36209999999", customer="4712")
    assert office.callbacks.promise("c3", another) == "promised"


@in_office
async def test_a_customer_calls_it_off_from_any_number(office: Office) -> None:
    """By their number or by who they are; what is not promised cannot be called off."""
    office.callbacks.promise("c1", wanted(customer="4711"))
    office.callbacks.keep("c1")
    await settled()
    off = office.callbacks.cancel_for
    assert not off("c2", CancelCallback("+36209999999", "4712"))
    assert off("c2", CancelCallback("", "4711"))
    await settled()
    row = office.house.writer.row
    assert (row.outcome, row.ended_by) == (Outcome.CANCELLED, EndedBy.CALLER)
    assert not off("c2", CancelCallback(CALLER))
    assert office.house.router.told[-1][:2] == ("withdraw", "c1")


@in_office
async def test_a_promise_of_this_call_is_called_off_before_it_ends(office: Office) -> None:
    """The caller has changed their mind: the call goes on without it."""
    office.callbacks.promise("c1", wanted())
    assert office.callbacks.cancel_for("c1", CancelCallback(CALLER))
    assert office.story.promise is None
    assert office.callbacks.promise("c1", wanted()) == "promised"


@in_office
async def test_a_supervisor_moves_a_callback(office: Office) -> None:
    """Out of the line, and into it now; it is one callback all the time."""
    office.callbacks.promise("c1", wanted())
    office.callbacks.keep("c1")
    await settled()
    views = seen(office)
    assert (await views.all())[0]["state"] == "waiting"
    office.house.now = ms("2026-11-23 10:00")
    assert await views.move("c1", "11:30") is None
    await settled()
    (shown,) = await views.all()
    assert (shown["state"], shown["due_ms"]) == ("later", ms("2026-11-23 11:30"))
    assert office.house.router.told[-1][:2] == ("withdraw", "c1")
    await passes(office, ms("2026-11-23 10:30"))
    assert enqueued(office) == 1
    assert await views.move("c1", "now") is None
    await settled()
    assert enqueued(office) == 2
    assert office.house.router.told[-1][:2] == ("enqueue", "c1")
    assert office.promise.arrived_ms <= office.house.now


@in_office
async def test_who_is_being_called_is_left_alone(office: Office) -> None:
    """A supervisor cannot take a phone from a customer who may just answer it."""
    office.callbacks.promise("c1", wanted())
    office.callbacks.keep("c1")
    await office.agent_answers()
    views = seen(office)
    assert (await views.all())[0]["state"] == "calling"
    assert [await views.cancel("c1"), await views.move("c1", "now")] == ["being_called"] * 2
    assert await views.cancel("c9") == "no_such_callback"
    assert await views.move("c1", "at noon") == "bad_time"


@in_office
async def test_a_supervisor_calls_it_off(office: Office) -> None:
    """The row says that it was not the customer."""
    office.callbacks.promise("c1", wanted(at_ms=HOUR))
    office.callbacks.keep("c1")
    await settled()
    assert await seen(office).cancel("c1") is None
    row = office.house.writer.row
    assert (row.outcome, row.ended_by) == (Outcome.CANCELLED, EndedBy.ENGINE)
    await settled()
    assert list(office.callbacks.all()) == []


@in_office
async def test_why_tells_of_a_callback_that_is_not_in_line(office: Office) -> None:
    """For when it is promised, and how the last call ended: routing does not know it until then."""
    office.house.now = ms("2026-11-23 10:00")
    office.callbacks.promise("c1", wanted(at_ms=ms("2026-11-23 11:00")))
    office.callbacks.keep("c1")
    await settled()
    views = EngineViews(Hub(), cast(HistoryDatabase, None), cast(HistoryWriter, None))
    views.services = office.house.services
    later = await views.why("c1")
    assert later is not None
    assert (later["state"], later["since_ms"]) == ("Promised", ms("2026-11-23 10:00"))
    callback = later["callback"]
    assert (callback["state"], callback["due_ms"]) == ("later", ms("2026-11-23 11:00"))
    await passes(office, ms("2026-11-23 11:01"))
    await office.agent_answers()
    await office.tells(CustomerNotReached("c1", RingFailure.BUSY))
    again = await views.why("c1")
    assert again is not None
    assert (again["state"], again["outcome"]) == ("Promised", None)
    assert (again["callback"]["tries"], again["callback"]["reason"]) == (1, "busy")


def seen(office: Office, *rows: PromiseRow, away: bool = False) -> PromiseViews:
    """As people see them; `rows` are those that the database has."""

    async def promised() -> Sequence[PromiseRow]:
        if away:
            raise DatabaseAway("no route to it")
        return rows

    return PromiseViews(lambda: office.house.services, promised)


@in_office
async def test_those_of_other_nodes_are_seen_and_left_to_them(office: Office) -> None:
    """By when they are due; one that this node keeps is told as it is here. Ordered are they where
    they are kept."""
    office.callbacks.promise("c1", wanted(at_ms=HOUR))
    office.callbacks.keep("c1")
    await settled()
    ours = PromiseRow("c1", "northwind", "n1", 1, office.story.to_record())
    their = replace(office.story, id="c2", node="n2").left_alone()
    theirs = PromiseRow("c2", "northwind", "n2", HOUR, their.to_record())
    calling = their.calling_back(5_000, office.promise.at(7_000), "c3-back").to_record()
    called = PromiseRow("c3", "northwind", "n3", 7_000, calling)
    broken = PromiseRow("c4", "northwind", "n2", 8_000, {"id": "c4"})
    views = seen(office, called, broken, theirs, ours)
    told = [(each["contact"], each["node"], each["state"]) for each in await views.all()]
    assert told == [("c3", "n3", "calling"), ("c1", "n1", "later"), ("c2", "n2", "later")]
    assert await views.cancel("c2") == "kept_elsewhere"
    assert await views.move("c2", "now") == "kept_elsewhere"
    assert await views.cancel("c1") is None


@in_office
async def test_without_the_database_those_of_this_node_are_told(office: Office) -> None:
    """They are in its memory."""
    office.callbacks.promise("c1", wanted())
    office.callbacks.keep("c1")
    await settled()
    views = seen(office, away=True)
    assert [each["contact"] for each in await views.all()] == ["c1"]
    assert await views.cancel("c2") == "no_such_callback"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", "2026-10-24 12:00"),
        ("12:30", "2026-10-24 12:30"),
        ("11:30", "2026-10-25 11:30"),  # tomorrow, which has 25 hours
        ("2026-10-26T09:00", "2026-10-26 09:00"),
        ("2026-10-26 09:00", "2026-10-26 09:00"),
        ("2026-10-24T11:59", None),
        ("25:00", None),
        ("soon", None),
    ],
)
def test_a_time_as_a_supervisor_writes_it(text: str, moment: str | None) -> None:
    """On the clock of the site."""
    wanted_ms = ms(moment) if moment is not None else None
    assert moment_ms(text, ms("2026-10-24 12:00"), ZONE) == wanted_ms


@in_office
async def test_a_promise_is_in_sql_from_the_moment_the_caller_has_left(office: Office) -> None:
    """Each change of it, and nothing else, until it is kept; then its row goes."""
    rows = office.house.writer.rows

    def promises() -> list[PromiseRow]:
        return [row for row in rows if isinstance(row, PromiseRow)]

    office.callbacks.promise("c1", wanted())
    assert promises() == []
    office.callbacks.keep("c1")
    await office.agent_answers()
    await office.tells(CustomerNotReached("c1", RingFailure.BUSY))
    kept = promises()
    assert [row.due_ms for row in kept] == [10_000, 10_000, 610_000]  # promised, called, in vain
    story = Story.from_record(json.loads(json.dumps(kept[-1].story)))
    assert story.promise == office.promise
    assert CALLER not in repr(kept)
    office.callbacks.cancel("c1")
    assert promises()[-1].story is None
