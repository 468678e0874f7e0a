"""The world of a call that is played by hand: what is typed of it holds from then on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from config.document import DocumentError, Located, Problem, load_plain, load_text_located
from ivr.commands import Request, RunPython
from ivr.json_values import json_text
from ivr.rehearsal.call import RehearsedCall
from ivr.rehearsal.choices import CHOICES, Choice
from ivr.rehearsal.given import Given
from ivr.rehearsal.writing import Recorded, scalar

AT_START = frozenset({"time", "caller", "called", "language", "hours"})
"""What is given with the call, and stays."""
_SPECIAL = str.maketrans({"[": "[[]", "?": "[?]", "*": "[*]"})
Check = Callable[[Given, Located], Iterable[Problem]]


class GivenByHand:
    """Gives a call what is typed, and notes it for the test.

    Each method returns a sentence when it cannot be done.
    """

    def __init__(self, call: RehearsedCall, recorded: Recorded, check: Check) -> None:
        self._call = call
        self._recorded = recorded
        self._check = check

    def http(self, rest: str) -> str | None:
        """A web service's reply to the request that waits for one."""
        request = self._call.command
        if not isinstance(request, Request) or self._call.stuck is None:
            return "no request waits for a reply"
        status, _, body = rest.partition(" ")
        reply = f"status: {status}" if status.isdigit() else f"fail: {status or 'nothing'}"
        if body.strip():
            reply += f", json: {_as_yaml(body)}"
        pattern = f"{request.method.upper()} {request.url.translate(_SPECIAL)}"
        refused = self.give("http", f"{{{scalar(pattern)}: {{{reply}}}}}")
        return refused and f"{refused}; write :http 200 {{balance: 12.5}}, or :http timeout"

    def python(self, rest: str) -> str | None:
        """What the function that is run returns."""
        run = self._call.command
        if not isinstance(run, RunPython) or self._call.stuck is None:
            return "no function waits for what it returns"
        refused = self.give("python", f"{{{scalar(run.function)}: {_as_yaml(rest or '{}')}}}")
        return refused and f"{refused}; write what it returns: :python {{name: value}}"

    def answer(self, word: str, rest: str) -> str | None:
        """How a lookup, a transfer, a callback or a payment is answered."""
        choice = next(each for each in CHOICES if each.word == word)
        if not rest:
            return f"say {choice.what}: :{word} {choice.example}, or :{word} {choice.usual}"
        return self.choose(choice, rest)

    def choose(self, choice: Choice, text: str) -> str | None:
        """The same for a choice that may be before the call."""
        if choice.field != "lookup":
            return self.give(choice.field, text)
        known = text if text.startswith("{") else f"{{{text}}}"
        return self.give("lookup", "~" if text == choice.usual else known)

    def fail(self) -> str | None:
        """The step under way cannot be done."""
        step = self._call.step
        if not self._call.fail():
            return "the call is over"
        self._recorded.given["fails"] = [*self._recorded.given.get("fails", ()), step]
        return None

    def anything(self, rest: str) -> str | None:
        """Whatever else a test can give: ``staffed no``."""
        name, _, text = rest.partition(" ")
        name = name.rstrip(":")
        if name in AT_START:
            return f"{name} is given with the call: trunkline simulate --given FILE"
        return self.give(name, text)

    def give(self, name: str, text: str) -> str | None:
        """From now on this of the world is so."""
        written = f"{name}: {text}"
        problems: Iterable[Problem]
        try:
            plain = load_plain(written, "")
            given, located = load_text_located(written, "", Given)
            problems = self._check(given, located)
        except DocumentError as error:
            problems = error.problems
        if told := [_told(problem) for problem in problems]:
            return "; ".join(told)
        self._recorded.given[name] = _merged(name, self._recorded.given.get(name), plain[name])
        now = _merged(name, getattr(self._call.given, name), getattr(given, name))
        self._call.give(self._call.given.model_copy(update={name: now}))
        return None


def _told(problem: Problem) -> str:
    return f"{problem.path}: {problem.message}" if problem.path else problem.message


def _as_yaml(text: str) -> str:
    """JSON as YAML has it; what is none is YAML already, or told to be neither."""
    try:
        return json_text(json.loads(text, parse_float=Decimal), readable=True)
    except ValueError:
        return text


def _merged(name: str, before: Any, now: Any) -> Any:
    """Replies and returned values come beside those that were given before."""
    return {**(before or {}), **now} if name in ("http", "python") else now
