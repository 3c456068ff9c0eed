"""`xlkpi status` and `letters`: who has sent, and what to tell each dealer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from xlkpi.cli.boundary import Command
from xlkpi.cli.runs import (
    FilingOptions,
    engine_option,
    filing_options,
    given_files,
    issue_option,
    jobs_option,
    open_given,
    score_files,
)
from xlkpi.cli.shared import (
    FOLDER,
    console,
    echo,
    exit_with_status,
    is_other,
    refuse,
    replace_option,
    stop_on_errors,
)
from xlkpi.folders import shown_path

if TYPE_CHECKING:
    from xlkpi.folders import Gathered
    from xlkpi.month.month import Month


@click.command(cls=Command)
@given_files(stop=False)
@issue_option
@filing_options
@click.option(
    "-o", "--output", type=click.Path(path_type=Path),
    help="Folder for returns.xlsx, or a .xlsx file; default: it is printed only.",
)  # fmt: skip
@engine_option
@jobs_option
def status(
    gathered: Gathered, issue_folder: Path, filing: FilingOptions, output: Path | None, engine: str,
    jobs: int | None,
) -> None:  # fmt: skip
    """List who has sent, who is late or missing, and what cannot be used. No score is written."""
    from xlkpi.month.returns import RETURNS_FILE
    from xlkpi.shown.folder import write_returns
    from xlkpi.shown.month_tables import print_returns
    from xlkpi.shown.terminal import print_findings

    month = _survey(gathered, issue_folder, filing, engine, jobs, compare=False)
    path = output / RETURNS_FILE if output and output.suffix.lower() != ".xlsx" else output
    if path:
        _keep_what_is_not_ours(path, month)
        write_returns(month, path)
    screen = console()
    print_returns(screen, f"{month.month}　{month.issue.scheme.title}　回收清单", month.returns)
    if path:
        echo(f"→ {path}")
    if gathered.findings:
        print_findings(screen, gathered.findings)
    exit_with_status(gathered.findings, failed=0)


def _keep_what_is_not_ours(path: Path, month: Month) -> None:
    """Stop where the file that lies there is no return list of this month: it would be lost."""
    from xlkpi.findings import Finding
    from xlkpi.headquarters.occupied import marked_origin

    origin = marked_origin(path) if path.is_file() else None
    if path.is_file() and (origin is None or (origin.kind, origin.month) != ("returns", month.month)):
        stop_on_errors([Finding("XK-W042", path.name, facts={"path": str(path), "month": month.month})])


@click.command(cls=Command)
@given_files(stop=False)
@issue_option
@filing_options
@click.option("-o", "--output", type=FOLDER, required=True, help="Folder for the letters.")
@engine_option
@jobs_option
@replace_option
def letters(
    gathered: Gathered, issue_folder: Path, filing: FilingOptions, output: Path, engine: str, jobs: int | None,
    replace: bool,
) -> None:  # fmt: skip
    """Write to each dealer what is missing or wrong: a text to paste and a page. Who is done gets no letter."""
    from xlkpi.files import write_file
    from xlkpi.shown.letters import GROUP_FILE, group_text
    from xlkpi.shown.letters import letters as letters_of

    if gathered.files or not filing.anyway:  # nobody is reminded because the folder was the wrong one
        stop_on_errors(gathered.findings)
    month = _survey(gathered, issue_folder, filing, engine, jobs, compare=True)
    pages: dict[str, bytes] = {}
    written = list(letters_of(month, filing.deadline, filing.locked))
    for letter in written:
        pages[f"{letter.name}.txt"] = letter.text.encode("utf-8-sig")
        pages[f"{letter.name}.html"] = letter.page.encode()
    group = group_text(month, filing.deadline, filing.locked)
    if group:
        pages[GROUP_FILE] = group.encode("utf-8-sig")
    earlier = _earlier_letters(month, output)
    stale = [path for path in earlier if path.name not in pages]
    changed = [path for path in earlier if path.name in pages and is_other(path, pages[path.name])]
    if (stale or changed) and not replace:
        refuse(output, "XK-W044", {"path": shown_path((changed or stale)[0])})
    for name, data in pages.items():
        write_file(output / name, data)
    for path in stale:
        path.unlink()
    if stale:
        echo(f"已删除不再需要的 {len(stale)} 个文件：{'、'.join(path.name for path in stale)}")
    echo(f"{len(written)} 封 → {output}" + (f"；发到群里的在 {GROUP_FILE}" if group else ""))


def _earlier_letters(month: Month, folder: Path) -> list[Path]:
    """This month's letters that lie in a folder."""
    from xlkpi.shown.letters import GROUP_FILE

    stems = (month.issue.file_name(dealer).removesuffix(".xlsx") for dealer in month.issue.roster.values())
    names = [GROUP_FILE, *(f"{stem}{ending}" for stem in stems for ending in (".txt", ".html"))]
    return [path for name in names if (path := folder / name).is_file()]


def _survey(
    gathered: Gathered, issue_folder: Path, options: FilingOptions, engine: str, jobs: int | None, *, compare: bool
) -> Month:  # fmt: skip
    """What came; with a comparison of figures where dealers are to hear of what is not plausible."""
    opened = open_given(issue_folder)
    files = gathered.files
    filing, findings = options.read(opened.issue, files, always=True)
    stop_on_errors(findings)
    return score_files(opened, files, jobs=jobs, engine=engine, filing=filing, compare=compare)
