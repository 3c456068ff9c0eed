"""What programs write in ways of their own, evened out after reading: shared formulas, and the calendar from 1904."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

from xlkpi.intake.shown import look
from xlkpi.values import CellKind, RawCell

_BETWEEN_CALENDARS = 1462  # days from 1900's day zero to 1904's
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_SHARED = re.compile(rb"<(?:\w+:)?c\s([^>]*)>\s*<(?:\w+:)?f\s([^>]*?)(?:/>|>([^<]*)<)")
_ATTRIBUTE = re.compile(rb"""\b(r|t|si)\s*=\s*["']([^"']*)["']""")


def with_shared_formulas(data: bytes, cells: Mapping[str, RawCell]) -> dict[str, RawCell]:
    """Cells that only point to a formula written elsewhere, with that formula as it reads in their own place.

    `data` is the sheet's XML. A cell whose formula is nowhere to be found keeps an empty one.
    """
    masters: dict[bytes, tuple[str, str]] = {}
    members: dict[str, bytes] = {}
    for cell, formula, text in _SHARED.findall(data):
        about = dict(_ATTRIBUTE.findall(formula))
        ref = dict(_ATTRIBUTE.findall(cell)).get(b"r", b"").decode()
        if about.get(b"t") == b"shared":
            if text and about.get(b"si", b"") not in masters:
                masters[about.get(b"si", b"")] = ref, unescape(text.decode())
            elif ref in cells:
                members[ref] = about.get(b"si", b"")
    made = dict(cells)
    for ref, group in members.items():
        if group in masters and not cells[ref].formula:
            origin, formula = masters[group]
            made[ref] = cells[ref]._replace(formula=_translated(formula, origin, ref))
    return made


def _translated(formula: str, origin: str, ref: str) -> str:
    from openpyxl.formula.tokenizer import TokenizerError  # noqa: PLC0415 - only files with shared formulas need it
    from openpyxl.formula.translate import Translator, TranslatorError  # noqa: PLC0415

    try:
        return str(Translator(f"={formula}", origin).translate_formula(ref)).removeprefix("=")
    except (TokenizerError, TranslatorError):
        return ""


def in_1900(cells: Mapping[str, RawCell]) -> dict[str, RawCell]:
    """Cells of a workbook that counts its days from 1904, with dates counted as everywhere else.

    A date is known by its number format; elapsed and bare times are the same in both calendars.
    """
    return {ref: _in_1900(raw) for ref, raw in cells.items()}


def _in_1900(raw: RawCell) -> RawCell:
    if raw.kind is not CellKind.NUMBER or not raw.text or not look(raw.format).date or _ELAPSED.search(str(raw.format)):
        return raw
    serial = float(raw.text)
    return raw if serial < 1 else raw._replace(text=f"{serial + _BETWEEN_CALENDARS:.15g}")
