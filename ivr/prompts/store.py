"""The prompts on disk: each text rendered once, found by what it says and who says it."""

from __future__ import annotations

import asyncio
import hashlib
import math
import os
import re
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from config.voices import Voice
from ivr.commands import Segment
from ivr.errors import (
    PromptFileError,
    RecordingError,
    SpeechError,
    SpeechFailedError,
    VoiceMissingError,
)
from ivr.prompts.audio import silence, to_prompt
from ivr.prompts.g711 import Samples, encode_alaw, encode_ulaw
from ivr.prompts.loudness import PEAK_DBOV, TARGET_DBOV
from ivr.prompts.recordings import Recorded, Recordings, replace_file
from ivr.prompts.speaking import synthesise
from ivr.prompts.wav import read_wave

log = structlog.get_logger(__name__)

PIPELINE = "2"
"""Part of every file's name: a change of the audio pipeline makes new files."""

LOUDNESS = f"{TARGET_DBOV} dBov, peaks {PEAK_DBOV} dBov"

SUFFIXES = (".alaw", ".ulaw", ".sln")
_OURS = re.compile(r"(?:[0-9a-f]{32}|\..*)\.(?:alaw|ulaw|sln)")
"""A prompt, or what is left of one that was not written to its end."""
_PAUSE_MS = 100
_AT_A_TIME = 50
"""Segments looked for before whatever else waits comes in between: a few ms."""

Synthesise = Callable[[Voice, str, str], Awaitable[bytes]]
Progress = Callable[[int, int], None]
Failed = Callable[[Segment, SpeechError], None]


def _refuse(segment: Segment, error: SpeechError) -> None:
    raise error


class PromptStore:
    """Audio for segments under ``directory``, as files ``<language>/<hash>`` with three suffixes.

    ``voices`` maps a language to its voice; what lies in ``recordings`` replaces it.
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
        self._recordings = Recordings(recordings)
        self._synthesise = synthesise
        self._slots = asyncio.Semaphore(at_once or os.cpu_count() or 1)
        self._found: dict[Segment, tuple[Recorded | None, Path]] = {}
        self._remembered = remembered
        self._locks: dict[Path, tuple[asyncio.Lock, int]] = {}

    def recorded(self, segment: Segment) -> Path | None:
        """The recording that replaces the voice for this segment now."""
        recorded = self._recordings.of(segment)
        return None if recorded is None else recorded.path

    def path(self, segment: Segment) -> Path:
        """Where the segment's audio is, or will be: a path without suffix. VoiceMissingError."""
        recorded = self._recordings.of(segment)
        if recorded is not None:
            return self._path_of(segment, recorded.path.read_bytes())
        return self._path_of(segment, None)

    def paths(self, segment: Segment) -> set[Path]:
        """Where the segment's audio may be: as it is recorded now, and as the voice speaks it."""
        return {self.path(segment), self._path_of(segment, None)}

    def leftovers(self, used: Collection[Path], before_s: float) -> Iterator[Path]:
        """Files of prompts that are at none of the paths ``used`` and were made before that time
        (Unix, seconds): a call may just be hearing a younger one."""
        for path in self._directory.glob("*/*"):
            is_ours = _OURS.fullmatch(path.name) is not None
            if is_ours and path.with_suffix("") not in used and _made_s(path) < before_s:
                yield path

    async def ensure(self, segment: Segment, *, again: bool = False) -> Path:
        """The path of the segment's audio, rendered now if it was not yet; SpeechError.

        A recording that came, changed or went since the last time is seen.
        """
        recorded = self._recordings.of(segment)
        found = self._found.get(segment)
        if found is not None and found[0] == recorded and not again and is_there(found[1]):
            return found[1]
        try:
            base = await self._made(segment, recorded, again)
        except OSError as error:
            raise PromptFileError(Path(error.filename or self._directory), str(error)) from error
        self._remember(segment, recorded, base)
        return base

    async def preview(self, language: str, recording: bytes) -> Path:
        """The path of what callers would hear of a recording, were it in its place."""
        try:
            return await self._rendered(Segment(language, ""), (recording, self._directory), False)
        except OSError as error:
            raise PromptFileError(self._directory, str(error)) from error

    async def ensure_all(
        self,
        segments: Iterable[Segment],
        progress: Progress = lambda done, total: None,
        failed: Failed = _refuse,
        *,
        again: bool = False,
    ) -> None:
        """Render what is missing, several at once; ``progress(done, total)`` after each.

        The first SpeechError ends it and is raised, unless ``failed`` takes each of them.
        ``again``: what is there is made anew too, and heard without a gap.
        """
        wanted = list(dict.fromkeys(segments))
        done = 0

        async def one(segment: Segment) -> None:
            nonlocal done
            try:
                await self.ensure(segment, again=again)
            except SpeechError as error:
                failed(segment, error)
            done += 1
            progress(done, len(wanted))

        try:
            for begin in range(0, len(wanted), _AT_A_TIME):
                async with asyncio.TaskGroup() as group:
                    for segment in wanted[begin : begin + _AT_A_TIME]:
                        group.create_task(one(segment))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _made(self, segment: Segment, recorded: Recorded | None, again: bool) -> Path:
        """From the recording; from the voice where there is none, or none that can be used."""
        if recorded is not None:
            try:
                content = await asyncio.to_thread(_read, recorded.path)
                return await self._rendered(segment, (content, recorded.path), again)
            except RecordingError as error:
                if not _has_words(segment.text):
                    raise
                log.error("recording_not_used", path=str(error.path), reason=error.reason)
        return await self._rendered(segment, None, again)

    async def _rendered(
        self, segment: Segment, recorded: tuple[bytes, Path] | None, again: bool
    ) -> Path:
        base = self._path_of(segment, recorded[0] if recorded else None)
        async with self._alone(base):
            if again or not is_made(base):
                async with self._slots:
                    if recorded is None:
                        await self._speak(segment, base)
                    else:
                        await asyncio.to_thread(_write_recording, base, *recorded)
        return base

    async def _speak(self, segment: Segment, base: Path) -> None:
        if not _has_words(segment.text):
            await asyncio.to_thread(write_prompt, base, silence(segment.pause_ms or _PAUSE_MS))
            return
        voice = self._voice(segment.language)
        audio = await self._synthesise(voice, segment.language, segment.text)
        await asyncio.to_thread(_write_spoken, base, audio, voice.label)

    def _remember(self, segment: Segment, recorded: Recorded | None, base: Path) -> None:
        """The oldest is forgotten for the newest; its files are found again when asked for."""
        if len(self._found) >= self._remembered:
            del self._found[next(iter(self._found))]
        self._found[segment] = recorded, base

    def _voice(self, language: str) -> Voice:
        try:
            return self._voices[language]
        except KeyError:
            raise VoiceMissingError(language) from None

    def _path_of(self, segment: Segment, recording: bytes | None) -> Path:
        """By all that the sound depends on, so that a change makes a new file and no other."""
        if recording is not None:
            who, said = "recording", recording
        elif segment.pause_ms:
            who, said = "pause", str(segment.pause_ms).encode()
        else:
            who, said = self._voice(segment.language).model_dump_json(), segment.text.encode()
        made_of = (PIPELINE, LOUDNESS, segment.language, who)
        name = hashlib.sha256(b"\0".join((*(part.encode() for part in made_of), said)))
        return self._directory / segment.language / name.hexdigest()[:32]

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


def is_there(base: Path) -> bool:
    """Whether audio that was made has not been removed since: a quick look, before it is played."""
    return os.path.exists(f"{base}{SUFFIXES[0]}")  # noqa: PTH110 - a third of a Path's cost


def _made_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another has just removed it
        return math.inf


def is_made(base: Path) -> bool:
    """Whether the audio that belongs at ``base`` is there, in every format."""
    return all(base.with_suffix(suffix).exists() for suffix in SUFFIXES)


def _has_words(text: str) -> bool:
    return any(sign.isalnum() for sign in text)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecordingError(path, error.strerror or "it cannot be read") from error


def _write_spoken(base: Path, audio: bytes, voice: str) -> None:
    try:
        signal, rate = read_wave(audio)
    except ValueError as error:
        raise SpeechFailedError(voice, 0, str(error)) from error
    write_prompt(base, to_prompt(signal, rate))


def _write_recording(base: Path, content: bytes, source: Path) -> None:
    try:
        signal, rate = read_wave(content)
    except ValueError as error:
        raise RecordingError(source, str(error)) from error
    write_prompt(base, to_prompt(signal, rate))


def write_prompt(base: Path, samples: Samples) -> None:
    """The three files of a prompt, each whole or not at all."""
    base.parent.mkdir(parents=True, exist_ok=True)
    replace_file(base.with_suffix(".alaw"), encode_alaw(samples).tobytes())
    replace_file(base.with_suffix(".ulaw"), encode_ulaw(samples).tobytes())
    replace_file(base.with_suffix(".sln"), samples.astype("<i2").tobytes())
