"""What an agent must know: skills with levels, as steps that ask for agents are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field

from config.problem import Path
from config.requirement import (
    ANYONE,
    NOBODY,
    Requirement,
    RequirementInvalid,
    each_of,
    faults,
    filled,
    is_hole,
    parse,
    skills_in,
)
from config.suggest import shown
from ivr.filling import told_by_term, told_findings
from ivr.run import Run
from ivr.steps.base import Build, Context, Finding, unknown
from ivr.variables import Value
from ivr.wording import holes

MAX_PRIORITY = 100

Level = Annotated[int, Field(ge=1, le=5)]

Skills = dict[str, Level]
"""Minimum levels, 1 (some) to 5 (expert), by skill; ``"{call.language}"`` is the skill of that
name."""


def _any_agent(value: Any) -> Any:
    queue = value.get("queue") if isinstance(value, dict) else None
    if isinstance(queue, str) and not is_number(queue):  # else it is a skill of that name
        step = f"{{queue: {queue}, keep_place: yes, ...}}"
        raise ValueError(f"another queue is a step of its own: {step}, to which on_timeout leads")
    return {} if value == "any" else value


Asked = Annotated[Skills | str, BeforeValidator(_any_agent, json_schema_input_type=Skills | str)]
"""Skills that an agent must have all of, or an expression over skills; ``any`` asks for nothing:
whoever serves the queue will do."""


def is_number(text: str) -> bool:
    """Whether a priority is written as a number, not as an expression."""
    return text.isascii() and text.isdigit()


def _priority(value: Any) -> Any:
    if (
        isinstance(value, str)
        and is_number(value)
        and (len(value) > len(str(MAX_PRIORITY)) or int(value) > MAX_PRIORITY)
    ):
        raise ValueError(f"is {shown(value)}, from 0 to {MAX_PRIORITY} is allowed")
    return value


Priority = Annotated[str, BeforeValidator(_priority)]
"""A number from 0 to 100, or an expression that gives one; each level counts as so much of waiting
(the site's `routing.ageing`)."""


_KEPT = "what is asked of agents is kept in history"


def priority_findings(source: str, path: Path, context: Context) -> Iterator[Finding]:
    """A sensitive value that a priority would tell."""
    if not is_number(source):
        yield from told_by_term(path, source, context.names, _KEPT)


def skill_findings(asked: Skills | str, path: Path, context: Context) -> Iterator[Finding]:
    """Skills that the site does not have, or that would tell what is sensitive."""
    if isinstance(asked, str):
        yield from told_findings(path, asked, context.names, _KEPT)
        for fault in faults(asked, context.known.skills):
            yield Finding(path, fault.why, at=fault.at)
        return
    for skill in asked:
        if varies(skill):
            yield from told_findings((*path, skill), skill, context.names, _KEPT)
        else:
            yield from unknown("skill", skill, (*path, skill), context.known.skills, key=True)


def staff_findings(
    asked: Skills | str, queue: str, path: Path, context: Context
) -> Iterator[Finding]:
    """What no agent of the site can meet together with what the queue asks, as far as it is known
    before a call: a hole may be filled with anything."""
    staff, asks = context.known.staff, _known_before(asked)
    if staff is None or asks in (ANYONE, NOBODY) or not staff.can_serve(queue, ANYONE):
        return  # nothing is added to what the site itself is warned of
    if not staff.can_serve(queue, asks):
        yield Finding(path, f"no agent of {queue} has the skills for it", warning=True)


def _known_before(asked: Skills | str) -> Requirement:
    if not isinstance(asked, str):
        return each_of({skill: level for skill, level in asked.items() if not varies(skill)})
    try:
        return filled(parse(asked), lambda name: "" if is_hole(name) else name)
    except RequirementInvalid:
        return ANYONE


def skill_texts(asked: Skills | str, path: Path) -> Iterator[tuple[Path, str]]:
    """The texts with holes among the skills."""
    if isinstance(asked, str):
        yield path, asked
    else:
        yield from (((*path, skill), skill) for skill in asked)


def words(asked: Skills | str) -> list[str]:
    """The skills in a few words, for the graph."""
    if isinstance(asked, str):
        return [asked]
    return [f"{skill} {level}" for skill, level in asked.items()]


def varies(text: str) -> bool:
    """Whether ``text`` has holes, which each call fills."""
    return any(True for _ in holes(text))


class Demand(NamedTuple):
    """What one call asks of an agent: all these skills at their levels, and the requirement."""

    skills: Mapping[str, int]
    requires: Requirement = ANYONE


def demand(asked: Skills | str, build: Build) -> Callable[[Run], Demand]:
    """The skills as a call asks for them; of two that turn out the same the higher level."""
    if isinstance(asked, str):
        return _required(asked, build)
    if not any(map(varies, asked)):
        fixed = Demand(dict(asked))
        return lambda run: fixed
    templates = [(build.template(skill), level) for skill, level in asked.items()]

    def filled_in(run: Run) -> Demand:
        found: dict[str, int] = {}
        for template, level in templates:
            name = template(run)
            if name:
                found[name] = max(level, found.get(name, 0))
        return Demand(found)

    return filled_in


def _required(expression: str, build: Build) -> Callable[[Run], Demand]:
    """An expression that the check refuses asks for nothing, as a term that it refuses gives
    nothing: whoever serves the queue will do."""
    try:
        requires = parse(expression)
    except RequirementInvalid:
        return lambda run: Demand({})
    names = {name: build.template(name) for name, _ in skills_in(expression) if is_hole(name)}
    if not names:
        fixed = Demand({}, requires)
        return lambda run: fixed

    def filled_in(run: Run) -> Demand:
        said = {hole: template(run) for hole, template in names.items()}
        return Demand({}, filled(requires, lambda name: said.get(name, name)))

    return filled_in


def priority(source: str, build: Build) -> Callable[[Run], int]:
    """The priority in a call: an expression's value is brought into the range, and one that
    gives nothing is the lowest."""
    if is_number(source):
        fixed = int(source)
        return lambda run: fixed
    read = build.term(source).read
    return lambda run: _within(read(run))


def _within(value: Value) -> int:
    return min(max(int(value), 0), MAX_PRIORITY) if isinstance(value, Decimal) else 0
