"""What differs from what was issued: targets, formulas, names, fixed numbers, and inspections that a dealer wrote."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from xlkpi.intake.locate import Locator
from xlkpi.intake.meaning import show
from xlkpi.intake.normalise import understand
from xlkpi.intake.reader import place_of
from xlkpi.intake.source import Source
from xlkpi.intake.strays import Remark
from xlkpi.issue import Issue
from xlkpi.values import Absence, CellKind, Place, RawCell, Value, spans
from xlkpi.workbook.layout import Role, Slot

_LISTED_EACH: Final = 3  # altered formulas of a sheet; more are one cause and one finding
_LISTED_NAMES: Final = 5  # names that a finding lists
_WITNESSED: Final = (Role.ANSWER, Role.INSPECTION, Role.REMARK, Role.CHECK)
_SPELLING = re.compile(
    r"""("(?:[^"]|"")*")|'((?:[^']|'')*)'!|\s+|\b(TRUE|FALSE)\(\)"""
    r"""|(?<![\w.$!])((?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?)(?![\w.(:!])|([a-z]+)""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Integrity:
    """Compares a dealer's workbook with the issue. `cells` are the file's, `places` where its slots stand; `moved` are
    sheets whose rows or columns are not where they were, `elsewhere` names of answers that point to another cell and
    are in no doubt."""

    issue: Issue
    book: Source
    locator: Locator
    places: Mapping[str, Place]
    cells: Mapping[Place, RawCell]
    moved: frozenset[str]
    elsewhere: frozenset[str] = frozenset()

    def remarks(self, dealer: str, *, reviewed: bool) -> Iterator[Remark]:
        """Everything that differs; inspections only where no reviewer of headquarters has filled them in."""
        yield from self._targets(dealer)
        if not reviewed:
            yield from self._inspections()
        yield from self._formulas()
        yield from self._names()
        yield from self._numbers()

    def _targets(self, dealer: str) -> Iterator[Remark]:
        targets = self.issue.targets.get(dealer, {})
        before = self.issue.before_revision.get(dealer, {})
        aims = self.issue.scheme.aims
        for slot in self.issue.layout.of(Role.TARGET):
            if slot.place.sheet not in self.book.sheets:
                continue
            entry, place = aims[slot.field], self.places[slot.name]
            issued = targets.get(slot.field, Absence.MISSING)
            value = understand(entry, self.cells.get(place)).value
            if not _same(value, issued):
                revised = _same(value, before.get(slot.field, Absence.UNREADABLE))
                label = entry.label or slot.field
                facts: dict[str, object] = {
                    "label": label,
                    "found": show(entry, value),
                    "expected": show(entry, issued),
                }
                yield "XK-W078" if revised else "XK-I001", place, slot.field, facts

    def _inspections(self) -> Iterator[Remark]:
        for slot in self.issue.layout.of(Role.INSPECTION):
            raw = self.cells.get(self.places[slot.name])
            if raw is not None and raw.text is not None:
                label = self.issue.scheme.fields[slot.field].label or slot.field
                yield "XK-I003", self.places[slot.name], slot.field, {"label": label, "found": raw.text[:60]}

    def _formulas(self) -> Iterator[Remark]:
        if not self.book.tells_formulas:
            yield "XK-I007", None, "", {}
            return
        altered: dict[tuple[str, bool], list[tuple[Place, str, str]]] = {}
        for place, expected in self.issue.layout.formulas.items():
            raw = self.cells.get(place)
            if raw is not None and raw.formula == expected:  # nearly all
                continue
            if place.sheet not in self.book.sheets or place.sheet in self.moved:
                continue
            formula = raw.formula if raw is not None and isinstance(raw.formula, str) else None
            if formula is None or comparable_formula(formula) != comparable_formula(expected):
                actual = f"={formula}" if formula is not None else (raw and raw.text) or "空白"
                entry = place, shortened(expected, 80), shortened(actual, 80)
                altered.setdefault((place.sheet, formula is None), []).append(entry)
        for (sheet, by_value), several in altered.items():
            if len(several) <= _LISTED_EACH:
                for place, expected, actual in several:
                    yield "XK-I002", place, "", {"expected": expected, "found": actual}
                continue
            how = "被数值盖掉" if by_value else "被改动"
            where = spans(place.ref for place, *_ in several)
            yield "XK-W079", several[0][0], "", {"sheet": sheet, "count": len(several), "how": how, "cells": where}

    def _names(self) -> Iterator[Remark]:
        """Names that the form's formulas use and that stand for something else now: one finding with the first few.

        The names of answers and inspections have other witnesses (`Witnesses.doubt`), unless they are `elsewhere`.
        """
        names = self.book.names
        changed = [
            (slot, text)
            for slot in self.issue.layout.slots.values()
            if (slot.role not in _WITNESSED or slot.name in self.elsewhere)
            and (text := names.get(slot.name))
            and self._is_redefined(slot, text)
        ]
        if changed:
            listed = "；".join(f"{slot.name} → {shortened(text, 40)}" for slot, text in changed[:_LISTED_NAMES])
            yield "XK-I030", changed[0][0].place, "", {"count": len(changed), "listed": listed}

    def _is_redefined(self, slot: Slot, text: str) -> bool:
        place = place_of(text)
        if place == slot.place or "#REF!" in text:  # nearly all; or deleted with its cell
            return False
        if place is None or place.sheet != slot.place.sheet:
            return slot.place.sheet in self.book.sheets
        return not self.locator.shift(slot.place.sheet).moved  # rows that moved take their names along

    def _numbers(self) -> Iterator[Remark]:
        for place, number in self.issue.layout.numbers.items():
            if place.sheet not in self.book.sheets or place.sheet in self.moved:
                continue
            raw = self.cells.get(place)
            text = raw.text if raw else None
            if text is None or raw is None or raw.kind is not CellKind.NUMBER or not _same(float(text), number):
                yield "XK-I005", place, "", {"expected": f"{number:g}", "found": shortened(text or "空白", 80)}


def comparable_formula(formula: str) -> str:
    """A formula without what programs spell in their own way; what stands in quotes stays.

    Spaces go, and the quotes of a sheet's name; functions are capital, LibreOffice writes TRUE() for TRUE, and all
    write 40.0% as 40% and .5 as 0.5.
    """
    return _SPELLING.sub(_respelled, formula).removeprefix("=")


def _respelled(token: re.Match[str]) -> str:
    quoted, sheet, truth, number, letters = token.groups()
    if sheet is not None:
        return f"{sheet.upper()}!"
    if number:
        return f"{float(number):.15g}"
    return quoted or (truth or letters or "").upper()


def _same(value: Value, issued: Value) -> bool:
    """Equal to the fifteen digits that LibreOffice writes."""
    if isinstance(value, float) and isinstance(issued, float):
        return math.isclose(value, issued, rel_tol=1e-14)
    return value == issued


def shortened(text: str, most: int = 200) -> str:
    """As much of a text as a finding quotes."""
    return text if len(text) <= most else text[: most - 1] + "…"
