"""A master as a program: names resolved to cell numbers, formulas in the order in which they depend on each other.

The program is made once, in the parent; workers get it ready (`pickle`: plain tuples, and the code as bytes).
"""

from __future__ import annotations

import gc
import importlib.util
import marshal
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, Final, NamedTuple

from xlkpi.scoring.compiled.excel import Cell, cell_of
from xlkpi.scoring.compiled.shapes import ShapeWriter
from xlkpi.scoring.compiled.syntax import (
    CellArgument,
    Node,
    NotCompiled,
    RangeArgument,
    Reference,
    parse,
    split,
)
from xlkpi.values import Place, column_letters, column_number
from xlkpi.workbook.layout import Layout
from xlkpi.workbook.master_cells import MasterCells

_CELLS: Final = re.compile(r"([A-Z]+)([0-9]+)(?::([A-Z]+)([0-9]+))?")
_MOST_CELLS: Final = 1_000_000
_KINDS: Final[dict[type, str]] = {float: "f", str: "s", bool: "b"}

Argument = int | slice | tuple[int, ...]


class Step(NamedTuple):
    """One formula: the cell that it fills, its shape's number, and the cells that it names."""

    target: int
    shape: int
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Program:
    """A compiled master.

    `places` gives each cell number its place; `base` what the master itself holds there; `steps` the formulas in order;
    `inputs` the numbers of the cells that are set for each dealer. `code` is the shapes' functions as bytes of this
    Python's own (`magic`), made anew from `source` under another.
    """

    places: tuple[Place, ...]
    base: tuple[Cell, ...]
    steps: tuple[Step, ...]
    inputs: Mapping[Place, int]
    source: str
    code: bytes = field(repr=False, default=b"")
    magic: bytes = b""

    def __reduce__(self) -> tuple[object, ...]:
        """Handed over as lists of texts and numbers: ten thousand places one by one would take four times as long."""
        sheets, refs = tuple(dict.fromkeys(place.sheet for place in self.places)), [place.ref for place in self.places]
        by_sheet = {sheet: number for number, sheet in enumerate(sheets)}
        columns = sheets, [by_sheet[place.sheet] for place in self.places], refs
        steps = tuple(zip(*self.steps, strict=True)) or ((), (), ())
        inputs = list(self.inputs.values())
        return _handed_over, (columns, self.base, steps, inputs, self.source, self.code, self.magic)

    def compiled(self) -> CodeType:
        """The shapes' functions as code; `shape0`, `shape1`, … by name."""
        if self.magic == importlib.util.MAGIC_NUMBER:
            code: CodeType = marshal.loads(self.code)  # noqa: S302 - made by this program, handed over in memory
            return code
        return compile(self.source, "<formulas>", "exec")

    def needed(self, wanted: Iterable[Place]) -> tuple[Step, ...]:
        """The steps that these cells depend on, in order."""
        number = {place: cell for cell, place in enumerate(self.places)}
        by_target = {step.target: step for step in self.steps}
        todo = [number[place] for place in wanted if place in number]
        needed: set[int] = set()
        while todo:
            cell = todo.pop()
            step = by_target.get(cell)
            if step is not None and cell not in needed:
                needed.add(cell)
                todo.extend(cells_of(step.arguments))
        return tuple(step for step in self.steps if step.target in needed)

    def reached(self, changed: Iterable[int]) -> tuple[Step, ...]:
        """The steps that a change of these cells reaches, in order."""
        moved = set(changed)
        reached = []
        for step in self.steps:
            if not moved.isdisjoint(cells_of(step.arguments)):
                moved.add(step.target)
                reached.append(step)
        return tuple(reached)


def _handed_over(
    columns: tuple[Sequence[str], Iterable[int], Iterable[str]],
    base: tuple[Cell, ...],
    steps: tuple[Iterable[int], Iterable[int], Iterable[tuple[Argument, ...]]],
    inputs: Iterable[int],
    source: str,
    code: bytes,
    magic: bytes,
) -> Program:
    sheets, of_sheet, refs = columns
    places = tuple(map(Place, map(sheets.__getitem__, of_sheet), refs))
    filled = {places[number]: number for number in inputs}
    return Program(places, base, tuple(map(Step, *steps)), filled, source, code, magic)


def cells_of(arguments: Iterable[Argument]) -> Iterable[int]:
    """The numbers of the cells that arguments name."""
    for argument in arguments:
        if isinstance(argument, int):
            yield argument
        elif isinstance(argument, slice):
            yield from range(argument.start, argument.stop)
        else:
            yield from argument


def compile_master(master: bytes, layout: Layout) -> Program:
    """Compile every formula of a layout; labels and constants that formulas name come from the master.

    Raises:
        NotCompiled: a formula uses what is not compiled, or formulas go round in a circle.
    """
    collecting = gc.isenabled()
    gc.disable()  # thousands of nodes, and no circle among them: to look for one takes a sixth of the time
    try:
        return _Compiler(master, layout).program()
    finally:
        if collecting:
            gc.enable()


@dataclass(frozen=True, slots=True, eq=False)
class _Named:
    """What a reference names: the cells, and what a shape knows of them (`kind` makes an argument of it)."""

    cells: Argument
    kind: Callable[..., CellArgument | RangeArgument]
    known: tuple[object, ...]


class _Compiler:
    def __init__(self, master: bytes, layout: Layout):
        self.layout, self.master = layout, MasterCells(master)
        self.numbers: dict[Place, int] = {}
        self.varying = layout.formulas.keys() | set(layout.engine_inputs)
        self.references: dict[tuple[str, str], _Named] = {}
        self.named: dict[tuple[str, str], _Named] = {}
        self.shapes: dict[tuple[object, ...], int] = {}
        self.sources: list[str] = []

    def program(self) -> Program:
        for table in self.layout.tables.values():  # a column's cells get neighbouring numbers: a range is one slice
            for column in table.used:
                self.numbered(table.places([column]))
        steps = {}
        for place, text in self.layout.formulas.items():
            step = self.step(place, text or self.formula(place))
            steps[step.target] = step
        self.numbered(self.layout.engine_inputs)
        places = tuple(self.numbers)
        base = tuple(self.constant(place) for place in places)
        source = "".join(self.sources)
        code = marshal.dumps(compile(source, "<formulas>", "exec"))
        inputs = {place: self.numbers[place] for place in self.layout.engine_inputs}
        return Program(places, base, _in_order(steps), inputs, source, code, importlib.util.MAGIC_NUMBER)

    def number(self, place: Place) -> int:
        return self.numbers.setdefault(place, len(self.numbers))

    def numbered(self, places: Iterable[Place]) -> list[int]:
        return [self.number(place) for place in places]

    def formula(self, place: Place) -> str:
        """A formula that the layout does not tell, as the master has it."""
        formula = self.master.sheet(place.sheet).formulas.get(place.ref)
        if formula is None:
            raise NotCompiled(f"{place} holds no formula")
        return formula

    def constant(self, place: Place) -> Cell:
        """What the master holds in a cell; what is filled in later is blank there."""
        if place in self.varying:
            return None
        number = self.layout.numbers.get(place)
        return cell_of(self.master.sheet(place.sheet).constants.get(place.ref) if number is None else number)

    def step(self, place: Place, formula: str) -> Step:
        """A formula as its shape and the cells that it names. Of each shape one formula is parsed."""
        words, references = split(formula)
        positions: dict[_Named, int] = {}  # numbered by first use
        key: list[object] = [words]
        for reference in references:
            named = self.references.get((place.sheet, reference)) or self.reference(place.sheet, reference)
            key += (positions.setdefault(named, len(positions)), named.known)
        shape = self.shapes.get(tuple(key))
        if shape is None:
            shape = self.shapes[tuple(key)] = len(self.shapes)

            def argument(reference: Reference) -> Node:
                named = self.name(reference.sheet or place.sheet, reference.text)
                return named.kind(positions[named], *named.known)

            tree = parse(formula, argument)
            self.sources.append(ShapeWriter(f"shape{shape}", len(positions)).source(tree))
        return Step(self.number(place), shape, tuple(named.cells for named in positions))

    def reference(self, sheet: str, written: str) -> _Named:
        """What a reference names, as it is written in a formula of that sheet."""
        node = Reference(written) if written in self.master.names else parse(written)
        if not isinstance(node, Reference):
            raise NotCompiled(f"{written!r} is no cell and no name of the workbook")
        named = self.references[sheet, written] = self.name(node.sheet or sheet, node.text)
        return named

    def name(self, sheet: str, text: str) -> _Named:
        """The cells of a name, or of a reference in capitals and without dollar signs; one value for the same cells."""
        where, ref = self.master.names.get(text, (sheet, text))
        named = self.named.get((where, ref))
        if named is None:
            match = _CELLS.fullmatch(ref)
            if match is None:
                raise NotCompiled(f"{text!r} is no cell and no name of the workbook")
            named = self.named[where, ref] = self.area(where, match) if match[3] else self.cell(Place(where, ref))
        return named

    def cell(self, place: Place) -> _Named:
        return _Named(self.number(place), CellArgument, (self.kind(place),))

    def area(self, sheet: str, match: re.Match[str]) -> _Named:
        columns = sorted((column_number(match[1]), column_number(match[3])))
        rows = sorted((int(match[2]), int(match[4])))
        height, width = rows[1] - rows[0] + 1, columns[1] - columns[0] + 1
        if height * width > _MOST_CELLS:
            raise NotCompiled(f"{match[0]} is too large")
        names = [column_letters(column) for column in range(columns[0], columns[1] + 1)]
        numbers = self.numbered(Place(sheet, f"{name}{row}") for row in range(rows[0], rows[1] + 1) for name in names)
        first, count = numbers[0], len(numbers)
        if numbers == list(range(first, first + count)):
            return _Named(slice(first, first + count), RangeArgument, (height, width, False))
        return _Named(tuple(numbers), RangeArgument, (height, width, True))

    def kind(self, place: Place) -> str:
        """What is known of a cell beforehand: a constant's kind, `n` where nothing ever stands."""
        if place in self.varying:
            return "v"
        constant = self.constant(place)
        return "n" if constant is None else _KINDS.get(type(constant), "v")


def _in_order(steps: Mapping[int, Step]) -> tuple[Step, ...]:
    """Each formula after those that it needs."""
    from graphlib import CycleError, TopologicalSorter  # noqa: PLC0415 - workers never order anything

    needs = {target: {cell for cell in cells_of(step.arguments) if cell in steps} for target, step in steps.items()}
    try:
        return tuple(steps[target] for target in TopologicalSorter(needs).static_order())
    except CycleError as error:
        raise NotCompiled(f"formulas go round in a circle: {error.args[1]}") from None


def shape_functions(program: Program, namespace: Mapping[str, Any]) -> Sequence[Any]:
    """The shapes' functions by number."""
    space = dict(namespace)
    exec(program.compiled(), space)  # noqa: S102 - our own source: see `shapes`
    count = 1 + max((step.shape for step in program.steps), default=-1)
    return [space[f"shape{number}"] for number in range(count)]
