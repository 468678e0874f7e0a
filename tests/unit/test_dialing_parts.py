"""Trunks' lines, the budgets of several nodes, and days: pure, beside a campaign that runs."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.campaigns.law import CampaignLaw
from engine.dialing.daybook import calling_until_ms
from routing.outbound.budget import THREE_PERCENT, Budget, Counting, Tally
from routing.outbound.course import InAir, Joined, Over, PickedUp
from routing.outbound.leads.plan import Result
from routing.outbound.pacing import events
from routing.outbound.standing import (
    UNDER_WAY,
    Count,
    Past,
    Standing,
    day_of,
    of_others,
    parted,
    tally_of,
)
from routing.outbound.trunks import Limit, Trunks
from tests.unit.dialing import HU, at, site_of

pytestmark = pytest.mark.unit

TALLIES = st.builds(Tally, st.integers(0, 2_000), st.integers(0, 60), st.integers(0, 500))


@given(st.integers(1, 9), st.integers(0, 100), st.floats(0.1, 200))
def test_the_parts_of_a_limit_are_never_more_than_it(nodes: int, lines: int, pace: float) -> None:
    """Nor less: every line is somebody's."""
    parts = [Limit(lines, pace).part_of(position, nodes) for position in range(nodes)]
    assert sum(part.lines or 0 for part in parts) == lines
    assert sum(part.calls_per_s or 0 for part in parts) <= pace * 1.000_001


def test_a_call_that_is_taken_up_twice_has_one_line() -> None:
    """The database was away in the middle of it, and all were taken up again."""
    trunks = Trunks()
    for _ in range(2):
        trunks.hold("a", "one", "c")
    assert trunks.in_use("a") == {"one": 1}
    trunks.release("c")
    assert trunks.in_use("a") == {}


def test_a_call_has_the_first_trunk_with_a_line_until_its_channel_is_gone() -> None:
    trunks = Trunks()
    shares = {"a": {"one": Limit(2), "two": Limit()}, "b": {"one": Limit()}}
    trunks.set_limits({"one": Limit(3), "two": Limit(1)}, shares)
    taken: list[str] = []
    while (trunk := trunks.first("a", 0)) is not None:
        assert trunks.take("a", trunk, f"call {len(taken)}", 0)
        taken.append(trunk)
    assert taken == ["one", "one", "two"]
    assert (trunks.free("b", 0), trunks.take("a", "one", "late", 0)) == (1, False)
    trunks.release("call 0")
    trunks.release("call 0")
    assert (trunks.first("a", 0), trunks.in_use("a")) == ("one", {"one": 1, "two": 1})


def test_a_changed_pace_counts_what_was_begun_before() -> None:
    """Saving the site's file does not let a second's calls begin anew."""
    trunks = Trunks()
    for pace in (4.0, 3.0):
        trunks.set_limits({"one": Limit(None, pace)}, {"a": {"one": Limit()}})
        while trunks.take("a", "one", "", 10_000):
            pass
    assert trunks.free("a", 10_999) == 0
    assert trunks.free("a", 11_000) == 3


@given(st.lists(TALLIES, min_size=1, max_size=4), st.sampled_from([Fraction(0), Fraction(1, 100)]))
def test_nodes_that_keep_a_cap_each_keep_it_together(tallies: list[Tally], wrong: Fraction) -> None:
    """The rate of all is never above the highest of the parts'."""
    counting = Counting(wrong)
    whole = counting.rate(sum(tallies, Tally()))
    assert whole <= max(counting.rate(each) for each in tallies)


def test_what_gone_nodes_have_left_over_is_for_who_is_alone() -> None:
    """What they are over the cap is counted by everybody who goes on."""
    good, bad = Past(Tally(live=1_000)), Past(Tally(live=10, lost=9))
    caps, mine = Budget(window=None), Past(Tally(live=40))
    assert Standing(caps, mine, good).budget().room() == 32
    assert Standing(caps, mine, good, alone=False).budget().room() == 1
    assert Standing(caps, mine, bad, alone=False).budget().room() == 0


def test_what_a_node_that_was_alone_has_used_is_left_over_for_nobody_else() -> None:
    """Two nodes of a thousand answers; one was away for a time, and is back."""
    caps, answers = Budget(window=None), Tally(live=1_000)
    spent = Standing(caps, Past(answers), Past(answers)).budget().room()
    before = Past(answers + Tally(lost=spent))
    room = Standing(caps, Past(answers), alone=False, others=(before,)).budget().room()
    assert caps.counting.rate(Tally(live=2_000, lost=spent + room)) <= THREE_PERCENT
    counts = [Count("a", "answered", 1_000), Count("a", "lost", spent), Count("b", None, 3)]
    assert of_others(counts, [], "b", ["a", "b"]) == (before,)


def test_who_met_nobody_after_all_was_lost() -> None:
    """The agent was gone in the moment of the answer; another may be there, or none."""
    joined = Joined("c", "anna")
    assert joined.connected("anna", 7) == (joined, None)
    assert joined.connected("ben", 8) == (Joined("c", "ben"), events.Talking("ben", 8))
    assert joined.lost(9) == (Over("c", Result.LOST), events.NotMet("c", 9))


def test_calls_that_were_lost_with_their_engine_count_as_lost() -> None:
    """Those that somebody talks in count as answered, and other results as nothing."""
    counts = [Count("a", None, 2), Count("a", "answered", 3), Count("b", "unknown", 4)]
    counts += [Count("a", "busy", 50), Count("b", "machine", 6), Count("c", "lost", 7)]
    assert tally_of(counts) == Tally(live=5, lost=11, machines=6)
    assert parted(counts, "a", ["a", "b"]) == (Tally(live=5), Tally(lost=7))


def test_calls_in_the_air_of_other_nodes_may_all_be_lost() -> None:
    """One's own are the pacer's matter."""
    counts = [Count(node, UNDER_WAY, 3) for node in "abc"] + [Count("b", "answered", 5)]
    assert parted(counts, "a", ["a", "b"]) == (Tally(), Tally(lost=3))
    assert of_others(counts, [], "a", ["a", "b"]) == (Past(Tally(live=5, lost=3)),)


def test_days_are_those_of_the_sites_clock() -> None:
    """The one on which summer time ends has 25 hours; the window begins 29 days before."""
    day = day_of(at("12:00", date(2026, 10, 25)), "Europe/Budapest")
    assert day.ends_ms - day.begins_ms == 25 * 3_600_000
    assert day.window_begins_ms == at("00:00", date(2026, 9, 26))


def test_a_campaigns_day_is_over_when_it_is_too_late_everywhere() -> None:
    """Eight in the evening at the callee's, midnight at the latest, and at once where nobody may be
    called now."""
    site = site_of()
    law, now = CampaignLaw(site, "sales"), at("10:00")
    day = day_of(now, site.zone)
    assert calling_until_ms(None, [HU], law, day, now) == at("20:00")
    assert calling_until_ms(None, [], law, day, now) == day.ends_ms
    assert calling_until_ms(None, [HU], law, day, at("21:00")) == at("21:00")


def test_late_news_of_a_call_changes_nothing() -> None:
    """A network may tell of its ringing after the answer, or of its end twice."""
    picked_up = InAir("c").picked_up(5).state
    assert picked_up == PickedUp("c", 5)
    assert picked_up.rings(6) == (picked_up, None)
    over, told = picked_up.lost(9)
    assert (over, told) == (Over("c", Result.LOST), events.Lost("c", 9))
    assert over.ended(10, by_callee=True) == (over, None)
    assert over.connected("anna", 11) == (over, None)


def test_a_fax_is_no_machine_to_the_budget() -> None:
    """Only verdicts that may be wrong about a person count as machines."""
    step = PickedUp("c", 5).is_nobody(Result.FAX, 9)
    assert step == (Over("c", Result.FAX), events.Failed("c", 9))
