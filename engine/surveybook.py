"""`trunkline surveys`: what callers answered, question by question."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import typer

from engine.console import Screen
from engine.database import opened
from engine.settings import Settings
from history.database import HistoryDatabase
from history.rows import AnswerRow

NPS = "nps"
"""The question that is asked from 0 to 10; its score is told as the Net Promoter Score."""
_PROMOTER, _DETRACTOR = 9, 6


@dataclass(frozen=True)
class Summary:
    """One question of a survey: how often each score was given, and the messages spoken."""

    survey: str
    question: str
    scores: Counter[int]
    messages: tuple[str, ...]

    @property
    def answers(self) -> int:
        """How many callers answered it."""
        return self.scores.total() + len(self.messages)

    @property
    def average(self) -> float | None:
        """The mean score; None of a question that is answered by speaking."""
        total = self.scores.total()
        given = sum(score * count for score, count in self.scores.items())
        return given / total if total else None

    @property
    def net_promoters(self) -> float | None:
        """Promoters (9, 10) less detractors (0 to 6), in percent of all who answered: the Net
        Promoter Score of Reichheld (Harvard Business Review, December 2003). None of others."""
        total = self.scores.total()
        if self.question != NPS or not total:
            return None
        promoters = sum(n for score, n in self.scores.items() if score >= _PROMOTER)
        detractors = sum(n for score, n in self.scores.items() if score <= _DETRACTOR)
        return 100 * (promoters - detractors) / total

    def as_json(self) -> dict[str, Any]:
        """For a machine."""
        return {
            "survey": self.survey,
            "question": self.question,
            "answers": self.answers,
            "average": self.average,
            "net_promoters": self.net_promoters,
            "scores": dict(sorted(self.scores.items())),
            "messages": list(self.messages),
        }


async def show(settings: Settings, survey: str, since_ms: int, *, as_json: bool) -> int:
    """Print each question of one survey, or of all, as answered since then."""
    found = [*summaries(await _answers(settings, survey, since_ms))]
    if as_json:
        typer.echo(json.dumps([each.as_json() for each in found], ensure_ascii=False))
        return 0
    columns = ("survey", "question", "answers", "average", "NPS", "scores", "messages")
    rows: list[tuple[Any, ...]] = [tuple(_cells(each)) for each in found]
    Screen().table("Surveys", columns, rows)
    return 0


def summaries(answers: Iterable[AnswerRow]) -> Iterator[Summary]:
    """Of each survey and question, in the order of their names."""

    def place(answer: AnswerRow) -> tuple[str, str]:
        return answer.survey, answer.question

    for (survey, question), group in groupby(sorted(answers, key=place), place):
        given = [*group]
        scores = Counter(answer.score for answer in given if answer.score is not None)
        messages = tuple(answer.message for answer in given if answer.message is not None)
        yield Summary(survey, question, scores, messages)


def _cells(summary: Summary) -> Iterator[str]:
    yield from (summary.survey, summary.question, str(summary.answers))
    for figure, form in ((summary.average, ".2f"), (summary.net_promoters, "+.0f")):
        yield "" if figure is None else format(figure, form)
    yield ", ".join(f"{score}: {count}" for score, count in sorted(summary.scores.items()))
    yield "trunkline messages list" if summary.messages else ""


async def _answers(settings: Settings, survey: str, since_ms: int) -> tuple[AnswerRow, ...]:
    async with opened(settings, lambda: HistoryDatabase(settings.sql_url)) as database:
        return await database.answers_since(since_ms, survey)
