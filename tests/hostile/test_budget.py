"""The clock and the memory of one file: over them it gets a finding, and the others are read all the same."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import repeat
from pathlib import Path

import pytest
from click.testing import CliRunner

from hostile.workers import never_ends, unmade, worker
from xlkpi.batch import Runner, score_here, score_in_processes
from xlkpi.batch.work import FileOutcome, Setup, SourceFile, Worker, unusable_of
from xlkpi.checking.check import Checker
from xlkpi.cli import main
from xlkpi.findings import Finding
from xlkpi.intake import apart, reading, submission
from xlkpi.intake.apart import Apart, Ended
from xlkpi.intake.bounded import bounded
from xlkpi.intake.budget import Budget, limits_here, within
from xlkpi.intake.guard import Refused
from xlkpi.intake.reading import Reading
from xlkpi.intake.submission import Submission, Unusable
from xlkpi.issue import Issue

HERE = pytest.mark.skipif(not limits_here(), reason="the system has no limits for this process")
SHORT = Budget(seconds=0.3)


def a_pattern_without_end() -> None:
    """One call into C, which only a signal reaches."""
    re.match(r"(a+)+$", "a" * 60 + "b")


def a_list_without_end() -> list[bytes]:
    kept = []
    while True:
        kept.append(bytes(1 << 22))


@HERE
@pytest.mark.parametrize("work", [never_ends, a_pattern_without_end])
def test_what_never_ends_is_stopped_by_the_clock(work: Callable[[], object]) -> None:
    start = time.monotonic()
    done = within(SHORT, "a.xlsx", work)
    assert isinstance(done, Finding)
    assert (done.code, done.facts["limit"]) == ("XK-F020", "0.3")
    assert time.monotonic() - start < 30


@HERE
def test_what_takes_all_memory_is_stopped_and_memory_is_there_again() -> None:
    done = within(Budget(memory=64 << 20), "a.xlsx", a_list_without_end)
    assert isinstance(done, Finding)
    assert (done.code, done.facts["limit"]) == ("XK-F021", 64)
    assert len(bytes(128 << 20)) == 128 << 20


# ------------------------------------------------------------------ what never comes back from C


def busy_in_c() -> None:
    """One call that holds the interpreter for ever and looks at no signal."""
    deque(repeat(0), maxlen=0)


Read = Callable[[Path | bytes, str], Submission | Unusable]
usual_reader = reading._reader


def stuck_reader(issue: Issue, budget: Budget) -> Read:
    """Reads as always, but for b.xlsx, which never ends, c.xlsx, which kills, and d.xlsx, which has a fault of ours."""
    usual = usual_reader(issue, budget)

    def read(source: Path | bytes, file: str) -> Submission | Unusable:
        if file == "b.xlsx":
            busy_in_c()
        if file == "c.xlsx":
            os.abort()
        if file == "d.xlsx":
            raise ZeroDivisionError("ours")
        return usual(source, file)

    return read


def stuck_scorer(setup: Setup) -> Callable[[SourceFile], FileOutcome]:
    """A worker of many in which reading may never end."""
    reading._reader = stuck_reader
    return Worker(setup, expendable=True).score


NAMES = ("a.xlsx", "b.xlsx", "c.xlsx", "d.xlsx", "e.xlsx")


@pytest.fixture
def stuck(filled: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Files of which some never end or kill; in every way that they are read."""
    monkeypatch.setattr("xlkpi.intake.reading._reader", stuck_reader)
    monkeypatch.setattr("xlkpi.intake.reading.GRACE", 0.5)
    monkeypatch.setattr("xlkpi.batch.processes.GRACE", 0.5)
    monkeypatch.setattr("xlkpi.batch.processes._scorer", stuck_scorer)
    monkeypatch.setenv("XLKPI_FILE_SECONDS", "3")
    for name in NAMES:
        (tmp_path / name).write_bytes(filled)
    return [tmp_path / name for name in NAMES]


def test_checking_goes_on_past_a_file_that_never_ends(issue: Issue, stuck: list[Path]) -> None:
    checked = Checker(issue).check(stuck)
    assert [isinstance(one.read, Submission) for one in checked] == [True, False, False, False, True]
    told = [[finding.code for finding in one.findings] for one in checked[1:4]]
    assert told == [["XK-F020"], ["XK-F021"], ["XK-W002"]]


def test_a_file_that_never_ends_is_not_opened_again_to_be_marked(
    issue: Issue, stuck: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    checker = Checker(issue)
    (checked,) = checker.check(stuck[1:2])
    monkeypatch.setattr("xlkpi.checking.check.admit", lambda _: busy_in_c())
    marked = checker.marked(checked)
    assert marked.data is None
    assert marked.finding is not None
    assert marked.finding.code == "XK-W011"


@pytest.mark.parametrize("runner", [score_here, partial(score_in_processes, jobs=2)])
def test_scoring_goes_on_past_a_file_that_never_ends(issue: Issue, stuck: list[Path], runner: Runner) -> None:
    scored = dict(runner(Setup(issue, "formualizer"), [SourceFile(path, path.name) for path in stuck]))
    told = {one.file: [f.code for f in unusable_of(done.outcome).findings] for one, done in scored.items()
            if not done.answers}  # fmt: skip
    assert sorted(one.file for one in scored) == sorted(NAMES)
    died = "XK-F021" if runner is score_here else "XK-W002"
    assert told == {"b.xlsx": ["XK-F020"], "c.xlsx": [died], "d.xlsx": ["XK-W002"]}


def test_a_library_in_a_thread_reads_within_the_same_budget(issue: Issue, filled: bytes) -> None:
    """Signals do not reach a thread; nor are this process's own limits touched."""
    found: list[Submission | Unusable] = []
    one = Reading(issue)
    thread = threading.Thread(target=lambda: found.append(one(filled, "a.xlsx")))
    thread.start()
    thread.join()
    one.close()
    assert found == [reading.read_submission(issue, filled, "a.xlsx")]


@HERE
def test_memory_that_is_not_there_is_a_finding(issue: Issue, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(source: object) -> object:
        raise MemoryError

    monkeypatch.setattr(submission, "open_source", opened)
    done = Reading(issue, in_process=True)(b"", "a.xlsx")
    assert isinstance(done, Unusable)
    assert [finding.code for finding in done.findings] == ["XK-F021"]


# ------------------------------------------------------------------ a process of its own


def test_a_process_of_its_own_is_ended_by_the_clock_and_started_again() -> None:
    apart = Apart(worker, "mine")
    try:
        first = apart(20, "quick")
        assert (first[:2], first[2] != os.getpid()) == (("mine", "quick"), True)
        with pytest.raises(ValueError, match="raise"):
            apart(20, "raise")
        assert apart(20, "quick") == first
        for word, seconds, by_clock in (("sleep", 0.3, True), ("die", 20, False)):
            with pytest.raises(Ended) as ended:
                apart(seconds, word)
            assert ended.value.by_clock is by_clock
            assert apart(20, "again")[:2] == ("mine", "again")
    finally:
        apart.close()


def test_who_comes_next_takes_the_process_that_another_has_left() -> None:
    one, other = Apart(worker, "one"), Apart(worker, "other")
    first = one(20, "a")
    one.close()
    assert other(20, "b") == ("other", "b", first[2])
    assert one(20, "c")[2] != first[2]
    one.close()
    other.close()


def test_work_that_cannot_be_made_says_so_each_time_and_leaves_nothing_of_earlier_work() -> None:
    one, other = Apart(worker, "one"), Apart(unmade)
    one(20, "a")
    one.close()
    for _ in range(2):
        with pytest.raises(ValueError, match="unmade"):
            other(20, "b")


def test_an_answer_that_nobody_waited_for_is_not_taken_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a file is read: an open workbook or a notebook goes on."""
    one, other = Apart(worker, "one"), Apart(worker, "other")
    first = one(20, "a")

    def interrupted(_: object) -> object:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(apart, "_answer", interrupted)
        one(20, "a while")
    one.close()
    assert other(20, "b")[:2] == ("other", "b")
    assert one(20, "c")[:2] == ("one", "c")
    assert one(20, "c")[2] != first[2]
    one.close()
    other.close()


def test_who_asks_next_pays_for_no_process_that_died_in_between() -> None:
    one, other = Apart(worker, "one"), Apart(worker, "other")
    for asked in (one, other):
        pid = one(20, "a")[2]
        if asked is other:
            one.close()
        os.kill(pid, signal.SIGTERM)
        time.sleep(0.2)
        answer = asked(20, "b")
        assert (answer[1], answer[2] != pid) == ("b", True)
    one.close()
    other.close()


def test_threads_that_ask_at_once_get_their_own_answers() -> None:
    asked = Apart(worker, "mine")
    with ThreadPoolExecutor(4) as threads:
        words = [str(n) for n in range(200)]
        assert [answer[1] for answer in threads.map(lambda word: asked(20, word), words)] == words
    asked.close()


def test_what_is_printed_in_the_process_is_no_answer() -> None:
    asked = Apart(worker, "mine")
    assert asked(20, "print")[:2] == ("mine", "print")
    asked.close()


@pytest.mark.skipif(sys.platform != "linux", reason="there one can see where a process stands")
def test_a_process_that_waits_stands_in_nobody_s_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asked = Apart(worker, "mine")
    pid = asked(20, "a")[2]
    assert Path(f"/proc/{pid}/cwd").readlink() != tmp_path
    asked.close()


@pytest.mark.skipif(sys.platform != "linux", reason="there one can see which processes run")
@pytest.mark.parametrize("word", ["a", "sleep", "loop"])
def test_a_process_ends_soon_after_its_parent_was_killed(word: str) -> None:
    """Whether it waits, or is in the middle of a file."""
    script = f"""
from tests.hostile.workers import worker
from xlkpi.intake.apart import Apart

asked = Apart(worker, "mine")
print(asked(60, "a")[2], flush=True)
asked(60, {word!r})
asked(60, "sleep")
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.2)
        parent.kill()
    end = time.monotonic() + 30  # seconds; it takes one or two where the machine is idle
    while Path(f"/proc/{pid}/stat").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
        assert time.monotonic() < end, "the process is still there"
        time.sleep(0.1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
def test_a_forked_copy_has_a_process_of_its_own() -> None:
    script = """
import os
from tests.hostile.workers import worker
from xlkpi.intake.apart import Apart

one = Apart(worker, "one")
pid = one(20, "a")[2]
one.close()
copy = os.fork()
other = Apart(worker, "copy" if copy == 0 else "other")
pids = {other(20, str(n))[2] for n in range(50) if other(20, str(n))[1] == str(n)}
assert (pids == {pid}) == (copy != 0), (pids, pid)
other.close()
if copy:
    assert os.waitpid(copy, 0)[1] == 0
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.mark.parametrize(
    ("seconds", "megabytes", "expected"),
    [("5", "100", Budget(5, 100 << 20)), ("", "", Budget()), ("-1", "many", Budget()), ("nan", "0", Budget())],
)
def test_the_budget_is_what_the_environment_says(
    seconds: str, megabytes: str, expected: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XLKPI_FILE_SECONDS", seconds)
    monkeypatch.setenv("XLKPI_FILE_MEMORY_MB", megabytes)
    assert Budget.from_environment() == expected


# ------------------------------------------------------------------ commands that open one workbook after another


def endless_source(*_: object) -> object:
    never_ends()
    return None


@HERE
@pytest.mark.parametrize(
    ("reader", "words"),
    [
        ("xlkpi.scoring.trace.open_workbook", ["trace", "FILE", "接车台次"]),
        ("xlkpi.scoring.audit.open_workbook", ["audit", "FILE"]),
        ("xlkpi.shown.pdf.open_workbook", ["pdf", "FILE", "-o", "OUT"]),
        ("xlkpi.headquarters.table.open_source",
         ["new", "service-assessment", "--month", "2026-11", "--roster", "FILE", "--targets", "FILE", "-o", "OUT"]),
    ],
)  # fmt: skip
def test_every_command_has_the_budget(
    reader: str, words: list[str], filled: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(filled)
    monkeypatch.setattr(reader, endless_source)
    monkeypatch.setattr("xlkpi.shown.pdf.find_soffice", lambda: "true")
    monkeypatch.setenv("XLKPI_FILE_SECONDS", "0.3")
    places = {"FILE": str(file), "OUT": str(tmp_path / "out")}
    done = CliRunner().invoke(main, [places.get(word, word) for word in words])
    assert done.exit_code in (1, 3, 4), done.output
    assert "XK-F020" in done.output


@pytest.mark.parametrize("fault", [KeyError, ValueError, RecursionError])
def test_malformed_xml_is_a_refusal(fault: type[Exception]) -> None:
    def read() -> None:
        raise fault

    with pytest.raises(Refused) as refused:
        bounded(read)
    assert refused.value.code == "XK-F002"
