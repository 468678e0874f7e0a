"""The flows of a directory as they are written, and what is wrong in them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from config.document import DocumentError, Folder, Located, Place, Problem, load_located
from config.files import NOTHING_UNSAVED, Unsaved
from config.suggest import without_hint
from ivr.check import check, check_draft
from ivr.draft import Draft, draft
from ivr.flow import PARTS, Flow
from ivr.recorded_steps import Recorded
from ivr.steps.base import Known

YAML = frozenset({".yaml", ".yml"})
"""What a name ends in that is meant to be a file; flows are only in ``.yaml``."""


class Source(NamedTuple):
    """A flow, and what it was read from: its file, and the fragments by their place in the
    directory."""

    flow: Flow
    text: str
    fragments: Mapping[str, str]


class FlowFolder:
    """The flows of a directory as they are written, each read once: to be checked, all or one.

    ``unsaved`` are texts that count instead of their files': what an editor shows. ``before`` are
    flows that were read earlier, by file: those whose texts are the same are not read again.
    """

    def __init__(
        self,
        directory: Path,
        unsaved: Unsaved = NOTHING_UNSAVED,
        before: Mapping[str, Source] = MappingProxyType({}),
    ) -> None:
        self._directory = directory
        self._folder = Folder(directory, PARTS, unsaved)
        self._read: dict[str, tuple[Flow, Located]] = {}
        self._unread: dict[str, tuple[Problem, ...]] = {}
        self._drafts: dict[str, Draft] = {}
        self.sources: dict[str, Source] = {}
        """Those that can be read, by file."""
        self.unchanged: set[str] = set()
        """The flows that are as they were before."""
        for path in flow_files(directory, unsaved):
            try:
                self._read[os.path.realpath(path)] = self._flow(path, before.get(path.name))
            except DocumentError as error:
                self._unread[os.path.realpath(path)] = error.problems
                self._take_draft(path)

    def _flow(self, path: Path, before: Source | None) -> tuple[Flow, Located]:
        if before is not None and self._is_as(path, before):
            self.sources[path.name] = before
            self.unchanged.add(before.flow.flow)
            return before.flow, Located(str(path), before.text, self._folder)
        flow, located = load_located(path, Flow, self._folder)
        fragments = {
            os.path.relpath(file, self._directory): self._folder.source(file)
            for file in located.fragments
        }
        self.sources[path.name] = Source(flow, located.text, fragments)
        return flow, located

    def _take_draft(self, path: Path) -> None:
        """Of a flow that cannot be read as a whole, what can be."""
        found = draft_of(path, self._folder)
        if found is not None:
            self._drafts[os.path.realpath(path)] = found

    def _is_as(self, path: Path, before: Source) -> bool:
        """Whether a file, and every fragment that it includes, reads as it did."""
        try:
            return self._folder.text(path) == before.text and all(
                self._folder.source(os.path.normpath(self._directory / name)) == text
                for name, text in before.fragments.items()
            )
        except DocumentError:  # a fragment is gone: reading the flow will tell
            return False

    @property
    def flows(self) -> list[Flow]:
        """Those that can be read."""
        return [flow for flow, _ in self._read.values()]

    @property
    def is_whole(self) -> bool:
        """Whether every flow can be read, each under a name of its own."""
        return not self._unread and not any(_named_twice(self._read.values()))

    def check(self, known: Known, leave_out: Collection[str] = ()) -> list[Problem]:
        """Every problem and warning of any, but for what is to be left out: flows by name."""
        problems = [problem for real in self._unread for problem in self._wrong(real, known)]
        problems.extend(_named_twice(self._read.values()))
        flows = (read for read in self._read.values() if read[0].flow not in leave_out)
        checked = self._checked(flows, known)
        return [*_once([*problems, *checked])]

    def check_flow(self, path: Path, known: Known) -> list[Problem]:
        """Those of the flow in one file, and of the fragments that it includes."""
        real = os.path.realpath(path)
        if real not in self._read:
            return self._wrong(real, known)
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

    def _wrong(self, real: str, known: Known) -> list[Problem]:
        """Those of a file that is no flow as it stands."""
        found, problems = self._drafts.get(real), self._unread.get(real, ())
        return sorted({*problems, *(check_draft(found, known) if found is not None else ())})

    def unused(self) -> list[Path]:
        """The fragments that no flow includes; none where that cannot be told."""
        if not self.is_whole:
            return []
        below = (path.relative_to(self._directory) for path in self._directory.rglob("*.yaml"))
        return [
            self._directory / name
            for name in sorted(below)
            if len(name.parts) > 1
            and not any(part.startswith(".") for part in name.parts)
            and os.path.realpath(self._directory / name) not in self._folder.fragments
        ]

    def _checked(self, flows: Iterable[tuple[Flow, Located]], known: Known) -> Iterator[Problem]:
        # A flow that cannot be read is none that its callers misspelt.
        by_name = {flow.flow: flow for flow in self.flows} if self.is_whole else None
        recorded = Recorded(by_name) if by_name else None
        for flow, located in flows:
            yield from check(flow, located, known, by_name, recorded)


def draft_of(path: Path, folder: Folder) -> Draft | None:
    """What can be read of the flow in a file that has errors; None: nothing."""
    try:
        return draft(Located(str(path), folder.text(path), folder))
    except DocumentError:
        return None


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
