"""No sequence of events places a forbidden call: random calls, lists, consents and times, against
a naive statement of the rules that shares nothing with them but the figures of the law."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from config.site import read_site
from engine.campaigns.law import CampaignLaw, call_to
from routing.outbound.budget import Tally, tally_before
from routing.outbound.rules.ask import Call, Consent, Known, Listing, PastCall
from routing.outbound.rules.evidence import Permit, from_json, to_json
from routing.outbound.rules.permitting import permitted

pytestmark = pytest.mark.unit

SITE = read_site(
    """
site: calling
title: Calling house
zone: Europe/Budapest
languages: [en]
numbers: {+3615550100: {flow: welcome}}
trunks: {line: {host: 192.0.2.1}}
skills: {sales: }
agents: {zoe: {name: Zoë, extension: 10, skills: {sales: 1}}}
queues: {sales: {skills: {sales: 1}}}
fallback: {number: +3615550199, trunk: line}
caller_ids: {main: {+3615550100: }}
campaigns:
  sales: {mode: predictive, queue: sales, purpose: tariffs, lists: {all: }, trunks: {line: },
    caller_ids: main, allow: [+3*, +4*, +1*]}
  orders: {mode: predictive, queue: sales, purpose: orders, commercial: no, lists: {all: },
    trunks: {line: }, caller_ids: main, allow: [+3*, +4*, +1*]}
  robot: {mode: agentless, flow: welcome, purpose: tariffs, lists: {all: }, trunks: {line: },
    caller_ids: main, allow: [+3*, +4*, +1*]}
calling_rules:
  any: {attempts: {day: 2, week: 3, ever: 8}}
""",
    "site.yaml",
    {},
)[0]
LAWS = {name: CampaignLaw(SITE, name) for name in SITE.campaigns}
SECOND, HOUR, DAY = 1_000, 3_600_000, 86_400_000
SITE_ZONE = ZoneInfo("Europe/Budapest")


class Place(NamedTuple):
    """The figures of the law, once more. Hours of `week` are from Monday to Friday; locks in hours
    after a call that was lost, and one that a machine answered; registers with the days for which
    an import is good."""

    country: str
    zones: tuple[str, ...]
    week: tuple[int, int]
    weekend: tuple[int, int] | None
    keeps_holidays: bool
    consent: str
    locks: Mapping[str, int]
    registers: Mapping[str, int]


LOCKS, NO_LOCKS = {"lost": 72, "machine": 24}, {"lost": 0, "machine": 0}
TPS, NATIONAL = {"gb_tps": 28, "gb_ctps": 28}, {"us_national": 31}
SPAIN = "Europe/Madrid", "Atlantic/Canary"
ALASKA = "America/Anchorage", "America/Adak", "America/Juneau", "Pacific/Honolulu"
PLACES = {
    "+36301234567": Place(
        "HU", ("Europe/Budapest",), (8, 20), None, True, "automated sales", LOCKS, {}
    ),
    "+48601234567": Place("PL", ("Europe/Warsaw",), (8, 20), None, True, "sales", LOCKS, {}),
    "+34600000000": Place("ES", SPAIN, (9, 20), None, True, "automated", LOCKS, {}),
    "+447400123456": Place(
        "GB", ("Europe/London",), (8, 21), (9, 20), True, "automated sales", LOCKS, TPS
    ),
    "+19072345678": Place("US", ALASKA, (8, 21), (8, 21), False, "automated", NO_LOCKS, NATIONAL),
}
# Days before the clock changes, before a leap day, before holidays, and one of no kind.
BEGINNINGS = (
    "2026-03-27",
    "2026-03-06",
    "2026-10-23",
    "2026-10-30",
    "2028-02-27",
    "2026-12-23",
    "2026-06-09",
)


@dataclass
class Made:
    """A call that was made."""

    campaign: str
    number: str
    begun: int
    agent_kept: bool
    ended: int | None = None
    outcome: str = ""


@dataclass
class World:
    """All that has happened, as plainly as it can be written down."""

    now: int
    begun: int
    calls: list[Made] = field(default_factory=list)
    own_list: set[str] = field(default_factory=set)
    registered: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    imported: dict[str, int] = field(default_factory=dict)
    consents: dict[str, list[list[Any]]] = field(default_factory=lambda: defaultdict(list))
    live: dict[tuple[str, date], int] = field(default_factory=lambda: defaultdict(int))
    lost: dict[tuple[str, date], int] = field(default_factory=lambda: defaultdict(int))

    @staticmethod
    def day(at: int) -> date:
        """A day of the campaign: on the site's clock."""
        return datetime.fromtimestamp(at / 1000, SITE_ZONE).date()


def broken(world: World, campaign: str, number: str, agent_kept: bool, now: int) -> set[str]:
    """The rules that a call would break: the law, said once more and as simply as possible."""
    clocks = [datetime.fromtimestamp(now / 1000, ZoneInfo(zone)) for zone in PLACES[number].zones]
    agreed = agreement(world, campaign, number, now)
    ahead = campaign != "robot" and not agent_kept
    breaks = {
        "hours": any(not within(PLACES[number], clock) for clock in clocks),
        "do_not_call": unwanted(world, campaign, number, agreed, now),
        "consent": needs_consent(PLACES[number], campaign) and not agreed,
        "under_way": any(
            call.number == number and call.ended is None and now - call.begun < DAY
            for call in world.calls
        ),
        "attempts": too_often(world, number, clocks),
        "abandoned_lock": not agent_kept and locked(world, number, "lost", now),
        "machine_lock": not agent_kept and locked(world, number, "machine", now),
        "abandon_rate": ahead and too_many_lost(world, campaign),
    }
    return {name for name, is_broken in breaks.items() if is_broken}


@cache
def free_days(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year))


def within(place: Place, clock: datetime) -> bool:
    hours = place.week if clock.weekday() < 5 else place.weekend
    if place.keeps_holidays and clock.date() in free_days(place.country, clock.year):
        return False
    return hours is not None and hours[0] <= clock.hour < hours[1]


def agreement(world: World, campaign: str, number: str, now: int) -> bool:
    return any(
        given <= now
        and (withdrawn is None or now < withdrawn)
        and (by_machines or campaign != "robot")
        for given, withdrawn, by_machines in world.consents[number]
    )


def needs_consent(place: Place, campaign: str) -> bool:
    automated, sells = campaign == "robot", campaign != "orders"
    return {"automated sales": automated and sells, "automated": automated, "sales": sells}[
        place.consent
    ]


def unwanted(world: World, campaign: str, number: str, agreed: bool, now: int) -> bool:
    others = (on for name, on in world.registered.items() if name not in PLACES[number].registers)
    if number in world.own_list.union(*others):
        return True
    for register, days in PLACES[number].registers.items() if campaign != "orders" else ():
        if register not in world.imported or now - world.imported[register] > days * DAY:
            return True
        if number in world.registered[register] and not agreed:
            return True
    return False


def locked(world: World, number: str, outcome: str, now: int) -> bool:
    hours = PLACES[number].locks[outcome]
    return any(
        call.ended is not None and now < call.ended + hours * HOUR
        for call in world.calls
        if (call.number, call.outcome) == (number, outcome)
    )


def too_often(world: World, number: str, clocks: list[datetime]) -> bool:
    calls = [call for call in world.calls if call.number == number]
    for clock in clocks:
        begun = [datetime.fromtimestamp(call.begun / 1000, clock.tzinfo).date() for call in calls]
        ago = [(clock.date() - day).days for day in begun]
        if sum(days < 1 for days in ago) >= 2 or sum(days < 7 for days in ago) >= 3:
            return True
    return len(calls) >= 8


def too_many_lost(world: World, campaign: str) -> bool:
    """Whether the rate of a day or of 30 days could be above 3 % if this call were lost, and all
    that are in the air without an agent."""
    risked = 1 + sum(
        call.campaign == campaign and call.ended is None and not call.agent_kept
        for call in world.calls
    )
    for days in (1, 30):
        since = world.day(world.now) - timedelta(days=days - 1)
        live = sum(n for (who, day), n in world.live.items() if who == campaign and day >= since)
        lost = sum(n for (who, day), n in world.lost.items() if who == campaign and day >= since)
        if Fraction(lost + risked, live + lost + risked) > Fraction(3, 100):
            return True
    return False


CALLS = st.tuples(
    st.sampled_from(["orders", "orders", "sales", "robot"]),
    st.sampled_from([*PLACES]),
    st.sampled_from([False, False, True]),
    st.sampled_from(["goes on", "lost", "machine", "busy", "live"]),
)
"""A campaign, a number, whether an agent is kept, and what comes of it."""


Past = tuple[str, int, str]
PAST = st.tuples(
    st.sampled_from([*PLACES]), st.integers(1, 240), st.sampled_from(["lost", "machine", "busy"])
)
"""A number, how many hours ago it was called, and what came of it."""


class Calling(RuleBasedStateMachine):
    """Campaigns that call five numbers over some weeks."""

    @initialize(
        begins=st.sampled_from(BEGINNINGS),
        hour=st.integers(0, 23),
        past=st.lists(PAST, max_size=10),
        live=st.sampled_from([33, 66, 400]),
        lost=st.sampled_from([0, 0, 0, 20]),
    )
    def begin(self, begins: str, hour: int, past: list[Past], live: int, lost: int) -> None:
        """Calls of the days before, a good day or a bad one yesterday, registers that are there."""
        midnight = datetime.fromisoformat(begins).replace(tzinfo=UTC)
        now = round((midnight + timedelta(hours=hour)).timestamp() * 1000)
        self.world = World(now, now)
        self.world.imported = dict.fromkeys((*TPS, *NATIONAL), self.world.now - 25 * DAY)
        for campaign in ("sales", "orders"):
            self.others_are_answered(campaign, live)
            self.world.live[campaign, self.world.day(self.world.now - DAY)] = live
            self.world.lost[campaign, self.world.day(self.world.now - DAY)] = lost
        for number, hours, outcome in past:
            begun = self.world.now - hours * HOUR
            made = Made("sales", number, begun, False, begun + 20 * SECOND, outcome)
            self.world.calls.append(made)
        for number in [*PLACES][1:]:
            self.consents(number, True)

    @rule(minutes=st.sampled_from([1, 30, 60, 180, 720, 1440, 4320, 10_080]))
    def time_goes_by(self, minutes: int) -> None:
        self.world.now += minutes * 60 * SECOND

    @rule(number=st.sampled_from([*PLACES]))
    def asks_not_to_be_called(self, number: str) -> None:
        self.world.own_list = {number}

    @precondition(lambda self: self.world.own_list)
    @rule()
    def may_be_called_again(self) -> None:
        self.world.own_list.clear()

    @rule(register=st.sampled_from([*TPS, *NATIONAL]), numbers=st.sets(st.sampled_from([*PLACES])))
    def imports(self, register: str, numbers: set[str]) -> None:
        self.world.imported[register] = self.world.now
        self.world.registered[register] = numbers

    @rule(number=st.sampled_from([*PLACES]), by_machines=st.booleans())
    def consents(self, number: str, by_machines: bool) -> None:
        self.world.consents[number].append([self.world.now, None, by_machines])

    @rule(number=st.sampled_from([*PLACES]))
    def withdraws(self, number: str) -> None:
        for consent in self.world.consents[number]:
            consent[1] = consent[1] or self.world.now

    @rule(campaign=st.sampled_from(["sales", "orders"]), people=st.sampled_from([40, 200]))
    def others_are_answered(self, campaign: str, people: int) -> None:
        self.world.live[campaign, self.world.day(self.world.now)] += people

    @rule(
        days=st.sampled_from([0, 0, 1, 1, 2, 3]),
        hour=st.sampled_from([10, 11, 17, 18, 19, 6]),
        answered=st.sampled_from([33, 66, 400, 0]),
        wanted=st.lists(CALLS, min_size=1, max_size=6, unique_by=lambda each: each[1]),
    )
    def dials(
        self, days: int, hour: int, answered: int, wanted: list[tuple[str, str, bool, str]]
    ) -> None:
        """Some calls, the same or another day, mostly at an hour at which somebody may be called;
        most of them end before the next."""
        today = datetime.fromtimestamp(self.world.now / 1000, UTC).replace(hour=hour, minute=0)
        then = round((today + timedelta(days=days)).timestamp() * 1000)
        self.world.now = max(self.world.now, then)
        self.others_are_answered("sales", answered)
        self.others_are_answered("orders", answered)
        for campaign, number, agent_kept, _ in wanted:
            self.calls(campaign, number, agent_kept)
        for campaign in ("orders", "sales"):  # beside those that are in the air now
            self.calls(campaign, wanted[0][1], False)
        self.world.now += 20 * SECOND
        for _, number, _, outcome in wanted:
            self.end(number, outcome)

    def calls(self, campaign: str, number: str, agent_kept: bool) -> None:
        """What is decided is what the plain statement says, rule by rule; what is permitted is
        made."""
        agent_kept = agent_kept and campaign != "robot"
        call = call_to(SITE, campaign, number, "+3615550100", agent_kept=agent_kept)
        decision = permitted(call, self.known(campaign, number), LAWS[campaign], self.world.now)
        wrong = broken(self.world, campaign, number, agent_kept, self.world.now)
        assert {each.rule for each in decision.evidence.refusals} == wrong
        assert from_json(to_json(decision.evidence)) == decision.evidence
        if isinstance(decision, Permit):
            self.world.calls.append(Made(campaign, number, self.world.now, agent_kept))
            return
        if decision.again_ms is not None:
            self.suits_then_and_not_before(call, decision.again_ms)
        with_agent = broken(self.world, campaign, number, True, self.world.now)
        may_help = campaign != "robot" and not agent_kept
        assert decision.agent_helps is (may_help and not with_agent)

    def suits_then_and_not_before(self, call: Call, again: int) -> None:
        world, args = self.world, (call.campaign, call.number, call.agent_kept)
        assert broken(world, *args, again) <= {"under_way"}  # which may be over by then
        step = max((again - world.now) // 12, 1)
        moments = (*range(world.now, again, step), again - 1)
        assert all(broken(world, *args, moment) for moment in moments)

    @rule(number=st.sampled_from([*PLACES]), outcome=st.sampled_from(["live", "lost", "busy"]))
    def end(self, number: str, outcome: str) -> None:
        """Worse than any pacer's luck: most who answer without an agent kept are lost."""
        for call in self.world.calls:
            if (call.number, call.ended) == (number, None) and outcome != "goes on":
                self.ends(call, outcome)

    def ends(self, call: Made, outcome: str) -> None:
        sure = call.agent_kept or call.campaign == "robot"
        call.ended, call.outcome = self.world.now, "live" if outcome == "lost" and sure else outcome
        counted = {"live": self.world.live, "lost": self.world.lost}.get(call.outcome)
        if counted is not None:
            counted[call.campaign, self.world.day(call.begun)] += 1

    def known(self, campaign: str, number: str) -> Known:
        world = self.world
        listings = [Listing("own", number in world.own_list, world.now)]
        for register, imported in world.imported.items():
            listed = number in world.registered[register]
            listings.append(Listing(register, listed, world.now, imported))
        days = {
            day: Tally(world.live[campaign, day], world.lost[campaign, day])
            for who, day in {*world.live, *world.lost}
            if who == campaign
        }
        mine = [each for each in world.calls if each.campaign == campaign and each.ended is None]
        kept = sum(each.agent_kept for each in mine)
        return Known(
            past=tuple(
                PastCall(
                    each.campaign,
                    each.begun,
                    each.ended,
                    abandoned=each.outcome == "lost",
                    machine=each.outcome == "machine",
                )
                for each in world.calls
                if each.number == number
            ),
            listings=tuple(listings),
            consents=tuple(
                Consent("form", given, withdrawn, by_machines)
                for given, withdrawn, by_machines in world.consents[number]
            ),
            today=days.get(world.day(world.now), Tally()),
            before=tally_before(world.day(world.now), days),
            exposed=len(mine) - kept,
            kept=kept,
        )

    @invariant()
    def no_day_and_no_month_is_above_three_percent(self) -> None:
        """Of those on which calls were made here."""
        first = self.world.day(self.world.begun)
        for (campaign, day), lost in self.world.lost.items():
            live = self.world.live[campaign, day]
            assert day < first or 100 * lost <= 3 * (live + lost)


TestCalling = Calling.TestCase
TestCalling.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
