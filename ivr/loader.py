"""From files to runnable flows; a flow with any problem is refused, with all of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from config.document import DocumentError, Folder, Located, Place, Problem, load_located
from config.files import NOTHING_UNSAVED, Unsaved
from config.suggest import without_hint
from ivr.check import check
from ivr.flow import PARTS, Flow
from ivr.program import Program, compile_flows
from ivr.recorded_steps import Recorded
from ivr.steps.base import NOTHING_KNOWN, Known

YAML = frozenset({".yaml", ".yml"})
"""What a name ends in that is meant to be a file; flows are only in ``.yaml``."""


def load_flow(path: Path, known: Known = NOTHING_KNOWN) -> Program:
    """The flow in ``path``, checked and ready to run; DocumentError tells every problem.

    It may call the flows beside it only when loaded by `load_flows`.
    """
    flow, located = read_flow(path)
    _refuse_errors(check(flow, located, known, {flow.flow: flow}))
    return compile_flows([flow], known)[flow.flow]


def read_flow(path: Path) -> tuple[Flow, Located]:
    """The flow in ``path`` as it is written, its fragments with it, unchecked.

    Raises DocumentError, also where a directory of flows would not have it as one.
    """
    if path.suffix == ".yml":
        raise DocumentError([not_yaml(path)])
    if path.name.endswith(".test.yaml"):
        message = "holds tests, the flow itself is needed"
        raise DocumentError([Place(str(path), 0, 0).problem((), message)])
    return load_located(path, Flow, _folder(path.parent))


def flows_as_written(directory: Path) -> list[Flow]:
    """The flows of ``directory``, unchecked: their words may be incomplete."""
    folder = _folder(directory)
    return [load_located(path, Flow, folder)[0] for path in flow_files(directory)]


def load_flows(directory: Path, known: Known = NOTHING_KNOWN) -> dict[str, Program]:
    """Every flow in ``directory`` by name, ready to run; all files' problems at once."""
    flows, problems = read_flows(directory, known)
    _refuse_errors(problems)
    return compile_flows(flows, known)


def load_unchecked(directory: Path, known: Known) -> dict[str, Program]:
    """The same of flows that were checked when they were written: what they use and is not known
    any more fails in the call. Raises DocumentError for what is no flow of today's language."""
    return compile_flows(flows_as_written(directory), known)


def read_flows(directory: Path, known: Known = NOTHING_KNOWN) -> tuple[list[Flow], list[Problem]]:
    """The flows in ``directory`` that can be read, and every problem and warning of any.

    Tests (``*.test.yaml``) are no flows, and what lies in directories below are fragments.
    """
    folder = FlowFolder(directory)
    return folder.flows, folder.check(known)


class FlowFolder:
    """The flows of a directory as they are written, each read once: to be checked, all or one.

    ``unsaved`` are texts that count instead of their files': what an editor shows.
    """

    def __init__(self, directory: Path, unsaved: Unsaved = NOTHING_UNSAVED) -> None:
        self._folder = Folder(directory, PARTS, unsaved)
        self._read: dict[str, tuple[Flow, Located]] = {}
        self._unread: dict[str, tuple[Problem, ...]] = {}
        for path in flow_files(directory, unsaved):
            try:
                self._read[os.path.realpath(path)] = load_located(path, Flow, self._folder)
            except DocumentError as error:
                self._unread[os.path.realpath(path)] = error.problems

    @property
    def flows(self) -> list[Flow]:
        """Those that can be read."""
        return [flow for flow, _ in self._read.values()]

    @property
    def is_whole(self) -> bool:
        """Whether every flow can be read, each under a name of its own."""
        return not self._unread and not any(_named_twice(self._read.values()))

    def check(self, known: Known) -> list[Problem]:
        """Every problem and warning of any."""
        problems = [problem for unread in self._unread.values() for problem in unread]
        problems.extend(_named_twice(self._read.values()))
        checked = self._checked(self._read.values(), known)
        return [*_once([*problems, *checked])]

    def check_flow(self, path: Path, known: Known) -> list[Problem]:
        """Those of the flow in one file, and of the fragments that it includes."""
        real = os.path.realpath(path)
        if real not in self._read:
            return [*self._unread.get(real, ())]
        flow, located = self._read[real]
        others = [other.flow for other, _ in self._read.values()]
        problems = [_twice(flow, located)] if others.count(flow.flow) > 1 else []
        return [*_once([*problems, *self._checked([(flow, located)], known)])]

    def check_fragment(self, path: Path, known: Known) -> list[Problem] | None:
        """Those in one fragment, whichever flow includes it; None when no flow does."""
        real = os.path.realpath(path)
        if real not in self._folder.fragments:
            return None
        return [each for each in self.check(known) if os.path.realpath(each.file) == real]

    def _checked(self, flows: Iterable[tuple[Flow, Located]], known: Known) -> Iterator[Problem]:
        # A flow that cannot be read is none that its callers misspelt.
        by_name = {flow.flow: flow for flow in self.flows} if self.is_whole else None
        recorded = Recorded(by_name) if by_name else None
        for flow, located in flows:
            yield from check(flow, located, known, by_name, recorded)


def flow_files(directory: Path, unsaved: Unsaved = NOTHING_UNSAVED) -> list[Path]:
    """The files of flows: not those of tests, and none in folders, which hold fragments.

    One that is only in an editor yet is among them.
    """
    real = Path(os.path.realpath(directory))
    names = {path.name for path in directory.glob("*.yaml")}
    names |= {Path(path).name for path in unsaved if Path(path).parent == real}
    flows = (name for name in sorted(names) if name.endswith(".yaml"))
    return [directory / name for name in flows if not name.endswith(".test.yaml")]


def misnamed(directory: Path) -> list[Problem]:
    """A problem for each ``*.yml`` below: nothing reads it, and its author would wonder."""
    found = (path.relative_to(directory) for path in sorted(directory.rglob("*.yml")))
    visible = (name for name in found if not any(part.startswith(".") for part in name.parts))
    return [not_yaml(directory / name) for name in visible]


def not_yaml(path: Path) -> Problem:
    """For a file ``*.yml``."""
    message = f"is not read, as its name ends in {path.suffix}: rename it to {path.stem}.yaml"
    return Place(str(path), 0, 0).problem((), message)


def _folder(directory: Path) -> Folder:
    return Folder(directory, PARTS)


def _named_twice(flows: Iterable[tuple[Flow, Located]]) -> Iterator[Problem]:
    seen: set[str] = set()
    for flow, located in flows:
        if flow.flow in seen:
            yield _twice(flow, located)
        seen.add(flow.flow)


def _twice(flow: Flow, located: Located) -> Problem:
    return located.problem(("flow",), f"flow {flow.flow} exists twice")


def _once(problems: Iterable[Problem]) -> Iterator[Problem]:
    """A fragment's problem is told once, though each flow that includes it allows other names."""
    told = set()
    for problem in problems:
        same = (problem.place, problem.path, without_hint(problem.message))
        if same not in told:
            told.add(same)
            yield problem


def _refuse_errors(problems: list[Problem]) -> None:
    if any(problem.severity == "error" for problem in problems):
        raise DocumentError(problems)
