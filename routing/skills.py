"""Skills with their proficiency, as agents have them and contacts ask for them."""

from collections.abc import Mapping

Skills = tuple[tuple[str, int], ...]
"""(skill, proficiency 1 to 5), sorted by skill; a value that can be a key."""


def skill_set(levels: Mapping[str, int]) -> Skills:
    """The canonical form of `{skill: proficiency}`."""
    return tuple(sorted(levels.items()))
