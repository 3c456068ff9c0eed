"""A figure that headquarters' own systems have too: theirs scores, and what differs beyond the tolerance is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from xlkpi.findings import Finding
from xlkpi.issue import Actual, Issue
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.scoring.figures import figure_shown
from xlkpi.values import Absence, Provenance, Value

if TYPE_CHECKING:  # what was read is taken as a value: nothing that reads files is loaded for it
    from xlkpi.intake.submission import Answer, Submission

_EQUAL: Final = 1e-9  # relative: what two programs make of one figure
_DECIDED: Final = "申诉或更正的决定"


def differing(issue: Issue, submission: Submission) -> Iterator[Finding]:
    """Where the dealer's figure is further off headquarters' than the field allows; both are named with their cells."""
    for name, actual in _counting(issue, submission.dealer).items():
        answer, entry = submission.answers.get(name), issue.scheme.fields[name]
        if answer is None or answer.value is Absence.MISSING or _agree(entry, answer.value, actual.value):
            continue
        if Absence.UNREADABLE in (answer.value, actual.value):
            continue  # what could not be read has a finding of its own
        facts = {
            "label": entry.label or name, "found": _shown(entry, answer.value), "expected": _shown(entry, actual.value),
            "where": actual.source, "limit": entry.tolerance or "0",
        }  # fmt: skip
        place = answer.raw.place if answer.raw is not None else issue.layout.place(name)
        yield Finding("XK-I047", submission.file, place, name, facts)


def sources_of(issue: Issue, submission: Submission) -> tuple[Provenance, ...]:
    """Where figures came from: parts that were joined, headquarters' systems, decisions in their place."""
    known = {each.name: each for each in submission.provenance}
    decided = issue.decided.get(submission.dealer, {})
    for name, actual in issue.actuals.get(submission.dealer, {}).items():
        entry = issue.scheme.fields[name]
        of_dealer = _of_dealer(entry, submission, name, known.get(name))
        value, source = (decided[name], _DECIDED) if name in decided else actual
        overruled = [f"{actual.source}：{_shown(entry, actual.value)}"] if name in decided else []
        overruled += [of_dealer] if of_dealer else []
        known[name] = Provenance(name, str(issue.layout.place(name)), value, source, "；".join(overruled))
    return tuple(known.values())


def _counting(issue: Issue, dealer: str) -> Mapping[str, Actual]:
    decided = issue.decided.get(dealer, {})
    return {name: actual for name, actual in issue.actuals.get(dealer, {}).items() if name not in decided}


def _of_dealer(entry: SchemeField, submission: Submission, name: str, joined: Provenance | None) -> str:
    """What the dealer's own workbook says, in words; "" where it is blank."""
    answer = submission.answers.get(name)
    if answer is None or answer.value is Absence.MISSING:
        return ""
    if joined is not None and joined.other:
        return joined.other
    source = joined.source if joined is not None else f"{submission.file} {_cell(answer)}".rstrip()
    return f"{source}：{_shown(entry, answer.value)}"


def _cell(answer: Answer) -> str:
    return str(answer.raw.place) if answer.raw is not None else ""


def _agree(entry: SchemeField, value: Value, actual: Value) -> bool:
    if not (isinstance(value, float) and isinstance(actual, float)):
        return value == actual
    tolerance = number_value(entry.tolerance) if entry.tolerance is not None else 0.0
    if (entry.tolerance or "").endswith("%") and TYPES[entry.type].shape is not Shape.PERCENT:
        tolerance *= abs(actual)
    return abs(value - actual) <= tolerance + _EQUAL * max(abs(value), abs(actual))


def _shown(entry: SchemeField, value: Value) -> str:
    return (
        figure_shown(entry, value)
        if isinstance(value, float)
        else str(value.value if isinstance(value, Absence) else value)
    )
