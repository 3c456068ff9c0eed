"""Tracing a score: the clause, the cells, the numbers, the arithmetic and the result, read off an assessed workbook.

The tree follows the workbook's own formulas from the score down to the inputs, so it explains what stands there and not
what this program believes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from xlkpi.intake.reader import open_workbook, place_of
from xlkpi.scheme import parts
from xlkpi.scheme.cells import is_clause, of_clause, of_field, split_name
from xlkpi.scheme.formulas import parse
from xlkpi.scoring.audit import content
from xlkpi.values import CellContent, Place, RawCell


class NoTrace(Exception):
    """The workbook cannot explain the item; the text says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """A cell on the way to a score: what it holds, and the cells that its formula names."""

    name: str
    place: Place
    value: CellContent
    formula: str
    parts: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """An item explained."""

    item: str
    points: CellContent
    score: CellContent
    clauses: tuple[tuple[str, CellContent], ...]
    sentence: str
    steps: Step


def trace_item(path: Path, item: str) -> Trace:
    """Explain an item of an assessed workbook.

    Raises:
        Refused: the file did not pass the guard.
        NoTrace: it has no such item, or holds no calculated values.
    """
    book = open_workbook(path)
    places = {name: place for name, text in book.names.items() if (place := place_of(text))}
    score = of_field(item, parts.SCORE)
    items = [base for base, part in map(split_name, places) if part == parts.TRACE and not is_clause(base)]
    if item not in items or score not in places:
        raise NoTrace(f"{path.name} 没有细项“{item}”；有：{'、'.join(items) or '无'}")
    cells: dict[Place, RawCell] = {}
    for sheet in {place.sheet for place in places.values()}:
        if sheet in book.sheets:
            wanted = {place.ref for place in places.values() if place.sheet == sheet}
            cells.update({raw.place: raw for raw in book.cells(sheet, wanted).cells.values()})
    held = _Held(places, cells, item, frozenset(items))
    sentence = held.value(of_field(item, parts.TRACE))
    if not isinstance(sentence, str) or held.value(score) is None:
        raise NoTrace(f"{path.name} 里没有计算结果；请先用 xlkpi score 评分，再追溯评分后的工作簿")
    return Trace(
        item=item,
        points=held.value(of_field(item, parts.POINTS)),
        score=held.value(score),
        clauses=tuple(_clauses(item, held)),
        sentence=sentence,
        steps=held.step(score, frozenset()),
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """A workbook's named cells."""

    places: Mapping[str, Place]
    cells: Mapping[Place, RawCell]
    item: str
    items: frozenset[str]

    def value(self, name: str) -> CellContent:
        raw = self.cells.get(self.places[name]) if name in self.places else None
        return content(raw) if raw is not None else None

    def elsewhere(self, name: str) -> bool:
        """Whether a cell belongs to another item: a group's factor looks at all of them, this trace at one."""
        return any(name.startswith(f"{other}_") for other in self.items if other != self.item)

    def step(self, name: str, above: frozenset[str]) -> Step:
        place = self.places[name]
        raw = self.cells.get(place)
        formula = raw.formula if raw is not None and isinstance(raw.formula, str) else ""
        parts: tuple[Step, ...] = ()
        if formula and name not in above:
            named = [part for part in parse(formula).names if part in self.places and not self.elsewhere(part)]
            parts = tuple(self.step(part, above | {name}) for part in named)
        return Step(name, place, self.value(name), formula, parts)


def _clauses(item: str, held: _Held) -> Iterator[tuple[str, CellContent]]:
    rule = held.value(of_field(item, parts.STANDARD))
    if isinstance(rule, str):
        yield rule, None
    number = 1
    while of_clause(item, number) in held.places:
        yield str(held.value(of_clause(item, number, parts.STANDARD))), held.value(of_clause(item, number))
        number += 1
