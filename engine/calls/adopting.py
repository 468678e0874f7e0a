"""What a dead node had promised is kept by another: the callbacks of its callers.

A caller of a dead engine is with Asterisk, which apologises and calls the fallback; a conversation
goes on there, and the engine that comes back tells how it ended. So only who waits to be called
back is taken over soon, and all else when the node is given up.
"""

from dataclasses import replace

import structlog

from engine.calls.recovery import GoesOn, Over, Promised, judge
from engine.calls.returning import Returning
from engine.calls.services import Services
from engine.calls.story import Story

log = structlog.get_logger(__name__)


class Adopting:
    """Routing's `Estate`."""

    def __init__(self, services: Services, returning: Returning) -> None:
        self._services = services
        self._returning = returning
        self._promised: list[str] = []

    async def take(self, node: str, silent_ms: int, *, everything: bool) -> None:
        """The stories first: from then on the promises are this node's, whatever becomes of it."""
        services = self._services
        stories = await services.chronicle.inherit(
            node, silent_ms, lambda story: everything or waits_alone(story)
        )
        now = services.clock()
        for verdict in judge(stories, (), (), now):
            match verdict:
                case Promised(story=story) | GoesOn(story=story):
                    told = replace(story, node=services.node).tell(now, "adopted", node=node)
                    services.chronicle.adopt(told)
                    self._promised.append(story.id)
                case Over():
                    self._returning.finish(verdict)
        if stories:
            log.warning("stories_adopted", node=node, stories=len(stories))

    def settle(self) -> None:
        """Routing has the contacts too."""
        promised, self._promised = self._promised, []
        for contact_id in promised:
            self._services.callbacks.keep(contact_id)


def waits_alone(story: Story) -> bool:
    """Whether a contact is a promised callback for which nobody is being called."""
    steps = [entry.what for entry in story.timeline if entry.what in _STEPS]
    return story.promise is not None and story.alone and steps[-1:] != ["calling_back"]


_STEPS = ("queued", "calling_back", "not_called_back")
