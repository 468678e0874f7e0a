"""The step ``http`` in a call: the request it makes, and what it takes from the reply."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ivr.commands import SILENCE, Request
from ivr.errors import JsonPathError, UnfitError
from ivr.events import Done, Event
from ivr.json_bodies import json_body
from ivr.jsonpath import JsonPath, parse
from ivr.reply_schema import reply_check
from ivr.run import Node, Outcome, Run, Wait
from ivr.state import Doing, Position
from ivr.steps.base import Build
from ivr.terms import template
from ivr.variables import Value, Variable
from ivr.web_address import Address, host_of

if TYPE_CHECKING:
    from ivr.steps.http import HttpBody, HttpStep

STATUS = "reply.status"
_JSON, _TEXT = "application/json", "text/plain; charset=utf-8"
_CONTENT_TYPE = "content-type"


class Reading:
    """One variable and where in a reply its value is."""

    __slots__ = ("_path", "_source", "name", "variable")

    def __init__(self, name: str, source: str, variable: Variable) -> None:
        self.name = name
        self.variable = variable
        self._source = source
        self._path = _path(source)

    def value(self, reply: Any) -> Value:
        """Its value; raises UnfitError, which tells the place and never the value."""
        found = self._path.find(reply)
        if found is None:
            if self._path.optional:
                return None
            raise UnfitError(f"the reply has no {self._source}")
        value = self.variable.accept(_plain(found))
        if value is None:
            raise UnfitError(f"{self._source} is not {self.variable.type}, as {self.name} is")
        return value


def _path(source: str) -> JsonPath:
    try:
        return parse(source)
    except JsonPathError:  # refused by the check; what runs all the same finds nothing
        return JsonPath(("",))


def _plain(found: Any) -> Value:
    """A value of JSON as one of a flow; None for lists and mappings."""
    match found:
        case bool() | str():
            return found
        case int() | Decimal():
            return Decimal(found)
        case _:
            return None


class HttpNode(Node):
    """Asks, and goes on by what came back."""

    __slots__ = ("_at", "_check", "_on_status", "_read", "_request", "_statuses")

    def __init__(self, build: Build, step: HttpStep) -> None:
        http = step.http
        host = http.service or host_of(http.address, build.names)
        super().__init__(build.name, f"http {host}" if host else step.kind, build.targets)
        self._at = Doing(build.name)
        self._request = _request_of(http, build)
        self._on_status = step.on_status
        self._statuses = http.expect.status
        self._read = [
            Reading(name, source, build.variables[name])
            for name, source in http.read.items()
            if name in build.variables
        ]
        schema = http.expect.schema_
        self._check = reply_check(schema) if schema is not None else None

    def enter(self, run: Run) -> Outcome:
        run.learn({STATUS: None})
        try:
            return Wait(self._at, self._request(run))
        except UnfitError as error:
            return self.failed(run, str(error))

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        status = event.values.get("status") if isinstance(event, Done) else None
        if not isinstance(event, Done) or not isinstance(status, int):
            return self.unexpected(run, event)
        run.learn({STATUS: Decimal(status)})
        run.note(self.name, f"status {status}")
        target = self._on_status.get(str(status)) or self._on_status.get(f"{status // 100}xx")
        if target is not None:
            return target
        if not any(low <= status <= high for low, high in self._statuses):
            return self.failed(run, f"status {status} was not expected")
        return self._taken(run, event.values.get("body"))

    def _taken(self, run: Run, reply: Any) -> Outcome:
        """All values are taken, or none."""
        broken = self._check(reply) if self._check is not None else None
        if broken is not None:
            return self.failed(run, f"the reply does not fit the schema at {broken}")
        try:
            values = [(each, each.value(reply)) for each in self._read]
        except UnfitError as error:
            return self.failed(run, str(error))
        for each, value in values:
            run.assign(each.name, value, sensitive=each.variable.sensitive)
        return self.targets.next


def _request_of(http: HttpBody, build: Build) -> Callable[[Run], Request]:
    address = Address(http.address, http.query, build.names)
    headers = [(name, template(text, build.names)) for name, text in http.headers.items()]
    body, content = _body_of(http.body, build)
    own = {name.lower() for name in http.headers}
    kind = () if content is None or _CONTENT_TYPE in own else (("Content-Type", content),)
    meanwhile = build.speech(http.meanwhile) if http.meanwhile is not None else None

    def request(run: Run) -> Request:
        return Request(
            method=http.method.upper(),
            url=address.url(run),
            headers=(*kind, *_headers(headers, run)),
            body=body(run) if body is not None else None,
            timeout_ms=http.timeout,
            retries=http.retries,
            meanwhile=meanwhile.prompt(run) if meanwhile is not None else SILENCE,
            language=run.scope.language,
            service=http.service,
        )

    return request


def _body_of(body: Any, build: Build) -> tuple[Callable[[Run], str] | None, str | None]:
    if body is None:
        return None, None
    if isinstance(body, str):
        return build.template(body), _TEXT
    return json_body(body, build.names), _JSON


def _headers(
    headers: list[tuple[str, Callable[[Run], str]]], run: Run
) -> Iterator[tuple[str, str]]:
    for name, fill in headers:
        value = fill(run)
        # RFC 9110, section 5.5: a line break would begin a header that nobody wrote.
        if not value.isprintable():
            raise UnfitError(f"the value for the header {name} is not of one line")
        if value:
            yield name, value
