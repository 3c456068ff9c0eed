"""Three witnesses tell which cell is which: its name, the words of its row and column, and its position.

Where two of them disagree, fields share a cell, or another copy of the sheet holds something else, the
figure is a question with both readings; nothing is taken. Rows that moved with their words and names are in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from xlkpi.intake.locate import Locator, Words, comparable, words_of_form
from xlkpi.intake.meaning import show
from xlkpi.intake.normalise import understand
from xlkpi.intake.outline import Area
from xlkpi.intake.source import SheetCells
from xlkpi.values import Absence, CellKind, Place, RawCell, column_row
from xlkpi.workbook.layout import Role, Slot

Doubt = tuple[str, dict[str, object]]
"""A finding's code and its facts."""
_IN_BRACKETS = re.compile(r"\(([^()]+)\)")
_MONTH = re.compile(r"考核月份(\d{4}-\d{2})")
_SHORTENED = 60  # characters of a quoted cell


@lru_cache(64)
def _labels(master: bytes, sheet: str, cells: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """The cells that hold the fields' own labels, by the field's cell; `cells` are pairs of cell and label."""
    rows: dict[int, dict[str, str]] = {}
    for ref, word in words_of_form(master).get(sheet, {}).items():
        rows.setdefault(column_row(ref)[1], {})[word] = ref
    return {
        ref: rows[row][comparable(label)]
        for ref, label in cells
        if comparable(label) in rows.get(row := column_row(ref)[1], ())
    }


@dataclass
class Witnesses:
    """What a file says of where its answers stand. `places` are filled in by whoever finds them, by slot name.

    `named` holds the cells that names point to where the words of the sheet say another.
    """

    locator: Locator
    places: Mapping[str, Place] = field(default_factory=dict)
    named: dict[str, Place] = field(default_factory=dict)
    read: Mapping[str, SheetCells] = field(default_factory=dict)
    _copies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _spare: dict[str, tuple[str, ...]] = field(default_factory=dict)  # further sheets that have the form's words
    _label_refs: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _merged: dict[tuple[str, int], Sequence[Area]] = field(default_factory=dict)  # by sheet and column
    _areas: dict[Place, Area | None] = field(default_factory=dict)

    # ------------------------------------------------------------ where a cell stands

    def contradicted(self, slot: Slot, named: Place | None) -> Place | None:
        """The cell that the words of the sheet say, where a name points to another one; None where they agree."""
        if named is None or named == slot.place or named.sheet not in self.locator.book.sheets:
            return None
        words = self.locator.by_words(slot, certain=False)
        if words is None or words == named:
            return None
        self.named[slot.name] = named
        return words

    def label_refs(self, sheet: str) -> Mapping[str, str]:
        """The cells of a sheet that hold the labels of its answers, by the answers' cells as issued."""
        if sheet not in self._label_refs:
            cells = tuple((slot.place.ref, self._label(slot)) for slot in self._answers() if slot.place.sheet == sheet)
            self._label_refs[sheet] = _labels(self.locator.issue.master, sheet, cells)
        return self._label_refs[sheet]

    # ------------------------------------------------------------ what is in doubt

    def doubt(self, slot: Slot, raw: RawCell | None) -> Doubt | None:
        """What is in doubt about an answer; None where every witness agrees, or nothing is there to be doubted."""
        place = self.places[slot.name]
        if not place.ref:
            return None
        return (
            self._by_name(slot, place, raw)
            or self._by_label(slot, place, raw)
            or self._shared(slot, place, raw)
            or self._copied(slot, place, raw)
        )

    def _by_name(self, slot: Slot, place: Place, raw: RawCell | None) -> Doubt | None:
        named = self.named.get(slot.name)
        return None if named is None else self._two_places(slot, named, self._cell(named), place, raw)

    def _by_label(self, slot: Slot, place: Place, raw: RawCell | None) -> Doubt | None:
        """The name and the position agree, but the words of the row are another field's."""
        if place != slot.place or slot.place.sheet not in self.read:
            return None
        label = self.label_refs(place.sheet).get(place.ref)
        cell = self.read[place.sheet].cells.get(label) if label else None
        if cell is None or not cell.text or cell.text == self._label(slot):  # nearly all
            return None
        word = comparable(cell.text)
        if not word or word == comparable(self._label(slot)) or word not in self._words(place.sheet):
            return None
        words = self.locator.by_words(slot, certain=True)
        other = words if words != place else None
        return self._two_places(slot, place, raw, other, self._cell(other) if other else None)

    def _two_places(
        self, slot: Slot, named: Place, at_name: RawCell | None, words: Place | None, at_words: RawCell | None
    ) -> Doubt | None:  # fmt: skip
        if not (_holds(at_name) or _holds(at_words)):
            return None
        return "XK-T090", {
            "named": named, "found": self._quoted(slot, at_name), "words": words or "—",
            "other": self._quoted(slot, at_words),
        }  # fmt: skip

    def _shared(self, slot: Slot, place: Place, raw: RawCell | None) -> Doubt | None:
        """Another field's name points here, or the cell is merged with another field's."""
        if not _holds(raw):
            return None
        sharing = [self._label(s) for s in self._standing_at(place) if s.name != slot.name]
        if not sharing:
            return None
        return "XK-T091", {"other": "、".join(sharing), "where": place, "found": self._quoted(slot, raw)}

    def _standing_at(self, place: Place) -> Iterator[Slot]:
        """The answers that stand in a cell, or in one that is merged with it."""
        area = self.merged(place)
        for slot in self._answers_by_place.get(place, ()) if area is None else self._answers():
            own_place = self.places[slot.name]
            is_merged = (
                own_place.sheet == place.sheet and own_place.ref and area and area.holds(*column_row(own_place.ref))
            )
            if is_merged or place in (own_place, self.named.get(slot.name)):
                yield slot

    @cached_property
    def _answers_by_place(self) -> Mapping[Place, list[Slot]]:
        """The answers by the cell that each is read from, and by the one that its name points to."""
        by_place: dict[Place, list[Slot]] = {}
        for slot in self._answers():
            own_place = self.places[slot.name]
            for place in {own_place, self.named.get(slot.name, own_place)}:
                by_place.setdefault(place, []).append(slot)
        return by_place

    def merged(self, place: Place) -> Area | None:
        """The merged area that a cell lies in."""
        if place not in self._areas:
            merged = self._merged_over(place) if place.ref else ()
            self._areas[place] = next((area for area in merged if area.holds(*column_row(place.ref))), None)
        return self._areas[place]

    def _merged_over(self, place: Place) -> Sequence[Area]:
        """The merged areas of a sheet that have a part in a cell's column: answers stand in few columns."""
        column, _ = column_row(place.ref)
        if (place.sheet, column) not in self._merged:
            merged = self.read[place.sheet].outline.merged if place.sheet in self.read else ()
            over = [area for area in merged if area.left <= column <= area.right]
            self._merged[place.sheet, column] = over
        return self._merged[place.sheet, column]

    def hidden_by_merge(self, place: Place) -> bool:
        """Whether a merge covers the cell, so that nobody sees what is in it."""
        area = self.merged(place)
        return area is not None and (area.left, area.top) != column_row(place.ref)

    def _copied(self, slot: Slot, place: Place, raw: RawCell | None) -> Doubt | None:
        """Another copy of the sheet holds another figure."""
        for copy in self.copies(slot.place.sheet):
            other = self._cell(Place(copy, place.ref))
            if _holds(other) and self._value(slot, other) != self._value(slot, raw):
                facts = {"sheet": slot.place.sheet, "found": self._quoted(slot, raw), "copy": copy}
                return "XK-T092", {**facts, "other": self._quoted(slot, other)}
        return None

    # ------------------------------------------------------------ sheets that are not the form's own

    def copies(self, sheet: str) -> tuple[str, ...]:
        """Further sheets that have the form's words and say no other dealer or month."""
        if sheet not in self._copies:
            self._copies[sheet] = tuple(copy for copy in self._alike(sheet) if not self._of_another(copy))
        return self._copies[sheet]

    def strangers(self) -> Iterator[tuple[str, str]]:
        """Further sheets like the form that say another dealer or month: the sheet, and what it says."""
        for sheet in dict.fromkeys(slot.place.sheet for slot in self._answers()):
            for copy in self._alike(sheet):
                other = self._of_another(copy)
                if other:
                    yield copy, other

    def _alike(self, sheet: str) -> tuple[str, ...]:
        if sheet not in self._spare:
            spare = [title for title in self.locator.book.sheets if title not in self.locator.issue.layout.occupied]
            self._spare[sheet] = tuple(self.locator.alike(sheet, spare)) if spare else ()
        return self._spare[sheet]

    def _of_another(self, sheet: str) -> str:
        texts = self.locator.texts(sheet)
        months = {name for text in texts.values() for name in _MONTH.findall(text)}
        other = self.other_dealer(texts)
        return other or next((month for month in sorted(months) if self.locator.issue.month not in months), "")

    def other_dealer(self, texts: Words) -> str:
        """The roster's dealer that a sheet names in brackets, as the form's own heading does, where it is another."""
        quoted = {word for text in texts.values() if "(" in text for word in _IN_BRACKETS.findall(text)}
        if not quoted or comparable(self.locator.dealer) in quoted:
            return ""
        return min((code for code in self.locator.issue.roster if comparable(code) in quoted), default="")

    def replaced(self) -> tuple[str, str] | None:
        """A sheet of the form that names another dealer in its heading: the sheet and the dealer."""
        for sheet in dict.fromkeys(slot.place.sheet for slot in self._answers()):
            cells = self.read[sheet].cells if sheet in self.read else {}
            texts = {
                ref: comparable(raw.text)
                for ref, raw in cells.items()
                if raw.kind is CellKind.TEXT and raw.text and raw.place in self.locator.issue.layout.formulas
            }
            other = self.other_dealer(texts)
            if other:
                return sheet, other
        return None

    # ------------------------------------------------------------ what stands in a cell

    def _answers(self) -> Iterator[Slot]:
        return self.locator.issue.layout.of(Role.ANSWER)

    def _label(self, slot: Slot) -> str:
        return self.locator.issue.scheme.fields[slot.field].label or slot.field

    def _words(self, sheet: str) -> frozenset[str]:
        return frozenset(comparable(self._label(slot)) for slot in self._answers() if slot.place.sheet == sheet)

    def _cell(self, place: Place) -> RawCell | None:
        raw = self.read[place.sheet].cells.get(place.ref) if place.sheet in self.read else None
        return raw or self.locator.book.cells(place.sheet, {place.ref}).cells.get(place.ref)

    def _value(self, slot: Slot, raw: RawCell | None) -> object:
        return understand(self.locator.issue.scheme.fields[slot.field], raw).value

    def _quoted(self, slot: Slot, raw: RawCell | None) -> str:
        """A cell as it is read, or as it stands where it cannot be read."""
        if not _holds(raw):
            return "空白"
        entry = self.locator.issue.scheme.fields[slot.field]
        value = understand(entry, raw).value
        return show(entry, value) if not isinstance(value, Absence) else ((raw and raw.text) or "")[:_SHORTENED]


def columns_in_doubt(heads: Mapping[str, str], cells: Mapping[str, RawCell]) -> Mapping[str, str]:
    """Columns of a table whose heading is another column's: the column, and the heading that stands there.

    `heads` gives each heading's cell its column as issued, `cells` what the file has on that sheet.
    """
    known = {comparable(column) for column in heads.values()}
    headings = {column: comparable(cells[ref].text or "") for ref, column in heads.items() if ref in cells}
    return {column: word for column, word in headings.items() if word != comparable(column) and word in known}


def _holds(raw: RawCell | None) -> bool:
    return raw is not None and ((raw.text or "").strip() != "" or isinstance(raw.formula, str))
