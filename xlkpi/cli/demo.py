"""`xlkpi demo`: a month from end to end on real input. The dealers are data in `templates/demo/`."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from xlkpi.batch import ASSESSED
from xlkpi.files import write_file
from xlkpi.headquarters.forms import inspections_form, roster_form, targets_form
from xlkpi.headquarters.issuing import make_issue, publish
from xlkpi.headquarters.lists import read_roster, read_targets
from xlkpi.issue import Issue
from xlkpi.library import open_issue
from xlkpi.month.month import Month
from xlkpi.month.scores import SCORES_FILE
from xlkpi.resources import templates
from xlkpi.scheme.lined import read
from xlkpi.scheme.lint import usable_scheme
from xlkpi.shown.folder import write_month
from xlkpi.shown.ranking import FILE as RANKING_FILE
from xlkpi.shown.report.page import REPORT_FILE
from xlkpi.workbook.package import saved

DELIVERED = "交车台数"
ROSTER_FILE = "dealers.xlsx"


@dataclass(frozen=True, slots=True)
class Demo:
    """Where everything was put."""

    folder: Path
    month: Month
    assessed: Path


def run_demo(folder: Path, engine: str = "formualizer") -> Demo:
    """Issue, fill, check, score: into dealers.xlsx, targets.xlsx, inspections.xlsx, blank/, filled/ and out/."""
    month = demo_month()
    _, blanks = issue_month(month, folder)
    filled = folder / "filled"
    for dealer, path in zip(month["dealers"], blanks, strict=True):
        data = fill_in(path.read_bytes(), answers_of(month, dealer), bool(dealer.get("broken")))
        write_file(filled / path.name, data)
    out = folder / "out"
    opened = open_issue(folder / "blank", inspections=folder / "inspections.xlsx")
    scored = opened.score(filled, engine=engine, jobs=1, out=out)
    write_month(scored, out, report=True)
    return Demo(folder, scored, out / ASSESSED)


def fill_in(blank: bytes, answers: Mapping[str, Any], broken: bool = False) -> bytes:
    """Fill in a blank by defined names and save it, as a dealer's own program would (openpyxl here)."""
    book = load_workbook(io.BytesIO(blank))
    for name, value in answers.items():
        ((sheet, ref),) = book.defined_names[name].destinations
        cell = book[sheet][ref.replace("$", "")]
        cell.value = value
    buffer = io.BytesIO()
    book.save(buffer)
    data = buffer.getvalue()
    return data[: len(data) // 2] if broken else data


def demo_month() -> dict[str, Any]:
    """The demonstration's data, as it stands in templates/demo/."""
    text = (templates() / "demo" / "service-assessment.yaml").read_text("utf-8")
    loaded: dict[str, Any] = read(text)
    return loaded


def answers_of(month: Mapping[str, Any], dealer: Mapping[str, Any]) -> dict[str, Any]:
    """What a dealer enters, by field name."""
    answers = dict(zip(month["fields"], dealer["actuals"], strict=True))
    if "delivered" in dealer:
        answers[DELIVERED] = dealer["delivered"]
    return answers


def issue_month(month: Mapping[str, Any], folder: Path) -> tuple[Issue, list[Path]]:
    """Headquarters' lists and the blanks made of them, written into the folder."""
    scheme, compiled = usable_scheme(month["scheme"])
    keys = [(d["code"], d["name"], d["region"]) for d in month["dealers"]]
    write_file(folder / ROSTER_FILE, roster_form(keys))
    targets = _filled_form(targets_form(scheme, keys, month["month"]), month, "targets", month["fields"])
    write_file(folder / "targets.xlsx", targets)
    inspections = inspections_form(scheme, keys, month["month"])
    write_file(folder / "inspections.xlsx", _filled_form(inspections, month, "inspections", month["inspections"]))
    roster = read_roster(folder / ROSTER_FILE, month["month"])
    read = read_targets(folder / "targets.xlsx", scheme, roster.rows)
    issue = make_issue(
        scheme, compiled, month=month["month"], roster=roster.rows, targets=read.rows, targets_file="targets.xlsx",
        contact=month["contact"],
    )  # fmt: skip
    published = publish(issue, folder / "blank")
    return published.issue, published.written


def _filled_form(form: bytes, month: Mapping[str, Any], part: str, headings: list[str]) -> bytes:
    """A form with the demonstration's values in it, column by heading and row by dealer code."""
    book = load_workbook(io.BytesIO(form))
    sheet: Worksheet = book.worksheets[0]
    head = next(n for n, row in enumerate(sheet.iter_rows(), 1) if row[0].value == "经销商代码")
    columns = {cell.value: n for n, cell in enumerate(sheet[head], 1)}
    for row, dealer in enumerate(month["dealers"], head + 1):
        for heading, value in zip(headings, dealer[part], strict=True):
            sheet.cell(row, columns[heading]).value = value
    return saved(book)


def paths_to_open(demo: Demo) -> Iterator[str]:
    """What to look at, in order."""
    first = demo.month.standings.rows[0]
    yield f"空白表　　　{demo.folder / 'blank'}"
    yield f"填好的表　　{demo.folder / 'filled'}"
    yield f"绩效考核表　{demo.assessed}（例：{first.file}）"
    yield f"排名汇总　　{demo.folder / 'out' / RANKING_FILE}"
    yield f"月度报告　　{demo.folder / 'out' / REPORT_FILE}"
    yield f"数据　　　　{demo.folder / 'out' / SCORES_FILE}"
