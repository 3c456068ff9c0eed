"""Cells of an .xls, .et or .ods file, read by calamine. Run as a program of its own: a file on stdin, JSON on stdout.

calamine allocates what a file claims to need and then aborts the whole process, which nothing in Python can catch
(tafia/calamine#684, #693). So it never runs in ours. This file imports nothing of ours, to start in some 30 ms.

The answer is `{"sheets": {name: {ref: [kind, text]}}, "hidden": [name]}` with the kinds n, t, b and d, or
`{"refused": why, …}`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import sys
from typing import Any

Cell = tuple[str, str]


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
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
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


def main() -> None:
    """Read stdin, answer on stdout."""
    most = json.loads(sys.argv[1])
    _limit(most["memory"], most["seconds"])
    answer: dict[str, Any]
    try:
        sheets, hidden = read(sys.stdin.buffer.read(), most)
        answer = {"sheets": sheets, "hidden": hidden}
    except _TooMuch as found:
        answer = found.facts
    except MemoryError:
        answer = {"refused": "memory"}
    except BaseException as error:  # a panic of Rust is no Exception
        kind = type(error).__name__
        why = {"PasswordError": "password", "CalamineError": "format"}.get(kind, "damaged")
        answer = {"refused": why, "detail": f"{kind}: {error}"[:200]}
    sys.stdout.buffer.write(json.dumps(answer).encode())


if __name__ == "__main__":
    main()
