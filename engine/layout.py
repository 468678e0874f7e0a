"""Where everything lies under the variable directory (`var/`)."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The directories and files of one instance; `root` is its `var/`.

    Two instances run side by side by having two roots.
    """

    root: Path

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "log"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def node_name(self) -> Path:
        """What this engine is called, from its first start on."""
        return self.root / "node"

    @property
    def flows_version(self) -> Path:
        """Which published version of the flows was in force here last."""
        return self.root / "flows"

    @property
    def redis(self) -> Path:
        return self.root / "redis"

    @property
    def spool(self) -> Path:
        return self.root / "spool"

    @property
    def prompts(self) -> Path:
        return self.sounds / "prompts"

    @property
    def sounds(self) -> Path:
        """What Asterisk plays without the engine: the apology in each language."""
        return self.root / "sounds"

    @property
    def takes(self) -> Path:
        """Prompts that are being recorded over the phone."""
        return self.spool / "takes"

    @property
    def journal(self) -> Path:
        """What Asterisk's side notes while the engine is away."""
        return self.spool / "away"

    @property
    def recordings(self) -> Path:
        return self.root / "recordings"

    @property
    def messages(self) -> Path:
        """What callers said into mailboxes."""
        return self.root / "messages"

    @property
    def music(self) -> Path:
        return self.root / "music"

    @property
    def asterisk(self) -> Path:
        """Asterisk's own directories: etc, lib, spool, run."""
        return self.root / "asterisk"

    @property
    def card(self) -> Path:
        """The instance's calling card: every address and sample credential."""
        return self.run / "trunkline.json"

    @property
    def database(self) -> Path:
        return self.root / "trunkline.sqlite3"

    @property
    def captures_socket(self) -> Path:
        """Where the engine and its capture process speak."""
        return self.run / "captures.sock"

    @property
    def captures_log(self) -> Path:
        return self.logs / "captures.log"

    @property
    def engine_log(self) -> Path:
        return self.logs / "engine.log"

    def create(self) -> None:
        """Make the directories, closed to other users."""
        for directory in (
            self.run,
            self.logs,
            self.secrets,
            self.redis,
            self.journal,
            self.prompts,
            self.recordings,
            self.messages,
            self.music,
            self.asterisk,
        ):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
