"""What a simulated call looks like in a terminal."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ivr.rehearsal.call import Heard, Noted, RehearsedCall, kind_of
from ivr.rehearsal.expecting import HIDDEN
from ivr.rehearsal.underway import Question, Waiting
from ivr.variables import Value, Variable, written

INDENT = 10


class Screen:
    """Shows what is new in a call: steps, prompts, what the timeline tells, variables."""

    def __init__(self, call: RehearsedCall, console: Console) -> None:
        self._call = call
        self._out = console
        self._told = 0
        self._mid_line = False
        self._queued = ""
        self._values: dict[str, Value] = {}
        self._zone = ZoneInfo(call.state.scope.call.zone)

    def header(self) -> None:
        """What is played: the flow, when, and who calls whom."""
        call = self._call.state.scope.call
        when = datetime.fromtimestamp(call.now_ms / 1000, self._zone)
        numbers = f"{call.caller or 'anonymous'} calls {call.called}"
        parts = (f"{when:%A %Y-%m-%d %H:%M} {call.zone}", numbers, self._call.state.scope.language)
        self._out.print(Text.assemble((self._call.program.name, "bold"), ": ", ", ".join(parts)))

    def show(self, waits_for: str) -> None:
        """Everything since the last time, then what the call waits for."""
        if self._out.is_terminal and self._told == len(self._call.told) and self._is_keying():
            self._out.print("•", end="")
            self._mid_line = True
            return
        self._new_line()
        for told in self._call.told[self._told :]:
            if isinstance(told, Heard):
                self._heard(told)
            else:
                self._entry(told)
        self._told = len(self._call.told)
        self._changes()
        self._asked()
        if self._call.ended is None:
            self._out.print(Text(f"{self._clock()}… waits for {waits_for}", style="dim"))
        else:
            self._out.print(Text(f"{self._clock()}the call ends: {self._call.ended}", style="bold"))

    def variables(self) -> None:
        """Every variable, set or not."""
        self._new_line()
        for name, variable in self._call.variables.items():
            self._variable(name, variable, self._call.value(name))

    def say(self, sentence: str) -> None:
        """A sentence of ours, not of the call."""
        self._new_line()
        self._out.print(Text(sentence, style="yellow"))

    def _is_keying(self) -> bool:
        """A key more was taken, and nothing came of it yet: what was keyed may be a secret."""
        underway = self._call.underway
        return isinstance(underway, Question) and bool(underway.keyed)

    def _new_line(self) -> None:
        if self._mid_line:
            self._out.print()
            self._mid_line = False

    def _entry(self, entry: Noted) -> None:
        line = Text.assemble((self._clock(entry.at_ms), "dim"))
        if kind_of(self._call.program, entry.step) == entry.what:
            line.append(entry.step, style="bold cyan").append(f"  {entry.what}", style="cyan")
        else:
            failed = entry.what.startswith("failed")
            line.append(f"  {entry.what}", style="red" if failed else "magenta")
        self._out.print(line)

    def _heard(self, heard: Heard) -> None:
        text = Text.assemble((f"{heard.language}  ", "dim"), (heard.text, "green"))
        if not self._out.is_terminal:
            self._out.print(Text(" " * INDENT).append_text(text))
            return
        self._out.print(Padding(text, (0, 0, 0, INDENT), expand=False), soft_wrap=False)

    def _changes(self) -> None:
        for name, variable in self._call.variables.items():
            value = self._call.value(name)
            if value != self._values.get(name):
                self._values[name] = value
                self._variable(name, variable, value)

    def _variable(self, name: str, variable: Variable, value: Value) -> None:
        text = "not set" if value is None else HIDDEN if variable.sensitive else written(value)
        self._out.print(Text.assemble(" " * INDENT, (name, "blue"), (" = ", "dim"), text))

    def _asked(self) -> None:
        """What a queue asks of an agent, when the caller comes into it and whenever it is less."""
        waiting = self._call.underway
        asked = waiting.asked(self._call.now_ms) if isinstance(waiting, Waiting) else ""
        if asked and asked != self._queued:
            self._out.print(Text(f"{' ' * INDENT}{asked}", style="magenta"))
        self._queued = asked

    def _clock(self, at_ms: int | None = None) -> str:
        moment_s = (self._call.now_ms if at_ms is None else at_ms) / 1000
        return f"{datetime.fromtimestamp(moment_s, self._zone):%H:%M:%S}  "
