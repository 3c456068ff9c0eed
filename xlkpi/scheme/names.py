"""Which names are safe as a defined name in Excel, WPS, LibreOffice and the engines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from xlkpi.scheme.parsing import allowed_functions

_SHAPE = re.compile(r"[一-鿿A-Za-z_][一-鿿A-Za-z0-9_.]*")
_CELL = re.compile(r"[A-Za-z]{1,3}\d+")  # A13, Q1, LOG10 are read silently as cells, with a wrong value and no error
_R1C1 = re.compile(r"[Rr]\d*|[Cc]\d*|[Rr]\d*[Cc]\d*")
_MAX = 60  # 250 Chinese characters break an engine; people stop reading long before


def why_unsafe(name: str) -> str | None:
    """Say in words why a name cannot be used in formulas, or None where it can.

    Measured over Excel's rules, LibreOffice, formualizer and formulas; what is refused breaks in at least one.
    """
    if unicodedata.normalize("NFC", name) != name:
        return "is not in Unicode form NFC"
    if len(name) > _MAX:
        return f"is longer than {_MAX} characters"
    if not _SHAPE.fullmatch(name):
        return "may hold only Chinese characters, ASCII letters, digits, _ and . and may not begin with a digit"
    if _CELL.fullmatch(name):
        return "looks like a cell reference, and spreadsheets would silently read that cell"
    if _R1C1.fullmatch(name):
        return "looks like an R1C1 reference"
    if name.casefold().startswith("_xl"):
        return "begins with _xl, as the names that Excel and this tool keep for themselves do"
    if name.upper() in _reserved():
        return "is the name of a function or a logical value"
    return None


def clashes(names: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of names that a spreadsheet takes for the same (upper and lower case are one to it)."""
    by_folded: dict[str, str] = {}
    pairs = []
    for name in names:
        folded = name.casefold()
        if folded in by_folded:
            pairs.append((by_folded[folded], name))
        by_folded.setdefault(folded, name)
    return pairs


@cache
def _reserved() -> frozenset[str]:
    return frozenset({"TRUE", "FALSE"} | allowed_functions())
