"""The switch in a test's hand: it takes every order, and tells what it was asked."""

from bridge.errors import BridgeError, LinkDown
from bridge.events import CallCustomer, CallLead, Parking, Phone, RingAgent, Running


class FakeSwitch:
    """What `bridge.switch.Switch` is to the engine; `down` makes every order raise LinkDown."""

    def __init__(self) -> None:
        self.up = True
        self.down = False
        self.rung: list[RingAgent] = []
        self.called: list[CallCustomer] = []
        self.dialed: list[CallLead] = []
        self.dial_fails: BridgeError | None = None
        self.hung_up: list[str] = []
        self.stopped: list[str] = []
        self.limited: list[tuple[str, int]] = []
        self.reloaded: list[str] = []
        self.parked: list[tuple[str, str]] = []
        self.joined: list[tuple[str, str]] = []
        self.relayed: list[tuple[str, str, str]] = []
        self.endpoints: list[Phone] = []
        self.muted: list[tuple[str, bool]] = []
        self.doing: list[Running] = []

    async def ring(self, order: RingAgent) -> None:
        """As Switch.ring."""
        self._require_link()
        self.rung.append(order)

    async def call(self, order: CallCustomer) -> None:
        """As Switch.call."""
        self._require_link()
        self.called.append(order)

    async def dial(self, order: CallLead) -> None:
        """As Switch.dial."""
        self._require_link()
        if self.dial_fails is not None:
            raise self.dial_fails
        self.dialed.append(order)

    async def hangup(self, channel: str, cause: int = 16) -> bool:
        """As Switch.hangup."""
        self._require_link()
        self.hung_up.append(channel)
        return True

    async def limit(self, channel: str, seconds: int) -> bool:
        """As Switch.limit."""
        self._require_link()
        self.limited.append((channel, seconds))
        return True

    async def park(self, leg: str, hears: Parking) -> bool:
        """As Switch.park."""
        self._require_link()
        self.parked.append((leg, hears.value))
        return True

    async def relay(self, leg: str, socket: str, server: str) -> bool:
        """As Switch.relay."""
        self._require_link()
        self.relayed.append((leg, socket, server))
        return True

    async def join(self, leg: str, other: str) -> bool:
        """As Switch.join."""
        self._require_link()
        self.joined.append((leg, other))
        return True

    async def consult(self, order: CallCustomer) -> None:
        """As Switch.consult."""
        self._require_link()
        self.called.append(order)

    async def stop_playback(self, channel: str) -> bool:
        """As Switch.stop_playback."""
        self._require_link()
        self.stopped.append(channel)
        return True

    async def mute_recordings(self, channel: str, on: bool) -> bool:
        """As Switch.mute_recordings."""
        self._require_link()
        self.muted.append((channel, on))
        return True

    async def running(self) -> tuple[Running, ...]:
        """As Switch.running."""
        self._require_link()
        return tuple(self.doing)

    async def reload(self, *modules: str) -> None:
        """As Switch.reload."""
        self._require_link()
        self.reloaded += modules

    async def phones(self) -> tuple[Phone, ...]:
        """As Switch.phones."""
        self._require_link()
        return tuple(self.endpoints)

    def _require_link(self) -> None:
        if self.down:
            raise LinkDown("as the test wants it")
