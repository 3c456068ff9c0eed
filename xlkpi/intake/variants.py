"""Normalises what programs write differently: shared formulas, and the calendar from 1904."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from xlkpi.intake.guard import Refused
from xlkpi.intake.shown import shows_date
from xlkpi.values import CellKind, RawCell

_BETWEEN_CALENDARS = 1462  # days from 1900's day zero to 1904's
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
MAX_EXPANDED: Final = 400_000  # characters of shared formulas that are written out for their cells


class Sharing(NamedTuple):
    """A cell that shares a formula: the number that they share it under, and the formula where it is written here."""

    ref: str
    number: str
    formula: str


def with_shared_formulas(sheet: str, sharing: Iterable[Sharing], cells: Mapping[str, RawCell]) -> dict[str, RawCell]:
    """Cells that only point to a formula written elsewhere, with that formula as it reads in their own place.

    A cell whose formula is nowhere to be found keeps an empty one.

    Raises:
        Refused: written out, the formulas are longer together than any workbook's.
    """
    masters: dict[str, tuple[str, str]] = {}
    members: dict[str, list[str]] = {}
    for ref, number, formula in sharing:
        if formula and number not in masters:
            masters[number] = ref, formula
        elif ref in cells:
            members.setdefault(number, []).append(ref)
    written_out = dict(cells)
    length = 0
    for number, refs in members.items():
        blank = [ref for ref in refs if not cells[ref].formula] if number in masters else []
        if blank:
            origin, formula = masters[number]
            length += len(formula) * len(blank)
            if length > MAX_EXPANDED:
                raise Refused("XK-F023", what=f"工作表“{sheet}”的共享公式展开后", limit=f"{MAX_EXPANDED} 个字符")
            written_out |= {ref: cells[ref]._replace(formula=text) for ref, text in _translated(formula, origin, blank)}
    return written_out


def _translated(formula: str, origin: str, refs: Iterable[str]) -> Iterator[tuple[str, str]]:
    """A cell's formula as it reads in other cells; an empty one where it cannot be told."""
    from openpyxl.formula.tokenizer import TokenizerError  # noqa: PLC0415 - only files with shared formulas need it
    from openpyxl.formula.translate import Translator, TranslatorError  # noqa: PLC0415 - only files with shared formulas need it

    try:
        translator = Translator(f"={formula}", origin)
    except TokenizerError:
        yield from ((ref, "") for ref in refs)
        return
    for ref in refs:
        try:
            yield ref, str(translator.translate_formula(ref)).removeprefix("=")
        except TranslatorError:
            yield ref, ""


def in_1900(cells: Mapping[str, RawCell]) -> dict[str, RawCell]:
    """Cells of a workbook that counts its days from 1904, with dates counted as everywhere else.

    A date is known by its number format; elapsed and bare times are the same in both calendars.
    """
    return {ref: _in_1900(raw) for ref, raw in cells.items()}


def _in_1900(raw: RawCell) -> RawCell:
    if (
        raw.kind is not CellKind.NUMBER
        or not raw.text
        or not shows_date(raw.format)
        or _ELAPSED.search(str(raw.format))
    ):
        return raw
    try:
        serial = float(raw.text)
    except ValueError:  # no number: it will be asked about
        return raw
    return raw if serial < 1 else raw._replace(text=f"{serial + _BETWEEN_CALENDARS:.15g}")
