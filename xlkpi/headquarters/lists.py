"""Headquarters' own lists: roster, targets, inspections, last values.

One row a dealer; the headings stand in the first row that has 代码 in it, whatever is written above.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar
from xml.etree.ElementTree import ParseError

from xlkpi.findings import Finding
from xlkpi.intake.guard import Refused
from xlkpi.intake.normalise import checked, show, understand
from xlkpi.intake.reader import open_workbook
from xlkpi.issue import Dealer, Target
from xlkpi.scheme.cells import BEFORE_QUARTER, BEFORE_YEAR, MONTHS, PERSON, REWARD, of_field
from xlkpi.scheme.model import Scheme, SchemeField
from xlkpi.values import Absence, CellKind, RawCell, Value

_CODE = ("经销商代码", "代码", "code", "dealer")
_NAME = ("经销商名称", "名称", "name")
_REGION = ("区域", "大区", "region")
_PEERS = ("对标组", "peer group")
_KNOWN_BESIDE = frozenset((*_NAME, *_REGION, *_PEERS, "备注", "remark", "note"))


T = TypeVar("T")


@dataclass(slots=True)
class Listed(Generic[T]):
    """What a list gave, by dealer code, and what was wrong with it."""

    rows: dict[str, T] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list: its number, what stands in the key's column, and its cells by heading."""

    number: int
    code: str
    cells: Mapping[str, RawCell]


@dataclass(slots=True)
class Table:
    """A list as it was read."""

    file: str
    headings: dict[str, RawCell]
    rows: list[Row]
    findings: list[Finding]


def read_roster(path: Path) -> Listed[Dealer]:
    """Dealers in the list's order; that order breaks ties in a ranking."""
    table = read_table(path)
    out: Listed[Dealer] = Listed(findings=table.findings)
    name, region, peers = (_heading(table, names) for names in (_NAME, _REGION, _PEERS))
    if table.headings and name is None:
        out.findings.append(Finding("XK-T020", table.file, facts={"column": _NAME[0]}))
    spelled: dict[str, str] = {}
    for row in table.rows:
        if row.code in out.rows:
            out.findings.append(_at(table, row, "XK-T022", dealer=row.code))
            continue
        other = spelled.setdefault(row.code.casefold(), row.code)
        if other != row.code:  # to Windows their files would have one name
            out.findings.append(_at(table, row, "XK-T027", dealer=row.code, other=other))
            continue
        if "|" in row.code:  # it separates the parts of a workbook's marker
            out.findings.append(_at(table, row, "XK-T026", dealer=row.code))
            continue
        out.rows[row.code] = Dealer(row.code, _text(row, name) or row.code, _text(row, region), _text(row, peers))
    return out


def read_targets(path: Path, scheme: Scheme, roster: Mapping[str, Dealer]) -> Listed[dict[str, Target]]:
    """Targets by dealer and field or indicator: a number, or 不适用. Whether one is missing is the issue's question."""
    listed = _by_field(read_table(path), scheme.aims, roster, beside=scheme.given())
    targets: dict[str, dict[str, Target]] = {
        dealer: {n: v for n, v in row.items() if isinstance(v, float) or v is Absence.NOT_APPLICABLE}
        for dealer, row in listed.rows.items()
    }
    return Listed(targets, listed.findings)


def read_given(path: Path, scheme: Scheme, roster: Mapping[str, Dealer]) -> Listed[dict[str, float | str]]:
    """Headquarters' own figures of the month (工作天数, …), which stand in the list of targets."""
    listed = _by_field(read_table(path), scheme.given(), roster, beside=scheme.aims)
    given: dict[str, dict[str, float | str]] = {
        dealer: {name: value.value if isinstance(value, Absence) else value for name, value in row.items()
                 if isinstance(value, float) or value is Absence.NOT_APPLICABLE}
        for dealer, row in listed.rows.items()
    }  # fmt: skip
    of_values = [finding for finding in listed.findings if finding.field]  # read_targets tells the others
    return Listed(given, of_values)


def read_history(path: Path, scheme: Scheme, roster: Mapping[str, Dealer]) -> Listed[dict[str, float | str]]:
    """Last month's values by dealer and slot name, to be shown beside the input cells."""
    listed = _by_field(read_table(path), scheme.by("dealer"), roster)
    numbers: dict[str, dict[str, float | str]] = {
        dealer: {_known_as(scheme, name): value for name, value in row.items() if isinstance(value, float)}
        for dealer, row in listed.rows.items()
    }
    return Listed(numbers, listed.findings)


def _known_as(scheme: Scheme, name: str) -> str:
    """Where a known figure goes: a figure of earlier months into its own cell, others beside this month's."""
    return of_field(name, "上月") if scheme.fields[name].block == "本月" else name


def read_plan(path: Path, scheme: Scheme, roster: Mapping[str, Dealer]) -> Listed[dict[str, float | str]]:
    """The year's plan by dealer and slot name (接车台次_3月目标): one row a dealer and 项目, with person and reward."""
    table = read_table(path)
    out: Listed[dict[str, float | str]] = Listed(findings=table.findings)
    fields = {entry.label or name: (name, entry) for name, entry in scheme.targets().items()}
    if table.headings and "项目" not in table.headings:
        out.findings.append(Finding("XK-T020", table.file, facts={"column": "项目"}))
    for row in table.rows:
        if row.code not in roster:
            out.findings.append(_at(table, row, "XK-T021", dealer=row.code))
            continue
        label = _text(row, "项目")
        if label not in fields:
            out.findings.append(_at(table, row, "XK-T024", column=label))
            continue
        name, entry = fields[label]
        mine = out.rows.setdefault(row.code, {})
        if _text(row, PERSON):
            mine[of_field(name, PERSON)] = _text(row, PERSON)
        for part in (REWARD, BEFORE_YEAR, BEFORE_QUARTER, *MONTHS):
            cell = row.cells.get(part)
            reading = understand(entry, cell)
            if isinstance(reading.value, float):
                mine[of_field(name, part)] = reading.value
            for code, facts in reading.remarks:
                told = {"label": f"{roster[row.code].name} {label} {part}", **facts}
                out.findings.append(Finding(code, table.file, cell.place if cell else None, name, told))
    return out


def read_inspections(
    path: Path, scheme: Scheme, roster: Mapping[str, Dealer], month: str = ""
) -> Listed[dict[str, Value]]:
    """检查情况 by dealer and field. A blank is left out: the score stays provisional.

    A date given for a day must lie in `month` (YYYY-MM; blank: not compared).
    """
    listed = _by_field(read_table(path), scheme.by("headquarters"), roster, month=month)
    given: dict[str, dict[str, Value]] = {
        dealer: {n: v for n, v in row.items() if v is not Absence.MISSING} for dealer, row in listed.rows.items()
    }
    return Listed(given, listed.findings)


def missing_targets(
    file: str, scheme: Scheme, roster: Iterable[Dealer], targets: Mapping[str, Mapping[str, Target]]
) -> list[Finding]:
    """A finding for every dealer and field without a valid target: nothing is issued until there is none."""
    found = []
    for dealer in roster:
        mine = targets.get(dealer.code, {})
        for name, entry in scheme.targets().items():
            value = mine.get(name)
            if value is None or (isinstance(value, float) and value <= 0):
                facts = {"dealer": dealer.code, "label": entry.label or name}
                shown = "空白" if value is None else show(entry, value)
                found.append(Finding("XK-T023", file, field=name, facts={**facts, "found": shown}))
    return found


def _by_field(
    table: Table,
    fields: Mapping[str, SchemeField],
    roster: Mapping[str, Dealer],
    beside: Mapping[str, SchemeField] | None = None,
    month: str = "",
) -> Listed[dict[str, Value]]:
    """Values by dealer and field; a column that is neither a field's nor one of `beside` is a finding."""
    out: Listed[dict[str, Value]] = Listed(findings=table.findings)
    names = {(entry.label or name): name for name, entry in fields.items()} | {name: name for name in fields}
    columns = {heading: names[heading] for heading in table.headings if heading in names}
    passed_over = {heading for name, entry in (beside or {}).items() for heading in (name, entry.label)}
    passed_over.update(_KNOWN_BESIDE, _CODE)
    for heading, raw in table.headings.items():
        if heading not in names and heading not in passed_over:
            out.findings.append(Finding("XK-T024", table.file, raw.place, facts={"column": heading}))
    for row in table.rows:
        if row.code not in roster:
            out.findings.append(_at(table, row, "XK-T021", dealer=row.code))
            continue
        if row.code in out.rows:
            out.findings.append(_at(table, row, "XK-T022", dealer=row.code))
            continue
        values: dict[str, Value] = {}
        for heading, name in columns.items():
            cell, entry = row.cells.get(heading), fields[name]
            reading = checked(entry, understand(entry, cell, name=name, month=month))
            values[name] = reading.value
            for code, facts in reading.remarks:
                label = f"{roster[row.code].name} {entry.label or name}"
                out.findings.append(
                    Finding(code, table.file, cell.place if cell else None, name, {"label": label, **facts})
                )
        out.rows[row.code] = values
    return out


def _at(table: Table, row: Row, code: str, **facts: object) -> Finding:
    place = next((raw.place for raw in row.cells.values()), None)
    return Finding(code, table.file, place, facts=facts)


def _heading(table: Table, names: Iterable[str]) -> str | None:
    return next((heading for heading in table.headings if heading.strip().lower() in names), None)


def _text(row: Row, heading: str | None) -> str:
    raw = row.cells.get(heading) if heading else None
    return plain_text(raw)


def plain_text(raw: RawCell | None) -> str:
    """A cell's text; a code typed as a number keeps its digits (1001, not 1001.0)."""
    if raw is None or raw.text is None:
        return ""
    if raw.kind is CellKind.NUMBER:
        return re.sub(r"\.0+$", "", raw.text)
    return raw.text.strip()


def read_table(path: Path, key: tuple[str, ...] = _CODE) -> Table:
    """The first sheet that has a row with one of the key's headings in it; that row holds the headings.

    A row's `code` is what stands in the key's column.
    """
    file = path.name
    try:
        book = open_workbook(path)
        for sheet in book.sheets:
            cells = book.cells(sheet, None).cells
            table = _table(file, cells, key)
            if table is not None:
                return table
    except Refused as refused:
        return Table(file, {}, [], [Finding(refused.code, file, facts=refused.facts)])
    except (ValueError, KeyError, IndexError, ParseError, RecursionError) as error:
        return Table(file, {}, [], [Finding("XK-F002", file, facts={"detail": f"{type(error).__name__}: {error}"})])
    return Table(file, {}, [], [Finding("XK-T020", file, facts={"column": key[0]})])


def _table(file: str, cells: Mapping[str, RawCell], key: tuple[str, ...]) -> Table | None:
    by_row: dict[int, dict[str, RawCell]] = {}
    for ref, raw in cells.items():
        column = ref.rstrip("0123456789")
        by_row.setdefault(int(ref[len(column) :]), {})[column] = raw
    for number in sorted(by_row):
        heads = {column: plain_text(raw) for column, raw in by_row[number].items() if raw.text}
        code = next((column for column, text in heads.items() if text.lower() in key), None)
        if code is None:
            continue
        headings = {text: by_row[number][column] for column, text in heads.items()}
        rows, findings = [], []
        for below in sorted(n for n in by_row if n > number):
            filled = {heads[c]: raw for c, raw in by_row[below].items() if c in heads and raw.text is not None}
            if not filled:
                continue
            dealer = plain_text(by_row[below].get(code))
            if dealer:
                rows.append(Row(below, dealer, filled))
            else:
                findings.append(Finding("XK-T025", file, facts={"row": below}))
        return Table(file, headings, rows, findings)
    return None
