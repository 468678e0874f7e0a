"""Many lines at once: each comes out as it does by itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from listening.audio import FRAME, Floats, Samples
from payments.detection.keys import KEYS
from payments.masking.line import Heard, MaskedLine, hear_all
from tests.unit.lines import noise, press, silence, voice

pytestmark = pytest.mark.unit

FRAMES = 50


def caller(seed: int) -> Samples:
    """A line like no other: frames of a voice, keys and noise, in some order and at some level."""
    chance = np.random.default_rng(seed)
    key, other = (KEYS.decode()[chance.integers(16)] for _ in range(2))
    parts: list[Floats] = [
        silence(float(chance.uniform(0, 300))),
        voice(400, pitch_hz=float(chance.uniform(90, 260))),
        press(key, float(chance.uniform(20, 120)), dbm0=float(chance.uniform(-50, 0))),
        noise(150, float(chance.uniform(-60, -20)), seed),
        press(other, 80) + voice(80),
        voice(300),
    ]
    sound = np.resize(np.concatenate(parts), FRAMES * FRAME)
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16).reshape(FRAMES, FRAME)


def alone(seed: int) -> list[Heard]:
    """What becomes of a caller's line that is the only one."""
    line = MaskedLine(np.random.default_rng(seed))
    return [line.hear(frame) for frame in caller(seed)]


def same(one: Heard, other: Heard) -> bool:
    """To the bit."""
    return one.presses == other.presses and np.array_equal(one.audio, other.audio)


@given(count=st.integers(2, 20), first=st.integers(0, 1000))
@hypothesis_settings(max_examples=4, deadline=None)
def test_a_line_among_many_is_as_it_is_alone(count: int, first: int) -> None:
    """To the bit, and so are its presses; however many there are."""
    seeds = range(first, first + count)
    lines = [MaskedLine(np.random.default_rng(seed)) for seed in seeds]
    callers = np.stack([caller(seed) for seed in seeds], axis=1)
    together = [hear_all(lines, frames) for frames in callers]
    for number, seed in enumerate(seeds):
        heard = [frame[number] for frame in together]
        assert all(map(same, heard, alone(seed)))


def test_lines_may_come_in_any_company() -> None:
    """Each frame with other lines, in another order: a line is heard when its frame is there."""
    seeds = range(12)
    lines = [MaskedLine(np.random.default_rng(seed)) for seed in seeds]
    callers = [list(caller(seed)) for seed in seeds]
    heard: list[list[Heard]] = [[] for _ in seeds]
    chance = np.random.default_rng(99)
    while waiting := [number for number in seeds if callers[number]]:
        some = [int(each) for each in chance.permutation(waiting)[: chance.integers(1, 13)]]
        found = hear_all(
            [lines[each] for each in some], np.stack([callers[each].pop(0) for each in some])
        )
        for number, each in zip(some, found, strict=True):
            heard[number].append(each)
    assert all(all(map(same, heard[seed], alone(seed))) for seed in seeds)


def test_a_caller_of_these_tests_is_heard_and_presses_keys() -> None:
    """Or being alike would say nothing."""
    heard = [frame for seed in range(4) for frame in alone(seed)]
    assert sum(len(frame.presses) for frame in heard) >= 4
    assert sum(int(np.abs(frame.audio).max()) > 2000 for frame in heard) > 20


def test_no_line_keeps_another_ones_sound() -> None:
    """What a line has of its frames is no part of an array of all, which would outlive the others
    with it."""
    lines = [MaskedLine() for _ in range(3)]
    hear_all(lines, np.stack([caller(seed)[0] for seed in range(3)]))
    masker, receiver = lines[0]._masker, lines[0]._receiver
    kept = masker._before, masker._spectra, masker._powers, receiver._before
    assert all(each.base is None for each in kept)
