"""The text message to a customer who was called back in vain for the last time."""

import structlog

from config.numbers import e164
from config.site import Site
from engine.calls.story import Story
from engine.performing.sms import request_of
from engine.web.client import Web
from engine.web.exchange import NoReply
from ivr.commands import SendSms
from routing.callbacks import Promise

log = structlog.get_logger(__name__)

SENT, NOT_SENT = "sorry_sent", "sorry_not_sent"


async def send_sorry(site: Site, web: Web, story: Story, promise: Promise) -> str | None:
    """In the customer's language; what became of it, None where the site sends none.

    The gateway knows it by the contact: a message that is sent again after a crash is the same.
    """
    language = next((each for each in site.languages if each == story.language), site.languages[0])
    text, number = site.callbacks.sorry.get(language), e164(promise.number, site.country)
    if text is None or site.sms is None:
        return None
    if number is None or not site.sms.permit(number):
        log.warning("sorry_not_permitted", contact=story.id)
        return NOT_SENT
    request = request_of(site.sms, number, SendSms(number, text), f"callback-{story.id}")
    try:
        reply = await web.ask(request)
    except NoReply as failure:
        log.warning("sorry_not_sent", contact=story.id, reason=failure.outcome)
        return NOT_SENT
    if not 200 <= reply.status < 300:
        log.warning("sorry_not_taken", contact=story.id, status=reply.status)
        return NOT_SENT
    return SENT
