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
"""The channel of the agent to whom a caller goes back whom the engine has left on hold."""
