"""What the benchmarks share: an issue for made-up dealers, their filled workbooks, peers, and timing."""

from __future__ import annotations

import math
import random
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

from xlkpi.headquarters.issuing import make_issue
from xlkpi.issue import Dealer, Issue
from xlkpi.scheme.entries import Column, SchemeField
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scoring.engine import load_engine
from xlkpi.values import CellContent, Place
from xlkpi.workbook.stamp import Stamper

_PART = re.compile(r"(\w+)<=(\w+)(?:\+1)?")
ORDERS = 150  # rows of a table that a month fills


@dataclass(frozen=True)
class Filled:
    """A dealer's filled workbook: every cell's value and the bytes."""

    dealer: str
    cells: dict[Place, CellContent]
    data: bytes


def make_issue_for(scheme_name: str, count: int) -> Issue:
    """An issue for so many made-up dealers, targets drawn, inspections entered."""
    scheme, compiled = usable_scheme(scheme_name)
    draw = random.Random(7)
    dealers = {f"D{n:05d}": Dealer(f"D{n:05d}", f"虚构{n}店", "华东") for n in range(count)}
    targets = {d: {name: float(draw.randint(200, 900_000)) for name in scheme.targets()} for d in dealers}
    issue = make_issue(scheme, compiled, month="2026-11", roster=dealers, targets=targets)
    entered = {
        n: next(iter(e.words)) if e.type == "choice" else 1.0 if e.type == "rate" else 3.0
        for n, e in scheme.by("headquarters").items()
        if e.type != "text"
    }
    return replace(issue, inspections=dict.fromkeys(dealers, entered))


def fill(issue: Issue) -> Iterator[Filled]:
    """Every dealer's workbook filled at random, values of all formulas included."""
    engine, stamper = load_engine("compiled", issue.master, issue.layout), Stamper(issue.layout, issue.master)
    for code in issue.roster:
        draw = random.Random(code)
        answers = {n: _answer(e, issue.targets[code].get(n, 500.0), draw) for n, e in issue.scheme.by("dealer").items()}
        _agree(issue, answers, draw)
        inputs = {**issue.stamped(code), **{issue.layout.place(n): v for n, v in answers.items()}}
        for table in issue.layout.tables.values():
            columns = issue.scheme.tables[table.name].columns
            for place, (row, name) in _rows(issue, table.name, table.sheet):
                if row < table.first + ORDERS:
                    inputs[place] = _entry(columns[name], row, draw)
        cells = {**inputs, **engine.evaluate(inputs)}
        yield Filled(code, cells, stamper.stamp(cells, issue.marker(code), issue.stamped(code)))


def _rows(issue: Issue, table: str, sheet: str) -> Iterator[tuple[Place, tuple[int, str]]]:
    return ((Place(sheet, ref), where) for ref, where in issue.layout.table_refs[table].items())


def _answer(entry: SchemeField, around: float, draw: random.Random) -> CellContent:
    if entry.words:
        return draw.choice(list(entry.words))
    if entry.type in ("text", "date"):
        return None
    least = 0.0 if entry.minimum is None else number_value(entry.minimum)
    most = math.inf if entry.maximum is None else number_value(entry.maximum)
    value = round(draw.random(), 4) if entry.type == "rate" else round(around * draw.uniform(0.3, 1.3)) * 1.0
    return value if least <= value <= most else round(draw.uniform(least, min(most, 1e6))) * 1.0


def _agree(issue: Issue, answers: dict[str, CellContent], draw: random.Random) -> None:
    """No part greater than its whole: a dealer's file has a dozen findings, not a hundred."""
    parts = [found.groups() for r in issue.scheme.relations if (found := _PART.fullmatch(r.holds))]
    for part, whole in parts * 3:  # a part of a part
        small, great = answers.get(part), answers.get(whole)
        if isinstance(small, float) and isinstance(great, float) and small > great:
            answers[part] = math.floor(great * draw.uniform(0.3, 1.0)) * 1.0


def _entry(column: Column, row: int, draw: random.Random) -> CellContent:
    if column.type == "date":
        return 46327.0 + row % 30
    if column.words:
        return draw.choice(list(column.words))
    return f"R{row}" if column.type == "text" else float(draw.randint(1, 500))


def write_all(issue: Issue, folder: Path) -> list[Path]:
    """The filled workbooks as files, and the issue beside them in `issue/`."""
    (folder / "issue").mkdir(parents=True)
    (folder / "sent").mkdir()
    issue.save(folder / "issue")
    paths = []
    for filled in fill(issue):
        paths.append(folder / "sent" / f"{filled.dealer}.xlsx")
        paths[-1].write_bytes(filled.data)
    return paths


def each(work: Callable[[Any], object], things: Iterable[Any]) -> float:
    """Milliseconds a thing, median."""
    times = []
    for thing in things:
        start = time.perf_counter()
        work(thing)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def calamine(path: Path) -> None:
    """The floor: every cell of every sheet, by python-calamine."""
    book = CalamineWorkbook.from_path(str(path))
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python()


def libreoffice(paths: list[Path], folder: Path) -> float:
    """Milliseconds a file for one headless conversion of all files in one call; the copies stand in `folder/lo`."""
    start = time.perf_counter()
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "xlsx", "--outdir",
         str(folder / "lo"), *map(str, paths)],
        check=True, capture_output=True,
    )  # fmt: skip
    return (time.perf_counter() - start) * 1000 / len(paths)
