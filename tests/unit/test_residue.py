"""The search for what is left of cards sees each form of a number, wherever it lies."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench.residue import in_succession
from bench.residue_canary import HOLDER
from bench.residue_cards import draw
from bench.residue_codes import LEAK, NAMED, Codes, by_luck
from bench.residue_core import write_core
from bench.residue_forms import RAW, SUCCESSION, WIDTHS, Form, forms, succession
from bench.residue_search import CHUNK, Hit, Place, Search, Searched

pytestmark = pytest.mark.unit

NUMBERS = ("4539148803436467", "371449635398431", "6212345678901232565")
FORMS = [(whose, form) for whose, number in enumerate(NUMBERS) for form in forms(number)]


def found(searched: Iterator[Searched]) -> set[tuple[int, str]]:
    return {(hit.whose, hit.form) for each in searched for hit in each.hits}


def test_each_form_is_found_in_a_file(tmp_path: Path) -> None:
    """At any place, over the border of two chunks too."""
    plain = [(whose, form) for whose, form in FORMS if form.stream == RAW]
    together = b"--".join(form.pattern for _, form in plain)
    for at in (0, CHUNK - 5, CHUNK - len(together) // 2):
        (tmp_path / "file").write_bytes(b"x" * at + together)
        seen = found(Search(FORMS).directory(tmp_path))
        assert {(whose, form.name) for whose, form in plain} <= seen


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    """Other numbers, and the digits that may be shown, are no residue."""
    (tmp_path / "log").write_text(" ".join(f"{n[:6]}******{n[-4:]}" for n in NUMBERS) * 100)
    (tmp_path / "other").write_text("4242424242424242 5555555555554444 378282246310005")
    assert found(Search(FORMS).directory(tmp_path)) == set()


def test_a_short_pattern_is_refused() -> None:
    """It would be found everywhere."""
    with pytest.raises(ValueError, match="too few"):
        Search([(0, Form("a code", RAW, b"123"))])


def test_a_date_and_code_are_found_in_succession(tmp_path: Path) -> None:
    """As they are keyed, one after the other."""
    search = Search((0, form) for form in succession("1240", "737"))
    for text in ("key 1240737.", "1 2 4 0 7 3 7", "7370421", "\0".join("1240737\0")):
        (tmp_path / "log").write_text(text)
        assert {whose for whose, _ in found(search.directory(tmp_path))} == {0}


def test_cards_that_are_drawn_are_right_and_no_code_comes_twice() -> None:
    """And the control is as like them as can be, and another."""
    drawn = draw(1000)
    keyed, control = ([card.code for card in cards] for cards in drawn)
    assert len(set(keyed)) == len(set(control)) == 1000
    assert not set(keyed) & set(control)
    assert sum(len(code) == 4 for code in keyed) == sum(len(code) == 4 for code in control) == 500
    assert {(len(card.number), len(card.code)) for card in drawn.cards} == {(16, 3), (15, 4)}
    assert all(luhn(card.number) == 0 for card in drawn.cards)


def luhn(number: str) -> int:
    """Zero of a right one (ISO/IEC 7812-1, annex B)."""
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(number)))
    return sum(value // 10 + value % 10 for value in doubled) % 10


NOISE = bytes(np.random.default_rng(3).integers(0, 256, 1 << 20, dtype=np.uint8))
DRAWN = draw(1000)


def chances(*parts: bytes) -> dict[str, float]:
    """By how a code may be found, how likely it is that the keyed ones came there by chance, amid a
    megabyte of noise, and numbers of three and four digits as text has them."""
    codes = Codes(*([card.code for card in cards] for cards in DRAWN))
    text = b" ".join(b"%d" % number for number in range(100, 6000, 7)) + b" code=404 code=503"
    codes.look("somewhere", b"|".join((NOISE, text, *parts)), 1 << 30)
    return {each.how: each.chance for each in codes.verdicts()}


def test_codes_that_come_by_chance_are_no_leak() -> None:
    """Whichever half of them was keyed."""
    assert min(chances().values()) > LEAK


@pytest.mark.parametrize(
    ("how", "written"),
    [
        (NAMED, "code=%s&"),
        (NAMED, "card%%5Bcvc%%5D=%s&"),
        (NAMED, '{"security_code":"%s"}'),
        ("code, ASCII", "keyed %s,"),
        ("code, UTF-16", "%s"),
        ("code, spaced", "%s"),
        ("code, bytes", "%s"),
    ],
)
def test_codes_that_were_keyed_are_found_to_have_leaked(how: str, written: str) -> None:
    """A tenth of them, once each, by a name; half of them where they stand alone."""
    parts = []
    for card in DRAWN.cards[:: 10 if how is NAMED else 2]:
        text = written % (" ".join(card.code) if "spaced" in how else card.code)
        raw = bytes(map(int, text)) if "bytes" in how else b""
        parts.append(raw or text.encode("utf-16-le" if "16" in how else "ascii"))
    assert chances(*(part + b"\xff" for part in parts))[how] < LEAK


def test_dates_and_codes_are_held_to_those_that_were_never_keyed() -> None:
    """Of a thousand cards; each counts once. No number of a card comes by chance."""

    def told(keyed: int, control: int) -> list[tuple[int, int, bool]]:
        name = f"{SUCCESSION}, ASCII"
        whose = [*range(keyed), *range(keyed), *range(-control, 0), 1000]
        hits = [Hit(each, name, Place("log", "a"), 0) for each in whose]
        hits.append(Hit(0, "ASCII", Place("core images", "b"), 0))
        return [(v.keyed, v.control, v.chance < LEAK) for v in in_succession(hits, 1000)]

    assert told(12, 0) == [(12, 0, True)]
    assert told(12, 9) == [(12, 9, False)]
    assert told(0, 0) == []


def test_luck_is_a_binomial_s() -> None:
    """All of eight, one of one, half of four, none of none."""
    assert (by_luck(8, 0), by_luck(1, 0), by_luck(0, 0)) == (1 / 256, 1 / 2, 1)
    assert by_luck(2, 2) == 11 / 16


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[int]:
    """A process that has the first of the numbers in every form."""
    raw = [form.pattern for whose, form in FORMS if whose == 0 and form.stream == RAW]
    (tmp_path / "raw").write_bytes(b"--".join(raw))
    argv = [sys.executable, "-S", "-c", HOLDER, str(tmp_path / "raw")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(f"{NUMBERS[0]}\n")
        child.stdin.flush()
        assert child.stdout.readline() == "held\n"
        yield child.pid


def test_each_form_is_found_in_memory_and_in_a_core_image(holder: int, tmp_path: Path) -> None:
    """As text, as arrays, as one number, and as lists of Python's own numbers and signs; and
    nobody else's is."""
    search, core = Search(FORMS), tmp_path / "core"
    assert write_core(holder, core) > 1 << 20
    assert core.read_bytes()[:5] == b"\x7fELF\x02"
    wanted = {form.name for whose, form in FORMS if whose == 0 and form.stream in (RAW, *WIDTHS)}
    for seen in (found(search.process(holder, "holder")), found(iter([search.file(core)]))):
        held = {form for whose, form in seen if whose == 0}
        assert wanted | {"addresses 32 bytes apart"} <= held
        # Those of signs are apart by another distance from version to version of Python.
        assert len({form for form in held if form.startswith("addresses")}) >= 2
        assert {whose for whose, _ in seen} == {0}
