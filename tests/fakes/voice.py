"""A synthesiser that hums: as long as the text, with the failures a real one has."""

from __future__ import annotations

import asyncio
import io
import wave

import numpy as np

from config.voices import Voice as SiteVoice
from ivr.errors import SpeechFailedError


class Voice:
    """Called like ``ivr.prompts.speaking.synthesise``.

    ``failing`` first requests are refused; with ``waits`` each request lasts until ``go`` is set.
    """

    def __init__(self, *, failing: int = 0, waits: bool = False) -> None:
        self.said: list[tuple[str, str]] = []
        self.asked = asyncio.Event()
        self.go = asyncio.Event()
        self._failing = failing
        if not waits:
            self.go.set()

    async def __call__(self, voice: SiteVoice, language: str, text: str) -> bytes:
        self.said.append((language, text))
        self.asked.set()
        await self.go.wait()
        if self._failing:
            self._failing -= 1
            raise SpeechFailedError(voice.label, 1, "no such voice")
        return self.wav(seconds=0.1 * len(text))

    @staticmethod
    def wav(*, seconds: float) -> bytes:
        """A hum of this length as espeak-ng would send it."""
        times = np.arange(int(22_050 * seconds)) / 22_050
        samples = (8_000 * np.sin(2 * np.pi * 220 * times)).astype("<i2")
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setparams((1, 2, 22_050, 0, "NONE", ""))
            out.writeframes(samples.tobytes())
        return file.getvalue()
