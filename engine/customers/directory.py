"""Who a number belongs to: the site's customers, and the history."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from config.numbers import e164, national
from config.site import Site
from engine.customers.fields import fields_of
from history.customers import CustomerRow, CustomerStore, PastContacts
from ivr.state import Values
from ivr.variables import Variable


async def facts_of(store: CustomerStore, site: Site, number: str) -> Values:
    """All that is known of a number, by the names of flows; what is not known is None.

    Raises DatabaseAway.
    """
    wanted = e164(number, site.country)
    customer = await store.find(wanted) if wanted is not None else None
    ways = ways_of(number, site)
    past = await store.past(ways) if ways else None
    return {**_of_customer(customer, fields_of(site)), **_of_history(past, site.zone)}


def ways_of(number: str, site: Site) -> frozenset[str]:
    """The ways in which trunks may have written this number in the history."""
    wanted, inland = e164(number, site.country), national(number, site.country)
    return frozenset(each for each in (number, wanted, wanted and wanted[1:], inland) if each)


def _of_customer(customer: CustomerRow | None, fields: Mapping[str, Variable]) -> Values:
    row = customer or CustomerRow("")
    return {
        "caller.known": customer is not None,
        "caller.name": row.name,
        "caller.language": row.language,
        "caller.segment": row.segment,
        **{f"caller.{name}": field.read(row.data.get(name, "")) for name, field in fields.items()},
    }


def _of_history(past: PastContacts | None, zone: str) -> Values:
    if past is None:
        return {**_NEVER_CALLED, "caller.contacts": Decimal(0)}
    return {
        "caller.contacts": Decimal(past.count),
        "caller.last_queue": past.queue,
        "caller.last_topic": past.topic,
        "caller.last_agent": past.agent,
        "caller.last_outcome": past.outcome,
        "caller.last_date": datetime.fromtimestamp(past.started_ms / 1000, ZoneInfo(zone)).date(),
    }


_LAST = ("queue", "topic", "agent", "outcome", "date")
_NEVER_CALLED: Values = {f"caller.last_{name}": None for name in _LAST}
