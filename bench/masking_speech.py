"""People talking, as espeak-ng speaks: voices, languages, speeds and words of a telephone call."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd

import numpy as np

from bench.resampling import resampled
from ivr.prompts.wav import read_wave
from listening.audio import RATE_HZ, Samples

_TEXT = (
    "hello yes no please thank you my card is in the other bag just a moment I am looking for it "
    "seven two five nine zero one three four six eight expires in March next year the security "
    "code on the back could you hear me I paid last week but the father of Martha parked the car "
    "behind our house today and we moved the sofa upstairs while she was calling about insurance "
    "address number street invoice amount fifteen euros cents refund order shoes blue large again"
)
_WORDS = _TEXT.split()


@dataclass(frozen=True, slots=True)
class Voice:
    """One of espeak-ng's, with its pace in words a minute and its pitch (0 to 99)."""

    name: str
    pace: int
    pitch: int
    numbers_only: bool = False
    """It cannot read our words, but says any number in its own."""


VOICES = (
    Voice("en-gb", 160, 50),
    Voice("en-us+m3", 150, 35),
    Voice("en+f3", 170, 60),
    Voice("hu", 165, 50),
    Voice("hu+f2", 150, 55),
    Voice("pl+m5", 155, 40),
    Voice("et+f4", 160, 65),
    Voice("en+m7", 180, 30),
)

_SPELT_ALIKE = (
    "af an az bs ca cs cy da de en-gb en-gb-scotland en-gb-x-gbclan en-gb-x-rp en-us en-us-nyc "
    "eo es es-419 et eu fi fr-be fr-fr ga hr ht hu id is it ku la lt lv ms mt nl nb pap pl pt "
    "pt-br ro sk sl sq sv sw tr vi"
)
_SPELT_OTHERWISE = (
    "am ar as be bg bn cmn el fa gu he hi hy ja ka kk kn ko ky mk ml mr my ne or pa ru sd si sr ta "
    "te th tt uk ur uz yue"
)
_TIMBRES = ("", "+m1", "+f1", "+m3", "+f2", "+m5", "+f4", "+m7", "+f5", "+klatt2", "+croak")


def talkers() -> Iterator[Voice]:
    """Everybody that espeak-ng can be, of 90 languages, men and women, slow and fast."""
    chance = np.random.default_rng(44)
    for language in (_SPELT_ALIKE + " " + _SPELT_OTHERWISE).split():
        timbre = str(chance.choice(_TIMBRES))
        pace, pitch = int(chance.integers(120, 230)), int(chance.integers(10, 90))
        yield Voice(language + timbre, pace, pitch, numbers_only=language not in _LATIN)


_LATIN = frozenset(_SPELT_ALIKE.split())


def conversation(voice: Voice, seconds: float, seed: int) -> Samples:
    """So much of one voice's talk, at 8 kHz; sentences of chance, but always the same ones."""
    rng = np.random.default_rng(seed)
    said: list[Samples] = []
    length = 0
    while length < seconds * RATE_HZ:
        said.append(speak(voice, " ".join(_sentences(rng, numbers_only=voice.numbers_only))))
        length += len(said[-1])
    return np.concatenate(said)[: int(seconds * RATE_HZ)]


def _sentences(rng: np.random.Generator, *, numbers_only: bool) -> Iterator[str]:
    for _ in range(12):
        words = rng.choice(_WORDS, rng.integers(3, 12))
        numbers = map(str, (10 ** rng.uniform(0, 5, 4)).astype(int))
        said = " ".join(numbers) if numbers_only else " ".join(words)
        yield said + str(rng.choice([".", ",", "?"]))


def speak(voice: Voice, text: str) -> Samples:
    """What espeak-ng makes of a text, brought to 8 kHz."""
    command = ["espeak-ng", "-v", voice.name, "-s", str(voice.pace), "-p", str(voice.pitch)]
    run = subprocess.run(
        [*command, "--stdout"], input=text.encode("utf-8"), capture_output=True, check=True
    )
    signal, rate = read_wave(run.stdout)
    divisor = gcd(RATE_HZ, rate)
    slower = resampled(signal, RATE_HZ // divisor, rate // divisor)
    return np.clip(np.rint(slower * 32_768), -32768, 32767).astype(np.int16)
