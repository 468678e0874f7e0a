"""`trunkline check FILE…`: what an editor and an engineer are told of one file, and of all."""

import io
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.settings import PROJECT
from tests.unit.command import Command

pytestmark = pytest.mark.unit

ONE_FLOW = PROJECT / "tests/data/one_flow"
FLOW = """\
flow: {name}
about: x
owner: x
languages: [en]
start: wait
steps:
  wait: {{queue: {queue}, answered: bye, on_error: bye, on_timeout: {{after: 1m, go: bye}}}}
  bye: {{hangup: normal}}
"""


class House:
    """A site of its own, in a directory that a test may spoil."""

    def __init__(self, directory: Path, trunkline: Command) -> None:
        self.site = directory / "site.yaml"
        self.dialplans = directory / "dialplans"
        shutil.copytree(ONE_FLOW, directory, dirs_exist_ok=True)
        self._trunkline = trunkline

    def write(self, name: str, text: str) -> Path:
        """A file among the dialplans."""
        path = self.dialplans / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def spoil_site(self, old: str, new: str) -> None:
        """An error in the site."""
        text = self.site.read_text("utf-8")
        assert old in text
        self.site.write_text(text.replace(old, new, 1), "utf-8")

    def check(self, *words: object) -> tuple[int, list[str], str]:
        """The exit code, the problems without the directory, and what is said beside."""
        environ = {"TRUNKLINE_SITE": str(self.site), "TRUNKLINE_DIALPLANS": str(self.dialplans)}
        done = self._trunkline("check", *map(str, words), **environ)
        assert "Traceback" not in done.stderr
        here = f"{self.site.parent}/"
        lines = [line.replace(here, "") for line in done.stdout.splitlines()]
        return done.returncode, lines, done.stderr.replace(here, "")


@pytest.fixture
def house(tmp_path: Path, trunkline: Command) -> House:
    """A sound site."""
    return House(tmp_path / "house", trunkline)


def test_one_flow_is_checked_alone(house: House) -> None:
    """Its errors and not those of others; 0 for one that is right."""
    good = house.write("good.yaml", FLOW.format(name="good", queue="faults"))
    bad = house.write("bad.yaml", FLOW.format(name="bad", queue="faulds"))
    message = 'unknown queue "faulds", did you mean "faults"? (allowed: faults, payments, support)'
    assert house.check(good) == (0, [], "1 flow: no problems\n")
    told = f"dialplans/bad.yaml:7:17: steps.wait.queue: {message}"
    assert house.check(bad) == (1, [told], "")


def test_a_flow_may_call_those_beside_it(house: House) -> None:
    """They are read with it; a name that two flows have is told of the one that is asked."""
    flow = "flow: {}\nabout: x\nowner: x\nlanguages: [en]\nstart: c\nsteps:\n"
    calls = "  c: {call: suport, next: b}\n  b: {hangup: normal}\n"
    caller = house.write("caller.yaml", flow.format("caller") + calls)
    code, (problem,), _ = house.check(caller)
    assert code == 1
    assert problem.startswith("dialplans/caller.yaml:7:")
    assert problem.endswith('did you mean "support"? (allowed: caller, support)')
    twin = house.write("a_twin.yaml", FLOW.format(name="support", queue="faults"))
    assert "dialplans/a_twin.yaml:1:7: flow: flow support exists twice" in house.check(twin)[1]


def test_what_an_editor_shows_is_checked_before_it_is_saved(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text from stdin counts instead of the file, which need not even be there."""
    text = FLOW.format(name="new", queue="faults").replace("bye: {h", "bye: {n: 1, h").encode()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text)))
    code, (problem,), _ = house.check("--stdin-name", house.dialplans / "new.yaml")
    assert code == 1
    assert problem.startswith("dialplans/new.yaml:8:9: steps.bye.n: unknown key")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"flow: \xff")))
    code, (problem,), _ = house.check("--stdin-name", house.dialplans / "new.yaml")
    assert (code, problem.startswith("dialplans/new.yaml:1:7: byte 0xFF is not UTF-8")) == (1, True)


def test_an_unsaved_fragment_is_checked_with_the_flows_that_include_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be judged alone; one that no flow includes is told so."""
    text = FLOW.format(name="uses", queue="faults").replace("  bye: {hangup: normal}\n", "")
    house.write("uses.yaml", text.replace("start:", "include: [common/byes.yaml]\nstart:"))
    byes = house.write("common/byes.yaml", "steps:\n  bye: {hangup: normal}\n")
    assert house.check(byes) == (0, [], "1 fragment: no problems\n")
    unsaved = b"steps:\n  bye: {say: {en: Bye}, next: by}\n"
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(unsaved)))
    code, (problem,), _ = house.check("--stdin-name", byes)
    assert (code, problem.partition(", ")[0]) == (
        1,
        'dialplans/common/byes.yaml:2:31: steps.bye.next: there is no step "by"',
    )
    code, (warning,), _ = house.check(house.write("common/lone.yaml", "vars: {}\n"))
    assert (code, "warning: no flow includes it" in warning) == (0, True)
    for words in ((), (house.dialplans,)):
        assert house.check(*words)[:2] == (0, [warning])
    house.write("common/lone.yaml", "vars: {\n")
    assert house.check()[0] == 1
    house.write("uses.yaml", "flow: {\n")
    assert [each for each in house.check()[1] if "common/" in each] == []


def test_a_file_of_tests_is_checked(house: House) -> None:
    """Its own errors; names are those of its flow. All are checked where none is named."""
    text = "flow: support\ntests:\n  - name: it\n    call: [{at: nowhere}, {key: 1}]\n"
    path = house.write("support.test.yaml", text)
    code, (problem,), _ = house.check(path)
    assert code == 1
    assert problem.startswith("dialplans/support.test.yaml:4:28: tests[0].call[1].key: unknown key")
    house.write("support.test.yaml", text.replace(", {key: 1}", ""))
    problem = 'dialplans/support.test.yaml:4:17: tests[0].call[0].at: unknown step "nowhere"'
    for words in ((path,), ()):
        code, (told,), _ = house.check(*words)
        assert (code, told.partition(", ")[0]) == (1, problem)


def test_errors_of_the_site_do_not_hide_those_of_flows(house: House) -> None:
    """Every error at once, by the names that are written in the site as far as it can be read."""
    house.spoil_site("zone: Europe/Budapest", "zone: Europe/Budapes")
    house.write("bad.yaml", FLOW.format(name="bad", queue="faulds"))
    house.write("bad.test.yaml", "flow: bad\ntests: []\n")
    code, problems, _ = house.check()
    assert code == 1
    assert [problem.partition(":")[0] for problem in problems] == [
        "site.yaml",
        "dialplans/bad.yaml",
        "dialplans/bad.test.yaml",
    ]
    assert 'unknown queue "faulds", did you mean "faults"?' in problems[1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("site: ", "site: [\n"),
        ("queues:", "queus:"),
        ("hours:", "hors:"),
        ("skills:", "skills: 1\nskilled:"),
        ("languages:", "languages: xx\nlangs:"),
    ],
)
def test_a_flow_is_not_blamed_for_a_site_that_cannot_be_read(
    house: House, old: str, new: str
) -> None:
    """What the site does not tell is not checked, which is said on stderr."""
    house.spoil_site(old, new)
    code, problems, note = house.check(house.dialplans / "support.yaml")
    assert (code, problems) == (0, [])
    assert note == "site.yaml has errors: names that it does not tell are not checked\n"
    code, problems, note = house.check(house.site)
    assert (code, note) == (1, "")
    assert all(problem.startswith("site.yaml:") for problem in problems)


def test_of_a_site_that_cannot_be_read_no_flow_is_told_that_payments_are_not_set_up(
    house: House,
) -> None:
    """Whether they are nobody knows: here a key is there twice."""
    house.spoil_site("zone:", "zone: UTC\nzone:")
    pay = "{pay: {amount: 5, currency: EUR, reference: x}, paid: bye, declined: bye, on_error: bye}"
    flow = FLOW.format(name="pays", queue="support")
    house.write(
        "pays.yaml", flow.split("steps:")[0] + f"steps:\n  wait: {pay}\n  bye: {{hangup: normal}}\n"
    )
    code, told, _ = house.check()
    assert code == 1
    assert [line.split(":")[0] for line in told if "payments are not set up" in line] == []
    assert any("zone" in line for line in told)


def test_a_yml_file_is_an_error(house: House) -> None:
    """Nothing reads it, and its author is told, alone and with all the others."""
    path = house.write("support2.yml", FLOW.format(name="support2", queue="faults"))
    hidden = house.write(".github/x.yml", "")
    told = "dialplans/support2.yml: is not read, as its name ends in .yml: rename it to"
    for words in ((), (path,), (house.dialplans,)):
        code, problems, _ = house.check(*words)
        assert (code, problems) == (1, [f"{told} support2.yaml"])
    assert hidden.exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.yaml", None, "no such file"),
        ("empty.yaml", b"", "the file is empty"),
        ("photo.yaml", bytes(range(256)), "is not UTF-8"),
        ("utf16.yaml", "flow: x".encode("utf-16"), "is not UTF-8"),
        ("nul.yaml", b"flow: \0", "character U+0000 is not allowed"),
        ("list.yaml", b"- a\n", "a list"),
        ("words.txt", b"hello", "is no flow, test or site: the name of each ends in .yaml"),
        ("none.test.yaml", None, "no such file"),
        ("empty.test.yaml", b"", "the file is empty"),
        ("photo.test.yaml", bytes(range(256)), "is not UTF-8"),
    ],
)
def test_what_is_no_document_is_said_in_a_sentence(
    house: House, name: str, content: bytes | None, said: str
) -> None:
    """Whatever the file holds: its name, and what is wrong with it."""
    path = house.dialplans / name
    if content is not None:
        path.write_bytes(content)
    code, problems, _ = house.check(path)
    assert code == 1
    assert said in problems[0]
    assert problems[0].startswith(f"dialplans/{name}")


def test_a_machine_is_told_the_same(house: House) -> None:
    """JSON, with the severity of each."""
    path = house.write("bad.yaml", FLOW.format(name="bad", queue="faulds"))
    code, lines, _ = house.check("--json", path)
    (problem,) = json.loads("".join(lines))
    assert code == 1
    assert (problem["line"], problem["severity"]) == (7, "error")


@pytest.mark.parametrize("command", ["simulate", "test", "graph"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("flow.yml", FLOW.format(name="x", queue="faults").encode()),
        ("flow.test.yml", b"flow: support\n"),
        ("none.yml", None),
        ("none.yaml", None),
        ("none.test.yaml", None),
        ("empty.yaml", b""),
        ("photo.yaml", bytes(range(256))),
        ("photo.png", bytes(range(256))),
        ("tests.test.yaml", b"flow: x\n"),
        ("folder.yaml/x", b""),
        ("folder.yaml", None),
    ],
)
def test_commands_never_show_a_traceback_for_a_bad_file(
    trunkline: Command, tmp_path: Path, command: str, name: str, content: bytes | None
) -> None:
    """2, and a sentence that names it."""
    path = tmp_path / "files" / name
    (tmp_path / "files/folder.yaml").mkdir(parents=True)
    if content is not None:
        path.write_bytes(content)
    done = trunkline(command, str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert path.name.split(".")[0] in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_well_is_told_with_all_that_was_looked_at(house: House) -> None:
    """Silence may also mean the wrong directory. Beside the answer: that has the problems."""
    assert house.check() == (0, [], "the site, 1 flow: no problems\n")
    house.write("good.yaml", FLOW.format(name="good", queue="faults"))
    tests = "flow: {}\ntests: [{{name: it, call: [{{at: {}}}]}}]\n"
    house.write("good.test.yaml", tests.format("good", "wait"))
    house.write("support.test.yaml", tests.format("support", "welcome"))
    assert house.check() == (0, [], "the site, 2 flows, 2 files of tests: no problems\n")
    lone = house.write("common/lone.yaml", "vars: {}\n")
    assert house.check(lone, house.site)[2] == "1 fragment, the site: 1 warning\n"
    lone.unlink()
    assert house.check("--json") == (0, ["[]"], "")
    house.write("bad.yaml", FLOW.format(name="bad", queue="faulds"))
    assert house.check()[2] == "", "problems are no success"


def test_a_directory_that_is_not_there_is_told_by_its_name(house: House) -> None:
    """And not that every number's flow is unknown: its setting is mistyped, likely."""
    shutil.rmtree(house.dialplans)
    missing = "dialplans: no such directory, in which the flows should be (TRUNKLINE_DIALPLANS)"
    assert house.check() == (1, [missing], "")


@pytest.mark.parametrize("text", [None, "site: {", "- no site"])
def test_of_a_site_that_cannot_be_read_only_that_is_told(house: House, text: str | None) -> None:
    """Its flows use names that it would tell: what follows from it helps nobody."""
    flow = FLOW.format(name="uses", queue="faulds")
    away = (
        "bye: {transfer: {to: '+36301112222'}, on_error: end, next: end}\n  end: {hangup: normal}"
    )
    house.write("uses.yaml", flow.replace("bye: {hangup: normal}", away))
    if text is None:
        house.site.unlink()
    else:
        house.site.write_text(text, "utf-8")
    code, problems, _ = house.check()
    assert (code, [line.partition(":")[0] for line in problems]) == (1, ["site.yaml"])


def test_music_that_is_not_there_is_an_error(trunkline: Command, tmp_path: Path) -> None:
    """Callers would wait in silence: the folder must be there, with something in it."""
    house = House(tmp_path / "house", trunkline)
    house.spoil_site("queues:\n  support:\n", "queues:\n  support:\n    music: jazz\n")
    music = tmp_path / "var" / "music"
    (music / "jazz").mkdir(parents=True)
    environ = {
        "TRUNKLINE_SITE": str(house.site),
        "TRUNKLINE_DIALPLANS": str(house.dialplans),
        "TRUNKLINE_VAR": str(tmp_path / "var"),
    }
    done = trunkline("check", **environ)
    assert done.returncode == 1
    assert f'queues.support.music: there is no folder "jazz" with sounds in {music}' in done.stdout
    (music / "jazz" / "blue.wav").write_bytes(b"RIFF")
    assert trunkline("check", **environ).returncode == 0
