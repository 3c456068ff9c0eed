"""`xlkpi excel score`, which attaches to a running Excel: through the command itself, on what stands for xlwings' apps.

The books are the fake desktop's, or those of xlwings' real remote engine; nothing of ours is replaced.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import xlwings
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from xlkpi.checking.marking import SHEET as FINDINGS
from xlkpi.cli import main
from xlkpi.excel.attach import why_none
from xlkpi.excel.button import review_book
from xlkpi.excel.control import FILE
from xlkpi.excel.install import control_workbook
from xlkpi.excel.scorecard import SHEET as SCORES

from .conftest import Open
from .demo import Month
from .fake import ComError, FakeApp, FakeBook
from .test_button import control_data
from .vba import ACTIONS, dump, replay

Running = Callable[..., None]


class SilentApp:
    """An Excel that does not answer: a protected view, a dialog, a cell that is being typed in."""

    def __init__(self, error: Exception):
        self.error = error

    @property
    def books(self) -> Any:
        raise self.error


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Running:
    """Excels that xlwings finds running. The remote engine, which a key in the environment adds, is never asked."""

    def set_apps(*apps: Any) -> None:
        remote = SimpleNamespace(type="remote", apps=[SilentApp(AssertionError("the remote engine was asked"))])
        monkeypatch.setattr(xlwings, "engines", [remote, SimpleNamespace(type="desktop", apps=list(apps))])

    return set_apps


@pytest.fixture
def score(month: Month) -> Callable[..., Result]:
    """Run the command on the month's issue."""

    def run(*options: str) -> Result:
        done = CliRunner().invoke(main, ["excel", "score", "--issue", str(month.folder / "blank"), *options])
        assert done.exception is None or isinstance(done.exception, SystemExit), "a traceback is no message"
        return done

    return run


def excel_with(month: Month, *codes: str, folder: str = "", **changes: Any) -> FakeApp:
    app = FakeApp()
    for code in codes:
        FakeBook(month.sent(code, reviewed=True, **changes), f"{code}.xlsx", app, folder)
    return app


def untouched(app: FakeApp, month: Month) -> bool:
    """Whether every dealer's workbook in an Excel is as it was opened."""
    return all(dump(book.file) == dumped(month.sent(book.name[:4], reviewed=True)) for book in app.books)


@cache
def dumped(data: bytes) -> dict[tuple[str, str], tuple[Any, ...]]:
    return dump(load_workbook(io.BytesIO(data)))


# ------------------------------------------------------------------ the good road


def test_the_only_form_that_is_open_is_scored(month: Month, running: Running, score: Callable[..., Result]) -> None:
    app = excel_with(month, "D001")
    FakeBook(control_workbook("/usr/bin/python3"), "xlkpi.excel.xlsm", app)  # no form: passed over
    running(app)
    done = score()
    assert done.exit_code == 0
    assert "正在连接 Excel" in done.stderr
    assert done.stdout.splitlines()[:2] == ["原文实例店（D001）　2026-11", "总分 88.2 分（满分 100），良好"]
    assert "采用了本工作簿里填写的 16 项检查情况" in done.stdout
    assert "工作簿还没有保存" in done.stdout
    dealer = app.books[0]
    assert dealer.file.sheetnames[-2:] == [SCORES, FINDINGS]
    assert dealer.file[SCORES]["H20"].value == pytest.approx(88.2257978500812)
    assert dealer.locked


def test_a_second_run_gives_the_same(month: Month, running: Running, score: Callable[..., Result]) -> None:
    app = excel_with(month, "D006")
    running(app)
    first = score()
    once = dump(app.books[0].file)
    second = score()
    assert (second.exit_code, second.output) == (first.exit_code, first.output)
    assert dump(app.books[0].file) == once


def test_it_says_and_writes_what_the_button_does(month: Month, running: Running, score: Callable[..., Result]) -> None:
    app, other = excel_with(month, "D003"), excel_with(month, "D003")
    running(app)
    done = score()
    pressed = review_book(other.books[0], month.issue, scoring=True)
    assert done.stdout == pressed.message + "\n"
    assert dump(app.books[0].file) == dump(other.books[0].file)


def test_headquarters_list_may_be_named(month: Month, running: Running, score: Callable[..., Result]) -> None:
    app = FakeApp()
    FakeBook(month.sent("D001"), "D001.xlsx", app)
    running(app)
    assert "暂定" in score().stdout
    assert "总分 88.2 分" in score("--inspections", str(month.folder / "inspections.xlsx")).stdout


def test_what_is_not_given_is_taken_from_the_open_control_workbook(month: Month, running: Running) -> None:
    app = excel_with(month, "D001")
    FakeBook(month.sent("D002"), "D002.xlsx", app)
    running(app)
    command = ["excel", "score"]
    alone = CliRunner().invoke(main, command)
    assert alone.exit_code == 2
    assert "请用 --issue 指明下发文件夹；或打开控制台 xlkpi.excel.xlsm" in alone.stderr
    told = {"issue": "blank", "inspections": "inspections.xlsx", "book": "D002"}
    control = FakeBook(control_data("检查", **told), FILE, app, str(month.folder))
    before = dump(control.file)
    assert "（D002）　2026-11\n总分" in CliRunner().invoke(main, command).stdout
    assert "（D001）" in CliRunner().invoke(main, [*command, "--book", "D001"]).stdout
    assert dump(control.file) == before


def test_checking_writes_findings_alone_and_its_exit_code_tells(
    month: Month, running: Running, score: Callable[..., Result]
) -> None:
    app = FakeApp()
    FakeBook(month.sent("D006"), "D006.xlsx", app)
    running(app)
    done = score("--check")
    assert done.exit_code == 1, "a finding of severity error"
    assert app.books[0].file.sheetnames[-1] == FINDINGS
    assert SCORES not in app.books[0].file.sheetnames


# ------------------------------------------------------------------ which workbook is meant


@pytest.mark.parametrize("name", ["D002.xlsx", "D002", "d002.XLSX", r"C:\returned\D002.xlsx", "c:/Returned/d002.xlsx"])
def test_a_workbook_is_chosen_by_name_or_path(
    month: Month, running: Running, score: Callable[..., Result], name: str
) -> None:
    app = excel_with(month, "D001", "D002", folder="C:/returned")
    running(app)
    assert "（D002）" in score("--book", name).stdout
    assert [SCORES in book.file.sheetnames for book in app.books] == [False, True]


def test_of_several_open_forms_one_must_be_named(month: Month, running: Running, score: Callable[..., Result]) -> None:
    app = excel_with(month, "D001", "D002")
    running(app)
    done = score()
    assert done.exit_code == 2
    assert "打开了 2 份经销商的工作簿，请用 --book 指明一份：D001.xlsx、D002.xlsx" in done.stderr
    assert untouched(app, month)


def test_the_same_name_in_two_excels_is_asked_about_and_a_path_decides(
    month: Month, running: Running, score: Callable[..., Result]
) -> None:
    first, second = excel_with(month, "D001", folder="C:/old"), excel_with(month, "D001", folder="C:/new")
    running(first, second)
    done = score("--book", "D001.xlsx")
    assert done.exit_code == 2
    assert "请写完整的路径：C:/old/D001.xlsx、C:/new/D001.xlsx" in done.stderr
    assert untouched(first, month)
    assert untouched(second, month)
    assert score("--book", r"C:\new\D001.xlsx").exit_code == 0
    assert untouched(first, month)
    assert SCORES in second.books[0].file.sheetnames


def test_two_workbooks_that_differ_in_their_ending_are_told_apart(
    month: Month, running: Running, score: Callable[..., Result]
) -> None:
    app = excel_with(month, "D001")
    FakeBook(month.sent("D002", reviewed=True), "D001.xlsm", app)
    running(app)
    assert "打开了 2 份名为“D001”的工作簿" in score("--book", "D001").stderr
    assert "（D002）" in score("--book", "D001.xlsm").stdout


def test_a_name_that_is_not_open_is_answered_with_those_that_are(
    month: Month, running: Running, score: Callable[..., Result]
) -> None:
    app = excel_with(month, "D001")
    running(app)
    done = score("--book", "D009.xlsx")
    assert done.exit_code == 2
    assert "没有打开名为“D009.xlsx”的工作簿；现在打开的：D001.xlsx" in done.stderr
    assert untouched(app, month)


def test_a_workbook_that_is_not_ours_is_left_alone(
    month: Month, running: Running, score: Callable[..., Result]
) -> None:
    app = FakeApp()
    book = FakeBook(control_workbook("/usr/bin/python3"), "x.xlsx", app)
    before = dump(book.file)
    running(app)
    done = score("--book", "x.xlsx")
    assert done.exit_code == 1
    assert "XK-T001" in done.stdout
    assert "请先打开一份经销商的工作簿；现在打开的：x.xlsx" in score().stderr
    assert dump(book.file) == before


# ------------------------------------------------------------------ what goes wrong is told in words


def test_a_failure_half_way_leaves_the_workbook_as_it_was(
    month: Month, running: Running, score: Callable[..., Result]
) -> None:
    app = excel_with(month, "D001")
    app.books[0].fails_at = FINDINGS
    running(app)
    done = score()
    assert done.exit_code == 1
    assert "Excel 拒绝写入（1004" in done.stderr
    assert "工作簿保持原样" in done.stderr
    assert done.stdout == ""
    assert untouched(app, month)
    assert app.books[0].locked


def test_without_an_open_workbook_it_says_what_to_do(running: Running, score: Callable[..., Result]) -> None:
    for apps in ([], [FakeApp()]):
        running(*apps)
        done = score()
        assert done.exit_code == 1
        assert "没有找到打开着工作簿的 Excel；在“受保护的视图”里的不算" in done.stderr


def test_an_excel_that_does_not_answer_is_passed_over(
    month: Month, running: Running, score: Callable[..., Result]
) -> None:
    silent = SilentApp(ComError("-2147418111 Call was rejected by callee."))
    running(silent, excel_with(month, "D001"))
    assert score().exit_code == 0
    running(silent)
    done = score()
    assert done.exit_code == 1
    assert "Excel 没有应答：请结束正在输入的单元格" in done.stderr
    assert "rejected by callee" in done.stderr


def test_on_a_mac_a_declined_permission_is_named(running: Running, score: Callable[..., Result]) -> None:
    running(SilentApp(RuntimeError("OSERROR: -1743 MESSAGE: The user has declined permission.")))
    assert "隐私与安全性 → 自动化" in score().stderr


def test_a_workbook_that_fails_while_it_is_read_is_told(
    month: Month, running: Running, score: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = excel_with(month, "D001")
    running(app)
    monkeypatch.setattr(FakeBook, "names", property(lambda _: 1 / 0))
    done = score()
    assert done.exit_code == 1
    assert "打开的工作簿没有改动：ZeroDivisionError" in done.stderr


def test_a_folder_without_an_issue_is_a_wrong_option(running: Running, month: Month, tmp_path: Path) -> None:
    running(excel_with(month, "D001"))
    done = CliRunner().invoke(main, ["excel", "score", "--issue", str(tmp_path)])
    assert done.exit_code == 2
    assert "holds no issue" in done.stderr


def test_without_xlwings_it_says_what_to_install(
    score: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setitem(sys.modules, "xlwings", None)
    done = score()
    assert done.exit_code == 1
    assert "pip install xlwings" in done.stderr


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there xlwings has a desktop engine")
def test_where_there_is_no_excel_it_says_where_there_is(score: Callable[..., Result]) -> None:
    """With xlwings' own engines: here only those that a key adds."""
    done = score()
    assert done.exit_code == 1
    assert "它只在 Windows 和 macOS 上运行" in done.stderr


def test_without_its_helpers_xlwings_has_no_way_to_excel_and_they_are_named() -> None:
    assert "pip install pywin32" in why_none("win32")
    assert "pip install appscript psutil" in why_none("darwin")


# ------------------------------------------------------------------ what xlwings does when Python ends


@pytest.mark.parametrize(("call", "said"), [("", "an Excel was ended\n"), ("keep_other_excels_open()", "")])
def test_no_other_excel_is_ended_with_python(call: str, said: str) -> None:
    """On Windows xlwings ends, when Python does, every Excel in which it sees no workbook: its source says so."""
    source = (Path(xlwings.__file__).parent / "_xlwindows.py").read_text("utf-8")
    assert "@atexit.register\ndef cleanup():" in source
    assert "taskkill" in source
    code = (
        "import atexit, sys, types; windows = sys.modules['xlwings._xlwindows'] = types.ModuleType('_xlwindows'); "
        "windows.cleanup = atexit.register(lambda: print('an Excel was ended')); "
        f"from xlkpi.excel.attach import keep_other_excels_open; {call}"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == said


# ------------------------------------------------------------------ the same on xlwings' real remote engine


def test_the_command_on_a_book_of_the_remote_engine(
    month: Month, opened: Open, score: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """xlwings' own apps and books all the way; what is queued is what the button queues."""
    data = month.sent("D001", reviewed=True)
    dealer, other = opened(data, "D001.xlsx"), opened(data, "other.xlsx")
    review_book(other, month.issue, scoring=True)
    remote = SimpleNamespace(type="desktop", apps=xlwings.engines["remote"].apps)
    monkeypatch.setattr(xlwings, "engines", [remote])
    done = score("--book", "D001")
    assert done.exit_code == 0
    assert "总分 88.2 分" in done.stdout
    actions = json.loads(json.dumps(dealer.json()["actions"], allow_nan=False))
    assert actions == json.loads(json.dumps(other.json()["actions"]))
    assert {action["func"] for action in actions} <= ACTIONS
    assert dump(replay(data, actions))[SCORES, "H20"][0] == pytest.approx(88.2257978500812)
