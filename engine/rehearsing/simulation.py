"""A call played by hand: what is typed becomes what the caller, an agent or a service does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from config.suggest import did_you_mean
from engine.rehearsing.giving import Check, GivenByHand
from engine.rehearsing.terminal import ENTER
from ivr.commands import Command, Enqueue, Request, RunPython
from ivr.rehearsal.call import RehearsedCall
from ivr.rehearsal.choices import CHOICES
from ivr.rehearsal.underway import Question, Unanswered, Underway, Waiting
from ivr.rehearsal.writing import Recorded

KEYS = frozenset("0123456789*#")
_DURATION = re.compile(r"\+?(\d+)(s|m|h)")
_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000}

HELP = """\
0-9 * #            a key                 Enter               silence until the time is over
:hangup            the caller does       :speak 5s           into a recording
:time +10m         so long, silence      :vars               every variable
:agent             an agent answers      :agent leaves       the agent hangs up
:http 200 {…}      a service's reply     :http timeout       or refused
:python {…}        what it returns       :fail               the step cannot be done
:lookup {name: …}  the caller is known   :lookup unknown     or is not
:transfer busy     how transfers end     :callback refused   and callbacks
:pay declined      and payments          :given staffed no   anything else of the world
:given             the whole world       :quit               end, without the rest"""


class Simulation:
    """One call and what was done in it; each method returns a sentence when it cannot be done."""

    def __init__(
        self, call: RehearsedCall, recorded: Recorded, check: Check = lambda given, located: []
    ) -> None:
        self.call = call
        self.recorded = recorded
        self._world = GivenByHand(call, recorded, check)
        self.over = False
        self._keying: Underway | None = None
        self._answered = False
        """Whether the last thing done was a key that ended its question."""
        self._started = len(call.started)
        self._settle()

    def line(self, text: str) -> str | None:
        """A line as it is piped in: keys, nothing, or ``:command``."""
        if text.startswith(":"):
            return self.command(text[1:])
        if text == ENTER and self._answered:
            self._answered = False
            return "that answer was over: Enter again is silence"
        if text in ("", ENTER):
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
        # Not left to the call: it would go on until something takes the key, or to its end.
        if not before.takes(key):
            return self._why_not() or "nothing takes that key now"
        if (secret := self.call.confides) is not None:
            self.recorded.secrets[secret] = None
        self.call.keys(key)
        if before is self._keying:
            self.recorded.keyed_on(key)
        else:
            self.recorded.did("keys", key)
        self._keying = before if self.call.underway is before else None
        self._answered = self._keying is None
        self._settle(keying=True)
        return None

    def silence(self) -> str | None:
        """The caller does nothing until the time is over; what is asked for is as usual."""
        choice = self.call.choice
        if choice is not None:
            return self._given(self._world.choose(choice, choice.usual))
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
        return self._given(self._world.http(rest))

    def python(self, rest: str) -> str | None:
        """What the function that is run returns."""
        return self._given(self._world.python(rest))

    def answer(self, word: str, rest: str) -> str | None:
        """How a lookup, a transfer, a callback or a payment is answered from now on."""
        return self._given(self._world.answer(word, rest))

    def fail(self, _: str) -> str | None:
        """The step cannot be done."""
        return self._given(self._world.fail())

    def given(self, rest: str) -> str | None:
        """The world as it is given, or something else of it."""
        if not rest:
            return "\n".join(self.recorded.given_rows)
        return self._given(self._world.anything(rest))

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
            case Waiting(due_ms=None):
                return "an agent (:agent), however long it takes"
            case Waiting():
                return "an agent (:agent), or the queue's time (Enter)"
            case _ if (choice := call.choice) is not None:
                return f"{choice.what} (:{choice.word} {choice.example}, Enter: {choice.usual})"
            case Unanswered(why=why):
                return self._asked_of(call.command) or why
            case _:
                return call.stuck or "the caller's words (:speak 5s), or Enter"

    def _asked_of(self, command: Command) -> str | None:
        match command:
            case Request(method=method, url=url):
                return f"a reply to {method.upper()} {url} (:http 200 {{…}}, :http timeout)"
            case RunPython(function=function):
                return f"what {function} returns (:python {{…}}, :python {{fail: why}})"
        return None

    def _act(self, action: str, value: str) -> None:
        self.recorded.did(action, value)
        self._settled()

    def _given(self, refused: str | None) -> str | None:
        """The world has changed, if it was not refused: the call goes on."""
        if refused is None:
            self._settled()
        return refused

    def _settled(self) -> None:
        self._keying, self._answered = None, False
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
        if self.call.ended is not None:
            return "the call is over"
        return None if self.call.stuck is None else f"the call waits for {self.waits_for}"


def _ms(text: str) -> int | None:
    found = _DURATION.fullmatch(text)
    return int(found[1]) * _UNIT_MS[found[2]] if found else None


def _answer(word: str, simulation: Simulation, rest: str) -> str | None:
    return simulation.answer(word, rest)


_COMMANDS: Mapping[str, Callable[[Simulation, str], str | None]] = {
    "agent": Simulation.agent,
    "hangup": Simulation.hang_up,
    "time": Simulation.time,
    "speak": Simulation.speak,
    "http": Simulation.http,
    "python": Simulation.python,
    **{choice.word: partial(_answer, choice.word) for choice in CHOICES},
    "fail": Simulation.fail,
    "given": Simulation.given,
    "vars": Simulation.vars,
    "help": Simulation.help,
    "quit": Simulation.quit,
}
