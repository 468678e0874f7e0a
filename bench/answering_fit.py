"""Find the detector's weights and count its errors: writes listening/weights.json.

python -m bench.answering_fit

One part of the voices finds the weights (ridge regression of the log-odds, by Newton's method),
another counts what comes of each threshold. The voices of `bench.answering` have no part in it.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from rich.console import Console

from bench.answering_scenes import Answer, draw, made
from listening import judge
from listening.audio import FRAME, Floats
from listening.cadence import Cadence
from listening.ear import Ear
from listening.judge import Judge, OperatingPoint, Weight
from listening.listener import EVERY, FIRST_MS, Care, decide
from listening.values import Clock, Who

SEED = 7
TUNE, CALIBRATE = (900, 800), (1200, 500)
"""People and machines."""
THRESHOLDS = tuple(round(0.99 - 0.01 * step, 2) for step in range(50))
RIDGE = 0.3
_TURNS = 30


Path = list[tuple[int, Cadence]]
"""What there is to weigh of one answer, look by look, with the time since the answer."""
Weighed = list[tuple[float, Cadence]]


def main() -> None:
    """Make both parts, fit, count, write."""
    console = Console(highlight=False)
    console.print(f"speaking {sum(TUNE)} answers to learn from …")
    learnt = heard(made(draw("tune", *TUNE, 0, SEED)))
    console.print(f"speaking {sum(CALIBRATE)} answers to count errors in …")
    others = heard(made(draw("calibrate", *CALIBRATE, 0, SEED)))
    judges = {clock: count(fit(learnt, clock), others, clock) for clock in Clock}
    for clock, found in judges.items():
        for point in found.points:
            console.print(
                f"{clock.value} {point.threshold:5.3f}: people taken for machines "
                f"{point.false_positives:6.2%} (at most {point.at_most:6.2%}), "
                f"machines found {point.found:6.1%}"
            )
    pathlib.Path(judge.__file__).with_name("weights.json").write_text(
        judge.written(judges), "utf-8"
    )


def heard(answers: Iterable[Answer]) -> list[tuple[bool, Path]]:
    """Whether each is a machine, and its path by the clock that hears it out."""
    return [(each.scene.who is Who.MACHINE, _path(each)) for each in answers]


def _path(answer: Answer) -> Path:
    care, ear, path = Care(clock=Clock.GREETING), Ear(), []
    for start in range(0, len(answer.audio) - FRAME + 1, FRAME):
        ear.hear(answer.audio[start : start + FRAME])
        if ear.frames % EVERY:
            continue
        cadence = ear.cadence()
        if cadence is None:
            if ear.now_ms >= care.silence_ms:
                break
        elif cadence.since * 1000 >= FIRST_MS:
            path.append((ear.now_ms, cadence))
            if care.is_last(cadence, ear.now_ms):
                break
    return path


def _by(clock: Clock, path: Path) -> list[Cadence]:
    """As much of it as there is by another clock."""
    care, shorter = Care(clock=clock), []
    for now_ms, cadence in path:
        shorter.append(cadence)
        if care.is_last(cadence, now_ms):
            break
    return shorter


def fit(answers: Sequence[tuple[bool, Path]], clock: Clock) -> Judge:
    """Weights from these answers; each counts as much, however many looks it had."""
    paths = [(machine, _by(clock, path)) for machine, path in answers]
    looks = [(machine, each, 1 / len(path)) for machine, path in paths for each in path]
    names = list(looks[0][1].features())
    values = np.array([list(each.features().values()) for _, each, _ in looks])
    truth = np.array([float(machine) for machine, _, _ in looks])
    counts = np.array([count for _, _, count in looks])
    mean = np.average(values, axis=0, weights=counts)
    scale = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=counts))
    bias, weights = _regressed((values - mean) / scale, truth, counts)
    rows = np.round(np.stack([mean, scale, weights], axis=1), 4).tolist()
    return Judge(
        round(bias, 4), {name: Weight(*row) for name, row in zip(names, rows, strict=True)}
    )


def count(found: Judge, answers: Sequence[tuple[bool, Path]], clock: Clock) -> Judge:
    """The same judge, with what came of each threshold on these answers."""
    weighed = [
        (machine, [(found.machine(each), each) for each in _by(clock, path)])
        for machine, path in answers
    ]
    points = (_point(Care(machine=each, clock=clock), weighed) for each in THRESHOLDS)
    return replace(found, points=tuple(points))


def _point(care: Care, weighed: Sequence[tuple[bool, Weighed]]) -> OperatingPoint:
    people = [_taken_for_machine(path, care) for machine, path in weighed if not machine]
    machines = [_taken_for_machine(path, care) for machine, path in weighed if machine]
    return OperatingPoint(care.machine, len(people), sum(people), len(machines), sum(machines))


def _taken_for_machine(path: Weighed, care: Care) -> bool:
    ends = (decide(likely, cadence, care, last=False) for likely, cadence in path)
    return next((who for who in ends if who is not None), Who.PERSON) is Who.MACHINE


def _regressed(values: Floats, truth: Floats, counts: Floats) -> tuple[float, Floats]:
    """Newton's method; the bias is not held back by the ridge."""
    with_one = np.hstack([np.ones((len(values), 1)), values])
    ridge = np.full(with_one.shape[1], RIDGE)
    ridge[0] = 0.0
    weights = np.zeros(with_one.shape[1])
    for _ in range(_TURNS):
        likely = 1 / (1 + np.exp(-np.clip(with_one @ weights, -30, 30)))
        slope = with_one.T @ (counts * (truth - likely)) - ridge * weights
        curve = (with_one.T * (counts * likely * (1 - likely))) @ with_one + np.diag(ridge)
        weights += np.linalg.solve(curve, slope)
    return float(weights[0]), weights[1:]


if __name__ == "__main__":
    main()
