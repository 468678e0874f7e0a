"""Every prompt of a capture has its sentences, in every language."""

import pytest

from engine.paying.wording import decline_sentences, sentences
from ivr.announce import LANGUAGES
from payments.capture import Brand, Field, Prompt, PromptKind, Result, Rules
from payments.gateways import Advice, Decline, Reason
from payments.gateways.declines import CODES
from tests.unit.capturing import MASTERCARD, Caller

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_prompt_is_said(language: str) -> None:
    """All kinds, fields, errors and results; only who hung up hears nothing."""
    rules = Rules(
        fields=tuple(Field), brands=frozenset(Brand), twice=frozenset({Field.CODE}), read_back=True
    )
    caller = Caller(rules, language)
    caller.keys(
        "123#" + MASTERCARD + "1" + "1330" + "1230" + "12#" + "123321123123" + "1#" + "12345#"
    )
    assert {each.kind for each in caller.prompts()} == set(PromptKind) - {PromptKind.ENDED}
    assert all(sentences(prompt) for prompt in caller.prompts())
    ends = [Prompt(PromptKind.ENDED, language, result=result) for result in Result]
    unsaid = [prompt.result for prompt in ends if not sentences(prompt)]
    assert unsaid == [Result.HUNG_UP]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_decline_is_told_by_what_it_means(language: str) -> None:
    """What may be told of it, then how to go on; lost, stolen and fraud sound like any other."""
    told = {reason: decline_sentences(_decline_of(reason), language) for reason in Reason}
    assert len(set(told.values())) == len(Reason)
    for code in ("lost_card", "stolen_card", "fraudulent"):
        assert decline_sentences(Decline(code), language) == told[Reason.GENERIC]


def _decline_of(reason: Reason) -> Decline:
    code = next(code for code, known in CODES.items() if known is reason)
    return Decline(code, Advice.LATER)


def test_an_error_is_told_before_the_question_and_the_four_digits_one_by_one() -> None:
    """Pieces that are one audio file each."""
    caller = Caller(Rules(read_back=True))
    caller.keys("42#")
    assert sentences(caller.prompts()[-1]) == (
        "This card number is not right.",
        "Please enter your card number, then press the pound key.",
    )
    caller.keys(MASTERCARD)
    assert sentences(caller.prompts()[-1])[1:5] == ("four",) * 4
