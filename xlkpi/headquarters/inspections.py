"""检查情况: one list of all dealers, or a workbook a supervisor in which exceptions are entered and the rest is signed.

Each row has its say. What the scheme says of `inspections` decides among several of a month: they must agree, or one
counts by its date; a re-inspection, told by its own date, replaces what rows before it say of the fields that it
enters, or is only recorded. What was signed counts as if each field's own word for "met" stood there; a row 整本 signs
for all of its workbook that have no word of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from xlkpi.findings import Finding, most_serious_first
from xlkpi.headquarters.field_columns import (
    FieldColumns,
    cells_of_two,
    finding_at,
    keep_values,
    merge_row,
    read_field_rows,
    repeated_rows,
)
from xlkpi.headquarters.headings import CHECKED_ON, CHECKER, EVIDENCE, REINSPECTED_ON, SIGNATURE, SIGNED, WHOLE
from xlkpi.headquarters.identity import Origin
from xlkpi.headquarters.lists import Listed
from xlkpi.headquarters.moments import moment_in
from xlkpi.headquarters.table import Files, Row
from xlkpi.headquarters.words import folded, some_of, wording
from xlkpi.intake.meaning import show
from xlkpi.intake.normalise import understand
from xlkpi.issue import Dealer
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.model import Inspecting, Scheme
from xlkpi.values import Absence, CellKind, RawCell, Value, months_earlier

_YES: Final = frozenset({"已核", "其余已核", "是", "√", "✓", "✔", "yes", "y"})
_NO: Final = frozenset({"", "否", "未核", "no", "n"})
_REACH: Final = 1  # months after the assessed one in which it may still be inspected


@dataclass(slots=True)
class _Entry:
    """What a row says: its values by field, the row that signs for the rest (itself, or that of its whole workbook;
    None: nobody), the day of a re-inspection ("": none) and of the inspection ("": it does not say)."""

    row: Row
    values: dict[str, Value]
    signed: Row | None
    day: str
    inspected: str = ""


def read_inspections(
    paths: Files, scheme: Scheme, roster: Mapping[str, Dealer], month: str = "", *, anyway: bool = False
) -> Listed[dict[str, Value]]:
    """检查情况 by dealer and field. A blank that nobody signed for is left out: the score stays provisional.

    The list, and a date given for a day, must be of `month` (YYYY-MM; blank: not compared).
    """
    origin, fields = Origin("inspections", scheme.name, scheme.version, month), scheme.by("headquarters")
    out, read = read_field_rows(
        paths, origin, fields, roster, anyway=anyway, also_there=scheme.headquarters_figures(), plain=SIGNATURE,
        apart=WHOLE,
    )  # fmt: skip
    whole = _whole_workbooks(out, fields, month)
    entries = [_entry(out, row, values, month, whole.get(row.file)) for row, values in read]
    ordered = _in_order(out, entries, scheme.inspections)
    out.findings += repeated_rows(each.row for each in entries if not each.day and each.row.code not in ordered)
    by_dealer: dict[str, dict[str, tuple[Value, Row]]] = {}
    for code in dict.fromkeys(each.row.code for each in entries):
        of_dealer = ordered.get(code) or _by_reinspection(entries, code)
        by_dealer[code] = _settled(out, of_dealer, fields, roster[code], scheme.inspections)
    keep_values(out, by_dealer)
    out.findings += _gaps(entries, by_dealer, fields, roster)
    inspections: dict[str, dict[str, Value]] = {
        dealer: {n: v for n, v in row.items() if v is not Absence.MISSING} for dealer, row in out.rows.items()
    }
    return Listed(inspections, most_serious_first(out.findings), out.refused)


# ------------------------------------------------------------------ a row


def _whole_workbooks(out: FieldColumns, fields: Mapping[str, SchemeField], month: str) -> dict[str, Row]:
    """The rows that sign for a whole workbook, by its name; what is entered in them beside that is asked about."""
    signed: dict[str, Row] = {}
    for row in out.apart:
        entered = [name for name in fields if name in row.cells and _words(row, name)]
        if entered:
            labels = some_of([fields[name].label or name for name in entered])
            out.findings.append(Finding("XK-T142", row.file, row.place(entered[0]), facts={"labels": labels}))
        if _entry(out, row, {}, month, None).signed is not None:
            signed[row.file] = row
    return signed


def _entry(out: FieldColumns, row: Row, values: dict[str, Value], month: str, whole: Row | None) -> _Entry:
    word = wording(row.cells.get(SIGNED))
    answer = folded(word.text)
    wrong = []
    if word.fault or answer not in _YES | _NO:
        wrong.append(f"看不懂“{word.text or word.fault}”，请选“已核”或空着")
    wrong += [f"{name}看不懂" for name in SIGNATURE if name in row.shared]
    if answer in _YES:
        lacking = [name for name in (CHECKER, EVIDENCE) if not _words(row, name)]
        wrong += [f"没有写{'、'.join(lacking)}"] if lacking else []
        wrong += [] if _day(row, CHECKED_ON, month) else [f"{CHECKED_ON}没有写，看不懂，或不在考核月和下一个月里"]
    if wrong:
        facts = {"dealer": row.code, "why": "；".join(wrong)}
        out.findings.append(Finding("XK-T110", row.file, row.place(SIGNED), facts=facts))
    day = _day(row, REINSPECTED_ON, month)
    if not day and REINSPECTED_ON in row.cells:
        facts = {"dealer": row.code, "found": _words(row, REINSPECTED_ON)}
        out.findings.append(Finding("XK-T115", row.file, row.place(REINSPECTED_ON), facts=facts))
    own_word = row if answer in _YES and not wrong else None
    signed = own_word or (whole if not answer and not word.fault else None)
    return _Entry(row, values, signed, day, _day(row, CHECKED_ON, month))


def _words(row: Row, name: str) -> str:
    word = wording(row.cells.get(name))
    return word.text or word.fault


def _day(row: Row, name: str, month: str) -> str:
    """The day that a cell says, as YYYY-MM-DD; "" where it is not certain, or too far from the month to be meant."""
    cell = row.cells.get(name)
    moment = None if cell is None or name in row.shared else moment_in(cell, month)
    if moment is None or moment.other:
        return ""
    day = f"{moment.at:%Y-%m-%d}"
    return day if not month or month <= day[:7] <= months_earlier(month, -_REACH) else ""


# ------------------------------------------------------------------ a dealer


def _by_reinspection(entries: list[_Entry], code: str) -> list[list[_Entry]]:
    """A dealer's rows: those of the first inspection, then each re-inspection by its day."""
    of_dealer = [each for each in entries if each.row.code == code]
    return [[each for each in of_dealer if each.day == day] for day in sorted({each.day for each in of_dealer})]


def _in_order(out: FieldColumns, entries: list[_Entry], rules: Inspecting) -> dict[str, list[list[_Entry]]]:
    """Where the scheme lets one of several inspections count: each such dealer's rows, what counts last of all last.

    A dealer with a row that does not say on which day it was inspected is asked about, and its rows must agree.
    """
    if rules.several == "agree":
        return {}
    ordered = {}
    for code in dict.fromkeys(each.row.code for each in entries):
        groups = _by_reinspection(entries, code)
        first, later = (groups[0], groups[1:]) if not groups[0][0].day else ([], groups)
        if len(first) < 2:
            continue
        undated = [each for each in first if not each.inspected]
        if undated:
            row = undated[0].row
            place = row.place(CHECKED_ON if CHECKED_ON in row.columns else SIGNED) if row.columns else None
            facts = {"dealer": code, "count": len(first)}
            out.findings.append(Finding("XK-T143", row.file, place, facts=facts))
            continue
        days = sorted({each.inspected for each in first}, reverse=rules.several == "first")
        ordered[code] = [*([each for each in first if each.inspected == day] for day in days), *later]
    return ordered


def _settled(
    out: FieldColumns, groups: list[list[_Entry]], fields: Mapping[str, SchemeField], dealer: Dealer, rules: Inspecting
) -> dict[str, tuple[Value, Row]]:  # fmt: skip
    """What all rows of a dealer come to, group by group: what a later one enters counts, but where a re-inspection is
    only recorded."""
    known: dict[str, tuple[Value, Row]] = {}
    for these in groups:
        by_field: dict[str, tuple[Value, Row]] = {}
        for each in these:
            blank = {name for name, value in each.values.items() if value is Absence.MISSING}
            if each.day:  # it looks at what had failed: its signature is no word on what an earlier row says
                blank -= {name for name, (value, _) in known.items() if value is not Absence.MISSING}
            met = _sign(out, each, blank, fields, dealer) if each.signed is not None else {}
            merge_row(out.findings, by_field, {**each.values, **met}, each.row, dealer.name)
        day = these[0].day
        for name, (value, row) in by_field.items():
            before = known.get(name)
            new = before is None or before[0] is Absence.MISSING
            recorded = bool(day) and rules.reinspection == "recorded" and not new
            if new or (value is not Absence.MISSING and not recorded):
                known[name] = value, row
            if before and not new and value not in (Absence.MISSING, before[0]):
                entry = fields[name]
                facts = {
                    "label": f"{dealer.name} {entry.label or name}", "day": day or these[0].inspected,
                    "found": show(entry, value), "before": show(entry, before[0]),
                    "cells": cells_of_two(before[1], row, name),
                }  # fmt: skip
                code = "XK-T145" if recorded else "XK-T114" if day else "XK-T144"
                out.findings.append(Finding(code, row.file, row.place(name), name, facts))
    return known


def _sign(
    out: FieldColumns, entry: _Entry, blank: set[str], fields: Mapping[str, SchemeField], dealer: Dealer
) -> dict[str, Value]:
    """The blanks of a row that was signed, as met. A field without a word for that is asked about."""
    signature = entry.signed or entry.row
    place, met, lacking = signature.place(SIGNED), dict[str, Value](), list[str]()
    for name in (name for name in fields if name in blank):
        word = next((word for word, meaning in fields[name].words.items() if meaning == "met"), None)
        if word is None:
            lacking.append(fields[name].label or name)
        else:
            met[name] = understand(fields[name], RawCell(place, CellKind.TEXT, word), name=name).value
    if lacking:
        facts = {"dealer": dealer.code, "labels": "、".join(lacking)}
        out.findings.append(Finding("XK-T112", signature.file, place, facts=facts))
    if met:
        facts = {
            "dealer": dealer.code, "count": str(len(met)),
            "labels": "、".join(fields[name].label or name for name in met),
            "who": _words(signature, CHECKER), "day": _words(signature, CHECKED_ON),
            "evidence": _words(signature, EVIDENCE),
        }  # fmt: skip
        out.findings.append(Finding("XK-T111", signature.file, place, facts=facts))
    return met


# ------------------------------------------------------------------ gaps


def _gaps(
    entries: list[_Entry],
    by_dealer: Mapping[str, Mapping[str, tuple[Value, Row]]],
    fields: Mapping[str, SchemeField],
    roster: Mapping[str, Dealer],
) -> list[Finding]:
    """Where rows are signed: what was neither entered nor signed for, and dealers that are in no workbook."""
    if not any(SIGNED in each.row.columns for each in entries):
        return []
    findings = []
    for code, known in by_dealer.items():
        row = next((each.row for each in entries if each.row.code == code and SIGNED in each.row.columns), None)
        signed = any(each.signed for each in entries if each.row.code == code)
        blank = [n for n in fields if known.get(n, (Absence.MISSING,))[0] is Absence.MISSING]
        if blank and row and not signed:
            labels = "、".join(fields[name].label or name for name in blank)
            facts = {"dealer": code, "count": len(blank), "labels": labels}
            findings.append(Finding("XK-T113", row.file, row.place(SIGNED), facts=facts))
    absent = [code for code in roster if code not in by_dealer]
    if absent:
        findings.append(finding_at(entries[0].row, "XK-T116", dealer=some_of(absent)))
    return findings
