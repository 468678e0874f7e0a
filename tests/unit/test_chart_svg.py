"""The picture of a flow, as a viewer of SVG and a person read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from xml.parsers import expat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.document import load_text
from ivr.chart.diagram import START, Diagram, Way, diagram
from ivr.chart.kinds import LOOKS, mixed
from ivr.chart.markup import tag, text
from ivr.chart.svg import draw
from ivr.chart.traffic import Told, Traffic
from ivr.chart.words import cut, width, wrapped
from ivr.flow import Flow
from ivr.program import compile_flow
from ivr.steps import KINDS
from ivr.steps.base import Edge, Step
from ivr.steps.naming import duration_words, exit_words, first_words

pytestmark = pytest.mark.unit

FLOW = """
flow: sample
version: "7"
about: "Bills & <faults>"
owner: telecom@example.test
languages: [en, hu]
start: main
vars: {account: {type: digits, length: 8}}
exits: {on_timeout: agent, on_invalid: agent, on_error: agent}
steps:
  main:
    menu:
      prompt: {en: "Press <one> & \\"go\\" \\a on.", hu: Nyomja meg az egyest.}
      options: {1: number, star: main, 0: {language: hu}, 9: bye}
    next: agent
  number:
    collect: {into: account, prompt: {en: Your number?, hu: A száma?}}
    next: note
  note: {set: {account: "12345678"}, next: other}
  other: {goto: agent}
  agent:
    queue: support
    skills: {technical: 3}
    priority: 5
    answered: bye
    on_timeout: {after: 15m, go: lost}
  bye: {hangup: normal}
"""


class Picture:
    """A drawn flow, read by a strict XML parser."""

    def __init__(self, svg: str) -> None:
        self.words: list[str] = []
        self.tips: list[str] = []
        self.ids: set[str] = set()
        self._open: list[str] = []
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._started
        parser.EndElementHandler = lambda _: self._open.pop()
        parser.CharacterDataHandler = self._told
        parser.buffer_text = True
        parser.Parse(svg.encode(), True)

    def _started(self, name: str, attributes: Mapping[str, str]) -> None:
        self._open.append(name)
        if "id" in attributes:
            self.ids.add(attributes["id"])

    def _told(self, words: str) -> None:
        if self._open[-1] == "text":
            self.words.append(words)
        elif self._open[-1] == "title":
            self.tips.append(words)


def flow(written: str = FLOW) -> Flow:
    return load_text(written, "test.yaml", Flow)


def ways(drawn: Diagram) -> dict[tuple[str, str], Way]:
    return {(way.source, way.target): way for way in drawn.ways}


def test_the_picture_says_what_flow_it_is() -> None:
    """Name and version as its title; what it is for and who owns it."""
    picture = Picture(draw(diagram(flow(), "en")))
    assert picture.tips[0] == "sample, version 7"
    assert picture.words[:3] == [
        "sample, version 7",
        "Bills & <faults>",
        "owner telecom@example.test · 6 steps",
    ]


def test_every_step_has_a_box_and_every_kind_is_in_the_legend() -> None:
    """A step's name and its kind's in words: colour alone says nothing."""
    picture = Picture(draw(diagram(flow(), "en")))
    steps = {"main", "number", "note", "other", "agent", "bye"}
    assert picture.ids >= {f"step-{name}" for name in steps}
    assert steps <= {*picture.words}
    for kind in ("menu", "collect", "set", "goto", "queue", "hangup"):
        assert picture.words.count(kind) == 2, kind


def test_a_prompt_is_shown_in_the_wanted_language_and_told_in_all() -> None:
    """Its first words in the box, all of it when the box is pointed at; what XML means is text."""
    picture = Picture(draw(diagram(flow(), "hu")))
    assert "Nyomja meg az egyest." in picture.words
    tip = next(tip for tip in picture.tips if tip.startswith("main (menu)"))
    assert 'en: Press <one> & "go" \ufffd on.' in tip
    assert "hu: Nyomja meg az egyest." in tip


def test_exits_are_labelled_as_people_say_them() -> None:
    """Keys, silence, errors; those to one target together; the one usual way on needs no word."""
    found = ways(diagram(flow(), "en"))
    assert found[START, "main"].label == ""
    assert found["main", "number"].label == "1"
    assert found["main", "main"].label == "*"
    assert found["main", "agent"].label == "0, silent, wrong key, error"
    assert found["number", "note"].label == ""
    assert found["number", "agent"].label == "silent, wrong key, error"
    assert found["agent", "bye"].label == "answered"
    assert found["agent", "lost"].label == "after 15m"


def test_what_only_happens_when_something_goes_wrong_is_faint() -> None:
    """A way that is also a usual one is not."""
    found = ways(diagram(flow(), "en"))
    assert found["number", "agent"].faint
    assert found["agent", "lost"].faint
    assert not found["main", "agent"].faint


def test_boxes_say_what_their_step_does() -> None:
    """In a few words, for each kind."""
    boxes = {box.name: box for box in diagram(flow(), "en").boxes}
    assert boxes["number"].summary == "account: Your number?"
    assert boxes["note"].summary == "account = 12345678"
    assert boxes["agent"].summary == "support, technical 3, priority 5"
    assert boxes["other"].summary == ""
    assert {box.name for box in boxes.values() if box.end} == {"bye", "lost"}


def test_a_menus_box_has_its_greeting_and_the_choice() -> None:
    """What the keys do is what a menu is looked at for."""
    greeted = FLOW.replace(
        "      prompt: {en: ", "      greeting: {en: Hello., hu: Jó napot!}\n      prompt: {en: "
    )
    menu = next(box for box in diagram(flow(greeted), "hu").boxes if box.name == "main")
    assert menu.summary == "Jó napot! Nyomja meg az egyest."


def test_conditions_are_numbered_in_the_order_in_which_they_are_tried() -> None:
    """The picture places steps so that few lines cross, whatever comes first; one alone needs no
    number."""

    def labels(cases: str) -> list[str]:
        step = f"  other: {{branch: [{cases}, {{else: bye}}]}}"
        drawn = diagram(flow(FLOW.replace("  other: {goto: agent}", step)), "en")
        return [way.label for way in drawn.ways if way.source == "other"]

    one, two = "{if: account is set, go: number}", '{if: account == "1", go: note}'
    assert labels(one) == ["account is set", "else", "error"]
    assert labels(f"{one}, {two}, {{if: account is not set, go: number}}") == [
        "1. account is set, 3. account is not set",
        '2. account == "1"',
        "else",
        "error",
    ]


def test_a_way_to_a_step_that_is_missing_is_drawn() -> None:
    """A picture is most wanted while the flow is not right yet."""
    picture = Picture(draw(diagram(flow(), "en")))
    assert "there is no such step" in picture.words
    assert "agent → lost: after 15m" in picture.tips


def test_light_and_dark() -> None:
    """One file for both; every kind has its colours in both."""
    svg = draw(diagram(flow(), "en"))
    light, dark = svg.split("@media (prefers-color-scheme:dark)")
    assert light.count(".k-queue .b") == dark.count(".k-queue .b") == 1


def test_traffic_is_written_at_ways_and_steps() -> None:
    """Callers and their share, where they hang up, and ways that nobody took."""
    sample = flow()
    traffic = Traffic(compile_flow(sample))
    for _ in range(3):
        traffic.add([Told("main", "menu"), Told("agent", "queue support")])
    traffic.add([Told("main", "menu"), Told("main", "caller hung up")])
    drawn = diagram(sample, "en", traffic)
    picture = Picture(draw(drawn))
    assert "4 here" in picture.words
    assert "1 hung up" in picture.words
    assert "3 · 75%" in picture.words
    assert ways(drawn)["main", "number"].callers == 0
    assert "main → agent: 0, silent, wrong key, error (3 callers)" in picture.tips


def test_a_kind_that_the_graph_never_heard_of_is_drawn() -> None:
    """New kinds need no change here: a sign, a colour, the first text of what they do."""

    class Sing(Step):
        kind: ClassVar[str] = "sing"
        sing: dict[str, str]

        def branches(self):  # type: ignore[no-untyped-def]
            yield Edge(("sing", "too_loud", "go"), "bye", silent=True)
            yield Edge(("sing", 0), "other", silent=True)

    sample = flow()
    changed = sample.model_copy(
        update={"steps": {**sample.steps, "main": Sing(sing={"song": "Greensleeves"})}}
    )
    drawn = diagram(changed, "en")
    picture = Picture(draw(drawn))
    assert {"sing", "Greensleeves", "too loud", "1"} <= {*picture.words}


def test_every_kind_of_step_has_a_sign_of_its_own() -> None:
    """That is what tells two kinds of one colour apart."""
    assert LOOKS.keys() >= KINDS.keys()
    signs = [(LOOKS[kind].hue, LOOKS[kind].sign) for kind in KINDS]
    assert len({*signs}) == len(signs)


@given(st.text(), st.text())
def test_any_text_makes_valid_xml(words: str, value: str) -> None:
    """As content and as an attribute; only what XML cannot hold is replaced."""
    written = tag("text", text(words), id=value)
    picture = Picture(written.encode("utf-8", "replace").decode())
    plain = words.replace("\r\n", "\n").replace("\r", "\n")
    assert "".join(picture.words) == text_without_strange(plain)


def text_without_strange(words: str) -> str:
    return "".join(sign if _is_xml(ord(sign)) else "\ufffd" for sign in words)


def _is_xml(code: int) -> bool:
    if code < 32:
        return code in (9, 10, 13)
    return not 0xD800 <= code < 0xE000 and code not in (0xFFFE, 0xFFFF)


@given(st.text(max_size=80), st.floats(30, 300), st.integers(1, 3))
def test_words_keep_to_their_room(words: str, most: float, lines: int) -> None:
    """Never more lines and never wider; what fits is not cut."""
    found = wrapped(words, 11, most, lines)
    assert len(found) <= lines
    assert all(width(line, 11) <= most for line in found)
    if width(" ".join(words.split()), 11) <= most:
        assert " ".join(found) == " ".join(words.split())
    assert width(cut(words, 11, most), 11) <= most


def test_names_of_exits_and_durations() -> None:
    """From where they are written in the step, and as the author writes them."""
    assert exit_words(("menu", "options", "hash")) == "#"
    assert exit_words(("on_hangup",)) == "hung up"
    assert exit_words(("branch", 2, "go")) == "3"
    assert exit_words(("goto",)) == ""
    assert [duration_words(ms) for ms in (500, 5_000, 900_000, 7_200_000)] == [
        "500ms",
        "5s",
        "15m",
        "2h",
    ]
    assert first_words({"times": 3, "inner": {"text": "Hello"}}) == "Hello"
    assert first_words(None) == ""


def test_colours_are_mixed_by_part() -> None:
    """All of the hue, none of it, half of it."""
    assert mixed("#0072b2", "#ffffff", 1) == "#0072b2"
    assert mixed("#0072b2", "#ffffff", 0) == "#ffffff"
    assert mixed("#000000", "#ffffff", 0.5) == "#808080"
