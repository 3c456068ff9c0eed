"""A month's outputs as one folder: scores.json, scores.csv, the ranking workbook, the return list, the report, Parquet.

Command line, button and demonstration write the same files through this.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from xlkpi.batch import BackgroundTasks
from xlkpi.files import atomic_writer, write_file
from xlkpi.headquarters.forms import return_list_form
from xlkpi.headquarters.identity import Origin
from xlkpi.month.long_form import HEADINGS as LONG_HEADINGS
from xlkpi.month.long_form import LONG_FILE, csv_text
from xlkpi.month.month import Month
from xlkpi.month.returns import HEADINGS, RETURNS_FILE, WIDTHS
from xlkpi.month.scores import SCORES_FILE, pieces
from xlkpi.month.store.parts import PARTS_FOLDER, write_parts
from xlkpi.shown.earlier import remove_stale
from xlkpi.shown.ranking import FILE as RANKING_FILE
from xlkpi.shown.ranking import ranking_workbook

if TYPE_CHECKING:
    from xlkpi.shown.report.source import History


def write_month(
    month: Month,
    out: Path,
    *,
    jobs: int = 1,
    parquet: bool = False,
    report: bool = False,
    history: Callable[[], History] = dict,
) -> None:
    """Write a month into a folder.

    Args:
        month: the month.
        out: the folder, in which `score_month` has put the assessed workbooks already.
        jobs: with more than one process the ranking workbook is made beside the rest.
        parquet: the long form as Parquet parts too.
        report: report.html too.
        history: gives the dealers' earlier months for the report; it is called only where there is one.

    Raises:
        WriteError: a file could not be written.
    """
    with BackgroundTasks(jobs) as background:
        workbook = background.submit(ranking_workbook, month.standings)
        remove_stale(out, returns=bool(month.returns), parquet=parquet, report=report)
        write_returns(month, out / RETURNS_FILE)
        write_scores(month, out)
        if parquet:
            write_parts(month.long_rows(), out / PARTS_FOLDER)
        if report:
            from xlkpi.shown.report.page import REPORT_FILE, write_report  # noqa: PLC0415 - jinja2 is heavy
            from xlkpi.shown.report.source import Source  # noqa: PLC0415 - jinja2 is heavy

            write_report(Source.of(month, history=history()), out / REPORT_FILE)
        write_file(out / RANKING_FILE, workbook())


def write_scores(month: Month, out: Path) -> None:
    """scores.json, and the long form as scores.csv, side by side: an assessment is read once for both.

    Raises:
        WriteError: a file could not be written.
    """
    rows = chain([[LONG_HEADINGS]], month.rows_by_record(), [()])
    with atomic_writer(out / SCORES_FILE) as data, atomic_writer(out / LONG_FILE) as long:
        long.write(codecs.BOM_UTF8)  # Excel takes UTF-8 only with its mark
        for piece, some in zip(pieces(month.scores()), rows, strict=True):
            data.write(piece)
            long.write(csv_text(some).encode())


def write_returns(month: Month, path: Path) -> None:
    """The return list into a file, where somebody was expected to send.

    Raises:
        WriteError: the file could not be written.
    """
    if month.returns:
        title = f"{month.month}　{month.issue.scheme.title}　回收清单"
        rows = (line.row() for line in month.returns)
        origin = Origin("returns", month.issue.scheme.name, month.issue.scheme.version, month.month)
        write_file(path, return_list_form(title, HEADINGS, WIDTHS, rows, origin))
