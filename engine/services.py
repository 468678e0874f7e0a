"""What a call needs of the engine, gathered once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.switch import Switch
from config.site import Site
from engine.audio import Audio
from engine.chronicle import Chronicle
from engine.clock import Clock
from engine.metrics import Metrics
from engine.orders import CallOrders
from engine.ringer import SwitchRinger
from ivr.program import Program
from ivr.prompts.takes import Takes
from recordings.recorder import Recorder
from routing.router import Router


@dataclass
class Services:
    """The running parts that calls use. `site` and `flows` are replaced as wholes at a reload:
    a call under way keeps the flow that it began with."""

    node: str
    site: Site
    flows: Mapping[str, Program]
    switch: Switch
    router: Router
    ringer: SwitchRinger
    orders: CallOrders
    recorder: Recorder
    chronicle: Chronicle
    audio: Audio
    metrics: Metrics
    takes: Takes
    clock: Clock
    adopted: set[str] = field(default_factory=set)
    """Contacts of a former run whose conversation goes on in Asterisk, driven by no session."""
