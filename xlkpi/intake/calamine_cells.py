"""Cells of an .xls, .et or .ods file, read by calamine. Run as a program of its own: a file on stdin, JSON on stdout.

calamine allocates what a file claims to need and then aborts the whole process, which nothing in Python can catch
(tafia/calamine#684, #693). So it never runs in our process. This file imports nothing of xlkpi, to start in 30 ms.

The answer is `{"sheets": {name: {ref: [kind, text]}}, "formats": {name: {ref: code}}, "hidden": [name]}` with the kinds
n, t, b and d, or `{"refused": why, …}`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import sys
import zipfile
from typing import Any
from xml.etree import ElementTree

Cell = tuple[str, str]
_WIDEST, _TALLEST = 1_024, 10_000  # repeats of one cell, of one row
_LONGEST = 80  # characters that are shown of a number; a format code takes 255


class _TooMuch(Exception):
    """A limit is passed; the facts say which."""

    def __init__(self, **facts: Any):
        super().__init__(facts)
        self.facts = facts


def _limit(memory: int, seconds: int) -> None:
    """Where the system can do it (not on Windows, where only the caller's clock counts)."""
    try:
        import resource  # noqa: PLC0415
    except ImportError:
        return
    with contextlib.suppress(ValueError, OSError):  # a stricter limit stands already
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _cell(value: Any) -> Cell | None:
    """A value as kind and text; None for a blank. A cell error comes out of calamine as a blank."""
    if value == "" or value is None:
        return None
    if isinstance(value, bool):
        return "b", "1" if value else "0"
    if isinstance(value, int | float):
        return "n", repr(value)
    if isinstance(value, dt.date | dt.time):
        return "d", value.isoformat()
    if isinstance(value, dt.timedelta):
        return "d", str(value)
    return "t", str(value)


def _letters(column: int) -> str:
    text = ""
    while column:
        column, digit = divmod(column - 1, 26)
        text = chr(65 + digit) + text
    return text


def read(data: bytes, most: dict[str, int]) -> tuple[dict[str, dict[str, Cell]], list[str]]:
    """Every cell that holds something, by sheet; and the sheets that are hidden.

    Raises:
        _TooMuch: more than `most` rows, columns, cells or characters.
    """
    from python_calamine import SheetTypeEnum, SheetVisibleEnum, load_workbook  # noqa: PLC0415 - after the memory is limited

    book = load_workbook(io.BytesIO(data))
    sheets: dict[str, dict[str, Cell]] = {}
    hidden: list[str] = []
    size = 0
    for place, about in enumerate(book.sheets_metadata):
        if about.typ is not SheetTypeEnum.WorkSheet:
            continue
        if about.visible is not SheetVisibleEnum.Visible:
            hidden.append(about.name)
        sheet = book.get_sheet_by_index(place)
        cells = sheets[about.name] = {}
        if sheet.start is None or sheet.end is None:
            continue
        last = f"{_letters(sheet.end[1] + 1)}{sheet.end[0] + 1}"
        if sheet.end[0] >= most["row"] or sheet.end[1] >= most["column"]:
            raise _TooMuch(refused="far", sheet=about.name, ref=last)
        columns = [_letters(number + 1) for number in range(sheet.start[1], sheet.end[1] + 1)]
        for row, values in enumerate(sheet.to_python(), sheet.start[0] + 1):
            for letter, value in zip(columns, values, strict=False):
                cell = _cell(value)
                if cell is not None:
                    cells[f"{letter}{row}"] = cell
                    size += len(cell[1])
            if len(cells) > most["cells"] or size > most["characters"]:
                raise _TooMuch(refused="many", sheet=about.name)
    return sheets, hidden


# ---------------------------------------------------------------- how numbers look, which calamine does not tell

Formats = dict[str, dict[str, str]]
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_NUMBERS = ("float", "percentage", "currency")


def formats_of(data: bytes, sheets: dict[str, dict[str, Cell]]) -> Formats:
    """Number formats of the cells that hold numbers, by sheet; of an .ods a format that shows what the cell shows.

    What cannot be told is left out: to the reader it is unknown.
    """
    try:
        return _shown_in_document(data) if data.startswith(b"PK") else _formats_in_book(data, sheets)
    except MemoryError:
        raise
    except Exception:
        return {}


def _formats_in_book(data: bytes, sheets: dict[str, dict[str, Cell]]) -> Formats:
    import xlrd  # noqa: PLC0415 - only an .xls needs it

    book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
    formats: Formats = {}
    for sheet in book.sheets():
        cells = sheets.get(sheet.name, {})
        for row in range(sheet.nrows):
            for column in range(sheet.row_len(row)):
                ref = f"{_letters(column + 1)}{row + 1}"
                if ref in cells and cells[ref][0] == "n":
                    look = book.xf_list[sheet.cell_xf_index(row, column)]
                    formats.setdefault(sheet.name, {})[ref] = book.format_map[look.format_key].format_str
    return formats


def _shown_in_document(data: bytes) -> Formats:
    formats: Formats = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("content.xml") as content:
        name, row, line = "", 0, [""]
        for event, node in ElementTree.iterparse(content, ("start", "end")):  # noqa: S314 - the guard looked at it
            if event == "start" and node.tag == f"{_TABLE}table":
                name, row = node.get(f"{_TABLE}name", ""), 0
            elif event == "start" and node.tag == f"{_TABLE}table-row":
                line = []
            elif event == "end" and node.tag in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                shown = ""
                if node.get(f"{_OFFICE}value-type") in _NUMBERS:
                    shown = "".join("".join(part.itertext()) for part in node if part.tag == f"{_TEXT}p")
                line += [shown] * min(_WIDEST, int(node.get(f"{_TABLE}number-columns-repeated", "1")))
                node.clear()
            elif event == "end" and node.tag == f"{_TABLE}table-row":
                times = int(node.get(f"{_TABLE}number-rows-repeated", "1"))
                texts = [(column, _literal(shown)) for column, shown in enumerate(line, 1) if shown]
                for number in range(row + 1, row + 1 + min(times, _TALLEST) if texts else 0):
                    formats.setdefault(name, {}).update((f"{_letters(column)}{number}", code) for column, code in texts)
                row += times
                node.clear()
    return formats


def _literal(shown: str) -> str:
    """A number format that shows this text of whatever number."""
    quoted = '"' + shown.replace('"', "")[:_LONGEST] + '"'
    return ";".join((quoted, quoted, quoted))


def main() -> None:
    """Read stdin, answer on stdout."""
    most = json.loads(sys.argv[1])
    _limit(most["memory"], most["seconds"])
    answer: dict[str, Any]
    try:
        data = sys.stdin.buffer.read()
        sheets, hidden = read(data, most)
        answer = {"sheets": sheets, "hidden": hidden, "formats": formats_of(data, sheets)}
    except _TooMuch as found:
        answer = found.facts
    except MemoryError:
        answer = {"refused": "memory"}
    except BaseException as error:  # a panic of Rust is no Exception
        kind = type(error).__name__
        why = {"PasswordError": "password", "CalamineError": "format"}.get(kind, "damaged")
        answer = {"refused": why}
    sys.stdout.buffer.write(json.dumps(answer).encode())


if __name__ == "__main__":
    main()
