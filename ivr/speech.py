"""Wordings made ready to be spoken: fixed prompts once, those with holes per call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

from ivr.commands import Prompt, Segment
from ivr.run import Run, Wait
from ivr.saying import Say, digits, form_of, sayer
from ivr.terms import Names, term
from ivr.variables import Value, written
from ivr.wording import Hole, Pause, Said, pieces

_EDGES = " \t\n.,;:!?…"
SENTENCE_MS, CLAUSE_MS = 300, 100
"""The pause after a value where a sentence ends, and at a comma, beside the ends of its audio."""


class Gap(NamedTuple):
    """A hole made ready: ``say`` None means that its text joins the words around it."""

    source: str
    read: Callable[[Run], Value]
    say: Say | None
    by_sign: bool


Part = str | Gap | Segment
"""Of a text: words, a hole, or a segment that is complete already."""
Texts = Sequence[tuple[str, tuple[Part, ...]]]
"""What is said one after another, each in its language."""
_OWN: Mapping[str, Value] = {}


class Speech:
    """One or more wordings, said one after another in the call's language or in every language."""

    __slots__ = ("_fixed", "_parts", "_plain")

    def __init__(
        self,
        wordings: Sequence[Said],
        languages: Sequence[str],
        names: Names,
        *,
        every_language: bool = False,
        called: Sequence[str | None] = (),
    ) -> None:
        """``called``: what a recording of each wording is called, if it has a name."""
        said = [*zip_longest(wordings, called)]
        texts = {each: [_parts(*one, each, names) for one in said] for each in languages}
        whole = {each: [(each, parts) for parts in texts[each]] for each in languages}
        if every_language:
            everything = [text for each in languages for text in whole[each]]
            whole = dict.fromkeys(languages, everything)
        whole = {each: _ended(texts) for each, texts in whole.items()}
        self._parts = whole
        self._plain = {
            each: _plain(texts) for each, texts in whole.items() if not _is_joined(texts)
        }
        self._fixed = {each: self._fixed_prompt(each) for each in languages}

    def prompt(self, run: Run, own: Mapping[str, Value] = _OWN) -> Prompt:
        """What this call hears; ``own`` are values that are not variables yet."""
        language = run.scope.language
        fixed = self._fixed[language]
        if fixed is not None:
            return fixed
        plain = self._plain.get(language)
        if plain is not None:
            return plain.prompt(run, own)
        return self._assemble(
            language, lambda gap: own[gap.source] if gap.source in own else gap.read(run)
        )

    @property
    def fixed(self) -> dict[str, Prompt]:
        """What is heard, by language, where nothing depends on the call."""
        return {each: prompt for each, prompt in self._fixed.items() if prompt is not None}

    def ready(self, wait: Callable[[Prompt, str], Wait]) -> dict[str, Wait]:
        """``wait`` made once for each language in which nothing depends on the call."""
        return {language: wait(prompt, language) for language, prompt in self.fixed.items()}

    def static(self) -> Iterator[Segment]:
        """Every segment that can be known before a call: fixed texts, and digits."""
        for texts in self._parts.values():
            for language, parts in texts:
                yield from _static(parts, language)

    def _fixed_prompt(self, language: str) -> Prompt | None:
        parts = (part for _, parts in self._parts[language] for part in parts)
        if any(isinstance(part, Gap) for part in parts):
            return None
        return self._assemble(language, lambda gap: None)

    def _assemble(self, language: str, read: Callable[[Gap], Value]) -> Prompt:
        segments: list[Segment] = []
        for each, parts in self._parts[language]:
            segments += _spoken(parts, each, read)
        if segments and _is_sign(segments[-1]):
            segments.pop()
        return Prompt(tuple(segments))


def _parts(wording: Said, called: str | None, language: str, names: Names) -> tuple[Part, ...]:
    if isinstance(wording, Pause):
        return (Segment(language, "", pause_ms=wording.pause),)
    text = wording.text(language) or ""
    if wording.recording is not None:
        return (Segment(language, text, wording.recording, name=called),)
    parts = pieces(text)
    if called is not None and not any(isinstance(part, Hole) for part in parts):
        return tuple(words._replace(name=called) for words in _words(text, language))
    gaps = [_gap(part, names) if isinstance(part, Hole) else part for part in parts]
    return tuple(_settled(gaps, language))


def _settled(parts: Sequence[Part], language: str) -> Iterator[Part]:
    """The same with words made a segment, except where a hole's text joins them in a call."""
    for before, part, after in zip((None, *parts), parts, (*parts[1:], None), strict=False):
        if isinstance(part, str) and not _joins(before) and not _joins(after):
            yield from _words(part, language)
        else:
            yield part


class Plain(NamedTuple):
    """A text whose values stand for themselves, as nearly all do: what is said before each value,
    the value, and what is said at the end."""

    values: tuple[tuple[tuple[Segment, ...], str, Callable[[Run], Value], Say, str], ...]
    end: tuple[Segment, ...]

    def prompt(self, run: Run, own: Mapping[str, Value]) -> Prompt:
        """What this call hears."""
        said: list[Segment] = []
        for before, source, read, say, language in self.values:
            said += before
            said += say(own[source] if source in own else read(run), language)
        said += self.end
        return Prompt(tuple(said))


def _plain(texts: Texts) -> Plain:
    values, before = [], list[Segment]()
    for language, parts in texts:
        for part in parts:
            if isinstance(part, Segment):
                before.append(part)
            elif isinstance(part, Gap) and part.say is not None:
                values.append((tuple(before), part.source, part.read, part.say, language))
                before = []
    if before and _is_sign(before[-1]):
        before.pop()
    return Plain(tuple(values), tuple(before))


def _is_joined(texts: Texts) -> bool:
    return any(_joins(part) for _, parts in texts for part in parts)


def _joins(part: Part | None) -> bool:
    return isinstance(part, Gap) and part.say is None


def _gap(hole: Hole, names: Names) -> Gap:
    found = term(hole.source, names)
    form = form_of(found.type, hole.form)
    return Gap(hole.source, found.read, sayer(form, found.type), form == "digits")


def _spoken(parts: Sequence[Part], language: str, read: Callable[[Gap], Value]) -> list[Segment]:
    said: list[Segment] = []
    text = ""
    for part in parts:
        if isinstance(part, Segment):
            said.append(part)
        elif isinstance(part, str):
            text += part
        elif part.say is not None:
            said += _words(text, language)
            text = ""
            said += part.say(read(part), language)
        else:
            # Its words are the flow's own; digits in it may be what the caller keyed.
            for sign in _DIGIT.split(written(read(part))):
                if sign and sign in _DIGITS:
                    said += _words(text, language)
                    text = ""
                    said += digits(sign, language)
                else:
                    text += sign
    said += _words(text, language)
    # The signs after a value that is not set, when nothing else was said, are no pause.
    return said[1:] if said and _is_sign(said[0]) else said


_DIGITS = "0123456789"
_DIGIT = re.compile("([0-9])")


def _static(parts: Sequence[Part], language: str) -> Iterator[Segment]:
    text, is_known = "", True
    for part in (*parts, None):
        if isinstance(part, str):
            text += part
        elif isinstance(part, Segment):
            yield part
        elif part is None or part.say is not None:
            yield from _words(text, language) if is_known else ()
            text, is_known = "", True
            if part is not None and part.by_sign and part.say is not None:
                yield from part.say(_DIGITS, language)
        else:
            is_known = False


def _ended(texts: Sequence[tuple[str, tuple[Part, ...]]]) -> list[tuple[str, tuple[Part, ...]]]:
    """The same without a pause after everything: the caller may speak."""
    return [
        (language, parts[:-1] if nth == len(texts) and parts and _is_sign(parts[-1]) else parts)
        for nth, (language, parts) in enumerate(texts, 1)
    ]


def _is_sign(part: Part) -> bool:
    return isinstance(part, Segment) and bool(part.pause_ms and part.text)


def _words(text: str, language: str) -> list[Segment]:
    """A fixed text. Signs before it, or alone between values, are a pause: no voice reads them."""
    words = text.strip().lstrip(_EDGES)
    signs = text[: len(text) - len(text.lstrip(_EDGES))].strip()
    said = [Segment(language, signs, pause_ms=_pause_ms(signs))] if signs else []
    if any(map(str.isalnum, words)):
        said.append(Segment(language, words))
    return said


def _pause_ms(signs: str) -> int:
    """About what a voice makes of them in the midst of a text."""
    return SENTENCE_MS if any(sign in signs for sign in ".!?…") else CLAUSE_MS
