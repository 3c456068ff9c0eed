"""What an earlier run left is trusted where it is as it was written; a folder is written by one run at a time."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import REAL_ANSWERS, RealMonth
from shared.tables import sampled

from xlkpi.batch import MANIFEST_FILE, run
from xlkpi.batch.manifest import _entries
from xlkpi.files import FolderInUse, WriteError, claimed
from xlkpi.headquarters.issuing import Blank
from xlkpi.intake.guard import Refused, raw_bytes
from xlkpi.issue import Issue, IssueError

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has neither pipes by name nor links for everybody")


@pytest.fixture(scope="module")
def inspected(issue: Issue, real_month: RealMonth) -> Issue:
    return replace(issue, inspections={code: dict(real_month.inspections) for code in issue.roster})


@pytest.fixture(scope="module")
def sent(
    issued_blanks: Mapping[str, Blank], fill: Callable[..., bytes], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("sent")
    for code, blank in issued_blanks.items():
        (folder / f"{code}.xlsx").write_bytes(fill(blank.data, REAL_ANSWERS))
    return folder


def score(issue: Issue, sent: Path, out: Path, *, resume: bool = False) -> tuple[list[Any], list[str]]:
    batch = run(issue, sent.iterdir(), out=out, resume=resume)
    return list(batch.assessments), [finding.code for finding in batch.findings]


def flipped(data: bytes, seed: int) -> bytes:
    chance = random.Random(seed)
    at = chance.randrange(len(data) - 1)  # not the last end of line: that is a line cut off
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(7)]) + data[at + 1 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "a total": lambda data: data.replace(b'"total":88', b'"total":99', 1),
    "a dealer": lambda data: data.replace(b'"dealer":"D001"', b'"dealer":"D002"', 1),
    "a hash": lambda data: data.replace(b'"written":"', b'"written":"0', 1),
    "no check": lambda data: data[: data.rindex(b',"check":')] + b"}\n",
    "another check": lambda data: data[:-8] + b"000000\"}\n"[-8:],
    "no line": lambda data: b"nonsense\n" + data,
    "a blank line": lambda data: b"\n" + data,
    "no words": lambda data: b"\xff\xfe\x00\n" + data,
    "deep": lambda data: b"[" * 100_000 + b',"outcome":{},"check":"0"}\n' + data,
    "an outcome of another line": lambda data: data.replace(data.split(b"\n")[0], data.split(b"\n")[1], 1)[:-1] + b"\n",
    **{f"a bit, {seed}": lambda data, seed=seed: flipped(data, seed) for seed in range(20)},
}  # fmt: skip


@pytest.mark.parametrize("name", sampled(DAMAGE, 2))
def test_what_was_damaged_or_edited_is_scored_anew_and_told(
    name: str, inspected: Issue, sent: Path, tmp_path: Path
) -> None:
    whole, told = score(inspected, sent, tmp_path)
    assert told == []
    path = tmp_path / MANIFEST_FILE
    as_written = path.read_bytes()
    path.write_bytes(DAMAGE[name](as_written))
    assert path.read_bytes() != as_written
    again, told = score(inspected, sent, tmp_path, resume=True)
    assert again == whole
    assert told == ([] if name == "an outcome of another line" else ["XK-F026"])
    assert path.read_bytes() == as_written


def test_of_no_flipped_bit_is_a_line_believed(inspected: Issue, sent: Path, tmp_path: Path) -> None:
    score(inspected, sent, tmp_path)
    as_written = (tmp_path / MANIFEST_FILE).read_bytes()
    known = set(_entries(io.BytesIO(as_written)))
    assert all(entry is not None and entry.sound for entry in known)
    for seed in range(2_000):
        entries = list(_entries(io.BytesIO(flipped(as_written, seed))))
        assert {entry for entry in entries if entry is not None and entry.sound} < known, seed
        assert not all(entry is not None and entry.sound for entry in entries), f"{seed} is not told"


def test_a_last_line_that_was_cut_off_is_no_damage(inspected: Issue, sent: Path, tmp_path: Path) -> None:
    whole, _ = score(inspected, sent, tmp_path)
    path = tmp_path / MANIFEST_FILE
    path.write_bytes(path.read_bytes()[:-40])
    assert score(inspected, sent, tmp_path, resume=True) == (whole, [])


@POSIX
@pytest.mark.parametrize("resume", [True, False])
def test_a_link_in_the_place_of_the_manifest_is_replaced_not_followed(
    resume: bool, inspected: Issue, sent: Path, tmp_path: Path
) -> None:
    victim, out = tmp_path / "victim", tmp_path / "out"
    victim.write_bytes(b"somebody's\n")
    out.mkdir()
    (out / MANIFEST_FILE).symlink_to(victim)
    score(inspected, sent, out, resume=resume)
    assert victim.read_bytes() == b"somebody's\n"
    assert not (out / MANIFEST_FILE).is_symlink()
    assert (out / MANIFEST_FILE).read_bytes().count(b"\n") == 2


@POSIX
def test_what_is_no_file_is_neither_waited_for_nor_written(inspected: Issue, sent: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    os.mkfifo(out / MANIFEST_FILE)
    with pytest.raises(WriteError):
        score(inspected, sent, out)
    pipe = tmp_path / "a.xlsx"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        with pytest.raises(Refused) as refused:
            raw_bytes(path)
        assert refused.value.code == "XK-F025"
    os.mkfifo(tmp_path / "issue.json")
    with pytest.raises(IssueError):
        Issue.load(tmp_path)


# ------------------------------------------------------------------ one run at a time

HOLDING = """
import sys
from pathlib import Path
from xlkpi.files import claimed
with claimed(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_run_into_a_folder_is_told_and_changes_nothing(inspected: Issue, sent: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    other = subprocess.Popen([sys.executable, "-c", HOLDING, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    try:
        assert other.stdout.readline().strip() == b"held"
        with pytest.raises(FolderInUse):
            score(inspected, sent, out)
        assert [path.name for path in out.iterdir() if not path.name.startswith(".")] == []
    finally:
        other.kill()  # the system lets go of the folder
        other.communicate()
    assert len(score(inspected, sent, out)[0]) == 2


def test_a_run_holds_its_folder_through_all_that_it_writes(tmp_path: Path) -> None:
    from threading import Thread

    found: list[bool] = []

    def second() -> None:
        try:
            with claimed(tmp_path):
                found.append(True)
        except FolderInUse:
            found.append(False)

    with claimed(tmp_path), claimed(tmp_path):
        thread = Thread(target=second)
        thread.start()
        thread.join()
    second()
    assert found == [False, True]
