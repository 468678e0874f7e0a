"""What the switch is asked for a call to a lead."""

from __future__ import annotations

from bridge.events import CallLead
from config.site import Site
from engine.calls.stage import DIALED, STAGE
from engine.dialing import messages
from engine.dialing.calls import DialedCall
from engine.prompts.audio import Audio

SORRY = "TRK_SORRY"
"""The sound of the message, for the case that the engine is lost before anybody talks to them."""
NO_MORE = "TRK_NO_MORE"
"""The key in it for no more calls."""


async def order_of(site: Site, audio: Audio, call: DialedCall) -> CallLead:
    """The order; the message to whom nobody is there for is made before anybody is called.

    Raises SpeechError where it cannot be: then there is to be no call.
    """
    campaign = site.campaigns[call.campaign]
    language = messages.language_of(site, call.language)
    sorry = await audio.of(messages.sorry(site, campaign, language, call.caller_id))
    return CallLead(
        contact=call.contact,
        number=call.number,
        trunk=call.trunk,
        caller_number=call.caller_id,
        timeout_ms=campaign.ring_timeout.ms,
        variables=(
            ("TRK_CONTACT", call.contact),
            ("TRK_CAMPAIGN", call.campaign),
            ("TRK_LANGUAGE", language),
            (STAGE, DIALED),
            (SORRY, sorry),
            (NO_MORE, campaign.sorry.key),
        ),
    )
