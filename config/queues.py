"""Queues: where contacts wait, in which order, and who is chosen for them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.duration import Duration
from config.values import Level, Line, Name


class Queue(DocumentModel):
    """Where contacts wait for an agent who has every skill at the level that is asked."""

    about: Line = Field(default="-", description="what callers want who wait here")
    skills: dict[Name, Level] = Field(
        default={}, description="what an agent needs, beside what the flow adds"
    )
    music: Name = Field(default="default", description="a directory of sounds in the music folder")
    announce_every: Duration = Field(
        default=Duration(30_000), description="how often a caller hears the place in the queue"
    )
    ring_timeout: Duration = Field(
        default=Duration(15_000), description="how long a phone rings before its agent is passed by"
    )
    wrap_up: Duration = Field(
        default=Duration(20_000), description="time for notes after a conversation"
    )
    record: bool = Field(default=True, description="whether conversations are recorded")


def _ageing(value: Any) -> Duration | None:
    if value == "never":
        return None
    time = Duration.parse(value)
    if time.ms < 1_000:
        raise ValueError(f"is {time}, at least 1s is needed, or never")
    return time


Ageing = Annotated[
    Duration | None,
    BeforeValidator(_ageing, json_schema_input_type=Duration | Literal["never"]),
]


class Routing(DocumentModel):
    """The order in which contacts are served, over all queues.

    A contact goes before all that have waited shorter; a priority counts as if it had waited
    longer already. So the lowest priority is served too, however many of a higher one come.
    """

    ageing: Ageing = Field(
        default=Duration(60_000),
        description="the wait that weighs as much as one level of priority; never: any higher "
        "priority goes first, and lower ones may wait for ever",
    )
