"""Whether a voice can speak on this machine. Nothing is started, so a check asks it every time."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from config.voices import CommandVoice, EspeakVoice, PiperVoice, Voice

ESPEAK, PIPER = "espeak-ng", "piper"


@dataclass(frozen=True, slots=True)
class Lack:
    """Why a voice cannot speak here, and what to do; ``field`` of the site file is about it."""

    field: str
    reason: str


def lack_of(voice: Voice) -> Lack | None:
    """What the voice needs and this machine does not have; None when it can speak."""
    match voice:
        case EspeakVoice():
            if shutil.which(ESPEAK) is None:
                return Lack("engine", f"{ESPEAK} is not installed: apt-get install {ESPEAK}")
        case PiperVoice():
            return _lack_of_piper(voice)
        case CommandVoice(command=[program, *_]):
            if shutil.which(program) is None:
                reason = f"there is no program {program} on the PATH: install it, or write its path"
                return Lack("command", reason)
    return None


def _lack_of_piper(voice: PiperVoice) -> Lack | None:
    if piper() is None:
        return Lack(
            "engine",
            f"piper is not installed: {sys.executable} -m pip install piper-tts, "
            "or put its program on the PATH",
        )
    for path in (Path(voice.model), Path(f"{voice.model}.json")):
        if not path.is_file():
            return Lack("model", f"there is no file {path}: put the voice's {path.name} there")
    return None


def piper() -> list[str] | None:
    """How piper is started: its program, else the package of this Python."""
    program = shutil.which(PIPER)
    if program is not None:
        return [program]
    if importlib.util.find_spec("piper") is not None:
        return [sys.executable, "-m", "piper"]
    return None
