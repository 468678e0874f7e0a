"""The site and its flows from their texts, checked against each other.

Functions in Python belong to the flows: they come with the texts of a version, or from the
directory beside the working copy, and the site has none of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeVar

from config.document import DocumentError, Located, Place, Problem
from config.opening import openings
from config.site import Site, load_site_located
from config.site_checks import check_flows
from config.site_doubts import demand_of
from config.transfers import Permitted
from engine.campaigns.callees import check_detectors, doubt_detectors
from engine.campaigns.flow_words import check_words
from engine.clock import now_ms
from engine.customers.fields import fields_of
from engine.errors import SiteInvalid
from engine.garbage import uncollected
from engine.publishing.functions import functions_of
from engine.publishing.merging import Files
from engine.publishing.working_copy import CODE, code_among, is_code, placed
from engine.settings import Settings
from ivr.flow import Flow
from ivr.functions import FlowFunction
from ivr.loader import NO_FLOWS, CheckedFlows, FlowSet, check_folder, flows_as_written
from ivr.steps.base import Known, KnownService, Staff

Functions = Mapping[str, FlowFunction]
T = TypeVar("T")


class SiteFile(NamedTuple):
    """The site, and where each of its values is written."""

    site: Site
    located: Located
    warnings: tuple[Problem, ...] = ()


class Texts(NamedTuple):
    """The files of a version, or of the working copy that is to be one."""

    files: Files
    home: Path
    """The directory of functions, in which their files find what lies beside them."""

    called: Callable[[str], str]
    """What a file is called in messages."""


def missing(dialplans: Path) -> list[Problem]:
    """A problem where the directory of the flows is not there: its setting is mistyped, likely."""
    if dialplans.is_dir():
        return []
    message = "no such directory, in which the flows should be (TRUNKLINE_DIALPLANS)"
    return [Place(str(dialplans), 0, 0).problem((), message)]


def require(dialplans: Path) -> None:
    """Raises DocumentError where the directory of the flows is `missing`."""
    if problems := missing(dialplans):
        raise DocumentError(problems)


def load_site_file(settings: Settings) -> SiteFile:
    """The site. Raises SiteInvalid with every problem."""
    try:
        return SiteFile(*load_site_located(settings.site_file))
    except DocumentError as error:
        raise SiteInvalid(error.problems) from None


def check_for(
    site_file: SiteFile, texts: Texts, before: FlowSet = NO_FLOWS
) -> tuple[CheckedFlows, Functions]:
    """Flows that fit the site, and the functions that they call; or SiteInvalid with every error,
    in the functions and in the flows. What is as it was ``before`` is not looked at again."""
    site, located, _ = site_file
    code = functions_of(code_among(texts.files), texts.home, lambda n: texts.called(CODE + n))
    try:
        known = known_of(site, code.functions, texts.home)
        again = partial(check_folder, before=before)
        flows = load_texts(texts.files, texts.called, known, again)
    except DocumentError as error:
        raise SiteInvalid(_errors([*code.problems, *error.problems])) from None
    if problems := [*code.problems, *check_with_flows(site, located, flows.flows)]:
        raise SiteInvalid(problems)
    return flows, code.functions


def check_with_flows(site: Site, located: Located, flows: Mapping[str, Flow]) -> list[Problem]:
    """What the site asks of flows and they say to it, and what it asks of our detector."""
    words = check_words(site, located, flows)
    return [
        *check_flows(site, located, flows),
        *words,
        *check_detectors(site, located),
        *doubt_detectors(site, located),
    ]


def _errors(problems: Sequence[Problem]) -> list[Problem]:
    """Those for which flows are refused."""
    return [problem for problem in problems if problem.severity == "error"]


def load_texts(
    files: Files,
    called: Callable[[str], str],
    known: Known,
    load: Callable[[Path, Known], T],
) -> T:
    """What `load` makes of texts' flows; DocumentError tells of each file as `called` names it.

    `load` finds them as files, which for a moment they are: so a flow finds the fragments that it
    includes as it does in the working copy.
    """
    with TemporaryDirectory(prefix="trunkline-") as scratch:
        placed(Path(scratch), {name: text for name, text in files.items() if not is_code(name)})
        try:
            return load(Path(scratch), known)
        except DocumentError as error:
            names = {str(Path(scratch) / name): called(name) for name in files}
            raise DocumentError(
                replace(problem, file=names.get(problem.file, problem.file))
                for problem in error.problems
            ) from None


def written_in(files: Files) -> list[Flow]:
    """The flows in texts as they are written, unchecked: calls still run what today's check may
    refuse. Raises DocumentError for what is no flow of today's language."""
    return load_texts(files, str, Known(), lambda directory, _: flows_as_written(directory))


def check_texts(
    settings: Settings,
) -> Callable[[Files, Callable[[str], str]], Mapping[str, Flow]]:
    """A check of texts against the site as its file is now. It raises SiteInvalid."""

    @uncollected()
    def check(files: Files, called: Callable[[str], str]) -> Mapping[str, Flow]:
        texts = Texts(files, settings.functions, called)
        return check_for(load_site_file(settings), texts)[0].flows

    return check


def known_of(site: Site, functions: Functions | None = None, home: Path | None = None) -> Known:
    """The names that flows of this site may use, their calendars checked from now on.

    Without ``functions`` it is not checked which there are; ``home`` is where they lie.
    """
    return Known(
        queues=frozenset(site.queues),
        skills=frozenset(site.skills),
        languages=site.languages,
        agents=frozenset(site.agents),
        trunks=frozenset(site.trunks),
        mailboxes=frozenset(site.mailboxes),
        transfers=site.transfers,
        callbacks=site.callbacks,
        country=site.country,
        sms=site.sms or Permitted(),
        extensions=frozenset(agent.extension for agent in site.agents.values()),
        services={
            name: KnownService(each.sensitive, each.timeout.ms)
            for name, each in site.services.items()
        },
        functions=functions,
        functions_in=f"{home} (TRUNKLINE_FUNCTIONS)" if home else "",
        values=site.values,
        fields=fields_of(site),
        staff=Staff(
            tuple(agent.skills for agent in site.agents.values()),
            {name: demand_of(queue) for name, queue in site.queues.items()},
        ),
        payments=site.payments is not None,
        hours=openings(site.hours, site.zone),
        zone=site.zone,
        now_ms=now_ms(),
    )
