"""Live records: what is known about a contact or an agent, and its form in Redis.

In Redis a record is a hash: `v` version, `node` the last writer, `kind` the state's
name, `data` the state's fields as JSON, and for contacts `facts`, written once.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from config.requirement import ANYONE
from routing import agent as agents
from routing import contact as contacts
from routing.agent import AgentState, Then
from routing.contact import Contact, ContactState, Outcome, Preferred, Relaxation
from routing.errors import RecordUnreadable
from routing.requirement import from_json
from routing.skills import Skills


class Step(NamedTuple):
    """One step on a contact's way: the state's name, when it began, with which agent."""

    kind: str
    at_ms: int
    agent: str | None = None


class ContactRecord(NamedTuple):
    """A contact as Redis has it. `trail`: every state so far, for history."""

    contact: Contact
    state: ContactState
    trail: tuple[Step, ...]
    version: int = 0


class AgentRecord(NamedTuple):
    """An agent as Redis has it; skills are the site's and not stored. `missed`: so many rings in a
    row has nobody answered."""

    agent: str
    state: AgentState
    node: str = ""
    version: int = 0
    missed: int = 0


def _kinds(*classes: type) -> dict[str, tuple[type, tuple[str, ...]]]:
    return {c.__name__: (c, tuple(f.name for f in dataclasses.fields(c))) for c in classes}


_CONTACT_STATES = _kinds(
    contacts.Waiting, contacts.Reserved, contacts.Ringing, contacts.Talking, contacts.Ended
)
_AGENT_STATES = _kinds(
    agents.Offline,
    agents.Available,
    agents.Reserved,
    agents.Ringing,
    agents.Talking,
    agents.WrapUp,
    agents.Paused,
    agents.NotResponding,
    agents.BackOff,
)
_MISSED = "missed"
_dump = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def contact_data(state: ContactState, trail: tuple[Step, ...]) -> str:
    """The changing part of a contact's record."""
    steps = [[step.kind, step.at_ms, step.agent] for step in trail]
    return _dump([_fields(state, _CONTACT_STATES), steps])


def contact_facts(contact: Contact) -> str:
    """The part of a contact's record that never changes."""
    return _dump({f: getattr(contact, f) for f in _FACTS})


def agent_data(record: AgentRecord) -> str:
    """An agent's state; `then` becomes a list. The rings missed follow it, if there are any."""
    values = _fields(record.state, _AGENT_STATES)
    data = [[v.logout, v.unreachable, v.pause] if isinstance(v, Then) else v for v in values]
    return _dump([*data, {_MISSED: record.missed}] if record.missed else data)


def read_contact(key: str, fields: Mapping[bytes, bytes]) -> ContactRecord:
    """The record under `key`; RecordUnreadable if another version wrote it."""
    try:
        values, steps = json.loads(fields[b"data"])
        state = _build(fields[b"kind"].decode(), values, _CONTACT_STATES)
        if isinstance(state, contacts.Ended):
            state = dataclasses.replace(state, outcome=Outcome(state.outcome))
        facts = json.loads(fields[b"facts"])
        facts["skills"] = _skills(facts["skills"])
        facts["requires"] = from_json(facts.get("requires", ANYONE))
        facts["preferred"] = Preferred(*facts["preferred"]) if facts.get("preferred") else None
        facts["relax"] = relaxations(facts.get("relax", ()))
        trail = tuple(Step(*step) for step in steps)
        return ContactRecord(Contact(**facts), cast(ContactState, state), trail, int(fields[b"v"]))
    except (KeyError, TypeError, ValueError) as problem:
        raise RecordUnreadable(key, repr(problem)) from problem


def read_agent(key: str, agent: str, fields: Mapping[bytes, bytes]) -> AgentRecord:
    """The record under `key`; RecordUnreadable if another version wrote it."""
    try:
        data = json.loads(fields[b"data"])
        missed = int(data.pop()[_MISSED]) if isinstance(data[-1], dict) else 0
        values = [Then(*v) if isinstance(v, list) else v for v in data]
        state = _build(fields[b"kind"].decode(), values, _AGENT_STATES)
        node, version = fields[b"node"].decode(), int(fields[b"v"])
        return AgentRecord(agent, cast(AgentState, state), node, version, missed)
    except (IndexError, KeyError, TypeError, ValueError) as problem:
        raise RecordUnreadable(key, repr(problem)) from problem


def relaxations(steps: Iterable[Sequence[Any]]) -> tuple[Relaxation, ...]:
    """The steps of a relaxation whose tuples have become JSON's lists; those of an earlier version
    have no requirement."""
    return tuple(
        Relaxation(after_ms, _skills(asked), *map(from_json, more))
        for after_ms, asked, *more in steps
    )


_FACTS = tuple(f.name for f in dataclasses.fields(Contact))


def _fields(state: object, kinds: Mapping[str, tuple[type, tuple[str, ...]]]) -> list[Any]:
    _, names = kinds[type(state).__name__]
    return [getattr(state, name) for name in names]


def _build(kind: str, values: list[Any], kinds: Mapping[str, tuple[type, Any]]) -> Any:
    state, _ = kinds[kind]
    return state(*values)


def _skills(pairs: list[tuple[str, int]]) -> Skills:
    return tuple((skill, level) for skill, level in pairs)
