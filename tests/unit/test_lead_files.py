"""Files of leads as people have them: what is found out about them, and what their rows say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.site import load_site
from engine.campaigns.reading.dialect import Dialect, dialect_of
from engine.campaigns.reading.encoding import encoding_of
from engine.campaigns.reading.headers import BadMap, columns_of
from engine.campaigns.reading.moments import moment_ms
from engine.campaigns.reading.parts import with_part
from engine.campaigns.reading.rows import Refused, RowReader
from engine.campaigns.reading.table import find_out
from engine.campaigns.sources import FileSource
from engine.errors import LeadsRefused
from history.lead_rows import NewLead
from routing.outbound.leads import besttime

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
SITE = load_site(ROOT / "config/site.yaml", {})
MONDAY_MS = 1_795_420_800_000
"""2026-11-23 08:00 UTC, 09:00 in Budapest."""
BEST_TIMES = ("When to call", "Hívás ideje", "Kiedy dzwonić", "Pora rozmowy", "Millal helistada")
HUNGARIAN = "Név;Telefon\nKovács Őrs;06 30 123 4567\nSzűcs Tünde;06 20 555 1111\n"
POLISH = "Imię i nazwisko;Telefon\nZażółć Gęśla;+48 601 234 567\nJaźń Łukasz;+48 602 234 567\n"
ESTONIAN = "Nimi;Telefon\nÕnne Põder;+372 5123 4567\nŠiim Žukov ja Jõgi;+372 5123 4568\n"
FRENCH = "Name;Phone\nHélène Forêt;+33 6 12 34 56 78\nAndré Léger;+33 6 12 34 56 79\n"


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (HUNGARIAN, "utf-8", "utf-8"),
        (HUNGARIAN, "utf-8-sig", "utf-8"),
        (HUNGARIAN, "utf-16", "utf-16"),
        (HUNGARIAN, "utf-16-le", "utf-16"),
        (HUNGARIAN, "utf-16-be", "utf-16"),
        (HUNGARIAN, "utf-32", "utf-32"),
        (HUNGARIAN, "cp1250", "windows-1250"),
        (POLISH, "cp1250", "windows-1250"),
        (POLISH, "iso8859-2", "iso-8859-2"),
        (POLISH, "cp1257", "windows-1257"),
        (ESTONIAN, "cp1257", "windows-1257"),
        (FRENCH, "cp1252", "windows-1252"),
    ],
)
def test_the_encoding_is_found_by_the_bytes(
    text: str, codec: str, name: str, tmp_path: Path
) -> None:
    """Whatever a spreadsheet saved: the letters come out right."""
    file = tmp_path / "leads.csv"
    file.write_bytes(text.encode(codec))
    found = find_out(file, SITE, {})
    assert found.encoding.name == name
    assert [cells[0] for _, cells in found.rows()] == [
        line.partition(";")[0] for line in text.splitlines()[1:]
    ]


def test_one_letter_at_the_end_tells_the_encoding(tmp_path: Path) -> None:
    """Of a long file every byte counts, and a letter may lie across two pieces of it."""
    file = tmp_path / "leads.csv"
    file.write_bytes(b"x" * ((1 << 20) - 1) + "ű".encode())
    assert encoding_of(file).name == "utf-8"
    file.write_bytes(b"x" * (1 << 20) + "ű".encode("cp1250"))
    assert encoding_of(file).name == "windows-1250"
    file.write_bytes(b"x" + "ű".encode()[:1])
    assert encoding_of(file).name != "utf-8"


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("phone,name\n1,a\n", Dialect(",", '"')),
        ('phone;balance\n1;"1,50"\n2;2,50\n', Dialect(";", '"')),
        ("phone\tname\n1\tKovács, Anna\n2\tNagy, Béla\n", Dialect("\t", '"')),
        ("phone|name\n1|a;b\n", Dialect("|", '"')),
        ("phone,name\n1,'Nagy, Béla'\n2,'Kis, Éva'\n", Dialect(",", "'")),
        ('phone,name\n1,"two\nlines, here"\n2,b\n', Dialect(",", '"')),
        ("phone\n1\n2\n", Dialect(",", '"')),
        ("sep=;\nphone,x;name,y\n1,2;a,b\n", Dialect(";", '"')),
        ("Leads, Budapest\n\nphone;balance\n1;2,50\n2;3\n", Dialect(";", '"')),
        ("phone;balance\n1;2,50\n2;3,50\n3;4,50\n", Dialect(";", '"')),
    ],
)
def test_the_dialect_is_the_one_that_gives_an_even_table(text: str, dialect: Dialect) -> None:
    """Commas in decimals and in names, quotes of either kind, lines within them."""
    assert dialect_of(text) == dialect


@pytest.mark.parametrize(
    ("headers", "targets"),
    [
        ("Customer ID,Full name,Mobile,Time zone", "id,name,phone.mobile,zone"),
        ("Ügyfélszám,Név,Telefonszám:,Nyelv", "id,name,phone,language"),
        ("Identyfikator,Imię i nazwisko,Telefon komórkowy,Język", "id,name,phone.mobile,language"),
        ("Kliendi ID,Nimi,Töötelefon,Ajavöönd", "id,name,phone.work,zone"),
        (
            "Phone 1,Phone 2,Szerződés száma,,Szerződés száma",
            "phone,phone,szerzodes_szama,column_4,szerzodes_szama_2",
        ),
        ("refused row,why refused,tel", "-,-,phone"),
        ("Phone,State,Region", "phone,state,region"),
        *((f"Phone,{header}", "phone,best_time") for header in BEST_TIMES),
        ("Vorname,Nachname,Handy,Telefonnummer", "first_name,last_name,phone.mobile,phone"),
        ("Kundennummer,Festnetz,Zeitzone,Rückruf am", "id,phone.home,zone,call_at"),
        ("Imię,Tel. kom.,Data oddzwonienia", "first_name,phone.mobile,call_at"),
        ("Ügyfélkód,Mobiltelefonszám,Visszahívás időpontja", "id,phone.mobile,call_at"),
        ("Telefoni nr,Tagasihelistamise kuupäev", "phone,call_at"),
        (
            "id,phone.mobile,phone_home,Phone.Work,phone.other,phone.mobile2,phone_home_2",
            "id,phone.mobile,phone.home,phone.work,phone.other,phone.mobile,phone.home",
        ),
        (
            "phone,name,language,zone,priority,best_time,call_at",
            "phone,name,language,zone,priority,best_time,call_at",
        ),
    ],
)
def test_columns_are_known_by_their_headers(headers: str, targets: str) -> None:
    """In five languages, however accents, case and signs are; others are the lead's own fields."""
    assert columns_of(headers.split(","), {}).targets == tuple(targets.split(","))


def test_who_imports_may_say_what_a_column_is() -> None:
    """By its header or its number; that goes before what the header says."""
    columns = columns_of(["A", "Telefon", "Név"], {"phone": "a", "segment": "3", "-": "telefon"})
    assert columns.targets == ("phone", "-", "segment")


@pytest.mark.parametrize(
    ("wished", "message"),
    [
        ({"phone": "Telfon"}, 'there is no column "Telfon", did you mean "Telefon"?'),
        ({"phone.mobil": "Telefon"}, 'a lead has no "phone.mobil", did you mean "phone.mobile"?'),
    ],
)
def test_a_map_that_cannot_be_is_told(wished: dict[str, str], message: str) -> None:
    with pytest.raises(BadMap) as told:
        columns_of(["Telefon", "Név"], wished)
    assert message in str(told.value)


@pytest.mark.parametrize("number", ["06 30 123 4567", "06-30-2012345", "+36.30.123.4567"])
def test_numbers_are_found_without_any_header(number: str, tmp_path: Path) -> None:
    """A file that begins with a lead loses none, and its numbers are told by what they are."""
    file = tmp_path / "leads.csv"
    file.write_text(f"Anna;{number}\nBéla;06 30 123 4568\n")
    found = find_out(file, SITE, {})
    assert found.columns.targets == ("column_1", "phone")
    assert len(list(found.rows())) == 2


@pytest.mark.parametrize(
    ("above", "first"),
    [
        ("sep=;\n", 2),
        ('"sep=;"\r\n', 2),
        ("Leads of autumn\n\n", 2),
        ("Leads of autumn;;\nExported: 2026-11-25;;\n", 3),
        ("Exported;2026.11.25.\nBy;Anna\n;;\n", 3),
        ("sep=;\nLeads, Budapest\n", 3),
        ("", 1),
    ],
)
@pytest.mark.parametrize(("header", "wished"), [("Telefon", {}), ("Kontakt", {"phone": "kontakt"})])
def test_what_stands_above_the_headers_is_no_lead(
    above: str, first: int, header: str, wished: dict[str, str], tmp_path: Path
) -> None:
    """What tells a spreadsheet the separator, titles, when it was made; and it is told."""
    file = tmp_path / "leads.csv"
    file.write_text(f"{above}Név;{header};Kor\nAnna;06 30 123 4567;40\nBéla;06 30 123 4568;50\n")
    found = find_out(file, SITE, wished)
    assert (found.columns.targets, found.first) == (("name", "phone", "kor"), first)
    assert [cells[0] for _, cells in found.rows()] == ["Anna", "Béla"]
    told = FileSource(found).told()
    assert told.endswith(f"with headers below {first - 1} other rows" if first > 1 else "headers")


def test_a_header_that_nobody_knows_is_the_first_row(tmp_path: Path) -> None:
    """Also where rows without a number follow; and one of a single column has one value."""
    file = tmp_path / "leads.csv"
    for text, headers in (
        ("Ki;Hol\nAnna;?\nBéla;06301234567\n", ("Ki", "Hol")),
        ("Hol\n06301234567\n", ("Hol",)),
    ):
        file.write_text(text)
        assert find_out(file, SITE, {"phone": "Hol"}).columns.headers == headers


def test_a_file_without_numbers_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("Név;Kor\nAnna;40\n")
    with pytest.raises(LeadsRefused, match="no column has numbers"):
        find_out(file, SITE, {})


def _read(headers: str, cells: str, wished: Mapping[str, str] = {}) -> NewLead | Refused:
    row, now = cells.split(","), MONDAY_MS
    columns = columns_of(headers.split(","), wished)
    return RowReader(with_part(columns, [row], SITE), SITE, now).read(7, row)


def test_a_row_is_a_lead() -> None:
    """Its numbers in their one form, each with its kind and place; its other columns as fields."""
    lead = _read(
        "id,first name,last name,mobile,home,priority,zone,Szegmens",
        "A1,Anna,Kovács,06 30 123 4567,06-1/234-5678; +36 1 234 5679,5,,gold",
    )
    assert isinstance(lead, NewLead)
    assert (lead.external_id, lead.name, lead.priority) == ("A1", "Anna Kovács", 5)
    assert [(n.number, n.kind) for n in lead.numbers] == [
        ("+36301234567", "mobile"),
        ("+3612345678", "home"),
        ("+3612345679", "home"),
    ]
    assert {n.place for n in lead.numbers} == {"HU Europe/Budapest"}
    assert lead.data == {"first_name": "Anna", "last_name": "Kovács", "szegmens": "gold"}


@pytest.mark.parametrize("text", ["FL", "fl", "Florida", "florida", "US-FL", "us-fl"])
def test_a_lead_tells_its_part_of_the_country(text: str) -> None:
    """Beside what the file says, which stays a field; its numbers are at that place."""
    lead = _read("phone,State", f"+12125551234,{text}")
    assert isinstance(lead, NewLead)
    assert (lead.part, lead.data) == ("US-FL", {"state": text})
    assert lead.numbers[0].place == "US-FL America/New_York"


def test_a_part_is_of_the_numbers_country() -> None:
    """What is none is told, and kept as a field."""
    lead = _read("phone,state", "+12125551234,Bavaria", {"part": "state"})
    assert isinstance(lead, NewLead)
    assert (lead.part, lead.data, lead.numbers[0].place[:3]) == (None, {"state": "Bavaria"}, "US ")
    assert lead.notes == ('state: "Bavaria" is no part of US whose rules are known',)
    at_home = _read("phone,Megye", "06301234567,Pest", {"part": "Megye"})
    assert isinstance(at_home, NewLead)
    assert (at_home.part, at_home.notes, at_home.data) == (None, (), {"megye": "Pest"})
    bavarian = _read("phone,part", "+498912345678,Bayern")
    assert isinstance(bavarian, NewLead)
    assert (bavarian.part, bavarian.data) == ("DE-BY", {})


US_ROWS = "+12125551234,{}\n+13055551234,{}\n+14045551234,{}\n"


@pytest.mark.parametrize(
    ("header", "rows", "target", "remark"),
    [
        ("State", US_ROWS.format("FL", "ny", "Georgia"), "part", "--map field.state=State"),
        ("part", US_ROWS.format("FL", "", "US-GA"), "part", "--map field.part=part"),
        (
            "State",
            US_ROWS.format("open", "paid", "open"),
            "state",
            '"open", "paid" are no parts of US: --map part=State takes it for one',
        ),
        (
            "part",
            US_ROWS.format("wheel", "FL", "brake"),
            "field.part",
            '"wheel", "brake" are no parts of US',
        ),
        (
            "Region",
            US_ROWS.format("", "", ""),
            "region",
            "as no lead in the first rows has a value; --map field.region=Region takes it for a",
        ),
        ("Megye", "06301234567,Pest\n", "megye", "as no parts are known of HU"),
        ("Region", "12,Pest\n", "region", "no lead in the first rows has a value"),
        ("State", "06301234567,open\n+12125551234,FL\n", "part", "by its values"),
    ],
)
def test_a_column_tells_the_part_of_the_country_only_where_its_values_are_some(
    header: str, rows: str, target: str, remark: str, tmp_path: Path
) -> None:
    """The state of an order is none, and a list's own part stays its own; either way it is said,
    with how to have the other."""
    file = tmp_path / "leads.csv"
    file.write_text(f"phone,{header}\n{rows}")
    columns = find_out(file, SITE, {}).columns
    assert columns.targets == ("phone", target)
    assert remark in columns.remarks[header]


@pytest.mark.parametrize(("header", "name"), [("State", "state"), ("part", "part")])
@pytest.mark.parametrize("first", ["+12125551234,\n", "06301234567,Pest\n"])
def test_a_column_of_which_the_first_rows_say_nothing_tells_the_part_where_it_is_one(
    first: str, header: str, name: str, tmp_path: Path
) -> None:
    """Its rules are law: that of a lead in the middle of a long file holds too."""
    file = tmp_path / "leads.csv"
    later = "+13055551234,FL\n+13055551235,open\n06301234567,FL\n+498912345678,Bayern\n"
    file.write_text(f"phone,{header}\n{first * 200}{later}")
    found = find_out(file, SITE, {})
    reader = RowReader(found.columns, SITE, MONDAY_MS)
    read = [reader.read(*row) for row in [*found.rows()][-4:]]
    leads = [each for each in read if isinstance(each, NewLead)]
    assert [each.part for each in leads] == ["US-FL", None, None, "DE-BY"]
    assert [each.data[name] for each in leads] == ["FL", "open", "FL", "Bayern"]
    assert leads[0].numbers[0].place == "US-FL America/New_York"
    assert not any(each.notes for each in leads)


def test_of_several_such_columns_the_first_that_says_one_counts() -> None:
    """A field that was chosen as one alone says none."""
    chosen: tuple[tuple[Mapping[str, str], str], ...]
    chosen = ({}, "US-FL"), ({"field.state": "State"}, "US-GA")
    for wished, part in chosen:
        columns = with_part(columns_of(["phone", "State", "Region"], wished), [], SITE)
        lead = RowReader(columns, SITE, MONDAY_MS).read(2, ["+12125551234", "FL", "GA"])
        assert isinstance(lead, NewLead)
        assert lead.part == part


def test_who_imports_says_which_column_is_the_part_of_the_country(tmp_path: Path) -> None:
    """Whatever the values are, and nothing else is taken for it then."""
    file = tmp_path / "leads.csv"
    file.write_text("phone,State,Region,part\n+12125551234,open,FL,GA\n")

    def targets(wished: dict[str, str]) -> tuple[str, ...]:
        return find_out(file, SITE, wished).columns.targets

    assert targets({}) == ("phone", "state", "part", "field.part")
    assert targets({"part": "State"}) == ("phone", "part", "region", "field.part")
    assert targets({"field.region": "Region"}) == ("phone", "state", "region", "part")
    assert targets({"field.part": "part", "-": "Region"}) == ("phone", "state", "-", "field.part")


def test_a_lists_own_part_is_a_field_of_that_name(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("phone,part\n+12125551234,wheel\n")
    found = find_out(file, SITE, {})
    [(number, cells)] = found.rows()
    lead = RowReader(found.columns, SITE, MONDAY_MS).read(number, cells)
    assert isinstance(lead, NewLead)
    assert (lead.part, lead.data, lead.notes) == (None, {"part": "wheel"}, ())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hu", "hu"),
        ("PL-pl", "pl"),
        *(("angol", "en"), ("Magyar", "hu"), ("lengyel nyelv", "pl"), ("észt", "et")),
        *(("angielski", "en"), ("węgierski", "hu"), ("język polski", "pl"), ("estoński", "et")),
        *(("inglise", "en"), ("ungari keel", "hu"), ("poola", "pl"), ("Eesti", "et")),
        *(("English", "en"), ("Hungarian", "hu"), ("Polish", "pl"), ("Estonian", "et")),
    ],
)
def test_a_language_is_written_as_people_write_it(text: str, code: str) -> None:
    """By its code, or by its name in any of the four."""
    lead = _read("phone,language", f"06301234567,{text}")
    assert isinstance(lead, NewLead)
    assert lead.language == code


@pytest.mark.parametrize(
    ("headers", "cells", "reason"),
    [
        ("phone,name", ",Anna", "has no number"),
        ("phone", "3.61E+10", "was a number before a spreadsheet rounded it"),
        (
            "phone,priority",
            "06301234567,high",
            'priority: "high" is no priority, 0 to 99 is needed',
        ),
        ("phone,zone", "06301234567,Budapest", 'zone: "Budapest" is no time zone, did you mean'),
        ("phone,language", "06301234567,xx", 'language: "xx" is no language of the site'),
        ("phone,call at", "06301234567,03/04/2026 9:00", "may be read in two ways"),
        ("phone,call at", "06301234567,30.02.2027 9:00", "is no day"),
        ("phone", "06301234567,,x", "has 3 values where the first line has 1"),
        ("phone,name", "06301234567,A\0", "no control characters"),
    ],
)
def test_a_row_that_is_no_lead_says_why(headers: str, cells: str, reason: str) -> None:
    refused = _read(headers, cells)
    assert isinstance(refused, Refused)
    assert reason in refused.reasons[0]


def test_a_promised_time_is_on_the_leads_own_clock() -> None:
    """Of its zone, or of its number's; the site's is Budapest."""
    for cells, at in (
        ("+16465551234,25.11.2026 9:00", "2026-11-25T14:00Z"),
        ("+36301234567,2026.11.25. 9:00", "2026-11-25T08:00Z"),
        ("+36301234567,2026-11-25T09:00:00+0200", "2026-11-25T07:00Z"),
    ):
        lead = _read("phone,call at", cells)
        assert isinstance(lead, NewLead)
        assert lead.appointment
        assert lead.due_ms == moment_ms(at, ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-29 02:30", "2026-03-29T01:30Z"),  # left out: the clock goes from 2 to 3
        ("2026-10-25 02:30", "2026-10-25T00:30Z"),  # twice: the first of them
        ("2028-02-29 12:00", "2028-02-29T11:00Z"),
    ],
)
def test_the_change_of_the_clock_and_the_leap_day(text: str, utc: str) -> None:
    budapest = ZoneInfo("Europe/Budapest")
    assert moment_ms(text, budapest) == moment_ms(utc, ZoneInfo("UTC"))


def test_a_best_time_is_when_the_lead_is_due() -> None:
    """Now, where it is now; else when it next begins."""
    at_six = moment_ms("2026-11-23 18:00", ZoneInfo("Europe/Budapest"))
    for best, due in (("9-12", MONDAY_MS), ("mon-fri 18:00-20:00", at_six)):
        lead = _read("phone,best time", f"06301234567,{best}")
        assert isinstance(lead, NewLead)
        assert lead.due_ms == due
        assert lead.numbers[0].best == besttime.written(besttime.parse(best))


def test_a_best_time_that_is_none_is_left_out_and_told() -> None:
    """The lead is called at any time that it may be called."""
    lead = _read("phone,best time", "06301234567,20-18")
    assert isinstance(lead, NewLead)
    assert (lead.numbers[0].best, lead.due_ms) == (None, None)
    told = 'best_time: "20-18" is no best time: it ends before it begins'
    assert lead.notes == (told,)
    assert _read("phone,best time", ",20-18") == Refused(7, (told, "has no number"))
