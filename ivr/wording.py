"""What a flow's author writes for the caller to hear: one text per language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, RootModel

ANY = "any"
RECORDING = "recording"
_FILE_NAME = re.compile(r"\w[\w .-]{0,99}")
_HOLE = re.compile(r"\{([^{}]*)\}")
_FORM = re.compile(r":\s*([a-z]+)\s*$")


@dataclass(frozen=True, slots=True)
class Hole:
    """A place in a text that an expression fills: ``{account}``, ``{n + 1:ordinal}``.

    ``form`` says how it is spoken; without it the value's type decides.
    """

    source: str
    form: str | None = None


Piece = str | Hole


def is_fixed(text: str) -> bool:
    """Whether ``text`` has no braces at all: most texts, so they need no closer look."""
    return "{" not in text and "}" not in text


def pieces(text: str) -> tuple[Piece, ...]:
    """``"Your number is {account}."`` as its fixed parts and its holes, in order."""
    if is_fixed(text):
        return (text,) if text else ()
    found: list[Piece] = []
    for index, part in enumerate(_HOLE.split(text)):
        if index % 2:
            found.append(_hole(part))
        elif part:
            found.append(part)
    return tuple(found)


def _hole(text: str) -> Hole:
    form = _FORM.search(text)
    if form is None:
        return Hole(text.strip())
    return Hole(text[: form.start()].strip(), form[1])


def holes(text: str) -> Iterator[Hole]:
    """The places in ``text`` that are filled in a call."""
    return (piece for piece in pieces(text) if isinstance(piece, Hole))


def has_stray_brace(text: str) -> bool:
    """Whether a brace opens or closes nothing."""
    return any(sign in piece for piece in pieces(text) if isinstance(piece, str) for sign in "{}")


def is_recording_name(name: str) -> bool:
    """Whether ``name`` names a file of the directory of recordings, without its suffix."""
    return _FILE_NAME.fullmatch(name) is not None and not name.lower().endswith(".wav")


class Wording(RootModel[dict[str, str]]):
    """Text per language, ``{en: Goodbye., hu: Viszonthallásra.}``.

    The key ``any`` (or a plain text in place of the mapping) serves every language; the key
    ``recording`` names an audio file per language that replaces the synthetic voice.
    """

    model_config = ConfigDict(frozen=True)

    @property
    def recording(self) -> str | None:
        return self.root.get(RECORDING)

    @property
    def texts(self) -> dict[str, str]:
        """Text by language, ``any`` included."""
        return {language: text for language, text in self.root.items() if language != RECORDING}

    def text(self, language: str) -> str | None:
        """What is said in ``language``; None when its author forgot it."""
        return self.root.get(language, self.root.get(ANY))


def _mapping(value: Any) -> Any:
    return {ANY: value} if isinstance(value, str) else value


Spoken = Annotated[Wording, BeforeValidator(_mapping, json_schema_input_type=str | dict[str, str])]
"""A wording as authors write it: a mapping, or one text for every language."""
