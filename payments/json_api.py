"""Any provider with JSON over HTTPS, as the site describes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from config.payments import HttpGateway, ReplyPlaces
from config.services import SECRET
from payments.errors import NoAnswer, NotDone
from payments.gateways import Answer, Approved, Declined, Handle, Pending, decline
from payments.tokens import Key
from payments.wire import Wire, WireReply, WireRequest, json_body
from payments.wire.bodies import HOLE, Value

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_CONFLICT, _TOO_MANY, _SERVER = 409, 429, 500


class JsonApi:
    """The provider's requests. Raises NotDone, NoAnswer."""

    def __init__(self, wire: Wire, described: HttpGateway, secrets: Mapping[str, str]) -> None:
        self.described = described
        self._wire = wire
        self._headers = {
            name: SECRET.sub(lambda found: secrets[found[1]], text)
            for name, text in described.headers.items()
        }

    async def post(
        self, path: str, body: Mapping[str, Any], values: Mapping[str, Value], key: Key
    ) -> WireReply:
        """Do something, once for this key."""
        headers = {
            **self._headers,
            self.described.key_header: key,
            "Content-Type": "application/json",
        }
        whole = filled(path, values)  # first: where it fails, nobody would wipe the body
        content = json_body(without_absent(body, values), values)
        return await self._wire.send(WireRequest("POST", whole, headers, content))

    async def get(self, path: str, values: Mapping[str, Value]) -> WireReply:
        """Look at something."""
        return await self._wire.send(WireRequest("GET", filled(path, values), self._headers))


def without_absent(body: Any, values: Mapping[str, Value]) -> Any:
    """The body without the keys whose whole value is the hole of what there is not."""

    def is_absent(part: Any) -> bool:
        whole = HOLE.fullmatch(part) if isinstance(part, str) else None
        return whole is not None and whole[1] not in values

    if isinstance(body, dict):
        kept = ((key, part) for key, part in body.items() if not is_absent(part))
        return {key: without_absent(part, values) for key, part in kept}
    if isinstance(body, list | tuple):
        return [without_absent(part, values) for part in body if not is_absent(part)]
    return body


def filled(path: str, values: Mapping[str, Value]) -> str:
    """A path with its holes filled. Raises NotDone where there is nothing to fill one with."""

    def fill(found: re.Match[str]) -> str:
        value = values.get(found[1])
        if not isinstance(value, str):
            raise NotDone("nothing_to_ask_about")
        return quote(value, safe="")

    return HOLE.sub(fill, path)


def told_at(reply: Mapping[str, Any], place: str) -> str | None:
    """The text, number or truth at `error.code`, as text; None: none of these is there."""
    found: Any = reply
    for name in place.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return str(found) if isinstance(found, str | int | float | bool) else None


def object_of(reply: WireReply, places: ReplyPlaces) -> Mapping[str, Any]:
    """The reply's object, if it tells how the request went; a refusal of the request itself is
    NotDone, all else NoAnswer."""
    told = reply.json() or {}
    if reply.status >= _SERVER or reply.status == _CONFLICT:
        raise NoAnswer(f"status_{reply.status}")
    if reply.status < 300 or told_at(told, places.status) in (*places.approved, *places.declined):
        return told
    if reply.status >= 400:
        raise NotDone(f"status_{reply.status}")
    raise NoAnswer(f"status_{reply.status}")


def answer_of(told: Mapping[str, Any], places: ReplyPlaces, about: Handle | None) -> Answer:
    """What a reply means, by the words that the site names. Raises NoAnswer of any other."""
    name = told_at(told, places.handle)
    handle = Handle(name) if name is not None else about
    status = told_at(told, places.status)
    if status in places.declined:
        code = told_at(told, places.code)
        known = code if code is not None and _CODE.fullmatch(code) else None
        why = places.codes.get(known, known) if known is not None else None
        return Declined(decline(why, told_at(told, places.advice)), handle)
    if handle is None or status not in (*places.approved, *places.pending):
        raise NoAnswer("unexpected_status")
    return Approved(handle) if status in places.approved else Pending(handle)
