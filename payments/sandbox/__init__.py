"""A payment provider of our own, with Stripe's API, for the demonstration and for tests.

`Provider` is pure: a request and the time in, a reply and what is to be announced out. `server`
carries it over HTTP, with whatever faults it is told to have. It keeps no card's number.
"""

from payments.sandbox.faults import Fault, Faults
from payments.sandbox.provider import Call, Provider, Reply

__all__ = ["Call", "Fault", "Faults", "Provider", "Reply"]
