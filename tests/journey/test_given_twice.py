"""An option that stands there twice is read twice, or refused: never is the last one taken in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from journey.commands import COMMANDS, call
from xlkpi.cli import main


def options(*, several: bool) -> Iterator[tuple[str, click.Option]]:
    """Every option of every command, of those that may stand several times or of the others."""
    for name, command in {"": main, **COMMANDS}.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.multiple == several and not parameter.is_eager:
                yield name, parameter


def test_what_is_asked_for_once_is_refused() -> None:
    asked = list(options(several=False))
    assert len(asked) >= 50
    for name, option in asked:
        spelled = [option.opts[-1], *([] if option.is_flag else ["en"])]
        result = call([*name.split(), *spelled, *spelled, *([] if name else ["explain"])])
        assert result.exit_code == 2, (name, option.opts)
        assert f"{option.opts[0]} is given twice" in result.output, (name, option.opts, result.output)


LISTS = [(name, option.opts[0]) for name, option in options(several=True) if isinstance(option.type, click.Path)]


@pytest.mark.parametrize(("command", "option"), [pair for pair in LISTS if pair != ("new", "--plan")])  # it has no plan
def test_what_may_be_several_lists_is_read_from_all(
    command: str, option: str, words: Callable[[str], list[str]], tmp_path: Path
) -> None:
    given = words(command)
    if option in given:
        at = given.index(option)
        given = given[:at] + given[at + 2 :]
    both = [tmp_path / "east.xlsx", tmp_path / "south.xlsx"]
    for path in both:
        path.write_bytes(b"no workbook")
    result = call([*given, *(word for path in both for word in (option, str(path)))])
    assert isinstance(result.exception, SystemExit), result.exc_info
    assert result.exit_code == 1, result.output
    assert all(path.name in result.output for path in both), result.output
