"""What an agent hears of a caller while a card is keyed tells nothing of the digits."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from listening.audio import FRAME, Floats, Floats32, Samples, peak_of
from payments.detection.keys import KEYS
from payments.masking.frames import DELAY, HOPS, LINES
from payments.masking.line import MaskedLine
from payments.masking.masker import NOISE_DBM0, Masker, mask_all
from payments.masking.sound import LENGTH, LEVEL_DBM0
from payments.masking.spectrum import HIGH, LOW, analyse, line_power, measure, power
from payments.masking.spectrum import KEYS as KEYPAD
from payments.masking.voice import Hum, Shown, waves
from tests.unit.lines import frames, noise, press, rms, silence, voice

pytestmark = pytest.mark.unit

ALL = KEYS.decode()
COMFORT_RMS = peak_of(NOISE_DBM0) / np.sqrt(2)


def masked(*parts: Floats, seed: int = 7) -> Samples:
    """What comes out of the masker, its delay taken away; without mask sounds."""
    masker = Masker(np.random.default_rng(seed))
    sound = frames(*parts, np.zeros(DELAY))
    return np.concatenate([masker.mask(frame)[0] for frame in sound])[DELAY:]


@given(
    key=st.sampled_from(ALL),
    dbm0=st.floats(-65, 0),
    twist=st.floats(-12, 12),
    off=st.floats(-0.04, 0.04),
    ms=st.floats(1, 300),
    phase=st.floats(0, 6.3),
    floor_db=st.floats(0, 60),
)
def test_a_key_leaves_no_trace_in_silence_or_noise(
    key: str, dbm0: float, twist: float, off: float, ms: float, phase: float, floor_db: float
) -> None:
    """Whatever the tones are like, also such as no receiver takes: out comes what comes out
    without them, to the bit (with the same noise)."""
    tones = press(key, ms, dbm0=dbm0, twist_db=twist, off=off, phase=phase)
    hiss = noise(800, dbm0 - floor_db)
    with_key = hiss.copy()
    with_key[3000 : 3000 + len(tones)] += tones
    assert np.array_equal(masked(with_key), masked(np.zeros_like(hiss)))


@given(
    pair=st.tuples(st.sampled_from(ALL), st.sampled_from(ALL)),
    start=st.integers(0, FRAME - 1),
    dbm0=st.floats(-40, 0),
)
@hypothesis_settings(max_examples=30)
def test_after_speech_the_first_millisecond_is_gone_too(
    pair: tuple[str, str], start: int, dbm0: float
) -> None:
    """A caller who has just spoken presses a key: what is heard is the same for any key."""
    said = [voice(900), silence(60), np.zeros(start)]
    one, other = (masked(*said, press(key, 80, dbm0=dbm0), silence(200)) for key in pair)
    assert np.array_equal(one, other)


@given(ms=st.integers(40, 300), key=st.sampled_from(ALL), lost=st.sets(st.integers(10, 60)))
@hypothesis_settings(max_examples=20)
@example(ms=100, key="5", lost={12, 13, 30, 31, 32, 33, 34})
def test_noise_is_no_speech_after_lost_packets(ms: int, key: str, lost: set[int]) -> None:
    """Lost packets are silence, which all noise is louder than; a key in it leaves no trace then
    either."""
    hum = 2000 * np.sin(2 * np.pi * 150 / 8000 * np.arange(80 * FRAME))
    hum[40 * FRAME : 40 * FRAME + 8 * ms] += press(key, ms, dbm0=-10)
    for packet in lost:
        hum[packet * FRAME : (packet + 1) * FRAME] = 0
    assert np.array_equal(masked(hum), masked(np.zeros_like(hum)))


@given(shapes=st.tuples(*2 * [st.lists(st.floats(1, 100), min_size=37, max_size=37)]))
def test_of_the_keypads_band_nothing_is_heard_that_is_above_the_voice(
    shapes: tuple[list[float], list[float]],
) -> None:
    """Whatever is in it: what is heard there is what the voice beside it allows, to the bit."""
    one, other = (heard_under_a_voice(np.array(shape)) for shape in shapes)
    assert np.array_equal(one, other)
    assert np.abs(one).max() > 0


def heard_under_a_voice(keypad: Floats) -> Floats32:
    """A spectrum whose keypad's band is of so many times a voice's power."""
    powers = np.zeros((1, HOPS, LINES), np.float32)
    powers[..., LOW], powers[..., KEYPAD], powers[..., HIGH] = 1e8, 1e8 * keypad, 1e7
    strongest = np.full((1, HOPS, 1), 1e10, np.float32)
    spectra, opened = np.sqrt(powers).astype(np.complex64), strongest / strongest
    shown = Shown(spectra, powers, powers, strongest, opened)
    return waves(shown, [Hum(np.random.default_rng(3))])


def strengths(sound: Floats) -> list[float]:
    """In dBm0, of the strongest tone that the spectra have among the keypad's."""
    pairs = np.stack(list(pairwise(frames(sound)))).reshape(-1, 2 * FRAME)
    spectra = [each for pair in measure(power(analyse(pairs.astype(np.float32)))) for each in pair]
    return [10 * np.log10(each.keys / line_power(0)) for each in spectra]


def test_how_strong_a_key_is_is_the_same_for_every_key() -> None:
    """Within 0.1 dB, wherever its tones lie between two lines: the gate goes by it."""
    told = [
        np.mean(strengths(press(key, 200, dbm0=-20, twist_db=twist, off=off)))
        for key in ALL
        for twist in (-12, 12)
        for off in np.arange(-0.04, 0.041, 0.01)
    ]
    assert np.ptp(told) < 0.1
    assert np.mean(told) == pytest.approx(-20, abs=0.1)


def test_harmonics_side_by_side_are_no_stronger_tone() -> None:
    """Within 1 dB of the strongest of them: a voice would be shut out for what it is not."""
    n = np.arange(1600)
    harmonics = [np.sin(2 * np.pi * 105 * order * n / 8000 + order**2) for order in range(6, 17)]
    told = strengths(peak_of(-20) * np.sum(harmonics, axis=0))
    assert np.mean(told) == pytest.approx(-20, abs=1)


def test_speech_passes_at_its_level() -> None:
    """Within 3 dB."""
    said = voice(3000)
    heard = masked(said)[4000:]
    assert 20 * np.log10(rms(heard) / rms(np.rint(said).astype(np.int16)[4000:])) == pytest.approx(
        0, abs=3
    )


def test_the_delay_is_30_ms() -> None:
    """The voice's own waves below the keypad's band come 240 samples later, at any time."""
    said = voice(3000)
    masker = Masker()
    heard = np.concatenate([masker.mask(frame)[0] for frame in frames(said)]).astype(np.float64)
    lags = range(200, 440)
    alike = [float(np.dot(heard[8000 + lag : 20_000 + lag], said[8000:20_000])) for lag in lags]
    assert DELAY == 240
    assert lags[int(np.argmax(alike))] == DELAY


def test_a_shut_line_is_not_a_dead_one() -> None:
    """Comfort noise, always as loud."""
    heard = masked(press("5", 1000, dbm0=0))
    assert rms(heard) == pytest.approx(COMFORT_RMS, rel=0.1)


def test_noise_is_not_the_same_twice() -> None:
    """By default nobody can know it, and take it away."""
    one, other = Masker(), Masker()
    quiet = np.zeros(FRAME, np.int16)
    assert not np.array_equal(one.mask(quiet)[0], other.mask(quiet)[0])


def sounds(heard: Iterable[Samples]) -> list[tuple[int, float]]:
    """Where sounds begin that the agent hears, and how loud they are."""
    whole = np.concatenate([np.zeros(80), *heard])
    loud = np.convolve(np.abs(whole), np.ones(40) / 40, "same") > 10 * COMFORT_RMS
    starts = np.flatnonzero(np.diff(loud.astype(int)) == 1)
    return [(int(start), rms(whole[start + 60 : start + 360])) for start in starts]


def heard_of(line: MaskedLine, sound: list[Samples]) -> list[Samples]:
    """What the agent hears of the sound."""
    return [line.hear(frame).audio for frame in sound]


def test_every_key_has_the_same_sound() -> None:
    """One for each, as long and as loud for every key, and for tones no receiver takes."""
    played = [part for key in ALL for part in (press(key, 70), silence(130))]
    odd = [part for key in ALL for part in (press(key, 20, twist_db=12, off=0.03), silence(180))]
    heard = sounds(heard_of(MaskedLine(), frames(silence(300), *played, *odd, silence(500))))
    assert len(heard) == 2 * len(ALL)
    levels = [20 * np.log10(level * np.sqrt(2) / peak_of(0)) for _, level in heard]
    assert levels == pytest.approx([LEVEL_DBM0] * len(heard), abs=0.5)


def test_when_a_press_began_is_the_same_for_every_key() -> None:
    """Within two milliseconds, by the mean of forty presses: how soon tones are known depends on
    how far apart they are, most with a column weak and off its frequency."""
    starts = range(320, 640, 8)
    pressed = [
        np.concatenate([np.zeros(start), press(key, 80, twist_db=-12, off=0.03), silence(200)])
        for key in ALL
        for start in starts
    ]
    sound = np.stack([np.stack(frames(each[:2240])) for each in pressed], axis=1)
    maskers = [Masker() for _ in pressed]
    began = np.zeros((len(ALL), len(starts)))
    for now, frame in enumerate(sound, 1):
        for number, masked in enumerate(mask_all(maskers, frame)):
            if masked.pressed is not None:
                began.flat[number] = now * FRAME - masked.pressed
    means = (began - np.array(starts)).mean(axis=1)
    assert np.ptp(means) < 16


def test_a_fast_dialler_has_a_sound_for_each_key() -> None:
    """Ten keys a second, the same key twice among them."""
    played = [part for key in "4111222233" for part in (press(key, 50), silence(50))]
    heard = sounds(heard_of(MaskedLine(), frames(silence(300), *played, silence(1000))))
    starts = [start for start, _ in heard]
    assert len(starts) == 10
    assert min(np.diff(starts)) > LENGTH


def test_an_event_has_the_same_sound() -> None:
    """As a key's tones, also where there are none; and one only where there are both."""
    line = MaskedLine()
    assert line.event(ord("5")) is not None
    assert len(sounds(heard_of(line, frames(silence(500))))) == 1
    both = MaskedLine()
    heard = heard_of(both, frames(silence(300), press("5", 100), silence(20)))
    assert both.event(ord("5")) is None
    assert len(sounds(heard + heard_of(both, frames(silence(600))))) == 1


def test_a_line_can_be_shut() -> None:
    """Though a voice goes on: who knows of a key from elsewhere need not wait for its tones."""
    masker = Masker()
    said = frames(voice(2000))
    for frame in said[:60]:
        masker.mask(frame)
    masker.shut()
    masker.mask(said[60])
    assert rms(masker.mask(said[61])[0][80:]) == pytest.approx(COMFORT_RMS, rel=0.5)
