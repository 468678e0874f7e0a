"""The detector: a call's audio from its answer on, and who has answered it, as soon as that is
likely enough; then, of a machine, when a message may be left."""

from __future__ import annotations

from dataclasses import dataclass, field

from listening.audio import FRAME_MS, Samples
from listening.cadence import Cadence
from listening.cue import CueWatch
from listening.ear import Ear
from listening.judge import Card, Judge, Moment, fitted
from listening.mix import MIXED, Mix
from listening.signals import meaning
from listening.tones import Tone
from listening.values import Clock, Heard, Verdict, Who

EVERY = 5
"""Frames between two looks: 100 ms."""
FIRST_MS = 300
"""From the first word, before which nothing can be told."""
BEEP = 1.0
"""How likely it is a machine that beeps."""
_TONES_MS = 1_000
"""So much longer than for silence is waited for what tones will be."""


@dataclass(frozen=True, slots=True)
class Care:
    """How sure to be. Errors are not alike: a person who is taken for a machine is abandoned, and
    counts against the law's budget; a machine that is taken for a person costs an agent a moment.
    """

    machine: float = 0.9
    """Likelihood of a machine at which it is one; `Judge.expected` tells what comes of it."""
    person: float = 0.05
    """Likelihood of a machine at which it is a person, without hearing more."""
    pause_ms: int = 600
    """Of silence before that: nobody is put through in the middle of a word."""
    clock: Clock = Clock.SPEECH
    verdict_ms: int = 1_700
    """From the clock's start to the verdict, at most; who is not taken for a machine by then is a
    person. A word is noticed up to 100 ms after it began, and 200 are left to have an agent there.
    """
    greeting_ms: int = 7_000
    """A greeting that is as long as this is heard no further, by whichever clock."""
    silence_ms: int = 2_500
    """From the answer, in which nobody has said a word: as long as AMD waits. Neither clock runs.
    """

    @classmethod
    def within(cls, false_positives: float, clock: Clock = Clock.SPEECH, mix: Mix = MIXED) -> Care:
        """As little as keeps the part of people who are taken for machines within this, with 95 %
        confidence, where people are mixed so. Raises ValueError where none does."""
        return cls(machine=fitted(clock).threshold(false_positives, mix), clock=clock)

    def moment(self, cadence: Cadence, now_ms: int) -> Moment | None:
        """What there is to decide now; None while somebody speaks and there is time."""
        pauses = round(cadence.quiet * 1000) >= self.pause_ms
        if self._is_last(cadence, now_ms):
            return Moment.ENDED if pauses else Moment.GOES_ON
        return Moment.PAUSE if pauses else None

    def _is_last(self, cadence: Cadence, now_ms: int) -> bool:
        """Whether the next look would be too late."""
        counted = cadence.since if self.clock is Clock.SPEECH else cadence.quiet
        left_ms = self.verdict_ms - counted * 1000
        longest = max(cadence.since * 1000, now_ms - self.silence_ms) >= self.greeting_ms
        return left_ms < EVERY * FRAME_MS or longest


def decide(machine: float, moment: Moment, care: Care) -> Who | None:
    """A likelihood as a verdict; None to hear more. Only the last moment makes a machine: each
    earlier look would have people of its own who are taken for one, and find no more machines."""
    if moment is Moment.PAUSE:
        return Who.PERSON if machine <= care.person else None
    return Who.MACHINE if machine >= care.machine else Who.PERSON


@dataclass(slots=True)
class Listener:
    """Frames of one call in, what they tell out: first a `Verdict`, of a machine then a `Cue`."""

    care: Care = field(default_factory=Care)
    verdict: Verdict | None = None
    _judge: Judge = field(init=False)
    _ear: Ear = field(default_factory=Ear)
    _watch: CueWatch = field(default_factory=CueWatch)

    def __post_init__(self) -> None:
        self._judge = fitted(self.care.clock)

    def hear(self, frame: Samples) -> Heard | None:
        """The next 20 ms (`FRAME` samples), and what has become clear with them."""
        self._ear.hear(frame)
        if self.verdict is None:
            if self._ear.frames % EVERY == 0:
                self.verdict = self._look()
            return self.verdict
        if self.verdict.who is Who.MACHINE:
            return self._watch.look(self._ear)
        return None

    def _look(self) -> Verdict | None:
        ear, cadence = self._ear, self._ear.cadence()
        tones = ear.track.tones
        signal = meaning(tones, ear.frames, spoken=cadence is not None)
        if signal is not None:
            return Verdict(signal, ear.now_ms, 0.0, f"{signal.value} tone")
        if cadence is None:
            return self._quiet_for(self.care.silence_ms + (_TONES_MS if tones else 0))
        return self._heard(cadence)

    def _quiet_for(self, limit_ms: int) -> Verdict | None:
        now_ms = self._ear.now_ms
        if now_ms < limit_ms:
            return None
        return Verdict(Who.SILENCE, now_ms, 0.0, f"nothing was said in {now_ms} ms")

    def _heard(self, cadence: Cadence) -> Verdict | None:
        now_ms, since_ms = self._ear.now_ms, round(cadence.since * 1000)
        beep = self._ear.beep(cadence)
        if beep is not None and self.care.machine <= BEEP:
            return Verdict(Who.MACHINE, now_ms, BEEP, _beeped(beep), now_ms - since_ms)
        moment = self.care.moment(cadence, now_ms)
        if moment is None or since_ms < FIRST_MS:
            return None
        card = self._judge.cards[moment]
        machine = card.machine(cadence)
        who = decide(machine, moment, self.care)
        if who is None:
            return None
        ended_ms = now_ms - round(cadence.quiet * 1000)
        cause = f"{moment.value}: {_strongest(card, cadence)}"
        return Verdict(who, now_ms, machine, cause, now_ms - since_ms, ended_ms)


def _beeped(beep: Tone) -> str:
    return f"a beep of {beep.ms} ms at {beep.hz:.0f} Hz"


def _strongest(card: Card, cadence: Cadence) -> str:
    """The three features that counted most, with their part of the log-odds."""
    features = cadence.features()
    strongest = card.reasons(cadence)[:3]
    return ", ".join(f"{name} {features[name]:.2f} ({part:+.1f})" for name, part in strongest)
