"""Live state in Redis: every event costs one round trip.

Keys, all under `trk:{site}:` (the braces are real, and keep a site in one slot of a
cluster): `contact:ID` and `agent:ID` hashes, `leases` zset, `agents` set, `beats` zset,
`node:NODE:contacts`, `node:NODE:reach` and `node:NODE:kept` sets, `node:NODE:about` hash,
`news` stream and `news:number`. A record that cannot be read moves to `unreadable:` and its key,
for a person: one of another version must not end the engine.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any, Literal, NamedTuple, TypeVar

import structlog

from routing.client import RedisLink, Script, Word
from routing.contact import Waiting
from routing.errors import RecordUnreadable
from routing.news import ContactNews, Fact, News, Survey, read_contact_news, read_news
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

DEAD_MS = 5_000
"""A node that has not beaten for so long is dead."""
LEASE_MS = 5_000
"""How long a promise stands without a heartbeat."""
_AT_ONCE = 500
"""So many news are taken in one reply."""


class Group(NamedTuple):
    """Records that are written together or not at all."""

    contact: ContactRecord | None = None
    agent: AgentRecord | None = None


class Written(NamedTuple):
    """The group is in Redis, under these versions (0 for a record it did not have)."""

    contact_version: int
    agent_version: int


class Refused(NamedTuple):
    """Another writer was first. `contact_version` and `agent` are as in Redis now.

    `owner`: the other node that has the contact by now. `is_behind`: nothing is in the way but
    news that this node has not heard; a contact before this one may be in line elsewhere.
    """

    contact_version: int
    agent: AgentRecord | None
    owner: str | None = None
    is_behind: bool = False


class Node(NamedTuple):
    """What is known of a node: how long it has been silent, since when (epoch, ms) it has lived
    without a break, how many contacts it has, and whose it took over, the latest first: name,
    how many, when."""

    name: str
    silent_ms: int
    since_ms: int
    contacts: int
    adopted: tuple[tuple[str, int, int], ...] = ()


class Pulse(NamedTuple):
    """The reply to a heartbeat: Redis's time (epoch, ms), how long ago the last beat was (None:
    there was none), contacts whose promises ran out, and every node."""

    now_ms: int
    gap_ms: int | None
    expired: Sequence[str]
    nodes: Sequence[Node]


_Fields = Mapping[bytes, bytes]


class Store:
    """This node's hand on the live state of `site`. Every method raises StoreAway."""

    def __init__(
        self,
        link: RedisLink,
        site: str,
        node: str,
        *,
        lease_ms: int = LEASE_MS,
        dead_ms: int = DEAD_MS,
    ) -> None:
        self._link = link
        self._waiting: RedisLink | None = None
        self._node = node
        self._lease_ms = lease_ms
        self._dead_ms = dead_ms
        self._prefix = f"trk:{{{site}}}:"
        self._commit, self._beat, self._forget, self._adopt, self._agents = (
            Script((files("routing") / "lua" / f"{name}.lua").read_text())
            for name in ("commit", "beat", "forget", "adopt", "agents")
        )
        self._commit_keys = [
            self._key(*parts)
            for parts in (
                *(("leases",), ("node", node, "contacts"), ("agents",)),
                *(("beats",), ("news",), ("news", "number")),
            )
        ]

    @property
    def node(self) -> str:
        """The node that this store writes as."""
        return self._node

    @property
    def lease_ms(self) -> int:
        """How long a promise stands without a heartbeat."""
        return self._lease_ms

    @property
    def dead_ms(self) -> int:
        """How long a node may be silent and count as living."""
        return self._dead_ms

    async def close(self) -> None:
        """The end of `news`; the link that was given stays open."""
        if self._waiting is not None:
            await self._waiting.close()

    async def reserve(self, contact: ContactRecord, agent: AgentRecord) -> Written | Refused:
        """Promises the two to each other: both records are as expected, or nothing is done."""
        (result,) = await self.commit([Group(contact, agent)])
        return result

    async def commit(
        self, groups: Sequence[Group], *, seen: int | None = None, ageing_ms: int | None = None
    ) -> list[Written | Refused]:
        """Writes each group wholly or not at all, all in one call.

        `seen` is the number of the news by which the reservations were decided, None where no
        other node is known. Where one lives, no contact is reserved before one that stands ahead
        of it, by the order that `ageing_ms` gives, and is only told of in later news.
        """
        keys = self._commit_keys.copy()
        args: list[Word] = [
            *(self._node, self._lease_ms, "" if seen is None else seen),
            *("" if ageing_ms is None else ageing_ms, self._prefix),
        ]
        for number, group in enumerate(groups):
            if group.contact is not None:
                keys.append(self._key("contact", group.contact.contact.id))
                args += _contact_args(number, group.contact)
            if group.agent is not None:
                keys.append(self._key("agent", group.agent.agent))
                args += _agent_args(number, group.agent)
        replies = iter(await self._link.script(self._commit, keys, args))
        return [await self._result(group, replies) for group in groups]

    async def beat(self, held: Collection[str], contacts: int = 0) -> Pulse:
        """This node lives, has so many contacts, and still holds the promises to these."""
        about = self._key("node", self._node, "about")
        keys = [self._key("leases"), self._key("beats"), about]
        args: list[str | int] = [self._node, self._dead_ms, self._lease_ms, contacts]
        reply = await self._link.script(self._beat, keys, [*args, self._prefix, *held])
        now_ms, gap_ms, expired, nodes = reply
        return Pulse(
            now_ms,
            None if gap_ms < 0 else gap_ms,
            [name.decode() for name in expired],
            [_node(each) for each in nodes],
        )

    async def forget(self, contacts: Sequence[str]) -> int:
        """Drops the records of this node's ended contacts that are in history; returns how many."""
        keys = [self._key("leases"), self._key("node", self._node, "contacts")]
        keys += [self._key("contact", contact) for contact in contacts]
        return int(await self._link.script(self._forget, keys, contacts))

    async def differing(self, fact: str, told: str) -> list[str]:
        """Tell the other nodes a fact that ought to be the same on all; the living ones that have
        told it otherwise, by name."""
        await self._link.command("HSET", self._key("node", self._node, "about"), fact, told)
        seconds, micros = await self._link.command("TIME")
        since_ms = int(seconds) * 1000 + int(micros) // 1000 - self._dead_ms
        living = await self._link.command("ZRANGEBYSCORE", self._key("beats"), since_ms, "+inf")
        others = sorted(name.decode() for name in living if name.decode() != self._node)
        abouts = [self._key("node", name, "about") for name in others]
        heard = await self._link.commands([("HGET", about, fact) for about in abouts])
        same = None, told.encode()
        return [name for name, theirs in zip(others, heard, strict=True) if theirs not in same]

    async def adopt(self, node: str, silent_ms: int, *, talking: bool = False) -> list[str] | None:
        """Takes over the contacts of a node that has been silent for so long, those in conversation
        only if told so; None while it has not."""
        keys = [
            self._key("beats"),
            self._key("node", node, "contacts"),
            self._key("node", self._node, "contacts"),
            self._key("node", self._node, "about"),
        ]
        which = "all" if talking else ""
        args: list[str | int] = [node, self._node, silent_ms, self._prefix, which]
        taken = await self._link.script(self._adopt, keys, args)
        return None if taken is None else [contact.decode() for contact in taken]

    async def tell(self, fact: Fact, of: Mapping[str, bool], *, anew: bool = False) -> None:
        """So it is of these agents, or is not, at this node; `anew`: and of no others."""
        keys = [
            self._key(*parts)
            for parts in (("node", self._node, fact), ("beats",), ("news",), ("news", "number"))
        ]
        pairs = [word for agent, on in of.items() for word in (agent, "on" if on else "off")]
        words = [self._node, fact, "anew" if anew else "", *pairs]
        await self._link.script(self._agents, keys, words)

    async def news(self, after: int, *, wait_ms: int = 0) -> list[News]:
        """What was told after that number; nothing for so long: an empty list."""
        words: list[str | int] = ["XREAD", "COUNT", _AT_ONCE]
        link = self._link
        if wait_ms:
            words += ["BLOCK", wait_ms]
            if self._waiting is None:
                self._waiting = link.another(answer_timeout_s=wait_ms / 1000 + 1)
            link = self._waiting
        reply = await link.command(*words, "STREAMS", self._key("news"), f"{after}-0")
        return [_read_news(entry) for entry in reply[0][1]] if reply else []

    async def survey(self) -> Survey:
        """Everything that the other nodes have."""
        number = int(await self._link.command("GET", self._key("news", "number")) or 0)
        nodes = [n.decode() for n in await self._link.command("ZRANGE", self._key("beats"), 0, -1)]
        contacts: list[tuple[str, ContactNews]] = []
        reach: dict[str, list[str]] = {}
        kept: dict[str, list[str]] = {}
        for node in nodes:
            if node != self._node:
                contacts += [(node, news) for news in await self._contacts_of(node)]
                reach[node] = await self._members("node", node, "reach")
                kept[node] = await self._members("node", node, "kept")
        return Survey(number, contacts, await self.agents(), reach, kept)

    async def _contacts_of(self, node: str) -> list[ContactNews]:
        start = self._key("contact", "")
        names = await self._members("node", node, "contacts")
        loaded = await self._hashes([start + name for name in names])
        ours = [(key, fields) for key, fields in loaded if fields.get(b"node") == node.encode()]
        found = []
        for key, fields in ours:
            # One that cannot be read is its own node's to set aside.
            with contextlib.suppress(RecordUnreadable):
                found.append(read_contact_news(key.removeprefix(start), fields))
        return found

    async def contacts(self) -> list[ContactRecord]:
        """The contacts that this node has."""
        start = self._key("contact", "")
        names = await self._members("node", self._node, "contacts")
        loaded = await self._hashes([start + name for name in names])
        ours = [(key, has) for key, has in loaded if has.get(b"node") == self._node.encode()]
        read = [await self._readable(key, fields, read_contact) for key, fields in ours]
        return [record for record in read if record]

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
        version, owner, is_behind = 0, None, False
        if not isinstance(contact, int):
            version, is_behind = int(contact[0] or 0), contact[-1] == b"behind"
            is_theirs = contact[1] not in (None, self._node.encode()) and contact[2] != b"Ended"
            owner = contact[1].decode() if is_theirs else None
        if group.agent is None or agent[0] is None:
            return Refused(version, None, owner, is_behind)
        key = self._key("agent", group.agent.agent)
        fields = dict(zip((b"v", b"node", b"kind", b"data"), agent[:4], strict=True))
        theirs = await self._readable(key, fields, self._read_agent)
        return Refused(version, theirs, owner, is_behind)

    async def _members(self, *parts: str) -> list[str]:
        return [name.decode() for name in await self._link.command("SMEMBERS", self._key(*parts))]

    async def _hashes(self, keys: list[str]) -> list[tuple[str, dict[bytes, bytes]]]:
        if not keys:
            return []
        replies = await self._link.commands([("HGETALL", key) for key in keys])
        found = zip(keys, replies, strict=True)
        return [(k, dict(zip(r[::2], r[1::2], strict=True))) for k, r in found if r]


def _node(told: Sequence[Any]) -> Node:
    name, silent_ms, since_ms, contacts, adopted = told
    lines = (line.split() for line in adopted.decode().split(",") if line.count(" ") == 2)
    taken = tuple((node, int(count), int(at_ms)) for node, count, at_ms in lines)
    return Node(name.decode(), silent_ms, int(since_ms), int(contacts), taken)


def _read_news(entry: Sequence[Any]) -> News:
    try:
        return read_news(entry)
    except RecordUnreadable as problem:
        _log.warning("news_unreadable", reason=problem.reason)
        return News(int(entry[0].split(b"-")[0]), "", None)


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
