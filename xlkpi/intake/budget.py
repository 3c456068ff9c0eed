"""A clock and a memory budget for reading one file: over it the file gets one finding, and the run goes on.

On Linux the limits stand in this very process: a timer of the system interrupts Python and its patterns, and the
process may grow only so far. Where the system has neither (Windows; macOS has the timer alone), or in a thread, where
no signal arrives, the file is read in a process of its own that is ended by the clock; its memory is limited where the
system can limit it, on Windows it is not. Processes are spawned, never forked.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final, Self, TypeVar

from xlkpi.findings import Finding
from xlkpi.intake.guard import Refused

T = TypeVar("T")
_GRACE: Final = 5.0  # seconds more for a process of its own than for the timer inside it
_STARTING: Final = 60.0  # seconds for such a process to start
_AGAIN: Final = 0.5  # seconds: a signal that fell where exceptions are swallowed is followed by another


@dataclass(frozen=True, slots=True)
class Budget:
    """What reading one file may take: seconds by the clock, bytes of memory beyond what the process has."""

    seconds: float = 30.0
    memory: int = 1 << 30

    @classmethod
    def given(cls) -> Self:
        """As the environment says: XLKPI_FILE_SECONDS and XLKPI_FILE_MEMORY_MB; 30 and 1024 where it says nothing
        that is a number above nought."""
        usual = cls()
        megabytes = _positive("XLKPI_FILE_MEMORY_MB", usual.memory / (1 << 20))
        return cls(_positive("XLKPI_FILE_SECONDS", usual.seconds), int(megabytes * (1 << 20)))


def _positive(name: str, usual: float) -> float:
    with contextlib.suppress(ValueError):
        number = float(os.environ.get(name, ""))
        if 0 < number < 1e6:
            return number
    return usual


class OverTime(BaseException):
    """The clock ran out. No Exception: nothing on the way may take it for an error of its own."""


def out_of_memory(file: str, budget: Budget | None = None) -> Finding:
    """The finding for a file that took more memory than it may."""
    return Finding("XK-F021", file, facts={"limit": (budget or Budget.given()).memory >> 20})


def out_of_time(file: str, budget: Budget) -> Finding:
    """The finding for a file that took longer than it may."""
    return Finding("XK-F020", file, facts={"limit": f"{budget.seconds:g}"})


def limits_here() -> bool:
    """Whether both limits can stand in this process and thread."""
    return sys.platform == "linux" and threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def limited(budget: Budget) -> Iterator[None]:
    """Limit what happens inside; for where `limits_here`.

    Raises:
        OverTime: it took too long.
        MemoryError: it took too much.
    """

    def ring(*_: object) -> None:
        raise OverTime

    with _memory_limited(budget.memory):
        before = signal.signal(signal.SIGALRM, ring)
        rest, _ = signal.setitimer(signal.ITIMER_REAL, budget.seconds, _AGAIN)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            if rest:  # somebody else's timer was on
                signal.setitimer(signal.ITIMER_REAL, max(rest, 0.001))


@contextlib.contextmanager
def _memory_limited(memory: int) -> Iterator[None]:
    import resource  # noqa: PLC0415 - not on Windows

    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + memory
    if soft != resource.RLIM_INFINITY:
        most = min(most, soft)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def within(budget: Budget, file: str, work: Callable[[], T]) -> T | Finding:
    """Do something with a file in this process, within the budget; a finding where it takes more. For where
    `limits_here`; elsewhere nothing is limited."""
    try:
        if not limits_here():
            return work()
        with limited(budget):
            return work()
    except OverTime:
        return out_of_time(file, budget)
    except MemoryError:
        return out_of_memory(file, budget)


# ------------------------------------------------------------------ a process of its own


class Apart:
    """Reads files in a process of its own, which is started when it is first needed and again where it had to be
    ended. `work` takes `given`, pickled once, and what is sent with each file; it must be a function of a module."""

    def __init__(self, work: Callable[..., T], given: object):
        self._work, self._given = work, given
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    def __call__(self, budget: Budget, file: str, *sent: object) -> object:
        """What the work gives for a file; a finding where it takes more than it may, or ends its process."""
        line = self._started(budget)
        try:
            line.send(sent)
            if line.poll(budget.seconds + _GRACE):
                answer: object = pickle.loads(line.recv_bytes())  # noqa: S301 - our own process
                return out_of_memory(file, budget) if isinstance(answer, MemoryError) else answer
            self.close()
            return out_of_time(file, budget)
        except (EOFError, OSError):  # it died: what it asked for was not to be had
            self.close()
            return out_of_memory(file, budget)

    def _started(self, budget: Budget) -> Connection:
        if self._line is None:
            spawn = multiprocessing.get_context("spawn")
            self._line, theirs = spawn.Pipe()
            given = pickle.dumps((self._work, self._given, budget))
            self._process = spawn.Process(target=_serve, args=(theirs, given), daemon=True)
            self._process.start()
            theirs.close()
            if self._line.poll(_STARTING):
                self._line.recv_bytes()
        return self._line

    def close(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._line is not None:
            self._line.close()
        self._process = self._line = None


def _serve(line: Connection, given: bytes) -> None:
    """Run in the process: answer one file after another, until nobody asks any more."""
    work, own, budget = pickle.loads(given)  # noqa: S301 - our own
    line.send_bytes(b"ready")
    with contextlib.suppress(EOFError, OSError):
        while True:
            sent = line.recv()
            try:
                with _memory_limited(budget.memory) if sys.platform == "linux" else contextlib.nullcontext():
                    answer: object = work(own, *sent)
                packed = pickle.dumps(answer)
            except MemoryError:
                packed = pickle.dumps(MemoryError())
            except Refused as refused:
                packed = pickle.dumps(Finding(refused.code, facts=refused.facts))
            line.send_bytes(packed)
