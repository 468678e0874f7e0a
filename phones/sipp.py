"""Run SIPp with a scenario, and read what became of its calls.

SIPp (Debian's `sip-tester`) makes calls by the hundred; a `Phone` makes one, and listens.
"""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from phones.errors import PortTaken, SippFailed

_STOP_S = 5.0
_POLL_S = 0.02
_OUTPUT_CHARS = 2000
_VIDEO = 2
"""So far above the port for sound is the one for pictures, which SIPp binds too."""
_CALLS_DONE = (0, 1)
"""Exit codes of a run that made its calls: all good, or at least one failed."""


@dataclass(frozen=True)
class SippRun:
    """One run: the scenario, its table, where from, where to, how fast.

    `rate` in new calls a second, `limit` in calls at once, `local_port` and `media_port` 0
    for SIPp's own choice. A call that waits longer than `receive_timeout_ms` for a message
    fails; the whole run is stopped after `timeout_s`, its open calls counting as failed.
    With `echo_rtp` what arrives at `media_port` is sent back.
    """

    scenario: str
    remote: str
    calls: int
    table: str = ""
    rate: float = 10.0
    limit: int = 200
    local_address: str = "127.0.0.1"
    local_port: int = 0
    media_port: int = 0
    receive_timeout_ms: int = 10_000
    timeout_s: float = 60.0
    echo_rtp: bool = False


@dataclass(frozen=True)
class SippResult:
    """What became of the calls, by SIPp's own count.

    `causes` has SIPp's counter names (`FailedUnexpectedMessage`, …), those above zero only;
    `errors` the first lines of its error log; `timed_out` if the run was stopped.
    """

    successful: int
    failed: int
    calls_per_s: float
    mean_call_s: float
    causes: Mapping[str, int] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    timed_out: bool = False


@dataclass(frozen=True)
class Listening:
    """A scenario that takes calls on a port until it is stopped. All its sound leaves from
    `media_port`; a call may have a port of its own above it."""

    scenario: str
    local_port: int
    media_port: int
    local_address: str = "127.0.0.1"


@asynccontextmanager
async def listening(
    run: Listening, *, binary: str = "sipp"
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Take calls until the end, then stop at once; calls that are up get no BYE.
    PortTaken; SippFailed if it does not come up, or has ended by itself meanwhile."""
    for port in (run.local_port, run.media_port, run.media_port + _VIDEO):
        if not _free(run.local_address, port):
            raise PortTaken(run.local_address, port)
    with tempfile.TemporaryDirectory(prefix="sipp-") as directory:
        place = Path(directory)
        (place / "scenario.xml").write_text(run.scenario)
        with (place / "output").open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *(binary, "-sf", "scenario.xml", "-nostdin", "-t", "u1"),
                *("-i", run.local_address, "-mi", run.local_address),
                *("-p", str(run.local_port), "-mp", str(run.media_port)),
                cwd=place,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=output,
            )
        try:
            if not await _bound(process, run):
                raise SippFailed(process.returncode, _said(place / "output"))
            yield process
            if process.returncode is not None:
                raise SippFailed(process.returncode, _said(place / "output"))
        finally:
            await _stop(process)


async def _bound(process: asyncio.subprocess.Process, run: Listening) -> bool:
    """Wait until the port is taken; False if it is not in time."""
    for _ in range(round(_STOP_S / _POLL_S)):
        if process.returncode is not None:
            return False
        if not _free(run.local_address, run.local_port):
            return True
        await asyncio.sleep(_POLL_S)
    return False


def _free(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, port))
        except OSError:
            return False
        return True


def _said(output: Path) -> str:
    return output.read_text(errors="replace")[-_OUTPUT_CHARS:]


async def run_sipp(run: SippRun, *, binary: str = "sipp") -> SippResult:
    """Run the scenario to its end or time-out; SippFailed if SIPp itself cannot.

    Only this run's own process is ever stopped. Calls that fail are a result, not an error.
    """
    with tempfile.TemporaryDirectory(prefix="sipp-") as directory:
        place = Path(directory)
        process = await asyncio.create_subprocess_exec(
            binary,
            *arguments(run, place),
            cwd=place,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        output, timed_out = await _finish(process, run.timeout_s)
        return _result(place, process.returncode, output, timed_out=timed_out)


def arguments(run: SippRun, place: Path) -> tuple[str, ...]:
    """Write the run's files into `place`; return SIPp's command line, without its name."""
    (place / "scenario.xml").write_text(run.scenario)
    words = [run.remote, "-sf", "scenario.xml", "-m", str(run.calls), "-l", str(run.limit)]
    words += ["-r", f"{run.rate:g}", "-i", run.local_address, "-mi", run.local_address]
    words += ["-recv_timeout", str(run.receive_timeout_ms), "-nostdin", "-t", "u1"]
    words += ["-trace_stat", "-stf", "stat.csv", "-fd", "1", "-trace_err", "-error_file", "errors"]
    if run.table:
        (place / "table.csv").write_text(run.table)
        words += ["-inf", "table.csv"]
    if run.local_port:
        words += ["-p", str(run.local_port)]
    if run.media_port:
        words += ["-mp", str(run.media_port)]
    return (*words, "-rtp_echo") if run.echo_rtp else tuple(words)


def read_statistics(text: str) -> SippResult:
    """The result from SIPp's statistics file: its last line has the whole run's counts (C).

    Its columns are described by `sipp -h stat`. ValueError for a file without counts.
    """
    lines = [line.rstrip(";").split(";") for line in text.splitlines() if ";" in line]
    if len(lines) < 2:
        raise ValueError("the statistics file has no counts")
    last = dict(zip(lines[0], lines[-1], strict=False))
    causes = {
        name.removesuffix("(C)"): int(value)
        for name, value in last.items()
        if name.startswith("Failed") and name.endswith("(C)") and name != "FailedCall(C)"
    }
    return SippResult(
        successful=int(last["SuccessfulCall(C)"]),
        failed=int(last["FailedCall(C)"]),
        calls_per_s=float(last["CallRate(C)"]),
        mean_call_s=_seconds(last["CallLength(C)"]),
        causes={name: count for name, count in causes.items() if count},
    )


def _result(place: Path, code: int | None, output: str, *, timed_out: bool) -> SippResult:
    statistics, log = place / "stat.csv", place / "errors"
    if not timed_out and code not in _CALLS_DONE:
        raise SippFailed(code, output)
    try:
        counts = read_statistics(statistics.read_text() if statistics.exists() else "")
    except (ValueError, KeyError) as error:
        raise SippFailed(code, f"{error}; {output}") from error
    lines = log.read_text(errors="replace").splitlines()[:20] if log.exists() else []
    return replace(counts, errors=tuple(lines), timed_out=timed_out)


async def _finish(process: asyncio.subprocess.Process, timeout_s: float) -> tuple[str, bool]:
    """Wait for the process; SIGTERM, then SIGKILL, when it takes too long or we are cancelled."""
    try:
        async with asyncio.timeout(timeout_s):
            _, output = await process.communicate()
        return output.decode(errors="replace")[-_OUTPUT_CHARS:], False
    except TimeoutError:
        return f"stopped after {timeout_s:g} s", True
    finally:
        await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        if process.returncode is None:
            process.terminate()
    try:
        async with asyncio.timeout(_STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _seconds(clock: str) -> float:
    """SIPp's `00:00:01:234000` (hours, minutes, seconds, microseconds) in seconds."""
    hours, minutes, seconds, micros = (int(part) for part in clock.split(":"))
    return hours * 3600 + minutes * 60 + seconds + micros / 1e6
