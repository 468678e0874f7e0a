"""Live state in Redis: every event costs one round trip.

Keys, all under `trk:{site}:` (the braces are real, and keep a site in one slot of a
cluster): `contact:ID` and `agent:ID` hashes, `leases` zset, `agents` and `nodes` sets,
`node:NODE` the heartbeat, `node:NODE:contacts` set. A record that cannot be read moves to
`unreadable:` and its key, for a person: one of another version must not end the engine.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any, Literal, NamedTuple, TypeVar

import structlog

from routing.client import RedisLink, Script, Word
from routing.contact import Waiting
from routing.errors import RecordUnreadable
from routing.records import (
    AgentRecord,
    ContactRecord,
    agent_data,
    contact_data,
    contact_facts,
    read_agent,
    read_contact,
)

_log = structlog.get_logger(__name__)

_Record = TypeVar("_Record")

HEARTBEAT_MS = 5_000
"""A node that has not beaten for so long is dead."""


class Group(NamedTuple):
    """Records that are written together or not at all."""

    contact: ContactRecord | None = None
    agent: AgentRecord | None = None


class Written(NamedTuple):
    """The group is in Redis, under these versions (0 for a record it did not have)."""

    contact_version: int
    agent_version: int


class Refused(NamedTuple):
    """Another writer was first. `contact_version` and `agent` are as in Redis now."""

    contact_version: int
    agent: AgentRecord | None


_Fields = Mapping[bytes, bytes]


class Store:
    """This node's hand on the live state of `site`. Every method raises StoreAway."""

    def __init__(self, link: RedisLink, site: str, node: str, *, lease_ms: int = 10_000) -> None:
        self._link = link
        self._node = node
        self._lease_ms = lease_ms
        self._prefix = f"trk:{{{site}}}:"
        self._commit, self._beat, self._forget, self._adopt = (
            Script((files("routing") / "lua" / f"{name}.lua").read_text())
            for name in ("commit", "beat", "forget", "adopt")
        )

    @property
    def node(self) -> str:
        """The node that this store writes as."""
        return self._node

    @property
    def lease_ms(self) -> int:
        """How long a promise stands without a heartbeat."""
        return self._lease_ms

    async def reserve(self, contact: ContactRecord, agent: AgentRecord) -> Written | Refused:
        """Promises the two to each other: both records are as expected, or nothing is done."""
        (result,) = await self.commit([Group(contact, agent)])
        return result

    async def commit(self, groups: Sequence[Group]) -> list[Written | Refused]:
        """Writes each group wholly or not at all, all in one call."""
        keys = [self._key("leases"), self._key("node", self._node, "contacts"), self._key("agents")]
        args: list[Word] = [self._node, self._lease_ms]
        for number, group in enumerate(groups):
            if group.contact is not None:
                keys.append(self._key("contact", group.contact.contact.id))
                args += _contact_args(number, group.contact)
            if group.agent is not None:
                keys.append(self._key("agent", group.agent.agent))
                args += _agent_args(number, group.agent)
        replies = iter(await self._link.script(self._commit, keys, args))
        return [await self._result(group, replies) for group in groups]

    async def beat(self, held: Collection[str]) -> list[str]:
        """This node lives and still holds these contacts; returns whose leases ran out."""
        keys = [self._key("leases"), self._key("node", self._node), self._key("nodes")]
        args: list[str | int] = [self._node, HEARTBEAT_MS, self._lease_ms, *held]
        return [name.decode() for name in await self._link.script(self._beat, keys, args)]

    async def forget(self, contacts: Sequence[str]) -> int:
        """Drops the records of ended contacts that are in history; returns how many."""
        keys = [self._key("leases"), self._key("node", self._node, "contacts")]
        keys += [self._key("contact", contact) for contact in contacts]
        return int(await self._link.script(self._forget, keys, contacts))

    async def adopt(self, node: str) -> int | None:
        """Takes over the records of a dead node; None while it beats, else how many."""
        keys = [
            self._key("node", node),
            self._key("node", node, "contacts"),
            self._key("node", self._node, "contacts"),
            self._key("nodes"),
            self._key("agents"),
        ]
        args = [node, self._node, self._key("contact", ""), self._key("agent", "")]
        moved = int(await self._link.script(self._adopt, keys, args))
        return None if moved < 0 else moved

    async def nodes(self) -> list[str]:
        """Every node that was ever here and is not adopted yet."""
        return sorted(await self._members("nodes"))

    async def contacts(self) -> list[ContactRecord]:
        """The contacts that this node holds."""
        return await self.load_contacts(await self._members("node", self._node, "contacts"))

    async def load_contacts(self, ids: Iterable[str]) -> list[ContactRecord]:
        """These contacts, whichever node holds them; those that are gone are left out."""
        keys = [self._key("contact", contact) for contact in ids]
        loaded = await self._hashes(keys)
        read = [await self._readable(key, fields, read_contact) for key, fields in loaded]
        return [record for record in read if record]

    async def agents(self) -> list[AgentRecord]:
        """Every agent of the site that ever had a state."""
        return await self.load_agents(await self._members("agents"))

    async def load_agents(self, ids: Iterable[str]) -> list[AgentRecord]:
        """These agents; those without a record are left out."""
        start = self._key("agent", "")
        loaded = await self._hashes([start + agent for agent in ids])
        read = [await self._readable(key, fields, self._read_agent) for key, fields in loaded]
        return [record for record in read if record]

    def _key(self, *parts: str) -> str:
        return self._prefix + ":".join(parts)

    def _read_agent(self, key: str, fields: _Fields) -> AgentRecord:
        return read_agent(key, key.removeprefix(self._key("agent", "")), fields)

    async def _readable(
        self, key: str, fields: _Fields, read: Callable[[str, _Fields], _Record]
    ) -> _Record | None:
        try:
            return read(key, fields)
        except RecordUnreadable as problem:
            _log.error("record_set_aside", key=key, reason=problem.reason)
            await self._set_aside(key)
            return None

    async def _set_aside(self, key: str) -> None:
        name = key.removeprefix(self._prefix)
        kind, id_ = name.split(":", 1)
        members = (
            self._key("agents") if kind == "agent" else self._key("node", self._node, "contacts")
        )
        await self._link.commands(
            [
                ("RENAME", key, self._key("unreadable", name)),
                ("SREM", members, id_),
                ("ZREM", self._key("leases"), id_),
            ]
        )

    async def _result(self, group: Group, replies: Any) -> Written | Refused:
        contact: Any = next(replies) if group.contact is not None else 0
        agent: Any = next(replies) if group.agent is not None else 0
        if isinstance(contact, int) and isinstance(agent, int):
            return Written(contact, agent)
        version = 0 if isinstance(contact, int) else int(contact[0] or 0)
        if group.agent is None or agent[0] is None:
            return Refused(version, None)
        key = self._key("agent", group.agent.agent)
        fields = dict(zip((b"v", b"node", b"kind", b"data"), agent, strict=True))
        return Refused(version, await self._readable(key, fields, self._read_agent))

    async def _members(self, *parts: str) -> list[str]:
        return [name.decode() for name in await self._link.command("SMEMBERS", self._key(*parts))]

    async def _hashes(self, keys: list[str]) -> list[tuple[str, dict[bytes, bytes]]]:
        if not keys:
            return []
        replies = await self._link.commands([("HGETALL", key) for key in keys])
        found = zip(keys, replies, strict=True)
        return [(k, dict(zip(r[::2], r[1::2], strict=True))) for k, r in found if r]


_Kind = Literal["contact", "agent"]


def _contact_args(group: int, record: ContactRecord) -> tuple[Word, ...]:
    kind: _Kind = "contact"
    contact, state = record.contact, record.state
    # A contact that joins a line again may ask for other skills in another queue.
    begins = record.version == 0 or isinstance(state, Waiting)
    facts = contact_facts(contact) if begins else ""
    data = contact_data(state, record.trail)
    return group, kind, contact.id, record.version, type(state).__name__, data, facts


def _agent_args(group: int, record: AgentRecord) -> tuple[Word, ...]:
    kind: _Kind = "agent"
    state = type(record.state).__name__
    return group, kind, record.agent, record.version, state, agent_data(record), ""
