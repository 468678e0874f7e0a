"""Card payments in a conversation, over HTTP: begun, watched, led and ended by its agent.

    POST /api/contacts/ID/payments   {"key": "42", "agent": "anna", "amount": "12.50", …}
    GET  /api/contacts/ID/payments   all of this call, the newest first
    GET  /api/payments/PAYMENT       how it stands
    GET  /api/payments/PAYMENT/events        server-sent events, each change as it happens
    POST /api/payments/PAYMENT/VERB  ask, reset, complete, retry, cancel

Only the agent who has the caller may, or a supervisor; `agent` or `supervisor` says who it is, and
whoever has the token is taken at their word (docs/agents.md). No digit of a card comes this way but
the last four.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from aiohttp import web

from desk.answers import document, error
from desk.streaming import LAST_SEEN, stream
from desk.views import Json, Refused

FIELDS = ("card-number", "expiration-date", "security-code", "postal-code")
NEEDED = FIELDS[:2]
OPERATIONS = ("charge", "authorise")
VERBS = ("ask", "reset", "complete", "retry", "cancel")
ABOUT_FIELD = ("ask", "reset")
LONGEST = {"key": 100, "reference": 200, "agent": 60, "supervisor": 60}
"""Signs of each text."""
PAYMENT = "{payment:pay_[0-9a-f]{32}}"
_MAY_START = frozenset(
    {"key", "agent", "supervisor", "amount", "currency", "reference"}
    | {"operation", "fields", "in_order", "prompts", "language"}
)
_MAY_LEAD = frozenset({"agent", "supervisor", "field", "another_card"})


@dataclass(frozen=True, slots=True)
class Who:
    """Whose wish it is: an agent by the site's name, or a supervisor."""

    agent: str | None = None
    supervisor: str | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """A payment to be taken. The same `key` in one contact is the same payment; `fields` None: as
    the site says; without `in_order` the agent asks for each; `language` None: the caller's."""

    key: str
    who: Who
    amount: Decimal
    currency: str
    reference: str
    authorise: bool = False
    fields: tuple[str, ...] | None = None
    in_order: bool = True
    prompts: bool = False
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    """What an agent wants of a payment that is being taken."""

    verb: str
    who: Who
    field: str = ""
    another_card: bool = False


class CardPayments(Protocol):
    """Payments of this engine's calls. All raise Unavailable, and Refused of what is not done."""

    async def start(self, contact: str, wanted: Start) -> Json:
        """Its lines are masked when it returns; how it stands."""
        ...

    async def lead(self, payment: str, wanted: Lead) -> Json:
        """How it stands then."""
        ...

    async def payment(self, payment: str) -> Json:
        """How it stands, or how it ended."""
        ...

    async def of_contact(self, contact: str) -> list[Json]:
        """The newest first."""
        ...

    def watch(self, payment: str, since: int | None) -> AsyncIterator[tuple[int, Json]]:
        """How it stands, then each change with its number, to its end."""
        ...


TAKEN: web.AppKey[CardPayments] = web.AppKey("card payments")
STATUSES: Mapping[str, int] = {
    "not_yours": 403,
    "captures_away": 503,
    "ledger_away": 503,
}
"""Of refusals; all others are 409."""


def add_routes(app: web.Application, payments: CardPayments) -> None:
    """Below /api/, where the application asks for the token."""
    app[TAKEN] = payments
    app.router.add_post("/api/contacts/{id}/payments", _start)
    app.router.add_get("/api/contacts/{id}/payments", _of_contact)
    app.router.add_get(f"/api/payments/{PAYMENT}", _payment)
    app.router.add_get(f"/api/payments/{PAYMENT}/events", _events)
    app.router.add_post(f"/api/payments/{PAYMENT}/{{verb:{'|'.join(VERBS)}}}", _lead)


async def _start(request: web.Request) -> web.Response:
    try:
        wanted = _wanted(await document(request))
        told = await request.app[TAKEN].start(request.match_info["id"], wanted)
    except ValueError as wrong:
        return error(400, "bad_request", str(wrong))
    except Refused as refused:
        return _refused(refused)
    return web.json_response(told, status=201)


async def _lead(request: web.Request) -> web.Response:
    try:
        wish = _wish(request.match_info["verb"], await document(request))
        told = await request.app[TAKEN].lead(request.match_info["payment"], wish)
    except ValueError as wrong:
        return error(400, "bad_request", str(wrong))
    except Refused as refused:
        return _refused(refused)
    return web.json_response(told)


async def _payment(request: web.Request) -> web.Response:
    try:
        return web.json_response(await request.app[TAKEN].payment(request.match_info["payment"]))
    except Refused as refused:
        return _refused(refused)


async def _of_contact(request: web.Request) -> web.Response:
    return web.json_response(await request.app[TAKEN].of_contact(request.match_info["id"]))


async def _events(request: web.Request) -> web.StreamResponse:
    """A reader whose stream broke off goes on where it was, by the header that browsers send."""
    name, payments = request.match_info["payment"], request.app[TAKEN]
    seen = request.headers.get(LAST_SEEN, "")
    since = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None
    try:
        await payments.payment(name)
    except Refused as refused:
        return _refused(refused)
    return await stream(request, payments.watch(name, since))


def _refused(refused: Refused) -> web.Response:
    status = 404 if refused.unknown else STATUSES.get(refused.code, 409)
    return error(status, refused.code, str(refused))


def _wanted(sent: Json | None) -> Start:
    """ValueError in words for who sent it."""
    sent = _known(sent, _MAY_START)
    operation = sent.get("operation", "charge")
    if operation not in OPERATIONS:
        raise ValueError(f"operation: one of {', '.join(OPERATIONS)} is needed")
    language = sent.get("language")
    if not isinstance(language, str | None):
        raise ValueError("language: two letters, such as en")
    return Start(
        key=_text(sent, "key"),
        who=_who(sent),
        amount=_amount(sent),
        currency=_currency(sent),
        reference=_text(sent, "reference"),
        authorise=operation == "authorise",
        fields=_fields(sent),
        in_order=_flag(sent, "in_order", usual=True),
        prompts=_flag(sent, "prompts", usual=False),
        language=language,
    )


def _wish(verb: str, sent: Json | None) -> Lead:
    sent = _known(sent, _MAY_LEAD)
    name = sent.get("field", "")
    if name not in (FIELDS if verb in ABOUT_FIELD else ("",)):
        raise ValueError(f"field: one of {', '.join(FIELDS)}, for {' and '.join(ABOUT_FIELD)}")
    return Lead(verb, _who(sent), name, _flag(sent, "another_card", usual=False))


def _known(sent: Json | None, allowed: frozenset[str]) -> Json:
    if sent is None:
        raise ValueError('send JSON: {"agent": "anna", …}')
    if unknown := sorted(sent.keys() - allowed):
        raise ValueError(f"unknown: {', '.join(unknown)}; allowed: {', '.join(sorted(allowed))}")
    return sent


def _who(sent: Json) -> Who:
    if ("agent" in sent) is ("supervisor" in sent):
        raise ValueError("agent or supervisor: one of them says who asks")
    name = "agent" if "agent" in sent else "supervisor"
    text = _text(sent, name)
    if ":" in text:
        raise ValueError(f"{name}: a name without colons is needed")
    return Who(**{name: text})


def _text(sent: Json, name: str) -> str:
    value: Any = sent.get(name)
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError(f"{name}: a text of one line is needed")
    if len(value) > LONGEST[name]:
        raise ValueError(f"{name}: {LONGEST[name]} signs at most")
    return value.strip()


def _amount(sent: Json) -> Decimal:
    """Written as text: JSON's fractions are not exact everywhere."""
    value = sent.get("amount")
    try:
        amount = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite() or amount <= 0:
        raise ValueError('amount: a text such as "12.50", above zero, is needed')
    return amount


def _currency(sent: Json) -> str:
    value = sent.get("currency")
    if not isinstance(value, str) or len(value) != 3 or not value.isascii() or not value.isupper():
        raise ValueError("currency: three letters such as EUR are needed")
    return value


def _fields(sent: Json) -> tuple[str, ...] | None:
    value = sent.get("fields")
    if value is None:
        return None
    known = isinstance(value, list) and all(each in FIELDS for each in value)
    if not known or len(set(value)) != len(value) or not set(NEEDED) <= set(value):
        needs = f"each once, of {', '.join(FIELDS)}; a card has at least {' and '.join(NEEDED)}"
        raise ValueError(f"fields: {needs}")
    return tuple(value)


def _flag(sent: Json, name: str, *, usual: bool) -> bool:
    value = sent.get(name, usual)
    if not isinstance(value, bool):
        raise ValueError(f"{name}: true or false is needed")
    return value
