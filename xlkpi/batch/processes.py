"""Files to spawned processes and back. A process that dies takes one file with it, and that file is named."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from xlkpi.batch.work import Done, Setup, Worker, died, failed

WORTH_A_SECOND_PROCESS = 60  # files; starting a worker costs about a second
_AHEAD = 4  # files handed out to each process: enough that none waits, few enough to hold in the hand

Scored = Iterator[tuple[Path, Done]]


def default_jobs(files: int, cores: int) -> int:
    """One process for a handful of files, else one a core."""
    return max(1, cores) if files >= WORTH_A_SECOND_PROCESS else 1


def score_here(setup: Setup, paths: Iterable[Path]) -> Scored:
    """In this process, in order."""
    worker: Worker | None = None
    for path in paths:
        worker = worker or Worker(setup)
        yield path, worker.score(path)


def score_in_processes(setup: Setup, paths: Iterable[Path], jobs: int) -> Scored:
    """In so many processes, as they finish.

    A process that dies breaks its pool, and which file killed it is not known. So the files that were out are tried
    again one by one: only the one that kills its process a second time is given up.
    """
    waiting = iter(paths)
    while True:
        out: dict[Future[Done], Path] = {}
        with _pool(setup, jobs) as pool:
            try:
                yield from _through(pool, waiting, out, jobs * _AHEAD)
                return
            except BrokenProcessPool:
                pool.shutdown(cancel_futures=True)
        yield from _one_by_one(setup, list(out.values()))


def _through(
    pool: ProcessPoolExecutor, waiting: Iterator[Path], out: dict[Future[Done], Path], most: int
) -> Scored:  # fmt: skip
    """`out` always holds the files that were handed out and have not come back."""
    for path in waiting:
        try:
            out[pool.submit(_score, path)] = path
        except BrokenProcessPool:
            out[Future()] = path
            raise
        if len(out) >= most:
            yield from _come_back(out)
    while out:
        yield from _come_back(out)


def _come_back(out: dict[Future[Done], Path]) -> Scored:
    for future in wait(out, return_when=FIRST_COMPLETED).done:
        done = future.result()
        yield out.pop(future), done


def _one_by_one(setup: Setup, paths: list[Path]) -> Scored:
    while paths:
        with _pool(setup, 1) as pool:
            while paths:
                path = paths.pop()
                try:
                    yield path, pool.submit(_score, path).result()
                except BrokenProcessPool as error:
                    yield path, failed(path, died(path, str(error)))
                    break


def _pool(setup: Setup, jobs: int) -> ProcessPoolExecutor:
    # spawn, never fork: an engine that has been used hangs in a forked child
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, context, initializer=_start, initargs=(setup,))


_worker: Worker | None = None


def _start(setup: Setup) -> None:
    global _worker  # noqa: PLW0603 - one worker for each process is the point
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_leave_with_the_parent, daemon=True).start()
    _worker = Worker(setup)


def _leave_with_the_parent() -> None:
    """A parent that is killed says nothing; its workers would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _score(path: Path) -> Done:
    if _worker is None:
        raise RuntimeError("the worker was not started")
    return _worker.score(path)
