"""Copies of one workbook that a dealership's departments filled: which of them are parts, and what those come to.

A later copy that fills all that an earlier one had filled replaces it: it was sent again. Copies of which each fills
something that the others leave blank are parts, and are joined cell by cell, rows of tables by their key. Where two
parts contradict each other nothing counts, and both are asked about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from xlkpi.findings import Finding
from xlkpi.intake.meaning import show
from xlkpi.intake.submission import Answer, Submission, Unusable
from xlkpi.intake.tables import Row
from xlkpi.issue import Issue
from xlkpi.values import Absence, CellContent, Place, Provenance, content_of
from xlkpi.workbook.layout import Role, Slot, TableSlot

_MOST: Final = 12  # names in one sentence
_BETWEEN: Final = "；"


def joined(issue: Issue, copies: Sequence[tuple[datetime, Submission]]) -> Submission | Unusable:
    """What a dealer's copies say together.

    Args:
        issue: what was issued.
        copies: all of one dealer, each with the moment when it came; their order changes nothing.

    Returns:
        The last copy where it replaces all others, else one submission under the last copy's name: `copies` names the
        parts, `provenance` who filled what. Unusable where the rows of a table are more than the form holds.
    """
    parts = parts_of(issue, copies)
    last = parts[-1]
    if len(parts) == 1:
        return last
    return _Joining(issue, parts, last).submission()


def parts_of(issue: Issue, copies: Sequence[tuple[datetime, Submission]]) -> list[Submission]:
    """The copies that no later one replaces, in the order in which they came."""
    ordered = sorted(copies, key=lambda copy: (copy[0], copy[1].file))
    filled = [filled_in(issue, copy) for _, copy in ordered]
    parts = []
    for number, (moment, copy) in enumerate(ordered):
        later = (n for n in range(number + 1, len(ordered)) if ordered[n][0] > moment)
        same = (n for n in range(number + 1, len(ordered)) if ordered[n][1].digest() == copy.digest())
        if not any(filled[number] <= filled[n] for n in later) and not any(same):
            parts.append(copy)
    return parts


def filled_in(issue: Issue, copy: Submission) -> frozenset[tuple[str, str]]:
    """What somebody filled in in a copy: cells that hold something else than was issued in them, and rows of tables by
    their key, or by what they hold."""
    issued = issue.stamped(copy.dealer)
    cells = {(name, "") for name, content in copy.contents().items() if content != issued.get(issue.layout.place(name))}
    rows = {(table, repr(key)) for table, listed in copy.tables.items() for key in map(_Keys(issue, table), listed)}
    return frozenset(cells | rows)


def left_blank(
    issue: Issue, dealer: str, earlier: Mapping[str, CellContent], counting: Mapping[str, CellContent]
) -> list[str]:
    """The labels of what an earlier copy filled in and the one that counts leaves blank, by their answers."""
    issued = issue.stamped(dealer)
    return [
        issue.label(slot.name)
        for slot in issue.layout.of(Role.ANSWER)
        if earlier.get(slot.name) not in (None, issued.get(slot.place)) and counting.get(slot.name) is None
    ]


def some_of(names: Sequence[str]) -> str:
    """Names in a sentence: the first ones."""
    return "、".join(names[:_MOST]) + (f" 等 {len(names)} 项" if len(names) > _MOST else "")


@dataclass(frozen=True, slots=True)
class _Keys:
    """By what a row of a table is known: the columns that no two rows share, else all that it holds."""

    issue: Issue
    table: str

    def __call__(self, row: Mapping[str, CellContent]) -> tuple[object, ...]:
        unique = [name for name, column in self.issue.scheme.tables[self.table].columns.items() if column.unique]
        key = tuple(row.get(name) for name in unique)
        return key if unique and None not in key else tuple(sorted((name, repr(value)) for name, value in row.items()))


@dataclass(slots=True)
class _Known:
    """A row as it was joined so far: what it holds, and of which copy and row each cell is."""

    row: dict[str, CellContent]
    sources: dict[str, tuple[Submission, int]]


@dataclass(slots=True)
class _Joining:
    """Joins parts, in order."""

    issue: Issue
    parts: Sequence[Submission]
    last: Submission
    findings: list[Finding] = field(default_factory=list)
    provenance: list[Provenance] = field(default_factory=list)

    def submission(self) -> Submission | Unusable:
        answers = {slot.field: self._answer(slot) for slot in self.issue.layout.of(Role.ANSWER)}
        remarks = dict(self._remarks())
        tables = {name: self._rows(table) for name, table in self.issue.layout.tables.items()}
        files = tuple(part.file for part in self.parts)
        findings = list(_findings(self.parts))
        for name, rows in tables.items():
            table = self.issue.layout.tables[name]
            if len(rows) > (most := table.last - table.first + 1):
                facts = {"table": name, "count": len(rows), "limit": most, "others": "、".join(files)}
                finding = Finding("XK-T133", self.last.file, Place(table.sheet, ""), facts=facts)
                return Unusable(self.last.file, (*findings, finding), self.last.dealer)
        self.findings.insert(0, Finding("XK-T130", self.last.file, facts=self._who()))
        return replace(
            self.last, answers=answers, remarks=remarks, tables=tables, findings=(*findings, *self.findings),
            replies=tuple(reply for part in self.parts for reply in part.replies), copies=files,
            provenance=tuple(self.provenance),
        )  # fmt: skip

    def _who(self) -> dict[str, object]:
        """Who filled what, as the notice says it."""
        by_file: dict[str, list[str]] = {part.file: [] for part in self.parts}
        for slot in self.issue.layout.of(Role.ANSWER):
            for part in self._fillers(slot):
                by_file[part.file].append(self.issue.label(slot.name))
        for name in self.issue.layout.tables:
            for part in self.parts:
                if part.tables.get(name):
                    by_file[part.file].append(name)
        sentence = _BETWEEN.join(f"{file}（{some_of(names) or '只有文字'}）" for file, names in by_file.items())
        return {"count": len(self.parts), "files": sentence}

    # ------------------------------------------------------------ cells

    def _fillers(self, slot: Slot) -> list[Submission]:
        """The parts in which a cell was filled in."""
        issued = self.issue.stamped(self.last.dealer).get(slot.place)
        return [part for part in self.parts if part.contents().get(slot.name) not in (None, issued)]

    def _answer(self, slot: Slot) -> Answer:
        fillers = self._fillers(slot)
        if not fillers:  # as it was issued, or blank everywhere
            with_it = (part for part in self.parts if part.answers[slot.field].value is not Absence.MISSING)
            return next(with_it, self.last).answers[slot.field]
        answers = [part.answers[slot.field] for part in fillers]
        first = answers[0]
        if all(_meaning(answer) == _meaning(first) for answer in answers):
            self._keep(slot, "、".join(f"{part.file} {_place(part, slot)}" for part in fillers), first)
            return first
        entry = self.issue.scheme.fields[slot.field]
        readings = []
        for part, answer in zip(fillers, answers, strict=True):
            raw = answer.raw.text if answer.raw is not None else None
            shown = raw or "" if answer.value is Absence.UNREADABLE else show(entry, answer.value)
            readings.append(f"{part.file} {_place(part, slot)}：{shown}")
        facts = {"label": self.issue.label(slot.name), "found": _BETWEEN.join(readings)}
        self.findings.append(Finding("XK-T131", self.last.file, _place(fillers[-1], slot), slot.field, facts))
        doubted = Answer(Absence.UNREADABLE, answers[-1].raw)
        self._keep(slot, "、".join(part.file for part in fillers), doubted, _BETWEEN.join(readings))
        return doubted

    def _keep(self, slot: Slot, source: str, answer: Answer, other: str = "") -> None:
        self.provenance.append(Provenance(slot.name, str(slot.place), answer.value, source, other))

    def _remarks(self) -> Iterator[tuple[str, str]]:
        """Words beside the figures: what several wrote is kept, one after the other."""
        for slot in self.issue.layout.of(Role.REMARK, Role.MEASURE, Role.ATTESTATION):
            words = {part.remarks[slot.name]: part for part in self._fillers(slot) if slot.name in part.remarks}
            if not words:
                issued = next((part.remarks[slot.name] for part in self.parts if slot.name in part.remarks), "")
                if issued:
                    yield slot.name, issued
                continue
            if len(words) > 1 and slot.role is not Role.ATTESTATION:  # each part is signed by its own people
                facts = {"label": self.issue.label(slot.name), "found": _BETWEEN.join(words)}
                self.findings.append(Finding("XK-T134", self.last.file, slot.place, slot.field, facts))
            yield slot.name, _BETWEEN.join(words)

    # ------------------------------------------------------------ tables

    def _rows(self, table: TableSlot) -> tuple[Row, ...]:
        keys, known = _Keys(self.issue, table.name), list[_Known]()
        for part in self.parts:
            waiting: dict[tuple[object, ...], list[_Known]] = {}
            for row in known:
                waiting.setdefault(keys(row.row), []).append(row)
            numbered = zip(part.row_numbers.get(table.name, ()), part.tables.get(table.name, ()), strict=True)
            for row_number, read in numbered:
                alike = waiting.get(keys(read))
                if alike:
                    self._merge(table, alike.pop(0), read, part, row_number)
                else:
                    known.append(_Known(dict(read), dict.fromkeys(read, (part, row_number))))
        counts = {part.file: len(part.tables.get(table.name, ())) for part in self.parts}
        source = _BETWEEN.join(f"{file} {count} 行" for file, count in counts.items() if count)
        if source:
            self.provenance.append(Provenance(table.name, table.sheet, float(len(known)), source))
        return tuple(each.row for each in known)

    def _merge(self, table: TableSlot, known: _Known, read: Row, part: Submission, row_number: int) -> None:
        for column, content in read.items():
            before = known.row.get(column)
            if before is None:
                known.row[column], known.sources[column] = content, (part, row_number)
            elif content != before:
                places = [
                    (source.file, Place(table.sheet, f"{table.columns[column]}{row}"), content_there)
                    for (source, row), content_there in ((known.sources[column], before), ((part, row_number), content))
                ]
                facts = {
                    "label": f"{table.name} {column}",
                    "found": _BETWEEN.join(f"{file} {place}：{_written(written)}" for file, place, written in places),
                }
                self.findings.append(Finding("XK-T131", self.last.file, places[-1][1], facts=facts))
                known.row[column] = Absence.UNREADABLE.value


def _meaning(answer: Answer) -> object:
    """What an answer says; two that could not be read say the same where the same words stand there."""
    if answer.value is Absence.UNREADABLE:
        return Absence.UNREADABLE, answer.raw.text if answer.raw is not None else None
    return content_of(answer.value)


def _place(part: Submission, slot: Slot) -> Place:
    raw = part.answers[slot.field].raw
    return raw.place if raw is not None else slot.place


def _written(content: CellContent) -> str:
    return f"{content:.10g}" if isinstance(content, float) else str(content)


def _findings(parts: Sequence[Submission]) -> Iterator[Finding]:
    """What was found in the parts; what is said of several of them alike is said once."""
    known_before: set[tuple[object, ...]] = set()
    for part in parts:
        for finding in part.findings:
            alike = finding.code, finding.place, finding.field, repr(sorted(finding.facts.items()))
            if alike not in known_before:
                known_before.add(alike)
                yield finding
