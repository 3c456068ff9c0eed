"""Imports run in the order of a file's life and never back; what may not know of a file format does not.

The order is read off the syntax, so imports inside functions count as well; imports for type checkers alone do not.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import xlkpi

PACKAGE = Path(xlkpi.__file__).parent

# Rooms from left to right: a module imports from its own room and from those before it.
ORDER = (
    ("values", "personal", "resources"),
    ("findings", "language"),
    ("files", "folders"),
    ("scheme",),
    ("workbook",),
    ("issue_file", "issue"),
    ("intake",),
    ("scoring",),
    ("headquarters",),
    ("batch",),
    ("checking",),
    ("selfcheck",),
    ("month",),
    ("shown",),
    ("library", "preparing"),
    ("workspace",),
    ("desk",),
    ("excel",),
    ("kit",),
    ("cli", "__main__"),
)
ROOM = {name: number for number, names in enumerate(ORDER) for name in names}

# Files inside a room, each line after those that its files import: a file imports from the lines before its own.
FILES = {
    "scheme": (
        "lined parsing parts types",
        "cells files",
        "formulas",
        "names rules",
        "entries",
        "model",
        "checks formulary load readings show",
        "ratios telling",
        "judging",
        "compile",
        "lint older",
        "schema",
    ),
    "workbook": (
        "canonical layout looks operations patch.splice sheets",
        "package",
        "master_cells measure patch.parts seal style",
        "lists patch.styles plan",
        "charts sheets.assessment sheets.diagnosis sheets.entry",
        "sheets.indicators sheets.marker sheets.provenance sheets.replies sheets.tables sheets.workings",
        "master sheets.dashboard sheets.goals sheets.guide stamp",
        "patch.cells sheets.dealer",
        "patch.comments sheets.whole",
        "patch",
    ),
    "intake": (
        "apart budget calamine_cells file_names formats memory quantity",
        "phrases shown wellformed",
        "guard meaning",
        "text_cells",
        "number_cells",
        "normalise",
        "bounded markup variants",
        "outline spelling",
        "parsed parsed_lists parsed_styles source",
        "sheet_reading",
        "reader",
        "foreign locate",
        "strays witness",
        "as_issued attested identity integrity replies rows",
        "tables",
        "submission",
        "copies reading",
    ),
    "scoring": (
        "as_excel compiled compiled.excel compiled.syntax lacking",
        "compiled.criteria figures",
        "account actuals compiled.functions doubts",
        "compiled.calls",
        "compiled.shapes",
        "compiled.program",
        "compiled.engine",
        "engine",
        "assess audit compiled.watch",
        "trace",
    ),
    "headquarters": (
        "words",
        "identity",
        "grid moments occupied",
        "deadlines headings",
        "forms units",
        "table",
        "closed field_columns waivers",
        "changes joined",
        "lists",
        "actuals calendar inspections issuing previous replies",
    ),
    "batch": (
        "receipts work",
        "manifest processes settle",
        "cluster",
    ),
    "checking": (
        "marking plausible",
        "alone",
        "check",
        "changes",
        "finding_list",
    ),
    "selfcheck": (
        "locked parts",
        "inside",
        "page",
    ),
    "month": (
        "definitions frames long_form older returns store store.file store.parts",
        "records standing",
        "statistics store.query",
        "scores store.carry store.trend",
        "month region",
        "store.record",
    ),
    "shown": (
        "letters pdf progress ranking.book report report.figures report.words",
        "ranking.heat ranking.lists report.source terminal",
        "month_tables ranking.parts report.summary",
        "ranking.overview report.dealers",
        "ranking report.page",
        "earlier",
        "folder",
    ),
    "workspace": (
        "record settings",
        "deadlines places",
        "receiving",
        "decisions history steps",
        "inspecting lists opening scoring",
        "handing",
        "closing",
        "advice cases pack",
    ),
    "desk": (
        "access downloads places reading tables words",
        "jobs rendering rows",
        "deliveries",
        "actions",
        "forms pages worker",
        "application",
        "server",
    ),
    "excel": (
        "apply cells scorecard",
        "control review",
        "attach install month_steps",
        "button doctor",
    ),
    "kit": (
        "installed",
        "build",
    ),
    "cli": (
        "demo language",
        "shared",
        "boundary",
        "desk excel explain kits runs stores workspace",
        "checking months reporting returns schemes scoring",
    ),
}


@cache
def modules() -> dict[str, Path]:
    """Our modules by dotted name without the leading `xlkpi.`."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if "templates" not in parts:
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imported(path: Path) -> tuple[str, ...]:
    """Every module that a file imports at run time, dotted."""
    return tuple(_imports(ast.parse(path.read_text("utf-8"))))


def _imports(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "write absolute imports"
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            yield from (name for other in child.orelse for name in _imports(other))
        else:
            yield from _imports(child)


def ours(path: Path) -> Iterator[str]:
    """Our modules that a file imports, without the leading `xlkpi.`; a name inside a module counts as the module."""
    known = modules()
    for name in imported(path):
        if name.startswith("xlkpi."):
            inner = name.removeprefix("xlkpi.")
            yield inner if inner in known else inner.rpartition(".")[0]


def room(module: str) -> int:
    return ROOM[module.partition(".")[0]]


PAIRS = sorted({(module, other) for module, path in modules().items() if module for other in ours(path)})


def test_every_module_has_its_place() -> None:
    assert {module.partition(".")[0] for module in modules() if module} == set(ROOM)
    assert len(PAIRS) > 100, "the imports were not found"


def test_imports_never_run_back() -> None:
    back = [f"xlkpi.{module} imports xlkpi.{other}" for module, other in PAIRS if room(other) > room(module)]
    assert not back, "these come later in a file's life"


def place(module: str) -> int | None:
    """The line of a room's files on which a module stands; None for a room itself and for a file without a room."""
    name, _, file = module.partition(".")
    return next((line for line, files in enumerate(FILES.get(name, ())) if file in files.split()), None)


def test_every_file_of_a_room_has_its_place() -> None:
    inside = sorted(module for module in modules() if "." in module)
    listed = sorted(f"{name}.{file}" for name, lines in FILES.items() for line in lines for file in line.split())
    assert inside == listed, "add the file to FILES, on the line after what it imports"


def test_no_file_imports_upwards_inside_its_room() -> None:
    up = [
        f"xlkpi.{module} imports xlkpi.{other}"
        for module, other in PAIRS
        if room(module) == room(other) and not module.startswith(f"{other}.")  # `from xlkpi.scheme import formulas`
        and (own := place(module)) is not None
        and (others := place(other)) is not None
        and others >= own
    ]  # fmt: skip
    assert not up, "these stand on the same line or on a later one"


def test_the_page_on_architecture_names_every_room_and_the_ground() -> None:
    page = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text("utf-8")
    assert not [name for name in ROOM if name != "__main__" and f"`xlkpi.{name}`" not in page]


def test_every_room_says_what_it_is_for() -> None:
    """In a sentence or two: what comes in, what goes out, what it must not know."""
    for name in FILES:
        words = ast.get_docstring(ast.parse((PACKAGE / name / "__init__.py").read_text("utf-8"))) or ""
        assert len(words.split()) > 20, name


def test_nothing_imports_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for module, other in PAIRS:
        # `from xlkpi.scheme import formulas` names the package, which is empty, and the module
        if module != other and not module.startswith(f"{other}."):
            graph.setdefault(module, set()).add(other)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]), pytrace=False)


def test_intake_and_workbook_share_only_the_layout_and_what_comes_back_beside_it() -> None:
    shared = {other for module, other in PAIRS if room(module) == ROOM["intake"] and room(other) == ROOM["workbook"]}
    assert shared == {"workbook.layout", "workbook.sheets.marker", "workbook.sheets.replies"}


OPENS_FILES = {"scoring.trace", "scoring.audit"}  # they open the workbook that a run left


def test_scoring_takes_what_was_read_and_reads_nothing() -> None:
    """A submission stands before its score, so `assess` takes it whole; as a type alone, so that what makes its own
    submissions loads nothing that opens files."""
    named = {
        (module, f"{node.module}.{alias.name}")
        for module, path in modules().items()
        if module.startswith("scoring") and module not in OPENS_FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("xlkpi.intake")
        for alias in node.names
    }
    types = {"xlkpi.intake.submission.Submission", "xlkpi.intake.submission.Answer"}
    assert {module for module, _ in named} == {"scoring.assess", "scoring.actuals"}
    assert {name for _, name in named} == types


def test_scoring_knows_no_file_format() -> None:
    formats = {"openpyxl", "zipfile", "zlib", "xml", "lxml", "python_calamine", "csv", "xlwings"}
    scoring = {module: path for module, path in modules().items() if module.startswith("scoring")}
    assert {"scoring.assess", "scoring.engine"} <= set(scoring)
    for module, path in scoring.items():
        if module in OPENS_FILES:
            continue
        assert not formats & {name.partition(".")[0] for name in imported(path)}, module
        assert not [other for other in ours(path) if other.startswith("intake")], module


@pytest.mark.parametrize(
    ("library", "homes"),
    [
        ("openpyxl", {"workbook", "headquarters.forms", "headquarters.occupied", "cli.demo", "intake.variants"}),
        ("formualizer", {"scheme.parsing", "scoring.engine"}),
        ("formulas", {"scoring.engine", "scoring.as_excel"}),
        ("zipfile", {"workbook.package", "intake.guard", "intake.calamine_cells", "selfcheck.parts", "kit.build"}),
        ("python_calamine", {"intake.calamine_cells"}),
        ("rich", {"shown.terminal", "shown.month_tables", "shown.progress", "cli"}),
        ("click", {"cli"}),
        ("duckdb", {"month.store"}),
        ("jinja2", {"shown.report.page", "shown.letters", "scheme", "desk.rendering", "selfcheck.page"}),
        ("starlette", {"desk"}),
        ("uvicorn", {"desk.server"}),
        ("xlwings", {"excel"}),
        ("xlsxwriter", {"excel", "shown.ranking"}),
    ],
)
def test_a_library_has_few_homes(library: str, homes: set[str]) -> None:
    """A home is a module, or a room with all its modules."""
    users = [
        module for module, path in modules().items() if library in {name.partition(".")[0] for name in imported(path)}
    ]  # fmt: skip
    assert users, f"nobody uses {library}: take it out of this list"
    assert not [m for m in users if not any(m == home or m.startswith(f"{home}.") for home in homes)]


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["score", "--help"]])
def test_the_command_line_starts_light(words: list[str]) -> None:
    heavy = (
        *("openpyxl", "formulas", "formualizer", "duckdb", "numpy", "scipy", "pydantic", "rich", "jinja2"),
        *("xlwings", "distributed", "upath", "starlette", "uvicorn"),
    )
    code = (
        f"import sys; from xlkpi.cli import main; main({words!r}, standalone_mode=False); "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_worker_loads_no_more_than_it_needs() -> None:
    """Every process of a batch pays for what these import, and the run waits for it."""
    roads = (
        *("batch.work", "batch.processes", "scoring.engine", "month.month"),
        *("shown.ranking", "shown.month_tables", "checking.plausible"),
    )
    heavy = ("openpyxl", "formulas", "duckdb", "numpy", "jinja2", "xlwings")
    code = (
        "import sys; from xlkpi.findings import catalogue; catalogue(); "
        f"import {', '.join(f'xlkpi.{road}' for road in roads)}; "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_library_s_front_door_names_what_exists() -> None:
    for name in xlkpi.__all__:
        assert getattr(xlkpi, name).__module__.startswith("xlkpi.")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = xlkpi.nothing
