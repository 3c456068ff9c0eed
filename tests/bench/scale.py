"""A thousand dealers: whole runs against peers, by hand: python tests/bench/scale.py [--files 100] [--office 20]

Memory over many files: python tests/bench/scale.py --files 0 --scheme service-assessment --scaling 1000 10000 --jobs 2

Every row is measured in this run on the same filled workbooks of dealer-monthly: as stamped, and the same saved by
LibreOffice. Prints milliseconds a file, the ratio to python-calamine's plain reading (the floor) and peak memory.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import xlsxwriter
from books import calamine, each, fill, libreoffice, make_issue_for, write_all

import xlkpi
from xlkpi.intake.reader import open_workbook
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Issue
from xlkpi.scoring.assess import assess
from xlkpi.scoring.engine import FormulasEngine, load_engine
from xlkpi.workbook.stamp import Stamper

Row = tuple[str, float, float, str]  # what, milliseconds a file, floor, further words


@dataclass(frozen=True)
class Scored:
    """One `xlkpi score` from start to end: milliseconds a file, and peaks in MB of the process that was started and of
    the largest that scored files. With one process they are the same."""

    ms: float
    parent: float
    worker: float


def score(folder: Path, sent: Path, jobs: int, files: int) -> Scored:
    """Score a folder, our own modules compiled beforehand as in an installed package."""
    out = folder / f"out{jobs}"
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(Path(xlkpi.__file__).parent)], check=True)
    command = [sys.executable, "-m", "xlkpi", "score", str(sent), "--issue", str(folder / "issue"), "-o", str(out),
               "--jobs", str(jobs)]  # fmt: skip
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peaks: dict[int, int] = {}
    while child.poll() is None:
        for pid in (child.pid, *_spawned(child.pid)):
            peaks[pid] = max(peaks.get(pid, 0), _peak_of(pid))
        time.sleep(0.2)
    elapsed = (time.perf_counter() - start) * 1000 / files
    if child.returncode not in (0, 1):
        raise RuntimeError(f"xlkpi score ended with {child.returncode}")
    shutil.rmtree(out)
    parent = peaks.pop(child.pid)
    workers = [peaks[pid] for pid in sorted(peaks)[:jobs]]  # what is started later makes the ranking workbook
    return Scored(elapsed, parent / 1024, max(workers, default=parent) / 1024)


def _spawned(pid: int) -> list[int]:
    """Python processes that a process has started for work."""
    with contextlib.suppress(OSError):
        children = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return [child for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    return []


def _peak_of(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1])
    return 0


def steps(issue: Issue, paths: list[Path]) -> dict[str, float]:
    """Our own time in milliseconds by step, in one process."""
    engine, stamper = load_engine("formualizer", issue.master, issue.layout), Stamper(issue.layout, issue.master)
    times: dict[str, list[float]] = {"read, guard, identity, checks of what differs": [], "evaluate and assess": [],
                                     "write the assessed workbook": []}  # fmt: skip
    for path in paths:
        marks = [time.perf_counter()]
        read = read_submission(issue, path)
        assert isinstance(read, Submission), read
        marks.append(time.perf_counter())
        done = assess(issue, engine, read)
        marks.append(time.perf_counter())
        path.with_suffix(".out").write_bytes(stamper.stamp(done.cells, issue.marker(read.dealer)))
        marks.append(time.perf_counter())
        path.with_suffix(".out").unlink()
        for name, begin, end in zip(times, marks, marks[1:], strict=False):
            times[name].append((end - begin) * 1000)
    return {name: statistics.median(found) for name, found in times.items()}


def guard_and_reader(issue: Issue, path: Path) -> None:
    """Every cell that the layout names, formulas included, before any meaning is read into it."""
    layout, book = issue.layout, open_workbook(path)
    for sheet in book.sheets:
        refs = set(layout.read_refs.get(sheet, ()))
        refs.update(*(layout.table_refs[table.name] for table in layout.tables.values() if table.sheet == sheet))
        book.cells(sheet, refs, layout.occupied.get(sheet, frozenset()))


def openpyxl_load(path: Path) -> None:
    """Formulas as texts, all sheets."""
    openpyxl.load_workbook(path)


def openpyxl_edit(path: Path) -> None:
    """Load, one cell, save."""
    book = openpyxl.load_workbook(path)
    book["填报"]["F7"] = 3
    book.save(io.BytesIO())


def formulas_alone(path: Path) -> None:
    """`formulas` as its documentation has it: load, finish, calculate."""
    import formulas

    with contextlib.redirect_stderr(io.StringIO()):
        formulas.ExcelModel().loads(str(path)).finish().calculate()


def openpyxl_formulas(issue: Issue, engine: FormulasEngine, path: Path) -> None:
    """openpyxl load, `formulas` compiled once on the master, openpyxl save."""
    book = openpyxl.load_workbook(path)
    inputs = {place: book[place.sheet][place.ref].value for place in issue.layout.engine_inputs}
    for place, value in engine.evaluate(inputs).items():
        if isinstance(value, float | str | bool):
            book[place.sheet][place.ref].value = value
    book.save(io.BytesIO())


def zip_copy(path: Path) -> None:
    """Every member read and written again, as a program without a workbook library would."""
    target = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for info in source.infolist():
            copy.writestr(info, source.read(info))


def raw_copy(path: Path) -> None:
    """The compressed members joined again, nothing inflated."""
    from xlkpi.workbook.package import assemble, members

    assemble(members(path.read_bytes()).values())


def xlsxwriter_write(cells: dict) -> None:
    """The same values written cell by cell, without styles."""
    book = xlsxwriter.Workbook(io.BytesIO(), {"in_memory": True})
    sheets = {}
    for place, value in cells.items():
        sheet = sheets.get(place.sheet) or sheets.setdefault(place.sheet, book.add_worksheet(place.sheet))
        if isinstance(value, float | str | bool):
            sheet.write(place.ref, value)
    book.close()


def start_up(code: list[str], times: int = 9) -> float:
    """Milliseconds of a whole process, the least of several."""
    return min(_timed(lambda: subprocess.run(code, check=True, capture_output=True)) for _ in range(times))


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--office", type=int, default=20, help="files that LibreOffice converts")
    parser.add_argument("--slow", type=int, default=10, help="files for openpyxl")
    parser.add_argument("--formulas", type=int, default=1, help="files for `formulas`")
    parser.add_argument("--scaling", type=int, nargs="*", default=[], help="file counts for xlkpi alone; --files 0")
    parser.add_argument("--scheme", default="dealer-monthly", help="the scheme that --scaling takes")
    parser.add_argument("--jobs", type=int, nargs="*", default=[1, 2], help="numbers of processes for --scaling")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if given.files:
            run(given, Path(name) / "compared")
        if given.scaling:
            scaling(given.scheme, given.scaling, given.jobs, Path(name) / "scaling")


def run(given: argparse.Namespace, folder: Path) -> None:
    """The comparison."""
    issue = make_issue_for("dealer-monthly", given.files)
    paths = write_all(issue, folder)
    some, few = paths[: given.slow], paths[: given.formulas]
    size = statistics.median(path.stat().st_size for path in paths)
    print(
        f"{given.files} filled dealer-monthly workbooks of {size / 1000:.0f} kB, {len(issue.layout.formulas)} formulas"
    )
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")

    # the machine's speed drifts over the minutes: the floor and ours are taken before and after LibreOffice
    runs, floors = [], []
    for turn in (1, 2):
        floors.append(each(calamine, paths))
        runs.append([score(folder, folder / "sent", jobs, given.files) for jobs in (1, 2)])
        if turn == 1:
            office = libreoffice(paths[: given.office], folder) if shutil.which("soffice") else None
    floor = statistics.mean(floors)
    row("python-calamine, reading all sheets (the floor)", floor, floor)
    row("xlkpi guard and reader", each(lambda p: guard_and_reader(issue, p), paths), floor)
    row("xlkpi reading: guard, values, formulas, findings", each(lambda p: read_submission(issue, p), paths), floor)
    alone, both = zip(*runs, strict=True)
    one, two = (statistics.mean(run.ms for run in taken) for taken in (alone, both))
    row("xlkpi score, 1 process, from start to end", one, floor, f"{max(run.worker for run in alone):.0f} MB")
    ratio = f"{max(run.worker for run in both):.0f} MB each; {one / two:.2f}× one process"
    row("xlkpi score, 2 processes", two, floor, ratio)
    if office is not None:
        words = f"xlkpi {office / one:.1f}×, with two {office / two:.1f}× faster"
        row(f"LibreOffice headless, {given.office} of them in one call", office, floor, words)
    load = each(openpyxl_load, some)
    row("openpyxl load", load, floor, f"xlkpi score {load / one:.1f}× faster")
    if office is not None:
        saved_by_office(given, issue, folder)
    engine = FormulasEngine(issue.master, issue.layout)
    slow = each(lambda p: openpyxl_formulas(issue, engine, p), few)
    row("openpyxl + `formulas` compiled once + openpyxl", slow, floor, f"xlkpi score {slow / one:.0f}× faster")
    slow = each(formulas_alone, few)
    row("`formulas` on each file", slow, floor, f"xlkpi score {slow / one:.0f}× faster")
    print("\nOur own time by step")
    for step, ms in steps(issue, paths).items():
        row(step, ms, floor)

    print("\nStamping")
    stamper, small = Stamper(issue.layout, issue.master), Stamper(issue.layout, issue.master, level=6)
    copy, edit = each(raw_copy, paths), each(openpyxl_edit, some)
    filled = [one_filled.cells for one_filled, _ in zip(fill(issue), some, strict=False)]
    engine2 = load_engine("formualizer", issue.master, issue.layout)
    empty = [{**issue.stamped(code), **engine2.evaluate(issue.stamped(code))} for code in list(issue.roster)[:40]]
    blank = each(lambda cells: small.stamp(cells, "m|a|r|k|er"), empty)
    result = each(lambda cells: stamper.stamp(cells, "m|a|r|k|er"), filled)
    for what, ms in (
        ("raw copy of the compressed members", copy), ("zip copy, inflated and deflated", each(zip_copy, some)),
        ("blank stamped", blank), ("result stamped", result), ("openpyxl load, edit, save", edit),
        ("XlsxWriter, the same values without styles", each(xlsxwriter_write, filled)),
    ):  # fmt: skip
        print(f"| {what} | {ms:.1f} ms | {ms / copy:.1f}× the raw copy | openpyxl {edit / ms:.0f}× slower |")

    print("\nStart-up, least of nine")
    click = start_up([sys.executable, "-c", "import click"])
    version = start_up([sys.executable, "-m", "xlkpi", "--version"])
    print(f"| python -c 'import click' | {click:.0f} ms |")
    print(f"| xlkpi --version | {version:.0f} ms | {version / click:.2f}× |")


def saved_by_office(given: argparse.Namespace, issue: Issue, folder: Path) -> None:
    """The files that LibreOffice has saved."""
    saved = sorted((folder / "lo").glob("*.xlsx"))
    print("\nThe same, saved by LibreOffice")
    floor = each(calamine, saved)
    row("python-calamine", floor, floor)
    row("xlkpi guard and reader", each(lambda p: guard_and_reader(issue, p), saved), floor)
    reading = each(lambda p: read_submission(issue, p), saved)
    row("xlkpi reading", reading, floor)
    load = each(openpyxl_load, saved[: given.slow])
    row("openpyxl load", load, floor, f"xlkpi reading {load / reading:.1f}× faster")
    alone = sum(steps(issue, saved).values())
    row("xlkpi read, check, evaluate, write", alone, floor, f"openpyxl's load takes {load / alone:.1f}× that")
    print()


def scaling(scheme: str, counts: list[int], jobs: list[int], folder: Path) -> None:
    """xlkpi alone on so many files of one month: the roster is the same, only the number of files grows."""
    paths = write_all(make_issue_for(scheme, max(counts)), folder)
    for count in counts:
        sent = folder / f"sent{count}"
        sent.mkdir()
        for path in paths[:count]:
            (sent / path.name).hardlink_to(path)
        for number in jobs:
            run = score(folder, sent, number, count)
            print(
                f"| {count} files of {scheme}, {number} process(es) | {run.ms:.1f} ms a file, "
                f"{1000 / run.ms:.1f} files/s | worker {run.worker:.0f} MB | parent {run.parent:.0f} MB |",
                flush=True,
            )


def row(what: str, ms: float, floor: float, words: str = "") -> None:
    """A line of the table."""
    print(f"| {what} | {ms:.1f} ms | {ms / floor:.1f}× | {words} |", flush=True)


if __name__ == "__main__":
    main()
