"""Waivers: headquarters accepts, for one dealer and some months, what a check complains of; who and why is kept.

The list is an .xlsx, or YAML of the same columns by their English names. A line that lacks anything is a finding and
waives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from xlkpi.findings import Finding, Ruling, Severity, catalogue
from xlkpi.headquarters.lists import plain_text, read_table
from xlkpi.intake.shown import day_of, look
from xlkpi.issue import Issue
from xlkpi.values import MONTH_PATTERN, CellKind, RawCell

UNUSABLE = "XK-T030"
COLUMNS = {
    "dealer": "经销商代码", "code": "问题代码", "field": "项目", "month": "月份", "until": "有效期至", "reason": "理由",
    "who": "批准人",
}  # fmt: skip
"""Columns of the list, with the keys of the YAML form. 项目 and 有效期至 may be blank: every item, that month alone."""
_OPTIONAL = ("field", "until")


def read_waivers(path: Path, issue: Issue) -> tuple[tuple[Ruling, ...], list[Finding]]:
    """The waivers of a list, and what is wrong with it."""
    rows, found = _from_yaml(path) if path.suffix.lower() in (".yaml", ".yml") else _from_workbook(path)
    labels = {entry.label or name: name for name, entry in issue.scheme.fields.items()}
    waivers = []
    for number, row in rows:
        why = _why_unusable(row, issue, labels)
        if why:
            found.append(Finding(UNUSABLE, path.name, facts={"row": number, "why": why}))
            continue
        waivers.append(
            Ruling(
                row["code"], Severity.NOTICE, row["reason"],
                dealer=row["dealer"], field=labels.get(row["field"], row["field"]), who=row["who"],
                first=row["month"], last=row["until"] or row["month"],
            )
        )  # fmt: skip
    return tuple(waivers), found


def _why_unusable(row: Mapping[str, str], issue: Issue, labels: Mapping[str, str]) -> str:
    blank = [COLUMNS[key] for key in COLUMNS if key not in _OPTIONAL and not row[key]]
    if blank:
        return f"缺少{'、'.join(blank)}"
    if row["dealer"] not in issue.roster:
        return f"名单上没有经销商 {row['dealer']}"
    if row["code"] not in catalogue():
        return f"没有 {row['code']} 这个问题代码"
    if catalogue()[row["code"]].fixed:
        return f"{row['code']} 不能豁免：文件不能用，或不知道是哪家的"
    if row["field"] and row["field"] not in labels and row["field"] not in issue.scheme.fields:
        return f"没有“{row['field']}”这一项"
    for key in ("month", "until"):
        if row[key] and not re.fullmatch(MONTH_PATTERN, row[key]):
            return f"{COLUMNS[key]}“{row[key]}”应写作 2026-11"
    return "有效期至早于月份" if row["until"] and row["until"] < row["month"] else ""


Rows = Iterable[tuple[int, dict[str, str]]]


def _from_workbook(path: Path) -> tuple[Rows, list[Finding]]:
    table = read_table(path, (COLUMNS["dealer"], "代码"))
    found = list(table.findings)
    found += [
        Finding("XK-T020", path.name, facts={"column": heading})
        for key, heading in COLUMNS.items()
        if table.headings and key not in ("dealer", *_OPTIONAL) and heading not in table.headings
    ]
    if found:
        return [], found
    rows = [
        (
            row.number,
            {key: _text(key, row.cells.get(heading)) for key, heading in COLUMNS.items()} | {"dealer": row.code},
        )
        for row in table.rows
    ]
    return rows, found


def _text(key: str, raw: RawCell | None) -> str:
    if key in ("month", "until") and raw is not None and raw.kind is CellKind.NUMBER and look(raw.format).date:
        return day_of(float(raw.text or 0))[:7]  # Excel makes a date of 2026-11
    return plain_text(raw)


def _from_yaml(path: Path) -> tuple[Rows, list[Finding]]:
    from ruamel.yaml import YAML  # noqa: PLC0415 - only where there is such a list
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        entries: Any = YAML(typ="safe").load(path.read_text("utf-8"))
    except (YAMLError, UnicodeDecodeError, OSError) as error:
        return [], [Finding("XK-F002", path.name, facts={"detail": str(error).splitlines()[0]})]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return [], [
            Finding(UNUSABLE, path.name, facts={"row": 1, "why": "应是一列条目，每条有 dealer、code、month 等"})
        ]
    strange = [(n, key) for n, entry in enumerate(entries, 1) for key in entry if key not in COLUMNS]
    found = [Finding(UNUSABLE, path.name, facts={"row": n, "why": f"不认识 {key}"}) for n, key in strange]
    bad = {n for n, _ in strange}
    rows = [(n, {key: _said(entry.get(key)) for key in COLUMNS}) for n, entry in enumerate(entries, 1) if n not in bad]
    return rows, found


def _said(value: object) -> str:
    return "" if value is None else str(value).strip()
