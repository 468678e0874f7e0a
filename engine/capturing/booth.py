"""One capture in its process: the relay of its legs, the machine of its fields, its card.

No clock and no socket of its own: legs, time and messages come in, messages and audio go out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import Protocol

import structlog

from engine.capturing.messages import (
    Ask,
    Cancel,
    Close,
    Closed,
    Declined,
    Joined,
    Message,
    NoToken,
    NotPaid,
    Open,
    Order,
    Paid,
    Parted,
    Play,
    Reset,
    Start,
    Tokenised,
    Told,
)
from payments import relay
from payments.capture import Capture, Output, Prompt
from payments.capture.card import Card
from payments.capture.checks import Month
from payments.detection.keys import EVENTS, Press
from payments.errors import NO_CARD, NoAnswer, NoCard, NotDone, PaymentError
from payments.tokens import Key, Tokeniser

log = structlog.get_logger(__name__)

SAMPLES_PER_MS = 8
LEGS_COME_MS = 8_000
"""So long the legs may take to come: 20 ms, but up to 7 s with twenty captures begun at once on a
machine with ten times more to do than it can. Asterisk gives up connecting after two seconds."""
LAST_WORDS_MS = 15_000
"""So long what is said at the end may last."""
RINGS_OUT_MS = 1_500
"""After the last key the legs stay where they are for so long: it may still be held down, and who
did not hear of the end may go on keying."""


class Who(Enum):
    """Whose leg."""

    CALLER = "caller"
    AGENT = "agent"


class Leg(Protocol):
    """What a booth needs of a connected leg."""

    def send(self, audio: bytes) -> None:
        """Signed linear, to be heard at once."""

    def hang_up(self) -> None:
        """Give it back to Asterisk's dialplan."""


class Booth:
    """Every method takes the time in ms, of one clock that does not go back."""

    def __init__(self, opened: Open, tell: Callable[[Message], None], now_ms: int) -> None:
        self.id = opened.capture
        self.over = False
        self._prompts = opened.prompts
        self._rings_out = opened.rings_out
        self._tell = tell
        self._wanted = {Who.CALLER} | ({Who.AGENT} if opened.agent is not None else set())
        self._legs: dict[Who, Leg] = {}
        self._relay = relay.Relay(now_ms * SAMPLES_PER_MS)
        self._capture = Capture(opened.rules, opened.language, Month(opened.year, opened.month))
        self._lent: Card | None = None
        self._told = 0
        self._started = False
        self._prompt: int | None = None  # the number of the one that has not been said to its end
        self._legs_due_ms: int | None = now_ms + LEGS_COME_MS
        self._closing_ms: int | None = None
        self._rings_until_ms = now_ms
        self._left: Who | None = None

    # the legs

    def joined(self, who: Who, leg: Leg) -> bool:
        """A leg is connected; False if it is one too many."""
        if self.over or who not in self._wanted or who in self._legs:
            return False
        self._legs[who] = leg
        if self._legs.keys() == self._wanted and self._legs_due_ms is not None:
            self._legs_due_ms = None
            self._tell(Joined(self.id))
        return True

    def heard(self, who: Who, audio: memoryview, now_ms: int) -> None:
        """Audio of a leg: an agent's goes out at once, a caller's with `hear`, soon."""
        if who is Who.CALLER:
            self._relay.heard_caller(audio, now_ms * SAMPLES_PER_MS)
        else:
            self._relay.heard_agent(audio)
            self._send(now_ms)

    def keyed(self, who: Who, key: int) -> None:
        """An event tells of a key, for `hear`; those of agents mean nothing here."""
        if who is Who.CALLER:
            self._relay.keyed(key)

    def parted(self, who: Who, now_ms: int) -> None:
        """A leg has left by itself. Without either of them there is no capture."""
        if self._legs.pop(who, None) is None or self.over:
            return
        self._tell(Parted(self.id, who.value))
        self._left = who
        self._give_legs_back()
        self._end_without_legs(now_ms)

    def pass_time(self, now_ms: int) -> None:
        """To be called every 10 ms, before `hear`."""
        if self.over:
            return
        if self._legs_due_ms is not None and now_ms >= self._legs_due_ms:
            log.warning("capture_without_legs", capture=self.id, came=len(self._legs))
            self._end(now_ms)
            return
        if self._rings_out and self._legs_due_ms is None:
            self._rings_out = False
            self._rings_until_ms = now_ms + RINGS_OUT_MS
            self._closing_ms = now_ms + LAST_WORDS_MS
        self._relay.pass_time(now_ms * SAMPLES_PER_MS)
        due_ms = self._capture.due_ms
        if due_ms is not None and due_ms <= now_ms:
            self._give(self._capture.tick(now_ms))
        self._send(now_ms)
        if self._relay.pressed:
            self._rings_until_ms = now_ms + RINGS_OUT_MS
        over = self._quiet and now_ms >= self._rings_until_ms
        if self._closing_ms is not None and (over or now_ms >= self._closing_ms):
            self._end(now_ms)

    # the engine's orders

    def obey(self, order: Order, now_ms: int) -> None:
        """All but Tokenise, which takes its time."""
        capture = self._capture
        match order:
            case Start():
                self._started = True
                self._give(capture.start(now_ms))
            case Ask(field=field):
                self._give(capture.ask(field, now_ms))
            case Reset(field=field):
                self._give(capture.reset(field, now_ms))
            case Cancel(result=result):
                self._give(capture.cancel(now_ms, result))
            case Paid() | Declined() | NotPaid():
                self._wipe_code()
                self._give(self._settled(order, now_ms))
            case Play():
                self._play(order, now_ms)
            case Close() if self._left is not None:
                self.end(now_ms)
            case Close():
                self._closing_ms = now_ms + LAST_WORDS_MS
        self._end_without_legs(now_ms)

    async def tokenise(self, tokeniser: Tokeniser, key: Key, now_ms: int) -> None:
        """A token of the card, or why there is none. The security code stays until there is a
        token, or the end of the payment, so that it may be asked again with the same key."""
        if self._lent is None:
            self._lent = self._capture.take(now_ms)
        if self._lent is None:
            self._tell(NoToken.of(self.id, NoCard(NO_CARD)))
            return
        try:
            token = await tokeniser.tokenise(self._lent, key)
        except (NotDone, NoAnswer) as error:
            self._tell(NoToken.of(self.id, error))
        except PaymentError as error:
            self._wipe_code()
            self._tell(NoToken.of(self.id, error))
        else:
            self._wipe_code()
            self._tell(Tokenised(self.id, token.token.value, token.brand, token.last4))

    def end(self, now_ms: int) -> None:
        """At once, whatever goes on."""
        if not self.over:
            self._end(now_ms)

    # within

    @property
    def _quiet(self) -> bool:
        """Whether all that there was to say was said."""
        return not self._relay.saying and self._prompt is None

    def _pressed(self, presses: Iterable[Press], now_ms: int) -> None:
        for press in presses:
            self._rings_until_ms = now_ms + RINGS_OUT_MS
            self._relay.hush()
            self._prompt_ended(now_ms)
            self._give(self._capture.key(EVENTS.index(press.key), now_ms))

    def _give(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            self._told += 1
            self._tell(Told.of(self.id, self._told, output))
            if isinstance(output, Prompt):
                self._relay.hush()
                self._prompt = self._told

    def _settled(self, order: Paid | Declined | NotPaid, now_ms: int) -> tuple[Output, ...]:
        match order:
            case Paid():
                return self._capture.paid()
            case Declined(anew=anew):
                return self._capture.declined(anew, now_ms)
            case NotPaid(result=result):
                return self._capture.failed(result)

    def _play(self, order: Play, now_ms: int) -> None:
        if order.prompt is not None and order.prompt != self._prompt:
            return
        for name in order.files:
            self._relay.say(_audio(name))
        if not self._relay.saying:
            self._prompt_ended(now_ms)

    def _prompt_ended(self, now_ms: int) -> None:
        if self._prompt is not None:
            self._prompt = None
            self._give(self._capture.prompt_ended(now_ms))

    def _send(self, now_ms: int) -> None:
        if self._prompt is not None and not self._prompts:
            self._prompt_ended(now_ms)
        due = self._relay.due(now_ms * SAMPLES_PER_MS)
        for who, frames in ((Who.AGENT, due.agent), (Who.CALLER, due.caller)):
            if leg := self._legs.get(who):
                for frame in frames:
                    leg.send(frame)
        if due.said:
            self._prompt_ended(now_ms)

    def _wipe_code(self) -> None:
        if self._lent is not None:
            with self._lent:
                self._lent = None

    def _end_without_legs(self, now_ms: int) -> None:
        """Whoever left ends it; a payment that is under way has an end of its own."""
        if self._left is None or self.over:
            return
        leave = self._capture.hung_up if self._left is Who.CALLER else self._capture.cancel
        self._give(leave(now_ms))
        if self._capture.result is not None:
            self._end(now_ms)

    def _end(self, now_ms: int) -> None:
        self.over = True
        if self._capture.result is None and self._started:
            log.warning("capture_cut_off", capture=self.id, state=repr(self._capture))
        self._wipe_code()
        self._capture.close()
        self._give(self._capture.tick(now_ms))
        self._give_legs_back()
        self._relay.forget()
        self._tell(Closed(self.id))

    def _give_legs_back(self) -> None:
        legs, self._legs = self._legs, {}
        for leg in legs.values():
            leg.hang_up()


def hear(booths: Iterable[Booth], now_ms: int) -> None:
    """Whatever their callers have said by now: keys to the captures, the rest, masked, out."""
    waiting = [booth for booth in booths if booth._relay.waits]
    if not waiting:
        return
    heard = relay.hear([booth._relay for booth in waiting])
    for booth, presses in zip(waiting, heard, strict=True):
        if not booth.over:
            booth._pressed(presses, now_ms)
            booth._send(now_ms)


def _audio(name: str) -> bytes:
    """A file's audio; one that cannot be read is one that is not heard."""
    try:
        return Path(name).read_bytes()
    except OSError as error:
        log.error("prompt_not_read", reason=error.strerror)
        return b""
