"""What the switch reports, told to routing, the ringer, the recordings and the stories."""

import asyncio
from collections import deque

import structlog

from bridge.events import (
    LEAD,
    AgentLegUp,
    CustomerNotReached,
    CustomerUp,
    GuestUp,
    KeyPressed,
    LeadNotReached,
    LeadRinging,
    LeadUp,
    LegEnded,
    LegParked,
    LegTapped,
    LineUp,
    LineWaits,
    LinkDown,
    LinkUp,
    PhoneReachable,
    RingFailed,
    SettingsChanged,
    SwitchEvent,
    TransferUp,
)
from engine.calls.recordings import Recordings
from engine.calls.services import Services
from engine.dialing.telling import lead_told, leg_over
from engine.transfers.keypad import Keypad
from history.outcome import EndedBy, Outcome
from routing.floor import LiveLegs
from routing.ringing import AgentLeg
from routing.transfers import is_consult

log = structlog.get_logger(__name__)


class Switchboard:
    """Takes every event in order. Until `open`, events wait: the state of a former run is
    taken up first."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self._tasks = tasks
        self._early: deque[SwitchEvent] = deque()
        self._services: Services | None = None
        self._recordings: Recordings | None = None
        self._keypad: Keypad | None = None
        self.first_link: asyncio.Future[LinkUp] = asyncio.get_running_loop().create_future()

    def open(self, services: Services, recordings: Recordings) -> None:
        """From now on events take effect; those that waited first."""
        self._services, self._recordings = services, recordings
        self._keypad = Keypad(services, self._tasks)
        while self._early:
            self._take(self._early.popleft(), services)

    def on_event(self, event: SwitchEvent) -> None:
        """The switch's callback."""
        if isinstance(event, LinkUp) and not self.first_link.done():
            self.first_link.set_result(event)
            return
        if self._services is None:
            self._early.append(event)
        else:
            self._take(event, self._services)

    def phones(self, link: LinkUp, services: Services) -> None:
        """Agents whose phones are registered are there; the others are not."""
        for phone in link.phones:
            if phone.endpoint in services.site.agents:
                services.router.phone_reachable(phone.endpoint, phone.reachable)

    def _take(self, event: SwitchEvent, services: Services) -> None:
        match event:
            case PhoneReachable(endpoint=endpoint, reachable=reachable):
                self._phone(endpoint, reachable, event.registered, services)
            case AgentLegUp() | RingFailed() | LineUp() | LineWaits():
                self._agents_leg(event, services)
            case CustomerUp() | CustomerNotReached() | GuestUp() | TransferUp():
                self._outside(event, services)
            case LeadRinging() | LeadUp() | LeadNotReached():
                lead_told(event, services.dialing, services.clock())
            case LegParked() | LegTapped() | KeyPressed() | LegEnded():
                self._of_leg(event, services)
            case LinkDown() | LinkUp() | SettingsChanged():
                self._asterisk(event, services)

    def _of_leg(
        self, event: LegParked | LegTapped | KeyPressed | LegEnded, services: Services
    ) -> None:
        match event:
            case LegParked(uniqueid=uniqueid):
                self._leg_parked(uniqueid, services)
            case LegTapped(uniqueid=uniqueid):
                services.pauses.tapped(uniqueid)
            case KeyPressed(uniqueid=uniqueid, digit=digit):
                self._key_pressed(uniqueid, digit, services)
            case LegEnded():
                self._leg_ended(event, services)

    def _agents_leg(
        self, event: AgentLegUp | RingFailed | LineUp | LineWaits, services: Services
    ) -> None:
        match event:
            case AgentLegUp():
                self._tasks.create_task(services.ringer.leg_up(event))
            case RingFailed():
                services.ringer.ring_failed(event)
            case LineUp(uniqueid=uniqueid):
                if not services.ringer.line_up(event):
                    services.open_lines.drop(uniqueid)
            case LineWaits(uniqueid=uniqueid):
                services.open_lines.waits(uniqueid)

    def _asterisk(self, event: LinkDown | LinkUp | SettingsChanged, services: Services) -> None:
        """Of no call, but of Asterisk itself."""
        match event:
            case LinkDown(reason=reason):
                services.metrics.ami_up.set(0)
                services.pauses.unwatched()
                log.error("ami_link_down", reason=reason)
            case LinkUp():
                services.safety.settings_changed()
                resuming = services.pauses.resume_left(event.channels)
                self._tasks.create_task(resuming, name="recordings that were paused")
                self._link_again(event, services)
            case SettingsChanged():
                services.safety.settings_changed()

    def _phone(self, endpoint: str, reachable: bool, registered: bool, services: Services) -> None:
        if endpoint in services.site.agents:
            services.router.phone_reachable(endpoint, reachable, registered=registered)

    def _transfer_up(self, contact: str, services: Services) -> None:
        services.orders.whispers.up(contact)
        story = services.chronicle.story(contact)
        if story is not None:
            services.chronicle.update(story.transfer_answered(services.clock()))

    def _outside(
        self,
        event: CustomerUp | CustomerNotReached | GuestUp | TransferUp,
        services: Services,
    ) -> None:
        match event:
            case TransferUp(contact=contact):
                self._transfer_up(contact, services)
            case GuestUp(contact=contact, uniqueid=uniqueid):
                services.parties.guest_up(contact, uniqueid)
            case CustomerNotReached(contact=contact) if is_consult(contact):
                services.parties.guest_up(contact, None)
            case CustomerNotReached(contact=contact, reason=reason):
                services.callbacks.calling.not_reached(contact, reason.value)
            case CustomerUp(contact=contact):
                services.callbacks.calling.up(contact)

    def _key_pressed(self, uniqueid: str, digit: str, services: Services) -> None:
        story = services.chronicle.story_of_leg(uniqueid)
        if story is None or self._keypad is None:
            services.keys.pressed(uniqueid, digit)
        else:
            self._keypad.pressed(story.id, uniqueid, digit)

    def _leg_parked(self, uniqueid: str, services: Services) -> None:
        story = services.chronicle.story_of_leg(uniqueid)
        if story is not None:
            services.parties.leg_parked(story.id, uniqueid)

    def _leg_ended(self, event: LegEnded, services: Services) -> None:
        now, chronicle = services.clock(), services.chronicle
        if event.uniqueid.endswith(LEAD):
            self._tasks.create_task(leg_over(event, services, now), name="end of a lead's call")
        agent = services.ringer.leg_ended(event.uniqueid)
        services.callbacks.calling.leg_ended(event.uniqueid)
        services.orders.whispers.leg_ended(event.uniqueid)
        services.open_lines.ended(event.uniqueid)
        adopted = self._adopted(event.uniqueid, services)
        if adopted is not None:
            self._adopted_caller_left(adopted, event.cause, services)
            return
        if told := chronicle.story_of_leg(event.uniqueid):
            # Whoever has the caller now has them before routing takes the conversation for over.
            services.parties.leg_ended(told.id, event.uniqueid)
            if self._keypad is not None:
                self._keypad.leg_ended(event.uniqueid)
        story = chronicle.story_of_leg(event.uniqueid)
        leg = story.leg_of(event.uniqueid) if story else None
        agent = agent or (leg.agent if leg else None)
        if agent is not None:
            services.router.leg_ended(agent, event.uniqueid)
        if story is None or leg is None:
            return
        if self._recordings is not None:
            self._recordings.leg_ended(story, leg, now)
        # Who has ended a conversation that outlived its engine is not told by whose leg ends first:
        # both do, when the caller hangs up. When the agent does, the caller's dialplan comes back.
        chronicle.leg_ended(event.uniqueid, event.cause)

    def _adopted(self, uniqueid: str, services: Services) -> str | None:
        """The contact whose caller's channel this is, if no session drives it."""
        contacts = (c for c in services.adopted if _line_of(c, services) == uniqueid)
        return next(contacts, None)

    def _adopted_caller_left(self, contact_id: str, cause: int, services: Services) -> None:
        """The caller of a conversation that outlived an earlier engine has hung up."""
        services.adopted.discard(contact_id)
        story = services.chronicle.story(contact_id)
        if story is None:
            return
        by = EndedBy.CALLER if story.in_conversation else EndedBy.AGENT
        now = services.clock()
        services.chronicle.update(story.conversation_ended(now, by))
        services.router.conversation_ended(contact_id)
        for leg in story.legs:
            if leg.ended_ms is None:  # it may have been on hold before, and waits to be fetched
                left = AgentLeg(leg.agent or "", leg.uniqueid)
                self._tasks.create_task(services.ringer.drop(left))
        if services.dialing is not None:
            services.dialing.ended(contact_id, now, by)
        outcome = Outcome.ANSWERED if story.talked else Outcome.TRANSFERRED
        services.chronicle.close(contact_id, outcome, by, cause)

    def _link_again(self, link: LinkUp, services: Services) -> None:
        """After a lost link: what ended meanwhile ends now, and phones are as they are now."""
        services.metrics.ami_up.set(1)
        services.metrics.ami_reconnects.inc()
        alive = {channel.uniqueid for channel in link.channels}
        for story in (*services.chronicle.stories(), *services.chronicle.parted()):
            for leg in story.legs:
                if leg.ended_ms is None and leg.uniqueid not in alive:
                    gone = LegEnded(
                        leg.channel, leg.uniqueid, story.id, 0, "while the link was down"
                    )
                    self._leg_ended(gone, services)
        for contact_id in tuple(services.adopted):
            if _line_of(contact_id, services) not in alive:
                self._adopted_caller_left(contact_id, 0, services)
        services.router.reconcile(LiveLegs(agents=alive))
        services.open_lines.take_up(link.channels)
        self.phones(link, services)


def _line_of(contact_id: str, services: Services) -> str:
    """The unique id of the channel that a contact's caller is on."""
    story = services.chronicle.story(contact_id)
    return story.line if story is not None else contact_id
