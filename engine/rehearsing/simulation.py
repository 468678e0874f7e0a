"""A call played by hand: what is typed becomes what the caller, an agent or a service does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from config.suggest import did_you_mean
from ivr.commands import Enqueue, Request, RunPython
from ivr.rehearsal.call import RehearsedCall
from ivr.rehearsal.given import Reply
from ivr.rehearsal.underway import Question, Underway, Waiting
from ivr.rehearsal.writing import Recorded

KEYS = frozenset("0123456789*#")
_DURATION = re.compile(r"\+?(\d+)(s|m|h)")
_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000}
_SPECIAL = str.maketrans({"[": "[[]", "?": "[?]", "*": "[*]"})

HELP = """\
0-9 * #          a key              Enter            silence until the time is over
:agent           an agent answers   :agent leaves    the agent hangs up
:hangup          the caller does    :speak 5s        into a recording
:time +10m       so long, silence   :vars            every variable
:http 200 {…}    a service's reply  :http timeout    or refused
:python {…}      what it returns    :quit            end, without the rest"""


class Simulation:
    """One call and what was done in it; each method returns a sentence when it cannot be done."""

    def __init__(self, call: RehearsedCall, recorded: Recorded) -> None:
        self.call = call
        self.recorded = recorded
        self.over = False
        self._keying: Underway | None = None
        self._started = len(call.started)
        self._settle()

    def line(self, text: str) -> str | None:
        """A line as it is piped in: keys, nothing, or ``:command``."""
        if text.startswith(":"):
            return self.command(text[1:])
        if not text:
            return self.silence()
        for key in text:
            refused = self.key(key)
            if refused is not None:
                return refused
        return None

    def key(self, key: str) -> str | None:
        """The caller presses a key."""
        if key not in KEYS:
            return f"{key!r} is no key of a telephone (:help)"
        before = self.call.underway
        if not self.call.keys(key):
            return "nothing takes that key now"
        if before is self._keying:
            self.recorded.keyed_on(key)
        else:
            self.recorded.did("keys", key)
        self._keying = before if self.call.underway is before else None
        self._settle(keying=True)
        return None

    def silence(self) -> str | None:
        """The caller does nothing until the time is over."""
        if not self.call.timeout():
            return self._why_not() or "this does not end by itself: :agent, :hangup or :time +10m"
        self._act("silence", "timeout")
        return None

    def command(self, text: str) -> str | None:
        """What is typed after the colon."""
        word, _, rest = text.strip().partition(" ")
        do = _COMMANDS.get(word)
        if do is None:
            return f"no command {word!r}, {did_you_mean(word, _COMMANDS)}"
        return do(self, rest.strip())

    def hang_up(self, _: str = "") -> str | None:
        """The caller hangs up."""
        self.call.hang_up()
        self._act("hangup", "caller")
        return None

    def agent(self, rest: str) -> str | None:
        """An agent answers, or leaves."""
        leaves = rest.startswith("leave")
        done = self.call.agent_leaves() if leaves else self.call.agent_answers()
        if not done:
            return "no agent talks to the caller" if leaves else "the caller waits for no agent"
        self._act("agent", "leaves" if leaves else "answers")
        return None

    def time(self, rest: str) -> str | None:
        """Time passes in silence."""
        ms = _ms(rest)
        if ms is None:
            return "say how long: :time +10m"
        self.call.pass_time(ms)
        self._act("silence", rest.lstrip("+"))
        return None

    def speak(self, rest: str) -> str | None:
        """The caller speaks into a recording."""
        ms = _ms(rest or "5s")
        if ms is None or not self.call.speak(ms):
            return "nothing is recorded now" if ms is not None else "say how long: :speak 5s"
        self._act("speaks", rest or "5s")
        return None

    def http(self, rest: str) -> str | None:
        """A web service's reply to the request that waits for one."""
        request = self.call.command
        if not isinstance(request, Request) or self.call.stuck is None:
            return "no request waits for a reply"
        reply = _reply(rest)
        if reply is None:
            return 'write a status and JSON: :http 200 {"balance": 12.5}, or :http timeout'
        pattern = f"{request.method.upper()} {request.url.translate(_SPECIAL)}"
        self.recorded.replies[pattern] = reply
        given = self.call.given
        self.call.give(given.model_copy(update={"http": {**given.http, pattern: (reply,)}}))
        self._settle()
        return None

    def python(self, rest: str) -> str | None:
        """What the function that is run returns."""
        run = self.call.command
        values = _json(rest or "{}")
        if not isinstance(run, RunPython) or self.call.stuck is None:
            return "no function waits for what it returns"
        if not isinstance(values, dict):
            return 'write what it returns as JSON: :python {"name": "value"}'
        given = self.call.given
        self.call.give(given.model_copy(update={"python": {**given.python, run.function: values}}))
        self._settle()
        return None

    def quit(self, _: str) -> str | None:
        """Leave the call where it is."""
        self.over = True
        return None

    def help(self, _: str) -> str | None:
        """Everything that can be typed."""
        return HELP

    def vars(self, _: str) -> str | None:
        """Told by the screen."""
        return None

    @property
    def waits_for(self) -> str:
        """What could be done now, in a few words."""
        call = self.call
        match call.underway:
            case Question(keyed=keyed):
                return f"more keys ({len(keyed)} so far), or Enter" if keyed else "a key"
            case Waiting() as waiting if waiting.talks(call.now_ms):
                return "the conversation's end (Enter, :agent leaves)"
            case Waiting():
                return "an agent (:agent), or the queue's time (Enter)"
            case _ if isinstance(call.command, Request):
                return f"a reply to {call.stuck or ''} (:http 200 {{…}})"
            case _:
                return call.stuck or "the caller's words (:speak 5s), or Enter"

    def _act(self, action: str, value: str) -> None:
        self.recorded.did(action, value)
        self._keying = None
        self._settle()

    def _settle(self, *, keying: bool = False) -> None:
        """Go on to where somebody must do something."""
        call = self.call
        while not (keying and self._keying) and not isinstance(call.underway, Waiting):
            if not call.run_on():
                break
        since, self._started = call.started[self._started :], len(call.started)
        queues = [each.command.queue for each in since if isinstance(each.command, Enqueue)]
        self.recorded.expects(call, queues[-1] if queues else None)
        self.over = self.over or call.ended is not None

    def _why_not(self) -> str | None:
        return "the call is over" if self.call.ended is not None else self.call.stuck


def _ms(text: str) -> int | None:
    found = _DURATION.fullmatch(text)
    return int(found[1]) * _UNIT_MS[found[2]] if found else None


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _reply(text: str) -> Reply | None:
    if text in ("timeout", "refused"):
        return Reply.model_validate({"fail": text})
    status, _, body = text.partition(" ")
    if not (status.isascii() and status.isdigit() and 100 <= int(status) <= 599):
        return None
    if not body:
        return Reply(status=int(status))
    json_body = _json(body)
    if json_body is None and body != "null":
        return None
    return Reply.model_validate({"status": status, "json": json_body})


_COMMANDS: Mapping[str, Callable[[Simulation, str], str | None]] = {
    "agent": Simulation.agent,
    "hangup": Simulation.hang_up,
    "time": Simulation.time,
    "speak": Simulation.speak,
    "http": Simulation.http,
    "python": Simulation.python,
    "vars": Simulation.vars,
    "help": Simulation.help,
    "quit": Simulation.quit,
}
