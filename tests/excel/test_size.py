"""A press on a full `dealer-monthly` workbook, measured on the remote engine: reads, actions, time of our own."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from xlwings.pro import _xlremote

from xlkpi.excel.button import review_book
from xlkpi.issue import Dealer, Issue
from xlkpi.publish import make_issue
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scheme.model import SchemeField
from xlkpi.scoring.assess import assess
from xlkpi.scoring.engine import load_engine
from xlkpi.values import CellContent
from xlkpi.workbook.layout import Role
from xlkpi.workbook.stamp import Stamper

from .conftest import Open

ORDERS = 400  # repair orders on 修理单日报
_SLACK = 4  # a busy machine of the continuous run; what a quiet one takes stands in the README


@pytest.fixture(scope="module")
def full() -> tuple[Issue, bytes]:
    """A dealer's workbook with every answer, inspection and 400 repair orders in it, as Excel holds it."""
    scheme, compiled = usable_scheme("dealer-monthly")
    targets = {"D001": dict.fromkeys(scheme.targets(), 100.0)}
    issue = make_issue(scheme, compiled, month="2026-11", roster={"D001": Dealer("D001", "甲店")}, targets=targets)
    layout = issue.layout
    answers = {slot.field: _typed(scheme.fields[slot.field]) for slot in layout.of(Role.ANSWER)}
    inspections = {slot.place: _typed(scheme.fields[slot.field]) for slot in layout.of(Role.INSPECTION)}
    tables = {name: [_order(table.columns, n) for n in range(ORDERS)] for name, table in layout.tables.items()}
    engine = load_engine("formualizer", issue.master, layout)
    done = assess(issue, engine, "D001", answers, tables=tables)
    data = Stamper(layout, issue.master).stamp({**done.cells, **inspections}, issue.marker("D001"))
    return issue, data


def _typed(entry: SchemeField) -> CellContent:
    if entry.type in ("choice", "text"):
        return next(iter(entry.words), "文字")
    return {"rate": 0.5, "day": 5.0, "date": 46300.0}.get(entry.type, 7.0)


def _order(columns: Mapping[str, str], number: int) -> dict[str, CellContent]:
    return dict.fromkeys(columns, float(number + 1))


def test_one_read_a_sheet_few_actions_and_little_time(
    full: tuple[Issue, bytes], opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue, data = full
    reads: Counter[str] = Counter()
    whole = _xlremote.Range.raw_value

    def counted(self: Any) -> Any:
        reads[self.sheet.name] += 1
        return whole.fget(self)

    monkeypatch.setattr(_xlremote.Range, "raw_value", property(counted, whole.fset))
    taken: list[float] = []
    for _ in range(2):
        reads.clear()
        book = opened(data)
        began = time.process_time()
        done = review_book(book, issue, scoring=True)
        actions = book.json()["actions"]
        taken.append(time.process_time() - began)
    assert done.assessment is not None
    assert done.assessment.status == "scored"
    size = len(json.dumps(actions, ensure_ascii=False).encode())
    print(
        f"\n{min(taken):.2f} s, {len(actions)} actions, {size / 1000:.0f} kB, {len(reads)} sheets, {len(done.findings)}"
    )
    assert set(reads.values()) == {1}
    assert set(reads) <= {sheet.name for sheet in book.sheets}
    assert size < 300_000
    assert min(taken) < 0.5 * _SLACK
