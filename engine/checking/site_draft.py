"""What is known of a site that may have errors: enough to check its flows all the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from config.callbacks import Callbacks
from config.customers import Customers
from config.document import DocumentError, Located, Problem, load_plain
from config.files import NOTHING_UNSAVED, Unsaved, read_text
from config.site import Site, read_site
from config.transfers import Transfers
from engine.checking.music import music_problems
from engine.loading import known_of
from engine.publishing.functions import load_functions
from engine.settings import Settings
from ivr.functions import FlowFunction
from ivr.steps.base import Known


class SiteDraft(NamedTuple):
    """A site as it is written; ``read`` is None where its parts make no site."""

    known: Known
    problems: tuple[Problem, ...]
    read: tuple[Site, Located] | None

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong with it, so that all its names are known."""
        return not any(problem.severity == "error" for problem in self.problems)


def draft_of(settings: Settings, unsaved: Unsaved = NOTHING_UNSAVED) -> SiteDraft:
    """The site as far as it can be read, its functions with it."""
    found, faults = load_functions(settings.functions)
    functions = None if faults else found
    path, plain = settings.site_file, None
    try:
        text = read_text(path, unsaved)
        plain = load_plain(text, str(path))
        site, located, problems = read_site(text, str(path))
    except DocumentError as error:
        return SiteDraft(_known_in_part(plain, functions), (*error.problems, *faults), None)
    silent = music_problems(site, located, settings.layout.music)
    return SiteDraft(
        known_of(site, functions, settings.functions),
        (*problems, *faults, *silent),
        (site, located),
    )


def _known_in_part(plain: Any, functions: Mapping[str, FlowFunction] | None) -> Known:
    """The names in a site of which some parts are wrong; what those would tell is not checked, and
    of a site that cannot be read at all nothing is."""
    written = plain if isinstance(plain, dict) else {}
    good = dict(_good_parts(written)) if written else {}
    known: dict[str, Any] = {
        name: None for part, told in _TOLD_BY.items() if part not in good for name in told
    }
    for name in _NAMED_BY_KEYS:
        if name in known and isinstance(written.get(name), dict):
            known[name] = frozenset(written[name])
    return replace(known_of(_site(good), functions), **known)


def _good_parts(plain: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, field in Site.model_fields.items():
        if name not in plain:
            if not field.is_required():
                yield name, field.get_default()
            continue
        with suppress(ValidationError):
            annotation: Any = Annotated[field.annotation, field]
            yield name, TypeAdapter(annotation).validate_python(plain[name])


def _site(good: Mapping[str, Any]) -> Site:
    """Unchecked: only to be asked for what it has."""
    return Site.model_construct(**{**_EMPTY, **good})


_EMPTY: Mapping[str, Any] = {
    "zone": "UTC",
    "languages": (),
    "queues": {},
    "skills": {},
    "agents": {},
    "trunks": {},
    "mailboxes": {},
    "numbers": {},
    "services": {},
    "values": {},
    "hours": {},
    "customers": Customers(),
    "transfers": Transfers(),
    "callbacks": Callbacks(),
}
_NAMED_BY_KEYS = ("queues", "skills", "agents", "trunks", "mailboxes")
_TOLD_BY: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in _NAMED_BY_KEYS},
    "queues": ("queues", "staff"),
    "languages": ("languages",),
    "agents": ("agents", "extensions", "staff"),
    "transfers": ("transfers",),
    "callbacks": ("callbacks",),
    "services": ("services",),
    "sms": ("sms",),
    "values": ("values",),
    "customers": ("values",),
    "hours": ("hours",),
    "zone": ("hours",),
    "payments": ("payments",),
}
"""What of `Known` is not known without a part of the site. Without ``values`` no name that begins
with ``site.`` or ``caller.`` is judged."""
