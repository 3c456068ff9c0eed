"""检查情况: one list of all dealers, or a workbook a supervisor in which exceptions are entered and the rest is signed.

Each row has its say. Rows that are no re-inspection must agree; a re-inspection, told by its date, replaces what rows
before it say of the fields that it enters. What was signed counts as if each field's own word for "met" stood there.
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
from xlkpi.headquarters.headings import CHECKED_ON, CHECKER, EVIDENCE, REINSPECTED_ON, SIGNATURE, SIGNED
from xlkpi.headquarters.identity import Origin
from xlkpi.headquarters.lists import Listed
from xlkpi.headquarters.moments import moment_in
from xlkpi.headquarters.table import Files, Row
from xlkpi.headquarters.words import folded, some_of, wording
from xlkpi.intake.meaning import show
from xlkpi.intake.normalise import understand
from xlkpi.issue import Dealer
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.model import Scheme
from xlkpi.values import Absence, CellKind, RawCell, Value, months_earlier

_YES: Final = frozenset({"已核", "其余已核", "是", "√", "✓", "✔", "yes", "y"})
_NO: Final = frozenset({"", "否", "未核", "no", "n"})
_REACH: Final = 1  # months after the assessed one in which it may still be inspected


@dataclass(slots=True)
class _Entry:
    """What a row says: its values by field, whether the rest is signed, and the day of a re-inspection ("": none)."""

    row: Row
    values: dict[str, Value]
    signed: bool
    day: str


def read_inspections(
    paths: Files, scheme: Scheme, roster: Mapping[str, Dealer], month: str = "", *, anyway: bool = False
) -> Listed[dict[str, Value]]:
    """检查情况 by dealer and field. A blank that nobody signed for is left out: the score stays provisional.

    The list, and a date given for a day, must be of `month` (YYYY-MM; blank: not compared).
    """
    origin, fields = Origin("inspections", scheme.name, scheme.version, month), scheme.by("headquarters")
    out, read = read_field_rows(
        paths, origin, fields, roster, anyway=anyway, also_there=scheme.headquarters_figures(), plain=SIGNATURE
    )
    entries = [_entry(out, row, values, month) for row, values in read]
    out.findings += repeated_rows(each.row for each in entries if not each.day)
    by_dealer: dict[str, dict[str, tuple[Value, Row]]] = {}
    for code in dict.fromkeys(each.row.code for each in entries):
        by_dealer[code] = _settled(out, [each for each in entries if each.row.code == code], fields, roster[code])
    keep_values(out, by_dealer)
    out.findings += _gaps(entries, by_dealer, fields, roster)
    inspections: dict[str, dict[str, Value]] = {
        dealer: {n: v for n, v in row.items() if v is not Absence.MISSING} for dealer, row in out.rows.items()
    }
    return Listed(inspections, most_serious_first(out.findings), out.refused)


# ------------------------------------------------------------------ a row


def _entry(out: FieldColumns, row: Row, values: dict[str, Value], month: str) -> _Entry:
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
    return _Entry(row, values, answer in _YES and not wrong, day)


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


def _settled(
    out: FieldColumns, entries: list[_Entry], fields: Mapping[str, SchemeField], dealer: Dealer
) -> dict[str, tuple[Value, Row]]:  # fmt: skip
    """What all rows of a dealer come to: the first inspection, then each re-inspection by its day."""
    known: dict[str, tuple[Value, Row]] = {}
    for day in sorted({each.day for each in entries}):
        these = [each for each in entries if each.day == day]
        by_field: dict[str, tuple[Value, Row]] = {}
        for each in these:
            # a re-inspection looks at what had failed: its signature is no word on what an earlier row says
            blank = {name for name, value in each.values.items() if value is Absence.MISSING}
            blank -= {name for name, (value, _) in known.items() if value is not Absence.MISSING}
            met = _sign(out, each, blank, fields, dealer) if each.signed else {}
            merge_row(out.findings, by_field, {**each.values, **met}, each.row, dealer.name)
        for name, (value, row) in by_field.items():
            before = known.get(name)
            if before is None or value is not Absence.MISSING:
                known[name] = value, row
            if before and before[0] is not Absence.MISSING and value not in (Absence.MISSING, before[0]):
                entry = fields[name]
                facts = {
                    "label": f"{dealer.name} {entry.label or name}", "day": day, "found": show(entry, value),
                    "before": show(entry, before[0]), "cells": cells_of_two(before[1], row, name),
                }  # fmt: skip
                out.findings.append(Finding("XK-T114", row.file, row.place(name), name, facts))
    return known


def _sign(
    out: FieldColumns, entry: _Entry, blank: set[str], fields: Mapping[str, SchemeField], dealer: Dealer
) -> dict[str, Value]:
    """The blanks of a row that was signed, as met. A field without a word for that is asked about."""
    place, met, lacking = entry.row.place(SIGNED), dict[str, Value](), list[str]()
    for name in (name for name in fields if name in blank):
        word = next((word for word, meaning in fields[name].words.items() if meaning == "met"), None)
        if word is None:
            lacking.append(fields[name].label or name)
        else:
            met[name] = understand(fields[name], RawCell(place, CellKind.TEXT, word), name=name).value
    if lacking:
        facts = {"dealer": dealer.code, "labels": "、".join(lacking)}
        out.findings.append(Finding("XK-T112", entry.row.file, place, facts=facts))
    if met:
        facts = {
            "dealer": dealer.code, "count": str(len(met)),
            "labels": "、".join(fields[name].label or name for name in met),
            "who": _words(entry.row, CHECKER), "day": _words(entry.row, CHECKED_ON),
            "evidence": _words(entry.row, EVIDENCE),
        }  # fmt: skip
        out.findings.append(Finding("XK-T111", entry.row.file, place, facts=facts))
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
