"""`trunkline leads`, `dnc` and `consent` as their users meet them."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.command import Command

pytestmark = pytest.mark.unit

Dnc = Callable[..., tuple[int, str]]


@pytest.fixture
def said(trunkline: Command, tmp_path: Path, migrated: bytes) -> Dnc:
    """`said("dnc", "add", …)`: the exit code, and what was printed."""
    (tmp_path / "trunkline.sqlite3").write_bytes(migrated)

    def run(*words: str) -> tuple[int, str]:
        done = trunkline(*words, TRUNKLINE_AUTHOR="anna")
        return done.returncode, (done.stdout or done.stderr).strip()

    return run


def test_a_number_is_entered_and_taken_out(said: Dnc) -> None:
    """However it is written; that it was in, and by whose word, is kept."""
    assert said("dnc", "check", "06 30 123 4567") == (0, "on no register")
    assert said("dnc", "add", "06 30 123 4567", "--note", "letter of 3 May") == (0, "added")
    assert said("dnc", "add", "+36301234567") == (0, "it was there already")
    assert said("dnc", "remove", "0036301234567", "--by", "béla") == (0, "removed")
    assert said("dnc", "remove", "0036301234567") == (1, "it is not in own")
    said("dnc", "add", "+36301234567")
    code, out = said("dnc", "check", "+36301234567", "--json")
    first, second = json.loads(out)
    assert code == 1
    assert (first["by"], first["removed_by"], first["note"]) == ("anna", "béla", "letter of 3 May")
    assert (second["until_ms"], second["source"], second["register"]) == (None, "own", "own")


def test_a_register_is_brought_in_and_replaced(said: Dnc, tmp_path: Path) -> None:
    """A new copy takes out what it does not have, and nothing of other registers."""
    file = tmp_path / "robinson.csv"
    file.write_text("number\n+36301234567\n06 30 123 4568\nnobody\n")
    said("dnc", "add", "+36301234567")
    code, out = said("dnc", "import", str(file), "--register", "robinson")
    assert (code, out.splitlines()[0]) == (1, "robinson: 2 numbers, 2 new, 0 taken out")
    file.write_text("number\n+36301234568\n+36301234569\n")
    code, out = said("dnc", "import", str(file), "--register", "robinson", "--replace")
    assert (code, out) == (0, "robinson: 2 numbers, 1 new, 1 taken out")
    _, out = said("dnc", "export")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["number"][-4:], row["register"]) for row in rows] == [
        ("4567", "own"),
        ("4568", "robinson"),
        ("4569", "robinson"),
    ]
    registers = json.loads(said("dnc", "list", "--json")[1])
    assert registers["own"] is None
    assert registers["robinson"] > 0


def test_a_register_of_another_country_is_read_as_written_there(said: Dnc, tmp_path: Path) -> None:
    """As the register of the US has it: the area code, and the number in it."""
    file = tmp_path / "national.csv"
    file.write_text("212,7365000\n312,7440000\n")
    code, out = said("dnc", "import", str(file), "--register", "us_national", "--country", "us")
    assert (code, out) == (0, "us_national: 2 numbers, 2 new, 0 taken out")
    assert said("dnc", "check", "+12127365000")[0] == 1
    code, out = said("dnc", "import", str(file), "--register", "us_national", "--country", "usa")
    assert (code, "write two letters" in out) == (2, True)


def test_a_register_that_is_mostly_no_numbers_is_not_brought_in(said: Dnc, tmp_path: Path) -> None:
    """Its entries may be anybody's: no campaign calls by it."""
    file = tmp_path / "national.csv"
    file.write_text("number\n+36301234567\n+12005551234\n+12005551235\n")
    code, out = said("dnc", "import", str(file), "--register", "us_national")
    assert code == 2
    assert "2 rows refused" in out
    assert "--country" in out
    assert json.loads(said("dnc", "list", "--json")[1])["us_national"] is None


def test_a_copy_without_any_number_takes_nothing_out(said: Dnc, tmp_path: Path) -> None:
    file = tmp_path / "robinson.csv"
    file.write_text("number\n+36301234567\n")
    said("dnc", "import", str(file), "--register", "robinson")
    file.write_text("number\nnobody\n")
    code, out = said("dnc", "import", str(file), "--register", "robinson", "--replace")
    assert code == 2
    assert "no row has a number" in out
    assert said("dnc", "check", "+36301234567")[0] == 1


def test_consents_are_given_and_withdrawn_with_their_sources(said: Dnc) -> None:
    number = "+36301234567"
    assert said("consent", "show", number)[0] == 1
    given = ("consent", "give", number, "--source", "web form", "--given", "2026-05-03 14:00")
    assert said(*given) == (0, "written")
    assert said(*given) == (0, "it was there already")
    assert said("consent", "withdraw", number, "--source", "letter", "--kind", "live")[0] == 1
    assert said("consent", "withdraw", number, "--source", "letter") == (0, "1 consent withdrawn")
    code, out = said("consent", "show", number, "--json")
    (row,) = json.loads(out)
    assert code == 1
    assert (row["kind"], row["source"], row["withdrawn_source"]) == (
        "automated",
        "web form",
        "letter",
    )


def test_consents_are_brought_in(said: Dnc, tmp_path: Path) -> None:
    file = tmp_path / "consents.csv"
    file.write_text(
        "number,kind,source,given\n"
        "06301234567,automated,form,2026-05-03\n"
        "06301234568,autmated,form,2026-05-03\n"
        "06301234569,live,,2026-05-03\n"
    )
    assert said("consent", "import", str(file))[0] == 1
    with (tmp_path / "consents.csv.refused.csv").open() as refused:
        reasons = [row["why refused"] for row in csv.DictReader(refused)]
    assert reasons[0].startswith('"autmated" is no kind of consent, did you mean "automated"?')
    assert reasons[1].startswith("a consent needs its source")
    assert said("consent", "show", "06301234567")[0] == 0
    assert len(said("consent", "export")[1].splitlines()) == 2


@pytest.fixture
def listed(said: Dnc, tmp_path: Path) -> Dnc:
    """With a list of two leads, of which the first was given up after a call."""
    file = tmp_path / "leads.csv"
    file.write_text("id,név,mobil,segment\nA1,Anna,06301234567,gold\nB2,Béla,06301234568,\n")
    said("leads", "import", str(file), "--list", "renewals")
    with sqlite3.connect(tmp_path / "trunkline.sqlite3") as database:
        database.execute(
            "UPDATE leads SET state = 'done', why = 'given_up', last_result = 'busy', tries = 3,"
            " updated_ms = 1 WHERE id = 1"
        )
        database.execute(
            "UPDATE lead_numbers SET closed = 'busy', results = '{\"busy\": 3}' WHERE lead_id = 1"
        )
        database.execute(
            "INSERT INTO dial_attempts (id, site, node, campaign, list_id, lead_id, position,"
            " number, begun_ms, result, evidence) SELECT 'a', site, 'n', 'c', 1, 1, 0,"
            " '+36301234567', 1000, 'busy', '{\"hours\": \"permits\"}' FROM lead_lists"
        )
    return said


def test_lists_and_leads_are_shown(listed: Dnc) -> None:
    (lists,) = json.loads(listed("leads", "lists", "--json")[1])
    assert (lists["name"], lists["counts"]) == ("renewals", {"done": 1, "ready": 1})
    leads = json.loads(listed("leads", "list", "--list", "renewals", "--json")[1])
    assert [lead["name"] for lead in leads] == ["Béla", "Anna"]
    found = json.loads(listed("leads", "list", "--number", "06 30 123 4568", "--json")[1])
    assert [lead["external_id"] for lead in found] == ["B2"]
    shown = json.loads(listed("leads", "show", "1", "--json")[1])
    assert (shown["data"], shown["attempts"][0]["result"]) == ({"segment": "gold"}, "busy")
    assert "given_up" in listed("leads", "show", "1")[1]


def test_a_list_is_exported_as_it_could_be_imported(listed: Dnc, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(listed("leads", "export", "--list", "renewals")[1])))
    assert [(row["phone"], row["segment"], row["state"]) for row in rows] == [
        ("+36301234567", "gold", "done"),
        ("+36301234568", "", "ready"),
    ]
    calls = listed("leads", "attempts", "--from", "1970-01-01")[1]
    assert json.loads(calls)["evidence"] == {"hours": "permits"}


def test_a_leads_part_of_the_country_is_told_and_exported(said: Dnc, tmp_path: Path) -> None:
    """And read again as it was."""
    file = tmp_path / "leads.csv"
    file.write_text("id,mobile,State\nA1,+12125551234,Florida\n")
    said("leads", "import", str(file), "--list", "us")
    shown = said("leads", "show", "1")[1]
    assert "US-FL" in shown
    assert json.loads(said("leads", "list", "--list", "us", "--json")[1])[0]["part"] == "US-FL"
    file.write_text(said("leads", "export", "--list", "us")[1] + "\n")
    said("leads", "import", str(file), "--list", "again")
    (again,) = json.loads(said("leads", "list", "--list", "again", "--json")[1])
    assert again["part"] == "US-FL"


def test_a_lists_own_part_is_exported_beside_that_of_the_country(said: Dnc, tmp_path: Path) -> None:
    """And read again as it was; the import says what it took each column for."""
    file = tmp_path / "leads.csv"
    file.write_text("id,mobile,State,part\nA1,+12125551234,Florida,wheel\n")
    told = said("leads", "import", str(file), "--list", "us")[1]
    assert (
        "  State: part (by its values; --map field.state=State takes it for a field alone)" in told
    )
    assert "  part: field part\n" in told
    for name in ("us", "again"):
        (lead,) = json.loads(said("leads", "list", "--list", name, "--json")[1])
        assert (lead["part"], lead["data"]["part"]) == ("US-FL", "wheel")
        file.write_text(said("leads", "export", "--list", name)[1] + "\n")
        told = json.loads(said("leads", "import", str(file), "--list", "again", "--json")[1])
        alone = "--map field.part=part takes it for a field alone"
        assert told["columns"] == {"part": f"by its values; {alone}"}


def test_why_a_lead_was_not_called_is_told_and_exported(listed: Dnc, tmp_path: Path) -> None:
    """The last time; and how often which rule did not permit calls, by day."""
    reasons = [{"rule": "hours", "jurisdiction": "HU", "because": "outside the hours"}]
    refused = {"at_ms": 1_000, "campaign": "c", "number": "+36301234568", "reasons": reasons}
    with sqlite3.connect(tmp_path / "trunkline.sqlite3") as database:
        database.execute("UPDATE leads SET refused = ? WHERE id = 2", (json.dumps(refused),))
        database.execute(
            "INSERT INTO dial_refusals SELECT site, 'c', '2026-11-23', 'hours', 4, 1000"
            " FROM lead_lists"
        )
    assert "outside the hours" in listed("leads", "show", "2")[1]
    assert "hours" in listed("leads", "list")[1]
    assert json.loads(listed("leads", "show", "2", "--json")[1])["refused"] == refused
    rows = list(csv.DictReader(io.StringIO(listed("leads", "export", "--list", "renewals")[1])))
    assert [row["refused_by"] for row in rows] == ["", "hours"]
    days = ("--since", "2026-11-23", "--until", "2026-11-23")
    (told,) = json.loads(listed("campaign", "refusals", *days, "--json")[1])
    assert (told["campaign"], told["rule"], told["refusals"]) == ("c", "hours", 4)
    assert listed("campaign", "refusals", "c", *days, "--csv")[1].splitlines()[1] == (
        "c,2026-11-23,hours,4,1000"
    )
    assert "hours" in listed("campaign", "refusals", *days)[1]
    assert json.loads(listed("campaign", "refusals", "d", *days, "--json")[1]) == []


def test_leads_that_were_given_up_begin_anew(listed: Dnc) -> None:
    """Those that ended so, long enough ago, and not more often than is said."""
    again = ("leads", "recycle", "--list", "renewals", "--older", "1h", "--result")
    assert listed(*again, "no_answer") == (0, "0 leads of renewals ready again")
    assert listed(*again, "busy") == (0, "1 lead of renewals ready again")
    shown = json.loads(listed("leads", "show", "1", "--json")[1])
    assert (shown["state"], shown["tries"], shown["recycled"]) == ("ready", 0, 1)
    assert (shown["numbers"][0]["closed"], shown["numbers"][0]["results"]) == (None, {})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("list", "--list", "renewal"), 'there is no list "renewal", did you mean "renewals"?'),
        (("list", "--state", "redy"), 'did you mean "ready"?'),
        (("list", "--number", "12"), '"12" is no number that can be dialled'),
        (("show", "7"), "there is no lead 7"),
        (("recycle", "--list", "renewals", "--result", "bussy"), 'did you mean "busy"?'),
        (("recycle", "--list", "renewals", "--result", "busy", "--older", "x"), "--older='x'"),
    ],
)
def test_what_cannot_be_is_told(listed: Dnc, words: tuple[str, ...], message: str) -> None:
    code, out = listed("leads", *words)
    assert code == 2
    assert message in out
