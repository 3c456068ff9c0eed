"""A press of the button, from the control sheet's cells to the message; on the fake book and on the remote engine."""

from __future__ import annotations

import gc
import io
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlwings
from click.testing import CliRunner
from openpyxl import Workbook, load_workbook

import xlkpi.excel
from xlkpi.checking.marking import SHEET as FINDINGS
from xlkpi.cli import main
from xlkpi.excel.attach import choose
from xlkpi.excel.button import press, review_book
from xlkpi.excel.control import ACTION_ROW, FILE, FIRST_FIELD_ROW, OLD_FIELDS, SHEET, Trouble, one_line
from xlkpi.excel.scorecard import SHEET as SCORES

from .conftest import Open
from .demo import Month, saved
from .fake import FakeApp, FakeBook
from .vba import ACTIONS, dump, replay

WHEN = datetime(2026, 12, 3, 9, 30)
ROWS = {field.key: row for row, field in enumerate(OLD_FIELDS, FIRST_FIELD_ROW)}
LOG_ROW = FIRST_FIELD_ROW + len(OLD_FIELDS) + 2


def control_data(action: str, **values: Any) -> bytes:
    """A control workbook of before the workspace: it names each folder by itself, and goes on working."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    sheet[f"B{ACTION_ROW}"], sheet[f"C{ACTION_ROW}"] = "要做什么", action
    for field in OLD_FIELDS:
        sheet[f"C{ROWS[field.key]}"].number_format = "@"
        sheet[f"B{ROWS[field.key]}"], sheet[f"C{ROWS[field.key]}"] = field.label, values.get(field.key)
    for column, heading in zip("BCD", ("时间", "做了什么", "结果"), strict=True):
        sheet[f"{column}{LOG_ROW}"] = heading
    return saved(book)


Control = Callable[..., FakeBook]


@pytest.fixture
def control(tmp_path: Path) -> Control:
    """A control workbook with an action chosen and cells filled in, in an Excel of its own."""

    def make(action: str, **values: Any) -> FakeBook:
        return FakeBook(control_data(action, **values), FILE, FakeApp(), str(tmp_path))

    return make


def pressed(control: FakeBook) -> str:
    message = press(control, lambda: WHEN)
    assert [said for _, said in control.app.alerts] == [message]
    row = [control.file[SHEET].cell(LOG_ROW + 1, column).value for column in (2, 3, 4)]
    assert row[0] == "2026-12-03 09:30:00"
    assert row[2] == one_line(message)
    return message


def well(control: FakeBook) -> bool:
    return control.app.alerts[-1][0] == "info"


# ------------------------------------------------------------------ the good road


def test_scoring_writes_scores_and_findings_and_says_so(control: Control, month: Month) -> None:
    here = control("评分", issue=str(month.folder / "blank"))
    dealer = FakeBook(month.sent("D001", reviewed=True), "D001.xlsx", here.app)
    assert dealer.locked, "the blanks' structure is locked; the button must get by"
    message = pressed(here)
    assert well(here)
    assert "总分 88.2 分（满分 100），良好" in message
    assert "采用了本工作簿里填写的 16 项检查情况" in message
    assert dealer.file.sheetnames[-2:] == [SCORES, FINDINGS]
    assert dealer.locked
    scores = dealer.file[SCORES]
    assert scores["A1"].value.startswith("评分结果　原文实例店（D001）　2026-11")
    items = {row[1].value: row for row in scores.iter_rows(min_row=7, max_row=20)}
    assert items["精品"][7].value == pytest.approx(0.8725208137077679)
    assert items["精品"][8].value.startswith("实绩 3,427.00 元 ÷ 目标 19,638.50 元")
    assert items["总分"][7].value == pytest.approx(88.2257978500812)
    assert dealer.reads == dict.fromkeys(dealer.reads, 1), "more than one bulk read of a sheet"


def test_a_second_press_gives_the_same(control: Control, month: Month) -> None:
    here = control("评分", issue=str(month.folder / "blank"))
    dealer = FakeBook(month.sent("D006", reviewed=True), "D006.xlsx", here.app)
    first = press(here, lambda: WHEN)
    once = dump(dealer.file)
    assert press(here, lambda: WHEN) == first
    assert dump(dealer.file) == once
    log = [here.file[SHEET].cell(LOG_ROW + n, 3).value for n in (1, 2, 3)]
    assert log == ["评分", "评分", None]


def test_checking_writes_findings_alone(control: Control, month: Month) -> None:
    here = control("检查", issue=str(month.folder / "blank"))
    dealer = FakeBook(month.sent("D006"), "D006.xlsx", here.app)
    message = pressed(here)
    assert well(here)
    assert dealer.file.sheetnames[-1] == FINDINGS
    assert SCORES not in dealer.file.sheetnames
    codes = [row[6].value for row in dealer.file[FINDINGS].iter_rows(min_row=5) if row[6].value]
    assert codes == ["XK-V001"], "inspections are headquarters' and not looked for here"
    assert "总分" not in message


def test_the_form_s_own_cells_are_never_touched(control: Control, month: Month) -> None:
    here = control("评分", issue=str(month.folder / "blank"))
    dealer = FakeBook(month.sent("D006", reviewed=True), "D006.xlsx", here.app)
    before = dump(dealer.file)
    press(here, lambda: WHEN)
    after = dump(dealer.file)
    assert {key: seen for key, seen in after.items() if key[0] not in (SCORES, FINDINGS)} == before


def test_desktop_excel_finds_an_altered_formula(control: Control, month: Month) -> None:
    here = control("检查", issue=str(month.folder / "blank"))
    place = month.issue.layout.place("接车台次_完成率")
    book = load_workbook(io.BytesIO(month.sent("D002")))
    book[place.sheet][place.ref].value = "=1+1"
    dealer = FakeBook(saved(book), "D002.xlsx", here.app)
    pressed(here)
    listed = [(row[6].value, row[2].value) for row in dealer.file[FINDINGS].iter_rows(min_row=5) if row[6].value]
    assert listed == [("XK-I002", str(place))]


def test_headquarters_list_fills_in_what_the_workbook_leaves_blank(control: Control, month: Month) -> None:
    blank, listed = str(month.folder / "blank"), str(month.folder / "inspections.xlsx")
    here = control("评分", issue=blank, inspections=listed)
    dealer = FakeBook(month.sent("D001", 返修台数="未完成"), "D001.xlsx", here.app)
    pressed(here)
    sources = {
        row[0].value: (row[3].value, row[4].value) for row in dealer.file[SCORES].iter_rows() if row[4].value in
        ("本工作簿", "总部清单")
    }  # fmt: skip
    assert len(sources) == 16
    assert [where for _, where in sources.values()].count("本工作簿") == 1
    vetoed = [row[0].value for row in dealer.file[SCORES].iter_rows() if str(row[7].value).startswith("否决")]
    assert vetoed == ["质量管理"]
    differing = [row[3].value for row in dealer.file[FINDINGS].iter_rows() if row[6].value == "XK-I009"]
    assert [text.split("；")[0] for text in differing] == [
        "“返修台数”的检查情况，打开的工作簿里是 未完成，总部清单里是 完成"
    ]


def test_a_folder_is_scored_into_another(control: Control, month: Month, tmp_path: Path) -> None:
    returned = tmp_path / "returned"
    returned.mkdir()
    for code in ("D001", "D002"):
        (returned / f"{code}.xlsx").write_bytes(month.sent(code))
    (returned / "x.xlsx").write_bytes(b"not a workbook")
    blank, listed = str(month.folder / "blank"), str(month.folder / "inspections.xlsx")
    here = control("批量评分一个文件夹", issue=blank, inspections=listed, returned="returned", out="out")
    assert pressed(here) == f"已评 2 份，退回 1 份\n结果在 {tmp_path / 'out'}"
    scores = json.loads((tmp_path / "out" / "scores.json").read_text("utf-8"))
    assert next(d["total"] for d in scores["dealers"]) == pytest.approx(88.2257978500812)
    words = [
        "score",
        str(returned),
        "--issue",
        blank,
        "--inspections",
        listed,
        "-o",
        str(tmp_path / "batch"),
        "--report",
    ]
    assert CliRunner().invoke(main, words).exit_code == 4
    by_hand, pressed_ = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path / "batch", tmp_path / "out")
    )
    assert pressed_ == by_hand


def test_next_month_s_blanks_are_made(control: Control, month: Month, tmp_path: Path) -> None:
    roster, november = str(month.folder / "dealers.xlsx"), month.folder / "targets.xlsx"
    given: dict[str, Any] = {
        "scheme": "service-assessment",
        "month": datetime(2026, 12, 1),
        "roster": roster,
        "blanks": "next",
    }
    refused = pressed(control("生成下月空白表", **given, targets=str(november)))
    assert "2026-11" in refused
    assert "2026-12" in refused
    book = load_workbook(november)  # as people make the next month's: the sheet copied into a workbook, title changed
    book.defined_names.clear()
    book.custom_doc_props.props.clear()  # type: ignore[attr-defined]  # types-openpyxl lacks it
    book.worksheets[0]["A1"] = "2026-12　目标"
    book.save(tmp_path / "targets.xlsx")
    here = control("生成下月空白表", **given, targets=str(tmp_path / "targets.xlsx"))
    assert pressed(here).startswith("12 份空白表")
    assert len(list((tmp_path / "next").glob("D*_2026-12.xlsx"))) == 12


# ------------------------------------------------------------------ what goes wrong is told in words


TROUBLES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"action": "跳舞"}, "请在“控制台”的 C4 选择要做什么"),
    ({"action": "评分"}, "请先打开一份经销商的工作簿"),
    ({"action": "评分", "book": "没有.xlsx", "issue": "."}, "没有打开名为“没有.xlsx”的工作簿"),
    ({"action": "批量评分一个文件夹"}, "请在“控制台”里填写“下发文件夹”"),
    ({"action": "批量评分一个文件夹", "issue": "nowhere"}, "“下发文件夹”找不到"),
    ({"action": "批量评分一个文件夹", "issue": "."}, "issue.json"),
    ({"action": "生成下月空白表", "month": "2026-12", "scheme": "nothing", "blanks": "x"}, "方案不能用"),
    ({"action": "生成下月空白表", "month": "1999-12", "scheme": "service-assessment", "blanks": "x"}, "不适用于 1999"),
)  # fmt: skip


@pytest.mark.parametrize(("given", "told"), TROUBLES)
def test_what_is_missing_is_asked_for(control: Control, given: dict[str, Any], told: str) -> None:
    here = control(given.pop("action"), **given)
    assert told in pressed(here)
    assert not well(here)


def test_of_several_open_workbooks_one_must_be_named(control: Control, month: Month) -> None:
    here = control("检查", issue=str(month.folder / "blank"))
    for code in ("D001", "D002"):
        FakeBook(month.sent(code), f"{code}.xlsx", here.app)
    assert "D001.xlsx、D002.xlsx" in pressed(here)
    offered = [here.file[SHEET][f"H{FIRST_FIELD_ROW + n}"].value for n in range(3)]
    assert offered == ["D001.xlsx", "D002.xlsx", None]
    assert choose(here.app.books, "d002", FILE).name == "D002.xlsx"
    with pytest.raises(Trouble, match="没有打开"):
        choose(here.app.books, FILE, FILE)


def test_a_workbook_that_is_not_of_this_issue_is_left_alone(control: Control, month: Month) -> None:
    here = control("评分", book="x.xlsx", issue=str(month.folder / "blank"))
    dealer = FakeBook(control_data("评分"), "x.xlsx", here.app)
    before = dump(dealer.file)
    assert "XK-T001" in pressed(here)
    assert dump(dealer.file) == before


def test_a_person_s_sheet_of_the_same_name_is_not_overwritten(control: Control, month: Month) -> None:
    here = control("评分", issue=str(month.folder / "blank"))
    book = load_workbook(io.BytesIO(month.sent("D001", reviewed=True)))
    book.create_sheet(SCORES)["A1"] = "我的笔记"
    dealer = FakeBook(saved(book), "D001.xlsx", here.app)
    assert "已有一张别人的工作表“评分结果”" in pressed(here)
    assert dealer.file[SCORES]["A1"].value == "我的笔记"


def test_a_failure_of_excel_reaches_the_reviewer_and_nothing_is_left(control: Control, month: Month) -> None:
    here = control("评分", issue=str(month.folder / "blank"))
    dealer = FakeBook(month.sent("D001", reviewed=True), "D001.xlsx", here.app)
    before, dealer.fails_at = dump(dealer.file), FINDINGS
    assert "Excel 拒绝写入（1004" in pressed(here)
    assert not well(here)
    assert dump(dealer.file) == before
    assert dealer.locked


def test_a_fault_of_ours_is_a_message_too(
    control: Control, month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr("xlkpi.excel.button.review", lambda *_, **__: 1 / 0)
    here = control("评分", issue=str(month.folder / "blank"))
    FakeBook(month.sent("D001"), "D001.xlsx", here.app)
    assert "程序出错，打开的工作簿没有改动：ZeroDivisionError" in pressed(here)


def test_a_dealer_s_own_settings_and_programs_say_nothing(control: Control, month: Month) -> None:
    here = control("评分", issue=str(month.folder / "blank"))
    book = load_workbook(io.BytesIO(month.sent("D001", reviewed=True)))
    conf = book.create_sheet("xlwings.conf")
    conf["A1"], conf["B1"] = "INTERPRETER_WIN", r"C:\evil.exe"
    book.create_sheet("evil.py")["A1"] = "import os"
    dealer = FakeBook(saved(book), "D001.xlsx", here.app)
    pressed(here)
    assert well(here)
    assert dealer.file["xlwings.conf"]["B1"].value == r"C:\evil.exe"


# ------------------------------------------------------------------ the same on xlwings' real remote engine


def test_a_press_on_the_remote_engine(opened: Open, month: Month) -> None:
    """Both workbooks on the engine; the dealer's actions replayed give what the press wrote on the fake."""
    data = month.sent("D001", reviewed=True)
    dealer = opened(data, "D001.xlsx")
    here = opened(
        control_data("评分", issue=str(month.folder / "blank")), FILE
    )  # the last one is active: it is alerted
    message = press(here, lambda: WHEN)
    assert "总分 88.2 分" in message
    alerts = [a["args"][0] for a in here.json()["actions"] if a["func"] == "alert"]
    assert alerts == [message]
    actions = dealer.json()["actions"]
    assert {action["func"] for action in [*actions, *here.json()["actions"]]} <= ACTIONS
    seen = dump(replay(data, actions))
    assert seen[SCORES, "H20"][0] == pytest.approx(88.2257978500812)

    app = FakeApp()
    desktop = FakeBook(data, "D001.xlsx", app)
    review_book(desktop, month.issue, scoring=True)
    there = dump(desktop.file)
    apart = {key for key in seen.keys() | there.keys() if seen.get(key) != there.get(key)}
    # desktop Excel tells formulas, so the notice that they were not looked at stands in the remote list alone
    assert {sheet for sheet, _ in apart} == {FINDINGS}


def test_main_takes_the_workbook_that_called(opened: Open, month: Month) -> None:
    """As xlwings offers it for trying out; the caller is a class attribute and has to be taken away again."""
    here = opened(control_data("评分", issue=str(month.folder / "blank")), FILE)
    here.set_mock_caller()
    collects = gc.get_threshold()
    try:
        xlkpi.excel.main()
    finally:
        del xlwings.Book._mock_caller
        gc.set_threshold(*collects)
    (alert,) = [action for action in here.json()["actions"] if action["func"] == "alert"]
    assert alert["args"][0].startswith("请先打开一份经销商的工作簿")


def test_a_workbook_that_is_refused_is_sent_nothing(opened: Open, month: Month) -> None:
    other = opened(control_data("检查"), "x.xlsx")
    here = opened(control_data("评分", issue=str(month.folder / "blank"), book="x.xlsx"), FILE)
    assert "XK-T001" in press(here, lambda: WHEN)
    assert other.json()["actions"] == []
    assert [(a["args"][1], a["args"][3]) for a in here.json()["actions"] if a["func"] == "alert"] == [
        ("xlkpi", "critical")
    ]
