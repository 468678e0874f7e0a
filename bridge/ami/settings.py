"""What an AMI link needs to know."""

import ssl as tls
from dataclasses import dataclass, field

from bridge.quoting import safe_text


@dataclass(frozen=True)
class AmiSettings:
    """Where Asterisk's manager listens, who logs in, and how patient the client is (seconds).

    `events` is the mask of the Login action: the classes of events that Asterisk writes to this
    session at all, within what `read =` in manager.conf allows. `keys_by` is a channel
    variable that is among manager.conf's `channelvars`: of channels on which it is empty, Asterisk
    is to tell this session no key. Raises UnsafeValue for a name or secret that does not fit in a
    line.
    """

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    events: str = "system,call,user,dtmf"
    keys_by: str = ""
    connect_timeout_s: float = 5.0
    action_timeout_s: float = 5.0
    ping_interval_s: float = 5.0
    ping_timeout_s: float = 5.0
    backoff_min_s: float = 0.25
    backoff_max_s: float = 15.0
    ssl: tls.SSLContext | None = None

    def __post_init__(self) -> None:
        """Refuse at once what could never be sent (UnsafeValue)."""
        for name in ("username", "secret", "events", "keys_by"):
            safe_text(name, getattr(self, name))
