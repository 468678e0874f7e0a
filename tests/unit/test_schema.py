"""What editors are given: JSON Schemas that accept what the loader accepts, and explain it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from config.document import schema
from engine.schemas import SCHEMAS
from engine.settings import PROJECT
from ivr.flow import Flow
from ivr.steps import KINDS

pytestmark = pytest.mark.unit

FLOWS = PROJECT / "tests" / "data" / "flows"
SCHEMA = schema(Flow)
VALIDATOR = Draft202012Validator(SCHEMA)
OF_TESTS = Draft202012Validator(schema(SCHEMAS["test"]))
GOOD = [
    path
    for folder in (FLOWS / "good", PROJECT / "dialplans", PROJECT / "docs/reference/examples")
    for path in sorted(folder.glob("*.yaml"))
]
SHAPELESS = [
    "bad_language_code",
    "bad_step_name",
    "bad_variable_type",
    "hangup_unknown_cause",
    "header_missing",
    "hours_without_closed",
    "menu_bad_duration",
    "menu_bad_key",
    "menu_no_options",
    "menu_too_many_tries",
    "no_kind",
    "no_steps",
    "queue_bad_level",
    "queue_timeout_without_time",
    "step_is_text",
    "two_kinds",
    "unknown_key_beside",
    "unknown_key_in_menu",
    "unknown_kind",
]
"""Broken flows whose fault is one of shape, which an editor can see without the rest."""


class EditorLoader(yaml.CSafeLoader):
    """YAML 1.2's core schema, as yaml-language-server reads it: ``no`` and ``10:30`` are text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - declared so by PyYAML


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+0123456789."),
    ("merge", r"<<", "<"),
):
    EditorLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )


def as_an_editor_reads(path: Path) -> Any:
    """The document with its keys as text, which is all that JSON knows."""
    return _with_text_keys(yaml.load(path.read_text("utf-8"), EditorLoader))  # noqa: S506


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _with_text_keys(each) for key, each in value.items()}
    return [_with_text_keys(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_an_editor_has_nothing_to_complain_of_in_what_is_good(path: Path) -> None:
    """Flows and their tests: a red line under what is right would teach people to overlook it."""
    validator = OF_TESTS if path.name.endswith(".test.yaml") else VALIDATOR
    assert [each.message for each in validator.iter_errors(as_an_editor_reads(path))] == []


@pytest.mark.parametrize("name", SHAPELESS)
def test_an_editor_marks_what_has_the_wrong_shape(name: str) -> None:
    """While typing, before any check."""
    assert not VALIDATOR.is_valid(as_an_editor_reads(FLOWS / "bad" / f"{name}.yaml"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_key_of_its_kind_tells_one_step_from_all_others(kind: str) -> None:
    """So an editor that has seen `menu:` offers what a menu has, and nothing else."""
    (steps,) = SCHEMA["properties"]["steps"]["patternProperties"].values()
    models = [SCHEMA["$defs"][each["$ref"].rsplit("/", 1)[1]] for each in steps["oneOf"]]
    (mine,) = [model for model in models if kind in model["required"]]
    assert [model for model in models if kind in model["properties"]] == [mine]
    assert all(model["additionalProperties"] is False for model in models)


@pytest.mark.parametrize("what", SCHEMAS)
def test_everything_that_can_be_written_is_described(what: str) -> None:
    """For the editor's hover, and for the reference, which is made from the same words."""
    bare = [
        place for place, part in _properties(schema(SCHEMAS[what])) if "description" not in part
    ]
    assert bare == [], f"give these fields of {what} a Field(description=…)"


def test_a_schema_says_nothing_in_another_markup_than_editors_show() -> None:
    """Docstrings mark code with two backticks, hover texts with one."""
    assert all("``" not in part.get("description", "") for part in SCHEMA["$defs"].values())


def _properties(whole: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for model, part in {"(top)": whole, **whole["$defs"]}.items():
        for name, each in part.get("properties", {}).items():
            yield f"{model}.{name}", each
