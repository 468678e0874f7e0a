"""Where the comparison of detectors looks: parts of people, mixes of answers, sorts of lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench.answering_scenes import Scene
from listening.judge import Judge
from listening.mix import CONSUMERS, FIRMS, MIXED, Mix

PARTS_OF_PEOPLE = (0.005, 0.01, 0.02, 0.05, 0.1)
"""Who are taken for machines."""
MIXES: Mapping[str, Mix] = {"mixed": MIXED, "consumers": CONSUMERS, "firms": FIRMS}
LINES: Mapping[str, Callable[[Scene], str]] = {
    "codec": lambda scene: scene.line.codec,
    "language": lambda scene: scene.language,
    "surroundings": lambda scene: scene.line.surroundings,
}


def found_at(curve: Judge, false_positives: float, mix: Mix = MIXED) -> float:
    """The part of machines found where no more people are taken for machines than this."""
    fitting = [each for each in curve.points if each.false_positives(mix) <= false_positives]
    return max((each.found(mix) for each in fitting), default=0.0)
