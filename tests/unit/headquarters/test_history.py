"""From month to month: what last month's workbooks and headquarters' plan put into this month's workbook."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook, load_workbook
from shared.monthly import MONTH, ROSTER, Monthly, answer_places, edited
from shared.tables import sampled

from xlkpi.cli import main
from xlkpi.headquarters.issuing import with_history
from xlkpi.headquarters.lists import read_plan
from xlkpi.headquarters.previous import carried_over, read_previous
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Issue
from xlkpi.month.month import score_month
from xlkpi.scheme.cells import BASIS, of_diagnosis
from xlkpi.scoring.assess import Assessment
from xlkpi.values import CellContent, months_earlier
from xlkpi.workbook.seal import sealed

HISTORY = "维修产值_前1月"


def _assessed(
    monthly: Monthly, answers: Mapping[str, CellContent], folder: Path, name: str = "D001.xlsx"
) -> Assessment:
    """A month as scored, and its workbook written into the folder."""
    done = monthly.judge(answers)
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(sealed(monthly.stamp(done)))
    return done


def _next(monthly: Monthly, month: str, folder: Path) -> Monthly:
    """The month issued after it with the folder's workbooks as --previous."""
    fresh = monthly.but(month=month, history={})
    listed = read_previous(sorted(folder.glob("*.xlsx")), fresh.scheme, fresh.issue.layout, ROSTER, month)
    assert listed.findings == []
    return fresh.but(history=with_history(fresh.issue, [listed.rows]).history)


def _known(monthly: Monthly) -> dict[str, Any]:
    return dict(monthly.issue.history.get("D001", {}))


# ------------------------------------------------------------------ last month's workbooks


def test_three_months_in_a_row(dealership: Monthly, tmp_path: Path) -> None:
    """Figures walk back one month at a time: X_上月 is last month's X, X_前2月 the X of the month before that."""
    september = dealership.but(month="2026-09")
    _assessed(september, {"销售台数": 31.0, "维修产值": 900.0, "期末库存台数": 8.0}, tmp_path / "09")
    october = _next(september, "2026-10", tmp_path / "09")
    known = _known(october)
    assert (known["销售台数_上月"], known["销售台数_前1月"]) == (31.0, 31.0)
    assert (known["维修产值_上月"], known["维修产值_前1月"], known["期末库存台数_前1月"]) == (900.0, 900.0, 8.0)
    assert "销售台数_前2月" not in known
    _assessed(october, {"销售台数": 32.0}, tmp_path / "10")
    november = _next(october, "2026-11", tmp_path / "10")
    known = _known(november)
    assert (known["销售台数_前1月"], known["销售台数_前2月"]) == (32.0, 31.0)
    assert not {"销售台数_前3月", "维修产值_前1月", "期末库存台数_前1月"} & known.keys()  # October left them blank
    _assessed(november, {"销售台数": 33.0, "维修产值": 700.0}, tmp_path / "11")
    known = _known(_next(november, "2026-12", tmp_path / "11"))
    assert [known.get(f"销售台数_前{n}月") for n in (1, 2, 3, 4)] == [33.0, 32.0, 31.0, None]
    assert (known["维修产值_前1月"], known["维修产值_上月"]) == (700.0, 700.0)


def test_the_chain_reaches_the_indicator(dealership: Monthly, tmp_path: Path) -> None:
    """管理内化率 and friends need months that nobody types again: the first month's figure is there without typing."""
    september = dealership.but(month="2026-09")
    _assessed(september, {"维修产值": 1000.0}, tmp_path / "09")
    october = _next(september, "2026-10", tmp_path / "09")
    done = october.judge({"维修产值": 1100.0})
    assert october.value(done, HISTORY) == 1000.0
    page = october.page(done, "填报")
    row = october.issue.layout.place("维修产值").ref[1:]
    assert (page[f"E{row}"], page[f"F{row}"]) == (1000.0, 1100.0)  # 上月 beside 本月


def test_totals_and_indicators_of_earlier_months(dealership: Monthly, tmp_path: Path) -> None:
    september = dealership.but(month="2026-09")
    first = _assessed(september, {"接车台次": 90.0, "售出工时": 110.0, "实际工作工时": 100.0}, tmp_path / "09")
    assert first.published > 0
    october = _next(september, "2026-10", tmp_path / "09")
    known = _known(october)
    assert known["公布总分_前1月"] == first.published
    assert known["工时效率_上月"] == pytest.approx(1.1)
    second = _assessed(october, {"接车台次": 45.0, "售出工时": 120.0, "实际工作工时": 100.0}, tmp_path / "10")
    page = october.page(second, "指标分析")
    row = october.issue.layout.place("工时效率").ref[1:]
    assert [page[f"{c}{row}"] for c in "DLM"] == pytest.approx([1.2, 1.1, 0.1])
    known = _known(_next(october, "2026-11", tmp_path / "10"))
    assert [known["公布总分_前1月"], known["公布总分_前2月"]] == [second.published, first.published]


def test_words_do_not_walk_on(dealership: Monthly, tmp_path: Path) -> None:
    """未填 and 不适用 are no figures of last month."""
    _assessed(dealership.but(month="2026-10"), {"CSI排名": "不适用", "销售台数": "很多"}, tmp_path / "10")
    known = _known(_next(dealership, MONTH, tmp_path / "10"))
    assert not {"CSI排名_上月", "工时效率_上月", "维修产值_上月"} & known.keys()


def test_measures_carry_over_and_stay_the_dealers(dealership: Monthly, tmp_path: Path) -> None:
    person, day = (of_diagnosis(3, part) for part in ("责任人", "完成日"))
    _assessed(dealership.but(month="2026-10"), {person: "王经理", day: "11月底"}, tmp_path / "10")
    november = _next(dealership, MONTH, tmp_path / "10")
    assert (_known(november)[person], _known(november)[day]) == ("王经理", "11月底")
    blank = november.blanks["D001"]
    cell = november.issue.layout.place(person)
    assert load_workbook(io.BytesIO(blank))[cell.sheet][cell.ref].value == "王经理"
    assert not load_workbook(io.BytesIO(blank))[cell.sheet][cell.ref].protection.locked
    # the dealer hands it to somebody else
    sent = _read(november.issue, edited(blank, answer_places(november, {person: "赵工"})))
    assert sent.contents()[person] == "赵工"
    done = november.judge(sent.contents())
    assert (november.value(done, person), november.value(done, day)) == ("赵工", "11月底")


@pytest.mark.parametrize("month", ["2026-10", "2026-12", "2027-11"])
def test_a_file_of_the_wrong_month_is_refused(dealership: Monthly, tmp_path: Path, month: str) -> None:
    _assessed(dealership, {"维修产值": 5.0}, tmp_path / "11")  # 2026-11: right only for 2026-12
    listed = read_previous(
        sorted((tmp_path / "11").glob("*.xlsx")), dealership.scheme, dealership.issue.layout, ROSTER, month
    )
    if month == "2026-12":
        assert (list(listed.rows), listed.findings) == (["D001"], [])
    else:
        assert (listed.rows, [finding.code for finding in listed.findings]) == ({}, ["XK-T061"])
        assert MONTH in listed.findings[0].message()


def test_the_year_so_far(dealership: Monthly, tmp_path: Path) -> None:
    """Grows by each month's actual, and begins anew in January."""
    october = dealership.but(month="2026-10", history={"D001": {"接车台次_本年以前": 900.0}})
    _assessed(october, {"接车台次": 80.0}, tmp_path / "10")
    november = _next(october, "2026-11", tmp_path / "10")
    assert _known(november)["接车台次_本年以前"] == 980.0
    _assessed(november, {"接车台次": 70.0}, tmp_path / "11")
    december = _next(november, "2026-12", tmp_path / "11")
    assert _known(december)["接车台次_本年以前"] == 1050.0
    _assessed(december, {"接车台次": 60.0}, tmp_path / "12")
    assert _known(_next(december, "2027-01", tmp_path / "12"))["接车台次_本年以前"] == 0.0


def test_the_plan_carries_over_within_the_year(dealership: Monthly, tmp_path: Path) -> None:
    plan = {"接车台次_责任人": "钱总", "接车台次_奖励线": 95.0, "接车台次_12月目标": 120.0}
    november = dealership.but(history={"D001": plan})
    _assessed(november, {"接车台次": 1.0}, tmp_path / "11")
    december = _next(november, "2026-12", tmp_path / "11")
    assert {name: _known(december)[name] for name in plan} == plan
    _assessed(december, {"接车台次": 1.0}, tmp_path / "12")
    january = _known(_next(december, "2027-01", tmp_path / "12"))
    assert "接车台次_12月目标" not in january  # a new year, a new plan
    assert january["接车台次_责任人"] == "钱总"


# ------------------------------------------------------------------ 历史: locked once known


def test_known_figures_are_locked_and_others_are_not(dealership: Monthly) -> None:
    monthly = dealership.but(history={"D001": {HISTORY: 4321.0}})
    layout = monthly.issue.layout
    history = [name for name, field in monthly.scheme.by("dealer").items() if field.block != "本月"]
    assert len(history) == 26 + 3  # of earlier months, and headquarters' own
    first, second = (load_workbook(io.BytesIO(monthly.blanks[code])) for code in ROSTER)
    for name in history:
        place = layout.place(name)
        assert first[place.sheet][place.ref].protection.locked == (name == HISTORY), name
        assert not second[place.sheet][place.ref].protection.locked  # nothing is known of D002
    place = layout.place(HISTORY)
    assert (first[place.sheet][place.ref].value, second[place.sheet][place.ref].value) == (4321, None)
    assert layout.locked_like.keys() == {layout.place(name) for name in history}


def _read(issue: Issue, data: bytes) -> Submission:
    sent = read_submission(issue, data, "D001.xlsx")
    assert isinstance(sent, Submission), sent
    return sent


def test_overtyping_a_known_figure_moves_nothing(dealership: Monthly) -> None:
    """Revenue of last month is known to be 4321; the dealer types 1 over it, and growth would be a miracle."""
    monthly = dealership.but(history={"D001": {HISTORY: 4321.0}})
    blank = monthly.blanks["D001"]
    honest = _read(monthly.issue, edited(blank, answer_places(monthly, {"维修产值": 8642.0})))
    greedy = _read(monthly.issue, edited(blank, answer_places(monthly, {"维修产值": 8642.0, HISTORY: 1.0})))
    assert greedy.contents()[HISTORY] != honest.contents()[HISTORY] == 4321.0
    first, second = (monthly.judge(sent.contents()) for sent in (honest, greedy))
    made_of = monthly.issue.layout.place(BASIS)  # the file is another one
    assert {p: v for p, v in first.cells.items() if p != made_of} == {
        p: v for p, v in second.cells.items() if p != made_of
    }
    assert monthly.value(second, HISTORY) == 4321.0
    growth = [name for name, e in monthly.scheme.indicators.items() if HISTORY in e.formula]
    assert growth
    assert isinstance(second.indicators[growth[0]], float)


def test_an_unknown_figure_is_the_dealers_to_fill(dealership: Monthly) -> None:
    done = dealership.judge({"维修产值": 8642.0, HISTORY: 4321.0})
    assert dealership.value(done, HISTORY) == 4321.0
    growth = next(name for name, e in dealership.scheme.indicators.items() if HISTORY in e.formula)
    assert done.indicators[growth] == pytest.approx(1.0)  # doubled


# ------------------------------------------------------------------ 目标管理

GOALS = "目标管理"
MONTHS = [100.0, 80.0, 120.0, 100.0, 100.0, 110.0, 90.0, 100.0, 130.0, 110.0, 100.0, 160.0]  # 1300 in the year

YEAR = ("本年累计", "累计目标", "累计完成率", "累计差距", "以后每月需")


def _plan(**more: float | str) -> dict[str, float | str]:
    return {**{f"接车台次_{n}月目标": target for n, target in enumerate(MONTHS, 1)}, **more}


def _goal(monthly: Monthly, month: str, actual: float | None, plan: Mapping[str, float | str]) -> dict[str, Any]:
    issued = monthly.but(month=month, history={"D001": dict(plan)})
    done = issued.judge({} if actual is None else {"接车台次": actual})
    page = issued.page(done, GOALS)
    row = page.row_of(issued.scheme.fields["接车台次"].label or "接车台次", "A")
    (line,) = page.table(3, row, row)
    return line


@pytest.mark.parametrize(
    ("month", "before", "actual", "wanted"),
    [
        # January: target to date 100, done 90, gap 10, (1300 − 90) / 11 = 110 a month
        ("2026-01", None, 90.0, (90.0, 100.0, 0.9, 10.0, 110.0)),
        # June: 100+80+120+100+100+110 = 610; done 500+122 = 622; gap −12; (1300 − 622) / 6 = 113
        ("2026-06", 500.0, 122.0, (622.0, 610.0, 622 / 610, -12.0, 113.0)),
        # November, the year's target reached already: nothing more is needed
        ("2026-11", 1250.0, 60.0, (1310.0, 1140.0, 1310 / 1140, -170.0, 0.0)),
        # December: the whole year's target; no month is left
        ("2026-12", 1100.0, 150.0, (1250.0, 1300.0, 1250 / 1300, 50.0, "—")),
    ],
)
def test_the_year_by_hand(
    dealership: Monthly, month: str, before: float | None, actual: float, wanted: tuple[Any, ...]
) -> None:
    plan = _plan(**({"接车台次_本年以前": before} if before is not None else {}))
    line = _goal(dealership, month, actual, plan)
    assert line["年度目标"] == 1300.0
    assert (line["本月目标"], line["本月实绩"], line["本月完成率"]) == (100.0, actual, pytest.approx(actual / 100))
    for heading, value in zip(YEAR, wanted, strict=True):
        assert line[heading] == (pytest.approx(value, abs=1e-9) if isinstance(value, float) else value), heading


def test_person_and_reward(dealership: Monthly) -> None:
    plan = _plan(接车台次_责任人="孙主管", 接车台次_奖励线=95.0)
    for actual, reached in ((94.99, "否"), (95.0, "是"), (None, "")):
        line = _goal(dealership, "2026-06", actual, plan)
        assert (line["责任人"], line["奖励线"], line["达到奖励"] or "") == ("孙主管", 95.0, reached)


def test_without_an_actual_or_a_whole_plan_nothing_is_made_up(dealership: Monthly) -> None:
    open_ = _goal(dealership, "2026-06", None, _plan(接车台次_本年以前=500.0))
    assert (open_["本月实绩"], open_["累计目标"], open_["年度目标"]) == ("未填", 610.0, 1300.0)
    assert {open_[h] or "" for h in ("累计完成率", "累计差距", "以后每月需")} == {""}
    assert open_["本年累计"] == "未填"
    eleven = {name: value for name, value in _plan().items() if name != "接车台次_7月目标"}
    partly = _goal(dealership, "2026-06", 90.0, eleven)
    assert {partly[h] or "" for h in ("累计目标", "累计完成率", "累计差距", "以后每月需")} == {""}
    assert (partly["年度目标"], partly["季度目标"]) == ("未填", 310.0)  # July is missing, April to June are not
    assert (partly["本季累计"], partly["本年累计"]) == ("未填", "未填")  # what April and May brought is not known


def _sheet(path: Path, rows: list[list[Any]]) -> Path:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)
    return path


HEAD = ["经销商代码", "项目", "责任人", "奖励线", "本年以前", *(f"{n}月目标" for n in range(1, 13))]


def test_the_plan_file(dealership: Monthly, tmp_path: Path) -> None:
    label = dealership.scheme.fields["接车台次"].label or "接车台次"
    path = _sheet(tmp_path / "plan.xlsx", [
        HEAD, ["D001", label, "孙主管", 95, 500, *MONTHS], ["D001", "没有的项目", "", None, None, *MONTHS],
        ["D009", label, "", None, None, *MONTHS], ["D002", label, None, "很多", None, *MONTHS],
    ])  # fmt: skip
    listed = read_plan(path, dealership.scheme, ROSTER)
    assert listed.rows["D001"] == {
        "接车台次_责任人": "孙主管", "接车台次_奖励线": 95.0, "接车台次_本年以前": 500.0,
        **{f"接车台次_{n}月目标": target for n, target in enumerate(MONTHS, 1)},
    }  # fmt: skip
    assert sorted(finding.code for finding in listed.findings) == ["XK-T024", "XK-T077", "XK-V002"]
    assert "接车台次_奖励线" not in listed.rows["D002"]
    line = _goal(dealership, "2026-06", 122.0, listed.rows["D001"])
    assert (line["责任人"], line["本年累计"], line["以后每月需"]) == ("孙主管", 622.0, 113.0)


# ------------------------------------------------------------------ the command


@pytest.fixture
def lists(service: Monthly, tmp_path: Path) -> Callable[..., Result]:
    """`xlkpi new service-monthly` with lists for D001 and D002, and more words."""
    labels = [field.label or name for name, field in service.scheme.targets().items()]
    roster = _sheet(
        tmp_path / "roster.xlsx", [["代码", "名称", "区域"], *([d.code, d.name, d.region] for d in ROSTER.values())]
    )
    targets = _sheet(tmp_path / "targets.xlsx", [["代码", *labels], *([code, *[100] * len(labels)] for code in ROSTER)])

    def new(month: str, output: Path, *words: str | Path) -> Result:
        given = (
            "new",
            "service-monthly",
            "--month",
            month,
            "--roster",
            roster,
            "--targets",
            targets,
            "-o",
            output,
            *words,
        )
        result = CliRunner().invoke(main, [str(word) for word in given])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return new


def test_new_with_previous_and_plan(service: Monthly, lists: Callable[..., Result], tmp_path: Path) -> None:
    _assessed(service.but(month="2026-11", history={"D001": {"接车台次_本年以前": 900.0}}),
              {"维修产值": 4321.0, "接车台次": 80.0}, tmp_path / "assessed")  # fmt: skip
    label = service.scheme.fields["接车台次"].label or "接车台次"
    plan = _sheet(tmp_path / "plan.xlsx", [HEAD, ["D001", label, "孙主管", 95, None, *MONTHS]])
    result = lists("2026-12", tmp_path / "blank", "--previous", tmp_path / "assessed", "--plan", plan)
    assert result.exit_code == 0, result.output
    issue = Issue.load(tmp_path / "blank")
    known = issue.history["D001"]
    assert (known["维修产值_上月"], known[HISTORY], known["接车台次_本年以前"]) == (4321.0, 4321.0, 980.0)
    assert (known["接车台次_责任人"], known["接车台次_12月目标"]) == ("孙主管", 160.0)
    assert "D002" not in issue.history
    (path,) = (tmp_path / "blank").glob("D001_*.xlsx")
    book = load_workbook(path)
    place = issue.layout.place(HISTORY)
    assert (book[place.sheet][place.ref].value, book[place.sheet][place.ref].protection.locked) == (4321, True)
    goals = load_workbook(path, data_only=True)[GOALS]
    row = next(r for r in goals.iter_rows(min_row=4) if r[0].value == label)
    assert (row[2].value, row[3].value) == ("孙主管", 1300)


def test_new_refuses_a_wrong_month(service: Monthly, lists: Callable[..., Result], tmp_path: Path) -> None:
    _assessed(service.but(month="2026-10"), {"维修产值": 4321.0}, tmp_path / "assessed")
    result = lists("2026-12", tmp_path / "blank", "--previous", tmp_path / "assessed")
    assert result.exit_code == 1
    assert "XK-T061" in result.output
    assert not list(tmp_path.glob("blank/*"))


def test_in_january_the_year_so_far_is_nothing(lists: Callable[..., Result], tmp_path: Path) -> None:
    assert lists("2027-01", tmp_path / "blank").exit_code == 0
    history = Issue.load(tmp_path / "blank").history
    assert {code: history[code]["接车台次_本年以前"] for code in ROSTER} == dict.fromkeys(ROSTER, 0.0)


@pytest.mark.parametrize(
    ("month", "so_far", "refused"),
    sampled([("2027-01", 120, True), ("2027-01", 0, False), ("2026-12", 980, False), ("2026-12", 979, True)], 3),
)
def test_the_plan_s_year_so_far_is_held_against_the_months_before(
    month: str, so_far: float, refused: bool, service: Monthly, lists: Callable[..., Result], tmp_path: Path
) -> None:
    _assessed(service.but(month=months_earlier(month), history={"D001": {"接车台次_本年以前": 900.0}}),
              {"接车台次": 80.0}, tmp_path / "assessed")  # fmt: skip
    label = service.scheme.fields["接车台次"].label or "接车台次"
    plan = _sheet(tmp_path / "plan.xlsx", [HEAD, ["D001", label, "孙主管", 95, so_far, *MONTHS]])
    result = lists(month, tmp_path / "blank", "--previous", tmp_path / "assessed", "--plan", plan)
    assert (result.exit_code, "XK-T085" in result.output) == ((1, True) if refused else (0, False)), result.output
    assert ("E2" in result.output) == refused


@pytest.mark.parametrize(
    ("month", "ref"), sampled([("2026-12", "Q2"), ("2027-02", "G2"), ("2027-04", ""), ("2027-01", "")], 3)
)
def test_the_plan_s_month_is_held_against_the_month_s_target(
    month: str, ref: str, service: Monthly, lists: Callable[..., Result], tmp_path: Path
) -> None:
    """Every target of the list is 100; the other months of the plan are not looked at."""
    label = service.scheme.fields["接车台次"].label or "接车台次"
    plan = _sheet(tmp_path / "plan.xlsx", [HEAD, ["D001", label, "孙主管", 95, None, *MONTHS]])
    result = lists(month, tmp_path / "blank", "--plan", plan)
    assert result.exit_code == 0, result.output
    assert ("XK-T099" in result.output) == bool(ref), result.output
    assert ref in result.output


def test_earlier_months_of_another_scheme_are_refused_unless_headquarters_insists(
    dealership: Monthly, lists: Callable[..., Result], tmp_path: Path
) -> None:
    _assessed(dealership.but(month="2026-11"), {"维修产值": 4321.0}, tmp_path / "assessed")
    asked = ("2026-12", tmp_path / "blank", "--previous", tmp_path / "assessed")
    result = lists(*asked)
    assert (result.exit_code, "XK-T062" in result.output) == (1, True)
    assert not list(tmp_path.glob("blank/*"))
    assert lists(*asked, "--anyway").exit_code == 0
    issue = Issue.load(tmp_path / "blank")
    assert [finding.facts["found"] for finding in issue.accepted] == ["dealer-monthly"]
    month = score_month(issue, [])
    assert [finding.code for finding in month.findings] == ["XK-T063"]
    assert json.loads(json.dumps(issue.to_json()))["accepted"]


def test_what_is_no_assessed_workbook_of_the_month_before_is_told(
    dealership: Monthly, lists: Callable[..., Result], tmp_path: Path
) -> None:
    """A blank or a return, one that was saved again, one of another month, a list."""
    last = dealership.but(month="2026-11")
    _assessed(last, {"维修产值": 4321.0}, tmp_path / "assessed")
    whole = (tmp_path / "assessed" / "D001.xlsx").read_bytes()
    layout = last.issue.layout
    book = load_workbook(io.BytesIO(whole))
    changed, plain = io.BytesIO(), io.BytesIO()
    book.save(changed)
    Workbook().save(plain)
    given = {
        "blank": (last.blanks["D001"], "XK-W075"),
        "saved again": (changed.getvalue(), "XK-W076"),
        "list": (plain.getvalue(), "XK-T060"),
    }
    for name, (data, code) in given.items():
        path = tmp_path / f"{name}.xlsx"
        path.write_bytes(data)
        listed = read_previous([path], last.scheme, layout, ROSTER, "2026-12")
        assert ([finding.code for finding in listed.findings], listed.rows) == ([code], {}), name
    listed = read_previous([tmp_path / "assessed" / "D001.xlsx"], last.scheme, layout, ROSTER, "2027-01")
    assert [finding.code for finding in listed.findings] == ["XK-T061"]
    asked = ("2026-12", tmp_path / "out", "--previous", tmp_path / "changed")
    (tmp_path / "changed").mkdir()
    (tmp_path / "changed" / "D001.xlsx").write_bytes(changed.getvalue())
    assert lists(*asked).exit_code == 1
    accepted = lists(*asked, "--anyway")
    assert (accepted.exit_code, "XK-T063" in accepted.output) == (0, True), accepted.output


def test_two_files_of_a_dealer_that_differ_are_told(dealership: Monthly, tmp_path: Path) -> None:
    for number, value in enumerate((1.0, 2.0)):
        _assessed(dealership.but(month="2026-11"), {"维修产值": value}, tmp_path / str(number))
    files = sorted(tmp_path.glob("*/D001*.xlsx"))
    listed = read_previous(files, dealership.scheme, dealership.issue.layout, ROSTER, "2026-12")
    assert [finding.code for finding in listed.findings] == ["XK-T022"]


def test_a_plan_survives_months_in_which_a_dealer_sent_nothing(dealership: Monthly) -> None:
    plan = {"接车台次_责任人": "钱总", "接车台次_奖励线": 95.0, "接车台次_12月目标": 120.0}
    layout = dealership.issue.layout
    silent = {1: {"维修产值": 5.0}, 3: {**plan, "诊断_001_责任人": "李"}}
    assert plan.items() <= carried_over(layout, silent, "2026-12").items()
    assert "诊断_001_责任人" not in carried_over(layout, silent, "2026-12")  # the dealer took it out since
    assert "接车台次_12月目标" not in carried_over(layout, silent, "2027-02")  # a new year, a new plan
