"""What the commands share: kinds of argument, exit codes, reading lists and ending with a status."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from xlkpi.cli.language import say
from xlkpi.files import visible
from xlkpi.folders import shown_path
from xlkpi.values import MONTH_PATTERN

if TYPE_CHECKING:
    from rich.console import Console

    from xlkpi.findings import Finding
    from xlkpi.issue import Issue

# Exit codes: 0 clean, 1 findings of severity error, 2 usage, 3 a file refused as unsafe, 4 batch partly failed.
ERRORS, USAGE, UNSAFE, PARTLY = 1, 2, 3, 4

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Month(click.ParamType[str]):
    """A month as YYYY-MM."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the form."""
        text = str(value)
        if not re.fullmatch(MONTH_PATTERN, text):
            self.fail(say(f"{text!r} is not a month: write it as YYYY-MM, for example 2026-11"), param, ctx)
        return text


class NewFile(click.Path):
    """A file to write. Its ending says what it is: a workbook called t.pdf opens nowhere."""

    def __init__(self, ending: str = "") -> None:
        """`ending` as .xlsx; "": any."""
        super().__init__(dir_okay=False, path_type=Path)
        self.ending = ending

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Check the ending; a device or a pipe needs none."""
        path = Path(str(super().convert(value, param, ctx)))
        if self.ending and path.suffix.lower() != self.ending and (path.is_file() or not path.exists()):
            self.fail(say(f"{value} must end in {self.ending}"), param, ctx)
        return path


class Where(click.ParamType[Path]):
    """A path, or a URL that fsspec knows (s3://…)."""

    name = "PATH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """As a path, or what stands for one."""
        from xlkpi.files import path_of

        try:
            return path_of(str(value))
        except ModuleNotFoundError as error:
            self.fail(say(f"a URL needs {error.name}: pip install 'xlkpi[cluster]'"), param, ctx)
        except (ValueError, ImportError):  # no such protocol, or its library is missing
            self.fail(say(f"the URL {value} cannot be used here"), param, ctx)


class Deadline(click.ParamType[str]):
    """A day, or a day and a time, up to which something is in time."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the form."""
        from xlkpi.headquarters.deadlines import day_said

        try:
            day_said(str(value), "2000-01")  # any month will do: the command knows the real one
        except ValueError as error:
            self.fail(say(str(error)), param, ctx)
        return str(value)


def echo(text: str, *, err: bool = False) -> None:
    """A line for the terminal; control characters in it are made visible."""
    click.echo(visible(text, keep="\n\t"), err=err)


def console(stderr: bool = False) -> Console:
    """The terminal; 160 columns where the output goes into a file."""
    from rich.console import Console

    return Console(
        stderr=stderr, highlight=False, width=None if (sys.stderr if stderr else sys.stdout).isatty() else 160
    )


def usable(name: str) -> tuple[Any, Any]:
    """A scheme by name or folder, with its formulas."""
    from xlkpi.scheme.lint import usable_scheme

    return usable_scheme(name)


def load_issue(folder: Path) -> Issue:
    """The issue in a folder."""
    from xlkpi.issue import Issue

    return Issue.load(folder)


anyway_option = click.option(
    "--anyway", is_flag=True, help="Use a list of another month, scheme or kind; the results keep that on record."
)
replace_option = click.option(
    "--replace", is_flag=True, help="Replace what lies there already, though it is of another month or filled in."
)
region_option = click.option(
    "--region", default="", help="Only this region's dealers, ranked among themselves: nothing of any other's."
)
waivers_option = click.option(
    "--waivers",
    type=FILE,
    multiple=True,
    help="A list (.xlsx or .yaml) of what headquarters accepts of a dealer, with reason and name.",
)


def stop_on_errors(findings: Iterable[Finding]) -> None:
    """Print what was found in headquarters' own lists; go no further on an error."""
    from xlkpi.findings import Severity, worst
    from xlkpi.shown.terminal import print_findings

    listed = list(findings)
    if listed:
        print_findings(console(), listed)
    if worst(listed) is Severity.ERROR:
        exit_with_status(listed, failed=0)


def refuse(file: Path, code: str, facts: Any) -> NoReturn:
    """Print why a file was refused, and exit."""
    from xlkpi.findings import Finding
    from xlkpi.shown.terminal import print_findings

    finding = Finding(code, file.name, facts=facts)
    print_findings(console(), [finding])
    exit_with_status([finding], failed=0)
    raise AssertionError  # a refusal is always an error


def known_region(region: str, regions: Sequence[str]) -> None:
    """Go on where the month has the region.

    Raises:
        click.UsageError: it has none of that name.
    """
    if region not in regions:
        raise click.UsageError(say(f"no dealer of this month is of the region {region}: {'、'.join(regions) or '—'}"))


def write_new(path: Path, data: bytes, *, replace: bool) -> None:
    """Write a file, unless another one lies there that would be lost; then print so, and exit."""
    from xlkpi.files import write_file

    if not replace and is_other(path, data):
        refuse(path, "XK-W044", {"path": shown_path(path)})
    write_file(path, data)


def is_other(path: Path, data: bytes) -> bool:
    """Whether a file with other content lies there. A device or a pipe holds nothing that could be lost."""
    return path.is_file() and path.read_bytes() != data


def exit_with_status(findings: Iterable[Finding], *, failed: int) -> None:
    """Exit with the code of the most serious finding; return if there is nothing serious."""
    from xlkpi.findings import Severity, is_unsafe, worst

    listed = list(findings)
    if is_unsafe(listed):
        sys.exit(UNSAFE)
    if failed:
        sys.exit(PARTLY)
    if worst(listed) is Severity.ERROR:
        sys.exit(ERRORS)
