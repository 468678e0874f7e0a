"""Tests of flows: what a line does, what it expects, and what is told when it does not come."""

from __future__ import annotations

from textwrap import dedent

import pytest

from ivr.rehearsal.script import TestFile
from ivr.steps.base import Known
from ivr.variables import Variable
from tests.unit.rehearsals import played, problems

pytestmark = pytest.mark.unit

FLOW = """
languages: [en, hu]
start: open?
vars:
  account: {type: digits, length: 4}
  pin: {type: digits, length: 4, sensitive: true}
  owed: {type: money, currency: EUR, start: "12.5"}
hours:
  desk: {open: {mon-fri: "08:00-16:00"}, lists: {duty: [12-24]}}
exits: {on_timeout: bye, on_invalid: bye, on_error: bye}
steps:
  open?: {hours: desk, open: menu, closed: closed, holiday: holiday}
  closed: {say: We are closed., next: bye}
  holiday: {say: Happy holidays., next: bye}
  menu:
    menu:
      prompt: {en: One or two., hu: Egy vagy kettő.}
      options: {1: account, 2: {language: hu, go: line}}
      tries: 1
  account: {collect: {into: account, prompt: Number please.}, next: pin}
  pin: {collect: {into: pin, prompt: PIN please.}, next: line}
  line:
    {queue: support, skills: {"{call.language}": 2}, priority: 7, answered: bye, on_error: bye}
  bye: {hangup: normal}
"""


def failure(test: str) -> tuple[str, str, str]:
    """Where a test fails, what was expected, what there was."""
    failed = played(FLOW, test).failure
    assert failed is not None
    return str(failed.path), failed.expected, failed.got


@pytest.mark.parametrize(
    "test",
    [
        "call: [{hears: one or}, {keys: ['1', '4711', '1234'], at: line, var: {account: '4711'}}]",
        "call: [{keys: '2', language: hu, queue: {name: support, skills: {hu: 2}, priority: 7}}]",
        "call: [{var: {account: ~, owed: '12.50'}}]",
        "call: [{silence: timeout, ends: normal}]\nsteps: [open?, menu, bye]",
        "call: [{keys: '2', queue: support}, {hangup: caller, ends: caller_hung_up}]",
        "call: [{keys: '2'}, {agent: answers}, {silence: 5s, at: line}, {agent: leaves}]",
        "given: {hours: {desk: closed}}\ncall: [{hears: We are closed, ends: normal}]",
        "given: {hours: {desk: holiday}}\ncall: [{hears: happy HOLIDAYS}]",
        "given: {time: 2026-11-22T12:00}\ncall: [{passes: [closed, bye]}]",
        "given: {time: 2026-11-23T17:00+02:00}\ncall: [{at: menu}]",
        (
            "given: {agents: {answer_after: 3s, talk: 1m, name: anna}}\n"
            "call: [{keys: '2', ends: normal, var: {queue.agent: ~}}]"
        ),
    ],
)
def test_what_is_so_passes(test: str) -> None:
    """Each kind of line, in the shortest form."""
    assert played(FLOW, test).failure is None


def test_what_is_not_heard_is_told_with_what_was() -> None:
    """The line's place, what was wanted, everything since the caller's last action."""
    failed = played(FLOW, "call: [{hears: One}, {keys: '1', hears: [Number, PIN]}]").failure
    assert failed is not None
    assert (failed.path, failed.expected) == (("call", 1, "hears"), 'to hear "PIN"')
    assert failed.heard == ("account (en): Number please.",)


@pytest.mark.parametrize(
    ("test", "expected", "got"),
    [
        ("call: [{hears: Hello}]", 'to hear "Hello"', '"One or two."'),
        ("call: [{keys: '1', hears: Hello}]", 'to hear "Hello"', '"Number please."'),
        ("call: [{at: line}]", "to be at line", "at menu"),
        ("call: [{silence: timeout, at: menu}]", "to be at menu", "at the end (normal)"),
        ("call: [{passes: [menu, open?]}]", "to come through menu → open?", "open? → menu"),
        ("call: [{language: hu}]", "language hu", "en"),
        (
            "call: [{keys: '2', queue: {name: faults}}]",
            "the queue {name: faults}",
            "{name: support, skills: {hu: 2}, priority: 7}",
        ),
        ("call: [{queue: support}]", "the queue {name: support}", "no queue"),
        ("call: [{http: {get: '*/x'}}]", "the request GET */x", "no request"),
        ("call: [{voicemail: {mailbox: a}}]", "voicemail {mailbox: a}", "no voicemail"),
        ("call: [{var: {account: '4711'}}]", "account = 4711", "account not set"),
        ("call: [{ends: normal}]", "the end: normal", "the call still at menu"),
        (
            "call: [{keys: ['1', '4711', '1234'], var: {pin: '9999'}}]",
            "pin = •••",
            "pin = •••",
        ),
        (
            "call: [{keys: ['1', '4711', '1234', '1']}]",
            "a question that takes the key",
            "the call stands at line",
        ),
        ("call: [{agent: answers}]", "an agent to answer or to leave", "the call stands at menu"),
        ("call: [{speaks: 3s}]", "a message being recorded", "the call stands at menu"),
        (
            "call: [{hangup: caller}, {hangup: caller}]",
            "a caller who is still there",
            "the call has ended: caller_hung_up",
        ),
        ("call: [{at: menu}]\nsteps: [menu]", "menu", "open? → menu"),
    ],
)
def test_what_is_not_so_fails_and_says_why(test: str, expected: str, got: str) -> None:
    """Never a value of a sensitive variable."""
    _, told, had = failure(test)
    assert (told, had) == (expected, got)


def test_what_was_heard_before_the_last_key_does_not_count() -> None:
    """A test that hears the menu again must hear it again."""
    assert failure("call: [{keys: '1', hears: One or two}]")[1] == 'to hear "One or two"'


HEAD = "flow: sample\ntests:\n"


@pytest.mark.parametrize(
    ("tests", "told"),
    [
        (
            HEAD + "  - {name: a, call: [{at: lime}]}\n",
            (
                '3:27: tests[0].call[0].at: unknown step "lime", did you mean "line"? '
                "(allowed: open?, closed, holiday, menu, account, pin, line, bye)"
            ),
        ),
        (
            HEAD + "  - {name: a, call: [{keyes: '1'}]}\n",
            '3:23: tests[0].call[0].keyes: unknown key, did you mean "keys"? (allowed: keys, ',
        ),
        (
            HEAD + "  - {name: a, call: [{keys: 1a}]}\n",
            '3:29: tests[0].call[0].keys: "1a" cannot be keyed, write 0 to 9, * and #',
        ),
        (
            HEAD + "  - {name: a, call: [{keys: '1', silence: 3s}]}\n",
            "3:22: tests[0].call[0]: one thing at a time, this line has keys and silence",
        ),
        (
            HEAD + "  - {name: a, call: [{keys: ~}]}\n",
            "3:22: tests[0].call[0]: says nothing: write what the caller does, or what is expected",
        ),
        (
            HEAD + "  - {name: a, call: [{at: menu}]}\n  - {name: a, call: [{at: menu}]}\n",
            '3:3: tests: two tests are called "a"',
        ),
        (
            HEAD + "  - {name: a, given: {hours: {dusk: open}}, call: [{at: menu}]}\n",
            'tests[0].given.hours.dusk: unknown hours "dusk", did you mean "desk"? (allowed: desk)',
        ),
        (
            HEAD + "  - {name: a, given: {time: noon}, call: [{at: menu}]}\n",
            '"noon" is no time, write it like 2026-11-23T09:12 or, with a zone,',
        ),
        (
            HEAD + "  - {name: a, given: {agents: many}, call: [{at: menu}]}\n",
            '"many" is neither free nor none nor {answer_after: 20s}',
        ),
        (
            HEAD + "  - {name: a, given: {lookup: {nam: Anna}}, call: [{at: menu}]}\n",
            'nothing is known of a caller\'s "nam", did you mean "name"?',
        ),
        (
            HEAD + "  - {name: a, call: [{var: {acount: '1'}}]}\n",
            'unknown variable "acount", did you mean "account"?',
        ),
        (
            HEAD + "  - {name: a, call: [{http: {fetch: x}}]}\n",
            "one request is needed, like {get: */accounts/*}",
        ),
        (
            "flow: simple\ntests: [{name: a, call: [{at: menu}]}]\n",
            '1:7: flow: there is no flow "simple", did you mean "sample"? (allowed: sample)',
        ),
    ],
)
def test_a_file_of_tests_with_a_fault_is_told_where(tests: str, told: str) -> None:
    """Line, column, what is wrong, what is allowed, and what was probably meant."""
    (problem,) = problems(FLOW, tests)
    assert told in problem


FIELDS = {"contract": Variable(type="digits"), "since": Variable(type="date")}
OF_SITE = Known(values={}, fields=FIELDS)
KNOWN_CALLER = """
start: who
languages: [en]
steps:
  who: {lookup: caller, known: told, unknown: told, on_error: told}
  told: {say: {en: "Contract {caller.contract}."}, next: bye}
  bye: {hangup: normal}
"""


def test_a_caller_can_be_known_by_the_fields_of_the_site() -> None:
    """As its customers' file has them, each of its type, and so they are compared."""
    test = """
    given: {lookup: {name: Anna, contract: "4711", since: 2024-02-29}}
    call:
      - hears: four seven one one
      - var: {caller.contract: "4711", caller.since: 2024-02-29}
    """
    assert played(KNOWN_CALLER, dedent(test), OF_SITE).failure is None


def test_a_field_that_the_site_does_not_keep_is_told() -> None:
    """With what it does keep; and what is none of the field's type."""
    tests = "flow: sample\ngiven: {lookup: {contrat: 1, since: soon}}\ntests:\n"
    unknown, wrong = problems(
        KNOWN_CALLER, f"{tests}  - {{name: a, call: [{{at: bye}}]}}\n", OF_SITE
    )
    assert unknown.startswith(
        '2:18: given.lookup.contrat: nothing is known of a caller\'s "contrat", '
        'did you mean "contract"? (allowed: known, name,'
    )
    assert wrong == '2:37: given.lookup.since: "soon" is no date'


CALLED_BACK = """
languages: [en]
start: gas
exits: {on_error: later}
steps:
  gas: {queue: gas, on_timeout: {after: 1m, go: water}, answered: bye}
  water: {queue: water, on_timeout: {after: 1m, go: later}, answered: bye}
  later: {callback: {}, next: bye, on_error: bye}
  bye: {hangup: normal}
"""


def test_a_callback_that_names_no_queue_is_for_the_one_just_left() -> None:
    """As the engine promises it: a test can tell whose line the caller stays in."""
    before = 'given: {agents: none, caller: "+36301112222"}\n'
    test = before + "call: [{silence: 2m, callback: {queue: QUEUE}, ends: normal}]"
    assert played(CALLED_BACK, test.replace("QUEUE", "water")).failure is None
    failed = played(CALLED_BACK, test.replace("QUEUE", "gas")).failure
    assert failed is not None
    assert failed.got == "{number: 36301112222, queue: water}"


def test_every_field_of_the_file_is_explained_to_editors() -> None:
    """Hover shows what a key is for."""
    described = TestFile.model_json_schema()["$defs"]["Line"]["properties"]
    assert [name for name, field in described.items() if "description" not in field] == []
