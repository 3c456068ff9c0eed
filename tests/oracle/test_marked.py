"""Marked workbooks opened in LibreOffice: it finds nothing to complain of and shows colours, comments and links."""

from __future__ import annotations

import io
import subprocess
import warnings
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from shared.judges import need_soffice, saved_by_libreoffice
from shared.rich import OTHER, SAID, SHEET, rich_workbook
from shared.tables import sampled
from unit.workbook.test_patch import CELLS, findings

from xlkpi.checking.check import Checker
from xlkpi.checking.marking import SHEET as LIST
from xlkpi.checking.marking import mark
from xlkpi.cli.demo import fill_in
from xlkpi.findings import Finding
from xlkpi.intake.guard import admit
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Issue
from xlkpi.values import Place
from xlkpi.workbook.patch import patched

pytestmark = pytest.mark.oracle


@pytest.fixture(scope="module")
def seen(filled: bytes, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Workbook]:
    """The rich workbook with twenty cells marked, and a dealer's; as LibreOffice has them after opening."""
    rich = mark([*findings(SHEET, CELLS), *findings(OTHER, ["B2"])], {SHEET, OTHER}, "D001 2026-11")
    own = mark([Finding("XK-V001", "", Place("填报", "F8"), "x", {"label": "维修毛利"})], {"填报"}, "D001 2026-11")
    files = {"rich": patched(admit(rich_workbook()), rich), "own": patched(admit(filled), own)}
    made = saved_by_libreoffice(files, tmp_path_factory.mktemp("office"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl names LibreOffice's extensions
        return {name: load_workbook(io.BytesIO(data)) for name, data in made.items()}


def test_it_shows_colours_and_comments(seen: dict[str, Workbook]) -> None:
    sheet = seen["rich"][SHEET]
    for ref in CELLS:
        assert sheet[ref].fill.fgColor.rgb == "FFFF9B9B", ref
        assert "【错误 XK-V001】“维修毛利" in sheet[ref].comment.text, ref
    assert sheet["B3"].comment.text.startswith(SAID)
    assert sheet["B6"].fill.fgColor.rgb == "FFFFF2CC"
    assert seen["rich"][OTHER]["B2"].comment.text.startswith("〔核对结果〕\n【错误")


def test_it_shows_the_list_with_links(seen: dict[str, Workbook]) -> None:
    for book, cells in (("rich", len(CELLS) + 1), ("own", 1)):
        sheet = seen[book][LIST]
        assert sheet["A1"].value == "问题清单　D001 2026-11"
        assert [sheet.cell(row, 3).hyperlink is not None for row in range(5, 5 + cells)] == [True] * cells
        assert sheet.cell(5 + cells, 1).value is None


def test_it_finds_the_dealer_s_workbook_as_it_was(seen: dict[str, Workbook]) -> None:
    assert seen["own"]["填报"]["F8"].comment.text.startswith("〔核对结果〕\n【错误")
    assert seen["own"]["填报"]["F8"].value == 60574
    assert seen["own"]["填报"].protection.sheet


# ------------------------------------------------------------------ files of other kinds


@pytest.mark.parametrize("ending", sampled(["ods", "xls"], 2))
def test_a_file_of_another_kind_is_answered_with_a_marked_workbook_in_our_layout(
    ending: str, issue: Issue, filled: bytes, tmp_path: Path
) -> None:
    given = fill_in(filled, {"精品": "说不清"})
    (tmp_path / "D001.xlsx").write_bytes(given)
    command = [
        need_soffice(), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
        "--convert-to", ending, "--outdir", str(tmp_path), str(tmp_path / "D001.xlsx"),
    ]  # fmt: skip
    subprocess.run(command, capture_output=True, timeout=240, check=True)
    checker = Checker(issue)
    (checked,) = checker.check([tmp_path / f"D001.{ending}"])
    done = checker.marked(checked)
    assert (done.name, done.finding and done.finding.code) == ("D001.xlsx", "XK-W010")
    assert done.data is not None
    book = load_workbook(io.BytesIO(done.data))
    place = issue.layout.place("精品")
    cell = book[place.sheet][place.ref]
    assert (cell.value, cell.fill.fgColor.rgb) == ("说不清", "FFFF9B9B")
    assert "XK-V002" in cell.comment.text
    told = {row[6].value: row[2] for row in book[LIST].iter_rows(min_row=5)}
    assert told["XK-V002"].hyperlink.location == f"'{place.sheet}'!{place.ref}"
    assert told["XK-W010"].value == "—"
    again = read_submission(issue, done.data)
    assert isinstance(again, Submission)
    assert isinstance(checked.read, Submission)
    assert {n: a.value for n, a in again.answers.items()} == {n: a.value for n, a in checked.read.answers.items()}
