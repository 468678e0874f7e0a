"""Whether cards may be captured now: Asterisk's settings, read as they are and judged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable

import structlog

from bridge.inspection import Inspected
from engine.metrics import Metrics
from engine.paying.unsafe import Finding, findings_of

log = structlog.get_logger(__name__)

FRESH_S = 1.0
"""So old may be what was read. A setting can be changed on Asterisk's console without an event of
it, so a reload is not all to look out for."""
ROUND_S = 60.0


class PaymentSafety:
    """Asked before each capture: there is none while there are findings.

    `wanted` is whether this site takes payments at all, `besides` looks for what is unsafe here and
    not in Asterisk. Many who ask at once share a reading. What changes is logged, and shown in the
    metrics.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[Inspected]],
        wanted: Callable[[], bool],
        metrics: Metrics,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._wanted = wanted
        self._metrics = metrics
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._changed = asyncio.Event()
        self._read_s = float("-inf")
        self._told: frozenset[Finding] | None = None
        self.besides: Callable[[], Iterable[Finding]] = tuple
        self.last: tuple[Finding, ...] | None = None
        """What was found last; None: nothing was read yet."""

    async def findings(self) -> tuple[Finding, ...]:
        """Why no card may be captured now; empty where nothing is unsafe."""
        async with self._lock:
            if self.last is None or self._monotonic() - self._read_s > FRESH_S:
                self._read_s = self._monotonic()
                read = await self._read()
                self.last = (*findings_of(read), *self.besides())
                self._tell_switched_off(read)
                self._tell(frozenset(self.last))
            return self.last

    def settings_changed(self) -> None:
        """Asterisk has read its settings again, or is another: what is known is void."""
        self._read_s = float("-inf")
        self._changed.set()

    async def run(self) -> None:
        """Look now, each minute and after each change, so that an operator hears of it before a
        caller wants to pay; until cancelled."""
        while True:
            self._changed.clear()
            if self._wanted():
                await self.findings()
            try:
                async with asyncio.timeout(ROUND_S):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _tell_switched_off(self, read: Inspected) -> None:
        """Once: whether it was on is not to be known."""
        done = sorted(command for command, off in read.debugging_off.items() if off is True)
        if self._told is None and done:
            log.info("asterisk_debugging_switched_off", what=done)

    def _tell(self, found: frozenset[Finding]) -> None:
        self._metrics.payments_unsafe.set(len(found))
        if found == self._told:
            return
        for finding in sorted(found - (self._told or frozenset())):
            log.error("payments_unsafe", code=finding.code, finding=str(finding))
        if not found and self._told:
            log.info("payments_safe_again")
        self._told = found
