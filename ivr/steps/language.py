"""``language``: from here on the caller hears this language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

from pydantic import Field

from config.problem import Path
from config.suggest import did_you_mean, shown
from ivr.filling import told_findings
from ivr.run import Node, Outcome, Run
from ivr.steps.base import Build, Context, Continues, Finding
from ivr.variables import Variable
from ivr.wording import holes


class Language(Continues):
    """``polish: {language: pl, next: main}``

    It may come from the call, such as ``language: "{caller.language}"``: a language that the
    flow does not speak, or none at all, changes nothing.
    """

    kind: ClassVar[str] = "language"
    at_once: ClassVar[bool] = True
    language: str = Field(description="one of the flow's languages, or a text with {holes}")

    @property
    def is_known(self) -> bool:
        """Whether the language is written, and does not come from the call."""
        return not any(True for _ in holes(self.language))

    def templates(self, variables: Mapping[str, Variable]) -> Iterator[tuple[Path, str]]:
        if not self.is_known:
            yield ("language",), self.language

    def findings(self, context: Context) -> Iterator[Finding]:
        if self.is_known:
            yield from unknown_language(("language",), self.language, context)
        why = "a call's language is kept in history"
        yield from told_findings(("language",), self.language, context.names, why)

    def node(self, build: Build) -> Node:
        return LanguageNode(build, build.template(self.language))


class LanguageNode(Node):
    """Changes the call's language and goes on at once."""

    __slots__ = ("_language", "_languages")

    def __init__(self, build: Build, language: Callable[[Run], str]) -> None:
        super().__init__(build.name, Language.kind, build.targets)
        self._language = language
        self._languages = build.languages

    def enter(self, run: Run) -> Outcome:
        language = self._language(run)
        if language in self._languages:
            run.speak(language)
        run.note(self.name, f"language {run.scope.language}")
        return self.targets.next


def unknown_language(
    path: tuple[str | int, ...], language: str, context: Context
) -> Iterator[Finding]:
    """A finding when the flow does not speak ``language``."""
    if language not in context.languages:
        hint = did_you_mean(language, context.languages)
        yield Finding(path, f"the flow does not speak {shown(language)}, {hint}")
