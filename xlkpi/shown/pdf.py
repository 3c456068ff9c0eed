"""Assessed workbooks as PDF, through LibreOffice where it is installed: the 绩效考核表 alone, to print and sign."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from html import unescape
from pathlib import Path
from typing import Final

from xlkpi.files import WriteError, untaken, write_file
from xlkpi.findings import Finding
from xlkpi.folders import last_part, shown_names
from xlkpi.intake.bounded import bounded
from xlkpi.intake.guard import Package, Refused
from xlkpi.intake.markup import tree
from xlkpi.intake.reader import open_workbook
from xlkpi.workbook.package import assemble, member, members
from xlkpi.workbook.seal import seal_of
from xlkpi.workbook.sheets.assessment import TITLE

_PLACES: Final = (
    r"C:\Program Files\LibreOffice\program\soffice.exe",
    r"C:\Program Files (x86)\LibreOffice\program\soffice.exe",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
)
_AT_ONCE: Final = 50  # files a call: starting takes seconds, and a command line has its limit
_SECONDS: Final = 20  # a file may take, before the call is given up
_BOOK: Final = "xl/workbook.xml"
_OURS: Final = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(?:app|core|custom)\.xml|xl/(?:workbook|styles|sharedStrings)\.xml"
    r"|xl/_rels/workbook\.xml\.rels|xl/theme/theme1\.xml|xl/(?:worksheets|drawings|charts)/(?:_rels/)?\w+\.xml(?:\.rels)?"
)  # parts that workbooks of ours have
_SHEET: Final = re.compile(r"<sheet\b[^>]*>")
_PRINTED: Final = re.compile(r'<definedName\b[^>]*\bname="_xlnm\.Print_[^>]*>[^<]*</definedName>')


class NoLibreOffice(Exception):
    """LibreOffice was not found."""


def find_soffice() -> str:
    """LibreOffice's program.

    Raises:
        NoLibreOffice: it is neither on the path nor where its installers put it.
    """
    for name in ("soffice", "libreoffice", *_PLACES):
        if path := shutil.which(name):
            return path
    raise NoLibreOffice


def to_pdf(files: Sequence[Path], folder: Path, *, replace: bool = False) -> Iterator[Path | Finding]:
    """Write FOLDER/NAME.pdf for each file; yields where it was written, or why it was not. One that lies there already,
    perhaps signed, stays unless `replace`.

    Raises:
        NoLibreOffice: there is none.
    """
    program = find_soffice()
    names = shown_names(files)
    used: set[str] = set()
    targets = {path: folder / untaken(f"{Path(last_part(names[path])).stem}.pdf", used) for path in files}
    for first in range(0, len(files), _AT_ONCE):
        some = files[first : first + _AT_ONCE]
        with tempfile.TemporaryDirectory() as scratch:
            books, refused = _prepared({path: names[path] for path in some}, Path(scratch))
            _convert(program, books, Path(scratch))
            for path in some:
                yield refused.get(path) or _write(names[path], books[path].with_suffix(".pdf"), targets[path], replace)


def _prepared(files: Mapping[Path, str], scratch: Path) -> tuple[dict[Path, Path], dict[Path, Finding]]:
    """The workbooks to print, numbered, since two folders may have files of one name; and what was refused."""
    books: dict[Path, Path] = {}
    refused: dict[Path, Finding] = {}
    for number, (path, name) in enumerate(files.items()):
        try:
            data = bounded(partial(assessment_alone, path))
        except Refused as error:
            refused[path] = Finding(error.code, name, facts=error.facts)
        else:
            books[path] = scratch / f"{number}.xlsx"
            books[path].write_bytes(data)
    return books, refused


def _write(file: str, converted: Path, target: Path, replace: bool) -> Path | Finding:
    if target.is_file() and not replace:
        return Finding("XK-W044", file, facts={"path": str(target)})
    try:
        write_file(target, converted.read_bytes())
    except FileNotFoundError:
        facts = {"path": str(target), "detail": "LibreOffice 没有生成"}
    except WriteError as error:
        facts = {"path": str(error.path), "detail": error.detail}
    else:
        return target
    return Finding("XK-W001", file, facts=facts)


def _convert(program: str, books: Mapping[Path, Path], scratch: Path) -> None:
    """Have LibreOffice make what it can; each PDF stands beside its workbook."""
    if not books:
        return
    profile = (scratch / "profile").as_uri()  # a LibreOffice that is open elsewhere is not disturbed
    names = [book.name for book in books.values()]
    command = [program, f"-env:UserInstallation={profile}", "--headless", "--convert-to", "pdf", *names]
    with suppress(subprocess.TimeoutExpired):  # what was made until then is there
        subprocess.run(  # noqa: S603 - a program that we found ourselves
            command, cwd=scratch, capture_output=True, timeout=60 + _SECONDS * len(books), check=False
        )


def assessment_alone(path: Path) -> bytes:
    """The workbook with every sheet but the 绩效考核表 hidden and without a print area: LibreOffice prints hidden ones.

    Raises:
        Refused: the file did not pass the guard, was never assessed or was changed since, leads outside, or has no such
            sheet.
    """
    opened = open_workbook(path)
    package = opened.package
    state = seal_of(package.raw, opened.properties())
    if state != "whole":
        raise Refused("XK-W075" if state == "none" else "XK-W076")
    if _leads_outside(package):
        raise Refused("XK-F028")
    book = package.xml(_BOOK).decode()
    listed = [match[0] for match in _SHEET.finditer(book)]
    wanted = [number for number, sheet in enumerate(listed) if _attribute(sheet, "name") == TITLE]
    if not wanted:
        raise Refused("XK-T008", sheet=TITLE)
    for number, sheet in enumerate(listed):
        bare = re.sub(r'\sstate="[^"]*"', "", sheet)
        shown = "visible" if number == wanted[0] else "hidden"
        book = book.replace(sheet, bare.replace("<sheet", f'<sheet state="{shown}"', 1), 1)
    book = _PRINTED.sub(lambda area: area[0] if _attribute(area[0], "localSheetId") == str(wanted[0]) else "", book)
    book = re.sub(r'\s(activeTab|firstSheet)="\d+"', "", book)
    book = book.replace("<workbookView", f'<workbookView activeTab="{wanted[0]}"', 1)
    return assemble({**members(package.raw), _BOOK: member(_BOOK, book.encode())}.values())


def _leads_outside(package: Package) -> bool:
    """Whether a workbook has anything that LibreOffice would fetch: a relation to outside, or a part of a kind that no
    workbook of ours has, as links, connections and objects are. Its seal carries no key, so anybody can renew it.

    Raises:
        Refused: a part is malformed or has a document type.
    """
    for name in package.parts:
        if not _OURS.fullmatch(name):
            return True
        part = package.xml(name)
        if name.endswith(".rels"):
            for relation in tree("关系表", part):
                if relation.get("TargetMode", "Internal") != "Internal" or ":" in relation.get("Target", ""):
                    return True
    return False


def _attribute(tag: str, name: str) -> str:
    match = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(match[1]) if match else ""
