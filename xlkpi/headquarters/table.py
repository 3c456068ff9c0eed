"""The one reader of headquarters' lists: `headings` finds sheets and headings; here are the columns and rows.

Every list goes this way: roster, targets, revisions, inspections, last values, plan, receipts, waivers. What is not
certain (a heading twice, a dealer on two sheets) is a finding with its cells and yields no value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from xlkpi.findings import Finding, Severity
from xlkpi.folders import shown_name
from xlkpi.headquarters.headings import Column, ListSheet, ListSpec, heading_of, sheets_with_key
from xlkpi.headquarters.identity import NAME, PROPERTY, Origin, disagreements, origin_of
from xlkpi.headquarters.units import CAPTIONS, DOUBTFUL, Units, is_row_of_units
from xlkpi.headquarters.words import folded, wording
from xlkpi.intake.bounded import bounded
from xlkpi.intake.foreign import open_source
from xlkpi.intake.guard import Refused
from xlkpi.intake.meaning import PERSONAL_TEXT
from xlkpi.personal import is_personal_heading, personal_kinds, without_personal
from xlkpi.values import CellKind, Place, RawCell, column_letters, column_number, column_row

PERSONAL_COLUMN: Final = "XK-P010"
_TOTALS = re.compile(r".*(合计|总计|小计|汇总|共计|平均|均值)|(sub|grand)?total|sum|average|mean")
_SUM = re.compile(r"(SUM|SUBTOTAL|AVERAGE)\(", re.IGNORECASE)
_NOTE = re.compile(r"(注|备注|说明|制表|审核|填表|单位|日期|批准|复核)")
_SENTENCE = re.compile(r".*[:,，。；;、！？!?]|.{25}")  # never a dealer code when it is alone in its row
Files = Path | Sequence[Path]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list: where it stands, what stands in the key's column, and its cells by what they are.

    `shared` names the cells that are merged with others, so that nobody knows whose they are; `name_cell` stands under
    the heading for the dealer's name, a second witness of whose the row is; `unread` are the cells that no column
    reads, each with the words of its heading.
    """

    file: str
    sheet: str
    number: int
    code: str
    code_cell: RawCell
    cells: Mapping[str, RawCell]
    columns: Mapping[str, Column]
    shared: Mapping[str, str] = field(default_factory=dict)
    name_cell: RawCell | None = None
    unread: tuple[tuple[str, RawCell], ...] = ()

    def place(self, name: str = "") -> Place:
        """Where a column's cell stands, blank or not; without a name the key's."""
        if name not in self.columns:
            return Place(self.sheet, self.code_cell.place.ref)
        return Place(self.sheet, f"{column_letters(self.columns[name].number)}{self.number}")


@dataclass(slots=True)
class Table:
    """A list as it was read. `refused`: it cannot be what it is given as, and no row was taken."""

    file: str
    columns: set[str] = field(default_factory=set)
    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    refused: bool = False


def read_table(paths: Files, spec: ListSpec, *, anyway: bool = False) -> Table:
    """A list from one file, or from several that hold different rows.

    Args:
        paths: the files; where an option was given twice, all of them.
        spec: what is wanted of it.
        anyway: headquarters insists that a list of another kind, scheme or month be read.
    """
    files = [paths] if isinstance(paths, Path) else list(paths)
    tables = [_of_file(path, spec, anyway) for path in files]
    if len(tables) == 1:
        return tables[0]
    whole = Table("、".join(dict.fromkeys(table.file for table in tables)))
    for table in tables:
        whole.columns |= table.columns
        whole.rows += table.rows
        whole.findings += table.findings
        whole.refused |= table.refused
    return whole


def _read(path: Path, spec: ListSpec) -> tuple[list[ListSheet], list[ListSheet], bool, Origin | None]:
    """A list's sheets, those that are shown and those that are hidden; whether one of its own name is there; and which
    form of ours it is."""
    book = open_source(path)
    visible, hidden = sheets_with_key(book, spec)
    named = spec.sheet in map(folded, book.sheets)
    return visible, hidden, named, origin_of(book.properties().get(PROPERTY, "")) or origin_of(book.names.get(NAME, ""))


def _of_file(path: Path, spec: ListSpec, anyway: bool) -> Table:
    file = shown_name(path.name)
    try:
        visible, hidden, named, marked = bounded(lambda: _read(path, spec))
    except Refused as refused:
        return Table(file, findings=[Finding(refused.code, file, facts=refused.facts)], refused=True)
    table = Table(file)
    fitting = [sheet for sheet in visible if sheet.fits(spec)]
    table.findings += [Finding("XK-T067", file, facts={"sheet": sheet.title}) for sheet in hidden if sheet.fits(spec)]
    if spec.sheet and not fitting:
        if not named or table.findings:
            return table
        visible = [sheet for sheet in visible if folded(sheet.title) == spec.sheet]
    chosen = fitting or visible[:1]
    against = [
        finding
        for sheet in chosen
        for finding in disagreements(
            file, spec.origin, marked, sheet.title, sheet.grid.texts_above(sheet.head), anyway=anyway
        )
    ]
    table.findings += _distinct(against)
    if any(finding.severity is Severity.ERROR for finding in against):
        table.refused = True
    elif not chosen:
        table.findings.append(Finding("XK-T020", file, facts={"column": spec.key[0]}))
        table.refused = True
    elif not fitting:
        _lacking(table, chosen[0], spec)
    else:
        _join(table, fitting, spec)
    return table


def _distinct(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once: several sheets may give the same finding about their file."""
    return list(
        {
            (finding.code, finding.place, tuple(map(str, finding.facts.items()))): finding for finding in findings
        }.values()
    )


def _lacking(table: Table, sheet: ListSheet, spec: ListSpec) -> None:
    """Findings where the key column is there but none of the wanted ones: another list, or unknown headings."""
    table.refused = True
    _report_unknown(table, sheet)
    names = {column.name for column in sheet.columns}
    lacking = [spec.columns[name][0] for name in spec.needed if name not in names]
    if lacking:
        table.findings += [Finding("XK-T020", table.file, facts={"column": heading}) for heading in lacking]
        return
    place = sheet.grid.cell(sheet.head, sheet.key)
    facts = {"columns": "、".join(headings[0] for headings in list(spec.columns.values())[:6])}
    table.findings.append(Finding("XK-T087", table.file, place.place if place else None, facts=facts))


# ---------------------------------------------------------------- columns


def _report_unknown(table: Table, sheet: ListSheet) -> None:
    for raw in sheet.unknown:
        heading = wording(raw)
        code = PERSONAL_COLUMN if is_personal_heading(heading.text) or _holds_persons(sheet, raw.place) else "XK-T024"
        facts = {"column": heading.text or heading.fault}
        table.findings.append(Finding(code, table.file, raw.place, facts=facts))


def _holds_persons(sheet: ListSheet, place: Place) -> bool:
    """Whether one of the cells of a column below the headings holds a telephone, a plate or the like."""
    column = column_row(place.ref)[0]
    below = (sheet.grid.row(number).get(column) for number in sheet.grid.rows if number > sheet.head)
    return any(raw is not None and personal_kinds(raw.text or "") for raw in below)


def _unambiguous(table: Table, sheet: ListSheet, spec: ListSpec) -> dict[str, Column]:
    """The columns by what they are; a heading that stands there twice is a finding, and neither column is read."""
    by_name: dict[str, list[Column]] = {}
    for column in sheet.columns:
        by_name.setdefault(column.name, []).append(column)
    columns: dict[str, Column] = {}
    units = Units.of(sheet, spec)
    for name, several in by_name.items():
        if len(several) > 1:
            cells = "、".join(column.heading.place.ref for column in several)
            facts = {"column": spec.columns[name][0], "cells": cells}
            table.findings.append(Finding("XK-T068", table.file, several[0].heading.place, facts=facts))
            table.columns.add(name)
            continue
        columns[name] = _with_unit(table, units, several[0], spec)
    if len(sheet.keys) > 1:
        facts = {"column": spec.key[0], "cells": "、".join(raw.place.ref for raw in sheet.keys)}
        table.findings.append(Finding("XK-T068", table.file, sheet.keys[0].place, facts=facts))
    return columns


def _with_unit(table: Table, units: Units, column: Column, spec: ListSpec) -> Column:
    """The column with the unit in which its figures stand; two units that differ are a finding."""
    asked_unit = spec.units.get(column.name)
    if asked_unit is None:
        return column
    unit, named = units.of_column(column, asked_unit)
    if unit == DOUBTFUL:
        heading = spec.columns[column.name][0]
        facts = {"column": heading, "found": "、".join(sorted(set(named))), "expected": asked_unit or "各项目的单位"}
        table.findings.append(Finding("XK-T075", table.file, column.heading.place, column.name, facts))
    return Column(column.name, column.number, column.heading, unit)


# ---------------------------------------------------------------- rows


def _join(table: Table, sheets: Sequence[ListSheet], spec: ListSpec) -> None:
    """Rows of all sheets that fit; where two of them hold the same key nobody knows which counts."""
    by_sheet: list[tuple[ListSheet, list[Row]]] = []
    for sheet in sheets:
        _report_unknown(table, sheet)
        columns = _unambiguous(table, sheet, spec)
        table.columns |= set(columns)
        rows = list(_rows(table, sheet, columns, spec))
        _report_headless(table, sheet, rows)
        by_sheet.append((sheet, rows))
    if len(sheets) > 1:
        names = "、".join(sheet.title for sheet in sheets)
        first_sheets: dict[str, str] = {}
        duplicate = ""
        for sheet, rows in by_sheet:
            for row in rows:
                if first_sheets.setdefault(folded(row.code), sheet.title) != sheet.title:
                    duplicate = duplicate or row.code
        if duplicate:
            facts = {"sheets": names, "dealer": duplicate}
            table.findings.append(Finding("XK-T065", table.file, facts=facts))
            table.refused = True
            return
        table.findings.append(Finding("XK-T066", table.file, facts={"sheets": names}))
    table.rows += [row for _, rows in by_sheet for row in rows]


def _report_headless(table: Table, sheet: ListSheet, rows: Iterable[Row]) -> None:
    """Columns that are filled in and have no heading."""
    first: dict[str, Place] = {}
    for heading, raw in (cell for row in rows for cell in row.unread):
        letters = raw.place.ref.rstrip("0123456789")
        if not heading and not sheet.grid.merged(sheet.head, column_number(letters)):
            first.setdefault(letters, raw.place)
    for letters, place in first.items():
        code = PERSONAL_COLUMN if _holds_persons(sheet, place) else "XK-T024"
        table.findings.append(Finding(code, table.file, place, facts={"column": f"{letters} 列（没有列名）"}))


def _rows(table: Table, sheet: ListSheet, columns: Mapping[str, Column], spec: ListSpec) -> Iterator[Row]:
    grid, passed = sheet.grid, dict[str, list[int]]()
    hidden: list[str] = []
    headings = {number: heading_of(raw) for number, raw in grid.row(sheet.head).items()}
    keys = {folded(heading) for heading in spec.key}
    for number in (number for number in grid.rows if number > sheet.head):
        cells = grid.row(number)
        filled = {column: raw for column, raw in cells.items() if not _is_blank(raw)}
        if not filled:
            if any(raw.text for raw in cells.values()):
                passed.setdefault("blank", []).append(number)
            continue
        texts = {
            column: folded((spec.key_words if column == sheet.key else wording)(raw).text)
            for column, raw in filled.items()
        }
        if texts.get(sheet.key, "") in keys:
            if any(headings.get(column) != text for column, text in texts.items()):
                table.findings.append(Finding("XK-T086", table.file, filled[sheet.key].place, facts={"row": number}))
                break
            continue
        why = _no_dealers(filled, texts, sheet, columns, spec)
        if why:
            if why != "units":  # those were used: `Units`
                passed.setdefault(why, []).append(number)
            continue
        row = _row(table, sheet, number, filled, columns, spec)
        if row is not None:
            hidden += [raw.place.ref for raw in (row.code_cell,) if grid.hides_row(number)]
            yield row
    for why, numbers in passed.items():
        facts = {"rows": "、".join(map(str, numbers)), "why": _WHY[why]}
        table.findings.append(Finding("XK-T076", table.file, Place(grid.sheet, f"A{numbers[0]}"), facts=facts))
    hidden += [column.heading.place.ref for column in columns.values() if grid.hides_column(column.number)]
    if hidden:
        facts = {"cells": "、".join(hidden[:10]) + ("…" if len(hidden) > 10 else "")}
        table.findings.append(Finding("XK-T070", table.file, Place(grid.sheet, hidden[0]), facts=facts))


_WHY = {"blank": "只有空格", "totals": "合计", "note": "说明文字"}


def _no_dealers(
    filled: Mapping[int, RawCell],
    texts: dict[int, str],
    sheet: ListSheet,
    columns: Mapping[str, Column],
    spec: ListSpec,
) -> str:
    """Why a row belongs to no dealer (totals, a note, units); "" if it may belong to one."""
    code = texts.get(sheet.key, "")
    if code and spec.is_key(code):
        return ""
    first = code or next(iter(texts.values()), "")
    if _TOTALS.fullmatch(first.rstrip(":")):
        return "totals"
    if not code and all(_SUM.match(str(raw.formula)) for raw in filled.values()):
        return "totals"
    read = {column.number for column in columns.values()}
    if (not code or code in CAPTIONS) and any(number in read for number in texts):
        return "units" if is_row_of_units(texts, sheet.key) else ""
    figures = any(filled[number].kind is not CellKind.TEXT for number in read if number in filled)
    alone = len(texts) == 1 and _SENTENCE.match(first)
    return "note" if not figures and (not code or alone or _NOTE.match(first)) else ""


def _is_blank(raw: RawCell) -> bool:
    """Whether a cell holds nothing: a formula without its result does hold something."""
    return not isinstance(raw.formula, str) and not folded(raw.text or "")


def _impersonal(table: Table, raw: RawCell) -> RawCell:
    """A cell without telephones, plates and the like; a finding where it held any."""
    kinds = personal_kinds(raw.text or "") if raw.kind is CellKind.TEXT else ()
    if not kinds:
        return raw
    table.findings.append(Finding(PERSONAL_TEXT, table.file, raw.place, facts={"kinds": "、".join(kinds)}))
    return raw._replace(text=without_personal(raw.text or ""))


def _row(
    table: Table, sheet: ListSheet, number: int, filled: Mapping[int, RawCell], columns: Mapping[str, Column],
    spec: ListSpec,
) -> Row | None:  # fmt: skip
    grid, key = sheet.grid, filled.get(sheet.key)
    if key is None:
        place = next(iter(filled.values())).place
        table.findings.append(Finding("XK-T025", table.file, place, facts={"row": number}))
        return None
    content = spec.key_words(key)
    if content.fault:
        facts = {"found": content.fault, "column": wording(grid.row(sheet.head)[sheet.key]).text}
        table.findings.append(Finding("XK-T071", table.file, key.place, facts=facts))
        return None
    cells = {
        name: _impersonal(table, filled[column.number]) for name, column in columns.items() if column.number in filled
    }
    shared = {
        name: area for name, column in columns.items() if (area := grid.merged(number, column.number))
    }  # fmt: skip
    read = {sheet.key, *(column.number for column in columns.values())}
    headings = grid.row(sheet.head)
    unread = tuple((wording(headings.get(n)).text, raw) for n, raw in filled.items() if n not in read)
    return Row(
        table.file, grid.sheet, number, content.text, key, cells, columns, shared, filled.get(sheet.named), unread
    )
