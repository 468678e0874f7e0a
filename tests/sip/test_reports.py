"""Reports of real calls: what the engine wrote of them is what was seen from outside."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
import pytest_asyncio

from phones.phone import Phone
from phones.protocol import AnswerCalls, LetRing
from reports.figures import OF_FIRST_CONTACTS
from tests.sip.running_site import FALLBACK, NUMBER, Json, RunningSite, running_site, until

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

FLOWS = {
    "desk": f"""\
flow: desk
about: One queue, and then on to somebody outside
owner: test@example.test
languages: [en]
start: wait
steps:
  wait:
    queue: support
    skills: {{support: 1}}
    answered: on
    on_timeout: {{after: 1m, go: bye}}
    on_error: bye
  on: {{transfer: {{to: "{FALLBACK}", timeout: 5s}}, next: bye, no_answer: bye, on_error: bye}}
  bye: {{hangup: normal}}
"""
}


def _change(site: Json) -> None:
    site["transfers"] = {"allow": [FALLBACK]}
    site["queues"]["support"]["targets"] = {"within": "2s", "short_call": "1s"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reporting(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """A site whose callers go into one queue, and from there to a number outside."""
    async with running_site(tmp_path_factory.mktemp("reporting"), _change, FLOWS) as running:
        yield running


async def _report(site: RunningSite, of: str, *words: str) -> Json:
    code, printed = await site.trunkline("report", of, "--json", *words)
    assert code == 0, printed
    found: Json = json.loads(printed)
    return found


async def _abandoned(site: RunningSite) -> Json:
    """A caller who waits for nobody, longer than a short call."""
    call = await site.call("+36201000001", NUMBER)
    contact = (await site.only_call("queue"))["id"]
    await asyncio.sleep(1.5)
    await call.hang_up()
    return await site.row(contact)


async def _missed_then_answered(site: RunningSite, bela: Phone) -> Json:
    """Bela's phone rings in vain; Anna answers, and the caller is sent on to somebody outside."""
    await bela.policy(LetRing())
    call = await site.call("+36201000002", NUMBER)
    contact = (await site.only_call("queue"))["id"]
    await (await bela.incoming()).ended(8)
    await site.agent_is("bela", "not_responding")
    anna = await site.phone("anna", AnswerCalls(after_ms=50))
    talk = await anna.incoming()
    await talk.answered()
    await asyncio.sleep(1.2)
    await talk.hang_up()
    outside = await site.carrier.incoming()
    await outside.answered()
    await call.hang_up()
    row = await site.row(contact)
    await site.agent_is("anna", "available")
    return row


def _spent(events: list[Json]) -> dict[tuple[str, str], int]:
    """How long each agent was in each state that is over, by the live events."""
    by_agent: dict[str, list[Json]] = defaultdict(list)
    for event in events:
        if event["what"] == "agent":
            by_agent[event["agent"]].append(event)
    spent: dict[tuple[str, str], int] = defaultdict(int)
    for agent, changes in by_agent.items():
        for change, following in pairwise(changes):
            spent[agent, change["state"]] += following["at_ms"] - change["at_ms"]
    return spent


async def test_the_report_of_a_few_calls_is_exact(reporting: RunningSite) -> None:
    """One caller hangs up, one is answered after a ring in vain and transferred outside: every
    count, and each agent's times to the millisecond as the live events told them."""
    site, events = reporting, list[Json]()
    ready = asyncio.Event()

    async def listen() -> None:
        async for event in site.client.events(ready):
            events.append(event)

    listening = asyncio.create_task(listen())
    await ready.wait()
    gone = await _abandoned(site)
    bela = await site.agent("bela")
    talked = await _missed_then_answered(site, bela)
    for name in ("anna", "bela"):
        await site.phones[name].unregister()
        await site.agent_is(name, "offline")
    listening.cancel()
    (support,) = (await _report(site, "queues", "--queue", "support"))["rows"]
    counts = ("entered", "answered", "abandoned", "in_time", "transferred", "handled")
    assert [support[name] for name in counts] == [2, 1, 1, 0, 1, 1]
    assert support["rona"] == len([e for e in events if e["what"] == "not_answered"]) == 1
    assert support["service_level"] == 0
    assert support["abandon_rate"] == 0.5
    # The queue's wait ends with the agent's answer, the contact's when the two are joined.
    assert 0 <= talked["wait_ms"] - support["asa_ms"] < 300
    assert abs(support["longest_wait_ms"] - max(gone["wait_ms"], talked["wait_ms"])) < 300
    rows = {row["name"]: row for row in (await _report(site, "agents"))["rows"]}
    spent = _spent(events)
    for name in ("anna", "bela"):
        assert rows[name]["available_ms"] == spent[name, "available"]
        assert rows[name]["talking_ms"] == rows[name]["talk_ms"] == spent[name, "talking"]
        assert rows[name]["wrapping_ms"] == spent[name, "wrap_up"]
        offered = spent[name, "reserved"] + spent[name, "ringing"]
        assert rows[name]["offered_ms"] == offered
        assert rows[name]["unresponsive_ms"] == spent[name, "not_responding"]
    assert (rows["bela"]["rona"], rows["anna"]["transferred"]) == (1, 1)
    skills = {row["name"]: row for row in (await _report(site, "skills"))["rows"]}
    assert skills["support"]["answered"] == 1
    assert skills["support"]["available_ms"] == sum(spent[n, "available"] for n in rows)


async def test_live_figures_are_those_of_the_report(reporting: RunningSite) -> None:
    """The status of the running engine and the report from its database; after a restart too."""

    async def same() -> bool | None:
        today = (await reporting.client.get("/api/status"))["today"]
        stored = {
            row["name"]: {
                name: row[name] for name in row.keys() - {"name", "from", "to"} - OF_FIRST_CONTACTS
            }
            for row in (await _report(reporting, "queues"))["rows"]
        }
        return (bool(today["queue"]) and today["queue"] == stored) or None

    await until("live figures as stored", same, 10)
    await reporting.kill_engine()
    await reporting.engine_back()
    await until("live figures as stored, after a restart", same, 20)
    metrics = await reporting.client.text("/metrics")
    assert 'trunkline_today_abandoned_ratio{queue="support"} 0.5' in metrics


async def test_a_spreadsheet_gets_the_same(reporting: RunningSite) -> None:
    """CSV has the names and values of the JSON."""
    code, printed = await reporting.trunkline("report", "queues", "--csv", "--interval", "day")
    assert code == 0
    line = next(row for row in csv.DictReader(io.StringIO(printed)) if row["name"] == "support")
    told = (await _report(reporting, "queues", "--queue", "support"))["rows"][0]
    assert (line["answered"], line["wait_ms"]) == (str(told["answered"]), str(told["wait_ms"]))
