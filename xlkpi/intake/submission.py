"""What a dealer sent: identity, answers, and everything that differs from what was issued, as one value."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from xlkpi.files import AnyPath, as_path
from xlkpi.findings import Finding
from xlkpi.intake.as_issued import Seen
from xlkpi.intake.bounded import MALFORMED_XML
from xlkpi.intake.budget import out_of_memory
from xlkpi.intake.foreign import open_source
from xlkpi.intake.guard import Refused
from xlkpi.intake.locate import Locator, Retitled
from xlkpi.intake.meaning import Reading, show, words_of
from xlkpi.intake.normalise import checked, understand
from xlkpi.intake.reader import Workbook, place_of
from xlkpi.intake.rows import doubtful_rows
from xlkpi.intake.source import SheetCells, Source
from xlkpi.intake.strays import Remark, Surroundings, beyond, summarise_repeats, unseen_rows
from xlkpi.intake.witness import Witnesses
from xlkpi.issue import Issue
from xlkpi.scheme.entries import SchemeField
from xlkpi.values import UNKNOWN, Absence, CellContent, CellKind, Place, RawCell, Value, content_of, spans
from xlkpi.workbook.layout import Role, Slot, TableSlot
from xlkpi.workbook.sheets.marker import MARKER_CELL, MARKER_NAME, MARKER_PROPERTY, Marker
from xlkpi.workbook.sheets.marker import TITLE as MARKER_SHEET

_IN_PROPERTY, _IN_NAME, _IN_SHEET = "文档属性", "名称", "隐藏工作表"  # where the marker stands, as people read it


@dataclass(frozen=True, slots=True)
class Answer:
    """A value and the cell that it was read from."""

    value: Value
    raw: RawCell | None


_LABELS: Final = 6  # of a finding about many figures
_TOLD_EACH: Final = 3  # altered formulas of a sheet; more are one cause, told once

Row = Mapping[str, CellContent]
"""A row of a table: contents by column; blank cells are left out."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One dealer's workbook, read. `remarks` are the dealer's own words beside the answers.

    `inspections` by field, only where headquarters itself had the workbook open (`read_source(…, reviewed=True)`);
    `phrases` are the words of those that were written otherwise than they were read. `marker` is the identity that the
    file bears, seal included: what is made of the file bears it again.
    """

    dealer: str
    month: str
    scheme: str
    file: str
    answers: Mapping[str, Answer]
    remarks: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    inspections: Mapping[str, Value] = field(default_factory=dict)
    phrases: Mapping[str, str] = field(default_factory=dict)
    marker: str = ""
    _contents: Mapping[str, CellContent] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        answered = {name: content_of(answer.value) for name, answer in self.answers.items()}
        filled = {name: content for name, content in answered.items() if content is not None}
        object.__setattr__(self, "_contents", {**self.remarks, **filled})

    def contents(self) -> Mapping[str, CellContent]:
        """Answers and remarks as the master's input cells hold them, by slot name; blank ones are left out."""
        return self._contents

    def digest(self) -> str:
        """SHA-256 of what was answered: two files of a dealer with the same one say the same."""
        return hashlib.sha256(repr((self._contents, self.tables)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Unusable:
    """A file that yields no submission, with the reason. `dealer` where at least that is known."""

    file: str
    findings: tuple[Finding, ...]
    dealer: str = ""


def read_submission(issue: Issue, source: AnyPath | bytes, file: str = "") -> Submission | Unusable:
    """Read one file, by its path or its bytes. No content raises: what is wrong comes back as findings.

    `file` names it in findings; without one the path does.
    """
    opened = source if isinstance(source, bytes) else as_path(source)
    name = file or ("workbook" if isinstance(opened, bytes) else opened.name)
    return read_source(issue, lambda: open_source(opened), name)


def read_source(
    issue: Issue, opened: Callable[[], Source], name: str, *, reviewed: bool = False
) -> Submission | Unusable:
    """Read what a source holds; `opened` may refuse. No content raises.

    `reviewed` says that headquarters' own reviewer has filled in 检查情况 in it: they are read, and no finding.
    """
    try:
        return _Reader(issue, name, opened(), reviewed).read()
    except Refused as refused:
        return Unusable(name, (Finding(refused.code, name, facts=refused.facts),))
    except MemoryError:
        return Unusable(name, (out_of_memory(name),))
    except MALFORMED_XML:
        return Unusable(name, (Finding("XK-F002", name, facts={"detail": "内容不合规范"}),))


class _Reader:
    def __init__(self, issue: Issue, file: str, book: Source, reviewed: bool):
        self.issue, self.file, self.book, self.reviewed = issue, file, book, reviewed
        self.findings: list[Finding] = []
        self.locator = Locator(issue, book)
        self.marker = ""
        self.probable_dealer = ""  # the probable dealer of a file without a marker
        self.titles: Mapping[str, str] = {}  # of sheets that were renamed: as issued, and in the file
        self.workbook = book if isinstance(book, Workbook) else None
        self.tables: dict[str, SheetCells] = {}  # the sheets of tables that stand where they were
        self.moved: frozenset[str] = frozenset()  # sheets whose rows or columns are not where they were

    def read(self) -> Submission | Unusable:
        dealer = self._identify()
        if dealer is None:
            return Unusable(self.file, tuple(self.findings), self.probable_dealer)
        self._find_sheets()
        missing = [sheet for sheet in self._needed_sheets() if sheet not in self.book.sheets]
        if missing:
            self._say("XK-T008", sheet=missing[0])
            return Unusable(self.file, tuple(self.findings), dealer)
        if self.book.has_macros:
            self._say("XK-F010")
        slots = {slot.name: slot for slot in self.issue.layout.inputs if slot.name != MARKER_CELL}
        self.locator.dealer = dealer
        self.witnesses = Witnesses(self.locator)
        places = self.witnesses.places = self._where(slots)
        self.moved = self._find_moved(places)
        read = self.witnesses.read = self._sheets(places)
        if replaced := self.witnesses.replaced():
            self._say("XK-T094", Place(replaced[0], ""), sheet=replaced[0], found=replaced[1], dealer=dealer)
            return Unusable(self.file, tuple(self.findings), dealer)
        for sheet, facts in self.witnesses.strangers():
            self._say("XK-T095", Place(sheet, ""), sheet=sheet, found=facts)
        cells = {raw.place: raw for sheet in read.values() for raw in sheet.cells.values()}
        answers = {slot.field: self._answer(slot, places, cells) for slot in self.issue.layout.of(Role.ANSWER)}
        remarks = {
            slot.name: words
            for slot in self.issue.layout.of(Role.REMARK, Role.MEASURE)
            if (raw := cells.get(places[slot.name])) and (words := words_of(raw))
        }
        inspections, phrases = self._inspections(places, cells) if self.reviewed else ({}, {})
        blank = {name for name, answer in answers.items() if answer.value is Absence.MISSING}
        self._remark(Surroundings(self.issue, self.book, places, blank, self.moved, read).remarks())
        self._compare(dealer, places, cells)
        self._say_unseen(answers)
        tables = {name: self._rows(table) for name, table in self.issue.layout.tables.items()}
        sheets = {**read, **self.tables, **self._others(read)}
        as_issued = {sheet: cells for sheet, cells in sheets.items() if sheet not in self.moved}
        self._remark(Seen(self.issue, dealer, as_issued, self.titles, self.workbook).remarks())
        scheme = self.issue.scheme.name
        return Submission(
            dealer, self.issue.month, scheme, self.file, answers, remarks, tables, tuple(self.findings),
            inspections, phrases, self.marker,
        )  # fmt: skip

    def _say_unseen(self, answers: Mapping[str, Answer]) -> None:
        """How numbers look that nobody tells: their units may stand in the format alone."""
        unseen = [
            name for name, answer in answers.items()
            if answer.raw is not None and answer.raw.kind is CellKind.NUMBER and answer.raw.format is UNKNOWN
        ]  # fmt: skip
        if unseen:
            labels = "、".join(map(self._label, unseen[:_LABELS])) + (" 等" if len(unseen) > _LABELS else "")
            self._say("XK-V045", count=len(unseen), labels=labels)

    # ------------------------------------------------------------ identity

    def _identify(self) -> str | None:
        """The dealer whose file this is, by its markers; None with the reason found."""
        markers_by_place = self._markers()
        markers = set(markers_by_place.values())
        if not markers:
            self._say_unmarked()
            return None
        if len(markers) > 1:
            self._say("XK-T007", found="；".join(sorted(str(marker._replace(seal="")) for marker in markers)))
            return None
        (marker,) = markers
        scheme, version, month, dealer, layout, _ = marker
        issue = self.issue
        if (scheme, version, layout) != (issue.scheme.name, issue.scheme.version, issue.layout.fingerprint):
            expected = f"{issue.scheme.name} {issue.scheme.version}（{issue.layout.fingerprint}）"
            self._say("XK-T002", found=f"{scheme} {version}（{layout}）", expected=expected, dealer=dealer)
            return None
        if month != issue.month:
            self._say("XK-T003", found=month, expected=issue.month, dealer=dealer)
            return None
        if dealer not in issue.roster:
            self._say("XK-T004", dealer=dealer)
            return None
        if not issue.verifies(marker):
            self._say("XK-T096", claimed=dealer)
            return None
        self.marker = str(marker)
        # a name that stands for words, no cell, is told only by what tells formulas too
        tells_words = bool(self.book.names) and self.book.tells_formulas
        lost = [where for where, is_told in ((_IN_NAME, tells_words), (_IN_SHEET, True)) if is_told]
        lost = [where for where in lost if where not in markers_by_place]
        if lost:
            self._say("XK-T013", lost="、".join(lost), kept="、".join(markers_by_place), dealer=dealer)
        return dealer

    def _say_unmarked(self) -> None:
        """No marker is left: not our form at all, or sheets of it copied into another workbook."""
        unmarked = self.locator.unmarked()
        if unmarked is None:
            self._say("XK-T001")
            return
        dealers, tells_month = unmarked
        self.probable_dealer = dealers[0] if len(dealers) == 1 else ""
        marks = [f"经销商 {'、'.join(dealers)}"] if dealers else []
        marks += [f"月份 {self.issue.month}"] if tells_month else []
        self._say("XK-T014", seen="，".join(marks) or "看不出是哪家、哪个月")

    def _markers(self) -> dict[str, Marker]:
        """The marker by where it stands; a file of ours has it in three places."""
        markers = {
            _IN_PROPERTY: self.book.properties().get(MARKER_PROPERTY, ""),
            _IN_NAME: _unquoted(self.book.names.get(MARKER_NAME, "")),
        }
        if MARKER_SHEET in self.book.sheets:
            ref = self.issue.layout.place(MARKER_CELL).ref
            cell = self.book.cells(MARKER_SHEET, {ref}).cells.get(ref)
            markers[_IN_SHEET] = (cell and cell.text) or ""
        return {where: marker for where, text in markers.items() if (marker := Marker.read(text)) is not None}

    # ------------------------------------------------------------ cells

    def _find_sheets(self) -> None:
        """From here on, renamed sheets go by the names that they were issued with; findings tell the file's own."""
        self.titles = self.locator.renamed()
        if self.titles:
            self.book = Retitled(self.book, self.titles)
            self.locator = Locator(self.issue, self.book)
        for issued, title in self.titles.items():
            self._say("XK-T012", sheet=issued, found=title)

    def _needed_sheets(self) -> list[str]:
        return list(dict.fromkeys(slot.place.sheet for slot in self.issue.layout.of(Role.ANSWER)))

    def _where(self, slots: Mapping[str, Slot]) -> dict[str, Place]:
        """Where each input stands in this file: by its defined name, which moves along with rows, or by its words.

        A name that is there and points nowhere was deleted with its cell; its neighbours' words would mislead.
        """
        places: dict[str, Place] = {}
        replaced = self._replaced_sheets()
        for name, slot in slots.items():
            text: str | None = self.book.names.get(name)
            named = place_of(text) if text else None
            if named == slot.place:  # nearly all
                places[name] = named
                continue
            answer = slot.role is Role.ANSWER
            words = self.witnesses.contradicted(slot, named)
            if words is not None:
                places[name] = words
                continue
            if text and named is None and slot.place.sheet in replaced:
                text = None  # all names went with the sheet that they stood on
            now = named if text or slot.role is Role.REMARK else self.locator.by_words(slot, certain=answer)
            places[name] = now or slot.place
            if answer:
                label = self._label(slot.field)
                if now is None or now.sheet not in self.book.sheets:
                    self._say("XK-T010", slot.place, slot.field, label=label)
                    places[name] = Place(slot.place.sheet, "")
                elif now != slot.place:
                    code = "XK-T009" if named else "XK-T011"
                    facts = {"expected": self._in_file(slot.place), "found": self._in_file(now)}
                    self._say(code, now, slot.field, label=label, **facts)
        for slot in self.issue.layout.of(Role.REMARK):
            # remarks have no name of their own; they move with their answer
            if slot.field in slots:
                places[slot.name] = self._remark_place(slot.place, slots[slot.field].place, places[slot.field])
        return places

    def _replaced_sheets(self) -> frozenset[str]:
        """Sheets of which every answer's name points nowhere: a copy without names stands in the place of the first."""
        names: dict[str, list[str]] = {}
        for slot in self.issue.layout.of(Role.ANSWER):
            names.setdefault(slot.place.sheet, []).append(self.book.names.get(slot.name, ""))
        return frozenset(sheet for sheet, texts in names.items() if all("#REF!" in text for text in texts))

    def _remark_place(self, remark: Place, answer: Place, now: Place) -> Place:
        """A remark's cell: in the answer's row, and in its own column as that one moved."""
        if now == answer or not now.ref:
            return remark
        column = self.locator.shift(remark.sheet).near(remark.ref).rstrip("0123456789")
        return Place(now.sheet, column + now.ref.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))

    def _sheets(self, places: Mapping[str, Place]) -> dict[str, SheetCells]:
        """What is looked at on each sheet that is no table."""
        layout = self.issue.layout
        elsewhere: dict[str, set[str]] = {}
        for place in places.values():
            if place.sheet in self.moved:
                elsewhere.setdefault(place.sheet, set()).add(place.ref)
        sheets: dict[str, SheetCells] = {}
        for sheet in dict.fromkeys((*layout.read_refs, *elsewhere)):
            if sheet in self.book.sheets and sheet not in layout.tables:
                refs = elsewhere.get(sheet, set()) if sheet in self.moved else layout.read_refs[sheet]
                labels = () if sheet in self.moved else layout.fixed_refs.get(sheet, ())
                sheets[sheet] = self.book.cells(sheet, frozenset((*refs, *labels)), self._known(sheet))
        return sheets

    def _others(self, read: Mapping[str, SheetCells]) -> dict[str, SheetCells]:
        """The form's further sheets, that hold nothing but words."""
        fixed = self.issue.layout.fixed_refs
        return {
            sheet: self.book.cells(sheet, refs, refs)
            for sheet, refs in fixed.items()
            if sheet not in read and sheet in self.book.sheets and sheet not in self.tables
        }

    def _known(self, sheet: str) -> frozenset[str]:
        """The form's own cells on a sheet as it stands, so that what lies elsewhere is a stray."""
        occupied = self.issue.layout.occupied.get(sheet, frozenset())
        return frozenset(map(self.locator.shift(sheet).near, occupied)) if sheet in self.moved else occupied

    def _find_moved(self, places: Mapping[str, Place]) -> frozenset[str]:
        """Sheets whose rows or columns are not where they were."""
        moved = {place.sheet for name, place in places.items() if place != self.issue.layout.place(name)}
        if not self.book.names:
            moved |= {sheet for sheet in self.issue.layout.occupied if self.locator.shift(sheet).moved}
        for sheet in sorted(moved):
            self._say("XK-I008", Place(sheet, ""), sheet=self.titles.get(sheet, sheet))
        for sheet in dict.fromkeys(place.sheet for place in self.issue.layout.formulas):
            if sheet not in self.book.sheets:
                self._say("XK-I010", sheet=sheet)
        return frozenset(moved)

    def _remark(self, remarks: Iterable[Remark]) -> None:
        for code, place, field_name, facts in remarks:
            self._say(code, place, field_name, **facts)

    def _answer(self, slot: Slot, places: Mapping[str, Place], cells: Mapping[Place, RawCell]) -> Answer:
        entry = self.issue.scheme.fields[slot.field]
        raw = cells.get(places[slot.name])
        if self.witnesses.hidden_by_merge(places[slot.name]):  # `strays` asks about it
            return Answer(Absence.MISSING if raw is None or not raw.text else Absence.UNREADABLE, raw)
        if self._is_doubtful(slot, places[slot.name], raw):
            return Answer(Absence.UNREADABLE, raw)
        reading = understand(entry, raw)
        for code, facts in reading.remarks:
            self._say(code, places[slot.name], slot.field, label=self._label(slot.field), **facts)
        return Answer(reading.value, raw)

    def _is_doubtful(self, slot: Slot, place: Place, raw: RawCell | None) -> bool:
        """Whether the witnesses of which cell is which disagree; if so the question is put."""
        doubt = self.witnesses.doubt(slot, raw)
        if doubt is None:
            return False
        code, facts = doubt
        facts = {key: str(self._in_file(fact)) if isinstance(fact, Place) else fact for key, fact in facts.items()}
        self._say(code, place, slot.field, label=self._label(slot.field), **facts)
        return True

    def _inspections(
        self, places: Mapping[str, Place], cells: Mapping[Place, RawCell]
    ) -> tuple[dict[str, Value], dict[str, str]]:
        """检查情况 as headquarters' reviewer has filled them in, and the words of those that stand there in words."""
        inspections: dict[str, Value] = {}
        phrases: dict[str, str] = {}
        for slot in self.issue.layout.of(Role.INSPECTION):
            entry, place = self.issue.scheme.fields[slot.field], places[slot.name]
            raw = cells.get(place)
            if self._is_doubtful(slot, place, raw):
                inspections[slot.field] = Absence.UNREADABLE
                continue
            reading = checked(entry, understand(entry, raw, name=slot.field, month=self.issue.month))
            for code, facts in reading.remarks:
                self._say(code, place, slot.field, label=self._label(slot.field), **facts)
            if reading.value is not Absence.MISSING:
                inspections[slot.field] = reading.value
            in_words = raw.text if raw is not None and raw.kind is CellKind.TEXT else None
            if in_words and content_of(reading.value) not in (in_words, Absence.UNREADABLE.value):
                phrases[slot.field] = in_words
        return inspections, phrases

    def _rows(self, table: TableSlot) -> tuple[Row, ...]:
        """A table's rows without the blank ones; what stands outside its columns is never read."""
        if table.sheet not in self.book.sheets:
            self._say("XK-T008", sheet=table.sheet)
            return ()
        now, cells, known = self._table(table)
        fixed = self.issue.layout.fixed_refs[table.sheet] if now == table else frozenset[str]()
        read = self.book.cells(table.sheet, cells.keys() | fixed, known)
        if now == table:
            self.tables[table.sheet] = read
        self._say_extra_columns(now, read.strays)
        columns = self.issue.scheme.tables[table.name].columns
        fields = {name: (f"{table.name} {name}", column.as_field) for name, column in columns.items()}
        rows: dict[int, dict[str, CellContent]] = {}
        remarks: list[Remark] = []
        readings: dict[object, Reading] = {}  # a column's cells repeat: words, days, small numbers
        doubtful = self.witnesses.columns_in_doubt(now)
        for column, heading in doubtful.items():
            place = Place(table.sheet, f"{now.columns[column]}{now.first - 1}")
            self._say("XK-T093", place, table=table.name, column=column, found=heading)
        for ref, raw in read.cells.items():
            if ref not in cells or (raw.kind is CellKind.EMPTY and raw.formula is None):
                continue
            number, column = cells[ref]
            label, entry = fields[column]
            if column in doubtful:
                rows.setdefault(number, {})[column] = Absence.UNREADABLE.value
                continue
            alike = column, *raw[1:]
            reading = readings.get(alike) or readings.setdefault(alike, _in_table(entry, raw))
            if reading.remarks:
                remarks += [(code, raw.place, "", {"label": label, **facts}) for code, facts in reading.remarks]
            content = content_of(reading.value)
            if content is not None:
                rows.setdefault(number, {})[column] = content
        remarks += doubtful_rows(now, columns, rows, self.issue.month)
        self._remark(summarise_repeats(remarks))
        self._remark((*beyond(now, read.strays), *unseen_rows(now, rows, read.outline)))
        return tuple(rows[number] for number in sorted(rows))

    def _table(self, table: TableSlot) -> tuple[TableSlot, Mapping[str, tuple[int, str]], frozenset[str]]:
        """A table as it stands in the file, its cells with row and column, and the form's own cells on its sheet."""
        occupied = self.issue.layout.occupied[table.sheet]
        actual, lacking = self.locator.table(table)
        if actual == table and not lacking:
            return table, self.issue.layout.table_refs[table.name], occupied
        for column in lacking:
            self._say("XK-T015", Place(table.sheet, ""), table=table.name, column=column)
        columns = "、".join(f"{column} {letter}" for column, letter in actual.columns.items())
        self._say("XK-T016", Place(table.sheet, ""), table=table.name, found=columns)
        cells = {
            f"{letter}{row}": (row, column)
            for column, letter in actual.columns.items()
            for row in range(actual.first, actual.last + 1)
        }
        return actual, cells, frozenset((*cells, *map(self.locator.shift(table.sheet).near, occupied)))

    def _say_extra_columns(self, table: TableSlot, strays: Sequence[str]) -> None:
        """Columns beside the table, by their headings; their content may be customers' data and is not read."""
        heads = frozenset(ref for ref in strays if ref.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == str(table.first - 1))
        for raw in self.book.cells(table.sheet, heads).cells.values() if heads else ():
            code = "XK-I006" if _PERSONAL.search(raw.text or "") else "XK-I004"
            self._say(code, raw.place, found=(raw.text or "")[:20])

    # ------------------------------------------------------------ what differs from what was issued

    def _compare(self, dealer: str, places: Mapping[str, Place], cells: Mapping[Place, RawCell]) -> None:
        targets = self.issue.targets.get(dealer, {})
        before = self.issue.before_revision.get(dealer, {})
        aims = self.issue.scheme.aims
        for slot in self.issue.layout.of(Role.TARGET):
            if slot.place.sheet not in self.book.sheets:
                continue
            issued, raw = targets.get(slot.field, Absence.MISSING), cells.get(places[slot.name])
            entry = aims[slot.field]
            read = understand(entry, raw).value
            if not _same(read, issued):
                facts = {"found": show(entry, read), "expected": show(entry, issued)}
                revised = _same(read, before.get(slot.field, Absence.UNREADABLE))
                self._say(
                    "XK-W078" if revised else "XK-I001",
                    places[slot.name],
                    slot.field,
                    label=entry.label or slot.field,
                    **facts,
                )
        for slot in self.issue.layout.of(Role.INSPECTION) if not self.reviewed else ():
            raw = cells.get(places[slot.name])
            if raw is not None and raw.text is not None:
                facts = {"label": self._label(slot.field), "found": raw.text[:60]}
                self._say("XK-I003", places[slot.name], slot.field, **facts)
        self._compare_formulas(cells)
        self._compare_names()
        for place, number in self.issue.layout.numbers.items():
            if place.sheet not in self.book.sheets or place.sheet in self.moved:
                continue
            text = raw.text if (raw := cells.get(place)) else None
            if text is None or raw is None or raw.kind is not CellKind.NUMBER or not _same(float(text), number):
                self._say("XK-I005", place, expected=f"{number:g}", found=_short(text or "空白"))

    def _compare_formulas(self, cells: Mapping[Place, RawCell]) -> None:
        if not self.book.tells_formulas:
            self._say("XK-I007")
            return
        altered: dict[tuple[str, bool], list[tuple[Place, str, str]]] = {}
        for place, expected in self.issue.layout.formulas.items():
            raw = cells.get(place)
            if raw is not None and raw.formula == expected:  # nearly all
                continue
            if place.sheet not in self.book.sheets or place.sheet in self.moved:
                continue
            formula = raw.formula if raw is not None and isinstance(raw.formula, str) else None
            if formula is None or _bare(formula) != _bare(expected):
                now = f"={formula}" if formula is not None else (raw and raw.text) or "空白"
                altered.setdefault((place.sheet, formula is None), []).append((place, _short(expected), _short(now)))
        for (sheet, by_value), several in altered.items():
            if len(several) <= _TOLD_EACH:
                for place, expected, actual in several:
                    self._say("XK-I002", place, expected=expected, found=actual)
                continue
            how = "被数值盖掉" if by_value else "被改动"
            where = spans(place.ref for place, *_ in several)
            self._say("XK-W079", several[0][0], sheet=sheet, count=len(several), how=how, cells=where)

    def _compare_names(self) -> None:
        """Names that the form's formulas use and that stand for something else now; told once, the first few by name.

        The names of answers and inspections have other witnesses (`doubt`); of those that point to another cell and are
        in no doubt, as nothing stands there, it is told here.
        """
        names = self.book.names
        doubted = {finding.field for finding in self.findings if finding.code == "XK-T090"}
        elsewhere = {name for name in self.witnesses.named if self.issue.layout.slots[name].field not in doubted}
        changed = [
            (slot, text)
            for slot in self.issue.layout.slots.values()
            if (slot.role not in _WITNESSED or slot.name in elsewhere)
            and (text := names.get(slot.name))
            and self._is_redefined(slot, text)
        ]
        if changed:
            listed = "；".join(f"{slot.name} → {_cut(text, 40)}" for slot, text in changed[:_NAMES_TOLD])
            self._say("XK-I030", changed[0][0].place, count=len(changed), listed=listed)

    def _is_redefined(self, slot: Slot, text: str) -> bool:
        place = place_of(text)
        if place == slot.place or "#REF!" in text:  # nearly all; or deleted with its cell
            return False
        if place is None or place.sheet != slot.place.sheet:
            return slot.place.sheet in self.book.sheets
        return not self.locator.shift(slot.place.sheet).moved  # rows that moved take their names along

    def _label(self, name: str) -> str:
        entry: SchemeField = self.issue.scheme.fields[name]
        return entry.label or name

    def _in_file(self, place: Place) -> Place:
        """A place by the name that its sheet has in the file."""
        return Place(self.titles.get(place.sheet, place.sheet), place.ref)

    def _say(self, code: str, place: Place | None = None, field_name: str = "", /, **facts: object) -> None:
        shortened = {key: _cut(fact) if isinstance(fact, str) else fact for key, fact in facts.items()}
        place = place and self._in_file(place)
        self.findings.append(Finding(code, self.file, place, field_name, shortened))


def _in_table(entry: SchemeField, raw: RawCell) -> Reading:
    """What a table's cell says. A row that does not apply is no row."""
    reading = understand(entry, raw)
    return Reading(Absence.UNREADABLE).noting("XK-V006") if reading.value is Absence.NOT_APPLICABLE else reading


_WITNESSED = (Role.ANSWER, Role.INSPECTION, Role.REMARK, Role.CHECK)
_NAMES_TOLD = 5
_PERSONAL = re.compile(r"车牌|牌照|姓名|车主|客户名|联系|电话|手机|身份证|地址|微信|VIN|车架", re.I)


_SPELLING = re.compile(
    r"""("(?:[^"]|"")*")|'((?:[^']|'')*)'!|\s+|\b(TRUE|FALSE)\(\)"""
    r"""|(?<![\w.$!])((?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?)(?![\w.(:!])|([a-z]+)""",
    re.IGNORECASE,
)


def _bare(formula: str) -> str:
    """A formula without what programs spell in their own way; what stands in quotes stays.

    Spaces go, and the quotes of a sheet's name; functions are capital, LibreOffice writes TRUE() for TRUE, and all
    write 40.0% as 40% and .5 as 0.5.
    """
    return _SPELLING.sub(_respelled, formula).removeprefix("=")


def _respelled(token: re.Match[str]) -> str:
    quoted, sheet, truth, number, letters = token.groups()
    if sheet is not None:
        return f"{sheet.upper()}!"
    if number:
        return f"{float(number):.15g}"
    return quoted or (truth or letters or "").upper()


def _same(read: Value, issued: Value) -> bool:
    """Equal to the fifteen digits that LibreOffice writes."""
    if isinstance(read, float) and isinstance(issued, float):
        return math.isclose(read, issued, rel_tol=1e-14)
    return read == issued


def _unquoted(formula: str) -> str:
    """The text of a constant name; the doubled quotes of a formula are single ones in the text."""
    quoted = len(formula) > 1 and formula.startswith('"') and formula.endswith('"')
    return formula[1:-1].replace('""', '"') if quoted else formula


def _short(text: str) -> str:
    return _cut(text, 80)


def _cut(text: str, most: int = 200) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
