"""`trunkline up`: everything on the site started in order, kept up, and stopped in order."""

import asyncio
import fcntl
import os
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from config.asterisk_runtime import AsteriskRuntime, find_runtime, name_remedy
from config.secrets import Secrets, load_or_create
from config.site import Site
from engine import asterisk_files, card, sample_services
from engine.asterisk_files import wanted_ports
from engine.changes import Changes
from engine.children import Child, ChildSpec, wiping
from engine.client import Client
from engine.console import Screen, counted
from engine.demo import Demonstration
from engine.errors import AlreadyRunning, EngineError, NotRunning
from engine.loading import load_site_file
from engine.ports import require_free
from engine.publishing.flows import open_flows, open_store
from engine.publishing.publisher import unpublished
from engine.publishing.working_copy import copy_of
from engine.settings import PROJECT, Settings
from engine.starting import Comebacks, until_ready

ASTERISK_WITHIN_S = 30
SANDBOX_WITHIN_S = 20
ENGINE_WITHIN_S = 90
"""The first start speaks every prompt of every language."""


async def up(settings: Settings, *, demo: bool, once: bool = False) -> int:
    """Start, demonstrate, stay up until SIGINT or SIGTERM. 0 well, 1 the demonstration failed."""
    work = asyncio.ensure_future(_up(settings, demo, once))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, work.cancel)
    try:
        return await work
    except asyncio.CancelledError:
        return 0


async def _up(settings: Settings, demo: bool, once: bool) -> int:
    screen = Screen()
    async with AsyncExitStack() as stack:
        house = Supervisor(settings, screen)
        stack.push_async_callback(house.stop)
        await house.start()
        passed = True
        if demo:
            passed = await Demonstration(house.card, screen, settings.layout).play()
        if once:
            return 0 if passed else 1
        _welcome(screen, house)
        await Changes(house.card_path, screen).run()
    return 0


def _welcome(screen: Screen, house: "Supervisor") -> None:
    here = house.card
    screen.say(f"\n{here['site']} is up. Ctrl-C stops it.")
    if apart := here["phones_apart"]:
        screen.fail(
            f"agents' phones have other passwords on {', '.join(apart)} than here, so none can "
            "register with both; copy var/secrets/secrets.json (docs/several-nodes.md)"
        )
    numbers = ", ".join(here["numbers"])
    screen.say(f"  call      {numbers} over the trunk at sip:{here['sip']['trunk']}")
    screen.say(f"  phones    register at {here['sip']['address']} (accounts in {house.card_path})")
    if here["sandbox"]:
        screen.say("  payments  in a sandbox: no money moves; trunkline payments sandbox --cards")
    screen.say(f"  watch     .venv/bin/trunkline status; {here['api']['url']}/metrics")


def hold(path: Path) -> int:
    """Lock an instance's directory, for as long as this process lives. AlreadyRunning if taken."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise AlreadyRunning(path.parent.parent) from None
    return descriptor


def raise_descriptor_limit() -> None:
    """As many open files as the system allows: a call costs Asterisk four, and a login shell's
    usual 1024 would end at some 200 calls. Children inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def forbid_core_dumps() -> None:
    """What crashes leaves no memory on a disk, whatever it held. One byte, because none would not
    count where cores go to a program (core(5)). Children inherit it."""
    resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


class Supervisor:
    """Owns Asterisk and the engine as child processes."""

    def __init__(self, settings: Settings, screen: Screen) -> None:
        self._settings = settings
        self._screen = screen
        self._children: list[Child] = []
        self._comebacks = Comebacks(lambda name: screen.say(f"{name} is back"))
        self.card_path = settings.layout.card
        self.card: card.Card = {}
        self._lock: int | None = None

    async def start(self) -> None:
        """Bring everything up, each step shown; an EngineError says what is wrong."""
        settings, screen = self._settings, self._screen
        settings.layout.create()
        self._lock = hold(settings.layout.run / "lock")
        raise_descriptor_limit()
        forbid_core_dumps()
        with screen.step("Site and dialplans") as step:
            site_file = load_site_file(settings)
            site = site_file.site
            async with open_store(settings) as store:
                _, flows = await open_flows(settings, store, site_file)
            count = counted(len(flows.programs), "flow")
            step.detail = f"{settings.site_file.name}, {count} of version {flows.version}"
            secrets = load_or_create(settings.layout.secrets, site)
            require_free(wanted_ports(site))
        copy = copy_of(settings)
        if differs := unpublished(copy, flows.version, flows.files):
            screen.say(f"  {differs}")
        with screen.step("Asterisk") as step:
            runtime = find_runtime()
            if remedy := name_remedy():
                screen.fail(remedy)
            await self._start_asterisk(site, secrets, runtime)
            version = await self._rx(runtime, "core show version")
            step.detail = " ".join(version.split()[:2])
        if site.payments is not None and site.payments.sandbox is not None:
            with screen.step("Payment sandbox") as step:
                await self._start_sandbox(site, site.payments.sandbox.port)
                step.detail = "a provider that moves no money"
        if (port := sample_services.port_of(settings, site)) is not None:
            with screen.step("Sample web services") as step:
                await self._start_sample_services(port)
                step.detail = f"account {next(iter(sample_services.BALANCES))} owes something"
        with screen.step("Engine") as step:
            await self._start_engine()
            self.card = card.read(self.card_path)
            step.detail = f"{self.card['api']['url']}"

    async def stop(self) -> None:
        """Stop the engine, then Asterisk."""
        await self._comebacks.stop()
        if self._children:
            with self._screen.step("Stopping"):
                for child in reversed(self._children):
                    await child.stop()
        if self._lock is not None:
            self.card_path.unlink(missing_ok=True)
            os.close(self._lock)

    async def _start_asterisk(self, site: Site, secrets: Secrets, runtime: AsteriskRuntime) -> None:
        layout = self._settings.layout
        asterisk_files.write_all(self._settings, site, secrets, runtime)
        await asterisk_files.make_music(layout)
        etc = asterisk_files.layout_of(self._settings, runtime).etc
        log = layout.logs / "asterisk-console.log"
        # It makes the text of an event of every key, also of those that it tells nobody: all of a
        # call together would make a card.
        spec = ChildSpec("asterisk", runtime.start(etc), log, wiping(os.environ))

        async def booted() -> bool:
            return "fully booted" in await self._rx(runtime, "core waitfullybooted")

        await self._start(spec, booted, ASTERISK_WITHIN_S)

    async def _start_sandbox(self, site: Site, port: int) -> None:
        """Its webhooks come to the engine, as a provider's would."""
        network = site.network
        webhook = f"http://{network.http_address}:{network.http_port}/webhooks/payments"
        words = ["payments", "sandbox", "--port", str(port), "--webhook", webhook]
        log = self._settings.layout.logs / "sandbox.log"
        child = _of_ours("sandbox", words, log)
        await self._start(child, partial(_answers, port), SANDBOX_WITHIN_S)

    async def _start_sample_services(self, port: int) -> None:
        """Where something answers there already, that is the operator's own."""
        if await _answers(port):
            return
        log = self._settings.layout.logs / "sample-services.log"
        child = _of_ours("sample services", [str(port)], log, module="engine.sample_services")
        await self._start(child, partial(_answers, port), SANDBOX_WITHIN_S)

    async def _start_engine(self) -> None:
        layout = self._settings.layout
        self.card_path.unlink(missing_ok=True)
        spec = _of_ours("engine", ["serve"], layout.engine_log)
        await self._start(spec, self._engine_is_well, ENGINE_WITHIN_S)

    async def _engine_is_well(self) -> bool:
        try:
            async with Client(card.read(self.card_path)) as client:
                return bool((await client.get("/healthz"))["ok"])
        except NotRunning:
            return False

    async def _start(
        self, spec: ChildSpec, ready: Callable[[], Awaitable[bool]], within_s: float
    ) -> None:
        ended, was_ready = asyncio.Event(), asyncio.Event()

        async def on_exit(code: int) -> None:
            ended.set()
            self._screen.fail(f"{spec.name} ended with code {code}; see {spec.log}")
            if was_ready.is_set():
                self._comebacks.expect(spec.name, ready)

        child = Child(spec, on_exit)
        await child.start()
        self._children.append(child)
        await until_ready(spec, ready, ended, within_s)
        was_ready.set()

    async def _rx(self, runtime: AsteriskRuntime, command: str) -> str:
        """Ask Asterisk's control socket; empty while it does not answer."""
        etc = asterisk_files.layout_of(self._settings, runtime).etc
        process = await asyncio.create_subprocess_exec(
            *runtime.remote(etc, command),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        output, _ = await process.communicate()
        return output.decode("utf-8", "replace").strip() if process.returncode == 0 else ""


async def _answers(port: int) -> bool:
    """Whether somebody listens there, on this machine."""
    try:
        _, writer = await asyncio.open_connection(asterisk_files.LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True


def _of_ours(name: str, words: list[str], log: Path, module: str = "engine") -> ChildSpec:
    """A command of `trunkline`, or another module, as a child."""
    argv = [sys.executable, "-m", module, *words]
    environ = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return ChildSpec(name, argv, log, environ, stop_within_s=20)


__all__ = ["EngineError", "Supervisor", "up"]
