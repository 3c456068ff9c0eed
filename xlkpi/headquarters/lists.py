"""Headquarters' own lists, a row for each dealer: roster, targets, inspections, last values, the year's plan.

`table` finds columns and rows, `field_columns` reads the cells by the same rules as a dealer's; here each list gets its
meaning.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from xlkpi.findings import Finding, most_serious_first
from xlkpi.headquarters.changes import APART, read_changes
from xlkpi.headquarters.closed import STATE, perhaps_closed, said_closed
from xlkpi.headquarters.field_columns import (
    KNOWN_HEADINGS,
    FieldColumns,
    finding_at,
    merge_row,
    one_row_a_dealer,
    read_cell,
    read_field_rows,
    remark_findings,
    rows_of_roster,
)
from xlkpi.headquarters.headings import NAMES, PEERS, REGIONS, SUPERVISORS, ListSpec
from xlkpi.headquarters.identity import Origin
from xlkpi.headquarters.table import Files, Row, Table, read_table
from xlkpi.headquarters.words import Codes, alike, closed_up, folded, some_of, wording
from xlkpi.intake.meaning import Reading, show
from xlkpi.intake.normalise import checked
from xlkpi.intake.parsed import STROKE
from xlkpi.issue import Dealer, Target
from xlkpi.scheme import parts
from xlkpi.scheme.cells import of_field
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.parts import Part
from xlkpi.values import Absence, Place, Value

T = TypeVar("T")
_STRANGE_ROW: Final = "XK-T021"
_CLOSED_ROW: Final = "XK-T077"
"""The findings on rows of nobody on the roster: one by one, and where everybody on it has a row."""


@dataclass(slots=True)
class Listed(Generic[T]):
    """What a list gave, by dealer code, and what was wrong with it. `refused`: it cannot be what it is given as, and
    nothing of it may be used. `places`: of a plan and of headquarters' figures, file and cell by dealer code and slot
    name. `absent`: of a roster, who stands on it and is no dealer of the month."""

    rows: dict[str, T] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    refused: bool = False
    places: dict[tuple[str, str], tuple[str, Place]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()


class ListRefused(Exception):
    """A list cannot be what it is given as; `findings` say why."""

    def __init__(self, findings: Iterable[Finding]):
        self.findings = list(findings)
        super().__init__("; ".join(finding.message("en") for finding in self.findings))


def excused(findings: Iterable[Finding], absent: Iterable[str], month: str) -> list[Finding]:
    """What was found in a list, where a row of somebody who is no dealer of the month is no fault (XK-T123)."""
    known = Codes.of(absent)

    def excused_one(finding: Finding) -> Finding:
        if finding.code not in (_STRANGE_ROW, _CLOSED_ROW):
            return finding
        strangers = str(finding.facts.get("codes", finding.facts["dealer"])).split("、")
        if not all(map(known.find, strangers)):
            return finding
        facts = {"dealer": finding.facts["dealer"], "month": month}
        return Finding("XK-T123", finding.file, finding.place, facts=facts)

    return [excused_one(finding) for finding in findings]


def refuse_lists(*lists: Listed[Any]) -> None:
    """See that the lists are what they are given as.

    Raises:
        ListRefused: one of them is not.
    """
    if any(listed.refused for listed in lists):
        raise ListRefused(finding for listed in lists for finding in listed.findings)


def read_roster(paths: Files, month: str = "", *, anyway: bool = False) -> Listed[Dealer]:
    """A month's dealers in the list's order; that order breaks ties in a ranking. Who is not open in the month by the
    sheet 变更, or is closed by a remark, is left out and told; where a remark says more than that, the dealer stays,
    and is asked about.

    Args:
        paths: the roster, or several that hold different dealers.
        month: the month (YYYY-MM) whose dealers are wanted, each as it is in it; blank: everybody, as the rows say.
        anyway: headquarters insists on a list of another kind.
    """
    columns = {
        "name": NAMES, "region": REGIONS, "peers": PEERS, "supervisor": SUPERVISORS, "state": STATE,
        "remark": ("备注", "remark", "note"),
    }  # fmt: skip
    spec = ListSpec(Origin("roster"), columns, needed=("name",), apart=APART)
    table = read_table(paths, spec, anyway=anyway)
    out: Listed[Dealer] = Listed(findings=table.findings, refused=table.refused)
    closed_ones: dict[str, Dealer] = {}
    spelled: dict[str, str] = {}
    groups: dict[tuple[str, str], str] = {}
    for row in table.rows:
        code = unicodedata.normalize("NFKC", row.code)
        if code != row.code:
            out.findings.append(finding_at(row, "XK-T072", found=row.code, code=code))
        other = spelled.setdefault(folded(code), code)
        if code in out.rows:
            out.findings.append(finding_at(row, "XK-T022", dealer=code))
        elif other != code:  # to Windows their files would have one name
            out.findings.append(finding_at(row, "XK-T027", dealer=code, other=other))
        elif "|" in code:  # it separates the parts of a workbook's marker
            out.findings.append(finding_at(row, "XK-T026", dealer=code))
        elif closed := said_closed(row):
            bare = code.replace(STROKE, "")
            closed_ones[bare] = Dealer(bare, _word(out, row, "name") or bare)
            out.findings.append(finding_at(row, "XK-T084", dealer=bare, found=closed))
        else:
            out.findings += perhaps_closed(row, code)
            name, region, peers, supervisor = (
                _word(out, row, part) for part in ("name", "region", "peers", "supervisor")
            )
            out.rows[code] = Dealer(code, name or code, closed_up(region), closed_up(peers), closed_up(supervisor))
            for part, group in (("region", closed_up(region)), ("peers", closed_up(peers))):
                before = groups.setdefault((part, alike(group)), group)
                if before != group:
                    facts = {"found": group, "other": before}
                    out.findings.append(Finding("XK-T089", row.file, row.place(part), facts=facts))
    if not table.refused:
        changes, wrong = read_changes(paths, out.rows, closed_ones, anyway=anyway)
        out.findings += wrong
        everybody = out.rows
        if month:
            out.rows, left_out = changes.in_month(everybody, month)
            out.findings += left_out
        out.absent = frozenset({*closed_ones, *everybody} - {*out.rows})
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
    also_there = scheme.headquarters_figures()
    rows = read_field_rows(paths, origin, scheme.aims, roster, anyway=anyway, also_there=also_there, accept=_positive)
    read = one_row_a_dealer(rows, roster)
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
    """A target is more than nothing, since a completion of nothing is none; +10 may be a change of the one before."""
    value = reading.value
    if not isinstance(value, float):
        return reading
    texts = [str(facts["found"]).strip() for code, facts in reading.remarks if code == "XK-V009"]
    change = next((text for text in texts if text.startswith(("+", "＋"))), "")
    if change:
        return Reading(Absence.UNREADABLE).noting("XK-T023", found=change)
    if value <= 0 and entry.target:
        return Reading(Absence.UNREADABLE, reading.remarks).noting("XK-T023", found=show(entry, value))
    return reading


def _gaps(
    read: FieldColumns, scheme: Scheme, roster: Mapping[str, Dealer], targets: Mapping[str, Mapping[str, Target]]
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
    fields = scheme.headquarters_figures()
    rows = read_field_rows(paths, origin, fields, roster, anyway=anyway, also_there=scheme.aims)
    read = one_row_a_dealer(rows, roster)
    figures: dict[str, dict[str, float | str]] = {
        dealer: {name: value.value if isinstance(value, Absence) else value for name, value in row.items()
                 if isinstance(value, float) or value is Absence.NOT_APPLICABLE}
        for dealer, row in read.rows.items()
    }  # fmt: skip
    of_values = [finding for finding in read.findings if finding.field]  # read_targets tells the others
    places = {
        (dealer, name): (read.places[dealer].file, read.places[dealer].place(name))
        for dealer, row in figures.items() for name in row if dealer in read.places
    }  # fmt: skip
    return Listed(figures, most_serious_first(of_values), read.refused, places)


def read_history(
    paths: Files, scheme: Scheme, roster: Mapping[str, Dealer], *, anyway: bool = False
) -> Listed[dict[str, float | str]]:
    """Last month's values by dealer and slot name, to be shown beside the input cells."""
    rows = read_field_rows(paths, Origin("history", scheme.name), scheme.by("dealer"), roster, anyway=anyway)
    read = one_row_a_dealer(rows, roster)
    numbers: dict[str, dict[str, float | str]] = {
        dealer: {_known_as(scheme, name): value for name, value in row.items() if isinstance(value, float)}
        for dealer, row in read.rows.items()
    }
    return Listed(numbers, most_serious_first(read.findings), read.refused)


def _known_as(scheme: Scheme, name: str) -> str:
    """Where a known figure goes: a figure of earlier months into its own cell, others beside this month's."""
    return of_field(name, parts.LAST_MONTH) if scheme.fields[name].block == "本月" else name


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
        Origin("plan", scheme.name), {"项目": ("项目",), **headings}, ignored=KNOWN_HEADINGS, needed=("项目",),
        units=dict.fromkeys(figures, ""),
        is_key=lambda text: bool(codes.find(text)), repeated=True,
    )  # fmt: skip
    table = read_table(paths, spec, anyway=anyway)
    out: Listed[dict[str, float | str]] = Listed(findings=table.findings, refused=table.refused)
    fields = {
        folded(heading): (name, entry) for name, entry in scheme.targets().items() for heading in (name, entry.label)
    }
    by_field: dict[tuple[str, str], dict[str, tuple[Value, Row]]] = {}
    rows = rows_of_roster(table, codes, roster)
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
                reading = checked(entry, read_cell(entry, row, part))
                if part not in parts.SO_FAR and isinstance(reading.value, float) and reading.value < 0:
                    reading = Reading(Absence.UNREADABLE).noting("XK-T098", found=show(entry, reading.value))
                values[part] = reading.value
                out.findings += remark_findings(reading, row, part, name, f"{subject} {part}")
        merge_row(out.findings, by_field.setdefault((row.code, name), {}), values, row, subject)
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


__all__ = [
    "ListRefused", "Listed", "excused", "missing_targets", "read_headquarters_figures", "read_history", "read_plan",
    "read_roster", "read_targets", "refuse_lists",
]  # fmt: skip
