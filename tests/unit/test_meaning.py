"""What a change of a flow means: found whatever it looks like, and nothing made of its looks."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.document import load_plain
from ivr.meaning import Change, What, differences
from ivr.tree_edits import ABSENT, edits

pytestmark = pytest.mark.unit

ONE_FLOW = Path(__file__).parents[1] / "data/one_flow"
SUPPORT = (ONE_FLOW / "dialplans/support.yaml").read_text("utf-8")

FLOW = """\
flow: desk
about: A desk
owner: x
languages: [en, hu]
start: main
exits: {on_timeout: ask}
vars: {account: {type: digits, length: 4}}
steps:
  main:
    menu:
      prompt: {en: Press one., hu: "Nyomja meg: egy."}
      options: {1: ask, star: main, 0: {go: bye}}
      timeout: 5s
    on_invalid: bye
  ask: {collect: {into: account, prompt: Your number.}, next: queue}
  queue: {queue: queue, answered: bye}
  bye: {hangup: normal}
"""


def changes(old: str, new: str) -> list[Change]:
    """Of the one flow, which is there before and after."""
    found = differences({"a.yaml": load_plain(old, "a")}, {"a.yaml": load_plain(new, "a")})
    return [change for difference in found for change in difference.changes]


def edited(*replacements: tuple[str, str]) -> str:
    """The flow with some of its text written otherwise."""
    text = FLOW
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return text


def one(*replacements: tuple[str, str]) -> tuple[What, str, Any, Any]:
    """The only change that this makes."""
    (change,) = changes(FLOW, edited(*replacements))
    return change.what, ".".join(map(str, change.path)), change.old, change.new


def test_looks_are_no_change() -> None:
    """Order, comments, quotes, anchors, block styles."""
    other = """\
# A desk
languages: ["en", hu]
flow: 'desk'
about: >
  A
  desk
owner: &who x
exits:
  on_timeout: ask
start: main     # here
vars: {account: {length: 4, type: digits}}
steps:
  bye: &end
    hangup: normal
  queue:
    answered: bye
    queue: queue
  main:
    on_invalid: bye
    menu:
      timeout: 5s
      options: {star: main, 0: {go: bye}, 1: ask}
      prompt:
        hu: "Nyomja meg: egy."
        en: |
          Press one.
  ask: {collect: {into: account, prompt: Your number.}, next: queue}
"""
    assert changes(FLOW, other) == []


@pytest.mark.parametrize(
    ("old", "new", "meant"),
    [
        ("timeout: 5s", "timeout: 6s", (What.FIELD, "steps.main.menu.timeout", "5s", "6s")),
        ("1: ask,", "1: queue,", (What.EXIT, "steps.main.menu.options.1", "ask", "queue")),
        ("{go: bye}", "{go: ask}", (What.EXIT, "steps.main.menu.options.0.go", "bye", "ask")),
        ("1: ask, ", "", (What.EXIT, "steps.main.menu.options.1", "ask", ABSENT)),
        ("on_invalid: bye", "on_invalid: ask", (What.EXIT, "steps.main.on_invalid", "bye", "ask")),
        ("on_timeout: ask", "on_timeout: bye", (What.EXIT, "exits.on_timeout", "ask", "bye")),
        ("start: main", "start: ask", (What.EXIT, "start", "main", "ask")),
        ("one.", "1.", (What.PROMPT, "steps.main.menu.prompt.en", "Press one.", "Press 1.")),
        ("Your", "A", (What.PROMPT, "steps.ask.collect.prompt", "Your number.", "A number.")),
        ("queue: queue", "queue: bye", (What.FIELD, "steps.queue.queue", "queue", "bye")),
        ("length: 4", "length: 5", (What.VARIABLE, "vars.account.length", "4", "5")),
        ("owner: x", "owner: y", (What.HEADER, "owner", "x", "y")),
        ("[en, hu]", "[en, pl, hu]", (What.HEADER, "languages.1", ABSENT, "pl")),
        ("normal", "busy", (What.FIELD, "steps.bye.hangup", "normal", "busy")),
    ],
)
def test_a_change_is_told_by_what_it_means(old: str, new: str, meant: object) -> None:
    """Its place, and what was and is there."""
    assert one((old, new)) == meant


def test_a_queue_named_like_a_step_is_no_exit() -> None:
    """Exits are where the step's model says, not whatever looks like a step's name."""
    assert one(("{queue: queue,", "{queue: ask,"))[0] is What.FIELD


def test_steps_come_and_go() -> None:
    """Told whole, with what they hold."""
    more = edited(("  bye:", "  wait: {say: Wait., next: bye}\n  bye:"))
    (added,) = changes(FLOW, more)
    assert (added.what, added.path) == (What.STEP_ADDED, ("steps", "wait"))
    assert (added.old, added.new) == (ABSENT, {"say": "Wait.", "next": "bye"})
    (removed,) = changes(more, FLOW)
    assert (removed.what, removed.old, removed.new) == (What.STEP_REMOVED, added.new, ABSENT)


def test_a_renamed_step_takes_its_exits_along() -> None:
    """One change, not one for each step that leads there."""
    assert one((" bye", " over")) == (What.STEP_RENAMED, "steps.over", "bye", "over")
    assert one((" main", " first"))[2:] == ("main", "first"), "a step that leads to itself"


def test_steps_renamed_together_lead_to_each_other() -> None:
    """And what changed besides is told by the new names."""
    found = changes(FLOW, edited((" ask", " number"), (" bye", " over"), ("5s", "6s")))
    renamed = {(c.old, c.new) for c in found if c.what is What.STEP_RENAMED}
    assert renamed == {("ask", "number"), ("bye", "over")}
    assert [c.path for c in found if c.what is not What.STEP_RENAMED] == [
        ("steps", "main", "menu", "timeout")
    ]


def test_a_step_with_another_name_and_content_is_another_step() -> None:
    """And so are the exits that lead there."""
    found = changes(FLOW, edited((" bye", " over"), ("normal", "busy")))
    assert {c.what for c in found} == {What.STEP_ADDED, What.STEP_REMOVED, What.EXIT}


def test_a_flow_is_known_by_its_name() -> None:
    """Its file may be called otherwise; a new flow and one that is gone are told whole."""
    desk = load_plain(FLOW, "desk")
    assert differences({"a.yaml": desk}, {"sub/b.yaml": desk}) == ()
    (added,) = differences({}, {"a.yaml": desk})
    assert (added.name, added.file, added.was, added.is_there) == ("desk", "a.yaml", False, True)
    (gone,) = differences({"a.yaml": desk}, {})
    assert (gone.was, gone.is_there) == (True, False)


def test_what_is_no_flow_is_compared_by_its_file() -> None:
    """Tests beside a flow name it too."""
    old = {"desk.yaml": load_plain(FLOW, ""), "desk.test.yaml": {"flow": "desk", "tests": ["a"]}}
    new = {**old, "desk.test.yaml": {"flow": "desk", "tests": ["a", "b"]}}
    (found,) = differences(old, new)
    assert found.name == "desk.test.yaml"
    assert found.changes == (Change(What.FIELD, ("tests", 1), ABSENT, "b"),)


def test_a_flow_that_is_not_right_yet_is_compared_all_the_same() -> None:
    """Only which of its fields are exits and prompts is not known."""
    assert one(("languages: [en, hu]\n", ""))[0] is What.HEADER


def test_what_an_anchor_shares_changes_wherever_it_is_used() -> None:
    """The three steps of the sample that ask for the account."""
    assert changes(SUPPORT, SUPPORT) == []
    found = changes(SUPPORT, SUPPORT.replace("enter your eight digit", "key your eight digit"))
    assert {(change.what, change.path[1], change.path[-1]) for change in found} == {
        (What.PROMPT, f"{topic}_account", "en") for topic in ("bill", "fault", "payment")
    }


TEXT = st.sampled_from(["a", "b", "main", "bye", "x y", ""])
TREE: st.SearchStrategy[Any] = st.recursive(
    st.none() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
STEP = st.fixed_dictionaries(
    {}, optional={"say": TEXT, "next": TEXT, "hangup": TEXT, "queue": TEXT, "menu": TREE}
)
FLOWS = st.fixed_dictionaries(
    {"flow": st.just("f"), "steps": st.dictionaries(TEXT, STEP, max_size=4)},
    optional={"vars": TREE, "start": TEXT, "about": TEXT, "owner": TEXT, "languages": TREE},
)


def applied(old: Any, found: list[tuple[tuple[Any, ...], Any, Any]]) -> Any:
    """The document with the changes carried out: removals from behind, the rest from the front."""
    whole = [copy.deepcopy(old)]
    removals = [(path, now) for path, _, now in found if now is ABSENT]
    others = [(path, was, now) for path, was, now in found if now is not ABSENT]
    for path, _ in sorted(removals, key=lambda each: str(each[0][-1:]), reverse=True):
        del _parent(whole, path)[path[-1]]
    for path, was, now in sorted(others, key=lambda each: len(each[0])):
        parent = _parent(whole, path)
        if was is ABSENT and isinstance(parent, list):
            parent.insert(path[-1], now)
        else:
            parent[path[-1] if path else 0] = now
    return whole[0]


def _parent(whole: list[Any], path: tuple[Any, ...]) -> Any:
    parent: Any = whole if not path else whole[0]
    for part in path[:-1]:
        parent = parent[part]
    return parent


@given(TREE)
def test_nothing_differs_from_itself(tree: Any) -> None:
    """Nor from a copy whose keys come in another order."""
    assert [*edits(tree, backwards(tree))] == []


@given(FLOWS)
def test_no_flow_differs_from_itself(flow: Any) -> None:
    """Whatever is wrong in it."""
    assert differences({"a": flow}, {"a": backwards(flow)}) == ()


def backwards(tree: Any) -> Any:
    """With every mapping's keys the other way round."""
    if isinstance(tree, dict):
        return {key: backwards(tree[key]) for key in reversed(tree)}
    return [backwards(item) for item in tree] if isinstance(tree, list) else tree


MAPPINGS = st.dictionaries(TEXT, st.none() | TEXT | st.lists(TEXT, max_size=6), max_size=5)


@given(MAPPINGS, MAPPINGS)
def test_the_edits_leave_nothing_out(old: Any, new: Any) -> None:
    """Who carries them out on the old document has the new one."""
    assert applied(old, [(edit.path, edit.old, edit.new) for edit in edits(old, new)]) == new


@given(FLOWS, FLOWS)
def test_the_changes_tell_whether_there_are_any(old: Any, new: Any) -> None:
    """Two flows that are not the same have a change, and never a change from x to x."""
    found = differences({"a": old}, {"a": new})
    told = [change for difference in found for change in difference.changes]
    assert bool(told) == (old != new)
    assert all(change.old != change.new for change in told)
