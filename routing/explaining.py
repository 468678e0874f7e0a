"""Why a contact has the agent that it has, or none yet: the answer to `trunkline why`."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from config.requirement import Requirement, spell
from routing import agent as agents
from routing import contact as contacts
from routing.agent import AgentState
from routing.contact import Contact, ContactState, agent_of
from routing.decision import Decision
from routing.ledger import Ledger
from routing.order import level
from routing.requirement import unmet
from routing.rules import RoutingRules


class Verdict(StrEnum):
    """What became of an agent for a contact. `detail` of the judgement says more."""

    HAS_IT = "has_it"  # promised to, rung by or in conversation with it
    LACKS_SKILL = "lacks_skill"  # detail: what is lacking
    ANOTHER_WANTED = "another_wanted"  # detail: for whom the contact waits
    AWAY = "away"  # offline, paused, not responding; detail: why paused
    BUSY = "busy"  # detail: with which contact
    IN_RESERVE = "in_reserve"  # detail: from which priority on
    OUT_OF_REACH = "out_of_reach"  # only the switch of another node can ring the phone
    LEFT = "left"  # to another node, which has a contact before this one
    KEPT = "kept"  # for those whom a campaign calls
    FREE = "free"  # suits it and could take it


@dataclass(frozen=True, slots=True)
class Judgement:
    """One agent. `state` is the name of the agent's state."""

    agent: str
    verdict: Verdict
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One contact at `at_ms`. `level`: its priority, and what its wait is worth, if priorities
    age; `position`: in its queue, None out of line; `decisions`: every time it was promised to
    somebody; `judgements`: every agent as of now, those nearest to it first."""

    at_ms: int
    contact: str
    queue: str
    state: str
    since_ms: int
    arrived_ms: int
    needs: str
    priority: int
    level: float
    position: int | None
    strategy: tuple[str, ...]
    decisions: tuple[Decision, ...]
    judgements: tuple[Judgement, ...]


def explain(
    ledger: Ledger, rules: RoutingRules, contact_id: str, now_ms: int
) -> Explanation | None:
    """Everything that decides about a live contact; None when it is not known any more."""
    record = ledger.contacts.get(contact_id)
    if record is None:
        return None
    contact, state = record.contact, record.state
    needs = ledger.pool.needs(contact)
    return Explanation(
        now_ms,
        contact_id,
        contact.queue,
        type(state).__name__,
        state.since_ms,
        contact.arrived_ms,
        spell(needs),
        contact.priority,
        level(contact, rules.ageing_ms, _until_ms(state, now_ms)),
        ledger.position(contact_id),
        tuple(rules.queue(contact.queue).strategy.criteria),
        ledger.decisions.get(contact_id, ()),
        tuple(sorted(_judgements(ledger, rules, contact, needs, now_ms), key=_nearest)),
    )


def _until_ms(state: ContactState, now_ms: int) -> int:
    """Until when a contact has waited."""
    is_over = isinstance(state, contacts.Talking | contacts.Ended)
    return state.since_ms if is_over else now_ms


def _judgements(
    ledger: Ledger, rules: RoutingRules, contact: Contact, needs: Requirement, now_ms: int
) -> Iterator[Judgement]:
    holder = agent_of(ledger.contacts[contact.id].state)
    for name, record in ledger.agents.items():
        if not ledger.has_left(name):
            lacking = unmet(ledger.site[name].skills, needs)
            if name == holder:
                verdict, detail = Verdict.HAS_IT, ""
            elif lacking:
                verdict, detail = Verdict.LACKS_SKILL, ", ".join(lacking)
            else:
                verdict, detail = _of_those_who_suit(name, record.state, contact, rules, now_ms)
                if verdict is Verdict.FREE:
                    verdict = _of_the_free(name, contact, ledger)
            yield Judgement(name, verdict, type(record.state).__name__, detail)


def _of_those_who_suit(
    name: str, state: AgentState, contact: Contact, rules: RoutingRules, now_ms: int
) -> tuple[Verdict, str]:
    wanted = contact.agent or (contact.preferred.agent if contact.preferred else name)
    if wanted != name:
        return Verdict.ANOTHER_WANTED, wanted
    match state:
        case agents.Available():
            reserve = rules.queue(contact.queue).reserve
            if reserve is not None and not reserve.is_open(contact, rules.ageing_ms, now_ms):
                return Verdict.IN_RESERVE, str(reserve.priority)
            return Verdict.FREE, ""
        case agents.Paused(reason=reason):
            return Verdict.AWAY, reason
        case agents.Offline() | agents.NotResponding() | agents.BackOff():
            return Verdict.AWAY, ""
        case _:
            return Verdict.BUSY, state.contact


def _of_the_free(name: str, contact: Contact, ledger: Ledger) -> Verdict:
    """Whether one who is free is so for this contact too, where several nodes have agents."""
    if not ledger.reach.can_ring(contact.node, name):
        return Verdict.OUT_OF_REACH
    if ledger.pool.may_have(contact, name):
        return Verdict.FREE
    return Verdict.KEPT if ledger.pool.is_kept(name) else Verdict.LEFT


_NEAREST = (
    *(Verdict.HAS_IT, Verdict.FREE, Verdict.LEFT, Verdict.KEPT, Verdict.IN_RESERVE, Verdict.BUSY),
    *(Verdict.ANOTHER_WANTED, Verdict.OUT_OF_REACH, Verdict.AWAY, Verdict.LACKS_SKILL),
)


def _nearest(judgement: Judgement) -> tuple[int, str]:
    return _NEAREST.index(judgement.verdict), judgement.agent
