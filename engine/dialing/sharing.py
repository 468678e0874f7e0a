"""This node among those that dial: what it says to them, what it hears, and its part of trunks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from config.site import Site
from engine.dialing.glance import Glance
from engine.dialing.parts import Parts
from history.dialing import NodeRow
from routing.outbound.sharing import Claims, Peers, Said
from routing.outbound.trunks import ALL, Key, Limit

UNANSWERED_MS = 180_000
"""So long a call may be up to whom nobody has talked: it rings for two minutes at most, and then
the message is said."""
TALKS_MS = 3_600_000
"""So long a conversation is reckoned with whose engine is gone, and that nobody can ask about."""
_NOTHING: Mapping[str, Any] = {"agents": {}, "lines": {}, "calls_per_minute": 0}


class Sharing:
    """Of all campaigns of an engine. Until the other nodes know of it no call is begun."""

    def __init__(self, parts: Parts) -> None:
        self.seen: Mapping[str, Mapping[str, Glance]] = {}
        """What the other nodes have said of their campaigns, by node and campaign."""

        self._parts, self._peers = parts, Peers(parts.node)
        self._left: Mapping[Key, int] = {}

    @property
    def nodes(self) -> Sequence[str]:
        """With whom this node shares, itself among them."""
        return self._peers.nodes

    async def keep_up(self, site: Site, glances: Callable[[], Mapping[str, Glance]]) -> bool:
        """Say that it dials, and how it goes, and hear who else does, if it is time; whether it
        was. Raises DatabaseAway."""
        parts, peers = self._parts, self._peers
        if not peers.is_due(parts.steady()):
            return False
        if peers.is_new:
            await self._hear()
        sent_ms = parts.steady()
        claims = parts.trunks.claims(peers.parts(self._limits(site)), sent_ms)
        await parts.kept.dials(parts.clock(), _written(peers.knows, claims, glances()))
        peers.told(claims, sent_ms)
        await self._hear()
        self.part(site)
        return True

    def part(self, site: Site) -> None:
        """What this node may use of the site's trunks, from now on."""
        granted = self._peers.granted(self._limits(site))
        trunks = {name: granted[ALL, name] for name in site.trunks}
        shares = {
            name: {trunk: granted[name, trunk] for trunk in campaign.trunks}
            for name, campaign in site.campaigns.items()
        }
        now_ms = self._parts.steady()
        until_ms, less = self._peers.until_ms, self._peers.why_less()
        self._parts.trunks.set_limits(trunks, shares, now_ms, until_ms, less)

    async def leave(self, site: Site) -> None:
        """It does not dial any more, nor does anybody else. Raises DatabaseAway."""
        self.seen = {}
        if not self._peers.is_new:
            self._peers.left()
            self.part(site)
            await self._parts.kept.forget_node(self._parts.node)

    async def _hear(self) -> None:
        rows = await self._parts.kept.nodes()
        self._peers.hear([_said(row) for row in rows], self._parts.steady())
        gone = self._peers.gone()
        away = {self._parts.node, *(said.node for said in gone)}
        self.seen = {row.node: _seen(row) for row in rows if row.node not in away}
        for said in gone:
            await self._parts.kept.forget_node(said.node, said.beat)
        now_ms = self._parts.clock()
        lately = now_ms - UNANSWERED_MS, now_ms - TALKS_MS
        self._left = _of_trunks(await self._parts.kept.lines_left(self._peers.nodes, *lately))

    def _limits(self, site: Site) -> dict[Key, Limit]:
        """What there is for the nodes that dial: calls of those who are gone have lines too."""
        return {key: each.without(self._left.get(key, 0)) for key, each in limits_of(site).items()}


def _of_trunks(lines: Mapping[Key, int]) -> Mapping[Key, int]:
    """Of each campaign's share, and of the trunk itself."""
    found = Counter(lines)
    for (_, trunk), count in lines.items():
        found[ALL, trunk] += count
    return found


def limits_of(site: Site) -> dict[Key, Limit]:
    """Of trunks, and of campaigns' shares of them, for all nodes together."""
    own = {
        (ALL, name): Limit(trunk.lines, trunk.calls_per_second)
        for name, trunk in site.trunks.items()
    }
    of_campaigns = {
        (name, trunk): Limit(share.lines, share.calls_per_second)
        for name, campaign in site.campaigns.items()
        for trunk, share in campaign.trunks.items()
    }
    return {**own, **of_campaigns}


def _written(
    knows: frozenset[str], claims: Claims, glances: Mapping[str, Glance]
) -> dict[str, Any]:
    told = [[*key, claim.lines, claim.calls_per_s] for key, claim in claims.items()]
    seen = {name: asdict(glance) for name, glance in glances.items()}
    return {"knows": sorted(knows), "claims": told, "campaigns": seen}


def _seen(row: NodeRow) -> dict[str, Glance]:
    told: Mapping[str, Any] = (row.said or {}).get("campaigns", {})
    return {name: Glance(**{**_NOTHING, **_known(glance)}) for name, glance in told.items()}


def _known(glance: Mapping[str, Any]) -> dict[str, Any]:
    """An engine of another version may say more, or less."""
    return {name: value for name, value in glance.items() if name in _NOTHING}


def _said(row: NodeRow) -> Said:
    told: Mapping[str, Any] = row.said or {}
    claims = {(each[0], each[1]): Limit(each[2], each[3]) for each in told.get("claims", ())}
    return Said(row.node, row.seen_ms, frozenset(told.get("knows", ())), claims)
