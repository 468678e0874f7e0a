"""The audio pipeline: what a telephone line can carry, at one loudness."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.prompts.audio import RATE, fade, resample, silence, to_prompt, trim
from ivr.prompts.wav import Signal

pytestmark = pytest.mark.unit


def tone(hertz: float, rate: int, seconds: float = 1.0) -> Signal:
    wave: Signal = 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)
    return wave


def decibels(signal: Signal) -> float:
    """Level of a tone against the one that went in."""
    middle = signal[signal.size // 8 : -signal.size // 8]
    return float(20 * np.log10(np.sqrt(np.mean(middle**2)) / (0.5 / np.sqrt(2)) + 1e-12))


@pytest.mark.parametrize("rate", [11_025, 16_000, 22_050, 44_100, 48_000])
def test_resampling_keeps_speech_and_lets_nothing_alias(rate: int) -> None:
    """Flat to 3.4 kHz within 0.1 dB; what would fold back is 70 dB down."""
    for hertz in (50, 1_000, 3_400):
        assert abs(decibels(resample(tone(hertz, rate), rate))) < 0.1
    for hertz in (4_000, 4_600, 5_400):
        assert decibels(resample(tone(hertz, rate), rate)) < -70


@pytest.mark.parametrize("size", [1, 2, 159, 160, 161, 22_050])
def test_resampling_keeps_the_length(size: int) -> None:
    """Rounded up to a whole sample, from the shortest signal on."""
    assert resample(np.ones(size), 22_050).size == -(-size * RATE // 22_050)


def test_resampling_keeps_the_phase() -> None:
    """No delay: a tone is where it was, sample by sample."""
    got = resample(tone(700, 22_050), 22_050)[400:-400]
    assert np.abs(got - tone(700, RATE)[400:-400]).max() < 1e-3


def test_silence_around_speech_goes() -> None:
    """20 ms stay before and 100 ms after it, to be joined with the next segment."""
    quiet = np.zeros(RATE)
    kept = trim(np.concatenate([quiet, tone(440, RATE), quiet]))
    assert kept.size == RATE + RATE * 120 // 1_000


def test_a_prompt_begins_and_ends_without_a_click() -> None:
    """The first and last 5 ms rise and fall; the middle is untouched."""
    faded = fade(np.ones(RATE))
    assert faded[0] == 0
    assert faded[-1] == 0
    assert (faded[40:-40] == 1).all()


@pytest.mark.parametrize("signal", [np.zeros(0), np.zeros(22_050), np.full(22_050, 0.3)])
def test_nothing_said_is_silence(signal: Signal) -> None:
    """An empty recording, digital silence and a constant offset."""
    assert not to_prompt(signal, 22_050).any()


def test_silence_has_the_length_asked_for() -> None:
    """8 samples a millisecond."""
    assert silence(100).size == 800
