"""The site and its flows from their files, checked against each other."""

import json
from pathlib import Path

from pydantic import BaseModel

from config.document import DocumentError, Located, Problem, schema
from config.site import Site, load_site_located
from config.site_checks import check_flows
from engine.audio import voices_of
from engine.clock import now_ms
from engine.errors import SettingsInvalid, SiteInvalid
from engine.settings import Settings
from ivr.flow import Flow
from ivr.loader import read_flows
from ivr.opening import openings
from ivr.program import Program, compile_flows
from ivr.prompts.speaking import lack_of
from ivr.steps.base import Known

SCHEMAS: dict[str, type[BaseModel]] = {"site": Site, "flow": Flow}


def load_site_and_flows(settings: Settings) -> tuple[Site, dict[str, Program]]:
    """Both, the flows ready to run, or SiteInvalid with every problem of both."""
    site, _, flows, problems = _read(settings)
    if any(problem.severity == "error" for problem in problems):
        raise SiteInvalid(problems)
    return site, compile_flows(flows, known_of(site))


def check_all(settings: Settings) -> list[Problem]:
    """Every problem and warning of the site and the flows; none is a clean bill."""
    try:
        site, located, _, problems = _read(settings)
    except SiteInvalid as invalid:
        return [problem for problem in invalid.problems if isinstance(problem, Problem)]
    return [*problems, *check_voices(site, located, settings.site_file.parent)]


def known_of(site: Site) -> Known:
    """The names that flows of this site may use, their calendars checked from now on."""
    return Known(
        queues=frozenset(site.queues),
        skills=frozenset(site.skills),
        languages=site.languages,
        hours=openings(site.hours, site.zone),
        zone=site.zone,
        now_ms=now_ms(),
    )


def _read(settings: Settings) -> tuple[Site, Located, list[Flow], list[Problem]]:
    """Both, with every problem and warning; SiteInvalid when the site itself is wrong."""
    try:
        site, located, warnings = load_site_located(settings.site_file)
    except DocumentError as error:
        raise SiteInvalid(error.problems) from None
    flows, problems = read_flows(settings.dialplans, known_of(site))
    if not any(problem.severity == "error" for problem in problems):
        problems += check_flows(site, located, {flow.flow for flow in flows})
    return site, located, flows, [*warnings, *problems]


def check_voices(site: Site, located: Located, models: Path) -> list[Problem]:
    """A problem for each voice that cannot speak on this machine.

    No reason to keep a site down, which plays what it has made before; but new prompts, and a
    change of the site, will fail.
    """
    voices = voices_of(site, models)
    lacks = ((each, lack_of(voices[each])) for each in site.languages)
    return [
        located.problem(("voices", language, lack.field), lack.reason)
        for language, lack in lacks
        if lack is not None
    ]


def schema_text(what: str) -> str:
    """The JSON Schema of `site` or `flow`, as its file has it; SettingsInvalid for another."""
    if what not in SCHEMAS:
        raise SettingsInvalid("schema", what, " or ".join(SCHEMAS))
    return json.dumps(schema(SCHEMAS[what]), indent=2, ensure_ascii=False) + "\n"
