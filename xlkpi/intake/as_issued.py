"""What a person sees on the form, held against what was issued: words, number formats, and what hides or covers them.

Programs rewrite a workbook's parts when they save it, so meanings are compared, not bytes: the text and the format that
a cell has, whether anybody can read it, which sheets are shown. What is as issued costs a look each; only what differs
is gone into. Many differences of one kind on a sheet are one finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from xlkpi.intake.formats import Section, section_for
from xlkpi.intake.locate import comparable
from xlkpi.intake.outline import PLAIN, Outline
from xlkpi.intake.reader import Workbook, open_workbook
from xlkpi.intake.source import SheetCells
from xlkpi.intake.strays import Remark
from xlkpi.issue import Issue
from xlkpi.values import CellContent, Place, RawCell, column_row, spans
from xlkpi.workbook.layout import Role

_STYLED = re.compile(r'<c r="([A-Z]+[0-9]+)" s="([0-9]+)"')  # as openpyxl writes it
_LISTED: Final = 3  # differences that are quoted
_QUOTED: Final = 30  # characters of each
_PROBES: Final = (0.0, 0.8765, 310.0, 12345.678, -3.5)


@dataclass(frozen=True, slots=True)
class Form:
    """The issued form as people see it, by sheet: its words and formats by reference, its outline, how much is drawn
    over it; the sheets in order, the hidden ones, and the formats that conditions put on."""

    words: Mapping[str, Mapping[str, str]]
    formats: Mapping[str, Mapping[str, str]]
    outlines: Mapping[str, Outline]
    drawn: Mapping[str, int]
    hidden: frozenset[str]
    conditional: frozenset[str]


@lru_cache(8)
def form_of(master: bytes) -> Form:
    """The form that a master is."""
    book = open_workbook(master)
    sheets = {sheet: book.cells(sheet, None) for sheet in book.sheets}
    words, formats = dict[str, dict[str, str]](), dict[str, dict[str, str]]()
    for sheet, read in sheets.items():
        words[sheet] = {
            ref: raw.text for ref, raw in read.cells.items() if raw.text and not isinstance(raw.formula, str)
        }
        part = book.package.plain(
            book.sheets[sheet]
        ).decode()  # blank cells, which targets are put into, have formats too
        formats[sheet] = {ref: book.formats[int(style)] for ref, style in _STYLED.findall(part)}
    outlines = {sheet: read.outline for sheet, read in sheets.items()}
    return Form(words, formats, outlines, {sheet: book.drawn(sheet) for sheet in sheets}, book.hidden, book.conditional)


@dataclass(frozen=True, slots=True)
class Appearance:
    """A file's sheets as they were read, by the names that they were issued with; `titles` are those that they have in
    the file where it is another one. `book` is None where the file tells words and nothing else."""

    issue: Issue
    dealer: str
    sheets: Mapping[str, SheetCells]
    titles: Mapping[str, str]
    book: Workbook | None

    @property
    def form(self) -> Form:
        """What they are held against."""
        return form_of(self.issue.master)

    @property
    def tables(self) -> set[str]:
        """The sheets of tables."""
        return {table.sheet for table in self.issue.layout.tables.values()}

    def remarks(self) -> Iterator[Remark]:
        """Everything that differs and that a person sees."""
        for sheet, read in self.sheets.items():
            yield from self._words(sheet, read.cells)
        yield from self._identity()
        if self.book is None:
            return
        yield from self._formats()
        for sheet, read in self.sheets.items():
            yield from self._unseen(sheet, read)
            yield from self._outline(sheet, read.outline)
        yield from self._of_workbook(self.book)

    # ------------------------------------------------------------ words

    def _words(self, sheet: str, cells: Mapping[str, RawCell]) -> Iterator[Remark]:
        words = self.form.words[sheet]
        changed: dict[str, str] = {}
        for ref in self.issue.layout.fixed_refs.get(sheet, ()):
            raw = cells.get(ref)
            text, issued = raw.text if raw is not None else None, words.get(ref)
            if text == issued and (raw is None or raw.formula is None):  # nearly all
                continue
            if raw is not None and isinstance(raw.formula, str):
                changed[ref] = f"{_cut(issued or '空白')} → ={_cut(raw.formula)}"
            elif not _says_the_same(text or "", issued or ""):
                changed[ref] = f"{_cut(issued or '空白')} → {_cut(text or '空白')}"
        yield from _folded("XK-I033", sheet, changed)

    def _identity(self) -> Iterator[Remark]:
        """本店资料, which headquarters has put in."""
        stamped: Mapping[Place, CellContent] = self.issue.stamped(self.dealer)
        for slot in self.issue.layout.of(Role.IDENTITY):
            place, read = slot.place, self.sheets.get(slot.place.sheet)
            issued = stamped.get(place)
            if read is None or not isinstance(issued, str):
                continue
            text = (raw.text if (raw := read.cells.get(place.ref)) else None) or ""
            if comparable(text) != comparable(issued):
                facts: dict[str, object] = {"found": _cut(text) or "空白", "expected": _cut(issued)}
                yield "XK-I034", place, "", facts

    # ------------------------------------------------------------ what cells show of their figures

    def _formats(self) -> Iterator[Remark]:
        other: list[Place] = []
        for sheet, read in self.sheets.items():
            issued, false = self.form.formats[sheet], dict[str, str]()
            for ref in self.issue.layout.figure_refs.get(sheet, ()):
                raw = read.cells.get(ref)
                if raw is None or raw.format == (code := issued.get(ref, "General")):  # nearly all
                    continue
                now = str(raw.format)
                if _tells_falsely(code, now):
                    false[ref] = f"{_cut(code)} → {_cut(now)}"
                elif not _shows_the_same(code, now):
                    other.append(raw.place)
            yield from _folded("XK-I035", sheet, false)
        if other:
            sheets = "、".join(dict.fromkeys(place.sheet for place in other))
            first = min((place for place in other if place.sheet == other[0].sheet), key=_reading_order)
            yield "XK-I036", None, "", {"sheets": sheets, "count": len(other), "first": str(first)}

    def _unseen(self, sheet: str, read: SheetCells) -> Iterator[Remark]:
        shown = {ref: _cut(raw.text) for ref in read.unseen if (raw := read.cells.get(ref)) and raw.text}
        yield from _folded("XK-I037", sheet, shown)

    def _outline(self, sheet: str, outline: Outline) -> Iterator[Remark]:
        form = self.form.outlines.get(sheet, PLAIN)
        yield from self._hidden(sheet, outline)
        merged = set(outline.merged) - set(form.merged)
        if merged:
            of_form = (*self.form.words[sheet], *self.issue.layout.figure_refs.get(sheet, ()))
            cells = {column_row(ref) for ref in of_form}  # of merged answers `strays` tells by field
            covering = sum(any(area.holds(*cell) for cell in cells - {(area.left, area.top)}) for area in merged)
            if covering:
                yield "XK-I039", Place(sheet, ""), "", {"sheet": sheet, "count": covering}
        if form.prompts and (strange := sorted(outline.prompts - form.prompts)):
            even = {comparable(text) for text in form.prompts}
            strange = [text for text in strange if comparable(text) not in even]
            if strange:
                facts: dict[str, object] = {"sheet": sheet, "count": len(strange), "listed": _cut(strange[0])}
                yield "XK-I040", Place(sheet, ""), "", facts

    def _hidden(self, sheet: str, outline: Outline) -> Iterator[Remark]:
        """Rows and columns; of those with answers or a table's rows `strays` tells by name."""
        if not (outline.hidden_rows or outline.hidden_columns):
            return
        if sheet in {slot.place.sheet for slot in self.issue.layout.of(Role.ANSWER)} | self.tables:
            return
        form, of_form = self.form.outlines[sheet], [column_row(ref) for ref in self.form.formats[sheet]]
        rows = (outline.hidden_rows - form.hidden_rows) & {row for _, row in of_form}
        spans_now = set(outline.hidden_columns) - set(form.hidden_columns)
        columns = {column for column, _ in of_form if any(first <= column <= last for first, last in spans_now)}
        if rows or columns:
            yield "XK-I038", Place(sheet, ""), "", {"sheet": sheet, "rows": len(rows), "columns": len(columns)}

    # ------------------------------------------------------------ the workbook around the cells

    def _of_workbook(self, book: Workbook) -> Iterator[Remark]:
        form = self.form
        slot_names = {name.casefold() for name in self.issue.layout.slots} if book.local_names else ()
        shadowing = sorted({name for name in book.local_names if name.casefold() in slot_names})
        if shadowing:
            yield "XK-I041", None, "", {"count": len(shadowing), "listed": "、".join(shadowing[:_LISTED])}
        hidden = [sheet for sheet in form.words if self.titles.get(sheet, sheet) in book.hidden - form.hidden]
        if hidden:
            yield "XK-I043", Place(hidden[0], ""), "", {"sheets": "、".join(hidden)}
        drawn = [sheet for sheet in self.sheets if self._drawn(book, sheet) > form.drawn[sheet]]
        if drawn:
            yield "XK-I042", Place(drawn[0], ""), "", {"sheets": "、".join(drawn)}
        conditional = sorted(code for code in book.conditional - form.conditional if code.lower() != "general")
        if conditional:
            yield "XK-I044", None, "", {"listed": "、".join(map(_cut, conditional[:_LISTED]))}
        order = [sheet for sheet in form.words if sheet not in form.hidden]
        now = [sheet for sheet in map(self._issued, book.sheets) if sheet in order]
        if now != [sheet for sheet in order if sheet in now]:
            yield "XK-I045", None, "", {"found": "、".join(now)}
        lost = [
            sheet
            for sheet, read in self.sheets.items()
            if (form.outlines[sheet].is_protected and not read.outline.is_protected)
            or (form.outlines[sheet].prompts and not read.outline.prompts)
        ]
        if lost:
            yield "XK-I046", None, "", {"sheets": "、".join(lost)}

    def _drawn(self, book: Workbook, sheet: str) -> int:
        title = self.titles.get(sheet, sheet)
        return book.drawn(title) if title in book.sheets else 0

    def _issued(self, title: str) -> str:
        return next((issued for issued, now in self.titles.items() if now == title), title)


def _folded(code: str, sheet: str, changed: Mapping[str, str]) -> Iterator[Remark]:
    """One finding for all differences of a kind on a sheet: how many, where, and the first few in full."""
    if changed:
        refs = sorted(changed, key=lambda ref: _reading_order(Place(sheet, ref)))
        listed = "；".join(f"{ref} {changed[ref]}" for ref in refs[:_LISTED])
        facts: dict[str, object] = {"sheet": sheet, "count": len(refs), "cells": spans(refs), "listed": listed}
        yield code, Place(sheet, refs[0]), "", facts


def _reading_order(place: Place) -> tuple[int, int]:
    column, row = column_row(place.ref)
    return row, column


def _says_the_same(text: str, issued: str) -> bool:
    """Whether a cell says what was issued; a number may be written otherwise, a text have other spaces."""
    if comparable(text) == comparable(issued):
        return True
    try:
        return float(text) == float(issued)
    except ValueError:
        return False


def _cut(text: str) -> str:
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"


@lru_cache(2_000)
def _shows_the_same(issued: str, now: str) -> bool:
    """Whether two format codes show every number alike, however programs spell them."""
    return all(_spelled(section_for(issued, probe)) == _spelled(section_for(now, probe)) for probe in _PROBES)


def _spelled(section: Section | None) -> object:
    """What a section shows, whichever way it is written: texts joined, words for "General" the same."""
    if section is None:
        return None
    shown: list[tuple[str, str]] = []
    for kind, text in section.tokens:
        if kind == "literal" and shown and shown[-1][0] == "literal":
            shown[-1] = kind, shown[-1][1] + text
        elif (kind, text) != ("literal", ""):
            shown.append((kind, "" if kind == "general" else text.lower()))
    return tuple(shown)


@lru_cache(2_000)
def _tells_falsely(issued: str, now: str) -> bool:
    """Whether a format makes another figure of a number, or none, where the issued one shows it."""
    if any(f"[{colour}]" in now.lower() for colour in ("white", "白色", "color2", "color 2", "颜色2", "颜色 2")):
        return True
    return any(_is_false(section_for(issued, probe), section_for(now, probe)) for probe in _PROBES)


def _is_false(issued: Section | None, now: Section | None) -> bool:
    if now is None or issued is None:
        return now is not issued
    if not now.has("digit", "general", "date") and issued.has("digit", "general", "date"):
        return True
    if bool(now.date) != bool(issued.date) and not now.has("general"):
        return True
    scales = now.has("percent"), now.scaling
    if scales not in ((issued.has("percent"), issued.scaling), (False, 0)):
        return True
    return _literal(now) not in ("", _literal(issued))


def _literal(section: Section) -> str:
    return "".join(_texts(section)).strip()


def _texts(section: Section) -> Iterable[str]:
    return (token.text for token in section.tokens if token.kind == "literal")
