"""Counting callers on a flow's ways, from what the interpreter itself notes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.chart.traffic import TALKED, Told, Traffic
from ivr.commands import Ask, Enqueue, Hangup
from tests.unit.conversation import Conversation, program

pytestmark = pytest.mark.unit

FLOW = program("""
languages: [en]
start: main
vars: {account: {type: digits, length: 2}}
exits: {on_timeout: agent, on_invalid: agent, on_error: agent}
steps:
  main:
    menu: {prompt: Hello., options: {1: number, 2: agent, star: main}, tries: 1}
  number: {collect: {into: account, prompt: Your number?}, next: agent}
  agent: {queue: support, answered: bye, on_timeout: {after: 10m, go: main}, on_error: bye}
  bye: {hangup: normal}
""")


def counted(*calls: list[Told]) -> Traffic:
    traffic = Traffic(FLOW)
    for call in calls:
        traffic.add(call)
    return traffic


def told(call: Conversation) -> list[Told]:
    return [Told(*line.split(" ", 1)[1].split(": ", 1)) for line in call.timeline]


def test_a_call_is_counted_where_it_went() -> None:
    """From the start to the end, each step once."""
    call = Conversation(FLOW)
    call.keys("1")
    call.keys("12")
    call.leaves_queue("conversation_ended")
    traffic = counted(told(call))
    assert traffic.began == {"main": 1}
    assert traffic.moved == {("main", "number"): 1, ("number", "agent"): 1, ("agent", "bye"): 1}
    assert traffic.arrived == {"main": 1, "number": 1, "agent": 1, "bye": 1}
    assert not traffic.hung_up


def test_a_loop_to_the_same_step_is_a_move_and_asking_again_is_not() -> None:
    """The star key enters the menu anew; a wrong digit of a number does not."""
    call = Conversation(FLOW)
    call.keys("*")
    call.keys("1")
    call.keys("3", ended=True)
    call.keys("34")
    traffic = counted(told(call))
    assert traffic.moved["main", "main"] == 1
    assert traffic.arrived["main"] == 2
    assert traffic.arrived["number"] == 1


def test_two_exits_to_one_step_are_counted_together() -> None:
    """By key or by silence: the pair of steps counts, and its share of all who left."""
    by_key, silent, other = Conversation(FLOW), Conversation(FLOW), Conversation(FLOW)
    by_key.keys("2")
    silent.silence()
    other.keys("1")
    other.hangs_up()
    traffic = counted(told(by_key), told(silent), told(other))
    assert traffic.moved["main", "agent"] == 2
    assert traffic.share("main", "agent") == pytest.approx(2 / 3)
    assert traffic.hung_up == {"number": 1}


def test_a_conversation_is_counted_at_its_queue() -> None:
    """Also when the caller ended it, after which the call goes nowhere."""
    traffic = counted([Told("main", "menu"), Told("agent", "queue support"), TALKED])
    assert traffic.talked == {"agent": 1}
    assert not traffic.hung_up


def test_steps_of_another_version_are_passed_over() -> None:
    """The call is followed from the known step before to the known step after."""
    traffic = counted([Told("main", "menu"), Told("gone", "say"), Told("agent", "queue x")])
    assert traffic.arrived == {"main": 1, "agent": 1}
    assert traffic.moved == {("main", "agent"): 1}


def test_no_traffic_has_no_share() -> None:
    """Nothing is divided by zero."""
    assert counted().share("main", "agent") == 0


@given(st.lists(st.lists(st.sampled_from(["1", "2", "*", "9", "12", "", "hang up"]), max_size=9)))
def test_who_arrives_leaves_ends_hangs_up_or_is_still_there(calls: list[list[str]]) -> None:
    """At every step, whatever the callers do."""
    talks = [Conversation(FLOW) for _ in calls]
    for call, keyed in zip(talks, calls, strict=True):
        for keys in keyed:
            _does(call, keys)
    traffic = counted(*map(told, talks))
    assert sum(traffic.began.values()) == traffic.calls == len(calls)
    for step in FLOW.nodes:
        came = traffic.began[step] + sum(n for (_, to), n in traffic.moved.items() if to == step)
        left = sum(n for (source, _), n in traffic.moved.items() if source == step)
        ended = sum(_last(call) == step and not _hung_up(call) for call in talks)
        assert came == traffic.arrived[step] == left + traffic.hung_up[step] + ended


def _does(call: Conversation, keys: str) -> None:
    match call.command:
        case Hangup():
            pass
        case _ if keys == "hang up":
            call.hangs_up()
        case Ask() if keys:
            call.keys(keys)
        case Ask():
            call.silence()
        case Enqueue():
            call.leaves_queue("conversation_ended" if keys == "1" else "timeout")


def _last(call: Conversation) -> str:
    return told(call)[-1].step


def _hung_up(call: Conversation) -> bool:
    return call.timeline[-1].endswith("caller hung up")
