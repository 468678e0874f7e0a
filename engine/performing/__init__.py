"""The flow's commands beside speaking, listening and queueing: a performer for each.

To add one: a file here, and its line in `PERFORMERS`.
"""

from collections.abc import Mapping
from typing import Any

from engine.performing import callback
from engine.performing.asking import save_survey, send_digits
from engine.performing.line import Line, Performer
from engine.performing.lookup import look_up
from engine.performing.messages import deliver, discard, record_message
from engine.performing.pay import pay
from engine.performing.python import run_python
from engine.performing.recording import switch_recording
from engine.performing.request import ask
from engine.performing.sms import send_sms
from engine.performing.transfer import transfer
from ivr.commands import (
    CallBack,
    CancelCallback,
    Deliver,
    Discard,
    Lookup,
    Pay,
    RecordMessage,
    Request,
    RunPython,
    SaveSurvey,
    SendDigits,
    SendSms,
    SwitchRecording,
    Transfer,
)

PERFORMERS: Mapping[type[Any], Performer] = {
    SendDigits: send_digits,
    SendSms: send_sms,
    SaveSurvey: save_survey,
    CallBack: callback.promise,
    CancelCallback: callback.cancel,
    Request: ask,
    Lookup: look_up,
    SwitchRecording: switch_recording,
    Transfer: transfer,
    Pay: pay,
    RecordMessage: record_message,
    Deliver: deliver,
    Discard: discard,
    RunPython: run_python,
}
"""Who carries out each command of `ivr.commands`."""

__all__ = ["PERFORMERS", "Line", "Performer"]
