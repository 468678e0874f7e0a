"""Closed forms for one pool of agents, to hold the simulation to.

Arrivals are Poisson, handling times and patience exponential, one line in order of arrival.
Times and rates are in any one unit; `servers` are agents, `load` is in erlangs (the arrival rate
times the mean handling time).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, sqrt


def erlang_b(servers: int, load: float) -> float:
    """The share of contacts that is lost where nobody can wait (M/M/s/s; Erlang, 1917)."""
    blocked = 1.0
    for busy in range(1, servers + 1):
        blocked = load * blocked / (busy + load * blocked)
    return blocked


@dataclass(frozen=True)
class ErlangC:
    """M/M/s: everybody waits for as long as it takes. ValueError unless `load < servers`."""

    servers: int
    arrival_rate: float
    mean_service: float

    def __post_init__(self) -> None:
        if self.load >= self.servers:
            raise ValueError(f"{self.servers} agents never catch up with {self.load:g} erlangs")

    @property
    def load(self) -> float:
        """Erlangs offered."""
        return self.arrival_rate * self.mean_service

    @property
    def waits(self) -> float:
        """The share of contacts that find nobody free (Erlang, 1917)."""
        blocked = erlang_b(self.servers, self.load)
        return blocked / (1 - self.occupancy * (1 - blocked))

    @property
    def occupancy(self) -> float:
        """The share of their time that agents are busy."""
        return self.load / self.servers

    @property
    def mean_wait(self) -> float:
        """The average speed of answer, those who need not wait included."""
        return self.waits * self.mean_service / (self.servers - self.load)

    def service_level(self, within: float) -> float:
        """The share of contacts that is answered within this time."""
        return 1 - self.waits * exp(-(self.servers - self.load) * within / self.mean_service)


@dataclass(frozen=True)
class ErlangA:
    """M/M/s+M: who waits gives up after a patience of this mean (Palm, 1946).

    The notation is that of Mandelbaum, Zeltyn, "Service engineering in action: the Palm/Erlang-A
    queue" (2007), section 4.
    """

    servers: int
    arrival_rate: float
    mean_service: float
    mean_patience: float

    @property
    def load(self) -> float:
        """Erlangs offered."""
        return self.arrival_rate * self.mean_service

    @property
    def _a(self) -> float:
        """A(x, y) at x = sμ/θ and y = λ/θ, as the series 1 + Σ yʲ / Π (x + k)."""
        x = self.servers * self.mean_patience / self.mean_service
        y = self.arrival_rate * self.mean_patience
        total = term = 1.0
        k = 1
        while term > total * 1e-16:
            term *= y / (x + k)
            total += term
            k += 1
        return total

    @property
    def waits(self) -> float:
        """The share of contacts that find nobody free."""
        blocked = erlang_b(self.servers, self.load)
        return self._a * blocked / (1 + (self._a - 1) * blocked)

    @property
    def abandons(self) -> float:
        """The share of contacts that give up."""
        offered = self.load / self.servers
        return (1 / (offered * self._a) + 1 - 1 / offered) * self.waits

    @property
    def mean_wait(self) -> float:
        """Of all contacts, those who give up or need not wait included."""
        return self.abandons * self.mean_patience

    @property
    def occupancy(self) -> float:
        """The share of their time that agents are busy."""
        return self.load * (1 - self.abandons) / self.servers


@dataclass(frozen=True)
class FinitePool:
    """M/M/s/(s + places): who finds every place to wait taken is turned away."""

    servers: int
    places: int
    arrival_rate: float
    mean_service: float

    @property
    def load(self) -> float:
        """Erlangs offered."""
        return self.arrival_rate * self.mean_service

    @property
    def relaxation(self) -> float:
        """About how long it takes to forget what was, but for 1/e of it: as with one server who is
        as fast as all of them (Morse, "Stochastic properties of waiting lines", 1955), or one
        conversation; endless where the load is all that the servers can do."""
        gap = sqrt(self.servers / self.mean_service) - sqrt(self.arrival_rate)
        return max(self.mean_service, gap**-2) if gap else inf

    def _weights(self) -> list[float]:
        """How likely 0, 1, … `places` contacts wait, beside each other and not beside the rest;
        the first stands for every agent busy and nobody waiting."""
        return [(self.load / self.servers) ** waiting for waiting in range(self.places + 1)]

    @property
    def _all_busy(self) -> float:
        """How likely every agent is busy and nobody waits."""
        blocked = erlang_b(self.servers, self.load)
        return blocked / (1 + blocked * (sum(self._weights()) - 1))

    @property
    def blocked(self) -> float:
        """The share of contacts that is turned away."""
        return self._all_busy * self._weights()[-1]

    @property
    def waits(self) -> float:
        """The share of those let in who find nobody free."""
        return self._all_busy * sum(self._weights()[:-1]) / (1 - self.blocked)

    @property
    def mean_wait(self) -> float:
        """Of those let in, by Little's law."""
        waiting = sum(n * weight for n, weight in enumerate(self._weights())) * self._all_busy
        return waiting / (self.arrival_rate * (1 - self.blocked))
