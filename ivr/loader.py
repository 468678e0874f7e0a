"""From files to runnable flows; a flow with any problem is refused, with all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from config.document import DocumentError, Folder, Located, Problem, load_located
from config.suggest import without_hint
from ivr.check import check
from ivr.flow import PARTS, Flow
from ivr.program import Program, compile_flows
from ivr.recording import Recorded
from ivr.steps.base import NOTHING_KNOWN, Known


def load_flow(path: Path, known: Known = NOTHING_KNOWN) -> Program:
    """The flow in ``path``, checked and ready to run; DocumentError tells every problem.

    It may call the flows beside it only when loaded by `load_flows`.
    """
    flow, located = read_flow(path)
    _refuse_errors(check(flow, located, known, {flow.flow: flow}))
    return compile_flows([flow], known)[flow.flow]


def read_flow(path: Path) -> tuple[Flow, Located]:
    """The flow in ``path`` as it is written, its fragments with it, unchecked."""
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
    flows: list[tuple[Flow, Located]] = []
    problems: list[Problem] = []
    folder = _folder(directory)
    for path in flow_files(directory):
        try:
            flows.append(load_located(path, Flow, folder))
        except DocumentError as error:
            problems.extend(error.problems)
    problems.extend(_named_twice(flows))
    # A flow that cannot be read is none that its callers misspelt.
    by_name = None if problems else {flow.flow: flow for flow, _ in flows}
    recorded = Recorded(by_name or {})
    for flow, located in flows:
        problems.extend(check(flow, located, known, by_name, recorded if by_name else None))
    return [flow for flow, _ in flows], [*_once(problems)]


def flow_files(directory: Path) -> list[Path]:
    """The files of flows: not those of tests, and none in folders, which hold fragments."""
    return [
        path for path in sorted(directory.glob("*.yaml")) if not path.name.endswith(".test.yaml")
    ]


def _folder(directory: Path) -> Folder:
    return Folder(directory, PARTS)


def _named_twice(flows: Iterable[tuple[Flow, Located]]) -> Iterator[Problem]:
    seen: set[str] = set()
    for flow, located in flows:
        if flow.flow in seen:
            yield located.problem(("flow",), f"flow {flow.flow} exists twice")
        seen.add(flow.flow)


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
