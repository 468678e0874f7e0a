"""A small Asterisk of its own: two Local legs, each with a tone of its own, and MixMonitor."""

from pathlib import Path

from recordings.raw import is_open_for_writing
from tests.asterisk.asterisk_fixture import SmallAsterisk
from tests.asterisk.waiting import until

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


class MixMonitorSite(SmallAsterisk):
    """Nothing listens on a port."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, _MODULES, {"extensions.conf": _EXTENSIONS})

    async def record(self, raw: Path, exten: str, seconds_together: int = 1) -> None:
        """Run one recorded call to its end, and until Asterisk has let go of the raw file."""
        await self.cli(f"dialplan set global RAW {raw}")
        await self.cli(f"dialplan set global SECONDS_TOGETHER {seconds_together}")
        await self.cli(f"channel originate Local/agent@sound/n extension {exten}@agent-leg")
        await until(lambda: is_open_for_writing(raw))
        await until(lambda: not is_open_for_writing(raw))
