"""Asterisk as the engine sees it: typed commands in, typed events out.

This is the only place that knows which AMI actions and events these are. The manager's user
needs `read = system,call,user,dtmf` and `write = system,call,originate`, and its event filter
must let pass: FullyBooted, OriginateResponse, UserEvent, Hangup, ContactStatus, Reload, LogChannel,
MixMonitorStart, MixMonitorMute, ChanSpyStart, DTMFEnd of digits received from agents, and from
callers while they are in a queue that they may leave by key, and Newstate of a lead's channel that
rings. All others may be filtered away.
"""

import asyncio
import random as _random
import re
from collections.abc import Callable
from dataclasses import replace

from bridge import errors
from bridge.ami.client import AmiClient
from bridge.ami.link import Connector, tcp
from bridge.ami.message import AmiMessage
from bridge.ami.settings import AmiSettings
from bridge.events import (
    CallCustomer,
    CallLead,
    LinkDown,
    LinkUp,
    LiveChannel,
    Parking,
    Phone,
    RingAgent,
    Running,
    SwitchEvent,
)
from bridge.lines import Lines
from bridge.livechannels import LEG, MUTED, VARIABLES, live_channel, noted
from bridge.mutes import Mutes, Way, way_of
from bridge.originate import (
    AGENT_LEG_CONTEXT,
    AGENT_LEG_EXTENSION,
    agent_fields,
    common_fields,
    outside_fields,
)
from bridge.quoting import ami_channel, ami_variable, safe_text
from bridge.reachability import Reachability
from bridge.ringing import Order, Rings
from bridge.told import NORMAL_CLEARING, Told

LINE_BACK_EXTENSION = "end"
ENDS = "TRK_ENDS"
"""The leg, over an open line, that is to end (see `agent-leg` in extensions.conf)."""
OF_A_CONTACT = ("TRK_NOTICE", "TRK_WHISPER", "TRK_ACCEPTED", "TRK_CONSULT", "TRK_RECORDING")
"""What a leg may have been told for one contact, and an open line must not be for the next."""
CUSTOMER_LEG_CONTEXT = "customer-leg"
LEAD_LEG_CONTEXT = "dialed-leg"
GUEST_LEG_CONTEXT = "guest-leg"
RELAY_EXTENSION = "relay"
RELAY = "TRK_RELAY"
"""Where an agent's leg goes in a capture: the arguments of `AudioSocket`."""
KEYS, HEARD = "TRK_KEYS", "heard"
"""The manager tells of the keys of channels that have this variable with this value, and of no
others: see eventfilter in manager.conf."""
ASK_AGAIN_S = 0.02
"""How long after a leg that is to be hung up had no channel yet it is looked for again."""

_NO_PHONE = {"Unavailable", "Invalid", "Unknown"}
_GONE = re.compile(r"^No such channel$|^Channel[12]? does not exist|channel not up|Unable to add")
"""What actions say of a channel that is gone, or about to be: `action_hangup()`,
`action_redirect()` in main/manager.c, `action_bridge()` in main/features.c."""
_NO_HOOKS = "Cannot set mute flag"
"""Of a channel that nobody records or listens to (`manager_mute_mixmonitor()` in
apps/app_mixmonitor.c, `ast_audiohook_set_mute_all()` in main/audiohook.c)."""


class Switch:
    """One Asterisk. Every event goes to `on_event`, in order, beginning with LinkUp.

    LinkUp carries the state of phones and channels, read after each login; events that Asterisk
    raised while it was read follow it. Commands raise the errors of `AmiClient.action()`.
    """

    def __init__(
        self,
        settings: AmiSettings,
        on_event: Callable[[SwitchEvent], None],
        *,
        connect: Connector = tcp,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._tell = on_event
        self._rings = Rings(on_event)
        self._mutes = Mutes()
        self._lines = Lines()
        self._reachability = Reachability()
        told = Told(on_event, self._rings, self._mutes, self._lines, self._reachability)
        self._ami = AmiClient(
            replace(settings, keys_by=KEYS),
            on_event=told.take,
            on_up=self._link_up,
            on_down=self._link_down,
            connect=connect,
            random=random,
        )

    @property
    def up(self) -> bool:
        """True while Asterisk is connected and its state is known."""
        return self._ami.up

    @property
    def keys_filtered(self) -> bool:
        """True while Asterisk tells us no keys but those of channels that have KEYS."""
        return self._ami.keys_filtered

    async def start(self) -> None:
        """Return after the first LinkUp; LoginRejected if Asterisk refuses the login."""
        await self._ami.start()

    async def stop(self) -> None:
        """Leave Asterisk; calls in it go on. Nothing is told after this."""
        self._rings.forget_all()
        await self._ami.stop()

    async def ring(self, order: RingAgent) -> None:
        """Have Asterisk ring an agent; return when it has taken the order.

        If this returns, AgentLegUp or RingFailed is told, at the earliest just before it returns;
        if it raises, RingFailed is not. After ActionTimeout or LinkDown the leg may ring all the
        same: hang up `channel_id`, or meet its AgentLegUp. A line that is opened tells LineUp in
        place of AgentLegUp.
        """
        if order.line:
            await self._lend(order)
        else:
            await self._originate(order, [*agent_fields(order), ami_variable(KEYS, HEARD)])

    async def _lend(self, order: RingAgent) -> None:
        leg, line = order.channel_id, order.line
        told = dict.fromkeys(OF_A_CONTACT, "") | dict(order.variables) | {LEG: leg}
        self._rings.ordered(order)
        self._lines.lend(leg, line)
        try:
            taken = await asyncio.gather(
                *(self._note(line, name, value) for name, value in told.items())
            )
            gone = not all(taken) or not await self._send(line, AGENT_LEG_EXTENSION)
        except BaseException:
            self._rings.forget(leg)
            raise
        if not self._rings.taken(leg):
            raise errors.LinkDown("lost while a line was lent")
        self._rings.responded(leg, True, 0)
        if gone:
            self._lines.back(leg)
            self._rings.hung_up(leg, NORMAL_CLEARING)

    async def call(self, order: CallCustomer) -> None:
        """Have Asterisk call a customer, in the way of `ring`: once the customer answers, the
        leg's dialplan asks the engine by AGI, and CustomerUp is told; CustomerNotReached if not."""
        await self._originate(order, outside_fields(order, CUSTOMER_LEG_CONTEXT))

    async def dial(self, order: CallLead) -> None:
        """Have Asterisk call a lead, in the way of `ring`: LeadRinging is told when the phone
        rings, LeadUp once somebody answers, LeadNotReached if nobody does. `hangup` ends one that
        still rings, by the order's `channel_id`.

        ActionFailed alone says that nobody is called. After any other error, and when the link is
        lost later, the call may go on, and its leg asks by AGI once it is answered; one of which
        nothing is heard any more is told as failed after its ring time.
        """
        if not order.caller_number:
            raise errors.UnsafeValue("CallerID", "a lead is shown who calls")
        await self._originate(order, outside_fields(order, LEAD_LEG_CONTEXT))

    async def consult(self, order: CallCustomer) -> None:
        """Have Asterisk call somebody outside whom an agent asks for, in the way of `call`: GuestUp
        is told once they answer, and their leg then waits as a parked one."""
        await self._originate(order, outside_fields(order, GUEST_LEG_CONTEXT))

    async def _originate(self, order: Order, leg: list[tuple[str, str]]) -> None:
        fields = [*leg, *common_fields(order)]
        self._rings.ordered(order)
        try:
            await self._ami.action("Originate", *fields)
        except errors.ActionFailed:
            self._rings.forget(order.channel_id)
            raise
        except BaseException:  # a cancellation, too, ends the interest in the leg
            self._rings.doubt(order.channel_id)
            raise
        if not self._rings.taken(order.channel_id):
            raise errors.LinkDown("lost while a leg was ordered")

    async def hangup(self, channel: str, cause: int = NORMAL_CLEARING) -> bool:
        """Hang up a channel, by name or unique id; False if it is already gone. A leg that is
        ordered, by its unique id, is hung up once Asterisk has made its channel. A leg over an open
        line ends, and the line waits."""
        if self._lines.line(channel) is not None:
            return await self._take_back(channel)
        while not await self._on_channel("Hangup", channel, ("Cause", str(cause))):
            if channel not in self._rings:
                return False
            await asyncio.sleep(ASK_AGAIN_S)
        return True

    async def _take_back(self, leg: str) -> bool:
        """The dialplan tells of the end, once or twice: when this comes, it may be on its way."""
        line = self._lines.channel(leg)
        there = await self._note(line, ENDS, leg)
        # Meanwhile the line may have come back by itself, and be another leg.
        return (
            there and self._lines.line(leg) == line and await self._send(line, LINE_BACK_EXTENSION)
        )

    async def park(self, leg: str, hears: Parking) -> bool:
        """Take a leg from whoever it talks to, to wait by itself until it is joined or fetched;
        LegParked is told once it does. False if it is already gone. Who it talked to goes on in
        their dialplan (ast_async_goto in main/pbx.c ends the leg's stay in its bridge)."""
        return await self._send(leg, hears.value)

    async def relay(self, leg: str, socket: str, server: str) -> bool:
        """Take a leg from whoever it talks to, to the AudioSocket server with this address, by the
        id ``socket``; LegParked is told once that is over. False if it is already gone."""
        there = await self._note(leg, RELAY, f"{socket},{server}")
        return there and await self._send(leg, RELAY_EXTENSION)

    async def join(self, leg: str, other: str) -> bool:
        """Have two legs that are parked talk to each other; False if one is gone."""
        _, one = ami_channel(self._lines.channel(leg))
        _, two = ami_channel(self._lines.channel(other))
        try:
            await self._ami.action("Bridge", ("Channel1", one), ("Channel2", two))
        except errors.ActionFailed as error:
            if _GONE.search(error.answer):
                return False
            raise
        return True

    async def limit(self, channel: str, seconds: int) -> bool:
        """Have Asterisk hang up a channel after so long; False if it is already gone."""
        return await self._on_channel("AbsoluteTimeout", channel, ("Timeout", str(seconds)))

    async def stop_playback(self, channel: str) -> bool:
        """Cut short what is being played to a channel; False if the channel is gone."""
        return await self._on_channel("ControlPlayback", channel, ("Control", "stop"))

    async def phones(self) -> tuple[Phone, ...]:
        """Return every endpoint, and whether it can be rung."""
        endpoints = await self._list("PJSIPShowEndpoints")
        return tuple(
            Phone(item["ObjectName"], item.get("DeviceState", "") not in _NO_PHONE)
            for item in endpoints
        )

    async def channels(self) -> tuple[LiveChannel, ...]:
        """Return every channel, with what the engine noted on it."""
        items = await self._ami.collect("Status", ("Variables", ",".join(VARIABLES)))
        for item in items:
            if note := noted(item)[MUTED]:
                self._mutes.noted(item["Uniqueid"], way_of(note))
        return tuple(live_channel(item) for item in items)

    async def mute_recordings(self, leg: str, on: bool) -> bool:
        """Have every MixMonitor on a leg (its unique id) write silence, or sound again but for
        what others have muted; False if the channel is gone. When this returns they do: Asterisk
        answers when it has told each.

        It is noted on the channel first, so that an engine that finds the note, and no capture, can
        have them write sound again.
        """
        channel = self._lines.channel(leg)
        untouched = self._mutes.untouched(channel)
        note = untouched.word if on else ""
        if on and not await self._note(channel, MUTED, note):
            return False
        there = await self._mute(channel, Way.BOTH if on else untouched, on)
        return there and (on or await self._note(channel, MUTED, note))

    async def _mute(self, channel: str, way: Way, on: bool) -> bool:
        if not way:
            return True
        how = ("Direction", way.word), ("State", "1" if on else "0")
        self._mutes.ordered(channel, way, on)
        try:
            there = await self._on_channel("MixMonitorMute", channel, *how)
        except errors.ActionFailed as error:
            self._mutes.refused(channel, way, on)
            if error.answer != _NO_HOOKS:
                raise
            return True
        if not there:
            self._mutes.gone(channel)
        return there

    async def running(self) -> tuple[Running, ...]:
        """What each channel is doing."""
        return tuple(
            Running(
                *(item["Channel"], item["Uniqueid"]),
                *(item.get("Application", ""), item.get("ApplicationData", "")),
            )
            for item in await self._ami.collect("CoreShowChannels")
        )

    async def reload(self, *modules: str) -> None:
        """Have Asterisk read the configuration of these modules again, one after the other."""
        for module in modules:
            await self._ami.action("Reload", ("Module", module))

    async def _note(self, leg: str, name: str, value: str) -> bool:
        note = ("Variable", name), ("Value", safe_text(name, value))
        return await self._on_channel("Setvar", leg, *note)

    async def _send(self, leg: str, extension: str) -> bool:
        """To another place in the dialplan of agents' legs."""
        place = ("Context", AGENT_LEG_CONTEXT), ("Exten", extension), ("Priority", "1")
        return await self._on_channel("Redirect", leg, *place)

    async def _on_channel(self, action: str, leg: str, *fields: tuple[str, str]) -> bool:
        try:
            await self._ami.action(action, ami_channel(self._lines.channel(leg)), *fields)
        except errors.ActionFailed as error:
            if _GONE.search(error.answer):
                return False
            raise
        return True

    async def _list(self, action: str) -> list[AmiMessage]:
        try:
            return await self._ami.collect(action)
        except errors.ActionFailed as error:
            # An empty list is an error to chan_pjsip: "No Contacts found", "No endpoints found".
            if error.answer.startswith("No ") and error.answer.endswith(" found"):
                return []
            raise

    async def _link_up(self) -> None:
        contacts = await self._list("PJSIPShowContacts")
        self._reachability.begin(
            (item.get("Endpoint", ""), item.get("Uri", ""), item.get("Status", ""))
            for item in contacts
        )
        # One source for what is reachable, now and in the events that follow: a phone that is
        # called dead here, and known as alive there, would never be told to be alive.
        phones = tuple(
            Phone(item["ObjectName"], self._reachability.reachable(item["ObjectName"]))
            for item in await self._list("PJSIPShowEndpoints")
        )
        channels = await self.channels()
        self._lines.forget_all()
        for channel in channels:
            if channel.line and channel.uniqueid != channel.line:
                self._lines.lend(channel.uniqueid, channel.line)
        self._tell(LinkUp(phones, channels))

    def _link_down(self, reason: str) -> None:
        self._mutes.link_lost()
        self._tell(LinkDown(reason))
        self._rings.link_lost()
