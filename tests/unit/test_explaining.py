"""Why a contact has its agent, or none: told of every agent, and of every choice that was made."""

import json
from dataclasses import asdict, replace
from itertools import count
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from config.requirement import parse
from engine import card, why
from engine.settings import from_environment
from engine.views import STATES, explained
from routing.contact import Contact, Outcome, Preferred
from routing.decision import Candidate, Decision
from routing.explaining import Explanation, Verdict
from routing.floor import Floor
from routing.ringing import NoAnswer
from routing.rules import QueueRules, Reserve, RoutingRules
from routing.store import Written
from routing.strategy import Criterion, Strategy
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit

STAFF = [an_agent("ann"), an_agent("bob", sales=5), an_agent("cyd", sales=5), an_agent("dot", hu=1)]
BEST = QueueRules(strategy=Strategy((Criterion.BEST_SKILL,)))
RULES = RoutingRules({"sales": BEST}, ageing_ms=100)


def a_floor(*present: str, rules: RoutingRules = RULES) -> Floor:
    floor = Floor("n1", STAFF, rules)
    for at_ms, name in zip(count(), present):
        floor.login(name, at_ms)
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
    floor.pause("cyd", "lunch", 11)
    floor.pause("ann", "training", 11)
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
    floor.logout("ann", 20)
    (decision,) = told(floor).decisions
    assert decision == Decision(
        10,
        "bob",
        (
            Candidate("bob", 9, 0.0, 0, level=5.0, cost=0, alike=1),
            Candidate("ann", 10, 0.0, 0, level=3.0, cost=0, alike=0),
        ),
    )
    assert verdicts(floor)[0] == ("bob", "has_it", "")


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


def test_a_contact_for_one_agent_was_compared_with_nobody() -> None:
    floor = a_floor("ann", "bob")
    floor.arrive_for(replace(a_contact("c1"), agent="ann"), 9)
    assert told(floor).decisions == (Decision(9, "ann", ()),)


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


async def test_trunkline_why_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table of each choice, and of every agent; or that there is no such contact."""
    settings = from_environment({"TRUNKLINE_VAR": str(tmp_path)})
    floor = a_floor("ann", "bob")
    floor.arrive(a_contact("1763712000.42", arrived_ms=10), 10)
    explanation = told(floor, "1763712000.42")

    async def answer(request: web.Request) -> web.Response:
        if request.match_info["id"] == explanation.contact:
            return web.json_response(explained(explanation))
        return web.json_response({"error": {"code": "not_live", "message": "none"}}, status=404)

    app = web.Application()
    app.router.add_get("/api/contacts/{id}/why", answer)
    async with TestServer(app) as server:
        settings.layout.create()
        url = str(server.make_url("")).rstrip("/")
        card.write(settings.layout.card, {"api": {"url": url, "token": "sesame"}})
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
