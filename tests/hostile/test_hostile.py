"""Hostile files, each read in a process of its own: its own code, in two seconds of processor and 200 MB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import REAL_ANSWERS
from shared.packages import put_answer
from shared.tables import sampled

from hostile import build, cases, runner
from xlkpi.cli import main
from xlkpi.issue import Issue
from xlkpi.workbook.package import unpack

TESTS = Path(__file__).parent.parent
PATIENCE = 300  # seconds for a process
ATTEMPTS = 4
SECONDS, MEGABYTES = 2, 200  # of processor and of memory, the interpreter with all that it imports among them
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes without a start of their own")


@pytest.fixture(scope="module")
def issued(issue: Issue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("issue")
    issue.save(folder)
    return folder


@pytest.fixture(scope="module")
def good(blank: bytes, fill: Callable[..., bytes], real_month: Any) -> bytes:
    return fill(blank, real_month.answers)


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=environment, encoding="utf-8")


Told = Mapping[str, Mapping[str, Any]]

FILES: dict[str, build.Build] = {
    **{name: make for name, (make, _) in {**cases.UNUSABLE, **cases.READABLE}.items()},
    "the good file itself": lambda good: good,
    "a thousand parts": lambda good: build.many_parts(1000 - len(unpack(good)))(good),
}


def read_files(names: Iterable[str], good: bytes, issued: Path, folder: Path) -> Told:
    """What is said of each file. In their folder nothing but they lies afterwards."""
    files = {name: folder / f"{number}.xlsx" for number, name in enumerate(names)}
    for name, file in files.items():
        file.write_bytes(FILES[name](good))
    done = run(runner.__file__, "read", issued, files["the good file itself"], *files.values())
    said = [json.loads(line) for line in done.stdout.splitlines()]
    ends = [one for one in said if "status" in one]
    assert done.returncode == 0, f"ended at {list(files)[len(ends)]}: {done.stderr[-2000:]}"
    died = [name for name, end in zip(files, ends, strict=True) if end["status"]]
    assert not died, f"{died}: {done.stderr[-2000:]}"
    assert sorted(folder.iterdir()) == sorted(files.values())
    for file in files.values():
        file.unlink()
    return {name: {**said[2 * n], **said[2 * n + 1]} for n, name in enumerate(files)}


@pytest.fixture(scope="module")
def told(good: bytes, issued: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    return read_files(FILES, good, issued, tmp_path_factory.mktemp("hostile"))


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nothing but the file lies afterwards."""
    folder = tmp_path / "alone"
    folder.mkdir()
    yield folder / "hostile.xlsx"
    assert [path.name for path in folder.iterdir()] == ["hostile.xlsx"]


@FORKS
@pytest.mark.parametrize("name", cases.UNUSABLE)
def test_it_is_refused_with_its_own_code(name: str, told: Told) -> None:
    said = told[name]
    assert (said["usable"], said["codes"]) == (False, [cases.UNUSABLE[name][1]]), said["messages"]
    assert cases.NAMED.get(name, "") in said["messages"][0]


@FORKS
@pytest.mark.parametrize("name", cases.READABLE)
def test_it_is_read_without_harm(name: str, good: bytes, told: Told) -> None:
    make, codes = cases.READABLE[name]
    assert make(good) != good
    said = told[name]
    assert (said["usable"], said["codes"]) == (True, codes), said["messages"]


@FORKS
@pytest.mark.parametrize("name", ["the good file itself", "a thousand parts"])
def test_it_is_read_without_a_finding(name: str, told: Told) -> None:
    assert (told[name]["usable"], told[name]["codes"]) == (True, [])


@FORKS
def test_what_is_said_of_them_is_short_and_takes_little(told: Told, good: bytes, issued: Path, tmp_path: Path) -> None:
    """What takes much is read again: on a busy machine the same work takes up to twice the processor's time."""
    assert len(cases.UNUSABLE) >= 120
    long = {name: said["messages"] for name, said in told.items() if any(len(m) >= 2000 for m in said["messages"])}
    much = takes_much(told)
    for attempt in range(ATTEMPTS):
        if much:
            folder = tmp_path / str(attempt)
            folder.mkdir()
            much = takes_much(read_files({"the good file itself": None, **much}, good, issued, folder))
    assert (long, much) == ({}, {})


def takes_much(told: Told) -> Told:
    return {name: said for name, said in told.items() if said["seconds"] >= SECONDS or said["megabytes"] >= MEGABYTES}


# ------------------------------------------------------------------ mutants

MANY, CHUNK = 20_000, 1_000


@pytest.fixture(scope="module")
def bases(good: bytes, blank: bytes, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """What is altered: a blank and a workbook as spreadsheet programs spell them, and one as openpyxl does."""
    spelled = blank
    for name, value in REAL_ANSWERS.items():
        spelled = put_answer(spelled, name, f"<v>{value:g}</v>")
    folder = tmp_path_factory.mktemp("bases")
    for name, data in (("blank", blank), ("spelled", spelled), ("openpyxl", good)):
        (folder / name).write_bytes(data)
    return [folder / name for name in ("blank", "spelled", "openpyxl")]


def no_fault(done: subprocess.CompletedProcess[str]) -> set[str]:
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert not told["faults"], "\n".join(told["faults"][:3])
    return set(told["outcomes"])


@pytest.mark.parametrize("number", sampled(range(3), 3))
def test_no_altered_file_raises_or_takes_long(number: int, issued: Path, bases: list[Path]) -> None:
    told = no_fault(run(runner.__file__, "fuzz", issued, bases[number], number, 150))
    assert {"read", "XK-F002"} <= told  # else the alterations prove nothing


@pytest.mark.slow
def test_none_of_twenty_thousand_raises_or_takes_long(issued: Path, bases: list[Path]) -> None:
    seeds = range(100, 100 + MANY // CHUNK)
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        runs = [
            threads.submit(run, runner.__file__, "fuzz", issued, bases[seed % 2 if seed % 10 else 2], seed, CHUNK)
            for seed in seeds
        ]
        told = set().union(*(no_fault(one.result()) for one in runs))
    assert len(told) > 8


# ------------------------------------------------------------------ the command line's exit code


def call(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize(
    ("name", "code"),
    [("a bomb by its ratio", 3), ("a billion laughs", 3), ("a cell in the last corner", 3), ("a path that leads up", 3),
     ("the first half of a file", 1), ("an old .xls", 1)],
)  # fmt: skip
def test_checking_ends_with_the_code_of_the_class(name: str, code: int, good: bytes, issued: Path, alone: Path) -> None:
    alone.write_bytes(cases.UNUSABLE[name][0](good))
    done = call("check", alone, "--issue", issued)
    assert done.exit_code == code, done.output
    assert isinstance(done.exception, SystemExit)
    assert cases.UNUSABLE[name][1] in done.output


def test_scoring_a_folder_with_a_bomb_in_it_scores_the_rest(good: bytes, issued: Path, tmp_path: Path) -> None:
    sent, out = tmp_path / "sent", tmp_path / "out"
    sent.mkdir()
    (sent / "a.xlsx").write_bytes(good)
    (sent / "bomb.xlsx").write_bytes(cases.UNUSABLE["a bomb by its ratio"][0](good))
    done = call("score", sent, "--issue", issued, "-o", out)
    assert done.exit_code == 3, done.output
    dealers = json.loads((out / "scores.json").read_text("utf-8"))["dealers"]
    assert [(dealer["file"], dealer["status"]) for dealer in dealers] == [
        ("a.xlsx", "provisional"), ("bomb.xlsx", "rejected"),
    ]  # fmt: skip


def test_scoring_a_folder_with_a_damaged_file_ends_partly(good: bytes, issued: Path, tmp_path: Path) -> None:
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "a.xlsx").write_bytes(good)
    (tmp_path / "sent" / "b.xlsx").write_bytes(good[:5000])
    done = call("score", tmp_path / "sent", "--issue", issued, "-o", tmp_path / "out")
    assert done.exit_code == 4, done.output


def test_no_altered_file_is_marked_into_another(good: bytes, issued: Path, tmp_path: Path) -> None:
    (tmp_path / "good.xlsx").write_bytes(good)
    done = run(runner.__file__, "mark", issued, tmp_path / "good.xlsx", 3, 60)
    assert done.returncode == 0, done.stderr[-3000:]
    assert {"marked", "XK-W011"} <= set(json.loads(done.stdout)["outcomes"])


@pytest.mark.parametrize("by", ["compiled", "formualizer"])
def test_what_cannot_be_recalculated_does_not_end_an_audit(by: str, good: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(good)
    names = ["a formula of four thousand brackets", "a size that the directory misstates", "a bomb by its ratio"]
    for number, name in enumerate(names):
        (tmp_path / f"{number}.xlsx").write_bytes(FILES[name](good))
    done = call("audit", tmp_path, "--engine", by)
    assert done.exit_code == 3, done.output
    assert "a.xlsx" in done.output and "XK-W075" in done.output  # it holds no results to compare
    assert done.output.count("XK-F029") >= 1
    assert "XK-F006" in done.output
