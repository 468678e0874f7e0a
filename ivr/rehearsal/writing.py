"""A call that was played by hand, as a test in its author's own format."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from config.yaml_tree import Quoted
from ivr.rehearsal.call import RehearsedCall
from ivr.variables import written

_PLAIN = re.compile(r"[A-Za-z_][\w ./?-]*[\w?]|[A-Za-z_]")
_BARE = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?|true|false|\d+(ms|s|m|h)")
"""What is no text in JSON, and durations: in quotes some would be read otherwise."""
_NOT_TEXT = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


@dataclass
class Recorded:
    """What was given and done, line by line; each line's keys in the order of writing."""

    name: str
    flow: str
    given: dict[str, Any] = field(default_factory=dict)
    """The world as its author would write it: plain YAML."""
    secrets: dict[str, None] = field(default_factory=dict)
    """The sensitive variables for which something was keyed, in order: the lines tell it."""
    _heard: int = 0
    _since: int = 0
    """How much was heard by now, and before the last line."""
    lines: list[dict[str, str]] = field(default_factory=list)

    def did(self, action: str, value: str) -> None:
        """The caller (or an agent) does something; what follows is expected of it."""
        self._since = self._heard
        self.lines.append({action: scalar(value)})

    def keyed_on(self, key: str) -> None:
        """One more key of the same answer."""
        line = self.lines[-1]
        self.lines[-1] = {"keys": scalar(json.loads(line["keys"]) + key)}

    def expects(self, call: RehearsedCall, queue: str | None) -> None:
        """What came of the last line, or before any: what was heard, the place or the end, and
        the queue that was entered."""
        heard = [each.text for each in call.heard[self._since :]]
        self._heard = len(call.heard)
        if not self.lines:
            self.lines.append({})
        line = self.lines[-1]
        line.pop("at", None)
        if heard:
            line["hears"] = _texts(heard)
        line.update(_came(call))
        if queue is not None:
            line["queue"] = scalar(queue)

    def text(self, call: RehearsedCall) -> str:
        """The test as an item of ``tests:``."""
        rows = [
            f"  - name: {scalar(self.name)}",
            *([f"    # keyed in clear: {', '.join(self.secrets)}"] if self.secrets else ()),
            *(f"    {row}" for row in self.given_rows),
            "    call:",
        ]
        for line in self.lines:
            rows += _item(line)
        known = ", ".join(f"{name}: {value}" for name, value in _variables(call))
        if known:
            rows.append(f"      - var: {{{known}}}")
        rows.append(f"    steps: [{', '.join(map(scalar, call.path))}]")
        return "\n".join(rows) + "\n"

    @property
    def given_rows(self) -> list[str]:
        """The world, from ``given:`` on: in one line where it is flat."""
        if not any(isinstance(value, dict | list) for value in self.given.values()):
            return [f"given: {flow_yaml(self.given)}"]
        return ["given:", *(f"  {row}" for each in self.given.items() for row in _field(*each))]


def _field(name: str, value: Any) -> list[str]:
    """A mapping of mappings line by line: replies, and what functions return."""
    if isinstance(value, dict) and any(isinstance(each, dict | list) for each in value.values()):
        rows = (f"  {scalar(str(key))}: {flow_yaml(each)}" for key, each in value.items())
        return [f"{name}:", *rows]
    return [f"{name}: {flow_yaml(value)}"]


def _texts(texts: Sequence[str]) -> str:
    said = [json.dumps(text, ensure_ascii=False) for text in texts]
    return said[0] if len(said) == 1 else f"[{', '.join(said)}]"


def _came(call: RehearsedCall) -> dict[str, str]:
    """Where the call has come to."""
    if call.ended is not None:
        return {"ends": scalar(call.ended)}
    return {"at": scalar(call.step)}


def new_file(flow: str) -> str:
    """The beginning of a file of tests, up to its first test."""
    return f"flow: {flow}\n\ntests:\n"


def scalar(text: str) -> str:
    """A text as YAML, in quotes where it could be read as something else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_TEXT:
        return text
    return json.dumps(text, ensure_ascii=False)


def flow_yaml(plain: Any) -> str:
    """Plain YAML in one line, read back as it was: what its author put in quotes has them."""
    match plain:
        case dict():
            inside = (f"{scalar(str(key))}: {flow_yaml(value)}" for key, value in plain.items())
            return f"{{{', '.join(inside)}}}"
        case list():
            return f"[{', '.join(map(flow_yaml, plain))}]"
        case None:
            return "~"
        case str() if not isinstance(plain, Quoted) and _BARE.fullmatch(plain):
            return str(plain)
        case _:
            return scalar(plain)


def _item(line: Mapping[str, str]) -> list[str]:
    rows = [f"{name}: {value}" for name, value in line.items()]
    return [f"      - {rows[0]}", *(f"        {row}" for row in rows[1:])]


def _variables(call: RehearsedCall) -> Sequence[tuple[str, str]]:
    return [
        (name, scalar(written(value)))
        for name, variable in call.variables.items()
        if not variable.sensitive and (value := call.value(name)) is not None
    ]
