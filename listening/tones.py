"""Steady tones on a line: when each began and ended, and at which frequencies."""

from __future__ import annotations

from dataclasses import dataclass

from listening.audio import FRAME_MS
from listening.spectrum import Moment

_PURE = 0.8
_FAINTEST_DBM0 = -42.0
_LOWEST_HZ = 300.0
_ASTRAY_HZ, _ASTRAY = 14.0, 0.012
"""How far a moment of a tone may be off the mean of those before it: a voice that holds its pitch
as well for a tenth of a second sings."""
_SURGE_DB = 5.0
"""By how much a tone's level may change from frame to frame, but at its edges."""
_SHORTEST = 4  # frames
_INTERRUPTED = 1  # frames


@dataclass(slots=True)
class Tone:
    """One tone or a pair of them, steady from frame `first` to `last` (counted from the answer)."""

    hz: float
    second_hz: float
    dbm0: float
    first: int
    last: int
    purity: float
    """The part of its power that the tone or the two of them hold, on average."""
    over: bool = False

    @property
    def frames(self) -> int:
        """How long it lasts, so far."""
        return self.last - self.first + 1

    @property
    def ms(self) -> int:
        """As `frames`."""
        return self.frames * FRAME_MS

    def near(self, hz: float, tolerance_hz: float) -> bool:
        """Whether it is this one tone."""
        return not self.second_hz and abs(self.hz - hz) <= tolerance_hz


class ToneTrack:
    """Moments of one line in, its tones out."""

    def __init__(self) -> None:
        self.tones: list[Tone] = []
        """Each that is, or was, long enough to be one; the newest last."""
        self._run: Tone | None = None

    @property
    def sounding(self) -> Tone | None:
        """The tone that goes on."""
        newest = self.tones[-1] if self.tones else None
        return newest if newest is not None and not newest.over else None

    def hear(self, moment: Moment, frame: int) -> None:
        """The next moment."""
        run = self._run
        if run is not None and _goes_on(run, moment):
            _lengthen(run, moment, frame)
            if run.frames == _SHORTEST:
                self.tones.append(run)
        elif run is None or frame - run.last > _INTERRUPTED or _is_tone(moment):
            if run is not None:
                run.over = True
            self._run = _begun(moment, frame) if _is_tone(moment) else None


def _is_tone(moment: Moment) -> bool:
    return (
        moment.purity >= _PURE and moment.voice_dbm0 >= _FAINTEST_DBM0 and moment.hz >= _LOWEST_HZ
    )


def _begun(moment: Moment, frame: int) -> Tone:
    return Tone(moment.hz, moment.second_hz, moment.voice_dbm0, frame, frame, moment.purity)


def _goes_on(run: Tone, moment: Moment) -> bool:
    if not _is_tone(moment) or bool(run.second_hz) != bool(moment.second_hz):
        return False
    off = max(abs(run.hz - moment.hz), abs(run.second_hz - moment.second_hz))
    steady = off <= max(_ASTRAY_HZ, _ASTRAY * run.hz)
    return steady and abs(run.dbm0 - moment.voice_dbm0) <= _SURGE_DB


def _lengthen(run: Tone, moment: Moment, frame: int) -> None:
    share = 1 / min(run.frames + 1, 8)
    run.hz += share * (moment.hz - run.hz)
    run.second_hz += share * (moment.second_hz - run.second_hz)
    run.dbm0 += share * (moment.voice_dbm0 - run.dbm0)
    run.purity += (moment.purity - run.purity) / (run.frames + 1)
    run.last = frame
