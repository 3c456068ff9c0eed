"""The account of a score by examples: what deductions, vetoes and gates took, and how their figures are shown."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from properties.worlds import EDGES, World, world_of
from rich.console import Console

from xlkpi.batch.work import Setup, Worker
from xlkpi.month.month import Month, make_month
from xlkpi.month.scores import load_scores
from xlkpi.month.store.file import open_store
from xlkpi.month.store.query import standings
from xlkpi.month.store.record import record
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scheme.show import page
from xlkpi.scoring.account import Line
from xlkpi.scoring.assess import Assessment
from xlkpi.scoring.figures import as_shown
from xlkpi.scoring.trace import Trace, trace_item
from xlkpi.shown.folder import write_scores
from xlkpi.shown.month_tables import print_ranking
from xlkpi.values import Absence, Status

BASE: Mapping[str, Any] = {
    "销量": 100.0, "库存系数": 1.0, "客诉数": 2.0, "创新数": 1.0, "表彰次数": 1.0, "违规次数": 0.0, "审计": "通过",
    "事故数": 0.0, "培训率": 1.0, "公示": "完成",
}  # fmt: skip
"""销售 20, 库存 20, 制度 20, 服务 20, and a bonus of 2 + 5, capped at 6."""


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(*usable_scheme(str(EDGES["scopes"])))


def took(done: Assessment) -> list[tuple[str, str, float]]:
    return [(line.kind, line.subject({}), line.taken) for line in done.account.losses]


def test_a_month_without_losses_has_no_losses(world: World) -> None:
    done = world.judge(BASE)
    assert took(done) == []
    assert (done.published, done.account.published, done.bonus) == (86.0, pytest.approx(86.0), 6.0)
    assert [line for line in done.account.lines if line.kind == "cap"] == [Line("bonus", "cap", -1.0, nominal=6.0)]


def test_a_clause_takes_what_the_item_has_and_no_more(world: World) -> None:
    scheme, compiled = usable_scheme(str(EDGES["absence"]))
    done = world_of(scheme, compiled).judge({
        "机修": 200.0, "钣喷": 100.0, "面积": 200.0, "养护": 200.0, "接待": "完成", "交车": "完成", "迟延天数": 9.0,
        "参训率": 1.0,
    })  # fmt: skip
    (line,) = (line for line in done.account.losses if line.item == "计划项")
    assert (line.nominal, line.taken, line.stopped) == (27.0, 10.0, True)
    assert done.account.deducted == 10.0
    told = {item.id: item for item in done.items}["计划项"]
    assert (told.deductions[0].points, told.deductions[0].taken) == (27.0, 10.0)
    assert "扣完为止，得 0 分" in told.trace


def test_a_gate_of_the_total_is_named_and_took_all_that_was_left(world: World) -> None:
    done = world.judge({**BASE, "违规次数": 4.0, "客诉数": 12.0})  # 制度 4 of 40 points: below a quarter
    assert (done.total, done.vetoed, done.groups[1].vetoed, done.groups[1].gate) == (0.0, True, False, "否决")
    assert took(done) == [("gate", "管理 关口", 50.0), ("deduction", "制度", 16.0)]
    (gate,) = (line for line in done.account.losses if line.kind == "gate")
    assert (gate.text, gate.inspection) == ("本组得分低于 25%（10 分）：一票否决", "本组 4 分")


def test_each_veto_took_what_was_left_to_it(world: World) -> None:
    done = world.judge({**BASE, "培训率": 0.5, "审计": "未通过", "事故数": 1.0})
    assert took(done) == [("veto", "制度", 46.0 - 4.0), ("veto", "制度", 20.0), ("veto", "服务", 20.0)]
    void = [line for line in done.account.lines if line.level == "bonus"]
    assert [(line.kind, line.item, line.points) for line in void] == [("veto", "创新", -5.0)]
    assert sum(line.taken for line in done.account.losses) + 5.0 == pytest.approx(87.0)


def test_what_is_open_is_named_with_its_figures(world: World) -> None:
    done = world.judge({**BASE, "销量": None, "客诉数": "无法读取"})
    assert done.status is Status.PROVISIONAL
    assert {(line.item, line.text) for line in done.account.open if line.level == "item"} == {
        ("销售", "未填：销量"), ("服务", "无法读取：客诉数")
    }  # fmt: skip
    whole = world_of(*usable_scheme(str(EDGES["absence"]))).judge(dict.fromkeys(("机修", "钣喷", "面积"), "不适用"))
    assert ("折算组", "整组不适用") in {(line.group, line.text) for line in whole.account.open}


@pytest.mark.parametrize("rate", [0.5, 0.7, 0.79, 0.799, 0.79995, 0.7999999, 0.79999999667, 0.123456, 0.0])
def test_what_a_clause_was_held_against_reads_as_in_the_sheet_s_sentence(world: World, rate: float) -> None:
    done = world.judge({**BASE, "培训率": rate, "事故数": 2.0})
    shown = {line.clause: line.inspection for line in done.account.losses if line.item == "服务"}
    sentence = world.issue.layout.content("服务_第1条_说明", done.cells)
    assert str(sentence).startswith(f"培训率 {shown[1]}，要求 ≥ 80%")
    assert shown[1].endswith("%") and shown[1] != "80.00%"


def test_figures_by_type() -> None:
    assert as_shown(6.0, "day") == "6 号"
    assert as_shown(252486.0, "amount", "元") == "252,486.00 元"
    assert as_shown(1234.0, "count", "次") == "1,234 次"
    assert as_shown(-0.00001, "number") == "0"
    assert as_shown(46331.0, "date") == "2026-11-05"
    assert as_shown("有培训", "choice") == "有培训"
    assert as_shown(Absence.MISSING, "rate") == "未填"
    assert as_shown(0.5, "rate", limits=[0.5]) == "50.00%"


# ------------------------------------------------------------------ explained by the workbook and on the terminal


@pytest.fixture(scope="module")
def vetoed(world: World) -> Assessment:
    return world.judge({**BASE, "违规次数": 4.0, "客诉数": 12.0})


def test_a_group_the_total_and_the_grade_are_traced(world: World, vetoed: Assessment, tmp_path: Path) -> None:
    path = tmp_path / "D001.xlsx"
    worker = Worker(Setup(world.issue, "formualizer"))
    path.write_bytes(worker.stamper.stamp(vetoed.cells, world.issue.marker("D001")))

    def traced(name: str) -> Trace:
        return trace_item(path, name)

    group = traced("管理")
    assert (group.score, group.points) == (4.0, 40.0)
    assert group.clauses[0][0].endswith("= 10.00%，要求至少 25%，未达到，一票否决")
    assert {step.name for step in group.steps.parts} == {"管理_否决", "管理_小计"}
    assert (traced("总分").score, traced("总分").sentence) == (0.0, "一票否决，总分归零：管理 关口")
    assert traced("等级").sentence.startswith("0 分：丙")
    assert traced("公布总分").score == 0.0
    assert traced("加分").sentence == "表彰 2＋创新 5；合计最多 6 分"


def test_the_terminal_and_the_scheme_s_page_name_the_gate(world: World, vetoed: Assessment) -> None:
    screen = Console(width=400, file=io.StringIO(), record=True)
    print_ranking(screen, made(world, vetoed).standings)
    text = screen.export_text()
    assert "管理 关口 一票否决：本组得分低于 25%（10 分）：一票否决" in text
    assert "制度 扣 16" in text
    assert "关口：本组得分低于 25%（10 分）：一票否决　〔at_least 25% else 否决 (total)〕" in page(world.scheme)


# ------------------------------------------------------------------ what older versions kept


def made(world: World, done: Assessment) -> Month:
    return make_month(world.issue, "formualizer", [done])


def test_a_folder_of_0_1_0_still_tells_its_losses(world: World, vetoed: Assessment, tmp_path: Path) -> None:
    write_scores(made(world, vetoed), tmp_path)
    path = tmp_path / "scores.json"
    data = json.loads(path.read_text("utf-8"))
    for dealer in data["dealers"]:
        del dealer["account"]
        for item in dealer["items"]:
            del item["applied"]
            for fired in (*item["vetoes"], *item["deductions"]):
                del fired["taken"]
        for group in dealer["groups"]:
            del group["gate"]
    path.write_text(json.dumps(data), "utf-8")
    (row,) = load_scores(tmp_path).populate().assessed
    assert [(line.item, line.taken, line.nominal) for line in row.account.losses] == [("制度", 16.0, 16.0)]
    assert {i.item: i.applied for i in row.items} == {item.id: item.applied for item in vetoed.items}


def test_a_store_of_0_1_0_still_opens_and_is_completed_when_written(
    world: World, vetoed: Assessment, tmp_path: Path
) -> None:
    month, path = made(world, vetoed), tmp_path / "store"
    with open_store(path, write=True) as store:
        record(store, month)
        store.rows("DROP TABLE account")
        store.rows("ALTER TABLE items DROP COLUMN applied")
    with open_store(path) as store:
        (row,) = standings(store, world.scheme.name, world.issue.month).rows
    assert row.account.deducted == 16.0
    assert {i.item: i.applied for i in row.items} == {item.id: item.applied for item in vetoed.items}
    with open_store(path, write=True) as store:
        assert "applied" in store.columns("items")
        assert "nominal" in store.columns("account")
        (again,) = standings(store, world.scheme.name, world.issue.month).rows
    assert again == row
