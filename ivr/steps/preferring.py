"""``prefer`` of a queue: one agent whom the caller waits for alone, for a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

from pydantic import Field

from config.document import DocumentModel
from config.problem import Path
from ivr.commands import Preferred
from ivr.filling import told_findings
from ivr.run import Run
from ivr.steps.base import Build, Context, Finding, unknown
from ivr.values import Duration
from ivr.wording import is_fixed

LAST = "last"
DAYS = 30
_DAY_MS = 86_400_000
_KEPT = "whom a caller waits for is kept in history"


class Prefer(DocumentModel):
    """One agent first, whose phone alone rings: ``{agent: last, for: 30s}``.

    The caller keeps the place meanwhile. Where the agent is paused, logged out or lacks the skills
    asked for, anybody may answer at once.
    """

    agent: str = Field(
        description=LAST + ": who talked with the caller last; or an agent of the site, with "
        "{holes} if wanted"
    )
    for_: Duration = Field(
        alias="for", description="how long the caller waits for this agent; then for anybody"
    )
    insist: bool = Field(
        default=False, description="wait so long too while the agent is paused or logged out"
    )
    within_days: Annotated[int, Field(ge=1, le=3_650)] | None = Field(
        default=None,
        description=f"{LAST}: only if that was within so many days; else {DAYS}",
    )


def prefer_findings(prefer: Prefer, path: Path, context: Context) -> Iterator[Finding]:
    """An agent whom the site does not have, or a name that would tell what is sensitive."""
    agent = prefer.agent
    if not is_fixed(agent):
        yield from told_findings((*path, "agent"), agent, context.names, _KEPT)
    elif agent != LAST:
        known = context.known.agents
        allowed = None if known is None else [LAST, *sorted(known)]
        yield from unknown("agent", agent, (*path, "agent"), allowed)
    if prefer.within_days is not None and agent != LAST:
        message = f"has no effect: it is for agent: {LAST}"
        yield Finding((*path, "within_days"), message, key=True)


def preferred(prefer: Prefer | None, build: Build) -> Callable[[Run], Preferred | None]:
    """Whom a call prefers; None also where the agent's name turns out empty."""
    if prefer is None:
        return lambda run: None
    if prefer.agent == LAST or is_fixed(prefer.agent):
        agent = None if prefer.agent == LAST else prefer.agent
        within_ms = (prefer.within_days or DAYS) * _DAY_MS
        fixed = Preferred(agent, prefer.for_, prefer.insist, within_ms)
        return lambda run: fixed
    template = build.template(prefer.agent)

    def named(run: Run) -> Preferred | None:
        agent = template(run)
        return Preferred(agent, prefer.for_, prefer.insist) if agent else None

    return named
