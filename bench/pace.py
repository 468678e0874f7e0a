"""How fast the processor is while something is measured.

Virtual processors share cores with strangers and change their pace by two within seconds, which
no load average shows. So a benchmark of what the processor alone bounds times a plain loop too.
"""

import time
from collections.abc import Sequence

_ROUNDS = 100_000


def loop_ms() -> float:
    """A fixed piece of work."""
    begun_ns, total = time.perf_counter_ns(), 0
    for number in range(_ROUNDS):
        total += number * number % 7
    return (time.perf_counter_ns() - begun_ns) / 1e6


def told(paces: Sequence[float]) -> str:
    """The best, the middle and the worst of several (ms)."""
    ordered = sorted(paces)
    best, middle, worst = ordered[0], ordered[len(ordered) // 2], ordered[-1]
    return f"a plain loop took {best:.1f} to {worst:.1f} ms meanwhile, {middle:.1f} as a rule"
