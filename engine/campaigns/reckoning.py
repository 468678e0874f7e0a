"""What the history leaves to routing of a lead that an import changes: fills
`history.lead_joining.Reckoning`."""

from __future__ import annotations

from engine.campaigns.reading.one_form import place_of
from history.lead_joining import Reckoning
from routing.outbound.leads import besttime
from routing.outbound.leads.following import callable_ms
from routing.outbound.leads.lead import Number
from routing.outbound.leads.place import Place


def _place(number: str, zone: str | None, part: str | None) -> str:
    return str(place_of(number).within(zone, part))


def _due_ms(best: str | None, place: str, from_ms: int) -> int:
    windows = besttime.parse(best or "")
    return callable_ms(Number(0, "", place=Place.parse(place), best=windows), from_ms)


RECKONING = Reckoning(_place, _due_ms)
