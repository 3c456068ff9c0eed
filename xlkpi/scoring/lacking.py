"""What keeps an item open: the blanks and unreadable cells that its base points and clauses come down to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from xlkpi.scheme import parts
from xlkpi.scheme.cells import of_clause, of_field
from xlkpi.scheme.model import Item
from xlkpi.scheme.parsing import parse
from xlkpi.values import Absence, CellContent, Place, value_of
from xlkpi.workbook.layout import Layout, Role

OPEN: Final = (Absence.MISSING.value, Absence.UNREADABLE.value)
"""The words of a cell that is not known."""


def open_outcomes(layout: Layout, cells: Mapping[Place, CellContent], item: Item) -> list[str]:
    """The cells of an item's base points and clauses that are not known."""
    outcomes = [of_field(item.name, parts.BASE_POINTS)]
    outcomes += [of_clause(item.name, number) for number in range(1, len(item.clauses) + 1)]
    return [name for name in outcomes if layout.content(name, cells) in OPEN]


def lacking_for(layout: Layout, cells: Mapping[Place, CellContent], item: Item) -> Iterable[str]:
    """The entered figures for want of which an item is open, each once."""
    outcomes = open_outcomes(layout, cells, item)
    return dict.fromkeys(name for outcome in outcomes for name in _lacking(layout, cells, outcome))


def _lacking(
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
        yield from _lacking(layout, cells, used, (*above, name))


@lru_cache(4096)
def _names(formula: str) -> tuple[str, ...]:
    try:
        return parse(formula).names
    except ValueError:
        return ()
