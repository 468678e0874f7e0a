"""The reference that editors read is made from the models."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from config.document import load_document
from config.site import Site, load_site
from engine.cli import app
from engine.errors import SettingsInvalid
from engine.loading import known_of, load_site_file
from engine.reference.excerpts import excerpts
from engine.reference.fields import tables
from engine.reference.kinds import EXAMPLES
from engine.reference.pages import pages, write
from engine.rehearsing.testing import Wanted, run_tests
from engine.schemas import SCHEMAS, schema_text
from engine.settings import PROJECT, from_environment
from ivr.commands import Ask, Command, Enqueue, Hangup, Play
from ivr.events import (
    Answered,
    CallerHungUp,
    Done,
    Event,
    Played,
    QueueLeft,
    StepFailed,
)
from ivr.expression import SAMPLE
from ivr.flow import Flow
from ivr.interpreter import resume, start
from ivr.loader import flows_as_written, load_flows, read_flows
from ivr.names import ABOUT, NAMES
from ivr.state import CallFacts
from ivr.steps import KINDS
from ivr.steps.queue import TimeLimit
from ivr.steps.survey import SurveyBody

pytestmark = pytest.mark.unit

REFERENCE = PROJECT / "docs" / "reference"
KNOWN = replace(
    known_of(load_site_file(from_environment({})).site),
    now_ms=None,
    payments=None,  # no site can take them yet, and the check says so
)
FLOWS = [flow.flow for flow in flows_as_written(EXAMPLES)]
PROGRAMS = load_flows(EXAMPLES, KNOWN)


@pytest.mark.parametrize("what", SCHEMAS)
def test_the_schemas_are_up_to_date(what: str) -> None:
    """`make reference` writes them; a change of a model without it is found here."""
    written = (PROJECT / "docs" / "reference" / f"{what}.schema.json").read_text("utf-8")
    assert written == schema_text(what)


@pytest.mark.parametrize("name", pages(app))
def test_the_pages_are_up_to_date(name: str) -> None:
    """`make reference` writes them too."""
    assert (REFERENCE / name).read_text("utf-8") == pages(app)[name]


def test_every_kind_of_step_has_an_example_that_uses_it() -> None:
    """From the page alone one can write a step of each kind."""
    lacking = []
    for kind in KINDS:
        path = EXAMPLES / f"{kind}.yaml"
        flow = load_document(path, Flow) if path.exists() else None
        if flow is None or kind not in {step.kind for step in flow.steps.values()}:
            lacking.append(path.name)
    assert lacking == []


def test_every_part_of_a_site_has_an_example(tmp_path: Path) -> None:
    """They are parts of one site, which passes the check."""
    found = excerpts()
    assert set(found) == set(Site.model_fields)
    path = tmp_path / "site.yaml"
    path.write_text("\n".join(found.values()) + "\n", "utf-8")
    assert load_site(path, {}).mail is not None
    page = pages(app)["site.md"]
    assert [name for name, example in found.items() if example not in page] == []


def test_every_example_has_its_tests() -> None:
    """They show how a flow is tested; `trunkline test` plays them."""
    flows = {path.stem for path in EXAMPLES.glob("*.yaml") if not path.stem.endswith(".test")}
    assert {path.name.removesuffix(".test.yaml") for path in EXAMPLES.glob("*.test.yaml")} == flows


def test_the_tests_of_the_examples_pass(capsys: pytest.CaptureFixture[str]) -> None:
    """What the page shows is so."""
    files = tuple(str(path) for path in sorted(EXAMPLES.glob("*.test.yaml")))
    assert run_tests(from_environment({}), Wanted(files)) == 0, capsys.readouterr().out


def test_every_example_passes_the_check_on_the_sample_site() -> None:
    """Without even a warning; their calendars as they were written."""
    assert read_flows(EXAMPLES, KNOWN)[1] == []


@pytest.mark.parametrize("name", FLOWS)
def test_every_call_through_an_example_comes_to_its_end(name: str) -> None:
    """Callers who key this and that and nothing, hang up, and meet what fails."""
    program = PROGRAMS[name]
    for seed in range(40):
        outside = Outside(random.Random(seed))
        turn = start(program, CallFacts("+36201234567", "+3615550100", outside.later()))
        turns = 0
        while not isinstance(turn.command, Hangup):
            turn = resume(program, turn.state, outside.answers(turn.command))
            turns += 1
            assert turns < 500, f"seed {seed} is still at {turn.state.at}"


class Outside:
    """Answers every command with something that may come of it."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._now_ms = 1_795_000_000_000

    def later(self) -> int:
        """The clock, some seconds on."""
        self._now_ms += self._chance.randrange(500, 60_000)
        return self._now_ms

    def answers(self, command: Command) -> Event:
        """Mostly what was asked for; at times a failure, or the caller's end."""
        now_ms, luck = self.later(), self._chance.random()
        if luck < 0.03:
            return CallerHungUp(now_ms)
        if luck < 0.06:
            return StepFailed(now_ms, "by chance")
        match command:
            case Play():
                return Played(now_ms)
            case Ask():
                return self._keyed(now_ms, command.max_digits)
            case Enqueue():
                return QueueLeft(now_ms, self._chance.choice(["conversation_ended", "timeout"]))
            case _:
                return Done(now_ms)

    def _keyed(self, now_ms: int, most: int) -> Event:
        if self._chance.random() < 0.3:
            return Answered(now_ms, "", timed_out=True)
        keys = "".join(self._chance.choice("0123456789*#") for _ in range(min(most, 8)))
        return Answered(now_ms, keys)


def test_every_name_that_flows_have_is_explained() -> None:
    """And what is explained exists."""
    assert set(ABOUT) == set(NAMES)


def test_the_examples_of_expressions_use_names_that_flows_have() -> None:
    """Who copies one must not be refused."""
    assert {name for name in SAMPLE if "." in name} <= set(NAMES)


def test_every_type_of_a_flow_has_words_of_its_own() -> None:
    """Not "text", where only a step, a duration or a key may be written."""
    (rows,) = [table.rows for table in tables(TimeLimit)]
    assert [row.type for row in rows] == ["duration", "step"]
    survey = next(tables(SurveyBody)).rows
    assert {row.name: row.type for row in survey}["`tries`"] == "whole number 1 to 10"


def test_the_command_writes_the_pages_where_it_is_told(
    tmp_path: Path,
) -> None:
    """And names them; a directory that is not there is told in a sentence."""
    assert {path.name for path in write(app, tmp_path)} == set(pages(app))
    with pytest.raises(SettingsInvalid, match="a directory that can be written"):
        write(app, tmp_path / "missing")
