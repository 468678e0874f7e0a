"""What a flow's author writes for the caller to hear: one text per language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field, RootModel

from config.document import DocumentModel
from config.suggest import shown
from ivr.values import Duration, within

ANY = "any"
RECORDING = "recording"
_FILE_NAME = re.compile(r"\w[\w .-]{0,99}")
BARGE_IN = "barge_in"
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


@lru_cache(maxsize=4096)
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
    unspoken: ClassVar[frozenset[str]] = frozenset({RECORDING})
    """Keys that are no language."""

    @property
    def recording(self) -> str | None:
        return self.root.get(RECORDING)

    @property
    def texts(self) -> dict[str, str]:
        """Text by language, ``any`` included."""
        return {each: text for each, text in self.root.items() if each not in self.unspoken}

    def text(self, language: str) -> str | None:
        """What is said in ``language``; None when its author forgot it."""
        return self.root.get(language, self.root.get(ANY))


class Question(Wording):
    """A wording of a question: its key ``barge_in`` says whether a key cuts it short."""

    unspoken: ClassVar[frozenset[str]] = Wording.unspoken | {BARGE_IN}

    @property
    def barge_in(self) -> bool | None:
        """As written; None: as the whole question says."""
        written = self.root.get(BARGE_IN)
        return None if written is None else _TRUTHS[written]


class Pause(DocumentModel):
    """Nothing is heard for a while: ``{pause: 500ms}``."""

    pause: Annotated[Duration, within(1, 60_000, "1ms to 60s")] = Field(description="such as 500ms")


Said = Wording | Pause
"""What a prompt is made of."""

_TRUTHS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


def _mapping(value: Any) -> Any:
    return {ANY: value} if isinstance(value, str) else value


def _question(value: Any) -> Any:
    value = _mapping(value)
    if isinstance(value, dict) and isinstance(written := value.get(BARGE_IN), str):
        if written.lower() not in _TRUTHS:
            raise ValueError(f"barge_in: {shown(written)} is neither yes nor no")
        return {**value, BARGE_IN: written.lower()}
    return value


_Part = Annotated[str, Field(pattern="^(?:[a-z]{2,3}|recording)$")]
_AskedPart = Annotated[str, Field(pattern="^(?:[a-z]{2,3}|recording|barge_in)$")]
Spoken = Annotated[
    Wording, BeforeValidator(_mapping, json_schema_input_type=str | dict[_Part, str])
]
"""A wording as authors write it: a mapping, or one text for every language."""

Asked = Annotated[
    Question, BeforeValidator(_question, json_schema_input_type=str | dict[_AskedPart, str | bool])
]
"""The wording of a question: as any other, and ``barge_in: no`` lets no key cut it short."""
