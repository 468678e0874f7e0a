"""What is known of each prompt without making it: recorded or synthetic, how long, how loud."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

import numpy as np

from config.site import Site, load_site
from engine.prompts.own_words import OWN, own_words, spoken_values
from engine.prompts.voices import voices_of
from engine.settings import Settings
from ivr.commands import Segment
from ivr.flow import Flow
from ivr.loader import flows_as_written
from ivr.prompts.audio import RATE
from ivr.prompts.catalogue import Listed, catalogue
from ivr.prompts.g711 import Samples
from ivr.prompts.lacking import lack_of
from ivr.prompts.loudness import active_level
from ivr.prompts.store import PromptStore, is_made
from ivr.prompts.wav import read_wave

Source = Literal["recorded", "synthetic", "per call", "own", "missing"]
"""`per call`: it holds values, and is put together for each caller. `own`: Trunkline's own words,
which no recording replaces."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A prompt as it is listed. `seconds` and `dbov` (active speech level) are None until it is
    made; `problem` says why it cannot be, or why its recording is not used."""

    prompt: Listed
    source: Source
    seconds: float | None = None
    dbov: float | None = None
    problem: str = ""

    @property
    def lacks(self) -> str:
        """What is yet to be done for it; empty when a recording is in its place."""
        if self.problem:
            return self.problem
        if self.source == "own":
            return "not made yet" if self.seconds is None else ""
        return "no recording" if self.source == "synthetic" else ""


class PromptBook:
    """The prompts of a site's dialplans and the files that belong to them."""

    def __init__(self, settings: Settings) -> None:
        """Raises DocumentError for a site or a flow that cannot be read."""
        self.site: Site = load_site(settings.site_file)
        self.flows: list[Flow] = flows_as_written(settings.dialplans)
        self.recordings = settings.recorded_prompts
        self._voices = voices_of(self.site, settings.site_file.parent)
        self.store = PromptStore(settings.layout.prompts, self._voices, recordings=self.recordings)
        self.prompts = catalogue(self.flows)

    def matching(self, pattern: str = "", language: str = "") -> list[Listed]:
        """Those whose name matches (`support.*`) or whose number it is, in one language or all."""
        return [
            each
            for each in self.prompts
            if language in ("", each.language)
            and (not pattern or fnmatchcase(each.name, pattern) or str(each.number) == pattern)
        ]

    def own(self, pattern: str = "", language: str = "") -> list[Listed]:
        """Trunkline's own words, of which the same may be asked."""
        return [
            each
            for each in own_words(self.site, self.flows)
            if language in ("", each.language) and fnmatchcase(each.name, pattern or "*")
        ]

    def values(self, pattern: str = "", language: str = "") -> list[Shown]:
        """A line for the numbers, the dates and the times of each language: how many are made."""
        return [
            self._counted(what, each, segments)
            for each in self.site.languages
            if language in ("", each)
            for what, segments in spoken_values(each)
            if fnmatchcase(f"{OWN}.value.{what}", pattern or "*")
        ]

    def _counted(self, what: str, language: str, segments: list[Segment]) -> Shown:
        made = sum(is_made(self.store.path(segment)) for segment in segments)
        text = f"{made} of {len(segments)} pieces of {what} are made, each when it is first said"
        lack = lack_of(self._voices[language]) if made < len(segments) else None
        problem = "" if lack is None else f"cannot be made: {lack.reason}"
        return Shown(
            Listed(0, OWN, "value", what, language, text, None), "per call", None, None, problem
        )

    def shown(self, prompts: Iterable[Listed]) -> list[Shown]:
        """Each prompt with what is known of it."""
        return [self._shown(prompt) for prompt in prompts]

    def place(self, prompt: Listed) -> Path | None:
        """Where its recording belongs; None where no recording can say it."""
        if prompt.file is None:
            return None
        return self.recordings / prompt.language / f"{prompt.file}.wav"

    def _shown(self, prompt: Listed) -> Shown:
        if prompt.text is None:
            return Shown(prompt, "missing", problem="no text")
        if prompt.segment is None:
            return Shown(prompt, "per call")
        recorded = self.store.recorded(prompt.segment)
        problem = "" if recorded is None else _unreadable(recorded)
        if problem:
            return Shown(prompt, "synthetic", problem=f"the recording is not used: {problem}")
        base = self.store.path(prompt.segment)
        if not is_made(base):
            return self._unmade(prompt, recorded)
        samples = read_samples(base)
        level = active_level(samples / 32768, RATE)
        source: Source = _voice(prompt) if recorded is None else "recorded"
        return Shown(prompt, source, samples.size / RATE, level)

    def _unmade(self, prompt: Listed, recorded: Path | None) -> Shown:
        if recorded is not None:
            return Shown(prompt, "recorded")
        lack = lack_of(self._voices[prompt.language])
        if lack is not None:
            return Shown(prompt, "missing", problem=f"cannot be made: {lack.reason}")
        return Shown(prompt, _voice(prompt))


def _voice(prompt: Listed) -> Source:
    return "own" if prompt.flow == OWN else "synthetic"


def read_samples(base: Path) -> Samples:
    """A prompt that is made."""
    samples: Samples = np.frombuffer(base.with_suffix(".sln").read_bytes(), "<i2")
    return samples


def _unreadable(path: Path) -> str:
    try:
        read_wave(path.read_bytes())
    except OSError as error:
        return error.strerror or "it cannot be read"
    except ValueError as error:
        return str(error)
    return ""
