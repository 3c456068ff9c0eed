"""Workbooks of other kinds than .xlsx, told apart by their bytes and never by the ending: .xls, WPS's .et, .ods.

calamine reads them, in a process of its own with little memory and a clock (`calamine_cells`): a hostile file costs one
finding. It tells values and no formulas, so integrity is "not verified" there, never "clean".
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from xlkpi.intake import calamine_cells
from xlkpi.intake.guard import (
    MAX_CELLS,
    MAX_COLUMN,
    MAX_PART,
    MAX_ROW,
    Package,
    Refused,
    archive,
    is_encrypted,
    read_limited,
)
from xlkpi.intake.outline import PLAIN, Area, Outline
from xlkpi.intake.parsed import worn
from xlkpi.intake.reader import open_workbook
from xlkpi.intake.source import SheetCells, Source
from xlkpi.values import UNKNOWN, CellKind, Place, RawCell

_MEMORY: Final = 1 << 30
_SECONDS: Final = 20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_KINDS = {"n": CellKind.NUMBER, "t": CellKind.TEXT, "b": CellKind.BOOLEAN, "d": CellKind.DATE}
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_NAMED = re.compile(rb"<table:named-(?:range|expression) ([^<>]{0,9000})>")  # no longer than a name and a formula
_ATTRIBUTE = re.compile(rb' ?([a-z:-]{1,40})="([^"]{0,9000}+)"')
_ADDRESS = re.compile(r"\$?('(?:[^']|'')*'|[^.']+)\.(\$?[A-Z]{1,3}\$?\d+)(?::\.(\$?[A-Z]{1,3}\$?\d+))?")


_Cells = Mapping[str, Mapping[str, tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class ForeignBook:
    """A workbook that calamine read, a `Source`. An .xls tells no defined names and no properties."""

    read: Mapping[str, Mapping[str, tuple[str, str]]]
    names: Mapping[str, str] = field(default_factory=dict)
    custom: Mapping[str, str] = field(default_factory=dict)
    has_macros: bool = False
    hidden: frozenset[str] = frozenset()
    formats: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # of numbers, as far as the file tells
    outlines: Mapping[str, Outline] = field(default_factory=dict)

    @property
    def sheets(self) -> Collection[str]:
        """The sheets' names, in order."""
        return self.read

    @property
    def tells_formulas(self) -> bool:
        """Never."""
        return False

    def hidden_sheets(self) -> frozenset[str]:
        """The sheets that nobody sees who opens the file."""
        return self.hidden

    def properties(self) -> Mapping[str, str]:
        """Custom document properties, of an .ods."""
        return self.custom

    def cells(self, sheet: str, wanted: Collection[str] | None, known: Collection[str] = ()) -> SheetCells:
        """Cells of a sheet: the wanted references, or all where None. Cells in `known` are no strays."""
        stored = self.read[sheet]
        refs = stored if wanted is None else [ref for ref in stored if ref in wanted]
        strays = () if wanted is None else tuple(ref for ref in stored if ref not in wanted and ref not in known)
        look = self.formats.get(sheet, {})
        cells = {
            ref: RawCell(Place(sheet, ref), _KINDS[stored[ref][0]], stored[ref][1], UNKNOWN, look.get(ref, UNKNOWN))
            for ref in refs
        }
        return SheetCells(cells, strays, self.outlines.get(sheet, PLAIN))


PROCESSES: Final = sys.platform != "emscripten"
"""Whether the system has processes. In a browser an abort ends whatever runs Python there, which its page notices."""


def open_source(source: Path | bytes) -> Source:
    """Open a workbook of any kind that is read.

    Raises:
        Refused: with the finding's code and facts.
    """
    raw = read_limited(source)
    if raw.startswith(_OLE):
        if is_encrypted(raw):
            raise Refused("XK-F003")
        return _open_compound(raw)
    if raw.startswith(b"PK\x03\x04") and _ODS in raw[:200]:
        return _open_document(raw)
    return open_workbook(raw)


def _open_compound(raw: bytes) -> ForeignBook:
    """An .xls or .et."""
    try:
        return replace(_by_calamine(raw), has_macros=_MACROS in raw)
    except Refused as refused:
        raise Refused("XK-F004") if refused.code == "XK-F001" else refused from None


def _open_document(raw: bytes) -> ForeignBook:
    """An .ods: the archive passes the guard like any other, and what is plain XML in it is read here."""
    package = archive(raw)
    if b"encryption-data" in package.xml("META-INF/manifest.xml"):
        raise Refused("XK-F003")
    content = package.xml("content.xml")
    if "styles.xml" in package:
        package.xml("styles.xml")  # the guard looks at it before another process reads it
    names = dict(_range(range_) for range_ in _NAMED.findall(content))
    macros = any(name.startswith("Basic/") for name in package.parts)
    try:
        book = _by_calamine(raw)
    except Refused as refused:
        if refused.code != "XK-F001":
            raise
        # in order as far as the guard looks; calamine says no more than this of what is too much for it
        raise Refused("XK-F002", detail="表格内容无法展开") from None
    defined = {name: text for name, text in names.items() if text}
    return replace(book, names=defined, custom=_user_defined(package), has_macros=macros)


def _range(attributes: bytes) -> tuple[str, str]:
    """A name as .xlsx writes it: $填报.$F$7 becomes '填报'!$F$7, a text stays one; "" where it is anything else."""
    facts = {key.removeprefix(b"table:"): unescape(value.decode()) for key, value in _ATTRIBUTE.findall(attributes)}
    address = _ADDRESS.fullmatch(facts.get(b"cell-range-address", ""))
    if address is None:
        text = facts.get(b"expression", "")
        return facts.get(b"name", ""), text if text.startswith('"') else ""
    sheet = address[1] if address[1].startswith("'") else f"'{address[1]}'"
    return facts.get(b"name", ""), f"{sheet}!{address[2]}" + (f":{address[3]}" if address[3] else "")


def _user_defined(package: Package) -> dict[str, str]:
    if "meta.xml" not in package:
        return {}
    root = ElementTree.fromstring(package.xml("meta.xml"))  # noqa: S314 - the guard refused every DOCTYPE
    nodes = (node for node in root.iter() if node.tag.endswith("}user-defined"))
    return {next((v for k, v in node.items() if k.endswith("}name")), ""): node.text or "" for node in nodes}


def _by_calamine(raw: bytes) -> ForeignBook:
    """What calamine tells: cells, which sheets are hidden, and how the cells look, as far as that can be told."""
    most = {
        "row": MAX_ROW, "column": MAX_COLUMN, "cells": MAX_CELLS, "characters": MAX_PART,
        "memory": _MEMORY, "seconds": _SECONDS,
    }  # fmt: skip
    answer = json.loads(_answer_of_process(raw, most) if PROCESSES else json.dumps(calamine_cells.answer_to(raw, most)))
    if "refused" in answer:
        raise _refusal(answer)
    for sheet, cells in answer["runs"].items():
        for ref, runs in cells.items():
            answer["sheets"][sheet][ref] = (
                "t",
                "".join(worn(text, struck=struck, side=side) for text, struck, side in runs),
            )
    outlines = {
        sheet: Outline(
            tuple(Area(*area) for area in answer["merged"].get(sheet, ())),
            frozenset(answer["hidden_rows"].get(sheet, ())),
            tuple((column, column) for column in answer["hidden_columns"].get(sheet, ())),
        )
        for sheet in answer["sheets"]
    }
    return ForeignBook(
        answer["sheets"], hidden=frozenset(answer["hidden"]), formats=answer["formats"], outlines=outlines
    )


def _answer_of_process(raw: bytes, most: Mapping[str, int]) -> bytes:
    # -P: the program's own folder is no place to import from; our modules there have names like other people's
    command = [sys.executable, "-P", calamine_cells.__file__, json.dumps(most)]
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # no window flashes up on Windows
    try:
        process = subprocess.run(  # noqa: S603 - our own program
            command, input=raw, capture_output=True, timeout=_SECONDS, check=False, creationflags=hidden
        )
    except subprocess.TimeoutExpired:
        raise Refused("XK-F006", what="读取时间", found="超时", limit=f"{_SECONDS} 秒") from None
    if process.returncode != 0:
        raise aborted()
    return process.stdout


def aborted() -> Refused:
    """What is said of a file on which calamine ended its process: what it asked for was not to be had."""
    return Refused("XK-F006", what="读取所需的内存", found="过多", limit=f"{_MEMORY >> 20} MB")


def _refusal(answer: Mapping[str, str]) -> Refused:
    match answer["refused"]:
        case "password":
            return Refused("XK-F003")
        case "format":
            return Refused("XK-F001")
        case "far":
            return Refused("XK-F007", sheet=answer["sheet"], ref=answer["ref"])
        case "many":
            return Refused("XK-F006", what=f"工作表“{answer['sheet']}”的单元格", found="过多", limit=MAX_CELLS)
        case "memory":
            return aborted()
        case _:
            return Refused("XK-F002", detail="表格内容读不出来")
