"""The process that does the steps: a job a line comes in, how far it is and what it came to go out.

It ends with the server, whatever it is at: a step that was cut off leaves nothing that the same step would not mend.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, Final

from xlkpi.desk.actions import perform

_OFTEN: Final = 0.2  # seconds between two words on how far a job is


def main() -> None:
    """Do jobs until the server closes our input."""
    root = Path(sys.argv[1])
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    lines: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    while True:
        job = json.loads(lines.get())
        _tell(out, perform(root, job, _Progress(out)))


def _read(lines: SimpleQueue[str]) -> None:
    with os.fdopen(sys.stdin.fileno(), encoding="utf-8", closefd=False) as coming:
        for line in coming:
            lines.put(line)
    os._exit(0)


class _Progress:
    """Tells the server how far a job is, not more often than somebody can see."""

    def __init__(self, out: IO[str]):
        self._out, self._stage, self._last = out, "", 0.0

    def __call__(self, stage: str, count: int, total: int) -> None:
        now = time.monotonic()
        if stage != self._stage or count == total or now - self._last >= _OFTEN:
            self._stage, self._last = stage, now
            _tell(self._out, {"stage": stage, "count": count, "total": total})


def _tell(out: IO[str], content: Any) -> None:
    out.write(json.dumps(content, ensure_ascii=False) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
