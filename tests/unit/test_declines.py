"""What is told of a decline, to whom, and what is keyed again."""

import pytest

from payments.capture import Field
from payments.gateways.declines import CODES, Advice, Decline, Reason, decline
from payments.gateways.words import LANGUAGES, agent_words

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "code", ["lost_card", "stolen_card", "pickup_card", "fraudulent", "new_one"]
)
def test_lost_stolen_and_fraud_are_a_plain_decline(code: str) -> None:
    """Who holds the card must not learn it, nor must the agent have to keep it; nor of a code
    that is new to us."""
    assert decline(code).reason is Reason.GENERIC
    assert agent_words(decline(code), "en") == agent_words(decline("generic_decline"), "en")


@pytest.mark.parametrize(
    ("advice", "network", "told"),
    [
        ("confirm_card_data", None, Advice.NEW_DETAILS),
        ("try_again_later", "03", Advice.LATER),
        ("do_not_try_again", None, Advice.STOP),
        (None, "01", Advice.NEW_DETAILS),
        (None, "02", Advice.LATER),
        (None, "03", Advice.STOP),
        (None, "21", Advice.STOP),
        (None, "99", Advice.NONE),
        (None, None, Advice.NONE),
    ],
)
def test_advice_is_the_providers_or_the_networks(
    advice: str | None, network: str | None, told: Advice
) -> None:
    """Stripe's words before Mastercard's codes."""
    assert decline("generic_decline", advice, network).advice is told


@pytest.mark.parametrize(
    ("code", "advice", "anew"),
    [
        ("incorrect_cvc", Advice.NEW_DETAILS, {Field.CODE}),
        ("invalid_expiry_year", Advice.NONE, {Field.EXPIRY, Field.CODE}),
        ("incorrect_zip", Advice.NONE, {Field.POSTAL, Field.CODE}),
        ("processing_error", Advice.LATER, {Field.CODE}),
        ("processing_error", Advice.NONE, {Field.NUMBER}),
        ("insufficient_funds", Advice.NONE, {Field.NUMBER}),
        ("incorrect_cvc", Advice.STOP, {Field.NUMBER}),
    ],
)
def test_the_same_card_is_tried_again_only_on_advice(
    code: str, advice: Advice, anew: set[Field]
) -> None:
    """Or where a field was wrong; the security code is always among what is keyed."""
    assert Decline(code, advice).anew == anew


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_words(language: str) -> None:
    """In each language, no two alike; English for a language of none of ours."""
    said = {agent_words(Decline(code, Advice.LATER), language) for code in CODES}
    assert len(said) == len(Reason)
    assert agent_words(Decline("lost_card"), "fi") == agent_words(Decline("lost_card"), "en")
