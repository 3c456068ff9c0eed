"""The engine `compiled`: a program run over one dealer's cells, whole or only as far as it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from xlkpi.scoring.compiled.excel import DIV0, NUM, Cell, ExcelError, Fault, cell_of
from xlkpi.scoring.compiled.program import Program, Step, cells_of, shape_functions
from xlkpi.scoring.compiled.shapes import NAMESPACE
from xlkpi.values import CellContent, Place

Cells = Mapping[Place, CellContent]

_Ready = tuple[int, Callable[..., Any], tuple[Any, ...]]


class _Plan(NamedTuple):
    """The steps to run, where the results stand, and the inputs that matter to them."""

    ready: list[_Ready]
    results: list[tuple[Place, int]]
    inputs: list[tuple[Place, int]]


class CompiledEngine:
    """Evaluates a compiled master. It holds nothing of a dealer: one engine serves any number, in any order."""

    name = "compiled"

    def __init__(self, program: Program):
        self._program = program
        self._functions = shape_functions(program, NAMESPACE)
        self._plans: dict[frozenset[Place] | None, _Plan] = {}

    def evaluate(self, inputs: Cells, wanted: Iterable[Place] | None = None) -> dict[Place, CellContent]:
        """Set the input cells (those left out are blank) and compute.

        Args:
            inputs: contents by place; a place that is no input cell changes nothing.
            wanted: formula cells whose results are asked for; what they do not depend on is not computed. None: all.
        """
        plan = self._plan(None if wanted is None else frozenset(wanted))
        cells = self._filled(inputs, plan)
        _run(plan.ready, cells)
        return _contents(cells, plan.results)

    def variants(
        self, inputs: Cells, changes: Iterable[Cells], wanted: Iterable[Place]
    ) -> Iterator[dict[Place, CellContent]]:
        """The wanted cells for each of many changes to a dealer's inputs; only what a change reaches is computed anew.

        Args:
            inputs: the dealer's cells.
            changes: for each variant the input cells that differ.
            wanted: formula cells whose results are asked for.
        """
        plan = self._plan(frozenset(wanted))
        cells = self._filled(inputs, plan)
        _run(plan.ready, cells)
        steps = self._program.needed(place for place, _ in plan.results)
        cones: dict[frozenset[int], list[_Ready]] = {}
        for change in changes:
            changed = {self._program.inputs[p]: cell_of(c) for p, c in change.items() if p in self._program.inputs}
            key = frozenset(changed)
            if key not in cones:
                reached = {step.target for step in self._program.reached(key)}
                cones[key] = self._ready(step for step in steps if step.target in reached)
            varied = cells.copy()
            for number, cell in changed.items():
                varied[number] = cell
            _run(cones[key], varied)
            yield _contents(varied, plan.results)

    def _filled(self, inputs: Cells, plan: _Plan) -> list[Cell]:
        """All cells before the formulas; of inputs and cells that matter, the fewer are gone through."""
        cells = list(self._program.base)
        if len(plan.inputs) < len(inputs):
            for place, number in plan.inputs:
                content = inputs.get(place)
                if content is not None:
                    cells[number] = content if content.__class__ is str else cell_of(content)
            return cells
        numbers = self._program.inputs
        for place, content in inputs.items():
            if place in numbers:
                cells[numbers[place]] = content if content.__class__ is str else cell_of(content)
        return cells

    def _plan(self, wanted: frozenset[Place] | None) -> _Plan:
        """Made once for each set of wanted cells."""
        plan = self._plans.get(wanted)
        if plan is None:
            program = self._program
            steps = program.steps if wanted is None else program.needed(wanted)
            results = [
                (program.places[step.target], step.target)
                for step in steps
                if wanted is None or program.places[step.target] in wanted
            ]
            inputs = list(program.inputs.items())
            if wanted is not None:  # most inputs do not matter then
                named = {cell for step in steps for cell in cells_of(step.arguments)}
                inputs = [(place, number) for place, number in inputs if number in named]
            plan = self._plans[wanted] = _Plan(self._ready(steps), results, inputs)
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
