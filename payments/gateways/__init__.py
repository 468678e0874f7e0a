"""The port to who moves the money, and what it answers.

It takes tokens: a `payments.tokens.Token` is a type of its own, so a card cannot be given to it.
"""

from payments.gateways.declines import Advice, Decline, Reason, decline
from payments.gateways.gateway import (
    Answer,
    Approved,
    Asked,
    Declined,
    Gateway,
    Handle,
    Operation,
    Order,
    Pending,
)

__all__ = [
    "Advice",
    "Answer",
    "Approved",
    "Asked",
    "Decline",
    "Declined",
    "Gateway",
    "Handle",
    "Operation",
    "Order",
    "Pending",
    "Reason",
    "decline",
]
