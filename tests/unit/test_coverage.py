"""What the tests of a flow have gone through, and what not."""

import pytest

from ivr.rehearsal.coverage import Coverage
from tests.unit.rehearsals import library, played

pytestmark = pytest.mark.unit

PLACES = """
languages: [en, hu]
start: main
steps:
  main:
    menu:
      prompt: Main.
      options: {1: sub, 7: {language: hu}, star: repeat}
      tries: 2
    next: repeat
    on_timeout: bye
    on_invalid: repeat
  sub:
    menu:
      prompt: Sub.
      options: {1: main, 2: {language: en}, 8: back, 9: top, 0: bye}
      tries: 2
    next: back
    on_timeout: top
    on_invalid: back
    on_error: bye
  bye: {hangup: normal}
"""


def gone(call: str, given: str = "{}") -> set[str]:
    """The ways that one test takes, without the name of the step's kind: `sub.options.8`."""
    here = library(PLACES)
    test = played(PLACES, f"given: {given}\ncall: {call}")
    assert test.failure is None
    program = here.program("sample", {})
    coverage = Coverage(program.flow)
    coverage.add(program, test.trace)
    return {".".join(map(str, path[1:])).replace("menu.", "") for path in coverage.ways}


@pytest.mark.parametrize(
    ("call", "ways"),
    [
        ('[{keys: "*"}]', {"main.options.star"}),
        ('[{keys: "*"}, {hangup: caller}]', {"main.options.star"}),
        ('[{keys: ["*", "1"], at: sub}]', {"main.options.star", "main.options.1"}),
        ('[{keys: ["1", "8"], at: main}]', {"main.options.1", "sub.options.8"}),
        ('[{keys: ["1", "9"], at: main}]', {"main.options.1", "sub.options.9"}),
        ('[{keys: ["1", "1"], at: main}]', {"main.options.1", "sub.options.1"}),
        ('[{keys: ["1", "5", "5"], at: main}]', {"main.options.1", "sub.on_invalid"}),
        ('[{keys: ["1", "2"], at: main}]', {"main.options.1", "sub.next"}),
        ('[{keys: "7", at: main}]', {"main.next"}),
        ('[{keys: "5", at: main}]', set()),
        ('[{keys: ["5", "5"], at: main}]', {"main.on_invalid"}),
        (
            '[{keys: "1"}, {silence: timeout}, {silence: timeout, at: main}]',
            {"main.options.1", "sub.on_timeout"},
        ),
    ],
)
def test_a_way_to_a_menus_place_is_gone_when_it_was_taken(call: str, ways: set[str]) -> None:
    """Repeat, back and top, from an option or an exit; none of the ways beside it, that lead to
    the same menu by its name."""
    assert gone(call) == ways


def test_a_failure_takes_the_way_of_failures() -> None:
    """Not an option that leads to the same step."""
    ways = gone('[{keys: "1", passes: bye}]', "{fails: [sub]}")
    assert ways == {"main.options.1", "sub.on_error"}
