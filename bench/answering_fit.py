"""Find the detector's score cards and count its errors: writes listening/weights.json.

python -m bench.answering_fit

One part of the voices finds the cards, another counts what comes of each threshold. The voices of
`bench.answering` have no part in it, nor have two sentences of each kind that only it speaks.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console

from bench.answering_scenes import Answer, draw, made
from listening import judge
from listening.audio import FRAME, Floats
from listening.cadence import Cadence
from listening.ear import Ear
from listening.judge import Card, Curve, Judge, Moment, OperatingPoint
from listening.listener import BEEP, EVERY, FIRST_MS, Care, decide
from listening.mix import CONSUMERS, FIRMS, MIXED, Mix
from listening.values import Clock, Who

SEED = 7
TUNE, CALIBRATE = (250, 250), (500, 300)
"""Of each kind of people, and of machines."""
THRESHOLDS = tuple(round(float(1 / (1 + np.exp(-odds))), 4) for odds in np.arange(5, -3.1, -0.125))
VALUES = {
    "quiet": (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.3, 1.6),
    "length": (0.2, 0.5, 0.8, 1.2, 1.6, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0),
    "talk": (0.2, 0.5, 0.8, 1.2, 1.6, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0),
    "first": (0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0),
    "phrases": (1.0, 2.0, 3.0, 4.0, 6.0, 9.0),
    "pause": (0.0, 0.15, 0.3, 0.6, 0.9, 1.2, 1.6),
    "syllables": (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 11.0, 15.0, 20.0),
}
"""Where each feature's curve may bend."""
_BENT, _STEEP, _FAR = 2.0, 0.3, 0.05
"""What a curve's bends, slopes and distance from nothing cost, in units of log-likelihood."""
_TURNS = 40


@dataclass(frozen=True, slots=True)
class Look:
    """What there is to weigh at one moment of an answer."""

    now_ms: int
    cadence: Cadence
    beeped: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer by the clock that hears it out, look by look."""

    who: Who
    kind: str
    looks: tuple[Look, ...]


def main() -> None:
    """Make both parts, fit, count, write."""
    console = Console(highlight=False)
    console.print(f"speaking {3 * sum(TUNE)} answers to learn from …")
    learnt = heard(made(draw("tune", *TUNE, 0, SEED)))
    console.print(f"speaking {3 * sum(CALIBRATE)} answers to count errors in …")
    others = heard(made(draw("calibrate", *CALIBRATE, 0, SEED)))
    judges = {clock: count(fit(learnt, clock), others, clock) for clock in Clock}
    for clock, found in judges.items():
        for name, mix in {"mixed": MIXED, "consumers": CONSUMERS, "firms": FIRMS}.items():
            for point in found.points[::4]:
                console.print(
                    f"{clock.value} {name} {point.threshold:6.4f}: people taken for machines "
                    f"{point.false_positives(mix):6.2%} (at most {point.at_most(mix):6.2%}), "
                    f"machines found {point.found(mix):6.1%}"
                )
    pathlib.Path(judge.__file__).with_name("weights.json").write_text(
        judge.written(judges), "utf-8"
    )


def heard(answers: Iterable[Answer]) -> list[Heard]:
    """Each as it is looked at."""
    return [Heard(each.scene.who, each.scene.kind, tuple(_looks(each))) for each in answers]


def _looks(answer: Answer) -> Iterable[Look]:
    care, ear = Care(clock=Clock.GREETING), Ear()
    for start in range(0, len(answer.audio) - FRAME + 1, FRAME):
        ear.hear(answer.audio[start : start + FRAME])
        if ear.frames % EVERY:
            continue
        cadence = ear.cadence()
        if cadence is None:
            if ear.now_ms >= care.silence_ms:
                return
            continue
        look = Look(ear.now_ms, cadence, ear.beep(cadence) is not None)
        yield look
        if look.beeped or _is_last(care.moment(cadence, ear.now_ms)):
            return


def _is_last(moment: Moment | None) -> bool:
    return moment in (Moment.ENDED, Moment.GOES_ON)


def _moments(answer: Heard, clock: Clock) -> list[tuple[Moment | None, Cadence]]:
    """What there is to decide by a clock; a beep is no moment of a card's: None."""
    care, moments = Care(clock=clock), list[tuple[Moment | None, Cadence]]()
    for look in answer.looks:
        if look.beeped:
            return [*moments, (None, look.cadence)]
        moment = care.moment(look.cadence, look.now_ms)
        if moment is not None and round(look.cadence.since * 1000) >= FIRST_MS:
            moments.append((moment, look.cadence))
            if _is_last(moment):
                return moments
    return moments


def fit(answers: Sequence[Heard], clock: Clock) -> Judge:
    """A card for each moment; people and machines count as much, by their kinds' shares."""
    of = _of(answers)
    rows: dict[Moment, list[tuple[bool, Cadence, float]]] = {moment: [] for moment in Moment}
    for answer in answers:
        moments = _moments(answer, clock)
        pauses = sum(moment is Moment.PAUSE for moment, _ in moments)
        kind = getattr(MIXED, answer.kind) / getattr(of, answer.kind) * len(answers) / 2
        for moment, cadence in moments:
            if moment is not None:
                weight = kind / pauses if moment is Moment.PAUSE else kind
                rows[moment].append((answer.who is Who.MACHINE, cadence, weight))
    return Judge({moment: _card(found) for moment, found in rows.items()})


def _of(answers: Sequence[Heard]) -> Mix:
    kinds = [answer.kind for answer in answers]
    return Mix(*(kinds.count(kind) for kind in Mix._fields))


def _card(rows: Sequence[tuple[bool, Cadence, float]]) -> Card:
    spread = np.hstack([np.ones((len(rows), 1)), *(_spread(name, rows) for name in VALUES)])
    truth = np.array([float(machine) for machine, _, _ in rows])
    counts = np.array([weight for _, _, weight in rows])
    points = _regressed(spread, truth, counts, _roughness())
    curves, start = {}, 1
    for name, values in VALUES.items():
        these = points[start : start + len(values)]
        curves[name] = Curve(values, tuple(round(float(each), 3) for each in these))
        start += len(values)
    return Card(round(float(points[0]), 3), curves)


def _spread(name: str, rows: Sequence[tuple[bool, Cadence, float]]) -> Floats:
    """Between the two values about it each look is parted: the curve through the points is then
    linear in them."""
    found = np.array([getattr(cadence, name) for _, cadence, _ in rows])
    values = np.array(VALUES[name])
    return np.stack([np.interp(found, values, each) for each in np.eye(len(values))], axis=1)


def _roughness() -> Floats:
    """What points cost: a penalised spline's matrix (P. Eilers and B. Marx, 1996)."""
    size = 1 + sum(map(len, VALUES.values()))
    whole, start = np.zeros((size, size)), 1
    for values in VALUES.values():
        even = np.eye(len(values))
        slopes, bends = np.diff(even, axis=0), np.diff(even, 2, axis=0)
        cost = _BENT * bends.T @ bends + _STEEP * slopes.T @ slopes + _FAR * even
        whole[start : start + len(values), start : start + len(values)] = cost
        start += len(values)
    return whole


def _regressed(values: Floats, truth: Floats, counts: Floats, cost: Floats) -> Floats:
    """Logistic regression by Newton's method."""
    points = np.zeros(values.shape[1])
    for _ in range(_TURNS):
        likely = 1 / (1 + np.exp(-np.clip(values @ points, -30, 30)))
        slope = values.T @ (counts * (truth - likely)) - cost @ points
        curve = (values.T * (counts * likely * (1 - likely))) @ values + cost
        points += np.linalg.solve(curve, slope)
    return points


def count(found: Judge, answers: Sequence[Heard], clock: Clock) -> Judge:
    """The same judge, with what came of each threshold on these answers."""
    weighed = [(answer.kind, _weighed(found, answer, clock)) for answer in answers]
    of = _of(answers)
    points = []
    for threshold in THRESHOLDS:
        taken = [kind for kind, machine in weighed if machine >= threshold]
        points.append(OperatingPoint(threshold, of, Mix(*(map(taken.count, Mix._fields)))))
    return replace(found, points=tuple(points))


def _weighed(found: Judge, answer: Heard, clock: Clock) -> float:
    """How likely a machine it is when it is decided; 0 for who is a person before."""
    care = Care(clock=clock)
    for moment, cadence in _moments(answer, clock):
        if moment is None:
            return BEEP
        machine = found.cards[moment].machine(cadence)
        if decide(machine, moment, care) is not None:
            return machine if _is_last(moment) else 0.0
    return 0.0


if __name__ == "__main__":
    main()
