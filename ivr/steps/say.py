"""``say``: the caller hears something, then the call goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ivr.commands import Play, Prompt
from ivr.events import Event, Played
from ivr.run import Node, Outcome, Run, Wait
from ivr.speech import Speech
from ivr.state import Playing, Position
from ivr.steps.base import Build, Continues, Heard
from ivr.wording import Spoken


class Say(Continues):
    """``welcome: {say: {en: Welcome., hu: Üdvözöljük.}, next: main}``"""

    kind: ClassVar[str] = "say"
    needs_caller: ClassVar[bool] = True
    say: Spoken

    def heard(self) -> Iterator[Heard]:
        yield Heard(("say",), self.say)

    def node(self, build: Build) -> Node:
        return SayNode(build, build.speech(self.say))


class SayNode(Node):
    """Plays, and goes on when it has been heard."""

    __slots__ = ("_at", "_ready", "_speech")

    def __init__(self, build: Build, speech: Speech) -> None:
        super().__init__(build.name, Say.kind, build.targets)
        self._speech = speech
        self._at = Playing(build.name)
        self._ready = speech.ready(self._play)

    def enter(self, run: Run) -> Outcome:
        language = run.scope.language
        return self._ready.get(language) or self._play(self._speech.prompt(run), language)

    def _play(self, prompt: Prompt, language: str) -> Wait:
        return Wait(self._at, Play(prompt, language))

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if type(event) is Played:
            return self.targets.next
        return self.unexpected(run, event)
