"""Reading dealers' files within the budget for one file: what the batch, `check` and the button all use."""

from __future__ import annotations

from pathlib import Path

from xlkpi.findings import Finding
from xlkpi.intake.budget import Apart, Budget, limits_here, within
from xlkpi.intake.submission import Submission, Unusable, read_submission
from xlkpi.issue import Issue


class Reading:
    """Reads submissions of an issue, each within the budget; a file that takes more is unusable, with the finding that
    says so. `budget` is what the environment gives where none is named."""

    def __init__(self, issue: Issue, budget: Budget | None = None):
        self.issue, self.budget = issue, budget or Budget.given()
        self._apart = Apart(read_submission, issue)

    def __call__(self, source: Path | bytes, file: str) -> Submission | Unusable:
        """Read one file. Nothing that it can hold raises, and none takes for ever."""
        if limits_here():
            done: object = within(self.budget, file, lambda: read_submission(self.issue, source, file))
        else:
            done = self._apart(self.budget, file, source, file)
        if isinstance(done, Finding):
            return Unusable(file, (done,))
        if not isinstance(done, Submission | Unusable):
            raise TypeError(f"{type(done).__name__} is no reading")
        return done

    def close(self) -> None:
        """End the process of its own, where there is one."""
        self._apart.close()
