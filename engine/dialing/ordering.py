"""What the switch is asked for a call to a lead."""

from __future__ import annotations

import structlog

from bridge.errors import ActionFailed, AmiError, UnsafeValue
from bridge.events import CallLead
from config.site import Site
from engine.calls.services import Services
from engine.calls.stage import DIALED, STAGE
from engine.dialing import messages
from engine.dialing.calls import DialedCall
from engine.prompts.audio import Audio
from ivr.errors import SpeechError

SORRY = "TRK_SORRY"
"""The sound of the message, for the case that the engine is lost before anybody talks to them."""
NO_MORE = "TRK_NO_MORE"
"""The key in it for no more calls."""

log = structlog.get_logger(__name__)


class SwitchCarrier:
    """Calls leads by the switch."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def prepare(self, call: DialedCall) -> CallLead | None:
        """All that takes time; None where the message cannot be said that must be."""
        services = self._services
        try:
            return await order_of(services.site, services.audio, call)
        except SpeechError as error:
            log.error("message_not_made", campaign=call.campaign, error=str(error))
            return None

    async def dial(self, ready: CallLead) -> bool:
        """False: nobody is called. Of a call of which that is not known, what becomes of it is told
        as of any other."""
        switch = self._services.switch
        if not switch.up:
            return False
        try:
            await switch.dial(ready)
        except (ActionFailed, UnsafeValue) as error:
            log.error("lead_not_called", contact=ready.contact, code=error.code)
            return False
        except AmiError as error:
            log.warning("lead_perhaps_called", contact=ready.contact, code=error.code)
        return True


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
