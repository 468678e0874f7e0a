"""What goes on the calling card: addresses and sample credentials of this instance."""

from config.secrets import SANDBOX_SECRETS, Secrets
from config.site import Site
from engine.card import Card
from engine.settings import Settings


def _sandbox(site: Site) -> Card | None:
    """Where payments go that move no money."""
    if site.payments is None or site.payments.sandbox is None:
        return None
    return {"url": site.payments.provider.url, "key": SANDBOX_SECRETS["sandbox_key"]}


def contents(settings: Settings, site: Site, secrets: Secrets, pid: int) -> Card:
    """The card of an instance that is up."""
    network, layout = site.network, settings.layout
    trunk_host, trunk_port = network.trunk_listener or (network.sip_address, network.sip_port)
    return {
        "site": site.site,
        "node": settings.node,
        "pid": pid,
        "numbers": list(site.numbers),
        "sip": {
            "address": f"{network.sip_address}:{network.sip_port}",
            "trunk": f"{trunk_host}:{trunk_port}",
        },
        "trunks": [
            {"name": name, "host": trunk.host, "port": trunk.port}
            for name, trunk in site.trunks.items()
        ],
        "fallback": site.fallback.number,
        "agents": [
            {
                "user": name,
                "password": secrets.agents[name],
                "domain": network.sip_address,
                "port": network.sip_port,
                "extension": agent.extension,
                "skills": dict(agent.skills),
            }
            for name, agent in site.agents.items()
        ],
        "codes": site.codes.model_dump(),
        "ami": {"address": f"127.0.0.1:{network.ami_port}"},
        "agi": {"address": f"127.0.0.1:{network.agi_port}"},
        "api": {
            "url": f"http://{network.http_address}:{network.http_port}",
            "token": secrets.api,
        },
        "sandbox": _sandbox(site),
        "logs": str(layout.logs),
        "recordings": str(layout.root / site.recording.directory),
    }
