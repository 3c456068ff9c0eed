"""Which entered figures keep a cell open: the blanks and unreadable cells that its formula comes down to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from xlkpi.scheme.formulas import parse
from xlkpi.values import Absence, CellContent, Place, value_of
from xlkpi.workbook.layout import Layout, Role


def lacking(
    layout: Layout, cells: Mapping[Place, CellContent], name: str, above: tuple[str, ...] = ()
) -> Iterator[str]:
    """The entered figures that a cell is made of and that are no figures."""
    if name not in layout.slots or name in above or layout.slots[name].role is Role.READ:
        return
    place = layout.place(name)
    text = layout.formulas.get(place)
    if text is None:
        if value_of(layout.content(name, cells)) in (Absence.MISSING, Absence.UNREADABLE):
            yield name
        return
    for used in _names(text.removeprefix("=")):
        yield from lacking(layout, cells, used, (*above, name))


@lru_cache(4096)
def _names(formula: str) -> tuple[str, ...]:
    try:
        return parse(formula).names
    except ValueError:
        return ()
