"""Documents are read as they were written, and every fault is told with its place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from config.document import DocumentError, Problem, load_document, load_located, load_text, schema
from config.suggest import did_you_mean, shown
from config.yaml_plain import Unclear, parse_plain
from config.yaml_tree import MAX_VALUES, parse_tree
from tests.unit.shop import Shop

pytestmark = pytest.mark.unit

BAD = sorted((Path(__file__).parents[1] / "data/document/bad").glob("*.yaml"))
WANT = "# want: "


def faults(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        load_text(text, "shop.yaml", Shop)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_each_bad_file_gives_exactly_the_messages_it_names(path: Path) -> None:
    """Every problem at once, in the file's order, in our words and at its own place."""
    with pytest.raises(DocumentError) as caught:
        load_document(path, Shop)
    lines = path.read_text().splitlines()
    wanted = [f"{path}:{line[len(WANT) :]}" for line in lines if line.startswith(WANT)]
    assert [str(problem) for problem in caught.value.problems] == wanted


def test_there_are_enough_bad_files() -> None:
    """The collection above must not silently shrink to nothing."""
    assert len(BAD) >= 25


@pytest.mark.parametrize(
    "written", ["0123", "10:30", "no", "on", "+36301234567", "1e3", "0x1F", "2026-03-15", "1_000"]
)
def test_a_scalar_stays_the_text_that_was_written(written: str) -> None:
    """YAML 1.1 would make these 83, 630, False, True, 36301234567, 1000.0, 31 and a date."""
    shop = load_text(f"name: {written}\nkeys: {{{written}: x}}\n", "shop.yaml", Shop)
    assert shop.name == written
    assert list(shop.keys) == [written]


def test_the_model_turns_text_into_its_own_types() -> None:
    """A level is a number and a truth value may be written in any of YAML's ways."""
    shop = load_text(
        'name: s\npeople: {anna: {level: "3"}}\nopen: no\nhours: [09, 17]', "s.yaml", Shop
    )
    assert (shop.people["anna"].level, shop.open, shop.hours) == (3, False, [9, 17])


@pytest.mark.parametrize(("written", "name"), [('""', ""), ("'~'", "~"), ('"null"', "null")])
def test_a_quoted_text_is_never_nothing(written: str, name: str) -> None:
    """Only an unquoted empty value, ~ or null stands for no value."""
    assert load_text(f"name: {written}", "shop.yaml", Shop).name == name


@pytest.mark.parametrize("written", ["", "~", "null"])
def test_no_value_is_none(written: str) -> None:
    """An optional field may be written and left open."""
    assert load_text(f"name: s\npassword: {written}", "shop.yaml", Shop).password is None


def test_an_alias_repeats_its_value() -> None:
    """Anchors save typing; each place gets the whole value."""
    people = "  anna: &one {level: 2, colour: blue}\n  bela: *one\n"
    shop = load_text(f"name: s\npeople:\n{people}", "shop.yaml", Shop)
    assert shop.people["anna"] == shop.people["bela"]


def test_an_alias_bomb_is_refused() -> None:
    """Nine levels of ten aliases would be a thousand million values."""
    levels = [f"k{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    (fault,) = faults("k0: &a0 x\n" + "\n".join(levels))
    assert "more than 500,000 values once aliases (*) are expanded" in fault


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000])
def test_deep_nesting_is_refused_and_not_a_crash(text: str) -> None:
    """libyaml's own composer overflows the C stack on these."""
    (fault,) = faults(text)
    assert fault.endswith("nested deeper than 64 levels")


def test_columns_count_characters() -> None:
    """An editor's column is meant, not a count of bytes."""
    assert faults("name: s\npeople: {őrség: {level: 9}}")[0].startswith("shop.yaml:2:25:")


def test_windows_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    """Files written on Windows are read like any other."""
    path = tmp_path / "shop.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: s\r\nhours: [9]\r\n")
    assert load_document(path, Shop).name == "s"


def file_fault(path: Path) -> str:
    with pytest.raises(DocumentError) as caught:
        load_document(path, Shop)
    (problem,) = caught.value.problems
    return str(problem).removeprefix(str(path))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """The name of the file and the reason, never a traceback's words."""
    (tmp_path / "empty.yaml").touch()
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    assert file_fault(tmp_path / "none.yaml") == ": no such file"
    assert file_fault(tmp_path) == ": is a directory, a YAML file is needed"
    assert file_fault(tmp_path / "pipe.yaml") == ": is no ordinary file, a YAML file is needed"
    assert file_fault(tmp_path / "empty.yaml") == ":1:1: the file is empty"
    assert file_fault(tmp_path / "empty.yaml" / "x") == ": no such file"
    assert file_fault(tmp_path / "loop.yaml") == ": its symbolic links lead in a circle"


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    """The line and the character of the first wrong byte."""
    path = tmp_path / "latin2.yaml"
    path.write_bytes("name: s\nkeys: {é: ".encode() + "ő}".encode("latin2"))
    assert file_fault(path) == ":2:11: byte 0xF5 is not UTF-8, save the file as UTF-8"


def test_a_secret_value_is_never_shown() -> None:
    """Not in the message, not in the exception's text."""
    assert "hunter2" not in "".join(faults("name: s\npassword: [hunter2]"))


def test_marks_serve_later_checks(tmp_path: Path) -> None:
    """A check across parts can point at a value, a key, or the nearest part above."""
    path = tmp_path / "shop.yaml"
    path.write_text("name: s\npeople:\n  anna:\n    level: 2\nhours:\n  - 9\n  - 17\n")
    _, located = load_located(path, Shop)
    assert located.locate(("people", "anna", "level")) == (str(path), 4, 12)
    assert located.locate_key(("people", "anna", "level")) == (str(path), 4, 5)
    assert located.locate(("people", "anna", "colour")) == (str(path), 3, 3)
    assert located.locate(("hours", 1)) == (str(path), 7, 5)
    assert located.locate(()) == (str(path), 1, 1)
    problem = located.problem(("people", "anna"), "is unknown", key=True)
    assert str(problem) == f"{path}:3:3: people.anna: is unknown"
    assert located.warning((), "is odd").severity == "warning"


def problems_or_none(text: str) -> tuple[Problem, ...]:
    try:
        load_text(text, "shop.yaml", Shop)
    except DocumentError as error:
        return error.problems
    return ()


@given(st.text(max_size=60))
def test_any_text_loads_or_gives_problems(text: str) -> None:
    """Bad input is never a traceback."""
    for problem in problems_or_none(text):
        assert "pydantic" not in problem.message


yaml_like = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text("abcé:- #*&", max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*Shop.model_fields, "x"]), inner, max_size=4),
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*Shop.model_fields, "x"]), yaml_like))
def test_any_structure_loads_or_gives_placed_problems(value: dict[str, Any]) -> None:
    """Whatever shape stands where another is needed, the place is inside the text."""
    text = yaml.safe_dump(value, allow_unicode=True)
    lines = text.splitlines()
    for problem in problems_or_none(text):
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.col <= len(lines[problem.line - 1]) + 1
        assert problem.message.isprintable()


WORDS = ["<<", "'<<'", "&x", "*x", "&y", "*y", "~", "null", "''", '"c"', "!t"]
PIECES = st.sampled_from(
    [*"ab{}[]\n\té\x07\ufeff", *WORDS, ": ", ", ", "- ", "? ", "  ", "|\n", "# d\n", "--- "]
)
MAPPINGS = st.recursive(
    st.sampled_from(["a", "~", "*x", "*y", "&x b", "&y {c: d}", "[e, f]"]),
    lambda inner: st.lists(
        st.tuples(st.sampled_from(["a", "b", "&x c", "<<", "'<<'"]), inner), max_size=3
    ).map(lambda pairs: f"{{{', '.join(f'{key}: {value}' for key, value in pairs)}}}"),
    max_leaves=8,
)


@settings(max_examples=200)
@given(st.one_of(st.lists(PIECES, max_size=14).map("".join), MAPPINGS))
def test_both_readers_make_the_same_of_any_text(text: str) -> None:
    """The quick one without places accepts what the other does, and makes the same of it."""
    try:
        tree, _ = parse_tree(text, "shop.yaml")
    except DocumentError:
        with pytest.raises(Unclear):
            parse_plain(text)
    else:
        assert parse_plain(text)[0] == tree.plain


@pytest.mark.parametrize(("more", "fits"), [(0, True), (1, False)])
def test_both_readers_allow_as_many_values(more: int, fits: bool) -> None:
    """To the last one, aliases expanded: the mapping, two lists and their items."""
    items = ", ".join(["*a"] * 998 + ["x"] * (498 + more))
    text = f"a: &a [{', '.join(['x'] * 499)}]\nb: [{items}]\n"
    if fits:
        tree, _ = parse_tree(text, "shop.yaml")
        assert tree.size == MAX_VALUES
        assert parse_plain(text)[0] == tree.plain
        return
    with pytest.raises(DocumentError):
        parse_tree(text, "shop.yaml")
    with pytest.raises(Unclear):
        parse_plain(text)


def test_merged_keys_fill_what_a_mapping_lacks() -> None:
    """Its own count most, then those of the first that is merged."""
    text = """\
name: s
people:
  anna: &anna {level: 1, colour: blue}
  bela: &bela {level: 2, phone: "5"}
  cili: {<<: [*anna, *bela], level: 3}
"""
    cili = load_text(text, "shop.yaml", Shop).people["cili"]
    assert (cili.level, cili.colour, cili.phone) == (3, "blue", "5")


def test_suggestions() -> None:
    """The near name first, then what is allowed; a long list is cut."""
    assert did_you_mean("Rde", ["red", "blue"]) == 'did you mean "red"? (allowed: red, blue)'
    assert did_you_mean("x", ["red", "blue"]) == "allowed: red, blue"
    assert did_you_mean("x", []) == "none is defined"
    assert did_you_mean("x", [f"n{n}" for n in range(20)]).endswith("n11, …")
    assert shown("a\nb" + "c" * 80) == '"a\\x0ab' + "c" * 56 + '…"'


def test_the_schema_is_fit_for_editors() -> None:
    """An editor types scalars (201 is a number there), so a text may be any scalar."""
    made = schema(Shop)
    assert made["properties"]["name"] == {
        "description": "what callers hear",
        "type": ["string", "number", "boolean"],
    }
    assert made["properties"]["colour"]["type"] == "string"
    assert made["properties"]["open"]["enum"] == [True, False, "yes", "no", "on", "off"]
    assert made["additionalProperties"] is False
    assert "title" not in made


def test_of_dotted_names_the_rest_must_be_alike() -> None:
    """All names of a flow begin alike: that alone is no likeness."""
    names = ["water.main.wrong", "water.main.prompt", "call.caller"]
    assert did_you_mean("water.nope", names).startswith("allowed: ")
    assert did_you_mean("water.main.promt", names).startswith('did you mean "water.main.prompt"?')
    assert did_you_mean("cal.caller", names).startswith('did you mean "call.caller"?')
