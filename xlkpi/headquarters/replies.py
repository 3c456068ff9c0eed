"""答复.xlsx: what dealers answered to warnings, a row each, and headquarters' word on it.

The tool adds rows and never changes one; 采纳, 批准人 and 有效期至 are headquarters'. An accepted answer makes the
warning a notice of that dealer, in its month and until the month that is given, else until the month after.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from xlkpi.findings import Finding, Ruling, Severity, catalogue
from xlkpi.headquarters.headings import ListSpec, sheets_with_key
from xlkpi.headquarters.identity import Origin
from xlkpi.headquarters.moments import month_in
from xlkpi.headquarters.table import Files, Row, read_table
from xlkpi.headquarters.words import Codes, folded, wording
from xlkpi.intake.guard import admit
from xlkpi.intake.reader import open_workbook
from xlkpi.issue import Dealer, Issue
from xlkpi.values import MONTH_PATTERN, Place, cell_ref, column_row, months_earlier
from xlkpi.workbook.lists import ListSheet, list_workbook
from xlkpi.workbook.operations import Write
from xlkpi.workbook.patch import patched

UNUSABLE: Final = "XK-T140"
SHEET: Final = "答复"
_KEY: Final = "经销商代码"
_COLUMNS: Final = {
    "name": "经销商名称", "month": "月份", "code": "问题代码", "field": "项目", "message": "问题", "reason": "答复",
    "words": "说明", "file": "文件", "verdict": "采纳", "who": "批准人", "until": "有效期至",
}  # fmt: skip
_HEADINGS: Final = (_KEY, *_COLUMNS.values())
_WIDTHS: Final = (12, 18, 10, 10, 14, 40, 20, 30, 26, 10, 12, 12)
_YES: Final = frozenset({"采纳", "是", "同意", "接受", "√", "✓", "yes", "y"})
_NO: Final = frozenset({"不采纳", "否", "不同意", "不接受", "×", "no", "n"})


class Answered(NamedTuple):
    """An answered finding of a dealer."""

    dealer: Dealer
    finding: Finding


def with_new_rows(path: Path, month: str, issue: Issue, answered: Iterable[Answered]) -> bytes | None:
    """The list with a row for each answer that it does not have yet; None where there is nothing to add.

    Args:
        path: the list as it lies there, or where none lies yet.
        month: the month that is assessed, as YYYY-MM.
        issue: what was issued, for the fields' labels.
        answered: what dealers answered to.

    Raises:
        Refused: what lies there cannot be opened.
        CannotPatch: rows cannot be added to it.
        ValueError: it lacks a column of ours; the text names it.
    """
    rows = [_row(month, issue, listed) for listed in answered if listed.finding.reply is not None]
    if not path.is_file():
        return list_workbook([ListSheet(SHEET, _HEADINGS, _WIDTHS, rows)]) if rows else None
    book = open_workbook(path)
    sheet = next(iter(sheets_with_key(book, _spec())[0]), None)
    columns = {column.name: column.number for column in sheet.columns} if sheet else {}
    lacking = [heading for name, heading in _COLUMNS.items() if name not in columns]
    if sheet is None or lacking:
        raise ValueError("、".join(lacking or [_KEY]))
    columns["dealer"] = sheet.key
    listed_before = {_identity(row) for row in read_table(path, _spec()).rows}
    new = [row for row in rows if _of_cells(row) not in listed_before]
    if not new:
        return None
    names = ("dealer", *_COLUMNS)
    last = max(column_row(ref)[1] for ref in book.cells(sheet.title, None).cells)
    operations = [
        Write(Place(sheet.title, cell_ref(columns[name], last + number)), ((text,),), wrap=True)
        for number, row in enumerate(new, 1)
        for name, text in zip(names, row, strict=True)
        if text
    ]
    return patched(admit(path.read_bytes()), operations, book.main)


def _row(month: str, issue: Issue, listed: Answered) -> tuple[str, ...]:
    dealer, finding = listed
    reply = finding.reply
    label = issue.scheme.label(finding.field) if finding.field else ""
    answer = (reply.reason, reply.words) if reply else ("", "")
    return (
        dealer.code,
        dealer.name,
        month,
        finding.code,
        label,
        finding.told_dealer(),
        *answer,
        finding.file,
        "",
        "",
        "",
    )


def _of_cells(row: Sequence[str]) -> tuple[str, ...]:
    """By what an answer is known: dealer, month, code, field, reason, words."""
    return tuple(folded(row[number]) for number in (0, 2, 3, 4, 6, 7))


def _identity(row: Row) -> tuple[str, ...]:
    texts = (row.code, *(_text(row, name) for name in ("month", "code", "field", "reason", "words")))
    return tuple(map(folded, texts))


def _spec() -> ListSpec:
    columns = {name: (heading,) for name, heading in _COLUMNS.items()}
    return ListSpec(Origin("replies"), columns, key=(_KEY, "代码"), needed=("month", "code", "verdict"), repeated=True)


def _text(row: Row, name: str) -> str:
    raw = row.cells.get(name)
    content = wording(raw)
    if name in ("month", "until"):
        return month_in(raw) or content.text or content.fault  # Excel makes a date of 2026-11
    return content.text or content.fault


# ------------------------------------------------------------------ headquarters' word


def read_accepted(paths: Files, issue: Issue, *, anyway: bool = False) -> tuple[tuple[Ruling, ...], list[Finding]]:
    """The answers that headquarters accepted and that hold in the issue's month, and what is wrong with the list."""
    table = read_table(paths, _spec(), anyway=anyway)
    findings = list(table.findings)
    fields = {folded(text): name for name, entry in issue.scheme.fields.items() for text in (name, entry.label or name)}
    codes = Codes.of(issue.roster)
    accepted: list[Ruling] = []
    for row in table.rows:
        texts = {name: _text(row, name) for name in _COLUMNS}
        verdict = folded(texts["verdict"])
        if not verdict or verdict in map(folded, _NO):
            continue
        until = texts["until"] or (months_earlier(texts["month"], -1) if _is_month(texts["month"]) else "")
        if _is_month(until) and until < issue.month:
            continue  # it held once
        dealer = codes.find(row.code)
        if why := _why_unusable(texts, until, dealer, fields):
            facts = {"row": row.number, "why": why}
            findings.append(Finding(UNUSABLE, row.file, row.code_cell.place, facts=facts))
            continue
        words = f"（{texts['words']}）" if texts["words"] else ""
        accepted.append(
            Ruling(
                texts["code"], Severity.NOTICE, f"{texts['reason']}{words}", dealer=dealer,
                field=fields.get(folded(texts["field"]), ""), who=texts["who"], first=texts["month"], last=until,
                reply=True,
            )
        )  # fmt: skip
    return tuple(accepted), findings


def _is_month(text: str) -> bool:
    return bool(re.fullmatch(MONTH_PATTERN, text))


def _why_unusable(texts: Mapping[str, str], until: str, dealer: str, fields: Mapping[str, str]) -> str:
    if folded(texts["verdict"]) not in map(folded, _YES):
        return f"“采纳”里的“{texts['verdict']}”看不懂，写 采纳 或 不采纳"
    if lacking := [_COLUMNS[name] for name in ("month", "code", "reason", "who") if not texts[name]]:
        return f"缺少{'、'.join(lacking)}"
    if not dealer:
        return "名单上没有这家经销商"
    known = catalogue().get(texts["code"])
    if known is None:
        return f"没有 {texts['code']} 这个问题代码"
    if known.fixed or known.severity is Severity.ERROR:
        return f"{texts['code']} 是要改正的错误，不能用答复了结；要接受请用豁免"
    if texts["field"] and folded(texts["field"]) not in fields:
        return f"没有“{texts['field']}”这一项"
    wrong = next((text for text in (texts["month"], until) if not _is_month(text)), "")
    if wrong:
        return f"月份“{wrong}”应写作 2026-11"
    return "有效期至早于月份" if until < texts["month"] else ""
