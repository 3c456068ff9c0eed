"""Every workbook of a month as people see it: no words without room, no print too small."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from shared.printing import printed, without_room

from journey.shared import Month, Run

LEAST = 5.5  # points on paper, of lists with many columns; the signed sheet has its own test


@pytest.fixture(scope="module")
def books(month: Month, run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """All that a month writes, one workbook of a kind at least."""
    folder = tmp_path_factory.mktemp("looks")
    given = (month.folder / "filled", "--issue", month.blank)
    run("check", *given, "--mark", folder / "marked", "--format", "xlsx", "-o", folder / "findings.xlsx")
    run("status", *given, "-o", folder / "status")
    found = {str(path.relative_to(root)): path for root in (month.folder, folder) for path in root.rglob("*.xlsx")}
    kinds = (
        "blank",
        "out/assessed",
        "out/排名汇总",
        "marked",
        "findings",
        "status",
        "dealers",
        "targets",
        "inspections",
    )
    for kind in kinds:
        assert any(name.startswith(kind) for name in found), kind
    ours = [name for name in sorted(found) if not name.startswith("filled")]
    shown = ("D005", "D006", "D010")  # deductions, a blank, no inspections
    return {name: found[name] for name in ours if not Path(name).name.startswith("D0") or any(d in name for d in shown)}


def visible(books: dict[str, Path]) -> Iterator[tuple[str, Worksheet]]:
    """Every sheet with the values of its formulas."""
    for name, path in books.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # data bars are an extension that openpyxl does not keep
            book = load_workbook(path, data_only=True)
        yield from ((name, sheet) for sheet in book.worksheets if sheet.sheet_state == "visible")


def test_no_words_are_cut_off_and_no_print_is_too_small(books: dict[str, Path]) -> None:
    faults = []
    for name, sheet in visible(books):
        faults += [f"{name} {told}" for told in without_room(sheet)]
        faults += [f"{name} {page}" for page in printed(sheet) if page.smallest < LEAST]
    assert not faults
