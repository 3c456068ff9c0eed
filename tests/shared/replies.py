"""What a dealer writes into a marked copy, and headquarters into the list of answers."""

from __future__ import annotations

import io
from pathlib import Path

from openpyxl import load_workbook


def answered(data: bytes, code: str, *answer: str | None) -> bytes:
    """A marked copy in which the dealer answers."""
    book = load_workbook(io.BytesIO(data))
    sheet = book["问题清单"]
    (row,) = (row[0].row for row in sheet.iter_rows(min_row=5) if row[6].value == code)
    for column, text in zip("HI", answer, strict=False):
        sheet[f"{column}{row}"].value = text
        if text:
            sheet[f"{column}{row}"].data_type = "s"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def decided(path: Path, **words: str) -> None:
    """Headquarters writes into the list."""
    book = load_workbook(path)
    sheet = book.worksheets[0]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for heading, text in words.items():
        sheet.cell(2, columns[heading]).value = text
    book.save(path)
