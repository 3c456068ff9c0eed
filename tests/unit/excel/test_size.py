"""A press on a full `dealer-monthly` workbook, measured on the remote engine: reads, actions, time of our own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from xlwings.pro import _xlremote

from xlkpi.excel.button import review_book
from xlkpi.excel.control import FILE
from xlkpi.headquarters.issuing import make_issue, publish
from xlkpi.issue import Dealer, Issue
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scheme.model import SchemeField
from xlkpi.scoring.assess import assess
from xlkpi.scoring.engine import load_engine
from xlkpi.values import CellContent
from xlkpi.workbook.layout import Role
from xlkpi.workbook.stamp import Stamper

from .conftest import Open
from .pace import quiet_seconds
from .test_button import control_data
from .vba import payload

ORDERS = 400  # repair orders on 修理单日报


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


def test_one_read_a_sheet_few_actions_and_little_time(
    full: tuple[Issue, bytes], opened: Open, reads: Counter[str]
) -> None:
    issue, data = full
    taken: list[tuple[float, float]] = []
    for _ in range(3):  # the first one also loads the libraries
        reads.clear()
        book = opened(data)
        done, *seconds = quiet_seconds(partial(review_book, book, issue, scoring=True))
        taken.append((seconds[0], seconds[1]))
    actions = book.json()["actions"]
    assert done.assessment is not None
    assert done.assessment.status == "scored"
    size = len(json.dumps(actions, ensure_ascii=False).encode())
    print(f"\n{told(taken)}, {len(actions)} actions, {size / 1000:.0f} kB, {len(reads)} sheets")
    assert set(reads.values()) == {1}
    assert set(reads) <= {sheet.name for sheet in book.sheets}
    assert size < 300_000
    assert median(quiet for _, quiet in taken) < 0.5


def told(taken: list[tuple[float, float]]) -> str:
    return ", ".join(f"{seconds:.2f} s (quiet: {quiet:.2f} s)" for seconds, quiet in taken)


PRESS = """
import json, sys
import xlwings
from pace import quiet_seconds
workbook, control = (xlwings.Book(json=json.load(open(path, encoding="utf-8"))) for path in sys.argv[1:])
control.set_mock_caller()
before = set(sys.modules)
def work():
    import xlkpi.excel
    xlkpi.excel.main()
_, *taken = quiet_seconds(work)
print(json.dumps([taken, len(workbook.json()["actions"]), sorted(set(sys.modules) - before)]))
"""


def test_a_whole_process_of_one_press_loads_little_and_takes_little_time(
    full: tuple[Issue, bytes], _remote_engine: None, tmp_path: Path
) -> None:
    """As the macro starts it: Python is up, xlwings is imported; then everything from main() to the last action."""
    issue, data = full
    publish(issue, tmp_path / "blank")
    control = control_data("评分", issue=str(tmp_path / "blank"))
    for name, sent in (("D001.xlsx", data), (FILE, control)):
        (tmp_path / f"{name}.json").write_text(json.dumps(payload(sent, name)), "utf-8")
    paths = os.pathsep.join([*sys.path, str(Path(__file__).parent)])
    environment = {**os.environ, "PYTHONPATH": paths}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled
    command = [sys.executable, "-c", PRESS, *(str(tmp_path / f"{name}.json") for name in ("D001.xlsx", FILE))]
    taken: list[tuple[float, float]] = []
    for _ in range(3):  # the first one may compile
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        seconds, actions, loaded = json.loads(done.stdout)
        taken.append((seconds[0], seconds[1]))
        assert actions > 400
        assert not {"openpyxl", "jinja2", "ruamel", "formulas", "rich", "xlkpi.batch"} & set(loaded)
    print(f"\n{told(taken)} in a process of its own, {len(loaded)} modules")
    assert median(quiet for _, quiet in taken) < 0.8
