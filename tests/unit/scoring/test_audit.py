"""The second opinion: recalculated values against stored ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import AssessWith, RealMonth
from shared.packages import edited, put
from shared.tables import sampled

from xlkpi.intake.guard import Refused
from xlkpi.issue import Issue
from xlkpi.scoring.audit import audit_workbook, content, same
from xlkpi.scoring.engine import ENGINES
from xlkpi.values import CellContent, CellFault, CellKind, Place, RawCell
from xlkpi.workbook.stamp import Stamper

HERE = Place("S", "A1")


@pytest.fixture(scope="module")
def assessed(issue: Issue, assess_with: AssessWith, real_month: RealMonth) -> bytes:
    done = assess_with(real_month.answers, real_month.inspections)
    return Stamper(issue.layout, issue.master).stamp(done.cells, issue.marker("D001"))


@pytest.mark.parametrize("name", sampled(ENGINES, len(ENGINES)))
def test_an_assessed_workbook_recalculates_to_what_it_holds(name: str, assessed: bytes, issue: Issue) -> None:
    audited = audit_workbook(assessed, name)
    assert audited.differences == ()
    assert audited.cells == len(issue.layout.formulas)


def test_a_forged_score_is_found_with_both_values(assessed: bytes, issue: Issue, tmp_path: Path) -> None:
    place = issue.layout.place("接车台次_得分")

    def forge(text: str) -> str:
        formula = issue.layout.formulas[place].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return put(text, place.ref, f'<c r="{place.ref}"><f>{formula}</f><v>15</v></c>')

    path = tmp_path / "forged.xlsx"
    path.write_bytes(edited(assessed, assessment=forge))
    (difference,) = audit_workbook(path, "formualizer").differences
    assert (difference.place, difference.stored) == (place, 15.0)
    assert difference.recalculated == pytest.approx(12.14516129032258)


def test_a_forged_input_is_found_by_every_result_that_leans_on_it(assessed: bytes, issue: Issue) -> None:
    place = issue.layout.place("接车台次")
    forged = edited(assessed, entry=lambda t: put(t, place.ref, f'<c r="{place.ref}"><v>300</v></c>'))
    differing = {difference.place for difference in audit_workbook(forged, "formualizer").differences}
    assert {issue.layout.place(name) for name in ("接车台次_完成率", "接车台次_得分", "总分", "公布总分")} <= differing


def test_a_workbook_saved_without_results_differs_everywhere_it_has_one(filled: bytes) -> None:
    audited = audit_workbook(filled, "formualizer")
    assert len(audited.differences) > 100
    assert {difference.stored for difference in audited.differences} == {None}


def test_an_unsafe_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_bytes(b"no")
    with pytest.raises(Refused):
        audit_workbook(tmp_path / "x.xlsx")


@pytest.mark.parametrize(
    ("first", "second", "equal"),
    [
        (1.0, 1.0, True),
        (1.0, 1 + 1e-10, True),
        (1.0, 1 + 1e-8, False),
        (0.0, 0.0, True),
        (0.0, 1e-12, False),
        (1e12, 1e12 + 1, True),
        (None, "", True),
        ("", None, True),
        (None, 0.0, False),
        ("是", "是", True),
        ("1", 1.0, False),
        (True, True, True),
        (CellFault("#N/A"), CellFault("#N/A"), True),
        (CellFault("#N/A"), None, False),
        (-1.0, 1.0, False),
    ],
)
def test_contents_are_the_same_within_the_tolerance(first: CellContent, second: CellContent, equal: bool) -> None:
    assert same(first, second) is equal


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (CellKind.NUMBER, "2.5", 2.5),
        (CellKind.BOOLEAN, "1", True),
        (CellKind.BOOLEAN, "0", False),
        (CellKind.TEXT, "字", "字"),
        (CellKind.ERROR, "#N/A", CellFault("#N/A")),
        (CellKind.EMPTY, None, None),
    ],
)
def test_a_raw_cell_gives_its_content(kind: CellKind, text: str | None, value: CellContent) -> None:
    assert content(RawCell(HERE, kind, text)) == value
