"""The engines that share one Redis, as one of them sees them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from desk.views import Json
from engine.console import Rows

if TYPE_CHECKING:  # the command line shows nodes too, without what makes a router
    from routing.router import Router

COLUMNS = ("node", "state", "since", "contacts", "took over")


def nodes_of(router: "Router") -> list[Json]:
    """Each node: whether it lives, for how long it has been silent, since when (epoch, ms) it has
    lived without a break, how many contacts it has, and whose it took over, the latest first."""
    return [
        {
            "name": node.name,
            "living": node.silent_ms < router.dead_ms,
            "silent_ms": node.silent_ms,
            "since_ms": node.since_ms,
            "contacts": node.contacts,
            "adopted": [
                {"node": name, "contacts": count, "at_ms": at_ms}
                for name, count, at_ms in node.adopted
            ],
        }
        for node in router.nodes
    ]


def told_in_short(nodes: Sequence[Json]) -> str:
    """For the health: who is missed; nothing where one engine runs alone."""
    dead = [node for node in nodes if not node["living"]]
    silent = [f"{node['name']} silent for {_seconds(node['silent_ms'])}" for node in dead]
    if len(nodes) < 2:
        return ""
    return ", ".join([f"{len(nodes) - len(silent)} live", *silent])


def rows_of(nodes: Sequence[Json], now_ms: int) -> Rows:
    """For a person; nothing where one engine runs alone and always has."""
    if len(nodes) < 2 and not any(node["adopted"] for node in nodes):
        return []
    return [
        (
            node["name"],
            "lives" if node["living"] else f"silent for {_seconds(node['silent_ms'])}",
            _seconds(now_ms - node["since_ms"]),
            node["contacts"],
            ", ".join(_adopted(each, now_ms) for each in node["adopted"]),
        )
        for node in nodes
    ]


def _adopted(each: Json, now_ms: int) -> str:
    return f"{each['contacts']} of {each['node']} {_seconds(now_ms - each['at_ms'])} ago"


def _seconds(ms: int) -> str:
    return f"{max(ms, 0) // 1000} s"
