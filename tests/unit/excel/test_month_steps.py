"""The button over a workspace: one folder is asked for, and a month goes from its first form to 定稿 by presses."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from xlkpi.excel import month_steps
from xlkpi.excel.button import press
from xlkpi.excel.control import FIELDS, FILE, FIRST_FIELD_ROW, LOG_ROW, NEXT_ROW, OF_OLD, OFFERED, SHEET, Action
from xlkpi.excel.install import control_workbook, install
from xlkpi.headquarters.occupied import Occupied
from xlkpi.workspace.opening import init

from .demo import Month, saved
from .fake import FakeApp, FakeBook

ROWS = {field.key: row for row, field in enumerate(FIELDS, FIRST_FIELD_ROW)}
Press = Callable[..., str]


class Books(list[FakeBook]):
    """Excel's open workbooks; `opened` are those that the button opened."""

    opened: list[str]

    def open(self, path: str) -> None:
        self.opened.append(path)


class Window:
    """A control workbook in an Excel of its own; it stays open from press to press."""

    def __init__(self, folder: Path, root: Path):
        book = load_workbook(io.BytesIO(control_workbook("/usr/bin/python3")))
        book[SHEET][f"C{ROWS['workspace']}"] = str(root)
        self.app = FakeApp()
        self.app.books = Books()
        self.app.books.opened = []
        self.control = FakeBook(saved(book), FILE, self.app, str(folder))
        self.at = datetime(2026, 12, 1, 9)

    def press(self, action: str, **values: Any) -> str:
        for sheet in (self.control.file[SHEET], self.control.values[SHEET]):
            sheet["C4"] = action
            for key, value in values.items():
                sheet[f"C{ROWS[key]}"] = value
        return press(self.control, lambda: self.at)

    @property
    def well(self) -> bool:
        return self.app.alerts[-1][0] == "info"

    @property
    def next_step(self) -> str:
        return str(self.control.file[SHEET][f"C{NEXT_ROW}"].value)

    @property
    def months(self) -> list[str]:
        return [
            v for row in range(FIRST_FIELD_ROW, FIRST_FIELD_ROW + 5) if (v := self.control.file[SHEET][f"I{row}"].value)
        ]


@pytest.fixture
def window(tmp_path: Path, month: Month) -> Iterator[Window]:
    root = tmp_path / "绩效"
    init(root, "service-assessment", roster=month.folder / "dealers.xlsx")
    yield Window(tmp_path, root)


def test_it_asks_for_one_folder_and_offers_the_steps() -> None:
    assert [field.key for field in FIELDS if field.key not in ("month", "book", "received", "by", "second")] == [
        "workspace"
    ]
    assert set(OFFERED) == set(Action) - set(OF_OLD)


def test_a_month_by_presses_alone(
    window: Window, month: Month, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, sent = tmp_path / "绩效", tmp_path / "sent"
    sent.mkdir()
    for code in month.files:
        (sent / f"{code}.xlsx").write_bytes(month.sent(code))
    window.press("看下一步")
    assert window.next_step.endswith("：选“开月份，生成目标表”")
    window.press("开月份，生成目标表", month="2026-11")
    assert window.well
    assert window.months == ["2026-11"]
    assert window.next_step == "2026-11　填好 目标.xlsx，然后下发空白表：选“生成空白表”"
    message = window.press("生成空白表", month="")
    assert not window.well
    assert "目标" in message
    shutil.copy(month.folder / "targets.xlsx", root / "2026-11" / "目标.xlsx")
    assert "份空白表" in window.press("生成空白表")
    shutil.copy(month.folder / "inspections.xlsx", root / "2026-11" / "检查情况.xlsx")
    assert "没有找到文件" in window.press("登记收到的文件")
    key = month.folder / "blank" / "issue.key"
    assert key.is_file()
    shutil.copy(key, root / "2026-11" / "空白表")
    for name in ("issue.json", "master.xlsx"):
        shutil.copy(month.folder / "blank" / name, root / "2026-11" / "空白表")
    assert f"{len(month.files)} 条" in window.press("登记收到的文件", received=str(sent))
    assert "选“" in window.next_step
    assert "标注" in window.press("检查收到的")
    assert "封信" in window.press("看信和退回的文件")
    assert "先选“给全部评分”" in window.press("看排名")
    assert "家有名次" in window.press("给全部评分"), window.app.alerts
    window.press("看排名")
    assert [Path(path).name for path in window.app.books.opened] == ["排名汇总.xlsx"]
    seen: list[str] = []
    monkeypatch.setattr(month_steps.webbrowser, "open", seen.append)
    window.press("看报告")
    assert seen and seen[0].endswith("report.html")
    dealer = FakeBook(month.sent("D001", reviewed=True), "D001.xlsx", window.app)
    assert "总分 88.2 分" in window.press("评分", book="D001.xlsx")
    assert dealer.file.sheetnames[-1] == "问题清单"
    assert "已预发布" in window.press("预发布", book="", by="张三")
    assert "没有过" in window.press("定稿")
    assert not window.well
    window.at = datetime(2027, 1, 10)
    assert "已定稿" in window.press("定稿")
    assert window.next_step.endswith("：选“开月份，生成目标表”")
    log = [window.control.file[SHEET].cell(LOG_ROW + n, 3).value for n in (1, 2)]
    assert log == ["定稿", "定稿"]


def test_what_is_no_workspace_is_told(tmp_path: Path) -> None:
    window = Window(tmp_path, tmp_path)
    assert "xlkpi init" in window.press("看下一步")
    assert not window.well
    assert "填写“工作区”" in window.press("看下一步", workspace="")


def test_an_action_of_the_old_workbook_is_not_offered_in_the_new_one(window: Window) -> None:
    assert "请在“控制台”的 C4 选择" in window.press("批量评分一个文件夹")


def test_another_control_workbook_is_not_written_over_unasked(tmp_path: Path) -> None:
    install(tmp_path, "/a/python")
    install(tmp_path, "/a/python")
    once = (tmp_path / FILE).read_bytes()
    with pytest.raises(Occupied) as refused:
        install(tmp_path, "/b/python")
    assert [finding.code for finding in refused.value.findings] == ["XK-W044"]
    assert (tmp_path / FILE).read_bytes() == once
    install(tmp_path, "/b/python", replace=True)
    assert (tmp_path / FILE).read_bytes() != once
