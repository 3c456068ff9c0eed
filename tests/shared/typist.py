"""A person at LibreOffice: opens a workbook, types into cells, looks at others. Run by an interpreter that has `uno`.

    python typist.py SOFFICE PROFILE

Orders come as lines of JSON on standard input, and each is answered by a line: {"open": PATH}, {"type": [[sheet, cell,
text], …]} (an empty text clears; a cell that is locked refuses), {"read": [[sheet, cell], …]}, {"save": PATH} (as the
ending says: .xlsx, .xls, .ods), {"close": 1}. With the protection taken off ({"unprotect": 1}): {"rows": [sheet, row,
count]} and {"columns": [sheet, column, count]} insert before, {"rename": [old, new]}, {"first": sheet}, {"copy":
[sheet, …], "to": PATH}.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import uno
from com.sun.star.beans import PropertyValue

WAIT = 60  # seconds for the program to start


def _property(name: str, value: Any) -> Any:
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


def _desktop(pipe: str) -> Any:
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    until = time.monotonic() + WAIT
    while True:
        try:
            there = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return there.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", there)
        except Exception:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _value(cell: Any) -> Any:
    """A number, a text, or the error that the cell shows."""
    if cell.getError():
        return {"error": cell.getString()}
    kind = cell.FormulaResultType2 if cell.Type.value == "FORMULA" else {"VALUE": 1, "TEXT": 2}.get(cell.Type.value, 0)
    return cell.getValue() if kind == 1 else cell.getString()


def _carry_out(desktop: Any, book: Any, order: dict[str, Any]) -> tuple[Any, Any]:
    if "open" in order:
        path = Path(order["open"]).as_uri()
        return desktop.loadComponentFromURL(path, "_blank", 0, (_property("Hidden", True),)), "opened"
    if "type" in order:
        for sheet, ref, text in order["type"]:
            page = book.Sheets.getByName(sheet)
            cell = page.getCellRangeByName(ref)
            if page.isProtected() and cell.CellProtection.IsLocked:
                return book, {"locked": [sheet, ref]}
            cell.setFormula(text)  # as it is typed: a number where it reads as one
        return book, "typed"
    if "read" in order:
        return book, [_value(book.Sheets.getByName(sheet).getCellRangeByName(ref)) for sheet, ref in order["read"]]
    if "save" in order:
        _save(book, Path(order["save"]))
        return book, "saved"
    if "close" in order:
        book.close(True)
        return None, "closed"
    return book, _rearrange(desktop, book, order)


def _save(book: Any, path: Path) -> None:
    filters = {".xlsx": "Calc MS Excel 2007 XML", ".xls": "MS Excel 97", ".ods": "calc8"}
    book.storeToURL(path.as_uri(), (_property("FilterName", filters[path.suffix]),))


def _rearrange(desktop: Any, book: Any, order: dict[str, Any]) -> str:
    """What dealers do to a form whose protection they took off."""
    pages = book.Sheets
    if "unprotect" in order:
        book.unprotect("")
        for name in pages.ElementNames:
            pages.getByName(name).unprotect("")
    elif "rows" in order:
        sheet, row, count = order["rows"]
        pages.getByName(sheet).Rows.insertByIndex(row - 1, count)
    elif "columns" in order:
        sheet, column, count = order["columns"]
        pages.getByName(sheet).Columns.insertByIndex(column - 1, count)
    elif "rename" in order:
        old, new = order["rename"]
        pages.getByName(old).setName(new)
    elif "first" in order:
        pages.moveByName(order["first"], 0)
    else:
        new = desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, (_property("Hidden", True),))
        for place, sheet in enumerate(order["copy"]):
            new.Sheets.importSheet(book, sheet, place)
        _save(new, Path(order["to"]))
        new.close(True)
    return "done"


def main() -> None:
    program, profile = sys.argv[1:]
    pipe = f"xlkpi{os.getpid()}"
    office = subprocess.Popen(
        [program, f"-env:UserInstallation={Path(profile).as_uri()}", "--headless", "--norestore",
         f"--accept=pipe,name={pipe};urp;"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    book = desktop = None
    try:
        desktop = _desktop(pipe)
        for line in sys.stdin:
            book, answer = _carry_out(desktop, book, json.loads(line))
            print(json.dumps(answer), flush=True)
    finally:
        with contextlib.suppress(Exception):  # it closes the line while it goes
            desktop.terminate()
        try:
            office.wait(20)
        except subprocess.TimeoutExpired:
            office.kill()


if __name__ == "__main__":
    main()
