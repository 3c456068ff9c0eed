"""Every code of the catalogue has a fixture that yields it: here, or in the test that names it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openpyxl import Workbook
from shared.tables import table

from xlkpi.batch.receipts import read_receipts
from xlkpi.findings import catalogue
from xlkpi.intake.normalise import understand
from xlkpi.issue import Issue
from xlkpi.month.returns import Return, ReturnStatus, roster_findings
from xlkpi.month.store import carry
from xlkpi.scheme.entries import SchemeField
from xlkpi.values import UNKNOWN, CellKind, Place, RawCell

TESTS = Path(__file__).parents[1]
NAMED = {
    code
    for path in (*TESTS.rglob("*.py"), *TESTS.rglob("*.yaml"))
    if path.name != "test_findings.py"
    for code in re.findall(r"XK-[A-Z]\d{3}", path.read_text("utf-8"))
}


@table("code", sorted(catalogue()))
def test_some_test_expects_it(code: str) -> None:
    assert code in NAMED


def read(kind: str, content: str, unit: str = "", **cell: Any) -> list[str]:
    """The codes that reading a cell yields."""
    shape = CellKind.NUMBER if cell else CellKind.TEXT
    entry = SchemeField.model_validate({"en": "x", "type": kind, "unit": unit})
    raw = RawCell(Place("填报", "F6"), shape, content, cell.pop("formula", None), cell.pop("format", "General"))
    return [code for code, _ in understand(entry, raw).remarks]


VALUES: dict[str, Callable[[], list[str]]] = {
    "XK-V015": lambda: read("amount", "无", "元"),
    "XK-V017": lambda: read("amount", "12台", "元"),
    "XK-V018": lambda: read("date", "五一"),
    "XK-V019": lambda: read("amount", "12", "元", format='0"万元"'),
    "XK-V020": lambda: read("amount", "5", "元", formula="1+1"),
    "XK-V041": lambda: read("amount", "1234.56", "元", format="#,##0"),
    "XK-V042": lambda: read("count", "320\n500", "台"),
    "XK-V043": lambda: read("rate", "85", format=UNKNOWN),
}


@pytest.mark.parametrize("code", VALUES)
def test_a_cell_yields_it(code: str) -> None:
    assert VALUES[code]() == [code]


def test_who_sent_nothing_and_who_got_nothing() -> None:
    lines = [Return("D001", "甲", "", ReturnStatus.MISSING), Return("D009", "乙", "", ReturnStatus.NOT_ISSUED)]
    assert [finding.code for finding in roster_findings(lines)] == ["XK-T054", "XK-T055"]


def test_a_receipt_without_a_moment(tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0].append(["文件", "收到时间"])
    book.worksheets[0].append(["D001.xlsx", "昨天"])
    book.save(tmp_path / "log.xlsx")
    assert [finding.code for finding in read_receipts(tmp_path / "log.xlsx").findings] == ["XK-T056"]


def test_months_that_the_store_lacks(issue: Issue, monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[int, dict[str, float | str]] = {1: {}, 3: {}}
    monkeypatch.setattr(carry, "_months", lambda *_: [("D001", known, [])])
    store: Any = SimpleNamespace(path=Path("history.duckdb"), rows=lambda *_: [])
    assert [finding.code for finding in carry.known_before(store, issue).findings] == ["XK-T040"]
