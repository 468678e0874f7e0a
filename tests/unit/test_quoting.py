"""Quoting: what Asterisk's own parsers make of a line is what was given, or it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import UnsafeValue
from bridge.quoting import (
    AGI_LINE_BYTES,
    AMI_LINE_BYTES,
    agi_line,
    ami_caller_id,
    ami_channel,
    ami_fields,
    ami_variable,
)
from tests.fakes.agi_client import parse_args

pytestmark = pytest.mark.unit

ONE_LINE = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"))
SHORT = st.text(max_size=5)


def test_an_action_is_its_lines_and_an_empty_one() -> None:
    """Action first, the fields in their order, UTF-8, CR LF."""
    assert ami_fields("Setvar", [("Variable", "x"), ("Value", "ő")]) == (
        b"Action: Setvar\r\nVariable: x\r\nValue: \xc5\x91\r\n\r\n"
    )


@given(before=SHORT, breaker=st.sampled_from("\r\n\0"), after=SHORT)
def test_no_line_break_is_ever_written(before: str, breaker: str, after: str) -> None:
    """CR, LF and NUL are refused wherever they stand, in AMI and in AGI."""
    value = before + breaker + after
    for write in (
        lambda: ami_fields("Ping", [("Channel", value)]),
        lambda: ami_fields(value, []),
        lambda: ami_fields("Ping", [(value, "x")]),
        lambda: ami_variable("X", value),
        lambda: ami_channel(f"x{value}"),
        lambda: ami_caller_id(value, "1"),
        lambda: agi_line("EXEC", value),
    ):
        with pytest.raises(UnsafeValue):
            write()


def test_what_cannot_be_utf8_is_refused() -> None:
    """A lone surrogate has no bytes."""
    with pytest.raises(UnsafeValue, match="UTF-8"):
        ami_fields("Ping", [("Channel", "\ud800")])


def test_the_error_does_not_repeat_the_value() -> None:
    """Values may be personal data; the error goes to the log."""
    with pytest.raises(UnsafeValue) as caught:
        ami_caller_id("Kovács\n", "+36301234567")
    assert "Kov" not in str(caught.value)
    assert "3630" not in str(caught.value)


def test_lines_that_asterisk_would_cut_are_refused() -> None:
    """Asterisk's buffers are fixed: one byte more is lost or ends the message."""
    room = AMI_LINE_BYTES - len("Data: ")
    assert ami_fields("Ping", [("Data", "x" * room)])
    with pytest.raises(UnsafeValue):
        ami_fields("Ping", [("Data", "x" * (room + 1))])
    with pytest.raises(UnsafeValue):
        ami_fields("Ping", [("Data", "ő" * room)])
    with pytest.raises(UnsafeValue, match="128 headers"):
        ami_fields("Ping", [("Data", "x")] * 128)
    with pytest.raises(UnsafeValue):
        agi_line("EXEC", "x" * AGI_LINE_BYTES)
    with pytest.raises(UnsafeValue):
        agi_line(*["x"] * 128)
    with pytest.raises(UnsafeValue):
        agi_line()


@pytest.mark.parametrize("name", ["", "1x", "a b", "SHELL(rm)", "x=y", "x,y"])
def test_only_a_variable_can_be_set(name: str) -> None:
    """A dialplan function in place of a variable's name could run programs."""
    with pytest.raises(UnsafeValue):
        ami_variable(name, "x")


@given(ONE_LINE)
def test_a_variable_keeps_its_value(value: str) -> None:
    """Read back as man_do_variable_value() does, the one variable has the value given."""
    name, written = ami_variable("TRK_CONTACT", value)
    assert name == "Variable"
    assert separate_args(written) == [f"TRK_CONTACT={value}"]


@given(st.lists(ONE_LINE, min_size=1, max_size=5))
def test_agi_words_stay_themselves(words: list[str]) -> None:
    """Read back as parse_args() of res_agi.c does, the words are the ones given."""
    line = agi_line(*words)
    assert line.endswith(b"\n")
    assert parse_args(line[:-1].decode()) == words


def test_a_caller_id_has_two_parts() -> None:
    """Marks that would end the name or the number are dropped."""
    assert ami_caller_id('A "B" <C>\\', "<+36 1>") == ("CallerID", '"A B C" <+36 1>')


def separate_args(text: str) -> list[str]:
    """__ast_app_separate_args() of main/app.c with delim ',' and remove_chars, step by step."""
    found, word, quote, depth = [], "", False, {"(": 0, "[": 0}
    letters = iter(text)
    for letter in letters:
        if letter in "([":
            depth[letter] += 1
        elif letter in ")]":
            opening = "(" if letter == ")" else "["
            depth[opening] = max(0, depth[opening] - 1)
        if letter == '"':
            quote = not quote
        elif letter == "\\":
            word += next(letters, "")
        elif letter == "," and not quote and not any(depth.values()):
            found.append(word)
            word = ""
        else:
            word += letter
    return [*found, word]
