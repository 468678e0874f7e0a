"""A small Asterisk that calls itself: half a Local channel is the caller, half the far end."""

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from tests.asterisk.asterisk_fixture import SmallAsterisk
from tests.ports import free_port

SECRET = "for this test only"
MODULES = (
    "app_controlplayback",
    "app_senddtmf",
    "app_stack",
    "app_userevent",
    "app_verbose",
    "bridge_simple",
    "format_sln",
    "func_base64",
    "func_channel",
    "func_hangupcause",
    "func_logic",
    "pbx_config",
    "res_agi",
    "res_clioriginate",
    "res_musiconhold",
    "res_speech",
    "res_timing_timerfd",
)


class LocalCalls(SmallAsterisk):
    """`dialplan` needs the contexts [calls] and [far]."""

    def __init__(
        self,
        directory: Path,
        dialplan: str,
        modules: Iterable[str] = (),
        files: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.ami_port = free_port()
        needed = {**_files(self.ami_port, dialplan), **files}
        super().__init__(directory, (*MODULES, *modules), needed)

    async def originate(self, extension: str, far: str = "wait") -> None:
        """A call: one half runs `extension` of [calls], the other, once answered, [far]."""
        await self.cli(f"channel originate Local/{extension}@calls/n extension {far}@far")

    async def manage(self, *fields: str) -> str:
        """Send one AMI action, as lines; return all that the manager said until it logged off."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ami_port)
        login = ["Action: Login", "Username: test", f"Secret: {SECRET}", "Events: off", ""]
        for line in [*login, *fields, "", "Action: Logoff", "", ""]:
            writer.write(f"{line}\r\n".encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer.decode(errors="replace")


def _files(ami_port: int, dialplan: str) -> dict[str, str]:
    return {
        "extensions.conf": dialplan,
        "manager.conf": "[general]\nenabled = yes\nbindaddr = 127.0.0.1\n"
        f"port = {ami_port}\n[test]\nsecret = {SECRET}\nread = all\nwrite = all\n",
        "musiconhold.conf": "[default]\nmode = files\ndirectory = sounds\n",
    }
