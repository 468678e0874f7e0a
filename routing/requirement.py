"""Which agents meet what a contact asks for; the language of requirements is the site's
(`config/requirement.py`)."""

from collections.abc import Iterable
from typing import Any

from config.requirement import (
    LOWEST,
    Alternative,
    Asked,
    Requirement,
    each_of,
    meets,
    spelled,
    within,
)
from routing.skills import Skills


def all_of(skills: Skills) -> Requirement:
    """Every skill at its level or a higher one."""
    return each_of(dict(skills))


def wanted_in(needs: Requirement) -> frozenset[str] | None:
    """Skills of which everybody who suits has one at least; None if nobody need have any."""
    wanted = [next((a.skill for a in each if a.least > LOWEST), None) for each in needs]
    return None if None in wanted else frozenset(skill for skill in wanted if skill)


def suits(has: Skills, needs: Requirement) -> bool:
    """Whether these skills meet the requirement."""
    return meets(dict(has), needs)


def fit(has: Skills, needs: Requirement) -> int:
    """How good these skills are at what is needed, in thousandths of a level: the mean of those
    asked for, in the alternative where it is the highest; 0 where no skill is asked for."""
    levels = dict(has)
    return max((_mean(levels, a) for a in needs if meets(levels, (a,))), default=0)


def unmet(has: Skills, needs: Requirement) -> tuple[str, ...]:
    """What these skills lack for the alternative that they come nearest to; nothing if they
    suit."""
    levels = dict(has)
    lacking = (tuple(a for a in each if not within(levels, a)) for each in needs)
    nearest: Alternative = min(lacking, key=lambda each: len(each), default=())
    return tuple(map(spelled, nearest))


def from_json(alternatives: Iterable[Iterable[Iterable[Any]]]) -> Requirement:
    """The requirement whose tuples have become JSON's lists."""
    return tuple(tuple(Asked(*asked) for asked in each) for each in alternatives)


def _mean(levels: dict[str, int], alternative: Alternative) -> int:
    wanted = [levels[asked.skill] for asked in alternative if asked.least > LOWEST]
    return 1_000 * sum(wanted) // len(wanted) if wanted else 0
