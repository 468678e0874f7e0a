"""The contacts of the other nodes, and who of them is due first: one order over all nodes.

Pure, a room of the floor. Every node plays the whole floor: it hears of every contact and agent,
and matches all of them as the others do. What is its own it writes; where a contact of another
node is first, the agent is left to that node, which comes to the same result. Should it not take
the agent in time, it is served no longer until it is heard of again: nobody waits for a node that
does not answer.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from routing import agent as agents
from routing import contact as contacts
from routing.agenda import Agenda
from routing.contact import Contact, agent_of
from routing.events import NodeChanged
from routing.ledger import ALONE, Ledger
from routing.news import ContactNews, KeptNews, News, ReachNews, Survey
from routing.offers import Offers
from routing.presence import Presence
from routing.records import AgentRecord
from routing.staffing import can_wait_for
from routing.store import Node
from routing.switches import Switches

_LIVE = (contacts.Waiting, contacts.Reserved, contacts.Ringing)


@dataclass(slots=True)
class _Abroad:
    """A live contact of another node, as that has told; `agent`: to whom it is promised."""

    contact: Contact
    version: int
    agent: str | None


class Neighbours:
    """See the module. `must_survey`: what was heard is not enough to go on by."""

    def __init__(
        self,
        ledger: Ledger,
        offers: Offers,
        presence: Presence,
        switches: Switches,
        agenda: Agenda,
        take_theirs: Callable[[AgentRecord, int], None],
    ) -> None:
        self._ledger = ledger
        self._offers = offers
        self._presence = presence
        self._switches = switches
        self._agenda = agenda
        self._take_theirs = take_theirs
        self._abroad: dict[str, _Abroad] = {}
        self._yielded: dict[str, tuple[str, int]] = {}
        self._living: set[str] = set()
        self._slow: set[str] = set()
        self.yield_ms = 0
        self.must_survey = False
        self.in_flight: Counter[str] = Counter()
        """In how many writings that are under way an agent is: their replies tell the newest."""
        offers.on_yield, ledger.on_taken = self._yield, self._taken

    @property
    def alone(self) -> bool:
        """Whether no other node is known."""
        return self._ledger.seen == ALONE

    # what the heartbeat tells

    def pulse(self, nodes: Iterable[Node], dead_ms: int, now_ms: int) -> None:
        """These nodes there are."""
        others = [node for node in nodes if node.name != self._ledger.node]
        living = {node.name for node in others if node.silent_ms < dead_ms}
        if living and self.alone:
            self.must_survey = True
        if not others and not self.alone:
            self._no_one_else(now_ms)
        for name in sorted(self._living - living):
            self._went(name, now_ms)
        for name in sorted(living):
            self._lives(name, now_ms)

    def _no_one_else(self, now_ms: int) -> None:
        self._forget_all()
        self._ledger.seen = ALONE
        self._living.clear()
        self._switches.alone(now_ms)

    def _lives(self, node: str, now_ms: int) -> None:
        if node in self._living and node not in self._slow:
            return
        self._living.add(node)
        self._slow.discard(node)
        self._switches.lives(node, now_ms)
        self._ledger.events.append(NodeChanged(now_ms, node, True, "heard of"))
        for contact in self._of(node):
            self._put_in(contact.id, now_ms)

    def _went(self, node: str, now_ms: int) -> None:
        """It is dead: its contacts wait for nobody, nor anybody for them."""
        self._living.discard(node)
        self._step_aside(node, "silent", now_ms)
        is_first = self._ledger.node == min({self._ledger.node, *self._living})
        self._switches.went(node, is_first, now_ms)

    # what the nodes tell

    def survey(self, found: Survey, now_ms: int) -> None:
        """All that the others have, in place of what was heard."""
        self.must_survey = False
        self._forget_all()
        self._ledger.seen = found.number
        for record in found.agents:
            self.hear_agent(record, now_ms)
        self._switches.survey(found, now_ms)
        for node, news in found.contacts:
            if isinstance(news.state, _LIVE) and news.contact is not None:
                self._note(news, news.contact, node, now_ms)
                self._put_in(news.id, now_ms, offer=False)
        for name in sorted(self._ledger.reach.by(self._ledger.node)):
            self._put_right(name, now_ms)
        for name in sorted(self._ledger.agents, key=self._ledger.longest_idle):
            self._offers.offer_agent(name, now_ms)

    def hear(self, news: Iterable[News], now_ms: int) -> None:
        """What was told next, in order."""
        for each in news:
            if each.number <= self._ledger.seen:
                continue
            if each.number != self._ledger.seen + 1:
                self.must_survey = True
                return
            self._ledger.seen = each.number
            if each.node != self._ledger.node and each.what is not None:
                self._hear(each, now_ms)

    def _hear(self, news: News, now_ms: int) -> None:
        self._lives(news.node, now_ms)
        match news.what:
            case ContactNews() as told:
                self.hear_contact(told, now_ms)
            case AgentRecord() as told:
                self.hear_agent(told, now_ms)
            case ReachNews() | KeptNews() as told:
                self._switches.hear(news.node, told, now_ms)

    def hear_agent(self, record: AgentRecord, now_ms: int) -> None:
        """An agent's record as it is in Redis, or was a moment ago. What this node wrote itself is
        nothing new: the reply to the writing tells of it, and much may have followed."""
        name, known = record.agent, self._ledger.agents.get(record.agent)
        if known is None:
            self._ledger.former[name] = record.version
            return
        is_own = record.node == self._ledger.node
        if is_own or record.version <= known.version or self.in_flight[name] > 0:
            return
        stands = self._ledger.is_to_be_written(name) and not isinstance(
            known.state, agents.Reserved
        )
        talks_here = isinstance(known.state, agents.Talking) and known.node == self._ledger.node
        if (stands or talks_here) and not _is_busy(record):
            self._ledger.write_agent_again(name, record.version)
        else:
            self._take_theirs(record, now_ms)
            self._put_right(name, now_ms)

    def _put_right(self, agent_id: str, now_ms: int) -> None:
        """Nobody else could ring the agent, as long as this node was taken for dead."""
        record = self._ledger.agents.get(agent_id)
        if record is None or agent_id not in self._ledger.reach.by(self._ledger.node):
            return
        if isinstance(record.state, agents.Offline) and agent_id not in self._ledger.leaving:
            self._presence.reachable(agent_id, now_ms, registered=False)

    def hear_contact(self, news: ContactNews, now_ms: int) -> None:
        """A contact of another node is in this state now."""
        if news.id in self._ledger.contacts:
            # Somebody thought this node dead; what it knows stands, unless they have the contact.
            if not self._ledger.is_over(news.id):
                self._ledger.write_contact_again(news.id, news.version)
            return
        before = self._abroad.get(news.id)
        if before is not None and news.version <= before.version:
            return
        freed = self._take_out(news.id)
        if isinstance(news.state, _LIVE):
            contact = news.contact or (before.contact if before else None)
            if contact is None:
                self.must_survey = True
                return
            self._note(news, contact, contact.node, now_ms)
            self._put_in(news.id, now_ms)
        elif before is not None:
            del self._abroad[news.id]
            self._ledger.measure(before.contact, news.state)
        if freed is not None and freed != agent_of(news.state):
            self._free(freed, now_ms)

    def _note(self, news: ContactNews, contact: Contact, node: str, now_ms: int) -> None:
        contact = replace(contact, node=node).relaxed(now_ms)
        if not can_wait_for(self._ledger, contact):
            contact = contact.for_anyone()
        self._abroad[news.id] = _Abroad(contact, news.version, agent_of(news.state))

    # in line

    def _put_in(self, contact_id: str, now_ms: int, *, offer: bool = True) -> None:
        abroad = self._abroad[contact_id]
        if contact_id in self._ledger.abroad or not self._is_served(abroad.contact.node):
            return
        self._ledger.abroad[contact_id] = abroad.contact
        self._ledger.pool.add_contact(abroad.contact)
        self._offers.expect(abroad.contact, now_ms)
        if abroad.agent is not None:
            self._ledger.pool.hold_contact(contact_id)
        elif offer:
            self._offers.offer_contact(contact_id, now_ms)

    def _take_out(self, contact_id: str) -> str | None:
        """Out of line; returns the agent who was left to it. What it asks for by now is kept."""
        contact = self._ledger.abroad.pop(contact_id, None)
        if contact is None:
            return None
        self._abroad[contact_id].contact = contact
        self._ledger.pool.remove_contact(contact_id)
        agent, _ = self._yielded.pop(contact_id, (None, 0))
        return agent

    def _yield(self, contact_id: str, agent_id: str, now_ms: int) -> None:
        """An agent is due to a contact of another node, and left to that for a while."""
        self._ledger.pool.hold_contact(contact_id)
        self._ledger.pool.hold_agent(agent_id)
        until_ms = now_ms + self.yield_ms
        self._yielded[contact_id] = agent_id, until_ms
        self._agenda.note(until_ms, contact_id)

    def _taken(self, agent_id: str, now_ms: int) -> None:
        """An agent who was left to another node's contact is free no more; the contact is not
        promised to anybody by that, and there may be others for it."""
        for contact_id, (agent, _) in [*self._yielded.items()]:
            if agent == agent_id:
                del self._yielded[contact_id]
                self._ledger.pool.return_contact(contact_id)
                self._agenda.note(now_ms, contact_id)

    def tick(self, now_ms: int) -> None:
        """The time of something on the agenda has come: a node may have been too slow."""
        late = [c for c, (_, until_ms) in self._yielded.items() if until_ms <= now_ms]
        for contact_id in late:
            if contact_id in self._yielded:
                node = self._abroad[contact_id].contact.node
                self._slow.add(node)
                self._step_aside(node, "slow", now_ms)

    def _step_aside(self, node: str, why: str, now_ms: int) -> None:
        freed = [self._take_out(contact.id) for contact in self._of(node)]
        self._ledger.events.append(NodeChanged(now_ms, node, False, why))
        for agent in freed:
            if agent is not None:
                self._free(agent, now_ms)

    def _free(self, agent_id: str, now_ms: int) -> None:
        self._ledger.pool.return_agent(agent_id)
        self._offers.offer_agent(agent_id, now_ms)

    def _forget_all(self) -> None:
        freed = [self._take_out(contact_id) for contact_id in tuple(self._abroad)]
        self._abroad.clear()
        for agent in freed:
            if agent is not None:
                self._ledger.pool.return_agent(agent)

    def forget(self, contact_id: str, now_ms: int) -> None:
        """The contact is this node's from now on."""
        freed = self._take_out(contact_id)
        self._abroad.pop(contact_id, None)
        if freed is not None:
            self._free(freed, now_ms)

    def _of(self, node: str) -> list[Contact]:
        """A node's contacts, in the order of all."""
        own = [abroad for abroad in self._abroad.values() if abroad.contact.node == node]
        return [abroad.contact for abroad in sorted(own, key=self._place)]

    def _place(self, abroad: _Abroad) -> tuple[int, int, int, str]:
        return self._ledger.pool.place(abroad.contact)

    def _is_served(self, node: str) -> bool:
        return node in self._living and node not in self._slow


def _is_busy(record: AgentRecord) -> bool:
    return isinstance(
        record.state, agents.Reserved | agents.Ringing | agents.Talking | agents.WrapUp
    )
