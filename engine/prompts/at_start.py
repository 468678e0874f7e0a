"""A site's audio at start-up: what cannot be made is logged, and the site comes up without it."""

from collections.abc import Mapping

import structlog

from config.site import Site
from engine.asterisk_files import place_apology
from engine.layout import Layout
from engine.prompts.audio import Audio
from ivr.commands import Segment
from ivr.errors import SpeechError
from ivr.program import Program

log = structlog.get_logger(__name__)


async def prepare(audio: Audio, site: Site, flows: Mapping[str, Program], layout: Layout) -> None:
    """Make every prompt that can be made, and place the apologies.

    A change of a running site is refused for one bad prompt; at start-up there is no older site
    to keep, and one step without sound is less than no calls at all.
    """
    await audio.make_what_can_be(site, flows, _log_progress, _log_failure)
    for language in site.languages:
        try:
            await place_apology(site, language, audio, layout)
        except (SpeechError, OSError) as error:
            log.error("apology_not_placed", language=language, error=str(error))


def _log_progress(done: int, of: int) -> None:
    if done == of or done % 50 == 0:
        log.info("prompts_made", done=done, of=of)


def _log_failure(segment: Segment, error: SpeechError) -> None:
    log.error("prompt_not_made", language=segment.language, text=segment.text, error=str(error))
