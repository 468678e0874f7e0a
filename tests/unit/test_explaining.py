"""Why a contact has its agent, or none: told of every agent, and of every choice that was made."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from config.requirement import parse
from desk.views import Json
from engine import card, why
from engine.calls.callbacks import Kept
from engine.calls.listening import RoutingListener
from engine.console import clock_time
from engine.explained import STATES, explained, told_afterwards, told_of_promise
from engine.hub import Hub
from engine.metrics import Metrics
from engine.promises.views import told_of
from engine.settings import Settings, from_environment
from history.outcome import EndedBy
from history.outcome import Outcome as Ending
from history.rows import TimelineEntry
from routing.callbacks import Promise
from routing.contact import Contact, Outcome, Preferred
from routing.decision import Candidate, Decision
from routing.events import ContactAssigned
from routing.explaining import Explanation, Verdict
from routing.floor import Floor
from routing.ringing import NoAnswer
from routing.rules import QueueRules, Reserve, RoutingRules
from routing.store import Written
from routing.strategy import Criterion, Score, Strategy
from tests.fakes.history_rows import ANSWERED, T0
from tests.fakes.house import House
from tests.fakes.routing import a_contact, an_agent
from tests.fakes.stories import a_story

pytestmark = pytest.mark.unit

BUDAPEST = ZoneInfo("Europe/Budapest")

STAFF = [an_agent("ann"), an_agent("bob", sales=5), an_agent("cyd", sales=5), an_agent("dot", hu=1)]
BEST = QueueRules(strategy=Strategy((Criterion.BEST_SKILL,)))
RULES = RoutingRules({"sales": BEST}, ageing_ms=100)


def a_floor(*present: str, rules: RoutingRules = RULES) -> Floor:
    floor = Floor("n1", STAFF, rules)
    for at_ms, name in zip(count(), present):
        floor.presence.login(name, at_ms)
    return floor


def told(floor: Floor, contact: str = "c1", now_ms: int = 50) -> Explanation:
    found = floor.explain(contact, now_ms)
    assert found is not None
    return found


def verdicts(floor: Floor, contact: str = "c1") -> list[tuple[str, str, str]]:
    return [(j.agent, j.verdict.value, j.detail) for j in told(floor, contact).judgements]


def asking(text: str) -> Contact:
    return replace(a_contact("c1"), skills=(), requires=parse(text))


def test_each_agent_is_judged() -> None:
    """Who lacks what, who is away and why, who is busy with whom; the nearest first."""
    floor = a_floor("ann", "bob", "cyd", "dot")
    floor.arrive(a_contact("c0"), 10)
    floor.presence.pause("cyd", "lunch", 11)
    floor.presence.pause("ann", "training", 11)
    floor.arrive(asking("sales >= 4 and (en or not fr)"), 20)
    assert verdicts(floor) == [
        ("bob", "busy", "c0"),
        ("cyd", "away", "lunch"),
        ("ann", "lacks_skill", "sales >= 4"),
        ("dot", "lacks_skill", "sales >= 4"),
    ]


def test_a_contact_tells_its_place_and_its_level() -> None:
    """50 ms are half a level here; a strict priority is what it is."""
    floor = a_floor()
    floor.arrive(a_contact("c0"), 0)
    floor.arrive(a_contact("c1", priority=0, arrived_ms=0), 0)
    found = told(floor)
    assert (found.state, found.position, found.level, found.priority) == ("Waiting", 2, 0.5, 0)
    assert (found.needs, found.strategy) == ("sales", ("best_skill",))
    strict = a_floor(rules=replace(RULES, ageing_ms=None))
    strict.arrive(a_contact("c1", priority=3), 0)
    assert told(strict).level == 3


def test_a_choice_is_told_as_it_was_made() -> None:
    """The best of each kind, and how many like it stood behind; not what they are now."""
    floor = a_floor("ann", "bob", "cyd", "dot")
    floor.arrive(a_contact("c1", arrived_ms=10), 10)
    floor.presence.logout("ann", 20)
    (decision,) = told(floor).decisions
    assert decision == Decision(
        10,
        "bob",
        "sales",
        "sales",
        0,
        0.0,
        ("best_skill",),
        (
            Candidate("bob", 9, 0.0, 0, level=5.0, cost=0, alike=1),
            Candidate("ann", 10, 0.0, 0, level=3.0, cost=0, alike=0),
        ),
    )
    assert verdicts(floor)[0] == ("bob", "has_it", "")


async def test_a_choice_by_score_tells_the_score(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Seconds free and ten seconds a level, here; the highest has it."""
    strategy = Strategy((Criterion.SCORE,), Score(idle=1.0, skill_ms=10_000))
    floor = a_floor("ann", "bob", rules=RoutingRules({"sales": QueueRules(strategy=strategy)}))
    floor.arrive(a_contact("c1", arrived_ms=5_000), 5_000)
    (decision,) = told(floor, now_ms=6_000).decisions
    scores = [(each.agent, each.score_ms) for each in decision.candidates]
    assert scores == [("bob", 50_000 + 4_999), ("ann", 30_000 + 5_000)]
    async with answering(explained(told(floor, now_ms=6_000)), tmp_path) as settings:
        assert await why.show(settings, "c1", as_json=False) == 0
    printed = capsys.readouterr().out
    assert "score" in printed
    assert "55.0 s" in printed


def test_every_agent_whom_it_was_promised_to_is_told() -> None:
    """Who did not answer too."""
    floor = a_floor("bob", "cyd")
    floor.arrive(a_contact("c1", arrived_ms=10), 10)
    (group,) = floor.ledger.take_changes(1)
    ring = floor.written(group, Written(1, 1))
    assert ring is not None
    assert floor.start_ring(ring, 11)
    floor.ring_over(ring, NoAnswer(), 20)
    assert [each.agent for each in told(floor).decisions] == ["bob", "cyd"]
    assert ("bob", "away", "") in verdicts(floor)


def test_who_is_free_and_does_not_get_it() -> None:
    """Kept for the urgent, or not the one who is waited for."""
    keeping = RoutingRules({"sales": QueueRules(reserve=Reserve(1, 5))}, ageing_ms=None)
    floor = a_floor("ann", rules=keeping)
    floor.arrive(a_contact("c1"), 5)
    assert verdicts(floor)[0] == ("ann", "in_reserve", "5")
    floor = a_floor("ann")
    floor.arrive(replace(a_contact("c1"), preferred=Preferred("bob", 999, insists=True)), 5)
    assert verdicts(floor)[0] == ("ann", "another_wanted", "bob")
    assert ("bob", "away", "") in verdicts(floor)


def test_who_is_free_for_another_node() -> None:
    """Whose phone this node cannot ring, and who is due to a contact of the other one first."""
    floor = a_floor("ann", "bob")
    floor.ledger.reach.note("n1", "bob", True)
    floor.ledger.reach.replace("n2", ["ann", "bob"])
    for name in ("ann", "bob"):
        floor.ledger.reach_changed(name)
    floor.ledger.pool.hold_agent("bob")
    floor.arrive(a_contact("c1"), 5)
    assert verdicts(floor)[:2] == [("bob", "left", ""), ("ann", "out_of_reach", "")]


def test_a_contact_for_one_agent_was_compared_with_nobody() -> None:
    floor = a_floor("ann", "bob")
    floor.arrive_for(replace(a_contact("c1"), agent="ann"), 9)
    (decision,) = told(floor).decisions
    assert (decision.agent, decision.candidates) == ("ann", ())


def test_nothing_is_told_of_who_is_forgotten() -> None:
    """Nor is anything kept."""
    floor = a_floor("bob")
    floor.arrive(a_contact("c1"), 5)
    floor.end("c1", Outcome.ABANDONED, 6)
    assert told(floor).state == "Ended"
    assert floor.ledger.forget("c1")
    assert (floor.explain("c1", 7), floor.ledger.decisions) == (None, {})


def test_a_person_is_told_every_verdict_and_state_in_words() -> None:
    """No name of the code is without them."""
    assert set(why.WORDS) == {verdict.value for verdict in Verdict}
    floor = a_floor("ann")
    floor.arrive(a_contact("c1"), 5)
    assert {j["state"] for j in asdict(told(floor))["judgements"]} <= set(STATES)


@asynccontextmanager
async def answering(told_of: Json, here: Path) -> AsyncIterator[Settings]:
    """An engine that knows this contact alone."""
    settings = from_environment({"TRUNKLINE_VAR": str(here)})

    async def answer(request: web.Request) -> web.Response:
        if request.match_info["id"] == told_of["contact"]:
            return web.json_response(told_of)
        error = {"code": "no_such_contact", "message": "none"}
        return web.json_response({"error": error}, status=404)

    app = web.Application()
    app.router.add_get("/api/contacts/{id}/why", answer)
    async with TestServer(app) as server:
        settings.layout.create()
        url = str(server.make_url("")).rstrip("/")
        card.write(settings.layout.card, {"api": {"url": url, "token": "sesame"}})
        yield settings


async def test_trunkline_why_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table of each choice, and of every agent; or that there is no such contact."""
    floor = a_floor("ann", "bob")
    floor.arrive(a_contact("1763712000.42", arrived_ms=10), 10)
    explanation = told(floor, "1763712000.42")
    async with answering(explained(explanation), tmp_path) as settings:
        assert await why.show(settings, "1763712000.42", as_json=False) == 0
        printed = capsys.readouterr().out
        assert await why.show(settings, "1763712000.42", as_json=True) == 0
        assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(explained(explanation)))
        assert await why.show(settings, "gone", as_json=False) == 1
        assert capsys.readouterr().err == "none\n"
    assert "1763712000.42 in sales: Reserved" in printed
    assert "asks for sales; priority 0, level 0.4" in printed
    assert "promised to bob, of those free" in printed
    assert "lacks sales" in printed


async def test_trunkline_why_tells_of_a_place_that_was_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who overflowed ten minutes after the call came counts from then; who is new has one time."""
    floor = a_floor()
    floor.arrive(a_contact("c1", arrived_ms=T0 - 600_000), T0)
    floor.arrive(a_contact("c2", arrived_ms=T0), T0)
    for contact in ("c1", "c2"):
        explanation = told(floor, contact, T0 + 1_000)
        async with answering(explained(explanation), tmp_path) as settings:
            assert await why.show(settings, contact, as_json=False) == 0
    kept, new = (line for line in capsys.readouterr().out.splitlines() if " in sales: " in line)
    since, came = clock_time(T0, BUDAPEST), clock_time(T0 - 600_000, BUDAPEST)
    assert kept == f"c1 in sales: Waiting since {since} (its wait counts from {came}), place 1"
    assert new == f"c2 in sales: Waiting since {since}, place 2"


async def test_trunkline_why_tells_of_a_callback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whom, when and how often in vain, in the site's time; and no word of an end."""
    promise = Promise("+36301234567", "sales", (("sales", 2),), T0, due_ms=T0 + 900_000, tries=1)
    story = a_story("c1").promised(T0, promise)
    shown = told_of(Kept("c1", promise, False, "busy"), "n1", T0 + 1_000)
    async with answering(told_of_promise(story, promise, shown, T0 + 1_000), tmp_path) as settings:
        assert await why.show(settings, "c1", as_json=False) == 0
    first, second, asks = capsys.readouterr().out.splitlines()
    assert first == f"c1 in sales: Promised since {clock_time(T0, BUDAPEST)}"
    due = clock_time(T0 + 900_000, BUDAPEST)
    assert second == (
        f"a callback to +36301234567, the agent first: in line from {due}; "
        "called 1 time so far, the last time busy"
    )
    assert asks == "asks for sales >= 2"


async def test_trunkline_why_tells_of_contacts_that_are_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The choices as they were made, by the history; of every other agent nothing is known."""
    async with answering(told_afterwards(ANSWERED), tmp_path) as settings:
        assert await why.show(settings, "c1", as_json=False) == 0
    printed = capsys.readouterr().out
    assert "c1 in billing: Ended" in printed
    assert "answered, waited 6 s" in printed
    assert "asks for billing >= 3 and hungarian >= 2; priority 1, level 1.05" in printed
    assert "of several free agents: best_skill, then longest_idle" in printed
    assert "promised to anna, of those free" in printed
    assert "bela" in printed
    assert "Every agent now" not in printed


async def test_trunkline_why_tells_who_was_promised_to_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What they asked for is in the timeline."""
    queued = TimelineEntry(T0, "queued", {"queue": "billing", "skills": "billing 3"})
    gone = replace(ANSWERED, outcome=Ending.ABANDONED, decisions=(), timeline=(queued,))
    async with answering(told_afterwards(gone), tmp_path) as settings:
        assert await why.show(settings, "c1", as_json=False) == 0
    printed = capsys.readouterr().out
    assert "asks for billing 3\n" in printed
    assert "promised to nobody" in printed


async def test_after_a_restart_the_story_tells_what_was_decided_before() -> None:
    """Routing has forgotten it."""
    floor = a_floor("ann", "bob")
    floor.arrive(a_contact("c1"), 10)
    kept = ANSWERED.decisions
    assert [each["agent"] for each in explained(told(floor), kept)["decisions"]] == ["anna"]
    assert [each["agent"] for each in explained(told(floor))["decisions"]] == ["bob"]


async def test_each_choice_goes_into_the_story_and_the_history() -> None:
    """By the listener of the router, the latest twenty."""
    house = House()
    listener = RoutingListener(Hub(), Metrics(), house.chronicle)
    house.chronicle.begin(a_story())
    floor = a_floor("bob")
    floor.arrive(a_contact("c1"), 10)
    (chosen,) = (each for each in floor.ledger.events if isinstance(each, ContactAssigned))
    for _ in range(25):
        listener(chosen)
    house.chronicle.close("c1", Ending.ANSWERED, EndedBy.CALLER)
    decisions = house.writer.row.decisions
    assert len(decisions) == 20
    assert {(each.agent, each.needs) for each in decisions} == {("bob", "sales")}
