"""`xlkpi pdf`: the 绩效考核表 alone, as LibreOffice prints it; what cannot be printed is told and stops nothing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from shared.judges import need_soffice
from shared.outside import FORMULAS, REFUSED, leading_outside, listening

from xlkpi.cli import main
from xlkpi.intake.guard import Refused
from xlkpi.intake.reader import open_workbook
from xlkpi.shown import pdf
from xlkpi.workbook.seal import sealed

STAMPED = Path(__file__).parents[4] / "workbooks" / "service-assessment" / "assessed.xlsx"


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assessed workbook, as a run leaves it."""
    path = tmp_path_factory.mktemp("assessed") / "assessed.xlsx"
    path.write_bytes(sealed(STAMPED.read_bytes()))
    return path


def text_of(path: Path) -> list[str]:
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
    return done.stdout.split("\f")[:-1]


@pytest.mark.oracle
def test_each_assessment_becomes_a_pdf_and_a_bad_file_stops_nothing(assessed: Path, tmp_path: Path) -> None:
    need_soffice()
    given = tmp_path / "assessed"
    given.mkdir()
    shutil.copy(assessed, given / "D001_原文实例店_2026-11.xlsx")
    shutil.copy(assessed, given / "D002 'x' $(y).xlsx")
    (given / "broken.xlsx").write_bytes(assessed.read_bytes()[:2000])
    shutil.copy(STAMPED.with_name("targets.xlsx"), given / "targets.xlsx")
    done = CliRunner().invoke(main, ["pdf", str(given), "-o", str(tmp_path / "pdf")])
    assert done.exit_code == 4, done.output
    assert {path.name for path in (tmp_path / "pdf").iterdir()} == {
        "D001_原文实例店_2026-11.pdf", "D002 'x' $(y).pdf",
    }  # fmt: skip
    assert "XK-F002" in done.output
    assert "XK-W075" in done.output
    for path in (tmp_path / "pdf").iterdir():
        table, sentences = text_of(path)
        assert "88.2" in table
        assert "签字" in table
        assert "得 15 分" in sentences
        for page in (table, sentences):
            assert "原文实例店" in page
            assert "填报" not in page.replace("填报截止", "")
    assert not list(given.glob("*.pdf"))


def test_only_the_assessment_is_left_to_see_and_no_cell_is_touched(assessed: Path, tmp_path: Path) -> None:
    (tmp_path / "one.xlsx").write_bytes(pdf.assessment_alone(assessed))
    before, after = open_workbook(assessed), open_workbook(tmp_path / "one.xlsx")
    assert before.sheets.keys() == after.sheets.keys()
    for name in before.sheets:
        assert before.package.xml(before.sheets[name]) == after.package.xml(after.sheets[name])
    from openpyxl import load_workbook

    book = load_workbook(tmp_path / "one.xlsx")
    assert [sheet.title for sheet in book if sheet.sheet_state == "visible"] == ["绩效考核表"]
    assert book.active.title == "绩效考核表"


def test_without_libreoffice_it_says_what_to_do(
    assessed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    done = CliRunner().invoke(main, ["pdf", str(assessed), "-o", str(tmp_path)])
    assert done.exit_code == 1
    assert "LibreOffice (soffice) was not found" in done.output
    assert not list(tmp_path.iterdir())


def test_a_pdf_that_was_not_made_is_a_finding(assessed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pdf, "find_soffice", lambda: "true")  # a LibreOffice that makes nothing
    done = CliRunner().invoke(main, ["pdf", str(assessed), "-o", str(tmp_path)])
    assert done.exit_code == 4
    assert "XK-W001" in done.output


def test_what_was_never_assessed_or_was_changed_since_is_refused_with_the_reason(
    assessed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from openpyxl import load_workbook

    monkeypatch.setattr(pdf, "find_soffice", lambda: "false")
    book = load_workbook(assessed)
    book["填报"]["F7"].value = 1
    book.save(tmp_path / "changed.xlsx")
    book = load_workbook(assessed)
    book.save(tmp_path / "saved again.xlsx")
    shutil.copy(STAMPED, tmp_path / "never.xlsx")
    done = CliRunner().invoke(main, ["pdf", str(tmp_path), "-o", str(tmp_path / "pdf")])
    assert done.exit_code == 4
    assert done.output.count("XK-W076") == 2
    assert done.output.count("XK-W075") == 1
    assert not (tmp_path / "pdf").exists()


def test_pdfs_of_workbooks_of_one_name_do_not_overwrite_each_other(
    assessed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def convert(program: str, books: dict[Path, Path], scratch: Path) -> None:
        for book in books.values():
            book.with_suffix(".pdf").write_bytes(b"%PDF")

    monkeypatch.setattr(pdf, "find_soffice", lambda: "true")
    monkeypatch.setattr(pdf, "_convert", convert)
    for folder in ("10", "11"):
        (tmp_path / "in" / folder).mkdir(parents=True)
        shutil.copy(assessed, tmp_path / "in" / folder / "D001.xlsx")
    done = CliRunner().invoke(main, ["pdf", str(tmp_path / "in"), "-o", str(tmp_path / "pdf")])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "pdf").iterdir()) == ["D001.pdf", "D001~2.pdf"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_leads_outside_is_refused_whatever_its_seal_says(name: str, assessed: Path, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(leading_outside(assessed.read_bytes(), name, "http://127.0.0.1:1"))
    with pytest.raises(Refused) as refused:
        pdf.assessment_alone(tmp_path / "a.xlsx")
    assert refused.value.code == "XK-F028"


@pytest.mark.oracle
def test_nothing_is_fetched_for_a_pdf(assessed: Path, tmp_path: Path) -> None:
    need_soffice()
    with listening() as (url, requests):
        for number, name in enumerate((*REFUSED, *FORMULAS)):
            (tmp_path / f"{number}.xlsx").write_bytes(leading_outside(assessed.read_bytes(), name, url))
        files = sorted(tmp_path.glob("*.xlsx"))
        made = [path for path in pdf.to_pdf(files, tmp_path / "pdf") if isinstance(path, Path)]
        assert len(made) == len(FORMULAS)
        assert not requests
        pdf._convert(pdf.find_soffice(), {files[0]: files[0]}, tmp_path)  # LibreOffice itself asks for the picture
        assert requests
