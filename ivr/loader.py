"""From files to runnable flows; a flow with any problem is refused, with all of them."""

from __future__ import annotations

from pathlib import Path

from config.document import DocumentError, Problem, load_located
from ivr.check import NOTHING_KNOWN, check
from ivr.flow import Flow
from ivr.program import Program, compile_flow
from ivr.steps.base import Known


def load_flow(path: Path, known: Known = NOTHING_KNOWN) -> Program:
    """The flow in ``path``, checked and ready to run; DocumentError tells every problem."""
    flow, located = load_located(path, Flow)
    problems = check(flow, located, known)
    if any(problem.severity == "error" for problem in problems):
        raise DocumentError(problems)
    return compile_flow(flow)


def load_flows(directory: Path, known: Known = NOTHING_KNOWN) -> dict[str, Program]:
    """Every flow in ``directory`` by name (not ``*.test.yaml``); all files' problems at once."""
    programs: dict[str, Program] = {}
    problems: list[Problem] = []
    for path in sorted(directory.glob("*.yaml")):
        if path.name.endswith(".test.yaml"):
            continue
        try:
            program = load_flow(path, known)
        except DocumentError as error:
            problems.extend(error.problems)
            continue
        if program.name in programs:
            problems.append(Problem(str(path), 1, 1, "flow", f"flow {program.name} exists twice"))
        programs[program.name] = program
    if problems:
        raise DocumentError(problems)
    return programs
