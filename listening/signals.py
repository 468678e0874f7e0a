"""What a network's or a fax's tones mean, by how they follow each other.

Fax: ITU-T T.30, 4.1 (called station: 2100 Hz for 2.6 to 4 s; calling station: 1100 Hz, half a
second of every 3.5). Information tones: ITU-T E.180, 7.2.4, three tones of a third of a second,
950, 1400 and 1800 Hz, ±50; North America's (ANSI T1.401, Bellcore SR-2275) have 913.8 or 985.2,
1370.6 or 1428.5, 1776.7 Hz, of 276 or 380 ms. Busy and congestion: E.180, 7.2.2 and 7.2.3, and
E.180's supplement 2 by country: 400 to 450 Hz or 480 with 620, tone and pause of the same length,
300 to 500 ms for busy, 170 to 300 for congestion.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from listening.audio import FRAME_MS
from listening.tones import Tone
from listening.values import Who

_INFORMATION_HZ = (950.0, 1400.0, 1800.0)
_INFORMATION_OFF_HZ = 55.0
_INFORMATION_MS = range(200, 481)
_SURE_MS = 100
"""So much of a tone that goes on is enough, where those before it leave one meaning."""
_GAP_MS = 80
_NOTICED_MS = 80
"""What a tone takes to be one."""

_ANSWERING_HZ, _CALLING_HZ = 2100.0, 1100.0
_ANSWERING_OFF_HZ, _CALLING_OFF_HZ = 42.0, 42.0
"""Of what T.30 permits, ±15 and ±38; a mobile's codec moves a tone by as much again."""
_ANSWERING_MS, _ANSWERING_WITHIN_MS = 600, 1000
"""No machine's beep of this pitch is heard before a greeting, and few are as long. It is turned
over each 450 ms to still echo cancellers (ITU-T V.25), and broken up by a mobile's codec."""
_CALLING_MS = range(400, 601)
_CALLING_QUIET_MS = 200

_BEEP_MS = 200
"""A vowel holds its pitch for a tenth of a second, seldom for 160 ms."""
_BEEP_PURITY = 0.93
_BEEP_BELOW_DB = 12.0
"""Music is less pure, and in the background: a chord that passes for a tone is fainter."""

_BUSY_HZ, _BUSY_SECOND_HZ = (380.0, 500.0), (590.0, 650.0)
_BEAT_MS = range(150, 601)
_REORDER_MS = 290
_UNEVEN_MS = 70


def meaning(tones: Sequence[Tone], frame: int, *, spoken: bool) -> Who | None:
    """What the tones of a call mean at this frame; None: nothing yet, or nothing at all, as when a
    call is handed on and rings. Where somebody has spoken, a calling fax's may be a machine's beep.
    """
    if not tones:
        return None
    if _information(tones[-3:]):
        return Who.INTERCEPT
    if _fax_answers(tones, frame) or (not spoken and _fax_calls(tones[-1], frame)):
        return Who.FAX
    return _beat(tones[-2:])


def beep(tones: Sequence[Tone], loudest_dbm0: float, frame: int) -> Tone | None:
    """A machine's beep among the tones that were heard since somebody spoke, as loud as this, by
    this frame."""
    faintest = loudest_dbm0 - _BEEP_BELOW_DB
    for number, tone in enumerate(tones):
        pure = tone.ms >= _BEEP_MS and tone.purity >= _BEEP_PURITY
        if pure and tone.dbm0 >= faintest and not _of_intercept(tones[: number + 2], tone, frame):
            return tone
    return None


def _of_intercept(tones: Sequence[Tone], tone: Tone, frame: int) -> bool:
    """Whether it is, or may yet be, one of an intercept's three: of their pitch and length, with
    another at once before or after it. `tones` end with the one after it, if there is one."""
    pitched = any(tone.near(hz, _INFORMATION_OFF_HZ) for hz in _INFORMATION_HZ)
    if not pitched or tone.ms > _INFORMATION_MS[-1]:
        return False
    beside = any(
        _between_ms(one, other) <= _GAP_MS for one, other in pairwise(tones) if tone in (one, other)
    )
    return beside or (frame - tone.last) * FRAME_MS <= _GAP_MS + _NOTICED_MS


def _information(three: Sequence[Tone]) -> bool:
    if len(three) < 3:
        return False
    right = all(
        tone.near(hz, _INFORMATION_OFF_HZ) for tone, hz in zip(three, _INFORMATION_HZ, strict=True)
    )
    follow = all(_between_ms(one, other) <= _GAP_MS for one, other in pairwise(three))
    lengths = all(tone.ms in _INFORMATION_MS for tone in three[:2])
    return right and follow and lengths and three[2].ms >= _SURE_MS


def _fax_answers(tones: Sequence[Tone], frame: int) -> bool:
    since = frame - _ANSWERING_WITHIN_MS // FRAME_MS
    lately = (tone for tone in tones if tone.last >= since)
    heard = (tone for tone in lately if tone.near(_ANSWERING_HZ, _ANSWERING_OFF_HZ))
    frames = sum(tone.last - max(tone.first, since) + 1 for tone in heard)
    return frames * FRAME_MS >= _ANSWERING_MS


def _fax_calls(tone: Tone, frame: int) -> bool:
    quiet_ms = (frame - tone.last) * FRAME_MS
    calling = tone.near(_CALLING_HZ, _CALLING_OFF_HZ)
    return calling and tone.ms in _CALLING_MS and quiet_ms >= _CALLING_QUIET_MS


def _beat(two: Sequence[Tone]) -> Who | None:
    """Tone, pause, and the same tone for as long again."""
    if len(two) < 2 or not all(map(_is_busy_tone, two)):
        return None
    on_ms, off_ms, again_ms = two[0].ms, _between_ms(*two), two[1].ms
    if on_ms not in _BEAT_MS or abs(on_ms - off_ms) > _UNEVEN_MS:
        return None
    if again_ms < on_ms - _UNEVEN_MS:
        return None
    return Who.REORDER if (on_ms + off_ms) / 2 < _REORDER_MS else Who.BUSY


def _is_busy_tone(tone: Tone) -> bool:
    if tone.second_hz:
        low, high = _BUSY_SECOND_HZ
        return low <= tone.second_hz <= high and 450 <= tone.hz <= 510
    low, high = _BUSY_HZ
    return low <= tone.hz <= high


def _between_ms(one: Tone, other: Tone) -> int:
    return (other.first - one.last - 1) * FRAME_MS
