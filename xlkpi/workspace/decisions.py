"""Appeals and corrections: on which closed grounds, what a decision says, and what it does to a dealer's sources.

A decision changes one dealer's figure, target, inspection, or which of its files counts. It changes no rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from xlkpi.headquarters.issuing import with_revision
from xlkpi.intake.normalise import checked, understand
from xlkpi.issue import Issue
from xlkpi.scheme.entries import SchemeField
from xlkpi.values import Absence, CellKind, Place, RawCell, Value, absence_of, content_of
from xlkpi.workspace.places import MonthFolder
from xlkpi.workspace.receiving import Line
from xlkpi.workspace.record import Event, hash_of, refuse

FIGURE: Final = "实绩"
TARGET: Final = "目标"
INSPECTION: Final = "检查情况"
FILE: Final = "上报"
GROUNDS: Final = (FIGURE, TARGET, INSPECTION, FILE)
"""On what a dealer may appeal: the figure that was read, its target, the inspection, which file counts."""
_RELEVANT: Final = ("step", "number", "dealer", "ground", "of", "value", "file", "accepted", "reason")


def decision(event: Event) -> dict[str, Any]:
    """What of an event changes a score."""
    return {name: event[name] for name in _RELEVANT if name in event}


def field_of(issue: Issue, ground: str, name: str) -> tuple[str, SchemeField]:
    """The field that a ground is about, by its name or its label.

    Raises:
        Refusal: there is no such field.
    """
    scheme = issue.scheme
    fields = {FIGURE: scheme.by("dealer"), TARGET: scheme.aims, INSPECTION: scheme.by("headquarters")}[ground]
    for known, entry in fields.items():
        if name in (known, entry.label):
            return known, entry
    some = "、".join(list(fields)[:12])
    raise refuse("改分", f"“{ground}”没有“{name}”这一项（有：{some}）", "写其中一项：--of 项目")


def value_in(issue: Issue, ground: str, name: str, text: str) -> float | str:
    """The value that a text says, as an event keeps it: an absence as its word.

    Raises:
        Refusal: it is not understood.
    """
    known, entry = field_of(issue, ground, name)
    raw = RawCell(Place("", "A1"), CellKind.TEXT, text)
    value = checked(entry, understand(entry, raw, name=known, month=issue.month)).value
    wrong = value in (Absence.UNREADABLE, Absence.MISSING) or (
        ground == TARGET and not (isinstance(value, float) and value > 0) and value is not Absence.NOT_APPLICABLE
    )
    content = content_of(value)
    if wrong or not isinstance(content, float | str):
        raise refuse("改分", f"“{name}”的值“{text}”读不懂", "照表里的写法写 --value")
    return content


def revived(value: Any) -> Value:
    """A value as an event keeps it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    revived: Value = absence_of(value) or value
    return revived


def applied(
    folder: MonthFolder, issue: Issue, moments: Mapping[Path, datetime], log: Sequence[Line], decided: Iterable[Event]
) -> tuple[Issue, dict[Path, datetime], dict[str, datetime]]:
    """The sources as accepted appeals and corrections leave them.

    Args:
        folder: the month.
        issue: what was issued, with headquarters' lists.
        moments: the files that count, with their moments.
        log: the whole receipt log.
        decided: the accepted decisions, in order.

    Returns:
        The issue, the files, and by dealer until when a file counts that a decision lets in.

    Raises:
        Refusal: such a file is not as it was received.
    """
    files, extended = dict(moments), dict[str, datetime]()
    for event in decided:
        dealer, ground, name = event["dealer"], event["ground"], event.get("of", "")
        if ground == FILE:
            line = next((line for line in log if line.hash == event["file"] and line.stored), None)
            if line is None or hash_of(folder.path / line.stored) != line.hash:
                raise refuse("评分", f"申诉认可的文件不在收件里（{dealer}）", "放回原来的文件")
            dealer_files = {folder.path / each.stored for each in log if each.dealer == dealer}
            files = {path: moment for path, moment in files.items() if path not in dealer_files}
            files[folder.path / line.stored] = line.moment
            extended[dealer] = line.moment + timedelta(seconds=1)
        elif ground == TARGET:
            target = revived(event["value"])
            if isinstance(target, float | Absence):
                issue = with_revision(issue, {dealer: {name: target}})
        elif ground == INSPECTION:
            mine_now = {**issue.inspections.get(dealer, {}), name: revived(event["value"])}
            issue = replace(issue, inspections={**issue.inspections, dealer: mine_now})
        else:
            figures = {**issue.decided.get(dealer, {}), name: revived(event["value"])}
            issue = replace(issue, decided={**issue.decided, dealer: figures})
    return issue, files, extended
