"""The clock and the memory of one file: over them it gets a finding, and the others are read all the same."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

import pytest

from xlkpi.checking.check import Checker
from xlkpi.findings import Finding
from xlkpi.intake import reading, submission
from xlkpi.intake.budget import Apart, Budget, limits_here, within
from xlkpi.intake.reading import Reading
from xlkpi.intake.submission import Submission, Unusable, open_source
from xlkpi.issue import Issue

HERE = pytest.mark.skipif(not limits_here(), reason="the system has no limits for this process")
SHORT = Budget(seconds=0.3)


def never_ends() -> None:
    while True:
        time.sleep(0.01)


def a_pattern_without_end() -> None:
    """One call into C, which only a signal reaches."""
    re.match(r"(a+)+$", "a" * 60 + "b")


def a_list_without_end() -> list[bytes]:
    kept = []
    while True:
        kept.append(bytes(1 << 22))


@HERE
@pytest.mark.parametrize("work", [never_ends, a_pattern_without_end])
def test_what_never_ends_is_stopped_by_the_clock(work: object) -> None:
    start = time.monotonic()
    done = within(SHORT, "a.xlsx", work)  # type: ignore[arg-type]
    assert isinstance(done, Finding)
    assert (done.code, done.facts["limit"]) == ("XK-F020", "0.3")
    assert time.monotonic() - start < 30


@HERE
def test_what_takes_all_memory_is_stopped_and_memory_is_there_again() -> None:
    done = within(Budget(memory=64 << 20), "a.xlsx", a_list_without_end)
    assert isinstance(done, Finding)
    assert (done.code, done.facts["limit"]) == ("XK-F021", 64)
    assert len(bytes(128 << 20)) == 128 << 20


@HERE
def test_a_file_that_never_ends_does_not_keep_the_next_from_being_read(
    issue: Issue, filled: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(source: object) -> object:
        if isinstance(source, Path) and source.name == "b.xlsx":
            never_ends()
        return open_source(source)  # type: ignore[arg-type]

    monkeypatch.setattr(submission, "open_source", opened)
    monkeypatch.setenv("XLKPI_FILE_SECONDS", "0.5")
    for name in ("a.xlsx", "b.xlsx", "c.xlsx"):
        (tmp_path / name).write_bytes(filled)
    checked = Checker(issue).check(tmp_path / name for name in ("a.xlsx", "b.xlsx", "c.xlsx"))
    assert [isinstance(one.read, Submission) for one in checked] == [True, False, True]
    assert [finding.code for finding in checked[1].findings] == ["XK-F020"]


@HERE
def test_memory_that_is_not_there_is_a_finding(issue: Issue, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(source: object) -> object:
        raise MemoryError

    monkeypatch.setattr(submission, "open_source", opened)
    done = Reading(issue)(b"", "a.xlsx")
    assert isinstance(done, Unusable)
    assert [finding.code for finding in done.findings] == ["XK-F021"]


def waits(given: object, *sent: object) -> object:
    """For a process of its own: sleeps where it is told to, dies where it is told to."""
    if sent[0] == "sleep":
        time.sleep(60)
    if sent[0] == "die":
        raise SystemExit
    return given, sent


def test_a_process_of_its_own_is_ended_by_the_clock_and_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlkpi.intake.budget._GRACE", 0.2)
    apart = Apart(waits, "mine")
    try:
        assert apart(Budget(seconds=20), "a.xlsx", "quick") == ("mine", ("quick",))
        stopped = apart(SHORT, "b.xlsx", "sleep")
        assert isinstance(stopped, Finding)
        assert stopped.code == "XK-F020"
        died = apart(Budget(seconds=20), "c.xlsx", "die")
        assert isinstance(died, Finding)
        assert died.code == "XK-F021"
        assert apart(Budget(seconds=20), "d.xlsx", "again") == ("mine", ("again",))
    finally:
        apart.close()


def test_where_no_limits_are_the_file_is_read_in_a_process_of_its_own(issue: Issue, filled: bytes) -> None:
    """As on Windows, and in a thread, which signals do not reach."""
    found: list[Submission | Unusable] = []
    one = Reading(issue)
    thread = threading.Thread(target=lambda: found.append(one(filled, "a.xlsx")))
    thread.start()
    thread.join()
    one.close()
    here = reading.read_submission(issue, filled, "a.xlsx")
    assert found == [here]


@pytest.mark.parametrize(
    ("seconds", "megabytes", "expected"),
    [("5", "100", Budget(5, 100 << 20)), ("", "", Budget()), ("-1", "many", Budget()), ("nan", "0", Budget())],
)
def test_the_budget_is_what_the_environment_says(
    seconds: str, megabytes: str, expected: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XLKPI_FILE_SECONDS", seconds)
    monkeypatch.setenv("XLKPI_FILE_MEMORY_MB", megabytes)
    assert Budget.given() == expected
