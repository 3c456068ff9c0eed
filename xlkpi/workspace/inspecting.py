"""检查情况 entered cell by cell: read off headquarters' own forms, and written into them, for one dealer at a time.

The form stays the one place where inspections stand: it may be opened, filled in and mailed as before. What is entered
is read back by the forms' reader before it is written, and refused where that does not understand it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from xlkpi.files import write_file
from xlkpi.findings import Finding, Severity
from xlkpi.headquarters.field_columns import read_field_rows
from xlkpi.headquarters.forms import inspection_columns
from xlkpi.headquarters.headings import SIGNATURE
from xlkpi.headquarters.identity import Origin
from xlkpi.headquarters.inspections import read_inspections
from xlkpi.headquarters.table import Row
from xlkpi.headquarters.words import wording
from xlkpi.intake.guard import admit
from xlkpi.intake.meaning import show
from xlkpi.issue import Issue
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.values import Absence, CellContent, Place, Value
from xlkpi.workbook.operations import Write
from xlkpi.workbook.patch import patched
from xlkpi.workspace.places import MonthFolder
from xlkpi.workspace.record import Refusal, State, Who, refuse
from xlkpi.workspace.steps import StepResult, at_most, exclusive, issued, unchanged

_STILL_OPEN: Final = "XK-T112"
"""The finding on a signature that says nothing of some fields: what it says of the others holds."""
_PLAIN_NUMBER: Final = re.compile(r"-?\d{1,15}(\.\d{1,10})?")


@dataclass(frozen=True, slots=True)
class Entry:
    """A cell of a dealer's row: `name` tells it from the dealer's others, `text` is what stands there, `words` what it
    is usually answered with. Of a cell of the signature item and clause are blank."""

    name: str
    label: str
    item: str
    clause: str
    hint: str
    words: tuple[str, ...]
    text: str
    path: Path
    place: Place


@dataclass(frozen=True, slots=True)
class _DealerRow:
    path: Path
    row: Row
    values: Mapping[str, Value]


def entries_of(folder: MonthFolder, issue: Issue, dealers: Sequence[str]) -> dict[str, list[Entry]]:
    """What the month's forms for inspections hold of dealers, in the forms' order; nothing of one without a row."""
    rows: dict[str, list[_DealerRow]] = {code: [] for code in dealers}
    origin = Origin("inspections", issue.scheme.name, issue.scheme.version, issue.month)
    fields = issue.scheme.by("headquarters")
    for path in folder.inspection_lists():
        figures = issue.scheme.headquarters_figures()
        _, read = read_field_rows(path, origin, fields, issue.roster, anyway=False, also_there=figures, plain=SIGNATURE)
        for row, values in read:
            if row.code in rows:
                rows[row.code].append(_DealerRow(path, row, values))
    columns = inspection_columns(issue.scheme)
    entries: dict[str, list[Entry]] = {}
    for code, several in rows.items():
        entries[code] = []
        for number, each in enumerate(several, 1):
            mark = f"@{number}" if number > 1 else ""
            for name, column in columns.items():
                if name in each.row.columns:
                    item, clause = column.above
                    words = tuple(word for word, meaning in column.entry.words.items() if meaning != "asserted")
                    text = _text(issue, each, name)
                    place = each.row.place(name)
                    entries[code].append(
                        Entry(name + mark, column.heading, item, clause, column.hint, words, text, each.path, place)
                    )
            for name in SIGNATURE:
                if name in each.row.columns:
                    text = _words(each.row, name)
                    entries[code].append(
                        Entry(name + mark, name, "", "", "", (), text, each.path, each.row.place(name))
                    )
    return entries


def _text(issue: Issue, dealer_row: _DealerRow, name: str) -> str:
    value = dealer_row.values.get(name, Absence.MISSING)
    if value is Absence.MISSING:
        return ""
    return _words(dealer_row.row, name) if value is Absence.UNREADABLE else show(issue.scheme.fields[name], value)


def _words(row: Row, name: str) -> str:
    word = wording(row.cells.get(name))
    return word.text or word.fault


@exclusive
def enter(
    folder: MonthFolder, dealer: str, texts: Mapping[str, str], before: Mapping[str, str], who: Who
) -> StepResult:  # fmt: skip
    """Write what was inspected at a dealer's into its row.

    Args:
        folder: the month.
        dealer: its code.
        texts: what is entered, by the entries' names; what is not named stays.
        before: what stood there when the person began, by the entries' names.
        who: who enters it.

    Raises:
        Refusal: there is no such cell, something else stands there by now, or the reader does not understand a text.
        WriteError: the form cannot be written.
    """
    record = folder.record()
    issue = issued(folder, record, "填检查情况")
    at_most(record, State.SCORED, "填检查情况", "改分走 xlkpi month appeal，定稿以后走 xlkpi month correct")
    known = {entry.name: entry for entry in entries_of(folder, issue, [dealer])[dealer]}
    lacking = [name for name in texts if name not in known]
    if lacking or not known:
        raise refuse(
            "填检查情况", f"检查情况表里没有 {dealer} 的{'、'.join(lacking) or '行'}", "在表里加上，或重新下发"
        )
    new = {name: text.strip() for name, text in texts.items() if text.strip() != known[name].text}
    moved = [known[name] for name in new if before.get(name, "") != known[name].text]
    if moved:
        raise Refusal(
            *(_finding("XK-W049", entry, dealer=dealer, label=entry.label, found=entry.text) for entry in moved)
        )
    if not new:
        return unchanged("inspect")
    changed = {
        path: _with(path, {known[name].place: _content(issue, name, text) for name, text in new.items()
                           if known[name].path == path})
        for path in dict.fromkeys(known[name].path for name in new)
    }  # fmt: skip
    known_findings = {(f.code, f.file, f.place) for f in _read_back(folder, issue, {})}
    about = [
        finding
        for finding in _read_back(folder, issue, changed)
        if finding.severity > Severity.NOTICE and (finding.code, finding.file, finding.place) not in known_findings
    ]
    wrong = [f for f in about if f.severity is Severity.ERROR and f.code != _STILL_OPEN]
    if wrong:
        raise Refusal(*wrong)
    for path, data in changed.items():
        write_file(path, data)
    files = "、".join(path.relative_to(folder.path).as_posix() for path in changed)
    return StepResult("inspect", True, (f"{dealer}：{len(new)} 格写进了 {files}。",), tuple(about))


def _finding(code: str, entry: Entry, **facts: object) -> Finding:
    return Finding(code, entry.path.name, entry.place, facts=facts)


def _content(issue: Issue, name: str, text: str) -> CellContent:
    """What is written into the cell: a number where the field takes one and nothing else can be meant."""
    entry = issue.scheme.fields.get(name.partition("@")[0])
    shape = None if entry is None else TYPES[entry.type].shape
    if not text:
        return None
    if shape is Shape.PERCENT and text.endswith("%") and _PLAIN_NUMBER.fullmatch(text[:-1]):
        return float(Decimal(text[:-1]) / 100)
    return float(text) if shape in (Shape.NUMBER, Shape.DAY) and _PLAIN_NUMBER.fullmatch(text) else text


def _with(path: Path, contents: Mapping[Place, CellContent]) -> bytes:
    return patched(admit(path.read_bytes()), tuple(Write(place, ((content,),)) for place, content in contents.items()))


def _read_back(folder: MonthFolder, issue: Issue, changed: Mapping[Path, bytes]) -> list[Finding]:
    """What the reader says of the forms as they would be."""
    with tempfile.TemporaryDirectory() as home:
        paths = []
        for number, path in enumerate(folder.inspection_lists()):
            copy = Path(home) / str(number) / path.name
            write_file(copy, changed.get(path) or path.read_bytes())
            paths.append(copy)
        return read_inspections(paths, issue.scheme, issue.roster, issue.month).findings
