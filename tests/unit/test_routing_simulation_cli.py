"""`trunkline routing simulate`, and the scenarios that it reads."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from config.document import DocumentError, schema
from config.requirement import parse
from engine.scenarios.document import ScenarioModel, load_scenario, vectors
from engine.scenarios.report import Asked, simulate_all
from engine.settings import PROJECT
from routing.contact import Relaxation
from routing.preference import ByLevel
from routing.simulation.distributions import Lognormal
from routing.simulation.tally import QUOTIENTS
from routing.strategy import Criterion
from tests.unit.command import Command

pytestmark = pytest.mark.unit

SMALL = """\
about: Two agents
run: {duration: 10m, warm_up: 1m, replications: 6}
queues:
  sales:
    skills: {sales: 2}
    relax: [{after: 20s, skills: {sales: 1}}]
    arrivals: {per_hour: [60, 120], every: 10m}
    service: {lognormal: {mean: 1m, deviation: 50s}}
    patience: {exponential: 2m}
    wrap_up: 5s
agents:
  expert: {count: 1, skills: {sales: 5}, ring: {constant: 3s}}
  novice: {count: 1, skills: {sales: 1}, misses: 0.1, end: 9m}
places: 5
predict: yes
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    file = tmp_path / "small.yaml"
    file.write_text(SMALL, "utf-8")
    return file


def test_the_figures_come_with_their_margins(trunkline: Command, small: Path) -> None:
    """For a machine, the same whoever computes them; another seed gives others."""
    words = ["routing", "simulate", str(small), "--json", "--replications", "7"]
    done = trunkline(*words, "--jobs", "1")
    found = json.loads(done.stdout)
    assert (done.returncode, found["replications"]) == (0, 7)
    asa = found["figures"]["all.asa_s"]
    assert 3 <= asa["value"] < 60
    assert 0 < asa["margin"] < asa["value"]
    assert found["figures"]["predicted.head_of_line.error"]["value"] > 0
    assert trunkline(*words, "--jobs", "1").stdout == done.stdout
    assert trunkline(*words, "--jobs", "1", "--seed", "2").stdout != done.stdout


def test_a_person_gets_tables(trunkline: Command, small: Path) -> None:
    """Queues, agents by group and all, and predictions."""
    done = trunkline("routing", "simulate", str(small), "--jobs", "1")
    assert done.returncode == 0
    assert done.stdout.startswith("Two agents: ")
    for head in ("Queues", "Agents", "Predictions", "novice", "last to enter"):
        assert head in done.stdout


@pytest.mark.parametrize(
    ("expected", "code", "verdict"),
    [
        ("{value: 100, within: 0.1}", 1, "missed"),
        ("{value: 0.5, within: 1}", 0, "met"),
    ],
)
def test_what_is_expected_decides_the_exit_code(
    trunkline: Command, small: Path, expected: str, code: int, verdict: str
) -> None:
    """1 where a figure is not what the scenario says it is."""
    small.write_text(f"{SMALL}expect: {{all.occupancy: {expected}}}\n", "utf-8")
    done = trunkline("routing", "simulate", str(small), "--jobs", "1", "--json")
    assert done.returncode == code
    assert json.loads(done.stdout)["expected"]["all.occupancy"]["verdict"] == verdict


def test_those_predictions_are_made_that_are_asked_for(trunkline: Command, small: Path) -> None:
    """The engine's own take most of the time; what the others tell is the same without them."""
    words = ["routing", "simulate", str(small), "--jobs", "1", "--json"]
    every = json.loads(trunkline(*words).stdout)["figures"]
    small.write_text(SMALL.replace("predict: yes", "predict: [queue_length, head_of_line]"))
    some = json.loads(trunkline(*words).stdout)["figures"]
    told = {name.split(".")[1] for name in some if name.startswith("predicted.")}
    assert told == {"queue_length", "head_of_line"}
    assert some.items() <= every.items()


def test_every_vector_is_told_as_soon_as_it_is_done(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a line each, for all of them take minutes; then all in one table."""
    small.with_name("other.yaml").write_text(
        f"{SMALL}expect: {{all.occupancy: {{value: 0.5, within: 1}}}}\n", "utf-8"
    )
    monkeypatch.setattr("engine.scenarios.document._VECTORS", small.parent)
    assert simulate_all(Asked(None, "", None, None, 1, as_json=False)) == 0
    first, second, title, *_ = capsys.readouterr().out.splitlines()
    assert re.fullmatch(
        r"other: [0-9]+ calls in [0-9]+ s, all.occupancy 0\.\d+ ± 0\.\d+ met", first
    )
    assert re.fullmatch(r"small: [0-9]+ calls in [0-9]+ s", second)
    assert title.strip() == "Vectors"


def test_the_vectors_are_listed(trunkline: Command) -> None:
    """By name, with what each shows; and every one can be read."""
    done = trunkline("routing", "simulate", "--json")
    listed = json.loads(done.stdout)
    assert {"erlang-a", "erlang-c", "pooled", "six-types-1", "six-types-2"} <= set(listed)
    for name, path in vectors().items():
        assert load_scenario(path).about == listed[name]


def test_a_vector_that_there_is_not(trunkline: Command) -> None:
    """2, and what was probably meant."""
    done = trunkline("routing", "simulate", "--vector", "erlang-d")
    assert (done.returncode, done.stdout) == (2, "")
    assert 'did you mean "erlang-' in done.stderr


def test_all_vectors_and_one_of_them(trunkline: Command) -> None:
    """2: which of them is meant cannot be known."""
    done = trunkline("routing", "simulate", "--all-vectors", "--vector", "pooled")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing beside it" in done.stderr


def test_a_file_and_a_vector(trunkline: Command, small: Path) -> None:
    """2: which of them is meant cannot be known."""
    done = trunkline("routing", "simulate", str(small), "--vector", "pooled")
    assert (done.returncode, done.stdout) == (2, "")
    assert "not both" in done.stderr


def test_queues_and_agents_are_written_as_in_the_site(small: Path) -> None:
    """Who is chosen, who is asked for, what is to be reached, and what agents prefer."""
    small.write_text(
        SMALL.replace("skills: {sales: 2}", "skills: {sales: 2}\n    requires: sales < 5")
        .replace("wrap_up: 5s", "strategy: [best_skill, cost]\n    targets: {within: 30s}")
        .replace("count: 1, skills: {sales: 5}", "count: 1, cost: 9, skills: {sales: 5}")
        .replace("misses: 0.1", "prefers: {priority: {sales: 3}}")
        + "routing: {ageing: never, missed_calls: 3}\n",
        "utf-8",
    )
    scenario = load_scenario(small)
    rules = scenario.rules().queue("sales")
    assert rules.strategy.criteria == (Criterion.BEST_SKILL, Criterion.COST)
    assert rules.requires == parse("sales < 5")
    assert rules.targets.within_ms == 30_000
    assert rules.wrap_up_ms == 0
    assert (scenario.rules().ageing_ms, scenario.rules().missed_calls) == (None, 3)
    expert, novice = scenario.groups
    assert expert.cost == 9
    assert novice.prefers == ByLevel((("sales", 3),))


def test_what_is_written_is_what_is_simulated(small: Path) -> None:
    """Milliseconds, levels and shapes."""
    scenario = load_scenario(small)
    sales = scenario.queues["sales"]
    assert sales.service == Lognormal(60_000, 50_000)
    assert sales.relax[0] == Relaxation(20_000, (("sales", 1),))
    assert (sales.arrivals.per_hour, sales.arrivals.every_ms) == ((60, 120), 600_000)
    expert, novice = scenario.groups
    assert (expert.ring.mean_ms, novice.misses, novice.until_ms) == (3_000, 0.1, 540_000)
    assert scenario.length.end_ms == 660_000


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (
            "patience: {exponential: 2m}",
            "patience: {exponential: 2m, constant: 2m}",
            ":9:15: queues.sales.patience: one of exponential, constant, lognormal is needed",
        ),
        (
            "service: {lognormal: {mean: 1m, deviation: 50s}}",
            "service: {lognormal: {mean: 0s, deviation: 50s}}",
            ":8:33: queues.sales.service.lognormal.mean: this must be longer than nothing",
        ),
        (
            ", every: 10m}",
            "}",
            ":7:26: queues.sales.arrivals.per_hour: with 2 rates `every` must tell how long each",
        ),
        ("every: 10m}", "every: 0s}", ":7:44: queues.sales.arrivals.every: a rate must last"),
        ("end: 9m", "end: 0s", ":13:60: agents.novice.end: 0ms is not after the start, 0ms"),
        (
            "predict: yes",
            "expect: {all.wait: {value: 1, within: 0.1}}",
            ':15:10: expect."all.wait": there is no figure "all.wait", did you mean "all.waits"?',
        ),
        (
            "misses: 0.1",
            "prefers: {share: {sale: 2}}",
            ':13:60: agents.novice.prefers.share.sale: unknown queue, did you mean "sales"?',
        ),
        (
            "wrap_up: 5s",
            "requires: sales >=",
            ":10:23: queues.sales.requires: ",
        ),
        (
            "relax: [{after: 20s, skills: {sales: 1}}]",
            "relax: [{after: 20s, skills: {sales: 1}}, {after: 10s, skills: {}}]",
            ":6:12: queues.sales.relax: these are not in the order of their times",
        ),
        (
            "relax: [{after: 20s, skills: {sales: 1}}]",
            "relax: [{after: 20s, skills: {flying: 1}}]",
            ":6:34: queues.sales.relax[0].skills: no agent has the skills for it",
        ),
    ],
)
def test_a_fault_is_told_where_it_is(small: Path, right: str, wrong: str, said: str) -> None:
    """`file:line:col: path: what is wrong`."""
    assert right in SMALL
    small.write_text(SMALL.replace(right, wrong), "utf-8")
    with pytest.raises(DocumentError) as failed:
        load_scenario(small)
    assert f"{small}{said}" in str(failed.value)


def test_editors_agree(small: Path) -> None:
    """The schema that they check by takes every scenario that comes along."""
    check = Draft202012Validator(schema(ScenarioModel))
    for path in (*vectors().values(), small):
        assert not list(check.iter_errors(yaml.safe_load(path.read_text("utf-8"))))
    assert not check.is_valid({"about": "x", "run": {"duration": "1h"}})


def test_the_scenario_of_the_manual(tmp_path: Path) -> None:
    """It can be read as it stands there."""
    manual = (PROJECT / "docs/simulation.md").read_text("utf-8")
    file = tmp_path / "manual.yaml"
    file.write_text(manual.partition("```yaml\n")[2].partition("```")[0], "utf-8")
    scenario = load_scenario(file)
    assert scenario.about == "A morning of sales"
    assert all(figure in manual for figure in QUOTIENTS)
