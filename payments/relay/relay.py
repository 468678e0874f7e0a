"""Both directions of one call, and what is said to its caller."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from payments.audio import FRAME, Samples, peak_of
from payments.detection.keys import KEYS, Press
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

    Only the masked line leads from the caller to the agent. Keys come out of `hear` and `keyed`,
    each press once, whether audio or an event or both tell of it.
    """

    def __init__(self, now: int, rng: np.random.Generator | None = None) -> None:
        self._rng = rng or np.random.default_rng()
        self._line = MaskedLine(self._rng.spawn(1)[0])
        self._caller, self._agent = _Frames(), _Frames()
        self._to_caller, self._to_agent = Lane(lambda: _SILENCE), Lane(self._noise)
        self._heard_until = now
        self._unheard: deque[Samples] = deque()
        self._words: deque[bytes] = deque()

    def heard_caller(self, audio: bytes | memoryview, now: int) -> None:
        """What the caller says, or keys: signed linear in pieces of any length, for `hear`."""
        self._unheard += (np.frombuffer(frame, "<i2") for frame in self._caller.cut(audio))
        self._heard_until = now

    def heard_agent(self, audio: bytes | memoryview) -> None:
        """What the agent says."""
        for frame in self._agent.cut(audio):
            self._to_caller.put(frame)

    def keyed(self, key: int) -> Press | None:
        """An event tells of a key (ASCII); None where its tones were counted, or if it is none."""
        return self._line.event(key) if key in KEYS else None

    def pass_time(self, now: int) -> None:
        """To be called every 10 ms, before `hear`: time passes for the caller's line, too, where no
        audio comes, so that what is in it is heard to its end."""
        while now - self._heard_until > _MISSING:
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

    @property
    def waits(self) -> bool:
        """Whether there is audio of the caller that was not heard."""
        return bool(self._unheard)

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
    """The presses of each, from all that its caller has said by now. Many at once cost little more
    than one (`payments.masking.line.hear_all`)."""
    presses: dict[int, tuple[Press, ...]] = {id(relay): () for relay in relays}
    while waiting := [relay for relay in relays if relay.waits]:
        frames = np.stack([relay._unheard.popleft() for relay in waiting])
        heard = hear_all([relay._line for relay in waiting], frames)
        for relay, each in zip(waiting, heard, strict=True):
            presses[id(relay)] += relay._take(each)
    return [presses[id(relay)] for relay in relays]


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
