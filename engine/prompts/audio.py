"""Audio of prompts for calls: made before a flow goes live, found at once in a call."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from config.site import Site
from config.values import Language
from config.voices import Voice
from engine.dialing import messages
from engine.prompts.voices import voices_of
from ivr.announce import apology, every_text
from ivr.commands import Segment
from ivr.flow import Flow
from ivr.program import Program
from ivr.prompts.audio import beep
from ivr.prompts.speaking import synthesise
from ivr.prompts.static import static_texts
from ivr.prompts.store import Failed, PromptStore, Synthesise, is_made, write_prompt


class Audio:
    """Where each segment's audio lies, as Asterisk wants it: a path without extension."""

    def __init__(
        self,
        directory: Path,
        recordings: Path,
        models: Path,
        synthesise: Synthesise = synthesise,
    ) -> None:
        """``models`` is where a site's voices look for files that they name (see `voices_of`)."""
        self._directory, self._recordings = directory, recordings
        self._models, self._synthesise = models, synthesise
        self._voices: Mapping[str, Voice] = {}
        self._store = self._store_of({})
        self.silence = ""

    async def of(self, segment: Segment) -> str:
        """The audio of a segment, made now if it is new. Raises SpeechError."""
        return str(await self._store.ensure(segment))

    async def preview(self, language: str, recording: bytes) -> str:
        """The audio of a recording before it is in its place. Raises SpeechError."""
        return str(await self._store.preview(language, recording))

    async def beep(self) -> str:
        """The tone after which somebody is to speak."""
        base = self._directory / "beep"
        if not is_made(base):
            await asyncio.to_thread(write_prompt, base, beep())
        return str(base)

    def path(self, segment: Segment) -> str:
        """Where a segment's audio lies once it is made."""
        return str(self._store.path(segment))

    async def make_all(
        self, site: Site, flows: Mapping[str, Program], progress: Callable[[int, int], None]
    ) -> None:
        """Make everything that can be known before a call; `progress(done, of)`. Raises the
        first SpeechError; then everything is as it was, the voices too."""
        voices = voices_of(site, self._models)
        store = self._store if voices == self._voices else self._store_of(voices)
        segments = await asyncio.to_thread(list, needed(site, _written(flows)))
        await store.ensure_all(segments, progress)
        self._use(store, voices, site)

    async def make_what_can_be(
        self,
        site: Site,
        flows: Mapping[str, Program],
        progress: Callable[[int, int], None],
        failed: Failed,
    ) -> None:
        """As `make_all`, but what cannot be made is told to `failed` and left out: a call that
        comes to it leaves that step by its `on_error`."""
        voices = voices_of(site, self._models)
        store = self._store_of(voices)
        segments = await asyncio.to_thread(list, needed(site, _written(flows)))
        await store.ensure_all(segments, progress, failed)
        self._use(store, voices, site)

    def apology(self, site: Site, language: Language) -> str:
        """What a caller hears when the engine is away: the site's words, else our own."""
        return apology_of(site, language)

    def _store_of(self, voices: Mapping[str, Voice]) -> PromptStore:
        return PromptStore(
            self._directory, voices, recordings=self._recordings, synthesise=self._synthesise
        )

    def _use(self, store: PromptStore, voices: Mapping[str, Voice], site: Site) -> None:
        self._store, self._voices = store, voices
        self.silence = str(store.path(_silence(site)))


def needed(site: Site, flows: Iterable[Flow]) -> Iterator[Segment]:
    """Everything that can be known before a call: flows, apologies, campaigns' messages,
    Trunkline's own words."""
    yield _silence(site)
    for flow in flows:
        yield from static_texts(flow)
    for language in site.languages:
        yield Segment(language, apology_of(site, language))
        own = (site.callbacks.greeting.get(language), site.callbacks.message.get(language))
        for text in (*every_text(language), *filter(None, own)):
            yield Segment(language, text)
    yield from messages.every(site)


def apology_of(site: Site, language: Language) -> str:
    """The site's own words, else Trunkline's."""
    return site.fallback.apology.get(language) or apology(language)


def _written(flows: Mapping[str, Program]) -> Iterator[Flow]:
    return (program.flow for program in flows.values())


def _silence(site: Site) -> Segment:
    return Segment(site.languages[0], "")
