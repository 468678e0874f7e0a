"""Asterisk's configuration, rendered from the site: pure, a text for each file's name."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from config.asterisk_modules import MODULES
from config.people import PROMPT_DIGITS
from config.secrets import Secrets
from config.site import Site

TEMPLATES = Path(__file__).parents[1] / "asterisk/templates"
AMI_USER = "trunkline"
CONSOLE_USER = "trunkline-console"
EVENTS = (
    *("FullyBooted", "OriginateResponse", "Hangup", "ContactStatus", "Shutdown"),
    *("Reload", "LogChannel", "MixMonitorStart", "MixMonitorMute", "ChanSpyStart"),
)
"""The manager's events that pass the filter, beside UserEvent Trunkline… and received digits;
all else is noise."""

# A line break begins a setting, ; a comment, ${ and $[ are evaluated in the dialplan.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f;`\\]|\$[{\[]")
_UNSAFE_PATH = re.compile(r"[^\w./+@-]")


class UnsafeSettingError(ValueError):
    """A value that would change the meaning of the configuration around it."""


@dataclass(frozen=True, slots=True)
class AsteriskLayout:
    """Where one Asterisk has its files; every path absolute.

    ``sounds`` holds the engine's prompts (``apology-<language>`` in it is played when the engine
    is away), ``journal`` what the process AGI notes meanwhile, ``music`` one directory of sounds
    for each class of music, and ``away`` is the program that Asterisk starts as process AGI while
    the engine is away. ``local`` holds the operator's additions: files of the same names.
    """

    etc: Path
    local: Path
    modules: Path
    data: Path
    lib: Path
    spool: Path
    run: Path
    log: Path
    sounds: Path
    music: Path
    journal: Path
    away: Path
    node: str
    """What this Asterisk is called among several."""

    extra_modules: tuple[str, ...] = ()

    @classmethod
    def below(
        cls,
        directory: Path,
        *,
        modules: Path,
        data: Path,
        away: Path,
        node: str,
        extra_modules: tuple[str, ...] = (),
    ) -> AsteriskLayout:
        """The usual layout: everything that Asterisk writes below ``directory`` (``var``)."""
        own = directory / "asterisk"
        return cls(
            etc=own / "etc",
            local=own / "local",
            modules=modules,
            data=data,
            lib=own / "lib",
            spool=own / "spool",
            run=own / "run",
            log=directory / "log",
            sounds=directory / "sounds",
            music=directory / "music",
            journal=directory / "spool" / "away",
            away=away,
            node=node,
            extra_modules=extra_modules,
        )

    def __post_init__(self) -> None:
        for path in (*self.written(), self.modules, self.data, self.away):
            if not path.is_absolute() or _UNSAFE_PATH.search(str(path)):
                raise UnsafeSettingError(
                    f"{str(path)!r}: Asterisk needs an absolute path of letters, digits and ./+@-_"
                )

    def written(self) -> tuple[Path, ...]:
        """The directories that must be there, and writable, before Asterisk starts."""
        return (
            self.etc,
            self.local,
            self.lib,
            self.spool,
            self.run,
            self.log,
            self.sounds,
            self.music,
            self.journal,
        )


def render(site: Site, secrets: Secrets, layout: AsteriskLayout) -> dict[str, str]:
    """The text of every configuration file, by its name; raises UnsafeSettingError, UndefinedError.

    manager.conf and pjsip.conf hold secrets, so the files are for their owner alone: `write`.
    """
    values = {
        "site": site,
        "network": site.network,
        "secrets": secrets,
        "layout": layout,
        "agi": f"agi://127.0.0.1:{site.network.agi_port}",
        "events": EVENTS,
        "console_user": CONSOLE_USER,
        "modules": [*MODULES, *layout.extra_modules],
        "music": sorted({"default", *(queue.music for queue in site.queues.values())}),
        "codes": list(_codes(site)),
        "prompt_number": "X" * PROMPT_DIGITS,
        "entity_id": _entity_id(site, layout),
    }
    files = {
        name.removesuffix(".j2"): _environment().get_template(name).render(values).rstrip() + "\n"
        for name in _environment().list_templates(extensions=["j2"])
    }
    return {name: text + include_local(layout, name) for name, text in files.items()}


def include_local(layout: AsteriskLayout, name: str) -> str:
    """What makes Asterisk read the operator's file of this name, if there is one."""
    return f"\n; Additions of this machine's operator.\n#tryinclude {layout.local / name}\n"


def write(files: Mapping[str, str], directory: Path) -> list[str]:
    """Bring ``directory`` to hold ``files``, private to their owner; the names that changed."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    changed = []
    for name, text in files.items():
        path = directory / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        fresh = directory / f".{name}.new"
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600, exist_ok=False)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
        changed.append(name)
    return changed


def _codes(site: Site) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each dialled code with the words that the engine gets: what, and the reason of a pause."""
    for name, code in site.codes.dialled:
        if name != "pause":
            yield code, (name, "")
            continue
        yield code, (name, next(iter(site.pause_reasons)))
        for number, reason in enumerate(site.pause_reasons, start=1):
            yield f"{code}{number}", (name, reason)


def _entity_id(site: Site, layout: AsteriskLayout) -> str:
    """A MAC address of the locally administered kind, the same at each start."""
    octets = bytearray(sha256(f"{site.site} {layout.run}".encode()).digest()[:6])
    octets[0] = octets[0] & 0xFC | 0x02
    return octets.hex(":")


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - not HTML; _safe refuses what could be misread
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        finalize=_safe,
        keep_trailing_newline=True,
    )
    environment.filters["hostport"] = _host_port
    return environment


def _safe(value: Any) -> Any:
    """Jinja2 passes everything that it fills in through here."""
    if found := _UNSAFE.search(str(value)):
        raise UnsafeSettingError(f"a value holds {found.group()!r}, which Asterisk would misread")
    return value


def _host_port(host: str, port: int) -> str:
    try:
        brackets = ipaddress.ip_address(host).version == 6
    except ValueError:
        brackets = False
    return f"[{host}]:{port}" if brackets else f"{host}:{port}"
