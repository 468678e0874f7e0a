"""`trunkline test`: its report, its files, its exit codes."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from engine.errors import NoSuchFlow, NoTests
from engine.rehearsing.proving import flow_tests
from engine.rehearsing.testing import Wanted, run_tests
from engine.settings import PROJECT, Settings, from_environment
from ivr.loader import flows_as_written
from ivr.steps.base import NOTHING_KNOWN

pytestmark = pytest.mark.unit

GOOD = PROJECT / "tests" / "data" / "flows" / "good" / "every_kind.test.yaml"
FLOW = """
flow: tiny
about: x
owner: x
languages: [en]
start: menu
steps:
  menu: {menu: {prompt: One., options: {1: one, 2: two}}, on_timeout: bye, on_invalid: bye}
  one: {say: First., next: bye, on_error: bye}
  two: {say: Second., next: bye, on_error: bye}
  bye: {hangup: normal}
"""
TESTS = """
flow: tiny
tests:
  - name: good
    call: [{keys: "1", hears: First}]
  - name: bad & <wrong>
    call:
      - keys: "1"
        hears: Second
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A folder of dialplans with one flow and two tests, of which one fails."""
    (tmp_path / "tiny.yaml").write_text(FLOW)
    (tmp_path / "tiny.test.yaml").write_text(TESTS)
    return from_environment({"TRUNKLINE_DIALPLANS": str(tmp_path)})


def test_the_flows_of_the_site_and_of_the_reference_pass(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every step and every exit that is written in the site's flow is gone by some test."""
    assert run_tests(from_environment({}), Wanted((str(GOOD),))) == 0
    capsys.readouterr()
    wanted = Wanted(("support",), coverage=True, min_coverage=100, as_json=True)
    assert run_tests(from_environment({}), wanted) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["percent"] for each in told["coverage"]] == [100]
    assert told["passed"] >= 12


def test_a_failure_is_told_with_its_place_and_what_was_heard(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1; the line that an editor jumps to; what was expected and what there was."""
    assert run_tests(settings, Wanted()) == 1
    told = capsys.readouterr().out
    assert f"{settings.dialplans}/tiny.test.yaml:9:16: tests[1].call[0].hears" in told
    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert 'expected to hear "Second"' in lines
    assert "heard one (en): First." in lines
    assert "path menu → one → bye" in lines
    assert lines[-1].startswith("1 failed, 1 passed in ")


def test_a_flow_has_tests_in_files_of_any_name(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """They say whose they are; a file of the flow's name is found too, and no file twice."""
    (settings.dialplans / "night.test.yaml").write_text(TESTS)
    (settings.dialplans / "other.yaml").write_text(FLOW.replace("tiny", "other"))
    (settings.dialplans / "other.test.yaml").write_text(TESTS.replace("tiny", "other"))
    assert run_tests(settings, Wanted(("tiny", "night"), as_json=True)) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["passed"], told["failed"]) == (2, 2)
    with pytest.raises(NoSuchFlow, match='did you mean "tiny"'):
        run_tests(settings, Wanted(("tinny",)))


def test_a_flow_without_tests_is_told(settings: Settings) -> None:
    """It is there: nobody is to look for a slip in its name."""
    other = settings.dialplans / "other.yaml"
    other.write_text(FLOW.replace("tiny", "another"))
    for named, file in (("another", other.stem), ("other", other.stem), (str(other), other)):
        with pytest.raises(NoTests) as caught:
            run_tests(settings, Wanted((named,)))
        expected = str(file).removesuffix(".yaml")
        assert str(caught.value) == f"another has no tests ({expected}.test.yaml)"


def test_only_tests_of_a_name_are_played(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the case of the letters."""
    assert run_tests(settings, Wanted(name="GOOD", verbose=True)) == 0
    assert "✓ good" in capsys.readouterr().out


def test_what_no_test_goes_is_listed(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each step and exit with its file and line; too little is a failure."""
    wanted = Wanted(name="good", coverage=True, min_coverage=90)
    assert run_tests(settings, wanted) == 1
    told = capsys.readouterr().out
    flow = settings.dialplans / "tiny.yaml"
    assert f"{flow}:10 two: never entered" in told
    assert f"{flow}:8 menu.menu.options.2: never taken" in told
    assert f"{flow}:8 menu.on_timeout: never taken" in told
    assert "menu.options.1" not in told


OUTSIDE = """
flow: outside
about: x
owner: x
languages: [en]
start: main
steps:
  main:
    menu: {prompt: Whom?, options: {1: bye}, extensions: colleague}
    on_timeout: bye
    on_invalid: bye
    on_error: bye
  colleague: {transfer: {extension: "{call.extension}"}, next: bye, on_error: wrong}
  wrong: {say: "Ask {site.hotline}.", next: bye}
  bye: {hangup: normal}
"""
OF_THE_SITE = """
flow: outside
tests:
  - name: an agent of the site is reached by the extension
    call: [{keys: "203", transfer: {extension: "203"}, passes: [colleague, bye]}]
  - name: nobody has this one
    call: [{keys: "209", at: main}]
  - name: a value of the site is said
    given: {transfer: busy}
    call: [{keys: "203", hears: Ask one five five}]
"""


def test_a_flow_outside_the_dialplans_finds_the_site_in_its_calls(
    settings: Settings, tmp_path: Path
) -> None:
    """The agents' extensions in a menu and a transfer, and the site's own values."""
    site = tmp_path / "site.yaml"
    text = settings.site_file.read_text("utf-8")
    site.write_text(text + "\nvalues: {hotline: '15550199'}\n", "utf-8")
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "outside.yaml").write_text(OUTSIDE)
    (outside / "outside.test.yaml").write_text(OF_THE_SITE)
    here = replace(settings, site_file=site)
    assert run_tests(here, Wanted((str(outside / "outside.test.yaml"),))) == 0


def test_the_junit_report_is_well_formed(settings: Settings, tmp_path: Path) -> None:
    """A suite a file, a case a test, the failure with its place."""
    report = tmp_path / "out" / "junit.xml"
    assert run_tests(settings, Wanted(junit=report, as_json=True)) == 1
    root = ElementTree.parse(report).getroot()  # noqa: S314 - our own report
    assert {name: root.attrib[name] for name in ("tests", "failures")} == {
        "tests": "2",
        "failures": "1",
    }
    good, bad = root.iter("testcase")
    assert (good.attrib["classname"], good.attrib["name"]) == ("tiny", "good")
    failure = bad.find("failure")
    assert bad.attrib["name"] == "bad & <wrong>"
    assert failure is not None
    assert failure.attrib["message"] == 'expected to hear "Second", got "First."'


def test_a_version_is_proved_by_its_tests(settings: Settings) -> None:
    """Before it is published: a sentence for each failure, with its place."""
    files = {path.name: path.read_text() for path in sorted(settings.dialplans.iterdir())}
    prove = flow_tests(lambda files: NOTHING_KNOWN, lambda name: f"dialplans/{name}")
    flows = {flow.flow: flow for flow in flows_as_written(settings.dialplans)}
    assert prove(files, flows) == [
        (
            "dialplans/tiny.test.yaml:9:16: tests[1].call[0].hears: bad & <wrong>: "
            'expected to hear "Second", got "First."'
        )
    ]
    files["tiny.test.yaml"] = TESTS.replace("hears: Second", "at: tow")
    assert prove(files, flows) == [
        (
            'dialplans/tiny.test.yaml:9:13: tests[1].call[0].at: unknown step "tow", did you mean '
            '"two"? (allowed: menu, one, two, bye)'
        )
    ]


def test_a_thousand_tests_take_seconds(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As often as an author saves a file."""
    many = "".join(
        f"  - {{name: t{number}, call: [{{keys: '1', hears: First, ends: normal}}]}}\n"
        for number in range(1_000)
    )
    (tmp_path / "tiny.test.yaml").write_text(f"flow: tiny\ntests:\n{many}")
    began = time.perf_counter()
    assert run_tests(settings, Wanted()) == 0
    assert time.perf_counter() - began < 5
    assert "1000 passed" in capsys.readouterr().out
