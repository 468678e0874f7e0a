"""What holds for every test: it has a kind, and no test is about speed."""

import fcntl
import os
from collections.abc import Generator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

KINDS = {"unit", "redis", "asterisk", "sip", "browser"}

# As for the command itself: numpy's own threads spin on the cores that other tests need. It reads
# this when it is imported, and so do the phones, which inherit it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Files that every worker has: a lock on one leaves no trace, and goes when its holder goes.
DOOR, ROOM = Path(__file__).parent / "__init__.py", Path(__file__)

# A busy machine must not fail an example that took long; benchmarks measure.
settings.register_profile("trunkline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("trunkline")


# The default draws a traceback with every frame's variables, half a second each.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a file that does not declare its kind: `-m unit` would leave its tests out."""
    without = {item.path for item in items if KINDS.isdisjoint(m.name for m in item.iter_markers())}
    if without:
        raise pytest.UsageError(f"no kind is declared in {', '.join(sorted(map(str, without)))}")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Share the room with the other workers' tests, but for one that is to be `alone`.

    Who waits for the room keeps the door shut, so that an endless stream of others does not go
    before. The test's own time does not begin until then.
    """
    alone = item.get_closest_marker("alone") is not None
    with DOOR.open() as door, ROOM.open() as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        return (yield)
