"""The passwords of a site: made at the first start, kept in one file that only its owner reads.

Those of web services are others' to make: they are written into the same file under ``services``,
or given in the environment, ``TRUNKLINE_SECRET_CRM_TOKEN`` for ``secret:crm_token``, which wins.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets as random_secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # every command imports this, few a site
    from config.site import Site

FILE = "secrets.json"
VARIABLE = "TRUNKLINE_SECRET_"
SANDBOX_SECRETS: Mapping[str, str] = {
    "sandbox_key": "sk_test_sandbox",
    "sandbox_webhook": "whsec_sandbox",
}
"""Open to everybody: behind them is no money."""
_BYTES = 24
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class SecretsError(Exception):
    """The secrets cannot be used as they lie there; the text says what to do, and no secret."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Every password of a site. Its repr shows none of them."""

    ami: str = field(repr=False)
    api: str = field(repr=False)
    agents: Mapping[str, str] = field(repr=False)
    services: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of web services, by the name that ``secret:NAME`` has."""
    console: str = field(default="", repr=False)
    """Of the manager's user that has Asterisk's console tell how it is set."""


def load_or_create(directory: Path, site: Site, environ: Mapping[str, str] = os.environ) -> Secrets:
    """The secrets in ``directory``, made or completed for the agents of ``site``.

    What is there stays as it is, also for agents who left: their phones keep working when they
    come back. Raises SecretsError when others may read the file, when it is damaged, or when a
    web service needs a secret that is neither there nor in ``environ``.
    """
    _own_directory(directory)
    with _locked(directory):
        path = directory / FILE
        known = _read(path) if path.exists() else Secrets(_new(), _new(), {})
        added = {agent: _new() for agent in site.agents if agent not in known.agents}
        console = known.console or _new()
        complete = replace(known, agents={**known.agents, **added}, console=console)
        if complete != known or not path.exists():
            _write(path, complete)
    return replace(complete, services=_of_services(complete, site, path, environ))


def _of_services(
    known: Secrets, site: Site, path: Path, environ: Mapping[str, str]
) -> Mapping[str, str]:
    """Every secret that a service of the site needs; nothing of the environment is kept."""
    found: dict[str, str] = {}
    wanting = {f"service {name}": service.secrets for name, service in site.services.items()}
    if site.mail is not None:
        wanting["mail server"] = site.mail.secrets
    if site.payments is not None:
        wanting["payment provider"] = site.payments.secrets
    for owner, wanted in wanting.items():
        for name in sorted(wanted):
            variable = f"{VARIABLE}{name.upper()}"
            secret = environ.get(variable) or known.services.get(name)
            secret = secret or SANDBOX_SECRETS.get(name)
            if secret is None:
                raise SecretsError(
                    f"the {owner} needs the secret {name}: set {variable}, "
                    f'or write it under "services" in {path}'
                )
            if not secret.isprintable():
                raise SecretsError(f"the secret {name} of the {owner} is not one line")
            found[name] = secret
    return found


def _new() -> str:
    # urlsafe: no character that means something in Asterisk's files, in YAML or in a shell.
    return random_secrets.token_urlsafe(_BYTES)


def _own_directory(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SecretsError(f"{directory}: cannot be made: {error.strerror}") from None
    _refuse_loose(directory, "700")


def _refuse_loose(path: Path, wanted: str) -> None:
    status = path.stat()
    if status.st_mode & _OTHERS:
        raise SecretsError(
            f"{path}: other users may read it (mode {stat.S_IMODE(status.st_mode):o}); "
            f"chmod {wanted} it, and make new secrets if others use this machine"
        )
    if status.st_uid != os.geteuid():
        raise SecretsError(f"{path}: belongs to another user (uid {status.st_uid})")


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """One starter at a time, so that two first starts agree on the secrets."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(path: Path) -> Secrets:
    _refuse_loose(path, "600")
    try:
        return _parsed(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        message = "is damaged; restore it from a backup, or remove it to have new secrets made"
        raise SecretsError(f"{path}: {message}") from None


def _parsed(data: dict[str, Any]) -> Secrets:
    known = Secrets(
        *(data["ami"], data["api"], dict(data["agents"]), dict(data.get("services", {}))),
        console=data.get("console", ""),
    )
    if not all(isinstance(secret, str) for secret in known.services.values()):
        raise TypeError
    for secret in (known.ami, known.api, known.console or _new(), *known.agents.values()):
        if not isinstance(secret, str) or not secret.replace("-", "").replace("_", "").isalnum():
            raise ValueError
    return known


def _write(path: Path, known: Secrets) -> None:
    """Whole or not at all: into a new file that is then renamed over the old one."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(known), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
