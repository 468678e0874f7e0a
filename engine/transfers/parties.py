"""Every conversation that agents can change, by its contact, and the switch's news of its legs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from engine.transfers.refusals import NotInTalk
from routing.transfers import consulted_about

if TYPE_CHECKING:
    from engine.transfers.party import Party  # which is made of what has this


class Parties:
    """One for each caller who is in conversation, or on hold. News of others is dropped."""

    def __init__(self) -> None:
        self._by_contact: dict[str, Party] = {}

    @asynccontextmanager
    async def open(self, party: "Party") -> "AsyncIterator[Party]":
        """Meanwhile agents can change it."""
        self._by_contact[party.contact] = party
        try:
            yield party
        finally:
            if self._by_contact.get(party.contact) is party:
                del self._by_contact[party.contact]
            await party.rest()

    def of(self, contact: str) -> "Party":
        """The conversation of a contact. Raises NotInTalk."""
        party = self._by_contact.get(contact)
        if party is None:
            raise NotInTalk
        return party

    def of_agent(self, agent: str) -> "Party":
        """The conversation in which an agent has the caller. Raises NotInTalk."""
        for party in self._by_contact.values():
            if party.agent == agent:
                return party
        raise NotInTalk

    def leg_ended(self, contact: str, leg: str) -> None:
        """A channel of this contact is gone."""
        party = self._by_contact.get(contact)
        if party is not None:
            party.leg_ended(leg)

    def leg_parked(self, contact: str, leg: str) -> None:
        """A channel of this contact waits by itself."""
        party = self._by_contact.get(contact)
        if party is not None:
            party.parked(leg)

    def guest_up(self, contact: str, leg: str | None) -> None:
        """Somebody outside who is consulted has answered, or (None) will not."""
        party = self._by_contact.get(consulted_about(contact))
        if party is not None:
            party.guest_up(contact, leg)
