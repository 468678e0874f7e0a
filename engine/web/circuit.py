"""The circuit of a web service: after failures in a row it is left alone for a while.

A pure state machine; time is a value, in ms. While open, nobody is made to wait for a service that
does not answer; then one request tries it, and the answer to that one decides for all.
"""

from typing import NamedTuple


class Rules(NamedTuple):
    """How many failures in a row open it, and for how long."""

    failures: int = 5
    open_ms: int = 30_000


class Closed(NamedTuple):
    """Requests go through; so many failed, one after another."""

    failures: int = 0


class Open(NamedTuple):
    """Nobody asks before then."""

    until_ms: int


class Trying(NamedTuple):
    """One request is under way to see whether it answers again; the others are not sent."""


Circuit = Closed | Open | Trying
NEW = Closed()


def asked(circuit: Circuit, now_ms: int) -> tuple[Circuit, bool]:
    """A request is to be made: the circuit then, and whether the request may go out."""
    match circuit:
        case Closed():
            return circuit, True
        case Open(until_ms=until) if until <= now_ms:
            return Trying(), True
        case _:
            return circuit, False


def answered(circuit: Circuit) -> Circuit:
    """The service answered. What was sent before it opened says nothing of it now."""
    return circuit if isinstance(circuit, Open) else NEW


def failed(circuit: Circuit, now_ms: int, rules: Rules) -> Circuit:
    """No answer came, or one that the service itself calls a failure."""
    match circuit:
        case Closed(failures=before) if before + 1 < rules.failures:
            return Closed(before + 1)
        case Open():
            return circuit
        case _:
            return Open(now_ms + rules.open_ms)


def given_up(circuit: Circuit, now_ms: int) -> Circuit:
    """The request was ended from our side, and says nothing: the next one may try."""
    return Open(now_ms) if isinstance(circuit, Trying) else circuit
