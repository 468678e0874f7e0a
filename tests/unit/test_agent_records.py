"""Agents' records in Redis: all that is known comes back, also from a version before."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.agent import (
    AgentState,
    Available,
    BackOff,
    NotResponding,
    Offline,
    Paused,
    Reserved,
    Ringing,
    Talking,
    Then,
    WrapUp,
)
from routing.pauses import Spent
from routing.records import AgentRecord, agent_data, read_agent

pytestmark = pytest.mark.unit

_MS = st.integers(0, 2**41)
_NAMES = st.text("abc", min_size=1, max_size=3)
_HELD = st.sampled_from(["", "logout", "pause"])
_THEN = st.builds(
    Then, st.booleans(), st.booleans(), st.none() | _NAMES, st.just("") | _NAMES, _HELD
)
_BY = (st.just("") | _NAMES, _HELD)
STATES: st.SearchStrategy[AgentState] = st.one_of(
    st.builds(Offline, _MS, _MS, st.booleans(), st.none() | _NAMES, *_BY, _MS),
    st.builds(Available, _MS, _MS),
    st.builds(Paused, _MS, _MS, _NAMES, *_BY, st.booleans(), _MS),
    st.builds(NotResponding, _MS, _MS),
    st.builds(BackOff, _MS, _MS, _MS),
    st.builds(Reserved, _MS, _MS, _NAMES, _THEN),
    st.builds(Ringing, _MS, _MS, _NAMES, _THEN),
    st.builds(Talking, _MS, _MS, _NAMES, _THEN, _NAMES, _NAMES),
    st.builds(WrapUp, _MS, _MS, _NAMES, _THEN, _MS, _NAMES),
)
SPENT = st.builds(Spent, _MS, st.lists(st.tuples(_NAMES, _MS), max_size=3).map(tuple))


def read(kind: str, data: bytes) -> AgentRecord:
    """What Redis has."""
    fields = {b"v": b"4", b"node": b"n1", b"kind": kind.encode(), b"data": data}
    return read_agent("key", "ann", fields)


@given(STATES, st.integers(0, 9), SPENT, st.just("") | _NAMES, _MS)
def test_all_of_it_comes_back(
    state: AgentState, missed: int, spent: Spent, shift: str, login_ms: int
) -> None:
    """States, who is behind them, what was spent, the shift."""
    record = AgentRecord("ann", state, "n1", 4, missed, spent, shift, login_ms)
    assert read(type(state).__name__, agent_data(record)) == record


@pytest.mark.parametrize(
    ("kind", "data", "state"),
    [
        ("Offline", [1, 2, True, None], Offline(1, 2, by_code=True)),
        ("Paused", [1, 2, "lunch"], Paused(1, 2, "lunch")),
        (
            "Reserved",
            [1, 2, "c1", [False, True, "lunch"]],
            Reserved(1, 2, "c1", Then(False, True, "lunch")),
        ),
        ("WrapUp", [1, 2, "c1", [False, False, None], 9], WrapUp(1, 2, "c1", Then(), 9)),
    ],
)
@pytest.mark.parametrize("missed", [0, 3])
def test_a_record_of_the_version_before(
    kind: str, data: list[object], state: AgentState, missed: int
) -> None:
    """It has fewer fields, and beside them the missed rings at most."""
    written = [*data, {"missed": missed}] if missed else data
    assert read(kind, json.dumps(written).encode()) == AgentRecord("ann", state, "n1", 4, missed)


def test_who_has_nothing_to_say_says_nothing() -> None:
    """Ten thousand agents change a thousand times a second: the record is as short as before."""
    assert agent_data(AgentRecord("ann", Available(1, 2))) == b"[1,2]"
    assert agent_data(AgentRecord("ann", Reserved(1, 2, "c1"))) == b'[1,2,"c1",[false,false,null]]'
