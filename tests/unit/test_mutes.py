"""Who has muted what of a channel's recordings, by what Asterisk tells of it."""

from __future__ import annotations

import pytest

from bridge.mutes import Mutes, Way, way_of

pytestmark = pytest.mark.unit

CALLER = "17.1"


def test_our_own_mute_leaves_all_to_be_unmuted() -> None:
    """It is told like anybody's."""
    mutes = Mutes()
    mutes.ordered(CALLER, Way.BOTH, True)
    assert not mutes.told(CALLER, Way.BOTH, True)
    assert mutes.untouched(CALLER) is Way.BOTH


@pytest.mark.parametrize(
    ("muted", "left"), [("read", Way.WRITE), ("write", Way.READ), ("both", Way.NONE)]
)
def test_what_others_have_muted_is_left_alone(muted: str, left: Way) -> None:
    """Until they unmute it."""
    mutes = Mutes()
    assert mutes.told(CALLER, way_of(muted), True)
    mutes.ordered(CALLER, Way.BOTH, True)
    assert not mutes.told(CALLER, Way.BOTH, True)
    assert mutes.untouched(CALLER) is left
    assert mutes.told(CALLER, Way.BOTH, False)
    assert mutes.untouched(CALLER) is Way.BOTH


def test_the_next_engine_knows_it_by_the_note() -> None:
    """What it has heard itself is newer."""
    mutes = Mutes()
    mutes.noted(CALLER, way_of("read"))
    assert mutes.untouched(CALLER) is Way.READ
    mutes.told(CALLER, Way.WRITE, False)
    mutes.noted(CALLER, way_of("none"))
    assert mutes.untouched(CALLER) is Way.BOTH


def test_an_order_that_was_not_carried_out_hides_nobody_else_s() -> None:
    """Refused, or lost with the link."""
    mutes = Mutes()
    mutes.ordered(CALLER, Way.BOTH, True)
    mutes.refused(CALLER, Way.BOTH, True)
    assert mutes.told(CALLER, Way.BOTH, True)
    mutes.ordered(CALLER, Way.BOTH, False)
    mutes.link_lost()
    assert mutes.told(CALLER, Way.BOTH, False)


def test_a_new_recording_and_a_channel_that_is_gone_are_not_mute() -> None:
    """The id may be known, the recording is another."""
    mutes = Mutes()
    for ends in (mutes.recorded, mutes.gone):
        mutes.told(CALLER, Way.BOTH, True)
        ends(CALLER)
        assert mutes.untouched(CALLER) is Way.BOTH
