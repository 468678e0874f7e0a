"""espeak-ng as a voice: text in, WAV out, in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib

from ivr.errors import SpeechFailedError

PROGRAM = "espeak-ng"
_WORDS_PER_MINUTE = "150"
_TIME_LIMIT_S = 20.0


async def synthesise(voice: str, text: str) -> bytes:
    """``text`` spoken by ``voice`` as WAV; SpeechFailedError with the program's own reason.

    The text goes through stdin, so that none can be taken for an option.
    """
    command = (PROGRAM, "-v", voice, "-s", _WORDS_PER_MINUTE, "-b", "1", "--stdin", "--stdout")
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe
        )
    except OSError as error:
        raise SpeechFailedError(voice, None, str(error)) from error
    try:
        async with asyncio.timeout(_TIME_LIMIT_S):
            audio, errors = await process.communicate(text.encode())
    except TimeoutError as error:
        raise SpeechFailedError(voice, None, f"no answer in {_TIME_LIMIT_S} s") from error
    finally:
        await _ended(process)
    if process.returncode != 0 or not audio:
        raise SpeechFailedError(voice, process.returncode, errors.decode(errors="replace"))
    return audio


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Leave no process behind when the caller hung up while it spoke."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
