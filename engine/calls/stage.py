"""What Asterisk's dialplan is told of a call, for the case that the engine is lost."""

STAGE = "TRK_STAGE"
"""The channel's variable. Its values are extensions of the context `engine-lost`."""

FLOW, TALKING, TRANSFER, DONE = "flow", "talking", "transfer", "done"
