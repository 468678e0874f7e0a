"""Trunkline's own words, as `trunkline prompts` lists them: no author wrote them into a flow.

What is the same in every call is listed text by text: `trunkline.announcement.12`. Numbers, dates
and times are thousands of pieces, each made when it is first said: a line tells how many are.
"""

from collections.abc import Iterable, Iterator

from config.site import Site
from engine.prompts.audio import apology_of
from ivr.announce import every_text
from ivr.commands import Segment
from ivr.flow import Flow
from ivr.grammar.vocabulary import vocabulary
from ivr.prompts.catalogue import Listed
from ivr.speech import Speech
from ivr.wording import Said, Wording

OWN = "trunkline"
"""What stands in the place of a flow's name."""


def own_words(site: Site, flows: Iterable[Flow]) -> Iterator[Listed]:
    """What calls may hear that is fixed, in every language of the site."""
    written = [*flows]
    for language in site.languages:
        groups = {
            "apology": [apology_of(site, language)],
            "announcement": [*every_text(language)],
            "step": _of_steps(written, language),
        }
        for group, texts in groups.items():
            for nth, text in enumerate(dict.fromkeys(texts), 1):
                segment = Segment(language, text)
                yield Listed(0, OWN, group, str(nth), language, text, segment)


def spoken_values(language: str) -> Iterator[tuple[str, list[Segment]]]:
    """The pieces of numbers, dates and times, by what they say."""
    for what, texts in vocabulary(language).items():
        yield what, [Segment(language, text) for text in texts]


def _of_steps(flows: Iterable[Flow], language: str) -> list[str]:
    """What steps say where their author gave no words: a survey's questions, a read-back."""
    return [
        segment.text
        for flow in flows
        if language in flow.languages
        for step in flow.steps.values()
        for wording in _without(step.spoken(), [heard.wording for heard in step.heard()])
        for segment in Speech([wording], [language], flow.names).static()
        if not segment.pause_ms
    ]


def _without(wordings: Iterable[Said], written: list[Wording]) -> Iterator[Said]:
    return (each for each in wordings if not any(each is one for one in written))
