"""Customers: what is found of a number, and the file that they come from."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from config.customers import FOUND, KEPT, FieldType
from config.document import DocumentError
from config.site import Site, load_site
from engine.cli import app
from engine.customers.directory import facts_of
from engine.customers.files import read_customers
from history.customers import CustomerRow, CustomerStore
from history.database import HistoryDatabase
from history.errors import DatabaseAway
from history.migrations import upgrade_to_head
from history.outcome import Outcome
from ivr.names import LEARNED
from ivr.variables import Kind
from tests.fakes.history_rows import contact

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
FIELDS = {
    "tariff": "text",
    "balance": {"type": "money", "currency": "EUR"},
    "since": {"type": "date"},
}
DAY_MS = 86_400_000


@pytest.fixture
def site() -> Site:
    """The sample, with fields of its own."""
    loaded = load_site(ROOT / "config/site.yaml", {})
    customers = type(loaded.customers).model_validate({"fields": FIELDS})
    return loaded.model_copy(update={"customers": customers})


@pytest.fixture
async def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/history.db"
    await upgrade_to_head(url)
    return url


@pytest.fixture
async def store(url: str) -> AsyncIterator[CustomerStore]:
    store = CustomerStore(url)
    yield store
    await store.close()


ANNA = CustomerRow(
    "+36301234567",
    "Anna Kovács",
    "hu",
    "gold",
    {"tariff": "night", "balance": "-12.50", "since": "not any more"},
)


async def test_a_customer_is_found_with_the_sites_own_fields(
    store: CustomerStore, site: Site
) -> None:
    """As the types that the site says; what does not fit any more is not set."""
    await store.put([ANNA])
    facts = await facts_of(store, site, "0036301234567")
    assert facts == {
        "caller.known": True,
        "caller.name": "Anna Kovács",
        "caller.language": "hu",
        "caller.segment": "gold",
        "caller.tariff": "night",
        "caller.balance": Decimal("-12.50"),
        "caller.since": None,
        "caller.contacts": Decimal(0),
        **{f"caller.last_{name}": None for name in ("queue", "topic", "agent", "outcome", "date")},
    }


async def test_the_latest_contact_is_told(store: CustomerStore, url: str, site: Site) -> None:
    """However the trunk wrote the number; on the site's calendar."""
    late_ms = 1_795_000_000_000 // DAY_MS * DAY_MS - 1_000  # one second before midnight, UTC
    history = HistoryDatabase(url)
    await history.write(
        [
            contact("c1", caller="36301234567", started_ms=late_ms - DAY_MS, queue="support"),
            contact(
                "c2",
                caller="+36301234567",
                started_ms=late_ms,
                queue="faults",
                topic="outage",
                agent=None,
                outcome=Outcome.ABANDONED,
            ),
            contact("c3", caller="+36309999999", started_ms=late_ms + 1),
        ]
    )
    await history.close()
    facts = await facts_of(store, site, "+36301234567")
    assert facts["caller.known"] is False
    assert facts["caller.contacts"] == Decimal(2)
    assert facts["caller.last_queue"] == "faults"
    assert facts["caller.last_topic"] == "outage"
    assert facts["caller.last_agent"] is None
    assert facts["caller.last_outcome"] == "abandoned"
    assert facts["caller.last_date"] == date(2026, 11, 18)


@pytest.mark.parametrize("number", ["", "anonymous", "12", "+"])
async def test_who_does_not_show_a_number_is_unknown(
    store: CustomerStore, site: Site, number: str
) -> None:
    """And has never called."""
    facts = await facts_of(store, site, number)
    assert (facts["caller.known"], facts["caller.contacts"]) == (False, Decimal(0))


async def test_every_fact_is_one_that_flows_may_name(store: CustomerStore, site: Site) -> None:
    """A second lookup leaves nothing of the first."""
    facts = await facts_of(store, site, "+36301234567")
    learned = {name for name in LEARNED if name.startswith("caller.")}
    assert set(facts) == learned | {f"caller.{name}" for name in FIELDS}
    assert {f"caller.{name}" for name in KEPT | FOUND} == learned
    assert FieldType == Kind


async def test_both_questions_are_answered_by_an_index(store: CustomerStore, url: str) -> None:
    """A caller waits for them, and there may be millions of rows."""
    asked: list[str] = []
    for query in (
        "SELECT * FROM customers WHERE number = 'x'",
        (
            "SELECT count(*) OVER (), outcome FROM contacts WHERE caller IN ('x', 'y') "
            "ORDER BY started_ms DESC, id LIMIT 1"
        ),
    ):
        rows = await store._rows(text(f"EXPLAIN QUERY PLAN {query}"))  # type: ignore[arg-type]
        asked += [row[3] for row in rows]
    assert not [plan for plan in asked if plan.startswith("SCAN contacts")]
    assert any("ix_contacts_caller_started_ms" in plan for plan in asked)


async def test_a_database_that_is_away_is_told(site: Site, tmp_path: Path) -> None:
    """The step leaves by its error exit."""
    store = CustomerStore(f"sqlite:///{tmp_path}/without-tables.db")
    with pytest.raises(DatabaseAway):
        await facts_of(store, site, "+36301234567")
    await store.close()


def test_numbers_without_a_country_are_those_of_the_sites_country(site: Site) -> None:
    """Which its own first number tells."""
    assert site.country == "HU"


GOOD = """\
number;name;tariff;language;balance

06301234567;"Kovács; Anna";night;hu;-12.50
+36309999999;;;;
"""


def test_a_file_of_a_spreadsheet_is_read(site: Site) -> None:
    """Semicolons, quotes, empty lines, and columns in any order."""
    assert read_customers(GOOD, "c.csv", site) == [
        CustomerRow(
            "+36301234567",
            "Kovács; Anna",
            "hu",
            None,
            {"tariff": "night", "balance": "-12.50"},
        ),
        CustomerRow("+36309999999"),
    ]


BAD = """\
number,nme,balance,balance
06301234567,a,1,2
"""
BAD_ROWS = """\
number,name,language,balance,since
nobody,a,en,1,2026-01-01
06301234567,a,de,much,2026-02-30
06301234567,b,en,1,
+36301112222,a
+36301113333,"a
b",en,1,
"""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", ["1:1: the file is empty"]),
        ("name\nAnna\n", ["1:1: has no column number, the first line names them"]),
        (
            BAD,
            [
                (
                    '1:2: nme: unknown column "nme", did you mean "name"? (allowed: number, name, '
                    "language, segment, tariff, balance, since)"
                ),
                "1:4: balance: this column is there twice",
            ],
        ),
        (
            BAD_ROWS,
            [
                "2:1: number: is no number that can be dialled, like +3615550100",
                '3:3: language: "de" is no language of the site, allowed: en, hu, pl, et',
                '3:4: balance: "much" is no money',
                '3:5: since: "2026-02-30" is no date',
                "4:1: number: is the number of line 3 too",
                "5:1: has 2 values where the first line has 5",
                "6:2: name: has a line break or another control character in it",
            ],
        ),
        ('number\n"06301234567\n', ["2:1: is no CSV here: unexpected end of data"]),
    ],
)
def test_everything_wrong_in_a_file_is_told_at_once(
    site: Site, content: str, told: list[str]
) -> None:
    """With its line and its column."""
    with pytest.raises(DocumentError) as caught:
        read_customers(content, "c.csv", site)
    assert [str(problem) for problem in caught.value.problems] == [f"c.csv:{each}" for each in told]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance of its own, with the sample site."""
    monkeypatch.setenv("TRUNKLINE_VAR", str(tmp_path / "var"))
    return tmp_path


def trunkline(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["customers", *words])
    return done.exit_code, done.output


def test_customers_are_taken_listed_and_removed(here: Path) -> None:
    """Those with the same number are replaced; a file with a fault changes nothing."""
    file = here / "c.csv"
    file.write_text("number,name,segment\n06301234567,Anna,gold\n+36309999999,Bela,\n", "utf-8")
    assert trunkline("import", str(file)) == (0, "2 customers taken\n")
    file.write_text("number,name\n06301234567,Anna K.\n", "utf-8")
    assert trunkline("import", str(file)) == (0, "1 customer taken\n")
    code, listed = trunkline("list", "--json")
    assert code == 0
    assert [(row["number"], row["name"]) for row in json.loads(listed)] == [
        ("+36301234567", "Anna K."),
        ("+36309999999", "Bela"),
    ]
    assert "Anna K." in trunkline("list")[1]
    assert trunkline("remove", "06 30 123 4567") == (0, "removed\n")
    assert trunkline("remove", "06301234567") == (1, "there is no customer with this number\n")
