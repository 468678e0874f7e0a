"""One loudness: ITU-T P.56's active speech level, and peaks that no decoder clips."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.prompts.loudness import (
    PEAK_DBOV,
    TARGET_DBOV,
    active_level,
    limit,
    normalise,
    true_peak,
)
from ivr.prompts.wav import Signal

pytestmark = pytest.mark.unit

RATE = 8_000


def tone(seconds: float, dbov: float = -20.0) -> Signal:
    """A sine of this power; a full-scale one has -3.01 dBov (ITU-T G.100.1)."""
    times = np.arange(round(RATE * seconds)) / RATE
    wave: Signal = np.sqrt(2) * 10 ** (dbov / 20) * np.sin(2 * np.pi * 440 * times)
    return wave


def speech(seconds: float = 4.0, seed: int = 1) -> Signal:
    """Noise in syllables of 150 ms with gaps of 50 ms: the crest of speech."""
    noise = np.random.default_rng(seed).laplace(size=round(RATE * seconds))
    syllable = np.concatenate([np.hanning(1_200), np.zeros(400)])
    shape = np.resize(syllable, noise.size)
    talk: Signal = 0.02 * noise * shape
    return talk


@pytest.mark.parametrize("dbov", [-40.0, -26.0, -20.0, -6.0])
def test_a_steady_tone_has_the_level_of_its_power(dbov: float) -> None:
    """Nothing is a pause in it, so the active level is the long-term level."""
    assert active_level(tone(3, dbov), RATE) == pytest.approx(dbov, abs=0.1)


def test_long_pauses_do_not_count() -> None:
    """Half the time silence costs 3 dB of power; the active level loses only the hangover."""
    pause = np.zeros(2 * RATE)
    signal = np.concatenate([tone(2), pause, tone(2), pause])
    level = active_level(signal, RATE)
    assert level is not None
    assert level == pytest.approx(-20, abs=0.7)
    assert 10 * np.log10(np.mean(signal**2)) == pytest.approx(-23, abs=0.1)


def test_gaps_between_syllables_count_as_speech() -> None:
    """They are shorter than the hangover of 200 ms, so the level is that of the whole."""
    talk = speech()
    whole = 10 * np.log10(np.mean(talk**2))
    assert active_level(talk, RATE) == pytest.approx(whole, abs=0.3)


@pytest.mark.parametrize("signal", [np.zeros(0), np.zeros(RATE)])
def test_silence_has_no_level(signal: Signal) -> None:
    """And is not made louder."""
    assert active_level(signal, RATE) is None
    assert not normalise(signal, RATE).any()


@pytest.mark.parametrize("gain_db", [-40.0, -10.0, 0.0, 20.0])
def test_however_soft_or_loud_it_comes_it_leaves_alike(gain_db: float) -> None:
    """Within 0.1 dB of the target, peaks under the limit."""
    prompt = normalise(speech() * 10 ** (gain_db / 20), RATE)
    assert active_level(prompt, RATE) == pytest.approx(TARGET_DBOV, abs=0.1)
    assert true_peak(prompt) <= PEAK_DBOV + 0.05


def test_a_signal_of_hardly_anything_but_peaks_is_left_softer() -> None:
    """Crushed to the target it would be noise: no peak is cut by more than 9 dB."""
    clicks = np.zeros(2 * RATE)
    clicks[::800] = 1.0
    level = active_level(normalise(clicks, RATE), RATE)
    assert level is not None
    assert level < TARGET_DBOV - 3
    assert true_peak(normalise(clicks, RATE)) <= PEAK_DBOV + 0.05


def test_the_peak_between_two_samples_is_seen() -> None:
    """A quarter-rate sine sampled at 45 degrees peaks 3 dB above its samples."""
    sine = np.sin(2 * np.pi * np.arange(800) / 4 + np.pi / 4)
    assert 20 * np.log10(np.abs(sine).max()) == pytest.approx(-3.01, abs=0.01)
    assert true_peak(sine[50:-50]) == pytest.approx(0, abs=0.15)


def test_the_limiter_touches_only_what_is_near_a_peak() -> None:
    """10 ms from it the signal is what it was."""
    signal = tone(1)
    signal[4_000] += 1.2
    limited = limit(signal, RATE)
    assert true_peak(limited) <= PEAK_DBOV + 0.05
    assert (limited[:3_910] == signal[:3_910]).all()
    assert (limited[4_090:] == signal[4_090:]).all()
