"""Commands under way: when each ends by itself, and what the caller can do meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from config.duration import Duration
from config.requirement import ANYONE, spell
from ivr.commands import Ask, Enqueue, Play, Prompt, RecordMessage, Relaxed
from ivr.events import Answered, Done, Event, Played, QueueLeft, QueueOutcome
from ivr.rehearsal.given import Agents, Given
from ivr.steps.voicemailing import LEAST_MS

SIGNS_PER_S = 15
"""About as fast as a voice reads."""


def duration_ms(prompt: Prompt) -> int:
    """How long a prompt takes to say, from the length of its text and its pauses."""
    pauses_ms = sum(segment.pause_ms for segment in prompt.segments)
    return len(prompt.text) * 1000 // SIGNS_PER_S + pauses_ms


class Underway:
    """A command that ends by itself at ``due_ms`` (None: it does not), in ``event``."""

    __slots__ = ("_event", "due_ms")

    asks = False
    """Whether it is the caller's turn."""

    def __init__(self, due_ms: int | None, event: Callable[[int], Event]) -> None:
        self.due_ms = due_ms
        self._event = event

    def ended(self) -> Event:
        """What has come of it at ``due_ms``."""
        return self._event(self.due_ms or 0)

    def takes(self, key: str) -> bool:
        """Whether this key, if it came in time, would mean something here."""
        return False

    def press(self, key: str, now_ms: int) -> Event | None:
        """The caller keys; None: the command goes on. By default the key is dropped."""
        return None

    @property
    def ready_ms(self) -> int:
        """From when on a caller who hears everything out would key."""
        return 0


class Speaking(Underway):
    """A prompt plays; with barge-in any key ends it, and is lost."""

    __slots__ = ("_barge_in",)

    def __init__(self, play: Play, now_ms: int) -> None:
        super().__init__(now_ms + duration_ms(play.prompt), Played)
        self._barge_in = play.barge_in

    def press(self, key: str, now_ms: int) -> Event | None:
        return Played(now_ms) if self._barge_in else None


class Question(Underway):
    """Keys are awaited, by the rules of ``Ask``."""

    __slots__ = ("_ask", "_lead_ms", "_said_ms", "keyed")
    asks = True

    def __init__(self, ask: Ask, now_ms: int) -> None:
        self._ask = ask
        self._lead_ms = now_ms + duration_ms(ask.lead)
        self._said_ms = self._lead_ms + duration_ms(ask.prompt)
        self.keyed = ""
        super().__init__(self._said_ms + ask.timeout_ms, self._timed_out)

    @property
    def ready_ms(self) -> int:
        return self._said_ms

    def takes(self, key: str) -> bool:
        return True

    def press(self, key: str, now_ms: int) -> Event | None:
        heard_ms = self._lead_ms if self._ask.barge_in else self._said_ms
        if now_ms < heard_ms:
            return None
        if key == self._ask.end:
            return Answered(now_ms, self.keyed, terminated=True)
        self.keyed += key
        if len(self.keyed) >= self._ask.max_digits:
            return Answered(now_ms, self.keyed)
        self.due_ms = now_ms + self._ask.inter_digit_ms
        return None

    def _timed_out(self, now_ms: int) -> Event:
        return Answered(now_ms, self.keyed, timed_out=True)


class Waiting(Underway):
    """In a queue, then talking to an agent."""

    __slots__ = ("_agent", "_began_ms", "_command", "_expected_ms", "talk_from_ms")

    def __init__(self, command: Enqueue, given: Given, now_ms: int) -> None:
        super().__init__(None, self._over)
        self._command = command
        self._began_ms = now_ms
        self._agent = ""
        self._expected_ms = given.expected_wait
        self.talk_from_ms: int | None = None
        limit = command.timeout_ms
        self.due_ms = None if limit is None else now_ms + limit
        agents = given.agents
        if command.needs_staff and not given.staffed:
            self.due_ms, self._event = now_ms, lambda at_ms: QueueLeft(at_ms, "no_agents")
        elif command.max_waiting is not None and given.waiting >= command.max_waiting:
            self.due_ms, self._event = now_ms, lambda at_ms: QueueLeft(at_ms, "full")
        elif self._is_too_long(command):
            long_ms = self._expected_ms
            self.due_ms = now_ms
            self._event = lambda at_ms: QueueLeft(at_ms, "long_wait", expected_ms=long_ms)
        elif agents is not None and (limit is None or agents.answer_after < limit):
            self._answered(now_ms + agents.answer_after, agents)

    def _answered(self, at_ms: int, agents: Agents) -> None:
        self.talk_from_ms, self._agent = at_ms, agents.name
        self.due_ms = at_ms + agents.talk

    def _is_too_long(self, command: Enqueue) -> bool:
        limit, expected = command.max_wait_ms, self._expected_ms
        return limit is not None and expected is not None and expected > limit

    def _left(self, outcome: QueueOutcome, key: str, now_ms: int) -> Event:
        waited_ms = now_ms - self._began_ms
        more = None if self._expected_ms is None else max(0, self._expected_ms - waited_ms)
        return QueueLeft(now_ms, outcome, key, waited_ms=waited_ms, expected_ms=more)

    def talks(self, now_ms: int) -> bool:
        """Whether an agent has answered by now."""
        return self.talk_from_ms is not None and now_ms >= self.talk_from_ms

    def asked(self, now_ms: int) -> str:
        """What is asked of an agent by now, and from when on less: empty while one talks."""
        if self.talks(now_ms):
            return ""
        command, waited_ms = self._command, now_ms - self._began_ms
        now, rest = Relaxed(0, command.skills, command.requires), [*command.relax]
        while rest and rest[0].after_ms <= waited_ms:
            now = rest.pop(0)
        parts = [f"{command.queue} asks for {_skills(now)}", f"priority {command.priority}"]
        wanted = command.prefer
        if wanted is not None and waited_ms < wanted.for_ms:
            who = wanted.agent or "who talked with the caller last"
            parts.append(f"until {Duration(wanted.for_ms)} only {who}")
        parts += [f"after {Duration(each.after_ms)} {_skills(each)}" for each in rest]
        return "; ".join(parts)

    def answers(self, now_ms: int) -> None:
        """An agent answers now."""
        self._answered(now_ms, Agents())

    def leaves(self, now_ms: int) -> None:
        """The agent hangs up now."""
        self.due_ms = now_ms

    def takes(self, key: str) -> bool:
        return key in self._command.keys

    def press(self, key: str, now_ms: int) -> Event | None:
        if self.talks(now_ms) or not self.takes(key):
            return None
        return self._left("key", key, now_ms)

    def _over(self, now_ms: int) -> Event:
        if self.talk_from_ms is not None:
            waited_ms = self.talk_from_ms - self._began_ms
            return QueueLeft(now_ms, "conversation_ended", agent=self._agent, waited_ms=waited_ms)
        return self._left("timeout", "", now_ms)


def _skills(asked: Relaxed) -> str:
    named = [f"{name} {level}" for name, level in asked.skills.items()]
    wanted = [*named, spell(asked.requires)] if asked.requires != ANYONE else named
    return ", ".join(wanted) or "anybody"


class Message(Underway):
    """The caller's words are recorded; without any, the message is empty."""

    __slots__ = ("_began_ms", "_command", "_handle", "spoken_ms")
    asks = True

    def __init__(self, command: RecordMessage, handle: str, now_ms: int) -> None:
        super().__init__(now_ms + min(command.silence_ms, command.max_ms), self._over)
        self._command = command
        self._handle = handle
        self._began_ms = now_ms
        self.spoken_ms = 0

    def speaks(self, now_ms: int, ms: int) -> int:
        """The caller speaks for ``ms`` from now on; returns when that is over."""
        limit_ms = self._began_ms + self._command.max_ms
        stops_ms = min(now_ms + ms, limit_ms)
        self.spoken_ms = stops_ms - self._began_ms
        self.due_ms = min(stops_ms + self._command.silence_ms, limit_ms)
        return stops_ms

    def takes(self, key: str) -> bool:
        return key == self._command.end

    def press(self, key: str, now_ms: int) -> Event | None:
        if not self.takes(key):
            return None
        return self._done(now_ms, "key" if self.spoken_ms >= LEAST_MS else "empty")

    def _over(self, now_ms: int) -> Event:
        if self.spoken_ms < LEAST_MS:
            return self._done(now_ms, "empty")
        at_limit = now_ms - self._began_ms >= self._command.max_ms
        return self._done(now_ms, "limit" if at_limit else "silence")

    def _done(self, now_ms: int, outcome: str) -> Event:
        return Done(now_ms, outcome, {"message": self._handle, "ms": self.spoken_ms})


class Unanswered(Underway):
    """Nothing is given that answers it: the call cannot go on. ``why`` says what is missing."""

    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        super().__init__(None, Done)
        self.why = why
