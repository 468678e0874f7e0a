"""What a real Asterisk is set to is read from it as it runs, and what is unsafe is named."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridge.ami.settings import AmiSettings
from bridge.events import KeyPressed, SwitchEvent
from bridge.inspection import Inspector
from bridge.switch import HEARD, KEYS, Switch
from config.asterisk import AMI_USER, CONSOLE_USER
from engine.paying.unsafe import MODULES, findings_of
from tests.asterisk.ami_wire import Ami
from tests.asterisk.asterisk_fixture import RunningAsterisk, started
from tests.asterisk.waiting import until
from tests.ports import free_port

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

PRESSING = """
[waiting]
exten => s,1,Answer()
 same => n,Wait(20)
[keys]
exten => press,1,SendDTMF(47)
 same => n,Wait(20)
"""
STRANGER = "[wall]\nsecret = board\nread = {read}\n"


class Payer:
    """An Asterisk as users have it, and who looks whether it is safe."""

    def __init__(self, asterisk: RunningAsterisk) -> None:
        self.asterisk = asterisk
        port, secret = asterisk.site.network.ami_port, asterisk.secrets
        self._inspector = Inspector(AmiSettings("127.0.0.1", port, CONSOLE_USER, secret.console))
        self.told: list[SwitchEvent] = []
        settings = AmiSettings("127.0.0.1", port, AMI_USER, secret.ami)
        self.switch = Switch(settings, self.told.append)

    async def codes(self) -> set[str]:
        """What is unsafe now."""
        read = await self._inspector.inspect(keys_filtered=self.switch.keys_filtered)
        return {finding.code for finding in findings_of(read)}

    async def after(self, *commands: str) -> set[str]:
        """The same, once the console has been told this."""
        for command in commands:
            await self.asterisk.cli(command)
        return await self.codes()

    @property
    def keys(self) -> list[str]:
        """Pressed since `told` was cleared."""
        return [event.digit for event in self.told if isinstance(event, KeyPressed)]

    def write(self, name: str, text: str) -> None:
        """As the machine's operator would, into a file of their own."""
        (self.asterisk.layout.local / name).write_text(text)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def payer(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Payer]:
    modules = ("res_http_websocket", "res_websocket_client", "res_stasis", "res_ari")
    directory = tmp_path_factory.mktemp("safe")
    asterisk = RunningAsterisk(directory, extra_modules=modules, change=with_more)
    async with started(asterisk) as running:
        payer = Payer(running)
        await payer.switch.start()
        yield payer
        await payer.switch.stop()


def with_more(files: dict[str, str]) -> dict[str, str]:
    """ARI is there, and nobody may use it; calls can be made that press keys."""
    ari = "[general]\nenabled = no\n"
    hep = "[general]\nenabled = yes\ncapture_address = 127.0.0.1:9\n"
    return {
        **files,
        "manager.conf": files["manager.conf"].replace(
            "displayconnects", f"channelvars = {KEYS}\ndisplayconnects"
        ),
        "hep.conf": hep,
        "http.conf": f"[general]\nenabled = yes\nbindaddr = 127.0.0.1\nbindport = {free_port()}\n",
        "ari.conf": f"{ari}#tryinclude ../local/ari.conf\n",
        "extensions.conf": files["extensions.conf"] + PRESSING,
    }


async def test_as_it_is_shipped_it_is_safe(payer: Payer) -> None:
    """Nothing is found, nothing is unknown."""
    assert await payer.codes() == set()


@pytest.mark.parametrize(
    ("unsafe", "safe_again", "code"),
    [
        ("logger add channel keys DTMF", "logger remove channel keys", "log_dtmf"),
        ("logger add channel keys DEBUG", "logger remove channel keys", "log_debug"),
        ("logger add channel keys VERBOSE", "logger remove channel keys", "log_verbose"),
        ("logger add channel keys TRACE", "logger remove channel keys", "log_trace"),
        ("core set debug 1", "core set debug 0", "debug_level"),
        ("core set trace 1", "core set trace 0", "trace_level"),
        ("manager set debug on", "manager set debug off", "manager_debug"),
    ],
)
async def test_a_switch_of_the_console(
    payer: Payer, unsafe: str, safe_again: str, code: str
) -> None:
    """It is named while it is unsafe, and no longer."""
    assert await payer.after(unsafe) == {code}
    assert await payer.after(safe_again) == set()


async def test_debugging_that_no_command_tells_of_is_switched_off(payer: Payer) -> None:
    """Whether it was on is not to be known; that it is off now, Asterisk has said."""
    assert await payer.after("agi set debug on", "rtp set debug on") == set()


@pytest.mark.parametrize("module", sorted(MODULES.keys() - {"app_jack"}))
async def test_a_module(payer: Payer, module: str) -> None:
    """Each is named while it is loaded. (Debian's needs JACK, which nobody has, for app_jack.)"""
    needs = {"res_hep_pjsip": ("module load res_hep.so",)}.get(module, ())
    loaded = f"module load {module}.so"
    found = await payer.after(*needs, loaded)
    after = await payer.after(f"module unload {module}.so")
    assert (found, after) == ({f"module_{module}"}, set())


async def test_the_channel_event_log(payer: Payer) -> None:
    """ALL has DTMF in it; without it the log may be on."""
    for events, found in (("ALL", {"cel_dtmf"}), ("DTMF", {"cel_dtmf"}), ("CHAN_START", set())):
        payer.write("cel.conf", f"[general](+)\nenable = yes\nevents = {events}\n")
        assert await payer.after("module reload cel") == found
    payer.write("cel.conf", "")
    assert await payer.after("module reload cel") == set()


async def test_users_of_the_manager(payer: Payer) -> None:
    """By what they may read, whether they are there or not; and who was let in before."""
    for read, found in (
        ("all", {"manager_dtmf", "manager_dialplan", "manager_agi", "manager_test"}),
        ("call,dialplan", {"manager_dialplan"}),
        ("call,dtmf", {"manager_dtmf"}),
    ):
        payer.write("manager.conf", STRANGER.format(read=read))
        assert await payer.after("manager reload") == found
    port = payer.asterisk.site.network.ami_port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"Action: Login\r\nUsername: wall\r\nSecret: board\r\n\r\n")
    await reader.readuntil(b"Authentication accepted")
    payer.write("manager.conf", STRANGER.format(read="call"))
    assert await payer.after("manager reload") == {"manager_dtmf"}
    writer.close()
    await writer.wait_closed()
    payer.write("manager.conf", "")
    assert await payer.after("manager reload") == set()


async def test_applications_over_rest(payer: Payer) -> None:
    """ARI tells keys to whoever follows a channel."""
    payer.write("ari.conf", "[general](+)\nenabled = yes\n")
    assert await payer.after("module reload res_ari.so") == {"ari"}
    payer.write("ari.conf", "")
    assert await payer.after("module reload res_ari.so") == set()


async def test_a_limit_of_core_files(payer: Payer) -> None:
    """Of the process as it runs, whoever raised it."""
    process = int((payer.asterisk.layout.run / "asterisk.pid").read_text())
    before = resource.prlimit(process, resource.RLIMIT_CORE)
    resource.prlimit(process, resource.RLIMIT_CORE, (resource.RLIM_INFINITY, before[1]))
    assert await payer.codes() == {"core_limit"}
    resource.prlimit(process, resource.RLIMIT_CORE, before)
    assert await payer.codes() == set()


async def test_keys_that_nobody_asked_for_are_not_told(payer: Payer) -> None:
    """Those of a caller who may choose by key are; those of a caller who keys a card are not."""
    payer.told.clear()
    with Ami(payer.asterisk, payer.asterisk.secrets.ami) as ami:
        for number, value in (("2", ""), ("3", HEARD)):
            # The half of the Local channel that waits hears what the other sends.
            there = {"Channel": "Local/s@waiting/n", "Context": "keys", "Exten": "press"}
            there["Variable"] = f"_{KEYS}={value}"
            ami.act("Originate", number, **there, Priority="1", Async="true")
            await asyncio.sleep(0.4)
        await until(lambda: payer.keys == ["4", "7"])
