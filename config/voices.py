"""The voices that speak what nobody has recorded: one for each language of a site."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.document import DocumentModel
from config.duration import Duration
from config.suggest import did_you_mean, shown
from config.values import EspeakVoiceName, Line

_PLACE = re.compile(r"\{(\w+)\}")
PLACES = ("language", "out")
"""What a command may have filled in: ``{language}`` and the file that it is to write."""


class EspeakVoice(DocumentModel):
    """espeak-ng: speaks every language, and sounds like a machine."""

    engine: Literal["espeak"] = Field(description="espeak-ng, which `make setup` installs")
    voice: EspeakVoiceName = Field(description="its name, as `espeak-ng --voices` lists it")
    speed: Annotated[int, Field(ge=80, le=450)] = Field(
        default=150, description="words a minute, 80 to 450"
    )
    pitch: Annotated[int, Field(ge=0, le=99)] = Field(default=50, description="0 (low) to 99")

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"espeak {self.voice}"


class PiperVoice(DocumentModel):
    """piper: a neural voice on this machine. Nothing is downloaded: its files must be there."""

    engine: Literal["piper"] = Field(description="piper, of `pip install piper-tts`")
    model: Line = Field(
        description="the voice's .onnx file, from the site file's directory on; its .onnx.json "
        "lies beside it"
    )
    speaker: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="for a model of several speakers"
    )
    speed: Annotated[float, Field(ge=0.5, le=2.0)] = Field(
        default=1.0, description="0.5 (half as fast) to 2"
    )

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"piper {self.model}"


def _argument(text: str) -> str:
    for name in _PLACE.findall(text):
        if name not in PLACES:
            braced = [f"{{{place}}}" for place in PLACES]
            found = f"{{{name}}}"
            raise ValueError(f"unknown place {shown(found)}, {did_you_mean(found, braced)}")
    return text


class CommandVoice(DocumentModel):
    """Any program: it gets the text on standard input and writes a WAV file of any kind."""

    engine: Literal["command"] = Field(description="a program of your own")
    command: list[Annotated[Line, AfterValidator(_argument)]] = Field(
        min_length=1,
        description="the program and its arguments; no shell reads them. {language} and {out} "
        "(the file to write) are filled in; without {out} the sound is read from standard output",
    )
    timeout: Duration = Field(
        default=Duration(60_000), description="how long it may take for one prompt"
    )

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"command {self.command[0]}"

    def words(self, language: str, out: str) -> list[str]:
        """The program and its arguments, filled in."""
        places = {"language": language, "out": out}
        return [_PLACE.sub(lambda found: places[found[1]], word) for word in self.command]

    @property
    def writes_file(self) -> bool:
        """Whether it writes ``{out}``, and not to its standard output."""
        return any("{out}" in word for word in self.command)


Voice = Annotated[EspeakVoice | PiperVoice | CommandVoice, Field(discriminator="engine")]
"""How a language is spoken; ``engine`` says by what."""


def default_voice(language: str) -> EspeakVoice:
    """The voice of a language that the site says nothing about: espeak-ng names one for each."""
    return EspeakVoice(engine="espeak", voice=language)
