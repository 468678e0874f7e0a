"""What a person hears for whom no agent is there in time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from config.document import DocumentModel
from config.holes import HOLE
from config.suggest import shown
from config.values import Language, Line

SORRY_PARTS = ("seller", "number", "purpose", "key")
"""What who finds no agent is told (16 CFR 310.4(b)(4), 47 CFR 64.1200(a)(7))."""

OWN_WORDS: Mapping[Language, str] = {
    "en": "This is {seller}. We called you about {purpose}, and none of us is free right now. "
    "You can call us at {number}. If you want no more calls from us, press {key}.",
    "hu": "{seller} hívta Önt. A hívás tárgya: {purpose}. Most sajnos minden munkatársunk foglalt. "
    "Telefonszámunk: {number}. Ha nem kér tőlünk több hívást, nyomja meg ezt: {key}.",
    "pl": "Dzwoni {seller} w sprawie: {purpose}. Niestety nikt z nas nie jest teraz wolny. "
    "Nasz numer telefonu: {number}. Aby nie otrzymywać więcej połączeń, proszę nacisnąć {key}.",
    "et": "Teile helistas {seller}. Kõne teema: {purpose}. Kahjuks ei ole praegu keegi meist vaba. "
    "Meie number on {number}. Kui te ei soovi meilt rohkem kõnesid, vajutage {key}.",
}
"""Where a campaign has none of its own in a language."""


def _key(text: str) -> str:
    if re.fullmatch("[0-9]", text) is None:
        raise ValueError(f"{shown(text)} is no key, one digit is needed")
    return text


class SorryMessage(DocumentModel):
    """What a person hears for whom no agent is there in time: who calls, how to reach them, what
    it is about, and which key to press for no more calls.

    ``{seller}``, ``{number}``, ``{purpose}`` and ``{key}`` stand for these.
    """

    texts: dict[Language, Line] = Field(
        default={}, description="by language; without one Trunkline's own words"
    )
    key: Annotated[
        str,
        AfterValidator(_key),
        WithJsonSchema({"type": "string", "pattern": "^[0-9]$"}),
    ] = Field(default="9", description="who presses it is never called again")

    @property
    def parts(self) -> tuple[str, ...]:
        """What is told in every language."""
        told = [set(HOLE.findall(text)) for text in self.texts.values()]
        return tuple(part for part in SORRY_PARTS if all(part in each for each in told))

    def text(self, language: Language, told: Mapping[str, str]) -> str:
        """The message as it is said; ``told`` has each of `SORRY_PARTS`."""
        written = self.texts.get(language, OWN_WORDS[language])
        return HOLE.sub(lambda hole: told[hole[1]], written)
