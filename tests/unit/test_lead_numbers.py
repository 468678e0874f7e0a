"""Numbers of leads as people and programs write them."""

from __future__ import annotations

from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.numbers import e164
from config.site import load_site
from engine.campaigns.reading.headers import columns_of
from engine.campaigns.reading.one_form import OneForm, place_of
from engine.campaigns.reading.rows import Refused, RowReader
from engine.campaigns.reading.table import find_out
from history.lead_rows import NewLead
from routing.outbound.leads.place import Place

pytestmark = pytest.mark.unit

SITE = load_site(Path(__file__).parents[2] / "config/site.yaml", {})
NOW_MS = 1_795_420_800_000


def _read(headers: str, cells: str) -> NewLead | Refused:
    return RowReader(columns_of(headers.split(","), {}), SITE, NOW_MS).read(7, cells.split(","))


def test_a_number_that_is_none_is_left_out_and_told() -> None:
    """As long as there is another."""
    lead = _read("mobile,home", "12,06 30 123 4567")
    assert isinstance(lead, NewLead)
    assert lead.notes == ('mobile: "12" is no number that can be dialled',)
    assert _read("mobile,home", "12,") == Refused(7, lead.notes)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("(646) 555-1234", None), ("312-555-0199", None), ("48 601 234 567", None)),
        *(("+1 646 555 1234", "+16465551234"), ("001 646 555 1234", "+16465551234")),
        *(("36 30 123 4567", "+36301234567"), ("06 30 123 4567", "+36301234567")),
    ],
)
def test_a_number_is_of_another_country_only_where_it_begins_as_one(
    text: str, number: str | None
) -> None:
    """Else a stranger in New Zealand would be called for somebody in New York."""
    lead = _read("phone", text)
    assert (isinstance(lead, NewLead) and lead.numbers[0].number) == (number or False)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        *(("36301234567.0", "+36301234567"), ("+16465551234.0", "+16465551234")),
        *(("+36 (0)30 123 4567", "+36301234567"), ("0036 (0) 30/123-4567", "+36301234567")),
        *(("+48 (0)22 123 45 67", "+48221234567"), ("+372 (0)5123 4567", "+37251234567")),
        ("+39 (0)6 6982 1234", "+390669821234"),
        *(("06\u202f30\u2009123\u00a04567", "+36301234567"), ("06\u200b301234567", "+36301234567")),
        ("\u202a+1 646 555 1234\u202c", "+16465551234"),
        ("06 30 123 4567 vagy 06 20 555 1111", "+36301234567 +36205551111"),
        ("+48 601 234 567 lub +48 602 234 567", "+48601234567 +48602234567"),
        ("+372 5123 4567 või +372 5123 4568", "+37251234567 +37251234568"),
        ("06301234567 OR 06205551111", "+36301234567 +36205551111"),
    ],
)
def test_a_number_is_read_as_people_and_programs_write_it(text: str, numbers: str) -> None:
    """A zero that is not dialled from abroad (in Italy it is), signs that nobody sees, two in a
    cell; and without a word."""
    lead = _read("phone", text)
    assert isinstance(lead, NewLead)
    assert (" ".join(each.number for each in lead.numbers), lead.notes) == (numbers, ())


@pytest.mark.parametrize(
    "extension",
    [" ext. 12", " ext 12", " x12", " mell. 12", " mellék: 12", " wew. 12", " (sise 12)", " #12"],
)
def test_an_extension_is_told(extension: str) -> None:
    """Nobody dials it: who answers is the switchboard."""
    text = f"06 1 234 5678{extension}; 06 30 123 4567"
    lead = _read("phone", text)
    assert isinstance(lead, NewLead)
    assert [each.number for each in lead.numbers] == ["+3612345678", "+36301234567"]
    assert lead.notes == (f'phone: "{text}" has an extension, which is not dialled',)


def test_numbers_with_signs_that_nobody_sees_are_found_without_any_header(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("Anna;\u202a06301234567\u202c\nBéla;06301234568.0\n")
    assert find_out(file, SITE, {}).columns.targets == ("column_1", "phone")


def test_a_number_of_another_country_is_told_what_it_lacks() -> None:
    """As it was read as one of the site's country; not where it has a code."""
    why = 'phone: "(212) 555-1234" is no number that can be dialled'
    more = ": it was read as one of HU, of another country it begins with + and its code"
    assert _read("phone", "(212) 555-1234") == Refused(7, (why + more,))
    for text in ("+1 212 555 12345678", "(001) 212 555 12345678"):
        plain = f'phone: "{text}" is no number that can be dialled'
        assert _read("phone", text) == Refused(7, (plain,))


@pytest.mark.parametrize(
    ("number", "place"),
    [
        ("+36301234567", Place("HU", ("Europe/Budapest",))),
        ("+16475551234", Place("CA", ("America/Toronto",))),
        ("+34600123456", Place("ES", ("Atlantic/Canary", "Europe/Madrid"))),
    ],
)
def test_a_number_is_in_every_zone_in_which_it_may_be(number: str, place: Place) -> None:
    assert place_of(number) == place
    assert Place.parse(str(place)) == place


EXAMPLES = {
    region: example
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    if (example := phonenumbers.example_number(region)) is not None
}


@settings(max_examples=60)
@given(st.data())
def test_the_quick_way_to_a_numbers_one_form_says_what_the_long_one_does(
    data: st.DataObject,
) -> None:
    """Of any country's number, however it is written and mistyped, at any site."""
    region = data.draw(st.sampled_from([*EXAMPLES]))
    text = phonenumbers.format_number(EXAMPLES[region], data.draw(st.sampled_from([0, 1, 2])))
    at = data.draw(st.integers(3, len(text)))
    text = text[:at] + data.draw(st.sampled_from(["", "0", "7", "12"])) + text[at + 1 :]
    home = data.draw(st.sampled_from([region, "HU", "US", None]))
    assert OneForm(home)(text) == e164(text, home)
