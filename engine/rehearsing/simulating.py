"""`trunkline simulate`: a call through a flow, by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import RootModel
from rich.console import Console

from config.document import DocumentError, load_document, load_text
from engine.errors import SettingsInvalid
from engine.rehearsing.screen import Screen
from engine.rehearsing.simulation import Simulation
from engine.rehearsing.sources import Sources
from engine.rehearsing.terminal import typed
from engine.settings import Settings
from ivr.rehearsal.call import RehearsedCall
from ivr.rehearsal.given import Given, Pattern, Replies
from ivr.rehearsal.script import TestFile
from ivr.rehearsal.writing import Recorded, new_file, scalar


class ReplyFile(RootModel[dict[Pattern, Replies]]):
    """A file of replies: ``"GET */accounts/*": {status: 200, json: {…}}``."""


@dataclass(frozen=True)
class Chosen:
    """What the command line says of the call."""

    flow: str
    time: str | None = None
    caller: str | None = None
    called: str | None = None
    language: str | None = None
    http: Path | None = None
    record: Path | None = None


def simulate(settings: Settings, chosen: Chosen) -> int:
    """0 when the call was played; the recorded test is appended at its end."""
    flow, library = Sources(settings).flow(chosen.flow)
    written = _written(chosen)
    given = _given(written, chosen.http)
    call = RehearsedCall(library.program(flow, {}), given.facts(library.zone), given, library.known)
    replies = {pattern: each[0] for pattern, each in given.http.items()}
    simulation = Simulation(call, Recorded("", flow, _as_yaml(given, written), replies))
    _play(simulation, Screen(call, Console(highlight=False, soft_wrap=True)))
    if chosen.record is not None:
        _append(chosen.record, simulation)
        Console(highlight=False, stderr=True).print(f"recorded in {chosen.record}")
    return 0


def _play(simulation: Simulation, screen: Screen) -> None:
    screen.say("Keys are the caller's, Enter is silence, :help tells the rest.")
    screen.show(simulation.waits_for)
    if simulation.over:
        return
    for text in typed():
        told = simulation.line(text)
        if text == ":vars":
            screen.variables()
        elif told is not None:
            screen.say(told)
        elif text != ":quit":
            screen.show(simulation.waits_for)
        if simulation.over:
            return


def _written(chosen: Chosen) -> dict[str, Any]:
    fields = {
        "time": chosen.time,
        "caller": chosen.caller,
        "called": chosen.called,
        "language": chosen.language,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _given(written: dict[str, Any], http: Path | None) -> Given:
    text = "".join(f"{name}: {scalar(value)}\n" for name, value in written.items()) or "{}"
    given = load_text(text, "the command line", Given)
    if http is None:
        return given
    return given.model_copy(update={"http": load_document(http, ReplyFile).root})


def _as_yaml(given: Given, written: dict[str, Any]) -> dict[str, str]:
    """The time is always told: a test is to be the same tomorrow."""
    told = {**written, "time": f"{given.time:%Y-%m-%dT%H:%M:%S%z}"}
    return {name: scalar(value) for name, value in told.items()}


def _append(path: Path, simulation: Simulation) -> None:
    """Add the test to its file; the file is left as it was when it could not be read then."""
    before = path.read_text("utf-8") if path.exists() else new_file(simulation.recorded.flow)
    names = _names(before, path)
    recorded = simulation.recorded
    recorded.name = _free_name(f"recorded at {simulation.call.path[-1]}", names)
    gap = "" if before.endswith("tests:\n") else "\n"
    text = before.rstrip("\n") + "\n" + gap + recorded.text(simulation.call)
    file = load_text(text, str(path), TestFile)
    if file.flow != recorded.flow:
        raise SettingsInvalid("--record", str(path), f"a file of tests of {recorded.flow}")
    path.write_text(text, "utf-8")


def _names(text: str, path: Path) -> set[str]:
    try:
        return {test.name for test in load_text(text, str(path), TestFile).tests}
    except DocumentError:
        if text.endswith("tests:\n"):
            return set()
        raise


def _free_name(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}, {number}"
    return free
