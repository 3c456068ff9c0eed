"""`xlkpi score`, `trace`, `audit`, `demo`: what comes back, and why it is worth what it is worth."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xlkpi.cli.boundary import Command
from xlkpi.cli.runs import (
    FilingOptions,
    actuals_options,
    cluster_option,
    engine_option,
    filing_options,
    given_files,
    issue_option,
    jobs_option,
    open_given,
    replies_option,
    score_files,
)
from xlkpi.cli.shared import (
    ERRORS,
    FILE,
    FOLDER,
    NewFile,
    Where,
    console,
    echo,
    exit_with_status,
    refuse,
    replace_option,
    stop_on_errors,
    waivers_option,
)

if TYPE_CHECKING:
    from xlkpi.findings import Finding
    from xlkpi.folders import Gathered
    from xlkpi.month.month import Month

_MOST_PRINTED = 200  # dealers, findings; scores.json, scores.csv and the ranking workbook hold them all


@click.command(cls=Command)
@given_files()
@issue_option
@click.option(
    "--targets", type=FILE, multiple=True, help="Revised targets, by headquarters; they override the issued ones."
)
@click.option("--inspections", "inspected", type=FILE, multiple=True, help="检查情况, from `xlkpi inspections new`.")
@actuals_options
@replies_option
@waivers_option
@filing_options
@click.option(
    "-o", "--output", type=Where(), required=True, help="Folder, or URL of one, for scores and assessed workbooks."
)
@engine_option
@jobs_option
@cluster_option
@click.option("--resume", is_flag=True, help="Go on from the last run in the output folder: score only what changed.")
@click.option("--store", "store_file", type=NewFile(), help="A history file that keeps the run; created if missing.")
@replace_option
@click.option("--parquet", is_flag=True, help="Write the long form as Parquet parts too, into scores.parquet/.")
@click.option("--report", is_flag=True, help="Write report.html beside the scores, as `xlkpi report` does.")
def score(
    gathered: Gathered, issue_folder: Path, targets: tuple[Path, ...], inspected: tuple[Path, ...],
    waivers: tuple[Path, ...], filing: FilingOptions, output: Path, engine: str, jobs: int | None, cluster: str | None,
    resume: bool, store_file: Path | None, parquet: bool, report: bool, replace: bool,
    actuals: tuple[Path, ...], headings: dict[str, str], replies: tuple[Path, ...],
) -> None:  # fmt: skip
    """Score dealers' workbooks: scores.json, scores.csv, the ranking workbook and each dealer's assessed workbook."""
    from xlkpi.cli.stores import keep, known_figures, known_history, known_standing, store_findings
    from xlkpi.files import claimed
    from xlkpi.headquarters.occupied import Occupied
    from xlkpi.library import processes
    from xlkpi.shown.earlier import check_results_folder, removed_findings, results_in
    from xlkpi.shown.folder import write_month

    opened = open_given(
        issue_folder, targets, inspected, waivers, actuals=actuals, headings=headings, replies=replies,
        anyway=filing.anyway,
    )  # fmt: skip
    issue = opened.issue
    # errors of the store are found before the long run, not after it
    past, before = known_figures(store_file, issue), known_standing(store_file, issue)
    of_store = store_findings(store_file, issue.scheme.name, issue.month)
    files = gathered.files
    expected, lists = filing.read(issue, files, always=False)
    with claimed(output):
        try:
            check_results_folder(issue, output, replace=replace)
        except Occupied as occupied:
            stop_on_errors(occupied.findings)
            raise
        earlier = results_in(output)
        workers = processes(jobs, len(files))
        month = score_files(
            opened, files, jobs=workers, cluster=cluster, engine=engine, out=output, resume=resume, filing=expected,
            lists=[*of_store, *lists, *gathered.findings], past=past, before=before,
        )  # fmt: skip
        write_month(
            month, output, jobs=workers, parquet=parquet, report=report,
            history=lambda: known_history(store_file, issue.scheme.name, issue.month),
        )  # fmt: skip
        if store_file:
            keep(month, store_file)
    _print(month, output, removed_findings(earlier, output))
    exit_with_status(month.all_findings(), failed=len(month.unusable))


def _print(month: Month, output: Path, removed: list[Finding]) -> None:
    """Print the ranking, the most serious findings, and what was removed of an earlier run."""
    from xlkpi.shown.month_tables import print_ranking
    from xlkpi.shown.terminal import print_findings

    screen = console()
    print_ranking(screen, month.standings, most=_MOST_PRINTED)
    print_findings(
        screen, month.all_findings(), dealers=month.owners(), most=_MOST_PRINTED, files=month.files
    )  # fmt: skip
    if removed:
        print_findings(screen, removed)
    echo(f"→ {output}")


@click.command(cls=Command)
@click.argument("file", type=FILE)
@click.argument("item")
@click.option("--full", is_flag=True, help="In a workspace: also all that the score was made of, with hashes.")
def trace(file: Path, item: str, full: bool) -> None:
    """Explain an ITEM of an assessed workbook: clause, cells, numbers, arithmetic, result.

    ITEM may also name a group, 总分, 公布总分, 等级 or 加分.
    """
    from xlkpi.intake.guard import Refused
    from xlkpi.library import explain
    from xlkpi.shown.terminal import print_trace

    try:
        explained = explain(file, item)
    except Refused as refused:
        refuse(file, refused.code, refused.facts)
    print_trace(console(), explained)
    if full:
        from xlkpi.cli.workspace import provenance_of

        for line in provenance_of(file):
            echo(line)


@click.command(cls=Command)
@given_files(returns=False)
@click.option(
    "--engine", type=click.Choice(["auto", "formulas", "formualizer", "compiled"]), default="auto", show_default=True,
    help="What recalculates; auto takes the engine that does not score so many files, formulas is slow.",
)  # fmt: skip
def audit(gathered: Gathered, engine: str) -> None:
    """Recalculate assessed workbooks with the other engine; list every cell that differs by more than 1e-9 relative."""
    from xlkpi.findings import Finding
    from xlkpi.folders import shown_names
    from xlkpi.intake.guard import Refused
    from xlkpi.scoring.audit import audit_workbook
    from xlkpi.scoring.engine import AUTO, second_opinion
    from xlkpi.shown.progress import show_progress
    from xlkpi.shown.terminal import clean, print_findings
    from xlkpi.values import plain

    findings, differing = list(gathered.findings), 0
    by = second_opinion(len(gathered.files)) if engine == AUTO else engine
    screen = console()
    with show_progress(console(stderr=True), "核对") as progress:
        for number, (path, name) in enumerate(shown_names(gathered.files).items()):
            progress(number, len(gathered.files))
            try:
                audited = audit_workbook(path, by)
            except Refused as refused:
                findings.append(Finding(refused.code, name, facts=refused.facts))
                continue
            if not audited.stored:  # a blank, a return: nothing to compare is no agreement
                findings.append(Finding("XK-W075", name))
                continue
            differing += len(audited.differences)
            screen.print(f"{clean(name)}：用 {by} 核对 {audited.cells} 格，{len(audited.differences)} 格不同")
            for difference in audited.differences:
                stored = "没有存结果" if difference.stored is None else clean(plain(difference.stored))
                screen.print(f"  {clean(difference.place)}：{stored} ≠ {clean(plain(difference.recalculated))}")
    if findings:
        print_findings(screen, findings, files=len(gathered.files))
    exit_with_status(findings, failed=0)
    if differing:
        sys.exit(ERRORS)


@click.command(cls=Command)
@click.option("-o", "--output", type=FOLDER, default=Path("demo"), show_default=True, help="Folder to work in.")
@engine_option
@replace_option
def demo(output: Path, engine: str, replace: bool) -> None:
    """Run a whole month on the source's real dealer and eleven made-up ones: issue, fill, check, score, rank."""
    from xlkpi.cli.demo import ROSTER_FILE, paths_to_open, run_demo
    from xlkpi.findings import Severity
    from xlkpi.folders import shown_path
    from xlkpi.headquarters.occupied import Occupied
    from xlkpi.shown.month_tables import print_ranking
    from xlkpi.shown.terminal import print_findings

    if (output / ROSTER_FILE).is_file() and not replace:
        refuse(output, "XK-W044", {"path": shown_path(output / ROSTER_FILE)})
    try:
        demonstration = run_demo(output, engine)
    except Occupied as occupied:
        stop_on_errors(occupied.findings)
        raise
    screen = console()
    print_ranking(screen, demonstration.month.standings)
    serious = [f for f in demonstration.month.all_findings() if f.severity > Severity.NOTICE]
    print_findings(screen, serious, dealers=demonstration.month.owners(), files=demonstration.month.files)
    for line in paths_to_open(demonstration):
        echo(line)
