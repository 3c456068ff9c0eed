"""Figures in cells that are not read: beside their cell, under a merge, a row off. Each gets a finding with a question.

Nothing is taken from there. A blank answer stays blank, with the question whether the figure nearby is its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, assert_never

from xlkpi.findings import catalogue
from xlkpi.intake.locate import comparable, words_of_form
from xlkpi.intake.normalise import number_of
from xlkpi.intake.outline import PLAIN, Area, Outline
from xlkpi.intake.source import SheetCells, Source
from xlkpi.issue import Issue
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.values import CellKind, Place, RawCell, column_letters, column_row
from xlkpi.workbook.layout import Role, Slot, TableSlot

Remark = tuple[str, Place | None, str, dict[str, object]]
"""A finding's code, where, the field's name, the facts."""

_QUOTED: Final = 60  # characters of a stray
MOST: Final = 20  # strays that are quoted one by one; the rest are counted
_RUN: Final = 3  # rows that make a block
_ALIKE: Final = 3  # of a table's notices that say the same


@dataclass
class Surroundings:
    """The sheets that a dealer fills in, with what lies around the answers.

    `places` are the inputs' by slot name, `blank` the fields without an answer; `moved` sheets are not as issued, and
    only what the file itself tells is looked at there.
    """

    issue: Issue
    book: Source
    places: Mapping[str, Place]
    blank: Collection[str]
    moved: Collection[str]
    read: Mapping[str, SheetCells]
    _named: set[Place] = field(default_factory=set)

    def remarks(self) -> Iterator[Remark]:
        """All findings, the strays that no question names last."""
        for sheet, slots in self._answers.items():
            outline = self.read[sheet].outline if sheet in self.read else PLAIN
            yield from self._merged(sheet, slots, outline)
            yield from self._near_answers(sheet, slots)
            yield from self._one_row_off(sheet, slots)
            yield from self._hidden(sheet, slots, outline)
        for sheet, read in self.read.items():
            yield from self._strays(sheet, read.strays)

    @cached_property
    def _answers(self) -> dict[str, list[Slot]]:
        """Answers by sheet, those that were found."""
        by_sheet: dict[str, list[Slot]] = {}
        for slot in self.issue.layout.of(Role.ANSWER):
            if self.places[slot.name].ref:
                by_sheet.setdefault(self.places[slot.name].sheet, []).append(slot)
        return by_sheet

    def _entry(self, slot: Slot) -> SchemeField:
        return self.issue.scheme.fields[slot.field]

    def _label(self, slot: Slot) -> str:
        return self._entry(slot).label or slot.field

    def _cell(self, sheet: str, ref: str) -> RawCell | None:
        """A cell whether or not the form has it."""
        known = self.read[sheet].cells.get(ref) if sheet in self.read else None
        return known or self.book.cells(sheet, {ref}).cells.get(ref)

    # ------------------------------------------------------------ merged over

    def _merged(self, sheet: str, slots: Sequence[Slot], outline: Outline) -> Iterator[Remark]:
        for slot in slots:
            place = self.places[slot.name]
            column, row = column_row(place.ref)
            area = next((area for area in outline.merged if area.holds(column, row)), None)
            if area is None or (area.left, area.top) == (column, row):
                continue
            first = f"{column_letters(area.left)}{area.top}"
            raw = self._cell(sheet, first)
            facts: dict[str, object] = {"label": self._label(slot), "area": _ref(area), "first": first}
            self._named.add(place)
            yield "XK-V022", place, slot.field, {**facts, "found": _quoted(raw)}

    # ------------------------------------------------------------ beside a blank answer

    def _near_answers(self, sheet: str, slots: Sequence[Slot]) -> Iterator[Remark]:
        """What reads as an answer and stands in the row of a blank one."""
        if sheet in self.moved:
            return
        rows = {
            column_row(self.places[s.name].ref)[1]: s
            for s in slots
            if s.field in self.blank and self.places[s.name] not in self._named
        }
        if not rows:
            return
        strays = self.read[sheet].strays if sheet in self.read else ()
        of_form = {ref for ref in self.issue.layout.occupied.get(sheet, ()) if column_row(ref)[1] in rows}
        wanted = of_form | {ref for ref in strays if column_row(ref)[1] in rows}
        if not wanted:
            return
        form = words_of_form(self.issue.master).get(sheet, {})
        for ref, raw in self.book.cells(sheet, wanted).cells.items():
            slot = rows[column_row(ref)[1]]
            if self._is_foreign(raw, form.get(ref)) and self._reads_as(slot, raw):
                self._named.add(raw.place)
                facts: dict[str, object] = {"label": self._label(slot), "where": ref, "found": _quoted(raw)}
                yield "XK-V021", self.places[slot.name], slot.field, facts

    def _is_foreign(self, raw: RawCell, word: str | None) -> bool:
        """Whether a cell holds something else than the form put there."""
        if isinstance(raw.formula, str) or raw.place in self.issue.layout.numbers:
            return False
        if raw.place in self.issue.layout.formulas:
            return raw.formula is None
        if raw.place.ref in self.issue.layout.occupied.get(raw.place.sheet, ()):
            return raw.place in self._remarks or (word is not None and comparable(raw.text or "") != word)
        return True

    @cached_property
    def _remarks(self) -> frozenset[Place]:
        return frozenset(slot.place for slot in self.issue.layout.of(Role.REMARK))

    def _reads_as(self, slot: Slot, raw: RawCell) -> bool:
        entry = self._entry(slot)
        match TYPES[entry.type].shape:
            case Shape.CHOICE:
                return comparable(raw.text or "") in {comparable(word) for word in entry.words}
            case Shape.TEXT:
                return False
            case Shape.NUMBER | Shape.PERCENT | Shape.DAY | Shape.DATE:
                return number_of(raw, entry.unit) is not None
            case unknown:
                assert_never(unknown)

    # ------------------------------------------------------------ a block one row off

    def _one_row_off(self, sheet: str, slots: Sequence[Slot]) -> Iterator[Remark]:
        """A run of answers whose first one is blank while a figure stands below the last; or the other way round."""
        for run in self._runs(slots):
            column, top = column_row(self.places[run[0].name].ref)
            ends = ((run[0], top + len(run)), (run[-1], top - 1))
            for lacking, row in ends:
                if [slot.field for slot in run if slot.field in self.blank] != [lacking.field] or row < 1:
                    continue
                raw = self._cell(sheet, f"{column_letters(column)}{row}")
                if raw is None or isinstance(raw.formula, str) or number_of(raw) is None:
                    continue
                self._named.add(raw.place)
                facts: dict[str, object] = {
                    "label": self._label(lacking), "first": self._label(run[0]), "last": self._label(run[-1]),
                    "count": len(run), "where": raw.place.ref, "found": _quoted(raw),
                }  # fmt: skip
                yield "XK-V023", self.places[lacking.name], lacking.field, facts

    def _runs(self, slots: Sequence[Slot]) -> Iterator[list[Slot]]:
        """Answers that stand one below the other without a gap."""
        run: list[Slot] = []
        where = {column_row(self.places[slot.name].ref): slot for slot in slots}
        for column, row in sorted(where):
            if run and column_row(self.places[run[-1].name].ref) != (column, row - 1):
                if len(run) >= _RUN:
                    yield run
                run = []
            run.append(where[column, row])
        if len(run) >= _RUN:
            yield run

    # ------------------------------------------------------------ hidden

    def _hidden(self, sheet: str, slots: Sequence[Slot], outline: Outline) -> Iterator[Remark]:
        unseen = [s for s in slots if outline.hides(*column_row(self.places[s.name].ref))]
        if unseen:
            labels = "、".join(self._label(slot) for slot in unseen)
            facts: dict[str, object] = {"sheet": sheet, "count": len(unseen), "labels": labels}
            yield "XK-I020", self.places[unseen[0].name], unseen[0].field, facts

    # ------------------------------------------------------------ whatever else lies about

    def _strays(self, sheet: str, strays: Sequence[str]) -> Iterator[Remark]:
        """What stands outside the form and no question has named: quoted, those in the answers' rows first."""
        rows = {column_row(self.places[slot.name].ref)[1] for slot in self._answers.get(sheet, ())}
        loose = [ref for ref in strays if Place(sheet, ref) not in self._named]
        loose.sort(key=lambda ref: column_row(ref)[1] not in rows)
        cells = self.book.cells(sheet, frozenset(loose)).cells if loose else {}
        filled = [cells[ref] for ref in loose if ref in cells and (cells[ref].text or "").strip()]
        for raw in filled[:MOST]:
            yield "XK-I004", raw.place, "", {"found": _quoted(raw)}
        if len(filled) > MOST:
            facts = {"sheet": sheet, "count": len(filled) - MOST, "first": filled[MOST].place.ref}
            yield "XK-I021", filled[MOST].place, "", facts


def beyond(table: TableSlot, strays: Sequence[str]) -> Iterator[Remark]:
    """Rows below a table's last: they hold something and no formula reaches them."""
    columns = set(table.columns.values())
    rows = sorted(
        row
        for ref in strays
        for row in [column_row(ref)[1]]
        if row > table.last and ref.rstrip("0123456789") in columns
    )
    if rows:
        facts = {"table": table.name, "last": table.last, "from": rows[0], "to": rows[-1], "count": len(set(rows))}
        yield "XK-V024", Place(table.sheet, f"{next(iter(table.columns.values()))}{rows[0]}"), "", facts


def summarise_repeats(remarks: Iterable[Remark]) -> Iterator[Remark]:
    """A table's remarks: errors one by one; of notices that say the same of a column the first few, then how many."""
    alike: dict[tuple[str, object], list[Place | None]] = {}
    for code, place, name, facts in remarks:
        if catalogue()[code].folds:
            places = alike.setdefault((code, facts["label"]), [])
            places.append(place)
            if len(places) > _ALIKE:
                continue
        yield code, place, name, facts
    for (code, label), places in alike.items():
        more = [place.ref for place in places[_ALIKE:] if place is not None]
        if more:
            facts = {"label": label, "count": len(more), "first": more[0], "last": more[-1], "code": code}
            yield "XK-V025", places[_ALIKE], "", facts


def unseen_rows(table: TableSlot, rows: Collection[int], outline: Outline) -> Iterator[Remark]:
    """Rows of a table that hold something and are hidden, by a filter for one."""
    hidden = sorted(set(rows) & outline.hidden_rows)
    if hidden:
        labels = "、".join(f"第 {row} 行" for row in hidden[:6])
        place = Place(table.sheet, f"{next(iter(table.columns.values()))}{hidden[0]}")
        yield "XK-I020", place, "", {"sheet": table.sheet, "count": len(hidden), "labels": labels}


def _quoted(raw: RawCell | None) -> str:
    if raw is None or raw.text is None:
        return "空白"
    if raw.kind is CellKind.BOOLEAN:
        return {"1": "TRUE", "0": "FALSE"}.get(raw.text, raw.text)
    return raw.text.strip()[:_QUOTED]


def _ref(area: Area) -> str:
    return f"{column_letters(area.left)}{area.top}:{column_letters(area.right)}{area.bottom}"
