"""Where the form's cells stand in a file that no longer looks as issued: other sheet names, inserted rows and columns.

Defined names come first, since they move with their cells; `submission` reads them. For the rest (there
are none in an .xls, and few in sheets copied into a new workbook) the form's own words do: a row and a column are found
again by the labels and headings that stand in them, each taken only where it occurs once. Nothing is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from xlkpi.intake.guard import MAX_ROW, Refused
from xlkpi.intake.reader import open_workbook, place_of
from xlkpi.intake.source import SheetCells, Source
from xlkpi.issue import Issue
from xlkpi.scheme.cells import of_column
from xlkpi.values import CellKind, Place, RawCell, column_letters, column_row
from xlkpi.workbook.layout import Role, Slot, TableSlot

_ENOUGH = 0.8  # of a sheet's own words: a sheet that has so many of them is that sheet
_SHEET = re.compile(r"('(?:[^']|'')*'|[^'!]+)!(.*)", re.S)
_AREA = re.compile(r"!\$?([A-Z]{1,3})\$?([0-9]{1,10}):\$?[A-Z]{1,3}\$?([0-9]{1,10})$")
Words = Mapping[str, str]
"""Texts of a sheet by reference, spelling evened out."""


@lru_cache(8)
def words_of_form(master: bytes) -> Mapping[str, Words]:
    """The words that the issued form itself has, by sheet: labels, headings, definitions."""
    book = open_workbook(master)
    return {sheet: _words(book, sheet) for sheet in book.sheets}


def _words(book: Source, sheet: str, *, fixed: bool = True) -> Words:
    """Texts of a sheet; unless `fixed`, those that formulas give too."""
    texts = (raw for raw in book.cells(sheet, None).cells.values() if raw.kind is CellKind.TEXT and raw.text)
    return {raw.place.ref: comparable(raw.text or "") for raw in texts if not (fixed and isinstance(raw.formula, str))}


def comparable(text: str) -> str:
    """A text without spaces and in narrow forms, to compare by."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


@dataclass(frozen=True, slots=True)
class Shift:
    """Where a sheet's rows and columns stand in the file, as far as words in them tell."""

    rows: Mapping[int, int] = field(default_factory=dict)
    columns: Mapping[int, int] = field(default_factory=dict)

    @property
    def moved(self) -> bool:
        """Whether any of them is not where it was."""
        return any(issued != actual for moves in (self.rows, self.columns) for issued, actual in moves.items())

    def place(self, place: Place) -> Place | None:
        """A cell whose row and column are both known by words of their own; None otherwise."""
        column, row = column_row(place.ref)
        if row not in self.rows or column not in self.columns:
            return None
        return Place(place.sheet, f"{column_letters(self.columns[column])}{self.rows[row]}")

    def near(self, ref: str) -> str:
        """A cell moved like its neighbours: for cells of the form that have no words of their own."""
        column, row = column_row(ref)
        return f"{column_letters(max(1, column + _drift(self.columns, column)))}{max(1, row + _drift(self.rows, row))}"


def _drift(moves: Mapping[int, int], position: int) -> int:
    """How far the nearest row or column before it moved, or the first one after."""
    before = [issued for issued in moves if issued <= position]
    nearest = max(before) if before else min(moves, default=None)
    return 0 if nearest is None else moves[nearest] - nearest


def shift_between(form: Words, words: Words) -> Shift:
    """Match the words that occur once on either side; a row or column goes where most of its words went."""
    rows: dict[int, Counter[int]] = {}
    columns: dict[int, Counter[int]] = {}
    now = _single(words)
    for word, ref in _single(form).items():
        if word in now:
            (column, row), (column_now, row_now) = column_row(ref), column_row(now[word])
            rows.setdefault(row, Counter())[row_now] += 1
            columns.setdefault(column, Counter())[column_now] += 1
    return Shift(_settled(rows), _settled(columns))


def _single(words: Words) -> dict[str, str]:
    count = Counter(words.values())
    return {word: ref for ref, word in words.items() if count[word] == 1}


def _settled(votes: Mapping[int, Counter[int]]) -> dict[int, int]:
    moves = {}
    for issued, counter in votes.items():
        actual, count = counter.most_common(1)[0]
        if count * 2 > counter.total():
            moves[issued] = actual
    targets = Counter(moves.values())
    return {issued: actual for issued, actual in moves.items() if targets[actual] == 1}


class Locator:
    """Finds the form's sheets, cells and tables in one file, on demand."""

    def __init__(self, issue: Issue, book: Source):
        self.issue, self.book = issue, book
        self.dealer = ""  # whose file it is, once that is known
        self._shifts: dict[str, Shift] = {}

    def shift(self, sheet: str) -> Shift:
        """How a sheet of the form lies in the file."""
        if sheet not in self._shifts:
            form = words_of_form(self.issue.master).get(sheet, {})
            self._shifts[sheet] = (
                shift_between(form, _words(self.book, sheet)) if sheet in self.book.sheets else Shift()
            )
        return self._shifts[sheet]

    def by_words(self, slot: Slot, *, certain: bool) -> Place | None:
        """A cell without a name; None where its row or column has no words left that tell."""
        if slot.place.sheet not in self.book.sheets:
            return None
        shift = self.shift(slot.place.sheet)
        return shift.place(slot.place) if certain else Place(slot.place.sheet, shift.near(slot.place.ref))

    def table(self, table: TableSlot) -> tuple[TableSlot, list[str]]:
        """A table as it stands in the file, and the columns that are not to be found.

        Its columns have names, which move along; without them its headings tell.

        Raises:
            Refused: a name says that it has more rows than a sheet may have.
        """
        if self.book.names:
            areas = {
                column: _AREA.search(self.book.names.get(of_column(table.name, column), "")) for column in table.columns
            }
            marked = {column: area for column, area in areas.items() if area}
            lacking = [column for column in areas if column not in marked]
            columns = {column: area[1] for column, area in marked.items()}
            if not lacking and columns == table.columns and {area[2] for area in marked.values()} == {str(table.first)}:
                return table, []
            first = min((int(area[2]) for area in marked.values()), default=table.first)
            last = max((int(area[3]) for area in marked.values()), default=table.last)
            return self._within(replace(table, first=first, last=last, columns=columns)), lacking
        return self._table_by_headings(table)

    @staticmethod
    def _within(table: TableSlot) -> TableSlot:
        """A table whose rows are no more than a sheet may have."""
        if not 1 < table.first <= table.last <= MAX_ROW:
            raise Refused("XK-F007", sheet=table.sheet, ref=f"{table.first}:{table.last}")
        return table

    def _table_by_headings(self, table: TableSlot) -> tuple[TableSlot, list[str]]:
        heads = {f"{letter}{table.first - 1}": column for column, letter in table.columns.items()}
        cells = self.book.cells(table.sheet, heads.keys()).cells
        if all(
            ref in cells and comparable(cells[ref].text or "") == comparable(column) for ref, column in heads.items()
        ):
            return table, []
        placed = {ref: self.shift(table.sheet).place(Place(table.sheet, ref)) for ref in heads}
        lacking = [heads[ref] for ref, place in placed.items() if place is None]
        columns = {
            heads[ref]: column_letters(column_row(place.ref)[0]) for ref, place in placed.items() if place is not None
        }
        down = next((column_row(place.ref)[1] - (table.first - 1) for place in placed.values() if place is not None), 0)
        return replace(table, first=table.first + down, last=table.last + down, columns=columns), lacking

    def unmarked(self) -> tuple[list[str], bool] | None:
        """Of a file without a marker: the dealers of the roster that are written on it, and whether the month is.

        None where the file has no sheet of the form either.
        """
        titles = dict.fromkeys(slot.place.sheet for slot in self.issue.layout.of(Role.ANSWER))
        forms = (set(words_of_form(self.issue.master).get(sheet, {}).values()) for sheet in titles)
        if not any(form and self.likeness(form, title) >= _ENOUGH for form in forms for title in self.book.sheets):
            return None
        texts = {text for sheet in self.book.sheets for text in _words(self.book, sheet, fixed=False).values()}
        dealers = [
            code
            for code in self.issue.roster
            if any(text == comparable(code) or f"({comparable(code)})" in text for text in texts)
        ]
        return dealers, any(self.issue.month in text for text in texts)

    def renamed(self) -> dict[str, str]:
        """The form's sheets that go by another name in the file: the name issued, and the name there.

        Told by where the defined names point, or by the words on a sheet that is not the form's.
        """
        issued = list(self.issue.layout.occupied)
        spare = [sheet for sheet in self.book.sheets if sheet not in issued]
        titles: dict[str, str] = {}
        for sheet in issued:
            if sheet not in self.book.sheets and spare:
                title = self._by_names(sheet, spare) or self._by_words(sheet, spare)
                if title:
                    titles[sheet] = title
                    spare.remove(title)
        return titles

    def _by_names(self, sheet: str, spare: Collection[str]) -> str | None:
        texts = (
            self.book.names.get(slot.name) for slot in self.issue.layout.slots.values() if slot.place.sheet == sheet
        )
        places = [place_of(text) for text in texts if text]
        pointed = {place.sheet for place in places if place is not None}
        return pointed.pop() if len(pointed) == 1 and pointed <= set(spare) else None

    def _by_words(self, sheet: str, spare: Iterable[str]) -> str | None:
        alike = self.alike(sheet, spare)
        return alike[0] if len(alike) == 1 else None

    def alike(self, sheet: str, spare: Iterable[str]) -> list[str]:
        """Those of some sheets that have the words of one of the form's."""
        form = set(words_of_form(self.issue.master).get(sheet, {}).values())
        return [title for title in spare if self.likeness(form, title) >= _ENOUGH] if form else []

    def texts(self, sheet: str) -> Words:
        """Every text of a sheet, those that formulas give among them."""
        return _words(self.book, sheet, fixed=False)

    def likeness(self, form: Collection[str], title: str) -> float:
        """The share of a form's words that a sheet has."""
        return len(set(form) & set(_words(self.book, title).values())) / len(form)


@dataclass(frozen=True)
class Retitled:
    """A source whose sheets go by the names that they were issued with."""

    book: Source
    titles: Mapping[str, str]  # issued: in the file

    @cached_property
    def sheets(self) -> Collection[str]:
        """The sheets' names, those that were found again by their issued ones."""
        return [self._issued(sheet) for sheet in self.book.sheets]

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Defined names, pointing to the issued names; thousands, and asked for cell by cell."""
        return {name: self._text(text) for name, text in self.book.names.items()}

    @property
    def has_macros(self) -> bool:
        """As the source says."""
        return self.book.has_macros

    @property
    def tells_formulas(self) -> bool:
        """As the source says."""
        return self.book.tells_formulas

    def properties(self) -> Mapping[str, str]:
        """As the source has them."""
        return self.book.properties()

    def cells(self, sheet: str, wanted: Collection[str] | None, known: Collection[str] = ()) -> SheetCells:
        """As the source has them; their places are told by the issued name."""
        read = self.book.cells(self.titles.get(sheet, sheet), wanted, known)
        cells: dict[str, RawCell] = {
            ref: raw._replace(place=Place(sheet, raw.place.ref)) for ref, raw in read.cells.items()
        }
        return replace(read, cells=cells)

    def _issued(self, sheet: str) -> str:
        return next((issued for issued, title in self.titles.items() if title == sheet), sheet)

    def _text(self, text: str) -> str:
        reference = _SHEET.fullmatch(text)
        if reference is None:
            return text
        sheet = reference[1][1:-1].replace("''", "'") if reference[1].startswith("'") else reference[1]
        issued = self._issued(sheet)
        return text if issued == sheet else f"'{issued.replace(chr(39), chr(39) * 2)}'!{reference[2]}"
