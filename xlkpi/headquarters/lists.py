"""Headquarters' own lists, a row for each dealer: roster, targets, inspections, last values, the year's plan.

`table` finds sheets, columns and rows; here the cells get their meaning, by the same rules as a dealer's cells.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Generic, TypeVar

from xlkpi.findings import Finding, most_serious_first
from xlkpi.headquarters.closed import STATE, perhaps_closed, said_closed
from xlkpi.headquarters.identity import Origin
from xlkpi.headquarters.table import CODE, DOUBTFUL, NAMES, REGIONS, Files, ListSpec, Row, Table, read_table
from xlkpi.headquarters.words import Codes, alike, closed_up, folded, some_of, wording
from xlkpi.intake import quantity
from xlkpi.intake.normalise import Reading, checked, show, understand
from xlkpi.intake.parsed import STROKE
from xlkpi.issue import Dealer, Target
from xlkpi.scheme import parts
from xlkpi.scheme.cells import of_field
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.parts import Part
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.values import Absence, Place, Value

_PEERS = ("对标组", "peer group")
_SPREAD = 1000
"""Figures in one unit do not differ by so much: one dealer's 31.6 and another's 300,000 are not both 万元."""
_FOREIGN = frozenset((*CODE, *NAMES, *REGIONS, *_PEERS, "备注", "序号"))

T = TypeVar("T")


@dataclass(slots=True)
class Listed(Generic[T]):
    """What a list gave, by dealer code, and what was wrong with it. `refused`: it cannot be what it is given as, and
    nothing of it may be used. `places`: of a plan, file and cell by dealer code and slot name."""

    rows: dict[str, T] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    refused: bool = False
    places: dict[tuple[str, str], tuple[str, Place]] = field(default_factory=dict)


class ListRefused(Exception):
    """A list cannot be what it is given as; `findings` say why."""

    def __init__(self, findings: Iterable[Finding]):
        self.findings = list(findings)
        super().__init__("; ".join(finding.message("en") for finding in self.findings))


def refuse_lists(*lists: Listed[Any]) -> None:
    """See that the lists are what they are given as.

    Raises:
        ListRefused: one of them is not.
    """
    if any(listed.refused for listed in lists):
        raise ListRefused(finding for listed in lists for finding in listed.findings)


def read_roster(paths: Files, *, anyway: bool = False) -> Listed[Dealer]:
    """Dealers in the list's order; that order breaks ties in a ranking. A closed one is left out with a warning; where
    more is said than that, the dealer stays, and is asked about."""
    columns = {"name": NAMES, "region": REGIONS, "peers": _PEERS, "state": STATE, "remark": ("备注", "remark", "note")}
    spec = ListSpec(Origin("roster"), columns, needed=("name",))
    table = read_table(paths, spec, anyway=anyway)
    out: Listed[Dealer] = Listed(findings=table.findings, refused=table.refused)
    spelled: dict[str, str] = {}
    groups: dict[tuple[str, str], str] = {}
    for row in table.rows:
        code = unicodedata.normalize("NFKC", row.code)
        if code != row.code:
            out.findings.append(_at(row, "XK-T072", found=row.code, code=code))
        other = spelled.setdefault(folded(code), code)
        if code in out.rows:
            out.findings.append(_at(row, "XK-T022", dealer=code))
        elif other != code:  # to Windows their files would have one name
            out.findings.append(_at(row, "XK-T027", dealer=code, other=other))
        elif "|" in code:  # it separates the parts of a workbook's marker
            out.findings.append(_at(row, "XK-T026", dealer=code))
        elif closed := said_closed(row):
            out.findings.append(_at(row, "XK-T084", dealer=code.replace(STROKE, ""), found=closed))
        else:
            out.findings += perhaps_closed(row, code)
            name, region, peers = (_word(out, row, part) for part in ("name", "region", "peers"))
            out.rows[code] = Dealer(code, name or code, closed_up(region), closed_up(peers))
            for part, group in (("region", closed_up(region)), ("peers", closed_up(peers))):
                before = groups.setdefault((part, alike(group)), group)
                if before != group:
                    facts = {"found": group, "other": before}
                    out.findings.append(Finding("XK-T089", row.file, row.place(part), facts=facts))
    out.findings = most_serious_first(out.findings)
    return out


def _word(out: Listed[Dealer], row: Row, part: str) -> str:
    """A name; what is none is a finding."""
    content = wording(row.cells.get(part))
    if content.fault:
        heading = wording(row.columns[part].heading).text
        out.findings.append(
            Finding("XK-T071", row.file, row.place(part), facts={"found": content.fault, "column": heading})
        )
    return content.text


def read_targets(
    paths: Files, scheme: Scheme, roster: Mapping[str, Dealer], *, month: str = "", anyway: bool = False,
    complete: bool = False,
) -> Listed[dict[str, Target]]:  # fmt: skip
    """Targets by dealer and field or indicator: a positive number, or 不适用; 无法读取 where the list is in doubt.

    Args:
        paths: the list, or several that hold different dealers.
        scheme: the scheme.
        roster: the month's dealers.
        month: the month that is assessed, as YYYY-MM; a list of another one is refused. Blank: any.
        anyway: headquarters insists on a list of another month, scheme or kind.
        complete: every dealer must have every target, as when a month is issued; a revision holds what it changes.
    """
    origin = Origin("targets", scheme.name, scheme.version, month)
    read = _by_field(
        paths, origin, scheme.aims, roster, anyway=anyway, also_there=scheme.headquarters_figures(), accept=_positive
    )
    targets: dict[str, dict[str, Target]] = {}
    for dealer, row in read.rows.items():
        of_dealer = targets.setdefault(dealer, {})
        for name, value in row.items():
            if isinstance(value, float) or value is Absence.NOT_APPLICABLE or value is Absence.UNREADABLE:
                of_dealer[name] = value
    if complete and not read.refused:
        read.findings += _gaps(read, scheme, roster, targets)
    return Listed(targets, most_serious_first(read.findings), read.refused)


def _positive(entry: SchemeField, reading: Reading) -> Reading:
    """A target is more than nothing: a completion of nothing is none."""
    value = reading.value
    if isinstance(value, float) and value <= 0 and entry.target:
        return Reading(Absence.UNREADABLE, reading.remarks).noting("XK-T023", found=show(entry, value))
    return reading


def _gaps(
    read: _ByField, scheme: Scheme, roster: Mapping[str, Dealer], targets: Mapping[str, Mapping[str, Target]]
) -> list[Finding]:  # fmt: skip
    """What a complete list lacks: columns, dealers, cells. What cannot be read has a finding of its own already."""
    wanted = scheme.targets()
    findings = [
        Finding("XK-T020", read.file, facts={"column": entry.label or name})
        for name, entry in wanted.items()
        if name not in read.columns
    ]
    present = {name: entry for name, entry in wanted.items() if name in read.columns}
    for name, entry in present.items():
        lacking = [code for code in roster if targets.get(code, {}).get(name) is None]
        if lacking:
            row = next((read.places[code] for code in lacking if code in read.places), None)
            facts = {"dealer": some_of(lacking), "label": entry.label or name, "found": "空白"}
            findings.append(Finding("XK-T023", read.file, row.place(name) if row else None, name, facts))
    return findings


def read_headquarters_figures(
    paths: Files, scheme: Scheme, roster: Mapping[str, Dealer], *, month: str = "", anyway: bool = False
) -> Listed[dict[str, float | str]]:
    """Headquarters' own figures of the month (工作天数, …), which stand in the list of targets."""
    origin = Origin("targets", scheme.name, scheme.version, month)
    read = _by_field(paths, origin, scheme.headquarters_figures(), roster, anyway=anyway, also_there=scheme.aims)
    figures: dict[str, dict[str, float | str]] = {
        dealer: {name: value.value if isinstance(value, Absence) else value for name, value in row.items()
                 if isinstance(value, float) or value is Absence.NOT_APPLICABLE}
        for dealer, row in read.rows.items()
    }  # fmt: skip
    of_values = [finding for finding in read.findings if finding.field]  # read_targets tells the others
    return Listed(figures, most_serious_first(of_values), read.refused)


def read_history(
    paths: Files, scheme: Scheme, roster: Mapping[str, Dealer], *, anyway: bool = False
) -> Listed[dict[str, float | str]]:
    """Last month's values by dealer and slot name, to be shown beside the input cells."""
    read = _by_field(paths, Origin("history", scheme.name), scheme.by("dealer"), roster, anyway=anyway)
    numbers: dict[str, dict[str, float | str]] = {
        dealer: {_known_as(scheme, name): value for name, value in row.items() if isinstance(value, float)}
        for dealer, row in read.rows.items()
    }
    return Listed(numbers, most_serious_first(read.findings), read.refused)


def _known_as(scheme: Scheme, name: str) -> str:
    """Where a known figure goes: a figure of earlier months into its own cell, others beside this month's."""
    return of_field(name, parts.LAST_MONTH) if scheme.fields[name].block == "本月" else name


def read_inspections(
    paths: Files, scheme: Scheme, roster: Mapping[str, Dealer], month: str = "", *, anyway: bool = False
) -> Listed[dict[str, Value]]:
    """检查情况 by dealer and field. A blank is left out: the score stays provisional.

    The list, and a date given for a day, must be of `month` (YYYY-MM; blank: not compared).
    """
    origin = Origin("inspections", scheme.name, scheme.version, month)
    read = _by_field(
        paths, origin, scheme.by("headquarters"), roster, anyway=anyway, also_there=scheme.headquarters_figures()
    )
    inspections: dict[str, dict[str, Value]] = {
        dealer: {n: v for n, v in row.items() if v is not Absence.MISSING} for dealer, row in read.rows.items()
    }
    return Listed(inspections, most_serious_first(read.findings), read.refused)


def read_plan(
    paths: Files, scheme: Scheme, roster: Mapping[str, Dealer], *, anyway: bool = False
) -> Listed[dict[str, float | str]]:
    """The year's plan by dealer and slot name (接车台次_3月目标): one row a dealer and 项目, with person and reward."""
    headings: dict[str, tuple[str, ...]] = {part: (part,) for part in parts.PLAN}
    for month, part in enumerate(parts.MONTH_TARGETS, 1):
        headings[part] = (part, f"{month}月", f"{month}月份目标")
    figures = [part for part in parts.PLAN if part != parts.PERSON]
    codes = Codes.of(roster)
    spec = ListSpec(
        Origin("plan", scheme.name), {"项目": ("项目",), **headings}, ignored=_FOREIGN, needed=("项目",),
        units=dict.fromkeys(figures, ""),
        is_key=lambda text: bool(codes.find(text)), repeated=True,
    )  # fmt: skip
    table = read_table(paths, spec, anyway=anyway)
    out: Listed[dict[str, float | str]] = Listed(findings=table.findings, refused=table.refused)
    fields = {
        folded(heading): (name, entry) for name, entry in scheme.targets().items() for heading in (name, entry.label)
    }
    by_field: dict[tuple[str, str], dict[str, tuple[Value, Row]]] = {}
    rows = _of_roster(table, codes, roster)
    _report_units(table, rows)
    for row in rows:
        label = wording(row.cells.get("项目")).text
        if folded(label) not in fields:
            out.findings.append(Finding("XK-T024", row.file, row.place("项目"), facts={"column": label or "项目"}))
            continue
        name, entry = fields[folded(label)]
        values: dict[str, Value] = {}
        person = wording(row.cells.get(parts.PERSON))
        if person.fault:
            facts = {"found": person.fault, "column": parts.PERSON}
            out.findings.append(Finding("XK-T071", row.file, row.place(parts.PERSON), facts=facts))
        if person.text:
            values[parts.PERSON] = person.text
        subject = f"{roster[row.code].name} {label}"
        for part in figures:
            if part in row.columns:
                reading = checked(entry, _read(entry, row, part))
                if part not in parts.SO_FAR and isinstance(reading.value, float) and reading.value < 0:
                    reading = Reading(Absence.UNREADABLE).noting("XK-T098", found=show(entry, reading.value))
                values[part] = reading.value
                out.findings += _remarks(reading, row, part, name, f"{subject} {part}")
        _merge(out.findings, by_field.setdefault((row.code, name), {}), values, row, subject)
    for (code, name), parts_seen in by_field.items():
        known = {
            of_field(name, Part(part)): value
            for part, (value, _) in parts_seen.items()
            if isinstance(value, float | str)
        }
        out.rows.setdefault(code, {}).update(known)
        for heading, (_, row) in parts_seen.items():
            out.places[code, of_field(name, Part(heading))] = row.file, row.place(heading)
    out.findings = most_serious_first(out.findings)
    return out


def _report_units(table: Table, rows: Iterable[Row]) -> None:
    """The units that a plan's headings name: a row's figures are turned into those of its 项目."""
    columns = {
        column.heading.place: (row.file, column) for row in rows for column in row.columns.values() if column.unit
    }
    for place, (file, column) in columns.items():
        facts = {"column": column.name, "found": column.unit, "expected": "各项目的单位", "times": "—"}
        table.findings.append(Finding("XK-T074", file, place, facts=facts))


def missing_targets(
    file: str, scheme: Scheme, roster: Iterable[Dealer], targets: Mapping[str, Mapping[str, Target]]
) -> list[Finding]:
    """A finding for every field without a valid target for some dealers: nothing is issued until there is none."""
    dealers = list(roster)
    findings = []
    for name, entry in scheme.targets().items():
        lacking: dict[str, list[str]] = {}
        for dealer in dealers:
            value = targets.get(dealer.code, {}).get(name)
            if value is None or value is Absence.UNREADABLE or (isinstance(value, float) and value <= 0):
                lacking.setdefault("空白" if value is None else show(entry, value), []).append(dealer.code)
        for shown, codes in lacking.items():
            facts = {"dealer": some_of(codes), "label": entry.label or name, "found": shown}
            findings.append(Finding("XK-T023", file, field=name, facts=facts))
    return findings


# ------------------------------------------------------------------ a list with a column for each field


@dataclass(slots=True)
class _ByField:
    """Values by dealer and field, and where each dealer's row stands."""

    file: str
    columns: set[str]
    rows: dict[str, dict[str, Value]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    places: dict[str, Row] = field(default_factory=dict)
    refused: bool = False


def _by_field(
    paths: Files,
    origin: Origin,
    fields: Mapping[str, SchemeField],
    roster: Mapping[str, Dealer],
    *,
    anyway: bool,
    also_there: Mapping[str, SchemeField] | None = None,
    accept: Callable[[SchemeField, Reading], Reading] = lambda entry, reading: reading,
) -> _ByField:
    """Values by dealer and field; a column that is neither a field's nor one of `also_there` is a finding."""
    codes = Codes.of(roster)
    known = {heading for name, entry in (also_there or {}).items() for heading in (name, entry.label) if heading}
    spec = ListSpec(
        origin,
        {name: (entry.label or name, name) for name, entry in fields.items()},
        ignored=frozenset(known) | _FOREIGN,
        units={name: entry.unit for name, entry in fields.items()}, is_key=lambda text: bool(codes.find(text)),
    )  # fmt: skip
    table = read_table(paths, spec, anyway=anyway)
    out = _ByField(table.file, table.columns, findings=table.findings, refused=table.refused)
    by_dealer: dict[str, dict[str, tuple[Value, Row]]] = {}
    repeated: set[str] = set()
    rows = _of_roster(table, codes, roster)
    doubtful = _units_in_doubt(table, rows, fields)
    for row in rows:
        if row.code in by_dealer and row.code not in repeated:
            repeated.add(row.code)
            out.findings.append(_at(row, "XK-T022", dealer=row.code))
        values: dict[str, Value] = {}
        for name in row.columns:
            entry, subject = fields[name], f"{roster[row.code].name} {fields[name].label or name}"
            if name in doubtful:
                values[name] = Absence.UNREADABLE
                continue
            reading = accept(entry, checked(entry, _read(entry, row, name, origin.month)))
            values[name] = reading.value
            more = {"dealer": row.code, "label": entry.label or name}
            out.findings += _remarks(reading, row, name, name, subject, more)
        _merge(out.findings, by_dealer.setdefault(row.code, {}), values, row, roster[row.code].name)
        out.places.setdefault(row.code, row)
    lost = {name for name in table.columns if not any(name in row.columns for row in rows)}
    for code, row_seen in by_dealer.items():  # of a heading that stands there twice no dealer has a value
        out.rows[code] = {name: value for name, (value, _) in row_seen.items()} | dict.fromkeys(
            lost, Absence.UNREADABLE
        )
    return out


def _of_roster(table: Table, codes: Codes, roster: Mapping[str, Dealer]) -> list[Row]:
    """The rows of dealers on the roster, with the roster's spelling of their codes.

    A row with one dealer's code and another's name (a column was sorted by itself) is nobody's.
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
            table.findings.append(_at(row, "XK-T072", found=row.code, code=code))
        name = wording(row.name_cell).text
        other = names.get(folded(name), code)
        if other != code and folded(name) != folded(roster[code].name):
            place = row.name_cell.place if row.name_cell else row.code_cell.place
            facts = {"dealer": code, "name": name, "other": other}
            table.findings.append(Finding("XK-T088", row.file, place, facts=facts))
            continue
        rows.append(replace(row, code=code))
    # where nobody on the roster lacks a row, no stranger can be a code that was misspelt
    if unknown_rows and {row.code for row in rows} >= set(roster):
        table.findings.append(_at(unknown_rows[0], "XK-T077", dealer=some_of([row.code for row in unknown_rows])))
    else:
        table.findings += [_at(row, "XK-T021", dealer=row.code) for row in unknown_rows]
    return rows


def _read(entry: SchemeField, row: Row, name: str, month: str = "") -> Reading:
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


def _merge(
    findings: list[Finding], known: dict[str, tuple[Value, Row]], values: Mapping[str, Value], row: Row, subject: str
) -> None:  # fmt: skip
    """Add a row to what earlier rows of the same key gave; where they contradict each other nothing counts."""
    for name, value in values.items():
        before = known.get(name)
        if before is None or before[0] is Absence.MISSING:
            known[name] = value, row
        elif value not in (Absence.MISSING, before[0]):
            cells = f"{before[1].place(name)}、{row.place(name)}"
            facts = {"label": f"{subject} {wording(row.columns[name].heading).text}", "cells": cells}
            findings.append(Finding("XK-T069", row.file, row.place(name), facts=facts))
            known[name] = Absence.UNREADABLE, row


def _remarks(
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


def _at(row: Row, code: str, /, **facts: object) -> Finding:
    return Finding(code, row.file, row.code_cell.place, facts=facts)


__all__ = [
    "ListRefused", "Listed", "missing_targets", "read_headquarters_figures", "read_history", "read_inspections",
    "read_plan", "read_roster", "read_targets", "refuse_lists",
]  # fmt: skip
