"""What agents read to who has answered: a text with holes for what the lead and the site say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from config.document import Located, Problem
from config.holes import HOLE, stray_brace
from config.problem import Path
from config.suggest import did_you_mean, shown
from config.values import Language

if TYPE_CHECKING:
    from config.campaigns import Campaign

SCRIPT_PARTS: Mapping[str, str] = {
    "name": "the lead's name",
    "agent": "the agent's name",
    "seller": "the campaign's seller",
    "purpose": "the campaign's purpose",
}
"""What a script may name beside the fields that the campaign lists."""
NOT_TOLD = "—"
"""Where the lead does not say it."""


def script_in(
    script: Mapping[Language, str], language: Language, told: Mapping[str, str]
) -> str | None:
    """The script in this language, else in the first that it is written in; None without one."""
    if not script:
        return None
    text = script.get(language) or next(iter(script.values()))
    return HOLE.sub(lambda hole: told.get(hole[1]) or NOT_TOLD, text)


def check_script(campaign: Campaign, path: Path, located: Located) -> Iterator[Problem]:
    """Fields that no script could name, and what it names that nobody would fill in."""
    for position, field in enumerate(campaign.fields):
        if field in SCRIPT_PARTS:
            message = f"in a script {shown(f'{{{field}}}')} is {SCRIPT_PARTS[field]}"
            yield located.problem((*path, "fields", position), message)
    known = list(dict.fromkeys((*SCRIPT_PARTS, *campaign.fields)))
    for language, text in campaign.script.items():
        for message in _wrong(text, known):
            yield located.problem((*path, "script", language), message)


def _wrong(text: str, known: Sequence[str]) -> Iterator[str]:
    for name in dict.fromkeys(HOLE.findall(text)):
        if name not in known:
            hint = did_you_mean(name, known)
            yield f"{shown(f'{{{name}}}')} is unknown, {hint}"
    if stray_brace(text):
        yield "has a brace without its other one: {NAME} stands for what is told of the lead"
