"""``say``: the caller hears something, then the call goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag

from ivr.commands import Play, Prompt
from ivr.events import Event, Played
from ivr.run import Node, Outcome, Run, Wait
from ivr.speech import Speech
from ivr.state import Playing, Position
from ivr.steps.base import Build, Continues, Heard
from ivr.wording import Pause, Said, Spoken, Wording


def _part(value: Any) -> str:
    is_pause = isinstance(value, Pause) or (isinstance(value, dict) and "pause" in value)
    return "a pause" if is_pause else "a wording"


def _whole(value: Any) -> str:
    return "a list" if isinstance(value, list | tuple) else "a wording"


Part = Annotated[
    Annotated[Spoken, Tag("a wording")] | Annotated[Pause, Tag("a pause")], Discriminator(_part)
]
Parts = Annotated[tuple[Part, ...], Field(min_length=1)]


class Say(Continues):
    """``welcome: {say: {en: Welcome., hu: Üdvözöljük.}, next: main}``

    A list is said one after another, with pauses between:
    ``say: [{en: Please note.}, {pause: 500ms}, {en: "Your number is {account}."}]``.
    With ``barge_in: yes`` any key skips the rest. That key is gone: Asterisk hands a key to the
    prompt that it interrupts, so a menu that follows waits for one of its own. Where keys are to
    count, let the menu say it as its ``greeting``.
    """

    kind: ClassVar[str] = "say"
    needs_caller: ClassVar[bool] = True
    say: Annotated[
        Annotated[Spoken, Tag("a wording")] | Annotated[Parts, Tag("a list")],
        Discriminator(_whole),
    ] = Field(description="what the caller hears, at once or as a list with pauses")
    barge_in: bool = Field(default=False, description="any key skips it")

    @property
    def parts(self) -> tuple[Said, ...]:
        """What is said, one after another."""
        return (self.say,) if isinstance(self.say, Wording) else self.say

    def heard(self) -> Iterator[Heard]:
        for index, part in enumerate(self.parts):
            if isinstance(part, Wording):
                yield Heard(("say",) if isinstance(self.say, Wording) else ("say", index), part)

    def spoken(self) -> Iterator[Said]:
        yield from self.parts

    def node(self, build: Build) -> Node:
        return SayNode(build, build.speech(*self.parts), barge_in=self.barge_in)


class SayNode(Node):
    """Plays, and goes on when it has been heard."""

    __slots__ = ("_at", "_barge_in", "_ready", "_speech")

    def __init__(self, build: Build, speech: Speech, *, barge_in: bool) -> None:
        super().__init__(build.name, Say.kind, build.targets)
        self._speech = speech
        self._barge_in = barge_in
        self._at = Playing(build.name)
        self._ready = speech.ready(self._play)

    def enter(self, run: Run) -> Outcome:
        language = run.scope.language
        return self._ready.get(language) or self._play(self._speech.prompt(run), language)

    def _play(self, prompt: Prompt, language: str) -> Wait:
        return Wait(self._at, Play(prompt, language, self._barge_in))

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if type(event) is Played:
            return self.targets.next
        return self.unexpected(run, event)
