"""The site changes while people work: who comes, who goes, who can do what from now on."""

import pytest

from routing import agent as agents
from routing.agent import Agent
from routing.errors import UnknownAgent
from routing.events import ContactAssigned
from routing.floor import Floor, LiveLegs
from routing.matcher import Assignment
from routing.records import AgentRecord
from routing.restoring import restore
from routing.ringing import AgentLeg, Answered
from routing.rules import QueueRules, RoutingRules
from routing.snapshot import take_snapshot
from routing.store import Group, Refused, Written
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit

RULES = RoutingRules({"sales": QueueRules((("sales", 1),), wrap_up_ms=1_000)})


def a_floor(*staff: Agent) -> Floor:
    """Everyone available: the first named has been idle longest."""
    floor = Floor("n1", staff, RULES)
    for at_ms, agent in enumerate(staff, start=1):
        floor.presence.login(agent.id, at_ms)
    write(floor)
    return floor


def write(floor: Floor) -> None:
    """The store takes everything, and what it confirms rings."""
    while groups := floor.ledger.take_changes(10):
        for group in groups:
            agent = group.agent
            version = 0 if agent is None else agent.version + 1
            confirmed = floor.written(group, Written(1, version))
            if confirmed is not None:
                assert floor.start_ring(confirmed, 10)


def talk(floor: Floor, agent: Agent, contact: str = "c1") -> None:
    """A contact arrives, rings and is answered."""
    facts = a_contact(contact)
    floor.arrive(facts, 10)
    write(floor)
    floor.ring_over(Assignment(facts, agent), Answered(AgentLeg(agent.id, "leg")), 11)
    write(floor)


def shown(floor: Floor) -> dict[str, str]:
    """The agents of the status and their states."""
    return {view.id: view.state for view in take_snapshot(floor, 99).agents}


def test_a_new_agent_is_offline_until_the_phone_is_there() -> None:
    """The site's word makes nobody available; the phone does."""
    ann, bob = an_agent("ann"), an_agent("bob")
    floor = a_floor(ann)
    floor.configure([ann, bob], RULES, 20)
    assert shown(floor) == {"ann": "Available", "bob": "Offline"}
    floor.presence.reachable("bob", 21, registered=True)
    assert shown(floor)["bob"] == "Available"


def test_an_unchanged_site_changes_nothing() -> None:
    """The file was touched: nothing to write, nothing to tell."""
    ann = an_agent("ann")
    floor = a_floor(ann)
    floor.ledger.events.clear()
    floor.configure([ann], RULES, 20)
    assert floor.ledger.pending() == 0
    assert floor.ledger.events == []


def test_new_skills_reach_those_who_wait_at_once() -> None:
    """An available agent learns support: the contact in line for it is offered."""
    floor = a_floor(an_agent("ann", sales=3))
    floor.arrive(a_contact("c1", support=2), 10)
    assert shown(floor) == {"ann": "Available"}
    floor.configure([an_agent("ann", sales=3, support=2)], RULES, 20)
    (decision,) = floor.ledger.decisions["c1"]
    given = ContactAssigned(20, a_contact("c1", support=2), "ann", decision)
    assert floor.ledger.events[-1] == given
    assert shown(floor) == {"ann": "Reserved"}


def test_of_several_who_learn_the_skill_the_longest_idle_is_offered_first() -> None:
    """Whatever the order of the site file."""
    floor = a_floor(an_agent("zoe"), an_agent("ann"))
    floor.arrive(a_contact("c1", support=1), 10)
    floor.configure([an_agent("ann", support=1), an_agent("zoe", support=1)], RULES, 20)
    assert shown(floor) == {"ann": "Available", "zoe": "Reserved"}


def test_a_skill_taken_away_is_not_matched_any_more() -> None:
    """The pool has the agent under the new skills alone."""
    floor = a_floor(an_agent("ann", sales=3, support=2))
    floor.configure([an_agent("ann", sales=3)], RULES, 20)
    floor.arrive(a_contact("c1", support=1), 21)
    assert shown(floor) == {"ann": "Available"}
    floor.arrive(a_contact("c2", sales=1), 22)
    assert shown(floor) == {"ann": "Reserved"}


def test_a_free_agent_who_is_removed_is_gone_at_once() -> None:
    """From the status and for every verb; from memory when the store has it."""
    floor = a_floor(an_agent("ann"))
    floor.configure([], RULES, 20)
    assert shown(floor) == {}
    with pytest.raises(UnknownAgent):
        floor.presence.login("ann", 21)
    floor.arrive(a_contact("c1"), 22)
    (agent,) = [group.agent for group in floor.ledger.take_changes(10) if group.agent]
    assert agent.state == agents.Offline(20, 1, by_code=True)
    floor.written(Group(agent=agent), Written(0, 3))
    assert floor.ledger.agents == {}


def test_a_removed_agent_finishes_the_conversation_and_the_wrap_up() -> None:
    """Nothing is taken out of their hands, and nothing new is put in."""
    ann = an_agent("ann")
    floor = a_floor(ann)
    talk(floor, ann)
    floor.configure([], RULES, 20)
    assert shown(floor) == {"ann": "Talking"}
    floor.leg_ended("ann", "leg", 30)
    assert shown(floor) == {"ann": "WrapUp"}
    floor.arrive(a_contact("c2"), 31)
    floor.presence.wake("ann", 1_030)
    assert shown(floor) == {}
    write(floor)
    assert floor.ledger.agents == {}
    floor.leg_ended("ann", "leg", 1_031)  # a late report is harmless
    assert floor.ledger.pending() == 0


def test_a_leaving_agent_cannot_take_the_log_out_back() -> None:
    """Only the site can."""
    ann = an_agent("ann")
    floor = a_floor(ann)
    talk(floor, ann)
    floor.configure([], RULES, 20)
    with pytest.raises(UnknownAgent):
        floor.presence.login("ann", 21)
    floor.configure([ann], RULES, 22)
    floor.leg_ended("ann", "leg", 30)
    floor.presence.end_wrap_up("ann", 31)
    assert shown(floor) == {"ann": "Available"}


def test_a_removed_agent_may_come_back_before_the_store_has_noticed() -> None:
    """As a new one: offline until the phone is there, not logged out."""
    ann = an_agent("ann")
    floor = a_floor(ann)
    floor.configure([], RULES, 20)
    floor.configure([ann], RULES, 21)
    assert shown(floor) == {"ann": "Offline"}
    floor.presence.reachable("ann", 22, registered=False)
    assert shown(floor) == {"ann": "Available"}


def test_who_comes_back_later_goes_on_from_the_record_in_the_store() -> None:
    """Else the first reservation would be refused as another node's."""
    ann = an_agent("ann")
    floor = a_floor(ann)
    floor.configure([], RULES, 20)
    write(floor)
    floor.configure([ann], RULES, 21)
    assert floor.ledger.agents["ann"].version == 2


def test_a_record_left_by_a_former_site_is_taken_up_too() -> None:
    """The agent was removed, the engine restarted, the agent added again."""
    floor = a_floor()
    left = AgentRecord("ann", agents.Offline(5, 5, by_code=True), "n1", 7)
    restore(floor, [], [left], LiveLegs(), 10)
    floor.configure([an_agent("ann")], RULES, 20)
    assert floor.ledger.agents["ann"] == AgentRecord("ann", agents.Offline(0, 0), "n1", 7)


def test_a_leaving_agent_whom_another_node_has_is_that_nodes_alone() -> None:
    """The contact promised here goes back to the line, and the agent is forgotten."""
    ann = an_agent("ann")
    floor = a_floor(ann)
    floor.arrive(a_contact("c1"), 10)
    floor.configure([], RULES, 20)
    (group,) = floor.ledger.take_changes(10)
    theirs = AgentRecord("ann", agents.Talking(15, 1, "c9", leg="leg9"), "n2", 9)
    floor.refused(group, Refused(0, theirs), 21)
    assert floor.ledger.agents == {}
    (view,) = take_snapshot(floor, 30).contacts
    assert (view.state, view.position) == ("Waiting", 1)


def test_what_the_store_did_not_take_of_one_who_has_left_is_not_tried_again() -> None:
    """A write that fails while the agent is being forgotten leaves nothing behind."""
    ann = an_agent("ann")
    floor = a_floor(ann)
    floor.configure([], RULES, 20)
    (group,) = floor.ledger.take_changes(10)
    floor.take_theirs(AgentRecord("ann", agents.Offline(19, 1), "n2", 9), 21)
    floor.ledger.put_back(group)
    floor.ledger.set_versions(group, 0, 10)
    assert (floor.ledger.pending(), floor.ledger.agents) == (0, {})


def test_new_rules_are_for_what_comes_next() -> None:
    """The wrap-up that begins after the change has the new length."""
    ann = an_agent("ann")
    floor = a_floor(ann)
    talk(floor, ann)
    floor.configure([ann], RoutingRules({"sales": QueueRules(wrap_up_ms=5_000)}), 20)
    floor.leg_ended("ann", "leg", 30)
    state = floor.ledger.agent_state("ann")
    assert isinstance(state, agents.WrapUp)
    assert (state.since_ms, state.until_ms) == (30, 5_030)
