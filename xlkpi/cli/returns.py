"""`xlkpi status` and `letters`: who has sent, and what to tell each dealer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from xlkpi.cli.runs import (
    FilingOptions,
    engine_option,
    filing_options,
    issue_option,
    jobs_option,
    list_returns,
    paths_argument,
    run_batch,
)
from xlkpi.cli.shared import FOLDER, console, load_issue, stop_on_errors

if TYPE_CHECKING:
    from xlkpi.batch import Batch
    from xlkpi.issue import Issue
    from xlkpi.month.returns import Return


@click.command()
@paths_argument
@issue_option
@filing_options
@click.option("-o", "--output", type=FOLDER, help="Folder for returns.xlsx; default: it is printed only.")
@engine_option
@jobs_option
def status(
    paths: tuple[Path, ...], issue_folder: Path, filing: FilingOptions, output: Path | None, engine: str,
    jobs: int | None,
) -> None:  # fmt: skip
    """List who has sent, who is late or missing, and what cannot be used. No score is written."""
    from xlkpi.files import WriteError
    from xlkpi.month.returns import RETURNS_FILE
    from xlkpi.shown.terminal import print_returns

    try:
        issue, _, lines = _survey(paths, issue_folder, filing, output, engine, jobs)
    except WriteError as error:
        raise click.ClickException(f"cannot write {error.path}: {error.detail}") from None
    screen = console()
    print_returns(screen, f"{issue.month}　{issue.scheme.title}　回收清单", lines)
    if output:
        screen.print(f"→ {output / RETURNS_FILE}")


@click.command()
@paths_argument
@issue_option
@filing_options
@click.option("-o", "--output", type=FOLDER, required=True, help="Folder for the letters.")
@engine_option
@jobs_option
def letters(
    paths: tuple[Path, ...], issue_folder: Path, filing: FilingOptions, output: Path, engine: str, jobs: int | None
) -> None:
    """Write to each dealer what is missing or wrong: a text to paste and a page. Who is done gets no letter."""
    from xlkpi.files import WriteError, write_file
    from xlkpi.shown.letters import letters as letters_of

    issue, batch, lines = _survey(paths, issue_folder, filing, None, engine, jobs)
    written = 0
    try:
        for letter in letters_of(issue, batch, lines, filing.deadline, filing.locked):
            write_file(output / f"{letter.name}.txt", letter.text.encode("utf-8-sig"))
            write_file(output / f"{letter.name}.html", letter.page.encode())
            written += 1
    except WriteError as error:
        raise click.ClickException(f"cannot write {error.path}: {error.detail}") from None
    console().print(f"{written} 封 → {output}")


def _survey(
    paths: tuple[Path, ...], issue_folder: Path, options: FilingOptions, output: Path | None, engine: str,
    jobs: int | None,
) -> tuple[Issue, Batch, list[Return]]:  # fmt: skip
    from xlkpi.files import workbook_paths

    issue = load_issue(issue_folder)
    filing, found = options.read(issue, always=True)
    stop_on_errors(found)
    batch = run_batch(issue, workbook_paths(paths), engine=engine, jobs=jobs, filing=filing)
    return issue, batch, list_returns(issue, batch, filing, output)
