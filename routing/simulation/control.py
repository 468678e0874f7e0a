"""What chance did in a replication, and what it does on average: control variates.

Where a sum is known to come to so much on average, how far a replication is off tells how far its
figures are off (Lavenberg, Welch, "A perspective on the use of control variables to increase the
efficiency of Monte Carlo simulations", 1981). Known is how much work callers bring; and, where
nothing changes with time, what becomes of the very same calls in another center, of which theory
knows the figures: callers of several queues with all agents in one pool, those of one queue with
one agent more.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from routing.simulation.distributions import HOUR_MS, Exponential
from routing.simulation.formulas import FinitePool
from routing.simulation.scenario import AT_ONCE, Call, Length, Scenario

LOAD = "all.load_s"
BLOCKED = "pooled.blocked"
WAITED = "pooled.waited"
WAIT_S = "pooled.wait_s"

_ENDLESS = 5_000
"""So many places are never all taken."""

_SETTLED = 5
"""After so many relaxation times a center has forgotten that it was empty at first."""


def known(scenario: Scenario) -> dict[str, float]:
    """The sums of one replication whose mean is known, with that mean."""
    found = {LOAD: scenario.expected_load_s()}
    pool = pool_of(scenario)
    if pool is not None:
        calls = pool.arrival_rate * scenario.length.duration_ms
        admitted = calls * (1 - pool.blocked)
        found[WAIT_S] = admitted * pool.mean_wait / 1000
        found[WAITED] = admitted * pool.waits
        if scenario.places is not None:
            found[BLOCKED] = calls * pool.blocked
    return found


def pool_of(scenario: Scenario) -> FinitePool | None:
    """The other center, in ms; None where theory does not know enough of any."""
    queues = [*scenario.queues.values()]
    if not _is_simple(scenario):
        return None
    pool = FinitePool(
        servers=sum(group.count for group in scenario.groups) + (len(queues) == 1),
        places=_ENDLESS if scenario.places is None else scenario.places,
        arrival_rate=sum(queue.arrivals.per_hour[0] for queue in queues) / HOUR_MS,
        mean_service=queues[0].service.mean_ms,
    )
    is_settled = (
        pool.load < pool.servers and _SETTLED * pool.relaxation <= scenario.length.warm_up_ms
    )
    return pool if is_settled else None


def _is_simple(scenario: Scenario) -> bool:
    """Nothing changes with time, conversations are exponential and alike, and nobody gives up."""
    services = {queue.service for queue in scenario.queues.values()}
    return (
        len(services) == 1
        and all(
            isinstance(queue.service, Exponential)
            and queue.patience is None
            and not queue.rules.wrap_up_ms
            and queue.arrivals.is_steady
            for queue in scenario.queues.values()
        )
        and all(
            group.ring == AT_ONCE and not (group.misses or group.from_ms or group.until_ms)
            for group in scenario.groups
        )
    )


class Pooled:
    """One pool, given calls in the order of their times: each goes to whoever is free first, and is
    turned away where every place to wait is taken (Kiefer, Wolfowitz, "On the theory of queues with
    many servers", 1955, with a bounded line)."""

    def __init__(self, pool: FinitePool, length: Length) -> None:
        self._free_ms = [0] * pool.servers
        self._places = pool.places
        self._length = length
        self._begins_ms: deque[int] = deque()
        self._blocked = self._waited = self._wait_ms = 0

    def watched(self, calls: Iterable[Call]) -> Iterator[Call]:
        """The same calls, each noted as it passes."""
        for call in calls:
            self._take(call)
            yield call

    def _take(self, call: Call) -> None:
        begins_ms, at_ms = self._begins_ms, call.at_ms
        while begins_ms and begins_ms[0] <= at_ms:
            begins_ms.popleft()
        wait_ms = max(0, self._free_ms[0] - at_ms)
        counts = self._length.warm_up_ms <= at_ms < self._length.end_ms
        if wait_ms and len(begins_ms) >= self._places:
            self._blocked += counts
            return
        heapq.heapreplace(self._free_ms, at_ms + wait_ms + call.service_ms)
        if wait_ms:
            begins_ms.append(at_ms + wait_ms)
            self._waited += counts
            self._wait_ms += counts * wait_ms

    def sums(self) -> Mapping[str, float]:
        """As `known` names them."""
        return {BLOCKED: self._blocked, WAITED: self._waited, WAIT_S: self._wait_ms / 1000}
