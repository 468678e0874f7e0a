"""Calls that the law did not permit, kept for whoever asks why somebody was not called."""

from __future__ import annotations

import structlog

from config.site import Site
from engine.campaigns.hopper import Chosen
from engine.dialing.parts import Parts
from history.errors import RecordRefused
from history.lead_rows import Refused
from routing.outbound.rules.ask import local
from routing.outbound.rules.evidence import Refusal

log = structlog.get_logger(__name__)


class RefusedCalls:
    """Written behind the calls themselves, as many at once as there are by then."""

    def __init__(self, parts: Parts) -> None:
        self._kept, self._settling = parts.kept, parts.settling
        self._waiting: list[Refused] = []

    def put(self, site: Site, campaign: str, chosen: Chosen, refusal: Refusal, at_ms: int) -> None:
        """A call to this lead was not made."""
        reasons = [
            {"rule": each.rule, "jurisdiction": each.jurisdiction, "because": each.because}
            for each in refusal.reasons
        ]
        day = f"{local(at_ms, site.zone):%Y-%m-%d}"
        number = chosen.number.number
        self._waiting.append(Refused(chosen.lead.id, at_ms, day, campaign, number, reasons))
        if len(self._waiting) == 1:
            self._settling.put(self._write)

    async def _write(self) -> None:
        """Those that come meanwhile are the next."""
        some = tuple(self._waiting)
        try:
            await self._kept.refused(some)
        except RecordRefused as wrong:
            log.error("refusals_not_written", why=wrong.reason)
        del self._waiting[: len(some)]
        if self._waiting:
            self._settling.put(self._write)
