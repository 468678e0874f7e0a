"""Who has answered: our detector beside Asterisk's AMD, on the same made-up answers.

python -m bench.answering [--quick]

Voices of the test are in no part of what the detector was fitted to (`bench.answering_fit`). AMD
hears each answer in a real Asterisk.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import command
from bench.answering_asterisk import asked
from bench.answering_fit import count, heard
from bench.answering_points import LINES, MIXES, PARTS_OF_PEOPLE, found_at
from bench.answering_scenes import MACHINES, PERSONS, SIGNALS, Answer, draw, made
from bench.answering_voices import strangers
from bench.command import Report, percentile
from listening.audio import FRAME
from listening.judge import Judge, fitted
from listening.listener import Care, Listener
from listening.mix import MIXED
from listening.values import Clock, Cue, Verdict, Who

_FULL, _QUICK = (100, 80, 10), (10, 8, 4)
"""Of each kind of people, of machines, and of tones or silence."""
_SEED = 11
_AT_MOST = 0.02
"""Of people taken for machines: what an abandon budget of 3 % has room for."""
_PATIENT_MS = 10_000
_EARLY_MS = -20
"""A cue so long before the beep has ended would have its message cut: a frame is no matter."""
_COLUMNS = ("answers", "of", "by speech", "right", "by greeting", "right", "AMD", "right")


@dataclass(frozen=True, slots=True)
class Told:
    """One answer, what ours and AMD said of it, and when ours would leave a message."""

    answer: Answer
    ours: Mapping[Clock, Verdict]
    amd: Verdict
    cue: Cue | None


async def measure(quick: bool, console: Console) -> Report:
    """Speak, listen, ask Asterisk, compare."""
    console.print(f"voices of the test besides espeak-ng's: {_others()}")
    scenes = draw("test", *(_QUICK if quick else _FULL), _SEED)
    console.print(f"speaking {len(scenes)} answers …")
    answers = await asyncio.to_thread(lambda: list(made(scenes)))
    console.print("listening …")
    ours = await asyncio.to_thread(lambda: [_verdicts(each) for each in answers])
    cues = await asyncio.to_thread(lambda: [cue_of(each) for each in answers])
    paths = await asyncio.to_thread(lambda: heard(each for each in answers if each.scene.talker))
    amd = await asked(answers, console)
    told = [Told(*each) for each in zip(answers, ours, amd, cues, strict=True)]
    title = (
        "Taken for a person/machine/anything else: by our detector on either clock (people taken "
        f"for machines: {_AT_MOST:.0%} at most), and by Asterisk's AMD"
    )
    curves = {clock: count(fitted(clock), paths, clock) for clock in Clock}
    _show_curves(curves, _mixed(told, Who.PERSON, _by_amd), console)
    return Report(title, _COLUMNS, list(_rows(told)), _figures(told, curves))


def _verdicts(answer: Answer) -> dict[Clock, Verdict]:
    return {clock: verdict_of(answer, Care.within(_AT_MOST, clock)) for clock in Clock}


def verdict_of(answer: Answer, care: Care) -> Verdict:
    """Ours; one that never comes is a fault."""
    for each in _told(answer, Listener(care)):
        if isinstance(each, Verdict):
            return each
    raise AssertionError(f"no verdict in {len(answer.audio)} samples")


def cue_of(answer: Answer) -> Cue | None:
    """When a message would be left on a machine, whatever the verdict would have been."""
    if answer.scene.who is not Who.MACHINE:
        return None
    eager = Listener(Care(machine=0.0, silence_ms=_PATIENT_MS))
    return next((each for each in _told(answer, eager) if isinstance(each, Cue)), None)


def _told(answer: Answer, listener: Listener) -> Iterable[Verdict | Cue]:
    for start in range(0, len(answer.audio) - FRAME + 1, FRAME):
        told = listener.hear(answer.audio[start : start + FRAME])
        if told is not None:
            yield told


def _show_curves(curves: Mapping[Clock, Judge], amds: float, console: Console) -> None:
    """What part of machines is found, by the part of people that is taken for machines."""
    table = Table("machines found", *(f"{part:.1%}" for part in (*PARTS_OF_PEOPLE, amds)))
    for clock, curve in curves.items():
        for name, mix in MIXES.items():
            found = (found_at(curve, part, mix) for part in (*PARTS_OF_PEOPLE, amds))
            table.add_row(f"{clock.value}, {name}", *(f"{part:.1%}" for part in found))
    console.print(table)


def _others() -> str:
    return ", ".join(sorted({each.engine for each in strangers()})) or "none"


def _rows(told: Sequence[Told]) -> Iterable[tuple[str, ...]]:
    kinds = dict.fromkeys(each.answer.scene.kind for each in told)
    for kind in kinds:
        yield _row(kind, [each for each in told if each.answer.scene.kind == kind])
    for who in (Who.PERSON, Who.MACHINE):
        yield _row(f"all, {who.value}", [each for each in told if each.answer.scene.who is who])


def _row(name: str, told: Sequence[Told]) -> tuple[str, ...]:
    truth = told[0].answer.scene.who
    cells = [name, str(len(told))]
    for clock in Clock:
        cells += _taken(truth, [each.ours[clock].who for each in told])
    return (*cells, *_taken(truth, [each.amd.who for each in told]))


def _taken(truth: Who, said: Sequence[Who]) -> tuple[str, str]:
    people, machines = said.count(Who.PERSON), said.count(Who.MACHINE)
    taken = f"{people}/{machines}/{len(said) - people - machines}"
    return taken, f"{said.count(truth) / len(said):.0%}"


def _figures(told: Sequence[Told], curves: Mapping[Clock, Judge]) -> command.Figures:
    spoken = [each for each in told if each.answer.scene.who not in SIGNALS]
    signals = [each for each in told if each.answer.scene.who in SIGNALS]
    machines = [each for each in spoken if each.answer.scene.who is Who.MACHINE]
    amds = _mixed(told, Who.PERSON, _by_amd)
    figures: dict[str, Any] = {
        "answers": len(told),
        "amd_false_positives": amds,
        "amd_machines_found": _mixed(told, Who.MACHINE, _by_amd),
        "amd_signals_right": _share(signals, lambda each: each.amd.who is each.answer.scene.who),
        "amd_after_speech_ms": _times(
            spoken, lambda each: each.amd.at_ms - (each.answer.speech_ms or 0)
        ),
        **_cues(machines),
        "amd_confusion": _confusion(told, lambda each: each.amd),
        "amd_lines": _by_line(spoken, lambda each: each.amd),
    }
    for clock, curve in curves.items():
        ours = {
            **_by_clock(clock, told),
            "found_at_amds_false_positives": round(found_at(curve, amds), 4),
            "curve": [
                {
                    "mix": name,
                    "false_positives": part,
                    "found": round(found_at(curve, part, mix), 4),
                }
                for name, mix in MIXES.items()
                for part in (*PARTS_OF_PEOPLE, amds)
            ],
        }
        figures |= {f"{clock.value}_{name}": value for name, value in ours.items()}
    return figures


def _by_amd(told: Told) -> Verdict:
    return told.amd


def _by_clock(clock: Clock, told: Sequence[Told]) -> dict[str, Any]:
    def ours(told: Told) -> Verdict:
        return told.ours[clock]

    def after_speech(told: Told) -> int:
        return ours(told).at_ms - (told.answer.speech_ms or 0)

    def after_greeting(told: Told) -> int:
        return ours(told).at_ms - (told.answer.spoken_ms or 0)

    expected = fitted(clock).expected(Care.within(_AT_MOST, clock).machine)
    people = [each for each in told if each.answer.scene.who is Who.PERSON]
    spoken = [each for each in told if each.answer.scene.who not in SIGNALS]
    signals = [each for each in told if each.answer.scene.who in SIGNALS]
    return {
        "threshold": expected.threshold,
        "false_positives": _mixed(told, Who.PERSON, ours),
        "false_positives_expected": round(expected.false_positives(), 4),
        "false_positives_at_most": round(expected.at_most(), 4),
        "machines_found": _mixed(told, Who.MACHINE, ours),
        "machines_found_expected": round(expected.found(), 4),
        "signals_right": _share(signals, lambda each: ours(each).who is each.answer.scene.who),
        "signals_ms": _times(signals, lambda each: ours(each).at_ms),
        "after_speech_ms": _times(spoken, after_speech),
        "person_after_speech_ms": _times(people, after_speech),
        "person_after_greeting_ms": _times(people, after_greeting),
        "confusion": _confusion(told, ours),
        "lines": _by_line(spoken, ours),
    }


def _mixed(told: Sequence[Told], who: Who, said: Callable[[Told], Verdict]) -> float:
    """The part of people or machines who are taken for machines, by their kinds' shares."""
    share = 0.0
    for kind in PERSONS if who is Who.PERSON else MACHINES:
        these = [each for each in told if each.answer.scene.kind == kind]
        share += getattr(MIXED, kind) * _share(these, lambda each: said(each).who is Who.MACHINE)
    return round(share, 4)


def _confusion(
    told: Sequence[Told], said: Callable[[Told], Verdict]
) -> list[Mapping[str, float | str]]:
    answers, verdicts = [each.answer for each in told], [said(each) for each in told]
    kinds = dict.fromkeys(answer.scene.kind for answer in answers)
    return [_confused(kind, answers, verdicts) for kind in kinds]


def _by_line(
    told: Sequence[Told], said: Callable[[Told], Verdict]
) -> list[Mapping[str, float | str]]:
    """By codec, language and surroundings: who was taken for a machine."""
    rows: list[Mapping[str, float | str]] = []
    for name, of in LINES.items():
        for value in sorted({of(each.answer.scene) for each in told}):
            these = [each for each in told if of(each.answer.scene) == value]
            rows.append({name: value, **_taken_by(these, said)})
    return rows


def _taken_by(told: Sequence[Told], said: Callable[[Told], Verdict]) -> Mapping[str, float]:
    parts: dict[str, float] = {}
    for who, name in ((Who.PERSON, "false_positives"), (Who.MACHINE, "found")):
        these = [each for each in told if each.answer.scene.who is who]
        parts[f"{who.value}s"] = len(these)
        parts[name] = _share(these, lambda each: said(each).who is Who.MACHINE)
    return parts


def _confused(
    kind: str, answers: Sequence[Answer], verdicts: Sequence[Verdict]
) -> Mapping[str, float | str]:
    pairs = zip(answers, verdicts, strict=True)
    counted = Counter(verdict.who for answer, verdict in pairs if answer.scene.kind == kind)
    return {"truth": kind, **{who.value: counted[who] for who in Who}}


def _cues(machines: Sequence[Told]) -> Mapping[str, float | Mapping[str, float]]:
    """When a message is left, against when the machine records: with a beep, and without."""
    figures: dict[str, float | Mapping[str, float]] = {}
    for name, beeps in (("beep", True), ("no_beep", False)):
        these = [each for each in machines if (each.answer.scene.beep is not None) is beeps]
        late = [_late_ms(each) for each in these]
        cued = [each for each in late if each is not None]
        figures[f"{name}_machines"] = len(these)
        figures[f"{name}_never_cued"] = len(late) - len(cued)
        figures[f"{name}_cued_early"] = sum(each < _EARLY_MS for each in cued)
        figures[f"{name}_late_ms"] = _spread([each for each in cued if each >= _EARLY_MS])
    return figures


def _late_ms(told: Told) -> int | None:
    return None if told.cue is None else told.cue.at_ms - (told.answer.ready_ms or 0)


def _times(told: Iterable[Told], time: Callable[[Told], int]) -> Mapping[str, float]:
    return _spread([time(each) for each in told])


def _spread(values: Sequence[int]) -> Mapping[str, float]:
    if not values:
        return {}
    found = list(map(float, values))
    return {f"p{share:g}": percentile(found, share / 100) for share in (50, 95, 99)} | {
        "most": max(found)
    }


def _share(told: Sequence[Told], counts: Callable[[Told], bool]) -> float:
    return round(sum(map(counts, told)) / max(len(told), 1), 4)


if __name__ == "__main__":
    command.run((__doc__ or "").partition("\n")[0], measure)
