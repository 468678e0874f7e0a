"""Who talks to whom: pure, deterministic, one order across all queues.

The contacts that wait are kept in one line per queue and set of skills asked for, the agents
that are free in one line per set of skills held, and every line knows the lines of the other
side that suit it (`routing/lines.py`). So an agent who becomes free looks at the heads of the
suitable lines only, however many contacts wait, and a contact that arrives does the same.

Order of contacts: priority that ages with the wait (`routing/order.py`).
Order of agents: the strategy of the contact's queue (`routing/strategy.py`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from config.requirement import Requirement
from routing.agent import Agent
from routing.contact import Contact
from routing.decision import Candidate, Decision
from routing.line import Line
from routing.lines import FreeLine, Kind, Lines, Nodes, Seen, WaitingLine, Wish
from routing.order import Place, earlier, level, place
from routing.preference import GreatestNeed, Head
from routing.reach import HERE
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


@dataclass(slots=True)
class _Standing:
    """A contact in line. It is found in `line`, by all who suit it or by the agent of its own;
    one that `is_held` is promised, and not to be found."""

    contact: Contact
    place: Place
    asks: WaitingLine
    line: Line[Place]
    is_held: bool = False
    is_urgent: bool = False


class _Newcomer(NamedTuple):
    """Who has just become free and has not been put in line: most are given somebody at once."""

    free: FreeAgent
    line: FreeLine


class Pool:
    """The contacts in line and the agents that are free.

    It decides and changes nothing by itself: `match_…` names the pair, and the caller
    then takes both out with `hold_contact` and `remove_agent`. Distinct sets of skills
    are remembered for good; a site's flows and agents name a bounded number of them. Whether a
    contact's preferred agent suits it is the caller's to see.
    """

    def __init__(self, rules: RoutingRules | None = None, node: str = "") -> None:
        self._rules = rules or RoutingRules()
        self._has_reserves = self._rules.has_reserves
        self._node = node
        self._lines = Lines(self._rules)
        self._contacts: dict[str, _Standing] = {}
        self._agents: dict[str, Agent] = {}
        self._newcomer: _Newcomer | None = None
        self._seen: tuple[_Standing, list[Seen]] | None = None
        """The agents who were looked for last, as long as they are free and nobody else."""
        self._kinds: dict[str, tuple[Agent, FreeLine]] = {}
        self._spoken_for: dict[str, FreeAgent] = {}
        self._kept: frozenset[str] = frozenset()
        self._queues: dict[str, Line[Place]] = {}
        self._wanting: dict[str, Line[Place]] = {}
        self._preferring: dict[str, set[str]] = {}

    def configure(self, rules: RoutingRules) -> None:
        """The site has changed: everybody finds the place that the new rules give."""
        standing = list(self._contacts.values())
        for one in standing:
            self.remove_contact(one.contact.id)
        self._seen = None
        self._rules = rules
        self._has_reserves = rules.has_reserves
        self._lines.follow(rules)
        for one in standing:
            self.add_contact(one.contact)
            if one.is_held:
                self.hold_contact(one.contact.id)

    def place(self, contact: Contact) -> Place:
        """Where a contact stands in the order of all, in line or not."""
        return place(contact, self._rules.ageing_ms)

    def add_contact(self, contact: Contact) -> None:
        """In line, at the place of its arrival, and matchable."""
        standing = self._stand(contact, self.place(contact))
        self._queue(contact.queue).add(standing.place)
        standing.line.add(standing.place)

    def hold_contact(self, contact_id: str) -> None:
        """Promised to an agent: it keeps its place in line and is not matchable."""
        standing = self._contacts[contact_id]
        standing.is_held = True
        standing.line.remove(standing.place)

    def return_contact(self, contact_id: str) -> None:
        """Matchable again, at the place it never lost."""
        standing = self._contacts[contact_id]
        standing.is_held = False
        standing.line.add(standing.place)

    def remove_contact(self, contact_id: str) -> None:
        """Out of line, held or not."""
        standing = self._drop(contact_id)
        self._queue(standing.contact.queue).remove(standing.place)
        if not standing.is_held:
            standing.line.remove(standing.place)

    def is_waiting(self, contact_id: str) -> bool:
        """Whether a contact in line is promised to nobody."""
        return not self._contacts[contact_id].is_held

    def urgent_ms(self, contact: Contact) -> int | None:
        """When a contact may have the agents too that its queue keeps in reserve (epoch, ms);
        None: never, or there is no reserve."""
        reserve = self._rules.queue(contact.queue).reserve
        return reserve.opens_ms(contact, self._rules.ageing_ms) if reserve else None

    def make_urgent(self, contact_id: str) -> None:
        """That time has come."""
        self._move(self._contacts[contact_id].contact, is_urgent=True)

    def change_contact(self, contact: Contact) -> None:
        """What it asks for is other now; its place, and whether it is held, are as before."""
        self._move(contact, is_urgent=self._contacts[contact.id].is_urgent)

    def _move(self, contact: Contact, *, is_urgent: bool) -> None:
        before = self._drop(contact.id)
        after = self._stand(contact, before.place, is_urgent=is_urgent)
        after.is_held = before.is_held
        if not before.is_held:
            before.line.remove(before.place)
            after.line.add(after.place)

    def add_agent(
        self,
        agent: Agent,
        idle_since_ms: int,
        work: Work = NO_WORK,
        nodes: frozenset[str] | None = None,
    ) -> None:
        """Free since `idle_since_ms`, with so much work behind; `nodes`: whose switches can ring
        the phone, this node's as the empty name, None where there is but one."""
        self._put_in_line()
        self._agents[agent.id] = agent
        free = FreeAgent(agent.id, idle_since_ms, work)
        self._newcomer = _Newcomer(free, self._line_for(agent, nodes))

    def _put_in_line(self) -> None:
        """Nobody is new any more: a contact looks for its agent in the lines."""
        if self._newcomer is not None:
            self._newcomer.line.add(self._newcomer.free)
            self._newcomer = self._seen = None

    def remove_agent(self, agent_id: str) -> bool:
        """No longer free; whether the agent was held."""
        del self._agents[agent_id]
        if self._newcomer is not None and self._newcomer.free.id == agent_id:
            self._newcomer = None
        elif self._spoken_for.pop(agent_id, None) is not None:
            return True
        else:
            self._line_of_agent(agent_id).remove(agent_id)
            self._seen = None
        return False

    def hold_agent(self, agent_id: str) -> None:
        """Free, and left to another node, which has who is first."""
        self._put_in_line()
        line = self._line_of_agent(agent_id)
        self._spoken_for[agent_id] = line.agents[agent_id]
        line.remove(agent_id)
        self._seen = None

    def return_agent(self, agent_id: str) -> None:
        """Left to nobody any more; one who is not held, or not free, is not changed."""
        held = self._spoken_for.pop(agent_id, None)
        if held is not None:
            self._line_of_agent(agent_id).add(held)
            self._seen = None

    def may_have(self, contact: Contact, agent_id: str) -> bool:
        """Whether this agent is free, left to no other node, and can be rung for the contact."""
        if agent_id not in self._agents or agent_id in self._spoken_for:
            return False
        kind = self._line_of_agent(agent_id).kind
        is_for = kind.is_for(was_called=contact.was_called)
        return is_for and kind.can_be_rung_by(self._where(contact))

    def keep(self, agents: frozenset[str]) -> list[str]:
        """These agents are for those whom campaigns call, and for nobody else. Returns the free
        ones who are for everybody again."""
        changed = sorted((self._kept ^ agents) & self._agents.keys())
        self._put_in_line()
        self._kept, self._seen = agents, None
        for name in changed:
            self._change_line(name)
        return [name for name in changed if name not in agents]

    def awaited(self, agents: Iterable[tuple[Agent, Nodes]]) -> Iterator[str]:
        """Those of these agents for whom a caller waits in line who is promised to nobody, whatever
        they do; with the nodes whose switches can ring them."""
        for agent, nodes in agents:
            line = self._lines.free(Kind(agent.skills, agent.cost, nodes))
            own = (self._contacts[each[-1]].contact for each in self._wanting.get(agent.id, ()))
            if line.has_callers or not all(each.was_called for each in own):
                yield agent.id

    def is_kept(self, agent_id: str) -> bool:
        """Whether an agent is for those whom campaigns call."""
        return agent_id in self._kept

    def _change_line(self, name: str) -> None:
        """Of a free agent, as `keep` has changed."""
        agent, before = self._agents[name], self._line_of_agent(name)
        after = self._line_for(agent, before.kind.nodes)
        if name not in self._spoken_for:
            free = before.agents[name]
            before.remove(name)
            after.add(free)

    def match_agent(self, agent_id: str) -> Assignment | None:
        """The contact that this free agent takes by preference of those with skills to suit: by
        default the first in line. Where agents are kept in reserve, who has just become free may
        be the one too many, and the queue's strategy says which of them takes the contact: the
        one named here may be another."""
        if agent_id in self._spoken_for:
            return None
        if self._has_reserves:
            self._put_in_line()
        agent = self._agents[agent_id]
        best = self._first_for(agent)
        if best is None:
            return None
        standing = self._contacts[best[-1]]
        if standing.asks.leaves and standing.contact.preferred is None:
            return self.match_contact(standing.contact.id)
        return Assignment(standing.contact, agent)

    def _first_for(self, agent: Agent) -> Place | None:
        free, line = self._free(agent)
        busy = occupancy(free.work.busy_mark, free.idle_since_ms)
        if isinstance(agent.prefers, GreatestNeed) and not self._wanting.get(agent.id):
            return line.first(busy)
        heads = chain(line.heads(busy), self._first_wanting(agent, busy))
        return agent.prefers.first(heads, free.work, self._rules.ageing_ms)

    def _free(self, agent: Agent) -> _Newcomer:
        if self._newcomer is not None and self._newcomer.free.id == agent.id:
            return self._newcomer
        line = self._line_of_agent(agent.id)
        return _Newcomer(line.agents[agent.id], line)

    def _first_wanting(self, agent: Agent, busy: float) -> Iterator[Head]:
        """The first of those who wait for this agent alone, as the agent sees it."""
        line = self._wanting.get(agent.id)
        first = self._contacts[line.head[-1]] if line else None
        if line and first and (agent.id not in self._kept or first.contact.was_called):
            waiting = first.asks
            gained_ms = waiting.head_start_ms(agent.skills, agent.cost)
            gained_ms += waiting.need.seen_ms(busy)
            yield Head(waiting.queue, earlier(line.head, gained_ms))

    def match_contact(self, contact_id: str) -> Assignment | None:
        """The free agent whom the queue's strategy prefers of those with the skills."""
        standing = self._contacts[contact_id]
        contact = standing.contact
        if contact.preferred is not None:
            name = contact.preferred.agent
            return Assignment(contact, self._agents[name]) if self.may_have(contact, name) else None
        best = self._best_agents(standing)
        if not best or not standing.asks.is_open:
            return None
        return Assignment(contact, self._agents[best[0].agent.id])

    def _best_agents(self, standing: _Standing) -> list[Seen]:
        """Looked for once, though the match and what is told of it both ask."""
        self._put_in_line()
        if self._seen is None or self._seen[0] is not standing:
            self._seen = standing, standing.asks.best_agents(_MOST_CANDIDATES)
        return self._seen[1]

    def decision(self, contact_id: str, agent_id: str, now_ms: int) -> Decision:
        """What is to be told of giving this contact to that agent."""
        standing = self._contacts[contact_id]
        contact = standing.contact
        return Decision(
            now_ms,
            agent_id,
            contact.queue,
            standing.asks.asks,
            contact.priority,
            level(contact, self._rules.ageing_ms, now_ms),
            standing.asks.strategy.criteria,
            self._candidates(standing, agent_id, now_ms),
        )

    def _candidates(self, standing: _Standing, agent_id: str, now_ms: int) -> tuple[Candidate, ...]:
        if standing.contact.agent is not None or standing.contact.preferred is not None:
            return ()
        newcomer, asks = self._newcomer, standing.asks
        if newcomer is not None and newcomer.free.id == agent_id and asks.is_nobodys:
            seen = [asks.only(newcomer.free, newcomer.line)]
        else:
            seen = self._best_agents(standing)
        return tuple([each.as_candidate(now_ms, asks.strategy) for each in seen])

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
        standing = self._contacts[contact_id]
        return self._queue(standing.contact.queue).rank(standing.place) + 1

    def in_line(self, queue: str) -> int:
        """How many contacts of a queue are in line, those promised to an agent too."""
        return len(self._queues.get(queue, ()))

    def free_agents(self, queue: str, skills: Skills) -> int:
        """How many free agents could serve a contact of this queue that asks for these skills."""
        self._put_in_line()
        links = self._lines.waiting(Wish(queue, skills)).links
        return sum(len(link.free.agents) for link in links)

    def needs(self, contact: Contact) -> Requirement:
        """All that an agent must meet to get this contact, in line or not."""
        return self._line_of(contact, is_urgent=False).needs

    @property
    def rules(self) -> RoutingRules:
        """Those it goes by."""
        return self._rules

    def line_of(self, contact: Contact) -> WaitingLine:
        """The line of those who ask for the same as this contact, in line or not."""
        standing = self._contacts.get(contact.id)
        is_urgent = standing is not None and standing.is_urgent
        return self._line_of(contact, is_urgent=is_urgent)

    def line_of_kind(self, kind: Kind) -> FreeLine:
        """The line of the free agents of a kind, with links to all whom they suit."""
        return self._lines.free(kind)

    def wanting_before(self, agent_id: str, place: Place) -> int:
        """How many wait for this agent alone and go before that place."""
        line = self._wanting.get(agent_id)
        return line.before(place) if line else 0

    def _stand(self, contact: Contact, at: Place, *, is_urgent: bool = False) -> _Standing:
        """The contact takes its place; it is in no line yet."""
        asks = self._line_of(contact, is_urgent=is_urgent)
        line = asks.line
        if contact.preferred is not None:
            wanted = contact.preferred.agent
            self._preferring.setdefault(wanted, set()).add(contact.id)
            line = self._wanting.setdefault(wanted, Line())
        standing = _Standing(contact, at, asks, line, is_urgent=is_urgent)
        self._contacts[contact.id] = standing
        return standing

    def _drop(self, contact_id: str) -> _Standing:
        standing = self._contacts.pop(contact_id)
        if standing.contact.preferred is not None:
            self._preferring[standing.contact.preferred.agent].remove(contact_id)
        return standing

    def _queue(self, queue: str) -> Line[Place]:
        found = self._queues.get(queue)
        if found is None:
            found = self._queues[queue] = Line()
        return found

    def _line_of(self, contact: Contact, *, is_urgent: bool) -> WaitingLine:
        reserve = self._rules.queue(contact.queue).reserve
        is_urgent |= reserve is None or contact.priority >= reserve.priority
        where = self._where(contact)
        rest = where, contact.was_called
        wish = Wish(contact.queue, contact.skills, contact.requires, is_urgent, *rest)
        return self._lines.waiting(wish)

    def _where(self, contact: Contact) -> str:
        return HERE if contact.node == self._node else contact.node

    def _line_of_agent(self, agent_id: str) -> FreeLine:
        """Of one who is free."""
        return self._kinds[agent_id][1]

    def _line_for(self, agent: Agent, nodes: frozenset[str] | None) -> FreeLine:
        """Looked up once: skills are long to compare."""
        known, line = self._kinds.get(agent.id, (None, None))
        how = nodes, agent.id in self._kept
        if line is None or known is not agent or line.kind[2:] != how:
            line = self._lines.free(Kind(agent.skills, agent.cost, *how))
            self._kinds[agent.id] = agent, line
        return line
