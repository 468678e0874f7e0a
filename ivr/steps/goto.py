"""``goto``: nothing but a way on, to give a place a second name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from config.problem import Path
from ivr.run import Node, Outcome, Run
from ivr.steps.base import Build, Edge, Step
from ivr.values import StepName


class Goto(Step):
    """``complaints: {goto: agent}``

    Nothing happens here: a place in the flow gets a second name.
    """

    kind: ClassVar[str] = "goto"
    at_once: ClassVar[bool] = True
    goto: StepName = Field(description="the step that follows")

    def branches(self) -> Iterator[Edge]:
        yield Edge(("goto",), self.goto, silent=True)

    def summary(self, language: str) -> str:
        return ""

    def exit_label(self, path: Path) -> str:
        return "next"

    def node(self, build: Build) -> Node:
        return GotoNode(build, self.goto)


class GotoNode(Node):
    """Goes on at once."""

    __slots__ = ("_target",)

    def __init__(self, build: Build, target: str) -> None:
        super().__init__(build.name, Goto.kind, build.targets)
        self._target = target

    def enter(self, run: Run) -> Outcome:
        return self._target
