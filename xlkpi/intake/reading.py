"""Reading dealers' files within the budget for one file: what the batch, `check` and the button all use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from xlkpi.findings import Finding
from xlkpi.intake.apart import Apart, Ended
from xlkpi.intake.budget import GRACE, Budget, out_of_memory, out_of_time, within
from xlkpi.intake.guard import Refused, raw_bytes
from xlkpi.intake.submission import Submission, Unusable, read_submission
from xlkpi.issue import Issue


class Reading:
    """Reads submissions of an issue, each within the budget; a file that takes more is unusable, with the finding that
    says so.

    Files are read in a separate process, which is killed if it does not end; `in_process` reads them in this one, for
    a worker whose own end costs one file. `budget` is what the environment gives where none is named.
    """

    def __init__(self, issue: Issue, budget: Budget | None = None, *, in_process: bool = False):
        self.budget = budget or Budget.from_environment()
        self._in_process = _reader(issue, self.budget) if in_process else None
        self._apart = Apart(_reader, issue, self.budget)
        if not in_process:
            self._apart.start()

    def __call__(self, source: Path | bytes, file: str) -> Submission | Unusable:
        """Read one file. No content raises, and no file takes for ever."""
        if self._in_process is not None:
            return self._in_process(source, file)
        try:
            if not isinstance(source, Path | bytes):  # at a URL, which the other process may not know
                source = raw_bytes(source)
            read: Submission | Unusable = self._apart(self.budget.seconds + GRACE, source, file)
        except Refused as refused:
            return Unusable(file, (Finding(refused.code, file, facts=refused.facts),))
        except Ended as ended:
            fault = out_of_time if ended.by_clock else out_of_memory
            return Unusable(file, (fault(file, self.budget),))
        return read

    def close(self) -> None:
        """End the reading process, if there is one."""
        self._apart.close()


@dataclass(frozen=True, slots=True)
class ReadBefore:
    """Files that were read already, by the name that they have in a run; it stands in the place of `Reading`."""

    files: Mapping[str, Submission | Unusable]

    def __call__(self, source: Path | bytes, file: str) -> Submission | Unusable:
        """What was read in a file."""
        return self.files[file]

    def close(self) -> None:
        """Nothing is open."""


def _reader(issue: Issue, budget: Budget) -> Callable[[Path | bytes, str], Submission | Unusable]:
    """Reads in this process, with the limits that can stand in it."""

    def read(source: Path | bytes, file: str) -> Submission | Unusable:
        read_file = within(budget, file, lambda: read_submission(issue, source, file))
        return Unusable(file, (read_file,)) if isinstance(read_file, Finding) else read_file

    return read
