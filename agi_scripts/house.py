"""What the entry points need of the engine, as a port."""

from typing import Protocol

from bridge.agi.session import AgiSession


class House(Protocol):
    """The engine, seen from a script that Asterisk's dialplan calls."""

    async def take_call(self, session: AgiSession, called: str) -> None:
        """Run the flow of a called number until the call ends."""
        ...

    async def take_back(self, session: AgiSession, contact_id: str) -> None:
        """Go on with a contact whose conversation outlived an earlier engine."""
        ...

    async def called_back(self, session: AgiSession, contact_id: str) -> None:
        """Join a customer who is called back, and has answered, with the agent who waits."""
        ...

    async def lead_answered(self, session: AgiSession, contact_id: str) -> None:
        """Meet somebody whom a campaign has called. A call that is not known is left to the
        dialplan, which says who has called."""
        ...

    async def whisper(self, session: AgiSession, contact_id: str) -> None:
        """Tell who has answered of the caller, and note on the channel whether they accept."""
        ...

    async def agent_code(self, session: AgiSession, code: str, agent: str, reason: str) -> None:
        """Carry out a short code that an agent dialled, and say what came of it."""
        ...
