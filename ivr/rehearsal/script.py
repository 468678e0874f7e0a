"""The file of a flow's tests: ``dialplans/support.test.yaml``."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from config.document import DocumentModel
from config.suggest import shown
from ivr.rehearsal.given import METHODS, Given
from ivr.steps.skilled import Asked
from ivr.values import Duration, FlowName

_KEYS = re.compile(r"[0-9*#]{1,64}")


def _keys(value: Any) -> Any:
    if isinstance(value, str) and _KEYS.fullmatch(value) is None:
        raise ValueError(f"{shown(value)} cannot be keyed, write 0 to 9, * and #")
    return value


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _request(value: Any) -> Any:
    """``{get: */accounts/*}`` as the pattern ``GET */accounts/*``."""
    if not isinstance(value, dict):
        return value
    if len(value) != 1 or str(next(iter(value))).upper() not in METHODS:
        allowed = ", ".join(method.lower() for method in METHODS)
        raise ValueError(f"one request is needed, like {{get: */accounts/*}} ({allowed})")
    ((method, url),) = value.items()
    return f"{method.upper()} {url}"


def _some(several: tuple[Any, ...]) -> tuple[Any, ...]:
    # Not a minimum length: pydantic counts only valid ones, and would complain twice.
    if not several:
        raise ValueError("is empty, write at least one")
    return several


Keys = Annotated[str, BeforeValidator(_keys, json_schema_input_type=str)]
Texts = Annotated[
    tuple[str, ...],
    AfterValidator(_some),
    BeforeValidator(_several, json_schema_input_type=str | list[str]),
]

ACTIONS = ("keys", "interrupts", "silence", "speaks", "agent", "hangup")
"""What moves the call; of these a line has one at most."""


class InQueue(DocumentModel):
    """The queue that the caller is put in; what is not written is not compared."""

    name: str | None = Field(default=None, description="the queue's name")
    skills: Asked | None = Field(
        default=None, description="all of them with levels, or an expression that asks the same"
    )
    priority: int | None = Field(default=None, description="as the flow gives it")
    prefers: str | None = Field(
        default=None, description="the agent whom the caller waits for at first, or last"
    )


def _queue(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class Line(DocumentModel):
    """What the caller does (one thing at most), then what is expected, in this order.

    A caller keys when it is asked for and everything is heard; what is expected lets the call
    run on by itself, never past a question to the caller.
    """

    keys: (
        Annotated[
            tuple[Keys, ...],
            AfterValidator(_some),
            BeforeValidator(_several, json_schema_input_type=str | list[str]),
        ]
        | None
    ) = Field(default=None, description="keys when asked; a list: answer by answer")
    interrupts: Keys | None = Field(default=None, description="keys at once, into what plays")
    silence: Literal["timeout"] | Duration | None = Field(
        default=None,
        description="silent so long, or until the question or the queue times out",
    )
    speaks: Duration | None = Field(default=None, description="speaks so long after the beep")
    agent: Literal["answers", "leaves"] | None = Field(
        default=None, description="an agent takes the call now, or hangs up now"
    )
    hangup: Literal["caller"] | None = Field(default=None, description="the caller hangs up")

    hears: Texts | None = Field(default=None, description="text that is in what is heard")
    at: str | None = Field(default=None, description="the step at which the call stands")
    passes: Texts | None = Field(default=None, description="steps it comes through, in order")
    language: str | None = Field(default=None, description="the call's language now")
    queue: Annotated[
        InQueue | None, BeforeValidator(_queue, json_schema_input_type=str | InQueue)
    ] = Field(default=None, description="the queue that the caller is put in")
    http: Annotated[
        str | None, BeforeValidator(_request, json_schema_input_type=str | dict[str, str])
    ] = Field(default=None, description="a request that is made: {get: */accounts/*}")
    transfer: dict[str, str] | None = Field(
        default=None, description="number, agent, extension, mode or whisper"
    )
    callback: dict[str, str] | None = Field(
        default=None,
        description="number, customer, first, queue, which may be the one just left, at and until "
        "(2026-11-23 09:00, on the site's clock), cancel (yes)",
    )
    voicemail: dict[str, str] | None = Field(default=None, description="mailbox")
    survey: dict[str, str] | None = Field(default=None, description="scores by question")
    recording: Literal["on", "off"] | None = Field(default=None, description="switched so")
    sends: str | None = Field(default=None, description="digits that are sent as tones")
    sms: dict[str, str] | None = Field(default=None, description="to, text or from")
    pay: dict[str, str] | None = Field(default=None, description="amount, currency, reference")
    python: str | None = Field(default=None, description="a function that is run")
    var: dict[str, str | None] | None = Field(
        default=None, description="variables and their values; ~: not set"
    )
    ends: str | None = Field(default=None, description="the cause with which the call ends")

    @model_validator(mode="after")
    def _one_action(self) -> Line:
        written = [name for name in ACTIONS if getattr(self, name) is not None]
        if len(written) > 1:
            raise ValueError(f"one thing at a time, this line has {' and '.join(written)}")
        if not any(getattr(self, name) is not None for name in self.model_fields_set):
            raise ValueError("says nothing: write what the caller does, or what is expected")
        return self


class Test(DocumentModel):
    """A call, told line by line. ``steps`` is the whole path, when it matters exactly."""

    __test__ = False

    name: str = Field(min_length=1, description="what must be so")
    given: Given = Field(default=Given(), description="the world, over that of the file")
    call: Annotated[tuple[Line, ...], AfterValidator(_some)] = Field(
        description="what the caller does and what is expected, line by line"
    )
    steps: tuple[str, ...] | None = Field(default=None, description="every step, in order")


def _apart(tests: tuple[Test, ...]) -> tuple[Test, ...]:
    names = [test.name for test in tests]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two tests are called {shown(twice)}")
    return tests


class TestFile(DocumentModel):
    """The tests of one flow; ``given`` serves all that do not say otherwise."""

    __test__ = False

    flow: FlowName = Field(description="the flow under test")
    given: Given = Field(default=Given(), description="the world of every test")
    tests: Annotated[tuple[Test, ...], AfterValidator(_some), AfterValidator(_apart)] = Field(
        description="calls, each with a name of its own"
    )
