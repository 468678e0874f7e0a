"""A menu in a call: which option the caller's keys are, and what is asked until they are one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ivr.events import Answered, Event
from ivr.keys import EXTENSION, Choices
from ivr.menu_places import REPEAT, RESERVED, TOP
from ivr.run import Node, Outcome, Run, Wait
from ivr.state import Asking, Position
from ivr.steps.asking import Asker, Limits, one_more_key
from ivr.steps.base import Build
from ivr.wording import Wording

if TYPE_CHECKING:
    from ivr.steps.menu import MenuBody

Goes = Mapping[str, tuple[str | None, Outcome]]
"""By option: the language that it changes to, and where it leads."""

_POUND = "#"


class MenuNode(Node):
    """Asks key by key, so that each option acts at its last key and not a moment later."""

    __slots__ = (
        *("_after_silence", "_after_wrong", "_body", "_choices", "_first", "_first_at"),
        *("_goes", "_is_remembered", "_limits", "_ready", "_repeat"),
    )

    def __init__(self, build: Build, body: MenuBody, goes: Goes) -> None:
        super().__init__(build.name, "menu", build.targets)
        self._body = body
        self._limits = Limits(1, "", body.timeout, body.inter_digit, body.barge_in)
        self._goes = {option: (*way, f"option {option}") for option, way in goes.items()}
        extensions = build.known.extensions if body.extensions is not None else None
        self._goes[EXTENSION] = None, build.goes(body.extensions), "an extension"
        self._choices = Choices(tuple(body.options), extensions or ())
        long, short = body.prompt or body.greeting, body.again or body.prompt or body.greeting
        self._first = self._asker(build, body.greeting, body.prompt)
        self._repeat = self._asker(build, long)
        self._after_silence = self._asker(build, body.silent, short)
        self._after_wrong = self._asker(build, body.wrong, short)
        self._first_at = Asking(build.name)
        self._is_remembered = build.leads_back
        self._ready = self._first.ready(lambda ask: Wait(self._first_at, ask))

    def _asker(self, build: Build, *wordings: Wording | None) -> Asker:
        return Asker(build, wordings, self._limits, each_language=self._body.each_language)

    def enter(self, run: Run) -> Outcome:
        if self._is_remembered:
            run.visit(self.name)
        ready = self._ready.get(run.scope.language)
        return ready or Wait(self._first_at, self._first.ask(run))

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if type(event) is not Answered or type(at) is not Asking:
            return self.unexpected(run, event)
        keys = at.keyed + event.digits
        option, is_open = self._choices.find(keys)
        if event.digits and is_open:
            more = one_more_key(self._body.inter_digit, run.scope.language)
            return Wait(Asking(self.name, at.timeouts, at.invalids, keys), more)
        if option is None and event.digits == _POUND:
            # No option of its own here: the caller says that what was keyed is all.
            keys = at.keyed or keys
            option = self._choices.find(keys).option
        if option is not None:
            return self._chosen(run, at, option, keys)
        return self._wrong(run, at) if keys else self._silent(run, at)

    def _chosen(self, run: Run, at: Asking, option: str, keys: str) -> Outcome:
        language, goes, what = self._goes[option]
        run.note(self.name, what)
        if option == EXTENSION:
            run.learn({"call.extension": keys})
        elif option[0] == "/":
            run.learn({"call.keys": keys})
        if language is not None:
            run.speak(language)
            run.note(self.name, f"language {language}")
        return self._leads(run, at, goes)

    def _silent(self, run: Run, at: Asking) -> Outcome:
        times = at.timeouts + 1
        run.note(self.name, f"timeout {times} of {self._body.tries.timeout}")
        if times >= self._body.tries.timeout:
            return self._leads(run, at, self.targets.on_timeout)
        return Wait(Asking(self.name, times, at.invalids), self._after_silence.ask(run))

    def _wrong(self, run: Run, at: Asking) -> Outcome:
        times = at.invalids + 1
        run.note(self.name, f"invalid {times} of {self._body.tries.invalid}")
        if times >= self._body.tries.invalid:
            return self._leads(run, at, self.targets.on_invalid)
        return Wait(Asking(self.name, at.timeouts, times), self._after_wrong.ask(run))

    def failed(self, run: Run, reason: str) -> Outcome:
        goes = super().failed(run, reason)
        if type(goes) is not str or goes not in RESERVED:
            return goes
        # By name, also here: the interpreter ends a call that enters and fails for ever.
        return self._earlier(run, goes) or self.name

    def _leads(self, run: Run, at: Asking, goes: Outcome) -> Outcome:
        """A step's name, or where the menu's own words for places lead."""
        if type(goes) is not str or goes not in RESERVED:
            return goes
        again = Asking(self.name, at.timeouts, at.invalids)
        return self._earlier(run, goes) or Wait(again, self._repeat.ask(run))

    def _earlier(self, run: Run, place: str) -> str | None:
        """The menu at this place, None when it is this one."""
        menus = run.scope.menus
        if place == REPEAT or len(menus) < 2:
            return None
        return menus[0] if place == TOP else menus[-2]
