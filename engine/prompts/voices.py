"""The voices of a site: who speaks each language, and whether they can on this machine."""

from collections.abc import Mapping
from pathlib import Path

from config.document import Located, Problem
from config.site import Site
from config.voices import PiperVoice, Voice, default_voice
from ivr.announce import LANGUAGES
from ivr.prompts.lacking import lack_of


def voices_of(site: Site, models: Path) -> dict[str, Voice]:
    """Who speaks each language; a piper voice's model is looked for from ``models`` on."""
    named: Mapping[str, Voice] = {str(each): voice for each, voice in site.voices.items()}
    voices = {each: named.get(each) or default_voice(each) for each in LANGUAGES}
    return {
        each: voice.model_copy(update={"model": str(models / voice.model)})
        if isinstance(voice, PiperVoice)
        else voice
        for each, voice in voices.items()
    }


def check_voices(site: Site, located: Located, models: Path) -> list[Problem]:
    """A problem for each voice that cannot speak on this machine.

    No reason to keep a site down, which plays what it has made before; but new prompts, and a
    change of the site, will fail.
    """
    voices = voices_of(site, models)
    lacks = ((each, lack_of(voices[each])) for each in site.languages)
    return [
        located.problem(("voices", language, lack.field), lack.reason)
        for language, lack in lacks
        if lack is not None
    ]
