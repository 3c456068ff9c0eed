"""`xlkpi excel`: the control workbook with the button, a look at the installation, and the same without a macro."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from xlkpi.cli.boundary import Group
from xlkpi.cli.shared import ERRORS, FILE, FOLDER, console, echo, exit_with_status, replace_option, stop_on_errors
from xlkpi.files import visible


@click.group(cls=Group)
def excel() -> None:
    """The button in Excel: install it, examine the installation, or do its work without a macro."""


@excel.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
@click.option("--interpreter", help="Absolute path of the Python that Excel starts; default: this one.")
@replace_option
def install(folder: Path, interpreter: str | None, replace: bool) -> None:
    """Make the control workbook in DIR from the installed xlwings' own template, and a page that explains it."""
    from xlkpi.excel.install import install as write
    from xlkpi.headquarters.occupied import Occupied

    try:
        written = write(folder, interpreter or "", replace=replace)
    except Occupied as occupied:
        stop_on_errors(occupied.findings)
        raise
    for path in written:
        echo(str(path))


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
        screen.print(visible(diagnosis.detail), markup=False)
        if not diagnosis.well:
            screen.print(f"     → {visible(diagnosis.remedy)}", markup=False)
    if ill:
        sys.exit(ERRORS)


@excel.command()
@click.option(
    "--issue", "issue_folder", type=FOLDER,
    help="The folder that `xlkpi new` wrote; without it, the open control workbook says which.",
)  # fmt: skip
@click.option("--book", "name", default="", help="The open workbook's name or path; needed where several are open.")
@click.option("--inspections", "inspected", type=FILE, help="检查情况, where not all stand in the workbook itself.")
@click.option("--check", "only_check", is_flag=True, help="Check only: write 问题清单 and no scores.")
def score(issue_folder: Path | None, name: str, inspected: Path | None, only_check: bool) -> None:
    """Check and score the workbook that is open in Excel (Windows, Mac), as the button does.

    Needs no macro. Where the control workbook is open, what is not given here is taken from its sheet.
    """
    from xlkpi.excel.attach import NotChosen, choices_among, choose, running_books
    from xlkpi.excel.button import error_text, issued, load, review_book
    from xlkpi.excel.control import FILE as CONTROL
    from xlkpi.issue import IssueError

    try:
        # on Windows xlwings asks again and again while a cell is being typed in
        echo("正在连接 Excel……停在这里就请在 Excel 里按 Enter 或 Esc，结束正在输入的单元格", err=True)
        books, listed = running_books(), list[Path]()
        if issue_folder is None:
            choices = choices_among(books)
            issue_folder, listed = issued(choices)
            name = name or choices.values["book"]
        issue = load(issue_folder, [inspected] if inspected else listed).issue
        book = choose(books, name, control=CONTROL, how="请用 --book 指明一份")
        result = review_book(book, issue, scoring=not only_check)
    except (IssueError, NotChosen) as error:
        raise click.UsageError(str(error)) from None
    except Exception as error:
        raise click.ClickException(error_text(error)) from None
    echo(result.message)
    exit_with_status(result.findings, failed=0)
