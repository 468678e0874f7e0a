"""A card goes out in a bytearray that is wiped, over verified TLS, and what is known of a request
that fails is said exactly."""

import asyncio
import json
import ssl
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.payments import HttpGateway
from payments import json_api
from payments.errors import LooksLikeACard, NoAnswer, NotDone
from payments.gateways import Approved, Order
from payments.gateways.stripe import StripeGateway
from payments.json_api import JsonApi
from payments.money import Amount
from payments.sandbox.faults import Fault, Mishap
from payments.sandbox.server import Sandbox
from payments.stripe_api import StripeApi
from payments.tokens import Key, Token
from payments.tokens.stripe import StripeTokeniser
from payments.wire import HttpsWire, WireRequest, form, json_body
from payments.wire.bodies import Value
from tests.fakes.payment_house import card, digits
from tests.fakes.sandbox_server import KEY, sandbox_server, self_signed
from tests.fakes.web_service import breaks, text, web_service

pytestmark = pytest.mark.unit

POST = {"Content-Type": "text/plain"}


async def sent(wire: HttpsWire, body: bytes = b"4242") -> tuple[bytearray, Exception | None]:
    """What became of a body, and what was raised."""
    held = bytearray(body)
    try:
        await wire.send(WireRequest("POST", "/x", POST, held))
    except (NotDone, NoAnswer) as failure:
        return held, failure
    finally:
        wire.close()
    return held, None


def test_a_form_is_built_without_a_text_of_the_digits() -> None:
    """Quoted where it must be; the digits as they lie."""
    number = digits("4242424242424242")
    built = form({"card[number]": (number.view(),), "name": "A&B ő", "n": 7})
    assert isinstance(built, bytearray)
    assert built == b"card%5Bnumber%5D=4242424242424242&name=A%26B+%C5%91&n=7"


def test_json_is_built_likewise_and_nothing_fills_a_hole_twice() -> None:
    """A reference that looks like a hole is only a text; numbers stay numbers."""
    number, code = digits("4242424242424242"), digits("123")
    values: dict[str, Value] = {
        "number": (number.view(),),
        "code": (code.view(),),
        "reference": '{number} "\ue000"',
        "minor": 1250,
    }
    template = {
        "pan": "{number}",
        "cvc": ["{code}"],
        "ref": "Ref {reference}",
        "cents": "{minor}",
        "text": "{minor} cents {other}",
    }
    built = json.loads(json_body(template, values))
    assert built == {
        "pan": "4242424242424242",
        "cvc": ["123"],
        "ref": 'Ref {number} ""',
        "cents": 1250,
        "text": "1250 cents {other}",
    }


@pytest.mark.parametrize(
    "value", ["4242424242424242", "pm_4242 4242 4242 4242", "5555-5555-5555-4444"]
)
def test_a_number_is_no_token(value: str) -> None:
    """The last guard behind the types: nothing of it is in the error."""
    with pytest.raises(LooksLikeACard) as caught:
        Token(value)
    assert "4" not in str(caught.value)


@pytest.mark.parametrize(
    "value", ["pm_1MtwBwLkdIwHu7ix28a3tqPa", "tok_8f638454455905bffb1d81ac", "7"]
)
def test_a_token_is_one(value: str) -> None:
    """Many digits among letters are a provider's random name."""
    assert Token(value).value == value


@pytest.fixture
async def secure(tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """A sandbox with TLS, and the authorities that know it."""
    authorities, context = self_signed(tmp_path)
    async with sandbox_server(Sandbox(KEY), context) as url:
        yield url, authorities


async def test_a_payment_goes_over_verified_tls(secure: tuple[str, Path]) -> None:
    """Tokenise and charge, over real sockets."""
    wire = HttpsWire(secure[0], 10, secure[1])
    api = StripeApi(wire, KEY)
    token = (await StripeTokeniser(api).tokenise(card(), Key("k1"))).token
    order = Order("pay_1", Amount(12_50, "EUR"), "Invoice 7")
    assert isinstance(await StripeGateway(api).charge(order, token, Key("k2")), Approved)
    wire.close()


async def test_who_is_not_verified_gets_no_card(secure: tuple[str, Path], tmp_path: Path) -> None:
    """An unknown authority, or a certificate of somebody else: nothing was sent."""
    held, failure = await sent(HttpsWire(secure[0], 10))
    assert isinstance(failure, NotDone)
    assert failure.reason == "certificate"
    assert held == bytes(4)
    (tmp_path / "other").mkdir()
    authorities, context = self_signed(tmp_path / "other", "192.0.2.1")
    async with sandbox_server(Sandbox(KEY), context) as url:
        _, failure = await sent(HttpsWire(url, 10, authorities))
    assert isinstance(failure, NotDone)
    assert failure.reason == "certificate"


async def test_old_tls_gets_no_card(tmp_path: Path) -> None:
    """1.2 is the least."""
    authorities, context = self_signed(tmp_path)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with sandbox_server(Sandbox(KEY), context) as url:
        _, failure = await sent(HttpsWire(url, 10, authorities))
    assert isinstance(failure, NotDone)


async def test_nobody_there_is_not_done(unused_tcp_port: int) -> None:
    """The connection was refused: it surely did not arrive."""
    held, failure = await sent(HttpsWire(f"http://127.0.0.1:{unused_tcp_port}", 10))
    assert isinstance(failure, NotDone)
    assert held == bytes(4)


async def test_a_cut_after_sending_is_no_answer() -> None:
    """It may have arrived."""
    async with web_service(breaks) as service:
        held, failure = await sent(HttpsWire(service.url, 10))
    assert isinstance(failure, NoAnswer)
    assert held == bytes(4)


async def test_silence_is_no_answer() -> None:
    """After the time for it."""
    sandbox = Sandbox(KEY)
    sandbox.faults.order([Fault(Mishap.DELAY, "/v1/", ms=3_000)])
    async with sandbox_server(sandbox) as url:
        wire = HttpsWire(url, 0.2)
        with pytest.raises(NoAnswer, match="timeout"):
            await StripeApi(wire, KEY).get("/v1/payment_intents", {})
        wire.close()


async def test_what_is_answered_is_wiped_too() -> None:
    """On the good way out as on the others; the body arrived as it was."""
    async with web_service(text("{}")) as service:
        held, failure = await sent(HttpsWire(service.url, 10))
        assert failure is None
        assert service.asked[0].body == "4242"
    assert held == bytes(4)


async def test_one_that_is_given_up_is_wiped_by_who_has_it() -> None:
    """The thread that sends it, when it is through."""
    sandbox = Sandbox(KEY)
    sandbox.faults.order([Fault(Mishap.DELAY, "/v1/", ms=5_000)])
    async with sandbox_server(sandbox) as url:
        wire = HttpsWire(url, 10)
        held = bytearray(b"4242")
        request = WireRequest("POST", "/v1/x", {**POST, "Authorization": f"Bearer {KEY}"}, held)
        task = asyncio.create_task(wire.send(request))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.to_thread(wire.close)
        wire._threads.shutdown(wait=True)
    assert held == bytes(4)


async def test_what_a_closed_wire_is_given_is_wiped() -> None:
    """The site was read again in that moment: nothing was sent, by nobody."""
    wire = HttpsWire("https://psp.example", 5)
    wire.close()
    body, failure = await sent(wire)
    assert isinstance(failure, NotDone)
    assert body == bytes(4)


async def test_no_body_is_built_for_a_path_that_there_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody would wipe it."""
    built: list[object] = []
    monkeypatch.setattr(json_api, "json_body", lambda *given: built.append(given))
    described = HttpGateway.model_validate(
        {
            "url": "https://psp.example",
            "tokenise": {"path": "/cards", "body": {"pan": "{number}"}},
            "charge": {"path": "/payments"},
            "reply": {"approved": ["OK"], "declined": ["NOK"]},
        }
    )
    api = JsonApi(HttpsWire(described.url, 5), described, {})
    with pytest.raises(NotDone, match="nothing_to_ask_about"):
        await api.post("/cards/{handle}", {}, {"key": "k1"}, Key("k1"))
    assert built == []


async def test_the_keys_of_its_tls_are_written_nowhere(
    secure: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python writes them where SSLKEYLOGFILE says; who has them can read what was sent."""
    keys = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    url, authority = secure
    wire = HttpsWire(url, 5, authority)
    await StripeTokeniser(StripeApi(wire, KEY)).tokenise(card(), Key("k1"))
    wire.close()
    assert not keys.exists()
