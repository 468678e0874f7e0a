"""How many calls a campaign places now: see docs/pacing.md, which drives a pacer alone."""

from routing.outbound.pacing.pace import Mode, Pace
from routing.outbound.pacing.pacer import Advice, Pacer, Seen

__all__ = ["Advice", "Mode", "Pace", "Pacer", "Seen"]
