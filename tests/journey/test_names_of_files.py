"""Names of files that a system, a program or a person has spoilt: no command ends over one, and the others stand."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from shared.tables import sampled

from journey.commands import PATHS, call, with_path
from journey.shared import Month, Run
from xlkpi.cli.boundary import INTERNAL

NAMES: dict[str, bytes] = {
    "gbk": "D002_虹桥店_2026-11.xlsx".encode("gbk"),
    "no encoding": b"D002_\xff\xfe\x80.xlsx",
    "255 bytes": ("店" * 83).encode() + b"a.xlsx",
    "newline": "D002\n第二行.xlsx".encode(),
    "control": b"D002\x01\x07\x0b.xlsx",
    "escape": b"D002\x1b[2J\x1b]0;title\x07.xlsx",
    "reserved": b"CON.xlsx",
    "reserved with ending": b"aux.D002.xlsx",
    "leading dash": b"-D002.xlsx",
    "an option": b"--replace.xlsx",
    "formula": b"=HYPERLINK(1).xlsx",
    "at": b"@SUM(1).xlsx",
    "markup": b"[bold]D002[red].xlsx",
    "html": b"<b>D002&amp;.xlsx",
    "quotes": b"D002\"'`$(x).xlsx",
    "case clash": "d001_原文实例店_2026-11.XLSX".encode(),
    "decomposed": "D002_e\u0301.xlsx".encode(),
    "right to left": "D002\u202excod.xlsx".encode(),
    "invisible": "D002\u200b\ufeff.xlsx".encode(),
    "spaces": b"  D002 .xlsx",
    "dots": b"D002....xlsx",
    "percent": b"D002%s%n%00.xlsx",
    "braces": b"D002{file}{0}.xlsx",
    "underline escape": b"D002_x000D_.xlsx",
    "backslash": b"D002\\..\\x.xlsx",
}
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only here is a name any bytes")

Command = Callable[[Run, Month, Path, Path], tuple[int, str]]


def checked(run: Run, month: Month, sent: Path, out: Path) -> tuple[int, str]:
    result = run("check", sent, "--issue", month.blank, "--mark", out, "--format", "xlsx", "-o", out / "found.xlsx")
    return result.exit_code, result.output


def scored(run: Run, month: Month, sent: Path, out: Path) -> tuple[int, str]:
    result = run("score", sent, "--issue", month.blank, "-o", out, "--report", "--store", out / "history.duckdb")
    dealers = {entry["dealer"] for entry in json.loads((out / "scores.json").read_text("utf-8"))["dealers"]}
    assert {"D001", "D003"} <= dealers
    assert len(list((out / "assessed").iterdir())) >= 2
    return result.exit_code, result.output


def listed(run: Run, month: Month, sent: Path, out: Path) -> tuple[int, str]:
    result = run("status", sent, "--issue", month.blank, "--deadline", "2026-12-05", "-o", out / "list.xlsx")
    assert (out / "list.xlsx").is_file()
    return result.exit_code, result.output


def written(run: Run, month: Month, sent: Path, out: Path) -> tuple[int, str]:
    result = run("letters", sent, "--issue", month.blank, "-o", out)
    assert list(out.glob("*.txt"))
    return result.exit_code, result.output


def audited(run: Run, month: Month, sent: Path, out: Path) -> tuple[int, str]:
    result = run("audit", sent, "--engine", "formualizer")
    return result.exit_code, result.output


COMMANDS: dict[str, Command] = {
    "check": checked, "score": scored, "status": listed, "letters": written, "audit": audited,
}  # fmt: skip


def spoilt(month: Month, folder: Path, name: bytes) -> None:
    """The dealers' files, one of them under another name."""
    for dealer in ("D001", "D003"):
        shutil.copy(month.of(dealer), folder)
    (folder / os.fsdecode(name)).write_bytes(month.of("D002").read_bytes())


@pytest.mark.parametrize(("name", "command"), sampled([(n, c) for c in ("check", "status") for n in NAMES], 4))
def test_no_name_ends_a_command(run: Run, month: Month, tmp_path: Path, name: str, command: str) -> None:
    sent, out = tmp_path / "sent", tmp_path / "out"
    sent.mkdir()
    spoilt(month, sent, NAMES[name])
    code, told = COMMANDS[command](run, month, sent, out)
    assert code in (0, 1, 4), told
    assert "Traceback" not in told
    assert "\x1b" not in told


@pytest.mark.parametrize("command", ["score", "letters", "audit"])
def test_all_of_them_at_once_through_the_others(run: Run, month: Month, tmp_path: Path, command: str) -> None:
    sent, out = tmp_path / "sent", tmp_path / "out"
    sent.mkdir()
    for name in NAMES.values():
        spoilt(month, sent, name)
    code, told = COMMANDS[command](run, month, sent, out)
    assert code in (0, 1, 4), told
    assert "Traceback" not in told
    assert "\x1b" not in told


def test_files_of_one_name_in_two_folders_keep_their_findings_apart(run: Run, month: Month, tmp_path: Path) -> None:
    for folder, dealer in (("east", "D001"), ("south", "D006")):
        (tmp_path / folder).mkdir()
        shutil.copy(month.of(dealer), tmp_path / folder / "报表.xlsx")
    result = run("check", tmp_path, "--issue", month.blank, "--format", "json")
    found = json.loads(result.output)
    assert {(entry["dealer"], entry["file"]) for entry in found if entry["code"] == "XK-V001"} == {
        ("D006", "south/报表.xlsx")
    }
    marked = tmp_path / "marked"
    run("check", tmp_path / "east", tmp_path / "south", "--issue", month.blank, "--mark", marked)
    assert [path.name for path in marked.iterdir()] == ["报表.xlsx"]


PIECES: dict[str, bytes] = {
    "not utf-8": "虹桥店".encode("gbk"),
    "255 bytes": ("店" * 83).encode(),
    "control": b"a\x01\x07\x0b\x1b[2J\nb",
    "reserved": b"CON",
    "case": b"DEALERS",
    "decomposed": "e\u0301店".encode(),
    "both directions": "店\u202excod\u2066".encode(),
    "markup": b"[bold]{0}%s<b>&amp;",
}


def renamed(path: str, folder: Path, piece: bytes) -> Path:
    """A copy of a file or a folder under another name; where there is nothing yet, only the name."""
    source, ending = Path(path), os.fsencode(Path(path).suffix)
    target = folder / os.fsdecode(piece[: 255 - len(ending)] + ending)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.is_file():
        shutil.copy(source, target)
    return target


def stands_for(given: list[str], command: str, option: str) -> str:
    """The path that working words have for an option, or for the argument; "" where they have none."""
    if not option.startswith("-"):
        first = len(command.split())
        return given[first] if len(given) > first else ""
    spelled = "-o" if option == "--output" else option
    return given[given.index(spelled) + 1] if spelled in given else ""


def cases() -> list[object]:
    """Every third path with one of the names; each with all of them in the slow run."""
    made: list[object] = []
    for number, (command, option) in enumerate(PATHS):
        for at, piece in enumerate(PIECES):
            slow = number % 3 > 0 or at != number // 3 % len(PIECES)
            made.append(pytest.param(command, option, piece, marks=[pytest.mark.slow] if slow else []))
    return made


@pytest.mark.parametrize(("command", "option", "piece"), cases())
def test_no_name_of_a_path_ends_a_command(
    words: Callable[[str], list[str]], places: dict[str, str], tmp_path: Path, command: str, option: str, piece: str
) -> None:
    """What a command takes goes by any name: it does the same, and what it says is fit to be shown."""
    given = words(command)
    folder = tmp_path / "named"
    folder.mkdir()
    path = renamed(stands_for(given, command, option) or places["GARBAGE"], folder, PIECES[piece])
    result = call(["--lang", "zh", *with_path(given, command, option, path)])
    assert result.exit_code != INTERNAL, result.output
    assert result.exit_code in (0, 1, 2, 3, 4), result.output
    assert "Traceback" not in result.output
    assert not set(result.output) & {*map(chr, range(9)), "\x0b", "\x1b", "\u202e", "\u2066"}, result.output
    result.output.encode()  # bytes that are no text are shown, not passed on
