"""Lengths of time that may be longer than a day: ``90s``, ``4h``, ``7d``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from config.suggest import shown

_PATTERN = r"([0-9]{1,6})(s|m|h|d)"
_UNITS_MS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
_LONGEST_MS = 3_650 * _UNITS_MS["d"]


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """A length of time in whole milliseconds, from a second to ten years; a day is 24 hours."""

    ms: int

    @classmethod
    def parse(cls, value: object) -> Period:
        """Read ``4h`` or ``7d``; raises ValueError in words for the document's author."""
        if isinstance(value, cls):
            return value
        found = re.fullmatch(_PATTERN, value) if isinstance(value, str) else None
        if found is None:
            raise ValueError(f"{shown(value)} is no time, write it like 90s, 10m, 4h or 7d")
        ms = int(found[1]) * _UNITS_MS[found[2]]
        if not 0 < ms <= _LONGEST_MS:
            raise ValueError(f"{shown(value)} is not allowed, from 1s to 3650d is")
        return cls(ms)

    def __str__(self) -> str:
        unit = next(unit for unit, ms in _UNITS_MS.items() if self.ms % ms == 0)
        return f"{self.ms // _UNITS_MS[unit]}{unit}"

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _: CoreSchema, __: GetJsonSchemaHandler) -> Any:
        return {"type": "string", "pattern": f"^{_PATTERN}$", "examples": ["10m", "4h", "7d"]}
