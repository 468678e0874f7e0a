"""`trunkline surveys`: what callers answered, for a person and for a machine."""

import json
from pathlib import Path

import pytest

from engine.settings import Settings, from_environment
from engine.surveybook import show, summaries
from history.database import HistoryDatabase
from history.migrations import upgrade_to_head
from history.rows import AnswerRow

pytestmark = pytest.mark.unit

ANSWERS = [
    AnswerRow("c1", "after_call", "csat", 5, None, 2_000),
    AnswerRow("c2", "after_call", "csat", 2, None, 3_000),
    AnswerRow("c2", "after_call", "comment", None, "c2-1", 3_000),
    *(AnswerRow(f"n{n}", "yearly", "nps", n, None, 4_000) for n in (10, 9, 7, 6, 0)),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A history of this test's own."""
    return from_environment({"TRUNKLINE_VAR": str(tmp_path / "var")})


def test_each_question_is_summed_up() -> None:
    """The Net Promoter Score counts 9 and 10 for, 0 to 6 against, in percent of all."""
    comment, csat, nps = summaries(ANSWERS)
    assert (comment.question, comment.answers, comment.average) == ("comment", 1, None)
    assert (csat.answers, csat.average, csat.net_promoters) == (2, 3.5, None)
    assert nps.net_promoters == pytest.approx(0.0)
    (good,) = summaries(answer for answer in ANSWERS if (answer.score or 0) >= 7)
    assert good.net_promoters == pytest.approx(200 / 3)


async def test_answers_are_shown_since_a_time(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of one survey, or of all; of none where nobody was asked."""
    assert await show(settings, "", 0, as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == []
    await upgrade_to_head(settings.sql_url)
    database = HistoryDatabase(settings.sql_url)
    await database.write(ANSWERS)
    await database.close()
    assert await show(settings, "after_call", 2_500, as_json=True) == 0
    comment, csat = json.loads(capsys.readouterr().out)
    assert comment["messages"] == ["c2-1"]
    assert (csat["answers"], csat["average"], csat["scores"]) == (1, 2.0, {"2": 1})
    await show(settings, "", 0, as_json=False)
    rows = [
        [cell.strip() for cell in line.split("│")] for line in capsys.readouterr().out.split("\n")
    ]
    assert ["after_call", "csat", "2", "3.50", "", "2: 1, 5: 1"] in [row[1:7] for row in rows]
