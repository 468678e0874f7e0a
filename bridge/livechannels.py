"""The channels that there are, read from AMI's `Status`."""

from collections.abc import Mapping

from bridge.ami.message import AmiMessage
from bridge.events import LiveChannel

MUTED, LINE, LEG = "TRK_MUTED", "TRK_LINE", "TRK_LEG"
"""What was paused of a channel's recordings; what an open line was opened for, and the leg that it
is lent as."""
VARIABLES = ("TRK_CONTACT", "TRK_AGENT", "TRK_STAGE", MUTED, LINE, LEG)
_UNSET = "(null)"  # Asterisk prints a C NULL for a variable that a channel does not have


def live_channel(item: AmiMessage) -> LiveChannel:
    """One channel of the list."""
    notes = noted(item)
    channel, uniqueid = item["Channel"], item["Uniqueid"]
    return LiveChannel(
        channel=channel,
        uniqueid=notes[LEG] or uniqueid,
        linkedid=item["Linkedid"],
        endpoint=_endpoint(channel),
        up=item.get("ChannelStateDesc", "") == "Up",
        bridge_id=item.get("BridgeID", "") or None,
        contact=notes["TRK_CONTACT"],
        agent=notes["TRK_AGENT"],
        stage=notes["TRK_STAGE"],
        seconds=number(item.get("Seconds", "")),
        muted=notes[MUTED] is not None,
        line=uniqueid if notes[LINE] else "",
        line_for=notes[LINE] or "",
    )


def noted(item: AmiMessage) -> Mapping[str, str | None]:
    """What is set of VARIABLES on a channel; None: nothing."""
    pairs = dict(variable.partition("=")[::2] for variable in item.all("Variable"))
    values = {name: pairs.get(name, "") for name in VARIABLES}
    return {name: None if value in ("", _UNSET) else value for name, value in values.items()}


def number(text: str) -> int:
    """A whole number; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() else 0


def _endpoint(channel: str) -> str | None:
    """PJSIP/anna-0000002a is a channel of the endpoint anna."""
    technology, _, rest = channel.partition("/")
    return rest.rpartition("-")[0] if technology == "PJSIP" else None
