"""`python -m engine.capturing SOCKET PID`: started by the engine, whose process id is PID."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import structlog
import uvloop

from engine import logs
from engine.capturing.hardening import harden
from engine.capturing.worker import work

log = structlog.get_logger(__name__)


def _unhandled(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """No text and no traceback: nobody knows what would be in them."""
    error = context.get("exception")
    log.error("capture_fault", error=type(error).__name__)


async def _main(socket: Path, memory_locked: bool) -> None:
    asyncio.get_running_loop().set_exception_handler(_unhandled)
    await work(socket, memory_locked=memory_locked)


def main() -> None:
    """Exit code 0 when the engine has left."""
    logs.set_up("json")
    memory_locked = harden(int(sys.argv[2]))
    uvloop.run(_main(Path(sys.argv[1]), memory_locked))


main()
