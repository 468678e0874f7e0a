"""After a restart: what the store has of this node, put together with what is alive."""

from collections.abc import Iterable

from routing import agent as agents
from routing import contact as contacts
from routing.contact import Outcome
from routing.events import ContactEnded
from routing.floor import Floor, LiveLegs, LiveTalk
from routing.records import AgentRecord, ContactRecord


def restore(
    floor: Floor,
    held: Iterable[ContactRecord],
    staff: Iterable[AgentRecord],
    live: LiveLegs,
    now_ms: int,
) -> None:
    """Conversations whose legs live go on; contacts whose caller is still there wait at
    their old place; everything else is ended, and whoever was promised to it is free.
    Pause reasons and idle times are as they were."""
    by_contact = {talk.contact: talk for talk in live.talks}
    by_agent = {talk.agent: talk for talk in live.talks}
    for record in held:
        _restore_contact(floor, record, live, by_contact.get(record.contact.id), now_ms)
    for agent in staff:
        if agent.agent in floor.ledger.site:
            _restore_agent(floor, agent, live, by_agent.get(agent.agent), now_ms)
        else:
            floor.ledger.former[agent.agent] = agent.version
    for contact in sorted(
        (r.contact for r in floor.ledger.contacts.values()), key=floor.ledger.pool.place
    ):
        if contact.preferred is not None:
            floor.offers.stop_preferring(contact.preferred.agent, now_ms)
        if floor.ledger.position(contact.id) is not None:
            floor.offers.expect(contact, now_ms)
        floor.offers.offer_contact(contact.id, now_ms)
    floor.presence.keep_shifts(now_ms)


def _restore_contact(
    floor: Floor, record: ContactRecord, live: LiveLegs, talk: LiveTalk | None, now_ms: int
) -> None:
    contact, state = record.contact.relaxed(now_ms), record.state
    floor.ledger.restore_contact(record._replace(contact=contact))
    match state:
        case contacts.Ended(since_ms, outcome):
            told_again = ContactEnded(since_ms, contact, outcome, record.trail)
            floor.ledger.events.append(told_again)
        case contacts.Talking(leg=leg):
            if leg not in live.agents:
                floor.ledger.move_contact(contact.id, state.end(Outcome.COMPLETED, now_ms))
        case _ if talk is not None:
            # The engine died between the answer and its writing.
            talking = contacts.Talking(now_ms, talk.agent, talk.leg)
            floor.ledger.move_contact(contact.id, talking)
        case _ if contact.leg not in live.callers:
            floor.ledger.move_contact(contact.id, state.end(Outcome.LOST, now_ms))
        case contacts.Reserved() | contacts.Ringing():
            floor.ledger.move_contact(contact.id, state.give_back(now_ms))


def _restore_agent(
    floor: Floor, record: AgentRecord, live: LiveLegs, talk: LiveTalk | None, now_ms: int
) -> None:
    floor.ledger.take_agent(record, now_ms)
    if record.node != floor.ledger.node:
        return
    match record.state:
        case agents.Reserved() | agents.Ringing() as offered if talk is not None:
            ringing = offered if isinstance(offered, agents.Ringing) else offered.ring(now_ms)
            contact = floor.ledger.contacts.get(talk.contact)
            queue = contact.contact.queue if contact else ""
            floor.ledger.move_agent(record.agent, ringing.answer(talk.leg, now_ms, queue), now_ms)
        case agents.Reserved() | agents.Ringing() as offered:
            floor.ledger.move_agent(record.agent, offered.release(now_ms), now_ms)
        case agents.Talking(leg=leg) if leg not in live.agents:
            floor.leg_ended(record.agent, leg, now_ms)
