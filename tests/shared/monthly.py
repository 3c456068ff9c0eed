"""What the monthly workbooks' tests share: a scheme issued to two dealers, its engine, pages read by their labels."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

from openpyxl import load_workbook

from shared.submissions import submission_of
from xlkpi.headquarters.issuing import blanks, make_issue
from xlkpi.intake.guard import admit
from xlkpi.issue import Dealer, Issue
from xlkpi.scheme.compile import Compiled
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.assess import Assessment, assess
from xlkpi.scoring.engine import Engine, load_engine
from xlkpi.values import CellContent, CellFault, Place, Value
from xlkpi.workbook.operations import Write
from xlkpi.workbook.patch import patched
from xlkpi.workbook.stamp import Stamper

MONTH = "2026-11"
TARGET = 100.0
ORDERS = "修理单日报"
SHEETS = (
    "说明",
    "看板",
    "填报",
    ORDERS,
    "绩效考核表",
    "指标分析",
    "目标管理",
    "诊断改善",
    "全部诊断",
    "计分过程",
    "本店资料",
)
ROSTER = {"D001": Dealer("D001", "甲店", "华东"), "D002": Dealer("D002", "乙店", "华南")}

Row = Mapping[str, CellContent]


@dataclass(frozen=True)
class Monthly:
    """A scheme as issued, with everything that evaluates and writes it."""

    scheme: Scheme
    compiled: Compiled
    issue: Issue
    engine: Engine

    @classmethod
    def of(cls, scheme: Scheme, compiled: Compiled) -> Monthly:
        """Issue a scheme to two dealers, targets of 100 throughout."""
        targets = {code: dict.fromkeys(scheme.targets(), TARGET) for code in ROSTER}
        issue = make_issue(scheme, compiled, month=MONTH, roster=ROSTER, targets=targets)
        return cls(scheme, compiled, issue, load_engine("formualizer", issue.master, issue.layout))

    def but(self, **changes: Any) -> Monthly:
        """The same master with another month, other targets, history or inspections."""
        return replace(self, issue=replace(self.issue, **changes))

    def judge(
        self,
        answers: Mapping[str, CellContent],
        orders: Sequence[Row] = (),
        inspections: Mapping[str, Value] | None = None,
        dealer: str = "D001",
    ) -> Assessment:
        """Assess a dealer's month."""
        issue = replace(self.issue, inspections={dealer: dict(inspections or {})}) if inspections else self.issue
        return assess(issue, self.engine, submission_of(issue, dealer, answers, {ORDERS: orders} if orders else None))

    @cached_property
    def stamper(self) -> Stamper:
        return Stamper(self.issue.layout, self.issue.master)

    def stamp(self, done: Assessment) -> bytes:
        """The assessed workbook."""
        return self.stamper.stamp(done.cells, self.issue.marker(done.dealer), self.issue.stamped(done.dealer))

    @cached_property
    def blanks(self) -> dict[str, bytes]:
        """The blank workbooks by dealer code."""
        return {blank.dealer.code: blank.data for blank in blanks(self.issue, self.engine)}

    def page(self, done: Assessment, sheet: str) -> Page:
        """A sheet of the evaluated workbook."""
        cells = dict(_fixed(self.issue.master)[sheet])
        cells.update({place.ref: value for place, value in done.cells.items() if place.sheet == sheet})
        return Page(cells)

    def value(self, done: Assessment, name: str) -> CellContent:
        """The content of a named cell."""
        return done.cells.get(self.issue.layout.place(name))

    def check(self, done: Assessment, name: str) -> CellContent:
        """The words in a field's 校验 cell."""
        return self.value(done, f"{name}_校验")


@dataclass(frozen=True)
class Page:
    """A sheet by its cells; rows are found by what stands in a column, columns by what stands in a row."""

    cells: Mapping[str, Any]

    def __getitem__(self, ref: str) -> Any:
        return self.cells.get(ref)

    def row_of(self, text: Any, column: str, after: int = 0) -> int:
        """The first row below `after` with this content in a column."""
        rows = (int(ref[len(column) :]) for ref in self.cells if ref.rstrip("0123456789") == column)
        return next(row for row in sorted(rows) if row > after and self.cells[f"{column}{row}"] == text)

    def table(self, head: int, first: int, last: int) -> list[dict[str, Any]]:
        """Rows by the headings of a row."""
        heads = {ref.rstrip("0123456789"): text for ref, text in self.cells.items() if ref.lstrip(LETTERS) == str(head)}
        return [{text: self[f"{c}{row}"] for c, text in heads.items() if text} for row in range(first, last + 1)]


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@cache
def _fixed(master: bytes) -> dict[str, dict[str, Any]]:
    """What stands in a master's cells by sheet: labels and formulas."""
    return contents(master)


def contents(data: bytes, values: bool = False) -> dict[str, dict[str, Any]]:
    """Sheets as openpyxl reads them: formulas, or the values that stand beside them."""
    book = load_workbook(io.BytesIO(data), data_only=values)
    return {
        sheet.title: {c.coordinate: c.value for row in sheet.iter_rows() for c in row if c.value is not None}
        for sheet in book.worksheets
    }


def plain_value(field: SchemeField, size: float = 12.0) -> CellContent:
    """A value that a field takes."""
    if field.words:
        return next(iter(field.words))
    return None if field.type == "text" else size


def errors(cells: Mapping[Place, CellContent]) -> list[str]:
    """Cells that hold an error value."""
    return [f"{place} {value.code}" for place, value in cells.items() if isinstance(value, CellFault)]


def edited(data: bytes, cells: Mapping[Place, Any]) -> bytes:
    """A workbook that openpyxl has saved, with these cells typed in."""
    if all(_plainly_typed(value) for value in cells.values()):  # openpyxl takes seconds for a large workbook
        return patched(admit(_saved_by_openpyxl(data)), [Write(place, ((v,),)) for place, v in cells.items()])
    book = load_workbook(io.BytesIO(data))
    for place, value in cells.items():
        book[place.sheet][place.ref].value = value
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _plainly_typed(value: Any) -> bool:
    """Whether a value leaves a cell's format alone and is no formula."""
    return value is None or type(value) in (int, float) or (isinstance(value, str) and value[:1] != "=")


@cache
def _saved_by_openpyxl(data: bytes) -> bytes:
    buffer = io.BytesIO()
    load_workbook(io.BytesIO(data)).save(buffer)
    return buffer.getvalue()


def answer_places(monthly: Monthly, answers: Mapping[str, Any]) -> dict[Place, Any]:
    """Answers by the cell that they are typed into."""
    return {monthly.issue.layout.place(name): value for name, value in answers.items()}


def order_places(monthly: Monthly, rows: Mapping[int, Sequence[Any]]) -> Iterator[tuple[Place, Any]]:
    """Rows of 修理单日报, each with its number on the sheet, column by column."""
    letters = list(monthly.issue.layout.tables[ORDERS].columns.values())
    for number, row in rows.items():
        for letter, value in zip(letters, row, strict=True):
            if value is not None:
                yield Place(ORDERS, f"{letter}{number}"), value
