"""Live records: what is known about a contact or an agent, and its form in Redis.

In Redis a record is a hash: `v` version, `node` the last writer, `kind` the state's
name, `data` the state's fields as JSON, and for contacts `facts`, written once.
"""

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, cast

import msgspec

from config.requirement import ANYONE
from routing import agent as agents
from routing import contact as contacts
from routing.agent import AgentState, Then
from routing.contact import Contact, ContactState, Outcome, Preferred, Relaxation
from routing.errors import RecordUnreadable
from routing.pauses import NOTHING_SPENT, Spent
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
    row has nobody answered; `spent`: what the agent has had of pauses that have a limit by day.
    Of an agent with shifts, `shift` is the one in which the agent was seen last, empty outside of
    them, and `login_ms` when the agent logged in."""

    agent: str
    state: AgentState
    node: str = ""
    version: int = 0
    missed: int = 0
    spent: Spent = NOTHING_SPENT
    shift: str = ""
    login_ms: int = 0


class _Kind(NamedTuple):
    """How a state is read, and what of it is written."""

    make: Callable[..., Any]
    fields: Callable[[Any], tuple[Any, ...]]


def _kinds(*classes: type) -> dict[str, _Kind]:
    return {c.__name__: _Kind(c, _all_of(c)) for c in classes}


def _all_of(made: type) -> Callable[[Any], tuple[Any, ...]]:
    """The values of a dataclass's fields, in their order."""
    names = [field.name for field in dataclasses.fields(made)]
    return attrgetter(*names) if len(names) > 1 else lambda it: (getattr(it, names[0]),)


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
_dump = msgspec.json.Encoder().encode


def contact_data(state: ContactState, trail: tuple[Step, ...]) -> bytes:
    """The changing part of a contact's record."""
    return _dump((_CONTACT_STATES[type(state).__name__].fields(state), trail))


def contact_facts(contact: Contact) -> bytes:
    """The part of a contact's record that never changes."""
    return _dump(contact)


def agent_data(record: AgentRecord) -> bytes:
    """An agent's state; `then` becomes a list. What else there is to say follows it, by name."""
    values = _AGENT_STATES[type(record.state).__name__].fields(record.state)
    data = [_then(v) if isinstance(v, Then) else v for v in values]
    beside = record[_BESIDE_FROM:]
    if beside == _NOTHING_BESIDE:
        return _dump(data)
    said = zip(_BESIDE, beside, _NOTHING_BESIDE, strict=True)
    return _dump([*data, {name: value for name, value, usual in said if value != usual}])


_BESIDE_FROM = AgentRecord._fields.index("missed")
_BESIDE = AgentRecord._fields[_BESIDE_FROM:]
_NOTHING_BESIDE = tuple(AgentRecord._field_defaults[name] for name in _BESIDE)


def _then(then: Then) -> tuple[Any, ...]:
    own = (then.logout, then.unreachable, then.pause)
    return (*own, then.by, then.held) if then.by or then.held else own


def read_contact(key: str, fields: Mapping[bytes, bytes]) -> ContactRecord:
    """The record under `key`; RecordUnreadable if another version wrote it."""
    try:
        state, trail = read_state(key, fields)
        return ContactRecord(read_facts(key, fields[b"facts"]), state, trail, int(fields[b"v"]))
    except (KeyError, ValueError) as problem:
        raise RecordUnreadable(key, repr(problem)) from problem


def read_state(key: str, fields: Mapping[bytes, bytes]) -> tuple[ContactState, tuple[Step, ...]]:
    """A contact's state, and every one so far; RecordUnreadable as above."""
    try:
        values, steps = json.loads(fields[b"data"])
        state = _build(fields[b"kind"].decode(), values, _CONTACT_STATES)
        if isinstance(state, contacts.Ended):
            state = dataclasses.replace(state, outcome=Outcome(state.outcome))
        return cast(ContactState, state), tuple(Step(*step) for step in steps)
    except (KeyError, TypeError, ValueError) as problem:
        raise RecordUnreadable(key, repr(problem)) from problem


def read_facts(key: str, text: bytes) -> Contact:
    """The part of a contact's record that never changes; RecordUnreadable as above."""
    try:
        facts = json.loads(text)
        facts["skills"] = _skills(facts["skills"])
        facts["requires"] = from_json(facts.get("requires", ANYONE))
        facts["preferred"] = Preferred(*facts["preferred"]) if facts.get("preferred") else None
        facts["relax"] = relaxations(facts.get("relax", ()))
        return Contact(**facts)
    except (KeyError, TypeError, ValueError) as problem:
        raise RecordUnreadable(key, repr(problem)) from problem


def read_agent(key: str, agent: str, fields: Mapping[bytes, bytes]) -> AgentRecord:
    """The record under `key`; RecordUnreadable if another version wrote it."""
    try:
        data = json.loads(fields[b"data"])
        beside = data.pop() if isinstance(data[-1], dict) else {}
        values = [Then(*v) if isinstance(v, list) else v for v in data]
        state = _build(fields[b"kind"].decode(), values, _AGENT_STATES)
        node, version = fields[b"node"].decode(), int(fields[b"v"])
        return AgentRecord(agent, cast(AgentState, state), node, version, **_beside(beside))
    except (IndexError, KeyError, TypeError, ValueError) as problem:
        raise RecordUnreadable(key, repr(problem)) from problem


def _beside(said: dict[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in said.items() if name in _BESIDE}
    if "spent" in found:
        day_ms, by_reason = found["spent"]
        found["spent"] = Spent(day_ms, tuple((reason, ms) for reason, ms in by_reason))
    return found


def relaxations(steps: Iterable[Sequence[Any]]) -> tuple[Relaxation, ...]:
    """The steps of a relaxation whose tuples have become JSON's lists; those of an earlier version
    have no requirement."""
    return tuple(
        Relaxation(after_ms, _skills(asked), *map(from_json, more))
        for after_ms, asked, *more in steps
    )


def _build(kind: str, values: list[Any], kinds: Mapping[str, _Kind]) -> Any:
    return kinds[kind].make(*values)


def _skills(pairs: list[tuple[str, int]]) -> Skills:
    return tuple((skill, level) for skill, level in pairs)
