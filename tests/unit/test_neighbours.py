"""One order over several nodes: what one of them decides, as it hears of the others."""

from collections.abc import Callable, Sequence

import pytest

from routing import agent as agents
from routing.contact import FIRST, Contact, Preferred, Reserved, Talking, Waiting
from routing.events import ContactAssigned, ContactTaken, NodeChanged
from routing.floor import Floor
from routing.news import ContactNews, KeptNews, News, ReachNews, Survey
from routing.pauses import PauseRule
from routing.records import AgentRecord, ContactRecord
from routing.rules import RoutingRules
from routing.store import Group, Node, Refused
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit

DEAD_MS = 1_000
RULES = RoutingRules(yield_ms=200, pauses={"lunch": PauseRule(per_day_ms=3_600_000)})


class Told:
    """Node n1's floor, with Ann and Bob, whose phones n1 and n2 can ring; n2 tells its news."""

    def __init__(self) -> None:
        self.floor = Floor("n1", [an_agent("ann"), an_agent("bob")], RULES)
        self.now = 1_000
        self.number = 0
        self.pulse(n2=0)
        assert self.floor.neighbours.must_survey
        self.survey()
        for name in ("ann", "bob"):
            self.floor.switches.reached_here(name, True, self.now)

    def pulse(self, **silent_ms: int) -> None:
        nodes = [Node("n1", 0, 0, 0), *(Node(name, ms, 0, 0) for name, ms in silent_ms.items())]
        self.floor.neighbours.pulse(nodes, DEAD_MS, self.now)

    def survey(self, *contacts: ContactNews, kept: Sequence[str] = ()) -> None:
        reach = {"n2": ["ann", "bob"]}
        found = Survey(self.number, [("n2", each) for each in contacts], [], reach, {"n2": kept})
        self.floor.neighbours.survey(found, self.now)

    def hear(self, *told: ContactNews | AgentRecord | ReachNews | KeptNews) -> None:
        news = []
        for each in told:
            self.number += 1
            news.append(News(self.number, "n2", each))
        self.floor.neighbours.hear(news, self.now)

    def theirs(self, name: str, arrived_ms: int, version: int = 1) -> None:
        self.hear(waiting(name, arrived_ms, version))

    def arrive(self, name: str, arrived_ms: int) -> None:
        self.floor.arrive(a_contact(name, arrived_ms=arrived_ms), self.now)

    def login(self, agent: str) -> None:
        self.floor.presence.login(agent, self.now)

    def busy(self, agent: str) -> None:
        self.floor.presence.pause(agent, "lunch", self.now)

    def at(self, now_ms: int) -> None:
        self.now = now_ms
        self.floor.tick(now_ms)

    @property
    def promised(self) -> list[tuple[str, str]]:
        """What this node has promised, in order."""
        events = self.floor.ledger.events
        return [(e.contact.id, e.agent) for e in events if isinstance(e, ContactAssigned)]


def theirs(name: str, arrived_ms: int) -> Contact:
    contact = a_contact(name, arrived_ms=arrived_ms)
    return Contact(name, "n2", contact.queue, contact.skills, arrived_ms, contact.leg)


def waiting(name: str, arrived_ms: int, version: int = 1) -> ContactNews:
    return ContactNews(name, version, Waiting(arrived_ms), theirs(name, arrived_ms))


def reserved(name: str, agent: str, version: int = 2) -> ContactNews:
    return ContactNews(name, version, Reserved(1_000, agent), None)


def an_agent_of_theirs(name: str, contact: str, version: int) -> AgentRecord:
    return AgentRecord(name, agents.Reserved(1_000, 0, contact), "n2", version)


def test_an_agent_is_left_to_the_node_whose_contact_came_first() -> None:
    """It takes the agent, and the own contact gets the next one."""
    told = Told()
    told.theirs("early", 5)
    told.arrive("late", 9)
    told.login("ann")
    assert told.promised == []
    told.hear(reserved("early", "ann"), an_agent_of_theirs("ann", "early", 1))
    told.login("bob")
    assert told.promised == [("late", "bob")]


def test_an_own_contact_that_came_first_is_promised_at_once() -> None:
    """Of two nodes exactly one decides, by the same order."""
    told = Told()
    told.theirs("late", 9)
    told.arrive("early", 5)
    told.login("ann")
    assert told.promised == [("early", "ann")]


def test_a_contact_of_another_node_finds_the_agent_who_is_free() -> None:
    """An own contact that comes a moment later does not get that agent before."""
    told = Told()
    told.login("ann")
    told.theirs("early", 5)
    told.arrive("late", 9)
    assert told.promised == []


def test_a_node_that_does_not_take_the_agent_is_not_waited_for_longer() -> None:
    """Nobody waits for a node that stands still, nor for its other contacts; once it is heard of
    again, they are where they were."""
    told = Told()
    for name, arrived_ms in (("first", 1), ("second", 2)):
        told.theirs(name, arrived_ms)
    told.arrive("own", 9)
    told.login("ann")
    told.at(1_199)
    assert told.promised == []
    told.at(1_200)
    assert told.promised == [("own", "ann")]
    told.arrive("last", 10)
    told.pulse(n2=0)
    told.login("bob")
    assert told.promised == [("own", "ann")]


def test_an_agent_who_was_given_to_another_contact_is_offered_anew() -> None:
    """The other node decided otherwise than this one thought: Ann is free for who waits here."""
    told = Told()
    told.theirs("early", 5)
    told.arrive("late", 9)
    told.login("ann")
    told.hear(reserved("early", "bob"), an_agent_of_theirs("bob", "early", 1))
    assert told.promised == [("late", "ann")]


def test_an_agent_who_pauses_while_left_to_another_node() -> None:
    """Their contact is promised to nobody by that, and the next agent is left to it."""
    told = Told()
    told.theirs("early", 5)
    told.arrive("late", 9)
    told.login("ann")
    told.busy("ann")
    told.login("bob")
    assert told.promised == []


def test_the_contacts_of_a_dead_node_wait_for_nobody() -> None:
    """And who was left to them is free."""
    told = Told()
    told.theirs("early", 5)
    told.arrive("late", 9)
    told.login("ann")
    told.pulse(n2=DEAD_MS)
    assert told.promised == [("late", "ann")]
    events = [e for e in told.floor.ledger.events if isinstance(e, NodeChanged)]
    assert [(e.node, e.is_served) for e in events] == [("n2", True), ("n2", False)]


def test_a_contact_is_not_before_an_agent_whom_its_node_cannot_ring() -> None:
    """A phone that is registered with this switch alone is this node's contacts' alone."""
    told = Told()
    told.hear(ReachNews("ann", False))
    told.theirs("early", 5)
    told.arrive("late", 9)
    told.login("ann")
    assert told.promised == [("late", "ann")]


def test_an_agent_out_of_reach_here_is_not_promised_here() -> None:
    """The phone is registered elsewhere, so the agent is not offline either."""
    told = Told()
    told.login("ann")
    told.floor.phone("ann", False, told.now, registered=False)
    told.arrive("own", 9)
    assert told.promised == []
    assert isinstance(told.floor.ledger.agent_state("ann"), agents.Available)


def test_agents_whom_only_a_dead_node_could_ring_are_offline_until_it_is_back() -> None:
    """Else they would be promised in vain."""
    told = Told()
    told.login("ann")
    told.floor.phone("ann", False, told.now, registered=False)
    told.pulse(n2=DEAD_MS)
    assert isinstance(told.floor.ledger.agent_state("ann"), agents.Offline)
    told.floor.ledger.all_written()
    told.hear(AgentRecord("ann", agents.Available(1, 1), "n2", 7))
    assert isinstance(told.floor.ledger.agent_state("ann"), agents.Available)


def test_a_pause_that_a_dead_node_ends_counts_for_its_day() -> None:
    """Else who pauses as the only node dies that can ring the phone pauses twice as long."""
    told = Told()
    told.login("ann")
    told.floor.phone("ann", False, told.now, registered=False)
    told.busy("ann")
    told.now += 1_800_000
    told.pulse(n2=DEAD_MS)
    record = told.floor.ledger.agents["ann"]
    assert isinstance(record.state, agents.Offline)
    assert dict(record.spent.by_reason) == {"lunch": 1_800_000}


def test_news_that_are_missed_make_it_ask_for_all() -> None:
    """What was heard is not enough to go on by."""
    told = Told()
    told.login("bob")
    told.busy("bob")
    told.number += 1
    told.theirs("early", 5)
    assert told.floor.neighbours.must_survey
    told.survey(waiting("early", 5))
    told.arrive("late", 9)
    told.login("ann")
    assert told.promised == []


def test_news_of_the_past_are_none() -> None:
    """A survey may have more than the news that follow it."""
    told = Told()
    told.login("bob")
    told.busy("bob")
    told.survey(ContactNews("c", 3, Reserved(1, "bob"), theirs("c", 5)))
    told.theirs("c", 5, version=2)
    told.arrive("late", 9)
    told.login("ann")
    assert told.promised == [("late", "ann")]


def test_their_contact_that_is_answered_is_out_of_line() -> None:
    """Positions count those of every node."""
    told = Told()
    told.theirs("early", 5)
    told.arrive("late", 9)
    assert told.floor.ledger.position("late") == 2
    told.hear(ContactNews("early", 2, Talking(9, "bob", "leg"), None))
    assert told.floor.ledger.position("late") == 1


def test_a_reservation_decided_by_old_news_is_decided_again() -> None:
    """Redis refused it, as an earlier contact had come: the agent is left to that."""
    told = Told()
    told.arrive("late", 9)
    told.login("ann")
    groups = told.floor.ledger.take_changes(10)
    (group,) = [g for g in groups if g.contact is not None]
    assert told.floor.ledger.take_decided() == 0
    told.theirs("early", 5)
    told.floor.refused(group, Refused(0, None, is_behind=True), told.now)
    assert isinstance(told.floor.ledger.contact_state("late"), Waiting)
    assert isinstance(told.floor.ledger.agent_state("ann"), agents.Available)
    assert told.floor.ledger.pool.match_agent("ann") is None


def test_a_callback_that_another_node_has_taken_over_is_out_of_mind() -> None:
    """This node was taken for dead: its agent is free, and nothing of the contact is written."""
    told = Told()
    callback = a_contact("back", arrived_ms=9)
    told.floor.arrive(Contact("back", "n1", "sales", callback.skills, 9, ""), told.now)
    told.login("ann")
    record = told.floor.ledger.contacts["back"]
    agent = told.floor.ledger.agents["ann"]
    told.floor.refused(Group(record, agent), Refused(4, None, owner="n2"), told.now)
    assert "back" not in told.floor.ledger.contacts
    assert isinstance(told.floor.ledger.agent_state("ann"), agents.Available)
    assert [e.contact.id for e in told.floor.ledger.events if isinstance(e, ContactTaken)] == [
        "back"
    ]


@pytest.mark.parametrize("leg", ["", "PJSIP/trunk-1"])
def test_what_a_dead_node_leaves(leg: str) -> None:
    """A callback waits here at its old place; a caller on the other switch is lost."""
    told = Told()
    told.theirs("theirs", 5)
    told.arrive("own", 9)
    contact = theirs("theirs", 5)
    record = ContactRecord(
        Contact("theirs", "n2", "sales", contact.skills, 5, leg), Reserved(7, "bob"), (), 4
    )
    told.pulse(n2=DEAD_MS)
    waits = told.floor.inherit(record, told.now)
    told.login("ann")
    assert told.promised == [("theirs" if leg == "" else "own", "ann")]
    assert (waits is not None) == (leg == "")


def test_a_contact_that_prefers_an_agent_out_of_its_reach_is_for_anyone() -> None:
    """It would wait in vain."""
    told = Told()
    told.floor.phone("ann", False, told.now, registered=False)
    for name in ("ann", "bob"):
        told.login(name)
    wanted = a_contact("c1", arrived_ms=9)
    asked = Preferred("ann", 60_000)
    told.floor.arrive(
        Contact("c1", "n1", "sales", wanted.skills, 9, wanted.leg, preferred=asked), told.now
    )
    assert told.promised == [("c1", "bob")]


def free_again(told: Told) -> None:
    told.hear(KeptNews("ann", False))


def begun_anew(told: Told) -> None:
    told.hear(KeptNews("", False))


def silent(told: Told) -> None:
    told.pulse(n2=DEAD_MS)


def gone(told: Told) -> None:
    told.pulse()


def surveyed(told: Told) -> None:
    told.survey()


@pytest.mark.parametrize("ends", [free_again, begun_anew, silent, gone, surveyed])
def test_an_agent_kept_for_the_calls_of_another_node_is_no_caller_s(
    ends: Callable[[Told], None],
) -> None:
    """Who answers there finds the agent; once the other node keeps the agent no longer, or does not
    live, the caller here has waited long enough."""
    told = Told()
    told.hear(KeptNews("ann", True))
    told.login("ann")
    told.arrive("own", 9)
    assert told.promised == []
    ends(told)
    assert [contact for contact, _ in told.promised] == ["own"]


def test_who_was_called_may_have_an_agent_kept_by_another_node() -> None:
    """It is for them that agents are kept."""
    told = Told()
    told.survey(kept=["ann", "bob"])
    told.login("ann")
    told.arrive("own", 9)
    told.floor.arrive(a_contact("called", arrived_ms=20, priority=FIRST), told.now)
    assert [contact for contact, _ in told.promised] == ["called"]


def test_an_agent_kept_by_two_nodes_is_so_until_both_let_go() -> None:
    """What one tells says nothing of the other."""
    told = Told()
    told.login("ann")
    told.floor.keep(frozenset({"ann"}), told.now)
    told.hear(KeptNews("ann", True))
    told.arrive("own", 9)
    told.floor.keep(frozenset(), told.now)
    assert told.promised == []
    free_again(told)
    assert told.promised == [("own", "ann")]


def test_a_kept_agent_is_the_first_node_s_again_once_it_is_heard_of() -> None:
    """It was only slow, and its calls are still in the air."""
    told = Told()
    told.hear(KeptNews("ann", True))
    silent(told)
    told.pulse(n2=0)
    told.login("ann")
    told.arrive("own", 9)
    assert told.promised == []
