"""What agents ask for, from the API or by keys, done on their conversations."""

from collections.abc import Callable

from desk.views import HandlingRefused, Json, Unavailable, Wish
from engine.calls.services import Services
from engine.transfers.party import Party
from engine.transfers.refusals import Refused
from engine.transfers.targets import read_target


class Handling:
    """Fills `desk.views.Handling`. Until `services` are there it is unavailable."""

    def __init__(self) -> None:
        self.services: Services | None = None

    async def handle(self, contact: str, wish: Wish) -> Json:
        """Do it, or raise HandlingRefused with nothing done."""
        if self.services is None:
            raise Unavailable("the engine is starting")
        try:
            party = self.services.parties.of(contact)
            await obey(self.services, party, wish)
        except Refused as refused:
            raise HandlingRefused(refused.code, str(refused)) from None
        return {"contact": contact, "agent": party.agent, "mode": party.table.mode.value}


async def obey(services: Services, party: Party, wish: Wish) -> None:
    """Do what an agent asks for. Raises Refused, with nothing done."""
    match wish.verb:
        case "transfer":
            target = read_target(services.site, wish.to)
            await party.transfer(target, wish.note, wish.keep_place)
        case "consult":
            await party.consult(read_target(services.site, wish.to), wish.note)
        case _:
            _at_once(party)[wish.verb]()


def _at_once(party: Party) -> dict[str, Callable[[], None]]:
    return {
        "conference": party.confer,
        "complete": party.complete,
        "cancel": party.cancel,
        "toggle": party.toggle,
        "hold": party.hold,
        "resume": party.resume,
        "hangup": party.hang_up,
    }
