"""Both directions of one call, and what is said to its caller."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from listening.audio import FRAME, Samples, peak_of
from payments.detection.keys import KEYS, Press
from payments.masking.forgetting import forget_freed
from payments.masking.line import Heard, MaskedLine, hear_all
from payments.masking.masker import NOISE_DBM0
from payments.relay.lane import Lane

BYTES = 2 * FRAME
_SILENCE = bytes(BYTES)
_MISSING = 480
"""60 ms without audio are a caller who is silent, not one who is late: phones send none while a key
is down, and other phones none while nobody speaks."""
_NOISE_RMS = peak_of(NOISE_DBM0) / np.sqrt(2)


class Due(NamedTuple):
    """What goes out now, in frames of 20 ms."""

    agent: tuple[bytes, ...]
    caller: tuple[bytes, ...]
    said: bool
    """What was being said to the caller ends with this."""


class Relay:
    """A caller and, or not, an agent. `rng` is for the masker's noise, which see.

    Only the masked line leads from the caller to the agent. Keys come out of `hear`, each press
    once, whether audio or an event or both tell of it, in the order in which they were pressed.
    """

    def __init__(self, now: int, rng: np.random.Generator | None = None) -> None:
        self._rng = rng or np.random.default_rng()
        self._line = MaskedLine(self._rng.spawn(1)[0])
        self._caller, self._agent = _Frames(), _Frames()
        self._to_caller, self._to_agent = Lane(lambda: _SILENCE), Lane(self._noise)
        self._heard_until = self._looked = now
        self._unheard: deque[Samples | int] = deque()  # frames, and keys that events told of
        self._words: deque[bytes] = deque()

    def heard_caller(self, audio: bytes | memoryview, now: int) -> None:
        """What the caller says, or keys: signed linear in pieces of any length, for `hear`."""
        self._unheard += (np.frombuffer(frame, "<i2") for frame in self._caller.cut(audio))
        self._heard_until = now

    def heard_agent(self, audio: bytes | memoryview) -> None:
        """What the agent says."""
        for frame in self._agent.cut(audio):
            self._to_caller.put(frame)

    def keyed(self, key: int) -> None:
        """An event tells of a key (ASCII; any other is none), for `hear`: after the audio that came
        before it."""
        if key in KEYS:
            self._unheard.append(key)

    def pass_time(self, now: int) -> None:
        """To be called every 10 ms, before `hear`: time passes for the caller's line, too, where no
        audio comes, so that what is in it is heard to its end.

        What is known at `now` is what had come when this was called last: whoever is called late
        was late to read, too, and there was no silence because of it.
        """
        known, self._looked = self._looked, now
        while known - self._heard_until > _MISSING:
            self._heard_until += FRAME
            self._unheard.append(np.zeros(FRAME, np.int16))

    def due(self, now: int) -> Due:
        """What is to be sent; to be asked whenever something was heard, and every 10 ms."""
        agent = _all_due(self._to_agent, now)
        was_saying = self.saying
        caller = tuple(self._with_words(each) for each in _all_due(self._to_caller, now))
        return Due(agent, caller, said=was_saying and not self.saying)

    @property
    def saying(self) -> bool:
        """Whether something is being said to the caller."""
        return bool(self._words)

    def say(self, audio: bytes) -> None:
        """To the caller, over whatever the agent says, from now on; after what is being said."""
        padded = audio + bytes(-len(audio) % BYTES)
        self._words += (padded[at : at + BYTES] for at in range(0, len(padded), BYTES))

    def hush(self) -> None:
        """Say no more."""
        self._words.clear()

    def forget(self) -> None:
        """Of what the caller said and keyed nothing is kept, nor in memory that was freed, where
        malloc(3) overwrites that."""
        self._line = MaskedLine()
        self._caller = _Frames()
        self._unheard.clear()
        forget_freed()

    @property
    def pressed(self) -> bool:
        """Whether the caller holds a key down, by the audio heard so far."""
        return self._line.pressed

    @property
    def waits(self) -> bool:
        """Whether there is something of the caller that was not heard."""
        return bool(self._unheard)

    def _events(self) -> tuple[Press, ...]:
        """Those that come before the next frame."""
        presses = []
        while self._unheard and isinstance(key := self._unheard[0], int):
            self._unheard.popleft()
            presses.append(self._line.event(key))
        return tuple(press for press in presses if press is not None)

    def _frame(self) -> Samples | None:
        """The next that was not heard, where no event comes before it."""
        if self._unheard and not isinstance(frame := self._unheard[0], int):
            self._unheard.popleft()
            return frame
        return None

    def _take(self, heard: Heard) -> tuple[Press, ...]:
        self._to_agent.put(_bytes(heard.audio))
        return heard.presses

    def _noise(self) -> bytes:
        """The masker's, for a moment of which nothing is known yet."""
        noise = np.rint(_NOISE_RMS * self._rng.standard_normal(FRAME))
        return _bytes(noise)

    def _with_words(self, frame: bytes) -> bytes:
        if not self._words:
            return frame
        both = np.frombuffer(frame, "<i2").astype(np.int32) + np.frombuffer(
            self._words.popleft(), "<i2"
        )
        return _bytes(np.clip(both, -32768, 32767))


def hear(relays: Sequence[Relay]) -> list[tuple[Press, ...]]:
    """The presses of each, from all that its caller has said and keyed by now. Many at once cost
    little more than one (`payments.masking.line.hear_all`)."""
    presses: dict[int, tuple[Press, ...]] = {id(relay): () for relay in relays}
    while waiting := [relay for relay in relays if relay.waits]:
        for relay in waiting:
            presses[id(relay)] += relay._events()
        framed = [(relay, frame) for relay in waiting if (frame := relay._frame()) is not None]
        for (relay, _), each in zip(framed, _heard(framed), strict=True):
            presses[id(relay)] += relay._take(each)
    return [presses[id(relay)] for relay in relays]


def _heard(framed: Sequence[tuple[Relay, Samples]]) -> list[Heard]:
    if not framed:
        return []
    frames = np.stack([frame for _, frame in framed])
    return hear_all([relay._line for relay, _ in framed], frames)


class _Frames:
    """Audio in pieces of any length in, frames of 20 ms out."""

    def __init__(self) -> None:
        self._rest = b""

    def cut(self, audio: bytes | memoryview) -> Iterator[bytes]:
        whole = self._rest + bytes(audio)
        end = len(whole) - len(whole) % BYTES
        self._rest = whole[end:]
        return (whole[at : at + BYTES] for at in range(0, end, BYTES))


def _bytes(audio: npt.NDArray[Any]) -> bytes:
    linear: bytes = audio.astype("<i2").tobytes()
    return linear


def _all_due(lane: Lane, now: int) -> tuple[bytes, ...]:
    frames = []
    while (frame := lane.take(now)) is not None:
        frames.append(frame)
    return tuple(frames)
