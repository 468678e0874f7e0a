"""A provider that a site describes in YAML: what it is sent, and what its words mean."""

import json
import re
from pathlib import Path
from textwrap import dedent

import pytest

from config.decline_codes import DECLINE_CODES
from config.document import DocumentError, load_text
from config.payments import HttpGateway, Payments
from payments.errors import CardRefused, NoAnswer, NotDone
from payments.gateways import Approved, Asked, Declined, Handle, Operation, Order, Pending, Reason
from payments.gateways.declines import CODES
from payments.gateways.json import JsonGateway
from payments.json_api import JsonApi
from payments.money import Amount
from payments.tokens import Key, Token
from payments.tokens.json import JsonTokeniser
from payments.wire import HttpsWire
from tests.fakes.payment_house import card
from tests.fakes.web_service import Answer, text, web_service

pytestmark = pytest.mark.unit

SITE = """
http:
  url: {url}
  headers: {{X-Api-Key: "secret:psp"}}
  key_header: X-Once
  tokenise:
    path: /cards
    body:
      card: {{pan: "{{number}}", exp: "{{month}}/{{yy}}", cvv: "{{code}}", zip: "{{postal}}"}}
    token: card.token
  charge:
    path: /payments
    body: {{token: "{{token}}", value: "{{minor}}", text: "{{amount}} {{currency}}, {{reference}}"}}
  refund: {{path: "/payments/{{handle}}/refunds", body: {{value: "{{minor}}"}}}}
  look: /requests/{{key}}
  reply:
    approved: [OK]
    declined: [NOK]
    pending: [WAIT]
    code: why.code
    codes: {{"51": insufficient_funds}}
"""
ORDER = Order("pay_1", Amount(12_50, "EUR"), "Invoice 7")
TOKEN, K = Token("tok_abc"), Key("k1")


def described(url: str) -> HttpGateway:
    found = load_text(SITE.format(url=url), "site.yaml", Payments).http
    assert found is not None
    return found


def api(url: str) -> JsonApi:
    return JsonApi(HttpsWire(url, 5), described(url), {"psp": "geheim"})


def answered(body: object, status: int = 200) -> Answer:
    return text(json.dumps(body), status)


async def test_a_card_becomes_a_token() -> None:
    """Nested, with what was not keyed left out, the secret in its header and the key in its own."""
    async with web_service(answered({"card": {"token": "tok_abc"}})) as service:
        made = await JsonTokeniser(api(service.url)).tokenise(card(), K)
    assert (made.token, made.brand, made.last4) == (TOKEN, "visa", "4242")
    told = service.asked[0]
    pan = {"pan": "4242424242424242", "exp": "12/30", "cvv": "123"}
    assert json.loads(told.body) == {"card": pan}
    assert (told.headers["X-Api-Key"], told.headers["X-Once"]) == ("geheim", "k1")


async def test_a_card_that_is_refused_is_told_why() -> None:
    """By the site's table of words."""
    refusal = answered({"status": "NOK", "why": {"code": "51"}}, 422)
    async with web_service(refusal) as service:
        with pytest.raises(CardRefused) as caught:
            await JsonTokeniser(api(service.url)).tokenise(card(), K)
    assert caught.value.decline.reason is Reason.FUNDS


async def test_a_token_is_charged() -> None:
    """Amounts as the body wants them: whole numbers where a value is nothing but the hole."""
    async with web_service(answered({"id": 17, "status": "OK"})) as service:
        answer = await JsonGateway(api(service.url)).charge(ORDER, TOKEN, K)
    assert answer == Approved(Handle("17"))
    told = {"token": "tok_abc", "value": 1250, "text": "12.50 EUR, Invoice 7"}
    assert json.loads(service.asked[0].body) == told


async def test_each_word_means_what_the_site_says() -> None:
    """And one that it does not name is unknown."""
    replies = [{"id": "p", "status": word} for word in ("NOK", "WAIT", "MAYBE")]
    async with web_service(*(answered(each) for each in replies)) as service:
        gateway = JsonGateway(api(service.url))
        assert isinstance(await gateway.charge(ORDER, TOKEN, K), Declined)
        assert await gateway.charge(ORDER, TOKEN, K) == Pending(Handle("p"))
        with pytest.raises(NoAnswer, match="unexpected_status"):
            await gateway.charge(ORDER, TOKEN, K)


@pytest.mark.parametrize(
    ("status", "known"),
    [(400, True), (401, True), (429, True), (409, False), (500, False), (302, False)],
)
async def test_a_status_tells_whether_it_was_done(status: int, known: bool) -> None:
    """Turned away is not done; a conflict, an error or a redirect is nobody knows what."""
    async with web_service(answered({}, status)) as service:
        with pytest.raises(NotDone if known else NoAnswer):
            await JsonGateway(api(service.url)).charge(ORDER, TOKEN, K)


async def test_a_refund_and_a_look_have_their_paths() -> None:
    """With the handle and the key in them; what is not found is not known."""
    asked = Asked(ORDER, Operation.CHARGE, K, TOKEN, None, 0)
    replies = answered({"id": "r", "status": "OK"}), answered({"id": "p", "status": "OK"})
    async with web_service(*replies, answered({}, 404)) as service:
        gateway = JsonGateway(api(service.url))
        amount = Amount(2_50, "EUR")
        assert await gateway.refund(Handle("a/b"), amount, K) == Approved(Handle("r"))
        assert await gateway.look(asked) == Approved(Handle("p"))
        assert await gateway.look(asked) is None
    assert [each.path for each in service.asked[:2]] == ["/payments/a%2Fb/refunds", "/requests/k1"]


async def test_what_the_site_does_not_describe_is_not_done() -> None:
    """Holding an amount, here."""
    with pytest.raises(NotDone, match="not_described"):
        await JsonGateway(api("http://127.0.0.1:1")).authorise(ORDER, TOKEN, K)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("brands: [visa]", "needs exactly one provider: stripe, http or sandbox"),
        ("stripe: {key: sk_live_1}", "name a secret, like secret:stripe_key"),
        ('stripe: {key: "secret:k", url: "http://psp.example"}', "https is needed"),
        (
            'stripe: {key: "secret:k"}\nfields: [number, code]',
            "cannot be charged without its expiry",
        ),
        ('stripe: {key: "secret:k"}\nbrands: [vsia]', 'did you mean "visa"'),
        (SITE.format(url="https://p.example").replace("{number}", "{pan}"), "{pan} is nothing"),
        (SITE.format(url="https://p.example").replace("{number}", "x"), "has no {number}"),
        (SITE.format(url="https://p.example").replace("/requests/{key}", "x?y"), "is no path"),
        (
            SITE.format(url="https://p.example").replace("why.code", "why..code"),
            "no place in a reply",
        ),
        (
            SITE.format(url="https://p.example").replace("/requests/{key}", "/payments/{handle}"),
            '"/payments/{handle}" is not about one request',
        ),
        (
            SITE.format(url="https://p.example").replace("path: /cards", 'path: "/c/{handle}"'),
            '"/c/{handle}" has a {handle}, which is not known',
        ),
        (
            SITE.format(url="https://p.example").replace("[NOK]", "[NOK, OK]"),
            '"OK" means two things',
        ),
        (
            SITE.format(url="https://p.example").replace("insufficient", "insuficient"),
            'no decline code of Stripe\'s, did you mean "insufficient_funds"?',
        ),
        ('stripe: {key: "secret:k"}\nlongest: 10s', "nobody could key a card"),
        (
            SITE.format(url="https://p.example").replace("secret:", "Bearer "),
            "is a secret: write secret:NAME",
        ),
    ],
)
def test_what_is_written_wrong_is_told(written: str, why: str) -> None:
    """With its place, before a caller is there."""
    with pytest.raises(DocumentError) as caught:
        load_text(written, "site.yaml", Payments)
    assert why in str(caught.value)


def test_every_decline_code_that_a_site_may_name_is_known() -> None:
    """And the other way round: what is told of each is in another room than what may be written."""
    assert set(CODES) == DECLINE_CODES


def test_the_operators_page_shows_what_is_allowed() -> None:
    """Each piece of YAML in docs/payments.md is a site's section."""
    page = (Path(__file__).parents[2] / "docs/payments.md").read_text()
    shown = re.findall(r"```yaml\npayments:\n(.*?)```", page, re.DOTALL)
    assert len(shown) == 3
    for section in shown:
        load_text(dedent(section), "payments.md", Payments)
