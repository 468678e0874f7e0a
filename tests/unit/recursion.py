"""The waits of one pool without a simulation of it."""

import heapq
from collections.abc import Iterable

from routing.simulation.scenario import Call


def waits(calls: Iterable[Call], servers: int) -> list[int]:
    """How long each waits, in ms, who is served in order of arrival by whoever is free first, or
    gives up before (Kiefer, Wolfowitz, "On the theory of queues with many servers", 1955)."""
    free = [0] * servers
    found = []
    for call in calls:
        wait = max(0, free[0] - call.at_ms)
        if call.patience_ms is not None and call.patience_ms < wait:
            found.append(call.patience_ms)
            continue
        heapq.heapreplace(free, call.at_ms + wait + call.service_ms)
        found.append(wait)
    return found
