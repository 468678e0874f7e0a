"""A message in a call: asked for, recorded, heard again or not, left in its mailbox."""

from __future__ import annotations

from typing import NamedTuple

from ivr.commands import (
    LAST_TAKE,
    Ask,
    Deliver,
    Discard,
    Play,
    Prompt,
    RecordMessage,
    Segment,
)
from ivr.events import Answered, Done, Event, Played
from ivr.run import AfterHangup, Node, Outcome, Run, Wait
from ivr.speech import Speech
from ivr.state import Doing, Position
from ivr.steps.base import Build

PROMPT, RECORDING, REVIEW, REDOING = "prompt", "recording", "review", "redoing"
KEEPING, LAST = "keeping", "last"

LEAST_MS = 1_000
"""A shorter take is none: a cough, or the key alone."""
LEAST_AT_HANGUP_MS = 2_000
"""A shorter message is the breath before hanging up."""

_END = "#"
_TRIES = 2
"""How often a message is asked for where nothing is said."""
_REVIEWS = 3
"""Silences and wrong keys after which the message is kept."""
_KEY_WITHIN_MS = 6_000


class _Message(NamedTuple):
    """What was recorded, as a position's notes have it."""

    handle: str
    ms: int


class VoicemailNode(Node):
    """Keeps what was said, unless the caller says otherwise."""

    __slots__ = ("_again", "_limits", "_mailbox", "_nothing", "_prompt", "_review")

    def __init__(
        self,
        build: Build,
        *,
        mailbox: str,
        limits: tuple[int, int],
        prompt: Speech,
        again: Speech,
        review: Speech | None,
        nothing: str | None,
    ) -> None:
        super().__init__(build.name, "voicemail", build.targets)
        self._mailbox = mailbox
        self._limits = limits
        self._prompt = prompt
        self._again = again
        self._review = review
        self._nothing = build.goes(nothing, build.targets.next)

    def enter(self, run: Run) -> Outcome:
        return self._asked(run, self._prompt, 0)

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if not isinstance(at, Doing):
            return self.unexpected(run, event)
        match event:
            case Played() if at.phase == PROMPT:
                return self._record(run, int(at.notes.get("tries", 0)))
            case Done() if at.phase == RECORDING:
                return self._recorded(run, at, event)
            case Answered(digits=key) if at.phase == REVIEW:
                return self._judged(run, at, key)
            case Done() if at.phase == REDOING:
                return self._record(run, 0)
            case Done() if at.phase == KEEPING:
                run.note(self.name, "message kept")
                return self.targets.on_error if at.notes.get("failed") else self.targets.next
            case Done(outcome=outcome) if at.phase == LAST:
                run.note(self.name, "no message" if outcome == "empty" else "message kept")
                return AfterHangup(self.name)
        return self.unexpected(run, event)

    def stopped(self, run: Run, at: Position, reason: str) -> Outcome:
        """What was said is kept, then the call leaves by ``on_error``."""
        leaves = self.failed(run, reason)
        if not isinstance(at, Doing):
            return leaves
        if at.phase == LAST:
            return AfterHangup(self.name)
        if at.phase == REVIEW:
            return self._kept(_message(at), KEEPING, failed=True)
        return leaves

    def hung_up(self, run: Run, at: Position) -> Wait | None:
        if not isinstance(at, Doing):
            return None
        match at.phase:
            case "recording":
                return self._kept(_Message(LAST_TAKE, 0), LAST)
            case "review" | "keeping" if _message(at).ms >= LEAST_AT_HANGUP_MS:
                return self._kept(_message(at), LAST)
        return None

    def _asked(self, run: Run, speech: Speech, tries: int) -> Wait:
        at = Doing(self.name, PROMPT, {"tries": tries})
        return Wait(at, Play(speech.prompt(run), run.scope.language))

    def _record(self, run: Run, tries: int) -> Wait:
        longest_ms, silence_ms = self._limits
        command = RecordMessage("voicemail", longest_ms, silence_ms, _END, run.scope.language)
        return Wait(Doing(self.name, RECORDING, {"tries": tries}), command)

    def _recorded(self, run: Run, at: Doing, done: Done) -> Outcome:
        if done.outcome == "empty":
            tries = int(at.notes.get("tries", 0)) + 1
            run.note(self.name, f"nothing said {tries} of {_TRIES}")
            return self._asked(run, self._again, tries) if tries < _TRIES else self._nothing
        handle, ms = done.values.get("message"), done.values.get("ms")
        if not isinstance(handle, str) or not isinstance(ms, int):
            return self.unexpected(run, done)
        message = _Message(handle, ms)
        run.note(self.name, f"recorded {message.ms // 1000} s")
        if self._review is None:
            return self._kept(message, KEEPING)
        return self._reviewed(run, self._review, message, 0)

    def _reviewed(
        self, run: Run, words: Speech, message: _Message, tries: int, *, play: bool = False
    ) -> Wait:
        language = run.scope.language
        said = words.prompt(run).segments
        played = (Segment(language, "", message=message.handle),) if play else ()
        notes = {**message._asdict(), "tries": tries}
        prompt = Prompt((*played, *said))
        ask = Ask(prompt, language, 1, "", _KEY_WITHIN_MS, _KEY_WITHIN_MS, barge_in=True)
        return Wait(Doing(self.name, REVIEW, notes), ask)

    def _judged(self, run: Run, at: Doing, key: str) -> Outcome:
        message, tries = _message(at), int(at.notes.get("tries", 0)) + 1
        if self._review is None or key == "3":
            return self._kept(message, KEEPING)
        if key == "2":
            run.note(self.name, "recorded again")
            return Wait(Doing(self.name, REDOING), Discard(message.handle))
        if key == "1":
            return self._reviewed(run, self._review, message, 0, play=True)
        run.note(self.name, f"{'invalid' if key else 'timeout'} {tries} of {_REVIEWS}")
        if tries >= _REVIEWS:
            return self._kept(message, KEEPING)
        return self._reviewed(run, self._review, message, tries)

    def _kept(self, message: _Message, phase: str, *, failed: bool = False) -> Wait:
        notes = {**message._asdict(), "failed": failed}
        least_ms = LEAST_AT_HANGUP_MS if phase == LAST else 0
        command = Deliver(message.handle, self._mailbox, least_ms)
        return Wait(Doing(self.name, phase, notes), command)


def _message(at: Doing) -> _Message:
    return _Message(str(at.notes.get("handle", "")), int(at.notes.get("ms", 0)))
