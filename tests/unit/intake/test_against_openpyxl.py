"""On every file that openpyxl opens, our reader and openpyxl tell the same of every cell.

LibreOffice's files are compared in `oracle/test_other_programs.py`. Hostile ones are not: openpyxl hangs on some.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import MakeIssue
from shared.differential import differences, loaded

from xlkpi.scheme.lint import usable_scheme

from .test_variants import SHARED, WAYS, sheet_of, with_comments, without_dimension

SHIPPED = sorted((Path(__file__).parents[3] / "workbooks").rglob("*.xlsx"))
NOT_OPENED = {"strict", "elsewhere"}  # by openpyxl
BY_HAND: dict[str, Callable[[bytes], bytes]] = {
    **{way.__name__: way for way in WAYS if way not in (without_dimension, with_comments)},
    "shared formulas": lambda _: sheet_of(SHARED.replace('<c r="D2"><f t="shared" si="9"/><v>2</v></c>', "")),
    "errors and the rest": lambda _: sheet_of(
        '<row r="1"><c r="A1" t="e"><v>#DIV/0!</v></c><c r="B1" t="b"><v>1</v></c><c r="C1" t="str"><v></v></c></row>'
        '<row r="2"><c r="A2" t="d"><v>2026-05-01</v></c><c r="B2"><f t="array" ref="B2">SUM(A1)</f><v>1</v></c></row>'
        '<row r="3"><c r="A3"><v>1E-7</v></c><c r="B3"><v>0.30000000000000004</v></c><c r="C3" t="n"><v/></c></row>'
        '<row r="4"><c t="inlineStr"><is><t xml:space="preserve"> a </t></is></c><c><v>4</v></c></row>'
    ),
}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_shipped_workbooks_read_alike(path: Path) -> None:
    compared, told = differences(path.read_bytes())
    assert told == []
    assert compared > 3


def test_a_monthly_workbook_reads_alike(issue_of: MakeIssue) -> None:
    compared, told = differences(issue_of(*usable_scheme("service-monthly")).master)
    assert told == []
    assert compared > 3000


@pytest.mark.parametrize("name", BY_HAND)
def test_files_made_by_hand_read_alike(name: str, filled: bytes) -> None:
    data = BY_HAND[name](filled)
    if loaded(data, values=True) is None:
        assert name in NOT_OPENED, "openpyxl cannot open it"
        return
    compared, told = differences(data)
    assert told == []
    assert compared > 3
