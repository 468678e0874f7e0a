"""What the machine decides: directories, URLs, log format. Business is in `config/site.yaml`."""

import os
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import SettingsInvalid
from engine.layout import Layout

PROJECT = Path(__file__).resolve().parent.parent
LOG_FORMATS = ("auto", "json", "console")


@dataclass(frozen=True)
class Settings:
    """One instance's place on this machine.

    `redis_url` empty: the engine starts its own private server. `database_url` empty: a SQLite
    file under `var/`. `node` names this engine and its Asterisk among several: what it left in
    Redis is found under that name, so by default it is as at the first start on this `var/`,
    though the machine may be called otherwise by now (a container made anew).
    """

    site_file: Path
    dialplans: Path
    functions: Path
    layout: Layout
    redis_url: str
    database_url: str
    node: str
    log_format: str
    rehearsal: bool = False
    """Calls may be given a world of their own over the HTTP API: for tests, never for callers."""

    @property
    def recorded_prompts(self) -> Path:
        """Where recordings of prompts lie, a directory for each language."""
        return self.dialplans / "prompts"

    @property
    def sql_url(self) -> str:
        """The SQLAlchemy URL of the history."""
        return self.database_url or f"sqlite+aiosqlite:///{self.layout.database}"


def keep_node(settings: Settings) -> None:
    """At a start: the next one on this `var/` has the same name, unless it is told another."""
    path = settings.layout.node_name
    if not path.exists():
        path.write_text(settings.node + "\n")


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read `TRUNKLINE_SITE`, `_DIALPLANS`, `_FUNCTIONS`, `_VAR`, `_REDIS_URL`, `_DATABASE_URL`,
    `_NODE`, `_LOG`, `_REHEARSAL`.

    Raises SettingsInvalid with what is allowed.
    """

    def path(name: str, default: str) -> Path:
        return (PROJECT / environ.get(f"TRUNKLINE_{name}", default)).absolute()

    layout = Layout(path("VAR", "var"))
    dialplans = path("DIALPLANS", "dialplans")
    return Settings(
        site_file=path("SITE", "config/site.yaml"),
        dialplans=dialplans,
        functions=path("FUNCTIONS", str(dialplans.parent / "functions")),
        layout=layout,
        redis_url=environ.get("TRUNKLINE_REDIS_URL", ""),
        database_url=environ.get("TRUNKLINE_DATABASE_URL", ""),
        node=_node(environ.get("TRUNKLINE_NODE", ""), layout),
        log_format=_log_format(environ.get("TRUNKLINE_LOG", "auto")),
        rehearsal=environ.get("TRUNKLINE_REHEARSAL") == "1",
    )


def _node(name: str, layout: Layout) -> str:
    if not name and layout.node_name.exists():
        name = layout.node_name.read_text().strip()
    name = name or re.sub(r"[^A-Za-z0-9-]", "-", platform.node())[:32] or "node"
    if not re.fullmatch(r"[A-Za-z0-9-]{1,32}", name):
        raise SettingsInvalid(
            "TRUNKLINE_NODE", name, "1 to 32 letters, digits or hyphens, one name for each engine"
        )
    return name


def _log_format(value: str) -> str:
    if value not in LOG_FORMATS:
        raise SettingsInvalid("TRUNKLINE_LOG", value, "one of " + ", ".join(LOG_FORMATS))
    return value
