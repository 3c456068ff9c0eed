"""The layout: THE one map of what stands in which cell. Writer, reader and engine go by it; issue.json keeps it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from xlkpi.values import CellContent, Place


class Role(StrEnum):
    """What a cell is for."""

    IDENTITY = "identity"  # dealer, month, deadline: stamped
    BASIS = "basis"  # what the score was made of: stamped when it is scored
    TARGET = "target"  # stamped
    HISTORY = "history"  # last month's value: stamped
    ANSWER = "answer"  # entered by the dealer
    REMARK = "remark"  # a dealer's words beside an answer
    MEASURE = "measure"  # who does what by when, entered by the dealer, carried over from month to month
    ATTESTATION = "attestation"  # who filled in the form, who checked it, and when
    INSPECTION = "inspection"  # entered by headquarters
    READ = "read"  # what the button has read of an inspection's words; no file's own is ever used
    CONSTANT = "constant"
    CHECK = "check"  # a live 校验 formula; its words map to a finding's code
    INDICATOR = "indicator"
    POINTS = "points"
    CLAUSE = "clause"  # the words under 考核标准
    OUTCOME = "outcome"  # what a clause does: points lost, 达到, 否决
    BASE = "base"
    DEDUCTION = "deduction"
    VETO = "veto"
    STATE = "state"
    SCORE = "score"
    CEILING = "ceiling"  # what the score could still be
    TRACE = "trace"
    OTHER = "other"


STAMPED = frozenset({Role.IDENTITY, Role.TARGET, Role.HISTORY})
INPUTS = STAMPED | {Role.BASIS, Role.ANSWER, Role.REMARK, Role.MEASURE, Role.ATTESTATION, Role.INSPECTION}
"""Roles whose cells hold values, not formulas, and are set for each dealer."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A cell with a meaning. `name` is its defined name (remarks and checks have none in the workbook)."""

    name: str
    place: Place
    role: Role
    field: str = ""


@dataclass(frozen=True, slots=True)
class TableSlot:
    """A table's place: rows from `first` to `last`, its columns by name with their letters.

    `used` are the columns that formulas name; the engine is given no others.
    """

    name: str
    sheet: str
    first: int
    last: int
    columns: Mapping[str, str]
    used: tuple[str, ...]

    @property
    def heads(self) -> Mapping[str, str]:
        """The columns' names by the cells of their headings."""
        return {f"{letter}{self.first - 1}": column for column, letter in self.columns.items()}

    def places(self, columns: Iterable[str]) -> Iterator[Place]:
        """The cells of these columns, column by column."""
        for column in columns:
            yield from (Place(self.sheet, f"{self.columns[column]}{row}") for row in range(self.first, self.last + 1))


@dataclass(frozen=True)
class Layout:
    """The map of one scheme's workbook.

    `formulas` holds the formula (without the equals sign) of every computed cell; `occupied` the cells of each sheet
    that are the form's own, so that a value elsewhere is a stray; `words` maps the words of a 校验 cell to a code.
    `tables` are the sheets with one row an event; `locked_like` gives
    input cells that are locked once headquarters knows their value, each with a locked cell whose look it then takes;
    `numbers` are the locked cells
    with a number in them: points, constants, bounds.
    """

    scheme: str
    version: str
    slots: Mapping[str, Slot]
    formulas: Mapping[Place, str]
    occupied: Mapping[str, frozenset[str]]
    words: Mapping[str, str]
    tables: Mapping[str, TableSlot] = field(default_factory=dict)
    locked_like: Mapping[Place, Place] = field(default_factory=dict)
    numbers: Mapping[Place, float] = field(default_factory=dict)

    def of(self, *roles: Role) -> Iterator[Slot]:
        """Slots of these roles, in the workbook's order."""
        if roles not in self._selected:
            self._selected[roles] = tuple(slot for slot in self.slots.values() if slot.role in roles)
        return iter(self._selected[roles])

    @cached_property
    def _selected(self) -> dict[tuple[Role, ...], tuple[Slot, ...]]:
        return {}

    def place(self, name: str) -> Place:
        """Where a name stands."""
        return self.slots[name].place

    def content(self, name: str, cells: Mapping[Place, CellContent]) -> CellContent:
        """What stands in a name's cell: as evaluated, or the number that is locked there. None where the workbook has
        no such name."""
        slot = self.slots.get(name)
        return cells.get(slot.place, self.numbers.get(slot.place)) if slot else None

    @cached_property
    def inputs(self) -> tuple[Slot, ...]:
        """All cells that are set from outside, in order."""
        return tuple(slot for slot in self.slots.values() if slot.role in INPUTS)

    @cached_property
    def engine_inputs(self) -> tuple[Place, ...]:
        """What an engine is given: inputs, and of tables the columns that formulas name."""
        rows = (place for table in self.tables.values() for place in table.places(table.used))
        return (*(slot.place for slot in self.inputs), *rows)

    @cached_property
    def stamped_places(self) -> tuple[Place, ...]:
        """Every cell whose content differs from dealer to dealer: inputs, table cells, results."""
        rows = (place for table in self.tables.values() for place in table.places(table.columns))
        return (*(slot.place for slot in self.inputs), *rows, *self.formulas)

    @cached_property
    def read_refs(self) -> Mapping[str, frozenset[str]]:
        """What reading looks at on each sheet that is no table: inputs, formulas, locked numbers."""
        refs: dict[str, set[str]] = {}
        for place in (*(slot.place for slot in self.inputs), *self.formulas, *self.numbers):
            refs.setdefault(place.sheet, set()).add(place.ref)
        return {sheet: frozenset(wanted) for sheet, wanted in refs.items()}

    @cached_property
    def fixed_refs(self) -> Mapping[str, frozenset[str]]:
        """The form's own cells that hold the same in every file: words, and blanks between them."""
        varying: dict[str, set[str]] = {}
        for place in (*self.stamped_places, *self.numbers):
            varying.setdefault(place.sheet, set()).add(place.ref)
        return {sheet: refs - varying.get(sheet, set()) for sheet, refs in self.occupied.items()}

    @cached_property
    def looked_at(self) -> Mapping[str, frozenset[str]]:
        """Every cell of a sheet that reading looks at: also words, and the cells and headings of tables."""
        none = frozenset[str]()
        sheets = dict.fromkeys((*self.occupied, *self.read_refs))
        refs = {sheet: self.read_refs.get(sheet, none) | self.fixed_refs.get(sheet, none) for sheet in sheets}
        for table in self.tables.values():
            refs[table.sheet] |= self.table_refs[table.name].keys() | table.heads.keys()
        return refs

    @cached_property
    def figure_refs(self) -> Mapping[str, frozenset[str]]:
        """The cells of each sheet that show figures which are not the dealer's to enter: results, locked numbers,
        targets."""
        refs: dict[str, set[str]] = {}
        for place in (*self.formulas, *self.numbers, *(slot.place for slot in self.of(Role.TARGET))):
            refs.setdefault(place.sheet, set()).add(place.ref)
        return {sheet: frozenset(on_sheet) for sheet, on_sheet in refs.items()}

    @cached_property
    def table_refs(self) -> Mapping[str, Mapping[str, tuple[int, str]]]:
        """Of each table, its cells with their row and column."""
        return {
            name: {
                f"{letter}{row}": (row, column)
                for column, letter in table.columns.items()
                for row in range(table.first, table.last + 1)
            }
            for name, table in self.tables.items()
        }

    @cached_property
    def table_rows(self) -> Mapping[str, tuple[Mapping[str, Place], ...]]:
        """Of each table, its rows from the first down: the cells by column."""
        return {
            name: tuple(
                {column: Place(table.sheet, f"{letter}{row}") for column, letter in table.columns.items()}
                for row in range(table.first, table.last + 1)
            )
            for name, table in self.tables.items()
        }

    @cached_property
    def fingerprint(self) -> str:
        """Eight hexadecimal digits that change when any cell moves or any formula changes."""
        return hashlib.sha256(json.dumps(self.to_json(), ensure_ascii=False).encode()).hexdigest()[:8]

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "scheme": self.scheme,
            "version": self.version,
            "slots": [[s.name, s.place.sheet, s.place.ref, s.role.value, s.field] for s in self.slots.values()],
            "formulas": [[place.sheet, place.ref, text] for place, text in self.formulas.items()],
            "occupied": {sheet: sorted(refs) for sheet, refs in self.occupied.items()},
            "words": dict(self.words),
            "tables": [[t.name, t.sheet, t.first, t.last, dict(t.columns), list(t.used)] for t in self.tables.values()],
            "locked_like": [[*place, *like] for place, like in self.locked_like.items()],
            "numbers": [[place.sheet, place.ref, number] for place, number in self.numbers.items()],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Layout:
        """From `to_json`'s data."""
        return cls(
            scheme=data["scheme"],
            version=data["version"],
            slots={n: Slot(n, Place(sheet, ref), Role(role), field) for n, sheet, ref, role, field in data["slots"]},
            formulas={Place(sheet, ref): text for sheet, ref, text in data["formulas"]},
            occupied={sheet: frozenset(refs) for sheet, refs in data["occupied"].items()},
            words=data["words"],
            tables={
                n: TableSlot(n, sheet, a, z, columns, tuple(used)) for n, sheet, a, z, columns, used in data["tables"]
            },
            locked_like={Place(a, b): Place(c, d) for a, b, c, d in data["locked_like"]},
            numbers={Place(sheet, ref): float(number) for sheet, ref, number in data["numbers"]},
        )
