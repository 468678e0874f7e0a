"""What holds for every test: it has a kind, and no test is about speed."""

import fcntl
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import chain, groupby
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
MAY_GO_BEFORE = os.geteuid() == 0
FIRST = -15
"""A nice value; none but root may have one below 0."""

# A busy machine must not fail an example that took long; benchmarks measure.
settings.register_profile("trunkline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("trunkline")


# The default draws a traceback with every frame's variables, half a second each.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a file that does not declare its kind: `-m unit` would leave its tests out. Then put
    files of unit tests between those that want the machine for themselves: they go on beside them.
    """
    without = {item.path for item in items if KINDS.isdisjoint(m.name for m in item.iter_markers())}
    if without:
        raise pytest.UsageError(f"no kind is declared in {', '.join(sorted(map(str, without)))}")
    items[:] = chain.from_iterable(_woven([list(each) for _, each in groupby(items, _path)]))


def _path(item: pytest.Item) -> Path:
    return item.path


def _woven(files: Sequence[list[pytest.Item]]) -> Iterator[list[pytest.Item]]:
    alone = [each for each in files if any(map(_is_alone, each))]
    unit = [each for each in files if all(map(_is_unit, each))]
    step = -(-len(unit) // max(1, len(alone)))
    for number, each in enumerate(alone):
        yield each
        yield from unit[number * step : (number + 1) * step]
    yield from unit[len(alone) * step :]
    yield from (each for each in files if each not in alone and each not in unit)


def _is_alone(item: pytest.Item) -> bool:
    return item.get_closest_marker("alone") is not None


def _is_unit(item: pytest.Item) -> bool:
    return item.get_closest_marker("unit") is not None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Share the room with the other workers' tests, but for one that is to be `alone`.

    Who waits for the room keeps the door shut, so that an endless stream of others does not go
    before. The test's own time does not begin until then. A unit test needs no room where those
    that are alone go before it.
    """
    if _is_unit(item) and MAY_GO_BEFORE:
        return (yield)
    with _in_the_room(item):
        return (yield)


@contextmanager
def _in_the_room(item: pytest.Item) -> Iterator[None]:
    alone = _is_alone(item)
    with DOOR.open() as door, ROOM.open() as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        with _goes_before() if alone and MAY_GO_BEFORE else nullcontext():
            yield


@contextmanager
def _goes_before() -> Iterator[None]:
    """Its processes, and those that it starts, are given a core before all others."""
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, FIRST)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, usual)
