"""Skills with their proficiency, as agents have them and contacts ask for them."""

from collections.abc import Mapping

Skills = tuple[tuple[str, int], ...]
"""(skill, proficiency 1 to 5), sorted by skill; a value that can be a key."""


def skill_set(levels: Mapping[str, int]) -> Skills:
    """The canonical form of `{skill: proficiency}`."""
    return tuple(sorted(levels.items()))


def suits(has: Skills, needs: Skills) -> bool:
    """Whether every skill in `needs` is in `has`, at that proficiency or a higher one."""
    levels = dict(has)
    return all(levels.get(skill, 0) >= level for skill, level in needs)


def fit(has: Skills, needs: Skills) -> int:
    """How good somebody is at what is needed: the mean level there, in thousandths; 0 where
    nothing is needed."""
    levels = dict(has)
    return 1_000 * sum(levels.get(skill, 0) for skill, _ in needs) // max(len(needs), 1)
