"""The checker: each broken flow gives exactly the messages written at its top."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from config.callbacks import Callbacks
from config.document import DocumentError, schema
from config.hours import Hours
from config.opening import openings
from config.requirement import parse
from config.transfers import Permitted, Transfers
from ivr.announce import LANGUAGES
from ivr.flow import Flow
from ivr.folder import flow_files
from ivr.functions import FlowFunction, signature
from ivr.loader import load_flow, load_flows, read_flows
from ivr.steps import KINDS
from ivr.steps.base import Known, KnownService, Staff
from ivr.steps.read_back import READ_BACK
from ivr.variables import Variable

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
FLOWS = ROOT / "tests" / "data" / "flows"
BAD = sorted((FLOWS / "bad").glob("*.yaml"))
SUPPORT = Hours.model_validate({"open": {"weekdays": "08:00-18:00"}, "holidays": ["HU"]})


class Score(NamedTuple):
    """What the function of these flows gives."""

    score: Decimal
    rank: str | None


def vip_score(account: str, balance: Decimal | None = None, since: date | None = None) -> Score:
    """A function as a site has it."""
    return Score(balance or Decimal(0), account)


KNOWN = Known(
    queues=frozenset({"support", "faults"}),
    skills=frozenset({"billing", "technical", "en", "hu"}),
    languages=("en", "hu"),
    services={"crm": KnownService(), "vault": KnownService(sensitive=True)},
    values={"crm": "https://crm.example/api", "hotline": "+3615550100"},
    functions={"vip_score": FlowFunction("vip_score", vip_score, signature(vip_score))},
    fields={"tariff": Variable(type="text"), "balance": Variable(type="money", currency="EUR")},
    agents=frozenset({"anna", "bela"}),
    trunks=frozenset({"carrier"}),
    mailboxes=frozenset({"support"}),
    transfers=Transfers(allow=["+36*"], deny=["+3690*"]),
    callbacks=Callbacks(allow=["+48*"], deny=["+4870*"]),
    sms=Permitted(allow=["+36*"], deny=["+3690*"]),
    hours=openings({"support": SUPPORT}, "Europe/Budapest"),
    zone="Europe/Budapest",
    now_ms=1_795_000_000_000,
)


def expected(path: Path) -> list[str]:
    """The comment lines at the file's top, as ``line:col: path: message``."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("# ") for line in lines if line.startswith("# ")]


def test_there_are_many_broken_flows() -> None:
    """An empty folder must not pass for a green test."""
    assert len(BAD) >= 60


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_broken_flow_gives_its_message(path: Path) -> None:
    """Every problem at once, each with its place, and nothing else."""
    with pytest.raises(DocumentError) as caught:
        load_flow(path, KNOWN)
    told = [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]
    assert told == expected(path)


@pytest.mark.parametrize("path", flow_files(FLOWS / "good"), ids=lambda p: p.stem)
def test_a_good_flow_has_nothing_to_complain_of(path: Path) -> None:
    """What the language allows passes."""
    assert load_flow(path, KNOWN).name == path.stem


def test_good_flows_give_no_warnings() -> None:
    """Nor errors: the folder as a whole is well."""
    assert read_flows(FLOWS / "good", KNOWN)[1] == []


def test_a_folder_of_flows_is_loaded_by_name() -> None:
    """Tests beside the flows are not flows."""
    flows = {"support", "reception", "directory", "after_hours", "survey", "identify"}
    flows |= {"bill_payment", "reminder", "patience"}
    assert set(load_flows(ROOT / "dialplans")) == flows


def test_all_files_problems_are_told_at_once() -> None:
    """One broken file does not hide the next."""
    with pytest.raises(DocumentError) as caught:
        load_flows(FLOWS / "bad", KNOWN)
    assert len({problem.file for problem in caught.value.problems}) == len(BAD)


def test_two_flows_of_one_name_are_refused(tmp_path: Path) -> None:
    """A number names its flow; it must be clear which one that is."""
    text = (FLOWS / "good" / "every_kind.yaml").read_text(encoding="utf-8")
    for name in ("a.yaml", "b.yaml", "b.test.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=r"b\.yaml:1:7: flow: flow every_kind exists twice"):
        load_flows(tmp_path)


def test_names_of_the_site_are_checked_only_when_given() -> None:
    """A flow can be checked away from its site."""
    for name in ("queue_unknown", "language_not_of_the_site", "hours_unknown"):
        assert load_flow(FLOWS / "bad" / f"{name}.yaml").name == "sample"


def test_an_extension_that_nobody_has_is_keyed_by_nobody(tmp_path: Path) -> None:
    """The site knows them all."""
    path = tmp_path / "sample.yaml"
    text = (FLOWS / "bad" / "branch_never_of_the_site.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace('queue.agent == "ana"', 'call.extension == "999"'))
    known = replace(KNOWN, extensions=frozenset({"201", "202"}))
    with pytest.raises(DocumentError, match=r'call\.extension is one of "201", "202"'):
        load_flow(path, known)


def test_every_language_with_a_voice_has_the_words_to_read_digits_back() -> None:
    """So `confirm: true` needs no check of its own."""
    assert set(READ_BACK) == set(LANGUAGES)


def test_the_schema_for_editors_knows_every_kind() -> None:
    """Completion comes from the same models."""
    text = str(schema(Flow))
    assert all(f"'{kind}'" in text for kind in KINDS)


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("{branch: [{if: vip and dew, go: z}, {else: z}]}", "9:29"),
        ("{branch: [{if: 'vip and dew', go: z}, {else: z}]}", "9:30"),
        ('{say: "Good day, {dew}.", next: z}', "9:24"),
        ('{say: "Good day, { 1 + dew }.", next: z}', "9:29"),
        ("{set: {vip: not dew}, next: z}", "9:22"),
    ],
)
def test_a_fault_in_an_expression_has_its_own_column(
    tmp_path: Path, written: str, place: str
) -> None:
    """Within the value, quoted or not, where an editor puts the cursor."""
    (fault,) = faults_of(tmp_path, f"  a: {written}\n")
    assert fault.startswith(f"{place}: steps.a.")
    assert '"dew"' in fault


@pytest.mark.parametrize("written", ["|\n      Good day,\n      {dew}.", '"Good \\x64ay, {dew}."'])
def test_where_no_column_can_be_told_the_character_is(tmp_path: Path, written: str) -> None:
    """In a block or behind an escape the text is not written as it is read."""
    (fault,) = faults_of(tmp_path, f"  a:\n    next: z\n    say: {written}\n")
    assert fault.startswith("11:5: steps.a.say.any: ")
    assert fault.endswith("(at character 12)")


def faults_of(tmp_path: Path, steps: str) -> list[str]:
    """What the check says of a flow with these steps, from the ninth line on."""
    head = "flow: f\nabout: A\nowner: o\nlanguages: [en]\nstart: a\n"
    head += "vars: {vip: {type: bool}}\n\nsteps:\n"
    (tmp_path / "f.yaml").write_text(f"{head}{steps}  z: {{hangup: normal}}\n", encoding="utf-8")
    return [str(each).rpartition("f.yaml:")[2] for each in read_flows(tmp_path)[1]]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("skills: {en: 4}", ["skills"]),
        ("skills: technical and en < 3", ["skills"]),
        ("skills: technical\n    after: {1m: {en: 5}, 2m: any}", ["after.1m"]),
        ('skills: {technical: 3, "{call.language}": 5}', []),
        ('skills: "technical and {call.language} >= 3"', []),
        ("skills: {technical: 5}", ["skills"]),
    ],
)
def test_what_no_agent_of_the_queue_can_do_is_a_warning(
    tmp_path: Path, written: str, told: list[str]
) -> None:
    """Whatever asks for it, and with what the queue requires; holes may be filled with anything."""
    staff = Staff(
        ({"technical": 4, "en": 3}, {"technical": 5, "en": 3}), {"support": parse("technical < 5")}
    )
    path = tmp_path / "sample.yaml"
    path.write_text(
        f"""flow: sample
about: A sample
owner: telecom@example.test
languages: [en, hu]
start: hello
steps:
  hello:
    queue: support
    {written}
    answered: bye
    on_timeout: {{after: 1h, go: bye}}
    on_error: bye
  bye: {{hangup: normal}}
"""
    )
    problems = read_flows(tmp_path, replace(KNOWN, staff=staff))[1]
    assert [(problem.severity, problem.path) for problem in problems] == [
        ("warning", f"steps.hello.{path}") for path in told
    ]
    assert all(p.message == "no agent of support has the skills for it" for p in problems)
