"""Leads, do-not-call registers and consents over the HTTP API.

    GET    /api/lists
    POST   /api/lists/NAME/leads       [{"id": "A1", "phone": "+36…"}, …], or an object a line
    GET    /api/leads/ID               with its numbers and calls
    GET    /api/do-not-call/NUMBER     every entry there was
    PUT    /api/do-not-call/NUMBER     {"by": "anna", "note": "…", "register": "own"}
    DELETE /api/do-not-call/NUMBER     {"by": "anna", "register": "own"}
    GET    /api/consents/NUMBER
    POST   /api/consents/NUMBER        {"by": "anna", "source": "form", "kind": "automated"}
    DELETE /api/consents/NUMBER        {"by": "anna", "source": "letter"}

Whoever has the token is taken at their word for who it is (docs/agents.md).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web

from config.registers import OWN
from desk.answers import document, error
from desk.views import Json, Refused

LONGEST = 200
_LIST = "{name:[A-Za-z0-9_.-]{1,60}}"
_FIELDS = frozenset({"by", "note", "register", "source", "kind", "given"})


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody says about a number; empty: not said."""

    by: str
    note: str = ""
    register: str = OWN
    source: str = ""
    kind: str = ""
    given: str = ""


class Leads(Protocol):
    """The leads of a site. All raise Refused of what is not done, and Unavailable."""

    async def lists(self) -> list[Json]:
        """Every list, with how many leads are in which state."""
        ...

    async def bring_in(self, name: str, sent: Sequence[Json], by: str) -> Json:
        """Into a list, which is made if there is none: how many were added, joined, refused."""
        ...

    async def lead(self, lead_id: int) -> Json:
        """One, with its numbers and calls."""
        ...

    async def entries(self, number: str) -> list[Json]:
        """Every do-not-call entry of a number that there was."""
        ...

    async def enter(self, number: str, word: Word) -> bool:
        """Nobody calls it any more; False: nobody did before."""
        ...

    async def take_out(self, number: str, word: Word) -> bool:
        """Out of a register; False: it is not in it."""
        ...

    async def consents(self, number: str) -> list[Json]:
        """Every consent of a number, also those that were withdrawn."""
        ...

    async def consent(self, number: str, word: Word) -> bool:
        """It was given; False: that is written already."""
        ...

    async def withdraw(self, number: str, word: Word) -> bool:
        """It does not hold any more; False: none did."""
        ...


LEADS: web.AppKey[Leads] = web.AppKey("leads")


def add_routes(app: web.Application, leads: Leads) -> None:
    """Below /api/, where the application asks for the token."""
    app[LEADS] = leads
    app.router.add_get("/api/lists", _lists)
    app.router.add_post(f"/api/lists/{_LIST}/leads", _bring_in)
    app.router.add_get("/api/leads/{id:[0-9]{1,15}}", _lead)
    app.router.add_get("/api/do-not-call/{number}", _entries)
    app.router.add_put("/api/do-not-call/{number}", _enter)
    app.router.add_delete("/api/do-not-call/{number}", _take_out)
    app.router.add_get("/api/consents/{number}", _consents)
    app.router.add_post("/api/consents/{number}", _consent)
    app.router.add_delete("/api/consents/{number}", _withdraw)


async def _lists(request: web.Request) -> web.Response:
    return web.json_response(await request.app[LEADS].lists())


async def _bring_in(request: web.Request) -> web.Response:
    try:
        sent = _objects(await request.text())
        by = _text({"by": request.query.get("by", "api")}, "by")
        name = request.match_info["name"]
        return web.json_response(await request.app[LEADS].bring_in(name, sent, by))
    except ValueError as wrong:
        return error(400, "bad_leads", str(wrong))
    except Refused as refused:
        return _refused(refused)


def _objects(text: str) -> list[Json]:
    """An array of objects, or one a line; ValueError in words for who sent it."""
    if text.lstrip().startswith("["):
        found = _json(text, "the array")
    else:
        lines = enumerate(text.splitlines(), 1)
        found = [_json(line, f"line {at}") for at, line in lines if line.strip()]
    if not found or not all(isinstance(each, dict) for each in found):
        raise ValueError('send [{"phone": "+36301234567"}, …], or an object a line')
    return list(found)


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as wrong:
        raise ValueError(f"{where} is no JSON: {wrong}") from None


async def _lead(request: web.Request) -> web.Response:
    try:
        return web.json_response(await request.app[LEADS].lead(int(request.match_info["id"])))
    except Refused as refused:
        return _refused(refused)


async def _entries(request: web.Request) -> web.Response:
    try:
        found = await request.app[LEADS].entries(request.match_info["number"])
    except Refused as refused:
        return _refused(refused)
    return web.json_response(found)


async def _consents(request: web.Request) -> web.Response:
    try:
        found = await request.app[LEADS].consents(request.match_info["number"])
    except Refused as refused:
        return _refused(refused)
    return web.json_response(found)


async def _enter(request: web.Request) -> web.Response:
    return await _said(request, "enter")


async def _take_out(request: web.Request) -> web.Response:
    return await _said(request, "take_out")


async def _consent(request: web.Request) -> web.Response:
    return await _said(request, "consent")


async def _withdraw(request: web.Request) -> web.Response:
    return await _said(request, "withdraw")


async def _said(request: web.Request, verb: str) -> web.Response:
    """Tells whether anything is otherwise than before."""
    do = getattr(request.app[LEADS], verb)
    try:
        changed = await do(request.match_info["number"], _word(await document(request)))
    except ValueError as wrong:
        return error(400, "bad_request", str(wrong))
    except Refused as refused:
        return _refused(refused)
    return web.json_response({"changed": changed})


def _word(sent: Json | None) -> Word:
    """ValueError in words for who sent it."""
    if sent is None:
        raise ValueError('send {"by": "…"}')
    if unknown := sorted(sent.keys() - _FIELDS):
        raise ValueError(f"unknown: {', '.join(unknown)}; allowed: {', '.join(sorted(_FIELDS))}")
    return Word(**{name: _text(sent, name) for name in {*sent, "by"}})


def _text(sent: Json, name: str) -> str:
    value = sent.get(name)
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError(f"{name}: a text of one line is needed")
    if len(value) > LONGEST:
        raise ValueError(f"{name}: {LONGEST} signs at most")
    return value.strip()


def _refused(refused: Refused) -> web.Response:
    return error(404 if refused.unknown else 409, refused.code, str(refused))
