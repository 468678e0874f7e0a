"""What the desk shows of the callbacks that this engine keeps: fills `desk.callbacks`."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from desk.views import Json, Unavailable
from engine.calls.callbacks import Kept
from engine.calls.services import Services


class PromiseViews:
    """`services` gives the running parts, None before there are any."""

    def __init__(self, services: Callable[[], Services | None]) -> None:
        self._services = services

    def all(self) -> list[Json]:
        services = self._running()
        now_ms = services.clock()
        return [_told(kept, now_ms) for kept in services.callbacks.all()]

    def cancel(self, contact_id: str) -> str | None:
        refusal = self._refusal(contact_id)
        if refusal is None:
            self._running().callbacks.cancel(contact_id)
        return refusal

    def move(self, contact_id: str, at: str) -> str | None:
        services = self._running()
        now_ms = services.clock()
        due_ms = moment_ms(at, now_ms, services.site.zone)
        if due_ms is None:
            return "bad_time"
        refusal = self._refusal(contact_id)
        if refusal is None:
            services.callbacks.move(contact_id, due_ms)
        return refusal

    def _refusal(self, contact_id: str) -> str | None:
        kept = next((k for k in self._running().callbacks.all() if k.contact == contact_id), None)
        if kept is None:
            return "no_such_callback"
        return "being_called" if kept.calling else None

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


def _told(kept: Kept, now_ms: int) -> Json:
    promise = kept.promise
    waits = "later" if promise.due_ms > now_ms else "waiting"
    return {
        "contact": kept.contact,
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
