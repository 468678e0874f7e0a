"""What to ring for an assignment: the phone, what it shows, where the conversation is recorded."""

from pathlib import Path

import structlog

from bridge.events import RingAgent
from config.site import Site
from engine.calls.chronicle import Chronicle
from engine.calls.openlines import LINE, OPENS, OpenLines, is_line
from engine.calls.story import Story
from engine.calls.whispers import WHISPER, Whispers
from engine.clock import Clock
from engine.site_rules import recording_policy_of
from recordings.naming import RecordingName
from recordings.recorder import Recorder
from routing.matcher import Assignment
from routing.transfers import consulted_about, is_consult

log = structlog.get_logger(__name__)

RECORDING = "TRK_RECORDING"
NOTICE = "TRK_NOTICE"
CONSULT = "TRK_CONSULT"
"""An agent's leg that has it waits to be joined with the agent who asks."""
LINE_NAME = "Open line"
"""What the phone shows of a ring that opens a line."""


class CallOrders:
    """The engine's knowledge of a ring: the caller, the recording."""

    def __init__(
        self,
        site: Site,
        chronicle: Chronicle,
        recorder: Recorder,
        clock: Clock,
        lines: OpenLines,
        *,
        notice: str = "",
    ) -> None:
        """`notice` is the sound that tells an agent of a callback, without its extension."""
        self.site = site
        self.whispers = Whispers()
        self._notice = notice
        self._chronicle = chronicle
        self._recorder = recorder
        self._clock = clock
        self._lines = lines

    def order(self, assignment: Assignment, channel_id: str, timeout_ms: int) -> RingAgent:
        """The order; its recording's file is made, for Asterisk to write."""
        contact, agent = assignment.contact, assignment.agent.id
        if is_line(contact.id):
            return self._line(assignment, channel_id, timeout_ms)
        variables = [("TRK_CONTACT", contact.id), ("TRK_AGENT", agent)]
        story = self._chronicle.story(consulted_about(contact.id))
        queue = contact.queue or contact.of_queue
        if story is not None:
            now = self._clock()
            if is_consult(contact.id):
                variables.append((CONSULT, "yes"))
                rung, queue = story.guest_rung(now, channel_id, agent), story.queue or ""
            else:
                rung = story.rung(now, agent, channel_id)
            story = self._recorded(rung, queue)
            self._chronicle.update(story)
            if channel_id in story.recordings:
                variables.append((RECORDING, story.recordings[channel_id]))
        # Who was promised a callback and waits on the line is a caller like others.
        promise = story.promise if story is not None and not contact.leg else None
        caller = story.caller if story is not None else None
        if promise is not None and not promise.customer_first:
            variables.append((NOTICE, self._notice))
        if self.whispers.of(contact.id) is not None:
            variables.append((WHISPER, "yes"))
        return RingAgent(
            contact=contact.id,
            agent=agent,
            endpoint=assignment.agent.phone,
            channel_id=channel_id,
            caller_name=(story.note if story is not None else None) or queue,
            caller_number=(promise.number if promise is not None else caller) or "",
            timeout_ms=timeout_ms,
            variables=tuple(variables),
        )

    def in_vain(self, order: RingAgent) -> None:
        """Nobody answered: the empty file goes."""
        for name, value in order.variables:
            if name == RECORDING:
                Path(value).unlink(missing_ok=True)

    def _line(self, assignment: Assignment, channel_id: str, timeout_ms: int) -> RingAgent:
        contact, agent = assignment.contact.id, assignment.agent
        asked_by = self._lines.asked_for(agent.id)
        variables = (OPENS, contact), ("TRK_AGENT", agent.id), (LINE, asked_by)
        shown = LINE_NAME, ""
        order = (contact, agent.id, agent.phone, channel_id, *shown, timeout_ms)
        return RingAgent(*order, variables, opens=True)

    def _recorded(self, story: Story, queue: str) -> Story:
        """The story with a place for the recording of its newest leg; each ring has its own."""
        leg = story.legs[-1]
        wanted = story.record
        if wanted is None:
            wanted = recording_policy_of(self.site).records(queue)
        if not wanted:
            return story
        try:
            name = RecordingName(story.id, story.next_recording)
            path = self._recorder.begin(name, leg.started_ms)
        except OSError as error:
            # The conversation goes on unrecorded rather than not at all; the log is watched.
            log.error("recording_not_begun", contact=story.id, errno=error.errno)
            return story
        return story.recorded(leg.uniqueid, str(path))
