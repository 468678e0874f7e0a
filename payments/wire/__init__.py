"""How requests with a card in them go to a provider: built in bytearrays, sent from them."""

from payments.wire.bodies import Body, form, json_body
from payments.wire.https import HttpsWire
from payments.wire.message import Wire, WireReply, WireRequest

__all__ = ["Body", "HttpsWire", "Wire", "WireReply", "WireRequest", "form", "json_body"]
