"""What reports are told by, beside the queues' own targets."""

from __future__ import annotations

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
