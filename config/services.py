"""Web services that flows ask, by name: the address and the secrets stay out of the flows."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from config.document import DocumentModel
from config.duration import Duration
from config.suggest import shown
from config.values import Line
from config.web_origin import ORIGIN, origin_fault

SECRET = re.compile(r"\bsecret:([a-z][a-z0-9_]{0,63})\b")
"""In a header's value, in place of what nobody may read: ``Bearer secret:crm_token``."""

# RFC 3986, without a query, which belongs to each request, and without a password.
_ADDRESS = re.compile(rf"{ORIGIN.pattern}(/[A-Za-z0-9\-._~/@!$&'()*+,;=%:]*)?")
# RFC 9110, section 5.6.2.
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# RFC 3986, section 3.3, and no query: it would be in the logs of every proxy.
_PATH = re.compile(r"(/[A-Za-z0-9\-._~!$&'()*+,;=:@%]*)*")
_LOCAL = re.compile(r"http://(localhost|127\.[0-9.]+|\[::1\])(:\d+)?(/.*)?")


def _address(text: str) -> str:
    if re.match(r"\w+://[^/]*@", text):
        raise ValueError("has a password in it: send it in a header, as secret:NAME")
    found = _ADDRESS.fullmatch(text)
    if found is None:
        like = "like https://crm.example/api, without a query or a password"
        raise ValueError(f"{shown(text)} is no address of a web service, {like}")
    if fault := origin_fault(found):
        raise ValueError(fault)
    return text.rstrip("/")


def _path(text: str) -> str:
    if _PATH.fullmatch(text) is None:
        raise ValueError(f"{shown(text)} is no path, like /messages, without a query")
    return text


def _token(text: str) -> str:
    if _TOKEN.fullmatch(text) is None:
        raise ValueError(f"{shown(text)} is no name of a header")
    return text


WebAddress = Annotated[str, AfterValidator(_address)]
HeaderName = Annotated[str, AfterValidator(_token)]
WebPath = Annotated[str, AfterValidator(_path)]
"""What follows a service's address."""


class CircuitRules(DocumentModel):
    """When a service that does not answer is left alone, so that no caller waits for it."""

    failures: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=5, description="requests in a row without an answer, or with a status of 5xx"
    )
    open: Duration = Field(
        default=Duration(30_000), description="how long it is left alone before one more try"
    )


class Service(DocumentModel):
    """A web service. A flow's ``http`` step names it and adds a path to its address."""

    url: WebAddress = Field(description="where it is; paths are added to it")
    headers: dict[HeaderName, Line] = Field(
        default={}, description="sent with each request; secret:NAME stands for a secret"
    )
    timeout: Duration = Field(default=Duration(5_000), description="for all tries of a request")
    retries: Annotated[int, Field(ge=0, le=5)] = Field(default=0, description="tries more")
    circuit: CircuitRules = Field(
        default=CircuitRules(), description="when it is left alone for a while"
    )
    sensitive: bool = Field(
        default=False, description="whether flows may send it sensitive variables, in a body"
    )

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the secrets that its headers need."""
        return frozenset(name for text in self.headers.values() for name in SECRET.findall(text))

    @property
    def is_overheard(self) -> bool:
        """Whether what it is sent goes unencrypted over a network."""
        return is_overheard(self.url)


def is_overheard(url: str) -> bool:
    """Whether what is sent there goes unencrypted over a network."""
    return url.startswith("http://") and _LOCAL.fullmatch(url) is None
