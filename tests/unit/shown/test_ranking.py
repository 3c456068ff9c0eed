"""排名汇总.xlsx as people open it: who stands where, what filters and prints, what its formulas may use."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from xlkpi.findings import Finding
from xlkpi.issue import Dealer, Issue
from xlkpi.month.standing import Earlier, Standing, Standings, ranked, standing_of
from xlkpi.month.statistics import five_numbers
from xlkpi.resources import templates
from xlkpi.scoring.account import Account, Line
from xlkpi.scoring.assess import Assessment
from xlkpi.shown.ranking import ranking_workbook
from xlkpi.values import Place, Status

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")
Make = Callable[..., Standings]


@pytest.fixture(scope="module")
def real(assess_with, real_month) -> Assessment:
    return assess_with(real_month.answers, real_month.inspections)


@pytest.fixture(scope="module")
def stand(issue: Issue, real: Assessment) -> Standings:
    """Four ranked with a tie, one provisional, one totally vetoed, one sent back, one missing."""
    veto = Line("total", "veto", -88.0, "管理指标", "质量管理", 2, scope="total", text="发生重大事故：一票否决",
                inspection="1")  # fmt: skip
    missing = Finding("XK-V001", "p.xlsx", Place("填报", "F6"), "接车台次", {"label": "接车台次"})
    unread = Finding("XK-F002", "r.xlsx", facts={"detail": "not a zip"})

    def one(code: str, published: float, region: str = "华东", **more: Any) -> Standing:
        dealer = Dealer(code, f"{code}店", region, "甲组")
        return replace(standing_of(dealer, real), published=published, file=f"{code}.xlsx", **more)

    rows = ranked([
        one("A", 90.0, grade="优秀"), one("B", 80.0), one("C", 80.0, "华南"), one("D", 70.0, "华南"),
        one("P", 95.0, status=Status.PROVISIONAL, findings=(missing,), ceiling=99.0),
        one("V", 0.0, vetoed=True, total=0.0, before_veto=88.0, account=Account((veto,))),
        Standing(Dealer("R", "R店", "华南"), Status.REJECTED, "r.xlsx", findings=(unread,)),
    ])  # fmt: skip
    before = {"A": Earlier(85.0, 3), "B": Earlier(88.0, 1), "C": Earlier(80.0, 4), "P": Earlier(60.0, 5)}
    return Standings(issue.scheme, "2026-11", rows, (Dealer("M", "M店", "华东"),), before=before)


@pytest.fixture(scope="module")
def data(stand: Standings) -> bytes:
    return ranking_workbook(stand)


@pytest.fixture(scope="module")
def book(data: bytes) -> Workbook:
    return load_workbook(io.BytesIO(data), data_only=True)


@pytest.fixture(scope="module")
def live(data: bytes) -> Workbook:
    return load_workbook(io.BytesIO(data))


def table(book: Workbook, name: str, head: int = 3) -> list[dict[str, Any]]:
    rows = list(book[name].iter_rows(min_row=head, values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:] if row[0] is not None]


SHEETS = ["总览", "排名", "未排名", "区域", "对标组", "热力图", "权重", "否决扣分", "交表", "问题", "升降"]
LISTS = {"排名": 3, "未排名": 3, "区域": 3, "对标组": 3, "热力图": 7, "否决扣分": 3, "交表": 3, "问题": 3, "升降": 3}


def test_the_sheets(book: Workbook) -> None:
    assert book.sheetnames == SHEETS


def test_ties_share_the_rank_and_the_next_is_left_out(book: Workbook) -> None:
    rows = table(book, "排名")
    assert [(row["代码"], row["名次"], row["总分"]) for row in rows] == [
        ("A", 1, 90.0), ("B", 2, 80.0), ("C", 2, 80.0), ("D", 4, 70.0)
    ]  # fmt: skip
    assert [row["区域名次"] for row in rows] == ["1/2", "2/2", "1/2", "2/2"]
    assert [row["组内名次"] for row in rows] == ["1/4", "2/4", "2/4", "4/4"]


def test_provisional_and_totally_vetoed_stand_apart_with_the_reason(book: Workbook) -> None:
    rows = {row["代码"]: row for row in table(book, "未排名")}
    assert {code: row["状态"] for code, row in rows.items()} == {"P": "暂定", "V": "一票否决"}
    assert (rows["P"]["总分"], rows["P"]["最高可达"]) == (95.0, 99.0)
    assert rows["V"]["否决前"] == 88.0
    assert "发生重大事故" in rows["V"]["原因"]


def test_moves_since_last_month(book: Workbook) -> None:
    rows = [(r["代码"], r["名次升降"], r["升降分"], r["说明"]) for r in table(book, "升降")]
    assert rows == [("A", 2, 5.0, None), ("C", 2, 0.0, None), ("B", -1, -8.0, None), ("P", None, 35.0, "本月暂定")]
    ranking = {row["代码"]: row for row in table(book, "排名")}
    assert (ranking["B"]["上月名次"], ranking["B"]["名次升降"], ranking["D"]["上月总分"]) == (1, -1, None)


def test_every_dealer_of_the_roster_is_on_the_return_list(book: Workbook) -> None:
    rows = {row["代码"]: row["情况"] for row in table(book, "交表")}
    assert rows == {
        "M": "未交",
        "R": "退回",
        "A": "已评",
        "B": "已评",
        "C": "已评",
        "D": "已评",
        "P": "暂定",
        "V": "一票否决",
    }
    refused = next(row for row in table(book, "交表") if row["代码"] == "R")
    assert (refused["错误"], "not a zip" in refused["原因"]) == (1, True)


def test_vetoes_and_findings_have_their_reasons(book: Workbook) -> None:
    (veto,) = (row for row in table(book, "否决扣分") if row["类别"] == "否决")
    assert (veto["代码"], veto["范围"], veto["考核标准"], veto["检查情况"]) == (
        "V",
        "总分",
        "发生重大事故：一票否决",
        "1",
    )
    found = [(row["编号"], row["代码"], row["单元格"]) for row in table(book, "问题")]
    assert found == [("XK-V001", "P", "F6"), ("XK-F002", "R", None)]


def test_of_too_many_findings_the_gravest_are_listed(stand: Standings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlkpi.shown.ranking.lists._MOST", 1)
    light = Finding("XK-V014", "p.xlsx", facts={"label": "轮胎", "found": "-5"})
    rows = [replace(row, findings=(light, *row.findings)) if row.findings else row for row in stand.rows]
    made = load_workbook(io.BytesIO(ranking_workbook(replace(stand, rows=rows))))
    assert [row["编号"] for row in table(made, "问题")] == ["XK-V001"]
    assert "另有 3 条" in made["问题"]["A2"].value


def test_regions_and_quartiles_as_excel_counts_them(book: Workbook) -> None:
    rows = {row["区域"]: row for row in table(book, "区域")[:2]}
    east, south = rows["华东"], rows["华南"]
    assert (east["家数"], east["排名家数"], east["平均"], east["暂定"], east["一票否决"]) == (4, 2, 85.0, 1, 1)
    assert [south[h] for h in ("最低", "下四分位", "中位", "上四分位", "最高")] == [70.0, 72.5, 75.0, 77.5, 80.0]
    # QUARTILE({1;2;4;7;11};1) = 2, ;3) = 7 · QUARTILE({1;2;4;7};1) = 1.75, ;3) = 4.75
    assert five_numbers([11.0, 1.0, 4.0, 2.0, 7.0]) == (1.0, 2.0, 4.0, 7.0, 11.0)
    assert five_numbers([1.0, 2.0, 4.0, 7.0]) == (1.0, 1.75, 3.0, 4.75, 7.0)
    assert five_numbers([5.0]) == (5.0,) * 5
    assert five_numbers([]) is None


def test_the_heat_map_s_stored_totals_are_the_published_ones(book: Workbook, live: Workbook) -> None:
    for row in table(book, "热力图", 7):
        assert row["试算总分"] == row["公布总分"]
        assert row["试算名次"] == (row["公布名次"] or "—")
    formulas = next(live["热力图"].iter_rows(min_row=8, max_row=8, values_only=True))
    assert str(formulas[5]).startswith("=ROUND(SUM(")
    assert "COUNTIFS" in str(formulas[6])


def test_lists_filter_scroll_and_print(live: Workbook) -> None:
    for sheet in live.worksheets:
        assert sheet.page_setup.orientation == "landscape", sheet.title
        assert (sheet.page_setup.paperSize, sheet.page_setup.fitToWidth or 1) == (9, 1)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_area
    for name, head in LISTS.items():
        sheet = live[name]
        assert sheet.auto_filter.ref.startswith(f"A{head}:"), name
        assert sheet.freeze_panes.endswith(str(head + 1)), name
        assert sheet.print_title_rows.endswith(f"${head}"), name


def formulas_of(book: Workbook) -> Iterator[str]:
    yield from (str(c.value) for s in book.worksheets for row in s.iter_rows() for c in row if c.data_type == "f")


def test_formulas_use_only_what_excel_wps_and_libreoffice_share(live: Workbook) -> None:
    shared = set((templates() / "functions.txt").read_text("utf-8").split("\n"))
    used = {name for formula in formulas_of(live) for name in re.findall(r"([A-Z]+)\(", formula)}
    assert {"SUMPRODUCT", "COUNTIFS", "ROUND"} <= used
    assert used <= shared


def test_what_a_dealer_wrote_is_never_a_formula_nor_a_link(stand: Standings) -> None:
    nasty = Dealer("=1+1", '=HYPERLINK("http://x","y")', "@SUM(1)", "+1")
    loss = Line("item", "deduction", -1.0, "管理指标", "质量管理", 1, text="https://example.invalid",
                inspection="=cmd|' /C calc'!A0")  # fmt: skip
    rows = ranked([replace(stand.rows[0], dealer=nasty, account=Account((loss,)), file="=1+1.xlsx")])
    made = load_workbook(io.BytesIO(ranking_workbook(replace(stand, rows=rows))))
    assert not [f for f in formulas_of(made) if "HYPERLINK" in f or "cmd" in f or f == "=1+1"]
    assert not [c for s in made.worksheets for row in s.iter_rows() for c in row if c.hyperlink]
    assert made["排名"]["B4"].value == "=1+1"
    assert made["排名"]["B4"].data_type == "s"


def test_an_empty_month_and_one_without_regions_are_whole(stand: Standings) -> None:
    empty = load_workbook(io.BytesIO(ranking_workbook(replace(stand, rows=(), before={}))))
    assert empty.sheetnames == SHEETS
    assert empty["排名"]["A4"].value == "（无）"
    bare = [replace(row, dealer=Dealer(row.dealer.code, row.dealer.name)) for row in stand.rows]
    assert load_workbook(io.BytesIO(ranking_workbook(replace(stand, rows=bare))))["区域"]["A4"].value == "（未分）"


@pytest.mark.slow
def test_two_thousand_dealers_are_small_and_the_same_bytes_again(stand: Standings) -> None:
    chance = random.Random(7)
    base = stand.rows[0]
    rows = ranked(
        replace(
            base,
            dealer=Dealer(f"D{n:04d}", f"第{n}号汽车销售服务有限公司", f"区{n % 9}", f"组{n % 40}"),
            published=round(chance.uniform(30, 100), 1),
            items=tuple(replace(i, score=chance.uniform(0, 15)) for i in base.items),
            findings=stand.rows[4].findings * 3,
            account=Account(stand.rows[5].account.lines * 2),
        )
        for n in range(2000)
    )
    data = ranking_workbook(replace(stand, rows=rows))
    assert len(data) < 5_000_000
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    small = replace(stand, rows=rows[:50])
    assert ranking_workbook(small) == ranking_workbook(small)


def test_totals_beyond_the_scheme_s_points_lie_within_the_axes(stand: Standings) -> None:
    """Bonus items lead to totals above the scheme's points: a box above an axis that ends there could not be seen."""
    rows = [replace(row, published=row.published + 37) if row.rank else row for row in stand.rows]
    workbook = zipfile.ZipFile(io.BytesIO(ranking_workbook(replace(stand, rows=tuple(rows)))))
    axes = [
        float(most)
        for name in workbook.namelist()
        if name.startswith("xl/charts/chart") and "四分位" in (chart := workbook.read(name).decode())
        for most in re.findall(r'<c:max val="([^"]+)"', chart)
    ]
    assert axes and min(axes) >= 127 > stand.scheme.points
