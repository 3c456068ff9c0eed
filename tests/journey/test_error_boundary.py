"""No command shows a traceback: what cannot be read or written is a sentence with an exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from journey.shared import Month, Run
from xlkpi.cli import main
from xlkpi.cli.boundary import DEBUG, INTERNAL

# Of each command, words with which it works; names in capitals stand for what `places` has.
WORKING = {
    "scheme list": "",
    "scheme show": "service-assessment",
    "scheme lint": "service-assessment",
    "scheme coverage": "dealer-monthly",
    "scheme schema": "-o OUT/schema.json",
    "targets new": "service-assessment --month 2026-11 --roster DEMO/dealers.xlsx -o OUT/targets.xlsx",
    "new": "service-assessment --month 2026-11 --roster DEMO/dealers.xlsx --targets DEMO/targets.xlsx -o OUT",
    "inspections new": "--issue DEMO/blank -o OUT/inspections.xlsx",
    "check": "DEMO/filled --issue DEMO/blank --format json",
    "status": "SENT --issue DEMO/blank -o OUT",
    "letters": "SENT --issue DEMO/blank --deadline 2026-12-01 -o OUT",
    "score": "SENT --issue DEMO/blank -o OUT",
    "trace": "ASSESSED 接车台次",
    "audit": "ASSESSED --engine formualizer",
    "history": "D001 --store STORE",
    "rank": "--store STORE -o OUT/ranking.xlsx",
    "trend": "--store STORE",
    "store export": "STORE -o OUT",
    "report": "DEMO/out -o OUT/report.html",
    "pdf": "GARBAGE -o OUT",
    "excel install": "OUT",
    "excel doctor": "OUT",
    "excel score": "--issue DEMO/blank",
    "demo": "-o OUT",
    "explain": "",
}
NOT_HERE = {"excel score": "needs Excel", "excel doctor": "says what is missing", "pdf": "is given no workbook"}
WRITTEN = {"-o", "--mark"}


def commands(group: click.Group = main, name: str = "") -> Iterator[tuple[str, click.Command]]:
    for word, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{name}{word} ")
        else:
            yield f"{name}{word}", command


COMMANDS = dict(commands())
PATHS = [
    (name, parameter.opts[0])
    for name, command in COMMANDS.items()
    for parameter in command.params
    if isinstance(parameter.type, click.Path) or type(parameter.type).__name__ == "Where"
]

LISTED = [("status", "paths"), ("letters", "paths")]  # what does not exist is a line of the return list
MADE = [pair for pair in PATHS if pair[1] in WRITTEN or pair in (("excel install", "folder"), ("score", "--store"))]


MADE_NOW = [pair for pair in MADE if pair != ("pdf", "-o")]  # LibreOffice makes none of what is no workbook


@pytest.fixture(scope="module")
def places(month: Month, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What the words stand for, but for OUT, which is each test's own."""
    folder = tmp_path_factory.mktemp("boundary")
    store, garbage = folder / "history.duckdb", folder / "garbage.xlsx"
    garbage.write_bytes(b"no workbook")
    run("score", month.of("D001"), "--issue", month.blank, "-o", folder / "scored", "--store", store)
    return {
        "DEMO": str(month.folder), "SENT": str(month.of("D001")), "ASSESSED": str(month.of("D001", "out/assessed")),
        "STORE": str(store), "GARBAGE": str(garbage),
    }  # fmt: skip


@pytest.fixture
def words(places: Mapping[str, str], tmp_path: Path) -> Callable[[str], list[str]]:
    def of(command: str) -> list[str]:
        text = WORKING[command]
        for key, place in {**places, "OUT": str(tmp_path / "out")}.items():
            text = text.replace(key, place)
        return [*command.split(), *text.split()]

    return of


def call(given: list[str]) -> Result:
    return CliRunner().invoke(main, given)


def with_path(given: list[str], command: str, option: str, path: Path) -> list[str]:
    """The words with another path for an option, or for the argument."""
    if not option.startswith("-"):
        first = len(command.split())
        return [*given[:first], str(path), *given[first + 1 :]]
    spelled = "-o" if option == "--output" else option
    if spelled in given:
        at = given.index(spelled)
        return [*given[: at + 1], str(path), *given[at + 2 :]]
    return [*given, option, str(path)]


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


@pytest.mark.parametrize(("command", "option"), MADE_NOW)
@pytest.mark.parametrize("depth", ["folder", "folder/below"])
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


@pytest.mark.parametrize(("command", "option"), [pair for pair in PATHS if pair not in (*MADE, *LISTED)])
def test_a_path_that_does_not_exist_is_said(
    words: Callable[[str], list[str]], tmp_path: Path, command: str, option: str
) -> None:
    is_a_sentence(call(with_path(words(command), command, option, tmp_path / "nowhere")))


@pytest.mark.parametrize(("command", "option"), PATHS)
@pytest.mark.parametrize("kind", ["folder for a file", "file for a folder", "garbage"])
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
    assert "RuntimeError at test_error_boundary.py" in result.output
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
