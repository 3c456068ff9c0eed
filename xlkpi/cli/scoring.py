"""`xlkpi score`, `trace`, `audit`, `demo`: what comes back, and why it is worth what it is worth."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xlkpi.cli.runs import (
    FilingOptions,
    cluster_option,
    engine_option,
    filing_options,
    issue_option,
    jobs_option,
    list_returns,
    paths_argument,
    processes,
    run_batch,
)
from xlkpi.cli.shared import (
    ERRORS,
    FILE,
    FOLDER,
    NEW_FILE,
    Where,
    console,
    leave,
    load_issue,
    refuse,
    waivers_option,
    with_waivers,
)

if TYPE_CHECKING:
    from xlkpi.batch import Batch
    from xlkpi.findings import Finding
    from xlkpi.issue import Issue
    from xlkpi.month.standing import Standings

_MOST_PRINTED = 200  # dealers, findings; scores.json, scores.csv and the ranking workbook hold them all


@click.command()
@paths_argument
@issue_option
@click.option("--targets", type=FILE, help="A later revision of the targets, by headquarters; it decides.")
@click.option("--inspections", "inspected", type=FILE, help="检查情况, from `xlkpi inspections new`.")
@waivers_option
@filing_options
@click.option(
    "-o", "--output", type=Where(), required=True, help="Folder, or URL of one, for scores and assessed workbooks."
)
@engine_option
@jobs_option
@cluster_option
@click.option("--resume", is_flag=True, help="Go on from the last run in the output folder: score only what changed.")
@click.option(
    "--store", "store_file", type=NEW_FILE, help="A history file that keeps the run; made where there is none."
)
@click.option("--parquet", is_flag=True, help="Write the long form as Parquet parts too, into scores.parquet/.")
@click.option("--report", is_flag=True, help="Write report.html beside the scores, as `xlkpi report` does.")
def score(
    paths: tuple[Path, ...], issue_folder: Path, targets: Path | None, inspected: Path | None, waivers: Path | None,
    filing: FilingOptions, output: Path, engine: str, jobs: int | None, cluster: str | None, resume: bool,
    store_file: Path | None, parquet: bool, report: bool,
) -> None:  # fmt: skip
    """Score dealers' workbooks: scores.json, scores.csv and each dealer's assessed workbook."""
    from xlkpi.batch import Beside
    from xlkpi.checking.plausible import with_doubts
    from xlkpi.cli.stores import keep, known_figures, known_standing
    from xlkpi.files import WriteError, workbook_paths, write_file
    from xlkpi.month.results import Results, long_form, write_results
    from xlkpi.month.returns import roster_findings
    from xlkpi.month.standing import standings_of
    from xlkpi.shown.ranking import FILE as RANKING_FILE
    from xlkpi.shown.ranking import ranking_workbook

    issue = load_issue(issue_folder)
    # what is wrong with the store is better known now than in the end
    past, before = known_figures(store_file, issue), known_standing(store_file, issue)
    expected, lists = filing.read(issue, always=False)
    issue, of_lists = _with_lists(issue, targets, inspected, waivers)
    lists += of_lists
    files = workbook_paths(paths)
    try:
        batch = run_batch(
            issue, files, engine=engine, jobs=jobs, cluster=cluster, filing=expected, out=output, resume=resume
        )
        with Beside(processes(jobs, files)) as beside:
            beside.load("xlkpi.shown.ranking")
            returns = list_returns(issue, batch, expected, output)
            lists += [*batch.findings, *roster_findings(returns)]
            assessments = with_doubts(issue, batch.assessments, past)
            results = Results(issue, engine, assessments, batch.unusable, lists, returns)
            stand = standings_of(results, before)
            workbook = beside.begin(ranking_workbook, stand)
            write_results(results, output, stand.ranking)
            if store_file:
                keep(results, store_file)
            if parquet:
                from xlkpi.month.store.parts import PARTS_FOLDER, write_parts

                write_parts(long_form(results), output / PARTS_FOLDER)
            if report:
                from xlkpi.cli.reporting import make_report
                from xlkpi.shown.report.page import REPORT_FILE

                make_report(output, output / REPORT_FILE, store_file=store_file)
            _print(issue, batch, stand, output)
            write_file(output / RANKING_FILE, workbook())
    except WriteError as error:
        raise click.ClickException(f"cannot write {error.path}: {error.detail}") from None
    leave(stand.all_findings(), failed=len(batch.rejected))


def _print(issue: Issue, batch: Batch, stand: Standings, output: Path) -> None:
    """The ranking and the gravest findings, on the terminal."""
    from xlkpi.month.results import owners
    from xlkpi.shown.terminal import print_findings, print_ranking

    screen = console()
    print_ranking(screen, stand, most=_MOST_PRINTED)
    filed = (*batch.settled.counting.values(), *(one for one, _ in batch.rejected))
    whose = owners(issue, ((one.file, one.dealer) for one in filed))
    print_findings(screen, stand.all_findings(), dealers=whose, most=_MOST_PRINTED)
    screen.print(f"→ {output}")


def _with_lists(
    issue: Issue, targets: Path | None, inspected: Path | None, waivers: Path | None
) -> tuple[Issue, list[Finding]]:  # fmt: skip
    """The issue with what headquarters has written since, and what is wrong with those lists."""
    from dataclasses import replace

    found: list[Finding] = []
    if targets:
        from xlkpi.headquarters.issuing import with_revision
        from xlkpi.headquarters.lists import read_targets

        revised = read_targets(targets, issue.scheme, issue.roster)
        found += revised.findings
        issue = with_revision(issue, revised.rows)
    if inspected:
        from xlkpi.headquarters.lists import read_inspections

        entered = read_inspections(inspected, issue.scheme, issue.roster, issue.month)
        found += entered.findings
        issue = replace(issue, inspections=entered.rows)
    issue, of_waivers = with_waivers(issue, waivers)
    return issue, [*found, *of_waivers]


@click.command()
@click.argument("file", type=FILE)
@click.argument("item")
def trace(file: Path, item: str) -> None:
    """Explain an ITEM of an assessed workbook: clause, cells, numbers, arithmetic, result."""
    from xlkpi.intake.guard import Refused
    from xlkpi.scoring.trace import NoTrace, trace_item
    from xlkpi.shown.terminal import print_trace

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
    from xlkpi.files import workbook_paths
    from xlkpi.findings import Finding
    from xlkpi.intake.guard import Refused
    from xlkpi.scoring.audit import audit_workbook
    from xlkpi.values import plain

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
        from xlkpi.shown.terminal import print_findings

        print_findings(console(), refused_files)
    if differing and not refused_files:
        sys.exit(ERRORS)
    leave(refused_files, failed=0)


@click.command()
@click.option("-o", "--output", type=FOLDER, default=Path("demo"), show_default=True, help="Folder to work in.")
@engine_option
def demo(output: Path, engine: str) -> None:
    """Run a whole month on the source's real dealer and eleven made-up ones: issue, fill, check, score, rank."""
    from xlkpi.cli.demo import paths_to_open, run_demo
    from xlkpi.findings import Severity
    from xlkpi.shown.terminal import print_findings, print_ranking

    done = run_demo(output, engine)
    screen = console()
    print_ranking(screen, done.standings)
    serious = [f for f in done.standings.all_findings() if f.severity > Severity.NOTICE]
    whose = {row.file: f"{row.dealer.code} {row.dealer.name}" for row in done.standings.rows if row.dealer.name}
    print_findings(screen, serious, dealers=whose)
    for line in paths_to_open(done):
        screen.print(line)
