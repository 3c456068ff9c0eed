"""No command shows a traceback: what cannot be read or written is a sentence with an exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from shared.tables import sampled

from journey.commands import COMMANDS, MADE, MAKES_NOTHING, NOT_HERE, PATHS, WORKING, call, with_path
from xlkpi.cli.boundary import DEBUG, INTERNAL
from xlkpi.files import FolderInUse

LISTED = [("status", "paths"), ("letters", "paths")]  # what does not exist is a line of the return list


MADE_NOW = [pair for pair in MADE if pair[0] not in MAKES_NOTHING]


def is_a_sentence(result: Result) -> None:
    assert isinstance(result.exception, SystemExit), result.exc_info
    assert result.exit_code in (1, 2, 3, 4), result.output
    assert result.output.strip()
    assert "Traceback" not in result.output


def test_every_command_stands_in_the_table() -> None:
    assert set(WORKING) == set(COMMANDS)


@pytest.mark.parametrize("command", sorted(set(WORKING) - set(NOT_HERE) - {"demo"}))
def test_the_words_of_the_table_work(words: Callable[[str], list[str]], command: str) -> None:
    result = call(words(command))
    assert result.exit_code in (0, 1), result.output
    assert "Error" not in result.output


@pytest.mark.parametrize(
    ("command", "option", "depth"),
    sampled([(*pair, depth) for pair in MADE_NOW for depth in ("folder", "folder/below")], 2),
)
def test_what_cannot_be_written_is_said(
    words: Callable[[str], list[str]], tmp_path: Path, command: str, option: str, depth: str
) -> None:
    """A file stands where the folder should be: nobody can write below it, root included."""
    (tmp_path / "file").write_bytes(b"")
    name = "written" if command in ("new", "check") else Path(WORKING[command]).name
    given = with_path(words(command), command, option, tmp_path / "file" / depth / name)
    result = call(given)
    is_a_sentence(result)
    assert str(tmp_path / "file") in result.output.replace("\n", "")
    assert "XK-W001" in result.output or "XK-W077" in result.output


@pytest.mark.parametrize(("command", "option"), sampled([pair for pair in PATHS if pair not in (*MADE, *LISTED)], 3))
def test_a_path_that_does_not_exist_is_said(
    words: Callable[[str], list[str]], tmp_path: Path, command: str, option: str
) -> None:
    is_a_sentence(call(with_path(words(command), command, option, tmp_path / "nowhere")))


@pytest.mark.parametrize(
    ("command", "option", "kind"),
    sampled([(*pair, kind) for kind in ("folder for a file", "file for a folder", "garbage") for pair in PATHS], 4),
)
def test_a_path_of_the_wrong_kind_is_said(
    words: Callable[[str], list[str]], tmp_path: Path, command: str, option: str, kind: str
) -> None:
    wrong = tmp_path / "wrong.xlsx"
    if kind == "folder for a file":
        wrong.mkdir()
    else:
        wrong.write_bytes(b"neither a workbook nor a folder" if kind == "garbage" else b"")
    result = call(with_path(words(command), command, option, wrong))
    assert isinstance(result.exception, SystemExit | None), result.exc_info
    assert result.exit_code != INTERNAL, result.output
    assert "Traceback" not in result.output


def test_an_error_of_our_own_says_how_to_report_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(COMMANDS["explain"], "callback", lambda **_: broken())
    result = call(["explain"])
    assert result.exit_code == INTERNAL
    assert "RuntimeError test_error_boundary.py:" in result.output
    assert "report it" in result.output
    assert DEBUG in result.output
    assert "Traceback" not in result.output
    monkeypatch.setenv(DEBUG, "1")
    assert isinstance(call(["explain"]).exception, RuntimeError)


def test_memory_that_is_not_there_is_a_finding(
    words: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing_left(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("xlkpi.intake.reader.admit", nothing_left)
    for command in ("trace", "audit"):
        result = call(words(command))
        is_a_sentence(result)
        assert "XK-F024" in result.output or "XK-F021" in result.output


def test_a_folder_that_another_run_writes_is_said(
    words: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(folder: Path) -> int:
        raise FolderInUse(folder)

    monkeypatch.setattr("xlkpi.files._lock", held)
    result = call(words("score"))
    is_a_sentence(result)
    assert "XK-F027" in result.output
