"""A press on a full `dealer-monthly` workbook, measured on the remote engine: reads, actions, modules loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from shared.monthly import Monthly
from shared.submissions import submission_of
from xlwings.pro import _xlremote

from xlkpi.excel.button import review_book
from xlkpi.excel.control import FILE
from xlkpi.headquarters.issuing import publish
from xlkpi.issue import Issue
from xlkpi.scheme.entries import SchemeField
from xlkpi.scoring.assess import assess
from xlkpi.values import CellContent
from xlkpi.workbook.layout import Role
from xlkpi.workbook.stamp import Stamper

from .conftest import Open
from .test_button import control_data
from .vba import payload

KEY = bytes(32)
ORDERS = 400  # repair orders on 修理单日报


@pytest.fixture(scope="module")
def full(dealership: Monthly) -> tuple[Issue, bytes]:
    """A dealer's workbook with every answer, inspection and 400 repair orders in it, as Excel holds it."""
    scheme, issue, engine = dealership.scheme, dealership.issue, dealership.engine
    layout = issue.layout
    answers = {slot.field: _typed(scheme.fields[slot.field]) for slot in layout.of(Role.ANSWER)}
    inspections = {slot.place: _typed(scheme.fields[slot.field]) for slot in layout.of(Role.INSPECTION)}
    tables = {name: [_order(table.columns, n) for n in range(ORDERS)] for name, table in layout.tables.items()}
    done = assess(issue, engine, submission_of(issue, "D001", answers, tables))
    data = Stamper(layout, issue.master).stamp({**done.cells, **inspections}, issue.marker("D001", KEY))
    return issue, data


def _typed(entry: SchemeField) -> CellContent:
    if entry.type in ("choice", "text"):
        return next(iter(entry.words), "文字")
    return {"rate": 0.5, "day": 5.0, "date": 46300.0}.get(entry.type, 7.0)


def _order(columns: Mapping[str, str], number: int) -> dict[str, CellContent]:
    return {**dict.fromkeys(columns, float(number + 1)), "日期": 46_327.0 + number % 30}


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Bulk reads by sheet."""
    counted: Counter[str] = Counter()
    whole = _xlremote.Range.raw_value

    def read(self: Any) -> Any:
        counted[self.sheet.name] += 1
        return whole.fget(self)

    monkeypatch.setattr(_xlremote.Range, "raw_value", property(read, whole.fset))
    return counted


def test_one_read_a_sheet_and_few_actions(full: tuple[Issue, bytes], opened: Open, reads: Counter[str]) -> None:
    issue, data = full
    book = opened(data)
    done = review_book(book, issue, scoring=True)
    actions = book.json()["actions"]
    assert done.assessment is not None
    assert done.assessment.status == "scored"
    size = len(json.dumps(actions, ensure_ascii=False).encode())
    print(f"\n{len(actions)} actions, {size / 1000:.0f} kB, {len(reads)} sheets")
    assert set(reads.values()) == {1}
    assert set(reads) <= {sheet.name for sheet in book.sheets}
    assert size < 300_000


PRESS = """
import json, sys
import xlwings
workbook, control = (xlwings.Book(json=json.load(open(path, encoding="utf-8"))) for path in sys.argv[1:])
control.set_mock_caller()
before = set(sys.modules)
import xlkpi.excel
xlkpi.excel.main()
print(json.dumps([len(workbook.json()["actions"]), sorted(set(sys.modules) - before)]))
"""


def test_a_whole_process_of_one_press_loads_little(
    full: tuple[Issue, bytes], _remote_engine: None, tmp_path: Path
) -> None:
    """As the macro starts it: Python is up, xlwings is imported; then everything from main() to the last action."""
    issue, data = full
    publish(issue, tmp_path / "blank", key=KEY)
    control = control_data("评分", issue=str(tmp_path / "blank"))
    for name, sent in (("D001.xlsx", data), (FILE, control)):
        (tmp_path / f"{name}.json").write_text(json.dumps(payload(sent, name)), "utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", PRESS, *(str(tmp_path / f"{name}.json") for name in ("D001.xlsx", FILE))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    actions, loaded = json.loads(done.stdout)
    assert actions > 30
    assert not {"openpyxl", "jinja2", "xlkpi.scheme.lined", "formulas", "rich", "xlkpi.batch"} & set(loaded)
