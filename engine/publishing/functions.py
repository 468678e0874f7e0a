"""The functions that flows may call, from the Python files of the site or of a published version.

Files are texts here, and their modules live in a package of their own, one for each content: what
a call runs stays as it is, whatever is edited or published meanwhile, and a version that leaves
the code alone goes on with the modules, and the state, of the one before.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module, invalidate_caches
from importlib.abc import ExecutionLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import NamedTuple

from config.document import DocumentError
from config.problem import Problem
from engine.publishing.working_copy import code_files
from ivr.functions import FlowFunction, marked, misplaced


class Loaded(NamedTuple):
    """What Python files hold for flows, and what is wrong with them."""

    functions: Mapping[str, FlowFunction]
    problems: tuple[Problem, ...]


def load_functions(directory: Path) -> Loaded:
    """The functions in the files of a directory as they are now."""
    try:
        texts = code_files(directory)
    except DocumentError as error:
        return Loaded({}, tuple(error.problems))
    return functions_of(texts, directory, lambda name: str(directory / name))


def functions_of(
    texts: Mapping[str, str], home: Path, called: Callable[[str], str] = str
) -> Loaded:
    """Every function that is marked in a ``*.py`` among texts, which may import from each other
    (``from ._rates import rate``); those with _ before their name are only for that.

    `home` is where a file finds what lies beside it, by its ``__file__``; `called` says what a
    file is called in problems.
    """
    package = _package(dict(texts), home)
    functions: dict[str, FlowFunction] = {}
    problems: list[Problem] = []
    for name, found in package.contents():
        if isinstance(found, BaseException):
            problems.append(_problem(found, str(home / name), called(name)))
            continue
        for function in _marked(found):
            if function.name in functions:
                problems.append(_twice(function, called(name)))
            functions.setdefault(function.name, function)
        problems += _misplaced(found, called(name))
    return Loaded(functions, tuple(problems))


class _Package(MetaPathFinder, ExecutionLoader):
    """A package whose modules are texts. It stays for the life of the process: a call may run its
    code, and import within it, long after another version is in force."""

    def __init__(self, name: str, texts: Mapping[str, str], home: Path) -> None:
        self._name = name
        self._texts = texts
        self._home = home
        self._contents: Sequence[tuple[str, ModuleType | BaseException]] | None = None

    def contents(self) -> Sequence[tuple[str, ModuleType | BaseException]]:
        """The modules that may hold functions, each by its file, or what its import raised."""
        if self._contents is None:
            invalidate_caches()  # a library may have been installed since
            files = (PurePosixPath(name) for name in sorted(self._texts))
            self._contents = [
                (file.name, self._imported(file.stem))
                for file in files
                if len(file.parts) == 1 and not file.name.startswith("_")
            ]
        return self._contents

    def _imported(self, stem: str) -> ModuleType | BaseException:
        try:
            return import_module(f"{self._name}.{stem}")
        except (Exception, SystemExit) as error:  # it is its author's code, and may raise anything
            return error

    def find_spec(
        self, fullname: str, path: object = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if self._file(fullname) is None:
            return None
        file, is_package = self.get_filename(fullname), self.is_package(fullname)
        spec = ModuleSpec(fullname, self, origin=file, is_package=is_package)
        spec.has_location = True  # of a file; what is inside a package is looked for here alone
        return spec

    def is_package(self, fullname: str) -> bool:
        return self.get_filename(fullname).endswith("/__init__.py")

    def get_filename(self, fullname: str) -> str:
        return str(self._home / (self._file(fullname) or ""))

    def get_source(self, fullname: str) -> str:
        return self._texts.get(self._file(fullname) or "", "")

    def _file(self, fullname: str) -> str | None:
        """The file of a module; a directory is a package also without an ``__init__.py``."""
        if fullname != self._name and not fullname.startswith(f"{self._name}."):
            return None
        path = fullname.removeprefix(self._name).removeprefix(".").replace(".", "/")
        if path and f"{path}.py" in self._texts:
            return f"{path}.py"
        is_directory = not path or any(name.startswith(f"{path}/") for name in self._texts)
        return f"{path}/__init__.py".removeprefix("/") if is_directory else None


_PACKAGES: dict[str, _Package] = {}
_LOADING = threading.RLock()
"""Versions are loaded in threads, and two of them may have the same code."""


def _package(texts: Mapping[str, str], home: Path) -> _Package:
    content = json.dumps([str(home), texts], sort_keys=True)
    name = f"trunkline_functions_{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    with _LOADING:
        if name not in _PACKAGES:
            package = _PACKAGES[name] = _Package(name, texts, home)
            sys.meta_path.append(package)
        _PACKAGES[name].contents()
        return _PACKAGES[name]


def _marked(module: ModuleType) -> Iterator[FlowFunction]:
    for thing in vars(module).values():
        found = marked(thing)
        if found is not None and found.call.__module__ == module.__name__:
            yield found


def _misplaced(module: ModuleType, file: str) -> Iterator[Problem]:
    """What would be missed in silence by whoever marked it."""
    for thing in vars(module).values():
        for found, why in misplaced(thing):
            code = inspect.unwrap(found.call).__code__
            if found.call.__module__ == module.__name__:
                yield Problem(file, code.co_firstlineno, 1, "", why)


def _twice(found: FlowFunction, file: str) -> Problem:
    line = inspect.unwrap(found.call).__code__.co_firstlineno
    return Problem(file, line, 1, "", f"a function {found.name} is in another file already")


def _problem(error: BaseException, filename: str, file: str) -> Problem:
    """What its author made, told at the last line of the file that led to it."""
    if isinstance(error, SyntaxError) and error.filename == filename:
        line, col = error.lineno or 1, error.offset or 1
        return Problem(file, line, col, "", f"is no Python: {error.msg}")
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno or 1 for frame in frames if frame.filename == filename]
    text = str(error) or "no reason given"
    return Problem(file, lines[-1] if lines else 1, 1, "", f"{type(error).__name__}: {text}")
