"""What publishing has to say of recordings: they are no part of a version (see decision 8)."""

from collections.abc import Iterator, Mapping

from config.document import DocumentError
from engine.loading import written_in
from engine.publishing.merging import Files
from engine.settings import Settings
from ivr.prompts.catalogue import Listed, catalogue
from ivr.prompts.recordings import SUFFIX, Recordings

Prompts = Mapping[tuple[str, str], Listed]
"""By name and language."""


def told(settings: Settings, before: Files, after: Files) -> Iterator[str]:
    """Sentences for who puts ``after`` in force, after ``before``; none where nothing is recorded.

    A recording whose text has changed is told with its file: callers go on hearing the old words.
    """
    count = sum(1 for _ in settings.recorded_prompts.glob(f"*/*{SUFFIX}"))
    if not count:
        return
    where = f"{settings.dialplans.name}/{settings.recorded_prompts.name}"
    yield f"recordings in {where}/ ({count}) are no part of a version: each plays those of today"
    for name, language, place in _stale(settings, _prompts(before), _prompts(after)):
        yield f"the text has changed, the recording has not: {name} ({language}), {where}/{place}"


def _stale(settings: Settings, old: Prompts, new: Prompts) -> Iterator[tuple[str, str, str]]:
    recordings = Recordings(settings.recorded_prompts)
    for key, prompt in new.items():
        earlier = old.get(key)
        if earlier is None or earlier.text == prompt.text or prompt.segment is None:
            continue
        recorded = recordings.of(prompt.segment)
        if recorded is not None:
            place = recorded.path.relative_to(settings.recorded_prompts).as_posix()
            yield prompt.name, prompt.language, place


def _prompts(files: Files) -> Prompts:
    try:
        flows = written_in(files)
    except DocumentError:  # of an older Trunkline, whose language this one does not speak
        return {}
    return {(each.name, each.language): each for each in catalogue(flows)}
