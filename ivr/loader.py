"""From files to runnable flows; a flow with any problem is refused, with all of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from config.document import DocumentError, Folder, Located, Place, Problem, load_located
from ivr.check import check, check_draft
from ivr.families import families
from ivr.flow import PARTS, Flow
from ivr.folder import FlowFolder, Source, draft_of, flow_files, not_yaml
from ivr.program import Program, compile_flows
from ivr.steps.base import NOTHING_KNOWN, Known


class FlowSet(NamedTuple):
    """Every flow of a directory by name, ready to run, and what they were made of."""

    programs: Mapping[str, Program]
    sources: Mapping[str, Source]
    """By the name of the file."""

    known: Known


class CheckedFlows(NamedTuple):
    """Every flow of a directory by name, without an error; `kept` are the programs of those that
    are as they were before."""

    flows: Mapping[str, Flow]
    sources: Mapping[str, Source]
    known: Known
    kept: Mapping[str, Program]

    def compiled(self) -> FlowSet:
        """The same, ready to run."""
        programs = compile_flows(self.flows.values(), self.known, self.kept)
        return FlowSet(programs, self.sources, self.known)


NO_FLOWS = FlowSet({}, {}, NOTHING_KNOWN)


def load_flow(path: Path, known: Known = NOTHING_KNOWN) -> Program:
    """The flow in ``path``, checked and ready to run; DocumentError tells every problem.

    It may call the flows beside it only when loaded by `load_flows`.
    """
    try:
        flow, located = read_flow(path)
    except DocumentError as error:
        found = draft_of(path, _folder(path.parent))
        more = check_draft(found, known) if found is not None else ()
        raise DocumentError(sorted({*error.problems, *more})) from None
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
    return dict(check_folder(directory, known).compiled().programs)


def check_folder(directory: Path, known: Known, before: FlowSet = NO_FLOWS) -> CheckedFlows:
    """The flows in ``directory``, checked, or every file's problems at once.

    It costs what has changed: a file that reads as it did ``before`` is not read anew, and where
    that is so of all flows that call each other, they are not checked anew.
    """
    folder = FlowFolder(directory, before=before.sources)
    kept = _kept(folder, known, before)
    _refuse_errors(folder.check(known, leave_out=kept.keys()))
    flows = {flow.flow: flow for flow in folder.flows}
    return CheckedFlows(flows, folder.sources, known, kept)


def _kept(folder: FlowFolder, known: Known, before: FlowSet) -> dict[str, Program]:
    """Programs that would be made again just as they are: they were found without an error."""
    if not folder.is_whole or not known.fits_as(before.known):
        return {}
    was = families(source.flow for source in before.sources.values())
    return {
        name: before.programs[name]
        for name, family in families(folder.flows).items()
        if family <= folder.unchanged and family == was.get(name)
    }


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


def _folder(directory: Path) -> Folder:
    return Folder(directory, PARTS)


def _refuse_errors(problems: list[Problem]) -> None:
    if any(problem.severity == "error" for problem in problems):
        raise DocumentError(problems)
