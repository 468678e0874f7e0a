"""libyaml's syntax errors in words that help someone who has never read the YAML grammar."""

import yaml

from config.yaml_slips import slip

# (part of libyaml's context, part of its problem) -> what to tell, and whether the place to show
# is where the construct began (the context) instead of where the parser gave up.
_SENTENCES: tuple[tuple[str, str, str, bool], ...] = (
    ("", "found a tab character", "a tab is used for indentation, use spaces", False),
    ("flow sequence", "", 'this list lacks a "," or its closing "]"', True),
    (
        "flow mapping",
        "",
        'this mapping lacks a "," or its closing "}"',
        True,
    ),
    ("quoted scalar", "end of stream", "this quotation mark is never closed", True),
    ("quoted scalar", "escape", "unknown escape after \\, use single quotes or write \\\\", False),
    (
        "",
        "mapping values are not allowed",
        'a ":" is not expected here; put a text that holds ":" in quotes, or mend the indentation',
        False,
    ),
    (
        "simple key",
        "could not find expected ':'",
        'this line has neither ":" after a key nor "-" before an item',
        True,
    ),
    (
        "scanning an alias",
        "",
        "a text that begins with * needs quotes (the key * is star)",
        False,
    ),
    ("scanning an anchor", "", "a text that begins with & needs quotes", False),
    ("directive", "", "a text that begins with % needs quotes", True),
    ("block mapping", "", "the indentation does not agree with the lines above", False),
    ("block collection", "", "the indentation does not agree with the list above", False),
    ("block sequence", "", "the indentation does not agree with the list above", False),
    ("block scalar", "", 'after "|" or ">" the text begins on the next line', False),
)


def explain_syntax(error: yaml.MarkedYAMLError, text: str) -> tuple[int, int, str]:
    """(line, col, sentence) for a scanner's or parser's error; line and col count from 1."""
    if found := slip(error, text):
        return found
    context, problem = error.context or "", error.problem or "is no valid YAML"
    sentence, at_context = f"no valid YAML: {problem}", False
    for in_context, in_problem, words, begun in _SENTENCES:
        if in_context in context and in_problem in problem:
            sentence, at_context = words, begun
            break
    mark = error.context_mark if at_context and error.context_mark else error.problem_mark
    if mark is None:
        return 1, 1, sentence
    if "cannot start any token" in problem:
        sentence = _cannot_start(text, mark.line, mark.column)
    return mark.line + 1, mark.column + 1, sentence


def _cannot_start(text: str, line: int, column: int) -> str:
    char = text.split("\n")[line][column : column + 1]
    if char == "\t":
        return "a tab is used for indentation, use spaces"
    return f"a text that begins with {char} needs quotes"
