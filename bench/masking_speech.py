"""People talking, as espeak-ng speaks: voices, languages, speeds and words of a telephone call."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ivr.prompts.wav import read_wave
from payments.audio import RATE_HZ, Samples

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


def conversation(voice: Voice, seconds: float, seed: int) -> Samples:
    """So much of one voice's talk, at 8 kHz; sentences of chance, but always the same ones."""
    rng = np.random.default_rng(seed)
    said: list[Samples] = []
    length = 0
    while length < seconds * RATE_HZ:
        said.append(speak(voice, " ".join(_sentences(rng))))
        length += len(said[-1])
    return np.concatenate(said)[: int(seconds * RATE_HZ)]


def _sentences(rng: np.random.Generator) -> Iterator[str]:
    for _ in range(12):
        yield " ".join(rng.choice(_WORDS, rng.integers(3, 12))) + rng.choice([".", ",", "?"])


def speak(voice: Voice, text: str) -> Samples:
    """What espeak-ng makes of a text, brought to 8 kHz."""
    command = ["espeak-ng", "-v", voice.name, "-s", str(voice.pace), "-p", str(voice.pitch)]
    run = subprocess.run(
        [*command, "--stdout"], input=text.encode("utf-8"), capture_output=True, check=True
    )
    signal, rate = read_wave(run.stdout)
    length = len(signal) * RATE_HZ // rate
    slower = np.fft.irfft(np.fft.rfft(signal)[: length // 2 + 1], length) * (length / len(signal))
    return np.clip(np.rint(slower * 32_768), -32768, 32767).astype(np.int16)
