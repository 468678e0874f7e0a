"""How long a contact may wait is worked out from what is seen, and told once that goes well."""

from dataclasses import replace
from math import log

import pytest

from routing import contact as contacts
from routing.accuracy import Accuracy, Trust
from routing.agent import Agent
from routing.contact import Contact, Preferred, Relaxation
from routing.estimate import ENOUGH, LATEST, HandlingTimes, Patience
from routing.events import WaitForetold
from routing.floor import Floor
from routing.fluid import HORIZON_MS, Start, Tank, Team, mean_wait_ms
from routing.ringing import AgentLeg, Answered
from routing.rules import QueueRules, RoutingRules
from routing.skills import skill_set
from routing.store import Written
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit

SECOND = 1_000
HOUR = 3_600 * SECOND
RULES = RoutingRules(
    {
        "sales": QueueRules(wrap_up_ms=0),
        "bills": QueueRules(wrap_up_ms=0),
        "notes": QueueRules(wrap_up_ms=30 * SECOND),
    }
)


class Desk:
    """A floor whose store and phones never keep anybody waiting."""

    def __init__(self, *staff: Agent, rules: RoutingRules = RULES) -> None:
        self.floor = Floor("n1", staff, rules)
        self.now = HOUR
        self.talks: dict[str, str] = {}
        for agent in staff:
            self.floor.presence.login(agent.id, self.now)

    def calls(self, contact: Contact) -> None:
        """A contact comes now."""
        self.floor.arrive(replace(contact, arrived_ms=self.now), self.now)
        self._answer()

    def ends(self, agent: str, after_ms: int = 0) -> None:
        """The conversation in hand is over after so long."""
        self.now += after_ms
        self.floor.leg_ended(agent, f"leg-{self.talks[agent]}", self.now)
        self.floor.presence.wake(agent, self.now)
        self._answer()

    def _answer(self) -> None:
        while groups := self.floor.ledger.take_changes(100):
            for group in groups:
                ring = self.floor.written(group, Written(1, 1))
                if ring and self.floor.start_ring(ring, self.now):
                    self.talks[ring.agent.id] = ring.contact.id
                    leg = AgentLeg(ring.agent.id, f"leg-{ring.contact.id}")
                    self.floor.ring_over(ring, Answered(leg), self.now)

    def learns(self, queue: str, handling_ms: int, **skills: int) -> None:
        """So many contacts of a queue that enough is known of it."""
        for number in range(ENOUGH):
            self.calls(a_contact(f"{queue}-{number}", queue=queue, **skills))
            (agent,) = (n for n, contact in self.talks.items() if contact == f"{queue}-{number}")
            self.ends(agent, handling_ms)

    def waits(self, name: str, queue: str = "sales", priority: int = 0, **skills: int) -> None:
        """A caller joins the line and is answered by nobody."""
        self.calls(a_contact(name, queue=queue, priority=priority, **skills))
        assert isinstance(self.floor.ledger.contact_state(name), contacts.Waiting)

    def expects(self, name: str) -> int | None:
        """How much longer this one may wait, told or not."""
        contact = self.floor.ledger.contacts[name].contact
        return self.floor.forecast.expected_ms(contact, self.now)


# lines that drain


def test_one_line_is_the_place_by_the_rate() -> None:
    """Ten callers before, five agents, five minutes each: eleven minutes."""
    teams = [Team((0,), [Start(0, 5 / 300_000)], 0)]
    assert mean_wait_ms([Tank(10)], teams) == pytest.approx(660_000)
    assert mean_wait_ms([], [Team((), [Start(0, 1 / 300)], 0)]) == pytest.approx(300)
    assert mean_wait_ms([Tank(1)], [Team((0,), [Start(0, 1.0)])]) is None, "nobody serves it"
    assert mean_wait_ms([Tank(1_000)], [Team((0,), [Start(0, 1 / HORIZON_MS)], 0)]) is None


@pytest.mark.parametrize("before", [1, 5, 40, 500])
@pytest.mark.parametrize("handling_ms", [2_000, 240_000])
def test_those_who_give_up_make_the_wait_shorter(before: int, handling_ms: int) -> None:
    """Each of those before may leave meanwhile: the Markovian predictor, however many they are."""
    patience_ms = 60_000
    exact = sum(1 / (2 / handling_ms + n / patience_ms) for n in range(before + 1))
    teams = [Team((0,), [Start(0, 2 / handling_ms)], 0)]
    found = mean_wait_ms([Tank(before, 1 / patience_ms)], teams)
    assert found == pytest.approx(exact, rel=0.08)


def test_who_need_not_serve_those_before_serves_at_once() -> None:
    """A hundred wait for others; who may not help them is free for the next."""
    shared, own = Team((0,), [Start(0, 5 / 60)], 0), Team((), [Start(0, 5 / 60)], 0)
    assert mean_wait_ms([Tank(100)], [shared, own]) == pytest.approx(60 / 5, rel=0.01)


def test_a_team_is_shared_by_how_many_stand_before_it() -> None:
    """Two lines of 10 with a team each and one for both: all are gone when 20 are served."""
    tanks = [Tank(10), Tank(10)]
    teams = [Team((0,), [Start(0, 0.1)], 0), Team((1,), [Start(0, 0.1)], 0)]
    teams.append(Team((0, 1), [Start(0, 0.2)], 0))
    assert mean_wait_ms(tanks, teams) == pytest.approx(20 / 0.4 + 1 / 0.4, rel=0.01)


def test_a_wrap_up_that_ends_frees_an_agent_then() -> None:
    """Known to the second, whatever conversations take."""
    team = Team((0,), [Start(5_000, 1 / 300_000, is_free=True)], 0)
    assert mean_wait_ms([Tank(0)], [team]) == 5_000
    team = Team((0,), [Start(5_000, 1 / 300_000, is_free=True)], 0)
    assert mean_wait_ms([Tank(1)], [team]) == pytest.approx(305_000)


def test_a_wish_that_is_relaxed_is_served_by_more() -> None:
    """After two minutes at the latest."""
    tanks = [Tank(100)]
    experts, anyone = (
        Team((0,), [Start(0, 1 / 300_000)], 0),
        Team((), [Start(0, 1 / 1_000)], 120_000),
    )
    assert mean_wait_ms(tanks, [experts, anyone]) == pytest.approx(121_000, rel=0.01)


def test_contacts_of_a_higher_priority_are_still_to_come() -> None:
    """Half of all that is done is for them: it takes twice as long, while they go before."""
    for until_ms, wait_ms in ((HORIZON_MS, 22 / 0.1), (0, 11 / 0.1)):
        teams = [Team((0,), [Start(0, 0.1)], 0)]
        found = mean_wait_ms([Tank(10, comes=0.05, until_ms=until_ms)], teams)
        assert found == pytest.approx(wait_ms, rel=0.02)


# what is seen


def test_an_estimate_needs_enough_conversations_and_somebody_at_work() -> None:
    """Then it is of those before, the mean handling time and the agents at work."""
    desk = Desk(an_agent("ann", sales=5), an_agent("bob", chess=1))
    desk.learns("sales", 100 * SECOND)
    desk.calls(a_contact("with ann"))
    for name in ("first", "second"):
        desk.waits(name)
    assert [desk.expects(name) for name in ("first", "second")] == [100_000, 200_000]
    assert desk.expects("with ann") is None
    desk.floor.presence.pause("ann", "lunch", desk.now)
    assert desk.expects("first") is None, "afterwards nobody is at work"
    desk.waits("unknown", "vip", sales=5)
    assert desk.expects("unknown") is None


def test_contacts_of_other_queues_go_before_too() -> None:
    """Where the same agents serve them, for as long as theirs take; not where others do."""
    ann, bob, cyd = (
        an_agent("ann", sales=5),
        an_agent("bob", bills=5),
        an_agent("cyd", sales=1, bills=1),
    )
    desk = Desk(ann)
    desk.learns("bills", 50 * SECOND, sales=1)
    desk.learns("sales", 100 * SECOND)
    desk.calls(a_contact("talks", queue="sales"))
    desk.waits("bill", "bills", sales=1)
    desk.waits("first")
    assert desk.expects("first") == 2 * 100_000
    alone = Desk(ann, bob, cyd)
    alone.learns("sales", 100 * SECOND, sales=4)
    alone.calls(a_contact("talks to ann", sales=4))
    alone.calls(a_contact("talks to bob", bills=4))
    alone.calls(a_contact("talks to cyd", sales=1))
    for number in range(50):
        alone.waits(f"bill {number}", "sales", bills=4)
    alone.waits("first", sales=1)
    assert alone.expects("first") == 50_000, "bob has the bills, ann and cyd are two"


def test_the_order_of_all_counts_and_not_the_queue() -> None:
    """Who is more urgent waits for less, and those who came before for more."""
    desk = Desk(an_agent("ann", sales=5))
    desk.learns("sales", 100 * SECOND)
    desk.calls(a_contact("talks"))
    for name, priority in (("plain", 0), ("urgent", 5)):
        desk.waits(name, priority=priority)
    assert (desk.expects("urgent"), desk.expects("plain")) == (100_000, 200_000)


def test_who_waits_for_one_agent_waits_for_that_one() -> None:
    """However many others are at work, until anyone will do."""
    desk = Desk(an_agent("ann"), an_agent("bob"), an_agent("cyd"))
    desk.learns("sales", 60 * SECOND)
    for name in ("a", "b", "c"):
        desk.calls(a_contact(name))
    for name, for_ms in (("c1", 24 * HOUR), ("c2", 600 * SECOND)):
        contact = a_contact(name)
        desk.calls(replace(contact, preferred=Preferred("ann", for_ms)))
    assert desk.expects("c1") == 60_000
    assert desk.expects("c2") == pytest.approx(120_000, rel=0.001)


def test_what_is_asked_later_counts_from_then() -> None:
    """Less is asked in two minutes, of agents who are done every second."""
    desk = Desk(an_agent("expert", sales=5), an_agent("novice", sales=1))
    desk.learns("sales", 3_600 * SECOND, sales=4)
    desk.calls(a_contact("one", sales=4))
    desk.calls(a_contact("two", sales=1))
    easing = replace(a_contact("easing", sales=4), relax=(Relaxation(120_000, ()),))
    desk.calls(easing)
    stubborn = desk.floor.ledger.contacts["easing"].contact
    with_two = desk.expects("easing")
    with_one = desk.floor.forecast.expected_ms(replace(stubborn, relax=()), desk.now)
    assert with_one == 3_600_000
    assert with_two == pytest.approx(120_000 + 3_480_000 / 2, rel=0.02)


def test_with_several_nodes_those_count_whom_this_one_can_ring() -> None:
    """Whether they were reachable at the log-in or became so in conversation; and with one node
    left everybody counts again."""
    desk = Desk(an_agent("ann"), an_agent("bob"))
    ledger = desk.floor.ledger
    desk.learns("sales", 100 * SECOND)
    desk.calls(a_contact("talks to ann"))
    desk.calls(a_contact("talks to bob"))
    desk.waits("first")
    assert desk.expects("first") == 50_000
    ledger.reach.note("n1", "ann", True)
    ledger.reach.replace("n2", ["bob"])
    for name in ("ann", "bob"):
        ledger.reach_changed(name)
    assert desk.expects("first") == 100_000
    ledger.reach.note("n1", "bob", True)
    ledger.reach_changed("bob")
    assert desk.expects("first") == 50_000
    ledger.reach.alone()
    ledger.reach_changed("ann")
    ledger.reach_changed("bob")
    assert desk.expects("first") == 50_000


def test_a_wrap_up_is_seen_to_end() -> None:
    """Who is in one is there when it is over, and no sooner."""
    desk = Desk(an_agent("ann"))
    desk.learns("sales", 300 * SECOND)
    desk.calls(a_contact("talks", queue="notes"))
    desk.ends("ann", 60 * SECOND)
    desk.waits("first")
    assert desk.expects("first") == 30_000
    desk.now += 20 * SECOND
    assert desk.expects("first") == 10_000


def test_handling_is_what_it_was() -> None:
    """From the promise to the end of the wrap-up, also where that was ended early."""
    desk = Desk(an_agent("ann"))
    for number in range(ENOUGH):
        desk.calls(a_contact(f"c{number}", queue="notes"))
        desk.ends("ann", 60 * SECOND)
        desk.now += 10 * SECOND
        desk.floor.presence.end_wrap_up("ann", desk.now)
    assert desk.floor.ledger.crew.handling.mean_ms("notes") == 70_000


def test_a_contact_that_is_not_in_line_yet_can_ask() -> None:
    """A flow may want to know before it lets a caller wait."""
    desk = Desk(an_agent("ann"))
    desk.learns("sales", 100 * SECOND)
    desk.calls(a_contact("talks"))
    desk.waits("first")
    asks = a_contact("asks", arrived_ms=desk.now + 1)
    assert desk.floor.forecast.expected_ms(asks, desk.now) == 200_000


def test_the_floor_learns_how_patient_callers_are() -> None:
    """Callers who hung up shorten what is expected; a callback waits with nobody on the line."""
    desk = Desk(an_agent("ann"))
    desk.learns("sales", 100 * SECOND)
    desk.calls(a_contact("talks"))
    for name, leg in (("caller", "PJSIP/x"), ("callback", "")):
        desk.calls(replace(a_contact(name), leg=leg))
        desk.floor.end(name, contacts.Outcome.ABANDONED, desk.now + 100_000)
    desk.waits("first")
    desk.waits("second")
    # One is done in 100 s; the first gives up at one in 100 s.
    wait_ms = 100_000 * (log(1 + 1 / 1.5) + 1)
    assert desk.expects("second") == pytest.approx(wait_ms, rel=0.05)


def test_skills_that_change_count_at_once() -> None:
    """The site has taken one agent's skill away."""
    desk = Desk(an_agent("ann"), an_agent("bob"))
    desk.learns("sales", 100 * SECOND)
    for name in ("one", "two"):
        desk.calls(a_contact(name))
    desk.waits("first")
    assert desk.expects("first") == 50_000
    desk.floor.configure([an_agent("ann"), an_agent("bob", chess=1)], RULES, desk.now)
    assert desk.expects("first") == 100_000


# what is learned


def test_old_conversations_are_forgotten() -> None:
    """The latest thousand count, and fewer than five tell nothing."""
    times = HandlingTimes()
    for _ in range(ENOUGH - 1):
        times.add("sales", 1_000)
    assert times.mean_ms("sales") is None
    for _ in range(LATEST):
        times.add("sales", 10)
    assert times.mean_ms("sales") == 10
    assert times.mean_ms("support") is None


def test_patience_is_the_time_waited_for_each_who_gave_up() -> None:
    """By the latest of a queue; where nobody gave up yet, all are patient."""
    patience = Patience()
    assert patience.rate("sales") == 0
    patience.add("sales", 30_000, gave_up=False)
    assert patience.rate("sales") == 0
    patience.add("sales", 10_000, gave_up=True)
    assert patience.rate("sales") == 1 / 40_000
    assert patience.rate("support") == 0
    for _ in range(LATEST):
        patience.add("sales", 5_000, gave_up=False)
    assert patience.rate("sales") == 0


# when it is told


def _accuracy(*waits: tuple[int, int]) -> Accuracy:
    found = Accuracy()
    for expected_ms, came_ms in waits:
        found.note(expected_ms, came_ms)
    return found


def test_what_was_wrong_is_not_told() -> None:
    """By the root of the mean squared error and the mean wait."""
    trust = Trust(error=0.5, least=2)
    good = _accuracy((100_000, 120_000), (100_000, 80_000))
    bad = _accuracy((100_000, 300_000), (300_000, 100_000))
    assert good.error == pytest.approx(0.2, rel=0.01)
    assert bad.error == pytest.approx(1.0, rel=0.01)
    assert (good.is_trusted(trust), bad.is_trusted(trust)) == (True, False)
    assert not _accuracy((100_000, 100_000)).is_trusted(trust), "one is no proof"
    assert _accuracy((30_000, 1), (1, 30_000)).is_trusted(trust), "nobody could be told so finely"


def test_what_was_wrong_long_ago_is_forgiven() -> None:
    """The latest hundred count."""
    found = _accuracy((0, 600_000))
    for _ in range(700):
        found.note(100_000, 100_000)
    assert found.error is not None
    assert found.error < 0.05


def test_waits_are_foretold_and_told_once_that_goes_well() -> None:
    """Newcomers are looked at without anybody being told; who is answered at once, or leaves, tells
    nothing."""
    rules = replace(RULES, queues={"sales": QueueRules(wrap_up_ms=0, trust=Trust(0.5, 3))})
    desk = Desk(an_agent("ann"), rules=rules)
    desk.learns("sales", 100 * SECOND)
    desk.floor.forecast.look(desk.now, 20)
    desk.calls(a_contact("talks"))
    told = []
    for number in range(4):
        desk.waits(name := f"c{number}")
        desk.floor.forecast.look(desk.now, 20)
        contact = desk.floor.ledger.contacts[name].contact
        told.append(desk.floor.forecast.trusted_ms(contact, desk.now))
        desk.waits("leaves")
        desk.floor.end("leaves", contacts.Outcome.ABANDONED, desk.now)
        desk.ends("ann", 100 * SECOND)
    assert told == [None, None, None, 100_000]
    found = [e for e in desk.floor.ledger.events if isinstance(e, WaitForetold)]
    assert [(e.contact.id, e.wait_ms, e.at_ms - e.foretold_ms) for e in found] == [
        (f"c{number}", 100_000, 100_000) for number in range(4)
    ]
    assert desk.floor.forecast.accuracy["sales"].judged == 4


def test_newcomers_are_looked_at_one_by_one() -> None:
    """A look costs a bounded time, however many came since the last, and says when it is done."""
    desk = Desk(an_agent("ann"))
    desk.learns("sales", 100 * SECOND)
    desk.calls(a_contact("talks"))
    for number in range(100):
        desk.waits(f"c{number:03}")
    looks = [desk.floor.forecast.look(desk.now) for _ in range(20)]
    assert all(looks)
    for _ in range(21):
        desk.ends("ann", 10 * SECOND)
    assert desk.floor.forecast.accuracy["sales"].judged == 20
    assert not desk.floor.forecast.look(desk.now, 200)


def test_a_crowd_is_not_looked_at_for_one_caller() -> None:
    """Where hundreds of kinds of agents serve hundreds of wishes, a contact's own line counts
    alone: those before it, by the agents who suit it."""
    staff = [an_agent(f"a{n:03}", sales=5, **{f"s{n:03}": 3}) for n in range(150)]
    desk = Desk(*staff)
    desk.learns("sales", 150 * SECOND)
    for agent in staff:
        desk.calls(a_contact(f"talks to {agent.id}"))
    for agent in staff:
        asks = {"sales": 1, agent.id.replace("a", "s"): 1}
        desk.calls(replace(a_contact(f"for {agent.id}"), skills=skill_set(asks)))
    for name in ("first", "second"):
        desk.waits(name)
    assert desk.expects("second") == 2_000
