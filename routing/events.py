"""What routing tells its listeners (history, metrics, the desk), in order, as it happens.

Every event has `at_ms` (epoch, ms). A listener is a plain function that returns quickly.
"""

from collections.abc import Callable

from routing.agent import AgentState
from routing.contact import Contact, Outcome
from routing.decision import Decision
from routing.records import Step
from routing.ringing import AgentLeg, RingOutcome
from routing.supervisor import Order
from routing.values import value


@value(frozen=True, slots=True)
class ContactQueued:
    """A contact joined the line."""

    at_ms: int
    contact: Contact


@value(frozen=True, slots=True)
class ContactRelaxed:
    """A contact has waited long enough to ask for less; `contact` has its new skills."""

    at_ms: int
    contact: Contact


@value(frozen=True, slots=True)
class ContactAssigned:
    """A contact and an agent are meant for each other; the store has yet to confirm. `decision`
    says why; None where nobody will ask."""

    at_ms: int
    contact: Contact
    agent: str
    decision: Decision | None


@value(frozen=True, slots=True)
class RingStarted:
    """The agent's phone was told to ring."""

    at_ms: int
    contact: Contact
    agent: str


@value(frozen=True, slots=True)
class ContactReturned:
    """A promise came to nothing; the contact waits again, at the place it never lost."""

    at_ms: int
    contact: Contact
    agent: str


@value(frozen=True, slots=True)
class RingFailed:
    """The agent's phone rang for nothing, or could not be rung."""

    at_ms: int
    contact: Contact
    agent: str
    outcome: RingOutcome


@value(frozen=True, slots=True)
class WaitForetold:
    """A contact was answered of which, at `foretold_ms`, a further wait of `wait_ms` had been
    expected."""

    at_ms: int
    contact: Contact
    foretold_ms: int
    wait_ms: int


@value(frozen=True, slots=True)
class ContactAnswered:
    """The agent answered; caller and agent can be joined."""

    at_ms: int
    contact: Contact
    leg: AgentLeg


@value(frozen=True, slots=True)
class ContactEnded:
    """A contact is over; `trail` has every step. Told again after a restart until the
    contact is forgotten, so whoever stores it must take it twice."""

    at_ms: int
    contact: Contact
    outcome: Outcome
    trail: tuple[Step, ...]


@value(frozen=True, slots=True)
class AgentChanged:
    """An agent's state changed, by the doing of `node`."""

    at_ms: int
    agent: str
    before: AgentState
    after: AgentState
    node: str = ""


@value(frozen=True, slots=True)
class AgentOrdered:
    """A supervisor has told routing what is to be with an agent; what comes of it is told by
    `AgentChanged`, at once or after the contact in hand."""

    at_ms: int
    agent: str
    order: Order


@value(frozen=True, slots=True)
class PauseOver:
    """An agent has had as much of a pause as the site allows; `returned`: and is available."""

    at_ms: int
    agent: str
    reason: str
    returned: bool


@value(frozen=True, slots=True)
class ContactTaken:
    """Another node has taken the contact over, as this one seemed dead: it is out of mind here,
    and history is the other's to write."""

    at_ms: int
    contact: Contact


@value(frozen=True, slots=True)
class NodeChanged:
    """Another node `is_served` (it lives and takes its contacts' agents), or is not."""

    at_ms: int
    node: str
    is_served: bool
    why: str


@value(frozen=True, slots=True)
class StoreLost:
    """Redis does not answer: calls go on, new assignments wait."""

    at_ms: int


@value(frozen=True, slots=True)
class StoreBack:
    """Redis answers again and has everything."""

    at_ms: int


RoutingEvent = (
    ContactQueued
    | ContactRelaxed
    | ContactAssigned
    | RingStarted
    | ContactReturned
    | RingFailed
    | WaitForetold
    | ContactAnswered
    | ContactEnded
    | ContactTaken
    | AgentChanged
    | AgentOrdered
    | PauseOver
    | NodeChanged
    | StoreLost
    | StoreBack
)
Listener = Callable[[RoutingEvent], None]
