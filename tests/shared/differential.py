"""Our reader against openpyxl, cell by cell: values, formulas, number formats."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.formula import ArrayFormula

from xlkpi.intake.reader import open_workbook
from xlkpi.values import CellKind, RawCell


def loaded(data: bytes, *, values: bool) -> Any:
    """What openpyxl makes of a file; None where it cannot open it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says which extensions it does not know
        try:
            book = load_workbook(io.BytesIO(data), data_only=values)
        except Exception:
            return None
    return book if book.sheetnames else None  # of what is strict it reads nothing


def differences(data: bytes) -> tuple[int, list[str]]:
    """How many cells were compared, and where the two do not agree.

    Left out, because openpyxl does not read them: what stands in cells merged over.
    """
    ours, formulas, values = open_workbook(data), loaded(data, values=False), loaded(data, values=True)
    compared, told = 0, []
    for sheet in ours.sheets:
        mine = ours.cells(sheet, None).cells
        for line in values[sheet].iter_rows():
            for cell in line:
                if cell.value is not None and cell.coordinate not in mine:
                    told.append(f"{sheet}!{cell.coordinate}: only openpyxl has {cell.value!r}")
        for ref, raw in mine.items():
            theirs = formulas[sheet][ref]
            if isinstance(theirs, MergedCell):
                continue
            compared += 1
            told += [f"{sheet}!{ref}: {what}" for what in _differs(raw, theirs, values[sheet][ref])]
    return compared, told


def _differs(raw: RawCell, with_formula: Any, with_value: Any) -> Iterator[str]:
    formula = None
    if with_formula.data_type == "f":
        text = with_formula.value.text if isinstance(with_formula.value, ArrayFormula) else with_formula.value
        formula = str(text).removeprefix("=")
    if formula != raw.formula:
        yield f"formula {raw.formula!r}, openpyxl {formula!r}"
    if with_value.number_format != raw.format:
        yield f"format {raw.format!r}, openpyxl {with_value.number_format!r}"
    link = with_value.hyperlink  # openpyxl takes its place for the value where a formula has none
    of_link = link is not None and with_value.value == link.location
    if not _same(raw, None if of_link else with_value.value):
        yield f"value {raw.kind.value} {raw.text!r}, openpyxl {with_value.value!r}"


def _same(raw: RawCell, value: Any) -> bool:
    if value is None:
        return raw.text in (None, "")
    if isinstance(value, bool):
        return raw.kind is CellKind.BOOLEAN and raw.text == str(int(value))
    if isinstance(value, datetime | date | time | timedelta) and raw.kind is CellKind.NUMBER:
        return abs(to_excel(value) - float(raw.text or "nan")) < 1e-6
    if isinstance(value, int | float):
        return raw.kind is CellKind.NUMBER and float(raw.text or "nan") == value
    if raw.kind is CellKind.DATE:
        return str(value)[:10] == str(raw.text)[:10]
    return raw.kind in (CellKind.TEXT, CellKind.ERROR) and raw.text == value
