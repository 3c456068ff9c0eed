"""Dealers without Excel open their blank in LibreOffice or WPS and save it: the same answers, and no false alarm."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName
from shared.judges import equal, formula_cells, saved_by_libreoffice

from xlkpi.findings import Finding
from xlkpi.headquarters.issuing import blanks
from xlkpi.intake.integrity import comparable_formula
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Issue
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scoring.assess import assess
from xlkpi.scoring.engine import Engine

if TYPE_CHECKING:
    from conftest import RealMonth

SCHEMES = Path(__file__).parents[1] / "shared" / "schemes"
pytestmark = pytest.mark.oracle

ODD: Mapping[str, Any] = {
    "接车台次": 0, "维修产值": 1 / 3, "维修毛利": -5200.125, "养护品": "一万二", "精品": 0.1 + 0.2, "交车台数": 500,
}  # fmt: skip


@pytest.fixture(scope="module")
def others(issue_of: Callable[..., Issue]) -> Mapping[str, Issue]:
    """The edge schemes, whose formulas have what the shipped scheme does not use; with a target of seventeen digits."""
    made = {}
    for folder in sorted(SCHEMES.iterdir()):
        scheme, compiled = usable_scheme(str(folder))
        thirds = dict.fromkeys(scheme.targets(), 100 / 3)
        made[folder.name] = issue_of(scheme, compiled, targets={"D001": thirds, "D002": thirds})
    return made


def _first_blank(issue: Issue) -> bytes:
    return next(iter(blanks(issue))).data


@pytest.fixture(scope="module")
def saved(
    others: Mapping[str, Issue],
    blank: bytes,
    filled: bytes,
    fill: Callable[[bytes, Mapping[str, Any]], bytes],
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, tuple[bytes, bytes]]:
    """Each file as it was, and as LibreOffice saved it."""
    files = {"blank": blank, "real": filled, "odd": fill(blank, ODD), "altered": _altered(blank, fill)}
    files |= {name: _first_blank(made) for name, made in others.items()}
    again = saved_by_libreoffice(files, tmp_path_factory.mktemp("saved"))
    return {name: (files[name], again[name]) for name in files}


def _altered(blank: bytes, fill: Callable[[bytes, Mapping[str, Any]], bytes]) -> bytes:
    """A dealer who unprotected the sheet: another score formula, another target."""
    return fill(blank, {"接车台次": 10, "接车台次_得分": "=15", "接车台次_目标": 10})


def _read(issue: Issue, data: bytes) -> Submission:
    sent = read_submission(issue, data, "saved.xlsx")
    assert isinstance(sent, Submission), sent
    return sent


def _integrity(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{f.place}: {f.message('en')}" for f in findings if f.code.startswith("XK-I")]


@pytest.mark.parametrize("name", ["blank", "real", "odd"])
def test_reads_back_the_same_without_an_integrity_finding(
    issue: Issue, saved: Mapping[str, tuple[bytes, bytes]], name: str
) -> None:
    before, after = (_read(issue, data) for data in saved[name])
    assert saved[name][0] != saved[name][1]
    assert not _integrity(before.findings)
    assert not (told := _integrity(after.findings)), "\n".join(told)
    assert (after.dealer, after.month, after.scheme) == (before.dealer, before.month, before.scheme)
    was, now = before.contents(), after.contents()
    assert was.keys() == now.keys()  # LibreOffice writes fifteen digits: 1/3 comes back as 0.333333333333333
    assert [n for n in was if not (equal(was[n], now[n]) and type(was[n]) is type(now[n]))] == []
    assert {(f.code, f.field) for f in after.findings} == {(f.code, f.field) for f in before.findings}


@pytest.mark.parametrize("name", ["absence", "rounding", "scopes"])
def test_other_schemes_too(others: Mapping[str, Issue], saved: Mapping[str, tuple[bytes, bytes]], name: str) -> None:
    for data in saved[name]:
        assert not (told := _integrity(_read(others[name], data).findings)), "\n".join(told)


def test_the_real_month_is_worth_the_same(
    issue: Issue, engine: Engine, saved: Mapping[str, tuple[bytes, bytes]], real_month: RealMonth
) -> None:
    sent = _read(issue, saved["real"][1])
    assert sent.contents() == dict(real_month.answers)
    inspected = replace(issue, inspections={"D001": dict(real_month.inspections)})
    assert assess(inspected, engine, sent).total == pytest.approx(real_month.total, abs=1e-9, rel=0)


def test_what_was_altered_is_still_found(issue: Issue, saved: Mapping[str, tuple[bytes, bytes]]) -> None:
    """The tolerance for LibreOffice's spelling must not swallow a real change."""
    before, after = (_read(issue, data).findings for data in saved["altered"])
    wanted = {("XK-I001", issue.layout.place("接车台次_目标")), ("XK-I002", issue.layout.place("接车台次_得分"))}
    for findings in (before, after):
        assert {(f.code, f.place) for f in findings if f.code.startswith("XK-I")} == wanted


# formulas as an author may spell them, and how LibreOffice 7.4 writes each back (the first is the only one unchanged)
SPELLED = {
    'IF(甲>=0.5,TEXT(甲,"#,##0.00"),"A b  1.50")': 'IF(甲>=0.5,TEXT(甲,"#,##0.00"),"A b  1.50")',
    "if(甲>.5,1.50*甲,0)": "IF(甲>0.5,1.5*甲,0)",
    "IF(甲>1,TRUE,false)": "IF(甲>1,TRUE(),FALSE())",
    "甲*40.0%+15.00": "甲*40%+15",
    "甲*1E3": "甲*1000",
    "甲*1e-12": "甲*0.000000000001",
}
ALTERED = (
    ("甲*0.5", "甲*5"), ("甲*0.5", "甲*0.50001"), ("甲*40%", "甲*40"), ("IF(甲>1,TRUE,FALSE)", "IF(甲>1,FALSE,TRUE)"),
    ("甲_第1条", "甲_第2条"), ("SUM(A1:A3)", "SUM(A1:A4)"), ('IF(甲="a",1,2)', 'IF(甲="A",1,2)'), ('"1.0"', '"1"'),
    ("MAX(0,甲)", "MIN(0,甲)"), ("'1月'!A1", "'2月'!A1"), ('"a b"', '"ab"'),
)  # fmt: skip


def test_only_the_spelling_of_formulas_is_forgiven(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet["B1"].value = 3
    book.defined_names["甲"] = DefinedName("甲", attr_text=f"'{sheet.title}'!$B$1")
    for row, formula in enumerate(SPELLED, 1):
        sheet.cell(row, 1).value = f"={formula}"
    buffer = io.BytesIO()
    book.save(buffer)
    written = formula_cells(saved_by_libreoffice({"spelled": buffer.getvalue()}, tmp_path)["spelled"])
    assert list(written.values()) == list(SPELLED.values())
    for ours, theirs in zip(SPELLED, written.values(), strict=True):
        assert comparable_formula(ours) == comparable_formula(theirs)
    assert [pair for pair in ALTERED if comparable_formula(pair[0]) == comparable_formula(pair[1])] == []
