"""`xlkpi check` as people go on from it: marked copies to send back, lists for other programs, what changed since."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from shared.packages import edited

from journey.shared import Month, Run
from xlkpi.cli.demo import fill_in
from xlkpi.workbook.package import members


@pytest.fixture(scope="module")
def marked(run: Run, month: Month, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("marked")
    result = run("check", month.folder / "filled", "--issue", month.blank, "--mark", folder)
    assert result.exit_code == 1
    assert f"→ {folder}" in result.output
    return folder


def open_sheet(path: Path, sheet: str) -> Worksheet:
    return load_workbook(path)[sheet]


def test_files_with_findings_are_marked_the_others_are_not(marked: Path) -> None:
    assert sorted(path.name[:4] for path in marked.iterdir()) == ["D006", "D011", "D012"]


def test_the_dealer_sees_cell_comment_and_list(marked: Path, month: Month) -> None:
    path = marked / month.of("D006").name
    cell = open_sheet(path, "填报")["F8"]
    assert cell.fill.fgColor.rgb == "FFFF9B9B"
    assert cell.comment.text.startswith("〔核对结果〕\n【错误 XK-V001】“维修毛利”没有填\n→ 请填写")
    told = open_sheet(path, "问题清单")
    assert told["A1"].value == "问题清单　D006 虚构·漏填店　2026-11"
    assert told["A2"].value == "共 1 条：错误 1，警告 0，提示 0"
    assert [told.cell(5, column).value for column in (1, 2, 3, 7)] == [1, "错误", "填报!F8", "XK-V001"]
    assert told["C5"].hyperlink.location == "'填报'!F8"


def test_only_the_marked_sheet_and_what_says_so_changes(marked: Path, month: Month) -> None:
    was, now = (members(path.read_bytes()) for path in (month.of("D006"), marked / month.of("D006").name))
    assert {name for name in now if now[name] != was.get(name)} == {
        "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
        "xl/worksheets/sheet2.xml", "xl/worksheets/_rels/sheet2.xml.rels", "xl/worksheets/sheet8.xml",
        "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml",
    }  # fmt: skip
    assert set(was) <= set(now)


def test_a_marked_file_is_read_like_the_one_it_was_made_of(run: Run, marked: Path, month: Month) -> None:
    first, second = (
        run("check", path, "--issue", month.blank, "--format", "json")
        for path in (month.of("D011"), marked / month.of("D011").name)
    )
    assert first.output == second.output != "[]\n"


def test_what_the_dealer_mended_in_the_marked_file_is_unmarked_next_time(
    run: Run, marked: Path, month: Month, tmp_path: Path
) -> None:
    path = tmp_path / month.of("D012").name
    path.write_bytes(fill_in((marked / path.name).read_bytes(), {"维修产值": 291000}))
    run("check", path, "--issue", month.blank, "--mark", tmp_path / "out")
    sheet = open_sheet(tmp_path / "out" / path.name, "填报")
    issued = open_sheet(month.of("D012"), "填报")["F7"].fill.fgColor.rgb[-6:]
    assert (sheet["F7"].fill.fgColor.rgb[-6:], sheet["F7"].comment) == (issued, None)
    assert sheet["F8"].comment.text.count("XK-V009") == 1
    told = open_sheet(tmp_path / "out" / path.name, "问题清单")
    assert [told.cell(row, 3).value for row in (5, 6, 7)] == ["填报!F8", "填报!F10", None]


def test_a_file_that_cannot_be_read_is_named_as_unmarked(run: Run, month: Month, tmp_path: Path) -> None:
    result = run("check", month.of("D009"), "--issue", month.blank, "--mark", tmp_path / "marked")
    assert "XK-W011" in result.output
    assert not (tmp_path / "marked").exists()


def test_the_files_themselves_are_never_overwritten(run: Run, month: Month) -> None:
    before = month.of("D006").read_bytes()
    result = run("check", month.of("D006"), "--issue", month.blank, "--mark", month.folder / "filled")
    assert result.exit_code == 2
    assert "choose another folder" in result.output
    assert month.of("D006").read_bytes() == before


def test_two_files_of_one_name_give_two_copies(run: Run, month: Month, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        shutil.copy(month.of("D006"), tmp_path / folder / "表.xlsx")
    run("check", tmp_path / "a", tmp_path / "b", "--issue", month.blank, "--mark", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["表.xlsx", "表~2.xlsx"]


def test_a_file_that_cannot_be_patched_is_answered_in_our_layout(run: Run, month: Month, tmp_path: Path) -> None:
    """Rows without numbers, as the standard allows: where a new row would go is then not known."""
    odd = tmp_path / month.of("D011").name
    data = fill_in(month.of("D011").read_bytes(), {"轮胎": "说不清"})
    odd.write_bytes(edited(data, entry=lambda text: text.replace("<row r=", "<row x=")))
    result = run("check", odd, "--issue", month.blank, "--mark", tmp_path / "out")
    assert "XK-W010" in result.output
    answered = tmp_path / "out" / odd.name
    told = {row[6].value: row[2].value for row in open_sheet(answered, "问题清单").iter_rows(min_row=5)}
    assert list(told) == ["XK-V002", "XK-V014", "XK-W010"]
    wrong = open_sheet(answered, "填报")[str(told["XK-V002"]).removeprefix("填报!")]
    assert wrong.value == "说不清"  # the dealer's own words stay
    assert wrong.fill.fgColor.rgb == "FFFF9B9B"
    again = run("check", answered, "--issue", month.blank, "--format", "json")
    assert [entry["code"] for entry in json.loads(again.output)] == ["XK-V002", "XK-V014"]
    values = [open_sheet(path, "填报")["F7"].value for path in (answered, month.of("D011"))]
    assert values[0] == values[1]


# ------------------------------------------------------------------ lists


def test_findings_as_csv(run: Run, month: Month, tmp_path: Path) -> None:
    out = tmp_path / "findings.csv"
    result = run("check", month.folder / "filled", "--issue", month.blank, "--format", "csv", "-o", out)
    assert result.exit_code == 1
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8-sig"))))
    assert [row["级别"] for row in rows] == sorted(
        (row["级别"] for row in rows), key=["error", "warning", "notice"].index
    )
    (missing,) = (row for row in rows if row["代码"] == "XK-V001")
    assert (missing["经销商代码"], missing["经销商名称"], missing["工作表"], missing["单元格"]) == (
        "D006", "虚构·漏填店", "填报", "F8",
    )  # fmt: skip
    shown = run("check", month.folder / "filled", "--issue", month.blank, "--format", "csv")
    assert shown.output == out.read_text("utf-8-sig")


def test_findings_as_a_workbook_that_can_be_filtered(run: Run, month: Month, tmp_path: Path) -> None:
    out = tmp_path / "findings.xlsx"
    run("check", month.folder / "filled", "--issue", month.blank, "--format", "xlsx", "-o", out)
    sheet = open_sheet(out, "问题清单")
    listed = json.loads(run("check", month.folder / "filled", "--issue", month.blank, "--format", "json").output)
    assert sheet.max_row == 1 + len(listed) > 5
    assert sheet.auto_filter.ref == f"A1:K{sheet.max_row}"
    assert [sheet.cell(row, 5).value for row in range(2, sheet.max_row + 1)] == [entry["code"] for entry in listed]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--format", "xlsx"), "needs -o"),
        (("-o", "x.txt"), "text goes to the terminal"),
        (("--format", "csv", "--against", "."), "text, json or xlsx"),
    ],
)
def test_options_that_do_not_go_together(run: Run, month: Month, words: tuple[str, ...], says: str) -> None:
    result = run("check", month.of("D001"), "--issue", month.blank, *words)
    assert result.exit_code == 2
    assert says in result.output


# ------------------------------------------------------------------ what a resubmission changed


@pytest.fixture
def again(month: Month, tmp_path: Path) -> Path:
    """D006 sends once more: what lacked is filled in, another figure is corrected, one is now wrong, with a remark."""
    book = load_workbook(month.of("D006"))
    sheet = book["填报"]
    sheet["F8"].value, sheet["F7"].value, sheet["F10"].value, sheet["H8"].value = 61234.5, 250000, "约三百", "补报"
    path = tmp_path / month.of("D006").name
    book.save(path)
    return path


def test_a_resubmission_is_compared_field_by_field(run: Run, month: Month, again: Path) -> None:
    result = run("check", again, "--issue", month.blank, "--against", month.folder / "filled", "--format", "json")
    (told,) = (compared for compared in json.loads(result.output)["changes"] if compared["changes"])
    changed = {(entry["kind"], entry["name"]): (entry["old"], entry["new"]) for entry in told["changes"]}
    sheet = open_sheet(month.of("D006"), "填报")
    assert changed == {
        ("填报", "维修毛利"): ("", "61,234.5 元"),
        ("填报", "维修产值"): (f"{sheet['F7'].value:,} 元", "250,000 元"),
        ("填报", "接车台次"): (f"{sheet['F10'].value} 台", "约三百"),
        ("备注", "维修毛利"): ("", "补报"),
    }
    assert [entry["code"] for entry in told["findings_gone"]] == ["XK-V001"]
    assert [entry["code"] for entry in told["findings_new"]] == ["XK-V002"]


def test_what_changed_is_told_on_the_terminal_and_in_the_workbook(
    run: Run, month: Month, again: Path, tmp_path: Path
) -> None:
    result = run("check", again, "--issue", month.blank, "--against", month.of("D006"))
    assert f"变化　{again.name} ← {again.name}" in result.output
    assert "填报　维修毛利：（空） → 61,234.5 元" in result.output
    assert "已消除　XK-V001 填报!F8" in result.output
    assert "新出现　XK-V002 填报!F10" in result.output
    out = tmp_path / "both.xlsx"
    run("check", again, "--issue", month.blank, "--against", month.of("D006"), "--format", "xlsx", "-o", out)
    rows = list(open_sheet(out, "变化").iter_rows(values_only=True))
    assert rows[0][3:] == ("什么", "名称", "原来", "现在")
    assert ("填报", "维修毛利", None, "61,234.5 元") in [row[3:] for row in rows]


def test_a_file_without_an_earlier_one_says_so(run: Run, month: Month) -> None:
    result = run("check", month.of("D001"), "--issue", month.blank, "--against", month.of("D006"))
    assert "没有这家经销商更早的文件" in result.output


def test_the_same_file_again_has_no_change(run: Run, month: Month) -> None:
    result = run("check", month.of("D001"), "--issue", month.blank, "--against", month.of("D001"))
    assert result.exit_code == 0
    assert "没有变化" in result.output


def test_text_that_looks_like_a_formula_stays_text_in_every_list(run: Run, month: Month, tmp_path: Path) -> None:
    path = tmp_path / "=cmd.xlsx"
    path.write_bytes(fill_in(month.of("D006").read_bytes(), {"精品": "@看这里"}))
    out = tmp_path / "list.xlsx"
    run("check", path, "--issue", month.blank, "--format", "xlsx", "-o", out)
    assert open_sheet(out, "问题清单")["C2"].data_type == "s"
    text = run("check", path, "--issue", month.blank, "--format", "csv").output
    assert ",'=cmd.xlsx," in text
