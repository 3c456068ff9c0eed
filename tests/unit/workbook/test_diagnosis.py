"""诊断改善 and 看板: what shows, in which order, what charts are drawn over; the guides' and relations' words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from shared.monthly import Monthly, plain_value

from xlkpi.scheme.cells import of_diagnosis
from xlkpi.scheme.compile import SHOWS, compile_scheme
from xlkpi.scheme.entries import Guide
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.rules import load_rules
from xlkpi.scoring.assess import Assessment
from xlkpi.values import Absence, CellContent, Place

DIAGNOSIS, EVERY, BOARD = "诊断改善", "全部诊断", "看板"
HEAD = 3  # the row above what shows
Figures = Mapping[str, Any]

# What headquarters sets for the standards that the source lost, here and nowhere else.
STANDARDS: Mapping[str, tuple[str | None, str | None]] = {
    "管理内化率": ("60%", None), "跟踪服务成功率": ("80%", None), "单车产值": ("500", "1500"),
    "钣喷维修比例": ("30%", "50%"),
    "工位产值": ("300", None), "技工维修效益比": ("3", None), "备件库存周转率": ("1", None),
}  # fmt: skip

# Each problem's condition by hand, over figures as the workbook shows them.
CONDITIONS: Mapping[str, Callable[[Figures], bool]] = {
    "营收比去年同月下降": lambda f: f["营收同比成长率"] < 0,
    "管理内化率偏低": lambda f: f["管理内化率"] < 0.6,
    "跟踪服务成功率偏低": lambda f: f["跟踪服务成功率"] < 0.8,
    "单车产值偏高": lambda f: f["单车产值"] > 1500,
    "单车产值偏高，且钣喷比例偏高": lambda f: f["单车产值"] > 1500 and f["钣喷维修比例"] > 0.5,
    "单车产值偏低": lambda f: f["单车产值"] < 500,
    "单车产值偏低，且钣喷比例偏低": lambda f: f["单车产值"] < 500 and f["钣喷维修比例"] < 0.3,
    "工位产值偏低": lambda f: f["工位产值"] < 300,
    "工位产值偏低，且接车未达目标": lambda f: f["工位产值"] < 300 and f["接车台次_完成率"] < 1,
    "工位产值偏低，且单车产值偏低": lambda f: f["工位产值"] < 300 and f["单车产值"] < 500,
    "工位产值偏低，且技工维修效益比偏低": lambda f: f["工位产值"] < 300 and f["技工维修效益比"] < 3,
    "备件满足率低于 95%": lambda f: f["备件满足率"] < 0.95,
    "备件库存周转率偏低": lambda f: f["备件库存周转率"] < 1,
    "备件满足率和库存周转率都偏低": lambda f: f["备件满足率"] < 0.95 and f["备件库存周转率"] < 1,
    "费用吸收率低于 75%": lambda f: f["费用吸收率"] < 0.75,
    "客户付费工时占比低于 70%": lambda f: f["客户付费工时占比"] < 0.7,
    "内部工时占比高于 10%": lambda f: f["内部工时占比"] > 0.1,
    "工时效率低于 110%": lambda f: f["工时效率"] < 1.1,
    "工时利用率低于 85%": lambda f: f["技术人员工时利用率"] < 0.85,
    "工时效率高而利用率低": lambda f: f["工时效率"] >= 1.1 and f["技术人员工时利用率"] < 0.85,
    "钣喷工位效率低于 0.52 台/日/位": lambda f: f["钣喷工位效率"] < 0.52,
}  # fmt: skip


@pytest.fixture(scope="module")
def guided(service: Monthly) -> Monthly:
    """service-monthly with the lost standards filled in."""
    indicators = dict(service.scheme.indicators)
    for name, (low, high) in STANDARDS.items():
        assert indicators[name].guide == Guide(
            lost=True, source=indicators[name].guide.source, note=indicators[name].guide.note
        )
        indicators[name] = indicators[name].model_copy(update={"guide": Guide(low=low, high=high)})
    scheme = service.scheme.model_copy(update={"indicators": indicators})
    compiled = compile_scheme(scheme, load_rules())
    assert compiled.problems == []
    return Monthly.of(scheme, compiled)


@dataclass(frozen=True)
class Line:
    """A row of the list of all diagnoses, as evaluated."""

    number: float
    problem: str
    shows: bool
    weight: CellContent
    row: int


def _lines(monthly: Monthly, done: Assessment) -> list[Line]:
    page = monthly.page(done, EVERY)
    lines = []
    for number, diagnosis in enumerate(monthly.scheme.diagnoses, 1):
        place = monthly.issue.layout.place(of_diagnosis(number, "触发"))
        row = int(place.ref[1:])
        assert (page[f"A{row}"], page[f"B{row}"]) == (number, diagnosis.problem)
        lines.append(Line(number, diagnosis.problem, page[f"F{row}"] == SHOWS, page[f"G{row}"], row))
    return lines


def _shown(monthly: Monthly, done: Assessment) -> list[tuple[Any, ...]]:
    """What the sheet shows: number, problem, weight of every row that is not white; those come one after another."""
    page = monthly.page(done, DIAGNOSIS)
    rows = [[page[f"{letter}{HEAD + n}"] for letter in "ABCDEFGHI"] for n in range(1, len(CONDITIONS) + 1)]
    there = [any(cell not in (None, "") for cell in row) for row in rows]
    assert there == sorted(there, reverse=True)
    shown = [row for row, filled in zip(rows, there, strict=True) if filled]
    told = page["A2"]
    printed = "，打印最重的 6 个" if len(shown) > 6 else ""
    assert told == (f"本月出现 {len(shown)} 个问题，重的在前{printed}" if shown else "按已填的数，本月没有出现的问题")
    return [(row[0], row[1], row[4]) for row in shown]


def _month(monthly: Monthly, random: Random) -> dict[str, CellContent]:
    """A month in which every figure lies somewhere near the others, some blank."""
    rough = {"count": (0, 400), "amount": (0, 400_000), "number": (0, 60)}
    answers: dict[str, CellContent] = {}
    for name, field in monthly.scheme.by("dealer").items():
        low, high = rough.get(field.type, (0, 1))
        high *= random.choice((0.02, 0.3, 1)) if field.type == "amount" else 1
        high = min(high, number_value(field.maximum)) if field.maximum else high
        value: CellContent = plain_value(field) if field.words else round(random.uniform(low, high), 2)
        answers[name] = float(int(value)) if field.type == "count" and isinstance(value, float) else value
        if random.random() < 0.03:
            del answers[name]
    return answers


@pytest.fixture(scope="module")
def months(guided: Monthly) -> list[Assessment]:
    random = Random(20261121)
    return [guided.judge(_month(guided, random)) for _ in range(120)]


# ------------------------------------------------------------------ problems


def test_every_problem_has_its_condition_here(service: Monthly, dealership: Monthly) -> None:
    for monthly in (service, dealership):
        assert [diagnosis.problem for diagnosis in monthly.scheme.diagnoses] == list(CONDITIONS)


def test_problems_show_exactly_when_their_condition_holds(guided: Monthly, months: list[Assessment]) -> None:
    seen: dict[tuple[str, bool | None], int] = {}
    for done in months:
        figures = {name: value for name, value in done.indicators.items() if not isinstance(value, Absence)}
        for line in _lines(guided, done):
            try:
                wanted: bool | None = CONDITIONS[line.problem](figures)
            except KeyError:
                wanted = None  # a figure is missing: nothing is said
            assert line.shows == bool(wanted), (line.problem, figures)
            assert isinstance(line.weight, float) == line.shows
            seen[line.problem, wanted] = seen.get((line.problem, wanted), 0) + 1
    for problem in CONDITIONS:  # the months reach each of them, both ways
        assert (problem, True) in seen, problem
        assert (problem, False) in seen, problem
    assert any(wanted is None for _, wanted in seen)


def test_a_standard_that_is_not_known_keeps_its_problems_silent(service: Monthly, guided: Monthly) -> None:
    """The same months on the shipped scheme: only the problems whose guide the source kept."""
    random = Random(7)
    lost = {d.problem for d in service.scheme.diagnoses if any(name + "_" in d.when for name in STANDARDS)}
    assert len(lost) == 12
    shown: set[str] = set()
    for _ in range(20):
        answers = _month(service, random)
        mine, theirs = ({line.problem for line in _lines(m, m.judge(answers)) if line.shows} for m in (service, guided))
        assert mine == theirs - lost
        shown |= theirs & lost
    assert len(shown) > 6


def test_what_holds_is_shown_in_order_and_nothing_else(guided: Monthly, months: list[Assessment]) -> None:
    lengths = set()
    for done in months:
        showing = sorted((line for line in _lines(guided, done) if line.shows), key=lambda line: -line.weight)
        wanted = [(line.number, line.problem, line.weight) for line in showing]
        assert _shown(guided, done) == wanted
        assert [(found.number, found.problem, found.stake) for found in done.diagnoses] == wanted
        lengths.add(len(wanted))
    assert max(lengths) > 8
    assert min(lengths) < 4


# 工时效率 = 1.2 × worked, 利用率 = 0.5: 利用率低 and 效率高而利用率低 weigh the same, 0.35 × attended × 1.2 × rate
@pytest.mark.parametrize("rate", [0.0, 1.0, 120.0, 1e4, 1e6, 1e7, 1e9])
def test_equal_weights_lose_none(service: Monthly, rate: float) -> None:
    answers: dict[str, CellContent] = {
        "上班工时": 1000.0, "实际工作工时": 500.0, "售出工时": 600.0, "工时总销售": 600.0 * rate,
        "客户付费工时销售": 600.0 * rate, "保修工时销售": 0.0, "内部工时销售": 0.0,
    }  # fmt: skip
    done = service.judge(answers)
    showing = [line for line in _lines(service, done) if line.shows]
    assert [line.problem for line in showing] == ["工时利用率低于 85%", "工时效率高而利用率低"]
    first, second = (float(line.weight) for line in showing)
    assert first == pytest.approx(0.35 * 1000 * 1.2 * rate, abs=1e-6, rel=1e-9)
    assert second == pytest.approx(first, abs=1e-6, rel=1e-9)
    assert [row[1] for row in _shown(service, done)] == [line.problem for line in showing]


def test_a_person_and_a_day_stand_beside_their_problem(service: Monthly) -> None:
    answers: dict[str, CellContent] = {"上班工时": 1000.0, "实际工作工时": 500.0, "售出工时": 500.0}
    number = list(CONDITIONS).index("工时利用率低于 85%") + 1
    done = service.judge(
        {**answers, of_diagnosis(number, "责任人"): "李工", of_diagnosis(number, "完成日"): "12月10日"}
    )
    page = service.page(done, DIAGNOSIS)
    row, other = (page.row_of(problem, "B") for problem in ("工时利用率低于 85%", "工时效率低于 110%"))
    assert (page[f"H{row}"], page[f"I{row}"]) == ("李工", "12月10日")
    assert page[f"H{other}"] == page[f"I{other}"] == ""


# ------------------------------------------------------------------ guides


@pytest.mark.parametrize(
    ("name", "answers", "value", "word"),
    [
        ("工时效率", {"售出工时": 109.0, "实际工作工时": 100.0}, 1.09, "偏低"),
        ("工时效率", {"售出工时": 110.0, "实际工作工时": 100.0}, 1.1, "达标"),
        ("技术人员工时利用率", {"实际工作工时": 84.99, "上班工时": 100.0}, 0.8499, "偏低"),
        ("技术人员工时利用率", {"实际工作工时": 85.0, "上班工时": 100.0}, 0.85, "达标"),
        ("内部工时占比", {"内部工时销售": 11.0, "工时总销售": 100.0}, 0.11, "偏高"),
        ("内部工时占比", {"内部工时销售": 10.0, "工时总销售": 100.0}, 0.1, "达标"),
        ("费用吸收率", {}, Absence.MISSING, "未填"),
        ("工时效率", {"售出工时": 1.0, "实际工作工时": 0.0}, Absence.NOT_APPLICABLE, "不适用"),
    ],
)
def test_the_judgement_by_the_guide(service: Monthly, name: str, answers: Any, value: Any, word: str) -> None:
    done = service.judge(answers)
    assert done.indicators[name] == (pytest.approx(value) if isinstance(value, float) else value)
    assert service.value(done, f"{name}_评价") == word
    assert done.judgements.get(name) == (word if isinstance(value, float) else None)


def test_a_lost_guide_is_open(service: Monthly) -> None:
    """The bound says 待定, and there is no judgement."""
    done = service.judge({"技师工资": 100.0, "工时总销售": 250.0, "维修产值": 250.0})
    page = service.page(done, "指标分析")
    lost = {n: e for n, e in service.scheme.indicators.items() if e.guide and e.guide.lost}
    assert len(lost) >= 10
    for name, entry in lost.items():
        row = int(service.issue.layout.place(name).ref[1:])
        bounds = {page[f"H{row}"], page[f"I{row}"]} - {None}
        assert bounds == {"待定"}, entry.label or name
    known = {name for name, value in done.indicators.items() if isinstance(value, float)} & lost.keys()
    assert known
    assert {service.value(done, f"{name}_评价") or "" for name in known} == {""}


def test_a_band_is_judged_on_both_sides(guided: Monthly) -> None:
    """单车产值 between 500 and 1500, both included."""
    for revenue, word in ((4990.0, "偏低"), (5000.0, "达标"), (15000.0, "达标"), (15000.01, "偏高")):
        done = guided.judge({"维修产值": revenue, "接车台次": 10.0, "交车台数": 10.0})
        assert done.indicators["单车产值"] == pytest.approx(revenue / 10)
        assert guided.value(done, "单车产值_评价") == word


# ------------------------------------------------------------------ relations


def test_broken_relations_become_findings_with_the_figures_label(dealership: Monthly) -> None:
    """销售台数 = 零售销量 + 大客销量; 期末库存 = 期初 + 到货 − 出库; no part exceeds its whole."""
    sound = {"零售销量": 30.0, "大客销量": 5.0, "销售台数": 35.0, "期末库存台数_前1月": 10.0, "到货台数": 40.0,
             "出库台数": 36.0, "期末库存台数": 14.0, "应出勤人天": 100.0, "缺勤人天": 3.0}  # fmt: skip
    done = dealership.judge(sound)
    assert [f for f in done.findings if f.code == "XK-R001"] == []
    for name, value in (("销售台数", 36.0), ("期末库存台数", 15.0), ("缺勤人天", 101.0)):
        done = dealership.judge({**sound, name: value})
        found = [f for f in done.findings if f.code == "XK-R001"]
        assert found, name
        for finding in found:
            words = dealership.check(done, finding.field)
            label = dealership.scheme.fields[finding.field].label or finding.field
            assert words in {r.text for r in dealership.scheme.relations if r.at == finding.field}
            assert finding.place == dealership.issue.layout.place(finding.field)
            assert label in finding.message()
            assert str(words) in finding.message()


def test_every_relation_speaks_through_its_own_words(dealership: Monthly) -> None:
    layout = dealership.issue.layout
    for relation in dealership.scheme.relations:
        assert layout.words[relation.text] == "XK-R001"
        place = layout.place(f"{relation.at}_校验")
        assert f'"{relation.text}"' in layout.formulas[Place(place.sheet, place.ref)]


# ------------------------------------------------------------------ 看板


def test_the_gauge(service: Monthly, real_month: Any) -> None:
    targets = {"D001": {**dict.fromkeys(service.scheme.targets(), 100.0), **real_month.targets}}
    monthly = service.but(targets=targets)
    done = monthly.judge(real_month.answers, inspections=real_month.inspections)
    assert done.total == pytest.approx(real_month.total, abs=1e-9)
    page = monthly.page(done, BOARD)
    row = page.row_of("得分", "O")
    drawn = [(page[f"O{n}"], page[f"P{n}"]) for n in (row, row + 1, row + 2)]
    assert [label for label, _ in drawn] == ["得分", "未得", None]
    assert [value for _, value in drawn] == pytest.approx([done.total, 100 - done.total, 100])
    tiles = {page[f"{c}4"]: page[f"{c}5"] for c in ("A", "D", "G", "J")}
    assert tiles == {
        "公布总分": done.published, "等级": done.grade, "评定状态": "已评", "还可能达到": pytest.approx(done.ceiling)
    }  # fmt: skip


def test_completions(service: Monthly) -> None:
    """As the items have them, at most twice; what is missing draws nothing."""
    answers = {"接车台次": 80.0, "维修产值": 100.0, "维修毛利": 500.0, "养护品": -10.0}
    done = service.judge(answers)
    page = service.page(done, BOARD)
    row = page.row_of("目标完成", "O")
    drawn = {page[f"O{n}"]: page[f"P{n}"] for n in range(row + 1, row + 7)}
    labels = {
        name: service.scheme.fields[name].label or name
        for name in ("接车台次", "维修产值", "维修毛利", "养护品", "精品", "轮胎")
    }
    assert drawn == {labels[n]: v for n, v in zip(labels, (0.8, 1.0, 2.0, -0.1, 0.0, 0.0), strict=True)}


def test_composition_against_its_guide(dealership: Monthly) -> None:
    answers = {"客户付费工时销售": 66.0, "保修工时销售": 20.0, "内部工时销售": 14.0, "工时总销售": 100.0}
    done = dealership.judge(answers)
    page = dealership.page(done, BOARD)
    row = page.row_of("工时销售组成比", "O")
    assert [page[f"{c}{row}"] for c in "OPQ"] == ["工时销售组成比", "本月", "指导值"]
    assert [page[f"P{n}"] for n in range(row + 1, row + 4)] == pytest.approx([0.66, 0.2, 0.14])
    assert [page[f"Q{n}"] for n in range(row + 1, row + 4)] == pytest.approx([0.7, 0.2, 0.1])


def _weakest(monthly: Monthly, done: Assessment) -> list[tuple[str, str, str]]:
    page = monthly.page(done, BOARD)
    head = page.row_of("失分最多的 5 项", "A")
    return [tuple(page[f"{c}{head + n}"] for c in ("B", "F", "I")) for n in range(1, 6)]


def _lost(done: Assessment) -> list[tuple[str, float]]:
    """Points lost by item, most first; equal ones in the sheet's order; 不适用 ones left out."""
    items = [i for i in done.items if i.status != "不适用"]
    lost = [(i.name, i.points - (i.score if isinstance(i.score, float) else 0.0)) for i in items]
    return sorted(lost, key=lambda entry: -round(entry[1], 7))


def test_the_weakest_five(service: Monthly, real_month: Any) -> None:
    """Also where nearly all tie: a blank month has lost every point, and a month of full points none."""
    targets = {"D001": {**dict.fromkeys(service.scheme.targets(), 100.0), **real_month.targets}}
    monthly = service.but(targets=targets)
    full = {name: 10 * target for name, target in real_month.targets.items()}
    partly = {**real_month.inspections, "员工满意度": 0.5, "计划退回次数": 2.0}
    for answers, inspections in (
        (real_month.answers, real_month.inspections), ({}, {}), (full, real_month.inspections), (full, partly),
        ({"接车台次": 1.0}, partly),
    ):  # fmt: skip
        done = monthly.judge(answers, inspections=inspections)
        wanted = _lost(done)[:5]
        shown = _weakest(monthly, done)
        assert [name for name, _, _ in shown] == [name for name, _ in wanted]
        for (_, told, bar), (_, lost) in zip(shown, wanted, strict=True):
            assert float(told.removeprefix("失分 ")) == pytest.approx(lost, abs=0.0051)
            assert len(bar or "") == pytest.approx(min(20, lost), abs=0.51)


def test_vetoes_are_counted(service: Monthly, real_month: Any) -> None:
    inspections = {**real_month.inspections, "返修台数": "未完成"}
    done = service.judge({"接车台次": 10.0}, inspections=inspections)
    vetoed = sum(item.vetoed for item in done.items)
    assert vetoed >= 1
    page = service.page(done, BOARD)
    assert page[f"A{page.row_of('失分最多的 5 项', 'A') + 6}"] == f"本月否决 {vetoed} 项"
