"""What Asterisk says of a call when it connects: the `agi_…` lines before the first command."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl

PREFIX = b"agi_"
_REQUIRED = ("request", "channel", "uniqueid")


class Refusal(StrEnum):
    """Why a connection never became a session; the values are labels of metrics."""

    CLOSED_EARLY = "closed_early"
    NOT_AGI = "not_agi"
    LINE_TOO_LONG = "line_too_long"
    TOO_MANY_LINES = "too_many_lines"
    REPEATED_LINE = "repeated_line"
    INCOMPLETE = "incomplete"
    TIMEOUT = "timeout"
    FULL = "full"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class AgiRequest:
    """The call as it was when AGI() began. `callerid` and `args` may be personal: never log them.

    `env` holds every line by its name without `agi_`; Asterisk writes "unknown" for a number that
    it does not have (setup_env in res/res_agi.c).
    """

    script: str
    query: Mapping[str, str]
    args: tuple[str, ...] = field(repr=False)
    env: Mapping[str, str] = field(repr=False)

    @property
    def channel(self) -> str:
        """The channel's name, such as `PJSIP/trunk-00000001`."""
        return self.env["channel"]

    @property
    def uniqueid(self) -> str:
        """The channel's unique id, such as `1700000000.1`."""
        return self.env["uniqueid"]

    @property
    def callerid(self) -> str:
        """The caller's number, or "unknown"."""
        return self.env.get("callerid", "unknown")

    @property
    def dnid(self) -> str:
        """The number that was dialled, or "unknown"."""
        return self.env.get("dnid", "unknown")

    @property
    def extension(self) -> str:
        """The dialplan extension that the call was in."""
        return self.env.get("extension", "")

    @property
    def context(self) -> str:
        """The dialplan context that the call was in."""
        return self.env.get("context", "")

    @property
    def language(self) -> str:
        """The channel's language, such as `en`."""
        return self.env.get("language", "")


class HeaderReader:
    """Collects the lines of one request; pure."""

    def __init__(self, max_lines: int) -> None:
        self._max_lines = max_lines
        self._env: dict[str, str] = {}

    def feed(self, line: bytes) -> AgiRequest | Refusal | None:
        """Take one line without its LF; return the request at the empty line, None before it.

        A repeated name is refused: a line end inside a caller's name would otherwise let the
        caller write lines of the request.
        """
        if not line:
            return self._finish()
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if not line.startswith(PREFIX) or not colon:
            return Refusal.NOT_AGI
        if len(self._env) >= self._max_lines:
            return Refusal.TOO_MANY_LINES
        if name in self._env:
            return Refusal.REPEATED_LINE
        self._env[name] = value.removeprefix(" ")
        return None

    def _finish(self) -> AgiRequest | Refusal:
        env = {name.removeprefix("agi_"): value for name, value in self._env.items()}
        if not all(env.get(name) for name in _REQUIRED):
            return Refusal.INCOMPLETE
        script, _, query = env.get("network_script", "").partition("?")
        return AgiRequest(script.strip("/"), dict(parse_qsl(query)), _arguments(env), env)


def _arguments(env: Mapping[str, str]) -> tuple[str, ...]:
    """The arguments of AGI() in order: `agi_arg_1`, `agi_arg_2`, …"""
    args: list[str] = []
    while (value := env.get(f"arg_{len(args) + 1}")) is not None:
        args.append(value)
    return tuple(args)
