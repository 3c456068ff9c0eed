"""Tracing a score: the clause, the cells, the numbers, the arithmetic and the result, read off an assessed workbook.

The tree follows the workbook's own formulas from the score down to the inputs, so it explains what stands there and not
what this program believes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from xlkpi.intake.bounded import bounded
from xlkpi.intake.reader import open_workbook, place_of
from xlkpi.intake.source import Source
from xlkpi.scheme import parts
from xlkpi.scheme.cells import BONUS, GRADE, PUBLISHED, TOTAL, of_clause, of_field, split_name
from xlkpi.scheme.parsing import parse
from xlkpi.scoring.audit import content
from xlkpi.values import CellContent, Place, RawCell
from xlkpi.workbook.sheets import provenance


class NoTrace(Exception):
    """The workbook cannot explain what was asked; the text says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """A cell on the way to a score: what it holds, and the cells that its formula names. `source` says where its figure
    came from, where that is told in 数据来源."""

    name: str
    place: Place
    value: CellContent
    formula: str
    parts: tuple[Step, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """An item, a group, the total, the published total or the grade explained; `item` is its name. The total has no
    points of its own; a workbook of 0.1.0 has no sentence for a group or the total."""

    item: str
    points: CellContent
    score: CellContent
    clauses: tuple[tuple[str, CellContent], ...]
    sentence: str
    steps: Step


def trace_item(path: Path, item: str) -> Trace:
    """Explain an item of an assessed workbook, or by its name a group, 总分, 公布总分, 等级 or 加分.

    Raises:
        Refused: the file did not pass the guard.
        NoTrace: it has nothing of that name, or holds no calculated values.
    """
    return bounded(lambda: _traced(path, item))


def _traced(path: Path, item: str) -> Trace:
    book = open_workbook(path)
    places = {name: place for name, text in book.names.items() if (place := place_of(text))}
    named = [split_name(name) for name in places]
    items = [base for base, part in named if part == parts.BASE_POINTS]
    groups = [base for base, part in named if part == parts.SUBTOTAL]
    totals = [name for name in (TOTAL, PUBLISHED, GRADE, BONUS) if name in places]
    known = [*items, *groups, *totals] if items else []
    root = item if item in totals else of_field(item, parts.SCORE)
    if item not in known or root not in places:
        raise NoTrace(f"{path.name} 没有细项“{item}”；有：{'、'.join(known) or '无'}")
    cells: dict[Place, RawCell] = {}
    for sheet in {place.sheet for place in places.values()}:
        if sheet in book.sheets:
            wanted = {place.ref for place in places.values() if place.sheet == sheet}
            cells.update({raw.place: raw for raw in book.cells(sheet, wanted).cells.values()})
    below = items if item in groups else [*items, *groups] if item in totals else []
    calculated = _Calculated(
        places, cells, frozenset(items) - {item} if item in items else frozenset(), frozenset(below), _sources(book)
    )
    sentence = calculated.value(of_field(item, parts.TRACE))
    if calculated.value(root) is None or (item in items and not isinstance(sentence, str)):
        raise NoTrace(f"{path.name} 里没有计算结果；请先用 xlkpi score 评分，再追溯评分后的工作簿")
    return Trace(
        item=item,
        points=calculated.value(of_field(item, parts.POINTS)),
        score=calculated.value(root),
        clauses=tuple(_clauses(item, calculated)),
        sentence=sentence if isinstance(sentence, str) else "",
        steps=calculated.step(root, frozenset()),
    )


@dataclass(frozen=True, slots=True)
class _Calculated:
    """A workbook's named cells. `excluded` are the items beside the traced one, whose cells are left out; `below` the
    items and groups that the traced group or total is made of, whose cells are shown and not looked into."""

    places: Mapping[str, Place]
    cells: Mapping[Place, RawCell]
    excluded: frozenset[str]
    below: frozenset[str]
    sources: Mapping[str, str]

    def value(self, name: str) -> CellContent:
        raw = self.cells.get(self.places[name]) if name in self.places else None
        return content(raw) if raw is not None else None

    def step(self, name: str, above: frozenset[str]) -> Step:
        place = self.places[name]
        raw = self.cells.get(place)
        formula = raw.formula if raw is not None and isinstance(raw.formula, str) else ""
        parts: tuple[Step, ...] = ()
        if formula and name not in above and not _belongs(name, self.below):
            named = [part for part in parse(formula).names if part in self.places and not _belongs(part, self.excluded)]
            parts = tuple(self.step(part, above | {name}) for part in named)
        return Step(name, place, self.value(name), formula, parts, self.sources.get(str(place), ""))


def _sources(book: Source) -> dict[str, str]:
    """What 数据来源 says, by cell."""
    if provenance.TITLE not in book.sheets:
        return {}
    texts = {ref: raw.text or "" for ref, raw in book.cells(provenance.TITLE, None).cells.items()}
    sources: dict[str, str] = {}
    for ref, cell in texts.items():
        if ref[0] == provenance.CELLS and int(ref[1:]) >= provenance.FIRST_ROW:
            source, other = (
                texts.get(f"{column}{ref[1:]}", "") for column in (provenance.SOURCES, provenance.REJECTED)
            )
            sources[cell] = source + (f"；没有采用：{other}" if other else "")
    return sources


def _belongs(name: str, to: Collection[str]) -> bool:
    """Whether a cell belongs to one of these: a group's factor looks at all its items, a trace at one."""
    return any(name.startswith(f"{other}_") for other in to)


def _clauses(item: str, calculated: _Calculated) -> Iterator[tuple[str, CellContent]]:
    gate = calculated.value(of_field(of_field(item, parts.GATE), parts.TRACE))
    if isinstance(gate, str):
        yield gate, None
    rule = calculated.value(of_field(item, parts.STANDARD))
    if isinstance(rule, str):
        yield rule, None
    number = 1
    while of_clause(item, number) in calculated.places:
        yield str(calculated.value(of_clause(item, number, parts.STANDARD))), calculated.value(of_clause(item, number))
        number += 1
