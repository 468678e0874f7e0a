"""A capture's prompts as sentences of Trunkline's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr import grammar
from ivr.announce import card_notice
from ivr.card_sentences import CardNotice
from payments.capture import Field, FieldError, Prompt, PromptKind, Result
from payments.gateways import Decline, Reason

_ASKS: Mapping[Field, CardNotice] = {
    Field.NUMBER: CardNotice.NUMBER,
    Field.EXPIRY: CardNotice.EXPIRY,
    Field.CODE: CardNotice.CODE,
    Field.POSTAL: CardNotice.POSTAL,
}
_CODES: Mapping[int, CardNotice] = {3: CardNotice.CODE_3, 4: CardNotice.CODE_4}
_ERRORS: Mapping[FieldError, CardNotice] = {
    FieldError.INPUT_TIMEOUT: CardNotice.NOTHING_KEYED,
    FieldError.INVALID_NUMBER: CardNotice.BAD_NUMBER,
    FieldError.INVALID_TYPE: CardNotice.BAD_TYPE,
    FieldError.INVALID_DATE: CardNotice.BAD_EXPIRY,
    FieldError.INVALID_CODE: CardNotice.BAD_CODE,
    FieldError.INVALID_POSTAL: CardNotice.BAD_POSTAL,
    FieldError.NOT_MATCHING: CardNotice.NOT_THE_SAME,
}
_ENDS: Mapping[Result, CardNotice | None] = {
    Result.SUCCESS: CardNotice.PAID,
    Result.TOO_MANY_FAILED_ATTEMPTS: CardNotice.TOO_MANY,
    Result.CONNECTOR_ERROR: CardNotice.NOT_CHARGED,
    Result.STAR: CardNotice.CANCELLED,
    Result.HUNG_UP: None,
    Result.VALIDATION_ERROR: CardNotice.NOT_CHARGED,
    Result.CANCELLED: CardNotice.CANCELLED,
    Result.TIMED_OUT: CardNotice.TOO_LATE,
    Result.DECLINED: CardNotice.DECLINED,
    Result.UNKNOWN: CardNotice.UNKNOWN,
    Result.EXPOSED: CardNotice.NOT_CHARGED,
    Result.GIVEN_BACK: CardNotice.CANCELLED,
    Result.INTERNAL_ERROR: CardNotice.NOT_CHARGED,
}

_WHY: Mapping[Reason, CardNotice] = {
    Reason.GENERIC: CardNotice.REFUSED,
    Reason.FUNDS: CardNotice.NO_FUNDS,
    Reason.LIMIT: CardNotice.OVER_LIMIT,
    Reason.EXPIRED: CardNotice.EXPIRED,
    Reason.DATE: CardNotice.BAD_EXPIRY,
    Reason.NUMBER: CardNotice.BAD_NUMBER,
    Reason.CODE: CardNotice.BAD_CODE,
    Reason.POSTAL: CardNotice.BAD_POSTAL,
    Reason.KIND: CardNotice.BAD_KIND,
    Reason.AUTHENTICATION: CardNotice.NO_CONFIRMATION,
    Reason.LATER: CardNotice.BANK_AWAY,
}


def decline_sentences(why: Decline, language: str) -> tuple[str, ...]:
    """Why the card was declined, and how to try again."""
    another = Field.NUMBER in why.anew and why.reason is not Reason.NUMBER
    how = CardNotice.OTHER_CARD if another else CardNotice.ONCE_MORE
    return card_notice(language, _WHY[why.reason]), card_notice(language, how)


def end_sentences(result: Result, language: str) -> tuple[str, ...]:
    """How a payment ended that nothing was keyed for."""
    return sentences(Prompt(PromptKind.ENDED, language, result=result))


def sentences(prompt: Prompt) -> tuple[str, ...]:
    """What is said, a text for each piece of audio; empty when nobody is there to hear it."""
    notices = _notices(prompt)
    texts: list[str] = []
    for notice in notices:
        texts.append(card_notice(prompt.language, notice))
        if notice is CardNotice.LAST_FOUR and prompt.last4 is not None:
            texts += grammar.digits(prompt.last4, prompt.language)
    return tuple(texts)


def _notices(prompt: Prompt) -> Iterator[CardNotice]:
    match prompt:
        case Prompt(kind=PromptKind.ASK, field=Field() as field):
            if prompt.error is not None:
                yield _ERRORS[prompt.error]
            by_digits = _CODES.get(prompt.code_digits or 0) if field is Field.CODE else None
            yield by_digits or _ASKS[field]
        case Prompt(kind=PromptKind.AGAIN):
            yield CardNotice.AGAIN
        case Prompt(kind=PromptKind.READ_BACK):
            yield CardNotice.LAST_FOUR
            yield CardNotice.AGREE
        case Prompt(kind=PromptKind.WAIT):
            yield CardNotice.WAIT
        case Prompt(kind=PromptKind.ENDED, result=Result() as result):
            notice = _ENDS[result]
            if notice is not None:
                yield notice
