"""When Python looks for what only cycles keep: seldom, and never at all that there is.

While it looks nothing else goes on. With 10,000 callers in line a million objects live, and one
look at them takes 0.2 to 0.6 s. So what has lived through two looks is looked at no more while
calls are under way: it goes when the last that needs it lets it go. Calls make few cycles; what
these keep is found when nobody calls.
"""

import asyncio
import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

log = structlog.get_logger(__name__)

_NEW, _LOOKS = 100, 1
"""A look when so many more objects were made than went, a second one at the next but one. It takes
a microsecond for each that is new: with 1,000, events waited 1 to 3 ms for it. Where as many go as
are made it is chance that brings a look about, and many more are new by then: with 10,000 it took
112 ms."""
_NEVER = 1_000_000_000
_EVERY_S = 3_600.0
_TRY_EVERY_S = 10.0


def look_at_what_is_new() -> None:
    """From now on; what is there now stays."""
    gc.freeze()
    gc.set_threshold(_NEW, _LOOKS, _NEVER)
    if _keep_older not in gc.callbacks:
        gc.callbacks.append(_keep_older)


def _keep_older(phase: str, info: dict[str, int]) -> None:
    if phase == "stop" and info["generation"] == 1:
        gc.freeze()


async def look_at_all_when_idle(is_idle: Callable[[], bool]) -> None:
    """Once an hour at most, and when nobody would have to wait for it. Until cancelled."""
    last_s = time.monotonic()
    while True:
        await asyncio.sleep(_TRY_EVERY_S)
        if is_idle() and time.monotonic() - last_s >= _EVERY_S:
            begun_s = time.monotonic()
            found = look_at_all()
            last_s = time.monotonic()
            log.info("garbage_collected", found=found, took_s=round(last_s - begun_s, 3))


def look_at_all() -> int:
    """How many objects were there for nothing."""
    gc.unfreeze()
    found = gc.collect()
    gc.freeze()
    return found


class _Collector:
    """The garbage collector of this process, kept away as long as anybody wants it to be."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._away = 0
        self._was_on = False

    def leave(self) -> None:
        with self._lock:
            if self._away == 0:
                self._was_on = gc.isenabled()
                gc.disable()
            self._away += 1

    def come_back(self) -> None:
        with self._lock:
            self._away -= 1
            if self._away == 0 and self._was_on:
                gc.enable()


_COLLECTOR = _Collector()


@contextmanager
def uncollected() -> Iterator[None]:
    """Keeps the garbage collector away while flows are read, by any thread.

    A look at 10,000 steps takes it half a second, in which no call goes on. Flows have no cycles:
    they go when the last call lets them go, collected or not.
    """
    _COLLECTOR.leave()
    try:
        yield
    finally:
        _COLLECTOR.come_back()


@contextmanager
def kept() -> Iterator[None]:
    """For making flows that stay: the collector does not look at them later either.

    Each look at all would be that half second. What is alive now is frozen with them, and its
    cycles never go, should it die later; what is dead already goes first. Not to thaw all before
    is the lesser evil: a full collection with 100 flows of 100 steps took 0.5 to 1.5 s, one
    without what is frozen less than a tenth of that.
    """
    gc.collect()
    with uncollected():
        yield
        gc.freeze()
