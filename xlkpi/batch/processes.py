"""Scores files in worker processes. A process that dies costs one file, and that file is reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from queue import SimpleQueue
from typing import Any, Self, TypeVar

from xlkpi.batch.work import FileOutcome, Setup, SourceFile, Worker, death_finding, failed_outcome
from xlkpi.files import fault
from xlkpi.intake.apart import Apart, Ended
from xlkpi.intake.budget import GRACE, Budget, out_of_time
from xlkpi.intake.reading import ReadBefore

WORTH_A_SECOND_PROCESS = 60  # files; starting a worker costs about a second
_AHEAD = 4  # files handed out to each process: enough that none waits, few enough to resubmit after a crash

Scored = Iterator[tuple[SourceFile, FileOutcome]]
T = TypeVar("T")


def default_jobs(files: int, cores: int) -> int:
    """One process for a handful of files, else one a core."""
    return max(1, cores) if files >= WORTH_A_SECOND_PROCESS else 1


def score_here(setup: Setup, files: Iterable[SourceFile], reading: ReadBefore | None = None) -> Scored:
    """Score in this process, in order; `reading` has the files where they were read before."""
    worker: Worker | None = None
    try:
        for source in files:
            worker = worker or Worker(setup, reading=reading)
            yield source, worker.score(source)
    finally:
        if worker is not None:
            worker.close()


def score_in_processes(setup: Setup, files: Iterable[SourceFile], jobs: int) -> Scored:
    """Score in `jobs` processes; yields files as they finish.

    A file whose process dies is tried again in a new one and given up when that dies too: the machine may have been
    short of memory. One that takes too long is given up at once, and its process is killed.
    """
    pool = _Pool(setup, jobs)
    with ThreadPoolExecutor(jobs) as threads:
        out: set[Future[tuple[SourceFile, FileOutcome]]] = set()
        try:
            for source in files:
                out.add(threads.submit(pool.score, source))
                if len(out) >= jobs * _AHEAD:
                    yield from _finished(out)
            while out:
                yield from _finished(out)
        finally:  # the processes free their memory while the results are written
            threads.shutdown(wait=False, cancel_futures=True)
            pool.end()


def _finished(out: set[Future[tuple[SourceFile, FileOutcome]]]) -> Scored:
    finished, _ = wait(out, return_when=FIRST_COMPLETED)
    out -= finished
    for future in finished:
        yield future.result()


class _Pool:
    """Worker processes and which of them are free. A process that died is started again."""

    def __init__(self, setup: Setup, jobs: int):
        self._workers = [Apart(_scorer, setup) for _ in range(jobs)]
        self._free: SimpleQueue[Apart] = SimpleQueue()
        self._over = False
        self._budget = Budget.from_environment()
        for worker in self._workers:
            worker.start()
            self._free.put(worker)

    def score(self, source: SourceFile) -> tuple[SourceFile, FileOutcome]:
        """Score one file in any free process."""
        worker = self._free.get()
        try:
            return source, self._scored(worker, source)
        finally:
            self._free.put(worker)

    def _scored(self, worker: Apart, source: SourceFile) -> FileOutcome:
        try:
            return self._answer_of(worker, source)
        except Ended as ended:
            if ended.by_clock or self._over:
                return failed_outcome(source, out_of_time(source.file, self._budget))
        try:
            return self._answer_of(worker, source)
        except Ended as ended:
            return failed_outcome(source, death_finding(source, fault(ended)))

    def _answer_of(self, worker: Apart, source: SourceFile) -> FileOutcome:
        scored: FileOutcome = worker(_longest(self._budget), source)
        return scored

    def end(self) -> None:
        """End all processes, busy ones too."""
        self._over = True
        for worker in self._workers:
            worker.end()


def _scorer(setup: Setup) -> Callable[[SourceFile], FileOutcome]:
    return Worker(setup, expendable=True).score


def _longest(budget: Budget) -> float:
    """Seconds that one file may take: its reading budget, and as long again to be scored and written."""
    return 2 * (budget.seconds + GRACE)


# ------------------------------------------------------------------ work beside the files


_NO_LIMIT = 24 * 3600.0  # seconds; it is our own work, and ends


class BackgroundTasks:
    """Runs one task in the background: in a process of its own if the run has several, else in this one."""

    def __init__(self, jobs: int):
        self._apart = Apart(_doer) if jobs > 1 else None
        self._thread = ThreadPoolExecutor(1)  # it waits for the answers, and starts with the first question

    def submit(self, work: Callable[..., T], *arguments: object) -> Callable[[], T]:
        """Start a task; the returned function waits for it and returns its result. If the process dies, the task is run
        here."""
        if self._apart is None:
            return lambda: work(*arguments)
        future: Future[T] = self._thread.submit(self._apart, _NO_LIMIT, work, *arguments)

        def result() -> T:
            try:
                return future.result()
            except Ended:
                return work(*arguments)

        return result

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._apart is not None:
            self._apart.end()


def _doer() -> Callable[..., Any]:
    return _do


def _do(work: Callable[..., T], *arguments: object) -> T:
    return work(*arguments)
