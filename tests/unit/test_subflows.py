"""Flows that call flows, what goes on after a hangup, and loops that count."""

from __future__ import annotations

import gc
import json
import weakref

import pytest

from config.document import load_text_located
from ivr.check import check
from ivr.commands import Hangup, Play
from ivr.events import CallerHungUp
from ivr.flow import Flow
from ivr.interpreter import resume
from ivr.program import Program, compile_flows
from ivr.state import CallState
from tests.unit.conversation import HEADER, Conversation, program

pytestmark = pytest.mark.unit

IDENTIFY = """
flow: identify
about: Ask who calls
owner: telecom@example.test
languages: [en]
start: ask
params: {digits_of: {type: text}}
vars:
  account: {type: digits, length: 4}
  known: {type: bool, start: "no"}
results: [account, known]
exits: {on_timeout: unknown, on_invalid: unknown}
steps:
  ask: {collect: {into: account, prompt: "The number of your {digits_of}, please."}, next: found}
  found: {return: {known: "yes"}}
  unknown: {return: {}}
"""

MAIN = """
flow: main
about: Calls another
owner: telecom@example.test
languages: [en]
start: hello
vars:
  customer: {type: digits}
  known: {type: bool}
steps:
  hello: {say: Hello., next: who}
  who:
    call: {flow: identify, give: {digits_of: contract}, take: {customer: account, known: known}}
    next: known?
  known?: {branch: [{if: known, go: welcome}, {else: bye}]}
  welcome: {say: "Welcome, {customer}.", next: bye}
  bye: {hangup: normal}
"""


def programs(*texts: str) -> dict[str, Program]:
    """The checked programs of flows that may call each other."""
    loaded = [load_text_located(text, "test.yaml", Flow) for text in texts]
    by_name = {flow.flow: flow for flow, _ in loaded}
    for flow, located in loaded:
        assert check(flow, located, flows=by_name) == []
    return compile_flows(by_name.values())


def test_a_flow_calls_another_and_takes_its_results() -> None:
    """Parameters go in, results come back, and the timeline tells which flow a step is of."""
    call = Conversation(programs(MAIN, IDENTIFY)["main"])
    call.listens()
    assert call.hears == "The number of your contract, please."
    assert dict(call.state.scope.variables) == {"digits_of": "contract", "known": False}
    call.keys("4711")
    assert call.hears == "Welcome, four seven one one"
    assert call.state.scope.variables == {"customer": "4711", "known": True}
    steps = [line.split(" ", 1)[1] for line in call.timeline]
    assert "identify/ask: collected account" in steps
    assert "who: returned" in steps


def test_what_is_not_set_is_taken_as_not_set() -> None:
    """A caller who keys nothing is told from one who did."""
    call = Conversation(programs(MAIN, IDENTIFY)["main"])
    call.listens()
    for _ in range(3):
        call.silence()
    assert call.ended == "normal"
    assert call.state.scope.variables == {"customer": None, "known": False}


AGAIN = """
flow: main
about: Calls another, and again
owner: telecom@example.test
languages: [en]
start: who
vars: {customer: {type: digits}}
steps:
  who: {call: {flow: identify, give: {digits_of: contract}, take: {customer: account}}, next: any?}
  any?: {branch: [{if: customer is set, go: welcome}, {else: bye}]}
  welcome: {say: "Welcome, {customer}.", next: who}
  bye: {hangup: normal}
"""


def test_a_second_call_of_a_flow_leaves_nothing_of_the_first() -> None:
    """Whoever takes the phone over and keys nothing is not the customer from before."""
    call = Conversation(programs(AGAIN, IDENTIFY)["main"])
    call.keys("4711")
    call.listens()
    for _ in range(3):
        call.silence()
    assert call.ended == "normal"
    assert call.value("customer") is None


def test_a_result_that_does_not_fit_fails_the_call_step() -> None:
    """Nothing is taken then: a longer number is not the customer's."""
    shorter = MAIN.replace("customer: {type: digits}", "customer: {type: digits, length: 3}")
    of_any_length = IDENTIFY.replace("{type: digits, length: 4}", "{type: digits}")
    flows = programs(
        shorter.replace("next: known?", "next: known?\n    on_error: bye"), of_any_length
    )
    call = Conversation(flows["main"])
    call.listens()
    call.keys("4711", ended=True)
    assert call.ended == "normal"
    assert call.value("known") is None
    assert any(
        "who: failed: account is not what customer can hold" in line for line in call.timeline
    )
    assert "4711" not in " ".join(call.timeline)


def test_flows_that_nothing_runs_any_more_go_at_once() -> None:
    """An engine keeps the garbage collector off its flows: they may not wait for it."""
    gc.disable()
    try:
        flows = programs(MAIN, IDENTIFY)
        call, gone = Conversation(flows["main"]), weakref.ref(flows["identify"].flow)
        del flows
        assert gone() is not None
        del call
        assert gone() is None
    finally:
        gc.enable()


GIVING = """
flow: giving
about: Gives results of which one needs the other
owner: telecom@example.test
languages: [en]
start: done
vars:
  one: {type: number, start: "1"}
  two: {type: number}
results: [one, two]
steps:
  done: {return: {one: "5", two: one + 1}}
"""
TAKING = """
flow: main
about: Takes both
owner: telecom@example.test
languages: [en]
start: ask
vars: {one: {type: number}, two: {type: number}}
steps:
  ask: {call: {flow: giving, take: {one: one, two: two}}, next: tell, on_error: bye}
  tell: {say: "{one} and {two}.", next: bye}
  bye: {hangup: normal}
"""


def test_results_are_set_in_their_order() -> None:
    """As a set step sets them: a later one may need one before it."""
    assert Conversation(programs(TAKING, GIVING)["main"]).hears == "five and six"


def test_a_result_that_cannot_be_computed_is_not_set() -> None:
    """The flow that called finds it so; the others are there."""
    call = Conversation(programs(TAKING, GIVING.replace("one + 1", "one / 0"))["main"])
    assert call.hears == "five and"
    assert call.value("two") is None


def test_a_sub_flow_alone_ends_normally() -> None:
    """A number may lead to a flow that others call: its return is then the call's end."""
    call = Conversation(programs(IDENTIFY)["identify"])
    call.keys("4711")
    assert call.ended == "normal"


def test_a_saved_call_comes_back_from_a_sub_flow() -> None:
    """Over a restart the flows that wait are kept with their variables."""
    flows = programs(MAIN, IDENTIFY)
    call = Conversation(flows["main"])
    call.listens()
    saved = CallState.from_dict(json.loads(json.dumps(call.state.to_dict())))
    assert saved == call.state


HANGUP = program("""
languages: [en]
start: hello
exits: {on_hangup: count}
vars: {left: {type: number, start: "0"}}
steps:
  hello: {say: Hello., next: again}
  again: {say: Again., next: bye}
  count: {set: {left: "1"}, next: bye}
  bye: {hangup: normal}
""")


def test_after_a_hangup_the_flow_goes_on_without_the_caller() -> None:
    """Steps that need nobody are done; the call then ends once."""
    call = Conversation(HANGUP)
    call.listens()
    call.hangs_up()
    assert call.ended == "normal"
    assert call.state.scope.variables["left"] == 1
    assert call.state.scope.gone


def test_nobody_is_spoken_to_after_a_hangup() -> None:
    """A flow that did not pass the check ends where it would speak to nobody."""
    call = Conversation(HANGUP)
    state = call.state._replace(scope=call.state.scope._replace(gone=True))
    turn = resume(HANGUP, state, CallerHungUp(5))
    assert turn.command == Hangup("caller_hung_up")
    assert not isinstance(turn.command, Play)


COUNTING = """
languages: [en]
start: sorry
vars: {{tries: {{type: number, start: "0"}}, other: {{type: number, start: "0"}}}}
steps:
  sorry: {{say: One moment., next: count}}
  count: {{set: {{{changed}: "1"}}, next: more?}}
  more?: {{branch: [{{if: tries == 0, go: sorry}}, {{else: bye}}]}}
  bye: {{hangup: normal}}
"""


def test_a_loop_that_counts_has_a_way_out() -> None:
    """A branch leads out of it by a variable that the loop changes."""
    call = Conversation(program(COUNTING.format(changed="tries")))
    call.listens()
    assert call.ended == "normal"


def test_a_loop_that_changes_something_else_has_none() -> None:
    """Nothing in it can ever change what the branch looks at."""
    flow, located = load_text_located(HEADER + COUNTING.format(changed="other"), "t.yaml", Flow)
    (problem,) = check(flow, located)
    assert problem.message == (
        "a silent caller would go round for ever: sorry → count → more? → sorry"
    )


CALLED = """
flow: called
about: Gives results
owner: telecom@example.test
languages: [en]
start: done
params: {code: {type: digits, length: 4}, limit: {type: number, start: "3"}}
vars:
  pin: {type: digits, sensitive: true}
  name: {type: text}
  short: {type: digits, length: 3}
  owed: {type: money, currency: HUF}
results: [pin, name, short, owed]
steps:
  done: {return: {}}
"""
CALLING = """
flow: calling
about: Calls
owner: telecom@example.test
languages: [en]
start: who
vars:
  note: {{type: text}}
  amount: {{type: number}}
  paid: {{type: money, currency: EUR}}
  account: {{type: digits, length: 8}}
steps:
  who: {{call: {{flow: called, {body}}}, next: bye}}
  bye: {{hangup: normal}}
"""


def told(*texts: str) -> list[str]:
    """What the check says of the first of these flows."""
    loaded = [load_text_located(text, "test.yaml", Flow) for text in texts]
    by_name = {flow.flow: flow for flow, _ in loaded}
    flow, located = loaded[0]
    return [f"{each.path}: {each.message}" for each in check(flow, located, flows=by_name)]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("give: {}", ": called needs code: give it a value"),
        ("give: {code: '12'}", '.give.code: "12" does not fit code, which is digits of length 4'),
        ("give: {code: '{nope}'}", '.give.code: unknown variable "nope", did you mean "note"?'),
        ("give: {code: '{account:digits}'}", ".give.code: {account:digits} is written, not spoken"),
        ("give: {code: '1234', limit: nope}", '.give.limit: unknown variable "nope", did you mean'),
        (
            "give: {code: '1234', limit: note}",
            '.give.limit: "note" is text, number or money is needed',
        ),
        ("give: {code: '1234', limt: '1'}", '.give.limt: unknown variable "limt", did you mean'),
        ("give: {code: '1234'}, take: {nte: name}", '.take.nte: unknown variable "nte", did you'),
        ("give: {code: '1234'}, take: {note: nam}", '.take.note: unknown result "nam", did you'),
        (
            "give: {code: '1234'}, take: {note: code}",
            '.take.note: unknown result "code", allowed: pin',
        ),
        ("give: {code: '1234'}, take: {amount: name}", ".take.amount: name is text, amount is num"),
        ("give: {code: '1234'}, take: {paid: owed}", ".take.paid: owed is in HUF, paid in EUR"),
        (
            "give: {code: '1234'}, take: {account: short}",
            ".take.account: short has length 3, account has length 8",
        ),
        (
            "give: {code: '1234'}, take: {note: pin}",
            ".take.note: note would get the sensitive pin, mark it sensitive too",
        ),
    ],
)
def test_what_goes_in_and_comes_back_must_fit(body: str, message: str) -> None:
    """Each thing that is missing, extra, of another type, or sensitive is told in its place."""
    (fault,) = told(CALLING.format(body=body), CALLED)
    assert fault.startswith(f"steps.who.call{message}")


def test_a_flow_that_calls_itself_through_another_is_refused() -> None:
    """Each of them tells it: any may be the one that was not meant."""
    back = CALLED.replace(
        "done: {return: {}}", "done: {call: calling, next: over}\n  over: {return: {}}"
    )
    calling = CALLING.format(body="give: {code: '1234'}")
    assert told(calling, back) == ["steps.who.call.flow: calls itself: calling → called → calling"]
    assert told(back, calling) == ["steps.done.call.flow: calls itself: called → calling → called"]


def test_a_flow_may_call_one_that_calls_itself() -> None:
    """It is told once, where it is wrong."""
    outer = CALLING.format(body="give: {code: '1234'}")
    own = CALLED.replace(
        "done: {return: {}}",
        "done: {call: {flow: called, give: {code: '1234'}}, next: over}\n  over: {return: {}}",
    )
    assert all(each.endswith("no step reads it or sets it") for each in told(outer, own))


CALLER = """
flow: {name}
about: A sample
owner: telecom@example.test
languages: [en]
start: hello
steps:
"""


def flow(name: str, steps: str) -> str:
    return CALLER.replace("{name}", name) + steps


def test_a_circle_through_flows_that_only_come_back_never_ends() -> None:
    """However deep it goes: what comes back is no end of the call."""
    main = flow(
        "main",
        """
  hello: {queue: line, answered: part, on_timeout: {after: 5m, go: part}, on_error: part}
  part: {call: middle, next: hello}
""",
    )
    middle = flow("middle", "  hello: {call: last, next: back}\n  back: {return: {}}\n")
    last = flow("last", "  hello: {return: {}}\n")
    circle = "the call never ends, only the caller can hang up: hello → part → hello"
    assert told(main, middle, last) == [f"steps.hello: {circle}"]
    ending = flow("last", "  hello: {hangup: busy}\n")
    assert told(main, middle, ending) == []


def test_words_for_nobody_in_a_flow_that_is_called_are_told() -> None:
    """After a hangup a flow may be called that only notes something, none that speaks."""
    main = flow(
        "main",
        """
  hello: {say: Hello., next: bye, on_hangup: note}
  note: {call: middle, next: bye}
  bye: {hangup: normal}
""",
    )
    middle = flow("middle", "  hello: {call: last, next: back}\n  back: {return: {}}\n")
    last = flow("last", "  hello: {say: Sorry., next: back}\n  back: {return: {}}\n")
    nobody = "comes after on_hangup, when nobody is there any more to hear"
    assert told(main, middle, last) == [f"steps.note: {nobody} last/hello of middle"]
    assert told(main, last.replace("last", "middle")) == [f"steps.note: {nobody} hello of middle"]
    quiet = flow("last", "  hello: {return: {}}\n")
    assert told(main, middle, quiet) == []
