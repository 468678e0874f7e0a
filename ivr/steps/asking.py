"""What menu, collect and survey share: what is asked, and how long and how often."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from ivr.commands import SILENCE, Ask, Prompt
from ivr.run import Run, Wait
from ivr.steps.base import Build
from ivr.variables import Value
from ivr.wording import Question, Wording

Times = Annotated[int, Field(ge=1, le=10)]


class Tries(DocumentModel):
    """How often the caller is asked when silent, and when keying something wrong."""

    timeout: Times = Field(default=3, description="silences after which on_timeout follows")
    invalid: Times = Field(default=3, description="wrong keys after which on_invalid follows")


def _both(value: Any) -> Any:
    return {"timeout": value, "invalid": value} if isinstance(value, str | int) else value


TriesField = Annotated[Tries, BeforeValidator(_both, json_schema_input_type=Times | Tries)]
"""``tries: 3`` counts silences and wrong keys apart, each to 3; ``{timeout: 2, invalid: 4}``."""


class Limits(NamedTuple):
    """What `Ask` needs beside its words; times in ms."""

    max_digits: int
    end: str
    timeout_ms: int
    inter_digit_ms: int
    barge_in: bool

    def ask(self, prompt: Prompt, language: str, lead: Prompt = SILENCE) -> Ask:
        """The question in these words."""
        return tuple.__new__(Ask, (prompt, language, *self, lead))


def one_more_key(within_ms: int, language: str) -> Ask:
    """Nothing is said: what was keyed may be the beginning of a longer answer."""
    return Limits(1, "", within_ms, within_ms, barge_in=True).ask(SILENCE, language)


_NOTHING: Mapping[str, Value] = {}


class Asker:
    """A question in its words, ready to be asked; made once where nothing depends on the call.

    The wordings are said one after another. Up to the last one that no key may interrupt they
    are the question's lead: a key cannot skip what comes before something that must be heard.
    """

    __slots__ = ("_lead", "_limits", "_prompt", "fixed")

    def __init__(
        self,
        build: Build,
        wordings: Sequence[Wording | None],
        limits: Limits,
        *,
        each_language: bool = False,
    ) -> None:
        said = [wording for wording in wordings if wording is not None]
        held = _held(said, limits.barge_in)
        self._limits = limits
        if held and held == len(said):
            held, self._limits = 0, limits._replace(barge_in=False)
        elif held:
            self._limits = limits._replace(barge_in=True)
        self._lead = build.speech(*said[:held], every_language=each_language)
        self._prompt = build.speech(*said[held:], every_language=each_language)
        self.fixed = dict(self._made())

    def ask(self, run: Run, own: Mapping[str, Value] = _NOTHING) -> Ask:
        """The question for this call; ``own`` are values that are not variables yet."""
        language = run.scope.language
        fixed = self.fixed.get(language)
        if fixed is not None:
            return fixed
        lead = self._lead.prompt(run, own)
        return self._limits.ask(self._prompt.prompt(run, own), language, lead)

    def ready(self, wait: Callable[[Ask], Wait]) -> dict[str, Wait]:
        """``wait`` made once for each language in which nothing depends on the call."""
        return {language: wait(ask) for language, ask in self.fixed.items()}

    def _made(self) -> Iterator[tuple[str, Ask]]:
        leads = self._lead.fixed
        for language, prompt in self._prompt.fixed.items():
            if language in leads:
                yield language, self._limits.ask(prompt, language, leads[language])


def _held(said: Sequence[Wording], barge_in: bool) -> int:
    """How many of the wordings come before the first that keys may interrupt for good."""
    for index in range(len(said), 0, -1):
        if not _interruptible(said[index - 1], barge_in):
            return index
    return 0


def _interruptible(wording: Wording, barge_in: bool) -> bool:
    own = wording.barge_in if isinstance(wording, Question) else None
    return barge_in if own is None else own
