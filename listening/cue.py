"""When a machine is ready to record: after its beep, or, where it has none, after a silence."""

from __future__ import annotations

from listening.audio import FRAME_MS
from listening.ear import Ear
from listening.tones import Tone
from listening.values import Cue

_BEEP_MS = 140
"""A vowel may hold its pitch for a tenth of a second. A message that is cut is worse than a late
one: the silence after a shorter beep tells too."""
_SETTLED_MS = 240
"""After a beep it is waited for so long whether another follows, or speech: then it was none."""
_QUIET_MS = 2_000
"""Greetings pause for a second; after two, nothing more comes."""
_TAIL = 3  # frames, of a beep's end in the room
_EVERY = 5  # frames between two looks for silence


class CueWatch:
    """One machine's greeting, from the verdict on."""

    def __init__(self) -> None:
        self._told = False

    def look(self, ear: Ear) -> Cue | None:
        """Whether the newest frame settles it; told once."""
        cue = None if self._told else self._after_beep(ear) or self._after_silence(ear)
        self._told = self._told or cue is not None
        return cue

    def _after_beep(self, ear: Ear) -> Cue | None:
        tone = ear.track.tones[-1] if ear.track.tones else None
        if tone is None or tone.ms < _BEEP_MS:
            return None
        since_ms = (ear.frames - 1 - tone.last) * FRAME_MS
        if since_ms < _SETTLED_MS or _spoken_since(ear, tone):
            return None
        return Cue(ear.now_ms, tone.ms)

    def _after_silence(self, ear: Ear) -> Cue | None:
        if ear.frames % _EVERY or ear.track.sounding is not None:
            return None
        return Cue(ear.now_ms, 0) if _quiet_ms(ear) >= _QUIET_MS else None


def _spoken_since(ear: Ear, tone: Tone) -> bool:
    """What a machine says after a tone makes it none that ends its greeting."""
    said = ear.said()
    return bool(said) and ear.start + said[-1].after > tone.last + _TAIL


def _quiet_ms(ear: Ear) -> int:
    """Since somebody spoke, or a tone; 0 where what was heard before has turned out to be noise."""
    said = ear.said()
    if not said:
        return 0
    last_tone = ear.track.tones[-1].last if ear.track.tones else 0
    return (ear.frames - max(last_tone, ear.start + said[-1].after)) * FRAME_MS
