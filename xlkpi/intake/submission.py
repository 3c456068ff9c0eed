"""What a dealer sent: identity, answers, and everything that differs from what was issued, as one value."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from xlkpi.files import AnyPath, as_path
from xlkpi.findings import Finding, Reply
from xlkpi.intake.as_issued import Appearance
from xlkpi.intake.attested import attested, cells_of, signed_on
from xlkpi.intake.bounded import MALFORMED_XML
from xlkpi.intake.budget import out_of_memory
from xlkpi.intake.foreign import open_source
from xlkpi.intake.guard import Refused
from xlkpi.intake.identity import identify
from xlkpi.intake.integrity import Integrity, shortened
from xlkpi.intake.locate import Locator, Retitled
from xlkpi.intake.meaning import impersonal, words_of
from xlkpi.intake.normalise import checked, understand
from xlkpi.intake.reader import Workbook, place_of
from xlkpi.intake.replies import read_replies
from xlkpi.intake.source import SheetCells, Source
from xlkpi.intake.strays import Remark, Surroundings
from xlkpi.intake.tables import Row, TableReader
from xlkpi.intake.witness import Witnesses
from xlkpi.issue import Issue
from xlkpi.scheme.entries import SchemeField
from xlkpi.values import UNKNOWN, Absence, CellContent, CellKind, Place, Provenance, RawCell, Value, content_of
from xlkpi.workbook.layout import Role, Slot
from xlkpi.workbook.sheets.marker import MARKER_CELL


@dataclass(frozen=True, slots=True)
class Answer:
    """A value and the cell that it was read from."""

    value: Value
    raw: RawCell | None


_LABELS: Final = 6  # of a finding about many figures


@dataclass(frozen=True, slots=True)
class Submission:
    """One dealer's workbook, read. `remarks` are the dealer's own words beside the answers.

    `inspections` by field, only where headquarters itself had the workbook open (`read_source(…, reviewed=True)`);
    `phrases` are the words of those that were written otherwise than they were read. `marker` is the identity that the
    file bears, seal included: what is made of the file bears it again. `row_numbers` are the rows in which the tables'
    rows stand, `signed_on` is the day of the attestation, `replies` are answers to warnings. `copies` are the files
    that it was joined from, `provenance` who filled what in them (`intake.copies`); of a single file both are empty.
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
    row_numbers: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    signed_on: date | None = None
    replies: tuple[Reply, ...] = ()
    copies: tuple[str, ...] = ()
    provenance: tuple[Provenance, ...] = ()
    _contents: Mapping[str, CellContent] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        answered = {name: content_of(answer.value) for name, answer in self.answers.items()}
        filled = {name: content for name, content in answered.items() if content is not None}
        object.__setattr__(self, "_contents", {**self.remarks, **filled})

    def contents(self) -> Mapping[str, CellContent]:
        """Answers and remarks as the master's input cells hold them, by slot name; blank ones are left out."""
        return self._contents

    def digest(self) -> str:
        """SHA-256 of what was answered, answers to warnings included: two files of a dealer with the same one say the
        same."""
        words = (self._contents, self.tables, *([self.replies] if self.replies else []))
        return hashlib.sha256(repr(words).encode()).hexdigest()


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
        self.titles: Mapping[str, str] = {}  # of sheets that were renamed: as issued, and in the file
        self.workbook = book if isinstance(book, Workbook) else None
        self.moved: frozenset[str] = frozenset()  # sheets whose rows or columns are not where they were

    def read(self) -> Submission | Unusable:
        identity = identify(self.issue, self.book, self.locator)
        self._remark(identity.remarks)
        dealer = identity.dealer
        if dealer is None:
            return Unusable(self.file, tuple(self.findings), identity.probable)
        self._find_sheets()
        missing = [sheet for sheet in self._needed_sheets() if sheet not in self.book.sheets]
        if missing:
            self._add_finding("XK-T008", sheet=missing[0])
            return Unusable(self.file, tuple(self.findings), dealer)
        if self.book.has_macros:
            self._add_finding("XK-F010")
        slots = {slot.name: slot for slot in self.issue.layout.inputs if slot.name != MARKER_CELL}
        self.locator.dealer = dealer
        self.witnesses = Witnesses(self.locator)
        places = self.witnesses.places = self._where(slots)
        self.moved = self._find_moved(places)
        read = self.witnesses.read = self._sheets(places)
        if replaced := self.witnesses.replaced():
            self._add_finding("XK-T094", Place(replaced[0], ""), sheet=replaced[0], found=replaced[1], dealer=dealer)
            return Unusable(self.file, tuple(self.findings), dealer)
        for sheet, facts in self.witnesses.strangers():
            self._add_finding("XK-T095", Place(sheet, ""), sheet=sheet, found=facts)
        cells = {raw.place: raw for sheet in read.values() for raw in sheet.cells.values()}
        answers = {slot.field: self._answer(slot, places, cells) for slot in self.issue.layout.of(Role.ANSWER)}
        remarks = {
            slot.name: words
            for slot in self.issue.layout.of(Role.REMARK, Role.MEASURE, Role.ATTESTATION)
            if (raw := cells.get(places[slot.name])) and (words := self._words(raw))
        }
        signatures = cells_of(self.issue, places, cells)
        self._remark(attested(self.issue, signatures, places))
        inspections, phrases = self._inspections(places, cells) if self.reviewed else ({}, {})
        blank = {name for name, answer in answers.items() if answer.value is Absence.MISSING}
        self._remark(Surroundings(self.issue, self.book, places, blank, self.moved, read).remarks())
        doubted = {finding.field for finding in self.findings if finding.code == "XK-T090"}
        elsewhere = {name for name in self.witnesses.named if self.issue.layout.slots[name].field not in doubted}
        integrity = Integrity(self.issue, self.book, self.locator, places, cells, self.moved, frozenset(elsewhere))
        self._remark(integrity.remarks(dealer, reviewed=self.reviewed))
        self._report_unseen(answers)
        reader = TableReader(self.issue, self.book, self.locator)
        tables = {name: reader.rows(table) for name, table in self.issue.layout.tables.items()}
        self._remark(reader.remarks)
        sheets = {**read, **reader.unmoved, **self._sheets_of_words({**read, **reader.unmoved})}
        as_issued = {sheet: cells for sheet, cells in sheets.items() if sheet not in self.moved}
        self._remark(Appearance(self.issue, dealer, as_issued, self.titles, self.workbook).remarks())
        replies, of_replies = read_replies(self.book, self.file)
        self.findings += of_replies
        scheme = self.issue.scheme.name
        return Submission(
            dealer, self.issue.month, scheme, self.file, answers, remarks, tables, tuple(self.findings),
            inspections, phrases, identity.marker, reader.numbers, signed_on=signed_on(signatures), replies=replies,
        )  # fmt: skip

    def _report_unseen(self, answers: Mapping[str, Answer]) -> None:
        """How numbers look that nobody tells: their units may stand in the format alone."""
        unseen = [
            name for name, answer in answers.items()
            if answer.raw is not None and answer.raw.kind is CellKind.NUMBER and answer.raw.format is UNKNOWN
        ]  # fmt: skip
        if unseen:
            labels = "、".join(map(self._label, unseen[:_LABELS])) + (" 等" if len(unseen) > _LABELS else "")
            self._add_finding("XK-V045", count=len(unseen), labels=labels)

    # ------------------------------------------------------------ cells

    def _find_sheets(self) -> None:
        """From here on, renamed sheets go by the names that they were issued with; findings tell the file's own."""
        self.titles = self.locator.renamed()
        if self.titles:
            self.book = Retitled(self.book, self.titles)
            self.locator = Locator(self.issue, self.book)
        for issued, title in self.titles.items():
            self._add_finding("XK-T012", sheet=issued, found=title)

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
                    self._add_finding("XK-T010", slot.place, slot.field, label=label)
                    places[name] = Place(slot.place.sheet, "")
                elif now != slot.place:
                    code = "XK-T009" if named else "XK-T011"
                    facts = {"expected": self._in_file(slot.place), "found": self._in_file(now)}
                    self._add_finding(code, now, slot.field, label=label, **facts)
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
                refs = frozenset(elsewhere.get(sheet, ())) if sheet in self.moved else layout.looked_at[sheet]
                sheets[sheet] = self.book.cells(sheet, refs, self._known(sheet))
        return sheets

    def _sheets_of_words(self, read: Mapping[str, SheetCells]) -> dict[str, SheetCells]:
        """The form's further sheets, that hold nothing but words."""
        fixed = self.issue.layout.fixed_refs
        return {
            sheet: self.book.cells(sheet, refs, refs)
            for sheet, refs in fixed.items()
            if sheet not in read and sheet in self.book.sheets
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
            self._add_finding("XK-I008", Place(sheet, ""), sheet=self.titles.get(sheet, sheet))
        for sheet in dict.fromkeys(place.sheet for place in self.issue.layout.formulas):
            if sheet not in self.book.sheets:
                self._add_finding("XK-I010", sheet=sheet)
        return frozenset(moved)

    def _remark(self, remarks: Iterable[Remark]) -> None:
        for code, place, field_name, facts in remarks:
            self._add_finding(code, place, field_name, **facts)

    def _words(self, raw: RawCell) -> str:
        """A person's own words, without telephones, plates and the like."""
        reading = impersonal(words_of(raw))
        for code, facts in reading.remarks:
            self._add_finding(code, raw.place, **facts)
        return str(reading.value)

    def _answer(self, slot: Slot, places: Mapping[str, Place], cells: Mapping[Place, RawCell]) -> Answer:
        entry = self.issue.scheme.fields[slot.field]
        raw = cells.get(places[slot.name])
        if self.witnesses.hidden_by_merge(places[slot.name]):  # `strays` asks about it
            return Answer(Absence.MISSING if raw is None or not raw.text else Absence.UNREADABLE, raw)
        if self._is_doubtful(slot, places[slot.name], raw):
            return Answer(Absence.UNREADABLE, raw)
        reading = understand(entry, raw)
        for code, facts in reading.remarks:
            self._add_finding(code, places[slot.name], slot.field, label=self._label(slot.field), **facts)
        return Answer(reading.value, raw)

    def _is_doubtful(self, slot: Slot, place: Place, raw: RawCell | None) -> bool:
        """Whether the witnesses of which cell is which disagree; if so the question is put."""
        doubt = self.witnesses.doubt(slot, raw)
        if doubt is None:
            return False
        code, facts = doubt
        facts = {key: str(self._in_file(fact)) if isinstance(fact, Place) else fact for key, fact in facts.items()}
        self._add_finding(code, place, slot.field, label=self._label(slot.field), **facts)
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
                self._add_finding(code, place, slot.field, label=self._label(slot.field), **facts)
            if reading.value is not Absence.MISSING:
                inspections[slot.field] = reading.value
            in_words = raw.text if raw is not None and raw.kind is CellKind.TEXT else None
            if in_words and content_of(reading.value) not in (in_words, Absence.UNREADABLE.value):
                phrases[slot.field] = in_words
        return inspections, phrases

    def _label(self, name: str) -> str:
        entry: SchemeField = self.issue.scheme.fields[name]
        return entry.label or name

    def _in_file(self, place: Place) -> Place:
        """A place by the name that its sheet has in the file."""
        return Place(self.titles.get(place.sheet, place.sheet), place.ref)

    def _add_finding(self, code: str, place: Place | None = None, field_name: str = "", /, **facts: object) -> None:
        quoted = {key: shortened(fact) if isinstance(fact, str) else fact for key, fact in facts.items()}
        place = place and self._in_file(place)
        self.findings.append(Finding(code, self.file, place, field_name, quoted))
