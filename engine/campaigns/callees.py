"""Who answers a campaign's calls, as our detector weighs them, and whether it can be as careful as
the campaign wants."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from config.campaign_machines import AMD_TAKES, Callees, Machines
from config.document import Located, Problem
from config.site import Site
from engine.campaigns.law import CampaignLaw
from listening.judge import fitted
from listening.mix import CONSUMERS, FIRMS, MIXED, Mix
from listening.values import Clock
from routing.outbound.rules.law import AnswerRule

MIXES = {"mixed": MIXED, "consumers": CONSUMERS, "firms": FIRMS}


def mix_of(machines: Machines) -> Mix:
    """The people as the campaign says; of machines nobody asks when a threshold is chosen."""
    callees = machines.callees
    if not isinstance(callees, Callees):
        return MIXES[callees]
    people = callees.hello / 100, callees.named / 100, callees.firm / 100
    return Mix(*people, *MIXED.machines)


def doubt_detectors(site: Site, located: Located) -> Iterator[Problem]:
    """A warning for each campaign that Asterisk's AMD keeps from dialing ahead, as nobody has
    measured its mistakes."""
    for name, campaign in site.campaigns.items():
        rules = CampaignLaw(site, name).everywhere() if campaign.machines.detect == "amd" else []
        abandons = [each.abandon_rate for each in rules if each.abandon_rate is not None]
        if any(each.false_machines is None for each in abandons):
            message = (
                f"is amd, which took {AMD_TAKES:g} percent of people for machines when it was "
                "measured: as many count as lost, which leaves one call for each free agent. "
                "Write false_machines under abandon_rate as you have measured it, or detect: own"
            )
            yield located.warning(("campaigns", name, "machines", "detect"), message)


def check_detectors(site: Site, located: Located) -> Iterator[Problem]:
    """A problem for each campaign whose `people_taken` our detector cannot keep, by the clocks of
    the places that it calls."""
    for name, campaign in site.campaigns.items():
        machines = campaign.machines
        clocks = _clocks(site, name) if machines.detect == "own" else set()
        for clock in sorted(clocks, key=lambda each: each.value):
            points = fitted(clock).points
            least = min(point.at_most(mix_of(machines)) for point in points)
            if least > machines.people_taken / 100:
                message = (
                    f"is {machines.people_taken:g}: where these callees answer, at least "
                    f"{ceil(least * 1_000) / 10:g} is needed (clock {clock.value})"
                )
                path = ("campaigns", name, "machines", "people_taken")
                yield located.problem(path, message)


def _clocks(site: Site, campaign: str) -> set[Clock]:
    rules = CampaignLaw(site, campaign).everywhere()
    counted = ((each.answer or AnswerRule()).counted_from for each in rules)
    return {Clock.GREETING if each == "greeting" else Clock.SPEECH for each in counted}
