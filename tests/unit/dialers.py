"""Dialers over the houses of `tests.unit.dialing`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.dialing.calls import Leaving
from engine.dialing.dialer import Dialer
from engine.dialing.recovered import NOBODY, Met
from engine.dialing.views import CampaignViews
from history.outcome import EndedBy
from tests.unit.dialing import House

Open = Callable[..., House]
"""What the fixture `open_house` gives."""
LUNCH = Leaving("pause", "lunch", 5)
BY_CALLEE = EndedBy.CALLER
DAY = 86_400_000


def dialer_of(house: House) -> Dialer:
    """The engine's dialer, which takes the place of the one run that the house has."""
    house.trunks.set_limits({}, {})
    return Dialer(lambda: house.site, house.parts)


async def taken_up(
    house: House, channels: frozenset[str] = frozenset(), met: Mapping[str, Met] = NOBODY
) -> Dialer:
    """An engine after its start."""
    dialer = dialer_of(house)
    await dialer.take_up(channels, met)
    house.run = dialer.runs["sales"]
    return dialer


async def views_of(house: House) -> CampaignViews:
    """The API of an engine whose campaign has begun."""
    views = CampaignViews(lambda: house.site, lambda: house.now_ms)
    views.dialer = Dialer(lambda: house.site, house.parts)
    await views.dialer.look()
    house.run = views.dialer.runs["sales"]
    return views
