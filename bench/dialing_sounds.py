"""What the made-up network lets be heard: people, machines and signals as `bench.answering` has
them, each in the voice, on the line and among the noises that chance gives it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from bench.answering_scenes import Answer, draw, made
from bench.answering_voices import Talker, say_all
from bench.answering_words import WORDS
from ivr.prompts.g711 import encode_alaw
from listening.audio import FRAME, RATE_HZ, Samples
from listening.values import Who
from phones.network import Sounds

_SEED = 6
_PEOPLE, _MACHINES, _SIGNALS = 10, 4, 10
_AGAIN_S = 20
"""So often a person says the same again, and a signal is heard again."""
_NETWORK = Talker("espeak-ng", "en", "en-gb", 150, 50)


def make(directory: Path) -> Sounds:
    """Speak and write them all, below a directory that is there; it takes some seconds."""
    answers = list(made(draw("test", _PEOPLE, _MACHINES, _SIGNALS, _SEED)))
    recordings = directory / "recordings"
    recordings.mkdir()

    def of(who: Who) -> Sequence[Path]:
        return _written(directory, who.value, (_again(a) for a in answers if a.scene.who is who))

    return Sounds(
        people=of(Who.PERSON),
        faxes=of(Who.FAX),
        intercepts=of(Who.INTERCEPT),
        announcements=_written(directory, "announcement", _announcements()),
        silence=_written(directory, "nothing", [np.zeros(RATE_HZ, np.int16)])[0],
        greetings=_written(directory, "greeting", map(_greeting, _machines(answers))),
        recordings=recordings,
    )


def _machines(answers: Iterable[Answer]) -> list[Answer]:
    return [answer for answer in answers if answer.scene.who is Who.MACHINE]


def _again(answer: Answer) -> Samples:
    """With silence up to when it is heard again."""
    missing = max(0, _AGAIN_S * RATE_HZ - len(answer.audio))
    return np.concatenate([answer.audio, np.zeros(missing, np.int16)])


def _greeting(answer: Answer) -> Samples:
    """Until it records: with the beep, if it has one."""
    return answer.audio[: (answer.ready_ms or 0) * RATE_HZ // 1000]


def _announcements() -> list[Samples]:
    return say_all(_NETWORK, [phrases[0] for phrases in WORDS["en"].carrier[:2]])


def _written(directory: Path, name: str, sounds: Iterable[Samples]) -> Sequence[Path]:
    """As A-law, in whole frames."""
    paths = []
    for number, sound in enumerate(sounds):
        path = directory / f"{name}{number}.alaw"
        whole = np.concatenate([sound, np.zeros(-len(sound) % FRAME, np.int16)])
        path.write_bytes(encode_alaw(whole).tobytes())
        paths.append(path)
    return paths
