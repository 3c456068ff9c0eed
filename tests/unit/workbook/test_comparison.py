"""指标分析 beside the figure itself: target, completion, 红绿灯, last year, rank; and what headquarters gives."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from shared.monthly import MONTH, ROSTER, TARGET, Monthly, answer_places, edited

from xlkpi.headquarters import previous
from xlkpi.headquarters.forms import targets_form
from xlkpi.headquarters.issuing import with_history, with_revision
from xlkpi.headquarters.lists import read_headquarters_figures, read_targets
from xlkpi.headquarters.previous import peer_ranks, read_previous, read_year_ago
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Dealer
from xlkpi.scheme.lint import lint_scheme
from xlkpi.values import Absence
from xlkpi.workbook.seal import sealed

PAGE, HEAD = "指标分析", 2


def _line(monthly: Monthly, name: str, answers: dict[str, Any], **issue: Any) -> dict[str, Any]:
    """An indicator's row on 指标分析 by its headings."""
    issued = monthly.but(**issue)
    page = issued.page(issued.judge(answers), PAGE)
    entry = issued.scheme.aims[name]
    row = page.row_of(entry.label or name, "B")
    (line,) = page.table(HEAD, row, row)
    return line


def _aimed(monthly: Monthly, **targets: Any) -> dict[str, Any]:
    return {"D001": {**monthly.issue.targets["D001"], **targets}}


# ------------------------------------------------------------------ target, completion, 红绿灯


@pytest.mark.parametrize(
    ("done", "completion", "light"),
    [
        (100.0, 1.0, "绿"), (99.99, 0.9999, "黄"), (90.0, 0.9, "黄"), (89.99, 0.8999, "红"), (0.0, 0.0, "红"),
        (None, "未填", ""),
    ],
)  # fmt: skip
def test_a_field_with_a_target(service: Monthly, done: float | None, completion: Any, light: str) -> None:
    """接车台次 against a target of 100: green from 100 % on, yellow within 10 % of it, red below."""
    line = _line(service, "接车台次", {} if done is None else {"接车台次": done})
    assert (line["目标"], line["本月"]) == (TARGET, "未填" if done is None else done)
    assert line["完成率"] == (completion if isinstance(completion, str) else pytest.approx(completion))
    assert (line["红绿灯"] or "") == light


@pytest.mark.parametrize(
    ("hours", "said", "light"),
    [(110.0, "达标", "绿"), (109.9, "偏低", "黄"), (99.0, "偏低", "黄"), (98.9, "偏低", "红")],
)
def test_the_guide_decides_the_light(service: Monthly, hours: float, said: str, light: str) -> None:
    """工时效率, guide 110 %: 10 % of the guide below it is 99 %. The dealer's own target of 50 % changes nothing."""
    targets = _aimed(service, 工时效率=0.5)
    line = _line(service, "工时效率", {"售出工时": hours, "实际工作工时": 100.0}, targets=targets)
    assert (line["评价"], line["红绿灯"]) == (said, light)
    assert (line["目标"], line["完成率"]) == (0.5, pytest.approx(hours / 100 / 0.5))


@pytest.mark.parametrize(
    ("returns", "completion", "light"), [(8.0, 1.2, "绿"), (10.0, 1.0, "绿"), (10.5, 0.95, "黄"), (12.0, 0.8, "红")]
)
def test_where_less_is_better(dealership: Monthly, returns: float, completion: float, light: str) -> None:
    """集客成本 = 广宣费用 ÷ 集客量, target 100 元: 2 − actual ÷ target, so that 100 % and more is reached."""
    answers = {"广宣费用": returns * 100, "当月集客量": 10.0}
    line = _line(dealership, "集客成本", answers, targets=_aimed(dealership, 集客成本=100.0))
    assert (line["本月"], line["目标"]) == (pytest.approx(returns * 10), 100.0)
    assert (line["完成率"], line["红绿灯"]) == (pytest.approx(completion), light)


def test_without_a_target_or_a_value_nothing_is_made_up(service: Monthly) -> None:
    answers = {"接车台次": 90.0, "当月新用户数": 9.0}
    assert (_line(service, "一次维修成功率", answers)["目标"] or "") == ""
    none = _line(service, "一次维修成功率", {"需返修台数": 1.0, "交车台数": 50.0})
    assert [none[heading] or "" for heading in ("目标", "完成率", "红绿灯")] == ["", "", ""]
    open_ = _line(service, "一次维修成功率", {}, targets=_aimed(service, 一次维修成功率=0.98))
    assert [open_[heading] or "" for heading in ("本月", "完成率", "红绿灯")] == ["未填", "未填", ""]
    word = _aimed(service, 一次维修成功率=Absence.NOT_APPLICABLE)
    left_out = _line(service, "一次维修成功率", {"需返修台数": 1.0, "交车台数": 50.0}, targets=word)
    assert [left_out[heading] or "" for heading in ("目标", "完成率", "红绿灯")] == ["不适用", "不适用", ""]


def _list(path: Path, rows: list[list[Any]]) -> Path:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)
    return path


def test_the_list_of_targets(service: Monthly, tmp_path: Path) -> None:
    """Targets of fields and indicators, and headquarters' own figures, in one list; a blank is no figure."""
    label = "接车员日均接待台数"
    path = _list(tmp_path / "targets.xlsx", [
        ["代码", "接车台次", label, "工作天数", "年度平均来店次数", "单车年均服务消费", "没有的"],
        ["D001", 310, 9.5, 22, 2.4, "不适用", 1], ["D002", 200, None, None, "很多", None, None],
    ])  # fmt: skip
    aimed = read_targets(path, service.scheme, ROSTER)
    assert aimed.rows == {"D001": {"接车台次": 310.0, "接车员日均接待台数": 9.5}, "D002": {"接车台次": 200.0}}
    assert [finding.code for finding in aimed.findings] == ["XK-T024"]
    given = read_headquarters_figures(path, service.scheme, ROSTER)
    assert given.rows["D001"] == {"工作天数": 22.0, "年度平均来店次数": 2.4, "单车年均服务消费": "不适用"}
    assert given.rows["D002"] == {}
    assert [finding.code for finding in given.findings] == ["XK-V002"]


def test_the_form_asks_for_indicators_only_when_told(service: Monthly) -> None:
    def headings(**how: bool) -> set[Any]:
        sheet = load_workbook(
            io.BytesIO(targets_form(service.scheme, [("D001", "甲店", "")], MONTH, **how))
        ).worksheets[0]
        return {cell.value for row in sheet.iter_rows(max_row=6) for cell in row}

    assert {"接车台次", "工作天数", "年度平均来店次数"} <= headings()
    assert "工时效率" not in headings()
    assert {entry.label or name for name, entry in service.scheme.aims.items()} <= headings(indicators=True)


def test_a_revision_may_bring_a_target_for_an_indicator(service: Monthly) -> None:
    revised = with_revision(service.issue, {"D001": {"工时效率": 1.2, "接车台次": 120.0}})
    assert (revised.targets["D001"]["工时效率"], revised.targets["D001"]["接车台次"]) == (1.2, 120.0)
    assert revised.targets["D002"] == service.issue.targets["D002"]


# ------------------------------------------------------------------ headquarters' own figures


def test_what_headquarters_gives_is_locked_and_decides(service: Monthly) -> None:
    """工作天数 22 is headquarters'; a dealer that types 11 over it would look twice as busy."""
    monthly = service.but(history={"D001": {"工作天数": 22.0}})
    place = monthly.issue.layout.place("工作天数")
    first, second = (load_workbook(io.BytesIO(monthly.blanks[code]))[place.sheet][place.ref] for code in ROSTER)
    assert (first.value, first.protection.locked) == (22, True)
    assert (second.value, second.protection.locked) == (None, False)  # not given: the dealer is asked
    typed = {"工作天数": 11.0, "接车台次": 440.0, "接车员人数": 2.0}
    sent = read_submission(monthly.issue, edited(monthly.blanks["D001"], answer_places(monthly, typed)), "a.xlsx")
    assert isinstance(sent, Submission)
    done = monthly.judge(sent.contents())
    assert done.indicators["接车员日均接待台数"] == pytest.approx(440 / (2 * 22))


def test_a_scheme_may_need_what_a_pack_leaves_optional(service: Monthly, tmp_path: Path) -> None:
    assert not service.scheme.fields["交车台数"].optional
    assert service.check(service.judge({}), "交车台数") == "未填"
    head = 'scheme: mine\ntitle: 我的\nen: Mine\nversion: "1"\nvalid: {from: 2026-01}\n'
    (tmp_path / "scheme.yaml").write_text(f"{head}required: [没有的]\npacks: [service-assessment]\n", "utf-8")
    _, _, problems = lint_scheme(str(tmp_path))
    assert [problem.line for problem in problems] == [6]
    assert "'没有的' is no field" in str(problems[0])


# ------------------------------------------------------------------ last year, rank


def _month(monthly: Monthly, folder: Path, month: str, dealers: dict[str, dict[str, Any]]) -> list[Path]:
    folder.mkdir()
    for code, answers in dealers.items():
        issued = monthly.but(month=month)
        done = issued.judge(answers, dealer=code)
        (folder / f"{code}.xlsx").write_bytes(sealed(issued.stamp(done)))
    return sorted(folder.glob("*.xlsx"))


def test_the_same_month_last_year(service: Monthly, tmp_path: Path) -> None:
    answers = {"售出工时": 120.0, "实际工作工时": 100.0, "维修产值": 900.0, "接车台次": 77.0}
    paths = _month(service, tmp_path / "2025", "2025-11", {"D001": answers})
    listed = read_year_ago(paths, service.scheme, service.issue.layout, service.issue.roster, MONTH)
    assert listed.findings == []
    known = listed.rows["D001"]
    assert known["工时效率_去年同月"] == pytest.approx(1.2)
    assert (known["接车台次_去年同月"], known["维修产值_前12月"]) == (77.0, 900.0)  # so nobody is asked for it
    line = _line(service, "维修产值", {"维修产值": 990.0}, history={"D001": known})
    assert line["去年同月"] == 900.0
    wrong = read_year_ago(paths, service.scheme, service.issue.layout, service.issue.roster, "2026-12")
    assert (wrong.rows, [finding.code for finding in wrong.findings]) == ({}, ["XK-T061"])


def test_ranks_by_group_and_direction(dealership: Monthly) -> None:
    """Two groups and one without; ties share; a word has no rank and does not count; where less is better the least
    is first; of fewer than five nobody is told how another one stands."""
    groups = dict.fromkeys("abcfgh", "大") | {"d": "小", "e": ""}
    roster = {code: Dealer(code, code, "", group) for code, group in groups.items()}
    figures: dict[str, dict[str, float | str]] = {
        "a": {"工时效率": 1.1, "集客成本": 90.0, "接车台次": 300.0, "维修产值": 1.0},
        "b": {"工时效率": 1.2, "集客成本": 80.0, "接车台次": 300.0, "维修产值": 2.0},
        "c": {"工时效率": 1.0, "接车台次": 200.0, "维修产值": 3.0}, "d": {"工时效率": 0.5}, "e": {"工时效率": 0.5},
        "f": {"工时效率": 0.9, "集客成本": 110.0, "接车台次": 100.0, "维修产值": 4.0},
        "g": {"工时效率": 0.8, "集客成本": 120.0, "接车台次": 100.0},
        "h": {"工时效率": 0.7, "集客成本": 130.0, "接车台次": "不详"},
    }  # fmt: skip
    ranks = peer_ranks(dealership.scheme, roster, figures)
    assert [ranks[d].get("工时效率_同组名次") for d in "abcde"] == ["2/6", "1/6", "3/6", None, None]
    assert [ranks[d].get("集客成本_同组名次") for d in "abcde"] == ["2/5", "1/5", None, None, None]
    assert [ranks[d].get("接车台次_同组名次") for d in "abcde"] == ["1/5", "1/5", "3/5", None, None]
    assert "维修产值" in dealership.scheme.aims
    assert [ranks[d].get("维修产值_同组名次") for d in "abcdefgh"] == [None] * 8


def test_last_months_rank_stands_in_the_blank(
    service: Monthly, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(previous, "FEWEST_PEERS", 2)
    east = service.but(roster={code: replace(d, peer_group="一类店") for code, d in ROSTER.items()})
    figures = {"D001": {"售出工时": 90.0, "实际工作工时": 100.0}, "D002": {"售出工时": 95.0, "实际工作工时": 100.0}}
    paths = _month(east, tmp_path / "10", "2026-10", figures)
    listed = read_previous(paths, east.scheme, east.issue.layout, east.issue.roster, MONTH)
    november = east.but(history=with_history(east.issue, [listed.rows]).history)
    assert _line(november, "工时效率", {})["上月同组名次"] == "2/2"
    assert listed.rows["D002"]["工时效率_同组名次"] == "1/2"
