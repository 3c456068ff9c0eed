"""What pages show, read off the workspace's files. What was read is kept until one of its files changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from xlkpi.issue import ISSUE_FILE, Dealer, Issue, IssueError
from xlkpi.month.scores import SCORES_FILE, NoScores, Scores, load_scores
from xlkpi.month.store.file import StoreError, open_store
from xlkpi.month.store.query import DealerMonth, dealer_months
from xlkpi.workspace.advice import Advice, Standing, advise, standing
from xlkpi.workspace.inspecting import Entry, entries_of
from xlkpi.workspace.places import MonthFolder, Workspace, find_workspace
from xlkpi.workspace.receiving import Line, read_log
from xlkpi.workspace.record import RECORD_FILE, Record
from xlkpi.workspace.settings import SETTINGS_FILE

T = TypeVar("T")
Stamp = tuple[tuple[str, int, int], ...]
_REMEMBERED: Final = 24  # things that were read


class Reading:
    """Reads a workspace for the pages; safe to be asked by several threads."""

    def __init__(self, root: Path):
        self.root = root
        self._known: dict[Hashable, tuple[Stamp, Any]] = {}
        self._locks: dict[Hashable, threading.Lock] = {}
        self._guard = threading.Lock()

    def workspace(self) -> Workspace | None:
        """The workspace; None where none was made yet.

        Raises:
            Refusal: its settings cannot be used.
        """
        return find_workspace(self.root) if (self.root / SETTINGS_FILE).is_file() else None

    def record(self, folder: MonthFolder) -> Record:
        """A month's history.

        Raises:
            Refusal: it is damaged.
        """
        return self._read("record", folder, [folder.path / RECORD_FILE], folder.record)

    def log(self, folder: MonthFolder) -> Sequence[Line]:
        """What came.

        Raises:
            Refusal: the log is damaged.
        """
        return self._read("log", folder, [folder.log], lambda: read_log(folder.log))

    def issue(self, folder: MonthFolder) -> Issue | None:
        """What was issued; None before that, and where it cannot be read."""

        def load() -> Issue | None:
            try:
                return Issue.load(folder.blanks)
            except IssueError:
                return None

        return self._read("issue", folder, [folder.blanks / ISSUE_FILE], load)

    def scores(self, folder: MonthFolder) -> Scores | None:
        """What the last score came to; None before one."""

        def load() -> Scores | None:
            try:
                return load_scores(folder.results)
            except NoScores:
                return None

        return self._read("scores", folder, [folder.results / SCORES_FILE], load)

    def standing(self, folder: MonthFolder) -> Standing:
        """Where a month stands.

        Raises:
            Refusal: its record, or what was issued, cannot be read.
        """
        files = [folder.path / RECORD_FILE, folder.log, folder.blanks / ISSUE_FILE]
        return self._read("standing", folder, files, lambda: standing(folder))

    def advice(self, folder: MonthFolder, now: datetime) -> Advice:
        """The one thing to do now, and what is in its way.

        Raises:
            Refusal: a file that it goes by cannot be read.
        """
        files = [*_decisive(folder), *folder.inspection_lists()]
        key = f"advice {now:%Y-%m-%d}"
        return self._read(key, folder, files, lambda: advise(folder.workspace, folder.month, now)[1])

    def inspections(self, folder: MonthFolder, issue: Issue) -> Mapping[str, Sequence[Entry]]:
        """What the forms for inspections hold, by dealer."""
        files = [folder.blanks / ISSUE_FILE, *folder.inspection_lists()]
        return self._read("inspections", folder, files, lambda: entries_of(folder, issue, list(issue.roster)))

    def history(self, workspace: Workspace, dealer: str) -> Sequence[DealerMonth]:
        """A dealer's months in the history file; none where there is no file, or another program holds it."""
        if not workspace.history.is_file():
            return []
        try:
            with open_store(workspace.history) as store:
                return dealer_months(store, dealer)
        except StoreError:
            return []

    def _read(self, kind: str, folder: MonthFolder, files: Iterable[Path], load: Callable[[], T]) -> T:
        key = kind, folder.path
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            stamp = _stamp(files)
            known = self._known.get(key)
            if known is not None and known[0] == stamp:
                content: T = known[1]
                return content
            content = load()
            with self._guard:
                self._known.pop(key, None)
                self._known[key] = stamp, content
                while len(self._known) > _REMEMBERED:
                    del self._known[next(iter(self._known))]
            return content


def _decisive(folder: MonthFolder) -> list[Path]:
    """The files that decide what is to be done, but for the forms for inspections."""
    workspace = folder.workspace
    return [
        workspace.root / SETTINGS_FILE, workspace.roster, workspace.days, folder.path / RECORD_FILE, folder.log,
        folder.targets, folder.waivers, folder.blanks / ISSUE_FILE, folder.results / SCORES_FILE,
    ]  # fmt: skip


def _stamp(files: Iterable[Path]) -> Stamp:
    """What changes when a file is written anew."""
    stamp = []
    for path in files:
        try:
            facts = path.stat()
            stamp.append((str(path), facts.st_mtime_ns, facts.st_size))
        except OSError:
            stamp.append((str(path), 0, -1))
    return tuple(stamp)


def dealers_of(issue: Issue | None) -> Mapping[str, Dealer]:
    """The dealers to whom a month was issued."""
    return issue.roster if issue is not None else {}
