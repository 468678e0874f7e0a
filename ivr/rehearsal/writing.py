"""A call that was played by hand, as a test in its author's own format."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ivr.rehearsal.call import RehearsedCall
from ivr.rehearsal.given import Reply
from ivr.rehearsal.json_values import yaml_of
from ivr.variables import written

_PLAIN = re.compile(r"[A-Za-z_][\w ./?-]*[\w?]|[A-Za-z_]")
_NOT_TEXT = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


@dataclass
class Recorded:
    """What was given and done, line by line; each line's keys in the order of writing."""

    name: str
    flow: str
    given: dict[str, str] = field(default_factory=dict)
    replies: dict[str, Reply] = field(default_factory=dict)
    lines: list[dict[str, str]] = field(default_factory=list)

    def did(self, action: str, value: str) -> None:
        """The caller (or an agent) does something; what follows is expected of it."""
        self.lines.append({action: scalar(value)})

    def keyed_on(self, key: str) -> None:
        """One more key of the same answer."""
        line = self.lines[-1]
        self.lines[-1] = {"keys": scalar(json.loads(line["keys"]) + key)}

    def expects(self, call: RehearsedCall, queue: str | None) -> None:
        """What came of the last line: the place or the end, and the queue that was entered."""
        if not self.lines:
            return
        line = self.lines[-1]
        line.pop("at", None)
        if call.ended is not None:
            line["ends"] = scalar(call.ended)
        else:
            line["at"] = scalar(call.step)
        if queue is not None:
            line["queue"] = scalar(queue)

    def text(self, call: RehearsedCall) -> str:
        """The test as an item of ``tests:``."""
        rows = [f"  - name: {scalar(self.name)}", *self._given(), "    call:"]
        for line in self.lines or [{"at": scalar(call.path[0])}]:
            rows += _item(line)
        known = ", ".join(f"{name}: {value}" for name, value in _variables(call))
        if known:
            rows.append(f"      - var: {{{known}}}")
        rows.append(f"    steps: [{', '.join(map(scalar, call.path))}]")
        return "\n".join(rows) + "\n"

    def _given(self) -> list[str]:
        given = [f"{name}: {value}" for name, value in self.given.items()]
        if not self.replies:
            return [f"    given: {{{', '.join(given)}}}"]
        replies = [f"        {scalar(name)}: {_reply(each)}" for name, each in self.replies.items()]
        return ["    given:", *(f"      {each}" for each in given), "      http:", *replies]


def new_file(flow: str) -> str:
    """The beginning of a file of tests, up to its first test."""
    return f"flow: {flow}\n\ntests:\n"


def scalar(text: str) -> str:
    """A text as YAML, in quotes where it could be read as something else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_TEXT:
        return text
    return json.dumps(text, ensure_ascii=False)


def _item(line: Mapping[str, str]) -> list[str]:
    rows = [f"{name}: {value}" for name, value in line.items()]
    return [f"      - {rows[0]}", *(f"        {row}" for row in rows[1:])]


def _variables(call: RehearsedCall) -> Sequence[tuple[str, str]]:
    return [
        (name, scalar(written(value)))
        for name, variable in call.variables.items()
        if not variable.sensitive and (value := call.value(name)) is not None
    ]


def _reply(reply: Reply) -> str:
    parts = [] if reply.status == 200 else [f"status: {reply.status}"]
    if reply.json_ is not None:
        parts.append(f"json: {yaml_of(reply.json_)}")
    if reply.text is not None:
        parts.append(f"text: {scalar(reply.text)}")
    if reply.fail is not None:
        parts.append(f"fail: {reply.fail}")
    return f"{{{', '.join(parts) or 'status: 200'}}}"
