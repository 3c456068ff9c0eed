"""Lists with a row for each dealer and a column for each field: targets, inspections, last values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from xlkpi.findings import Finding
from xlkpi.headquarters.headings import CODE, NAMES, PEERS, REGIONS, SUPERVISORS, ListSpec
from xlkpi.headquarters.identity import Origin
from xlkpi.headquarters.table import Files, Row, Table, read_table
from xlkpi.headquarters.units import DOUBTFUL
from xlkpi.headquarters.words import Codes, folded, some_of, wording
from xlkpi.intake import quantity
from xlkpi.intake.meaning import Reading
from xlkpi.intake.normalise import checked, understand
from xlkpi.issue import Dealer
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.values import Absence, Value

_SPREAD = 1000
"""Figures in one unit do not differ by so much: one dealer's 31.6 and another's 300,000 are not both 万元."""


KNOWN_HEADINGS = frozenset((*CODE, *NAMES, *REGIONS, *PEERS, *SUPERVISORS, "备注", "序号"))


@dataclass(slots=True)
class FieldColumns:
    """Values by dealer and field, and where each dealer's row stands; `apart` are rows of no dealer that were asked
    for."""

    file: str
    columns: set[str]
    rows: dict[str, dict[str, Value]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    places: dict[str, Row] = field(default_factory=dict)
    refused: bool = False
    apart: list[Row] = field(default_factory=list)


def one_row_a_dealer(
    read: tuple[FieldColumns, list[tuple[Row, dict[str, Value]]]], roster: Mapping[str, Dealer]
) -> FieldColumns:  # fmt: skip
    """What `read_field_rows` gave, as values by dealer and field; a dealer's second row is a finding."""
    out, rows = read
    by_dealer: dict[str, dict[str, tuple[Value, Row]]] = {}
    out.findings += repeated_rows(row for row, _ in rows)
    for row, values in rows:
        merge_row(out.findings, by_dealer.setdefault(row.code, {}), values, row, roster[row.code].name)
    keep_values(out, by_dealer)
    return out


def read_field_rows(
    paths: Files,
    origin: Origin,
    fields: Mapping[str, SchemeField],
    roster: Mapping[str, Dealer],
    *,
    anyway: bool,
    also_there: Mapping[str, SchemeField] | None = None,
    accept: Callable[[SchemeField, Reading], Reading] = lambda entry, reading: reading,
    plain: Iterable[str] = (),
    headings: Mapping[str, Iterable[str]] | None = None,
    apart: str = "",
) -> tuple[FieldColumns, list[tuple[Row, dict[str, Value]]]]:
    """Each row with its values by field, and the list that they will be put into; a column that is neither a field's
    nor one of `also_there` is a finding.

    `headings` are further headings of fields. `plain` are headings of columns that are no field's; a row has their
    cells as they stand. `apart` stands in the place of a dealer's code in rows that are kept apart.
    """
    codes = Codes.of(roster)
    known = {heading for name, entry in (also_there or {}).items() for heading in (name, entry.label) if heading}
    spec = ListSpec(
        origin,
        {name: (entry.label or name, name, *(headings or {}).get(name, ())) for name, entry in fields.items()}
        | {name: (name,) for name in plain},
        ignored=frozenset(known) | KNOWN_HEADINGS,
        units={name: entry.unit for name, entry in fields.items()},
        is_key=lambda text: bool(codes.find(text)) or (bool(apart) and text == apart),
    )  # fmt: skip
    table = read_table(paths, spec, anyway=anyway)
    kept_apart = [row for row in table.rows if apart and row.code == apart and not codes.find(apart)]
    table.rows = [row for row in table.rows if row not in kept_apart]
    out = FieldColumns(
        table.file, table.columns & set(fields), findings=table.findings, refused=table.refused, apart=kept_apart
    )
    rows = rows_of_roster(table, codes, roster)
    doubtful = _units_in_doubt(table, rows, fields)
    read: list[tuple[Row, dict[str, Value]]] = []
    for row in rows:
        values: dict[str, Value] = {}
        for name in row.columns:
            if name not in fields:
                continue
            entry, subject = fields[name], f"{roster[row.code].name} {fields[name].label or name}"
            if name in doubtful:
                values[name] = Absence.UNREADABLE
                continue
            reading = accept(entry, checked(entry, read_cell(entry, row, name, origin.month)))
            values[name] = reading.value
            more = {"dealer": row.code, "label": entry.label or name}
            out.findings += remark_findings(reading, row, name, name, subject, more)
        read.append((row, values))
        out.places.setdefault(row.code, row)
    return out, read


def keep_values(out: FieldColumns, by_dealer: Mapping[str, Mapping[str, tuple[Value, Row]]]) -> None:
    """Put each dealer's values into the list. Of a heading that stands there twice no dealer has a value."""
    columns = {name for row in by_dealer.values() for name in row}
    lost = dict.fromkeys(out.columns - columns, Absence.UNREADABLE)
    for code, row_seen in by_dealer.items():
        out.rows[code] = {name: value for name, (value, _) in row_seen.items()} | lost


def repeated_rows(rows: Iterable[Row]) -> list[Finding]:
    """A finding for each dealer that has several rows, at the second."""
    rows_by_code: dict[str, list[Row]] = {}
    for row in rows:
        rows_by_code.setdefault(row.code, []).append(row)
    repeated = [listed[1] for listed in rows_by_code.values() if len(listed) > 1]
    return [finding_at(row, "XK-T022", dealer=row.code) for row in repeated]


def rows_of_roster(table: Table, codes: Codes, roster: Mapping[str, Dealer], stranger: str = "") -> list[Row]:
    """The rows of dealers on the roster, with the roster's spelling of their codes.

    A row with one dealer's code and another's name (a column was sorted by itself) is nobody's. `stranger` is the
    finding on a row of nobody on the roster, where the list does not have every dealer.
    """
    rows: list[Row] = []
    names = {folded(dealer.name): code for code, dealer in roster.items()}
    unknown_rows: list[Row] = []
    for row in table.rows:
        code = codes.find(row.code)
        if not code:
            unknown_rows.append(row)
            continue
        if code != row.code:
            table.findings.append(finding_at(row, "XK-T072", found=row.code, code=code))
        name = wording(row.name_cell).text
        other = names.get(folded(name), code)
        if other != code and folded(name) != folded(roster[code].name):
            place = row.name_cell.place if row.name_cell else row.code_cell.place
            facts = {"dealer": code, "name": name, "other": other}
            table.findings.append(Finding("XK-T088", row.file, place, facts=facts))
            continue
        rows.append(replace(row, code=code))
    # where nobody on the roster lacks a row, no stranger can be a code that was misspelt
    if unknown_rows and not stranger and {row.code for row in rows} >= set(roster):
        strangers = [row.code for row in unknown_rows]
        table.findings.append(
            finding_at(unknown_rows[0], "XK-T077", dealer=some_of(strangers), codes="、".join(strangers))
        )
    else:
        table.findings += [finding_at(row, stranger or "XK-T021", dealer=row.code) for row in unknown_rows]
    return rows


def read_cell(entry: SchemeField, row: Row, name: str, month: str = "") -> Reading:
    """A cell's value in the field's unit, whatever unit its column is in."""
    raw = row.cells.get(name)
    if name in row.shared:
        return Reading(Absence.UNREADABLE).noting("XK-T073", cells=row.shared[name])
    unit = row.columns[name].unit
    times = _times(entry, unit)
    if raw is None or times == 1:
        return understand(entry, raw, name=name, month=month)
    if times is None:
        return Reading(Absence.UNREADABLE).noting("XK-V017", found=f"{raw.text}{unit}", unit=entry.unit)
    reading = understand(entry.model_copy(update={"unit": unit}), raw)
    if not isinstance(reading.value, float):
        return reading
    value = float(Decimal(repr(reading.value)) * times)
    return Reading(value, reading.remarks)


def _times(entry: SchemeField, unit: str) -> Decimal | None:
    """What a figure in a column's unit is multiplied with; None where the unit is not one of the field's."""
    if not unit or unit == folded(entry.unit) or (unit == "%" and TYPES[entry.type].shape is Shape.PERCENT):
        return Decimal(1)
    return None if unit in ("%", DOUBTFUL) else quantity.factor(unit, entry.unit)


def _units_in_doubt(table: Table, rows: Iterable[Row], fields: Mapping[str, SchemeField]) -> set[str]:
    """Columns in another unit than the form's: said once each. Those whose figures cannot all be in it are returned."""
    doubtful: set[str] = set()
    by_column: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        for name, column in row.columns.items():
            if column.unit:
                by_column.setdefault((name, row.file, column.heading.place.sheet), []).append(row)
    for (name, file, _), several in by_column.items():
        entry, column = fields[name], several[0].columns[name]
        times = _times(entry, column.unit)
        if times == 1:
            continue
        place, label = column.heading.place, entry.label or name
        facts = {"column": label, "found": column.unit, "expected": entry.unit or "—"}
        if column.unit == DOUBTFUL:
            doubtful.add(name)
        elif times is None:
            doubtful.add(name)
            table.findings.append(Finding("XK-T075", file, place, name, facts))
        elif _too_far_apart(entry, several, name):
            doubtful.add(name)
            low, high = _spread(entry, several, name)
            facts |= {"found": f"{column.unit}：{low:,.10g} … {high:,.10g}"}
            table.findings.append(Finding("XK-T075", file, place, name, facts))
        else:
            table.findings.append(Finding("XK-T074", file, place, name, facts | {"times": f"{times:,f}"}))
    return doubtful


def _spread(entry: SchemeField, rows: Iterable[Row], name: str) -> tuple[float, float]:
    """The least and the greatest figure of a column, in the column's unit."""
    readings = (understand(entry.model_copy(update={"unit": ""}), row.cells.get(name)).value for row in rows)
    figures = [value for value in readings if isinstance(value, float) and value > 0]
    return min(figures, default=0.0), max(figures, default=0.0)


def _too_far_apart(entry: SchemeField, rows: Iterable[Row], name: str) -> bool:
    low, high = _spread(entry, rows, name)
    return bool(low) and high / low >= _SPREAD


def merge_row(
    findings: list[Finding], known: dict[str, tuple[Value, Row]], values: Mapping[str, Value], row: Row, subject: str
) -> None:  # fmt: skip
    """Add a row to what earlier rows of the same key gave; where they contradict each other nothing counts."""
    for name, value in values.items():
        before = known.get(name)
        if before is None or before[0] is Absence.MISSING:
            known[name] = value, row
        elif value not in (Absence.MISSING, before[0]):
            facts = {
                "label": f"{subject} {wording(row.columns[name].heading).text}",
                "cells": cells_of_two(before[1], row, name),
            }
            findings.append(Finding("XK-T069", row.file, row.place(name), facts=facts))
            known[name] = Absence.UNREADABLE, row


def cells_of_two(first: Row, second: Row, name: str) -> str:
    """The cells of two rows in one column, with their files where these are two."""
    apart = first.file != second.file
    return "、".join(f"{row.file} {row.place(name)}" if apart else str(row.place(name)) for row in (first, second))


def remark_findings(
    reading: Reading, row: Row, part: str, name: str, label: str, more: Mapping[str, object] | None = None
) -> list[Finding]:  # fmt: skip
    """A reading's remarks as findings at its cell."""
    findings = []
    for code, facts in reading.remarks:
        details = {"label": label, **facts}
        if code == "XK-T023":
            details = {**(more or {}), **facts}
        findings.append(Finding(code, row.file, row.place(part), name, details))
    return findings


def finding_at(row: Row, code: str, /, **facts: object) -> Finding:
    """A finding at the cell that says whose a row is."""
    return Finding(code, row.file, row.code_cell.place, facts=facts)
