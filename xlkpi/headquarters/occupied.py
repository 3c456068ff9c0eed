"""Protects what already exists where headquarters is about to write: other months and filled-in forms."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from openpyxl import Workbook, load_workbook

from xlkpi.findings import Finding
from xlkpi.headquarters.identity import PROPERTY, Origin, origin_of
from xlkpi.issue import BLANKS, ISSUE_FILE, KEY_FILE, MASTER_FILE, SEALS, Issue

KEY_BYTES = 32
FILLED = "XK-W071"
"""The finding on a blank that somebody may have filled in."""
_KEYS = 3  # columns of a form that name the dealer


class Occupied(Exception):
    """Writing would lose something; `findings` say what lies there."""

    def __init__(self, findings: list[Finding]):
        super().__init__(f"{len(findings)} findings")
        self.findings = findings


def recorded(folder: Path) -> Mapping[str, str]:
    """The blanks that were issued into a folder, by name, each with its digest; empty where nothing says so."""
    blanks = _issue_data(folder).get(BLANKS)
    return blanks if isinstance(blanks, dict) else {}


def key_in(folder: Path) -> bytes | None:
    """The key with which a folder's blanks were sealed; None where there is none that can be used."""
    return key_of(folder / KEY_FILE)


def key_of(path: Path) -> bytes | None:
    """The key that a file holds; None where it is no key or cannot be read."""
    try:
        key = path.read_bytes() if path.is_file() else b""
    except OSError:
        return None
    return key if len(key) == KEY_BYTES else None


def digest(data: bytes) -> str:
    """The digest by which a blank is recognised."""
    return hashlib.sha256(data).hexdigest()


def issued_as(path: Path, blanks: Mapping[str, str]) -> bool:
    """Whether a file is still the blank that was issued under its name."""
    return path.name in blanks and path.is_file() and digest(path.read_bytes()) == blanks[path.name]


def folder_findings(issue: Issue, folder: Path, files: Mapping[str, str], *, replace: bool) -> list[Finding]:
    """Reasons not to issue into a folder.

    Args:
        issue: what is to be issued.
        folder: where.
        files: the dealer code of each file that would be written, by name.
        replace: headquarters insists on replacing another issue. A workbook that may be filled in is never replaced.
    """
    findings = []
    if not replace and (folder / ISSUE_FILE).is_file():
        present, wanted = _issued(folder), f"{issue.scheme.name} {issue.month}"
        if not present:
            findings.append(Finding("XK-W072", ISSUE_FILE, facts={"path": str(folder / ISSUE_FILE)}))
        elif present != wanted:
            facts = {"path": str(folder), "found": present, "expected": wanted}
            findings.append(Finding("XK-W070", ISSUE_FILE, facts=facts))
    elif not replace and (folder / MASTER_FILE).exists() and not _holds(folder / MASTER_FILE, issue.master):
        findings.append(Finding("XK-W072", MASTER_FILE, facts={"path": str(folder / MASTER_FILE)}))
    if not replace and key_in(folder) is None and ((folder / KEY_FILE).exists() or SEALS in _issue_data(folder)):
        findings.append(Finding("XK-I032", KEY_FILE, facts={"path": str(folder / KEY_FILE)}))
    blanks = recorded(folder)
    for name, dealer in files.items():
        path = folder / name
        if path.is_file() and not issued_as(path, blanks):
            findings.append(Finding(FILLED, name, facts={"path": str(path), "dealer": dealer}))
    return findings


def _holds(path: Path, data: bytes) -> bool:
    """Whether a file is what would be written: a run that was cut off left it."""
    return path.is_file() and path.read_bytes() == data


def form_findings(path: Path, origin: Origin, *, replace: bool) -> list[Finding]:
    """Reasons not to write a form: the file there is another form, no form, or filled in.

    Args:
        path: where the form would be written.
        origin: what the form is.
        replace: headquarters insists.
    """
    if replace or not path.is_file():
        return []
    book = _book(path)
    marked = _origin(book)
    if book is None or marked is None:
        return [Finding("XK-W072", path.name, facts={"path": str(path)})]
    if (marked.kind, marked.scheme, marked.month) != (origin.kind, origin.scheme, origin.month):
        facts = {"path": str(path), "found": marked.marker(), "expected": origin.marker()}
        return [Finding("XK-W070", path.name, facts=facts)]
    filled = _filled(book)
    return [Finding("XK-W073", path.name, facts={"path": str(path), "count": filled})] if filled else []


def marked_origin(path: Path) -> Origin | None:
    """The origin of one of our forms or lists; None if the file is not one."""
    return _origin(_book(path))


def _origin(book: Workbook | None) -> Origin | None:
    if book is None:
        return None
    properties = cast(Any, book).custom_doc_props
    return origin_of(str(properties[PROPERTY].value)) if PROPERTY in properties.names else None


def _filled(book: Workbook) -> int:
    """Cells that somebody has filled in: right of the dealers, below the headings, and all of further sheets."""
    form, *further = book.worksheets
    frozen = form.freeze_panes
    head = form[frozen].row - 1 if frozen else 1
    entries = (cell for row in form.iter_rows(min_row=head + 1, min_col=_KEYS + 1) for cell in row)
    elsewhere = (cell for sheet in further for row in sheet.iter_rows() for cell in row)
    return sum(1 for cells in (entries, elsewhere) for cell in cells if cell.value not in (None, ""))


def _book(path: Path) -> Workbook | None:
    try:
        return load_workbook(io.BytesIO(path.read_bytes()))
    except Exception:
        return None  # it is not one of our forms, whatever is wrong with it


def _issued(folder: Path) -> str:
    """Scheme and month of the issue in a folder; blank where its issue.json is none of ours."""
    data = _issue_data(folder)
    scheme = data.get("scheme")
    known = isinstance(scheme, dict) and "scheme" in scheme and "month" in data
    return f"{scheme['scheme']} {data['month']}" if known and scheme else ""


def _issue_data(folder: Path) -> Mapping[str, Any]:
    try:
        data = json.loads((folder / ISSUE_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
