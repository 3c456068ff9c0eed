"""A disk that is full, a file that somebody has open: one finding says so, and nothing is half-written."""

from __future__ import annotations

import errno
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from shared.tables import sampled

from journey.commands import MADE, MAKES_NOTHING, call
from xlkpi.files import WriteError, write_file

WRITING = sorted({command for command, _ in MADE} - {"demo", "excel install"})


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with room for very little."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", folder], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("LOUD: mounting a small disk needs root; ENOSPC is tried by a writer that fails instead")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.skipif(os.name != "posix", reason="tmpfs")
@pytest.mark.parametrize(
    "command", sampled(["new", "score", "letters", "store export", "targets new", "inspections new"], 2)
)
def test_a_full_disk_is_one_finding_and_leaves_nothing_half(
    small: Path, words: Callable[[str], list[str]], command: str
) -> None:
    given = words(command)
    at = given.index("-o") + 1
    given[at] = str(small / Path(given[at]).name)
    result = call(["--lang", "zh", *given])
    assert result.exit_code in (1, 3, 4), result.output
    assert "磁盘已满" in result.output
    assert "Traceback" not in result.output
    assert not [path for path in small.rglob("*") if path.name.endswith(".tmp")]
    for path in small.rglob("*.json"):
        json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize(
    ("error", "words_"), [(OSError(errno.ENOSPC, "full"), "磁盘已满"), (PermissionError(errno.EACCES, "open"), "打开"),
                          (OSError(errno.EROFS, "read-only"), "只读")],
)  # fmt: skip
@pytest.mark.parametrize("command", sampled(WRITING, 3))
def test_whatever_write_fails_is_said_with_the_reason(
    words: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch, command: str, error: OSError, words_: str
) -> None:
    """As on Windows, where a file that Excel has open cannot be replaced: the last step of every write fails."""

    def refused(path: Path, target: Any) -> None:
        raise error

    given = words(command)
    if command in MAKES_NOTHING:
        pytest.skip("nothing can be made of what is given here")
    monkeypatch.setattr(Path, "replace", refused)
    monkeypatch.setattr(os, "replace", refused)
    result = call(["--lang", "zh", *given])
    if command == "check":
        assert "XK-W001" not in result.output, "it writes nothing unless asked"
        return
    assert result.exit_code in (1, 3, 4), result.output
    assert words_ in result.output
    assert "XK-W001" in result.output


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "issue.json"
    write_file(target, b"good")

    def refused(path: Path, other: Any) -> None:
        raise PermissionError(errno.EACCES, "open in Excel")

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(WriteError):
        write_file(target, b"better")
    assert target.read_bytes() == b"good"
    assert [path.name for path in tmp_path.iterdir()] == ["issue.json"]
