"""Checks across the parts of a site: names that must exist, numbers and ports that must differ."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date
from typing import TYPE_CHECKING

from config.campaign_checks import check_campaigns
from config.customers import FOUND, KEPT
from config.document import Located, Problem
from config.hours_checks import check_hours
from config.problem import Path
from config.requirement import NOBODY, faults, meets
from config.site_doubts import demand_of, doubts
from config.sms import part_no_form_has
from config.suggest import did_you_mean, shown
from config.telephony import is_ip

if TYPE_CHECKING:
    from config.people import Prefers
    from config.queues import Routed
    from config.site import Site

# Section names with a meaning of their own in pjsip.conf.
_RESERVED = frozenset({"anonymous", "general", "global", "system", "transport", "transport-trunk"})

LONGEST_RING_MS = 60_000
LONGEST_QUEUE_RING_MS = 300_000


def check_site(site: Site, located: Located, today: date) -> list[Problem]:
    """Every contradiction between the parts of ``site``, placed by ``located``."""
    checks: tuple[Callable[[Site, Located], Iterator[Problem]], ...] = (
        _skills,
        _routed_queues,
        _unserved_queues,
        _preferences,
        _shifts,
        _fallback,
        _voices,
        _callbacks,
        _transfers,
        _sms,
        _mail,
        _phone_names,
        _trunk_sources,
        _dialled,
        _rtp_range,
        _ports,
        _services,
        _customers,
        check_campaigns,
        doubts,
    )
    problems = [problem for check in checks for problem in check(site, located)]
    for name, hours in site.hours.items():
        problems += check_hours(hours, ("hours", name), located, today)
    for name, shift in site.shifts.items():
        problems += check_hours(shift, ("shifts", name), located, today)
    return problems


def check_flows(site: Site, located: Located, known: Collection[str]) -> list[Problem]:
    """A problem for each number, and each campaign, whose flow is not among ``known``."""
    owners = (("numbers", site.numbers), ("campaigns", site.campaigns))
    named = [
        ((part, name, "flow"), each.flow) for part, all_ in owners for name, each in all_.items()
    ]
    return [
        located.problem(path, f"unknown flow {shown(flow)}, {did_you_mean(flow, sorted(known))}")
        for path, flow in named
        if flow is not None and flow not in known
    ]


def _skills(site: Site, located: Located) -> Iterator[Problem]:
    for part, owners in (("agents", site.agents), ("queues", site.queues)):
        for name, owner in owners.items():
            for skill in owner.skills.keys() - site.skills.keys():
                message = f"unknown skill, {did_you_mean(skill, site.skills)}"
                yield located.problem((part, name, "skills", skill), message, key=True)


def _routed_queues(site: Site, located: Located) -> Iterator[Problem]:
    for name, queue in site.queues.items():
        yield from check_routed(("queues", name), queue, site.skills, located)


def check_routed(
    path: Path, queue: Routed, skills: Collection[str] | None, located: Located
) -> Iterator[Problem]:
    """What is wrong with how a queue gets its agents, where these skills are known; None: any
    skill may be."""
    wrong = [*faults(queue.requires or "any", skills)]
    for fault in wrong:
        yield located.problem((*path, "requires"), fault.why, at=fault.at)
    if not wrong and demand_of(queue) == NOBODY:
        message = "contradicts the skills of this queue: nobody can ever meet both"
        yield located.problem((*path, "requires"), message)
    if queue.ring_timeout.ms > LONGEST_QUEUE_RING_MS:
        message = f"is {queue.ring_timeout}, at most 5m is allowed: one phone would keep the caller"
        yield located.problem((*path, "ring_timeout"), message)
    if "score" in queue.model_fields_set and "score" not in queue.strategy:
        message = "has no effect: the strategy of this queue is another"
        yield located.warning((*path, "score"), message, key=True)


def _unserved_queues(site: Site, located: Located) -> Iterator[Problem]:
    for name, queue in site.queues.items():
        if not queue.skills.keys() <= site.skills.keys():
            continue
        demand = demand_of(queue)
        if demand != NOBODY and not any(meets(a.skills, demand) for a in site.agents.values()):
            yield located.warning(("queues", name), "no agent has the skills for it", key=True)


def _preferences(site: Site, located: Located) -> Iterator[Problem]:
    for name, agent in site.agents.items():
        yield from check_preference(("agents", name), agent.prefers, site.queues, located)


def check_preference(
    path: Path, prefers: Prefers, known: Collection[str], located: Located
) -> Iterator[Problem]:
    """Queues that an agent prefers and that there are not."""
    for kind, queues in (("priority", prefers.priority), ("share", prefers.share)):
        for queue in sorted(queues.keys() - {*known}):
            message = f"unknown queue, {did_you_mean(queue, known)}"
            yield located.problem((*path, "prefers", kind, queue), message, key=True)


def _shifts(site: Site, located: Located) -> Iterator[Problem]:
    for name, agent in site.agents.items():
        for number, shift in enumerate(agent.shifts):
            if shift not in site.shifts:
                message = f"unknown shift {shown(shift)}, {did_you_mean(shift, site.shifts)}"
                yield located.problem(("agents", name, "shifts", number), message)


def _fallback(site: Site, located: Located) -> Iterator[Problem]:
    trunk = site.fallback.trunk
    if trunk not in site.trunks:
        message = f"unknown trunk {shown(trunk)}, {did_you_mean(trunk, site.trunks)}"
        yield located.problem(("fallback", "trunk"), message)
    for language in site.fallback.apology.keys() - set(site.languages):
        message = f"not a language of the site, {did_you_mean(language, site.languages)}"
        yield located.problem(("fallback", "apology", language), message, key=True)


def _voices(site: Site, located: Located) -> Iterator[Problem]:
    for language in site.voices.keys() - set(site.languages):
        message = f"not a language of the site, {did_you_mean(language, site.languages)}"
        yield located.problem(("voices", language), message, key=True)


def _callbacks(site: Site, located: Located) -> Iterator[Problem]:
    rules = site.callbacks
    if rules.trunk is not None and rules.trunk not in site.trunks:
        message = f"unknown trunk {shown(rules.trunk)}, {did_you_mean(rules.trunk, site.trunks)}"
        yield located.problem(("callbacks", "trunk"), message)
    if rules.hours is not None and rules.hours not in site.hours:
        message = f"unknown hours {shown(rules.hours)}, {did_you_mean(rules.hours, site.hours)}"
        yield located.problem(("callbacks", "hours"), message)
    if rules.ring_timeout.ms > LONGEST_RING_MS:
        message = f"is {rules.ring_timeout}, at most 1m is allowed: an agent waits with it"
        yield located.problem(("callbacks", "ring_timeout"), message)
    if rules.clock == "customer" and rules.hours is None:
        message = "says whose clock the hours are of, but there are no hours: name them in hours"
        yield located.problem(("callbacks", "clock"), message)
    if rules.sorry and site.sms is None:
        message = "is a text message, but the site sends none: say how in sms"
        yield located.problem(("callbacks", "sorry"), message, key=True)
    for field in ("greeting", "message", "sorry"):
        for language in getattr(rules, field).keys() - set(site.languages):
            message = f"not a language of the site, {did_you_mean(language, site.languages)}"
            yield located.problem(("callbacks", field, language), message, key=True)


def _transfers(site: Site, located: Located) -> Iterator[Problem]:
    trunk = site.transfers.trunk
    if trunk is not None and trunk not in site.trunks:
        message = f"unknown trunk {shown(trunk)}, {did_you_mean(trunk, site.trunks)}"
        yield located.problem(("transfers", "trunk"), message)
    ring = site.transfers.by_agents.ring_timeout
    if ring.ms > LONGEST_RING_MS:
        message = f"is {ring}, at most 1m is allowed: the caller waits"
        yield located.problem(("transfers", "by_agents", "ring_timeout"), message)
    for name, queue in site.queues.items():
        hours = queue.from_agents.hours
        if hours is not None and hours not in site.hours:
            message = f"unknown hours {shown(hours)}, {did_you_mean(hours, site.hours)}"
            yield located.problem(("queues", name, "from_agents", "hours"), message)


def _sms(site: Site, located: Located) -> Iterator[Problem]:
    if site.sms is None:
        return
    service = site.sms.service
    if service not in site.services:
        message = f"unknown service {shown(service)}, {did_you_mean(service, site.services)}"
        yield located.problem(("sms", "service"), message)
    part = part_no_form_has(site.sms)
    if part is not None:
        yield located.problem(("sms", "body", part), "is no text, and a form has nothing else")
    if not site.sms.allow:
        yield located.warning(("sms",), "allow is empty: no message can be sent", key=True)


def _mail(site: Site, located: Located) -> Iterator[Problem]:
    for name, mailbox in site.mailboxes.items():
        path, deliver = ("mailboxes", name, "deliver"), mailbox.deliver
        if deliver.email and site.mail is None:
            yield located.problem((*path, "email"), "the site has no mail server: write mail")
        if deliver.service is not None and deliver.service not in site.services:
            hint = did_you_mean(deliver.service, site.services)
            message = f"unknown service {shown(deliver.service)}, {hint}"
            yield located.problem((*path, "service"), message)
    mail = site.mail
    if mail is not None and (mail.user is None) != (mail.password is None):
        message = "user and password go together: write both, or neither"
        yield located.problem(("mail",), message, key=True)
    if mail is not None and mail.password is not None and mail.encryption == "none":
        message = "the password would go unencrypted over the network, use starttls or tls"
        yield located.warning(("mail", "encryption"), message)


def _phone_names(site: Site, located: Located) -> Iterator[Problem]:
    for part, names in (("agents", site.agents), ("trunks", site.trunks)):
        for name in _RESERVED & names.keys():
            message = "this name has a meaning of its own in Asterisk, choose another"
            yield located.problem((part, name), message, key=True)
    for name in site.trunks.keys() & site.agents.keys():
        yield located.problem(("trunks", name), "an agent has the same name", key=True)


def _trunk_sources(site: Site, located: Located) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for name, trunk in site.trunks.items():
        if not trunk.match and not is_ip(trunk.host):
            message = "is missing: the addresses that calls come from, as host is a name"
            yield located.problem(("trunks", name, "match"), message)
        for source in trunk.sources:
            if (owner := owners.setdefault(source, name)) != name:
                message = f"{source} already belongs to the trunk {owner}"
                yield located.problem(("trunks", name, "match"), message)


def _dialled(site: Site, located: Located) -> Iterator[Problem]:
    """Whatever a phone can dial must mean one thing."""
    taken: dict[str, str] = {}
    for path, dialled in _dialled_texts(site):
        owner = ".".join(str(part) for part in path)
        for text in dialled:
            if (other := taken.setdefault(text, owner)) != owner:
                yield located.problem(path, f"{shown(text)} already belongs to {other}")


def _dialled_texts(site: Site) -> Iterator[tuple[Path, list[str]]]:
    for name, code in site.codes.dialled:
        numbered = [f"{code}{n}" for n, _ in enumerate(site.pause_reasons, start=1)]
        yield ("codes", name), [code, *numbered] if name == "pause" else [code]
    for name, agent in site.agents.items():
        yield ("agents", name, "extension"), [agent.extension]
    for name, queue in site.queues.items():
        if queue.from_agents.number is not None:
            yield ("queues", name, "from_agents", "number"), [queue.from_agents.number]
    for name, code in site.codes.in_call:
        yield ("codes", "in_call", name), [code]


def _services(site: Site, located: Located) -> Iterator[Problem]:
    for name, service in site.services.items():
        if service.is_overheard and (service.sensitive or service.secrets):
            what = "sensitive values" if service.sensitive else "secrets"
            message = f"{what} would go unencrypted over the network, use https"
            yield located.warning(("services", name, "url"), message)


def _customers(site: Site, located: Located) -> Iterator[Problem]:
    for name in site.customers.fields:
        if name in KEPT | FOUND:
            message = "is known of every caller anyway, give the field another name"
            yield located.problem(("customers", "fields", name), message, key=True)


def _rtp_range(site: Site, located: Located) -> Iterator[Problem]:
    first, last = site.network.rtp_first, site.network.rtp_last
    if first % 2:
        message = f"is {first}, an even port is needed (RTP is even, RTCP the port above)"
        yield located.problem(("network", "rtp_first"), message)
    if last % 2 == 0:
        message = f"is {last}, an odd port is needed (RTCP of the last pair)"
        yield located.problem(("network", "rtp_last"), message)
    if first < 1024:
        message = f"is {first}, at least 1024 is needed"
        yield located.problem(("network", "rtp_first"), message)
    if last <= first:
        message = f"is {last}, a port above rtp_first ({first}) is needed"
        yield located.problem(("network", "rtp_last"), message)


def _ports(site: Site, located: Located) -> Iterator[Problem]:
    network = site.network
    yield from _clashes(
        located,
        {
            "ami_port": network.ami_port,
            "agi_port": network.agi_port,
            "http_port": network.http_port,
        },
    )
    udp = {"sip_port": network.sip_port}
    if network.trunk_port is not None and network.trunk_listener is not None:
        udp["trunk_port"] = network.trunk_port
    if network.trunk_address in (None, network.sip_address):
        yield from _clashes(located, udp)
    for name, port in udp.items():
        if network.rtp_first <= port <= network.rtp_last:
            message = f"{port} is inside the range for sound (rtp_first to rtp_last)"
            yield located.problem(("network", name), message)


def _clashes(located: Located, ports: dict[str, int]) -> Iterator[Problem]:
    taken: dict[int, str] = {}
    for name, port in ports.items():
        if (other := taken.setdefault(port, name)) != name:
            yield located.problem(("network", name), f"{port} is already the {other}")
