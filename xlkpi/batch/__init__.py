"""MANY files: scored here, in spawned processes or on a cluster; settled by dealer; kept in a manifest to resume from.

Every file is scored by itself and written at once (`work`). Which file of a dealer counts is settled afterwards, when
all are known (`settle`); where a file that does not count was written last, the one that does is scored once more.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal, overload

from xlkpi.batch.manifest import MANIFEST_FILE, Entry, Hashes, Manifest, written_before
from xlkpi.batch.processes import BackgroundTasks, Scored, default_jobs, score_here, score_in_processes
from xlkpi.batch.receipts import Receipt, receipt
from xlkpi.batch.settle import Expected, Filed, Settled, settle
from xlkpi.batch.work import Setup, SourceFile, assessment_of, unusable_of
from xlkpi.files import claimed, reason, remove_stale_temporaries
from xlkpi.findings import Finding, with_rulings
from xlkpi.folders import shown_names
from xlkpi.intake.copies import left_blank
from xlkpi.intake.guard import Refused
from xlkpi.intake.submission import Unusable
from xlkpi.issue import Issue
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.assess import Assessment
from xlkpi.scoring.compiled.program import compile_master
from xlkpi.scoring.compiled.syntax import NotCompiled
from xlkpi.scoring.engine import AUTO, engine_for
from xlkpi.values import content_of

ASSESSED = "assessed"

Runner = Callable[[Setup, Iterable[SourceFile]], Scored]
"""Scores files in some place; they come back as they are done."""


@dataclass(frozen=True, slots=True)
class Filing:
    """When files came, and who should send until when. `log` is the receipt log, by a file's path. `copies` says what
    several copies of a dealer are: "joined", "latest", or "" as the scheme says."""

    log: Mapping[str, Receipt] = field(default_factory=dict)
    expected: Expected | None = None
    copies: Literal["", "latest", "joined"] = ""

    def joins(self, scheme: Scheme) -> bool:
        """Whether a dealer's copies may be parts, to be joined."""
        return (self.copies or scheme.copies) == "joined"


CACHED_BYTES: Final = 32_000_000
"""Bytes of JSON whose assessments stay in memory once they were read: some 50 MB of objects, which is 1,200 dealers of
the largest scheme or 4,500 of the shortest. What goes beyond is read again whenever it is asked for."""


class Assessments(Sequence[Assessment]):
    """The assessments that count, in roster order. They stay in the manifest and are read when asked for: once where
    they are few enough to keep (`CACHED_BYTES`), so that ten thousand of them take no more memory than a thousand."""

    def __init__(self, manifest: Manifest, entries: Sequence[Entry], notes: Mapping[str, Sequence[Finding]]):
        self._manifest, self._entries, self._notes = manifest, entries, notes
        self._read: dict[int, Assessment] = {}
        self._room = CACHED_BYTES
        self._last: tuple[int, Assessment] | None = None  # several outputs read the same assessments

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> Assessment: ...
    @overload
    def __getitem__(self, index: slice) -> list[Assessment]: ...
    def __getitem__(self, index: int | slice) -> Assessment | list[Assessment]:
        if isinstance(index, slice):
            return [self._at(number) for number in range(*index.indices(len(self)))]
        return self._at(range(len(self))[index])

    def __iter__(self) -> Iterator[Assessment]:
        return map(self._at, range(len(self)))

    def _at(self, index: int) -> Assessment:
        if index in self._read:
            return self._read[index]
        if self._last is not None and self._last[0] == index:
            return self._last[1]
        entry = self._entries[index]
        assessment = assessment_of(self._manifest.outcome(entry))
        if notes := self._notes.get(entry.dealer, ()):
            assessment = replace(assessment, findings=(*assessment.findings, *notes))
        if entry.size <= self._room:
            self._room -= entry.size
            self._read[index] = assessment
        self._last = index, assessment
        return assessment


@dataclass(frozen=True, slots=True)
class Batch:
    """Result of a run: the assessments that count; the files that were excluded, each with its reasons; how several
    files of one dealer were settled; findings of the run itself; the engine that evaluated."""

    assessments: Sequence[Assessment]
    rejected: Sequence[tuple[Filed, Unusable]]
    settled: Settled
    findings: tuple[Finding, ...] = ()
    engine: str = "formualizer"

    @property
    def unusable(self) -> list[Unusable]:
        """The files that could not be scored."""
        return [unusable for _, unusable in self.rejected]


def run(
    issue: Issue,
    paths: Iterable[Path],
    *,
    runner: Runner = score_here,
    engine: str = AUTO,
    out: Path | None = None,
    resume: bool = False,
    filing: Filing | None = None,
    progress: Callable[[int, int], None] = lambda scored, total: None,
) -> Batch:
    """Score files.

    Args:
        issue: what was issued, with targets and inspections.
        paths: dealers' files; their order changes nothing.
        runner: where they are scored.
        engine: what evaluates the master; "auto" goes by the number of files.
        out: where the manifest and the folder `assessed` are written; None writes nothing.
        resume: go on from the manifest in `out`: only what changed is scored.
        filing: when files came, and who should send until when.
        progress: called now and then with the number of files done and the number of files.

    Raises:
        FolderInUse: another run is writing `out`.
        WriteError: `out` cannot be written.
    """
    with contextlib.nullcontext() if out is None else claimed(out):
        return _run(issue, paths, runner, engine, out, resume, filing or Filing(), progress)


def _run(
    issue: Issue, paths: Iterable[Path], runner: Runner, engine: str, out: Path | None, resume: bool, filing: Filing,
    progress: Callable[[int, int], None],
) -> Batch:  # fmt: skip
    files = [SourceFile(path, name) for path, name in sorted(shown_names(paths).items())]
    setup, notes = _setup(issue, engine_for(engine, len(files)), out / ASSESSED if out else None)
    hashes = Hashes(setup)
    earlier: set[str] = set()
    if out is not None:
        _remove_stale_temporaries(out)
        earlier = {entry.workbook for entry in written_before(out / MANIFEST_FILE)}
    work = _Run(setup, hashes, runner, filing, progress)
    if not resume:
        work.remove(earlier, set())  # what cannot be removed now is reported at the end
    with Manifest(out / MANIFEST_FILE if out else None, hashes, keep=resume) as manifest:
        work.manifest = manifest
        if manifest.damaged:
            notes.append(Finding("XK-F026", MANIFEST_FILE, facts={"count": manifest.damaged}))
        entries = work.first(files, resume=resume)
        filed = [
            Filed(
                source.path, source.file, entries[source.file].dealer, entries[source.file].answers,
                receipt(source.path, work.filing.log),
            )
            for source in files
        ]  # fmt: skip
        settled = settle(filed, issue.roster, work.filing.expected, joins=work.filing.joins(issue.scheme))
        work.mend(settled, entries, everything=resume)
        joined = work.join(settled, resume=resume)
        of_files = [*entries.values(), *joined.values()]
        unremoved = work.remove(earlier | {e.workbook for e in of_files}, _workbooks(settled, entries | joined))
        if out is not None:
            _remove_stale_temporaries(out)
        final = manifest.finish(manifest.entries[entry.file, entry.input] for entry in of_files)
        now = {file: final[entry.file, entry.input] for file, entry in (entries | joined).items()}

        def outcome_of(file: str) -> Assessment:
            return assessment_of(manifest.outcome(now[file]))

        _note_left_blank(issue, settled, outcome_of)
        _note_signed_later(issue, settled, outcome_of)
    return _batch(setup, manifest, now, filed, settled, (*notes, *unremoved))


def _setup(issue: Issue, engine: str, folder: Path | None) -> tuple[Setup, list[Finding]]:
    """The workers' setup; formulas are compiled here, once. A master that cannot be compiled is reported and evaluated
    by formualizer."""
    if engine != "compiled":
        return Setup(issue, engine, folder), []
    try:
        return Setup(issue, engine, folder, compile_master(issue.master, issue.layout)), []
    except NotCompiled as error:
        return Setup(issue, "formualizer", folder), [Finding("XK-S020", facts={"detail": str(error)})]


@dataclass(slots=True)
class _Run:
    setup: Setup
    hashes: Hashes
    runner: Runner
    filing: Filing
    progress: Callable[[int, int], None]
    manifest: Manifest = field(init=False)

    def first(self, files: Sequence[SourceFile], *, resume: bool) -> dict[str, Entry]:
        """Every file's entry: from the manifest if its outcome is still valid, else scored now."""
        entries: dict[str, Entry] = {}
        if resume:
            for file in files:
                entry = self.manifest.entries.get((file.file, _digest(file.path)))
                if entry is not None and self.hashes.is_up_to_date(entry):
                    entries[file.file] = entry
        todo = [file for file in files if file.file not in entries]
        self.progress(len(entries), len(files))
        for file, outcome in self.runner(self.setup, todo) if todo else ():
            entries[file.file] = self.manifest.add(outcome)
            self.progress(len(entries), len(files))
        return entries

    def mend(self, settled: Settled, entries: Mapping[str, Entry], *, everything: bool) -> None:
        """Score again the files that count and whose assessed workbook is missing or altered."""
        if self.setup.folder is None:
            return
        not_counting = (*settled.superseded, *settled.same, *(file for file, _ in settled.refused))
        several = {file.dealer for file in not_counting}
        doubtful = [file for dealer, file in settled.counting.items() if everything or dealer in several]
        folder = self.setup.folder
        wrong = [
            SourceFile(file.path, file.file)
            for file in doubtful
            if _digest(folder / entries[file.file].workbook) != entries[file.file].written
        ]
        for _, rescored in self.runner(self.setup, sorted(wrong)) if wrong else ():
            self.manifest.add(rescored)

    def join(self, settled: Settled, *, resume: bool) -> dict[str, Entry]:
        """Score the copies of each dealer that may be parts, and settle them; entries by the last copy's name."""
        sources: dict[str, SourceFile] = {}
        for dealer, copies in settled.several.items():
            each = tuple((copy.receipt.moment, SourceFile(copy.path, copy.file)) for copy in copies)
            sources[dealer] = SourceFile(copies[-1].path, copies[-1].file, each)
        entries = {
            source.file: entry
            for source in sources.values()
            if resume and (entry := self._joined_before(source)) is not None
        }
        todo = [source for source in sources.values() if source.file not in entries]
        for source, outcome in self.runner(self.setup, todo) if todo else ():
            entries[source.file] = self.manifest.add(outcome)
        for dealer, source in sources.items():
            entry = entries[source.file]
            if entry.answers:
                settled.count_joined(dealer, assessment_of(self.manifest.outcome(entry)).copies)
            else:
                unusable = unusable_of(self.manifest.outcome(entry))
                settled.refuse_joined(dealer, unusable.findings[-1])
        if sources:
            settled.note_late(self.filing.expected)
        return {file: entry for file, entry in entries.items() if entry.answers}

    def _joined_before(self, source: SourceFile) -> Entry | None:
        """What these copies came to in an earlier run, where it holds and its workbook lies there as it was written."""
        entry = self.manifest.entries.get((source.file, _digest_of(source)))
        if entry is None or not self.hashes.is_up_to_date(entry):
            return None
        folder = self.setup.folder
        intact = folder is None or not entry.workbook or _digest(folder / entry.workbook) == entry.written
        return entry if intact else None

    def remove(self, workbooks: Iterable[str], still_used: set[str]) -> list[Finding]:
        """Remove assessed workbooks that this run or an earlier one wrote, but for those of files that count."""
        unremoved: list[Finding] = []
        if self.setup.folder is None:
            return unremoved
        for name in sorted(set(workbooks) - still_used - {""}):
            path = self.setup.folder / name
            if path.name != name:  # a manifest that somebody altered
                continue
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                facts = {"path": str(path), "detail": reason(error)}
                unremoved.append(Finding("XK-W001", name, facts=facts))
        return unremoved


def _remove_stale_temporaries(out: Path) -> None:
    for folder in (out, out / ASSESSED):
        remove_stale_temporaries(folder)


def _digest(path: Path) -> str:
    return _digest_of(SourceFile(path, path.name))


def _digest_of(source: SourceFile) -> str:
    try:
        return source.digest()
    except Refused:
        return ""


def _note_left_blank(issue: Issue, settled: Settled, outcome_of: Callable[[str], Assessment]) -> None:
    """Say where the file that counts leaves blank what one that it replaces had filled in."""
    for older in settled.superseded:
        counts = settled.counting[older.dealer]
        figures = [
            {name: content_of(value) for name, value in outcome_of(filed.file).inputs.items()}
            for filed in (older, counts)
        ]
        settled.note_left_blank(older, left_blank(issue, older.dealer, *figures))


def _note_signed_later(issue: Issue, settled: Settled, outcome_of: Callable[[str], Assessment]) -> None:
    """Say where a file that counts was signed after it came."""
    for counts in settled.counting.values() if issue.scheme.attestation != "none" else ():
        settled.note_signed_later(issue, counts, outcome_of(counts.file).signed_on)


def _workbooks(settled: Settled, entries: Mapping[str, Entry]) -> set[str]:
    return {entries[filed.file].workbook for filed in settled.counting.values()}


def _batch(
    setup: Setup,
    manifest: Manifest,
    entries: Mapping[str, Entry],
    filed: Sequence[Filed],
    settled: Settled,
    unremoved: Sequence[Finding],
) -> Batch:
    issue = setup.issue
    order = {code: position for position, code in enumerate(issue.roster)}
    counting = sorted(settled.counting.values(), key=lambda candidate: order[candidate.dealer])
    rejected = [
        (candidate, unusable_of(manifest.outcome(entries[candidate.file])))
        for candidate in filed
        if not candidate.answers
    ]
    for candidate, why in settled.refused:
        findings = assessment_of(manifest.outcome(entries[candidate.file])).findings
        rejected.append((candidate, Unusable(candidate.file, (*findings, why), candidate.dealer)))
    rejected.sort(key=lambda pair: pair[0].file)
    counted = [entries[candidate.file] for candidate in counting]
    notes = {d: with_rulings(findings, issue.rulings, d, issue.month) for d, findings in settled.notes.items()}
    return Batch(Assessments(manifest, counted, notes), rejected, settled, tuple(unremoved), setup.engine)


__all__ = [
    "Assessments", "BackgroundTasks", "Batch", "Expected", "Filing", "Runner", "Scored", "default_jobs", "run",
    "score_here", "score_in_processes",
]  # fmt: skip
