"""A survey in a call: question after question, then the comment, then the answers are kept."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from ivr.commands import LAST_TAKE, SILENCE, Play, RecordMessage, SaveSurvey
from ivr.events import Answered, Done, Event, Played
from ivr.keys import Choices
from ivr.run import AfterHangup, Node, Outcome, Run, Wait
from ivr.state import Doing, Position
from ivr.steps.asking import Asker, Limits, one_more_key
from ivr.steps.base import Build

if TYPE_CHECKING:
    from ivr.steps.survey import SurveyBody

COMMENT, RECORDING, SAVING, LAST = "comment?", "comment", "saving", "last"
"""The phases beside the questions, whose names have no such sign or are refused there."""

_END = "#"


class _Asked(NamedTuple):
    """A question made ready."""

    asker: Asker
    choices: Choices
    into: str | None


class SurveyNode(Node):
    """Keeps what was answered, however the survey ends."""

    __slots__ = ("_body", "_comment", "_name", "_questions", "_sequence")

    def __init__(self, build: Build, body: SurveyBody) -> None:
        super().__init__(build.name, "survey", build.targets)
        self._body = body
        self._name = body.name or build.name
        limits = Limits(1, "", body.timeout, body.inter_digit, body.barge_in)
        self._questions = {
            f"ask {name}": _Asked(
                Asker(build, (question.prompt,), limits),
                Choices([str(score) for score in range(question.scale[0], question.scale[1] + 1)]),
                question.into if question.into in build.variables else None,
            )
            for name, question in body.asked.items()
        }
        self._comment = build.speech(body.comment.prompt) if body.comment is not None else None
        self._sequence = [*self._questions, *([COMMENT] if body.comment is not None else [])]

    def enter(self, run: Run) -> Outcome:
        return self._next(run, "", {})

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if not isinstance(at, Doing):
            return self.unexpected(run, event)
        match event:
            case Answered(digits=digits) if at.phase in self._questions:
                return self._keyed(run, at, self._questions[at.phase], digits)
            case Played() if at.phase == COMMENT:
                return self._record(run, at)
            case Done(outcome=outcome, values=values) if at.phase == RECORDING:
                spoken = values.get("message") if outcome != "empty" else None
                return self._save(run, _scores(at), spoken)
            case Done() if at.phase == SAVING:
                run.note(self.name, "answers kept")
                return self.targets.on_error if at.notes.get("failed") else self.targets.next
            case Done() if at.phase == LAST:
                run.note(self.name, "answers kept")
                return AfterHangup(self.name)
        return self.unexpected(run, event)

    def stopped(self, run: Run, at: Position, reason: str) -> Outcome:
        """The answers so far are kept, then the call leaves by ``on_error``."""
        leaves = self.failed(run, reason)
        if not isinstance(at, Doing) or at.phase == SAVING:
            return leaves
        if at.phase == LAST:
            return AfterHangup(self.name)
        return self._kept(_scores(at), None, SAVING, failed=True) or leaves

    def hung_up(self, run: Run, at: Position) -> Wait | None:
        if not isinstance(at, Doing) or at.phase in (SAVING, LAST):
            return None
        comment = LAST_TAKE if at.phase == RECORDING else None
        return self._kept(_scores(at), comment, LAST)

    def _keyed(self, run: Run, at: Doing, question: _Asked, key: str) -> Outcome:
        keys = str(at.notes.get("keyed", "")) + key
        score, is_open = question.choices.find(keys)
        if key and is_open:
            more = one_more_key(self._body.inter_digit, run.scope.language)
            return Wait(Doing(self.name, at.phase, {**at.notes, "keyed": keys}), more)
        if score is None and key == _END:
            score = question.choices.find(keys.removesuffix(_END)).option
        if score is None:
            return self._not_answered(run, at, question, "invalid" if keys else "timeout")
        run.note(self.name, f"answered {at.phase.removeprefix('ask ')}")
        if question.into is not None:
            run.assign(question.into, Decimal(score), sensitive=False)
        scores = {**_scores(at), at.phase.removeprefix("ask "): int(score)}
        return self._next(run, at.phase, scores)

    def _not_answered(self, run: Run, at: Doing, question: _Asked, what: str) -> Outcome:
        times, most = int(at.notes.get("tries", 0)) + 1, self._body.tries
        run.note(self.name, f"{what} {times} of {most}")
        if times >= most:
            return self._next(run, at.phase, _scores(at))
        notes = {"scores": _scores(at), "tries": times}
        return Wait(Doing(self.name, at.phase, notes), question.asker.ask(run))

    def _next(self, run: Run, phase: str, scores: Mapping[str, int]) -> Outcome:
        """The question after this one, the comment, or the end."""
        done = self._sequence.index(phase) + 1 if phase else 0
        if done == len(self._sequence):
            return self._save(run, scores, None)
        following = self._sequence[done]
        at = Doing(self.name, following, {"scores": scores})
        if following != COMMENT:
            return Wait(at, self._questions[following].asker.ask(run))
        prompt = self._comment.prompt(run) if self._comment is not None else SILENCE
        return Wait(at, Play(prompt, run.scope.language))

    def _record(self, run: Run, at: Doing) -> Outcome:
        comment = self._body.comment
        if comment is None:
            return self._save(run, _scores(at), None)
        command = RecordMessage("survey", comment.max, comment.silence, _END, run.scope.language)
        return Wait(Doing(self.name, RECORDING, at.notes), command)

    def _save(self, run: Run, scores: Mapping[str, int], comment: Any) -> Outcome:
        message = comment if isinstance(comment, str) else None
        return self._kept(scores, message, SAVING) or self.targets.next

    def _kept(
        self, scores: Mapping[str, int], comment: str | None, phase: str, *, failed: bool = False
    ) -> Wait | None:
        """None where nothing was answered."""
        if not scores and comment is None:
            return None
        at = Doing(self.name, phase, {"failed": failed})
        return Wait(at, SaveSurvey(self._name, scores, comment))


def _scores(at: Doing) -> dict[str, int]:
    return dict(at.notes.get("scores", {}))
