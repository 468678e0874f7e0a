"""Whom a flow may promise to call back: the caller, and whom the site permits."""

import pytest

from config.callbacks import Callbacks
from ivr.commands import CallBack
from ivr.steps.base import Known
from tests.unit.conversation import Conversation, program
from tests.unit.test_callbacks import Office, in_office, wanted

pytestmark = pytest.mark.unit

RULE = Callbacks(allow=["+36*", "+48*"], deny=["+3690*"])
FLOW = """
languages: [en]
start: ask
vars: {phone: {type: digits}}
steps:
  ask: {collect: {into: phone, prompt: Number?, max: 15}, next: promise, on_timeout: promise}
  promise: {callback: {number: NUMBER, queue: support}, next: bye, on_error: sorry}
  sorry: {say: Not there., next: bye}
  bye: {hangup: normal}
"""


@pytest.mark.parametrize(
    ("number", "caller", "permitted"),
    [
        ("+36201234567", "+36301112222", True),
        ("0048221234567", "+36301112222", True),
        ("+36901234567", "+36301112222", False),  # denied
        ("0036901234567", "+36301112222", False),
        ("+443300000000", "+36301112222", False),  # not allowed
        ("06201234567", "+36301112222", True),  # of the site's country
        ("06901234567", "+36301112222", False),  # denied, as +3690… is
        ("06301112222", "+36301112222", True),  # the caller's own
        ("06901234567", "06901234567", False),
        ("+443300000000", "00443300000000", True),  # the caller's own
        ("443300000000", "+443300000000", True),
        ("+36901234567", "+36901234567", False),  # a caller can show any number
        ("12345", "anonymous", False),
        ("12345", "", False),
    ],
)
def test_the_callers_own_number_and_what_the_site_allows(
    number: str, caller: str, permitted: bool
) -> None:
    """However it is written; what is denied is refused to everybody."""
    assert RULE.permit_to(number, caller, "HU") is permitted


def test_without_a_country_a_national_number_is_nobodys() -> None:
    """But the caller's own."""
    assert not RULE.permit_to("06201234567", "+36301112222", None)
    assert RULE.permit_to("06201234567", "06201234567", None)


def test_without_a_rule_only_the_caller_is_called_back() -> None:
    """A site has to say whom else."""
    assert Callbacks().permit_to("+36301112222", "36301112222", "HU")
    assert not Callbacks().permit_to("+36301112223", "36301112222", "HU")


def promised(number: str, keys: str, known: Known) -> Conversation:
    """A call from +36301234567, after its caller has keyed a number."""
    call = Conversation(program(FLOW.replace("NUMBER", number), known))
    call.keys(keys, ended=True)
    return call


def test_a_premium_number_that_was_keyed_leaves_by_on_error() -> None:
    """The site's rule holds in the flow, so a rehearsal and a real call agree."""
    known = Known(callbacks=RULE)
    call = promised('"+{phone}"', "36901234567", known)
    assert call.hears == "Not there."
    assert "promise: failed: the site permits no callback to this number" in call.timeline[-2]
    assert "36901234567" not in str(call.timeline)
    allowed = promised('"+{phone}"', "48221234567", known)
    assert isinstance(allowed.command, CallBack)
    own = promised('"{phone}"', "36301234567", known)
    assert isinstance(own.command, CallBack)


def test_a_flow_that_does_not_know_the_rule_is_held_to_it_by_the_engine() -> None:
    """An older version, under a call that is on its way."""
    call = promised('"+{phone}"', "36901234567", Known())
    assert isinstance(call.command, CallBack)
    call.done("not_permitted")
    assert call.hears == "Not there."


@in_office
async def test_the_engine_promises_no_call_that_the_site_does_not_permit(office: Office) -> None:
    """Nothing is kept of it; the sample site permits Hungarian numbers, but no premium ones."""
    assert office.callbacks.promise("c1", wanted("+443300000000")) == "not_permitted"
    assert office.callbacks.promise("c1", wanted("+36901234567")) == "not_permitted"
    assert office.story.promise is None
    assert office.callbacks.promise("c1", wanted("+36209876543")) == "promised"
