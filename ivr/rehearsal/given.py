"""What a rehearsed call finds outside: the clock, the caller, and how everything answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from config.document import DocumentModel
from config.suggest import shown
from config.values import Name
from ivr.json_values import exact, read_text
from ivr.names import LEARNED
from ivr.rehearsal.json_values import AnyJson
from ivr.state import CallFacts, Values
from ivr.values import Duration, LanguageCode
from ivr.variables import Variable, written

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
ABOUT_CALLER: Mapping[str, Variable] = {
    name.removeprefix("caller."): variable
    for name, variable in LEARNED.items()
    if name.startswith("caller.")
}
"""What every site may know of its callers, beside the fields of its own."""
_PATTERN = re.compile(rf"(?:(?P<method>{'|'.join(METHODS)}) +)?(?P<url>\S+)")
_CALLER = re.compile(r"\+?[0-9]{2,15}|anonymous|")
"""With a plus of another country, as a carrier sends it, or an extension; nothing if withheld."""
DEFAULT_TIME = datetime(2026, 1, 12, 10, 0)  # noqa: DTZ001 - a wall clock's, in the site's zone
"""A Monday morning: what a test's clock shows when it says nothing of it."""


class Reply(DocumentModel):
    """A web service's answer: ``{status: 200, json: {balance: 12.50}}`` or ``{fail: timeout}``."""

    status: int = Field(default=200, ge=100, le=599, description="the HTTP status")
    json_: AnyJson = Field(default=None, alias="json", description="the body, as JSON")
    text: str | None = Field(default=None, description="the body, when it is no JSON")
    delay: Annotated[int, Field(ge=0)] | Duration = Field(
        default=0, description="how long it takes, such as 3s"
    )
    fail: Literal["timeout", "refused"] | None = Field(
        default=None, description="no answer in time, or no connection at all"
    )

    @property
    def body(self) -> Any:
        """What the flow finds in it; JSON is read wherever it is."""
        return exact(self.json_) if self.text is None else read_text(self.text)


class Agents(DocumentModel):
    """Somebody takes the call: ``{answer_after: 20s, talk: 60s}``; ``free`` for these times."""

    answer_after: Duration = Field(default=5_000, description="from entering the queue")
    talk: Duration = Field(default=60_000, description="how long they talk")
    name: str = Field(default="", description="who, as queue.agent tells the flow")


def _agents(value: Any) -> Any:
    match value:
        case "free":
            return {}
        case "none":
            return None
        case str():
            raise ValueError(f"{shown(value)} is neither free nor none nor {{answer_after: 20s}}")
        case _:
            return value


def _pattern(value: Any) -> Any:
    if isinstance(value, str) and _PATTERN.fullmatch(value) is None:
        hint = f"write a method and an address with stars: GET */accounts/* ({', '.join(METHODS)})"
        raise ValueError(f"{shown(value)} is no request, {hint}")
    return value


def _some(replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
    if not replies:
        raise ValueError("is empty, write at least one reply")
    return replies


def _several(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _about_caller(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    for name, text in value.items():
        variable = ABOUT_CALLER.get(name)
        if variable is not None and isinstance(text, str) and variable.read(text) is None:
            raise ValueError(f"{name}: {shown(text)} is no {variable.type}")
    return value


def _time(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        hint = "write it like 2026-11-23T09:12 or, with a zone, 2026-11-23T09:12+01:00"
        raise ValueError(f"{shown(value)} is no time, {hint}") from None


def _caller(text: str) -> str:
    if _CALLER.fullmatch(text) is None:
        hint = "write a number like +36201234567, or anonymous"
        raise ValueError(f"{shown(text)} is no caller, {hint}")
    return text


Pattern = Annotated[str, BeforeValidator(_pattern)]
Replies = Annotated[
    tuple[Reply, ...],
    AfterValidator(_some),
    BeforeValidator(_several, json_schema_input_type=Reply | list[Reply]),
]
Forced = Literal["open", "closed", "holiday", "special"]
Talk = Literal["answered", "busy", "no_answer", "unreachable"]


class Given(DocumentModel):
    """The world of a test. What is not given is as on an ordinary day, and nobody is free."""

    time: Annotated[datetime, BeforeValidator(_time, json_schema_input_type=str)] = Field(
        default=DEFAULT_TIME, description="the clock when the call comes, on the site's clocks"
    )
    caller: Annotated[str, AfterValidator(_caller)] = Field(
        default="+36201234567", description="the caller's number, or anonymous"
    )
    called: str = Field(default="+3615550100", description="the number that was called")
    language: LanguageCode | None = Field(default=None, description="of the number called")
    hours: dict[Name, Forced] = Field(
        default={}, description="opening hours as they are now, whatever the clock says"
    )
    lookup: Annotated[dict[str, str | None], BeforeValidator(_about_caller)] | None = Field(
        default=None,
        description="what is known of the caller, by the site's own fields too: {name: Anna}",
    )
    http: dict[Pattern, Replies] = Field(
        default={}, description="answers of web services: one, or several in turn (the last stays)"
    )
    python: dict[str, dict[str, AnyJson]] = Field(
        default={}, description="what registered functions return, or {fail: why}"
    )
    agents: Annotated[
        Agents | None,
        BeforeValidator(_agents, json_schema_input_type=Literal["free", "none"] | Agents),
    ] = Field(default=None, description="free, none, or {answer_after: 20s, talk: 60s}")
    waiting: int = Field(default=0, ge=0, description="callers who wait in the queue already")
    expected_wait: Duration | None = Field(
        default=None, description="how long who joins the queue may wait; without it nobody knows"
    )
    staffed: bool = Field(
        default=True, description="somebody who could take the call is logged in, if not free"
    )
    transfer: Talk = Field(default="answered", description="how a transfer ends")
    payment: Literal["paid", "declined", "cancelled", "unknown", "unavailable"] = Field(
        default="paid", description="how a card payment ends"
    )
    callback: Literal["promised", "already", "refused", "cancelled", "none"] = Field(
        default="promised",
        description="how asking for a callback ends; of one that is called off cancelled, or none "
        "when there was none",
    )
    sms: Literal["sent", "failed"] = Field(default="sent", description="how a text message is sent")
    fails: tuple[str, ...] = Field(
        default=(), description="steps that cannot be done, as if their audio were missing"
    )

    def over(self, base: Given) -> Given:
        """This where it says something, else ``base``."""
        mine = {name: getattr(self, name) for name in self.model_fields_set}
        return base.model_copy(update=mine)

    def facts(self, zone: str) -> CallFacts:
        """What is known of the call when it begins."""
        moment = self.time if self.time.tzinfo else self.time.replace(tzinfo=ZoneInfo(zone))
        now_ms = round(moment.timestamp() * 1000)
        return CallFacts(self.caller, self.called, now_ms, self.language, zone, "rehearsal")

    def replies(self, method: str, url: str) -> tuple[str, tuple[Reply, ...]] | None:
        """The first pattern that fits a request, and its answers."""
        for pattern, replies in self.http.items():
            if fits(pattern, method, url):
                return pattern, replies
        return None

    def caller_facts(self, fields: Mapping[str, Variable]) -> Values:
        """What a lookup finds, by dotted name; ``caller.known`` is always among it.

        ``fields`` are the site's own.
        """
        told = dict(self.lookup or {})
        told.setdefault("known", written(self.lookup is not None))
        about = {**fields, **ABOUT_CALLER}
        return {
            f"caller.{name}": about[name].read(text)
            for name, text in told.items()
            if text is not None and name in about
        }


def fits(pattern: str, method: str, url: str) -> bool:
    """Whether a request is one of ``GET */accounts/*``; without a method, of any."""
    parts = _PATTERN.fullmatch(pattern)
    if parts is None:
        return False
    return parts["method"] in (None, method.upper()) and fnmatchcase(url, parts["url"])
