"""Flows loaded again after a change: only what it touches is made anew, and no fault is missed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.document import DocumentError
from config.hours import Hours
from config.opening import openings
from engine.publishing.flows import Flows
from ivr.loader import NO_FLOWS, FlowSet, check_folder
from ivr.steps.base import Known

pytestmark = pytest.mark.unit

HEAD = "flow: {name}\nabout: A sample\nowner: telecom@example.test\nlanguages: [en]\nstart: hello\n"
KNOWN = Known(queues=frozenset({"support"}), zone="Europe/Budapest")
ALONE = "steps:\n  hello: {say: {en: Hello.}, next: end}\n  end: {hangup: normal}\n"
LOUD = ALONE.replace("Hello", "Good day")
QUEUEING = """\
steps:
  hello: {queue: support, answered: end, on_error: end, on_timeout: {after: 5m, go: end}}
  end: {hangup: normal}
"""
CALLING = """\
vars: {found: {type: digits}}
exits: {on_error: end}
steps:
  hello: {call: {flow: part, take: {found: answer}}, next: tell}
  tell: {say: {en: "It is {found}."}, next: end}
  end: {hangup: normal}
"""
PART = """\
vars: {answer: {type: digits, start: "5"}}
results: [answer]
steps:
  hello: {return: {}}
"""
UNLIKE = PART.replace("digits", "date").replace('"5"', '"2026-05-01"')
INCLUDING = "include: [common/end.yaml]\nsteps:\n  hello: {say: {en: Hello.}, next: end}\n"
END = "steps:\n  end: {hangup: normal}\n"
BUSY = "steps:\n  end: {hangup: busy}\n"
RECORDING = """\
vars: {found: {type: digits}}
exits: {on_error: end}
steps:
  hello: {record: {on: true, reason: quality}, next: ask}
  ask: {call: part, next: end}
  end: {hangup: normal}
"""
SECRET = """\
vars: {pin: {type: digits, sensitive: true}}
exits: {on_timeout: end, on_invalid: end, on_error: end}
steps:
  hello: {collect: {into: pin, length: 4, prompt: {en: Your code?}}, next: back}
  back: {branch: [{if: pin == "1234", go: done}, {else: end}]}
  done: {return: {}}
  end: {hangup: normal}
"""


def loaded(files: Mapping[str, str], before: FlowSet = NO_FLOWS, known: Known = KNOWN) -> FlowSet:
    """The flows of these files, which lie elsewhere each time."""
    with TemporaryDirectory() as name:
        for file, text in files.items():
            path = Path(name) / file
            path.parent.mkdir(exist_ok=True)
            head = "" if "/" in file else HEAD.format(name=path.stem)
            path.write_text(head + text, "utf-8")
        try:
            return check_folder(Path(name), known, before).compiled()
        except DocumentError as error:
            problems = (replace(each, file=Path(each.file).name) for each in error.problems)
            raise DocumentError(problems) from None


def kept(before: FlowSet, after: FlowSet) -> set[str]:
    """The flows whose steps were not made anew."""
    new = Flows(2, after.programs).since(Flows(1, before.programs))
    return after.programs.keys() - new.keys()


@pytest.fixture
def before() -> FlowSet:
    return loaded(FILES)


FILES = {
    "alone.yaml": ALONE,
    "caller.yaml": CALLING,
    "part.yaml": PART,
    "fragment.yaml": INCLUDING,
    "common/end.yaml": END,
}


def test_only_the_family_of_a_changed_flow_is_made_anew(before: FlowSet) -> None:
    """Who calls it and whom it calls are its family, whatever the others do."""
    after = loaded({**FILES, "part.yaml": PART.replace('"5"', '"6"')}, before)
    assert kept(before, after) == {"alone", "fragment"}
    assert kept(before, loaded(FILES, before)) == before.programs.keys()


def test_flows_that_stay_call_the_version_that_they_are_in(before: FlowSet) -> None:
    """A call that begins after the change finds every flow of the new version from any other."""
    after = loaded({**FILES, "alone.yaml": LOUD}, before)
    assert after.programs["caller"].of("alone").nodes is after.programs["alone"].nodes
    assert before.programs["caller"].of("alone").nodes is before.programs["alone"].nodes
    assert after.programs["caller"].nodes is before.programs["caller"].nodes
    assert not after.programs["caller"].of("alone").library


def test_a_fragment_counts_as_the_text_of_those_that_include_it(before: FlowSet) -> None:
    after = loaded({**FILES, "common/end.yaml": BUSY}, before)
    assert kept(before, after) == {"alone", "caller", "part"}


def test_a_fault_in_a_flow_that_did_not_change_is_found(before: FlowSet) -> None:
    """What it calls gives something else now; the place is told in its own file."""
    with pytest.raises(DocumentError) as caught:
        loaded({**FILES, "part.yaml": UNLIKE}, before)
    assert [str(each) for each in caught.value.problems] == [
        "caller.yaml:9:44: steps.hello.call.take.found: answer is date, found is digits"
    ]


def test_a_flow_that_went_is_missed_by_those_that_call_it(before: FlowSet) -> None:
    files = {name: text for name, text in FILES.items() if name != "part.yaml"}
    with pytest.raises(DocumentError, match='unknown flow "part"'):
        loaded(files, before)


def test_a_site_that_knows_less_is_asked_about_every_flow() -> None:
    before = loaded({**FILES, "alone.yaml": QUEUEING})
    with pytest.raises(DocumentError, match='unknown queue "support"'):
        loaded({**FILES, "alone.yaml": QUEUEING}, before, replace(KNOWN, queues=frozenset()))


def test_what_is_known_is_compared_by_its_content_and_the_day(before: FlowSet) -> None:
    """Opening hours are made each time; of the time of a check only the day counts."""
    week = {"week": Hours.model_validate({"open": {"mon-fri": "08:00-16:00"}})}
    noon = replace(KNOWN, hours=openings(week, KNOWN.zone), now_ms=1_795_000_000_000)
    later = replace(noon, hours=openings(week, KNOWN.zone), now_ms=1_795_000_060_000)
    first = loaded(FILES, known=noon)
    assert kept(first, loaded(FILES, first, later)) == FILES_FLOWS
    next_day = replace(noon, now_ms=1_795_000_000_000 + 86_400_000)
    assert kept(first, loaded(FILES, first, next_day)) == set()


FILES_FLOWS = {"alone", "caller", "part", "fragment"}
VARIANTS: Mapping[str, tuple[str | None, ...]] = {
    "alone.yaml": (ALONE, LOUD, QUEUEING, CALLING, RECORDING, None),
    "caller.yaml": (CALLING, RECORDING, ALONE, None),
    "part.yaml": (PART, UNLIKE, SECRET, ALONE, CALLING, None),
    "fragment.yaml": (INCLUDING, ALONE, None),
    "common/end.yaml": (END, BUSY, "steps: {}\n", None),
}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.fixed_dictionaries({n: st.sampled_from(v) for n, v in VARIANTS.items()})))
def test_whatever_changes_it_is_as_if_all_were_loaded_anew(changes: list[dict[str, str]]) -> None:
    """The same flows, or the same faults at the same places."""
    before = NO_FLOWS
    for change in changes:
        files = {name: text for name, text in change.items() if text is not None}
        anew, again = outcome(files, NO_FLOWS), outcome(files, before)
        assert again[1] == anew[1]
        assert {n: p.flow for n, p in again[0].programs.items()} == {
            n: p.flow for n, p in anew[0].programs.items()
        }
        before = again[0] if not again[1] else before


def outcome(files: Mapping[str, str], before: FlowSet) -> tuple[FlowSet, list[str]]:
    try:
        return loaded(files, before), []
    except DocumentError as error:
        return NO_FLOWS, [str(each) for each in error.problems if each.severity == "error"]
