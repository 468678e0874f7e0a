"""Audio of prompts for calls: made before a flow goes live, found at once in a call."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from config.site import Site
from config.values import Language
from ivr.announce import LANGUAGES, apology, every_text
from ivr.commands import Segment
from ivr.program import Program
from ivr.prompts import espeak
from ivr.prompts.static import static_texts
from ivr.prompts.store import Failed, PromptStore, Synthesise

VOICES = {language: language for language in LANGUAGES}
"""espeak-ng names a voice by its language."""


class Audio:
    """Where each segment's audio lies, as Asterisk wants it: a path without extension."""

    def __init__(
        self, directory: Path, recordings: Path, synthesise: Synthesise = espeak.synthesise
    ) -> None:
        self._store = PromptStore(directory, VOICES, recordings=recordings, synthesise=synthesise)
        self.silence = ""

    async def of(self, segment: Segment) -> str:
        """The audio of a segment, made now if it is new. Raises SpeechError."""
        return str(await self._store.ensure(segment))

    async def make_all(
        self, site: Site, flows: Mapping[str, Program], progress: Callable[[int, int], None]
    ) -> None:
        """Make everything that can be known before a call; `progress(done, of)`. Raises the
        first SpeechError."""
        await self._store.ensure_all(self._needed(site, flows), progress)
        self.silence = str(self._store.path(_silence(site)))

    async def make_what_can_be(
        self,
        site: Site,
        flows: Mapping[str, Program],
        progress: Callable[[int, int], None],
        failed: Failed,
    ) -> None:
        """As `make_all`, but what cannot be made is told to `failed` and left out: a call that
        comes to it leaves that step by its `on_error`."""
        await self._store.ensure_all(self._needed(site, flows), progress, failed)
        self.silence = str(self._store.path(_silence(site)))

    def apology(self, site: Site, language: Language) -> str:
        """What a caller hears when the engine is away: the site's words, else our own."""
        return site.fallback.apology.get(language) or apology(language)

    def _needed(self, site: Site, flows: Mapping[str, Program]) -> Iterator[Segment]:
        yield _silence(site)
        for program in flows.values():
            yield from static_texts(program.flow)
        for language in site.languages:
            yield Segment(language, self.apology(site, language))
            for text in every_text(language):
                yield Segment(language, text)


def _silence(site: Site) -> Segment:
    return Segment(site.languages[0], "")
