"""What is heard when a call is answered, made up: who answers, their words, tones and surroundings.

A scene is drawn by chance alone, so a seed gives the same ones on every machine that has the same
voices. `made` speaks them and puts them on a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from bench.answering_line import Line, draw_line, on_line
from bench.answering_tones import Beep, draw_beep, draw_signal
from bench.answering_voices import Talker, say_all, talker
from bench.answering_words import WORDS, Phrases, Words
from bench.masking_noise import at_power_1
from listening.audio import RATE_HZ, Floats, Samples
from listening.values import Who

LANGUAGES = tuple(WORDS)
PERSONS = ("hello", "named", "firm")
MACHINES = ("personal", "carrier", "short")
SIGNALS = (Who.INTERCEPT, Who.FAX, Who.BUSY, Who.REORDER, Who.SILENCE)

_PERSON_S = 9.0
_AFTER_S = 5.0  # of a machine's recording
_UNBEEPED = 0.15
_TESTS_OWN = 2
_AGAIN = 0.5  # of those who say hello once more
_OPEN_DB, _EDGE = -40.0, 80


@dataclass(frozen=True, slots=True)
class Scene:
    """One call."""

    number: int
    who: Who
    kind: str
    language: str
    talker: Talker | None
    phrases: Phrases
    pauses_s: tuple[float, ...]
    """Before each phrase."""
    beep: Beep | None
    line: Line
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A scene as it sounds, and what is true of it."""

    scene: Scene
    audio: Samples
    speech_ms: int | None
    """From the answer to the first word."""
    spoken_ms: int | None
    """To the end of the last one."""
    ready_ms: int | None
    """When a machine records: the end of its beep, or of its greeting if it has none."""


def draw(part: str, people: int, machines: int, signals: int, seed: int) -> list[Scene]:
    """Scenes of one part's voices: so many of each kind of people, of machines, of signals. How
    many of each kind answer is a campaign's, and is weighed in where they are counted."""
    chance = np.random.default_rng((seed, *part.encode()))
    kinds = [(Who.PERSON, kind) for kind in PERSONS for _ in range(people)]
    kinds += [(Who.MACHINE, kind) for kind in MACHINES for _ in range(machines)]
    kinds += [(who, who.value) for who in SIGNALS for _ in range(signals)]
    return [_scene(number, *each, part, chance) for number, each in enumerate(kinds)]


def _scene(number: int, who: Who, kind: str, part: str, chance: np.random.Generator) -> Scene:
    seed = int(chance.integers(1 << 31))
    line = draw_line(chance)
    if who in SIGNALS:
        return Scene(number, who, kind, "", None, (), (), None, line, seed)
    language = LANGUAGES[number % len(LANGUAGES)]
    words, speaker = WORDS[language], talker(language, part, chance)
    phrases = words.filled(_phrases(words, kind, part, chance), chance)
    if who is Who.PERSON:
        pauses, beep = _persons_pauses(phrases, chance), None
        if kind == "hello" and chance.random() < _AGAIN:
            phrases += (str(chance.choice(words.hello[:2])),)
            pauses += (float(chance.uniform(1.0, 2.8)),)
    else:
        pauses = _machines_pauses(phrases, chance)
        beep = draw_beep(chance) if chance.random() >= _UNBEEPED else None
    return Scene(number, who, kind, language, speaker, phrases, pauses, beep, line, seed)


def _phrases(words: Words, kind: str, part: str, chance: np.random.Generator) -> Phrases:
    """The test says what the other parts say, and two greetings of each kind that they never do."""
    if kind == "hello":
        return (str(chance.choice(words.hello)),)
    choices: tuple[Phrases, ...] = getattr(words, kind)
    known = len(choices) if part == "test" else len(choices) - _TESTS_OWN
    return choices[int(chance.integers(known))]


def _persons_pauses(phrases: Phrases, chance: np.random.Generator) -> tuple[float, ...]:
    first = float(np.clip(chance.lognormal(np.log(0.6), 0.7), 0.05, 3.0))
    return (first, *(float(chance.uniform(0.15, 0.9)) for _ in phrases[1:]))


def _machines_pauses(phrases: Phrases, chance: np.random.Generator) -> tuple[float, ...]:
    first = float(np.clip(chance.lognormal(np.log(0.7), 0.7), 0.05, 3.0))
    return (first, *(float(chance.uniform(0.15, 0.9)) for _ in phrases[1:]))


def made(scenes: Sequence[Scene]) -> Iterator[Answer]:
    """Each scene's sound, in order; one voice's phrases are spoken at once."""
    spoken = _spoken(scenes)
    for scene in scenes:
        yield _answer(scene, spoken.get(scene.number, []))


def _spoken(scenes: Sequence[Scene]) -> dict[int, list[Floats]]:
    of_talker: dict[Talker, list[Scene]] = {}
    for scene in scenes:
        if scene.talker is not None:
            of_talker.setdefault(scene.talker, []).append(scene)
    spoken: dict[int, list[Floats]] = {}
    for speaker, theirs in of_talker.items():
        said = iter(say_all(speaker, [phrase for scene in theirs for phrase in scene.phrases]))
        for scene in theirs:
            spoken[scene.number] = [_trimmed(next(said)) for _ in scene.phrases]
    return spoken


def _trimmed(said: Samples) -> Floats:
    """Without the silence that a synthesiser puts around what it says."""
    wide = said.astype(np.float64)
    loud = np.flatnonzero(np.abs(wide) > np.abs(wide).max() * 10 ** (_OPEN_DB / 20))
    return at_power_1(wide[loud[0] : loud[-1] + _EDGE]) if len(loud) > _EDGE else wide


def _answer(scene: Scene, spoken: Sequence[Floats]) -> Answer:
    chance = np.random.default_rng(scene.seed)
    if scene.talker is None:
        sound = draw_signal(scene.who, chance)
        return Answer(scene, on_line(sound, scene.line, chance), None, None, None)
    parts = [np.zeros(0)]
    for pause_s, phrase in zip_longest(scene.pauses_s, spoken, fillvalue=np.zeros(0)):
        parts += [np.zeros(int(float(pause_s) * RATE_HZ)), phrase]
    greeting = np.concatenate(parts)
    ready = len(greeting)
    sound = greeting
    if scene.beep is not None:
        sound = np.concatenate([greeting, scene.beep.sound()])
        ready = len(sound) - int(scene.beep.faded_s * RATE_HZ)
    rest_s = _AFTER_S if scene.who is Who.MACHINE else max(1.0, _PERSON_S - ready / RATE_HZ)
    whole = np.concatenate([sound, np.zeros(int(rest_s * RATE_HZ))])
    return Answer(
        scene,
        on_line(whole, scene.line, chance),
        _ms(int(scene.pauses_s[0] * RATE_HZ)),
        _ms(len(greeting)),
        _ms(ready) if scene.who is Who.MACHINE else None,
    )


def _ms(samples: int) -> int:
    return samples * 1000 // RATE_HZ
