"""The rules of law that hold for a campaign in one place, after all who may set them.

From below: the presets, the site's ``calling_rules``, the campaign's ``rules``; in each what is for
any country, then the country's, then that of a part of it. What is written above wins, value by
value; a rule that is off keeps its values for whoever turns it on again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import RootModel

from config.calling_rules import ANY, CallingRules, Jurisdiction
from config.document import DocumentModel, load_document

PRESETS_FILE = Path(__file__).with_name("calling_presets.yaml")

ByPlace = Mapping[str, CallingRules]
Layer = tuple[str, ByPlace]
"""Rules by place, and the name of who has written them."""


class CallingPresets(RootModel[dict[Jurisdiction, CallingRules]]):
    """The presets, as they are written."""


class Setting(NamedTuple):
    """What a rule is set to, and by whom last: ``calling_rules.HU``."""

    on: bool
    values: Mapping[str, Any]
    set_by: str


OFF = Setting(False, {}, "")


@cache
def presets() -> ByPlace:
    """Those of the file ``calling_presets.yaml``."""
    return load_document(PRESETS_FILE, CallingPresets).root


def layers(site: ByPlace, campaign: ByPlace, name: str) -> tuple[Layer, ...]:
    """All who may set the rules of the campaign ``name``, the weakest first."""
    return (("presets", presets()), ("calling_rules", site), (f"campaigns.{name}.rules", campaign))


def settled(where: Iterable[Layer], jurisdiction: str) -> dict[str, Setting]:
    """Every rule as it holds in a country (``HU``), or a part of one (``US-FL``)."""
    rules = dict.fromkeys(CallingRules.model_fields, OFF)
    for who, place in _written(where, jurisdiction):
        for name in place.model_fields_set:
            rules[name] = _set(rules[name], getattr(place, name), who)
    return rules


def parts_with_rules(where: Iterable[Layer], country: str) -> frozenset[str]:
    """The parts of a country that somebody has set rules for."""
    return frozenset(
        place for _, places in where for place in places if place.startswith(f"{country}-")
    )


def _written(where: Iterable[Layer], jurisdiction: str) -> Iterator[tuple[str, CallingRules]]:
    country = jurisdiction.partition("-")[0]
    for who, places in where:
        for place in dict.fromkeys((ANY, country, jurisdiction)):
            if place in places:
                yield f"{who}.{place}", places[place]


def _set(below: Setting, written: Any, who: str) -> Setting:
    if written is None:  # a key without a value says nothing
        return below
    if isinstance(written, bool):
        return Setting(written, below.values, who)
    return Setting(True, {**below.values, **_values(written)}, who)


def _values(rule: DocumentModel) -> dict[str, Any]:
    named = {name: getattr(rule, name) for name in rule.model_fields_set}
    return {name: value for name, value in named.items() if value is not None}
