"""Wordings made ready to be spoken: fixed prompts once, those with variables per call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from ivr.commands import Prompt, Segment
from ivr.run import Run, Wait
from ivr.variables import CALL_VARIABLES, Variable
from ivr.wording import Hole, Wording, pieces

_EDGES = " \t\n.,;:!?…"
Read = Callable[[str], str]
Part = str | Hole | Segment
"""Of a text: words, a hole, or a segment that is complete already."""


class Speech:
    """One or more wordings, said one after another in the call's language or in every language."""

    __slots__ = ("_by_sign", "_fixed", "_parts")

    def __init__(
        self,
        wordings: Sequence[Wording],
        languages: Sequence[str],
        variables: Mapping[str, Variable],
        *,
        every_language: bool = False,
    ) -> None:
        self._by_sign = frozenset(
            name for name, kind in {**variables, **CALL_VARIABLES}.items() if kind.type != "text"
        )
        texts = {each: [_parts(wording, each) for wording in wordings] for each in languages}
        whole = {each: [(each, parts) for parts in texts[each]] for each in languages}
        if every_language:
            everything = [text for each in languages for text in whole[each]]
            whole = dict.fromkeys(languages, everything)
        self._parts = whole
        self._fixed = {each: self._fixed_prompt(each) for each in languages}

    def prompt(self, run: Run, digits: Mapping[str, str] | None = None) -> Prompt:
        """What this call hears; ``digits`` are values that are not variables yet."""
        language = run.scope.language
        fixed = self._fixed[language]
        if fixed is not None:
            return fixed
        if digits is None:
            return self._assemble(language, run.value)
        return self._assemble(language, lambda name: digits.get(name) or run.value(name))

    def ready(self, wait: Callable[[Prompt, str], Wait]) -> dict[str, Wait]:
        """``wait`` made once for each language in which nothing depends on the call."""
        return {
            language: wait(prompt, language)
            for language, prompt in self._fixed.items()
            if prompt is not None
        }

    def static(self) -> Iterator[Segment]:
        """Every segment that can be known before a call: fixed texts, and digits."""
        for texts in self._parts.values():
            for language, parts in texts:
                yield from _static(parts, language, self._by_sign)

    def _fixed_prompt(self, language: str) -> Prompt | None:
        parts = (part for _, parts in self._parts[language] for part in parts)
        if any(isinstance(part, Hole) for part in parts):
            return None
        return self._assemble(language, lambda name: "")

    def _assemble(self, language: str, read: Read) -> Prompt:
        segments: list[Segment] = []
        for each, parts in self._parts[language]:
            segments.extend(_spoken(parts, each, read, self._by_sign))
        return Prompt(tuple(segments))


def _parts(wording: Wording, language: str) -> tuple[Part, ...]:
    text = wording.text(language) or ""
    if wording.recording is not None:
        return (Segment(language, text, wording.recording),)
    return pieces(text)


def _spoken(
    parts: Sequence[Part], language: str, read: Read, by_sign: frozenset[str]
) -> Iterator[Segment]:
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
        elif isinstance(part, Segment):
            yield part
        elif part.name in by_sign:
            yield from _words(text, language)
            text = ""
            yield from _signs(read(part.name), language)
        else:
            # Its words are the flow's own; digits in it may be what the caller keyed.
            for piece in _DIGIT.split(read(part.name)):
                if piece and piece in _DIGITS:
                    yield from _words(text, language)
                    text = ""
                    yield _sign(language, piece)
                else:
                    text += piece
    yield from _words(text, language)


_DIGITS = "0123456789"
_DIGIT = re.compile("([0-9])")
_SIGN_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {"-": "minus", ".": "point"},
    "hu": {"-": "mínusz", ".": "vessző"},
    "pl": {"-": "minus", ".": "przecinek"},
    "et": {"-": "miinus", ".": "koma"},
}


def _signs(value: str, language: str) -> Iterator[Segment]:
    words = _SIGN_WORDS.get(language, {})
    for sign in value:
        if sign in _DIGITS or sign in words:
            yield _sign(language, words.get(sign, sign))


def _static(parts: Sequence[Part], language: str, by_sign: frozenset[str]) -> Iterator[Segment]:
    text, is_known = "", True
    for part in (*parts, None):
        if isinstance(part, str):
            text += part
        elif isinstance(part, Segment):
            yield part
        elif part is None or part.name in by_sign:
            yield from _words(text, language) if is_known else ()
            text, is_known = "", True
            yield from (_sign(language, sign) for sign in _DIGITS if part is not None)
        else:
            is_known = False


@cache
def _sign(language: str, sign: str) -> Segment:
    return Segment(language, sign)


def _words(text: str, language: str) -> Iterator[Segment]:
    # Of a sentence split by digits, a lone full stop may be left: that is no audio.
    if any(sign.isalnum() for sign in text):
        yield Segment(language, text.strip().lstrip(_EDGES))
