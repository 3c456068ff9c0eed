"""Small schemes with everything that the shipped one does not use, worked out by hand, before three judges.

Vetoes of each scope beside bonus and gates; each treatment of 不适用, whole groups too; rounded items; missing figures
and inspections; deductions beyond the points. Every formula cell of every workbook must agree to 1e-9 among
formualizer, `formulas` and LibreOffice, and the totals must be those worked out below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from shared.judges import ENGINES, JUDGES, by_libreoffice, differences, faults
from shared.submissions import submission_of

from xlkpi.headquarters.issuing import make_issue
from xlkpi.issue import Dealer, Issue
from xlkpi.scheme.cells import BEFORE_VETO, CEILING, GRADE, PUBLISHED, STATUS, TOTAL
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scoring.assess import assess
from xlkpi.scoring.engine import load_engine
from xlkpi.values import Absence, CellContent, Place
from xlkpi.workbook.stamp import Stamper

SCHEMES = Path(__file__).parents[1] / "shared" / "schemes"
Cells = Mapping[Place, CellContent]


@dataclass(frozen=True)
class Row:
    """What is changed against the base month (None: left blank), and what that must come to."""

    name: str
    change: Mapping[str, Any]
    total: float
    ceiling: float | None = None  # where it is not the total
    before: float | None = None  # where it is not the total
    open: bool = False
    grade: str = ""
    published: float | None = None
    dealer: str = "D001"

    def expected(self) -> dict[str, CellContent]:
        found: dict[str, CellContent] = {
            TOTAL: self.total,
            CEILING: self.total if self.ceiling is None else self.ceiling,
            BEFORE_VETO: self.total if self.before is None else self.before,
            STATUS: "暂定" if self.open else "已评",
        }
        if self.grade or self.open:
            found[GRADE] = "暂定" if self.open else self.grade
        if self.published is not None:
            found[PUBLISHED] = self.published
        return found


@dataclass(frozen=True)
class Edge:
    """A scheme, its base month and its rows. D002 has the targets in `second`."""

    name: str
    base: Mapping[str, Any]
    rows: tuple[Row, ...]
    targets: Mapping[str, float] = field(default_factory=dict)
    second: Mapping[str, float | Absence] = field(default_factory=dict)


# 销售 40 × 80 % = 32 · 库存 1.3 is 0.1 outside of 0.4: 20 × 0.75 = 15 · 业绩 47 of 60, gate at 30
# 制度 20 − 2 × 4 = 12 · 服务 20 × (12 − 4) ÷ 10 = 16 · 管理 28 of 40, gate of the total at 10
# bonus: 表彰 1 × 2 = 2 · 创新 1 × 5 = 5 · 7, together at most 6 · total 47 + 28 + 6 = 81
SCOPES = Edge(
    "scopes",
    {
        "销量": 80.0, "库存系数": 1.3, "客诉数": 4.0, "创新数": 1.0,
        "表彰次数": 1.0, "违规次数": 2.0, "审计": "通过", "事故数": 0.0, "培训率": 0.85, "公示": "完成",
    },
    (
        Row("base", {}, 81, grade="乙"),
        Row("words for none", {"事故数": "无", "违规次数": "无"}, 89, published=89.0),  # 制度 20: 81 + 8
        # ---- vetoes, one scope after the other
        Row("item veto", {"培训率": 0.79}, 65, before=81),  # 服务 0: 81 − 16
        Row("item veto, exactly at the limit", {"培训率": 0.8}, 81),
        Row("item veto on a bonus item", {"公示": "未完成"}, 80, before=81),  # bonus 5 alone: 47 + 28 + 5
        Row("group veto", {"审计": "未通过"}, 49, before=81),  # 管理 0 and its bonus gone: 47 + 2
        Row("group veto, not applicable", {"审计": "不适用"}, 81),  # a clause without object is met
        Row("total veto", {"事故数": 1.0}, 0, before=81, grade="丙"),
        Row("group and total veto", {"事故数": 2.0, "审计": "未通过"}, 0, before=81),
        Row("all three scopes", {"事故数": 2.0, "审计": "未通过", "培训率": 0.1, "公示": "未完成"}, 0, before=81),
        # ---- group gate
        Row("group veto by a rate", {"销量": 19.0}, 33, before=56.6),  # 7.6 + 15 + 28 + 6; then 28 + bonus 5
        Row("exactly at the group's gate", {"销量": 50.0, "库存系数": 0.6}, 64),  # 20 + 10 = 30; 30 + 28 + 6
        Row("just below the group's gate", {"销量": 49.0, "库存系数": 0.6}, 33, before=63.6),  # 29.6 < 30
        Row("group gate by stock", {"销量": 30.0, "库存系数": 0.65}, 33, before=58.5),  # 12 + 12.5 = 24.5
        # ---- gate of the total
        Row("exactly at the total's gate", {"违规次数": 3.0, "客诉数": 11.0}, 63),  # 8 + 2 = 10; 47 + 10 + 6
        Row("below the total's gate", {"违规次数": 4.0, "客诉数": 10.0}, 0, before=61),  # 4 + 4 = 8; 47 + 8 + 6
        Row("group veto leaves the total's gate alone", {"审计": "未通过", "违规次数": 3.0}, 49, before=77),  # 8 + 16
        # ---- deductions and bonus
        Row("deductions at most", {"违规次数": 9.0}, 73),  # 20 − 16 = 4; 47 + 20 + 6
        Row("no bonus of one", {"创新数": 0.0}, 77),  # 47 + 28 + 2
        Row("bonus beyond its item and beyond all", {"表彰次数": 9.0, "创新数": 9.0}, 81),  # 4 + 5, at most 6
        Row("bonus of one item at its points", {"表彰次数": 9.0, "创新数": 0.0}, 79),  # 47 + 28 + 4
        Row("all full", {"销量": 200.0, "库存系数": 1.0, "客诉数": 0.0, "违规次数": 0.0}, 106, grade="甲"),
        # ---- what is missing
        # 销售 0, so 15 < 30: the gate is open; 业绩 0 and 表彰 out: 28 + 5; at best 40 + 15 + 28 + 6
        Row("figure missing under a gate", {"销量": None}, 33, 89, 49, open=True),
        Row("figure unreadable under a gate", {"销量": "无法读取"}, 33, 89, 49, open=True),
        # 制度 未填: 0; its total veto is open, so the total may be 0; at best as before
        Row("inspection of a total veto missing", {"事故数": None}, 0, 81, 69, open=True),  # 47 + 16 + 6
        Row("inspection of a group veto missing", {"审计": None}, 49, 81, 69, open=True),  # 47 + bonus 2
        Row("inspection of an item veto missing", {"培训率": None}, 65, 81, 65, open=True),  # 47 + 12 + 6
        Row("inspection of a bonus item missing", {"公示": None}, 80, 81, 80, open=True),
        Row("bonus not counted yet", {"创新数": None}, 77, 81, 77, open=True),
        # 管理 0 < 10 for want of answers: the total's gate is open; at best 47 + 20 + 20 + 6
        Row("total gate open", {"违规次数": None, "客诉数": None}, 0, 93, 53, open=True),
        # 制度 at best 20, and 服务 2 known: 22 ≥ 10, so open; at best 47 + 22 + 6, now 2 < 10
        Row("total gate open in part", {"违规次数": None, "客诉数": 11.0}, 0, 75, 55, open=True),
        Row("a certain total veto stays", {"事故数": 1.0, "销量": None}, 0, 0, 49, grade="丙"),  # whatever 销量 is
        Row("a certain group veto stays", {"审计": "未通过", "客诉数": None}, 49, 49, 65, grade="丙"),  # 47 + 12 + 6
        Row("nothing at all", dict.fromkeys(
            ("销量", "库存系数", "客诉数", "创新数", "表彰次数", "违规次数", "审计", "事故数", "培训率", "公示")
        ), 0, 106, 0, open=True),
    ),
    targets={"销量": 100.0},
)  # fmt: skip

# 折算组: 机修项 20 × 0.9 = 18 · 钣喷项 20 (0.8 reaches 80 %) · 面积项 6 (600 is in the band from 500): 44
# 满分组: 养护项 15 × 80 % = 12 · 流程项 15 × 1/2 = 7.5: 19.5
# 零分组: 计划项 10 × 0.8 − 3 = 5 · 学习项 10 × 0.9 = 9: 14 · total 77.5
ABSENCE = Edge(
    "absence",
    {
        "机修": 0.9, "钣喷": 0.8, "面积": 600.0, "养护": 80.0, "接待": "完成", "交车": "未完成",
        "迟延天数": 1.0, "参训率": 0.95,
    },
    (
        Row("base", {}, 77.5, grade="合格"),
        # ---- rescale
        Row("one left out", {"面积": "不适用"}, 81),  # (18 + 20) × 50/40 = 47.5; 47.5 + 19.5 + 14
        # (20 + 6) × 50/30 = 43.333…; 学习项 不适用 without scaling: 43.333… + 19.5 + 5
        Row("one left out in two groups", {"机修": "不适用"}, 43 + 1 / 3 + 24.5),
        Row("its deduction goes with it", {"机修": "不适用", "参训率": 0.5}, 43 + 1 / 3 + 24.5),
        # 6 × 50/10 = 30; both items of 零分组 are 不适用: 30 + 19.5 + 0
        Row("two left out, and the whole zero group", {"机修": "不适用", "钣喷": "不适用"}, 49.5, grade="不合格"),
        # nothing is left to scale: 0, and it could be 50; 零分组 0
        Row(
            "whole rescaled group", {"机修": "不适用", "钣喷": "不适用", "面积": "不适用"}, 19.5, 69.5, 19.5, open=True
        ),
        # ---- full
        Row("checklist: one step does not apply", {"接待": "不适用"}, 70),  # 0 of 1: 44 + 12 + 14
        Row("checklist: none applies", {"接待": "不适用", "交车": "不适用"}, 85),  # 44 + (12 + 15) + 14
        Row("target 不适用 earns its points", {}, 80.5, dealer="D002"),  # 44 + (15 + 7.5) + 14
        Row("whole full group", {"接待": "不适用", "交车": "不适用"}, 88, dealer="D002"),  # 44 + 30 + 14
        Row("a target 不适用 needs no actual", {"养护": None}, 80.5, dealer="D002"),
        # ---- deductions, limits
        Row("deductions beyond the points", {"迟延天数": 9.0}, 72.5),  # 8 − 27 stops at 0: 44 + 19.5 + 9
        Row("no object is met", {"迟延天数": "不适用"}, 80.5),  # 计划项 8
        Row("in time", {"迟延天数": "及时"}, 80.5),
        Row("requirement missed", {"参训率": 0.89}, 73.5),  # 学习项 9 − 4
        Row("below the floor", {"机修": 0.3, "参训率": 0.89}, 50.5),  # 0 + 26; 3 − 4 stops at 0: 26 + 19.5 + 5
        Row("exactly at the floor", {"机修": 0.6}, 68.5),  # 12 + 26 + 19.5 + 5 + 6
        Row("just below the threshold", {"钣喷": 0.7999}, 57.499),  # 24 + 19.5 + (7.999 − 3) + 9
        Row("below the lowest band", {"面积": 499.99}, 71.5),  # 38 + 19.5 + 14
        Row("negative actual", {"养护": -50.0}, 65.5),  # 44 + 7.5 + 14
        # ---- missing
        Row("figure missing", {"机修": None}, 50.5, 80.5, 50.5, open=True),  # 26 + 19.5 + 5; at best + 20 + 10
        Row("inspection missing", {"迟延天数": None}, 72.5, 80.5, 72.5, open=True),  # 计划项 0 to 8
        Row("both inspections missing", {"迟延天数": None, "参训率": None}, 63.5, 80.5, 63.5, open=True),
        Row("step not looked at", {"接待": None}, 70, 85, 70, open=True),
        Row("word that nobody declared", {"接待": "也许"}, 70, 85, 70, open=True),
        Row("nothing at all", dict.fromkeys(
            ("机修", "钣喷", "面积", "养护", "接待", "交车", "迟延天数", "参训率")
        ), 0, 100, 0, open=True),
    ),
    targets={"养护": 100.0},
    second={"养护": Absence.NOT_APPLICABLE},
)  # fmt: skip

# 甲 30 × 251/310 = 24.290… → 24.3 · 乙 20 × 50/70 = 14.285… → 14.3 · 丙 10: 前 48.6, gate at 18
# 丁 40 × 23/30 = 30.666… → 30.7 · bonus 戊 251 × 0.0123 = 3.087…, at most 3 · total 82.3, published 82
ROUNDING = Edge(
    "rounding",
    {"甲值": 251.0, "乙值": 50.0, "丙值": 0.95, "丁值": 7.0},
    (
        Row("base", {}, 82.3, published=82.0, grade="下"),
        # × 60/50: 29.148… → 29.1 · 17.142… → 17.1; 46.2 + 30.7 + 3
        Row("scaled, then rounded", {"丙值": "不适用"}, 79.9, published=80.0),
        Row("half goes up", {"丙值": 0.605}, 78.4, published=78.0),  # 6.05 → 6.1
        # 30 + 20 + 8.8 + 26.666… → 26.7 + 3 = 88.5, published 89: the grade goes by it
        Row("half of the total goes up", {"甲值": 310.0, "乙值": 70.0, "丙值": 0.88, "丁值": 10.0}, 88.5,
            published=89.0, grade="上"),
        # 9.677… → 9.7 · 21/70 is exactly 30 %: 6 · 2.3 = 18, at the gate; 18 + 30.7 + 1.2
        Row("exactly at the gate by rounded items", {"甲值": 100.0, "乙值": 21.0, "丙值": 0.23}, 49.9),
        Row("just below the gate", {"甲值": 100.0, "乙值": 21.0, "丙值": 0.22}, 31.9, before=49.8),  # 17.9 < 18
        Row("item veto", {"乙值": 20.0}, 68, before=73.7),  # 乙 5.714… → 5.7 before
        Row("missing", {"丁值": None}, 51.6, 91.6, 51.6, open=True, published=52.0),
        Row("missing under the gate", {"甲值": None, "乙值": 21.0, "丙值": 0.1}, 30.7, 70.7, 37.7, open=True),
    ),
    targets={"甲值": 310.0, "乙值": 70.0},
)  # fmt: skip

EDGES = {edge.name: edge for edge in (SCOPES, ABSENCE, ROUNDING)}
ROWS = [
    pytest.param(edge.name, n, id=f"{edge.name}-{row.name}")
    for edge in EDGES.values()
    for n, row in enumerate(edge.rows)
]


# One judge works out the totals in a plain run; that the others give the same is shown where all is compared.
WITH_JUDGE = [
    ENGINES[0],
    *(pytest.param(judge, marks=pytest.mark.slow) for judge in ENGINES[1:]),
    pytest.param("libreoffice", marks=[pytest.mark.slow, pytest.mark.oracle]),
]


class Court:
    """Every row of every scheme, filled in, and what each judge gives for all of its formula cells."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.issues = {name: _issue(edge) for name, edge in EDGES.items()}
        self._values: dict[tuple[str, str], list[Cells]] = {}
        self.files: dict[str, bytes] = {}

    def rules(self, judge: str, scheme: str) -> list[Cells]:
        """One judge's cells for the rows of a scheme, in order."""
        if judge == "libreoffice" and (judge, scheme) not in self._values:
            places = {}
            for name, edge in EDGES.items():
                stamper = Stamper(self.issues[name].layout, self.issues[name].master)
                for number, cells in enumerate(self.rules("formualizer", name)):
                    file = f"{name}-{number}"
                    self.files[file] = stamper.stamp(cells, self.issues[name].marker(edge.rows[number].dealer))
                    places[file] = self.issues[name].layout.formulas
            saved = by_libreoffice(self.files, places, self.folder)
            for name, edge in EDGES.items():
                self._values[judge, name] = [saved[f"{name}-{number}"] for number in range(len(edge.rows))]
        elif (judge, scheme) not in self._values:
            issue = self.issues[scheme]
            engine = load_engine(judge, issue.master, issue.layout)
            edge = EDGES[scheme]
            self._values[judge, scheme] = [_assess(edge, row, issue, engine) for row in edge.rows]
        return self._values[judge, scheme]


def _issue(edge: Edge) -> Issue:
    scheme, compiled = usable_scheme(str(SCHEMES / edge.name))
    roster = {code: Dealer(code, f"{code}店") for code in ("D001", "D002")}
    targets = {"D001": edge.targets, "D002": {**edge.targets, **edge.second}}
    return make_issue(scheme, compiled, month="2026-11", roster=roster, targets=targets)


def _assess(edge: Edge, row: Row, issue: Issue, engine: Any) -> Cells:
    given = {name: value for name, value in {**edge.base, **row.change}.items() if value is not None}
    mine = issue.scheme.by("dealer")
    inspections = {name: value for name, value in given.items() if name not in mine}
    answers = {name: value for name, value in given.items() if name in mine}
    inspected = replace(issue, inspections={row.dealer: inspections})
    return assess(inspected, engine, submission_of(issue, row.dealer, answers)).cells


@pytest.fixture(scope="session")
def court(tmp_path_factory: pytest.TempPathFactory) -> Court:
    return Court(tmp_path_factory.mktemp("edges"))


def _wrong(edge: Edge, row: Row, issue: Issue, cells: Cells) -> list[str]:
    wrong = []
    for name, wanted in row.expected().items():
        got = cells[issue.layout.place(name)]
        good = (
            abs(got - wanted) <= 1e-9 if isinstance(wanted, float | int) and isinstance(got, float) else got == wanted
        )
        if not good:
            wrong.append(f"{edge.name} / {row.name}: {name} is {got!r}, by hand {wanted!r}")
    return wrong


@pytest.mark.parametrize("judge", WITH_JUDGE)
@pytest.mark.parametrize(("scheme", "number"), ROWS)
def test_total_is_the_one_worked_out_by_hand(court: Court, scheme: str, number: int, judge: str) -> None:
    edge, issue = EDGES[scheme], court.issues[scheme]
    cells = court.rules(judge, scheme)[number]
    assert not (wrong := _wrong(edge, edge.rows[number], issue, cells)), "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.oracle
@pytest.mark.parametrize(("scheme", "number"), ROWS)
def test_the_three_agree_on_every_formula_cell(court: Court, scheme: str, number: int) -> None:
    places = court.issues[scheme].layout.formulas
    ruled = {judge: court.rules(judge, scheme)[number] for judge in JUDGES}
    assert len(places) > 80
    for judge in JUDGES:
        assert not list(faults({place: ruled[judge][place] for place in places})), judge
    for other in ("formulas", "libreoffice"):
        unlike = differences(ruled["formualizer"], ruled[other], places)
        assert not unlike, f"formualizer ≠ {other}:\n" + "\n".join(unlike)


def test_a_hand_worked_total_that_is_wrong_is_noticed(court: Court) -> None:
    """The comparison itself can fail: a row with another total, ceiling and status is told three times."""
    cells = court.rules("formualizer", "scopes")[0]
    wrong = _wrong(
        SCOPES, replace(SCOPES.rows[0], total=81.0000001, before=81.0, open=True), court.issues["scopes"], cells
    )
    assert len(wrong) == 4  # total, ceiling, status, grade
