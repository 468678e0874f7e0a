"""The site and its flows from their texts, checked against each other."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import NamedTuple

from config.document import DocumentError, Located, Problem
from config.site import Site, load_site_located
from config.site_checks import check_flows
from config.transfers import Permitted
from engine.clock import now_ms
from engine.customer_fields import fields_of
from engine.errors import SiteInvalid
from engine.functions import load_functions
from engine.merging import Files
from engine.settings import Settings
from engine.working_copy import placed
from ivr.functions import FlowFunction
from ivr.loader import load_flows
from ivr.opening import openings
from ivr.program import Program
from ivr.steps.base import Known, KnownService

Load = Callable[[Known], dict[str, Program]]
"""Loads flows, given the names that they may use. Raises DocumentError."""


class SiteFile(NamedTuple):
    """The site, and where each of its values is written."""

    site: Site
    located: Located
    warnings: tuple[Problem, ...] = ()
    functions: Mapping[str, FlowFunction] = MappingProxyType({})


@contextmanager
def uncollected() -> Iterator[None]:
    """Keeps the garbage collector away while flows are read.

    A look at 10,000 steps takes it half a second, in which no call goes on. Flows have no cycles:
    they go when the last call lets them go, collected or not.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def load_site_file(settings: Settings) -> SiteFile:
    """The site and its functions. Raises SiteInvalid with every problem."""
    functions, problems = load_functions(settings.functions)
    try:
        found = load_site_located(settings.site_file)
    except DocumentError as error:
        raise SiteInvalid([*error.problems, *problems]) from None
    if problems:
        raise SiteInvalid(problems)
    return SiteFile(*found, functions)


def load_for(site_file: SiteFile, load: Load) -> dict[str, Program]:
    """Flows that fit the site, or SiteInvalid with every problem of theirs."""
    site, located, _, functions = site_file
    try:
        flows = load(known_of(site, functions))
    except DocumentError as error:
        raise SiteInvalid(error.problems) from None
    if problems := check_flows(site, located, flows):
        raise SiteInvalid(problems)
    return flows


def load_site_and_flows(settings: Settings) -> tuple[SiteFile, dict[str, Program]]:
    """The site and the working copy of the flows, or SiteInvalid with every problem."""
    site_file = load_site_file(settings)
    return site_file, load_for(site_file, lambda known: load_flows(settings.dialplans, known))


def load_texts(
    files: Files,
    called: Callable[[str], str],
    known: Known,
    load: Callable[[Path, Known], dict[str, Program]] = load_flows,
) -> dict[str, Program]:
    """The flows among texts; DocumentError tells of each file as `called` names it.

    `load` finds them as files, which for a moment they are: so a flow finds the fragments that it
    includes as it does in the working copy.
    """
    with TemporaryDirectory(prefix="trunkline-") as scratch:
        placed(Path(scratch), files)
        try:
            return load(Path(scratch), known)
        except DocumentError as error:
            names = {str(Path(scratch) / name): called(name) for name in files}
            raise DocumentError(
                replace(problem, file=names.get(problem.file, problem.file))
                for problem in error.problems
            ) from None


def check_texts(
    settings: Settings,
) -> Callable[[Files, Callable[[str], str]], Mapping[str, Program]]:
    """A check of texts against the site as its file is now. It raises SiteInvalid."""

    @uncollected()
    def check(files: Files, called: Callable[[str], str]) -> Mapping[str, Program]:
        site_file = load_site_file(settings)
        return load_for(site_file, lambda known: load_texts(files, called, known))

    return check


def known_of(site: Site, functions: Mapping[str, FlowFunction] | None = None) -> Known:
    """The names that flows of this site may use, their calendars checked from now on.

    Without ``functions`` it is not checked which there are.
    """
    signatures = None
    if functions is not None:
        signatures = {name: each.signature for name, each in functions.items()}
    return Known(
        queues=frozenset(site.queues),
        skills=frozenset(site.skills),
        languages=site.languages,
        agents=frozenset(site.agents),
        trunks=frozenset(site.trunks),
        mailboxes=frozenset(site.mailboxes),
        transfers=site.transfers,
        callbacks=site.callbacks,
        sms=site.sms or Permitted(),
        extensions=frozenset(agent.extension for agent in site.agents.values()),
        services={
            name: KnownService(each.sensitive, each.timeout.ms)
            for name, each in site.services.items()
        },
        functions=signatures,
        values=site.values,
        fields=fields_of(site),
        payments=False,  # a site cannot name a gateway yet
        hours=openings(site.hours, site.zone),
        zone=site.zone,
        now_ms=now_ms(),
    )
