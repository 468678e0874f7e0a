"""The command as a person and a machine meet it: exit codes, JSON, and never a traceback."""

import json
import os
import shutil
from pathlib import Path

import pytest

from engine.settings import PROJECT
from tests.unit.command import Command

pytestmark = pytest.mark.unit

ONE_FLOW = PROJECT / "tests/data/one_flow"
NOT_YET = "no flows are published yet: `trunkline publish`, or the first `trunkline up`, makes"
NO_DIRECTORY = "/no/such: no such directory, in which the flows should be (TRUNKLINE_DIALPLANS)"


def test_the_sample_site_is_well(trunkline: Command) -> None:
    """0, and for a machine an empty list of problems."""
    done = trunkline("check", "--json")
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, [], "")


@pytest.mark.parametrize(("chosen", "kept"), [(None, "1"), ("2", "2")])
def test_numpy_has_no_threads_of_its_own(
    trunkline: Command, monkeypatch: pytest.MonkeyPatch, chosen: str | None, kept: str
) -> None:
    """Unless somebody chose so: they spin on the cores that calls need."""
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "")  # brought back afterwards
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    if chosen:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", chosen)
    trunkline("check")
    assert os.environ["OPENBLAS_NUM_THREADS"] == kept


def test_a_site_with_a_fault_is_told_where(trunkline: Command, tmp_path: Path) -> None:
    """1, and `file:line:col: path: message`; the same in JSON."""
    site = tmp_path / "site.yaml"
    text = (PROJECT / "config/site.yaml").read_text("utf-8")
    site.write_text(text.replace("flow: support", "flow: suport"), "utf-8")
    done = trunkline("check", TRUNKLINE_SITE=str(site))
    assert done.returncode == 1
    assert done.stdout.startswith(f"{site}:12:")
    done = trunkline("check", "--json", TRUNKLINE_SITE=str(site))
    assert done.returncode == 1
    assert [problem["line"] for problem in json.loads(done.stdout)] == [12]


@pytest.mark.parametrize(
    ("words", "environ", "said"),
    [
        (["status"], {}, "start it with `make run`"),
        (["history", "c1", "--json"], {}, "start it with `make run`"),
        (["schema", "nonsense"], {}, "site or flow"),
        (["check"], {"TRUNKLINE_NODE": "a b"}, "TRUNKLINE_NODE"),
        (["graph", "suport"], {}, 'did you mean "support"?'),
        (["graph", "nowhere.yaml"], {}, "nowhere.yaml: no such file"),
        (["graph", "support", "--language", "xx"], {}, "en or hu or pl or et"),
        (["graph", "support", "--heat"], {}, "does not exist yet"),
        (["graph", "support", "--since", "soon"], {}, "30m, 12h, 7d or 4w"),
        (["graph", "support", "--output", "/proc/none/x.svg"], {}, "a file that can be written"),
        (["xyzzy"], {}, 'No such command "xyzzy", allowed: '),
        (["report", "queue"], {}, 'No such command "queue", did you mean "queues"? (allowed: '),
        (["history", "--limit", "0"], {}, "limit"),
        (["rollback", "1"], {}, NOT_YET),
        (["rollback", "-1"], {}, NOT_YET),
        (["checkout"], {}, NOT_YET),
        (["diff"], {}, NOT_YET),
        (["diff", "--json", "1", "x"], {}, "as an integer"),
        (["test"], {"TRUNKLINE_DIALPLANS": "/no/such"}, NO_DIRECTORY),
        (["test", "support"], {"TRUNKLINE_DIALPLANS": "/no/such"}, NO_DIRECTORY),
        (["simulate", "support"], {"TRUNKLINE_DIALPLANS": "/no/such"}, NO_DIRECTORY),
        (["graph", "support"], {"TRUNKLINE_DIALPLANS": "/no/such"}, NO_DIRECTORY),
        (["publish"], {"TRUNKLINE_DATABASE_URL": "sqlite:///no/such/dir/a"}, "does not answer"),
        (["versions"], {"TRUNKLINE_DATABASE_URL": "oracle://x"}, "sqlite and postgresql"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    trunkline: Command, words: list[str], environ: dict[str, str], said: str
) -> None:
    """2, on stderr, without a traceback, and nothing on stdout for a machine to misread."""
    done = trunkline(*words, **environ)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_schema_is_json(trunkline: Command) -> None:
    """For editors."""
    done = trunkline("schema", "flow")
    assert (done.returncode, json.loads(done.stdout)["type"]) == (0, "object")


def test_what_a_flow_probably_does_not_mean_is_told_too(trunkline: Command, tmp_path: Path) -> None:
    """A warning: 0, for nothing keeps the flow from running."""
    flow = tmp_path / "support.yaml"
    steps = "{open?: {hours: faults, open: bye, closed: bye}, bye: {hangup: normal}}"
    flow.write_text(
        f"flow: support\nabout: x\nowner: x\nlanguages: [en]\nstart: open?\nsteps: {steps}\n"
    )
    site = str(ONE_FLOW / "site.yaml")
    done = trunkline("check", TRUNKLINE_SITE=site, TRUNKLINE_DIALPLANS=str(tmp_path))
    said = "no call will go this way: faults is always open for a year to come"
    place = f'{flow}:6:51: warning: steps."open?".closed'
    assert (done.returncode, done.stdout) == (0, f"{place}: {said}\n")


def test_a_flow_is_drawn_by_name_and_by_file(trunkline: Command, tmp_path: Path) -> None:
    """On stdout or into a file; the same picture."""
    by_name = trunkline("graph", "support", "--language", "hu")
    assert by_name.returncode == 0
    assert by_name.stdout.startswith("<svg ")
    output = tmp_path / "support.svg"
    words = ["graph", str(PROJECT / "dialplans/support.yaml"), "--language", "hu"]
    by_file = trunkline(*words, "--output", str(output))
    assert (by_file.returncode, by_file.stdout) == (0, "")
    assert output.read_text("utf-8") == by_name.stdout


def test_a_graph_is_told_to_a_machine(trunkline: Command) -> None:
    """Boxes and ways with their words."""
    told = json.loads(trunkline("graph", "support", "--json").stdout)
    assert told["flow"] == "support"
    way = next(way for way in told["ways"] if (way["source"], way["target"]) == ("agent", "busy"))
    assert (way["exits"], way["faint"], way["callers"]) == (["after 15m", "error"], True, None)


def test_versions_are_told_from_the_history_of_calls(trunkline: Command) -> None:
    """Both could be called history."""
    done = trunkline("versions", "--help")
    assert "the history of calls is history" in " ".join(done.stdout.split())


def test_who_publishes_is_who_is_logged_in(trunkline: Command, tmp_path: Path) -> None:
    """Behind sudo it is not root; an option or the environment says otherwise."""
    flows = shutil.copytree(ONE_FLOW / "dialplans", tmp_path / "dialplans")
    site = str(ONE_FLOW / "site.yaml")
    trunkline("publish", TRUNKLINE_SITE=site, TRUNKLINE_DIALPLANS=str(flows), SUDO_USER="dora")
    (version,) = json.loads(trunkline("versions", "--json").stdout)
    assert version["author"] == "dora"


def test_a_message_is_one_line_where_nobody_looks_at_a_screen(
    trunkline: Command, tmp_path: Path
) -> None:
    """A place that is broken over two lines is none that an editor finds, however wide it is."""
    (tmp_path / f"{'long' * 30}.test.yaml").write_text("flow: nowhere\ntests: [{}]\n", "utf-8")
    done = trunkline("test", str(tmp_path / f"{'long' * 30}.test.yaml"), COLUMNS="40")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines
    assert all(line.startswith(str(tmp_path)) and ": tests[0]." in line for line in lines)
