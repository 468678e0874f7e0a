"""How text messages leave the house: the gateway, what it is sent, and to whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from config.holes import HOLE
from config.services import WebPath
from config.suggest import did_you_mean
from config.transfers import Permitted
from config.values import Line, Name

HOLES = ("to", "from", "text", "id")
_NEEDED = frozenset({"to", "text"})


def _body(body: dict[str, Any]) -> dict[str, Any]:
    used = {name for text in texts_of(body) for name in HOLE.findall(text)}
    for name in sorted(used.difference(HOLES)):
        raise ValueError(f"{{{name}}} is nothing of a message, {did_you_mean(name, HOLES)}")
    for name in sorted(_NEEDED - used):
        raise ValueError(f"has no {{{name}}}, without which no message can be sent")
    return body


def texts_of(body: Any) -> Iterator[str]:
    """Every text in a body, however deep."""
    match body:
        case str():
            yield body
        case dict():
            for part in body.values():
                yield from texts_of(part)
        case list():
            for part in body:
                yield from texts_of(part)


class Sms(Permitted):
    """Text messages that flows send, through a web service of the site. To nobody, unless it is
    written here (``allow`` and ``deny``, as of ``transfers``).

    The body is the gateway's own: ``{to}`` is the number as E.164, ``{text}`` the message,
    ``{from}`` the sender and ``{id}`` a name that no other message has. It goes by POST with the
    header Idempotency-Key, so that a gateway which knows it sends a message once, however often
    it is asked (draft-ietf-httpapi-idempotency-key-header).
    """

    service: Name = Field(description="the web service of the gateway, one of services")
    path: WebPath = Field(
        default="", description="what follows the service's address, like /messages"
    )
    format: Literal["json", "form"] = Field(
        default="json", description="how the body is written: JSON, or as a form of a web page"
    )
    body: Annotated[dict[str, Any], AfterValidator(_body)] = Field(
        default={"to": "{to}", "from": "{from}", "text": "{text}"},
        description="what the gateway wants to read; a key whose whole value is {from} is left "
        "out where there is no sender",
    )
    sender: Line | None = Field(
        default=None,
        alias="from",
        description="whom a message is from, where the flow does not say it",
    )
    per_call: Annotated[int, Field(ge=1, le=20)] = Field(
        default=3, description="messages that one call may send at most"
    )


def part_no_form_has(sms: Sms) -> str | None:
    """The key in the body of a form whose value is no text; None when there is none."""
    if sms.format == "json":
        return None
    return next((key for key, part in sms.body.items() if not isinstance(part, str)), None)
