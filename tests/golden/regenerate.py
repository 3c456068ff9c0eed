"""Make `workbooks/service-assessment/`, and the text dumps and hashes beside this file, from the shipped scheme.

Run `python tests/golden/regenerate.py` after a change that is meant, look at the dumps' diff, and commit both.
With `--picture` it also makes the README's picture anew, which needs LibreOffice and pdftoppm.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from openpyxl import load_workbook

from xlkpi.batch.work import Setup, Worker
from xlkpi.cli.demo import answers_of, demo_month, issue_month, run_demo
from xlkpi.excel.control import FIRST_FIELD_ROW, LOG_ROW, NEXT_ROW, one_line
from xlkpi.excel.control import SHEET as CONTROL
from xlkpi.excel.install import control_workbook
from xlkpi.excel.review import review
from xlkpi.excel.scorecard import SHEET as SCORES
from xlkpi.files import write_file
from xlkpi.headquarters.inspections import read_inspections
from xlkpi.intake.guard import admit
from xlkpi.intake.reader import open_workbook
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import KEY_FILE, Issue
from xlkpi.scoring.assess import assess
from xlkpi.scoring.engine import load_engine
from xlkpi.values import Place
from xlkpi.workbook.operations import Write
from xlkpi.workbook.package import unpack
from xlkpi.workbook.patch import patched

ROOT = Path(__file__).parents[2]
WORKBOOKS = ROOT / "workbooks" / "service-assessment"
DUMPS = Path(__file__).parent / "service-assessment"
BUTTON = ROOT / "workbooks" / "excel"  # pictures only: the control workbook holds xlwings' VBA, which is not ours
PICTURE = WORKBOOKS / "assessed.png"
KEY = bytes(range(32))
NAMES = ("dealers", "targets", "inspections", "master", "blank", "filled", "assessed")


def build(folder: Path) -> None:
    """The real month of the source, from headquarters' lists to the assessed workbook.

    The workbook is filled in by the stamper: its bytes depend on nothing but the content.
    """
    demo = demo_month()
    dealer = demo["dealers"][0]
    with tempfile.TemporaryDirectory() as place:
        made = Path(place)
        issue, blank = _real_month(made)
        listed = read_inspections(made / "inspections.xlsx", issue.scheme, issue.roster, issue.month)
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("dealers", "targets", "inspections"):
            shutil.copyfile(made / f"{name}.xlsx", folder / f"{name}.xlsx")
        shutil.copyfile(made / "blank" / "master.xlsx", folder / "master.xlsx")
        shutil.copyfile(blank, folder / "blank.xlsx")
        (folder / KEY_FILE).write_bytes(KEY)
    code = dealer["code"]
    worker = Worker(Setup(issue, "formualizer"))
    answers = {issue.layout.place(name): value for name, value in answers_of(demo, dealer).items()}
    inputs = {**issue.stamped(code), **answers}
    filled = worker.stamper.stamp({**inputs, **worker.engine.evaluate(inputs)}, issue.marker(code, KEY))
    (folder / "filled.xlsx").write_bytes(filled)
    sent = read_submission(issue, filled, "filled.xlsx")
    if not isinstance(sent, Submission):
        raise SystemExit(f"the filled workbook was not accepted: {sent}")
    inspected = replace(issue, inspections=listed.rows)
    done = assess(inspected, worker.engine, sent)
    (folder / "assessed.xlsx").write_bytes(worker.stamper.stamp(done.cells, sent.marker))


def dump(folder: Path) -> dict[str, str]:
    """Every workbook as text, one line a cell. A formula that stands in the master is not written out again."""
    known = dict(_formulas(folder / "master.xlsx"))
    return {name: _dump(folder / f"{name}.xlsx", {} if name == "master" else known) for name in NAMES}


def _dump(path: Path, known: Mapping[tuple[str, str], str]) -> str:
    lines: list[str] = []
    written, cached = load_workbook(path), load_workbook(path, data_only=True)
    for sheet in written.worksheets:
        lines.append(f"[{sheet.title}] {sheet.sheet_state}")
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is None:
                    continue
                if cell.data_type != "f":
                    lines.append(f"{cell.coordinate} | {cell.value!r}")
                    continue
                same = known.get((sheet.title, cell.coordinate)) == cell.value
                formula = "= as in the master" if same else str(cell.value)
                lines.append(f"{cell.coordinate} | {formula} | {cached[sheet.title][cell.coordinate].value!r}")
    lines += [f"{name} → {defined.attr_text}" for name, defined in sorted(written.defined_names.items())]
    return "\n".join(lines) + "\n"


def _formulas(path: Path) -> Iterator[tuple[tuple[str, str], str]]:
    for sheet in load_workbook(path).worksheets:
        for row in sheet.iter_rows():
            yield from (((sheet.title, cell.coordinate), str(cell.value)) for cell in row if cell.data_type == "f")


# ------------------------------------------------------------------ the picture


def draw(book: Path, picture: Path, words: Collection[str], dots_per_inch: int = 110) -> None:
    """The page of a workbook that has these words, as LibreOffice prints it, without the page's margins."""
    with tempfile.TemporaryDirectory() as place:
        profile = f"-env:UserInstallation={Path(place, 'profile').as_uri()}"
        _run("soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", place, str(book))
        pdf = Path(place) / f"{book.stem}.pdf"
        page = next(n for n in range(1, 99) if set(words) <= set(_text(pdf, n).split()))
        at = ("-r", str(dots_per_inch), "-f", str(page), "-l", str(page), "-singlefile")
        _run("pdftoppm", *at, "-gray", str(pdf), f"{place}/page")
        left, top, width, height = _inked(Path(place, "page.pgm").read_bytes(), margin=dots_per_inch // 2)
        crop = ("-x", str(left), "-y", str(top), "-W", str(width), "-H", str(height))
        _run("pdftoppm", *at, *crop, "-png", str(pdf), str(picture.with_suffix("")))


def button_books(folder: Path) -> tuple[Path, Path]:
    """The control workbook after a press, and 评分结果 of the real month, as files to be drawn."""
    # as Excel has it once a reviewer has filled in 检查情况: the form's own formulas give the same
    reviewed = open_workbook((WORKBOOKS / "assessed.xlsx").read_bytes())
    issue, _ = _real_month(folder)
    engine = load_engine("formualizer", issue.master, issue.layout)
    done = review(issue, engine, reviewed, "D001.xlsx", scoring=True)
    book = load_workbook(io.BytesIO(patched(reviewed.package, done.operations)))
    for row in book[SCORES].iter_rows(min_row=7, max_row=20):  # Excel does this by itself, LibreOffice does not
        book[SCORES].row_dimensions[row[0].row].height = 15.0 * (1 + len(str(row[8].value or "")) // 62)
    book.save(folder / "scores.xlsx")
    log = ("2026-12-03 09:30:00", "评分", one_line(done.message))
    chosen = (r"C:\xlkpi\绩效", "2026-11", "D001_原文实例店_2026-11.xlsx")
    shown = [Write(Place(CONTROL, f"C{FIRST_FIELD_ROW + n}"), ((text,),)) for n, text in enumerate(chosen)]
    shown.append(Write(Place(CONTROL, f"C{NEXT_ROW}"), (("2026-11　评分：选“给全部评分”",),)))
    control = patched(
        admit(control_workbook(r"C:\xlkpi\venv\Scripts\python.exe")),
        [*shown, Write(Place(CONTROL, f"B{LOG_ROW + 1}"), (log,), wrap=True)],
    )
    with zipfile.ZipFile(folder / "control.xlsm", "w") as archive:
        for name, part in unpack(control).items():  # buttons are not printed unless they say so
            archive.writestr(name, part.replace(b"<x:PrintObject>False</x:PrintObject>", b""))
    return folder / "control.xlsm", folder / "scores.xlsx"


def _real_month(folder: Path) -> tuple[Issue, Path]:
    """The issue and the dealer's blank. A key that lies there is kept, so that the bytes are the same every time."""
    demo = demo_month()
    write_file(folder / "blank" / KEY_FILE, KEY)
    issue, (blank,) = issue_month({**demo, "dealers": demo["dealers"][:1]}, folder)
    return issue, blank


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _text(pdf: Path, page: int) -> str:
    return _run("pdftotext", "-f", str(page), "-l", str(page), str(pdf), "-")


def _inked(image: bytes, margin: int, border: int = 12) -> tuple[int, int, int, int]:
    """What is not white above the bottom margin (which holds the footer), with a border: left, top, width, height."""
    head = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", image)
    if head is None:
        raise ValueError("not a grey image")
    width, height = int(head[1]), int(head[2])
    rows = [image[head.end() + y * width : head.end() + (y + 1) * width] for y in range(height - margin)]
    inked = [y for y, row in enumerate(rows) if row.count(255) < width]
    left = min(len(row) - len(row.lstrip(b"\xff")) for row in rows)
    right = max(len(row.rstrip(b"\xff")) for row in rows)
    left, top = max(0, left - border), max(0, inked[0] - border)
    return left, top, min(width, right + border) - left, min(height, inked[-1] + border) - top


if __name__ == "__main__":
    build(WORKBOOKS)
    DUMPS.mkdir(exist_ok=True)
    for name, text in dump(WORKBOOKS).items():
        (DUMPS / f"{name}.txt").write_text(text, "utf-8")
    sys.path.append(str(ROOT / "tests"))
    from shared import pinned

    with tempfile.TemporaryDirectory() as place:
        write_file(Path(place, "blank", KEY_FILE), pinned.KEY)
        run_demo(Path(place))
        pinned.write(Path(place))
    if "--picture" in sys.argv:
        draw(WORKBOOKS / "assessed.xlsx", PICTURE, {"判定", "得分"})
        BUTTON.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as place:
            control, scores = button_books(Path(place))
            draw(control, BUTTON / "control.png", {"要做什么"}, 90)
            draw(scores, BUTTON / "scores.png", {"采用的检查情况"}, 90)
