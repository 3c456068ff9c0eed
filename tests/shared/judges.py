"""What the oracles share: files without cached values, three evaluators of one file, and what counts as equal."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

from openpyxl import Workbook as OpenpyxlWorkbook
from openpyxl import load_workbook

from shared.missing import not_run
from xlkpi.scoring.engine import load_engine
from xlkpi.values import CellContent, CellFault, Place
from xlkpi.workbook.layout import Layout

ENGINES = ("formualizer", "formulas", "compiled")
JUDGES = (*ENGINES, "libreoffice")
TOLERANCE = 1e-9
Cells = Mapping[Place, CellContent]

_FORMULA_CELL = re.compile(r"<c ([^>]*)>(<f[^>]*>[^<]*</f>|<f[^>]*/>)<v>[^<]*</v></c>")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TYPE = re.compile(r'\s*\bt="[a-z]+"')


def without_values(data: bytes) -> bytes:
    """The same workbook with no value cached for any formula: LibreOffice keeps a cached value and computes nothing."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name in given.namelist():
            part = given.read(name)
            if name.startswith("xl/worksheets/sheet"):
                text, count = _FORMULA_CELL.subn(lambda c: f"<c {_TYPE.sub('', c[1])}>{c[2]}</c>", part.decode())
                assert count == part.count(b"</f><v>"), f"{name} still holds cached values"
                part = text.encode()
            made.writestr(name, part)
    return buffer.getvalue()


def formula_cells(data: bytes) -> dict[Place, str]:
    """Every formula cell of a workbook, as openpyxl reads it."""
    return {
        Place(sheet.title, cell.coordinate): str(cell.value).removeprefix("=")
        for sheet in _load(data).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def stored_values(data: bytes, places: Iterable[Place]) -> dict[Place, CellContent]:
    """The values that a file holds in these cells. Read from the XML itself, which is ten times as fast as openpyxl."""
    wanted: dict[str, set[str]] = {}
    for place in places:
        wanted.setdefault(place.sheet, set()).add(place.ref)
    found: dict[Place, CellContent] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        relations = {r.get("Id"): str(r.get("Target")) for r in _xml(archive, "xl/_rels/workbook.xml.rels")}
        strings = []
        if "xl/sharedStrings.xml" in archive.namelist():
            shared = _xml(archive, "xl/sharedStrings.xml").iter(f"{_MAIN}si")
            strings = ["".join(t.text or "" for t in entry.iter(f"{_MAIN}t")) for entry in shared]
        for sheet in _xml(archive, "xl/workbook.xml").iter(f"{_MAIN}sheet"):
            title = str(sheet.get("name"))
            part = relations[sheet.get(_RELATION)].removeprefix("/xl/")
            for cell in _xml(archive, f"xl/{part}").iter(f"{_MAIN}c") if title in wanted else ():
                if cell.get("r") in wanted[title]:
                    found[Place(title, str(cell.get("r")))] = _content(cell, strings)
    lacking = [
        str(Place(sheet, ref)) for sheet, refs in wanted.items() for ref in refs if Place(sheet, ref) not in found
    ]
    assert not lacking, f"the file has no cell {lacking}"
    return found


def _xml(archive: zipfile.ZipFile, part: str) -> Element:
    return fromstring(archive.read(part))


def _content(cell: Element, strings: list[str]) -> CellContent:
    kind, value = cell.get("t", "n"), cell.findtext(f"{_MAIN}v")
    if kind == "inlineStr":
        return "".join(t.text or "" for t in cell.iter(f"{_MAIN}t"))
    if value is None or (kind == "n" and not value):
        return None
    if kind == "s":
        return strings[int(value)]
    if kind == "b":
        return value == "1"
    return CellFault(value) if kind == "e" else value if kind == "str" else float(value)


def _load(data: bytes) -> OpenpyxlWorkbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl says which of LibreOffice's extensions it does not know
        return load_workbook(io.BytesIO(data), data_only=False)


# ------------------------------------------------------------------ the three judges


def recalculated(engine: str, data: bytes, places: Iterable[Place]) -> dict[Place, CellContent]:
    """What an engine gives for a whole file, its own inputs included."""
    layout = Layout("", "", {}, dict.fromkeys(places, ""), {}, {})
    return load_engine(engine, data, layout).evaluate({})


def need_soffice() -> str:
    """The program, or a skip that nobody overlooks; in CI its absence is a failure."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        not_run("LibreOffice (soffice) is not installed: the THIRD JUDGE of every score is MISSING from this run")
    return program


def saved_by_libreoffice(files: Mapping[str, bytes], folder: Path) -> dict[str, bytes]:
    """Each file opened and saved again as .xlsx, all in one call, with a profile of its own."""
    program = need_soffice()
    given, made, profile = folder / "given", folder / "made", folder / "profile"
    given.mkdir(parents=True)
    for name, data in files.items():
        (given / f"{name}.xlsx").write_bytes(data)
    command = [
        program, f"-env:UserInstallation={profile.as_uri()}", "--headless",
        "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(made),
        *(str(given / f"{name}.xlsx") for name in files),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, timeout=240, check=False)
    lacking = [name for name in files if not (made / f"{name}.xlsx").exists()]
    assert not lacking, f"LibreOffice made nothing of {lacking}: {done.stdout.decode()} {done.stderr.decode()}"
    return {name: (made / f"{name}.xlsx").read_bytes() for name in files}


def by_libreoffice(
    files: Mapping[str, bytes], places: Mapping[str, Iterable[Place]], folder: Path
) -> dict[str, dict[Place, CellContent]]:
    """LibreOffice's own values of these cells. What the files have cached is taken out first."""
    saved = saved_by_libreoffice({name: without_values(data) for name, data in files.items()}, folder)
    return {name: stored_values(data, places[name]) for name, data in saved.items()}


# ------------------------------------------------------------------ equal


def equal(first: CellContent, second: CellContent) -> bool:
    """Equal: numbers to 1e-9 (relative, and absolute below 1), a blank and an empty text alike, all else exactly."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, float | int) and isinstance(second, float | int):
        return abs(first - second) <= TOLERANCE * max(1.0, abs(first), abs(second))
    return first == second or (first in (None, "") and second in (None, ""))


def differences(first: Cells, second: Cells, places: Iterable[Place]) -> list[str]:
    """Cells in which two judges do not agree, told with both values."""
    return [
        f"{place}: {first.get(place)!r} ≠ {second.get(place)!r}"
        for place in places
        if not equal(first.get(place), second.get(place))
    ]


def faults(cells: Cells) -> Iterator[str]:
    """Cells with an error value."""
    yield from (f"{place}: {value.code}" for place, value in cells.items() if isinstance(value, CellFault))
