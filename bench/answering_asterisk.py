"""The baseline: Asterisk's own app_amd, as it is shipped, on the same audio in real time.

Each answer is a Local channel: one half plays it, the other runs AMD(), so Asterisk hears what the
detector hears, in frames of 20 ms.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.answering_scenes import Answer
from bench.command import Unmeasured
from listening.amd import read_amd
from listening.audio import RATE_HZ
from listening.values import Verdict
from tests.asterisk.asterisk_fixture import started
from tests.asterisk.local_calls import LocalCalls

_AT_ONCE = 24
_HEARD_S = 7
"""AMD gives up after five."""
_WITHIN_S, _POLL_S = 30.0, 0.1
_MODULES = ("app_amd", "app_playback", "func_env", "func_strings")
_FILES = {"amd.conf": "[general]\n"}
_DIALPLAN = """
[calls]
exten => _X.,1,Answer()
 same => n,Playback({directory}/${{EXTEN}})
 same => n,Wait(5)
[far]
exten => _X.,1,Set(BEGAN=${{STRFTIME(,,%s%3q)}})
 same => n,AMD()
 same => n,Set(TOLD=${{AMDSTATUS}} ${{AMDCAUSE}} ${{BEGAN}} ${{STRFTIME(,,%s%3q)}})
 same => n,Set(FILE({directory}/${{EXTEN}}.told)=${{TOLD}})
 same => n,Hangup()
"""


async def asked(answers: Sequence[Answer], console: Console) -> list[Verdict]:
    """What AMD says of each. Raises Unmeasured when Asterisk does not say."""
    with tempfile.TemporaryDirectory(prefix="trk-amd-") as place:
        directory = Path(place)
        dialplan = _DIALPLAN.format(directory=directory)
        asterisk = LocalCalls(directory / "asterisk", dialplan, _MODULES, _FILES)
        async with started(asterisk):
            return await _all(answers, directory, asterisk, console)


async def _all(
    answers: Sequence[Answer], directory: Path, asterisk: LocalCalls, console: Console
) -> list[Verdict]:
    at_once = asyncio.Semaphore(_AT_ONCE)
    done = 0

    async def one(number: int, answer: Answer) -> Verdict:
        nonlocal done
        async with at_once:
            verdict = await _one(number, answer, directory, asterisk)
        done += 1
        if done % 100 == 0:
            console.print(f"Asterisk: {done} of {len(answers)}")
        return verdict

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(*each)) for each in enumerate(answers, 100)]
    return [task.result() for task in tasks]


async def _one(number: int, answer: Answer, directory: Path, asterisk: LocalCalls) -> Verdict:
    sound, told = directory / f"{number}.sln", directory / f"{number}.told"
    sound.write_bytes(answer.audio[: _HEARD_S * RATE_HZ].tobytes())
    await asterisk.manage(
        "Action: Originate",
        f"Channel: Local/{number}@calls/n",
        "Context: far",
        f"Exten: {number}",
        "Priority: 1",
        "Async: true",
        "",
    )
    try:
        async with asyncio.timeout(_WITHIN_S):
            status, cause, began, ended = await _words(told)
    except TimeoutError:
        raise Unmeasured(f"AMD() said nothing of answer {number}") from None
    sound.unlink()
    return read_amd(status, cause, int(ended) - int(began))


async def _words(told: Path) -> list[str]:
    """What the dialplan writes, once it has."""
    while True:
        words = _written(told)
        if words:
            return words
        await asyncio.sleep(_POLL_S)


def _written(told: Path) -> list[str]:
    return told.read_text("utf-8").split() if told.exists() else []
