"""Whether the nodes of one site know the agents' phones by the same passwords.

A phone registers with every node by one password. Each node's `var` makes its own unless they are
copied, and then a phone that is refused by one node would look like any phone that is away.
"""

import hashlib
import json

from config.secrets import Secrets
from config.site import Site

PHONES = "phones"
"""As what nodes tell each other the digest (`Store.differing`)."""


def digest_of(site: Site, secrets: Secrets) -> str:
    """Of the passwords of the site's agents, all together: it differs when any does, and none can
    be told from it."""
    passwords = {name: secrets.agents[name] for name in sorted(site.agents)}
    return hashlib.sha256(json.dumps(passwords).encode()).hexdigest()
