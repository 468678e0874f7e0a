"""Who answers: skills, agents and the codes that they dial."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from config.document import DocumentModel
from config.values import Code, Extension, Level, Line, Name, PersonName, TalkCode, Unique

PROMPT_DIGITS = 5
"""Of a prompt's number, as it is dialled behind the code for recording."""


class Skill(DocumentModel):
    """Something that a contact may need and an agent may have."""

    about: Line = Field(default="-", description="what the skill means, for the wallboard")


Cost = Annotated[int, Field(ge=0, le=1_000_000)]


class Prefers(DocumentModel):
    """Which caller an agent takes when several queues wait: at most one of the two.

    Without either, the first in the one order over all queues.
    """

    priority: dict[Name, Annotated[int, Field(ge=1, le=100)]] = Field(
        default={},
        description="queue: by how many levels of priority its callers go first for this agent",
    )
    share: dict[Name, Annotated[int, Field(ge=1, le=100)]] = Field(
        default={},
        description="queue: its share of the agent's calls, of which a queue not named has 1",
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.priority and self.share:
            raise ValueError("has priority and share, one of them is allowed")
        return self


def _one(number: int) -> int:
    if number != 1:
        raise ValueError(f"{number} cannot be, an agent has one voice contact at a time")
    return number


class Contacts(DocumentModel):
    """How many contacts an agent has at once, by the channel they come by. There is one channel so
    far, and nobody talks to two callers."""

    voice: Annotated[int, AfterValidator(_one), WithJsonSchema({"const": 1})] = Field(
        default=1, description="calls; always one"
    )


class Agent(DocumentModel):
    """A person with a phone. The agent's id is the user name that the phone registers with."""

    name: PersonName = Field(description="the name that other phones show")
    extension: Extension = Field(description="the number that colleagues dial")
    skills: dict[Name, Level] = Field(
        min_length=1, description="each skill with its level, 1 (some) to 5 (expert)"
    )
    cost: Cost = Field(
        default=0, description="what an hour costs, in any unit, for queues that choose by cost"
    )
    prefers: Prefers = Field(
        default=Prefers(), description="which of the queues that wait the agent serves first"
    )
    contacts: Contacts = Field(
        default=Contacts(), description="how many the agent has at once, of each channel"
    )
    shifts: Annotated[tuple[Name, ...], Unique] = Field(
        default=(), description="when the agent is meant to be at work; without, at any time"
    )
    may_record_prompts: bool = Field(
        default=False, description="whether this phone may record what callers hear"
    )


class InCall(DocumentModel):
    """What agents key in a conversation; after ``transfer`` and ``consult`` follow the extension
    of a colleague, the number of a queue or a number outside (00 for +), and #."""

    transfer: TalkCode = Field(default="#2", description="send the caller there, and leave")
    consult: TalkCode = Field(default="#3", description="talk to them, while the caller waits")
    conference: TalkCode = Field(default="#4", description="after a consultation: all talk")
    complete: TalkCode = Field(default="#5", description="after a consultation: leave it to them")
    cancel: TalkCode = Field(default="#6", description="back to the caller alone")
    toggle: TalkCode = Field(default="#7", description="talk to the caller, or who is consulted")
    hold: TalkCode = Field(default="#8", description="the caller hears music; again: is back")
    hangup: TalkCode = Field(
        default="#1", description="end the conversation; an open line stays for the next"
    )
    machine: TalkCode = Field(
        default="#9",
        description="of a callback: an answering machine is on the line. The call ends, the "
        "site's message is left on it, and it counts as a try in vain",
    )


class Codes(DocumentModel):
    """What agents dial to change their state.

    The code for a pause alone gives the first of the site's pause reasons; with the reason's
    number behind it (``*122``), that reason.
    """

    login: Code = Field(default="*11", description="begin to take calls")
    logout: Code = Field(default="*10", description="stop taking calls")
    pause: Code = Field(default="*12", description="pause; *121 the first reason, *122 the second")
    resume: Code = Field(default="*13", description="end the pause")
    end_wrap_up: Code = Field(default="*14", description="end the time for notes early")
    extend_wrap_up: Code = Field(
        default="*16", description="more time for notes, where the queue allows it"
    )
    line: Code = Field(
        default="*17", description="open a line that stays, for contacts without ringing; or close"
    )
    record_prompt: Code = Field(
        default="*15", description="record a prompt; *15 and its number, as trunkline prompts tells"
    )
    in_call: InCall = Field(default=InCall(), description="what they key in a conversation")

    @property
    def dialled(self) -> Iterator[tuple[str, str]]:
        """What is dialled as a number, by name."""
        return ((name, code) for name, code in self if isinstance(code, str))
