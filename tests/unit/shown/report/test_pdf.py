"""`xlkpi pdf`: the 绩效考核表 alone, as LibreOffice prints it; what cannot be printed is told and stops nothing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from shared.judges import need_soffice

from xlkpi.cli import main
from xlkpi.intake.reader import open_workbook
from xlkpi.shown import pdf

ASSESSED = Path(__file__).parents[4] / "workbooks" / "service-assessment" / "assessed.xlsx"


def text_of(path: Path) -> list[str]:
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
    return done.stdout.split("\f")[:-1]


@pytest.mark.oracle
def test_each_assessment_becomes_a_pdf_and_a_bad_file_stops_nothing(tmp_path: Path) -> None:
    need_soffice()
    given = tmp_path / "assessed"
    given.mkdir()
    shutil.copy(ASSESSED, given / "D001_原文实例店_2026-11.xlsx")
    shutil.copy(ASSESSED, given / "D002 'x' $(y).xlsx")
    (given / "broken.xlsx").write_bytes(ASSESSED.read_bytes()[:2000])
    shutil.copy(ASSESSED.with_name("targets.xlsx"), given / "targets.xlsx")
    done = CliRunner().invoke(main, ["pdf", str(given), "-o", str(tmp_path / "pdf")])
    assert done.exit_code == 4, done.output
    assert {path.name for path in (tmp_path / "pdf").iterdir()} == {
        "D001_原文实例店_2026-11.pdf", "D002 'x' $(y).pdf",
    }  # fmt: skip
    assert "XK-F002" in done.output
    assert "XK-T008" in done.output
    for path in (tmp_path / "pdf").iterdir():
        (page,) = text_of(path)
        assert "88.2" in page
        assert "原文实例店" in page
        assert "填报" not in page.replace("填报截止", "")
    assert not list(given.glob("*.pdf"))


def test_only_the_assessment_is_left_to_see_and_no_cell_is_touched(tmp_path: Path) -> None:
    (tmp_path / "one.xlsx").write_bytes(pdf.assessment_alone(ASSESSED))
    before, after = open_workbook(ASSESSED), open_workbook(tmp_path / "one.xlsx")
    assert before.sheets.keys() == after.sheets.keys()
    for name in before.sheets:
        assert before.package.xml(before.sheets[name]) == after.package.xml(after.sheets[name])
    from openpyxl import load_workbook

    book = load_workbook(tmp_path / "one.xlsx")
    assert [sheet.title for sheet in book if sheet.sheet_state == "visible"] == ["绩效考核表"]
    assert book.active.title == "绩效考核表"


def test_without_libreoffice_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    done = CliRunner().invoke(main, ["pdf", str(ASSESSED), "-o", str(tmp_path)])
    assert done.exit_code == 1
    assert "LibreOffice (soffice) was not found" in done.output
    assert not list(tmp_path.iterdir())


def test_a_pdf_that_was_not_made_is_a_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pdf, "find_soffice", lambda: "true")  # a LibreOffice that makes nothing
    done = CliRunner().invoke(main, ["pdf", str(ASSESSED), "-o", str(tmp_path)])
    assert done.exit_code == 4
    assert "XK-W001" in done.output
