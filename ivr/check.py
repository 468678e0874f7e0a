"""What is wrong in a flow beyond its shape: where a caller would be lost, or hear nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from config.document import Located, Problem
from config.hours_checks import check_hours
from config.problem import Path
from config.suggest import did_you_mean, shown
from ivr.announce import LANGUAGES
from ivr.draft import Draft
from ivr.endless import endless
from ivr.exits import exit_of
from ivr.filling import hole_findings
from ivr.flow import Flow
from ivr.for_nobody import for_nobody
from ivr.graph import circles, components, reachable, silent
from ivr.keeping import placeless
from ivr.menu_places import RESERVED
from ivr.menu_ways import ways as ways_of
from ivr.recorded_steps import Recorded
from ivr.steps.base import NOTHING_KNOWN, Context, Edge, Finding, Heard, Known, Step, unknown
from ivr.terms import names_in, term_faults
from ivr.unused import unused
from ivr.wording import ANY, RECORDING, Wording, holes, is_fixed, is_recording_name

_MISSING = {
    "next": "has no next: say where the call goes on, or hang up",
    "answered": "has no answered: say where the call goes after the conversation",
    "on_error": "has no on_error: say where the call goes when this cannot be done",
    "on_timeout": "has no on_timeout: a caller who keys nothing would be lost",
    "on_invalid": "has no on_invalid: a caller who keys something wrong would be lost",
}


def check(
    flow: Flow,
    located: Located,
    known: Known = NOTHING_KNOWN,
    flows: Mapping[str, Flow] | None = None,
    recorded: Recorded | None = None,
) -> list[Problem]:
    """Every problem of a well-formed flow, in the file's order; without errors it may be run.

    ``flows`` are those that it may call; None: not checked. ``recorded`` is made of them, once
    for all of them.
    """
    ways = ways_of(flow)
    exits, circles = [*_exits(flow, ways, flow.steps)], [*_circles(flow, ways)]
    findings = [
        *_languages(flow, known),
        *_variables(flow),
        *_steps(flow, Context.of(flow, known, flows)),
        *exits,
        *_recorded(flow, recorded or Recorded(flows or {flow.flow: flow})),
        *circles,
        *for_nobody(flow, ways, flows),
    ]
    if not exits:
        # A mistyped exit cuts off all that lies behind it: tell the cause, not what follows.
        findings.extend(_unreachable(flow, ways))
    if not exits and not circles:
        findings.extend(_endless(flow, ways, flows))
    if all(finding.warning for finding in findings):
        # A mistyped name leaves the right one unused, a mistyped exit a step without its queue.
        findings += [*unused(flow), *placeless(flow, ways, flows)]
    problems = {
        _problem(located, finding)
        for finding in findings
        if not (finding.own and located.is_included(finding.path))
    }
    return sorted({*problems, *_hours(flow, located, known)})


def check_draft(draft: Draft, known: Known = NOTHING_KNOWN) -> list[Problem]:
    """What is wrong in the well-formed parts of a flow that has other errors: nothing that may
    follow from these, and so nothing of its ways as a whole."""
    flow, located = draft.flow, draft.located
    # What the malformed steps would set is not known.
    context = replace(Context.of(flow, known, None), unset=frozenset)
    exits = _exits(flow, ways_of(flow), draft.steps)
    if not draft.is_framed:
        findings = [each for each in exits if each.message not in _MISSING.values()]
        return sorted({_problem(located, finding) for finding in findings})
    findings = [
        *_languages(flow, known),
        *(each for each in _variables(flow) if each.path[0] != "results" or not draft.doubtful),
        *(each for each in _steps(flow, context) if draft.is_sure(flow.steps[str(each.path[1])])),
        *exits,
    ]
    problems = {_problem(located, finding) for finding in findings}
    return sorted({*problems, *_hours(flow, located, known)})


def _problem(located: Located, finding: Finding) -> Problem:
    tell = located.warning if finding.warning else located.problem
    return tell(finding.path, finding.message, key=finding.key, at=finding.at)


def _hours(flow: Flow, located: Located, known: Known) -> Iterator[Problem]:
    for name, hours in flow.hours.items():
        yield from check_hours(hours, ("hours", name), located, known.today)


def _languages(flow: Flow, known: Known) -> Iterator[Finding]:
    for index, language in enumerate(flow.languages):
        path = ("languages", index)
        if language not in LANGUAGES:
            hint = did_you_mean(language, LANGUAGES)
            yield Finding(path, f"there is no voice for {shown(language)}, {hint}")
        elif known.languages is not None and language not in known.languages:
            hint = did_you_mean(language, known.languages)
            yield Finding(path, f"{shown(language)} is not a language of the site, {hint}")


def _variables(flow: Flow) -> Iterator[Finding]:
    for part, declared in (("vars", flow.vars), ("params", flow.params)):
        for name, variable in declared.items():
            if variable.start is not None and variable.initial is None:
                message = f"{shown(variable.start)} does not fit {name}, which is {variable.type}"
                yield Finding((part, name, "start"), message)
    for name in flow.vars:
        if name in flow.params:
            yield Finding(("vars", name), "is a parameter already, give it another name", key=True)
    for index, name in enumerate(flow.results):
        yield from unknown("variable", name, ("results", index), flow.variables)


def _steps(flow: Flow, context: Context) -> Iterator[Finding]:
    for name, step in flow.steps.items():
        if name in RESERVED:
            message = "is where a menu's options can lead, give the step another name"
            yield Finding(("steps", name), message, key=True)
        for finding in _step(step, context):
            yield replace(finding, path=("steps", name, *finding.path))


def _step(step: Step, context: Context) -> Iterator[Finding]:
    yield from step.findings(context)
    for heard in step.heard():
        yield from _heard(heard, context)
    for read in step.read():
        yield from _heard(read, context, spoken=False)
    for path, text in step.templates(context.variables):
        yield from hole_findings(path, text, context.names)
    for path, source, wanted in step.expressions(context.variables):
        for fault in term_faults(source, context.names, wanted):
            yield Finding(path, fault.message, at=fault.at)


def _heard(heard: Heard, context: Context, *, spoken: bool = True) -> Iterator[Finding]:
    wording, path = heard.wording, heard.path
    is_not = "is not said in" if spoken else "is not written in"
    for language in context.languages:
        text = wording.text(language)
        if text is None:
            yield Finding(path, f"{is_not} {language}")
        elif not text.strip():
            yield Finding(path, f"is empty in {language}")
    for language, text in wording.texts.items():
        if language != ANY and language not in context.languages:
            hint = did_you_mean(language, [*context.languages, ANY, RECORDING])
            message = f"the flow does not speak {shown(language)}, {hint}"
            yield Finding((*path, language), message, key=True, own=True)
        if not is_fixed(text):
            yield from hole_findings(
                (*path, language), text, context.names, heard.own, spoken=spoken
            )
    if wording.recording is None:
        return
    if spoken:
        yield from _recording(path, wording, wording.recording)
    else:
        yield Finding((*path, RECORDING), "is read, not heard: it has no recording", key=True)


def _recording(path: Path, wording: Wording, recording: str) -> Iterator[Finding]:
    used = [hole.source for text in wording.texts.values() for hole in holes(text)]
    if used:
        message = f"a recording cannot say {{{used[0]}}}, split the prompt or leave it out"
        yield Finding((*path, RECORDING), message)
    if not is_recording_name(recording):
        message = "is no name of a recording, write its file's name without folder and .wav"
        yield Finding((*path, RECORDING), f"{shown(recording)} {message}")


def _exits(
    flow: Flow, ways: Mapping[str, tuple[Edge, ...]], steps: Collection[str]
) -> Iterator[Finding]:
    """``steps`` are the names of all that there are."""
    if flow.start not in steps:
        yield _no_step(("start",), flow.start, steps)
    for field in type(flow.exits).model_fields:
        target = getattr(flow.exits, field)
        if target is not None and target not in steps:
            yield _no_step(("exits", field), target, steps)
    for name, step in flow.steps.items():
        for edge in ways[name]:
            if edge.target not in steps:
                yield _no_step(edge.path, edge.target, steps)
        for exit_name in step.required():
            if not _has_exit(flow, name, step, exit_name):
                yield Finding(("steps", name), _MISSING[exit_name], key=True)


def _no_step(path: Path, target: str, steps: Collection[str]) -> Finding:
    return Finding(path, f"there is no step {shown(target)}, {did_you_mean(target, steps)}")


def _has_exit(flow: Flow, name: str, step: Step, exit_name: str) -> bool:
    if exit_name == "answered":
        return getattr(step, "answered", None) is not None
    return exit_of(flow, name, step, exit_name) is not None


def _unreachable(flow: Flow, ways: Mapping[str, tuple[Edge, ...]]) -> Iterator[Finding]:
    found = reachable(flow.start, ways)
    for name in flow.steps:
        if name not in found:
            yield Finding(("steps", name), "no way leads here from start", key=True, own=True)


def _endless(
    flow: Flow, ways: Mapping[str, tuple[Edge, ...]], flows: Mapping[str, Flow] | None
) -> Iterator[Finding]:
    for circle in endless(flow, ways, flows):
        message = f"the call never ends, only the caller can hang up: {_round(circle)}"
        yield Finding(("steps", circle[0]), message, key=True)


def _circles(flow: Flow, ways: Mapping[str, tuple[Edge, ...]]) -> Iterator[Finding]:
    silently = silent(ways)
    groups = [*components(silently)]
    if not groups:
        return
    counting = _counting(flow, ways, groups)
    others = {
        name: [target for target in targets if target not in counting]
        for name, targets in silently.items()
        if name not in counting
    }
    for circle in circles(others):
        yield Finding(("steps", circle[0]), _circle(circle), key=True)


def _counting(
    flow: Flow, ways: Mapping[str, tuple[Edge, ...]], groups: Iterable[frozenset[str]]
) -> set[str]:
    """Steps that lead out of a circle by something that the circle changes: tries are counted."""
    found: set[str] = set()
    for group in groups:
        changed = {name for each in group for name in flow.steps[each].assigns()}
        for each in group:
            used = {name for text in flow.steps[each].uses() for name in names_in(text, flow.names)}
            if used & changed and any(edge.target not in group for edge in ways[each]):
                found.add(each)
    return found


def _recorded(flow: Flow, recorded: Recorded) -> Iterator[Finding]:
    """Steps where the caller would give away a secret on a recording."""
    for name in recorded.at(flow.flow):
        secret = flow.steps[name].confides(flow.variables)
        if secret is not None:
            message = f"{secret} would be recorded: switch recording off before"
            yield Finding(("steps", name), message, key=True)


def _circle(circle: Iterable[str]) -> str:
    return f"a silent caller would go round for ever: {_round(circle)}"


def _round(circle: Iterable[str]) -> str:
    names = [*circle]
    return " → ".join([*names, names[0]])
