"""What agentless campaigns' flows say came of a call, held against what the campaigns know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from config.campaigns import Campaign
from config.document import Located, Problem
from config.site import Site
from config.suggest import did_you_mean, shown
from ivr.flow import Flow
from ivr.names import DISPOSITION
from ivr.steps.call import Call
from ivr.steps.set import Set
from ivr.wording import holes


def check_words(site: Site, located: Located, flows: Mapping[str, Flow]) -> list[Problem]:
    """A problem for each word that is none of the campaign's dispositions, as far as it is written
    out. A word with holes is known in the call alone."""
    return [
        located.problem(("campaigns", name, "flow"), message)
        for name, campaign in site.campaigns.items()
        if campaign.flow in flows
        for message in _wrong(campaign, flows)
    ]


def _wrong(campaign: Campaign, flows: Mapping[str, Flow]) -> Iterator[str]:
    for flow in _reached(campaign.flow or "", flows):
        for step, word in _words(flow):
            says = f"{step} of the flow {flow.flow} says {shown(word)}"
            known = campaign.dispositions.get(word)
            if known is None:
                yield f"{says}, {did_you_mean(word, campaign.dispositions)}"
            elif known.then == "call_back":
                yield (
                    f"{says}, for which a time must be agreed: no flow can, write retry with after"
                )


def _reached(start: str, flows: Mapping[str, Flow]) -> Iterator[Flow]:
    """The flow and those that it calls, each once."""
    seen, waiting = {start}, [start]
    while waiting:
        flow = flows[waiting.pop()]
        yield flow
        called = {step.call.flow for step in flow.steps.values() if isinstance(step, Call)}
        new = sorted(called & flows.keys() - seen)
        seen.update(new)
        waiting += new


def _words(flow: Flow) -> Iterator[tuple[str, str]]:
    for name, step in flow.steps.items():
        word = step.set.get(DISPOSITION) if isinstance(step, Set) else None
        if word is not None and not any(True for _ in holes(word)):
            yield name, word
