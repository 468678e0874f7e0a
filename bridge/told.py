"""What Asterisk tells, as the engine knows it: its events, one by one, made into typed ones.

Which of them the manager must let pass is told in `bridge.switch`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bridge.ami.message import AmiMessage
from bridge.events import (
    LEAD,
    AgentLegUp,
    CustomerUp,
    GuestUp,
    KeyPressed,
    LeadRinging,
    LeadUp,
    LegEnded,
    LegParked,
    LegTapped,
    LineUp,
    LineWaits,
    PhoneReachable,
    SettingsChanged,
    SwitchEvent,
    TransferUp,
)
from bridge.lines import Lines
from bridge.livechannels import number
from bridge.mutes import Mutes, way_of
from bridge.reachability import Reachability
from bridge.ringing import Rings

AGENT_UP_EVENT = "TrunklineAgentUp"
CUSTOMER_UP_EVENT = "TrunklineCustomerUp"
GUEST_UP_EVENT = "TrunklineGuestUp"
LEAD_UP_EVENT = "TrunklineLeadUp"
LINE_UP_EVENT = "TrunklineLineUp"
LINE_WAITS_EVENT = "TrunklineLineWaits"
PARKED_EVENT = "TrunklineLegParked"
TRANSFER_UP_EVENT = "TrunklineTransferUp"
NORMAL_CLEARING = 16
"""A cause of Q.850."""
RINGS, UP = "5", "6"
"""The state of a channel whose far end rings, or has answered: AST_STATE_RINGING and AST_STATE_UP
in channelstate.h. chan_pjsip sets the first on SIP 180, and not on 183 (Asterisk 22.10, measured).
"""


class Told:
    """Every event goes to ``tell``, in order; what is to be kept of it goes to those who keep it,
    which commands (`bridge.switch.Switch`) look into."""

    def __init__(
        self,
        tell: Callable[[SwitchEvent], None],
        rings: Rings,
        mutes: Mutes,
        lines: Lines,
        reachability: Reachability,
    ) -> None:
        self._tell = tell
        self._rings, self._mutes, self._lines = rings, mutes, lines
        self._reachability = reachability
        self._translations: dict[str, Callable[[AmiMessage], None]] = {
            "Hangup": self._hung_up,
            "OriginateResponse": self._originated,
            "UserEvent": self._user_event,
            "ContactStatus": self._contact_status,
            "DTMFEnd": self._key_pressed,
            "Newstate": self._state_changed,
            "Reload": self._settings_changed,
            "LogChannel": self._settings_changed,
            "MixMonitorStart": self._recorded,
            "MixMonitorMute": self._muted,
            "ChanSpyStart": self._spied_on,
        }

    def take(self, message: AmiMessage) -> None:
        """One event; those that say nothing to the engine are left."""
        translation = self._translations.get(message.event)
        if translation is not None:
            translation(message)

    def _hung_up(self, message: AmiMessage) -> None:
        ended = LegEnded(
            message["Channel"],
            message["Uniqueid"],
            message["Linkedid"],
            number(message.get("Cause", "")),
            message.get("Cause-txt", ""),
        )
        self._mutes.gone(ended.uniqueid)
        leg = self._lines.leg(ended.uniqueid)
        if self._lines.back(leg):
            self._ended(replace(ended, uniqueid=leg))
        self._tell(ended)
        if message.get("ChannelState", UP) != UP:
            self._rings.left_behind(ended.uniqueid, ended.cause)
        self._rings.hung_up(ended.uniqueid, ended.cause)

    def _ended(self, leg: LegEnded) -> None:
        self._tell(leg)
        self._rings.hung_up(leg.uniqueid, leg.cause)

    def _line_waits(self, message: AmiMessage) -> None:
        """Told twice where the engine's word and the end of a bridge met: the first one counts."""
        line, leg = message["Uniqueid"], message.get("Leg", "")
        if self._lines.line(leg) != line:
            return
        self._lines.back(leg)
        self._mutes.gone(line)
        cause = NORMAL_CLEARING, "the line waits"
        self._ended(LegEnded(message["Channel"], leg, message["Linkedid"], *cause))
        self._tell(LineWaits(line))

    def _originated(self, message: AmiMessage) -> None:
        success = message.response == "Success"
        reason = number(message.get("Reason", ""))
        self._rings.responded(message.get("Uniqueid", ""), success, reason)

    def _user_event(self, message: AmiMessage) -> None:
        kind = message.get("UserEvent", "")
        if kind == LEAD_UP_EVENT:
            self._rings.forget(message["Uniqueid"])
            self._tell(LeadUp(message["Uniqueid"].removesuffix(LEAD)))
        if kind == TRANSFER_UP_EVENT:
            self._tell(TransferUp(message["Contact"]))
        if kind == PARKED_EVENT:
            self._tell(LegParked(self._lines.leg(message["Uniqueid"])))
        if kind == LINE_WAITS_EVENT:
            self._line_waits(message)
        if kind == LINE_UP_EVENT:
            self._rings.forget(message["Uniqueid"])
            self._tell(_line_up(message))
        if kind in (AGENT_UP_EVENT, CUSTOMER_UP_EVENT, GUEST_UP_EVENT):
            leg = self._lines.leg(message["Uniqueid"])
            self._rings.forget(leg)
            self._tell(_leg_up(kind, message, leg))

    def _key_pressed(self, message: AmiMessage) -> None:
        if message.get("Direction", "") == "Received":
            self._tell(KeyPressed(self._lines.leg(message["Uniqueid"]), message["Digit"]))

    def _state_changed(self, message: AmiMessage) -> None:
        uniqueid = message["Uniqueid"]
        if message["ChannelState"] == RINGS and uniqueid.endswith(LEAD):
            self._tell(LeadRinging(uniqueid.removesuffix(LEAD)))

    def _settings_changed(self, message: AmiMessage) -> None:
        self._tell(SettingsChanged())

    def _muted(self, message: AmiMessage) -> None:
        channel, on = message["Uniqueid"], message["State"] == "1"
        others = self._mutes.told(channel, way_of(message["Direction"]), on)
        if others and not on:
            self._tell(LegTapped(self._lines.leg(channel)))

    def _recorded(self, message: AmiMessage) -> None:
        self._mutes.recorded(message["Uniqueid"])
        self._tell(LegTapped(self._lines.leg(message["Uniqueid"])))

    def _spied_on(self, message: AmiMessage) -> None:
        self._tell(LegTapped(self._lines.leg(message["SpyeeUniqueid"])))

    def _contact_status(self, message: AmiMessage) -> None:
        told = (message["EndpointName"], message["URI"], message["ContactStatus"])
        registered = self._reachability.registers(*told)
        reachable = self._reachability.change(*told)
        if reachable is not None or registered:
            now = self._reachability.reachable(told[0])
            self._tell(PhoneReachable(told[0], now, registered and now))


def _line_up(message: AmiMessage) -> LineUp:
    names = message.get("Contact", ""), message["Agent"]
    return LineUp(*names, message["Channel"], message["Uniqueid"], message["For"])


def _leg_up(kind: str, message: AmiMessage, uniqueid: str) -> AgentLegUp | CustomerUp | GuestUp:
    contact = message["Contact"]
    if kind == CUSTOMER_UP_EVENT:
        return CustomerUp(contact)
    if kind == GUEST_UP_EVENT:
        return GuestUp(contact, uniqueid)
    return AgentLegUp(contact, message["Agent"], message["Channel"], uniqueid)
