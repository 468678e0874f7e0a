"""Agents, as the API tells them, in words for a person."""

from typing import Any

from engine.console import counted
from engine.reporting.lengths import length
from routing.shifts import BY_SHIFT

Told = dict[str, Any]


def state_of(agent: Told) -> str:
    """The state, and what comes after the contact in hand; how many calls in the air somebody waits
    for who wants to leave."""
    state = str(agent["state"]).replace("_", " ")
    if agent.get("waits_for") is not None:
        return f"{state}, {counted(agent['waits_for'], 'call')} in the air"
    return f"{state}, then {agent['then']}" if agent["then"] else state


def left(until_ms: int | None, now_ms: int) -> str:
    """How much is left of a wrap-up or a pause, or by how much it is over."""
    if until_ms is None:
        return ""
    ms = until_ms - now_ms
    return length(ms) if ms > 0 else f"over by {length(-ms)}"


def shift_of(agent: Told) -> str:
    """The shift that is on and how the agent keeps to it."""
    if agent["adherence"] is None:
        return ""
    how = agent["adherence"]
    if how in ("present", "off"):
        return str(agent["shift"])
    return f"{agent['shift']} {how} {length(agent['adherence_ms'])}".strip()


def doer(by: str) -> str:
    """Who it was, for a person."""
    return f"shift {by.removeprefix(BY_SHIFT)}" if by.startswith(BY_SHIFT) else by
