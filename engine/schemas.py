"""The JSON Schemas of what engineers write: the site, flows, their tests, scenarios."""

import json

from pydantic import BaseModel

from config.document import schema
from config.site import Site
from engine.errors import SettingsInvalid
from engine.scenarios.document import ScenarioModel
from ivr.flow import Flow
from ivr.rehearsal.script import TestFile

SCHEMAS: dict[str, type[BaseModel]] = {
    "site": Site,
    "flow": Flow,
    "test": TestFile,
    "scenario": ScenarioModel,
}


def schema_text(what: str) -> str:
    """The JSON Schema of one of `SCHEMAS`, as its file has it; SettingsInvalid for another."""
    if what not in SCHEMAS:
        raise SettingsInvalid("schema", what, " or ".join(SCHEMAS))
    return json.dumps(schema(SCHEMAS[what]), indent=2, ensure_ascii=False) + "\n"
