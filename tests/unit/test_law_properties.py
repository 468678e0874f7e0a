"""Whatever happens in whatever order, a call is permitted exactly when the law's words allow it:
held against a second reading of them, which counts on its fingers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.registers import OWN
from routing.outbound.budget import Tally
from routing.outbound.rules.ask import MESSAGE_PARTS, Call, Consent, Known, Listing, PastCall
from routing.outbound.rules.evidence import Permit
from routing.outbound.rules.law import (
    AbandonRule,
    AnswerRule,
    AttemptsRule,
    CallerIdRule,
    ConsentRule,
    DoNotCallRule,
    LockRule,
    MessageRule,
    Needing,
    Register,
    RingRule,
    Rules,
)
from routing.outbound.rules.permitting import permitted
from tests.unit.calling import DAY, HOUR, MINUTE, SECOND, SHOWN, Statute, at, daily

pytestmark = pytest.mark.unit

PLACES = {
    "+36301234567": ["Europe/Budapest"],
    "+447400123456": ["Europe/London"],
    "+12125551234": ["America/New_York"],
    "+19072345678": ["America/Adak", "America/Anchorage", "America/Juneau", "Pacific/Honolulu"],
}
NUMBERS = [*PLACES]
SITE_ZONE = ZoneInfo("Europe/Budapest")
STARTS = {
    "clocks go forward in Europe": at("2027-03-27T18:40"),
    "clocks go back in Europe": at("2026-10-24T18:40"),
    "clocks go forward in America": at("2027-03-13T18:40", "America/New_York"),
    "clocks go back in America": at("2026-10-31T18:40", "America/New_York"),
    "before a leap day": at("2028-02-28T07:10"),
    "a leap day": at("2028-02-29T19:50"),
    "a day of its own hours": at("2026-12-25T13:00"),
    "the turn of a year": at("2026-12-31T19:00"),
}
CLOSED = date(2026, 12, 25)
"""A special day of these hours."""
HOURS = daily("08:00-20:00", special={CLOSED.isoformat(): "closed"})
DAY_MOST, WEEK_MOST, EVER_MOST = 2, 3, 6
REGISTER, OLD = "national", 31 * DAY
ABANDONED, MACHINE = 72 * HOUR, 24 * HOUR
WAITS = (SECOND, MINUTE, 20 * MINUTE, 3 * HOUR, 11 * HOUR, DAY, 3 * DAY, 8 * DAY, 32 * DAY)


def law(needing: Needing) -> Statute:
    """Every rule at once."""
    registers = {REGISTER: Register(OLD, unless_consent=True, commercial=True)}
    return Statute(
        Rules(
            hours=HOURS,
            do_not_call=DoNotCallRule(registers),
            consent=ConsentRule(needing, max_age_ms=100 * DAY),
            attempts=AttemptsRule(DAY_MOST, WEEK_MOST, EVER_MOST),
            ring=RingRule(15_000),
            answer=AnswerRule(2_000),
            message=MessageRule(MESSAGE_PARTS),
            abandoned_lock=LockRule(ABANDONED),
            machine_lock=LockRule(MACHINE),
            caller_id=CallerIdRule(),
            abandon_rate=AbandonRule(3.0, 3.0),
        )
    )


@dataclass
class World:
    """What has happened so far."""

    now_ms: int
    own: set[str] = field(default_factory=set)
    register: set[str] = field(default_factory=set)
    imported_ms: int | None = None
    past: dict[str, list[PastCall]] = field(default_factory=lambda: {n: [] for n in NUMBERS})
    consents: dict[str, list[Consent]] = field(default_factory=lambda: {n: [] for n in NUMBERS})
    tallies: dict[date, Tally] = field(default_factory=dict)
    exposed: int = 0

    def today(self) -> date:
        return datetime.fromtimestamp(self.now_ms / 1000, SITE_ZONE).date()

    def before(self) -> Tally:
        first = self.today() - timedelta(days=29)
        days = (tally for day, tally in self.tallies.items() if first <= day < self.today())
        return sum(days, Tally())

    def known(self, number: str) -> Known:
        listed = Listing(REGISTER, number in self.register, self.now_ms, self.imported_ms)
        return Known(
            past=tuple(self.past[number]),
            listings=(Listing(OWN, number in self.own, self.now_ms), listed),
            consents=tuple(self.consents[number]),
            today=self.tallies.get(self.today(), Tally()),
            before=self.before(),
            exposed=self.exposed,
        )

    def became(self, **what: int) -> None:
        """One more of the day's calls."""
        self.tallies[self.today()] = self.tallies.get(self.today(), Tally()) + Tally(**what)


def broken(world: World, call: Call, needing: Needing) -> Iterator[str]:
    """The rules that a call would break, read once more from their words."""
    now_ms, number = world.now_ms, call.number
    clocks = [datetime.fromtimestamp(now_ms / 1000, ZoneInfo(zone)) for zone in PLACES[number]]
    if any(not 8 <= clock.hour < 20 or clock.date() == CLOSED for clock in clocks):
        yield "hours"
    yield from _of_lists(world, call, needing)
    yield from _of_past(world.past[number], clocks, call, now_ms)
    if call.ring_timeout_ms < 15_000:
        yield "ring"
    if call.answers_in_ms > 2_000:
        yield "answer"
    if call.caller_id is None or not call.caller_id_answered:
        yield "caller id"
    if not call.automated and not call.agent_kept:
        yield from _of_abandoning(world, call)


def _of_lists(world: World, call: Call, needing: Needing) -> Iterator[str]:
    now_ms, number = world.now_ms, call.number
    consented = any(
        each.given_ms <= now_ms < each.given_ms + 100 * DAY
        and (each.withdrawn_ms is None or now_ms < each.withdrawn_ms)
        and (each.automated or not call.automated)
        for each in world.consents[number]
    )
    if number in world.own:
        yield "own list"
    if call.commercial and (world.imported_ms is None or now_ms - world.imported_ms > OLD):
        yield "old register"
    if call.commercial and number in world.register and not consented:
        yield "register"
    ahead = call.automated or not call.agent_kept
    needed = {Needing.AUTOMATED: call.automated, Needing.AHEAD: ahead, Needing.ALL: True}
    if needed[needing] and not consented:
        yield "consent"


def _of_abandoning(world: World, call: Call) -> Iterator[str]:
    if set(call.message) != set(MESSAGE_PARTS):
        yield "message"
    today = world.tallies.get(world.today(), Tally())
    for tally in (today, today + world.before()):
        lost = tally.lost + world.exposed + 1
        if Fraction(lost, tally.live + lost) > Fraction(3, 100):
            yield "abandon rate"


def _of_past(
    past: list[PastCall], clocks: list[datetime], call: Call, now_ms: int
) -> Iterator[str]:
    if any(each.ended_ms is None and each.begun_ms > now_ms - DAY for each in past):
        yield "under way"
    if len(past) >= EVER_MOST:
        yield "attempts ever"
    for clock in clocks:
        begun = [datetime.fromtimestamp(each.begun_ms / 1000, clock.tzinfo) for each in past]
        days = [(clock.date() - each.date()).days for each in begun]
        if sum(each == 0 for each in days) >= DAY_MOST:
            yield "attempts a day"
        if sum(each < 7 for each in days) >= WEEK_MOST:
            yield "attempts a week"
    for each in past:
        since = None if each.ended_ms is None else now_ms - each.ended_ms
        if since is None or call.agent_kept:
            continue
        if each.abandoned and since < ABANDONED:
            yield "lock after an abandoned call"
        if each.machine and since < MACHINE:
            yield "lock after a machine"


WHO = st.sampled_from(["first"] * 4 + ["second"])
"""Of the two numbers of an example."""
CALLS = st.builds(
    Call,
    campaign=st.just("renewals"),
    number=WHO,
    caller_id=st.sampled_from([SHOWN] * 19 + [None]),
    ring_timeout_ms=st.sampled_from([25_000] * 19 + [14_999]),
    automated=st.sampled_from([False, False, True]),
    agent_kept=st.booleans(),
    commercial=st.booleans(),
    answers_in_ms=st.sampled_from([200] * 19 + [2_001]),
    message=st.sampled_from([MESSAGE_PARTS] * 19 + [MESSAGE_PARTS[1:]]),
    caller_id_answered=st.sampled_from([True] * 19 + [False]),
).map(lambda call: replace(call, agent_kept=call.agent_kept and not call.automated))
ENDS = st.sampled_from(["live", "lost", "machine", "nobody", None])
"""How a permitted call ends, half a minute later; None: it does not, by then."""
HAPPENS = st.one_of(
    st.tuples(st.just("call"), CALLS, ENDS),
    st.tuples(st.just("call"), CALLS, ENDS),
    st.tuples(st.just("wait"), st.sampled_from(WAITS), st.none()),
    st.tuples(
        st.sampled_from(["asks for no more", "listed", "imported", "answers come", "in the air"]),
        WHO,
        st.booleans(),
    ),
    st.tuples(st.sampled_from(["consents", "withdraws"]), WHO, st.booleans()),
)


@settings(max_examples=800, deadline=None)
@given(
    st.sampled_from([*STARTS]),
    st.permutations(NUMBERS),
    st.sampled_from(Needing),
    st.sampled_from([None, 60, 99, 101]),
    st.lists(HAPPENS, min_size=5, max_size=40),
)
def test_no_sequence_of_events_permits_a_call_that_the_law_forbids(
    start: str,
    numbers: list[str],
    needing: Needing,
    consented: int | None,
    happens: list[tuple[str, object, object]],
) -> None:
    """Nor forbids one that it permits; and at the moment that a refusal names, the hours and the
    attempts are well again. `consented`: so many days ago, everybody."""
    names = dict(zip(("first", "second"), numbers, strict=False))
    world, rules = World(STARTS[start], imported_ms=STARTS[start] - 30 * DAY), law(needing)
    if consented is not None:
        given_ms = world.now_ms - consented * DAY
        world.consents = {number: [Consent("form", given_ms)] for number in numbers}
    world.became(live=100)
    for what, who, how in happens:
        which = replace(who, number=names[who.number]) if isinstance(who, Call) else who
        if not isinstance(which, Call):
            _happens(world, what, names.get(str(which), which), bool(how))
            continue
        decision = permitted(which, world.known(which.number), rules, world.now_ms)
        reasons = [*broken(world, which, needing)]
        assert isinstance(decision, Permit) is (not reasons), (reasons, decision)
        if isinstance(decision, Permit):
            _call(world, which, how)
        elif decision.again_ms is not None:
            assert decision.again_ms > world.now_ms
            then = replace(world, now_ms=decision.again_ms, past=_over(world, decision.again_ms))
            assert "hours" not in broken(then, which, needing)
            assert not {"attempts a day", "attempts a week"} & {*broken(then, which, needing)}


def _call(world: World, call: Call, ends: object) -> None:
    """It is made, and ends half a minute later."""
    begun_ms = world.now_ms
    world.now_ms += 30 * SECOND
    ended_ms = None if ends is None else world.now_ms
    made = PastCall(call.campaign, begun_ms, ended_ms, ends == "lost", ends == "machine")
    world.past[call.number].append(made)
    if ends in ("live", "lost"):
        world.became(**{str(ends): 1})


def _over(world: World, at_ms: int) -> dict[str, list[PastCall]]:
    return {
        number: [each if each.ended_ms else each._replace(ended_ms=at_ms) for each in past]
        for number, past in world.past.items()
    }


def _happens(world: World, what: str, which: object, how: bool) -> None:
    number = str(which)
    match what:
        case "wait" if isinstance(which, int):
            world.now_ms += which
        case "asks for no more":
            world.own.add(number)
        case "listed":
            world.register.add(number)
        case "imported":
            world.imported_ms = world.now_ms
        case "answers come":
            world.became(live=200 if how else 30)
        case "in the air":
            world.exposed = 3 if how else 0
        case "consents":
            world.consents[number].append(Consent("form", world.now_ms, automated=how))
        case "withdraws":
            all_of_it = world.consents[number]
            all_of_it[:] = [each._replace(withdrawn_ms=world.now_ms) for each in all_of_it]
