"""The engine `compiled`: a program run over one dealer's cells, whole or only as far as it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from xlkpi.scoring.compiled.excel import DIV0, NUM, Cell, ExcelError, Fault, cell_of
from xlkpi.scoring.compiled.program import Program, Step, shape_functions
from xlkpi.scoring.compiled.shapes import NAMESPACE
from xlkpi.values import CellContent, Place

Cells = Mapping[Place, CellContent]

_Ready = tuple[int, Callable[..., Any], tuple[Any, ...]]


class CompiledEngine:
    """Evaluates a compiled master. It holds nothing of a dealer: one engine serves any number, in any order."""

    name = "compiled"

    def __init__(self, program: Program):
        self._program = program
        self._functions = shape_functions(program, NAMESPACE)
        self._plans: dict[frozenset[Place] | None, tuple[list[_Ready], list[tuple[Place, int]]]] = {}

    def evaluate(self, inputs: Cells, wanted: Iterable[Place] | None = None) -> dict[Place, CellContent]:
        """Set the input cells (those left out are blank) and compute.

        Args:
            inputs: contents by place; a place that is no input cell changes nothing.
            wanted: formula cells whose results are asked for; what they do not depend on is not computed. None: all.
        """
        ready, results = self._plan(None if wanted is None else frozenset(wanted))
        cells = self._filled(inputs)
        _run(ready, cells)
        return _contents(cells, results)

    def variants(
        self, inputs: Cells, changes: Iterable[Cells], wanted: Iterable[Place]
    ) -> Iterator[dict[Place, CellContent]]:
        """The wanted cells for each of many changes to a dealer's inputs; only what a change reaches is computed anew.

        Args:
            inputs: the dealer's cells.
            changes: for each variant the input cells that differ.
            wanted: formula cells whose results are asked for.
        """
        ready, results = self._plan(frozenset(wanted))
        cells = self._filled(inputs)
        _run(ready, cells)
        steps = self._program.needed(place for place, _ in results)
        cones: dict[frozenset[int], list[_Ready]] = {}
        for change in changes:
            given = {self._program.inputs[p]: cell_of(c) for p, c in change.items() if p in self._program.inputs}
            key = frozenset(given)
            if key not in cones:
                reached = {step.target for step in self._program.reached(key)}
                cones[key] = self._ready(step for step in steps if step.target in reached)
            varied = cells.copy()
            for number, cell in given.items():
                varied[number] = cell
            _run(cones[key], varied)
            yield _contents(varied, results)

    def _filled(self, inputs: Cells) -> list[Cell]:
        cells = list(self._program.base)
        numbers = self._program.inputs
        for place, content in inputs.items():
            number = numbers.get(place)
            if number is not None:
                cells[number] = content if content.__class__ is str else cell_of(content)
        return cells

    def _plan(self, wanted: frozenset[Place] | None) -> tuple[list[_Ready], list[tuple[Place, int]]]:
        """The steps to run and where the results stand; made once for each set of wanted cells."""
        plan = self._plans.get(wanted)
        if plan is None:
            program = self._program
            steps = program.steps if wanted is None else program.needed(wanted)
            results = [
                (program.places[step.target], step.target)
                for step in steps
                if wanted is None or program.places[step.target] in wanted
            ]
            plan = self._plans[wanted] = (self._ready(steps), results)
        return plan

    def _ready(self, steps: Iterable[Step]) -> list[_Ready]:
        return [(step.target, self._functions[step.shape], step.arguments) for step in steps]


def _run(ready: Iterable[_Ready], cells: list[Cell]) -> None:
    for target, function, arguments in ready:
        try:
            cells[target] = function(cells, *arguments)
        except ExcelError as error:
            cells[target] = error.args[0]
        except ZeroDivisionError:
            cells[target] = DIV0
        except OverflowError:
            cells[target] = NUM


def _contents(cells: list[Cell], results: Iterable[tuple[Place, int]]) -> dict[Place, CellContent]:
    contents: dict[Place, Any] = {place: cells[number] for place, number in results}
    for place, cell in contents.items():
        if cell.__class__ is Fault:
            contents[place] = cell.content
    return contents
