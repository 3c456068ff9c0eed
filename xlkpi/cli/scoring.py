"""`xlkpi score`, `trace`, `audit`, `demo`: what comes back, and why it is worth what it is worth."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xlkpi.cli.shared import ERRORS, FILE, FOLDER, NEW_FILE, console, leave, load_issue, refuse

if TYPE_CHECKING:
    from xlkpi.findings import Finding


_issue_option = click.option(
    "--issue", "issue_folder", type=FOLDER, required=True, help="The folder that `xlkpi new` wrote."
)
_engine_option = click.option(
    "--engine", type=click.Choice(["formualizer", "formulas"]), default="formualizer", show_default=True,
    help="What evaluates the master; both give the same scores.",
)  # fmt: skip


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@_issue_option
@click.option("--targets", type=FILE, help="A later revision of the targets, by headquarters; it decides.")
@click.option("--inspections", "inspected", type=FILE, help="检查情况, from `xlkpi inspections new`.")
@click.option("-o", "--output", type=FOLDER, required=True, help="Folder for scores and assessed workbooks.")
@_engine_option
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; default: by the number of files.")
@click.option(
    "--store", "store_file", type=NEW_FILE, help="A history file that keeps the run; made where there is none."
)
def score(
    paths: tuple[Path, ...], issue_folder: Path, targets: Path | None, inspected: Path | None, output: Path,
    engine: str, jobs: int | None, store_file: Path | None,
) -> None:  # fmt: skip
    """Score dealers' workbooks: scores.json, scores.csv and each dealer's assessed workbook."""
    from dataclasses import replace

    from xlkpi.batch import default_jobs, read_all, score_all
    from xlkpi.cli.stores import keep, opened
    from xlkpi.files import WriteError, workbook_paths
    from xlkpi.intake.lists import read_inspections, read_targets
    from xlkpi.publish import with_revision
    from xlkpi.results import Results, in_roster_order, write_results
    from xlkpi.terminal import print_findings, print_ranking

    issue = load_issue(issue_folder)
    if store_file and store_file.exists():  # better known now than after a thousand files
        with opened(store_file):
            pass
    lists: list[Finding] = []
    if targets:
        revised = read_targets(targets, issue.scheme, issue.roster)
        lists += revised.findings
        issue = with_revision(issue, revised.rows)
    if inspected:
        entered = read_inspections(inspected, issue.scheme, issue.roster)
        lists += entered.findings
        issue = replace(issue, inspections=entered.rows)
    files = workbook_paths(paths)
    submissions, unusable = read_all(issue, files)
    jobs = jobs or default_jobs(len(submissions), os.cpu_count() or 1)
    done = score_all(issue, submissions, engine=engine, jobs=jobs, folder=output / "assessed")
    results = Results(issue, engine, in_roster_order(issue, done), unusable, lists)
    try:
        write_results(results, output)
    except WriteError as error:
        raise click.ClickException(f"cannot write {error.path}: {error.detail}") from None
    if store_file:
        keep(store_file, results)
    screen = console()
    print_ranking(screen, results)
    found = list(results.all_findings())
    print_findings(screen, found)
    screen.print(f"→ {output}")
    failed = len(unusable) + sum(1 for a in results.assessments if a.status == "rejected")
    leave(found, failed=failed)


@click.command()
@click.argument("file", type=FILE)
@click.argument("item")
def trace(file: Path, item: str) -> None:
    """Explain an ITEM of an assessed workbook: clause, cells, numbers, arithmetic, result."""
    from xlkpi.intake.guard import Refused
    from xlkpi.terminal import print_trace
    from xlkpi.trace import NoTrace, trace_item

    try:
        explained = trace_item(file, item)
    except NoTrace as error:
        raise click.ClickException(str(error)) from None
    except Refused as refused:
        refuse(file, refused.code, refused.facts)
    print_trace(console(), explained)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--engine", type=click.Choice(["formulas", "formualizer"]), default="formulas", show_default=True,
    help="What recalculates.",
)  # fmt: skip
def audit(paths: tuple[Path, ...], engine: str) -> None:
    """Recalculate assessed workbooks with the other engine; list every cell that differs by more than 1e-9 relative."""
    from xlkpi.audit import audit_workbook
    from xlkpi.files import workbook_paths
    from xlkpi.findings import Finding
    from xlkpi.intake.guard import Refused
    from xlkpi.results import plain

    differing, refused_files = 0, []
    for path in workbook_paths(paths):
        try:
            audited = audit_workbook(path, engine)
        except Refused as refused:
            refused_files.append(Finding(refused.code, path.name, facts=refused.facts))
            continue
        differing += len(audited.differences)
        click.echo(f"{path.name}: {audited.cells} cells, {len(audited.differences)} differ")
        for difference in audited.differences:
            click.echo(f"  {difference.place}: {plain(difference.stored)} ≠ {plain(difference.recalculated)}")
    if refused_files:
        from xlkpi.terminal import print_findings

        print_findings(console(), refused_files)
    if differing and not refused_files:
        sys.exit(ERRORS)
    leave(refused_files, failed=0)


@click.command()
@click.option("-o", "--output", type=FOLDER, default=Path("demo"), show_default=True, help="Folder to work in.")
@_engine_option
def demo(output: Path, engine: str) -> None:
    """Run a whole month on the source's real dealer and eleven made-up ones: issue, fill, check, score, rank."""
    from xlkpi.demo import paths_to_open, run_demo
    from xlkpi.findings import Severity
    from xlkpi.terminal import print_findings, print_ranking

    done = run_demo(output, engine)
    screen = console()
    print_ranking(screen, done.results)
    print_findings(screen, [f for f in done.results.all_findings() if f.severity > Severity.NOTICE])
    for line in paths_to_open(done):
        screen.print(line)
