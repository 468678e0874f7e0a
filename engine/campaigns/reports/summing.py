"""Keeps the sums of campaigns' calls, which reports read of the days that are over."""

import asyncio

import structlog

from engine.clock import Clock
from history.campaign_sums import CallSums
from history.errors import DatabaseAway

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 3_600
FIRST_LOOK_S = 60
"""Whoever starts an engine wants calls served first."""
PAUSE_S = 0.05
"""Between days, of which there are many after an update."""


async def keep_sums(url: str, site: str, clock: Clock) -> None:
    """Until cancelled. Several engines on one database do it: each day is summed once."""
    sums = CallSums(url, site)
    try:
        await asyncio.sleep(FIRST_LOOK_S)
        while True:
            try:
                await sum_up_due(sums, clock())
            except DatabaseAway as away:
                log.warning("calls_not_summed", code=away.code)
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        await sums.close()


async def sum_up_due(sums: CallSums, now_ms: int) -> int:
    """Every day that is due, once; how many were summed. Raises DatabaseAway."""
    summed = 0
    for day in await sums.due(now_ms):
        summed += await sums.sum_up(day)
        await asyncio.sleep(PAUSE_S)
    if summed:
        log.info("calls_summed", days=summed)
    return summed
