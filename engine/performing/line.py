"""The call that a performer works on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bridge.agi.session import AgiSession
from engine.calls.callrecording import CallRecording
from engine.calls.services import Services
from engine.calls.voice import Voice
from engine.mailboxes.messages import CallMessages
from ivr.events import Event
from ivr.state import CallState
from routing.ringing import AgentLeg


@dataclass(frozen=True, slots=True)
class Line:
    """One caller's call: its channel, its voice, its recording, and the contact that it is."""

    services: Services
    session: AgiSession
    contact: str
    voice: Voice
    recording: CallRecording
    messages: CallMessages
    talk: Callable[[AgentLeg, int | None], Awaitable[bool]]
    """Joins the caller with an agent who has answered, for so many ms at most; False when that leg
    was gone before."""


Performer = Callable[[Line, Any, CallState], Awaitable[Event]]
"""Carries out one command and returns the event that answers it.

ChannelGone, PlaybackFailed and SpeechError may be raised: `Conversation` makes events of them.
"""
