"""The prompts on disk: each text rendered once, found by what it says and who says it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from config.voices import Voice
from ivr.commands import Segment
from ivr.errors import PromptFileError, SpeechError, SpeechFailedError, VoiceMissingError
from ivr.prompts.audio import silence, to_prompt
from ivr.prompts.g711 import Samples, encode_alaw, encode_ulaw
from ivr.prompts.loudness import PEAK_DBOV, TARGET_DBOV
from ivr.prompts.speaking import synthesise
from ivr.prompts.wav import read_wave

PIPELINE = "2"
"""Part of every file's name: a change of the audio pipeline makes new files."""

LOUDNESS = f"{TARGET_DBOV} dBov, peaks {PEAK_DBOV} dBov"

SUFFIXES = (".alaw", ".ulaw", ".sln")
_PAUSE_MS = 100

Synthesise = Callable[[Voice, str, str], Awaitable[bytes]]
Progress = Callable[[int, int], None]
Failed = Callable[[Segment, SpeechError], None]


def _refuse(segment: Segment, error: SpeechError) -> None:
    raise error


class PromptStore:
    """Audio for segments under ``directory``, as files ``<language>/<hash>`` with three suffixes.

    ``voices`` maps a language to its voice. A file ``<recordings>/<language>/<name>.wav``
    replaces the synthetic voice where a segment names that recording.
    """

    def __init__(
        self,
        directory: Path,
        voices: Mapping[str, Voice],
        *,
        recordings: Path | None = None,
        synthesise: Synthesise = synthesise,
        at_once: int | None = None,
        remembered: int = 10_000,
    ) -> None:
        self._directory = directory
        self._voices = voices
        self._recordings = recordings
        self._synthesise = synthesise
        self._slots = asyncio.Semaphore(at_once or os.cpu_count() or 1)
        self._found: dict[Segment, Path] = {}
        self._remembered = remembered
        self._locks: dict[Path, tuple[asyncio.Lock, int]] = {}

    def path(self, segment: Segment) -> Path:
        """Where the segment's audio is, or will be: a path without suffix. VoiceMissingError."""
        recorded = self._recorded(segment)
        if recorded is not None:
            return self._named(segment.language, "recording", recorded.read_bytes())
        voice = self._voice(segment.language)
        return self._named(segment.language, voice.model_dump_json(), segment.text.encode())

    async def ensure(self, segment: Segment) -> Path:
        """The path of the segment's audio, rendered now if it was not yet; SpeechError."""
        found = self._found.get(segment)
        if found is not None:
            return found
        try:
            base = self.path(segment)
            async with self._alone(base):
                if not all(base.with_suffix(suffix).exists() for suffix in SUFFIXES):
                    await self._render(segment, base)
        except OSError as error:
            raise PromptFileError(Path(error.filename or self._directory), str(error)) from error
        self._remember(segment, base)
        return base

    async def ensure_all(
        self,
        segments: Iterable[Segment],
        progress: Progress = lambda done, total: None,
        failed: Failed = _refuse,
    ) -> None:
        """Render what is missing, several at once; ``progress(done, total)`` after each.

        The first SpeechError ends it and is raised, unless ``failed`` takes each of them.
        """
        wanted = list(dict.fromkeys(segments))
        done = 0

        async def one(segment: Segment) -> None:
            nonlocal done
            try:
                await self.ensure(segment)
            except SpeechError as error:
                failed(segment, error)
            done += 1
            progress(done, len(wanted))

        try:
            async with asyncio.TaskGroup() as group:
                for segment in wanted:
                    group.create_task(one(segment))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    def _remember(self, segment: Segment, base: Path) -> None:
        """The oldest is forgotten for the newest; its files are found again when asked for."""
        if len(self._found) >= self._remembered:
            del self._found[next(iter(self._found))]
        self._found[segment] = base

    def _voice(self, language: str) -> Voice:
        try:
            return self._voices[language]
        except KeyError:
            raise VoiceMissingError(language) from None

    def _recorded(self, segment: Segment) -> Path | None:
        if segment.recording is None or self._recordings is None:
            return None
        path = self._recordings / segment.language / f"{segment.recording}.wav"
        return path if path.is_file() else None

    def _named(self, language: str, voice: str, content: bytes) -> Path:
        made_of = (PIPELINE, LOUDNESS, language, voice)
        said = b"\0".join((*(part.encode() for part in made_of), content))
        return self._directory / language / hashlib.sha256(said).hexdigest()[:32]

    @asynccontextmanager
    async def _alone(self, base: Path) -> AsyncIterator[None]:
        """One renderer a file; if its caller hangs up meanwhile, the next in line takes over."""
        lock, users = self._locks.get(base, (asyncio.Lock(), 0))
        self._locks[base] = lock, users + 1
        try:
            async with lock:
                yield
        finally:
            _, users = self._locks.pop(base)
            if users > 1:
                self._locks[base] = lock, users - 1

    async def _render(self, segment: Segment, base: Path) -> None:
        recorded = self._recorded(segment)
        async with self._slots:
            if recorded is not None:
                await asyncio.to_thread(_write, base, recorded.read_bytes(), str(recorded))
            elif not any(sign.isalnum() for sign in segment.text):
                await asyncio.to_thread(_write_samples, base, silence(_PAUSE_MS))
            else:
                voice = self._voice(segment.language)
                audio = await self._synthesise(voice, segment.language, segment.text)
                await asyncio.to_thread(_write, base, audio, voice.label)


def _write(base: Path, audio: bytes, source: str) -> None:
    try:
        signal, rate = read_wave(audio)
    except ValueError as error:
        raise SpeechFailedError(source, 0, str(error)) from error
    _write_samples(base, to_prompt(signal, rate))


def _write_samples(base: Path, samples: Samples) -> None:
    base.parent.mkdir(parents=True, exist_ok=True)
    _replace(base.with_suffix(".alaw"), encode_alaw(samples).tobytes())
    _replace(base.with_suffix(".ulaw"), encode_ulaw(samples).tobytes())
    _replace(base.with_suffix(".sln"), samples.astype("<i2").tobytes())


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all: Asterisk may be reading, another engine writing the same file."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    temporary = Path(name)
    temporary.chmod(0o644)
    temporary.replace(path)
