"""Ports for servers under test: what one process has, no other gets."""

import subprocess
import sys

import pytest

from engine.settings import PROJECT
from tests.ports import free_port, sound_ports

pytestmark = pytest.mark.unit

_OF_ANOTHER = """
from tests.ports import free_port, sound_ports
print(*{free_port() for _ in range(300)}, *(sound_ports(400) for _ in range(10)))
"""


def test_two_processes_share_no_port() -> None:
    """Whatever each asks for, while both live."""
    ours = {free_port() for _ in range(300)} | {sound_ports(400) for _ in range(10)}
    words = [sys.executable, "-c", _OF_ANOTHER]
    told = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert ours.isdisjoint(map(int, told.split()))


def test_a_port_and_the_one_above_are_handed_out_once() -> None:
    """A phone that listens on one takes the next for TLS."""
    ports = [free_port() for _ in range(50)]
    assert len({each for port in ports for each in (port, port + 1)}) == 100


def test_ranges_for_sound_do_not_overlap() -> None:
    """Those of sites that live at one time."""
    first, second = sorted((sound_ports(400), sound_ports(400)))
    assert second - first >= 400
    assert first % 2 == second % 2 == 0
