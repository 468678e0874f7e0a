"""What agents key in a conversation: a code, after some of them a number and #.

The switch tells of every key of an agent's leg. No key is logged, and none is kept but those of a
code under way.
"""

import asyncio
from collections.abc import Callable

import structlog

from config.people import InCall
from desk.views import Wish
from engine.calls.services import Services
from engine.transfers.handling import obey
from engine.transfers.party import Party
from engine.transfers.refusals import NotInTalk, Refused
from engine.transfers.table import Mode

log = structlog.get_logger(__name__)

END = "#"
MOST_KEYS = 24
"""Of a number: more are no number."""
KEYING_S = 10.0
"""After so long without a key what was keyed is forgotten."""
WITH_NUMBER = frozenset({"transfer", "consult"})


class Keyed:
    """The keys of one leg, as far as they may be a code. Pure but for the clock that it is given.

    `key` gives what is asked for once it is complete: the code's name, and the number after it.
    """

    def __init__(self, codes: InCall, clock_s: Callable[[], float]) -> None:
        self._codes = {code: name for name, code in codes}
        self._clock_s = clock_s
        self._keys = ""
        self._last_s = 0.0

    def key(self, key: str) -> tuple[str, str] | None:
        """One more key."""
        now_s = self._clock_s()
        if now_s - self._last_s > KEYING_S or len(self._keys) > MOST_KEYS:
            self._keys = ""
        self._last_s = now_s
        self._keys += key
        name = self._codes.get(self._keys[:2])
        if name is None:
            # No code begins so: the key may begin another.
            self._keys = self._keys if len(self._keys) == 1 else key
            return None
        number = self._keys[2:]
        if name in WITH_NUMBER and not number.endswith(END):
            return None
        self._keys = ""
        return name, number.removesuffix(END)


class Keypad:
    """The keys of all agents in conversation."""

    def __init__(self, services: Services, tasks: asyncio.TaskGroup) -> None:
        self._services = services
        self._tasks = tasks
        self._legs: dict[str, Keyed] = {}

    def pressed(self, contact: str, leg: str, key: str) -> None:
        """A key of a channel of this contact; those of the caller and of guests do nothing."""
        party = self._party(contact, leg)
        if party is None:
            return
        keyed = self._legs.get(leg)
        if keyed is None:
            codes = self._services.site.codes.in_call
            clock_s = asyncio.get_running_loop().time
            keyed = self._legs[leg] = Keyed(codes, clock_s)
        asked = keyed.key(key)
        if asked is not None:
            self._tasks.create_task(self._obey(party, *asked))

    def leg_ended(self, leg: str) -> None:
        """What was keyed there is forgotten."""
        self._legs.pop(leg, None)

    def _party(self, contact: str, leg: str) -> Party | None:
        try:
            party = self._services.parties.of(contact)
        except NotInTalk:
            return None
        agent = party.table.agent
        return party if agent is not None and agent.leg == leg and party.agent else None

    async def _obey(self, party: Party, name: str, number: str) -> None:
        verb = name
        if name == "machine":
            if party.table.mode is Mode.TALK:
                self._services.callbacks.is_machine(party.contact)
            return
        if name == "hold" and party.table.mode is Mode.HOLD:
            verb = "resume"
        try:
            await obey(self._services, party, Wish(verb, number))
        except Refused as refused:
            log.info("agent_code_refused", agent=party.agent, what=verb, reason=refused.code)
