"""Where a call in a given world meets the real one: its own agent, its own service, its callees.

Several such calls are made at once, and none may be served by what another was given. So a
contact asks for a skill that only its call's agent has, and a request says whose it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from ivr.commands import Command, Enqueue, Request, Transfer
from ivr.rehearsal.given import Given

HEADER = "Trunkline-Rehearsal"
"""Of a request: the number that its call comes from."""
SERVICE, WHOLE = "/service/", "/whole/"
"""Paths of the stand-in: below the first a service's name and what is asked of it, below the
second a whole address, escaped."""
RING_MS = 3_000
"""So long a callee is waited for who will not answer."""


class OutsideModel(BaseModel):
    """What a call is led to. What is left out is as the site has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent_skill: str | None = None
    """The skill that only this call's agent has, and whoever is logged in but never free."""
    no_skill: str | None = None
    """A skill that nobody has who is logged in."""
    web: str | None = None
    """The address of the stand-in for all web services."""
    trunk: str | None = None
    no_trunk: str | None = None
    """A trunk whose far end knows no number."""


class Outside(NamedTuple):
    """The outside of one call."""

    caller: str
    led: OutsideModel

    def prepared(self, command: Command, given: Given) -> Command:
        """The command, so that it is answered by what was given to this call."""
        match command:
            case Enqueue():
                return self._enqueue(command, given)
            case Request():
                return self._request(command)
            case Transfer(number=str()):
                no_one = given.transfer == "unreachable"
                trunk = self.led.no_trunk if no_one else self.led.trunk
                timeout_ms = min(command.timeout_ms, RING_MS)
                return replace(command, trunk=trunk or command.trunk, timeout_ms=timeout_ms)
            case Transfer():
                return replace(command, timeout_ms=min(command.timeout_ms, RING_MS))
            case _:
                return command

    def _enqueue(self, command: Enqueue, given: Given) -> Enqueue:
        unstaffed = command.needs_staff and not given.staffed
        skill = self.led.no_skill if unstaffed else self.led.agent_skill
        mine = {} if skill is None else {skill: 1}
        limit = command.max_waiting
        return command._replace(
            skills={**command.skills, **mine},
            relax=tuple(replace(each, skills={**each.skills, **mine}) for each in command.relax),
            prefer=None,  # the agent who is to answer is the call's own
            # Those who wait there are the callers of other tests.
            max_waiting=0 if limit is not None and given.waiting >= limit else None,
            max_wait_ms=None,
        )

    def _request(self, command: Request) -> Request:
        if self.led.web is None:
            return command
        headers = (*command.headers, (HEADER, self.caller))
        if command.service is not None:
            return replace(command, headers=headers)
        url = f"{self.led.web}{WHOLE}{quote(command.url, safe='')}"
        return replace(command, headers=headers, url=url)
