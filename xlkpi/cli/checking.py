"""`xlkpi check`: what is wrong with dealers' files, in words, as data, and marked in the files themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xlkpi.cli.boundary import Command
from xlkpi.cli.language import say
from xlkpi.cli.runs import (
    actuals_options,
    copies_option,
    engine_option,
    given_files,
    issue_option,
    open_given,
    replies_option,
)
from xlkpi.cli.shared import (
    FILE,
    FOLDER,
    NewFile,
    anyway_option,
    console,
    echo,
    exit_with_status,
    is_other,
    replace_option,
    waivers_option,
    write_new,
)

if TYPE_CHECKING:
    from xlkpi.checking.changes import Changes
    from xlkpi.checking.check import Checked, Checker
    from xlkpi.findings import Finding
    from xlkpi.folders import Gathered
    from xlkpi.issue import Issue


@click.command(cls=Command)
@given_files()
@issue_option
@engine_option
@click.option("--mark", "folder", type=FOLDER, help="Folder for marked copies of the files, to send back.")
@click.option(
    "--against", multiple=True, type=click.Path(exists=True, path_type=Path),
    help="Earlier files of the same month, or their folder: shows what a resubmission changed.",
)  # fmt: skip
@click.option(
    "--format", "shape", type=click.Choice(["text", "json", "csv", "xlsx"]), default="text", show_default=True,
    help="Output format of the findings.",
)  # fmt: skip
@click.option("-o", "--output", type=NewFile(), help="File for the findings; xlsx needs one.")
@click.option("--store", "store_file", type=FILE, help="The history file: figures are compared with earlier months.")
@copies_option
@actuals_options
@replies_option
@waivers_option
@anyway_option
@replace_option
def check(
    gathered: Gathered, issue_folder: Path, engine: str, folder: Path | None, against: tuple[Path, ...],
    shape: str, output: Path | None, store_file: Path | None, copies: str | None, waivers: tuple[Path, ...],
    anyway: bool, replace: bool, actuals: tuple[Path, ...], headings: dict[str, str], replies: tuple[Path, ...],
) -> None:  # fmt: skip
    """Check dealers' workbooks (files or folders). Without --mark and -o nothing is written."""
    if shape == "xlsx" and output is None:
        raise click.UsageError(say("--format xlsx needs -o FILE"))
    if shape == "xlsx" and output is not None and output.suffix.lower() != ".xlsx":
        raise click.UsageError(say(f"{output} must end in .xlsx"))
    if shape == "text" and output is not None:
        raise click.UsageError(say("-o is for --format json, csv or xlsx; text goes to the terminal"))
    if shape == "csv" and against:
        raise click.UsageError(say("--format csv holds findings only: use text, json or xlsx with --against"))
    from xlkpi.checking.changes import Comparison
    from xlkpi.checking.check import Checker
    from xlkpi.cli.stores import known_figures, store_findings
    from xlkpi.folders import workbook_paths
    from xlkpi.scoring.engine import engine_for

    opened = open_given(
        issue_folder, waivers=waivers, actuals=actuals, headings=headings, replies=replies, anyway=anyway
    )  # fmt: skip
    issue, lists = opened.issue, opened.findings
    files = gathered.files
    checker = Checker(
        issue, engine_for(engine, len(files)), past=known_figures(store_file, issue),
        joins=(copies or issue.scheme.copies) == "joined",
    )  # fmt: skip
    checked = checker.check(files)
    notes = _mark(checker, checked, folder, files, replace=replace) if folder else []
    changes = Comparison(issue, checker.check(workbook_paths(against))).of(checked) if against else None
    of_store = store_findings(store_file, issue.scheme.name, issue.month)
    of_files = (finding for file in checked for finding in file.findings)
    findings = [*of_files, *notes, *of_store, *issue.unsealed, *lists, *gathered.findings]
    _report_findings(issue, checked, findings, changes, shape, output, replace=replace)
    if folder and shape == "text":
        echo(f"→ {folder}")
    exit_with_status(findings, failed=0)


def _mark(
    checker: Checker, checked: Sequence[Checked], folder: Path, sources: Iterable[Path], *, replace: bool
) -> list[Finding]:
    """Write marked copies of the files with findings; returns findings about the copies themselves."""
    from xlkpi.files import WriteError, untaken, write_file
    from xlkpi.findings import Finding
    from xlkpi.folders import shown_path

    originals = {path.resolve() for path in sources}
    notes: list[Finding] = []
    used: set[str] = set()
    for file in checked:
        if not file.findings:
            continue
        marked = checker.marked(file)
        if marked.finding is not None:
            notes.append(marked.finding)
        if marked.data is None:
            continue
        target = folder / untaken(marked.name, used)
        if target.resolve() in originals:
            raise click.UsageError(say(f"--mark {folder} holds the files themselves: choose another folder"))
        if not replace and is_other(target, marked.data):
            notes.append(Finding("XK-W044", file.read.file, facts={"path": shown_path(target)}))
            continue
        try:
            write_file(target, marked.data)
        except WriteError as error:
            facts = {"path": str(error.path), "detail": error.detail}
            notes.append(Finding("XK-W001", file.read.file, facts=facts))
    return notes


def _report_findings(
    issue: Issue, checked: Sequence[Checked], findings: Sequence[Finding], changes: Sequence[Changes] | None,
    shape: str, output: Path | None, *, replace: bool,
) -> None:  # fmt: skip
    from xlkpi.checking.finding_list import rows, to_csv, to_json, to_workbook
    from xlkpi.files import visible
    from xlkpi.findings import told_once
    from xlkpi.shown.terminal import print_changes, print_findings

    files = [(checked_file.read.file, checked_file.dealer) for checked_file in checked]
    senders = {file: issue.roster[code] for file, code in files if code in issue.roster}
    if shape == "text":
        screen = console()
        owners = {f: f"{d.code} {d.name}" for f, d in senders.items()}
        print_findings(screen, findings, dealers=owners, files=len(checked))
        print_changes(screen, changes or ())
        return
    listed = rows(told_once(findings) if shape == "xlsx" else findings, senders)
    data: str | bytes = to_workbook(listed, changes) if shape == "xlsx" else to_json(listed, changes)
    if shape == "csv":
        data = to_csv(listed)
    if output is None:
        click.echo(visible(data, keep="\n\t") if isinstance(data, str) else data, nl=False)
        return
    if isinstance(data, str):
        data = data.encode("utf-8-sig" if shape == "csv" else "utf-8")  # Excel takes UTF-8 only with its mark
    write_new(output, data, replace=replace)
