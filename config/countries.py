"""Countries by their code, and their public holidays, from the package ``holidays``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema

from config.suggest import did_you_mean, nearest, shown

_LANGUAGE = "en_US"
"""In which holidays are named, where the package can: one language for logs and timelines."""


@cache
def public_holidays(country: str, year: int) -> Mapping[date, str]:
    """The days of ``year`` on which a ``Country`` rests, with their names.

    Days off that are moved to a working day (a holiday on a Saturday) are in it. Empty outside
    the years that the package knows of that country. About 2 ms for a year, and 0.1 s more when
    a process first asks; then remembered.
    """
    code, _, part = country.partition("-")
    made = _package().country_holidays
    languages = made(code).supported_languages
    language = _LANGUAGE if _LANGUAGE in languages else None
    found = made(code, subdiv=part or None, years=year, language=language)
    return dict(sorted(found.items()))


@cache
def parts_by_name(country: str) -> Mapping[str, str]:
    """The parts of a country that have holidays of their own: code by name (``Florida: FL``)."""
    if country not in _parts():
        return {}
    names: dict[str, str] = _package().country_holidays(country).subdivisions_aliases
    return {name: code for name, code in names.items() if code in _parts()[country]}


def has_holidays(country: str) -> bool:
    """Whether the public holidays of a country, or of a part of one, are known."""
    code, _, part = country.partition("-")
    return code in _parts() and (not part or part in _parts()[code])


def _package() -> Any:
    # Here and not above: its import takes 0.1 s, and a site that names no country never asks.
    import holidays

    return holidays


@cache
def _parts() -> dict[str, list[str]]:
    """Every country with the parts that have holidays of their own."""
    parts: dict[str, list[str]] = _package().list_supported_countries(include_aliases=False)
    return parts


def checked_country(text: str) -> str:
    """The code of a country or a part of one; raises ValueError in words for its author."""
    code, dash, part = text.partition("-")
    if code not in _parts():
        raise ValueError(f"unknown country {shown(code)}, {_meant(code)}")
    if dash and part not in _parts()[code]:
        hint = did_you_mean(part, _parts()[code])
        raise ValueError(f"unknown part {shown(part)} of {code}, {hint}")
    return text


def _meant(code: str) -> str:
    """A hint for what is no code: another code of the same country (HUN, UK), or one like it."""
    code = code.upper()
    if code in _package().list_supported_countries():
        near: str | None = _package().country_holidays(code).country
    else:
        near = nearest(code, _parts())
    wanted = "a code of ISO 3166 is needed, like HU or DE-BY"
    return f'did you mean "{near}"? ({wanted})' if near else wanted


Country = Annotated[
    str,
    AfterValidator(checked_country),
    WithJsonSchema(
        {"type": "string", "pattern": "^[A-Z]{2}(-.+)?$", "examples": ["HU", "EE", "DE-BY"]}
    ),
]
"""A country by its code (ISO 3166-1), or a part of one (ISO 3166-2): ``HU``, ``DE-BY``."""
