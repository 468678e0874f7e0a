"""Everything that Asterisk needs on disk: configuration, music, the apology, the launcher."""

import asyncio
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from agi_scripts.launcher import write_launcher
from config.asterisk import AsteriskLayout, include_local, render, write
from config.asterisk_runtime import AsteriskRuntime
from config.secrets import Secrets
from config.site import Site
from config.values import Language
from engine.layout import Layout
from engine.ports import Port
from engine.prompts.audio import Audio
from engine.settings import PROJECT, Settings
from ivr.commands import Segment

LOOPBACK = "127.0.0.1"
RELOADED = {
    "extensions.conf": ("pbx_config",),
    "musiconhold.conf": ("res_musiconhold",),
    "pjsip.conf": ("res_pjsip",),
}
"""What to reload when a file changes; a change in any other file needs a restart."""


def layout_of(settings: Settings, runtime: AsteriskRuntime) -> AsteriskLayout:
    """Asterisk's view of an instance's directories."""
    layout = settings.layout
    return AsteriskLayout.below(
        layout.root,
        modules=runtime.modules,
        data=runtime.data,
        away=layout.run / "away",
        node=settings.node,
    )


def write_all(
    settings: Settings, site: Site, secrets: Secrets, runtime: AsteriskRuntime
) -> list[str]:
    """Bring the files up to date; returns the names of configuration files that changed."""
    where = layout_of(settings, runtime)
    for directory in where.written():
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_launcher(where.away, Path(sys.executable), PROJECT / "agi_scripts" / "away.py")
    files = render(site, secrets, where)
    added = {path.name for path in where.local.glob("*.conf")} - files.keys()
    return write(files | {name: include_local(where, name) for name in added}, where.etc)


async def make_music(layout: Layout) -> None:
    """Synthesise the default music once, and the tone of open lines; other classes are the
    operator's own directories."""
    if not any((layout.music / "default").glob("*.sln")):
        await _make("music.py", layout.music / "default")
    if not (layout.sounds / "joined.sln").exists():
        await _make("joined.py", layout.sounds)


async def _make(script: str, directory: Path) -> None:
    made_by = str(PROJECT / "asterisk" / script)
    process = await asyncio.create_subprocess_exec(sys.executable, made_by, str(directory))
    await process.wait()


async def place_apologies(site: Site, audio: Audio, layout: Layout) -> None:
    """Put the apology where Asterisk finds it without the engine, in each language.

    Raises SpeechError or OSError.
    """
    for language in site.languages:
        await place_apology(site, language, audio, layout)


async def place_apology(site: Site, language: Language, audio: Audio, layout: Layout) -> None:
    """The same in one language; whatever goes wrong, an apology that was there stays whole."""
    base = Path(await audio.of(Segment(language, audio.apology(site, language))))
    for made in base.parent.glob(f"{base.name}.*"):
        fresh = layout.sounds / f".apology-{language}{made.suffix}"
        shutil.copyfile(made, fresh)
        fresh.replace(layout.sounds / f"apology-{language}{made.suffix}")


def wanted_ports(site: Site) -> Iterator[Port]:
    """Every listener of an instance."""
    network = site.network
    yield Port("phones", "udp", network.sip_address, network.sip_port, "TRUNKLINE_SIP_PORT")
    if network.trunk_listener:
        address, number = network.trunk_listener
        yield Port("trunks", "udp", address, number, "TRUNKLINE_TRUNK_PORT")
    yield Port("Asterisk's manager", "tcp", LOOPBACK, network.ami_port, "TRUNKLINE_AMI_PORT")
    yield Port("FastAGI", "tcp", LOOPBACK, network.agi_port, "TRUNKLINE_AGI_PORT")
    yield Port("HTTP", "tcp", network.http_address, network.http_port, "TRUNKLINE_HTTP_PORT")
    if site.payments is not None and site.payments.sandbox is not None:
        port = site.payments.sandbox.port
        yield Port("payment sandbox", "tcp", LOOPBACK, port, "TRUNKLINE_SANDBOX_PORT")
