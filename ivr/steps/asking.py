"""What menu and collect share: how long and how often the caller is asked."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from config.document import DocumentModel

Times = Annotated[int, Field(ge=1, le=10)]


class Tries(DocumentModel):
    """How often the caller is asked when silent, and when keying something wrong."""

    timeout: Times = 3
    invalid: Times = 3


def _both(value: Any) -> Any:
    return {"timeout": value, "invalid": value} if isinstance(value, str | int) else value


TriesField = Annotated[Tries, BeforeValidator(_both, json_schema_input_type=int | Tries)]
"""``tries: 3`` counts silences and wrong keys apart, each to 3; ``{timeout: 2, invalid: 4}``."""
