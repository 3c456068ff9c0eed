"""Files to spawned processes and back. A process that dies takes one file with it, and that file is named."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from multiprocessing.context import SpawnContext
from typing import Self, TypeVar

from xlkpi.batch.work import Done, Sent, Setup, Worker, died, failed
from xlkpi.files import fault

WORTH_A_SECOND_PROCESS = 60  # files; starting a worker costs about a second
_AHEAD = 4  # files handed out to each process: enough that none waits, few enough to hold in the hand

Scored = Iterator[tuple[Sent, Done]]
T = TypeVar("T")


def default_jobs(files: int, cores: int) -> int:
    """One process for a handful of files, else one a core."""
    return max(1, cores) if files >= WORTH_A_SECOND_PROCESS else 1


def score_here(setup: Setup, files: Iterable[Sent]) -> Scored:
    """In this process, in order."""
    worker: Worker | None = None
    for one in files:
        worker = worker or Worker(setup)
        yield one, worker.score(one)


def score_in_processes(setup: Setup, files: Iterable[Sent], jobs: int) -> Scored:
    """In so many processes, as they finish.

    A process that dies breaks its pool, and which file killed it is not known. So the files that were out are tried
    again one by one: only the one that kills its process a second time is given up.
    """
    waiting = iter(files)
    while True:
        out: dict[Future[Done], Sent] = {}
        pool = _pool(setup, jobs)
        try:
            yield from _through(pool, waiting, out, jobs * _AHEAD)
            return
        except BrokenProcessPool:
            pass
        finally:  # the processes free their memory while the results are written
            pool.shutdown(wait=False, cancel_futures=True)
        yield from _one_by_one(setup, list(out.values()))


def _through(
    pool: ProcessPoolExecutor, waiting: Iterator[Sent], out: dict[Future[Done], Sent], most: int
) -> Scored:  # fmt: skip
    """`out` always holds the files that were handed out and have not come back."""
    for one in waiting:
        try:
            out[pool.submit(_score, one)] = one
        except BrokenProcessPool:
            out[Future()] = one
            raise
        if len(out) >= most:
            yield from _come_back(out)
    while out:
        yield from _come_back(out)


def _come_back(out: dict[Future[Done], Sent]) -> Scored:
    for future in wait(out, return_when=FIRST_COMPLETED).done:
        done = future.result()
        yield out.pop(future), done


def _one_by_one(setup: Setup, files: list[Sent]) -> Scored:
    while files:
        with _pool(setup, 1) as pool:
            while files:
                one = files.pop()
                try:
                    yield one, pool.submit(_score, one).result()
                except BrokenProcessPool as error:
                    yield one, failed(one, died(one, fault(error)))
                    break


def _pool(setup: Setup, jobs: int) -> ProcessPoolExecutor:
    # pickled once for all of them
    return ProcessPoolExecutor(jobs, _spawn(), initializer=_start, initargs=(pickle.dumps(setup),))


def _spawn() -> SpawnContext:
    """Spawn, never fork: an engine that has been used hangs in a forked child."""
    return multiprocessing.get_context("spawn")


_worker: Worker | None = None


def _start(setup: bytes) -> None:
    global _worker  # noqa: PLW0603 - one worker for each process is the point
    _follow()
    _worker = Worker(pickle.loads(setup))  # noqa: S301 - our own


def _follow() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_leave_with_the_parent, daemon=True).start()


def _leave_with_the_parent() -> None:
    """A parent that is killed says nothing; its workers would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _score(one: Sent) -> Done:
    if _worker is None:
        raise RuntimeError("the worker was not started")
    return _worker.score(one)


# ------------------------------------------------------------------ work beside the files


class BackgroundTasks:
    """Does one thing beside this process's own work: in a process of its own where the run has several, else here."""

    def __init__(self, jobs: int):
        self._pool = ProcessPoolExecutor(1, _spawn(), initializer=_follow) if jobs > 1 else None

    def load(self, module: str) -> None:
        """Have a module ready there."""
        if self._pool is not None:
            self._pool.submit(import_module, module)

    def submit(self, work: Callable[..., T], *given: object) -> Callable[[], T]:
        """Begin something; what is returned waits for it and gives what came of it. If the process dies, it is done
        here."""
        if self._pool is None:
            return lambda: work(*given)
        future = self._pool.submit(work, *given)

        def result() -> T:
            try:
                return future.result()
            except BrokenProcessPool:
                return work(*given)

        return result

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
