"""What a phone hears: the last seconds of a call, frame by frame, and who waits for a tone.

An `Ear` is given samples with the time at which they came; it has no clock and no I/O.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from phones.moments import Moment
from phones.tones import FRAME_SAMPLES, Samples, level_dbfs, tone_share

HISTORY_FRAMES = 500
WINDOW_FRAMES = 5
AUDIBLE_DBFS = -50.0
_TONE_SHARE = 0.6


@dataclass(frozen=True)
class HeardFrame:
    """20 ms of received audio: when its last sample came, how loud, and the samples."""

    at: Moment
    dbfs: float
    samples: Samples


@dataclass(frozen=True)
class ToneHeard:
    """A tone filled a window of 100 ms: when its first audible frame came, and its level."""

    hz: float
    at: Moment
    dbfs: float


@dataclass
class ToneWatch:
    """Someone who waits for a tone, in frames that come after the watch was set."""

    hz: float
    tell: Callable[[ToneHeard], None]
    frames_seen: int = 0


@dataclass
class Ear:
    """The last 10 s of a call's received audio.

    `on_first_audio` is called once, for the first frame above -50 dBFS.
    """

    on_first_audio: Callable[[HeardFrame], None]
    frames: deque[HeardFrame] = field(default_factory=lambda: deque(maxlen=HISTORY_FRAMES))
    _rest: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    _watches: list[ToneWatch] = field(default_factory=list)
    _audible: bool = False

    def hear(self, samples: Samples, at: Moment) -> None:
        """Take samples in order; whole frames are kept, a rest waits for the next samples."""
        joined = np.concatenate((self._rest, samples)) if len(self._rest) else samples
        whole = len(joined) // FRAME_SAMPLES * FRAME_SAMPLES
        self._rest = joined[whole:]
        for frame in joined[:whole].reshape(-1, FRAME_SAMPLES):
            self._take(HeardFrame(at, level_dbfs(frame), frame))

    def watch(self, hz: float, tell: Callable[[ToneHeard], None]) -> ToneWatch:
        """Call `tell` once, when the tone has filled a window from now on."""
        watch = ToneWatch(hz, tell)
        self._watches.append(watch)
        return watch

    def unwatch(self, watch: ToneWatch) -> None:
        """Forget a watch; one that has been told already is gone."""
        if watch in self._watches:
            self._watches.remove(watch)

    def _take(self, frame: HeardFrame) -> None:
        self.frames.append(frame)
        if not self._audible and frame.dbfs > AUDIBLE_DBFS:
            self._audible = True
            self.on_first_audio(frame)
        for watch in tuple(self._watches):
            self._check(watch)

    def _check(self, watch: ToneWatch) -> None:
        watch.frames_seen += 1
        if watch.frames_seen < WINDOW_FRAMES:
            return
        window = [self.frames[i] for i in range(-WINDOW_FRAMES, 0)]
        samples = np.concatenate([frame.samples for frame in window])
        level = level_dbfs(samples)
        if level > AUDIBLE_DBFS and tone_share(samples, watch.hz) > _TONE_SHARE:
            self._watches.remove(watch)
            began = next(frame.at for frame in window if frame.dbfs > AUDIBLE_DBFS)
            watch.tell(ToneHeard(watch.hz, began, level))
