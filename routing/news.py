"""What the nodes tell each other: every record that one writes, in the order of the writing.

The news are a stream in Redis, written by the same call that writes the records, and numbered
without a gap. They are written only while several nodes live.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from routing.contact import Contact, ContactState
from routing.errors import RecordUnreadable
from routing.records import AgentRecord, read_agent, read_facts, read_state


class ContactNews(NamedTuple):
    """A contact is in `state` now. `contact` is None where it is as it was told before."""

    id: str
    version: int
    state: ContactState
    contact: Contact | None


class ReachNews(NamedTuple):
    """Whether a node's switch can ring this agent's phone; no agent: all it told before is void."""

    agent: str
    is_reached: bool


class KeptNews(NamedTuple):
    """Whether a node keeps this agent for somebody whom a campaign calls; no agent: as above."""

    agent: str
    is_kept: bool


Fact = Literal["reach", "kept"]
"""What a node tells of an agent: that its switch can ring the phone, that it keeps the agent."""


class News(NamedTuple):
    """One of the news, by `node`; None: it cannot be read, which is harmless as records are."""

    number: int
    node: str
    what: ContactNews | AgentRecord | ReachNews | KeptNews | None


class Survey(NamedTuple):
    """What the other nodes had when the news had come to `number`: contacts, each by the node
    that has it, agents, the agents whom each node's switch can ring, and those whom it keeps."""

    number: int
    contacts: Sequence[tuple[str, ContactNews]]
    agents: Sequence[AgentRecord]
    reach: Mapping[str, Sequence[str]]
    kept: Mapping[str, Sequence[str]]


def read_news(entry: Sequence[Any]) -> News:
    """An entry of the stream; RecordUnreadable if another version wrote it."""
    number = int(entry[0].split(b"-")[0])
    fields = dict(zip(entry[1][::2], entry[1][1::2], strict=True))
    node, id_ = fields[b"node"].decode(), fields[b"id"].decode()
    match fields[b"what"]:
        case b"contact":
            return News(number, node, read_contact_news(id_, fields))
        case b"agent":
            return News(number, node, read_agent(f"news {number}", id_, fields))
        case b"reach":
            return News(number, node, ReachNews(id_, fields[b"kind"] == b"on"))
        case b"kept":
            return News(number, node, KeptNews(id_, fields[b"kind"] == b"on"))
        case other:
            raise RecordUnreadable(f"news {number}", f"of {other.decode(errors='replace')}")


def read_contact_news(id_: str, fields: Mapping[bytes, bytes]) -> ContactNews:
    """A contact, from its record or from the news of it; RecordUnreadable as above."""
    state, _ = read_state(id_, fields)
    facts = fields.get(b"facts")
    contact = read_facts(id_, facts) if facts else None
    return ContactNews(id_, int(fields[b"v"]), state, contact)
