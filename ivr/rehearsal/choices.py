"""What is asked of whoever plays a call by hand, where it is not given how the outside answers."""

from __future__ import annotations

from typing import NamedTuple

from ivr.commands import CallBack, Command, Lookup, Pay, Transfer
from ivr.rehearsal.given import Given


class Choice(NamedTuple):
    """How one command is answered: ``field`` of what is given, ``word`` as one types it."""

    command: type[Command]
    word: str
    field: str
    what: str
    example: str
    usual: str
    """The answer on an ordinary day."""


CHOICES = (
    Choice(Lookup, "lookup", "lookup", "what is known of the caller", "{name: Anna}", "unknown"),
    Choice(Transfer, "transfer", "transfer", "how the transfer ends", "busy", "answered"),
    Choice(CallBack, "callback", "callback", "what comes of the callback", "refused", "promised"),
    Choice(Pay, "pay", "payment", "how the payment ends", "declined", "paid"),
)


def choice_in(command: Command, given: Given) -> Choice | None:
    """What is to be said before this command can be answered; None: it is given."""
    for choice in CHOICES:
        if isinstance(command, choice.command) and choice.field not in given.model_fields_set:
            return choice
    return None
