"""Scoring many files: one function for one file, run here or in spawned workers, each with the master loaded once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

from xlkpi.files import WriteError, write_file
from xlkpi.findings import Finding, Severity
from xlkpi.intake.submission import Row, Submission, Unusable, of_one_dealer, read_submission
from xlkpi.issue import Issue
from xlkpi.publish import file_name
from xlkpi.scoring.assess import Assessment, assess, rejected
from xlkpi.scoring.engine import Engine, load_engine
from xlkpi.values import CellContent
from xlkpi.workbook.stamp import Stamper

WORTH_A_SECOND_PROCESS = 60  # files; starting a worker costs about a second


@dataclass(frozen=True, slots=True)
class Task:
    """One file to score, as read. Small enough to hand to a worker."""

    dealer: str
    file: str
    answers: Mapping[str, CellContent]
    tables: Mapping[str, tuple[Row, ...]]
    findings: tuple[Finding, ...]
    target: Path | None


class Worker:
    """Everything that one process needs: the issue, an engine and a stamper."""

    def __init__(self, issue: Issue, engine: str):
        self.issue = issue
        self.engine: Engine = load_engine(engine, issue.master, issue.layout)
        self.stamper = Stamper(issue.layout, issue.master)

    def score(self, task: Task) -> Assessment:
        """Assess, and write the assessed workbook where a target is given. Its cells stay here."""
        done = assess(
            self.issue, self.engine, task.dealer, task.answers,
            tables=task.tables, file=task.file, findings=task.findings,
        )  # fmt: skip
        if task.target is not None:
            data = self.stamper.stamp(done.cells, self.issue.marker(task.dealer), self.issue.stamped(task.dealer))
            try:
                write_file(task.target, data)
            except WriteError as error:
                facts = {"path": str(error.path), "detail": error.detail}
                done = replace(done, findings=(*done.findings, Finding("XK-W001", task.file, facts=facts)))
        return replace(done, cells={})


def read_all(issue: Issue, paths: Sequence[Path]) -> tuple[list[Submission], list[Unusable]]:
    """Read the files and settle which counts where a dealer sent several. The order of files changes nothing."""
    read: list[Submission] = []
    unusable: list[Unusable] = []
    for path in sorted(paths):
        result = read_submission(issue, path)
        if isinstance(result, Submission):
            read.append(result)
        else:
            unusable.append(result)
    by_dealer: dict[str, list[Submission]] = {}
    for submission in read:
        by_dealer.setdefault(submission.dealer, []).append(submission)
    counting: list[Submission] = []
    for dealer, several in by_dealer.items():
        for submission, finding in of_one_dealer(several):
            if finding is None:
                counting.append(submission)
            elif finding.severity is Severity.ERROR:
                unusable.append(Unusable(submission.file, (*submission.findings, finding), dealer))
            else:  # the same content twice: the notice stands with the one that counts
                first = next(i for i, s in enumerate(counting) if s.dealer == dealer)
                counting[first] = replace(counting[first], findings=(*counting[first].findings, finding))
    return counting, unusable


def score_all(
    issue: Issue, submissions: Iterable[Submission], *, engine: str, jobs: int, folder: Path | None = None
) -> Iterator[Assessment]:
    """Assess submissions in order; writes the assessed workbooks into the folder where one is given."""
    tasks = [
        Task(
            dealer=submission.dealer,
            file=submission.file,
            answers=submission.contents(),
            tables=submission.tables,
            findings=submission.findings,
            target=folder / file_name(issue, issue.roster[submission.dealer]) if folder else None,
        )
        for submission in submissions
    ]
    if jobs <= 1 or len(tasks) < 2:
        worker = Worker(issue, engine)
        yield from map(worker.score, tasks)
        return
    yield from _in_processes(issue, tasks, engine, jobs)


_worker: Worker | None = None


def _start(issue: Issue, engine: str) -> None:
    global _worker  # noqa: PLW0603 - one worker for each process is the point
    _worker = Worker(issue, engine)


def _score(task: Task) -> Assessment:
    if _worker is None:
        raise RuntimeError("the worker was not started")
    return _worker.score(task)


def _in_processes(issue: Issue, tasks: Sequence[Task], engine: str, jobs: int) -> Iterator[Assessment]:
    # spawn, never fork: an engine that has been used hangs in a forked child
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, initializer=_start, initargs=(issue, engine)) as pool:
        futures = [pool.submit(_score, task) for task in tasks]
        for task, future in zip(tasks, futures, strict=True):
            try:
                yield future.result()
            except BrokenProcessPool as error:
                facts = {"detail": str(error)}
                finding = Finding("XK-W002", task.file, facts=facts)
                yield rejected(task.dealer, task.file, (*task.findings, finding), engine)


def default_jobs(files: int, cores: int) -> int:
    """One process for a handful of files, else one a core."""
    return max(1, cores) if files >= WORTH_A_SECOND_PROCESS else 1
