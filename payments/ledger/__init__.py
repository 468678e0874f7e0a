"""The ledger: every payment, every request to a gateway before it is sent, who did what."""

from payments.ledger.ledger import ENGINE, Ledger
from payments.ledger.reading import LedgerReader, PaymentFilter
from payments.ledger.rows import (
    OPEN_ATTEMPTS,
    Attempt,
    AttemptState,
    AuditEntry,
    NewPayment,
    Payment,
    Settling,
    State,
    standing_after,
)

__all__ = [
    "ENGINE",
    "OPEN_ATTEMPTS",
    "Attempt",
    "AttemptState",
    "AuditEntry",
    "Ledger",
    "LedgerReader",
    "NewPayment",
    "Payment",
    "PaymentFilter",
    "Settling",
    "State",
    "standing_after",
]
