"""Structured logs: static event names, values in fields, personal fields redacted.

On a terminal they are coloured lines, elsewhere one JSON object a line.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

PERSONAL = frozenset({"caller", "callerid", "number", "digits"})
"""Fields whose value never reaches a log; the last two characters may, to tell calls apart."""


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Any:
    """Mask personal fields: `+36201234567` is shown as `…67`, a short value not at all."""
    for name in PERSONAL & event.keys():
        value = str(event[name])
        event[name] = f"…{value[-2:]}" if name != "digits" and len(value) > 5 else "…"
    return event


def set_up(log_format: str = "auto", level: int = logging.INFO) -> None:
    """Configure structlog and the standard library's loggers to write to stderr."""
    console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    renderer = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            # Tracebacks without local variables: those hold callers' data.
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
