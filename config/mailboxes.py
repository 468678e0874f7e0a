"""Where callers' messages go, and how long they are kept."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.suggest import shown
from config.values import Line

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


class Mailbox(DocumentModel):
    """Messages that callers leave at a step ``voicemail``."""

    about: Line = Field(default="-", description="whose messages these are")
    keep: Days = Field(default=90, description="after so many days a message is deleted, like 90d")

    @property
    def keep_ms(self) -> int:
        """The same in milliseconds."""
        return self.keep * DAY_MS
