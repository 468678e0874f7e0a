"""Why agents pause, how long, and how many of them at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from config.document import DocumentModel
from config.duration import Duration
from config.suggest import shown
from config.values import Name, Unique

_AT_ONCE = r"[0-9]{1,4}%?"


@dataclass(frozen=True, slots=True)
class AtOnce:
    """So many agents, or so many percent of those logged in."""

    number: int
    percent: bool = False

    @classmethod
    def parse(cls, value: object) -> AtOnce:
        """Read ``2`` or ``20%``; raises ValueError in words for the document's author."""
        if isinstance(value, cls):
            return value
        text = value if isinstance(value, str) else ""
        if not re.fullmatch(_AT_ONCE, text):
            raise ValueError(f"{shown(text)} is no number of agents, write 2 or 20%")
        number, percent = int(text.removesuffix("%")), text.endswith("%")
        if not number or (percent and number > 100):
            raise ValueError(f"is {text}, from 1, or from 1% to 100%, is allowed")
        return cls(number, percent)

    def __str__(self) -> str:
        return f"{self.number}{'%' if self.percent else ''}"

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _: CoreSchema, __: GetJsonSchemaHandler) -> Any:
        return {"type": "string", "pattern": f"^{_AT_ONCE}$", "examples": ["2", "20%"]}


class PauseReason(DocumentModel):
    """``{longest: 45m, per_day: 1h, at_once: 2}``: each as far as it is written.

    A supervisor's pause is refused by none of them, and one that is too long is marked and goes
    on, whatever ``over`` says; one that is held (`trunkline agents pause … --hold`) has no limit.
    """

    longest: Duration | None = Field(default=None, description="how long one pause may last")
    per_day: Duration | None = Field(
        default=None, description="how much of it an agent may have from midnight to midnight"
    )
    at_once: AtOnce | None = Field(
        default=None,
        description="how many agents may be on it at the same time: 2, or 20% of those logged in "
        "(rounded down, one at least); the next one is refused, and told so",
    )
    over: Literal["mark", "return"] = Field(
        default="mark",
        description="what becomes of an agent who has had enough: mark shows it to supervisors "
        "and tells it as an event, return makes the agent available, and refuses another pause of "
        "this reason on a day that has none left",
    )
    productive: bool = Field(
        default=False,
        description="whether it is work, as training or a meeting: reports count it as utilised",
    )

    @model_validator(mode="after")
    def _some_limit(self) -> Self:
        if self.over == "return" and self.longest is None and self.per_day is None:
            raise ValueError("over: return has no effect without longest or per_day")
        if self.longest is not None and self.per_day is not None and self.longest > self.per_day:
            raise ValueError(
                f"longest is {self.longest}, more than the {self.per_day} of per_day: "
                "no pause can last as long"
            )
        return self


def _by_name(value: Any) -> Any:
    """A list of names is a mapping to reasons without limits."""
    if isinstance(value, list | tuple):
        return {name if isinstance(name, str) else str(name): {} for name in value}
    if isinstance(value, dict):
        return {name: {} if reason is None else reason for name, reason in value.items()}
    return value


PauseReasons = Annotated[
    dict[Name, PauseReason],
    Field(min_length=1, max_length=9),
    BeforeValidator(
        _by_name,
        json_schema_input_type=Annotated[tuple[Name, ...], Field(min_length=1, max_length=9)]
        | Annotated[dict[Name, PauseReason | None], Field(min_length=1, max_length=9)],
    ),
    Unique,
]
"""By name, numbered from 1 in the order that they are written in."""
