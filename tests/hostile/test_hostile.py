"""Hostile files, each read in a process of its own with 2 GB and a clock."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hostile import build, runner
from xlkpi.issue import Issue
from xlkpi.workbook.package import unpack

TESTS = Path(__file__).parent.parent
PATIENCE = 20  # seconds for a process, its start included
QUICK = 5.0  # seconds of processor for a file


@pytest.fixture(scope="module")
def issued(issue: Issue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("issue")
    issue.save(folder)
    return folder


@pytest.fixture(scope="module")
def good(blank: bytes, fill: Callable[..., bytes], real_month: Any) -> bytes:
    return fill(blank, real_month.answers)


def run(*arguments: object, patience: float = PATIENCE) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=patience, env=environment, encoding="utf-8")


def read(issued: Path, file: Path) -> dict[str, Any]:
    done = run(runner.__file__, "read", issued, file)
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["seconds"] < QUICK
    assert all(len(message) < 2000 for message in told["messages"])
    return told


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nothing but the file lies afterwards."""
    folder = tmp_path / "alone"
    folder.mkdir()
    yield folder / "hostile.xlsx"
    assert [path.name for path in folder.iterdir()] == ["hostile.xlsx"]


@pytest.mark.parametrize("name", build.UNUSABLE)
def test_it_is_refused_with_its_own_code(name: str, good: bytes, issued: Path, alone: Path) -> None:
    make, code = build.UNUSABLE[name]
    alone.write_bytes(make(good))
    told = read(issued, alone)
    assert (told["usable"], told["codes"]) == (False, [code]), told["messages"]
    assert build.NAMED.get(name, "") in told["messages"][0]


@pytest.mark.parametrize("name", build.READABLE)
def test_it_is_read_without_harm(name: str, good: bytes, issued: Path, alone: Path) -> None:
    make, codes = build.READABLE[name]
    alone.write_bytes(make(good))
    assert alone.read_bytes() != good
    told = read(issued, alone)
    assert (told["usable"], told["codes"]) == (True, codes), told["messages"]


def test_the_good_file_itself_is_read_without_a_finding(good: bytes, issued: Path, alone: Path) -> None:
    alone.write_bytes(good)
    assert read(issued, alone)["codes"] == []


def test_a_thousand_parts_are_still_read(good: bytes, issued: Path, alone: Path) -> None:
    alone.write_bytes(build.many_parts(1000 - len(unpack(good)))(good))
    assert read(issued, alone)["codes"] == []


@pytest.mark.parametrize("seed", [1, 2])
def test_no_altered_file_raises_or_takes_long(seed: int, good: bytes, issued: Path, tmp_path: Path) -> None:
    (tmp_path / "good.xlsx").write_bytes(good)
    done = run(runner.__file__, "fuzz", issued, tmp_path / "good.xlsx", seed, 200, patience=60)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert told["slowest"] < QUICK
    assert {"read", "XK-F002"} <= set(told["outcomes"])  # else the alterations prove nothing


def test_no_altered_blank_raises_either(blank: bytes, issued: Path, tmp_path: Path) -> None:
    (tmp_path / "blank.xlsx").write_bytes(blank)
    done = run(runner.__file__, "fuzz", issued, tmp_path / "blank.xlsx", 7, 200, patience=60)
    assert done.returncode == 0, done.stderr[-3000:]


# ------------------------------------------------------------------ the command line's exit code

CLI = ("-c", "from xlkpi.cli import main; main()")


@pytest.mark.parametrize(
    ("name", "code"),
    [("a bomb by its ratio", 3), ("a billion laughs", 3), ("a cell in the last corner", 3), ("a path that leads up", 3),
     ("the first half of a file", 1), ("an old .xls", 1)],
)  # fmt: skip
def test_checking_ends_with_the_code_of_the_class(name: str, code: int, good: bytes, issued: Path, alone: Path) -> None:
    alone.write_bytes(build.UNUSABLE[name][0](good))
    done = run(*CLI, "check", alone, "--issue", issued)
    assert done.returncode == code, done.stdout + done.stderr
    assert build.UNUSABLE[name][1] in done.stdout
    assert "Traceback" not in done.stderr


def test_scoring_a_folder_with_a_bomb_in_it_scores_the_rest(good: bytes, issued: Path, tmp_path: Path) -> None:
    sent, out = tmp_path / "sent", tmp_path / "out"
    sent.mkdir()
    (sent / "a.xlsx").write_bytes(good)
    (sent / "bomb.xlsx").write_bytes(build.UNUSABLE["a bomb by its ratio"][0](good))
    done = run(*CLI, "score", sent, "--issue", issued, "-o", out)
    assert done.returncode == 3, done.stdout + done.stderr
    dealers = json.loads((out / "scores.json").read_text("utf-8"))["dealers"]
    assert [(dealer["file"], dealer["status"]) for dealer in dealers] == [
        ("a.xlsx", "provisional"), ("bomb.xlsx", "rejected"),
    ]  # fmt: skip


def test_scoring_a_folder_with_a_damaged_file_ends_partly(good: bytes, issued: Path, tmp_path: Path) -> None:
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "a.xlsx").write_bytes(good)
    (tmp_path / "sent" / "b.xlsx").write_bytes(good[:5000])
    done = run(*CLI, "score", tmp_path / "sent", "--issue", issued, "-o", tmp_path / "out")
    assert done.returncode == 4, done.stdout + done.stderr


def test_no_altered_file_is_marked_into_another(good: bytes, issued: Path, tmp_path: Path) -> None:
    (tmp_path / "good.xlsx").write_bytes(good)
    done = run(runner.__file__, "mark", issued, tmp_path / "good.xlsx", 3, 60, patience=90)
    assert done.returncode == 0, done.stderr[-3000:]
    assert {"marked", "XK-W011"} <= set(json.loads(done.stdout)["outcomes"])
