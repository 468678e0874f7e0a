"""Whether the agent may hear the caller now: only while the caller's speech is there for certain.

It fails closed. It does not look for keys and let the rest pass: it looks for speech, which a key,
however weak, twisted or off its frequency, is never taken for, since a voice has its strength
below the keypad's band (or, hissing, above it) and a key has nothing there. And once it is open,
anything that looks at all like tones shuts it, from before their first sample on.

Of eight espeak-ng voices, 65 to 83 % of the spectra of speech show it, of a recorded one 97 %, so
those that do bridge the others; of keys in white noise as loud as they are, none does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import inf

from payments.masking.frames import LOOK_AHEAD
from payments.masking.spectrum import Measures, line_power

_VOICED = 10**-0.4  # a voice below the keypad's band is no more than 4 dB under what is in it
_HISSING = 10**0.3  # an s is 3 dB above it
_MANY = 0.68  # two tones explain no more of the keypad's band than this while an open vowel lasts
_CERTAIN = 4  # hops: a click, or the few milliseconds that lost packets leave of a key, fills 3
_ABOVE_FLOOR = 10**0.9
_QUIETEST = line_power(-60)
_LEAST = _QUIETEST / _ABOVE_FLOOR  # of a floor: what is louder may be speech
_SILENT = line_power(-62)
_LOST = 30  # hops: silence of 300 ms is the line's own, a shorter one may be packets that were lost
_FIRST = 3  # hops whose spectra have what was before the line in them
_FLOOR_RISES = 10 ** (0.3 / 100)  # 3 dB a second: a hum is no speech for longer than three
_LASTING = 6  # hops: what a lost packet makes weaker by its edges, lasts for 50 ms
_KEYS_ABOVE_VOICE = 10.0  # while tones are so strong, codecs make noise weaker than it is

_TONES_ABOVE_VOICE = 10**1.5
_TONES_SHARE = 0.92

_BRIDGED = 40  # hops: 400 ms
_HELD = 5  # hops: 50 ms after the last sign of tones, of which a spectrum covers 30


class _Floor:
    """The least that lasted for 60 ms, which rises slowly; whether something stands out above it.

    What is heard while a key is down or packets are lost (`falls` is false) makes it no lower.
    """

    def __init__(self) -> None:
        self._power = inf
        self._recent: deque[float] = deque(maxlen=_LASTING)
        self._unknown = _FIRST

    def below(self, power: float, *, falls: bool) -> bool:
        if self._unknown:
            self._unknown -= 1
            return False
        self._recent.append(power if falls else inf)
        lasting = max(_LEAST, *self._recent)
        self._power = min(self._power * _FLOOR_RISES, lasting)
        return power > _QUIETEST and power > self._power * _ABOVE_FLOOR


class Gate:
    """Told of all spectra in order, it tells which may be heard, each by two that follow it."""

    def __init__(self) -> None:
        self._hop = 0
        self._floors = _Floor(), _Floor(), _Floor()
        self._spoken = 0
        self._silent = _LOST
        self._last_speech = self._last_tones = -_BRIDGED - LOOK_AHEAD - 1

    def shut(self) -> None:
        """Something else knows of a key just now: as if tones were heard."""
        self._last_tones = self._hop

    def open_after(self, spectra: Iterable[Measures]) -> list[bool]:
        """For each, whether the spectrum `LOOK_AHEAD` before it may be heard."""
        return [self._opens(heard) for heard in spectra]

    def _opens(self, heard: Measures) -> bool:
        self._hop += 1
        spoke, goes_on = self._is_speech(heard)
        self._spoken = self._spoken + 1 if spoke else 0
        if looks_like_tones(heard):
            self._last_tones = self._hop
        elif self._spoken >= _CERTAIN or ((spoke or goes_on) and self._bridged()):
            self._last_speech = self._hop
        return self._bridged() and self._last_tones < self._hop - LOOK_AHEAD - _HELD

    def _bridged(self) -> bool:
        return self._last_tones < self._last_speech >= self._hop - _BRIDGED

    def _is_speech(self, heard: Measures) -> tuple[bool, bool]:
        """Whether it is for certain, and whether it is if it was just before."""
        self._silent = self._silent + 1 if heard.whole < _SILENT else 0
        falls = self._silent > _LOST or (
            not self._silent and heard.keys < heard.low * _KEYS_ABOVE_VOICE
        )
        low, keys, high = (
            floor.below(power, falls=falls)
            for floor, power in zip(
                self._floors, (heard.low_mean, heard.keys_mean, heard.high_mean), strict=True
            )
        )
        voiced = low and heard.low > heard.keys * _VOICED
        hissing = high and heard.high_mean > heard.keys_mean * _HISSING
        return voiced or hissing, keys and heard.concentration < _MANY


def looks_like_tones(heard: Measures) -> bool:
    """Whether two tones, or one, explain all but a little of the keypad's band, with no voice."""
    return heard.concentration > _TONES_SHARE and heard.keys > heard.low * _TONES_ABOVE_VOICE
