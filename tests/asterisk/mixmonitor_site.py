"""A small Asterisk of its own: two Local legs, each with a tone of its own, and MixMonitor.

Nothing listens on a port. It is spoken to by its control socket (`asterisk -rx`), which must lie in
a short path: a Unix socket's name has room for 108 bytes.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from recordings.raw import is_open_for_writing

AGENT_HZ, CALLER_HZ = 440, 1_000

_MODULES = (
    *("app_mixmonitor", "app_dial", "app_playtones", "bridge_simple", "format_sln"),
    *("pbx_config", "res_clioriginate", "res_timing_timerfd"),
)

# The agent's leg is the first half of a Local channel: it says what the second half plays to it
# (440 Hz), and hears the other side of the bridge (1000 Hz). /n keeps Asterisk from joining the
# channels behind the Locals' backs.
_EXTENSIONS = f"""
[sound]
exten => agent,1,Answer()
 same => n,Playtones({AGENT_HZ})
 same => n,Wait(60)
exten => caller,1,Answer()
 same => n,Playtones({CALLER_HZ})
 same => n,Wait(60)
[agent-leg]
exten => bridged,1,MixMonitor(${{RAW}},bD)
 same => n,Wait(0.5)
 same => n,Dial(Local/caller@sound/n,,S(${{SECONDS_TOGETHER}}))
exten => alone,1,MixMonitor(${{RAW}},bD)
 same => n,Wait(0.5)
"""


@dataclass(frozen=True)
class MixMonitorSite:
    """A running Asterisk and the command line that reaches it."""

    command: tuple[str, ...]

    async def record(self, raw: Path, exten: str, seconds_together: int = 1) -> None:
        """Run one recorded call to its end, and until Asterisk has let go of the raw file."""
        await self.cli(f"dialplan set global RAW {raw}")
        await self.cli(f"dialplan set global SECONDS_TOGETHER {seconds_together}")
        await self.cli(f"channel originate Local/agent@sound/n extension {exten}@agent-leg")
        await _until(lambda: is_open_for_writing(raw))
        await _until(lambda: not is_open_for_writing(raw))

    async def cli(self, line: str) -> str:
        """The output of one CLI command."""
        process = await asyncio.create_subprocess_exec(
            *self.command, "-rx", line, stdout=asyncio.subprocess.PIPE
        )
        output = (await process.communicate())[0].decode()
        if "No such command" in output:
            raise ValueError(output)
        return output


@asynccontextmanager
async def mixmonitor_site(directory: Path) -> AsyncIterator[MixMonitorSite]:
    """An Asterisk under `directory`, fully booted, ended at the end."""
    command = _command(directory)
    process = await asyncio.create_subprocess_exec(
        *command, "-f", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        site = MixMonitorSite(command)
        await _until((directory / "run/asterisk.ctl").exists)
        await site.cli("core waitfullybooted")
        yield site
    finally:
        process.terminate()
        await process.wait()


async def _until(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    """Nothing here tells of itself, so look again and again."""
    for _ in range(round(within_s / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def _command(directory: Path) -> tuple[str, ...]:
    root = Path(os.environ.get("TRUNKLINE_ASTERISK_ROOT", "var/asterisk-root")).absolute()
    libraries = root / "usr/lib/x86_64-linux-gnu"
    _configure(directory, libraries / "asterisk/modules", root / "usr/share/asterisk")
    loader = root / "lib64/ld-linux-x86-64.so.2"
    return (
        *(str(loader), "--library-path", f"{libraries}:{libraries}/asterisk"),
        *(str(root / "usr/sbin/asterisk"), "-C", str(directory / "asterisk.conf")),
    )


def _configure(directory: Path, modules: Path, data: Path) -> None:
    own = {
        f"ast{name}dir": directory / name
        for name in ("etc", "varlib", "db", "key", "spool", "run", "log")
    }
    for path in own.values():
        path.mkdir()
    places = {**own, "astmoddir": modules, "astdatadir": data}
    lines = [f"{name} => {path}" for name, path in places.items()]
    (directory / "asterisk.conf").write_text("\n".join(["[directories]", *lines, ""]))
    loads = [f"load = {module}.so" for module in _MODULES]
    (directory / "etc/modules.conf").write_text("\n".join(["[modules]", "autoload = no", *loads]))
    (directory / "etc/extensions.conf").write_text(_EXTENSIONS)
    (directory / "etc/logger.conf").write_text("[logfiles]\nmessages => notice,warning,error\n")
