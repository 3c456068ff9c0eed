"""Waivers: headquarters accepts, for one dealer and some months, what a check complains of; who and why is kept.

The list is an .xlsx, or YAML of the same columns by their English names. A line that lacks anything is a finding and
waives nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from xlkpi.files import reason
from xlkpi.findings import Finding, Ruling, Severity, catalogue
from xlkpi.headquarters.headings import ListSpec
from xlkpi.headquarters.identity import Origin
from xlkpi.headquarters.moments import month_in, said_month
from xlkpi.headquarters.table import Files, read_table
from xlkpi.headquarters.words import Codes, folded, wording
from xlkpi.issue import Issue
from xlkpi.values import MONTH_PATTERN, Place, RawCell

UNUSABLE = "XK-T030"
COLUMNS = {
    "dealer": "经销商代码", "code": "问题代码", "field": "项目", "month": "月份", "until": "有效期至", "reason": "理由",
    "who": "批准人",
}  # fmt: skip
"""Columns of the list, with the keys of the YAML form. 项目 and 有效期至 may be blank: every item, that month alone."""
_OPTIONAL = ("field", "until")


def read_waivers(
    paths: Files, issue: Issue, *, anyway: bool = False
) -> tuple[tuple[Ruling, ...], list[Finding]]:  # fmt: skip
    """The waivers of a list, or of several, and what is wrong with them."""
    waivers: list[Ruling] = []
    findings: list[Finding] = []
    for path in [paths] if isinstance(paths, Path) else paths:
        from_yaml = path.suffix.lower() in (".yaml", ".yml")
        rows, wrong = _from_yaml(path) if from_yaml else _from_workbook(path, anyway)
        findings += wrong
        for number, written, place in rows:
            row = _as_known(written, issue)
            why = _why_unusable(row, issue)
            if why:
                findings.append(Finding(UNUSABLE, path.name, place, facts={"row": number, "why": why}))
                continue
            waivers.append(
                Ruling(
                    row["code"], Severity.NOTICE, row["reason"], dealer=row["dealer"], field=row["field"],
                    who=row["who"], first=row["month"], last=row["until"] or row["month"],
                )
            )  # fmt: skip
    return tuple(waivers), findings


def _as_known(row: Mapping[str, str], issue: Issue) -> dict[str, str]:
    """A line with dealer, code, field and months as they are spelt elsewhere; what is not known stays as written."""
    fields = {folded(text): name for name, entry in issue.scheme.fields.items() for text in (name, entry.label or name)}
    code = unicodedata.normalize("NFKC", row["code"]).upper()
    known = {
        "dealer": Codes.of(issue.roster).find(row["dealer"]),
        "code": next((known for known in (code, f"XK-{code}") if known in catalogue()), ""),
        "field": fields.get(folded(row["field"]), ""),
    }
    return {**row, **{key: text for key, text in known.items() if text}}


def _why_unusable(row: Mapping[str, str], issue: Issue) -> str:
    blank = [COLUMNS[key] for key in COLUMNS if key not in _OPTIONAL and not row[key]]
    if blank:
        return f"缺少{'、'.join(blank)}"
    if row["dealer"] not in issue.roster:
        return f"名单上没有经销商 {row['dealer']}"
    if row["code"] not in catalogue():
        return f"没有 {row['code']} 这个问题代码"
    if catalogue()[row["code"]].fixed:
        return f"{row['code']} 不能豁免：文件不能用，或不知道是哪家的"
    if row["field"] and row["field"] not in issue.scheme.fields:
        return f"没有“{row['field']}”这一项"
    for key in ("month", "until"):
        if row[key] and not re.fullmatch(MONTH_PATTERN, row[key]):
            return f"{COLUMNS[key]}“{row[key]}”应写作 2026-11"
    return "有效期至早于月份" if row["until"] and row["until"] < row["month"] else ""


Rows = Iterable[tuple[int, dict[str, str], Place | None]]


def _from_workbook(path: Path, anyway: bool) -> tuple[Rows, list[Finding]]:
    needed = tuple(key for key in COLUMNS if key not in ("dealer", *_OPTIONAL))
    columns = {key: (heading,) for key, heading in COLUMNS.items() if key != "dealer"}
    spec = ListSpec(
        Origin("waivers"), columns, key=(COLUMNS["dealer"], "代码"), needed=needed, ignored=frozenset(("经销商名称",)),
        repeated=True,
    )  # fmt: skip
    table = read_table(path, spec, anyway=anyway)
    rows: list[tuple[int, dict[str, str], Place | None]] = []
    for row in table.rows:
        texts = {key: _text(key, row.cells.get(key)) for key in columns}
        rows.append((row.number, {**texts, "dealer": row.code}, row.code_cell.place))
    return rows, table.findings


def _text(key: str, raw: RawCell | None) -> str:
    content = wording(raw)
    if key in ("month", "until"):
        return month_in(raw) or content.text or content.fault  # Excel makes a date of 2026-11
    return content.text or content.fault


def _from_yaml(path: Path) -> tuple[Rows, list[Finding]]:
    from xlkpi.scheme.lined import YAMLError, read  # noqa: PLC0415 - only where there is such a list

    try:
        entries: Any = read(path.read_text("utf-8"))
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark else ""
        return [], [Finding("XK-F002", path.name, facts={"detail": f"{where}不是合格的 YAML"})]
    except UnicodeDecodeError:
        return [], [Finding("XK-F002", path.name, facts={"detail": "不是 UTF-8 编码"})]
    except OSError as error:
        return [], [Finding("XK-F009", path.name, facts={"detail": reason(error)})]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return [], [
            Finding(UNUSABLE, path.name, facts={"row": 1, "why": "应是一列条目，每条有 dealer、code、month 等"})
        ]
    strange = [(n, key) for n, entry in enumerate(entries, 1) for key in entry if key not in COLUMNS]
    findings = [Finding(UNUSABLE, path.name, facts={"row": n, "why": f"不认识 {key}"}) for n, key in strange]
    bad = {n for n, _ in strange}
    rows = [
        (n, {key: _yaml_text(key, entry.get(key)) for key in COLUMNS}, None)
        for n, entry in enumerate(entries, 1)
        if n not in bad
    ]
    return rows, findings


def _yaml_text(key: str, value: object) -> str:
    text = "" if value is None else str(value).strip()
    return said_month(text) or text if key in ("month", "until") else text
