"""What reports are told by, beside the queues' own targets."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.document import DocumentModel
from config.mailboxes import Days


class Reports(DocumentModel):
    """How figures are counted that are no queue's own (``trunkline report``)."""

    resolved_after: Days = Field(
        default=7,
        description="a customer who comes no more about the same matter for so many days was "
        "helped at the first contact, like 7d",
    )
    keep_events: Annotated[Days, Field(ge=8)] = Field(
        default=400,
        description="after so many days the event log is deleted, like 90d; its figures are kept "
        "by quarters of an hour for good",
    )
