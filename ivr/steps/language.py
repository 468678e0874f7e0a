"""``language``: from here on the caller hears this language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from config.suggest import did_you_mean, shown
from ivr.run import Node, Outcome, Run
from ivr.steps.base import Build, Context, Continues, Finding


class Language(Continues):
    """``polish: {language: pl, next: main}``"""

    kind: ClassVar[str] = "language"
    language: str

    def findings(self, context: Context) -> Iterator[Finding]:
        yield from unknown_language(("language",), self.language, context)

    def node(self, build: Build) -> Node:
        return LanguageNode(build, self.language)


class LanguageNode(Node):
    """Changes the call's language and goes on at once."""

    __slots__ = ("_language",)

    def __init__(self, build: Build, language: str) -> None:
        super().__init__(build.name, Language.kind, build.targets)
        self._language = language

    def enter(self, run: Run) -> Outcome:
        run.speak(self._language)
        run.note(self.name, f"language {self._language}")
        return self.targets.next


def unknown_language(
    path: tuple[str | int, ...], language: str, context: Context
) -> Iterator[Finding]:
    """A finding when the flow does not speak ``language``."""
    if language not in context.languages:
        hint = did_you_mean(language, context.languages)
        yield Finding(path, f"the flow does not speak {shown(language)}, {hint}")
