"""What a process of its own is given to do. It imports nothing else, or each start would take a second."""

from __future__ import annotations

import os
import time
from collections.abc import Callable


def never_ends() -> None:
    while True:
        time.sleep(0.01)


def worker(mine: object) -> Callable[[str], object]:
    """Does what it is told to."""
    pid = os.getpid()

    def work(word: str) -> object:
        if word == "sleep":
            time.sleep(60)
        if word == "die":
            raise SystemExit
        if word == "loop":
            never_ends()
        if word == "raise":
            raise ValueError(word)
        if word == "print":
            os.write(1, b"from C")
        if word == "a while":
            time.sleep(1)
        return mine, word, pid

    return work


def unmade() -> Callable[[str], object]:
    """Cannot be made."""
    raise ValueError("unmade")
