"""Cells of an .xls, .et or .ods file, read by calamine. Run as a program of its own: a file on stdin, JSON on stdout.

calamine allocates what a file claims to need and then aborts the whole process, which nothing in Python can catch
(tafia/calamine#684, #693). So it never runs in our process. This file imports nothing of xlkpi, to start in 30 ms.

The answer is `{"sheets": {name: {ref: [kind, text]}}, "formats": {name: {ref: code}}, "runs": {name: {ref: [run]}},
"merged": {name: [area]}, "hidden_rows": {name: [row]}, "hidden_columns": {name: [column]}, "hidden": [name]}` with the
kinds n, t, b and d, or `{"refused": why, …}`.
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
        import resource  # noqa: PLC0415 - not on Windows
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


# ---------------------------------------------------------------- how cells look, which calamine does not tell

Formats = dict[str, dict[str, str]]
Run = tuple[str, bool, str]  # a piece of text, whether it is struck out, and "super", "sub" or ""
Runs = dict[str, dict[str, list[Run]]]
Area = tuple[int, int, int, int]  # left, top, right, bottom, counted from 1
_Look = tuple[bool, str]
_PLAIN: _Look = (False, "")
_NAMES = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TABLE, _OFFICE, _TEXT, _STYLE = (_NAMES % name for name in ("table", "office", "text", "style"))
_NUMBERS = ("float", "percentage", "currency", "date")
_HIDING = ("collapse", "filter")
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")


class Looks:
    """How the cells of a workbook look, by sheet. What cannot be told is left out: to the reader it is unknown."""

    def __init__(self) -> None:
        self.formats: Formats = {}
        """Of the cells that hold numbers or dates; of an .ods a format that shows what the cell shows."""
        self.runs: Runs = {}
        """Contents, run by run, of the cells of which some is struck out, raised or lowered."""
        self.merged: dict[str, list[Area]] = {}
        self.hidden_rows: dict[str, list[int]] = {}
        self.hidden_columns: dict[str, list[int]] = {}

    def keep(self, sheet: str, ref: str, worn: list[Run]) -> None:
        """Keep what a cell holds where some of it looks unlike plain text."""
        if any(struck or side for _, struck, side in worn):
            self.runs.setdefault(sheet, {})[ref] = worn


def looks_of(data: bytes, sheets: dict[str, dict[str, Cell]]) -> Looks:
    """The looks of the cells that hold something."""
    try:
        return _shown_in_document(data, sheets) if data.startswith(b"PK") else _shown_in_book(data, sheets)
    except MemoryError:
        raise
    except Exception:
        return Looks()


def _shown_in_book(data: bytes, sheets: dict[str, dict[str, Cell]]) -> Looks:
    import xlrd  # noqa: PLC0415 - only an .xls needs it

    book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
    fonts = [(bool(font.struck_out), {1: "super", 2: "sub"}.get(font.escapement, "")) for font in book.font_list]
    looks = Looks()
    for sheet in book.sheets():
        cells = sheets.get(sheet.name, {})
        areas = [(left + 1, top + 1, right, bottom) for top, bottom, left, right in sheet.merged_cells]
        rows, columns = sheet.rowinfo_map.items(), sheet.colinfo_map.items()
        looks.merged[sheet.name] = areas
        looks.hidden_rows[sheet.name] = [row + 1 for row, about in rows if about.hidden or about.height == 0]
        looks.hidden_columns[sheet.name] = [column + 1 for column, about in columns if about.hidden or about.width == 0]
        for row in range(sheet.nrows):
            for column in range(sheet.row_len(row)):
                ref = f"{_letters(column + 1)}{row + 1}"
                if ref not in cells:
                    continue
                kind, text = cells[ref]
                look = book.xf_list[sheet.cell_xf_index(row, column)]
                if kind in ("n", "d"):
                    looks.formats.setdefault(sheet.name, {})[ref] = book.format_map[look.format_key].format_str
                starts = [(0, look.font_index), *sheet.rich_text_runlist_map.get((row, column), ())]
                ends = [start for start, _ in starts[1:]] + [len(text)]
                worn = [
                    (text[start:end], *fonts[font])
                    for (start, font), end in zip(starts, ends, strict=True)
                    if end > start
                ]
                looks.keep(sheet.name, ref, worn)
    return looks


class _Styles:
    """The looks that styles give, by the style's name; a style that has none of its own has its parent's."""

    def __init__(self) -> None:
        self.by_name: dict[str, tuple[str, bool | None, str | None]] = {}

    def add(self, node: ElementTree.Element) -> None:
        struck: bool | None = None
        raised: str | None = None
        for about in node.iter(f"{_STYLE}text-properties"):
            through = [about.get(f"{_STYLE}text-line-through-{part}") for part in ("style", "type")]
            if any(through):
                struck = "none" not in through
            position = about.get(f"{_STYLE}text-position")
            if position:
                raised = _side(position)
        self.by_name[node.get(f"{_STYLE}name", "")] = node.get(f"{_STYLE}parent-style-name", ""), struck, raised

    def look(self, name: str | None, within: _Look = _PLAIN) -> _Look:
        """How text in this style looks inside text that looks as `within`."""
        struck: bool | None = None
        raised: str | None = None
        visited = set[str]()
        while name in self.by_name and name not in visited:
            visited.add(name)
            name, own_struck, own_raised = self.by_name[name]
            struck = own_struck if struck is None else struck
            raised = own_raised if raised is None else raised
        return (within[0] if struck is None else struck), (within[1] if raised is None else raised)


def _side(position: str) -> str:
    """Super and sub are words, or per cents of the line's height above or below."""
    first = position.split(maxsplit=1)[0]
    if first in ("super", "sub"):
        return first
    height = float(first.rstrip("%") or 0)
    return "super" if height > 0 else "sub" if height < 0 else ""


def _shown_in_document(data: bytes, sheets: dict[str, dict[str, Cell]]) -> Looks:
    looks = Looks()
    styles = _Styles()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if "styles.xml" in archive.namelist():
            with archive.open("styles.xml") as part:
                for _, node in ElementTree.iterparse(part):  # noqa: S314 - the guard looked at it
                    if node.tag == f"{_STYLE}style":
                        styles.add(node)
        with archive.open("content.xml") as content:
            sheet = _DocumentSheet(styles, {}, looks)
            for event, node in ElementTree.iterparse(content, ("start", "end")):  # noqa: S314 - the guard looked at it
                if event == "start" and node.tag == f"{_TABLE}table":
                    name = node.get(f"{_TABLE}name", "")
                    sheet = _DocumentSheet(styles, sheets.get(name, {}), looks, name)
                elif event == "start" and node.tag == f"{_TABLE}table-row":
                    sheet.line = []
                elif event == "end" and node.tag == f"{_STYLE}style":
                    styles.add(node)
                elif event == "end" and node.tag == f"{_TABLE}table-column":
                    times = min(_WIDEST, int(node.get(f"{_TABLE}number-columns-repeated", "1")))
                    sheet.add_columns(node, times)
                elif event == "end" and node.tag in _CELLS:
                    times = min(_WIDEST, int(node.get(f"{_TABLE}number-columns-repeated", "1")))
                    sheet.line += [node] * times
                elif event == "end" and node.tag == f"{_TABLE}table-row":
                    sheet.end_row(node)
                    node.clear()
    return looks


class _DocumentSheet:
    """A sheet of an .ods while it is read: the columns' styles, and the cells of the row that is open."""

    def __init__(self, styles: _Styles, cells: dict[str, Cell], looks: Looks, name: str = ""):
        self.styles, self.cells, self.looks, self.name = styles, cells, looks, name
        self.columns: list[str | None] = []
        self.line: list[ElementTree.Element] = []
        self.row = 0

    def add_columns(self, node: ElementTree.Element, times: int) -> None:
        """Columns that look alike."""
        if node.get(f"{_TABLE}visibility") in _HIDING:
            first = len(self.columns) + 1
            self.looks.hidden_columns.setdefault(self.name, []).extend(range(first, first + times))
        self.columns += [node.get(f"{_TABLE}default-cell-style-name")] * times

    def add_merged(self, column: int, row: int, node: ElementTree.Element) -> None:
        """The area of a cell that is merged with others."""
        wide, high = (int(node.get(f"{_TABLE}number-{of}-spanned", "1")) for of in ("columns", "rows"))
        if wide * high > 1:
            self.looks.merged.setdefault(self.name, []).append((column, row, column + wide - 1, row + high - 1))

    def end_row(self, row: ElementTree.Element) -> None:
        """Take what the row's cells show, for each row that it stands for."""
        times = int(row.get(f"{_TABLE}number-rows-repeated", "1"))
        filled = [(column, node) for column, node in enumerate(self.line, 1) if len(node)]
        for number in range(self.row + 1, self.row + 1 + min(times, _TALLEST) if filled else 0):
            if row.get(f"{_TABLE}visibility") in _HIDING:
                self.looks.hidden_rows.setdefault(self.name, []).append(number)
            for column, node in filled:
                self.add_merged(column, number, node)
                ref = f"{_letters(column)}{number}"
                paragraphs = [part for part in node if part.tag == f"{_TEXT}p"]
                if node.get(f"{_OFFICE}value-type") in _NUMBERS:
                    shown = "".join("".join(part.itertext()) for part in paragraphs)
                    if shown:
                        self.looks.formats.setdefault(self.name, {})[ref] = _literal(shown)
                if ref in self.cells:
                    style = node.get(f"{_TABLE}style-name") or row.get(f"{_TABLE}default-cell-style-name")
                    in_column = self.columns[column - 1] if column <= len(self.columns) else None
                    look = self.styles.look(style or in_column)
                    kind, text = self.cells[ref]
                    whole: list[Run] = [(text.removesuffix(".0"), *look)]
                    self.looks.keep(self.name, ref, self._runs(paragraphs, look) if kind == "t" else whole)
        self.row += times

    def _runs(self, paragraphs: list[ElementTree.Element], look: _Look) -> list[Run]:
        runs: list[Run] = []
        for number, paragraph in enumerate(paragraphs):
            runs += [("\n", *_PLAIN)] if number else []
            runs += self._runs_in(paragraph, look)
        return runs

    def _runs_in(self, node: ElementTree.Element, look: _Look) -> list[Run]:
        special = {f"{_TEXT}line-break": "\n", f"{_TEXT}tab": "\t"}
        if node.tag == f"{_TEXT}s":
            return [(" " * min(_LONGEST, int(node.get(f"{_TEXT}c", "1"))), *look)]
        if node.tag in special:
            return [(special[node.tag], *look)]
        runs: list[Run] = [(node.text, *look)] if node.text else []
        for part in node:
            runs += self._runs_in(part, self.styles.look(part.get(f"{_TEXT}style-name"), look))
            runs += [(part.tail, *look)] if part.tail else []
        return runs


def _literal(shown: str) -> str:
    """A number format that shows this text of whatever number."""
    quoted = '"' + shown.replace('"', "")[:_LONGEST] + '"'
    return ";".join((quoted, quoted, quoted))


def answer_to(data: bytes, most: dict[str, int]) -> dict[str, Any]:
    """The answer, whatever the bytes are; only an abort leaves without one."""
    try:
        sheets, hidden = read(data, most)
        return {"sheets": sheets, "hidden": hidden, **vars(looks_of(data, sheets))}
    except _TooMuch as excess:
        return excess.facts
    except MemoryError:
        return {"refused": "memory"}
    except BaseException as error:  # a panic of Rust is no Exception
        kind = type(error).__name__
        return {"refused": {"PasswordError": "password", "CalamineError": "format"}.get(kind, "damaged")}


def main() -> None:
    """Read stdin, answer on stdout."""
    most = json.loads(sys.argv[1])
    _limit(most["memory"], most["seconds"])
    sys.stdout.buffer.write(json.dumps(answer_to(sys.stdin.buffer.read(), most)).encode())


if __name__ == "__main__":
    main()
