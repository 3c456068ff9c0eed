"""Scoring one file: the function that this process, spawned processes and a cluster's workers all run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from xlkpi.files import WriteError, fault, write_file
from xlkpi.findings import Finding
from xlkpi.intake.budget import out_of_memory
from xlkpi.intake.copies import joined
from xlkpi.intake.guard import Refused, admit, raw_bytes
from xlkpi.intake.reading import ReadBefore, Reading
from xlkpi.intake.submission import Submission, Unusable
from xlkpi.issue import Issue
from xlkpi.scoring.assess import Assessment, assess
from xlkpi.scoring.compiled.engine import CompiledEngine
from xlkpi.scoring.compiled.program import Program
from xlkpi.scoring.compiled.watch import WatchedEngine
from xlkpi.scoring.engine import Engine, load_engine
from xlkpi.values import plain
from xlkpi.workbook.patch import patched
from xlkpi.workbook.seal import sealed
from xlkpi.workbook.sheets import provenance
from xlkpi.workbook.stamp import Stamper


@dataclass(frozen=True, slots=True)
class Setup:
    """What scoring a file needs besides the file; it goes once to each process. `folder` takes the assessed
    workbooks; None writes nothing. `program` are the master's compiled formulas, where the engine is `compiled`."""

    issue: Issue
    engine: str
    folder: Path | None = None
    program: Program | None = None


@dataclass(frozen=True, slots=True, order=True)
class SourceFile:
    """A file that came back: where it lies, and the name by which this run knows it (`folders.shown_names`).

    `copies` are all copies of its dealer that are to be joined, this one included, each with the moment when it came.
    """

    path: Path
    file: str
    copies: tuple[tuple[datetime, SourceFile], ...] = ()

    def with_paths(self, changed: Callable[[Path], Path]) -> SourceFile:
        """The same file where its paths are written otherwise."""
        copies = tuple((moment, copy.with_paths(changed)) for moment, copy in self.copies)
        return SourceFile(changed(self.path), self.file, copies)

    def digest(self) -> str:
        """SHA-256 of the file; of copies, of all of them with their moments.

        Raises:
            Refused: one cannot be read.
        """
        if not self.copies:
            return sha256(raw_bytes(self.path))
        each = (f"{moment.isoformat()} {copy.file} {copy.digest()}" for moment, copy in self.copies)
        return sha256("\n".join(each).encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """The outcome of one file. `input`, `answers` and `written` are SHA-256 of the file (blank where it could not be
    scored through no fault of its own), of what was answered in it (blank where it gives no submission) and of the
    assessed workbook (blank where none was written), whose name is `workbook`. `outcome` is the Assessment, or else
    the Unusable, as JSON."""

    file: str
    input: str
    dealer: str
    answers: str = ""
    workbook: str = ""
    written: str = ""
    outcome: bytes = b""


class Worker:
    """Everything that one process needs: the issue, an engine with its master and a stamper, each made once.

    `expendable` says that this process may be lost with a file that never ends: then files are read in it. `reading`
    has the files that were read before.
    """

    def __init__(self, setup: Setup, *, expendable: bool = False, reading: ReadBefore | None = None):
        self.issue, self.folder = setup.issue, setup.folder
        # its process starts while the engine is made
        self.reading = reading or Reading(setup.issue, in_process=expendable)
        self.engine = _engine(setup)
        self._reported = False
        self.stamper = Stamper(setup.issue.layout, setup.issue.master)

    def score(self, source: SourceFile) -> FileOutcome:
        """Read, check, evaluate and write one file. Nothing that a file can hold raises."""
        try:
            digest, submission = self._read(source)
            if isinstance(submission, Unusable):
                return FileOutcome(source.file, digest, submission.dealer, outcome=encoded(submission))
            return self._assessed(submission, digest)
        except Refused as refused:
            return failed_outcome(source, Finding(refused.code, source.file, facts=refused.facts))
        except MemoryError:
            return failed_outcome(source, out_of_memory(source.file))
        except Exception as error:  # an error of ours in one file must not stop the others
            return failed_outcome(source, death_finding(source, fault(error)))

    def close(self) -> None:
        """End the reading process that belongs to this worker."""
        self.reading.close()

    def _read(self, source: SourceFile) -> tuple[str, Submission | Unusable]:
        if not source.copies:
            raw = raw_bytes(source.path)
            return sha256(raw), self.reading(raw, source.file)
        read = [(moment, self._read(copy)[1]) for moment, copy in source.copies]
        unread = next((copy for _, copy in read if isinstance(copy, Unusable)), None)
        submissions = [(moment, copy) for moment, copy in read if isinstance(copy, Submission)]
        return source.digest(), unread or joined(self.issue, submissions)

    def _assessed(self, submission: Submission, digest: str) -> FileOutcome:
        result = assess(self.issue, self.engine, submission)
        result = replace(result, findings=(*result.findings, *self._watched(submission.file)))
        workbook = written = ""
        if self.folder is not None:
            workbook = self.issue.file_name(self.issue.roster[submission.dealer])
            data = self.stamper.stamp(
                result.cells,
                submission.marker or self.issue.marker(submission.dealer),
                self.issue.stamped(submission.dealer),
            )
            if result.provenance:
                data = patched(admit(data), tuple(provenance.operations(result.provenance, self.issue.label)))
            data = sealed(data)
            try:
                write_file(self.folder / workbook, data)
                written = sha256(data)
            except WriteError as error:
                facts = {"path": str(error.path), "detail": error.detail}
                result = replace(result, findings=(*result.findings, Finding("XK-W001", submission.file, facts=facts)))
        return FileOutcome(
            submission.file, digest, submission.dealer, submission.digest(), workbook, written, encoded(result)
        )

    def _watched(self, file: str) -> list[Finding]:
        """The difference that the watch on the engine has just seen; reported once, with the file it appeared in."""
        engine = self.engine
        if self._reported or not isinstance(engine, WatchedEngine) or engine.difference is None:
            return []
        self._reported = True
        difference = engine.difference
        facts = {"compiled": plain(difference.compiled), "other": plain(difference.other), "engine": engine.name}
        return [Finding("XK-S021", file, difference.place, facts=facts)]


def _engine(setup: Setup) -> Engine:
    master, layout = setup.issue.master, setup.issue.layout
    if setup.program is None:
        return load_engine(setup.engine, master, layout)
    return WatchedEngine(CompiledEngine(setup.program), lambda: load_engine("formualizer", master, layout))


def death_finding(source: SourceFile, detail: str) -> Finding:
    """The finding for a file whose process died, or whose scoring failed through a fault of ours."""
    return Finding("XK-W002", source.file, facts={"detail": detail})


def failed_outcome(source: SourceFile, finding: Finding) -> FileOutcome:
    """A file that could not be looked at this time."""
    return FileOutcome(source.file, "", "", outcome=encoded(Unusable(source.file, (finding,))))


def sha256(data: bytes) -> str:
    """Its hash, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


# ------------------------------------------------------------------ outcomes as JSON


@cache
def _codec(kind: type[Assessment] | type[Unusable]) -> TypeAdapter[Assessment | Unusable]:
    return TypeAdapter(kind)


def encoded(outcome: Assessment | Unusable) -> bytes:
    """As JSON, without the cells. Facts become plain values here: they are only ever shown."""
    findings = tuple(
        replace(finding, facts={name: _plain(fact) for name, fact in finding.facts.items()})
        for finding in outcome.findings
    )
    if isinstance(outcome, Assessment):
        return _codec(Assessment).dump_json(replace(outcome, findings=findings, cells={}))
    return _codec(Unusable).dump_json(replace(outcome, findings=findings))


def _plain(fact: object) -> object:
    return fact if isinstance(fact, str | int | float) or fact is None else str(fact)


def assessment_of(outcome: bytes) -> Assessment:
    """The assessment in an accepted file's outcome."""
    assessment = _codec(Assessment).validate_json(outcome)
    if not isinstance(assessment, Assessment):
        raise TypeError(f"{type(assessment).__name__} is no assessment")
    return assessment


def unusable_of(outcome: bytes) -> Unusable:
    """The reasons in a refused file's outcome."""
    unusable = _codec(Unusable).validate_json(outcome)
    if not isinstance(unusable, Unusable):
        raise TypeError(f"{type(unusable).__name__} is no refusal")
    return unusable
