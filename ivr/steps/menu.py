"""``menu``: the caller chooses by key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.problem import Path
from ivr.keys import OptionKey
from ivr.menu_places import BACK, TOP
from ivr.run import Node
from ivr.steps.asking import Tries, TriesField
from ivr.steps.base import AsksCaller, Build, Context, Edge, Finding, Heard
from ivr.steps.choosing import MenuNode
from ivr.steps.language import unknown_language
from ivr.steps.options import option_findings
from ivr.values import Duration, StepName, keyed
from ivr.wording import Asked


class Option(DocumentModel):
    """What a key does: change the language, go to a step (else to the menu's ``next``), or both."""

    go: StepName | None = Field(default=None, description="a step, or repeat, back or top")
    language: str | None = Field(default=None, description="what the caller hears from here on")


def _go(value: Any) -> Any:
    return {"go": value} if isinstance(value, str) else value


def _some_options(value: Any) -> Any:
    if value is None:
        raise ValueError("is empty: an unquoted # begins a comment, that key is written hash")
    return value


class MenuBody(DocumentModel):
    """What a menu says, and what the keys do.

    A key is a digit, ``star`` or ``hash``; several digits or a pattern such as ``/2[0-9]{2}/``
    make a longer option, whose keys are then in ``call.keys`` where it is a pattern. An option
    acts at its last key; one that begins a longer one (1 beside 12) acts when no other key
    follows within ``inter_digit``, or at ``#``.
    """

    greeting: Asked | None = Field(default=None, description="said once, before the first prompt")
    prompt: Asked | None = Field(default=None, description="the choice, in full")
    again: Asked | None = Field(default=None, description="the choice, in short, when asked again")
    silent: Asked | None = Field(default=None, description="before that, after a silence")
    wrong: Asked | None = Field(default=None, description="before that, after a wrong key")
    options: Annotated[
        dict[
            OptionKey, Annotated[Option, BeforeValidator(_go, json_schema_input_type=str | Option)]
        ],
        Field(min_length=1),
        BeforeValidator(_some_options),
    ] = Field(description="key: step, or {language: hu}, or both as {language: hu, go: step}")
    extensions: StepName | None = Field(
        default=None,
        description="where a caller goes who keys an agent's extension, then call.extension",
    )
    timeout: Duration = Field(default=5_000, description="from the prompt's end to the first key")
    inter_digit: Duration = Field(default=3_000, description="from one key to the next")
    tries: TriesField = Field(default=Tries(), description="how often it is asked")
    barge_in: bool = Field(default=True, description="keys cut the prompts short")
    each_language: bool = Field(
        default=False, description="say everything in every language of the flow"
    )


class Menu(AsksCaller):
    """``main: {menu: {prompt: Sales is one., options: {1: sales, star: repeat}}, on_timeout: bye}``

    Silences and wrong keys are counted apart: see ``tries``. An option and every exit of a menu
    but ``on_hangup`` may lead to ``repeat`` (this menu again, nothing counted), ``back`` (the
    menu the caller was in before; in the first one: that one again) or ``top`` (the first menu).
    A flow that is called has a first menu of its own: neither leads out of it.
    """

    kind: ClassVar[str] = "menu"
    menu: MenuBody = Field(description="what is said, and what the keys do")

    @property
    def leads_back(self) -> bool:
        goes = (option.go for option in self.menu.options.values())
        exits = (self.next, self.on_timeout, self.on_invalid, self.on_error, self.menu.extensions)
        return not {BACK, TOP}.isdisjoint((*goes, *exits))

    def required(self) -> Iterator[str]:
        if any(option.language and not option.go for option in self.menu.options.values()):
            yield "next"
        yield from ("on_timeout", "on_invalid")

    def branches(self) -> Iterator[Edge]:
        for key, option in self.menu.options.items():
            if option.go is not None:
                yield Edge(("menu", "options", key), option.go, silent=False)
        if self.menu.extensions is not None:
            yield Edge(("menu", "extensions"), self.menu.extensions, silent=False)

    def heard(self) -> Iterator[Heard]:
        for field in ("greeting", "prompt", "again", "silent", "wrong"):
            wording = getattr(self.menu, field)
            if wording is not None:
                yield Heard(("menu", field), wording)

    def summary(self, language: str) -> str:
        wordings = (self.menu.greeting, self.menu.prompt)
        said = (each.text(language) for each in wordings if each is not None)
        return " ".join(filter(None, said)) or super().summary(language)

    def exit_label(self, path: Path) -> str:
        if path != ("next",):
            return super().exit_label(path)
        options = self.menu.options.items()
        return ", ".join(keyed(key) for key, option in options if option.go is None) or "next"

    def findings(self, context: Context) -> Iterator[Finding]:
        body = self.menu
        if body.greeting is None and body.prompt is None:
            yield Finding(("menu",), "says nothing: give it a prompt or a greeting")
        extensions = context.known.extensions if body.extensions is not None else None
        for key, message, is_warning in option_findings(tuple(body.options), extensions or ()):
            yield Finding(("menu", "options", key), message, key=True, warning=is_warning)
        if extensions is not None and not extensions:
            yield Finding(("menu", "extensions"), "no agent of the site has an extension")
        for key, option in body.options.items():
            path = ("menu", "options", key)
            if option.language is not None:
                yield from unknown_language((*path, "language"), option.language, context)
            if option.language is None and option.go is None:
                yield Finding(path, "does nothing: give it a go or a language")

    def node(self, build: Build) -> Node:
        body = self.menu
        goes = {
            key: (option.language, build.goes(option.go, build.targets.next))
            for key, option in body.options.items()
        }
        return MenuNode(build, body, goes)
