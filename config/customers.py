"""What a site keeps of its customers, beside their number, name, language and segment."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from config.currencies import currency as iso_currency
from config.document import DocumentModel
from config.values import ValueName

KEPT = frozenset({"name", "language", "segment"})
"""What every site keeps."""
FOUND = frozenset(
    {
        *("known", "contacts"),
        *("last_topic", "last_queue", "last_agent", "last_outcome", "last_date"),
    }
)
"""What a lookup finds besides, in the history."""

FieldType = Literal["text", "digits", "number", "money", "date", "time", "bool"]


class CustomerField(DocumentModel):
    """One more thing that is known of customers: ``text``, or ``{type: money, currency: EUR}``."""

    type: FieldType = Field(description="what it is, as of a flow's variables")
    currency: Annotated[str, AfterValidator(iso_currency)] | None = Field(
        default=None, description="of money, three letters like EUR"
    )


def _field(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


AnyField = Annotated[
    CustomerField, BeforeValidator(_field, json_schema_input_type=FieldType | CustomerField)
]


class Customers(DocumentModel):
    """Flows read a field as ``{caller.NAME}`` after the step ``lookup``."""

    fields: dict[ValueName, AnyField] = Field(
        default={}, description="columns of the customers' file, by name"
    )
