"""What the nodes tell each other: every record that one writes, in the order of the writing.

The news are a stream in Redis, written by the same call that writes the records, and numbered
without a gap. They are written only while several nodes live.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from routing.contact import Contact, ContactState
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


class News(NamedTuple):
    """One of the news, by `node`; None: it cannot be read, which is harmless as records are."""

    number: int
    node: str
    what: ContactNews | AgentRecord | ReachNews | None


class Survey(NamedTuple):
    """What the other nodes had when the news had come to `number`: contacts, each by the node
    that has it, agents, and the agents whom each node's switch can ring."""

    number: int
    contacts: Sequence[tuple[str, ContactNews]]
    agents: Sequence[AgentRecord]
    reach: Mapping[str, Sequence[str]]


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
        case _:
            return News(number, node, ReachNews(id_, fields[b"kind"] == b"on"))


def read_contact_news(id_: str, fields: Mapping[bytes, bytes]) -> ContactNews:
    """A contact, from its record or from the news of it; RecordUnreadable as above."""
    state, _ = read_state(id_, fields)
    facts = fields.get(b"facts")
    contact = read_facts(id_, facts) if facts else None
    return ContactNews(id_, int(fields[b"v"]), state, contact)
