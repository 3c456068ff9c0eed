"""A month of many dealers on disk, made once: the issue, the inspections' form filled in, and what came back."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from xlkpi.issue import Dealer, Issue
from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.engine import load_engine
from xlkpi.values import CellContent
from xlkpi.workbook.stamp import Stamper

DEALERS = 24


@dataclass(frozen=True)
class Sent:
    """The folder of the issue and the folder of what came back, one good file a dealer but for one that is broken."""

    issue: Issue
    blank: Path
    folder: Path

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.iterdir())


@pytest.fixture(scope="session")
def many(
    scheme_and_compiled: tuple[Scheme, Compiled],
    issue_of: Callable[..., Issue],
    tmp_path_factory: pytest.TempPathFactory,
) -> Sent:
    roster = {f"D{n:03d}": Dealer(f"D{n:03d}", f"虚构{n}店", "华东" if n % 2 else "华南") for n in range(DEALERS)}
    issue = issue_of(*scheme_and_compiled, roster=roster, contact="示例总部")
    place = tmp_path_factory.mktemp("many")
    (place / "blank").mkdir()
    issue.save(place / "blank")
    (place / "filled").mkdir()
    engine = load_engine("formualizer", issue.master, issue.layout)
    stamper = Stamper(issue.layout, issue.master)
    for n, code in enumerate(roster):
        answers: dict[str, CellContent] = dict.fromkeys(issue.scheme.by("dealer"), 80.0 + n)
        inputs = {**issue.stamped(code), **{issue.layout.place(name): value for name, value in answers.items()}}
        data = stamper.stamp({**inputs, **engine.evaluate(inputs)}, issue.marker(code))
        path = place / "filled" / f"{code}_虚构{n}店_2026-11.xlsx"
        path.write_bytes(data if n != 7 else data[:5000])
        moment = datetime(2026, 12, 1, 9, n).timestamp()
        os.utime(path, (moment, moment))
    return Sent(issue, place / "blank", place / "filled")


@pytest.fixture(scope="session")
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Every file below a folder with its bytes."""

    def read(folder: Path) -> dict[str, bytes]:
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    return read
