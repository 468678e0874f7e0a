"""The search for what is left of cards sees each form of a number, wherever it lies."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.residue_forms import RAW, WIDTHS, Form, forms, in_context
from bench.residue_search import CHUNK, Search, Searched

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


def test_a_code_is_found_by_its_name(tmp_path: Path) -> None:
    """As it is sent, and as others write it."""
    search = Search([(0, form) for form in in_context("737")])
    for text in ("card%5Bcvc%5D=737&x", '{"cvc": "737"}', '{"security_code":"737"}'):
        (tmp_path / "body").write_text(text)
        assert found(search.directory(tmp_path)) == {(0, "code by name")}


HOLDER = """
import sys, numpy
text = sys.stdin.readline().strip()
held = [
    bytearray(text.encode()),
    [int(sign) for sign in text],
    [sign for sign in text],
    [bytes([ord(sign)]) for sign in text],
    [numpy.array([int(sign) for sign in text], dtype=kind) for kind in sys.argv[1:]],
    int(text),
]
print("held", flush=True)
sys.stdin.readline()
"""


def test_each_form_is_found_in_the_memory_of_a_process() -> None:
    """As text, as arrays, as one number, and as lists of Python's own numbers and signs; and
    nobody else's is."""
    argv = [sys.executable, "-c", HOLDER, "u1", *WIDTHS]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(f"{NUMBERS[0]}\n")
        child.stdin.flush()
        assert child.stdout.readline() == "held\n"
        seen = found(Search(FORMS).process(child.pid, "holder"))
    forms_seen = {form for whose, form in seen if whose == 0}
    arrays = {f"array ({kind})" for kind in ("u1", *WIDTHS)}
    wanted = {"ASCII", "one number (Python)", "addresses 32 bytes apart", *arrays}
    assert wanted <= forms_seen
    # Those of signs are apart by another distance from version to version of Python.
    assert len({form for form in forms_seen if form.startswith("addresses")}) >= 2
    assert {whose for whose, _ in seen} == {0}
