"""The step kinds, one file each; a new kind is a file here and a line in ``KINDS``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Discriminator, Tag

from config.suggest import did_you_mean, shown
from ivr.steps.base import Step
from ivr.steps.branch import Branch
from ivr.steps.call import Call
from ivr.steps.callback import Callback
from ivr.steps.collect import Collect
from ivr.steps.dtmf import Dtmf
from ivr.steps.goto import Goto
from ivr.steps.hangup import Hangup
from ivr.steps.hours import HoursStep
from ivr.steps.http import HttpStep
from ivr.steps.language import Language
from ivr.steps.lookup import LookupStep
from ivr.steps.menu import Menu
from ivr.steps.pay import Pay
from ivr.steps.python import PythonStep
from ivr.steps.queue import Queue
from ivr.steps.record import Record
from ivr.steps.return_ import ReturnStep
from ivr.steps.say import Say
from ivr.steps.set import Set
from ivr.steps.sms import Sms
from ivr.steps.survey import Survey
from ivr.steps.transfer import Transfer
from ivr.steps.voicemail import Voicemail

KIND_MODELS: tuple[type[Step], ...] = (
    Say,
    Menu,
    Collect,
    Set,
    Branch,
    HoursStep,
    Language,
    LookupStep,
    HttpStep,
    PythonStep,
    Queue,
    Transfer,
    Voicemail,
    Survey,
    Dtmf,
    Sms,
    Callback,
    Pay,
    Record,
    Goto,
    Call,
    ReturnStep,
    Hangup,
)
KINDS: Mapping[str, type[Step]] = {kind.kind: kind for kind in KIND_MODELS}
_TAGS = {kind: f"{kind} step" for kind in KINDS}
"""Unlike the keys, so that a path through the union cannot be taken for one through the key."""
_BESIDE = frozenset(name for kind in KIND_MODELS for name in kind.model_fields) - KINDS.keys()
"""What is written beside the key of a step's kind, of whatever kind."""


def _refuse_unclear(value: Any) -> Any:
    """Say what is wrong with a step of no kind, or of two, before the union of kinds is tried."""
    if isinstance(value, Step):
        return value
    if not isinstance(value, Mapping):
        raise ValueError(f"{shown(value)} is no step, write a mapping such as {{goto: …}}")
    if len(KINDS.keys() & value.keys()) == 1:
        return value
    kinds = [key for key in value if key in KINDS]
    if kinds:
        raise ValueError(f"a step does one thing, this one has {' and '.join(kinds)}")
    strange = [str(key) for key in value if key not in _BESIDE]
    if not strange:
        raise ValueError(f"this step does nothing, allowed: {', '.join(KINDS)}")
    raise ValueError(f"unknown kind of step {shown(strange[0])}, {did_you_mean(strange[0], KINDS)}")


def _tag(value: Any) -> str:
    if isinstance(value, Step):
        return _TAGS[value.kind]
    (kind,) = KINDS.keys() & value.keys()
    return _TAGS[kind]


def _union() -> Any:
    tagged = (Annotated[kind, Tag(_TAGS[name])] for name, kind in KINDS.items())
    return reduce(or_, tagged)


if TYPE_CHECKING:
    AnyStep = Step
else:
    AnyStep = Annotated[_union(), Discriminator(_tag), BeforeValidator(_refuse_unclear)]
"""A step of any kind."""
