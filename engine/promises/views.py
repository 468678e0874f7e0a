"""What the desk shows of callbacks: fills `desk.callbacks`.

Those that this engine keeps are told from memory, as they are at this moment; those of other nodes
from the database, where each node writes its own.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog

from desk.views import Json, Unavailable
from engine.calls.adopting import waits_alone
from engine.calls.callbacks import Kept
from engine.calls.returning import story_of
from engine.calls.services import Services
from history.errors import DatabaseAway
from history.rows import PromiseRow

log = structlog.get_logger(__name__)

Promised = Callable[[], Awaitable[Sequence[PromiseRow]]]
"""Every promise of the site, as the database knows it. Raises DatabaseAway."""


class PromiseViews:
    """`services` gives the running parts, None before there are any."""

    def __init__(self, services: Callable[[], Services | None], promised: Promised) -> None:
        self._services = services
        self._promised = promised

    async def all(self) -> list[Json]:
        services = self._running()
        ours = [told_of(kept, services.node, services.clock()) for kept in services.callbacks.all()]
        known = {each["contact"] for each in ours}
        theirs = [
            told_of(kept, row.node, services.clock())
            for row in await self._elsewhere()
            if row.id not in known and (kept := _kept_elsewhere(row)) is not None
        ]
        return sorted([*ours, *theirs], key=lambda each: (each["due_ms"], each["contact"]))

    async def cancel(self, contact_id: str) -> str | None:
        refusal = await self._refusal(contact_id)
        if refusal is None:
            self._running().callbacks.cancel(contact_id)
        return refusal

    async def move(self, contact_id: str, at: str) -> str | None:
        services = self._running()
        now_ms = services.clock()
        due_ms = moment_ms(at, now_ms, services.site.zone)
        if due_ms is None:
            return "bad_time"
        refusal = await self._refusal(contact_id)
        if refusal is None:
            services.callbacks.move(contact_id, due_ms)
        return refusal

    async def _refusal(self, contact_id: str) -> str | None:
        kept = next((k for k in self._running().callbacks.all() if k.contact == contact_id), None)
        if kept is not None:
            return "being_called" if kept.calling else None
        is_theirs = any(row.id == contact_id for row in await self._elsewhere())
        return "kept_elsewhere" if is_theirs else "no_such_callback"

    async def _elsewhere(self) -> list[PromiseRow]:
        """Of other nodes; none that can be told of while the database is away."""
        node = self._running().node
        try:
            return [row for row in await self._promised() if row.node != node]
        except DatabaseAway as away:
            log.warning("callbacks_of_other_nodes_unknown", reason=away.reason)
            return []

    def _running(self) -> Services:
        services = self._services()
        if services is None:
            raise Unavailable("the engine is starting")
        return services


def moment_ms(text: str, now_ms: int, zone: str) -> int | None:
    """``now``, ``09:30`` (the next time that it is), ``2026-11-23T09:30``; None: nothing that is
    to come."""
    if text == "now":
        return now_ms
    now = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(zone))
    try:
        if "T" in text or " " in text:
            moment = datetime.fromisoformat(text)
        else:
            moment = datetime.combine(now.date(), time.fromisoformat(text))
    except ValueError:
        return None
    local = moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
    if local.timestamp() <= now.timestamp() and "T" not in text and " " not in text:
        local += timedelta(days=1)
    at_ms = round(local.timestamp() * 1000)
    return at_ms if at_ms > now_ms else None


def _kept_elsewhere(row: PromiseRow) -> Kept | None:
    story = story_of(row)
    if story is None or story.promise is None:
        return None
    return Kept(row.id, story.promise, not waits_alone(story), story.why_not_reached)


def told_of(kept: Kept, node: str, now_ms: int) -> Json:
    """A promise as people are told of it."""
    promise = kept.promise
    waits = "later" if promise.due_ms > now_ms else "waiting"
    return {
        "contact": kept.contact,
        "node": node,
        "number": promise.number,
        "customer": promise.customer or None,
        "queue": promise.queue,
        "first": "customer" if promise.customer_first else "agent",
        "state": "calling" if kept.calling else waits,
        "due_ms": promise.due_ms,
        "until_ms": promise.until_ms,
        "tries": promise.tries,
        "reason": kept.last_reason,
    }
