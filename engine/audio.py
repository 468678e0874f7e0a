"""Audio of prompts for calls: made before a flow goes live, found at once in a call."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from config.site import Site
from config.values import Language
from ivr.announce import LANGUAGES, apology, every_text
from ivr.commands import Segment
from ivr.program import Program
from ivr.prompts.static import static_texts
from ivr.prompts.store import PromptStore

VOICES = {language: language for language in LANGUAGES}
"""espeak-ng names a voice by its language."""


class Audio:
    """Where each segment's audio lies, as Asterisk wants it: a path without extension."""

    def __init__(self, directory: Path, recordings: Path) -> None:
        self._store = PromptStore(directory, VOICES, recordings=recordings)
        self.silence = ""

    async def of(self, segment: Segment) -> str:
        """The audio of a segment, made now if it is new. Raises SpeechError."""
        return str(await self._store.ensure(segment))

    async def make_all(
        self, site: Site, flows: Mapping[str, Program], progress: Callable[[int, int], None]
    ) -> None:
        """Make everything that can be known before a call; `progress(done, of)`."""
        self.silence = await self.of(Segment(site.languages[0], ""))
        await self._store.ensure_all(self._needed(site, flows), progress)

    def apology(self, site: Site, language: Language) -> str:
        """What a caller hears when the engine is away: the site's words, else our own."""
        return site.fallback.apology.get(language) or apology(language)

    def _needed(self, site: Site, flows: Mapping[str, Program]) -> Iterator[Segment]:
        for program in flows.values():
            yield from static_texts(program.flow)
        for language in site.languages:
            yield Segment(language, self.apology(site, language))
            for text in every_text(language):
                yield Segment(language, text)
