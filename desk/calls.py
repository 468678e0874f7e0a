"""What agents do with a caller over HTTP: transfer, consult, confer, hold, hang up.

`POST /api/contacts/{id}/{verb}`; `transfer` and `consult` take `{"to": …, "note": …}`, a transfer
to a queue `"keep_place"` too. 200 once it is under way, 409 with a code and a reason if it is
refused; then nothing has happened.
"""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from desk.answers import document, error
from desk.views import Handling, HandlingRefused, Wish

HANDLING: web.AppKey[Handling] = web.AppKey("handling")
_LATER = ("conference", "complete", "cancel", "toggle", "hold", "resume", "hangup")
VERBS = ("transfer", "consult", *_LATER)
NOTE_LETTERS = 500


def add_routes(app: web.Application, handling: Handling) -> None:
    """The routes below `/api/contacts/`."""
    app[HANDLING] = handling
    app.router.add_post(f"/api/contacts/{{id}}/{{verb:{'|'.join(VERBS)}}}", _handle)


async def _handle(request: web.Request) -> web.Response:
    contact, verb = request.match_info["id"], request.match_info["verb"]
    try:
        wish = _wish(verb, await _sent(request))
        return web.json_response(await request.app[HANDLING].handle(contact, wish))
    except _Unreadable as unreadable:
        return error(400, "bad_request", str(unreadable))
    except HandlingRefused as refused:
        return error(409, refused.code, str(refused))


class _Unreadable(Exception):
    """What was sent is no wish."""


async def _sent(request: web.Request) -> Mapping[str, Any]:
    if not request.can_read_body:
        return {}
    sent = await document(request)
    if sent is None:
        raise _Unreadable('send JSON: {"to": "queue:support", "note": "…"}')
    return sent


def _wish(verb: str, sent: Mapping[str, Any]) -> Wish:
    to, note, keep_place = sent.get("to", ""), sent.get("note", ""), sent.get("keep_place")
    if not isinstance(to, str) or (verb in ("transfer", "consult") and not to):
        raise _Unreadable("to: use queue:NAME, agent:NAME or a number such as +361…")
    if not isinstance(note, str) or len(note) > NOTE_LETTERS or not note.isprintable():
        raise _Unreadable(f"note: one line of at most {NOTE_LETTERS} letters is needed")
    if not isinstance(keep_place, bool | None):
        raise _Unreadable("keep_place: true or false is needed")
    return Wish(verb, to, note, keep_place)
