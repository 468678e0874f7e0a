"""Voices at work: text in, WAV out, each time in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.voices import CommandVoice, EspeakVoice, PiperVoice, Voice
from ivr.errors import SpeechFailedError, VoiceUnavailableError
from ivr.prompts.lacking import ESPEAK, lack_of, piper

_TIME_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class _Order:
    argv: list[str]
    writes_file: bool
    limit_s: float = _TIME_LIMIT_S


async def synthesise(voice: Voice, language: str, text: str) -> bytes:
    """``text`` spoken as WAV. Raises VoiceUnavailableError, or SpeechFailedError with the
    program's own reason.

    The text goes through standard input, on one line, so that none can be taken for an option.
    """
    lack = lack_of(voice)
    if lack is not None:
        raise VoiceUnavailableError(voice.label, lack.reason)
    with tempfile.TemporaryDirectory(prefix="trunkline-voice-") as directory:
        out = Path(directory) / "out.wav"
        order = _order(voice, language, str(out))
        audio = await _run(order, voice.label, " ".join(text.split()) + "\n")
        if order.writes_file:
            audio = await asyncio.to_thread(_read, out)
    if not audio:
        raise SpeechFailedError(voice.label, 0, "it made no sound")
    return audio


def _order(voice: Voice, language: str, out: str) -> _Order:
    match voice:
        case EspeakVoice():
            options = ["-v", voice.voice, "-s", str(voice.speed), "-p", str(voice.pitch)]
            # -b 1: the text is UTF-8, whatever the locale.
            return _Order([ESPEAK, *options, "-b", "1", "--stdin", "--stdout"], False)
        case PiperVoice():
            # Spelt with underscores, the options are known to piper 1.2 (2023) and 1.8 alike.
            options = ["--model", voice.model, "--length_scale", f"{1 / voice.speed:.3f}"]
            if voice.speaker is not None:
                options += ["--speaker", str(voice.speaker)]
            return _Order([*(piper() or []), *options, "--output_file", out], True)
        case CommandVoice():
            words = voice.words(language, out)
            return _Order(words, voice.writes_file, voice.timeout.seconds)


async def _run(order: _Order, label: str, text: str) -> bytes:
    """Its standard output."""
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *order.argv, stdin=pipe, stdout=pipe, stderr=pipe
        )
    except OSError as error:
        raise SpeechFailedError(label, None, str(error)) from error
    try:
        async with asyncio.timeout(order.limit_s):
            audio, errors = await process.communicate(text.encode())
    except TimeoutError as error:
        raise SpeechFailedError(label, None, f"no answer in {order.limit_s:g} s") from error
    finally:
        await _ended(process)
    if process.returncode != 0:
        raise SpeechFailedError(label, process.returncode, errors.decode(errors="replace"))
    return audio


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Leave no process behind when the caller hung up while it spoke."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
