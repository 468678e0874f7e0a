"""Where callers' messages go, and how long they are kept."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.mail import EmailAddress
from config.services import WebPath
from config.suggest import shown
from config.values import Line, Name, Unique

DAY_MS = 24 * 3_600_000
_LONGEST = 3_650


def _days(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"([0-9]{1,4})d", value)
    if found is None or not 1 <= int(found[1]) <= _LONGEST:
        raise ValueError(f"{shown(value)} is no number of days, like 90d, 1d to {_LONGEST}d")
    return int(found[1])


Days = Annotated[int, BeforeValidator(_days, json_schema_input_type=str)]
"""A number of days, written ``90d``."""


class Deliver(DocumentModel):
    """Where else a message goes as soon as it is left; it stays in the mailbox all the same.

    What cannot be delivered is tried again for four days, also by an engine that was started
    meanwhile.
    """

    email: Annotated[tuple[EmailAddress, ...], Unique] = Field(
        default=(), description="who is written to, by the site's mail server"
    )
    service: Name | None = Field(
        default=None,
        description="a web service of the site: it is sent JSON with id, mailbox, contact, caller, "
        "at (ISO 8601), seconds and audio (WAV in base64)",
    )
    path: WebPath = Field(
        default="", description="what follows the service's address, like /messages"
    )
    attach: bool = Field(default=True, description="whether the audio goes with it")


class Mailbox(DocumentModel):
    """Messages that callers leave at a step ``voicemail``."""

    about: Line = Field(default="-", description="whose messages these are")
    keep: Days = Field(default=90, description="after so many days a message is deleted, like 90d")

    deliver: Deliver = Field(default=Deliver(), description="where else messages go")

    @property
    def keep_ms(self) -> int:
        """The same in milliseconds."""
        return self.keep * DAY_MS
