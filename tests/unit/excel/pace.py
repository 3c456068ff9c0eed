"""How long something takes, whatever else the machine is doing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
QUIET = 0.092  # seconds for the Python in `_pace`, on the machine that the README tells of when it does nothing else


def quiet_seconds(work: Callable[[], T]) -> tuple[T, float, float]:
    """What some work gives, its processor time, and the time as that quiet machine takes it.

    A busy machine, or a slower one, takes up to twice as long for everything; plain Python before and after the work
    says how much longer just now. A quicker one gets nothing off.
    """
    before = _pace()
    began = time.process_time()
    done = work()
    taken = time.process_time() - began
    return done, taken, taken / max(1.0, (before + _pace()) / 2 / QUIET)


def _pace() -> float:
    began = time.process_time()
    for _ in range(8):
        sorted(f"{number % 977}:{number}" for number in range(40_000))
    return time.process_time() - began
