"""The command line: parse, call, print, exit code. Heavy imports stay inside commands, so that start-up is light."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from rich.console import Console

    from xlkpi.findings import Finding
    from xlkpi.issue import Issue

# Exit codes: 0 clean, 1 findings of severity error, 2 usage, 3 a file refused as unsafe, 4 batch partly failed.
ERRORS, USAGE, UNSAFE, PARTLY = 1, 2, 3, 4

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


class Month(click.ParamType[str]):
    """A month as YYYY-MM."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the form."""
        text = str(value)
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
            self.fail(f"{text!r} is no month: write for example 2026-11", param, ctx)
        return text


def _console(stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, width=None if sys.stdout.isatty() else 160)


class Tool(click.Group):
    """The commands, on streams that can take what is said."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Before click prints anything: a redirected stream on Windows has a code page that lacks Chinese or a sign."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                try:
                    "绩效".encode(stream.encoding)
                except UnicodeEncodeError:
                    stream.reconfigure(encoding="utf-8")
                else:
                    stream.reconfigure(errors="replace")
        return super().main(*args, **extra)


@click.group(cls=Tool, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="xlkpi", prog_name="xlkpi")
def main() -> None:
    """Assess the after-sales performance of car dealers: blank workbooks out, filled ones in, every score explained."""


# ------------------------------------------------------------------ scheme


@main.group()
def scheme() -> None:
    """List, show and check schemes (what is asked and how it is judged)."""


@scheme.command("list")
def scheme_list() -> None:
    """List the shipped schemes."""
    from xlkpi.scheme.files import SchemeError
    from xlkpi.scheme.load import load_scheme, scheme_folders

    for name in scheme_folders():
        try:
            loaded, _ = load_scheme(name)
        except SchemeError as error:
            click.echo(f"{name}  {error}", err=True)
            continue
        click.echo(f"{name}  {loaded.version}  {loaded.title}  ({loaded.en}; {loaded.points:g} points)")


@scheme.command("show")
@click.argument("name")
def scheme_show(name: str) -> None:
    """Print a scheme as a page: groups, items, clauses, with source and notes. NAME is a shipped scheme or a folder."""
    from xlkpi.scheme.show import page

    click.echo(page(_usable(name)[0]), nl=False)


@scheme.command("lint")
@click.argument("names", nargs=-1)
def scheme_lint(names: tuple[str, ...]) -> None:
    """Check schemes: shapes, points, every formula, every name. NAMES are schemes or folders; default: all shipped."""
    from xlkpi.scheme.lint import lint_scheme
    from xlkpi.scheme.load import scheme_folders

    bad = False
    for name in names or tuple(scheme_folders()):
        _, compiled, problems = lint_scheme(name)
        for problem in problems:
            click.echo(str(problem))
        bad |= bool(problems)
        if not problems and compiled is not None:
            click.echo(f"{name}: clean, {len(compiled.formulas)} formulas")
    if bad:
        sys.exit(ERRORS)


@scheme.command("coverage")
@click.argument("name", default="dealer-monthly")
def scheme_coverage(name: str) -> None:
    """List each source system that a scheme covers, with its entries."""
    from xlkpi.scheme.show import coverage

    click.echo(coverage(_usable(name)[0]), nl=False)


@scheme.command("schema")
@click.option("-o", "--output", type=_NEW_FILE, help="Write to a file instead of standard output.")
def scheme_schema(output: Path | None) -> None:
    """Print the JSON Schema of a scheme's YAML, for editors."""
    from xlkpi.scheme.schema import editor_schema

    text = json.dumps(editor_schema(), ensure_ascii=False, indent=1) + "\n"
    if output:
        output.write_text(text, "utf-8")
    else:
        click.echo(text, nl=False)


# ------------------------------------------------------------------ issuing a month


@main.command()
@click.argument("scheme_name", metavar="SCHEME")
@click.option("--month", type=Month(), required=True, help="The month that is assessed.")
@click.option("--roster", type=_FILE, required=True, help="Dealers: 代码, 名称, 区域.")
@click.option("--targets", type=_FILE, required=True, help="Targets: dealers × fields.")
@click.option("--last", "last_values", type=_FILE, help="Last month's values, shown beside the input cells.")
@click.option(
    "--plan", "plan_file", type=_FILE, help="The year's targets by month: dealer, 项目, 责任人, 奖励线, 1月目标 …"
)
@click.option("--previous", type=_FOLDER, help="Last month's assessed workbooks: last values, plans, open measures.")
@click.option("--deadline", default="", help="Day by which dealers send (YYYY-MM-DD); default: the scheme's.")
@click.option("--contact", default="", help="Whom dealers ask; shown on 说明.")
@click.option("-o", "--output", type=_FOLDER, required=True, help="Folder for the blanks.")
def new(
    scheme_name: str, month: str, roster: Path, targets: Path, last_values: Path | None, plan_file: Path | None,
    previous: Path | None, deadline: str, contact: str, output: Path,
) -> None:  # fmt: skip
    """Issue a month: one blank workbook a dealer, the master and issue.json."""
    from xlkpi.files import WriteError, workbook_paths
    from xlkpi.intake.lists import read_history, read_plan, read_roster, read_targets
    from xlkpi.intake.previous import read_previous
    from xlkpi.publish import NotIssued, make_issue, publish, with_history

    loaded, compiled = _usable(scheme_name)
    if not loaded.valid.covers(month):
        raise click.UsageError(f"scheme {loaded.scheme} {loaded.version} is not valid for {month}")
    if plan_file and not loaded.systems:
        raise click.UsageError(f"scheme {loaded.scheme} has no 目标管理 sheet; leave --plan out")
    dealers = read_roster(roster)
    _stop_on_errors(dealers.findings)
    aimed = read_targets(targets, loaded, dealers.rows)
    try:
        issue = make_issue(
            loaded, compiled, month=month, roster=dealers.rows, targets=aimed.rows, targets_file=targets.name,
            deadline=deadline, contact=contact,
        )  # fmt: skip
    except NotIssued as refused:
        _stop_on_errors([*aimed.findings, *refused.findings])
        raise
    known = [
        read_previous(workbook_paths((previous,)), issue.layout, month) if previous else None,
        read_history(last_values, loaded, dealers.rows) if last_values else None,
        read_plan(plan_file, loaded, dealers.rows) if plan_file else None,
    ]
    _stop_on_errors([*aimed.findings, *(finding for listed in known if listed for finding in listed.findings)])
    issue = with_history(issue, [listed.rows for listed in known if listed])
    try:
        written = publish(issue, output)
    except WriteError as error:
        raise click.ClickException(f"cannot write {error.path}: {error.detail}") from None
    click.echo(f"{len(written)} 份空白表 → {output}（截止 {issue.deadline}）")


@main.group()
def targets() -> None:
    """Forms for targets."""


@targets.command("new")
@click.argument("scheme_name", metavar="SCHEME")
@click.option("--month", type=Month(), required=True, help="The month that is assessed.")
@click.option("--roster", type=_FILE, required=True, help="Dealers: 代码, 名称, 区域.")
@click.option("-o", "--output", type=_NEW_FILE, required=True, help="The workbook to write.")
def targets_new(scheme_name: str, month: str, roster: Path, output: Path) -> None:
    """Make the sheet in which headquarters enters the targets (dealers × fields)."""
    from xlkpi.files import write_file
    from xlkpi.intake.lists import read_roster
    from xlkpi.workbook.forms import targets_form

    loaded, _ = _usable(scheme_name)
    dealers = read_roster(roster)
    _stop_on_errors(dealers.findings)
    write_file(output, targets_form(loaded, [(d.code, d.name, d.region) for d in dealers.rows.values()], month))
    click.echo(str(output))


@main.group()
def inspections() -> None:
    """Forms for 检查情况."""


@inspections.command("new")
@click.option("--issue", "issue_folder", type=_FOLDER, required=True, help="The folder that `xlkpi new` wrote.")
@click.option("-o", "--output", type=_NEW_FILE, required=True, help="The workbook to write.")
def inspections_new(issue_folder: Path, output: Path) -> None:
    """Make the sheet in which headquarters enters 检查情况 (dealers × clauses)."""
    from xlkpi.files import write_file
    from xlkpi.workbook.forms import inspections_form

    issue = _issue(issue_folder)
    dealers = [(d.code, d.name, d.region) for d in issue.roster.values()]
    write_file(output, inspections_form(issue.scheme, dealers, issue.month))
    click.echo(str(output))


# ------------------------------------------------------------------ reading and scoring

_issue_option = click.option(
    "--issue", "issue_folder", type=_FOLDER, required=True, help="The folder that `xlkpi new` wrote."
)
_engine_option = click.option(
    "--engine", type=click.Choice(["formualizer", "formulas"]), default="formualizer", show_default=True,
    help="What evaluates the master; both give the same scores.",
)  # fmt: skip


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@_issue_option
@_engine_option
@click.option(
    "--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)
def check(paths: tuple[Path, ...], issue_folder: Path, engine: str, shape: str) -> None:
    """Check dealers' workbooks (files or folders) without writing anything."""
    from xlkpi.batch import read_all, score_all
    from xlkpi.files import workbook_paths
    from xlkpi.results import finding_json
    from xlkpi.scoring.assess import INSPECTION_MISSING
    from xlkpi.terminal import print_findings

    issue = _issue(issue_folder)
    submissions, unusable = read_all(issue, workbook_paths(paths))
    done = list(score_all(issue, submissions, engine=engine, jobs=1))
    # inspections are headquarters' and not looked for here
    read = [f for assessment in done for f in assessment.findings if f.code != INSPECTION_MISSING]
    found = [*read, *(f for refused in unusable for f in refused.findings)]
    if shape == "json":
        click.echo(json.dumps([{"file": f.file, **finding_json(f)} for f in found], ensure_ascii=False, indent=1))
    else:
        print_findings(_console(), found)
    _exit(found, failed=0)


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@_issue_option
@click.option("--targets", type=_FILE, help="A later revision of the targets, by headquarters; it decides.")
@click.option("--inspections", "inspected", type=_FILE, help="检查情况, from `xlkpi inspections new`.")
@click.option("-o", "--output", type=_FOLDER, required=True, help="Folder for scores and assessed workbooks.")
@_engine_option
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; default: by the number of files.")
def score(
    paths: tuple[Path, ...], issue_folder: Path, targets: Path | None, inspected: Path | None, output: Path,
    engine: str, jobs: int | None,
) -> None:  # fmt: skip
    """Score dealers' workbooks: scores.json, scores.csv and each dealer's assessed workbook."""
    from dataclasses import replace

    from xlkpi.batch import default_jobs, read_all, score_all
    from xlkpi.files import WriteError, workbook_paths
    from xlkpi.intake.lists import read_inspections, read_targets
    from xlkpi.publish import with_revision
    from xlkpi.results import Results, in_roster_order, write_results
    from xlkpi.terminal import print_findings, print_ranking

    issue = _issue(issue_folder)
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
    console = _console()
    print_ranking(console, results)
    found = list(results.all_findings())
    print_findings(console, found)
    console.print(f"→ {output}")
    failed = len(unusable) + sum(1 for a in results.assessments if a.status == "rejected")
    _exit(found, failed=failed)


@main.command()
@click.argument("file", type=_FILE)
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
        _refuse(file, refused.code, refused.facts)
    print_trace(_console(), explained)


@main.command()
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

        print_findings(_console(), refused_files)
    if differing and not refused_files:
        sys.exit(ERRORS)
    _exit(refused_files, failed=0)


@main.command()
@click.option("-o", "--output", type=_FOLDER, default=Path("demo"), show_default=True, help="Folder to work in.")
@_engine_option
def demo(output: Path, engine: str) -> None:
    """Run a whole month on the source's real dealer and eleven made-up ones: issue, fill, check, score, rank."""
    from xlkpi.demo import paths_to_open, run_demo
    from xlkpi.findings import Severity
    from xlkpi.terminal import print_findings, print_ranking

    done = run_demo(output, engine)
    console = _console()
    print_ranking(console, done.results)
    print_findings(console, [f for f in done.results.all_findings() if f.severity > Severity.NOTICE])
    for line in paths_to_open(done):
        console.print(line)


# ------------------------------------------------------------------ shared


def _usable(name: str) -> tuple[Any, Any]:
    from xlkpi.scheme.files import SchemeError
    from xlkpi.scheme.lint import usable_scheme

    try:
        return usable_scheme(name)
    except SchemeError as error:
        raise click.ClickException(str(error)) from None


def _issue(folder: Path) -> Issue:
    from xlkpi.issue import Issue, IssueError

    try:
        return Issue.load(folder)
    except IssueError as error:
        raise click.UsageError(str(error)) from None


def _stop_on_errors(findings: Iterable[Finding]) -> None:
    """Print what was found in headquarters' own lists; go no further on an error."""
    from xlkpi.findings import Severity, worst
    from xlkpi.terminal import print_findings

    listed = list(findings)
    if listed:
        print_findings(_console(), listed)
    if worst(listed) is Severity.ERROR:
        _exit(listed, failed=0)


def _refuse(file: Path, code: str, facts: Any) -> NoReturn:
    from xlkpi.findings import Finding
    from xlkpi.terminal import print_findings

    finding = Finding(code, file.name, facts=facts)
    print_findings(_console(), [finding])
    _exit([finding], failed=0)
    raise AssertionError  # a refusal is always an error


def _exit(findings: Iterable[Finding], *, failed: int) -> None:
    """Leave with the code for the worst that happened; return where all is well."""
    from xlkpi.findings import Severity, is_unsafe, worst

    listed = list(findings)
    if is_unsafe(listed):
        sys.exit(UNSAFE)
    if failed:
        sys.exit(PARTLY)
    if worst(listed) is Severity.ERROR:
        sys.exit(ERRORS)
