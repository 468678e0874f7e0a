"""The DTMF receiver takes what Q.24 says it must, once, and refuses the rest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.detection.keys import KEYS, Press
from payments.detection.receiver import Receiver
from tests.unit.lines import frames, keys_of, noise, press, silence, voice

pytestmark = pytest.mark.unit

ALL = KEYS.decode()


def heard(*parts: np.typing.NDArray[np.float64]) -> str:
    return keys_of(Receiver().hear, frames(silence(93), *parts, silence(200)))


def test_every_key_is_taken_in_order() -> None:
    """Tones of 40 ms with pauses of 40 ms are digits."""
    assert heard(*(part for key in ALL for part in (press(key, 40), silence(40)))) == ALL


@given(
    key=st.sampled_from(ALL),
    dbm0=st.floats(-17, 0),
    twist=st.floats(-8, 4),
    off=st.floats(-0.015, 0.015),
    ms=st.floats(40, 200),
    phase=st.floats(0, 6.3),
)
def test_what_must_be_accepted_is_taken_once(
    key: str, dbm0: float, twist: float, off: float, ms: float, phase: float
) -> None:
    """0 to -25 dBm0 a tone, +4/-8 dB of twist, 1.5 % off, 40 ms and more."""
    tones = press(key, ms, dbm0=dbm0, twist_db=twist, off=off, phase=phase)
    assert heard(tones) == key


@given(key=st.sampled_from(ALL), ms=st.floats(5, 23), dbm0=st.floats(-25, 0))
def test_short_tones_are_refused(key: str, ms: float, dbm0: float) -> None:
    """23 ms are no digit."""
    assert heard(press(key, ms, dbm0=dbm0)) == ""


@given(key=st.sampled_from(ALL), off=st.sampled_from([-0.05, -0.035, 0.035, 0.05]))
def test_tones_far_off_their_frequency_are_refused(key: str, off: float) -> None:
    """3.5 % off is no digit."""
    assert heard(press(key, 100, off=off)) == ""


@pytest.mark.parametrize("twist_db", [-16.0, 12.0, 60.0])
def test_twisted_tones_are_refused(twist_db: float) -> None:
    """One of the two far below the other is no digit, nor is one alone."""
    assert heard(press("5", 100, twist_db=twist_db)) == ""


def test_a_long_press_is_one_digit() -> None:
    """However long a key is held."""
    assert heard(press("7", 5000)) == "7"


@pytest.mark.parametrize("gap_ms", [2, 5, 10])
def test_an_interruption_does_not_end_a_press(gap_ms: int) -> None:
    """Up to 10 ms."""
    assert heard(press("7", 60), silence(gap_ms), press("7", 60, phase=1.0)) == "7"


def test_a_pause_ends_a_press() -> None:
    """40 ms: the same key twice is two digits."""
    assert heard(press("7", 40), silence(40), press("7", 40)) == "77"


def test_noise_does_not_hide_digits() -> None:
    """At 15 dB below both tones."""
    digits = "0123456789"
    sound = np.concatenate([part for key in digits for part in (press(key, 50), silence(50))])
    assert heard(sound + noise(1000, -22)) == digits


def test_a_voice_is_no_digit() -> None:
    """Nor is noise."""
    assert heard(voice(3000), voice(2000, pitch_hz=210.0), noise(2000, -10)) == ""


def test_a_press_tells_when_it_began() -> None:
    """Within 6 ms, in samples from the capture's beginning."""
    receiver = Receiver()
    sound = frames(silence(500), press("5", 100), silence(100))
    (found,) = (each for frame in sound for each in receiver.hear(frame))
    assert abs(found.at - 4000) < 48


def test_no_trace_spells_a_key() -> None:
    """`repr`, `str` and formatting of a press, and of what holds it, are redacted."""
    found = Press(ord("4"), 80)
    texts = repr(found), str(found), f"{found}", repr([found])
    assert all("52" not in text and "key='4'" not in text for text in texts)
