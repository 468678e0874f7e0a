"""What was heard of a call so far: its levels, its tones, and where somebody spoke."""

from __future__ import annotations

import numpy as np

from listening.audio import FRAME, FRAME_MS, Floats, Samples
from listening.cadence import Cadence, cadence
from listening.signals import beep
from listening.spectrum import QUIETEST_DBM0, SPAN, look
from listening.speech import Mask, Utterance, utterances
from listening.tones import Tone, ToneTrack

_LONGEST = 11 * 50
"""Frames, eleven seconds, that speech is looked for in: longer than any verdict takes."""
_SPOKEN_S = 0.3


class Ear:
    """Frames in, from the answer on."""

    def __init__(self) -> None:
        self.frames = 0
        """How many were heard."""
        self._track = ToneTrack()
        self._newest = np.zeros(SPAN, np.int16)
        self._levels = np.full(_LONGEST, QUIETEST_DBM0)

    @property
    def track(self) -> ToneTrack:
        """Its tones."""
        return self._track

    @property
    def now_ms(self) -> int:
        """Since the answer."""
        return self.frames * FRAME_MS

    @property
    def start(self) -> int:
        """The first frame that speech is still looked for in."""
        return max(0, self.frames - _LONGEST)

    def hear(self, frame: Samples) -> None:
        """The next `FRAME` samples."""
        self._newest[:-FRAME] = self._newest[FRAME:]
        self._newest[-FRAME:] = frame
        moment = look(self._newest)
        self._track.hear(moment, self.frames)
        if self.frames >= _LONGEST:
            self._levels[:-1] = self._levels[1:]
        self._levels[min(self.frames, _LONGEST - 1)] = moment.voice_dbm0
        self.frames += 1

    def said(self) -> list[Utterance]:
        """What somebody has said in the last eleven seconds, in frames from `start`."""
        return utterances(*self._kept())

    def cadence(self) -> Cadence | None:
        """How it was said; None while nobody has spoken."""
        levels, tonal = self._kept()
        return cadence(utterances(levels, tonal), levels)

    def beep(self, cadence: Cadence) -> Tone | None:
        """A machine's, after it has spoken: what is shorter may be a click before a busy tone."""
        first = self.frames - round(cadence.since * 1000 / FRAME_MS)
        later = [tone for tone in self._track.tones if tone.first >= first]
        if not later or cadence.talk < _SPOKEN_S:
            return None
        levels, tonal = self._kept()
        return beep(later, float(levels[~tonal].max()), self.frames)

    def _kept(self) -> tuple[Floats, Mask]:
        held = min(self.frames, _LONGEST)
        before = self.frames - held
        tonal = np.zeros(held, np.bool_)
        for tone in self._track.tones:
            tonal[max(0, tone.first - before - 1) : max(0, tone.last - before + 2)] = True
        return self._levels[:held], tonal
