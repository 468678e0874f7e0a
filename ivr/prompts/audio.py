"""From a voice's recording to a telephone prompt: 8 kHz mono, trimmed, faded, of one loudness."""

from __future__ import annotations

from functools import cache
from math import ceil, gcd

import numpy as np

from ivr.prompts.g711 import Samples
from ivr.prompts.loudness import normalise
from ivr.prompts.wav import Signal

RATE = 8_000
"""Samples a second of every prompt, in Hz."""

_PASS_HZ, _STOP_HZ, _ATTENUATION_DB = 3_500.0, 3_950.0, 80.0
_FRAME = RATE // 100
_SILENT_BELOW = 10 ** (-40 / 20)
_LEAD_FRAMES, _TAIL_FRAMES = 2, 10
_FADE = RATE // 200


def silence(duration_ms: int) -> Samples:
    """So much of nothing."""
    return np.zeros(RATE * duration_ms // 1_000, dtype=np.int16)


def beep() -> Samples:
    """What a speaker waits for: 250 ms of 1 kHz."""
    times = np.arange(RATE // 4) / RATE
    return to_prompt(np.sin(2 * np.pi * 1_000 * times), RATE)


def to_prompt(signal: Signal, rate: int) -> Samples:
    """A voice's signal (full scale 1.0, ``rate`` in Hz) as a prompt of int16 samples at 8 kHz."""
    if signal.size == 0:
        return silence(100)
    spoken = trim(resample(signal - signal.mean(), rate))
    return np.rint(fade(normalise(spoken, RATE)) * 32767).astype(np.int16)


def resample(signal: Signal, rate: int) -> Signal:
    """To 8 kHz by a polyphase windowed sinc: flat to 3.5 kHz, -80 dB from 3.95 kHz on.

    Each output phase sees the input through its own filter; outputs of one phase lie ``down``
    input samples apart, so a strided view and one product compute them all.
    """
    if rate == RATE:
        return signal
    common = gcd(rate, RATE)
    up, down = RATE // common, rate // common
    filters = _filters(rate, up)
    taps = filters.shape[1]
    count = ceil(signal.size * up / down)
    rounds = ceil(count / up)
    padded = np.pad(signal, (taps // 2 - 1, taps + (rounds + 1) * down))
    windows = np.lib.stride_tricks.sliding_window_view(padded, taps)
    result = np.empty((rounds, up))
    for phase in range(up):
        first = phase * down // up
        result[:, phase] = windows[first::down][:rounds] @ filters[phase * down % up]
    return result.reshape(-1)[:count]


@cache
def _filters(rate: int, up: int) -> Signal:
    """One low-pass a phase, Kaiser's formula for length and shape (Oppenheim & Schafer, 7.5)."""
    scale = min(rate / RATE, 1.0)
    passes, stops = _PASS_HZ * scale, _STOP_HZ * scale
    width = 2 * np.pi * (stops - passes) / rate
    half = ceil((_ATTENUATION_DB - 8) / (2.285 * width) / 2)
    beta = 0.1102 * (_ATTENUATION_DB - 8.7)
    offset = np.arange(-half + 1, half + 1)[None, :] - np.arange(up)[:, None] / up
    cutoff = (passes + stops) / rate
    window = np.i0(beta * np.sqrt(np.maximum(0, 1 - (offset / half) ** 2)))
    filters = np.sinc(cutoff * offset) * window
    normal: Signal = filters / filters.sum(axis=1, keepdims=True)
    return normal


def trim(signal: Signal) -> Signal:
    """Without the silence around it, but for 20 ms before and 100 ms after."""
    loud = np.flatnonzero(_frame_rms(signal) > _SILENT_BELOW * max(np.abs(signal).max(), 1e-9))
    if loud.size == 0:
        return signal[:0]
    begin = max(loud[0] - _LEAD_FRAMES, 0) * _FRAME
    end = (loud[-1] + 1 + _TAIL_FRAMES) * _FRAME
    return np.pad(signal[begin:end], (0, max(end - signal.size, 0)))


def fade(signal: Signal) -> Signal:
    """With 5 ms of rise and fall, so that no prompt begins or ends in a click."""
    size = min(_FADE, signal.size // 2)
    ramp = np.ones(signal.size)
    ramp[:size] = np.linspace(0, 1, size, endpoint=False)
    ramp[signal.size - size :] = ramp[:size][::-1]
    return signal * ramp


def _frame_rms(signal: Signal) -> Signal:
    """RMS of each whole or begun 10 ms."""
    frames = np.pad(signal, (0, -signal.size % _FRAME)).reshape(-1, _FRAME)
    result: Signal = np.sqrt(np.mean(frames**2, axis=1))
    return result
