"""Mistakes that a clerk makes, in some four hundred command lines: each ends in a Chinese sentence and an exit code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from shared.tables import sampled

from journey.commands import COMMANDS, PATHS, WORKING, WRITTEN, call, with_path
from xlkpi.cli import main
from xlkpi.cli.boundary import INTERNAL
from xlkpi.cli.shared import NewFile

ENGLISH = re.compile(r"[A-Za-z][A-Za-z']*(?:[ ,;:]+[A-Za-z][A-Za-z']*){2,}")
"""Three English words in a row."""
NO_PROSE = re.compile(
    r"\S*[/\\]\S*|\S+\.\w+|--?[a-z][a-z-]*|XK-\w+|'[^']*'|\"[^\"]*\"|\[[^\]]*\]|xlkpi(?: [a-z]+)*|pip install \S+"
)
"""Paths, files, options, codes, what was typed, choices, commands."""
PLACES = {
    "nowhere": None, "empty": b"", "zip": b"PK\x03\x04 and no more", "ole": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "folder": "folder",
}  # fmt: skip
VALUES = {
    "--month": ["2026-13", "2026年11月", "11", "", "九月"],
    "--deadline": ["never", "2026-02-30", "12月32日", "1990-01-01"],
    "--locked": ["tomorrow", "1990-01-01"],
    "--jobs": ["0", "-1", "many"],
    "--scheme": ["nothing", "绩效考核表x"],
    "--field": ["没有这一项"],
    "--item": ["没有这一项"],
    "--of": ["没有这一项"],
    "--book": ["没有打开.xlsx"],
    "--interpreter": ["nowhere/python"],
    "--lang": ["fr", ""],
    "--contact": [""],
    "--cluster": ["nowhere", "tcp://127.0.0.1:1"],
}
ARGUMENTS = {
    "scheme_name": ["nothing", "", "绩效考核", "service assessment"],
    "name": ["nothing", "../nothing", ""],
    "names": ["nothing", "."],
    "dealer": ["D999", "没有这家店", ""],
    "item": ["没有这一项", ""],
    "code": ["XK-V999", "V", "缺数", ""],
}
Mistake = tuple[str, str, Callable[[list[str], Path], list[str]]]


def of_words(command: str) -> Iterator[Mistake]:
    """A word too many or too few."""
    yield command, "unknown option", lambda words, _: [*words, "--nothing"]
    yield command, "unknown short option", lambda words, _: [*words, "-Z"]
    yield command, "nothing given", lambda words, _: command.split()
    yield command, "help", lambda words, _: [*command.split(), "--help"]
    if not any(p.nargs == -1 for p in COMMANDS[command].params):
        yield command, "argument too many", lambda words, _: [*words, "more"]
    for parameter in COMMANDS[command].params:
        if isinstance(parameter, click.Option) and not parameter.is_flag:
            option = parameter.opts[0]
            yield command, f"{option} without a value", lambda words, _, option=option: [*words, option]  # type: ignore[misc] # bound early


def of_values(command: str) -> Iterator[Mistake]:
    """A value that cannot be."""
    for parameter in COMMANDS[command].params:
        if isinstance(parameter, click.Option):
            option = parameter.opts[0]
            values = ["nothing", ""] if isinstance(parameter.type, click.Choice) else VALUES.get(option, [])
            for value in values:
                yield (
                    command, f"{option} {value!r}",
                    lambda words, _, option=option, value=value: [*words, option, value],  # type: ignore[misc] # bound early
                )  # fmt: skip
        else:
            at = len(command.split()) + [p for p in COMMANDS[command].params if isinstance(p, click.Argument)].index(
                parameter  # type: ignore[arg-type] # no option, so an argument
            )
            for value in ARGUMENTS.get(parameter.name or "", []):
                yield (
                    command, f"{parameter.name} {value!r}",
                    lambda words, _, at=at, value=value: [*words[:at], value, *words[at + 1 :]],  # type: ignore[misc] # bound early
                )  # fmt: skip


def of_paths(command: str) -> Iterator[Mistake]:
    """A path to something else than what is wanted."""
    for option in (option for name, option in PATHS if name == command):
        for kind, content in PLACES.items():
            if option in WRITTEN and kind not in ("empty", "folder"):
                continue

            def made(
                words: list[str], folder: Path, option: str = option, kind: str = kind, content: object = content
            ) -> list[str]:
                path = folder / f"{kind}.xlsx"
                if content == "folder":
                    path.mkdir()
                elif isinstance(content, bytes):
                    path.write_bytes(content)
                return with_path(words, command, option, path)

            yield command, f"{option} {kind}", made


MISTAKES = [
    mistake
    for command in sorted(WORKING)
    if command not in ("demo",)
    for kind in (of_words, of_values, of_paths)
    for mistake in kind(command)
]


def test_there_are_many() -> None:
    assert len(MISTAKES) >= 300
    assert {command for command, *_ in MISTAKES} == set(COMMANDS) - {"demo"}


@pytest.mark.parametrize(
    ("command", "name", "mistaken"), sampled(MISTAKES, 8), ids=[f"{c}: {name}" for c, name, _ in MISTAKES]
)
def test_a_mistake_ends_in_a_chinese_sentence(
    words: Callable[[str], list[str]],
    tmp_path: Path,
    command: str,
    name: str,
    mistaken: Callable[[list[str], Path], list[str]],
) -> None:
    given = mistaken(words(command), tmp_path)
    result = CliRunner().invoke(main, ["--lang", "zh", *given], prog_name="xlkpi")
    assert isinstance(result.exception, SystemExit | None), result.exc_info
    assert result.exit_code != INTERNAL, result.output
    assert "Traceback" not in result.output
    told = (
        result.output
        if command not in ("scheme show", "scheme coverage", "scheme schema", "explain") or result.exit_code
        else ""
    )
    prose = [found for line in told.splitlines() for found in ENGLISH.findall(NO_PROSE.sub("·", line))]
    assert not prose, result.output


ENDINGS = [
    (name, option.opts[0], option.type.ending)
    for name, command in COMMANDS.items()
    for option in command.params
    if isinstance(option.type, NewFile) and option.type.ending
]


@pytest.mark.parametrize(("command", "option", "ending"), ENDINGS)
def test_a_file_s_ending_says_what_it_is(
    command: str, option: str, ending: str, words: Callable[[str], list[str]], tmp_path: Path
) -> None:
    for name in ("t.pdf", "t", f"t{ending}.bak"):
        result = call(with_path(words(command), command, option, tmp_path / name))
        assert result.exit_code == 2, result.output
        assert f"must end in {ending}" in result.output
        assert not (tmp_path / name).exists()


def test_every_command_that_writes_one_file_is_held_to_its_ending() -> None:
    assert {ending for _, _, ending in ENDINGS} == {".xlsx", ".json", ".html", ".zip"}
    assert len(ENDINGS) >= 6
