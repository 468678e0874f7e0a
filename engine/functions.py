"""The functions that flows may call, from the site's Python files."""

import hashlib
import sys
import traceback
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from config.problem import Problem
from ivr.functions import FlowFunction, marked


class Loaded(NamedTuple):
    """What the files of a directory hold, and what is wrong with them."""

    functions: Mapping[str, FlowFunction]
    problems: tuple[Problem, ...]


@cache
def load_functions(directory: Path) -> Loaded:
    """Every function that is marked in a ``*.py`` of the directory, whose files may import from
    each other (``from ._rates import rate``); those with _ before their name are only for that.

    Read once a process: code that is running is not changed under the calls that use it.
    """
    functions: dict[str, FlowFunction] = {}
    problems: list[Problem] = []
    package = _package(directory)
    for path in sorted(directory.glob("[!_]*.py")):
        try:
            module = _loaded(package, path)
        except (Exception, SystemExit) as error:  # it is its author's code, and may raise anything
            problems.append(_problem(error, path))
            continue
        for found in _marked(module):
            if found.name in functions:
                problems.append(_twice(found, path))
            functions.setdefault(found.name, found)
    return Loaded(functions, tuple(problems))


def _package(directory: Path) -> str:
    """A package of the directory's own, in which relative imports work."""
    digest = hashlib.sha256(str(directory).encode()).hexdigest()[:12]
    package = ModuleType(f"trunkline_functions_{digest}")
    package.__path__ = [str(directory)]
    sys.modules[package.__name__] = package
    return package.__name__


def _loaded(package: str, path: Path) -> ModuleType:
    name = f"{package}.{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError("is no Python file")
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _marked(module: ModuleType) -> Iterator[FlowFunction]:
    for thing in vars(module).values():
        found = marked(thing)
        if found is not None and found.call.__module__ == module.__name__:
            yield found


def _twice(found: FlowFunction, path: Path) -> Problem:
    line = found.call.__code__.co_firstlineno
    return Problem(str(path), line, 1, "", f"a function {found.name} is in another file already")


def _problem(error: BaseException, path: Path) -> Problem:
    """What its author made, told at the last line of the file that led to it."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        line, col = error.lineno or 1, error.offset or 1
        return Problem(str(path), line, col, "", f"is no Python: {error.msg}")
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno or 1 for frame in frames if frame.filename == str(path)]
    text = str(error) or "no reason given"
    return Problem(str(path), lines[-1] if lines else 1, 1, "", f"{type(error).__name__}: {text}")
