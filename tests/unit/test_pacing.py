"""How many calls are placed: what has happened in, a number out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dialing.run import pace_of
from routing.outbound.budget import Budget, Counting, Tally
from routing.outbound.pacing import Advice, Mode, Pace, Pacer, events
from routing.outbound.pacing.prospects import Prospects, answers_at_least
from tests.unit.dialing import site_of

pytestmark = pytest.mark.unit

HOUR_MS = 3_600_000
RICH = Budget(today=Tally(live=1_000))


class Floor:
    """A campaign that is played by hand: agents a0, a1, …, calls c0, c1, …"""

    def __init__(self, pace: Pace, agents: int, budget: Budget = RICH) -> None:
        self.pacer = Pacer(pace, budget)
        self.at_ms = 0
        self.placed = 0
        for agent in range(agents):
            self.pacer.hear(events.LoggedIn(f"a{agent}", 0))
            self.pacer.hear(events.Ready(f"a{agent}", 0))

    def advice(self) -> Advice:
        return self.pacer.advise(self.at_ms)

    def dial(self, calls: int) -> None:
        for _ in range(calls):
            self.pacer.hear(events.Dialing(f"c{self.placed}", self.at_ms))
            self.placed += 1

    def connect(self, call: str, agent: str | None) -> None:
        self.pacer.hear(events.Answered(call, self.at_ms))
        self.pacer.hear(events.Connected(call, agent, self.at_ms))


@pytest.mark.parametrize("mode", [Mode.PROGRESSIVE, Mode.PREVIEW])
def test_one_call_for_each_free_agent(mode: Mode) -> None:
    """Calls in the air have their agent; who talks, pauses or wraps up is not free."""
    floor = Floor(Pace(mode), agents=4)
    assert floor.advice() == Advice(4)
    floor.dial(1)
    floor.connect("c0", "a0")
    floor.pacer.hear(events.Paused("a1", 0))
    floor.dial(1)
    assert floor.advice() == Advice(1)
    floor.pacer.hear(events.WrapUp("a0", 5_000))
    assert floor.advice() == Advice(1)
    floor.pacer.hear(events.Ready("a0", 9_000))
    floor.pacer.hear(events.NoAnswer("c1", 9_000))
    assert floor.advice() == Advice(3)


def test_power_dialing_places_its_ratio() -> None:
    """Three calls for each free agent, as far as the budget reaches."""
    floor = Floor(Pace(Mode.POWER, ratio=3), agents=2)
    assert floor.advice() == Advice(6)
    floor.dial(6)
    assert floor.advice() == Advice(0)
    poor = Floor(Pace(Mode.POWER, ratio=3), agents=2, budget=Budget(today=Tally(live=33)))
    assert poor.advice() == Advice(3)


def test_without_agents_lines_are_the_limit() -> None:
    """Calls that the flow has take a line until they end."""
    floor = Floor(Pace(Mode.AGENTLESS, lines=10), agents=0)
    assert floor.advice() == Advice(10)
    floor.dial(10)
    floor.connect("c0", None)
    assert floor.advice() == Advice(0)
    floor.pacer.hear(events.Ended("c0", 1_000))
    floor.pacer.hear(events.Busy("c1", 1_000))
    assert floor.advice() == Advice(2)


def test_no_more_calls_a_second_than_the_trunk_takes() -> None:
    """Four within any second; half a call a second is one every two."""
    floor = Floor(Pace(Mode.AGENTLESS, calls_per_s=4), agents=0)
    assert floor.advice() == Advice(4)
    floor.dial(4)
    assert floor.advice() == Advice(0)
    floor.at_ms = 999
    assert floor.advice() == Advice(0)
    floor.at_ms = 1_000
    assert floor.advice() == Advice(4)
    slow = Floor(Pace(Mode.PROGRESSIVE, calls_per_s=0.5), agents=3)
    slow.dial(1)
    slow.at_ms = 1_999
    assert slow.advice() == Advice(0)
    slow.at_ms = 2_000
    assert slow.advice() == Advice(1)


def test_a_campaign_that_cannot_stay_legal_says_so() -> None:
    """With nothing to risk it is progressive, and held; nobody is told so who had no wish to
    risk."""
    spent = Budget(today=Tally(live=97, lost=3))
    assert Floor(Pace(), 3, spent).advice() == Advice(3, held=True)
    assert Floor(Pace(Mode.PROGRESSIVE), 3, spent).advice() == Advice(3, held=False)


def test_the_rest_of_the_day_makes_up_for_the_worst_case() -> None:
    """In the morning the day's answers are still to come; in its last minute none are."""
    morning = Pacer(Pace(), Budget(), ends_ms=8 * HOUR_MS)
    evening = Pacer(Pace(), Budget(), ends_ms=60_000)
    for pacer in (morning, evening):
        for agent in range(5):
            pacer.hear(events.Ready(f"a{agent}", 0))
    assert morning.advise(0).calls > 5
    assert (morning.relies_on.live > 100, evening.relies_on.live) == (True, 0)
    assert evening.advise(0) == Advice(5, held=True)
    strict = Pacer(Pace(assured=0), Budget(), ends_ms=8 * HOUR_MS)
    strict.hear(events.Ready("a0", 0))
    assert strict.advise(0) == Advice(1, held=True)


def test_predictive_dials_for_those_who_are_about_to_be_free() -> None:
    """All twelve talk, and conversations take about a minute: after a second nobody is dialed for,
    after a minute somebody is."""
    floor = Floor(Pace(answer_rate=0.5), agents=12)
    for _ in range(100):
        call = f"c{floor.placed}"
        floor.dial(1)
        floor.at_ms += 20_000
        floor.connect(call, "a0")
        floor.at_ms += 60_000 + floor.placed % 5 * 1_000
        floor.pacer.hear(events.Ready("a0", floor.at_ms))
    for agent in range(12):
        floor.pacer.hear(events.Talking(f"a{agent}", floor.at_ms))
    floor.at_ms += 1_000
    assert floor.advice() == Advice(0)
    floor.at_ms += 60_000
    assert floor.advice().calls > 3


def test_what_was_learned_is_told() -> None:
    """Half of the calls answered after 8 s, the others end after 20; 100 s of talk, 10 of notes."""
    floor = Floor(Pace(talk_s=60), agents=1)
    for _ in range(120):
        answered, missed = f"c{floor.placed}", f"c{floor.placed + 1}"
        floor.dial(2)
        floor.at_ms += 8_000
        floor.connect(answered, "a0")
        floor.at_ms += 12_000
        floor.pacer.hear(events.NoAnswer(missed, floor.at_ms))
        floor.at_ms += 88_000
        floor.pacer.hear(events.WrapUp("a0", floor.at_ms))
        floor.at_ms += 10_000
        floor.pacer.hear(events.Ready("a0", floor.at_ms))
        floor.advice()
    seen = floor.pacer.seen()
    assert seen.answer_rate == pytest.approx(0.5, abs=0.05)
    assert seen.attempt_s == pytest.approx(14, abs=1)
    assert seen.talk_s == pytest.approx(100, rel=0.1)
    assert seen.wrap_up_s == pytest.approx(10, rel=0.25)


def test_agents_may_leave_as_long_as_no_call_needs_them() -> None:
    """Two free, one call in the air and nothing to risk: one of them may go."""
    floor = Floor(Pace(), 2, Budget())
    floor.dial(1)
    floor.advice()
    assert floor.pacer.may_leave() == 1
    floor.dial(1)
    assert floor.pacer.may_leave() == 0


def test_a_call_hung_up_too_early_is_lost() -> None:
    """It counts, and teaches nothing about who answers."""
    floor = Floor(Pace(), 1)
    floor.dial(1)
    before = floor.pacer.seen().answer_rate
    floor.pacer.hear(events.Lost("c0", 3_000))
    assert floor.pacer.budget.today.lost == 1
    assert floor.pacer.seen().answer_rate == before
    assert floor.advice().calls >= 1


def test_a_pace_that_makes_no_sense_is_refused() -> None:
    """Each field has its range."""
    for field, wrong in (("ratio", 0.5), ("calls_per_s", 0), ("assured", 2), ("talk_s", 0)):
        with pytest.raises(ValueError, match=r"more|from 0 to 1"):
            replace(Pace(), **{field: wrong})  # type: ignore[arg-type]  # any field


class Malice:
    """Whatever can happen to a campaign, as badly as chance has it."""

    def __init__(
        self, chance: Random, pace: Pace, counting: Counting, ends_ms: int | None = None
    ) -> None:
        self.chance = chance
        budget = Budget(counting=counting, today=Tally(live=chance.randrange(200)))
        self.pacer = Pacer(pace, budget, ends_ms)
        self.free = [f"a{n}" for n in range(chance.randint(1, 8))]
        self.busy: list[str] = []
        self.air: list[str] = []
        self.at_ms = self.placed = 0
        for agent in self.free:
            self.pacer.hear(events.Ready(agent, 0))

    @property
    def worst(self) -> Tally:
        """Nobody answers any more but those for whom no agent is free."""
        return self.pacer.budget.today + Tally(lost=max(0, len(self.air) - len(self.free)))

    def step(self) -> None:
        self.at_ms += self.chance.randrange(20_000)
        kind = self.chance.random()
        if self.air and kind < 0.7:
            self._ends(self.air.pop(self.chance.randrange(len(self.air))))
        elif self.busy and kind < 0.75:
            self.pacer.hear(events.WrapUp(self.chance.choice(self.busy), self.at_ms))
        elif self.busy and kind < 0.85:
            agent = self.busy.pop(0)
            self.free.append(agent)
            self.pacer.hear(events.Ready(agent, self.at_ms))
        elif self.free and kind < 0.9 and self.pacer.may_leave():
            self.busy.append(self.free.pop())
            self.pacer.hear(events.Talking(self.busy[-1], self.at_ms))

    def place(self) -> int:
        calls = self.pacer.advise(self.at_ms).calls
        for _ in range(calls):
            self.placed += 1
            self.air.append(f"c{self.placed}")
            self.pacer.hear(events.Dialing(self.air[-1], self.at_ms))
        return calls

    def _ends(self, call: str) -> None:
        if self.chance.random() < 0.2:
            self.pacer.hear(events.NoAnswer(call, self.at_ms))
            return
        self.pacer.hear(events.Answered(call, self.at_ms))
        if self.chance.random() < 0.1:
            self.pacer.hear(events.Machine(call, self.at_ms))
        elif self.free:
            self.busy.append(self.free.pop())
            self.pacer.hear(events.Connected(call, self.busy[-1], self.at_ms))
        else:
            self.pacer.hear(events.Lost(call, self.at_ms))


@settings(max_examples=12, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([Mode.POWER, Mode.PREDICTIVE]))
def test_never_over_the_cap_and_never_under_progressive(chance: Random, mode: Mode) -> None:
    """Whoever answers, however many at once, and whoever else takes the agents: with nothing relied
    on, the rate holds after every lost call, and every free agent has a call in the air."""
    wrong = Fraction(chance.choice([0, 1, 10]), 100)
    malice = Malice(chance, Pace(mode, ratio=4), Counting(wrong_machines=wrong))
    for _ in range(50):
        lost = malice.pacer.budget.today.lost
        malice.step()
        if malice.pacer.budget.today.lost > lost:
            assert max(malice.pacer.budget.rates()) <= Fraction(3, 100)
        malice.place()
        assert len(malice.air) >= len(malice.free)


@settings(max_examples=12, deadline=None)
@given(st.randoms(use_true_random=False))
def test_nodes_that_share_a_list_keep_the_cap_if_answers_stop_at_any_moment(chance: Random) -> None:
    """As a campaign is paced that says nothing of later answers: of all nodes' calls together no
    more than the cap are lost, though each believes that its day is long and its leads no end."""
    pace = pace_of(site_of("predictive").campaigns["sales"])
    nodes = [Malice(chance, pace, Counting(), ends_ms=8 * HOUR_MS) for _ in range(2)]
    for _ in range(50):
        for node in nodes:
            node.step()
            node.place()
            worst = sum((each.worst for each in nodes), Tally())
            assert Counting().rate(worst) <= Fraction(3, 100)


AGENTS, CALLS = ("a", "b", "c", "d"), ("u", "v", "w", "x", "y")
ANY_EVENT = st.one_of(
    *(
        st.builds(kind, st.sampled_from(CALLS if "call" in kind._fields else AGENTS), st.just(0))
        for kind in get_args(events.Event)
        if kind is not events.Connected
    ),
    st.builds(events.Connected, st.sampled_from(CALLS), st.sampled_from(AGENTS), st.just(0)),
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([mode for mode in Mode if mode is not Mode.AGENTLESS]),
    st.lists(st.tuples(ANY_EVENT, st.integers(0, 90_000)), max_size=40),
    st.sampled_from([0.0, 0.9]),
)
def test_whatever_is_told_in_whatever_order_has_an_answer(
    mode: Mode, told: list[tuple[events.Event, int]], assured: float
) -> None:
    """Calls that were never placed, agents who wrap up what they never had: nobody else's simulator
    is free of faults, and no campaign ends for them."""
    pacer = Pacer(Pace(mode, ratio=2, assured=assured), RICH, ends_ms=HOUR_MS)
    at_ms = 0
    for event, later_ms in told:
        at_ms += later_ms
        pacer.hear(event._replace(at_ms=at_ms))
        assert 0 <= pacer.advise(at_ms).calls <= 40 * len(AGENTS)
        assert pacer.may_leave() >= 0


def test_the_first_wrap_up_of_a_campaign() -> None:
    """Nothing was learned of wrap-ups yet, by a small team and by a large one."""
    for agents in (2, 200):
        floor = Floor(Pace(), agents)
        floor.dial(agents)
        for number in range(agents - 1):
            floor.connect(f"c{number}", f"a{number}")
        floor.advice()
        floor.at_ms = 30_000
        for number in range(agents - 1):
            floor.pacer.hear(events.WrapUp(f"a{number}", floor.at_ms))
        assert floor.advice().calls >= 0


def learned(prospects: Sequence[Prospects]) -> Pacer:
    """A team of twenty who know well that half of their calls are answered, at the start of an
    eight hours' day."""
    pacer = Pacer(Pace(assured=0.9), Budget(), ends_ms=8 * HOUR_MS)
    for agent in range(20):
        pacer.hear(events.Ready(f"a{agent}", 0))
    for call in range(400):
        pacer.hear(events.Dialing(f"c{call}", 0))
        pacer.hear(events.Answered(f"c{call}", 9_000))
        what = events.Lost if call % 2 else events.NoAnswer
        pacer.hear(what(f"c{call}", 9_000))
    pacer.take_prospects(prospects)
    pacer.advise(10_000)
    return pacer


def test_one_lead_far_in_the_west_keeps_no_day_open() -> None:
    """Who may be called until nine brings nothing after it."""
    by_nine = Prospects(10_000, HOUR_MS)
    alone, beside = learned([by_nine]), learned([by_nine, Prospects(1, 8 * HOUR_MS)])
    assert beside.relies_on.live == alone.relies_on.live > 0
    more = learned([Prospects(10_000, 8 * HOUR_MS)])
    assert more.relies_on.live > 5 * alone.relies_on.live


def test_no_more_answers_are_counted_on_than_there_are_leads() -> None:
    """And fewer with each call, before they are counted anew."""
    pacer = learned([Prospects(400, 8 * HOUR_MS)])
    before = pacer.relies_on.live
    assert 0 < before < 200
    for call in range(100):
        pacer.hear(events.Dialing(f"d{call}", 11_000))
    pacer.advise(11_000)
    assert pacer.relies_on.live < before - 25
    assert learned([]).relies_on.live == 0


def test_a_place_that_is_closed_or_closes_soon_takes_its_own_leads_alone() -> None:
    """10,000 who may be called for eight hours bring 576 answers at 0.02 a second, one lead less or
    more; of 1,000 of them a tenth answers."""
    day = Prospects(10_000, 8 * HOUR_MS)
    for more in (0, 1, HOUR_MS, 9 * HOUR_MS):
        brings = answers_at_least([Prospects(1, more), day], 0, 0.1, 0.02, 0)
        assert brings == pytest.approx(576, abs=0.2)
    few = [Prospects(1, HOUR_MS), Prospects(1_000, 8 * HOUR_MS)]
    assert answers_at_least(few, 0, 0.1, 0.02, 0) == pytest.approx(100)
    assert answers_at_least(few, 500, 0.1, 0.02, 0) == pytest.approx(50.1)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 12)), max_size=4), st.data())
def test_in_whatever_order_leads_are_called_so_many_are(
    groups: list[tuple[int, int]], data: st.DataObject
) -> None:
    """One call a second, all of them answered."""
    least = answers_at_least([Prospects(n, 1000 * until) for n, until in groups], 0, 1, 1, 0)
    leads = [until for n, until in groups for _ in range(n)]
    called = 0
    for second in range(12):
        if open_leads := [each for each in leads if each > second]:
            leads.remove(data.draw(st.sampled_from(open_leads)))
            called += 1
    assert called >= least
