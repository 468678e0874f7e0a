"""The commonest slips in a text of YAML, told by what its author did and not by the grammar.

libyaml says where it gave up, often far behind the cause: what it read there is looked at again.
Texts to be spoken hold commas, colons, apostrophes and holes, so most slips are quotes left out.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import yaml

LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What begins a new line to libyaml, and so in its marks."""
_SPACES = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff"
_ODD_SPACE = re.compile(rf"[ \t]*(?:- +)*(?:[\w-]+:)?[ \t]*([{_SPACES}])")
"""In the indentation, or where the space after a key's colon should be."""
_SIGNS = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u00ab\u00bb"
_TYPOGRAPHIC = re.compile(rf"[:,{{\[-] *([{_SIGNS}])")
_LACKS = 'has no ":" and value'
_HOLE = re.compile(r"[a-z_.]+(?::[a-z]+)?")
_NEAR = 4
_KEY_ALONE = re.compile(r"(\s*(?:- +)*)([\w-]+)\s*(?:#.*)?")
_KEY = re.compile(r"[\w-]+:(?:\s|$)")
_NO_SPACE = re.compile(r"(\s*(?:- +)*)([\w-]+):\S.*")
_NO_COLON = re.compile(r"(\s*(?:- +)*)([\w-]+) .*")
_KEY_WITH_TEXT = re.compile(r"\s*(?:- +)*[\w-]+: +[^\s#|>].*")


class Slip(NamedTuple):
    """What was probably done; ``line`` and ``col`` count from 1."""

    line: int
    col: int
    message: str


def slip(error: yaml.MarkedYAMLError, text: str) -> Slip | None:
    """The slip behind a scanner's or parser's error; None: none that is known."""
    mark = error.problem_mark
    if mark is None:
        return None
    lines = LINE_BREAK.split(text)
    if mark.line >= len(lines):
        return None
    if found := _odd_space(lines, mark.line):
        return found
    problem, context = error.problem or "", error.context or ""
    if "mapping values are not allowed" in problem:
        return _colon_in_block(lines, mark)
    if "quoted scalar" not in context and (found := _quote(text, mark)):
        return found
    if "flow mapping" in context or "flow sequence" in context:
        return _in_brackets(error, lines)
    if "block" in context and _before(lines, mark).endswith("}"):
        return _hole(lines, mark)
    return None


def odd_space(key: str) -> str | None:
    """What is wrong with the blanks around a key; None: nothing."""
    found = re.search(f"^[{_SPACES}]|[{_SPACES}]$", key)
    return None if found is None else _plain_needed(found[0])


def no_colon(key: str, *, alone: bool) -> str:
    """For a key in braces that has no colon; ``alone``: it is the only one there."""
    if sign := re.search(f"[{_SIGNS}]", key):
        return _not_a_quote(sign[0])
    if not alone:
        return f"{_LACKS}; a text in braces that holds a comma needs quotes around it"
    return f"{_LACKS}; {hole_needs_quotes(f'{{{key}}}')}" if _HOLE.fullmatch(key) else _LACKS


def hole_needs_quotes(hole: str) -> str:
    """For ``{name}`` in a text without quotes, which to YAML begins a mapping."""
    return f"a text that holds {hole} needs quotes around it"


def _plain_needed(space: str) -> str:
    name = "a no-break space" if space == "\u00a0" else "a space of another kind"
    return f"{name} (U+{ord(space):04X}) stands where a plain one is needed"


def _not_a_quote(sign: str) -> str:
    return f"{sign} is no quotation mark to YAML: put the text in \" or '"


def _odd_space(lines: list[str], last: int) -> Slip | None:
    """In the line where the reader gave up, or in those just above, which it took for one text."""
    for number in range(last, max(last - _NEAR, -1), -1):
        if found := _ODD_SPACE.match(lines[number]):
            return Slip(number + 1, found.start(1) + 1, _plain_needed(found[1]))
    return None


def _colon_in_block(lines: list[str], mark: yaml.Mark) -> Slip | None:
    """A second colon: the first was in the same line, or was left out in the line above."""
    here = lines[mark.line]
    if re.search(r":(?: |$)", here[: mark.column]):
        return Slip(mark.line + 1, mark.column + 1, _typographic(here) or _COLON)
    above = mark.line - 1
    while above > 0 and (not lines[above].strip() or lines[above].lstrip().startswith("#")):
        above -= 1
    return _left_out(lines, above) if above >= 0 else None


def _left_out(lines: list[str], at: int) -> Slip | None:
    if at > 0 and _KEY_WITH_TEXT.fullmatch(lines[at - 1]) and _is_deeper(lines[at], lines[at - 1]):
        return None  # a text goes on there
    for pattern, what in (
        (_KEY_ALONE, 'a ":" is missing after "{}"'),
        (_NO_SPACE, 'a space is missing after the ":" of "{}"'),
        (_NO_COLON, 'a ":" is missing after "{}"'),
    ):
        if found := pattern.fullmatch(lines[at]):
            end = found.end(2) + (pattern is _NO_SPACE)
            return Slip(at + 1, end + 1, what.format(found[2]))
    return None


def _is_deeper(line: str, above: str) -> bool:
    return len(line) - len(line.lstrip()) > len(above) - len(above.lstrip())


_COLON = 'a text that holds ": " needs quotes around it'


def _in_brackets(error: yaml.MarkedYAMLError, lines: list[str]) -> Slip | None:
    """In ``{…}`` or ``[…]``: a colon or a brace within a text, or no end."""
    mark, began = error.problem_mark, error.context_mark
    if mark is None or began is None:
        return None
    here = lines[mark.line]
    at = here[mark.column : mark.column + 1]
    before = _before(lines, mark)
    if mark.line == began.line and (told := _typographic(here[began.column :])):
        return Slip(mark.line + 1, mark.column + 1, told)
    if at == "{" or before.endswith("}"):
        return _hole(lines, mark)
    since = re.split(r"[,{\[]", here[: mark.column])
    if at == ":" and len(since) > 1 and ": " in since[-1]:
        return Slip(mark.line + 1, mark.column + 1, _COLON)
    return None


def _before(lines: list[str], mark: yaml.Mark) -> str:
    return lines[mark.line][: mark.column].rstrip()


def _hole(lines: list[str], mark: yaml.Mark) -> Slip:
    """Its braces are told where they open."""
    here = lines[mark.line]
    at = (
        mark.column
        if here[mark.column : mark.column + 1] == "{"
        else here.rfind("{", 0, mark.column)
    )
    hole = here[at : here.find("}", at) + 1]
    return Slip(mark.line + 1, at + 1, hole_needs_quotes(hole))


def _typographic(here: str) -> str | None:
    found = _TYPOGRAPHIC.search(here)
    return None if found is None else _not_a_quote(found[1])


def _quote(text: str, mark: yaml.Mark) -> Slip | None:
    """A text in quotes that ends before the mark, with more after it in the same line."""
    quoted = _quoted_before(text, mark)
    if quoted is None or quoted.end_mark.line != mark.line:
        return None
    begin, end = quoted.start_mark, quoted.end_mark
    inside, after = text[begin.index : end.index], text[end.index : end.index + 1]
    if inside[0] == "'" and after.isalpha() and inside[-2].isalpha():
        told = "this ' ends the text: write '' for it, or put the text in \""
        return Slip(end.line + 1, end.column, told)
    if "\n" in inside or ": " in inside:
        told = f"only the next {inside[0]} ends it, in line {end.line + 1}, column {end.column}"
        return Slip(begin.line + 1, begin.column + 1, f"this quotation mark is not closed: {told}")
    if _KEY.match(text, mark.index):
        return Slip(end.line + 1, end.column + 1, 'a "," is missing after the text in quotes')
    told = "the quotation marks end before the text does: put all of it in them"
    return Slip(mark.line + 1, mark.column + 1, told)


def _quoted_before(text: str, mark: yaml.Mark) -> yaml.ScalarToken | None:
    last: yaml.Token | None = None
    try:
        for token in yaml.scan(text, Loader=yaml.CLoader):
            if token.start_mark.index >= mark.index:
                break
            last = token
    except yaml.YAMLError:
        pass
    if isinstance(last, yaml.ScalarToken) and last.style in ("'", '"'):
        return last
    return None
