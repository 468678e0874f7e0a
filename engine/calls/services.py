"""What a call needs of the engine, gathered once."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from bridge.switch import Switch
from config.site import Site
from engine.calls.callbacks import Callbacks
from engine.calls.chronicle import Chronicle
from engine.calls.keys import Keys
from engine.calls.openlines import OpenLines
from engine.calls.orders import CallOrders
from engine.calls.recordings import Recordings
from engine.calls.rehearsals import Rehearsals
from engine.calls.ringer import SwitchRinger
from engine.clock import Clock
from engine.dialing.calls import DialedCalls
from engine.listening.own import Ears
from engine.mailboxes.messages import Messages
from engine.mailboxes.post import Post
from engine.metrics import Metrics
from engine.paying.pauses import RecordingPauses
from engine.paying.safety import PaymentSafety
from engine.prompts.audio import Audio
from engine.publishing.flows import Flows, Library
from engine.reporting.eventlog import EventLog
from engine.reporting.today import Today
from engine.transfers.parties import Parties
from engine.web.client import Web
from engine.workers import Workers
from history.customers import CustomerStore
from ivr.prompts.takes import Takes
from recordings.recorder import Recorder
from routing.router import Router

if TYPE_CHECKING:
    from engine.paying.takings import Takings  # which is made of what has this


class Sources(NamedTuple):
    """What is asked beside the switch and routing."""

    web: Web
    customers: CustomerStore
    workers: Workers
    post: Post


@dataclass
class Services:
    """The running parts that calls use. `site` and `flows` are replaced as wholes at a change:
    a call under way keeps the flow that it began with. `library` has the flows of older
    versions, for calls that were under way when this engine started."""

    node: str
    site: Site
    flows: Flows
    library: Library
    switch: Switch
    router: Router
    ringer: SwitchRinger
    orders: CallOrders
    open_lines: OpenLines
    callbacks: Callbacks
    recorder: Recorder
    recordings: Recordings
    messages: Messages
    chronicle: Chronicle
    audio: Audio
    metrics: Metrics
    takes: Takes
    sources: Sources
    clock: Clock
    events: EventLog
    today: Today
    safety: PaymentSafety
    keys: Keys = field(default_factory=Keys)
    pauses: RecordingPauses = field(init=False)
    parties: Parties = field(default_factory=Parties)
    takings: "Takings | None" = None
    """Payments that are being taken; None where this engine cannot."""

    ears: Ears = field(default_factory=Ears)
    """Where the audio of calls comes in whose answers are listened to."""

    dialing: DialedCalls | None = None
    """Calls of campaigns; None where this engine dials none."""

    rehearsals: Rehearsals | None = None
    """Only where calls may be given a world of their own."""

    adopted: set[str] = field(default_factory=set)
    """Contacts of a former run whose conversation goes on in Asterisk, driven by no session."""

    def __post_init__(self) -> None:
        self.pauses = RecordingPauses(self.switch)

    def take(self, flows: Flows) -> None:
        """Calls that start from now on run these flows."""
        self.flows = flows
        self.library.in_force(flows.version)
        self.metrics.flows_version.set(flows.version)
