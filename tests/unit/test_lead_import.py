"""Leads brought into a list: joined with what is there, resumed, tried without doing anything."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from bench.dialing_crowd import Crowd
from config.site import load_site
from engine.campaigns.importing import Outcome, Target, bring_in, scratch
from engine.campaigns.reading.records import Row
from engine.campaigns.reading.table import find_out
from engine.campaigns.sources import FileSource, SentSource, query_source
from engine.campaigns.telling import Telling
from engine.errors import LeadsRefused
from history.connection import open_engine
from history.lead_imports import ImportStore
from history.lead_reading import leads_of
from history.lead_rows import APPOINTMENT, LeadRow, rank_of
from tests.unit.command import Command

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
SITE = load_site(ROOT / "config/site.yaml", {})
NEW_YORK = ("US America/New_York", None)
HEADERS = "id,name,mobile,home,priority,call at,segment\n"


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[ImportStore]:
    store = ImportStore(database_url, SITE.site)
    yield store
    await store.close()


class Lists:
    """Imports of texts into a list, and what it has then."""

    def __init__(self, url: str, store: ImportStore, directory: Path) -> None:
        self._url, self.store = url, store
        self.file = directory / "leads.csv"
        self.told: list[list[str]] = []
        self.refused: list[list[str]] = []

    async def take(
        self,
        rows: str,
        store: ImportStore | None = None,
        progress: Callable[[int], None] = print,
        headers: str = HEADERS,
    ) -> Outcome:
        """The outcome of importing these rows."""
        self.file.write_text(headers + rows)
        source = FileSource(find_out(self.file, SITE, {}))
        with Telling(self.file, source.columns.headers) as telling:
            try:
                to = Target(store or self.store, SITE, "renewals", "anna")
                return await bring_in(source, to, telling, progress)
            finally:
                self.told = _rows(telling.told)
                self.refused = _rows(telling.refused)

    async def leads(self) -> Sequence[LeadRow]:
        """All that there are."""
        engine = open_engine(self._url)
        async with engine.connect() as connection:
            ids = [row.id for row in await connection.execute(text("SELECT id FROM leads"))]
            found = await leads_of(connection, ids)
        await engine.dispose()
        return found


def _rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))[1:]


@pytest.fixture
def lists(database_url: str, store: ImportStore, tmp_path: Path) -> Lists:
    return Lists(database_url, store, tmp_path)


async def test_leads_are_there_as_the_file_has_them(lists: Lists) -> None:
    """Ready to be called, the promised ones before all others."""
    outcome = await lists.take(
        "A1,Anna,06301234567,,7,,gold\nA2,Béla,06301234568,,,2026-12-01 09:00,\n"
    )
    assert outcome == Outcome("renewals", 2, 2, 0, 0, 0)
    anna, bela = await lists.leads()
    assert (anna.state, anna.rank, anna.data) == ("ready", rank_of(7), {"segment": "gold"})
    assert (bela.external_id, bela.rank, bela.place) == ("A2", APPOINTMENT, "HU Europe/Budapest")


async def test_the_same_id_or_number_is_the_same_lead(lists: Lists) -> None:
    """In the file and in the list; a later row adds what it says, and each joining is told."""
    await lists.take("A1,Anna,06301234567,,,,gold\n")
    outcome = await lists.take(
        "A1,Anna Kovács,,0612345678,,,\n"
        ",,0630 123 4567,,5,,silver\n"
        "A9,Zoé,06209999999,0612345678,,,\n"
        "B1,Béla,06201111111,,,,\n"
        "B1,,06202222222,06301234567,,,\n"
    )
    assert (outcome.added, outcome.joined) == (1, 4)
    anna, bela = await lists.leads()
    assert (anna.name, anna.priority, anna.data) == ("Zoé", 5, {"segment": "silver"})
    assert [n.number for n in anna.numbers] == ["+36301234567", "+3612345678", "+36209999999"]
    assert [n.number for n in bela.numbers] == ["+36201111111", "+36202222222"]
    assert lists.told == [
        ["2", "1", "id", ""],
        ["3", "1", "number", ""],
        ["4", "1", "number", "its id A9 is not kept"],
        ["6", str(bela.id), "id", "+36301234567 stays with another lead"],
    ]


async def test_a_part_of_the_country_is_kept_until_a_row_says_another(lists: Lists) -> None:
    """As a zone is."""
    for part, kept in (("FL", "US-FL"), ("", "US-FL"), ("Georgia", "US-GA")):
        await lists.take(f"A1,Anna,+12125551234,{part}\n", headers="id,name,mobile,part\n")
        (anna,) = await lists.leads()
        assert anna.part == kept


WHERE = "id,name,mobile,zone,part,best time\n"


async def test_zone_part_and_best_time_of_a_later_row_reach_numbers_that_are_known(
    lists: Lists,
) -> None:
    """The newest that says something holds; of the best time for the numbers of its row alone. In
    the file and in the list."""
    zone, best = "America/Chicago", "18:00-20:00"
    for rows, where in (
        ("A1,Anna,+12125551234,,,\nA1,,+12125551235,,,\n", [NEW_YORK, NEW_YORK]),
        ("A1,,+12125551234,America/New_York,FL,18-20\n", [("US-FL America/New_York", best), ...]),
        (
            f"A1,,+12125551235,{zone},,\nA1,,+12125551235,,GA,sat 9-12\nA1,,+12125551234,,,\n",
            [
                (f"US-GA {zone} America/New_York", best),
                (f"US-GA {zone} America/New_York", "sat 09:00-12:00"),
            ],
        ),
    ):
        await lists.take(rows, headers=WHERE)
        (anna,) = await lists.leads()
        found = [(number.place, number.best) for number in anna.numbers]
        assert [b if a is ... else a for a, b in zip(where, found, strict=True)] == found
        assert anna.place == found[0][0]


async def test_a_lead_that_is_known_is_due_by_its_new_best_time(lists: Lists) -> None:
    """And by the zone in which it is meant; a promised time stays."""
    promised = ",,06301234567,,,\n,,06301234568,,,\n"
    await lists.take(promised, headers=WHERE)
    await lists.take("06301234568,2030-12-01 09:00\n", headers="mobile,call at\n")
    _, before = await lists.leads()
    for rows, hour, zone in (
        (",,06301234567,,,3-4\n,,06301234568,,,3-4\n", 3, "Europe/Budapest"),
        (",,06301234567,America/Chicago,,\n", 3, "America/Chicago"),
        (",,06301234567,,,4-5\n,,06301234567,,,5-6\n", 5, "America/Chicago"),
    ):
        await lists.take(rows, headers=WHERE)
        lead, other = await lists.leads()
        due = datetime.fromtimestamp(lead.due_ms / 1000, ZoneInfo(zone))
        assert due.hour == hour
        assert (other.due_ms, other.rank) == (before.due_ms, APPOINTMENT)
    await lists.take("N,,06301234569,,,3-4\nN,,06301234569,,,4-5\n", headers=WHERE)
    new = (await lists.leads())[2]
    assert datetime.fromtimestamp(new.due_ms / 1000, ZoneInfo("Europe/Budapest")).hour == 4


async def test_several_leads_that_are_known_are_promised_a_call_at_once(lists: Lists) -> None:
    headers = "mobile,call at\n"
    await lists.take("06301234567,\n06301234568,\n", headers=headers)
    rows = "06301234567,2030-12-01 09:00\n06301234568,2030-12-01 09:00\n"
    assert (await lists.take(rows, headers=headers)).joined == 2
    assert [lead.rank for lead in await lists.leads()] == [APPOINTMENT] * 2


async def test_what_reaches_a_known_number_is_told_by_a_dry_run_too(lists: Lists) -> None:
    await lists.take("A1,Anna,06301234567,,,18-20\n", headers=WHERE)
    rows = (
        "A1,,06301234567,Europe/London,,9-12\n"
        "A1,,06301234567,Europe/London,,\n"
        "A1,,06301234567,Europe/Vienna,,9-12\n"
    )
    async with scratch(lists.store, SITE) as apart:
        await lists.take(rows, apart, headers=WHERE)
        dry = [note for *_, note in lists.told]
    (anna,) = await lists.leads()
    assert (anna.zone, anna.numbers[0].best) == (None, "18:00-20:00")
    await lists.take(rows, headers=WHERE)
    assert [note for *_, note in lists.told] == dry
    assert dry == [
        "zone is Europe/London now; best_time of +36301234567 is 09:00-12:00 now, was 18:00-20:00",
        "",
        "zone is Europe/Vienna now, was Europe/London",
    ]


async def test_a_later_row_says_of_which_kind_a_number_is(lists: Lists) -> None:
    """Where its column does: `phone` is of no kind. In the file and in the list, and in a row that
    has it twice."""
    for headers, rows, kinds in (
        ("phone,home", "06301234567,06301234568\n", ["other", "home"]),
        ("mobile,phone", "06301234567,06301234568\n", ["mobile", "home"]),
        ("phone", "06301234567\n", ["mobile", "home"]),
        ("work,other phone", "06301234568,06301234567\n", ["other", "work"]),
        ("phone,home", "06301234567,06301234567\n", ["home", "work"]),
        ("phone,mobile", "06301234567,\n,06301234567\n", ["mobile", "work"]),
    ):
        await lists.take(rows, headers=f"{headers}\n")
        assert [n.kind for lead in await lists.leads() for n in lead.numbers] == kinds
    await lists.take("06209999999,\n,06209999999\n", headers="phone,mobile\n")
    assert [n.kind for n in (await lists.leads())[1].numbers] == ["mobile"]


async def test_a_lead_without_numbers_left_is_opened_by_a_further_one(
    lists: Lists, database_url: str
) -> None:
    await lists.take("A1,Anna,06301234567,,,,\n")
    await _run(database_url, "UPDATE leads SET state = 'done', why = 'given_up'")
    await lists.take("A1,,06301234567,,,,\n")
    assert [lead.state for lead in await lists.leads()] == ["done"]
    await lists.take("A1,,06205555555,,,,\n")
    assert [(lead.state, lead.position) for lead in await lists.leads()] == [("ready", 1)]


async def test_refused_rows_can_be_mended_and_brought_in_again(lists: Lists) -> None:
    """Their file has the reasons and the rows as they were, and is a file of leads itself."""
    outcome = await lists.take("A1,Anna,12,,,,\nA2,Béla,06301234568,,,,\n")
    assert outcome.refused == 1
    assert lists.refused[0][:4] == [
        "2",
        'mobile: "12" is no number that can be dialled',
        "A1",
        "Anna",
    ]
    refused = lists.file.with_name("leads.csv.refused.csv")
    refused.write_text(refused.read_text().replace(",12,", ",06301234567,"))
    source = FileSource(find_out(refused, SITE, {}))
    with Telling(refused, source.columns.headers) as telling:
        target = Target(lists.store, SITE, "renewals", "anna")
        outcome = await bring_in(source, target, telling, print)
    assert (outcome.added, outcome.refused) == (1, 0)


class Interrupted(Exception):
    """The machine went off."""


async def test_an_interrupted_import_goes_on_where_it_was(
    lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row counts once, in the list and in the files that tell of it; nothing is lost of what
    had been written, or twice of what had not."""
    monkeypatch.setattr("engine.campaigns.sources.PIECE", 3)
    rows = (
        "".join(f"A{n},,0630123{4000 + n},,,,\n" for n in range(8))
        + "B,,12,,,,\nA1,,06301234001,,,,\n"
    )

    def stop(rows: int) -> None:
        if rows == 6:
            raise Interrupted

    with pytest.raises(Interrupted):
        await lists.take(rows, progress=stop)
    with lists.file.with_name("leads.csv.refused.csv").open("a") as file:
        file.write("7,a row of a piece that was never written\n")
    assert len(await lists.leads()) == 6
    outcome = await lists.take(rows)
    assert outcome == Outcome("renewals", 10, 8, 1, 1, 6)
    assert len(await lists.leads()) == 8
    assert [row[0] for row in lists.refused] == ["10"]
    assert [row[0] for row in lists.told] == ["11"]


async def test_an_import_that_is_over_begins_anew(lists: Lists) -> None:
    """The same file again joins every row, and changes nothing."""
    rows = "A1,Anna,06301234567,,,,gold\n"
    await lists.take(rows)
    before = await lists.leads()
    outcome = await lists.take(rows)
    assert (outcome.added, outcome.joined, outcome.went_on_at) == (0, 1, 0)
    (lead,) = await lists.leads()
    assert (lead.name, lead.numbers, lead.data) == (
        before[0].name,
        before[0].numbers,
        before[0].data,
    )


async def test_a_dry_run_finds_what_the_import_would_and_does_nothing(lists: Lists) -> None:
    """What is in the list counts, and what comes twice in the file, by numbers that it would add
    too."""
    await lists.take("A1,Anna,06301234567,,,,\n")
    rows = (
        "A1,,06205555555,,,,\n,,06205555555,,,,\nA2,Béla,06301234568,,,,\n"
        "A2,,06301234569,,,,\nA3,,12,,,,\n"
    )
    before = await lists.leads()
    async with scratch(lists.store, SITE) as apart:
        dry = await lists.take(rows, apart)
        told = lists.told
    assert await lists.leads() == before
    real = await lists.take(rows)
    assert dry == real == Outcome("renewals", 5, 1, 3, 1, 0)
    assert [(row[0], row[2]) for row in told] == [(row[0], row[2]) for row in lists.told]


async def test_the_leads_of_the_made_up_network_are_those_that_a_campaign_calls(
    lists: Lists,
) -> None:
    """`python -m bench.network --leads`, for the sample site's campaign of mobiles and homes."""
    made = io.StringIO()
    Crowd(0.3, 60.0, 20.0).write(made, 3, seed=1)
    headers, _, rows = made.getvalue().partition("\n")
    outcome = await lists.take(rows, headers=f"{headers}\n")
    assert (outcome.added, outcome.refused) == (3, 0)
    kinds = [number.kind for lead in await lists.leads() for number in lead.numbers]
    assert kinds == ["mobile"] * 3
    assert kinds[0] in SITE.campaigns["renewals"].numbers


async def test_leads_come_from_a_query(lists: Lists, tmp_path: Path) -> None:
    """Of any database; what is no text becomes it."""
    other = f"sqlite:///{tmp_path}/crm.db"
    await _run(other, "CREATE TABLE people (telefon TEXT, nev TEXT, balance INTEGER)")
    await _run(other, "INSERT INTO people VALUES ('06301234567', 'Anna', -5), (NULL, 'Béla', 1)")
    source = await query_source(other, "SELECT * FROM people", {}, SITE)
    assert source.columns.targets == ("phone", "name", "balance")
    with Telling(tmp_path / "people", source.columns.headers) as telling:
        target = Target(lists.store, SITE, "renewals", "anna")
        outcome = await bring_in(source, target, telling, print)
    assert (outcome.added, outcome.refused) == (1, 1)
    assert [lead.data for lead in await lists.leads()] == [{"balance": "-5"}]


async def test_a_query_that_fails_says_why(tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path}/crm.db"
    await _run(other, "CREATE TABLE people (telefon TEXT)")
    for url, query, why in (
        (other, "SELECT * FROM peple", "no such table: peple"),
        (other, "SELECT 1 AS a FROM people", "gives no rows"),
        (f"sqlite:///{tmp_path}/none.db", "SELECT 1", "there is no file"),
        ("oracle://db/crm", "SELECT 1", "--sql"),
        ("nonsense", "SELECT 1", "--sql"),
    ):
        with pytest.raises(LeadsRefused, match=why):
            await query_source(url, query, {}, SITE)


async def test_leads_come_as_objects(lists: Lists, tmp_path: Path) -> None:
    """Their keys are the columns, whichever each has."""
    source = SentSource([{"phone": "06301234567"}, {"telefon": "06201234567", "age": 40}], {}, SITE)
    rows: list[Row] = [row async for piece in source.pieces(0) for row in piece]
    assert source.columns.targets == ("phone", "phone", "age")
    assert rows == [(1, ["06301234567", "", ""]), (2, ["", "06201234567", "40"])]


def test_the_command_tells_what_it_found(trunkline: Command, tmp_path: Path) -> None:
    """For people in sentences, for machines as JSON; it exits with 1 when rows were refused."""
    file = tmp_path / "leads.csv"
    file.write_text("Név;Telefon;Kor\nAnna;06 30 123 4567;40\nBéla;12;30\n")
    into = ("--list", "renewals")
    dry = trunkline("leads", "import", str(file), *into, "--dry-run")
    assert dry.returncode == 1
    assert "utf-8, separated by semicolon, with headers" in dry.stdout
    assert "  Telefon: phone\n  Kor: field kor\n1 lead would be added to renewals" in dry.stdout
    done = trunkline("leads", "import", str(file), *into, "--map", "-=Kor", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["added"] == 1
    wrong = trunkline("leads", "import", *into)
    assert (wrong.returncode, wrong.stderr.split(",")[0]) == (2, "name a file")


async def _run(url: str, statement: str) -> None:
    engine = open_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    await engine.dispose()
