"""What holds for every test: it has a kind, and no test is about speed."""

import pytest
import structlog
from hypothesis import HealthCheck, settings

KINDS = {"unit", "redis", "asterisk", "sip", "browser"}

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
