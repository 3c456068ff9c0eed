"""Evaluating a master with a dealer's values: one protocol, two engines that must agree.

formualizer serves single files: loaded once, milliseconds a dealer. Many files are worth compiling the formulas
(`scoring.compiled`): a tenth of the time. `formulas` is the independent second opinion: seconds to load. None knows
anything of schemes or scores; they fill cells and compute cells.
"""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, Protocol

from xlkpi.scoring import as_excel
from xlkpi.values import CellContent, CellFault, Place, column_number, column_row, serial_number
from xlkpi.workbook.layout import Layout

ENGINES: Final = ("formualizer", "formulas", "compiled")

AUTO: Final = "auto"
WORTH_COMPILING: Final = 20  # files: compiling a large master costs as much as formualizer takes for so many

Cells = Mapping[Place, CellContent]


class Engine(Protocol):
    """Evaluates one master. Load it in the process that uses it: a loaded engine must not cross a fork."""

    @property
    def name(self) -> str:
        """What results are marked with: formualizer, formulas or compiled."""
        ...

    def evaluate(self, inputs: Cells) -> dict[Place, CellContent]:
        """Set the input cells (those left out are blank) and return every formula cell's result."""
        ...


def engine_for(name: str, files: int) -> str:
    """The engine's name; "auto" takes the compiled formulas where there are enough files for it."""
    if name != AUTO:
        return name
    return "compiled" if files >= WORTH_COMPILING else "formualizer"


def second_opinion(files: int) -> str:
    """The engine that has not scored so many files: compiled formulas and formualizer look after each other."""
    return "formualizer" if engine_for(AUTO, files) == "compiled" else "compiled"


def load_engine(name: str, master: bytes, layout: Layout) -> Engine:
    """The engine of that name with the master loaded.

    Raises:
        ValueError: there is no such engine.
    """
    if name == "formualizer":
        return FormualizerEngine(master, layout)
    if name == "formulas":
        return FormulasEngine(master, layout)
    if name == "compiled":
        from xlkpi.scoring.compiled.engine import CompiledEngine  # noqa: PLC0415 - each engine is loaded where it is used
        from xlkpi.scoring.compiled.program import compile_master  # noqa: PLC0415 - each engine is loaded where it is used

        return CompiledEngine(compile_master(master, layout))
    raise ValueError(f"no engine is named {name!r}; there are {', '.join(ENGINES)}")


class FormualizerEngine:
    """formualizer, the master loaded once, inputs set in runs, everything evaluated."""

    name = "formualizer"
    RELOAD_EVERY: Final = 500  # keeps a worker's memory flat over ten thousand dealers

    def __init__(self, master: bytes, layout: Layout):
        self._master, self._count = master, 0
        self._runs = _runs(layout)
        self._areas = _areas(layout)
        self._load()

    def _load(self) -> None:
        import formualizer  # noqa: PLC0415 - loaded in the worker, never before a fork

        # the default mode keeps a change log and leaks 0.7 MB a dealer; threads cost more than so small a book gains
        settings = formualizer.EvaluationConfig()
        settings.enable_parallel = False
        settings.case_sensitive_names = True  # lint wants every name as it is spelled; folding case takes a tenth more
        config = formualizer.WorkbookConfig(mode=formualizer.WorkbookMode.Ephemeral, eval_config=settings)
        self._book = formualizer.Workbook.from_bytes(self._master, config=config)
        self._range = formualizer.RangeAddress
        self._set = [self._constants(*run) for run in self._runs]

    def _constants(self, sheet: str, row: int, column: int, places: list[Place]) -> list[Any]:
        """What the master itself holds in a run."""
        rows = self._range(sheet, row, column, row + len(places) - 1, column)
        return [value for (value,) in self._book.sheet(sheet).get_values(rows)]

    def evaluate(self, inputs: Cells) -> dict[Place, CellContent]:
        """See Engine."""
        self._count += 1
        if self._count % self.RELOAD_EVERY == 0:
            self._load()
        for number, (sheet, row, column, places) in enumerate(self._runs):
            values = [None if value is None else _plain(value) for value in map(inputs.get, places)]
            first, last = _difference(values, self._set[number])
            if first < last:  # setting is dear: it marks all that depends on the cell
                changed = [[value] for value in values[first:last]]
                self._book.set_values_batch(sheet, row + first, column, changed)
                self._set[number] = values
        self._book.evaluate_all()
        results: dict[Place, CellContent] = {}
        for sheet, (top, left, bottom, right), wanted in self._areas:
            rows = self._book.sheet(sheet).get_values(self._range(sheet, top, left, bottom, right))
            for place, column, row in wanted:
                results[place] = _content(rows[row - top][column - left])
        return results


_Run = tuple[str, int, int, list[Place]]


def _runs(layout: Layout) -> list[_Run]:
    """Input cells as vertical runs: one call sets a run. A table's column is one."""
    cells = sorted((slot.place.sheet, column_row(slot.place.ref), slot.place) for slot in layout.inputs)
    runs: list[_Run] = [
        (table.sheet, table.first, column_number(table.columns[column]), list(table.places([column])))
        for table in layout.tables.values()
        for column in table.used
    ]
    for sheet, (column, row), place in cells:
        if runs and runs[-1][0] == sheet and runs[-1][2] == column and runs[-1][1] + len(runs[-1][3]) == row:
            runs[-1][3].append(place)
        else:
            runs.append((sheet, row, column, [place]))
    return runs


_Area = tuple[str, tuple[int, int, int, int], list[tuple[Place, int, int]]]


def _areas(layout: Layout) -> list[_Area]:
    """Formula cells by sheet with the rectangle around them: reading it in bulk is the cheapest."""
    by_sheet: dict[str, list[tuple[Place, int, int]]] = {}
    for place in layout.formulas:
        by_sheet.setdefault(place.sheet, []).append((place, *column_row(place.ref)))
    areas = []
    for sheet, cells in by_sheet.items():
        columns, rows = [column for _, column, _ in cells], [row for _, _, row in cells]
        areas.append((sheet, (min(rows), min(columns), max(rows), max(columns)), cells))
    return areas


def _plain(value: CellContent) -> Any:
    """A value as an engine takes it; text stays text, even one that begins with an equals sign. No cell holds −0."""
    return float(value) + 0.0 if isinstance(value, int | float) and not isinstance(value, bool) else value


def _difference(values: list[Any], before: list[Any]) -> tuple[int, int]:
    """From where to where two runs of values differ. TRUE is not 1: values of different kinds differ."""
    unlike = [n for n, (a, b) in enumerate(zip(values, before, strict=True)) if a != b or type(a) is not type(b)]
    return (unlike[0], unlike[-1] + 1) if unlike else (0, 0)


_FAULTS = {"div": "#DIV/0!", "na": "#N/A", "value": "#VALUE!", "ref": "#REF!", "name": "#NAME?", "num": "#NUM!"}


def _content(value: Any) -> CellContent:
    if isinstance(value, dict):
        return CellFault(_FAULTS.get(str(value.get("kind", "")).lower(), "#VALUE!"))
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, date):  # what DATE gives is a number to Excel, LibreOffice and `formulas`
        return serial_number(value)
    return float(value)


class FormulasEngine:
    """`formulas`, the master compiled to a function of its input cells."""

    name = "formulas"

    def __init__(self, master: bytes, layout: Layout):
        import formulas  # noqa: PLC0415 - heavy, and only wanted on request
        import schedula  # noqa: PLC0415 - heavy, and only wanted on request

        as_excel.correct()
        self._inputs = layout.engine_inputs
        self._results = list(layout.formulas)
        self._empty = schedula.EMPTY
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):  # it draws a bar
            path = Path(folder) / "master.xlsx"
            path.write_bytes(master)
            self._model = formulas.ExcelModel().loads(str(path)).finish()
        self._keys = _keys(self._model, "master.xlsx")
        # a table's cells are blank in the master: the model has no nodes for them, only one for each whole column
        self._columns = {
            (table.sheet.upper(), f"{letter}{table.first}:{letter}{table.last}"): list(table.places([column]))
            for table in layout.tables.values()
            for column, letter in table.columns.items()
        }

    def evaluate(self, inputs: Cells) -> dict[Place, CellContent]:
        """See Engine."""
        from formulas.ranges import Ranges  # noqa: PLC0415 - loaded with `formulas`

        ranges = {}
        cells = {_key(place): [place] for place in self._inputs}
        for where, places in {**cells, **self._columns}.items():
            key = self._keys.get(where)
            if key is not None:
                values = [_plain(inputs.get(place)) for place in places]
                ranges[key] = Ranges().push(key, [[self._empty if value is None else value] for value in values])
        solution = self._model.calculate(inputs=ranges)
        results: dict[Place, CellContent] = {}
        for place in self._results:
            cell = solution.get(self._keys.get(_key(place)))
            results[place] = None if cell is None else _from_formulas(cell.value[0, 0], self._empty)
        return results


def _key(place: Place) -> tuple[str, str]:
    return place.sheet.upper(), place.ref


def _keys(model: Any, file: str) -> dict[tuple[str, str], Any]:
    """The model's node ids by sheet and cell; it spells them '[FILE]SHEET'!A1 in capitals."""
    shape = re.compile(r"'\[" + re.escape(file.upper()) + r"\](.+)'!([A-Z]+\d+(?::[A-Z]+\d+)?)")
    keys: dict[tuple[str, str], Any] = {}
    for node in model.dsp.nodes:
        match = shape.fullmatch(node.upper()) if isinstance(node, str) else None
        if match:
            keys[match[1], match[2]] = node
    return keys


def _from_formulas(value: Any, empty: Any) -> CellContent:
    if value is empty or value is None:
        return None
    text = str(value)
    if type(value).__name__ == "XlError" or (text.startswith("#") and text.rstrip("!?").isupper()):
        return CellFault(text)
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return bool(value)
    if isinstance(value, str):
        return text
    return float(value)
