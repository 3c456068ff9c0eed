"""A time and memory budget for reading one file: a file over it gets one finding, and the run goes on.

The limits stand in the process that reads: a timer of the system interrupts Python and its patterns, and the process
may grow only so far (Linux; macOS has the timer alone, Windows neither). What a timer cannot interrupt, a call that
never comes back from C, only the end of its process ends: so files are read in a process of its own (`apart`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, TypeVar

from xlkpi.findings import Finding

T = TypeVar("T")
GRACE: Final = 5.0  # seconds more until a process is ended than for the timer inside it
_REPEAT: Final = 0.5  # seconds: a signal that fell where exceptions are swallowed is followed by another


@dataclass(frozen=True, slots=True)
class Budget:
    """What reading one file may take: seconds by the clock, bytes of memory beyond what the process has."""

    seconds: float = 30.0
    memory: int = 1 << 30

    @classmethod
    def from_environment(cls) -> Self:
        """From the environment: XLKPI_FILE_SECONDS and XLKPI_FILE_MEMORY_MB; 30 and 1024 where a variable is missing
        or not a positive number."""
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
    """The time is over. Not an Exception, so that no handler on the way takes it for its own error."""


def out_of_memory(file: str, budget: Budget | None = None) -> Finding:
    """The finding for a file that took more memory than it may."""
    return Finding("XK-F021", file, facts={"limit": (budget or Budget.from_environment()).memory >> 20})


def out_of_time(file: str, budget: Budget) -> Finding:
    """The finding for a file that took longer than it may."""
    return Finding("XK-F020", file, facts={"limit": f"{budget.seconds:g}"})


def limits_here() -> bool:
    """Whether both limits can stand in this process and thread."""
    return sys.platform == "linux" and threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def limited(budget: Budget) -> Iterator[None]:
    """Limit time and memory of the block; only if `limits_here`.

    Raises:
        OverTime: it took too long.
        MemoryError: it took too much.
    """

    def on_timeout(*_: object) -> None:
        raise OverTime

    with _memory_limited(budget.memory):
        before = signal.signal(signal.SIGALRM, on_timeout)
        other_timer, _ = signal.setitimer(signal.ITIMER_REAL, budget.seconds, _REPEAT)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            if other_timer:  # somebody else's timer was on
                signal.setitimer(signal.ITIMER_REAL, max(other_timer, 0.001))


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
    """Run something on a file in this process, within the budget; a finding if it takes more. Only if
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
