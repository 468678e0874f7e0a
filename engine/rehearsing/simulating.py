"""`trunkline simulate`: a call through a flow, by hand."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import RootModel

from config.document import (
    DocumentError,
    Located,
    Problem,
    load_document,
    load_plain,
    load_text,
    load_text_located,
    read_text,
)
from engine.console import plain_console
from engine.errors import SettingsInvalid
from engine.rehearsing.screen import Screen
from engine.rehearsing.simulation import Simulation
from engine.rehearsing.sources import Sources
from engine.rehearsing.terminal import typed
from engine.settings import Settings
from ivr.rehearsal.call import RehearsedCall
from ivr.rehearsal.checking import check_given
from ivr.rehearsal.given import Given, Pattern, Replies
from ivr.rehearsal.library import Library
from ivr.rehearsal.playing import Failure, play
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
    given: Path | None = None
    http: Path | None = None
    record: Path | None = None
    name: str = ""
    """What the recorded test is called."""


def simulate(settings: Settings, chosen: Chosen) -> int:
    """0 when the call was played; the recorded test is appended at its end."""
    sources = Sources(settings)
    flow, library = sources.flow(chosen.flow)
    if chosen.record is not None:
        _refuse_record(chosen.record, flow)
    world = _world(chosen, library, flow, sources.number_of(flow))
    given = world.given
    program = library.program(flow, given.hours)
    facts = given.facts(library.zone)
    call = RehearsedCall(program, facts, given, library.known, by_hand=True)

    def check(given: Given, located: Located) -> list[Problem]:
        return check_given(given, located, library, flow)

    simulation = Simulation(call, Recorded("", flow, world.plain), check)
    _play(simulation, Screen(call, plain_console()))
    if chosen.record is not None:
        file = _append(chosen.record, simulation, chosen.name)
        told = _recorded(chosen.record, play(file.tests[-1], file.given, library, flow).failure)
        console = plain_console(stderr=True)
        console.print(told, markup=False)
        if simulation.recorded.secrets:
            console.print(_in_clear(chosen.record, simulation.recorded.secrets), markup=False)
    return 0


def _in_clear(path: Path, secrets: Iterable[str]) -> str:
    """Whoever keyed something real is told before it comes into a repository."""
    return f"what was keyed for {', '.join(secrets)}, which is sensitive, stands in {path}"


def _refuse_record(path: Path, flow: str) -> None:
    """Tell before the call is played that it cannot be recorded there. Raises SettingsInvalid,
    and DocumentError for a file that cannot be read."""
    try:
        is_there, allowed = path.exists(), _allowed(path)
    except OSError as error:
        raise _unwritable(path, error) from None
    if allowed is not None:
        raise SettingsInvalid("--record", str(path), allowed)
    if is_there:
        plain = load_plain(read_text(path), str(path))
        if not isinstance(plain, dict) or plain.get("flow") != flow:
            raise SettingsInvalid("--record", str(path), f"a file of tests of {flow}")


def _allowed(path: Path) -> str | None:
    """What may be recorded into, where that is not it."""
    if path.is_dir():
        return "a file, this is a directory"
    if not path.parent.is_dir():
        return "a file in a directory that exists"
    is_writable = os.access(path if path.exists() else path.parent, os.W_OK)
    return None if is_writable else "a file that can be written"


def _unwritable(path: Path, error: OSError) -> SettingsInvalid:
    why = f"a file that can be written ({error.strerror})"
    return SettingsInvalid("--record", str(path), why)


def _recorded(path: Path, failure: Failure | None) -> str:
    """A test is told its world once, at the start: what was changed halfway it cannot tell."""
    if failure is None:
        return f"recorded in {path}"
    why = f"expected {failure.expected}, got {failure.got}"
    return f"recorded in {path}, but played again the call goes another way: {why}"


def _play(simulation: Simulation, screen: Screen) -> None:
    screen.header()
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


class World(NamedTuple):
    """What is given, and the same as an author writes it."""

    given: Given
    plain: dict[str, Any]


def _world(chosen: Chosen, library: Library, flow: str, number: str | None) -> World:
    """That of the file, with the replies of the other, under what the command line says. Where
    neither says what was called, it is the flow's own ``number``."""
    given, plain = Given(), dict[str, Any]()
    if chosen.given is not None:
        text = read_text(chosen.given)
        given, located = load_text_located(text, str(chosen.given), Given)
        if problems := check_given(given, located, library, flow):
            raise DocumentError(problems)
        plain = load_plain(text, str(chosen.given))
    if chosen.http is not None:
        replies = load_document(chosen.http, ReplyFile).root
        given = given.model_copy(update={"http": {**given.http, **replies}})
        written = load_plain(read_text(chosen.http), str(chosen.http))
        plain["http"] = {**plain.get("http", {}), **written}
    said = _said(chosen)
    if number is not None and number != given.called and "called" not in plain:
        said = {"called": number, **said}
    text = "".join(f"{name}: {scalar(value)}\n" for name, value in said.items()) or "{}"
    given = _own(text, library, flow).over(given)
    # The time is always told: a test is to be the same tomorrow.
    time = f"{given.time:%Y-%m-%dT%H:%M:%S%z}"
    return World(given, {**plain, **said, "time": time})


def _own(text: str, library: Library, flow: str) -> Given:
    """What the command line says; a fault is told by its option, for it has no lines."""
    try:
        own, located = load_text_located(text, "", Given)
        if problems := check_given(own, located, library, flow):
            raise DocumentError(problems)
    except DocumentError as error:
        raise DocumentError(
            Problem(f"--{each.path}", 0, 0, "", each.message) for each in error.problems
        ) from None
    return own


def _said(chosen: Chosen) -> dict[str, str]:
    fields = {
        "time": chosen.time,
        "caller": chosen.caller,
        "called": chosen.called,
        "language": chosen.language,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _append(path: Path, simulation: Simulation, name: str) -> TestFile:
    """Add the test to its file; the file is left as it was when it could not be read then.

    Raises SettingsInvalid where it cannot be written.
    """
    before = path.read_text("utf-8") if path.exists() else new_file(simulation.recorded.flow)
    names = _names(before, path)
    recorded = simulation.recorded
    recorded.name = _free_name(name or f"recorded at {simulation.call.path[-1]}", names)
    gap = "" if before.endswith("tests:\n") else "\n"
    text = before.rstrip("\n") + "\n" + gap + recorded.text(simulation.call)
    file = load_text(text, str(path), TestFile)
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise _unwritable(path, error) from None
    return file


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
