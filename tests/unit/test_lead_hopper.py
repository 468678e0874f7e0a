"""The hopper over the database: who is chosen, what engines that die leave, whom nobody calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from engine.campaigns.hopper import DRY_MS, CampaignHopper, Chosen, Placed, Wants
from engine.campaigns.reckoning import RECKONING
from history.connection import open_engine
from history.do_not_call import ConsentRow, Entry, PastAttempt, PermissionStore
from history.lead_filter import Condition
from history.lead_hopper import HopperStore
from history.lead_imports import ImportStore, Piece
from history.lead_rows import NewLead, NewNumber
from routing.outbound.leads.following import Ended
from routing.outbound.leads.leases import LEASE_MS, MARGIN_MS
from routing.outbound.leads.plan import CallBack, NeverAgain, Plan, Result, Retry

pytestmark = pytest.mark.unit

T0 = 1_795_420_800_000
HOUR = 3_600_000
HU, US = "HU Europe/Budapest", "US America/New_York"
PLAN = Plan(
    {Result.NO_ANSWER: Retry(HOUR), Result.BUSY: Retry(HOUR, next_number=True)},
    {"never": NeverAgain(), "agreed": CallBack()},
)
WANTS = Wants("renewals", {"list": 0}, PLAN)


class Dialer:
    """Engines on one database, on a clock that the test moves."""

    def __init__(self, url: str) -> None:
        self.url, self.now = url, T0
        self.store = HopperStore(url, "here", "node")

    def engine(self, wants: Wants = WANTS, places: Sequence[str] | None = None) -> CampaignHopper:
        return CampaignHopper(
            self.store, "here", "node", wants, lambda: self.now, lambda: places, size=10
        )

    async def bring(self, *leads: NewLead, into: str = "list") -> None:
        store = ImportStore(self.url, "here")
        row = await store.begin(into, f"{leads}", "a test", "anna", self.now)
        await store.write(row, Piece(leads, 0, len(leads), RECKONING), self.now, lambda joined: {})
        await store.close()

    async def chosen(self, engine: CampaignHopper) -> list[str | None]:
        """The names of all whom an engine would call now, in order."""
        await engine.round()
        found: list[str | None] = []
        while (each := engine.choose()) is not None:
            found.append(each.row.name)
        return found

    async def call(self, engine: CampaignHopper) -> Placed:
        """The next call of an engine, begun."""
        await engine.round()
        placed = await engine.begin(_sure(engine.choose()), {"why": "it is allowed"})
        assert placed is not None
        return placed

    async def rows(self, query: str) -> list[dict[str, Any]]:
        engine = open_engine(self.url)
        async with engine.begin() as connection:
            done = await connection.execute(text(query))
            found = [dict(row._mapping) for row in done] if done.returns_rows else []
        await engine.dispose()
        return found


def _sure(found: Any) -> Any:
    assert found is not None
    return found


def _lead(name: str, at: int, **more: Any) -> NewLead:
    number = NewNumber(f"+3630123{at:04d}", "mobile", more.pop("place", HU))
    return NewLead(at, (number, *more.pop("numbers", ())), name=name, **more)


@pytest.fixture
async def dialer(database_url: str) -> AsyncIterator[Dialer]:
    dialer = Dialer(database_url)
    yield dialer
    await dialer.store.close()


async def test_leads_are_called_in_their_order(dialer: Dialer) -> None:
    """Those that were promised it, then by priority, then as they came; not before they are due."""
    await dialer.bring(
        _lead("first", 1),
        _lead("second", 2),
        _lead("urgent", 3, priority=9),
        _lead("promised", 4, due_ms=T0 - 1, appointment=True),
        _lead("later", 5, due_ms=T0 + 1),
    )
    assert await dialer.chosen(dialer.engine()) == ["promised", "urgent", "first", "second"]


async def test_a_promise_does_not_wait_until_the_hopper_has_room(dialer: Dialer) -> None:
    engine = dialer.engine()
    await dialer.bring(*(_lead(f"{n}", n) for n in range(10)))
    await engine.round()
    await dialer.bring(_lead("promised", 11, due_ms=T0, appointment=True))
    assert (await dialer.chosen(engine))[0] == "promised"


async def test_the_lists_priority_comes_before_the_leads(dialer: Dialer) -> None:
    """Lists of one priority are called as one."""
    await dialer.bring(_lead("a", 1), into="low")
    await dialer.bring(_lead("b", 2), _lead("c", 4), into="high")
    await dialer.bring(_lead("d", 3, priority=5), into="also high")
    wants = Wants("renewals", {"low": 0, "high": 7, "also high": 7, "not there": 9}, PLAN)
    assert await dialer.chosen(dialer.engine(wants)) == ["d", "b", "c", "a"]


async def test_only_where_people_may_be_called_now(dialer: Dialer) -> None:
    """So that a night of half the list keeps nobody waiting; the law is asked again for each."""
    await dialer.bring(_lead("night", 1, place=US), _lead("day", 2))
    assert await dialer.chosen(dialer.engine(places=[HU])) == ["day"]
    assert sorted(await dialer.store.places(["list"])) == [HU, US]


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        (Condition("segment", one_of=["gold"]), ["a"]),
        (Condition("segment", none_of=["gold"]), ["b", "c", "d"]),
        (Condition("segment", known=True), ["a", "b"]),
        (Condition("segment", known=False), ["c", "d"]),
        (Condition("balance", at_least=-5), ["a", "b"]),
        (Condition("balance", at_most=1200.5), ["b", "c"]),
        (Condition("name", one_of=["d"]), ["d"]),
        (Condition("part", one_of=["US-FL"]), ["a"]),
        (Condition("part", one_of=["wheel"]), ["b"]),
        (Condition("part", known=False), ["c", "d"]),
        (Condition("priority", at_most=0), ["a", "b", "c", "d"]),
        (Condition("nothing'; DROP TABLE leads", known=True), []),
    ],
)
async def test_filters_by_the_leads_fields(
    dialer: Dialer, condition: Condition, names: list[str]
) -> None:
    """As spreadsheets write numbers; what is no number is not compared. A list may have a `part`
    of its own, which goes before that of the country."""
    await dialer.bring(
        _lead("a", 1, data={"segment": "gold", "balance": "1 200,51"}, part="US-FL"),
        _lead("b", 2, data={"segment": "silver", "balance": "-5", "part": "wheel"}),
        _lead("c", 3, data={"balance": "-5.01"}),
        _lead("d", 4, data={"balance": "1.200,51-"}),
    )
    wants = Wants("renewals", {"list": 0}, PLAN, conditions=[condition])
    assert await dialer.chosen(dialer.engine(wants)) == names


async def test_only_leads_with_a_number_of_the_campaigns_kinds(dialer: Dialer) -> None:
    home = NewNumber("+3612345678", "home", HU)
    await dialer.bring(_lead("mobile", 1), _lead("both", 2, numbers=(home,)))
    engine = dialer.engine(Wants("renewals", {"list": 0}, Plan(kinds=("home",))))
    await engine.round()
    chosen = _sure(engine.choose())
    assert (chosen.row.name, chosen.number.number) == ("both", "+3612345678")
    assert engine.choose() is None


async def test_two_engines_share_a_list_without_calling_anybody_twice(dialer: Dialer) -> None:
    """Each lead is with one of them; what one gives back is the other's."""
    await dialer.bring(*(_lead(f"{n}", n) for n in range(15)))
    one, other = dialer.engine(), dialer.engine()
    ours, theirs = await dialer.chosen(one), await dialer.chosen(other)
    assert sorted([*ours, *theirs], key=lambda name: int(str(name))) == [str(n) for n in range(15)]


async def test_a_call_is_written_before_it_is_made_and_its_end_once(dialer: Dialer) -> None:
    """With why it was permitted; what follows is in the same step."""
    await dialer.bring(_lead("a", 1))
    engine = dialer.engine()
    placed = await dialer.call(engine)
    (row,) = await dialer.rows("SELECT * FROM dial_attempts")
    assert (row["campaign"], row["number"], row["result"]) == ("renewals", "+36301230001", None)
    dialer.now += 30_000
    assert await engine.end(placed, Ended(Result.NO_ANSWER, dialer.now))
    assert not await engine.end(placed, Ended(Result.BUSY, dialer.now))
    (row,) = await dialer.rows("SELECT result FROM dial_attempts")
    assert row["result"] == "no_answer"
    assert await dialer.chosen(engine) == []
    dialer.now += HOUR
    assert await dialer.chosen(engine) == ["a"]


async def test_an_engine_that_dies_forgets_nobody_and_calls_nobody_twice(dialer: Dialer) -> None:
    """What it held is another's when its leases are over; what it was calling counts as called,
    and comes again when no answer would."""
    await dialer.bring(_lead("called", 1), _lead("held", 2))
    await dialer.call(dialer.engine())
    after = dialer.engine()
    assert await dialer.chosen(after) == []
    dialer.now += LEASE_MS
    assert await dialer.chosen(dialer.engine()) == ["held"]
    (attempt,) = await dialer.rows("SELECT result FROM dial_attempts")
    assert attempt["result"] == "unknown"
    dialer.now += HOUR
    assert await dialer.chosen(dialer.engine()) == ["held", "called"]
    (lead,) = await dialer.rows("SELECT tries FROM leads WHERE name = 'called'")
    assert lead["tries"] == 1


async def test_what_an_engine_has_left_is_its_own_sites(dialer: Dialer) -> None:
    """Another site on the database may have a campaign of the same name, with other rules. The log
    tells of whose call it was."""
    await dialer.bring(_lead("called", 1), _lead("held", 2))
    placed = await dialer.call(dialer.engine())
    dialer.now += LEASE_MS
    store = HopperStore(dialer.url, "there", "node")
    elsewhere = CampaignHopper(store, "there", "node", WANTS, lambda: dialer.now)
    assert await elsewhere.take_up(dialer.now) == 0
    states = "SELECT name, state FROM leads ORDER BY id"
    left = [{"name": "called", "state": "dialing"}, {"name": "held", "state": "held"}]
    assert await dialer.rows(states) == left
    with capture_logs() as logs:
        assert await dialer.engine().take_up(dialer.now) == 1
    await store.close()
    (told,) = logs
    assert placed.row.id == told.pop("lead")
    (attempt,) = await dialer.rows("SELECT id FROM dial_attempts")
    assert told == {
        "event": "left_call_ended",
        "log_level": "warning",
        "site": "here",
        "campaign": "renewals",
        "contact": attempt["id"],
    }


async def test_a_call_that_lasts_keeps_its_lead(dialer: Dialer) -> None:
    """As long as its engine is there, however long they talk."""
    await dialer.bring(_lead("a", 1))
    engine = dialer.engine()
    placed = await dialer.call(engine)
    for _ in range(5):
        dialer.now += LEASE_MS - MARGIN_MS
        await engine.round()
        assert await dialer.engine().take_up(dialer.now) == 0
    assert await engine.end(placed, Ended(Result.ANSWERED, dialer.now))


async def test_an_engine_that_stood_still_too_long_calls_nobody(dialer: Dialer) -> None:
    """Its leads are another's by now, though it does not know it."""
    await dialer.bring(_lead("a", 1))
    asleep = dialer.engine()
    await asleep.round()
    chosen = _sure(asleep.choose())
    dialer.now += LEASE_MS
    assert await asleep.begin(chosen, {}) is None
    awake = dialer.engine()
    await awake.round()
    taken = _sure(awake.choose())
    late = Chosen(taken.lead, taken.row, taken.number)
    assert await asleep.begin(late, {}) is None
    assert await awake.begin(taken, {}) is not None


async def test_a_number_that_came_to_the_register_is_not_called(dialer: Dialer) -> None:
    """Even when it came after the lead was chosen."""
    await dialer.bring(_lead("a", 1))
    engine = dialer.engine()
    await engine.round()
    chosen = _sure(engine.choose())
    await dialer.rows(
        "INSERT INTO do_not_call (site, number, register, since_ms, seen_ms, source, by)"
        " VALUES ('here', '+36301230001', 'own', 1, 1, 'api', 'anna')"
    )
    assert await engine.begin(chosen, {}) is None
    assert await dialer.rows("SELECT * FROM dial_attempts") == []


async def test_who_asks_not_to_be_called_is_on_the_register_at_once(dialer: Dialer) -> None:
    """In the step that ends the call: no other list calls them any more, on no number of theirs."""
    await dialer.bring(_lead("a", 1, numbers=[NewNumber("+36301230002", "home", HU)]))
    await dialer.bring(_lead("a again", 2), into="other")
    engine = dialer.engine()
    placed = await dialer.call(engine)
    await engine.end(placed, Ended(Result.ANSWERED, dialer.now, "never", agent="anna"))
    listed = await dialer.rows("SELECT number, register, by FROM do_not_call ORDER BY number")
    assert listed == [
        {"number": "+36301230001", "register": "own", "by": "anna"},
        {"number": "+36301230002", "register": "own", "by": "anna"},
    ]
    other = dialer.engine(Wants("other", {"other": 0}, PLAN))
    await other.round()
    assert await other.begin(_sure(other.choose()), {}) is None


async def test_all_that_the_law_asks_of_a_number_is_told_in_one_step(dialer: Dialer) -> None:
    """Entries that are in force, consents whatever became of them, and the site's calls."""
    permissions = PermissionStore(dialer.url, "here")
    await dialer.bring(_lead("a", 1))
    engine, number = dialer.engine(), "+36301230001"
    placed = await dialer.call(engine)
    await engine.end(placed, Ended(Result.LOST, dialer.now + 1))
    entry = Entry(number, "robinson", 1, "imported", "anna", "a note")
    await permissions.add([entry, Entry(number, "robinson", 1, "imported", "anna")])
    await permissions.add([Entry(number, "own", 2, "api", "anna")])
    await permissions.remove(number, "own", "béla", 3)
    consent = ConsentRow(number, "live", 4, "form", "anna")
    await permissions.consent([consent])
    await permissions.withdraw(number, None, "letter", "béla", 5)
    facts = await permissions.facts(number)
    await permissions.close()
    assert facts.entries == [replace(entry, note=None)]
    assert facts.consents == [
        replace(consent, withdrawn_ms=5, withdrawn_source="letter", withdrawn_by="béla")
    ]
    assert facts.past == [PastAttempt("renewals", T0, T0 + 1, "lost")]


async def test_a_list_that_is_used_up_is_not_asked_again_at_once(dialer: Dialer) -> None:
    """Each time may take a look at every lead; promised calls are asked for all the same."""
    engine = dialer.engine()
    await dialer.bring(_lead("a", 1))
    assert await dialer.chosen(engine) == ["a"]
    await dialer.bring(_lead("b", 2), _lead("promised", 3, due_ms=T0, appointment=True))
    assert not engine.wants_more
    assert await dialer.chosen(engine) == ["promised"]
    dialer.now += DRY_MS
    assert engine.choose() is None
    assert engine.wants_more
    assert await dialer.chosen(engine) == ["b"]


async def test_an_agreed_time_is_kept(dialer: Dialer) -> None:
    """Before all others, by the agent who promised it."""
    await dialer.bring(_lead("a", 1), _lead("b", 2))
    engine = dialer.engine()
    placed = await dialer.call(engine)
    at = dialer.now + HOUR
    await engine.end(placed, Ended(Result.ANSWERED, dialer.now, "agreed", at, "anna"))
    dialer.now = at
    other = dialer.engine()
    await other.round()
    assert await dialer.chosen(other) == ["a", "b"]
    (row,) = await dialer.rows("SELECT rank, agent FROM leads WHERE name = 'a'")
    assert row == {"rank": 0, "agent": "anna"}


async def test_what_the_law_refuses_now_waits(dialer: Dialer) -> None:
    await dialer.bring(_lead("a", 1))
    engine = dialer.engine()
    await engine.round()
    await engine.put_back(_sure(engine.choose()), T0 + HOUR)
    assert await dialer.chosen(engine) == []
    dialer.now += HOUR
    assert await dialer.chosen(engine) == ["a"]


async def test_a_lead_waits_for_its_best_time(dialer: Dialer) -> None:
    """One that is due while none of its numbers is, is put back until then; T0 is 9:00 there."""
    number = NewNumber("+36301239999", "mobile", HU, "18:00-20:00")
    await dialer.bring(NewLead(1, (number,), name="evening"))
    engine = dialer.engine()
    assert await dialer.chosen(engine) == []
    await engine.round()
    (row,) = await dialer.rows("SELECT state, due_ms FROM leads")
    assert row == {"state": "ready", "due_ms": T0 + 9 * HOUR}


async def test_what_an_import_says_of_a_place_reaches_leads_that_are_held(dialer: Dialer) -> None:
    """Nobody is called by what was known before; who is being called is at the new place after."""
    engine = dialer.engine()
    await dialer.bring(_lead("held", 1), _lead("calling", 2))
    await engine.round()
    held, calling = engine.choose(), await engine.begin(_sure(engine.choose()), {})
    told = {"zone": "Europe/London"}
    await dialer.bring(_lead("held", 1, **told), _lead("calling", 2, **told))
    assert await engine.begin(_sure(held), {}) is None
    await engine.end(_sure(calling), Ended(Result.BUSY, dialer.now))
    places = {row["place"] for row in await dialer.rows("SELECT place FROM leads")}
    assert places == {"HU Europe/London Europe/Budapest"}
    dialer.now += HOUR
    engine = dialer.engine()
    await engine.round()
    for _ in ("held", "calling"):
        chosen = _sure(engine.choose())
        assert (chosen.row.zone, chosen.number.place.zones[0]) == ("Europe/London",) * 2


async def test_who_was_chosen_by_their_old_place_is_not_called_though_they_are_held_again(
    dialer: Dialer,
) -> None:
    """By the same run, so that the lease alone does not tell the two apart."""
    engine = dialer.engine()
    await dialer.bring(_lead("a", 1))
    await engine.round()
    before = _sure(engine.choose())
    for told in ({"zone": "Europe/London"}, {"part": "US-FL"}):
        await dialer.bring(_lead("a", 1, **told))
        dialer.now += DRY_MS
        await engine.round()
        now = _sure(engine.choose())
        assert await engine.begin(before, {}) is None
        before = now
    assert await engine.begin(before, {}) is not None


async def test_a_lead_of_which_an_import_says_nothing_new_stays_where_it_is(
    dialer: Dialer,
) -> None:
    engine = dialer.engine()
    await dialer.bring(_lead("held", 1))
    await engine.round()
    held = engine.choose()
    await dialer.bring(_lead("other name", 1))
    assert await engine.begin(_sure(held), {}) is not None
