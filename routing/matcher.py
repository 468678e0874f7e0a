"""Who talks to whom: pure, deterministic, one order across all queues.

The contacts that wait are kept in one line per queue and set of skills asked for, the agents
that are free in one line per set of skills held, and every line knows the lines of the other
side that suit it (`routing/lines.py`). So an agent who becomes free looks at the heads of the
suitable lines only, however many contacts wait, and a contact that arrives does the same.

Order of contacts: priority that ages with the wait (`routing/order.py`).
Order of agents: the strategy of the contact's queue (`routing/strategy.py`).
"""

from collections.abc import Iterator
from itertools import chain

from config.requirement import Requirement
from routing.agent import Agent
from routing.contact import Contact
from routing.decision import Decision
from routing.line import Line
from routing.lines import FreeLine, Kind, Lines, WaitingLine, Wish
from routing.order import Place, earlier, level, place
from routing.preference import GREATEST_NEED, Head
from routing.rules import RoutingRules
from routing.skills import Skills
from routing.strategy import FreeAgent
from routing.targets import Targets
from routing.values import value
from routing.work import NO_WORK, Work, occupancy

_MOST_CANDIDATES = 5


@value(frozen=True, slots=True)
class Assignment:
    """This agent for this contact."""

    contact: Contact
    agent: Agent


class Pool:
    """The contacts in line and the agents that are free.

    It decides and changes nothing by itself: `match_…` names the pair, and the caller
    then takes both out with `hold_contact` and `remove_agent`. Distinct sets of skills
    are remembered for good; a site's flows and agents name a bounded number of them. Whether a
    contact's preferred agent suits it is the caller's to see.
    """

    def __init__(self, rules: RoutingRules | None = None) -> None:
        self._rules = rules or RoutingRules()
        self._lines = Lines(self._rules)
        self._contacts: dict[str, Contact] = {}
        self._held: set[str] = set()
        self._agents: dict[str, Agent] = {}
        self._queues: dict[str, Line[Place]] = {}
        self._wanting: dict[str, Line[Place]] = {}
        self._preferring: dict[str, set[str]] = {}
        self._urgent: set[str] = set()

    def configure(self, rules: RoutingRules) -> None:
        """The site has changed: everybody finds the place that the new rules give."""
        contacts, held = list(self._contacts.values()), set(self._held)
        for contact in contacts:
            self.remove_contact(contact.id)
        self._rules = rules
        self._lines.follow(rules)
        for contact in contacts:
            self.add_contact(contact)
            if contact.id in held:
                self.hold_contact(contact.id)

    def place(self, contact: Contact) -> Place:
        """Where a contact stands in the order of all, in line or not."""
        return place(contact, self._rules.ageing_ms)

    def add_contact(self, contact: Contact) -> None:
        """In line, at the place of its arrival, and matchable."""
        self._note(contact)
        self._queues.setdefault(contact.queue, Line()).add(self.place(contact))
        self._stands_in(contact).add(self.place(contact))

    def hold_contact(self, contact_id: str) -> None:
        """Promised to an agent: it keeps its place in line and is not matchable."""
        contact = self._contacts[contact_id]
        self._held.add(contact_id)
        self._stands_in(contact).remove(self.place(contact))

    def return_contact(self, contact_id: str) -> None:
        """Matchable again, at the place it never lost."""
        contact = self._contacts[contact_id]
        self._held.remove(contact_id)
        self._stands_in(contact).add(self.place(contact))

    def remove_contact(self, contact_id: str) -> None:
        """Out of line, held or not."""
        contact = self._drop(contact_id)
        self._queues[contact.queue].remove(self.place(contact))
        if contact_id in self._held:
            self._held.remove(contact_id)
        else:
            self._stands_in(contact).remove(self.place(contact))
        self._urgent.discard(contact_id)

    def urgent_ms(self, contact: Contact) -> int | None:
        """When a contact may have the agents too that its queue keeps in reserve (epoch, ms);
        None: never, or there is no reserve."""
        reserve = self._rules.queue(contact.queue).reserve
        return reserve.opens_ms(contact, self._rules.ageing_ms) if reserve else None

    def make_urgent(self, contact_id: str) -> None:
        """That time has come."""
        contact = self._contacts[contact_id]
        is_free = contact_id not in self._held
        if is_free:
            self._stands_in(contact).remove(self.place(contact))
        self._urgent.add(contact_id)
        if is_free:
            self._stands_in(contact).add(self.place(contact))

    def change_contact(self, contact: Contact) -> None:
        """What it asks for is other now; its place, and whether it is held, are as before."""
        held = contact.id in self._held
        before = self._drop(contact.id)
        if not held:
            self._stands_in(before).remove(self.place(before))
        self._note(contact)
        if not held:
            self._stands_in(contact).add(self.place(contact))

    def add_agent(self, agent: Agent, idle_since_ms: int, work: Work = NO_WORK) -> None:
        """Free since `idle_since_ms`, with so much work behind."""
        self._agents[agent.id] = agent
        self._line_of_agent(agent).add(FreeAgent(agent.id, idle_since_ms, work))

    def remove_agent(self, agent_id: str) -> None:
        """No longer free."""
        self._line_of_agent(self._agents.pop(agent_id)).remove(agent_id)

    def match_agent(self, agent_id: str) -> Assignment | None:
        """The contact that this free agent takes by preference of those with skills to suit: by
        default the first in line. Where agents are
        kept in reserve, who has just become free may be the one too many, and the queue's strategy
        says which of them takes the contact: the one named here may be another."""
        agent = self._agents[agent_id]
        line = self._line_of_agent(agent)
        best = self._first_for(agent, line)
        if best is None:
            return None
        contact = self._contacts[best[-1]]
        if contact.preferred is None and self._line_of(contact).leaves:
            return self.match_contact(contact.id)
        return Assignment(contact, agent)

    def _first_for(self, agent: Agent, line: FreeLine) -> Place | None:
        free = line.agents[agent.id]
        busy = occupancy(free.work.busy_mark, free.idle_since_ms)
        if agent.prefers == GREATEST_NEED and not self._wanting.get(agent.id):
            return line.first(busy)
        heads = chain(line.heads(busy), self._first_wanting(agent, busy))
        return agent.prefers.first(heads, free.work, self._rules.ageing_ms)

    def _first_wanting(self, agent: Agent, busy: float) -> Iterator[Head]:
        """The first of those who wait for this agent alone, as the agent sees it."""
        line = self._wanting.get(agent.id)
        if line:
            waiting = self._line_of(self._contacts[line.head[-1]])
            gained_ms = waiting.head_start_ms(agent.skills, agent.cost)
            gained_ms += waiting.need.seen_ms(busy)
            yield Head(waiting.queue, earlier(line.head, gained_ms))

    def match_contact(self, contact_id: str) -> Assignment | None:
        """The free agent whom the queue's strategy prefers of those with the skills."""
        contact = self._contacts[contact_id]
        if contact.preferred is not None:
            wanted = self._agents.get(contact.preferred.agent)
            return None if wanted is None else Assignment(contact, wanted)
        best = self._line_of(contact).best_agent()
        return None if best is None else Assignment(contact, self._agents[best])

    def decision(self, contact_id: str, agent_id: str, now_ms: int) -> Decision:
        """What is to be told of giving this contact to that agent."""
        contact = self._contacts[contact_id]
        line = self._line_of(contact)
        alone = contact.agent is not None or contact.preferred is not None
        return Decision(
            now_ms,
            agent_id,
            contact.queue,
            line.asks,
            contact.priority,
            level(contact, self._rules.ageing_ms, now_ms),
            line.strategy.criteria,
            () if alone else line.candidates(_MOST_CANDIDATES, now_ms),
        )

    def targets(self, queue: str) -> Targets:
        """What the site wants of a queue."""
        return self._rules.queue(queue).targets

    def behind(self, queue: str, shortfall: float) -> None:
        """So far is a queue behind its targets, from 0 to 1: its contacts gain by it."""
        self._lines.need(queue).behind(shortfall)

    def preferring(self, agent_id: str) -> list[str]:
        """The contacts in line, held ones too, that wait for this agent alone; by id."""
        return sorted(self._preferring.get(agent_id, ()))

    def position(self, contact_id: str) -> int:
        """The place in the contact's own queue, from 1.

        Those who are promised to an agent count until they are answered, so nobody's
        place gets worse when a ring fails.
        """
        contact = self._contacts[contact_id]
        return self._queues[contact.queue].rank(self.place(contact)) + 1

    def in_line(self, queue: str) -> int:
        """How many contacts of a queue are in line, those promised to an agent too."""
        return len(self._queues.get(queue, ()))

    def free_agents(self, queue: str, skills: Skills) -> int:
        """How many free agents could serve a contact of this queue that asks for these skills."""
        links = self._lines.waiting(Wish(queue, skills)).links
        return sum(len(link.free.agents) for link in links)

    def needs(self, contact: Contact) -> Requirement:
        """All that an agent must meet to get this contact, in line or not."""
        return self._line_of(contact).needs

    def _note(self, contact: Contact) -> None:
        self._contacts[contact.id] = contact
        if contact.preferred is not None:
            self._preferring.setdefault(contact.preferred.agent, set()).add(contact.id)

    def _drop(self, contact_id: str) -> Contact:
        contact = self._contacts.pop(contact_id)
        if contact.preferred is not None:
            self._preferring[contact.preferred.agent].remove(contact_id)
        return contact

    def _stands_in(self, contact: Contact) -> Line[Place]:
        """Where the contact is to be found: by an agent of its own, or by all who suit it."""
        if contact.preferred is None:
            return self._line_of(contact).line
        return self._wanting.setdefault(contact.preferred.agent, Line())

    def _line_of(self, contact: Contact) -> WaitingLine:
        reserve = self._rules.queue(contact.queue).reserve
        is_urgent = (
            reserve is None or contact.priority >= reserve.priority or contact.id in self._urgent
        )
        return self._lines.waiting(Wish(contact.queue, contact.skills, contact.requires, is_urgent))

    def _line_of_agent(self, agent: Agent) -> FreeLine:
        return self._lines.free(Kind(agent.skills, agent.cost))
