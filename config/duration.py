"""Lengths of time as people write them: ``500ms``, ``10s``, ``2m``, ``1h``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

_PATTERN = r"[0-9]{1,6}(ms|s|m|h)"
_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_LONGEST_MS = 24 * 3_600_000


@dataclass(frozen=True, order=True, slots=True)
class Duration:
    """A length of time, in whole milliseconds, a day at most."""

    ms: int

    @property
    def seconds(self) -> float:
        """The same in seconds."""
        return self.ms / 1000

    @classmethod
    def parse(cls, value: object) -> Duration:
        """Read ``10s``; raises ValueError in words for the document's author."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, str) or not re.fullmatch(_PATTERN, value):
            said = f'"{value}" is' if isinstance(value, str) else "this is"
            raise ValueError(f"{said} no duration, write it like 500ms, 5s, 10m or 1h")
        number = value.rstrip("mhs")
        ms = int(number) * _UNITS_MS[value.removeprefix(number)]
        if ms > _LONGEST_MS:
            raise ValueError(f'"{value}" is longer than a day, at most 24h is allowed')
        return cls(ms)

    def __str__(self) -> str:
        for unit in ("h", "m", "s"):
            if self.ms and self.ms % _UNITS_MS[unit] == 0:
                return f"{self.ms // _UNITS_MS[unit]}{unit}"
        return f"{self.ms}ms"

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _: CoreSchema, __: GetJsonSchemaHandler) -> Any:
        return {"type": "string", "pattern": f"^{_PATTERN}$", "examples": ["500ms", "10s", "2m"]}


def _a_second(time: Duration) -> Duration:
    if time.ms < 1_000:
        raise ValueError(f"is {time}, at least 1s is needed")
    return time


Seconds = Annotated[Duration, AfterValidator(_a_second)]
"""A length of time that means nothing when it is shorter than a second."""
