"""The second opinion: recalculate a workbook with the other engine and list every cell whose stored value differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xlkpi.intake.bounded import bounded
from xlkpi.intake.budget import Budget
from xlkpi.intake.guard import Refused
from xlkpi.intake.reader import Workbook, open_workbook
from xlkpi.scoring.compiled.syntax import NotCompiled
from xlkpi.scoring.engine import Engine, load_engine
from xlkpi.values import CellContent, CellFault, CellKind, Place, RawCell
from xlkpi.workbook.layout import Layout

TOLERANCE = 1e-9  # relative


@dataclass(frozen=True, slots=True)
class Difference:
    """A formula cell whose stored value is not what the engine gives. `stored` is None where nothing was stored."""

    place: Place
    formula: str
    stored: CellContent
    recalculated: CellContent


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit of a file found: `cells` counts its formula cells, `stored` those that hold a result. A form that
    no program has calculated holds none, and has nothing to be compared."""

    cells: int
    stored: int
    differences: tuple[Difference, ...]


def audit_workbook(source: Path | bytes, engine: str = "formulas") -> Audit:
    """Recalculate the workbook's own formulas over its own inputs.

    Raises:
        Refused: the file did not pass the guard, takes too long, or its formulas cannot be evaluated.
    """
    reading = Budget.from_environment()  # engines take longer than reading does, `formulas` above all
    return bounded(lambda: _audited(source, engine), Budget(10 * reading.seconds, 2 * reading.memory))


def _audited(source: Path | bytes, engine: str) -> Audit:
    book = open_workbook(source)
    stored = {raw.place: raw for raw in _formula_cells(book)}
    layout = Layout("", "", {}, {place: str(raw.formula) for place, raw in stored.items()}, {}, {})
    try:
        results = _loaded(engine, book.package.raw, layout).evaluate({})
    except MemoryError:
        raise
    except Exception:  # engines have their own readers, and raise whatever they like
        raise Refused("XK-F029", engine=engine) from None
    with_result = sum(raw.text is not None for raw in stored.values())
    return Audit(len(stored), with_result, tuple(_differences(stored, results)))


def _loaded(engine: str, raw: bytes, layout: Layout) -> Engine:
    """The engine; where formulas of somebody's own cannot be compiled, formualizer."""
    try:
        return load_engine(engine, raw, layout)
    except NotCompiled:
        return load_engine("formualizer", raw, layout)


def same(first: CellContent, second: CellContent) -> bool:
    """Equal, numbers within the tolerance; a blank equals an empty text, as in every spreadsheet."""
    if isinstance(first, float) and isinstance(second, float):
        return abs(first - second) <= TOLERANCE * max(abs(first), abs(second), 1e-300) or first == second
    if first in (None, "") and second in (None, ""):
        return True
    return first == second


def content(raw: RawCell) -> CellContent:
    """A raw cell's stored value."""
    if raw.text is None:
        return None
    if raw.kind is CellKind.NUMBER:
        return float(raw.text)
    if raw.kind is CellKind.BOOLEAN:
        return raw.text in ("1", "true")
    return CellFault(raw.text) if raw.kind is CellKind.ERROR else raw.text


def _formula_cells(book: Workbook) -> Iterator[RawCell]:
    for sheet in book.sheets:
        yield from (raw for raw in book.cells(sheet, None).cells.values() if isinstance(raw.formula, str))


def _differences(stored: dict[Place, RawCell], results: dict[Place, CellContent]) -> Iterator[Difference]:
    for place, raw in stored.items():
        stored_value, recalculated = content(raw), results.get(place)
        if not same(stored_value, recalculated):
            yield Difference(place, str(raw.formula), stored_value, recalculated)
