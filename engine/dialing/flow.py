"""A campaign's flow, which talks to who has answered."""

from __future__ import annotations

from dataclasses import replace

from engine.calls.services import Services
from engine.dialing.calls import DialedCall
from ivr.interpreter import Turn, start
from ivr.program import Program
from ivr.state import CallFacts


def begun(services: Services, call: DialedCall, language: str) -> tuple[Program, Turn]:
    """The flow with its first turn: a variable that the lead has a field of the same name for
    begins with what that says, if it can be read so."""
    campaign = services.site.campaigns[call.campaign]
    program = services.flows.programs[campaign.flow or ""]
    facts = CallFacts(
        call.number,
        call.caller_id,
        services.clock(),
        language,
        services.site.zone,
        call.contact,
        call.campaign,
    )
    return program, start(_told(program, call), facts)


def _told(program: Program, call: DialedCall) -> Program:
    """The program as it begins in this call."""
    variables, secrets = dict(program.variables), dict(program.secrets)
    for name, variable in program.flow.vars.items():
        value = variable.read(call.fields[name]) if name in call.fields else None
        if value is not None:
            (secrets if variable.sensitive else variables)[name] = value
    return replace(program, variables=variables, secrets=secrets)
