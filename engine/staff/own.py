"""What agents ask for themselves, by a code of the phone or from the desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from engine.dialing.calls import DialedCalls, Leaving
from routing.agent import AgentState
from routing.errors import RoutingError
from routing.router import Router

LEAVES = ("logout", "pause")
STAYS = ("login", "resume")
PRESENCE = (*LEAVES, *STAYS)
log = structlog.get_logger(__name__)


def ask(
    router: Router, dialing: DialedCalls | None, agent: str, wish: Leaving
) -> AgentState | None:
    """The state that the agent is in now. None: somebody is being called for them, and they pause,
    or are logged out, as soon as nobody in the air needs them. Raises RoutingError."""
    verbs = _verbs(router, agent, wish.reason)

    def go() -> None:
        try:
            verbs[wish.verb]()
        except RoutingError as refused:
            told = {"agent": agent, "what": wish.verb}
            log.info("agent_wish_refused", **told, reason=refused.code)

    if dialing is not None and wish.verb in LEAVES and not dialing.leaves(agent, wish, go):
        return None
    if dialing is not None and wish.verb in STAYS:
        dialing.stays(agent)
    return verbs[wish.verb]()


def _verbs(router: Router, agent: str, reason: str) -> Mapping[str, Callable[[], AgentState]]:
    return {
        "login": lambda: router.login(agent),
        "logout": lambda: router.logout(agent),
        "pause": lambda: router.pause(agent, reason),
        "resume": lambda: router.resume(agent),
        "end_wrap_up": lambda: router.end_wrap_up(agent),
        "extend_wrap_up": lambda: router.extend_wrap_up(agent),
    }
