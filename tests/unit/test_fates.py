"""The made-up network's numbering plan."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

import bench.network
from bench import dialing_sounds
from phones.fates import BUSY, Called, Fate, steps_of, told_by
from phones.network import Sounds
from tests.ports import free_port, sound_ports

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("number", "called"),
    [
        ("+36301210612", Called(Fate.PERSON, 6, 12)),
        ("+36301270286", Called(Fate.REFUSED, 2, BUSY)),
        ("36709930000", Called(Fate.NOBODY, 0)),
        ("+36301200000", None),
        ("anybody", None),
    ],
)
def test_the_last_digits_of_a_number_tell_its_fate(number: str, called: Called | None) -> None:
    """The fate, the ringing and the stay; a number with no fate is nobody's."""
    assert told_by(number) == called


def test_a_number_is_made_for_a_fate() -> None:
    """What is told by it is what it was made for, and the subscriber is in it."""
    called = Called(Fate.MACHINE, 17, 4)
    assert called.number("+3620", 7) == "+36200741704"
    assert told_by(called.number("+3620", 7)) == called


@pytest.mark.parametrize(
    ("called", "subscriber"),
    [
        (Called(Fate.PERSON, 100, 1), 0),
        (Called(Fate.PERSON, 1, 100), 0),
        (Called(Fate.FAX, 1), 100),
    ],
)
def test_no_number_is_made_that_would_tell_something_else(called: Called, subscriber: int) -> None:
    """Times and subscribers of more than two digits are refused."""
    with pytest.raises(ValueError, match="no number tells"):
        called.number("+3630", subscriber)


def test_a_stay_is_told_in_steps_of_five_seconds() -> None:
    """00 is no stay of no seconds, but one until the other side hangs up."""
    assert [steps_of(s) for s in (0, 2, 12, 61, 9000)] == [1, 1, 2, 12, 99]
    assert Called(Fate.PERSON, 1, 12).stay_s == 60
    assert Called(Fate.PERSON, 1).stay_s is None


@pytest.mark.parametrize(
    ("above", "option"), [(None, "--port"), (0, "--media-port"), (2, "--media-port")]
)
def test_a_network_whose_port_another_has_names_the_option(
    above: int | None,
    option: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The port for SIP, for sound, or for pictures, which SIPp binds two above that for sound."""
    monkeypatch.setattr(dialing_sounds, "make", _no_sounds)
    port, media_port = free_port(), sound_ports(4)
    taken = port if above is None else media_port + above
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", taken))
        asked = ["--port", str(port), "--media-port", str(media_port)]
        assert bench.network.main(asked) == 2
    assert (
        capsys.readouterr().err
        == f"port {taken} of 127.0.0.1 is taken: say another with {option}\n"
    )


def _no_sounds(directory: Path) -> Sounds:
    files = [directory / "nothing.alaw"]
    return Sounds(files, files, files, files, files[0], files, directory)
