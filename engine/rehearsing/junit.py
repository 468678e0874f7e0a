"""A JUnit report, as continuous integration reads it: a suite a file, a case a test."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement

from engine.rehearsing.results import Result
from ivr.rehearsal.expecting import way

# XML 1.0 allows no other control characters (production 2, Char).
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write(path: Path, results: Sequence[Result]) -> None:
    """Write the report to ``path``, its folders included."""
    root = Element("testsuites", _sums(results))
    suites: dict[str, list[Result]] = defaultdict(list)
    for each in results:
        suites[each.source.located.file].append(each)
    for file, tests in suites.items():
        suite = SubElement(root, "testsuite", {"name": file, **_sums(tests)})
        for each in tests:
            _case(suite, each)
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _sums(results: Iterable[Result]) -> dict[str, str]:
    tests = list(results)
    return {
        "tests": str(len(tests)),
        "failures": str(sum(each.played.failure is not None for each in tests)),
        "errors": "0",
        "skipped": str(sum(each.skipped is not None for each in tests)),
        "time": f"{sum(each.seconds for each in tests):.3f}",
    }


def _case(suite: Element, result: Result) -> None:
    played, place = result.played, result.place
    attributes = {
        "classname": result.source.file.flow,
        "name": _clean(played.name),
        "file": place.file,
        "line": str(place.line),
        "time": f"{result.seconds:.3f}",
    }
    case = SubElement(suite, "testcase", attributes)
    if result.skipped is not None:
        SubElement(case, "skipped", {"message": result.skipped})
    if played.failure is None:
        return
    expected, got = _clean(played.failure.expected), _clean(played.failure.got)
    failure = SubElement(case, "failure", {"message": f"expected {expected}, got {got}"})
    where = f"{place.file}:{place.line}:{place.col}: {place.path}"
    told = [where, f"expected: {expected}", f"got: {got}"]
    told += [f"heard: {_clean(each)}" for each in played.failure.heard]
    failure.text = "\n".join([*told, f"path: {way(played.path)}"])


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
