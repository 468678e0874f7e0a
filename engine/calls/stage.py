"""What Asterisk's dialplan is told of a call, for the case that the engine is lost."""

STAGE = "TRK_STAGE"
"""The channel's variable. Its values are extensions of the context `engine-lost`."""

FLOW, TALKING, TRANSFER, HELD, RELAYED, DONE = (
    *("flow", "talking", "transfer"),
    *("held", "relayed", "done"),
)

PEER = "TRK_PEER"
"""The channel of the agent to whom a caller goes back whom the engine has left on hold."""
