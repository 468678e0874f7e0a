"""The step http as a conversation: what is asked, and what becomes of the reply."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.commands import Ask, Request
from ivr.events import Done
from ivr.steps.base import Known, KnownService
from tests.unit.conversation import Conversation, program

pytestmark = pytest.mark.unit

KNOWN = Known(
    services={"crm": KnownService(sensitive=True)}, values={"crm": "https://crm.example/api"}
)
FLOW = """
languages: [en, hu]
start: number
vars:
  account: {type: text}
  pin: {type: digits, sensitive: true}
  balance: {type: money, currency: EUR}
  due: {type: date}
  open: {type: bool}
  name: {type: text}
exits: {on_error: failed, on_timeout: end}
steps:
  number: {set: {account: "%(account)s"}, next: pin}
  pin: {collect: {into: pin, prompt: PIN please., length: 4}, next: ask}
  ask:
    http: {%(http)s}
    on_status: {404: unknown, 5xx: busy}
    next: tell
  tell: {say: "{name} owes {balance:number}, {due:date}, {open}.", next: end}
  failed: {say: "Failed with {reply.status:number}.", next: end}
  unknown: {say: "Unknown.", next: end}
  busy: {say: "Busy.", next: end}
  end: {hangup: normal}
"""


def asking(http: str, account: str = "4711") -> Conversation:
    """A call that has come to the step ``ask``."""
    call = Conversation(program(FLOW % {"http": http, "account": account}, KNOWN), language="en")
    assert isinstance(call.command, Ask)
    call.keys("1234")
    return call


def request(call: Conversation) -> Request:
    assert isinstance(call.command, Request)
    return call.command


def replies(call: Conversation, status: int, body: Any = "") -> None:
    call.does(Done(call.now_ms, values={"status": status, "body": body}))


READ = "get: /a, service: crm, read: {balance: $.b, due: $.due, open: $.open, name: '$.who[0].n'}"


def test_the_values_of_a_reply_are_taken_and_spoken() -> None:
    """Each by its place, as the type of its variable."""
    call = asking(READ)
    replies(
        call, 200, {"b": Decimal("-12.50"), "due": "2026-12-24", "open": True, "who": [{"n": "A"}]}
    )
    said = call.hears
    assert said.startswith("A owes minus twelve point five")
    assert "December" in said
    assert said.endswith("true.")


def test_values_in_an_address_are_encoded_and_the_sites_own_are_not() -> None:
    """A caller cannot lead a request elsewhere, nor add to its query."""
    call = asking(
        'get: "{site.crm}/accounts/{account}?all=no", query: {name: "{name}", n: "{account}"}',
        account="a/../b?x=1&y=é",
    )
    assert request(call).url == (
        "https://crm.example/api/accounts/a%2F..%2Fb%3Fx%3D1%26y%3D%C3%A9"
        "?all=no&n=a%2F..%2Fb%3Fx%3D1%26y%3D%C3%A9"
    )


@pytest.mark.parametrize(
    ("account", "why"), [("..", "account is no part of an address"), ("", "account is not set")]
)
def test_a_value_that_would_change_the_path_fails_the_step(account: str, why: str) -> None:
    """`/accounts/` would list them all, `/accounts/..` is another resource."""
    call = asking('get: "/accounts/{account}", service: crm', account=account)
    assert call.hears.startswith("Failed with")
    assert f"ask: failed: {why}" in call.timeline[-2]


def test_a_body_is_json_with_its_types_and_escaped() -> None:
    """A lone hole keeps its type; within a text it is text, quotes and all."""
    call = asking(
        "post: /a, service: crm, body: {text: 'It is \"{account}\"', pin: '{pin}', unset: '{due}', "
        "number: '{1.50 + 1}', list: [true, 'true', 3, '3', 007, 2.50, "
        "'{yes}', {deep: '{time.year}'}], nothing: ~}",
        account='x\\"y',
    )
    asked = request(call)
    assert asked.body is not None
    assert json.loads(asked.body) == {
        "text": 'It is "x"y"',
        "pin": "1234",
        "unset": None,
        "number": 2.5,
        "list": [True, "true", 3, "3", "007", 2.5, True, {"deep": 1970}],
        "nothing": None,
    }
    assert '"number":2.50' in asked.body
    assert asked.headers == (("Content-Type", "application/json"),)


def test_a_text_is_sent_as_it_is_with_the_type_it_is_given() -> None:
    """For services that speak no JSON."""
    call = asking(
        "put: /a, service: crm, headers: {content-type: text/csv}, body: 'account;{account}'"
    )
    assert (request(call).body, request(call).headers) == (
        *("account;4711", (("content-type", "text/csv"),)),
    )


def test_a_header_cannot_begin_another() -> None:
    """A line break in a value fails the step; a value that is not set leaves the header out."""
    call = asking("get: /a, service: crm, headers: {X-A: '{account}', X-B: '{name}'}")
    assert request(call).headers == (("X-A", "4711"),)
    call = asking("get: /a, service: crm, headers: {X-A: '{account}'}", account="a\\r\\nX-B: c")
    assert call.hears.startswith("Failed")
    assert "the value for the header X-A is not of one line" in call.timeline[-2]


def test_neither_address_nor_body_shows_in_a_repr_or_a_timeline() -> None:
    """Reprs end up in logs."""
    call = asking(
        'post: "/a/{account}", service: crm, query: {q: "{account}"}, body: ["{account}"]'
    )
    shown = repr(call.command)
    replies(call, 200, {"secret": "4711"})
    assert "4711" not in shown + repr(call.state) + " ".join(call.timeline)


@pytest.mark.parametrize(
    ("status", "hears"),
    [(404, "Unknown."), (503, "Busy."), (500, "Busy."), (302, "Failed with"), (403, "Failed with")],
)
def test_a_status_leads_on(status: int, hears: str) -> None:
    """Its own way, that of its class, or the error's; and it is known afterwards."""
    call = asking(READ)
    replies(call, status, {"b": 1})
    assert call.hears.startswith(hears)
    assert call.state.scope.facts["reply.status"] == Decimal(status)


def test_expected_statuses_can_be_named() -> None:
    """Some services answer 409 to what is there already."""
    call = asking("get: /a, service: crm, expect: {status: '200-201, 409'}")
    replies(call, 409)
    assert call.hears.startswith("owes")
    call = asking("get: /a, service: crm, expect: {status: '200-201, 409'}")
    replies(call, 202)
    assert call.hears.startswith("Failed")


def test_without_a_reply_the_status_is_not_set() -> None:
    """Not even that of an earlier request."""
    call = asking(READ)
    call.fails("no reply in time")
    assert call.state.scope.facts["reply.status"] is None
    assert "ask: failed: no reply in time" in call.timeline[-2]


@pytest.mark.parametrize(
    ("read", "body", "why"),
    [
        ("balance: $.b", {}, "the reply has no $.b"),
        ("balance: $.b", {"b": None}, "the reply has no $.b"),
        ("balance: $.b", {"b": "4711x"}, "$.b is not money, as balance is"),
        ("balance: $.b", {"b": Decimal("1E+999999999")}, "$.b is not money, as balance is"),
        ("balance: $.b", {"b": [4711]}, "$.b is not money, as balance is"),
        ("due: $", "4711", "$ is not date, as due is"),
        ("open: $.b", {"b": 4711}, "$.b is not bool, as open is"),
        ("name: '$.a[0]'", "no json", "the reply has no $.a[0]"),
    ],
)
def test_a_value_that_does_not_fit_fails_the_step_and_is_not_told(
    read: str, body: Any, why: str
) -> None:
    """Nothing is taken then; the timeline names the place."""
    call = asking(f"get: /a, service: crm, read: {{account: $.n?, {read}}}")
    replies(call, 200, body)
    assert call.hears.startswith("Failed with two hundred")
    assert f"ask: failed: {why}" in call.timeline[-2]
    assert call.state.scope.variables["account"] == "4711"
    assert "4711" not in " ".join(call.timeline)


def test_what_may_be_missing_is_then_not_set() -> None:
    """Also when an earlier request had set it."""
    call = asking("get: /a, service: crm, read: {account: $.account?, name: $.n}")
    replies(call, 200, {"n": "Anna"})
    assert call.state.scope.variables["account"] is None


SCHEMA = (
    "get: /a, service: crm, expect: {schema: {type: object, required: [b], properties: "
    "{b: {type: number, minimum: 0, maximum: 10.5}, kind: {enum: [big, '2']}, "
    "level: {type: integer, enum: [1, 2]}}, additionalProperties: false}}, read: {balance: $.b}"
)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"b": Decimal("10.5"), "kind": "2", "level": 2}, None),
        ({}, "required"),
        ({"b": Decimal("10.51")}, "properties.b.maximum"),
        ({"b": 1, "kind": 2}, "properties.kind.enum"),
        ({"b": 1, "level": "2"}, "properties.level.type"),
        ({"b": 1, "other": 2}, "additionalProperties"),
        ("text", "type"),
    ],
)
def test_a_reply_must_fit_its_schema(body: Any, where: str | None) -> None:
    """Its numbers and truths are those of JSON, and a quoted number is text."""
    call = asking(SCHEMA)
    replies(call, 200, body)
    if where is None:
        assert call.hears.startswith("owes")
    else:
        assert call.timeline[-2].endswith(f"failed: the reply does not fit the schema at {where}")


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.decimals(),
        st.text(max_size=5),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["b", "due", "open", "who", "n"]), inner, max_size=4),
    ),
)


@given(st.integers(0, 999), JSON)
def test_any_reply_leads_somewhere(status: int, body: Any) -> None:
    """Whatever a service sends: the call goes on."""
    call = asking(READ)
    replies(call, status, body)
    assert call.hears


def test_the_service_and_what_plays_meanwhile_are_asked_for() -> None:
    """A service has its own limits unless the step has some; the prompt is the caller's."""
    call = asking("get: /a, service: crm, meanwhile: {en: Wait., hu: Várjon.}")
    asked = request(call)
    assert (asked.method, asked.url, asked.service) == ("GET", "/a", "crm")
    assert (asked.timeout_ms, asked.retries, asked.meanwhile.text) == (None, None, "Wait.")
    assert asked.language == "en"
    call = asking("delete: 'http://127.0.0.1:8000/a', timeout: 2s, retries: 3")
    assert (request(call).timeout_ms, request(call).retries) == (2_000, 3)
    assert any("ask: http 127.0.0.1" in line for line in call.timeline)


def test_a_flow_away_from_its_site_can_be_checked() -> None:
    """What only a site knows is then not judged: its values, and its services."""
    text = FLOW % {"http": 'get: "{site.other}/{account}", body: ~', "account": "1"}
    assert program(text).name == "sample"
