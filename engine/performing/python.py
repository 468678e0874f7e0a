"""A function of the site's own, run for a caller who waits for what it gives."""

import asyncio
import traceback
from collections.abc import Mapping
from pathlib import Path

import structlog

from engine.performing.line import Line
from engine.performing.meanwhile import while_waiting
from engine.workers import Workers
from ivr.commands import RunPython
from ivr.events import Done, Event, StepFailed
from ivr.functions import FlowFunction
from ivr.state import CallState
from ivr.variables import Value

log = structlog.get_logger(__name__)


class FunctionFailed(Exception):
    """What a function raised is the `__cause__`; its text may hold a caller's values."""


async def run_python(line: Line, command: RunPython, state: CallState) -> Event:
    """Run it within its time limit."""
    now, function = line.services.clock, command.code
    if function is None:
        log.error("function_unknown", contact=line.contact, function=command.function)
        return StepFailed(now(), "there is no such function")
    try:
        async with asyncio.timeout(command.timeout_ms / 1000):
            workers = line.services.sources.workers
            running = _results(function, command.arguments, workers)
            values = await while_waiting(line, workers.run_in_loop(running))
    except TimeoutError:
        log.error("function_too_slow", contact=line.contact, function=function.name)
        return StepFailed(now(), "the function took too long")
    except FunctionFailed as failure:
        _tell(line.contact, function, failure.__cause__)
        return StepFailed(now(), "the function failed")
    return Done(now(), values=values)


async def _results(
    function: FlowFunction, arguments: Mapping[str, Value], workers: Workers
) -> Mapping[str, Value]:
    try:
        if function.is_async:
            returned = await function.call(**arguments)
        else:
            returned = await workers.run(lambda: function.call(**arguments))
        return function.results(returned)
    except (Exception, SystemExit) as error:  # it is its author's code, and may raise anything
        raise FunctionFailed from error


def _tell(contact: str, function: FlowFunction, error: BaseException | None) -> None:
    """Where it failed, and with what: not in which words, as they may hold a caller's values."""
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    at = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    raised = type(error).__name__
    log.error("function_failed", contact=contact, function=function.name, error=raised, at=at)
