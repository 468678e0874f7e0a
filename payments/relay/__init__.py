"""A call's audio while a card is keyed: the agent's to the caller as it is, the caller's to the
agent masked, the caller's keys to the capture alone.

Plain objects without clock or I/O. Time is in samples of 125 µs, of any one clock that does not go
back.
"""

from payments.relay.relay import Relay, hear

__all__ = ["Relay", "hear"]
