"""Rows of a file of leads: where each begins and ends, and whether its numbers can exist."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import phonenumbers
import pytest

from config.calling_rules import CallingRules
from config.campaigns import Campaign
from config.number_places import UNKNOWN, place_of
from config.site import Site, load_site
from engine.campaigns.reading.headers import columns_of
from engine.campaigns.reading.one_form import is_assigned
from engine.campaigns.reading.rows import Refused, RowReader
from engine.campaigns.reading.table import find_out
from engine.errors import LeadsRefused
from history.lead_rows import NewLead

pytestmark = pytest.mark.unit

SITE = load_site(Path(__file__).parents[2] / "config/site.yaml", {})
NOW_MS = 1_795_420_800_000
HUNGARIAN = "Név;Telefon\nKovács Őrs;06 30 123 4567\nSzűcs Tünde;06 20 555 1111\n"
NUMBERED = ["phone;name", *(f"0630{1_000_000 + at};n{at}" for at in range(2, 202))]
"""Each row has the number of its line in it."""


@pytest.mark.parametrize(
    ("bad", "value"),
    [
        ([11], '"n{}'),
        ([11, 61], '"n{}'),
        ([11, 14], '"n{}'),
        ([6, 201], '"n{};x'),
        ([11, 12, 13], '"n"{}'),
        ([11], '"n{}"x'),
        ([11], '"'),
    ],
)
def test_a_quotation_mark_that_nobody_closes_costs_its_own_row_alone(
    bad: list[int], value: str, tmp_path: Path
) -> None:
    """It is refused with its line, and reading goes on with the next."""
    lines = [*NUMBERED]
    for line in bad:
        lines[line - 1] = f"0630{1_000_000 + line};{value.format(line)}"
    file = tmp_path / "leads.csv"
    file.write_text("\n".join(lines))
    found = find_out(file, SITE, {})
    reader = RowReader(found.columns, SITE, NOW_MS)
    read = [reader.read(*row) for row in found.rows()]
    refused = [each for each in read if isinstance(each, Refused)]
    assert [each.row for each in refused] == bad
    assert all("quotation mark" in each.reasons[0] for each in refused)
    good = [(each.row, each.name) for each in read if isinstance(each, NewLead)]
    assert good == [(line, f"n{line}") for line in range(2, 202) if line not in bad]


def test_a_quotation_mark_in_a_large_file_stops_nothing(tmp_path: Path) -> None:
    """However much comes after it."""
    file = tmp_path / "leads.csv"
    more = "06301234567;a name that is long enough\n" * 30_000
    file.write_text(f'phone;name\n06301234567;"Anna\n{more}')
    rows = list(find_out(file, SITE, {}).rows())
    assert len(rows) == 30_001
    assert rows[0] == (2, ("06301234567", '"Anna'))


def test_lines_within_quotation_marks_that_close_are_one_value(tmp_path: Path) -> None:
    """With separators and doubled quotation marks in it, also after a row that is torn."""
    note = '"one; two\r\n\r\nthree ""four""\r\nfive"'
    file = tmp_path / "leads.csv"
    file.write_text(f'phone;note\r\n06301234567;{note}\r\n1;"x\r\n2;{note}\r\n3;y\r\n', newline="")
    value = 'one; two\r\n\r\nthree "four"\r\nfive'
    assert list(find_out(file, SITE, {}).rows()) == [
        (2, ["06301234567", value]),
        (6, ("1", '"x')),
        (7, ["2", value]),
        (11, ["3", "y"]),
    ]


def test_a_row_of_several_lines_has_as_many_values_as_the_first(tmp_path: Path) -> None:
    """Else a stray mark has found another row's, and each line is a row."""
    file = tmp_path / "leads.csv"
    file.write_text('phone;name;size\n06301234567;"A;2\n06301234568;B;5"\n06301234569;C;1\n')
    assert [line for line, _ in find_out(file, SITE, {}).rows()] == [2, 3, 4]


@pytest.mark.parametrize(("opened", "closed"), [(11, 12), (11, 61), (11, 101)])
def test_rows_with_numbers_of_their_own_are_no_lines_of_one_value(
    opened: int, closed: int, tmp_path: Path
) -> None:
    """A stray mark that closes by chance, in the same column of a later row, costs its own row."""
    lines = [f"{line};{size}" for line, size in zip(NUMBERED, ["size", *"S" * 200], strict=True)]
    lines[opened - 1] = f'0630{1_000_000 + opened};"n{opened};S'
    lines[closed - 1] = f'0630{1_000_000 + closed};n{closed}";S'
    file = tmp_path / "leads.csv"
    file.write_text("\n".join(lines))
    found = find_out(file, SITE, {})
    reader = RowReader(found.columns, SITE, NOW_MS)
    read = [reader.read(*row) for row in found.rows()]
    assert [each.row for each in read if isinstance(each, Refused)] == [opened]
    assert len(read) == 200


@pytest.mark.parametrize(
    "text",
    [
        'note;phone\n"call;\nbye";06301234567\n',
        'phone;note\n06301234567;"hello; he\nsaid: ask; me\nbye; x"\n',
        'phone;note;size\n06301234567;"also:\n06301234568";S\n',
    ],
)
def test_lines_of_one_value_may_look_like_rows(text: str, tmp_path: Path) -> None:
    """As long as not each has a number where rows have theirs."""
    file = tmp_path / "leads.csv"
    file.write_text(text)
    [(line, cells)] = find_out(file, SITE, {}).rows()
    assert line == 2
    assert any("\n" in cell for cell in cells)


def test_a_row_of_blanks_is_none(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("phone;name\n  ; \n06301234567;A\n;\n\n")
    assert list(find_out(file, SITE, {}).rows()) == [(3, ["06301234567", "A"])]


def test_a_file_that_is_not_in_its_encoding_is_told_which(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text(HUNGARIAN, encoding="cp852")
    with pytest.raises(LeadsRefused, match="is not in the encoding windows-1250: say --encoding"):
        list(find_out(file, SITE, {}, "windows-1250").rows())
    file.write_bytes(HUNGARIAN.encode("cp852"))
    found = find_out(file, SITE, {}, "cp852")
    assert [cells[0] for _, cells in found.rows()] == ["Kovács Őrs", "Szűcs Tünde"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("+36991234567", "+36991234567"), ("06301234", "+3606301234")),
        *(("+3630123456", "+3630123456"), ("+480601234567", "+480601234567")),
        ("+12005551234", "+12005551234"),
    ],
)
def test_a_number_that_its_plan_gives_to_nobody_is_told_at_the_import(
    text: str, number: str
) -> None:
    """As the law's rule `numbers` refuses it on every day; a lead with another number has that."""
    refused = _lead(f"{text};")
    why = f"is {number}, which its numbering plan gives to nobody"
    assert refused == Refused(2, (f'phone: "{text}" {why}',))
    lead = _lead(f"{text};06301234567")
    assert isinstance(lead, NewLead)
    assert [each.number for each in lead.numbers] == ["+36301234567"]
    assert lead.notes == (f'phone: "{text}" {why}',)


def test_a_number_of_nobody_is_a_lead_where_the_law_lets_it_be_called() -> None:
    """By one campaign at least, as a trial does that calls made-up numbers."""
    rules = {"HU": CallingRules.model_validate({"numbers": False})}
    for site in (
        SITE.model_copy(update={"calling_rules": rules}),
        SITE.model_copy(update={"campaigns": _with_rules(rules)}),
    ):
        lead = _lead("+36991234567;", site)
        assert isinstance(lead, NewLead)
        assert isinstance(_lead("+12005551234;", site), Refused)


def _with_rules(rules: Mapping[str, CallingRules]) -> Mapping[str, Campaign]:
    name, campaign = next(iter(SITE.campaigns.items()))
    return {**SITE.campaigns, name: campaign.model_copy(update={"rules": rules})}


def _lead(cells: str, site: Site = SITE) -> NewLead | Refused:
    columns = columns_of(["phone", "home"], {})
    return RowReader(columns, site, NOW_MS).read(2, cells.split(";"))


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_quick_way_to_whether_a_number_is_somebodys_says_what_the_long_one_does(
    region: str,
) -> None:
    """Of an example of each country, and of it with a digit less, more or another."""
    example = phonenumbers.example_number(region)
    assert example is not None
    whole = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    for number in (whole, whole[:-1], f"{whole}0", f"{whole[:4]}0{whole[5:]}"):
        assert is_assigned(number) == (place_of(number).kind != UNKNOWN)
