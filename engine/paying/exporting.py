"""`trunkline payments export`: what moved money, to hold to what the provider settles."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import typer

from engine.clock import now_ms
from engine.errors import PaymentRefused
from engine.paying.book import told
from engine.paying.opening import open_ledger
from engine.reporting.report import moment
from engine.settings import Settings
from engine.spreadsheet import plain
from payments.gateways import Operation
from payments.ledger import Attempt, Payment
from payments.money import Amount

COLUMNS = (
    "settled",
    "operation",
    "amount",
    "currency",
    "reference",
    "payment",
    "attempt",
    "provider",
    "handle",
    "brand",
    "last4",
    "agent",
    "contact",
    "by",
)
_MOVES = {Operation.CHARGE: 1, Operation.CAPTURE: 1, Operation.REFUND: -1}


async def export(settings: Settings, since: str, until: str, as_json: bool) -> int:
    """Charges, captures and refunds that were approved in a time of the site's clock."""
    with told():
        async with open_ledger(settings) as (site, ledger):
            zone, now = ZoneInfo(site.zone), now_ms()
            begin = moment("--from", since, zone, now)
            end = moment("--to", until, zone, now, end=True) if until else now
            if end <= begin:
                raise PaymentRefused("--to ends before --from begins")
            found = await ledger.settled_between(begin, end)
    rows = list(_rows(found))
    typer.echo(json.dumps(rows, ensure_ascii=False) if as_json else _csv(rows), nl=as_json)
    return 0


def _rows(found: Sequence[tuple[Payment, Attempt]]) -> Iterator[Mapping[str, Any]]:
    for payment, attempt in found:
        sign = _MOVES.get(attempt.operation)
        if sign is None or attempt.settled_ms is None:
            continue
        yield {
            "settled": datetime.fromtimestamp(attempt.settled_ms / 1000, UTC).isoformat(),
            "operation": attempt.operation.value,
            "amount": str(sign * Amount(attempt.amount, payment.currency).value),
            "currency": payment.currency,
            "reference": payment.reference,
            "payment": payment.id,
            "attempt": attempt.id,
            "provider": payment.gateway,
            "handle": payment.handle,
            "brand": payment.brand,
            "last4": payment.last4,
            "agent": payment.agent,
            "contact": payment.contact_id,
            "by": attempt.by,
        }


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        # Only amounts may begin with a minus.
        told = {name: value if name == "amount" else plain(value) for name, value in row.items()}
        writer.writerow(told)
    return text.getvalue()
