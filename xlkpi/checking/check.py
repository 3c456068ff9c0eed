"""Checks files before anything is scored, and marks findings in copies of the dealers' workbooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from xlkpi.batch.receipts import Receipt, receipt
from xlkpi.batch.settle import Filed, Settled, settle
from xlkpi.batch.work import SourceFile, death_finding
from xlkpi.checking.alone import doubted_files, own_findings, ruled
from xlkpi.checking.marking import mark, marked_before
from xlkpi.checking.plausible import Past
from xlkpi.files import AnyPath, as_path, fault
from xlkpi.findings import Finding, is_unsafe, most_serious_first
from xlkpi.folders import last_part, shown_names
from xlkpi.intake.bounded import MALFORMED_XML
from xlkpi.intake.budget import out_of_memory
from xlkpi.intake.copies import filled_in, joined, left_blank
from xlkpi.intake.guard import Refused, admit
from xlkpi.intake.reader import open_workbook
from xlkpi.intake.reading import Reading
from xlkpi.intake.source import Source
from xlkpi.intake.submission import Submission, Unusable
from xlkpi.issue import Issue
from xlkpi.scoring.assess import Assessment, assess
from xlkpi.scoring.engine import Engine, load_engine
from xlkpi.values import Absence, CellContent, Place
from xlkpi.workbook.layout import Role
from xlkpi.workbook.patch import patched
from xlkpi.workbook.patch.parts import CannotPatch
from xlkpi.workbook.sheets.replies import TITLE as LIST
from xlkpi.workbook.stamp import Stamper
from xlkpi.workbook.style import colours

NEW_WORKBOOK, NOT_MARKED = "XK-W010", "XK-W011"


@dataclass(frozen=True, slots=True)
class Checked:
    """One file with all that was found in it."""

    path: Path
    read: Submission | Unusable
    findings: tuple[Finding, ...]

    @property
    def dealer(self) -> str:
        """The dealer's code, "" where even that is not known."""
        return self.read.dealer


@dataclass(frozen=True, slots=True)
class Marked:
    """The marked copy of a file and its name, or neither; `finding` reports that it is a new workbook."""

    name: str
    data: bytes | None
    finding: Finding | None = None


@dataclass(slots=True)
class Checker:
    """An issue with its master loaded; `past` are figures of earlier months, as a store knows them; `joins` says that
    a dealer's copies may be parts of one."""

    issue: Issue
    engine_name: str = "formualizer"
    past: Past = field(default_factory=dict)
    joins: bool = False
    engine: Engine = field(init=False)
    reading: Reading = field(init=False)

    def __post_init__(self) -> None:
        self.reading = Reading(self.issue)  # its process starts while the engine is made
        self.engine = load_engine(self.engine_name, self.issue.master, self.issue.layout)

    def check(
        self, paths: Iterable[AnyPath], log: Mapping[str, Receipt] | None = None,
        progress: Callable[[int, int], None] = lambda completed, all_: None,
    ) -> list[Checked]:  # fmt: skip
        """Read and check files; their order changes nothing. Headquarters' inspections are not looked for.

        `log` says when files came, by their paths; others go by their own time. Of copies that are joined each is told
        what is wrong with what was filled in there, and the last one what all of them lack. `progress` is called with
        the number of files read and the number of files.
        """
        names = shown_names(map(as_path, paths))
        read: list[tuple[Path, Submission | Unusable]] = []
        for path, name in sorted(names.items()):
            read.append((path, self._read(path, name)))
            progress(len(read), len(names))
        self.reading.close()
        submissions = [(path, result) for path, result in read if isinstance(result, Submission)]
        notes, several = _of_several(submissions, self.issue, log or {}, joins=self.joins)
        together = [whole for copies in several if (whole := self._together(copies, notes)) is not None]
        findings = {path: own_findings(self.issue, self.engine, result) for path, result in read}
        for whole in together:
            findings |= whole.by_copy(own_findings(self.issue, self.engine, whole.read))
        parts = {path for whole in together for path in (*whole.parts, *whole.replaced)}
        single = [(path, result) for path, result in submissions if path not in parts]
        for path, doubted in doubted_files(self.issue, [*single, *((w.last, w.read) for w in together)], self.past):
            whole = next((each for each in together if each.last == path), None)
            for finding in doubted:
                for of_path in whole.owners(finding.field) if whole else [path]:
                    notes.setdefault(of_path, []).append(finding)
        return [
            Checked(path, result, ruled(self.issue, result, (*findings[path], *notes.get(path, ()))))
            for path, result in read
        ]

    def _together(
        self, copies: Sequence[tuple[Filed, Submission]], notes: dict[Path, list[Finding]]
    ) -> _Together | None:  # fmt: skip
        """A dealer's copies as they are joined; None where the last one replaces the others, or they cannot be."""
        whole = joined(self.issue, [(filed.receipt.moment, copy) for filed, copy in copies])
        if isinstance(whole, Unusable):
            for filed, _ in copies:
                notes.setdefault(filed.path, []).append(whole.findings[-1])
            return None
        parts = {filed.path: copy for filed, copy in copies if copy.file in (whole.copies or (whole.file,))}
        settled = Settled(several={whole.dealer: [filed for filed, _ in copies]})
        settled.count_joined(whole.dealer, whole.copies)
        notes.setdefault(list(parts)[-1], []).extend(settled.notes.get(whole.dealer, ()))
        replaced = {filed.path: copy for filed, copy in copies if filed.path not in parts}
        return _Together(self.issue, whole, parts, replaced) if whole.copies else None

    def _read(self, path: Path, name: str) -> Submission | Unusable:
        try:
            return self.reading(path, name)
        except MemoryError:
            return Unusable(name, (out_of_memory(name),))
        except Exception as error:  # an error of ours in one file must not stop the others
            return Unusable(name, (death_finding(SourceFile(path, name), fault(error)),))

    def _assessed(self, read: Submission) -> Assessment:
        return assess(self.issue, self.engine, read)

    # ------------------------------------------------------------ marking

    def marked(self, checked: Checked) -> Marked:
        """The workbook to send back. A file that is no .xlsx, or cannot be changed safely, is answered with a
        new workbook in our layout that holds its values; one that was refused is not answered at all."""
        file = checked.read.file
        name = last_part(file)
        if isinstance(checked.read, Unusable) and is_unsafe(checked.findings):  # not opened a second time
            reason = most_serious_first(checked.findings)[0].message()
            return Marked(name, None, Finding(NOT_MARKED, file, facts={"detail": reason}))
        try:
            book = open_workbook(checked.path)
            operations = mark(checked.findings, book.sheets, self.title(checked), self._marked_before(book))
            return Marked(name, patched(book.package, operations, book.main))
        except Refused as refused:
            reason = Finding(refused.code, file, facts=refused.facts).message()
        except CannotPatch as error:
            reason = str(error)
        except MALFORMED_XML:
            reason = "内容不合规范"
        except MemoryError:
            reason = out_of_memory(file).message()
        if not isinstance(checked.read, Submission):
            return Marked(name, None, Finding(NOT_MARKED, file, facts={"detail": reason}))
        finding = Finding(NEW_WORKBOOK, file, facts={"detail": reason})
        data = self._anew(checked.read, replace(checked, findings=(*checked.findings, finding)))
        return Marked(f"{Path(name).stem}.xlsx", data, finding)

    def _marked_before(self, book: Source) -> dict[Place, str]:
        """The cells that we marked in a file that came back, with the colour that they were issued with."""
        if LIST not in book.sheets:
            return {}
        listed = {ref: raw.text or "" for ref, raw in book.cells(LIST, None).cells.items()}
        places = marked_before(listed, book.sheets)
        issued = colours(self.issue.master, places) if places else {}
        return {place: issued.get(place, "") for place in places}

    def title(self, checked: Checked) -> str:
        """Whose workbook of which month."""
        known = self.issue.roster.get(checked.dealer)
        return f"{known.code} {known.name}　{self.issue.month}" if known else f"{checked.read.file}　{self.issue.month}"

    def _anew(self, read: Submission, checked: Checked) -> bytes:
        """The issued workbook with this dealer's values in it, marked where the findings belong there."""
        issue = self.issue
        cells: dict[Place, CellContent] = dict(self._assessed(read).cells)
        for slot in issue.layout.of(Role.ANSWER):
            answer = read.answers[slot.field]
            if answer.value is Absence.UNREADABLE and answer.raw is not None:
                cells[slot.place] = answer.raw.text  # the dealer's own words, to be corrected
        stamper = Stamper(issue.layout, issue.master, level=6)
        data = stamper.stamp(cells, read.marker, issue.stamped(read.dealer))
        home = {slot.field: slot.place for slot in issue.layout.of(Role.ANSWER)}
        findings = [replace(f, place=home.get(f.field) or _in_the_original(f.place)) for f in checked.findings]
        return patched(admit(data), mark(findings, issue.layout.occupied, self.title(checked)))


def _in_the_original(place: Place | None) -> Place | None:
    """A place that need not be the same cell in a new workbook; no sheet of it has that name, so nothing is marked."""
    return place and Place(f"原文件 {place.sheet}", place.ref)


@dataclass(frozen=True, slots=True)
class _Together:
    """A dealer's copies that are parts: the submission that they come to, and each part by its path, the last one
    last; `replaced` are those that a later part replaces."""

    issue: Issue
    read: Submission
    parts: dict[Path, Submission]
    replaced: dict[Path, Submission]

    @property
    def last(self) -> Path:
        """The copy under whose name they count."""
        return list(self.parts)[-1]

    def owners(self, field_name: str) -> list[Path]:
        """The copies in which a field was filled in; the last one where it was in none."""
        filled = [path for path, part in self.parts.items() if (field_name, "") in filled_in(self.issue, part)]
        return filled or [self.last]

    def by_copy(self, findings: Iterable[Finding]) -> dict[Path, tuple[Finding, ...]]:
        """What is told in each copy: what was found in it, and of all copies together what concerns its fields."""
        by_path = {path: list(part.findings) for path, part in (self.parts | self.replaced).items()}
        of_parts = [finding for listed in by_path.values() for finding in listed]
        for finding in findings:
            if finding not in of_parts:
                for path in self.owners(finding.field) if finding.field else [self.last]:
                    by_path[path].append(replace(finding, file=self.parts[path].file))
        return {path: tuple(listed) for path, listed in by_path.items()}


def _of_several(
    read: Sequence[tuple[Path, Submission]], issue: Issue, log: Mapping[str, Receipt], *, joins: bool
) -> tuple[dict[Path, list[Finding]], list[list[tuple[Filed, Submission]]]]:
    """Findings where a dealer sent several files, or a file's name names another dealer; and the copies that may be
    parts."""
    by_path = dict(read)
    filed = [
        Filed(path, copy.file, copy.dealer, copy.digest(), receipt(path, log)) for path, copy in read
    ]  # fmt: skip
    settled = settle(filed, issue.roster, None, joins=joins)
    for older in settled.superseded:
        counts = settled.counting[older.dealer]
        contents = by_path[older.path].contents(), by_path[counts.path].contents()
        settled.note_left_blank(older, left_blank(issue, older.dealer, *contents))
    for counts in settled.counting.values():
        settled.note_signed_later(issue, counts, by_path[counts.path].signed_on)
    notes = {settled.counting[dealer].path: findings for dealer, findings in settled.notes.items()}
    notes |= {filed.path: [reason] for filed, reason in settled.refused}
    return notes, [[(copy, by_path[copy.path]) for copy in copies] for copies in settled.several.values()]
