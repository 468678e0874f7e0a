"""How e-mail leaves the house."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.document import DocumentModel
from config.services import SECRET
from config.suggest import shown
from config.values import Line

# What RFC 5321 and common sense allow without quoting; a line end would begin another header.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_SECRET_ALONE = re.compile(SECRET.pattern)


def _address(text: str) -> str:
    if _ADDRESS.fullmatch(text) is None:
        raise ValueError(f"{shown(text)} is no e-mail address, like desk@northwind.example")
    return text


def _secret(text: str) -> str:
    if _SECRET_ALONE.fullmatch(text) is None:
        raise ValueError("is written nowhere in a site: name a secret, like secret:mail_password")
    return text


EmailAddress = Annotated[str, AfterValidator(_address)]


class Mail(DocumentModel):
    """The mail server that takes what Trunkline sends (SMTP, RFC 5321)."""

    host: Line = Field(description="its name or address")
    port: Annotated[int, Field(ge=1, le=65_535)] = Field(
        default=587, description="587 for submission, 465 for tls, 25 for a relay of one's own"
    )
    encryption: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="none only where the network is one's own"
    )
    user: Line | None = Field(default=None, description="who logs in; without it nobody does")
    password: Annotated[str, AfterValidator(_secret)] | None = Field(
        default=None, description="secret:NAME"
    )
    sender: EmailAddress = Field(alias="from", description="the address that mail comes from")

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the secrets that it needs."""
        return frozenset(SECRET.findall(self.password or ""))
