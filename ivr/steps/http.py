"""``http``: ask a web service, and take values from what it replies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from config.document import DocumentModel
from config.problem import Path
from config.suggest import shown
from ivr.errors import JsonPathError
from ivr.json_bodies import texts_of
from ivr.jsonpath import parse
from ivr.patterns import MAX_MATCHED
from ivr.reply_schema import schema_faults
from ivr.run import Node
from ivr.steps.base import Build, Context, Continues, Edge, Finding, Heard, unknown
from ivr.steps.requesting import HttpNode
from ivr.terms import names_in
from ivr.values import Duration, StepName, VariableName
from ivr.variables import Variable
from ivr.web_address import address_faults
from ivr.wording import Spoken, holes

METHODS = ("get", "post", "put", "patch", "delete")
MAX_RETRIES = 5
_STATUSES = re.compile(r"([1-5]\d\d)(?:-([1-5]\d\d))?")
# RFC 9110, section 5.6.2: a header's name is a token.
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


def _status_key(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[1-5](\d\d|xx)", value) is None:
        raise ValueError(f"{shown(value)} is no status, write one like 404, or a class like 5xx")
    return value


def _header(value: str) -> str:
    if _HEADER.fullmatch(value) is None:
        raise ValueError(f"{shown(value)} is no name of a header")
    if value.lower() in _OURS:
        raise ValueError(f"{value} is written by Trunkline itself")
    return value


def _statuses(value: Any) -> Any:
    """``"200-204, 404"`` as its ranges."""
    if not isinstance(value, str):
        return value
    ranges = []
    for part in value.split(","):
        found = _STATUSES.fullmatch(part.strip())
        low, high = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if low > high:
            raise ValueError(f"{shown(part.strip())} is no status, write 200, or 200-299")
        ranges.append((low, high))
    return tuple(ranges)


StatusKey = Annotated[str, BeforeValidator(_status_key, json_schema_input_type=str)]
HeaderName = Annotated[str, AfterValidator(_header)]
Statuses = Annotated[
    tuple[tuple[int, int], ...], BeforeValidator(_statuses, json_schema_input_type=str)
]


class Expect(DocumentModel):
    """What a reply must be like to be taken; any other leaves by ``on_error``."""

    status: Statuses = Field(
        default="200-299", validate_default=True, description="like 200-299, or 200, 404"
    )
    schema_: Any = Field(
        default=None,
        alias="schema",
        description="a JSON Schema (2020-12) that the reply fits; a text of more than "
        f"{MAX_MATCHED} signs fits no pattern",
    )


class HttpBody(DocumentModel):
    """One of ``get``, ``post``, ``put``, ``patch`` and ``delete`` has the address.

    With a ``service`` of the site the address is what follows the service's own, ``/accounts``;
    its headers, secrets, time limit and circuit are the site's. In the address every value is
    encoded; one that is not set fails the step, since the address would mean something else.
    """

    get: str | None = Field(default=None, description="the address to read")
    post: str | None = Field(default=None, description="the address to send the body to")
    put: str | None = Field(default=None, description="the address of what the body replaces")
    patch: str | None = Field(default=None, description="the address of what the body changes")
    delete: str | None = Field(default=None, description="the address of what is deleted")
    service: str | None = Field(default=None, description="a web service of the site")
    headers: dict[HeaderName, str] = Field(
        default_factory=dict, description="one whose value is not set is left out"
    )
    query: dict[str, str] = Field(
        default_factory=dict, description="what follows ? in the address; unset ones are left out"
    )
    body: Any = Field(
        default=None,
        description="a mapping or list is sent as JSON, a text as it is; in JSON a hole that "
        "stands alone keeps its type, and 3 is a number where '3' is text",
    )
    timeout: Duration | None = Field(
        default=None, description="for all tries together; the service's own, or 5s"
    )
    retries: int | None = Field(
        default=None,
        ge=0,
        le=MAX_RETRIES,
        description="tries more; post and patch only where nothing was sent",
    )
    read: dict[VariableName, str] = Field(
        default_factory=dict,
        description="variable: its place in the reply like $.customer.name; a ? at the end where "
        "the reply may lack it",
    )
    expect: Expect = Field(default=Expect(), description="what a reply must be like")
    meanwhile: Spoken | None = Field(
        default=None, description="said when the reply takes more than 0.4 s; then music"
    )

    @model_validator(mode="after")
    def _one_method(self) -> Self:
        used = [name for name in METHODS if getattr(self, name) is not None]
        if not used:
            raise ValueError(f"has no method, write one of {', '.join(METHODS)} with the address")
        if len(used) > 1:
            raise ValueError(f"is one request, this is {' and '.join(used)}")
        if self.body is not None and used[0] in ("get", "delete"):
            raise ValueError(f"{used[0]} sends no body, use post, put or patch")
        return self

    @property
    def method(self) -> str:
        """The key of the method, in small letters."""
        return next(name for name in METHODS if getattr(self, name) is not None)

    @property
    def address(self) -> str:
        """What is asked, holes and all."""
        address: str = getattr(self, self.method)
        return address


class HttpStep(Continues):
    """``bill: {http: {get: "/bills/{account}", service: crm, read: {due: $.due}}, next: tell}``

    ``on_status`` leads elsewhere for a status (404) or a class of them (5xx); then nothing is
    read. A reply that is not as expected, or none in time, leaves by ``on_error``. Afterwards
    ``reply.status`` is the status; it is not set when there was no reply.
    """

    kind: ClassVar[str] = "http"
    http: HttpBody = Field(description="the request, and what is taken from the reply")
    on_status: dict[StatusKey, StepName] = Field(
        default_factory=dict, description="step by status: 404, or 5xx for all of a class"
    )

    def branches(self) -> Iterator[Edge]:
        for status, target in self.on_status.items():
            yield Edge(("on_status", status), target, silent=True)

    def heard(self) -> Iterator[Heard]:
        if self.http.meanwhile is not None:
            yield Heard(("http", "meanwhile"), self.http.meanwhile)

    def templates(self, variables: Mapping[str, Variable]) -> Iterator[tuple[Path, str]]:
        yield from self._seen()
        yield from texts_of(self.http.body, ("http", "body"))

    def assigns(self) -> Iterator[str]:
        yield from self.http.read
        yield "reply.status"

    def summary(self, language: str) -> str:
        http = self.http
        return " ".join(filter(None, [http.method.upper(), http.service, http.address]))

    def findings(self, context: Context) -> Iterator[Finding]:
        yield from self._address(context)
        yield from self._leaks(context)
        yield from self._read(context)
        if self.http.expect.schema_ is not None:
            for path, message in schema_faults(self.http.expect.schema_):
                yield Finding(("http", "expect", "schema", *path), message)

    def _seen(self) -> Iterator[tuple[Path, str]]:
        """Texts that stand in logs on the way: the address, its query, the headers."""
        yield ("http", self.http.method), self.http.address
        for part in ("query", "headers"):
            for name, text in getattr(self.http, part).items():
                yield ("http", part, name), text

    def _address(self, context: Context) -> Iterator[Finding]:
        service = self.http.service
        if service is not None:
            yield from unknown("service", service, ("http", "service"), context.known.services)
        of_service = service is not None
        for fault in address_faults(self.http.address, context.names, of_service=of_service):
            yield Finding(("http", self.http.method), fault)

    def _leaks(self, context: Context) -> Iterator[Finding]:
        """A sensitive value in what servers and their proxies write into logs; or in the body,
        when nobody said that this service may have it."""
        for path, text in self._seen():
            for name in _sensitive(text, context):
                where = "an address or a header"
                yield Finding(path, f"{name} is sensitive and is never put into {where}")
        if self._may_be_told(context):
            return
        for path, text in texts_of(self.http.body, ("http", "body")):
            for name in _sensitive(text, context):
                message = f"{name} is sensitive, only a service with sensitive: yes may be sent it"
                yield Finding(path, message)

    def _may_be_told(self, context: Context) -> bool:
        service, services = self.http.service, context.known.services
        if service is None:
            return False
        return services is None or service not in services or services[service].sensitive

    def _read(self, context: Context) -> Iterator[Finding]:
        for name, source in self.http.read.items():
            path = ("http", "read", name)
            yield from unknown("variable", name, path, context.variables, key=True)
            try:
                parse(source)
            except JsonPathError as error:
                yield Finding(path, error.message, at=error.col)

    def node(self, build: Build) -> Node:
        return HttpNode(build, self)


def _sensitive(text: str, context: Context) -> Iterator[str]:
    for hole in holes(text):
        for name in sorted(names_in(hole.source, context.names)):
            if context.names[name].sensitive:
                yield name
