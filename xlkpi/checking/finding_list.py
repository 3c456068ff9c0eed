"""Findings as data for other programs: JSON, CSV, and a workbook that can be filtered."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from xlkpi.checking.changes import Changes
from xlkpi.files import escape_formula
from xlkpi.findings import Finding, Severity, finding_json, most_serious_first
from xlkpi.issue import Dealer
from xlkpi.workbook.lists import ListSheet, list_workbook

_NOT_ESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # json leaves them as they are
_COLUMNS = {
    "dealer": "经销商代码", "name": "经销商名称", "file": "文件", "severity": "级别", "code": "代码", "sheet": "工作表",
    "cell": "单元格", "field": "项目", "message": "问题", "cause": "原因", "remedy": "怎么办",
}  # fmt: skip
_WIDTHS = (11, 16, 22, 7, 10, 11, 8, 14, 44, 28, 36)
_NOBODY = Dealer("", "")
_CHANGES = ("经销商代码", "文件", "与之相比", "什么", "名称", "原来", "现在")


def rows(findings: Iterable[Finding], dealers: Mapping[str, Dealer]) -> list[dict[str, Any]]:
    """One object a finding, the most serious first. `dealers` says whose a file is, by its name."""
    records = []
    for finding in most_serious_first(findings):
        dealer = dealers.get(finding.file, _NOBODY)
        record = {"file": finding.file, "dealer": dealer.code, "name": dealer.name, **finding_json(finding)}
        record["cause"] = finding.cause()
        records.append(record)
    return records


def to_json(listed: Sequence[Mapping[str, Any]], changes: Sequence[Changes] | None = None) -> str:
    """A list of findings; with changes an object of both."""
    document = {"findings": listed, "changes": [change.to_json() for change in changes or ()]}
    data = json.dumps(listed if changes is None else document, ensure_ascii=False, indent=1)
    return _NOT_ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", data) + "\n"


def to_csv(listed: Sequence[Mapping[str, Any]]) -> str:
    """With Chinese headings. Text that a spreadsheet would take for a formula is quoted."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_COLUMNS.values())
    writer.writerows([escape_formula(row[key]) for key in _COLUMNS] for row in listed)
    return buffer.getvalue()


def to_workbook(listed: Sequence[Mapping[str, Any]], changes: Sequence[Changes] | None = None) -> bytes:
    """A workbook with a sheet of findings, and one of changes where they are asked for."""
    words = {severity.name.lower(): severity.word for severity in Severity}
    lines = [[words[row[key]] if key == "severity" else row[key] for key in _COLUMNS] for row in listed]
    sheets = [ListSheet("问题清单", tuple(_COLUMNS.values()), _WIDTHS, lines)]
    if changes is not None:
        moved = [
            [change.dealer, change.file, change.earlier, *entry] for change in changes for entry in change.entries()
        ]
        sheets.append(ListSheet("变化", _CHANGES, (12, 30, 30, 10, 30, 34, 34), moved))
    return list_workbook(sheets)
