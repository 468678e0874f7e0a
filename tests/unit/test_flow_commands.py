"""`trunkline publish` and its companions, as a person and a machine meet them."""

import json
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from rich.console import Console

from config.document import load_plain
from engine import card
from engine.console import Screen
from engine.publishing import commands as flow_commands
from engine.publishing import differing
from engine.publishing.commands import Asked
from engine.publishing.publisher import Author
from engine.settings import PROJECT, Settings, from_environment
from ivr.meaning import differences

pytestmark = pytest.mark.unit

ONE_FLOW = PROJECT / "tests/data/one_flow"
ANNA = Author("anna", "why not")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The site of one flow, with dialplans and a database of this test's own; no engine runs."""
    shutil.copytree(ONE_FLOW / "dialplans", tmp_path / "dialplans")
    return from_environment(
        {
            "TRUNKLINE_SITE": str(ONE_FLOW / "site.yaml"),
            "TRUNKLINE_DIALPLANS": str(tmp_path / "dialplans"),
            "TRUNKLINE_VAR": str(tmp_path / "var"),
        }
    )


Said = Callable[[], str]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """What was printed since it was asked last."""
    return lambda: capsys.readouterr().out


def edit(settings: Settings, old: str, new: str) -> None:
    """Change the flow in the working copy."""
    path = settings.dialplans / "support.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


async def test_who_publishes_is_told_what_recordings_do(settings: Settings, said: Said) -> None:
    """They are no part of a version, and a text that changed is not heard while one of the old
    text is in its place: told by name and file, after a rollback too."""
    recording = settings.recorded_prompts / "en" / "support.welcome.prompt.wav"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"RIFF")
    asked = Asked(settings, as_json=False)
    assert await flow_commands.publish(asked, ANNA, None) == 0
    shared = (
        "recordings in dialplans/prompts/ (1) are no part of a version: each plays those of today"
    )
    assert said().splitlines()[1] == shared
    edit(settings, "timeout: 4s", "timeout: 6s")
    assert await flow_commands.publish(asked, ANNA, None) == 0
    assert "the text has changed" not in said()
    edit(settings, "en: Welcome", "en: Hello and welcome")
    assert await flow_commands.publish(asked, ANNA, None) == 0
    stale = (
        "the text has changed, the recording has not: support.welcome.prompt (en), "
        "dialplans/prompts/en/support.welcome.prompt.wav"
    )
    assert stale in said().splitlines()
    assert await flow_commands.rollback(Asked(settings, as_json=True), 2, ANNA) == 0
    assert stale in json.loads(said())["recordings"]
    assert await flow_commands.publish(asked, ANNA, None) == 0
    assert "recording" not in said()


async def test_from_the_first_version_to_a_rollback(settings: Settings, said: Said) -> None:
    """Each answer is a sentence, and the exit code says whether it is yes."""
    asked = Asked(settings, as_json=False)
    nobody = "no engine runs here; each takes it within a second, or when it starts\n"
    assert await flow_commands.publish(asked, ANNA, None) == 0
    assert said() == f"published version 1\n{nobody}"
    assert await flow_commands.publish(asked, ANNA, None) == 0
    assert said() == f"nothing to publish: this is version 1\n{nobody}"
    edit(settings, "timeout: 4s", "timeout: 6s")
    assert await flow_commands.diff(asked, None, None, text=False) == 1
    assert said() == "support (support.yaml)\n  welcome\n    menu.timeout: 4s → 6s\n"
    assert await flow_commands.publish(asked, ANNA, None) == 0
    said()
    assert await flow_commands.rollback(asked, -1, ANNA) == 0
    assert said() == f"published version 3, which is version 1 again\n{nobody}"
    assert await flow_commands.diff(asked, 1, 3, text=False) == 0
    assert await flow_commands.checkout(asked, None, force=False) == 0
    assert said() == "wrote dialplans/support.yaml\n"
    assert await flow_commands.checkout(asked, None, force=False) == 0
    assert said() == "dialplans/ is that version already\n"


async def test_versions_are_listed(settings: Settings, said: Said) -> None:
    """For a machine each with its checksum, for a person as a table."""
    await flow_commands.publish(Asked(settings, as_json=False), ANNA, None)
    said()
    assert await flow_commands.versions(Asked(settings, as_json=True), 20) == 0
    (version,) = json.loads(said())
    assert (version["version"], version["author"], version["note"]) == (1, "anna", "why not")
    assert len(version["sha256"]) == 64
    await flow_commands.versions(Asked(settings, as_json=False), 20)
    assert {"1", "anna", "why not"} <= {cell.strip() for cell in said().split("│")}


async def test_before_the_first_version_one_is_told_how_to_make_it(
    settings: Settings, said: Said
) -> None:
    """Not an empty table."""
    assert await flow_commands.versions(Asked(settings, as_json=False), 20) == 0
    assert said().startswith("no flows are published yet: `trunkline publish`, or the first")
    assert await flow_commands.versions(Asked(settings, as_json=True), 20) == 0
    assert json.loads(said()) == []


async def test_who_published_nothing_is_told_what_a_rollback_made_of_the_files(
    settings: Settings, said: Said
) -> None:
    """They have changed under one's hands, and there is a way back."""
    asked = Asked(settings, as_json=False)
    await flow_commands.publish(asked, ANNA, None)
    edit(settings, "timeout: 4s", "timeout: 6s")
    await flow_commands.publish(asked, ANNA, None)
    await flow_commands.rollback(asked, -1, Author("bela"))
    said()
    assert await flow_commands.publish(asked, ANNA, None) == 0
    taken_over, nothing_new, _ = said().splitlines()
    assert taken_over == "taken over from others: dialplans/support.yaml"
    assert nothing_new == (
        "nothing of your own to publish: the files here are now those of version 3, which is "
        "version 1 again; `trunkline rollback 2` brings the others back"
    )


@pytest.mark.parametrize("as_json", [True, False])
async def test_what_is_wrong_is_told_where_it_is(
    settings: Settings, said: Said, as_json: bool
) -> None:
    """1; the problem names file, line and column."""
    edit(settings, "next: payments", "next: nowhere")
    asked = Asked(settings, as_json)
    assert await flow_commands.publish(asked, ANNA, None) == 1
    problem = json.loads(told)["error"]["problems"][0] if (told := said()) and as_json else told
    assert problem.startswith(f"{settings.dialplans}/support.yaml:96:11: steps.payment_account")


async def test_a_flow_that_nothing_would_read_is_not_left_behind(
    settings: Settings, said: Said
) -> None:
    """A ``.yml`` is no flow: whoever publishes it is told, and not surprised later."""
    (settings.dialplans / "support.yaml").rename(settings.dialplans / "support.yml")
    assert await flow_commands.publish(Asked(settings, as_json=False), ANNA, None) == 1
    told = "support.yml: is not read, as its name ends in .yml: rename it to support.yaml"
    assert said().endswith(f"{told}\n")


async def test_a_machine_is_told_why_nothing_was_published(settings: Settings, said: Said) -> None:
    """By a code that does not change with the words."""
    asked = Asked(settings, as_json=True)
    await flow_commands.publish(asked, ANNA, None)
    (settings.dialplans / ".base").unlink()
    edit(settings, "timeout: 4s", "timeout: 6s")
    said()
    assert await flow_commands.publish(asked, ANNA, None) == 1
    assert json.loads(said())["error"]["code"] == "base_unknown"
    assert await flow_commands.checkout(asked, None, force=False) == 1
    assert json.loads(said())["error"]["code"] == "unpublished_changes"
    (settings.dialplans / "support.yaml").write_bytes(b"\xff")
    assert await flow_commands.publish(asked, ANNA, None) == 1
    assert json.loads(said())["error"]["code"] == "site_invalid"


async def test_a_difference_for_machines(settings: Settings, said: Said) -> None:
    """By meaning with what was and is; line by line as `diff -u`."""
    asked = Asked(settings, as_json=True)
    await flow_commands.publish(asked, ANNA, None)
    edit(settings, "timeout: 4s", "timeout: 6s")
    said()
    assert await flow_commands.diff(asked, None, None, text=False) == 1
    change = {"what": "field", "path": "steps.welcome.menu.timeout", "old": "4s", "new": "6s"}
    (difference,) = json.loads(said())
    assert (difference["name"], difference["changes"]) == ("support", [change])
    assert await flow_commands.diff(asked, None, None, text=True) == 1
    lines = json.loads(said())
    assert lines[:2] == ["--- a/support.yaml", "+++ b/support.yaml"]
    assert [line for line in lines if "timeout: 6s" in line] == ["+      timeout: 6s"]


async def test_what_others_changed_is_told_from_what_one_changed_oneself(
    settings: Settings, said: Said, tmp_path: Path
) -> None:
    """Shown is what publishing would change: what it takes over from others is none of that."""
    asked = Asked(settings, as_json=False)
    await flow_commands.publish(asked, ANNA, None)
    shutil.copytree(settings.dialplans, tmp_path / "other")
    other = Asked(replace(settings, dialplans=tmp_path / "other"), as_json=False)
    edit(other.settings, "timeout: 4s", "timeout: 6s")
    await flow_commands.publish(other, Author("bela"), None)
    said()
    taken = "published since, and taken over when you publish: support.yaml\n"
    assert await flow_commands.diff(asked, None, None, text=False) == 0
    assert said() == taken
    (settings.dialplans / "note.yaml").write_text("words: {}\n")
    for text, shown in ((False, "note.yaml is new\n"), (True, "+words: {}\n")):
        assert await flow_commands.diff(asked, None, None, text=text) == 1
        told = said()
        assert told.endswith(shown + taken)
        assert "timeout" not in told
    edit(settings, "timeout: 4s", "timeout: 5s")
    assert await flow_commands.diff(asked, None, None, text=False) == 1
    told = said()
    assert "menu.timeout: 6s → 5s" in told
    assert told.endswith("changed by others too, so nothing can be published: support.yaml\n")


OLD = """\
flow: desk
languages: [en]
about: x
owner: x
start: a
steps:
  a: {say: Hello., next: b}
  b: {hangup: normal}
"""


def shown(new: str) -> list[str]:
    """The difference between the flow and this one, as a pipe gets it."""
    console = Console(width=20, force_terminal=False)
    found = differences({"d.yaml": load_plain(OLD, "")}, {"d.yaml": load_plain(new, "")})
    with console.capture() as captured:
        differing.show(console, found)
    return captured.get().splitlines()


def test_a_difference_for_a_person() -> None:
    """The changes of a step stand together; lines are not broken at the terminal's width."""
    assert shown(
        """\
flow: desk
languages: [en, hu]
owner: x
start: a
steps:
  a:
    say: {en: Good morning. What can we do for you today?, hu: Jó reggelt.}
    next: c
  b: {hangup: normal}
  c: {goto: b}
"""
    ) == [
        "desk (d.yaml)",
        "  + languages[1]: hu",
        "  a",
        "    say:",
        "      - Hello.",
        '      + {"en": "Good morning. What can we do for you today?", "hu": "Jó reggelt."}',
        "    exit next: b → c",
        '  + step c: {"goto": "b"}',
        "  - about: x",
    ]


def test_what_is_between_colons_stays_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """A text, a path or a key of a flow is no emoji, in a line and in a table."""
    screen = Screen()
    screen.say("key:1: :key: :phone:")
    screen.table("t", ("what",), [(":bell:",)])
    told = capsys.readouterr().out
    assert "key:1: :key: :phone:" in told
    assert ":bell:" in told


def test_flows_that_are_new_or_gone_are_named() -> None:
    """And what is no flow by its file."""
    console = Console(force_terminal=False)
    flow = {"flow": "desk", "steps": {}}
    with console.capture() as captured:
        differing.show(console, differences({"d.yaml": flow}, {"a.test.yaml": {"tests": []}}))
    assert captured.get().splitlines() == ["a.test.yaml is new", "desk (d.yaml) is gone"]


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[dict[str, Any]]:
    """An engine runs here, and answers what the test says when it is told to look."""
    answer: dict[str, Any] = {}

    async def look(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer sesame"
        return web.json_response(answer)

    async def status(request: web.Request) -> web.Response:
        return web.json_response({"flows": answer})

    app = web.Application()
    app.router.add_post("/api/flows", look)
    app.router.add_get("/api/status", status)
    async with TestServer(app) as server:
        settings.layout.create()
        url = str(server.make_url("")).rstrip("/")
        card.write(settings.layout.card, {"api": {"url": url, "token": "sesame"}})
        yield answer


async def test_the_engine_here_is_told_at_once(
    settings: Settings, engine: dict[str, Any], said: Said
) -> None:
    """And the author is told whether it took the version."""
    asked = Asked(settings, as_json=False)
    engine |= {"version": 1, "refused": None}
    assert await flow_commands.publish(asked, ANNA, None) == 0
    assert said() == "published version 1\nnew calls run it\n"
    edit(settings, "timeout: 4s", "timeout: 6s")
    engine["refused"] = {"version": 2, "reasons": ["no voice speaks et"]}
    assert await flow_commands.publish(asked, ANNA, None) == 1
    assert said() == (
        "published version 2\nthe engine goes on with version 1:\nno voice speaks et\n"
    )
    engine |= {"version": 3, "refused": None}
    assert await flow_commands.publish(asked, ANNA, None) == 0
    assert said().endswith("new calls run version 3, which came right after it\n")


async def test_versions_tell_what_is_in_force_and_what_was_refused(
    settings: Settings, engine: dict[str, Any], said: Said
) -> None:
    """By the engine that runs here, which need not run the newest; and why."""
    asked = Asked(settings, as_json=False)
    engine |= {"version": 1, "refused": {"version": 2, "reasons": ["no voice speaks et"]}}
    await flow_commands.publish(asked, ANNA, None)
    edit(settings, "timeout: 4s", "timeout: 6s")
    await flow_commands.publish(asked, ANNA, None)
    said()
    await flow_commands.versions(asked, 20)
    told = said()
    rows = [[cell.strip() for cell in line.split("│")] for line in told.splitlines()]
    assert [row[1:3] for row in rows if len(row) > 2] == [["2", "refused"], ["1", "in force"]]
    assert told.endswith("version 2: no voice speaks et\n")
    await flow_commands.versions(Asked(settings, as_json=True), 20)
    newest, before = json.loads(said())
    assert (newest["in_force"], newest["refused"]) == (False, ["no voice speaks et"])
    assert (before["in_force"], before["refused"]) == (True, None)


async def test_what_is_under_way_is_shown_beside_the_answer(
    settings: Settings, engine: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """The engine may take long over prompts; a machine that reads the answer is not disturbed."""
    engine |= {"version": 1, "refused": None}
    await flow_commands.publish(Asked(settings, as_json=True), ANNA, None)
    said = capsys.readouterr()
    assert json.loads(said.out)["version"] == 1
    steps = [line.rpartition(" (")[0] for line in said.err.splitlines()]
    assert steps == [
        "✓ Checked: 1 flow",
        "✓ Tested: all pass",
        "✓ Told the engine, which makes the prompts first: it runs version 1",
    ]


async def test_tests_that_fail_are_no_success(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """The mark beside them says so too: whoever reads only that believes them published."""
    failing = "flow: support\ntests: [{name: It, call: [{hears: Nobody says this}]}]\n"
    (settings.dialplans / "support.test.yaml").write_text(failing, "utf-8")
    assert await flow_commands.publish(Asked(settings, as_json=False), ANNA, None) == 1
    steps = [line.rpartition(" (")[0] for line in capsys.readouterr().err.splitlines()]
    assert steps == ["✓ Checked: 1 flow", "✗ Tested: 1 failed"]
