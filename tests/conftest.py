"""What all tests share: the shipped scheme, a month issued to two dealers, an engine, and the source's real month."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

# xlwings' own key for non-commercial use, which its remote engine asks for: it must stand there before xlwings is first
# imported. The tests are the only ones that take it, and nothing that xlkpi ships or runs needs one.
os.environ.setdefault("XLWINGS_LICENSE_KEY", "noncommercial")
# How long a client of the cluster waits where nobody answers: dask reads it when it is first imported.
os.environ.setdefault("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "5s")

from openpyxl.worksheet.merge import MergedCellRange
from shared.browser import chromium
from shared.monthly import Monthly
from shared.submissions import submission_of

from xlkpi.cli.demo import fill_in
from xlkpi.findings import Finding
from xlkpi.headquarters import issuing
from xlkpi.headquarters.issuing import Blank, blanks, make_issue
from xlkpi.issue import Dealer, Issue
from xlkpi.resources import templates
from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.assess import Assessment, assess
from xlkpi.scoring.engine import Engine, load_engine
from xlkpi.values import CellContent, Value
from xlkpi.workbook.plan import WorkbookPlan

# openpyxl puts the border of a merged range together again, cell by cell, whenever it reads a workbook: half of that
# time, and a third of what many tests would take. What a border looks like after openpyxl is nothing of ours.
MergedCellRange.format = lambda _: None  # type: ignore[method-assign] # replaced on purpose

_MASTERS: dict[bytes, bytes] = {}
_write_master = issuing.write_master


def _written_once(plan: WorkbookPlan) -> bytes:
    """The same plan gives the same bytes, as the tests of the master show. An issue takes those of a plan that was
    written before in this process: a large master takes a second."""
    key = hashlib.sha256(pickle.dumps(plan)).digest()
    if key not in _MASTERS:
        _MASTERS[key] = _write_master(plan)
    return _MASTERS[key]


issuing.write_master = _written_once

MONTH = "2026-11"

REAL_TARGETS = {
    "接车台次": 310.0, "维修产值": 316228.8, "维修毛利": 108031.1, "养护品": 12758.2, "精品": 19638.5, "轮胎": 16757.1,
}  # fmt: skip
REAL_ANSWERS: dict[str, CellContent] = {
    "接车台次": 251.0, "维修产值": 252486.0, "维修毛利": 60574.0, "养护品": 19270.0, "精品": 3427.0, "轮胎": 7453.0,
}  # fmt: skip
REAL_INSPECTIONS: dict[str, Value] = {
    "计划退回次数": "合格", "上报迟延天数": "及时", "重点计划未完成数": "完成", "一般计划未完成数": "完成",
    "维修欠款回收": "完成", "索赔款回款": "完成", "员工欠款回收": "无",
    "绩效沟通会召开日": 6.0, "绩效会参加率": 1.0, "员工绩效上报日": 7.0, "员工满意度": 0.9,
    "承诺时间修复率": "完成", "配件更换率": 1.0, "返修台数": "完成", "培训次数": "完成", "部门员工参训率": 1.0,
}  # fmt: skip
REAL_PHRASES: dict[str, str] = {
    "计划退回次数": "1.计划制定 合格", "上报迟延天数": "2.上报及时 及时", "重点计划未完成数": "3.重点计划 完成",
    "一般计划未完成数": "4.一般计划 完成", "维修欠款回收": "1.维修欠账收回 完成", "索赔款回款": "2.当月索赔款回款 完成",
    "员工欠款回收": "3.当月无员工欠款 完成", "绩效沟通会召开日": "1.绩效沟通会 6号召开 完成",
    "绩效会参加率": "2.绩效会参加率100% 完成", "员工绩效上报日": "3.7号上报员工绩效 完成",
    "员工满意度": "4.员工满意率90% 完成", "承诺时间修复率": "1.承诺时间修复率〈100% 完成",
    "配件更换率": "2.更换的配件100%更换 完成", "返修台数": "3.返修率〈 0.2 % 完成", "培训次数": "1.有培训 完成",
    "部门员工参训率": "2.部门员工参训率100% 完成",
}  # fmt: skip
REAL_SCORES = {
    "接车台次": 12.14516129032258, "维修产值": 7.984282266510831, "维修毛利": 15.0, "养护品": 5.0,
    "精品": 0.8725208137077679, "轮胎": 2.223833479540016,
    "计划执行": 10.0, "资金计划": 10.0, "绩效管理": 10.0, "质量管理": 10.0, "学习成长": 5.0,
}  # fmt: skip
REAL_TOTAL = 88.2257978500812


@dataclass(frozen=True)
class RealMonth:
    """The dealer's month printed in the source: what was sent, what headquarters found, and what it comes to.

    `answers` by slot name as cells hold them; `inspections` by field as the lists' reader gives them; `phrases` the
    inspections in the source's own words; `scores` by item.
    """

    targets: Mapping[str, float]
    answers: Mapping[str, CellContent]
    inspections: Mapping[str, Value]
    phrases: Mapping[str, str]
    scores: Mapping[str, float]
    total: float


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The process' one Chromium, for all tests that look at a page."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def real_month() -> RealMonth:
    return RealMonth(REAL_TARGETS, REAL_ANSWERS, REAL_INSPECTIONS, REAL_PHRASES, REAL_SCORES, REAL_TOTAL)


# ------------------------------------------------------------------ the shipped scheme, issued


@pytest.fixture(scope="session")
def scheme_and_compiled() -> tuple[Scheme, Compiled]:
    return usable_scheme("service-assessment")


@pytest.fixture(scope="session")
def scheme(scheme_and_compiled: tuple[Scheme, Compiled]) -> Scheme:
    return scheme_and_compiled[0]


@pytest.fixture(scope="session")
def compiled(scheme_and_compiled: tuple[Scheme, Compiled]) -> Compiled:
    return scheme_and_compiled[1]


MakeIssue = Callable[..., Issue]


@pytest.fixture(scope="session")
def issue_of() -> MakeIssue:
    """Issue a scheme for D001 and D002 with the real month's targets, unless told otherwise."""

    def make(scheme: Scheme, compiled: Compiled, **given: Any) -> Issue:
        roster = given.pop("roster", None) or {
            "D001": Dealer("D001", "原文实例店", "华东"),
            "D002": Dealer("D002", "虚构·二号店", "华南"),
        }
        wanted = {name: REAL_TARGETS.get(name, 100.0) for name in scheme.targets()}
        targets = given.pop("targets", None) or dict.fromkeys(roster, wanted)
        return make_issue(scheme, compiled, **{"month": MONTH, "roster": roster, "targets": targets, **given})

    return make


@pytest.fixture(scope="session")
def issue(scheme_and_compiled: tuple[Scheme, Compiled], issue_of: MakeIssue) -> Issue:
    """The month 2026-11 issued to D001 (the source's real targets) and D002 (round ones); no inspections yet."""
    targets = {"D001": REAL_TARGETS, "D002": {"接车台次": 300.0, "维修产值": 300000.0, "维修毛利": 100000.0,
                                             "养护品": 12000.0, "精品": 18000.0, "轮胎": 16000.0}}  # fmt: skip
    return issue_of(*scheme_and_compiled, targets=targets, contact="示例总部 售后管理部")


@pytest.fixture(scope="session")
def engine(issue: Issue) -> Engine:
    """formualizer with the issue's master loaded."""
    return load_engine("formualizer", issue.master, issue.layout)


# ------------------------------------------------------------------ the shipped monthly schemes, each issued once


@pytest.fixture(scope="session")
def dealership() -> Monthly:
    """dealer-monthly, issued."""
    return Monthly.of(*usable_scheme("dealer-monthly"))


@pytest.fixture(scope="session")
def service() -> Monthly:
    """service-monthly, issued."""
    return Monthly.of(*usable_scheme("service-monthly"))


@pytest.fixture(scope="session", params=["dealer-monthly", "service-monthly"])
def monthly(request: pytest.FixtureRequest) -> Monthly:
    """Each of them."""
    of: Monthly = request.getfixturevalue("dealership" if request.param == "dealer-monthly" else "service")
    return of


AssessWith = Callable[..., Assessment]


@pytest.fixture(scope="session")
def assess_with(issue: Issue, engine: Engine) -> AssessWith:
    """Assess answers (by slot name) with inspections (by field); `issue` and `engine` default to the shared ones."""
    shared_issue, shared_engine = issue, engine

    def run(
        answers: Mapping[str, CellContent],
        inspections: Mapping[str, Value],
        dealer: str = "D001",
        issue: Issue | None = None,
        engine: Engine | None = None,
    ) -> Assessment:
        used = issue or shared_issue
        if engine is None:
            same = used.master == shared_issue.master
            engine = shared_engine if same else load_engine("formualizer", used.master, used.layout)
        inspected = replace(used, inspections={dealer: dict(inspections)})
        return assess(inspected, engine, submission_of(used, dealer, answers))

    return run


# ------------------------------------------------------------------ findings


class Rendered:
    """Every kind of finding that the program makes during the tests, rendered once in both languages.

    A kind is a code with the names and types of its facts. Findings that tests make by hand are left alone.
    """

    def __init__(self) -> None:
        self.kinds: set[tuple[object, ...]] = set()
        self.faults: list[str] = []

    def look_at(self, finding: Finding) -> None:
        kind = (finding.code, *((name, type(value)) for name, value in finding.facts.items()))
        if kind in self.kinds:
            return
        self.kinds.add(kind)
        for lang in ("zh", "en"):
            for part in ("message", "cause", "remedy"):
                try:
                    text = getattr(finding, part)(lang)
                except Exception as error:
                    self.faults.append(f"{finding.code} {part} {lang}: {error!r} with {dict(finding.facts)}")
                    continue
                if re.search(r"\bNone\b|\{\w*\}|<[\w.]+ object at|Absence\.", text):
                    self.faults.append(f"{finding.code} {part} {lang}: {text}")


_RENDERED = Rendered()
_MADE = Finding.__init__


def _made(self: Finding, *given: Any, **named: Any) -> None:
    _MADE(self, *given, **named)
    if str(sys._getframe(1).f_globals.get("__name__")).startswith("xlkpi."):
        _RENDERED.look_at(self)


Finding.__init__ = _made  # type: ignore[method-assign] # watched on purpose


@pytest.fixture(autouse=True)
def _findings_can_be_read() -> Iterator[None]:
    """A finding of the program whose text lacks a fact, or shows a Python value, fails the test that met it."""
    yield
    faults, _RENDERED.faults = _RENDERED.faults, []
    assert not faults, "\n".join(faults)


# ------------------------------------------------------------------ files


@pytest.fixture(scope="session")
def issued_blanks(issue: Issue, engine: Engine) -> Mapping[str, Blank]:
    """The blanks by dealer code."""
    return {blank.dealer.code: blank for blank in blanks(issue, engine)}


@pytest.fixture(scope="session")
def blank(issued_blanks: Mapping[str, Blank]) -> bytes:
    """D001's blank workbook."""
    return issued_blanks["D001"].data


@pytest.fixture(scope="session")
def fill() -> Callable[[bytes, Mapping[str, Any]], bytes]:
    """Fill in a blank by defined names and save it with openpyxl, as a dealer's own program would."""
    return fill_in


@pytest.fixture(scope="session")
def filled(blank: bytes, fill: Callable[[bytes, Mapping[str, Any]], bytes]) -> bytes:
    """D001's workbook with the real month filled in."""
    return fill(blank, REAL_ANSWERS)


@pytest.fixture
def scheme_copy(tmp_path: Path) -> Path:
    """A copy of the shipped scheme's folder, to be changed."""
    folder = tmp_path / "scheme"
    shutil.copytree(templates() / "schemes" / "service-assessment", folder)
    return folder
