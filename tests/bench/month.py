"""Speed against peers, in one run over the same files. Run by hand: python tests/bench/month.py [--files 200] [--lo]

Prints milliseconds a file (median over the files or the repeats) and ratios. Ratios hold when the machine's speed
drifts; single times do not. Nothing here is asserted.
"""

from __future__ import annotations

import argparse
import io
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import openpyxl
from books import calamine, each, fill, libreoffice, make_issue_for, write_all

from xlkpi.batch import run
from xlkpi.batch.work import Setup, Worker
from xlkpi.headquarters.issuing import blanks
from xlkpi.intake.submission import read_submission
from xlkpi.issue import Issue
from xlkpi.values import content_of
from xlkpi.workbook.layout import Role
from xlkpi.workbook.stamp import Stamper


def score_all(issue: Issue, paths: list[Path], out: Path) -> float:
    """Milliseconds a file, from the start of the run to the last file written."""
    start = time.perf_counter()
    run(issue, paths, out=out)  # a new folder each time, as every peer has: to replace files takes longer
    return (time.perf_counter() - start) * 1000 / len(paths)


def openpyxl_edit(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    book["填报"]["F7"] = 3
    book.save(io.BytesIO())


def openpyxl_loop(worker: Worker, path: Path) -> None:
    """What one would write first: openpyxl load, the same engine, openpyxl save."""
    book = openpyxl.load_workbook(path)
    layout = worker.issue.layout
    inputs = {slot.place: book[slot.place.sheet][slot.place.ref].value for slot in layout.of(Role.ANSWER)}
    dealer = path.stem
    inputs |= worker.issue.stamped(dealer) | worker.issue.inspected(dealer)
    worker.engine.evaluate(inputs)
    for place, value in inputs.items():
        book[place.sheet][place.ref].value = content_of(value)
    book.save(io.BytesIO())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--slow", type=int, default=30, help="files for the slow peers (openpyxl)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        issue = make_issue_for("service-assessment", given.files)
        paths = write_all(issue, folder)
        cells = [filled.cells for filled in fill(issue)]
        some = paths[: given.slow]
        worker = Worker(Setup(issue, "formualizer"))
        rows: list[tuple[str, float, str]] = []

        edit = each(openpyxl_edit, some)
        plain, small = Stamper(issue.layout, issue.master), Stamper(issue.layout, issue.master, level=6)
        empty = [{**issue.stamped(d), **worker.engine.evaluate(issue.stamped(d))} for d in issue.roster]
        blank = each(lambda values: small.stamp(values, "m|a|r|k|er"), empty)
        result = each(lambda values: plain.stamp(values, "m|a|r|k|er"), cells)
        produced = each(lambda _: next(stream), range(given.files)) if (stream := blanks(issue, worker.engine)) else 0.0
        rows += [
            ("openpyxl load, edit, save", edit, ""),
            ("blank stamped", blank, f"{edit / blank:.0f}× faster than openpyxl"),
            ("blank evaluated and stamped", produced, f"{edit / produced:.0f}×"),
            ("result stamped (all values)", result, f"{edit / result:.0f}×"),
        ]
        reading = each(lambda path: read_submission(issue, path), paths)
        # the machine's speed drifts over the minutes: ours is taken before, between and after the peers
        runs = [score_all(issue, paths, folder / "before")]
        loop = each(lambda path: openpyxl_loop(worker, path), some)
        floor = each(calamine, paths)
        runs.append(score_all(issue, paths, folder / "between"))
        office = libreoffice(paths, folder) if shutil.which("soffice") else None
        runs.append(score_all(issue, paths, folder / "after"))
        whole = statistics.median(runs)
        rows += [
            ("python-calamine, reading all sheets", floor, ""),
            ("xlkpi reading", reading, f"{reading / floor:.1f}× calamine"),
            ("xlkpi read + check + evaluate + write", whole, f"{whole / floor:.1f}× calamine"),
            ("openpyxl load + same engine + save", loop, f"xlkpi {loop / whole:.1f}× faster"),
        ]
        if office is not None:
            rows.append(("LibreOffice headless, all in one call", office, f"xlkpi {office / whole:.1f}× faster"))
        print(f"{given.files} files of service-assessment, one process, Python {platform.python_version()}")
        for label, ms, ratio in rows:
            print(f"| {label} | {ms:.2f} ms | {ratio} |")


if __name__ == "__main__":
    main()
