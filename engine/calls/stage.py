"""What Asterisk's dialplan is told of a call, for the case that the engine is lost."""

STAGE = "TRK_STAGE"
"""The channel's variable. Its values are extensions of the context `engine-lost`."""

FLOW, TALKING, TRANSFER = "flow", "talking", "transfer"
HELD, RELAYED, DONE = "held", "relayed", "done"
DIALED = "dialed"
"""A campaign's lead has answered, and talks to nobody yet."""
LOST, NO_MORE = "lost", "no_more"
"""And the dialplan has said the message: to whom it was said, and who then pressed the key."""
WITHOUT_ENGINE = frozenset({DIALED, LOST, NO_MORE})
"""Where an answered lead is whom no engine has met."""

PEER = "TRK_PEER"
"""The channel of the agent whom a caller is about to talk to, or goes back to from hold."""
BRIDGED = "BRIDGERESULT"
"""What came of the last bridge: SUCCESS once the two have talked (bridge_exec in main/features.c,
app_bridgeaddchan.c)."""


def about_to_talk(channel: str) -> tuple[str, ...]:
    """What `MSet` is told before the caller is joined with the agent's channel: if the engine dies
    in this moment, the dialplan joins them."""
    return f"{PEER}={channel}", f"{BRIDGED}=", f"{STAGE}={TALKING}"
