"""Whether the nodes of one site know the agents' phones by the same passwords.

A phone registers with every node by one password. Each node's `var` makes its own unless they are
copied, and then a phone that is refused by one node would look like any phone that is away.
"""

import hashlib
import json

from config.secrets import Secrets
from config.site import Site
from routing.client import RedisLink
from routing.store import DEAD_MS

_FIELD = "phones"


def digest_of(site: Site, secrets: Secrets) -> str:
    """Of the passwords of the site's agents, all together: it differs when any does, and none can
    be told from it."""
    passwords = {name: secrets.agents[name] for name in sorted(site.agents)}
    return hashlib.sha256(json.dumps(passwords).encode()).hexdigest()


async def told_otherwise(link: RedisLink, site: str, node: str, digest: str) -> list[str]:
    """Tell the other nodes this node's digest; the living ones that have told another, by name.

    Raises StoreAway.
    """
    prefix = f"trk:{{{site}}}:"
    await link.command("HSET", f"{prefix}node:{node}:about", _FIELD, digest)
    seconds, micros = await link.command("TIME")
    since_ms = int(seconds) * 1000 + int(micros) // 1000 - DEAD_MS
    living = await link.command("ZRANGEBYSCORE", f"{prefix}beats", since_ms, "+inf")
    others = sorted(name.decode() for name in living if name.decode() != node)
    told = await link.commands([("HGET", f"{prefix}node:{name}:about", _FIELD) for name in others])
    same = None, digest.encode()
    return [name for name, theirs in zip(others, told, strict=True) if theirs not in same]
