"""All prompts of the flows: what is said, where, in which language, by which name and number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from config.people import PROMPT_DIGITS
from ivr.commands import Segment
from ivr.flow import Flow
from ivr.naming import prompt_name
from ivr.speech import Speech
from ivr.steps.base import Heard
from ivr.terms import Names
from ivr.wording import holes

_FIRST = 10 ** (PROMPT_DIGITS - 1)
_COUNT = 9 * _FIRST


@dataclass(frozen=True, slots=True)
class Listed:
    """One prompt in one language.

    ``text`` is None where its author forgot the language. ``segment`` is what is played for it;
    None where it holds values, and is put together anew in each call.
    """

    number: int
    flow: str
    step: str
    field: str
    language: str
    text: str | None
    segment: Segment | None

    @property
    def name(self) -> str:
        """``support.main.prompt``: what its recording is called by its place."""
        return prompt_name(self.flow, self.step, self.field)

    @property
    def file(self) -> str | None:
        """What its recording is called; None where no recording can say it."""
        return None if self.segment is None else self.segment.recording or self.segment.name


def catalogue(flows: Iterable[Flow]) -> tuple[Listed, ...]:
    """The prompts of ``flows``, in the flows' order, each in every language of its flow."""
    return _numbered([each for flow in flows for each in _of_flow(flow)])


def find(prompts: Iterable[Listed], number: int) -> Listed | None:
    """The prompt with this number."""
    return next((each for each in prompts if each.number == number), None)


def _of_flow(flow: Flow) -> Iterator[Listed]:
    for step_name, step in flow.steps.items():
        for heard in step.heard():
            for language in flow.languages:
                yield _listed(flow, step_name, heard, language)


def _listed(flow: Flow, step: str, heard: Heard, language: str) -> Listed:
    text = heard.wording.text(language)
    name = prompt_name(flow.flow, step, heard.field)
    segment = None
    if text is not None and not any(holes(text)):
        speech = Speech([heard.wording], [language], Names({}), called=[name])
        segment = next(speech.static(), None)
    return Listed(0, flow.flow, step, heard.field, language, text, segment)


def _numbered(prompts: Sequence[Listed]) -> tuple[Listed, ...]:
    """With numbers that stay when other prompts come and go: made from name and language.

    Where two would have the same, the later by name takes the next that is free.
    """
    numbers: dict[tuple[str, str], int] = {}
    taken: set[int] = set()
    for key in sorted((each.name, each.language) for each in prompts):
        digest = sha256("\0".join(key).encode()).digest()
        at = int.from_bytes(digest[:8], "big") % _COUNT
        while at in taken:
            at = (at + 1) % _COUNT
        taken.add(at)
        numbers[key] = _FIRST + at
    return tuple(replace(each, number=numbers[each.name, each.language]) for each in prompts)
