"""Prompts recorded over the phone: each attempt is a take, until one of them is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ivr.prompts.audio import RATE, resample, to_prompt
from ivr.prompts.catalogue import Listed
from ivr.prompts.loudness import active_level
from ivr.prompts.recordings import SUFFIX, Recordings, keep, put_aside
from ivr.prompts.wav import read_wave, write_wave

FORMAT = SUFFIX.removeprefix(".")
"""What the takes are written as, in Asterisk's terms: 16 bits at 8 kHz."""

_NOTHING_SAID_DBOV = -50.0
"""A line without a speaker; nobody speaks as softly into a telephone."""


class Takes:
    """Where takes are written (``directory``), and the recordings that they become."""

    def __init__(self, directory: Path, recordings: Path) -> None:
        self._directory = directory
        self._recordings = Recordings(recordings)

    @contextmanager
    def take(self, call: str) -> Iterator[Path]:
        """A path without suffix to record to; what is written there goes afterwards."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        base = self._directory / call
        try:
            yield base
        finally:
            base.with_name(base.name + SUFFIX).unlink(missing_ok=True)

    async def heard(self, base: Path) -> bytes | None:
        """The take as a prompt, trimmed and at the common loudness, as WAV; None: nothing said."""
        return await asyncio.to_thread(_heard, base.with_name(base.name + SUFFIX))

    def keep(self, prompt: Listed, content: bytes) -> None:
        """From now on callers hear this."""
        keep(self._place(prompt), content)

    def restore(self, prompt: Listed) -> None:
        """From now on callers hear the synthetic voice; a recording is put aside, not deleted."""
        put_aside(self._place(prompt))

    def _place(self, prompt: Listed) -> Path:
        path = None if prompt.file is None else self._recordings.path(prompt.language, prompt.file)
        if path is None:
            raise ValueError(f"no recording can be called {prompt.file!r}")
        return path


def _heard(path: Path) -> bytes | None:
    try:
        signal, rate = read_wave(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None  # as when the key came before the first sound
    level = active_level(resample(signal - signal.mean(), rate), RATE) if signal.size else None
    if level is None or level < _NOTHING_SAID_DBOV:
        return None
    return write_wave(to_prompt(signal, rate), RATE)
