"""Which conversations are recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RecordingPolicy:
    """The site's default, and the queues that say otherwise."""

    by_default: bool
    queues: Mapping[str, bool] = field(default_factory=dict)

    def records(self, queue: str | None) -> bool:
        """Whether a conversation from this queue (None: from no queue) is recorded."""
        return self.by_default if queue is None else self.queues.get(queue, self.by_default)
