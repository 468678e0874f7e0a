"""Fragments: what a flow includes is its own, with faults told where they were written."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.document import DocumentError, Located, load_text
from config.document import Folder as FlowParts
from ivr.flow import PARTS, Flow
from ivr.loader import load_flow, load_flows

pytestmark = pytest.mark.unit

HEADER = """\
flow: sample
about: A sample
owner: telecom@example.test
languages: [en]
start: hello
"""
EXITS = """\
vars: {account: {type: digits, length: 8}}
exits: {on_timeout: bye, on_error: bye}
steps:
  bye: {say: {en: Goodbye.}, next: end}
  end: {hangup: normal}
"""


class Folder:
    """A directory of flows, written as a test goes."""

    def __init__(self, path: Path) -> None:
        self.path = path / "dialplans"

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def flow(self, text: str, name: str = "sample") -> Path:
        """A flow of this name; the header is added, five lines."""
        return self.write(f"{name}.yaml", HEADER.replace("sample", name, 1) + text)

    def faults(self) -> list[str]:
        """What a check of the whole directory tells, paths relative to it."""
        with pytest.raises(DocumentError) as caught:
            load_flows(self.path)
        return [str(fault).replace(f"{self.path}/", "") for fault in caught.value.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_fragment_adds_its_variables_exits_and_steps(folder: Folder) -> None:
    """Parts of the flow itself stay; what only the fragment has is there too."""
    folder.write("common/exits.yaml", EXITS)
    path = folder.flow("""\
include: [common/exits.yaml]
vars: {note: {type: text}}
exits: {on_invalid: bye}
steps:
  hello: {collect: {into: account, prompt: Number please.}, next: bye}
""")
    flow = load_flow(path).flow
    assert set(flow.vars) == {"account", "note"}
    assert (flow.exits.on_timeout, flow.exits.on_invalid) == ("bye", "bye")
    assert list(flow.steps) == ["hello", "bye", "end"]


def test_a_flow_may_have_all_of_its_steps_from_a_fragment(folder: Folder) -> None:
    """A part that the flow lacks is the fragment's."""
    folder.write("common/exits.yaml", EXITS)
    text = HEADER.replace("start: hello", "start: bye") + "include: [common/exits.yaml]\n"
    assert load_flow(folder.write("sample.yaml", text)).start == "bye"


def test_fragments_are_no_flows(folder: Folder) -> None:
    """What lies in a directory below is only read when it is included."""
    folder.write("common/broken.yaml", "steps: [a\n")
    folder.flow("steps: {hello: {hangup: normal}}\n")
    assert set(load_flows(folder.path)) == {"sample"}


def test_an_anchor_of_a_fragment_can_be_used(folder: Folder) -> None:
    """Also one that it has from a fragment of its own, and also in a merge."""
    folder.write("common/deep.yaml", "vars: {account: &eight {type: digits, length: 8}}\n")
    folder.write(
        "common/words.yaml",
        """\
include: [deep.yaml]
words: {please: &please {en: Your number please.}}
exits: {on_error: &end bye}
steps:
  bye: &leave {hangup: normal}
""",
    )
    path = folder.flow("""\
include: [common/words.yaml]
vars: {second: *eight}
steps:
  hello: {collect: {into: second, prompt: *please}, next: *end, on_timeout: go, on_invalid: bye}
  go: {<<: *leave, hangup: busy}
""")
    flow = load_flow(path).flow
    assert flow.vars["second"].length == 8
    assert flow.steps["hello"].model_dump()["collect"]["prompt"] == {"en": "Your number please."}
    assert flow.steps["go"].model_dump(exclude_none=True) == {"hangup": "busy"}


def test_an_anchor_can_be_used_only_below_the_include(folder: Folder) -> None:
    """As in any YAML, what is repeated stands above."""
    folder.write("common/vars.yaml", "vars: {account: &eight {type: digits}}\n")
    folder.flow("""\
vars: {second: *eight}
include: [common/vars.yaml]
steps: {hello: {hangup: normal}}
""")
    (fault,) = folder.faults()
    assert fault.startswith('sample.yaml:6:16: vars.second: nothing above is marked "&eight"')


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("steps: [a\n", '1:8: this list lacks a "," or its closing "]"'),
        ("", "1:1: the file is empty"),
        ("- a\n", "1:1: is a list, a mapping is needed (lines of key: value)"),
        ("steps:\n- a\n", "2:1: steps: is a list, a mapping is needed (lines of key: value)"),
        (
            "start: bye\nsteps: {bye: {hangup: normal}}\n",
            "1:1: start: unknown key in a fragment, allowed: include, vars, words, exits, steps",
        ),
        (
            "vars:\n  account: {type: digit}\n",
            (
                '2:19: vars.account.type: is "digit", did you mean "digits"? '
                "(allowed: text, digits, number, money, date, time, bool)"
            ),
        ),
        (
            "steps:\n  bye: {goto: ed}\n  end: {hangup: normal}\n",
            (
                '2:15: steps.bye.goto: there is no step "ed", did you mean "end"? '
                "(allowed: hello, bye, end)"
            ),
        ),
    ],
)
def test_a_fault_of_a_fragment_is_told_at_its_own_place(
    folder: Folder, text: str, fault: str
) -> None:
    """Of the YAML, of the shape, and of what it means; with the path within the flow."""
    folder.write("common/part.yaml", text)
    target = "bye" if "bye" in text else "hello"
    folder.flow(f"include: [common/part.yaml]\nsteps: {{hello: {{goto: {target}}}}}\n")
    assert folder.faults() == [f"common/part.yaml:{fault}"]


def test_a_fault_of_a_fragment_is_told_once(folder: Folder) -> None:
    """Though several flows include it, and the names that each allows differ."""
    folder.write("common/part.yaml", "steps:\n  bye: {goto: ed}\n")
    for name in ("first", "second"):
        steps = f"steps: {{hello: {{goto: bye}}, {name}: {{hangup: normal}}}}\n"
        folder.flow(f"include: [common/part.yaml]\n{steps}", name)
    assert folder.faults() == [
        'common/part.yaml:2:15: steps.bye.goto: there is no step "ed", allowed: hello, first, bye'
    ]


def test_a_fault_of_an_anchored_value_is_told_where_it_is_written(folder: Folder) -> None:
    """The path says where it is used, the place where to mend it."""
    folder.write("common/words.yaml", "words:\n  hello: &hello {en: 'Your {account}.'}\n")
    folder.flow("""\
include: [common/words.yaml]
steps: {hello: {say: *hello, next: bye}, bye: {hangup: normal}}
""")
    (fault,) = folder.faults()
    assert fault.startswith(
        'common/words.yaml:2:29: steps.hello.say.en: unknown variable "account"'
    )


def test_a_name_defined_twice_is_refused(folder: Folder) -> None:
    """In the flow and a fragment, or in two fragments; both places are named."""
    folder.write("common/one.yaml", "steps:\n  bye: {hangup: normal}\n")
    folder.write("common/two.yaml", "vars: {note: {type: text}}\nsteps: {bye: {hangup: busy}}\n")
    folder.flow("""\
include: [common/one.yaml, common/two.yaml]
vars:
  note: {type: digits}
steps: {hello: {goto: bye}}
""")
    assert folder.faults() == [
        "common/one.yaml:2:3: steps.bye: is defined twice, also in common/two.yaml:2:9",
        "sample.yaml:8:3: vars.note: is defined twice, also in common/two.yaml:1:8",
    ]


def test_a_fragment_that_comes_two_ways_is_no_repetition(folder: Folder) -> None:
    """Two fragments may rest on the same third."""
    folder.write("common/exits.yaml", EXITS)
    for name in ("one", "two"):
        folder.write(
            f"common/{name}.yaml", f"include: [exits.yaml]\nvars: {{{name}: {{type: text}}}}"
        )
    path = folder.flow("""\
include: [common/one.yaml, common/two.yaml, common/one.yaml]
steps: {hello: {goto: bye}}
""")
    assert set(load_flow(path).flow.vars) == {"account", "one", "two"}


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("[common/none.yaml]", 'include[0]: "common/none.yaml": no such file'),
        ("[common]", 'include[0]: "common" is no YAML file, its name must end in .yaml'),
        (
            "[/etc/hosts.yaml]",
            'include[0]: "/etc/hosts.yaml" is absolute, write it relative to this file',
        ),
        ("[../site.yaml]", 'include[0]: "../site.yaml" leads out of dialplans/'),
        (
            "[common/../../site.yaml]",
            'include[0]: "common/../../site.yaml" leads out of dialplans/',
        ),
        (
            "[common/loop.yaml]",
            'include[0]: "common/loop.yaml": its symbolic links lead in a circle',
        ),
        ("[common/link.yaml]", 'include[0]: "common/link.yaml" leads out of dialplans/'),
        ("[sample.yaml]", 'include[0]: "sample.yaml" includes itself: sample.yaml → sample.yaml'),
        ("[[common/exits.yaml]]", "include[0]: is a list, the name of a file is needed"),
    ],
)
def test_a_file_that_cannot_be_included(folder: Folder, written: str, fault: str) -> None:
    """The reason, at the place in the including file."""
    folder.write("common/exits.yaml", EXITS)
    folder.write("../site.yaml", "vars: {}\n")
    (folder.path / "common/link.yaml").symlink_to(folder.path / "../site.yaml")
    (folder.path / "common/loop.yaml").symlink_to("loop.yaml")
    folder.flow(f"include: {written}\nsteps: {{hello: {{hangup: normal}}}}\n")
    assert folder.faults() == [f"sample.yaml:6:11: {fault}"]


@pytest.mark.parametrize(
    ("written", "kind"),
    [("common/exits.yaml", '"common/exits.yaml"'), ("", "nothing"), ("{a: b}", "a mapping")],
)
def test_include_is_a_list(folder: Folder, written: str, kind: str) -> None:
    """Of one file, too."""
    folder.write("common/exits.yaml", EXITS)
    folder.flow(f"include: {written}\nsteps: {{hello: {{hangup: normal}}}}\n")
    (fault,) = folder.faults()
    assert fault.endswith(f": include: is {kind}, a list of files is needed")


@pytest.mark.parametrize("merge", ["*exits", "[{vars: {}}, *exits]"])
def test_an_include_that_comes_by_a_merge_is_refused(folder: Folder, merge: str) -> None:
    """It would be dropped: the fragment's anchors could be used only below it."""
    folder.write("common/exits.yaml", EXITS)
    folder.flow(f"""\
words:
  w: {{en: Hello.}}
hours: {{}}
<<: {merge.replace("*exits", "{include: [common/exits.yaml]}")}
steps:
  hello: {{say: Hello., next: bye}}
  bye: {{hangup: normal}}
""")
    (told,) = folder.faults()
    assert told.endswith(": include: comes by a merge (<<), write it at the top itself")
    assert told.startswith("sample.yaml:9:")


def test_a_flow_that_is_read_with_its_places_knows_its_fragments(folder: Folder) -> None:
    """As one that is read fast: by them it is known whether the flow must be read again."""
    fragment = folder.write("common/exits.yaml", EXITS)
    path = folder.flow("include: [common/exits.yaml]\nsteps: {hello: {hangup: normal}}\n")
    for read in (Located.plain, lambda located: located.root):
        located = Located(str(path), path.read_text(), FlowParts(folder.path, PARTS))
        read(located)
        assert located.fragments == {str(fragment)}


def test_fragments_that_include_each_other_are_refused(folder: Folder) -> None:
    """With the way round, at the include that closes it."""
    folder.write("common/one.yaml", "include: [two.yaml]\n")
    folder.write("common/two.yaml", "vars: {}\ninclude: [one.yaml]\n")
    folder.flow("include: [common/one.yaml]\nsteps: {hello: {hangup: normal}}\n")
    way = "sample.yaml → one.yaml → two.yaml → one.yaml"
    (fault,) = folder.faults()
    assert fault == f'common/two.yaml:2:11: include[0]: "one.yaml" includes itself: {way}'


def test_includes_go_only_so_deep(folder: Folder) -> None:
    """A chain of files without end is a fault, not a crash."""
    for number in range(2000):
        folder.write(f"common/f{number}.yaml", f"include: [f{number + 1}.yaml]\n")
    folder.flow("include: [common/f0.yaml]\nsteps: {hello: {hangup: normal}}\n")
    (fault,) = folder.faults()
    assert fault.startswith(
        'common/f7.yaml:1:11: include[0]: "f8.yaml" lies deeper than 8 includes: sample.yaml → f0'
    )


def test_every_include_that_fails_is_told(folder: Folder) -> None:
    """One missing file does not hide the next."""
    folder.write("common/broken.yaml", "steps: [a\n")
    folder.flow("include: [none.yaml, common/broken.yaml]\nsteps: {hello: {hangup: normal}}\n")
    assert [fault.partition(" ")[0] for fault in folder.faults()] == [
        "common/broken.yaml:1:8:",
        "sample.yaml:6:11:",
    ]


def test_a_flow_need_not_use_all_of_a_fragment(folder: Folder) -> None:
    """Neither each step nor each language; of its own it must."""
    folder.write(
        "common/words.yaml",
        """\
words: {thanks: &thanks {en: Thank you., hu: Köszönjük.}}
steps:
  bye: {say: {en: Goodbye., hu: Viszonthallásra.}, next: end}
  end: {hangup: normal}
  other: {goto: end}
""",
    )
    path = folder.flow("""\
include: [common/words.yaml]
steps:
  hello: {say: *thanks, next: bye}
""")
    assert load_flow(path).name == "sample"
    path.write_text(path.read_text() + "  lost: {goto: end}\n")
    assert folder.faults() == ["sample.yaml:9:3: steps.lost: no way leads here from start"]


def test_a_text_alone_cannot_include(folder: Folder) -> None:
    """Without a file there is nothing that the names could be relative to."""
    text = f"{HEADER}include: [common/exits.yaml]\nsteps: {{hello: {{hangup: normal}}}}\n"
    with pytest.raises(DocumentError, match=r"6:10: include: fragments can be included only by"):
        load_text(text, "sample.yaml", Flow)
