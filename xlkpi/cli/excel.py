"""`xlkpi excel`: the control workbook with the button, a look at the installation, and the same without a macro."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from xlkpi.cli.shared import ERRORS, FILE, FOLDER, console, leave


@click.group()
def excel() -> None:
    """The button in Excel: install it, examine the installation, or do its work without a macro."""


@excel.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
@click.option("--interpreter", help="Absolute path of the Python that Excel starts; default: this one.")
def install(folder: Path, interpreter: str | None) -> None:
    """Make the control workbook in DIR from the installed xlwings' own template, and a page that explains it."""
    from xlkpi.excel.install import install as write
    from xlkpi.files import WriteError

    try:
        for path in write(folder, interpreter or ""):
            click.echo(str(path))
    except WriteError as error:
        raise click.ClickException(f"cannot write {error.path}: {error.detail}") from None
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from None


@excel.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
def doctor(folder: Path) -> None:
    """Examine the installation in DIR and say what to mend."""
    from xlkpi.excel.doctor import examine

    screen, ill = console(), False
    for diagnosis in examine(folder):
        ill |= not diagnosis.well
        word = "[green]好　[/]" if diagnosis.well else "[red]不行[/]"
        screen.print(f"{word} {diagnosis.name}：", end="")
        screen.print(diagnosis.found, markup=False)
        if not diagnosis.well:
            screen.print(f"     → {diagnosis.remedy}", markup=False)
    if ill:
        sys.exit(ERRORS)


@excel.command()
@click.option("--issue", "issue_folder", type=FOLDER, required=True, help="The folder that `xlkpi new` wrote.")
@click.option("--book", "name", default="", help="The open workbook's name; may be left out where one form is open.")
@click.option("--inspections", "inspected", type=FILE, help="检查情况, where not all stand in the workbook itself.")
@click.option("--check", "only_check", is_flag=True, help="Check only: write 问题清单 and no scores.")
def score(issue_folder: Path, name: str, inspected: Path | None, only_check: bool) -> None:
    """Check and score the workbook that is open in Excel (Windows, Mac), as the button does."""
    from xlkpi.excel.apply import CannotWrite
    from xlkpi.excel.button import choose, load, review_book, running_books
    from xlkpi.excel.control import Trouble
    from xlkpi.issue import IssueError

    try:
        issue = load(issue_folder, inspected)
        done = review_book(choose(running_books(), name), issue, scoring=not only_check)
    except IssueError as error:
        raise click.UsageError(str(error)) from None
    except (Trouble, CannotWrite) as error:
        raise click.ClickException(str(error)) from None
    click.echo(done.message)
    leave(done.findings, failed=0)
