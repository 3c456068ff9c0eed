"""`xlkpi new`, `targets new`, `inspections new`: issuing a month and the forms for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from xlkpi.cli.boundary import Command, Group
from xlkpi.cli.language import say
from xlkpi.cli.runs import issue_option
from xlkpi.cli.shared import (
    FILE,
    FOLDER,
    Deadline,
    Month,
    NewFile,
    anyway_option,
    echo,
    load_issue,
    replace_option,
    stop_on_errors,
    usable,
)

if TYPE_CHECKING:
    from xlkpi.headquarters.calendar import Calendar
    from xlkpi.headquarters.identity import Origin
    from xlkpi.issue import Issue

_roster_option = click.option(
    "--roster", "rosters", type=FILE, multiple=True, required=True, help="Dealers: 代码, 名称, 区域."
)

_month_option = click.option("--month", type=Month(), required=True, help="The month that is assessed.")
_workbook_option = click.option("-o", "--output", type=NewFile(".xlsx"), required=True, help="The workbook to write.")


@click.command(cls=Command)
@click.argument("scheme_name", metavar="SCHEME")
@_month_option
@_roster_option
@click.option("--targets", type=FILE, multiple=True, required=True, help="Targets: dealers × fields.")
@click.option(
    "--last", "last_values", type=FILE, multiple=True, help="Last month's values, shown beside the input cells."
)
@click.option(
    "--plan", "plans", type=FILE, multiple=True,
    help="The year's targets by month: dealer, 项目, 责任人, 奖励线, 1月目标 …",
)  # fmt: skip
@click.option("--previous", type=FOLDER, help="Last month's assessed workbooks: last values, plans, open measures.")
@click.option("--store", "store_file", type=FILE, help="The history file: last values, N-1…N-12, the year so far.")
@click.option("--year-ago", type=FOLDER, help="Assessed workbooks of the same month last year.")
@click.option("--calendar", "calendar_file", type=FILE, help="日历.xlsx, with which 工作天数 is compared.")
@click.option("--deadline", type=Deadline(), default="", help="Day by which dealers send; default: the scheme's.")
@click.option("--locked", type=Deadline(), default="", help="Day after which nothing that comes counts; default: none.")
@click.option("--contact", default="", help="Whom dealers ask; shown on 说明.")
@click.option(
    "--key",
    "key_file",
    type=FILE,
    help="issue.key of another issue whose dealers' files are taken too; default: the folder's own, or a new one.",
)
@click.option(
    "--self-check", "parts_file", type=click.Path(path_type=Path), is_flag=False, flag_value=Path(),
    help="Also write 自检.html, with the parts in this file; without a file, as XLKPI_SELF_CHECK says.",
)  # fmt: skip
@anyway_option
@replace_option
@click.option("-o", "--output", type=FOLDER, required=True, help="Folder for the blanks.")
def new(
    scheme_name: str, month: str, rosters: tuple[Path, ...], targets: tuple[Path, ...],
    last_values: tuple[Path, ...], plans: tuple[Path, ...], previous: Path | None, year_ago: Path | None,
    store_file: Path | None, calendar_file: Path | None, deadline: str, locked: str, contact: str,
    key_file: Path | None, parts_file: Path | None, anyway: bool, replace: bool, output: Path,
) -> None:  # fmt: skip
    """Issue a month: one blank workbook per dealer, the master and issue.json."""
    from xlkpi.headquarters.deadlines import check_order, day_said
    from xlkpi.headquarters.issuing import OtherKey, default_deadline, publish
    from xlkpi.headquarters.lists import ListRefused
    from xlkpi.headquarters.occupied import Occupied, key_of
    from xlkpi.preparing import Lists, prepare_issue

    loaded, compiled = usable(scheme_name)
    if not loaded.valid.covers(month):
        raise click.UsageError(say(f"scheme {loaded.name} {loaded.version} is not valid for {month}"))
    if plans and not loaded.systems:
        raise click.UsageError(say(f"scheme {loaded.name} has no 目标管理 sheet; leave --plan out"))
    try:
        due, lock = day_said(deadline, month) or default_deadline(loaded, month), day_said(locked, month)
        check_order(due, lock, month)
    except ValueError as error:
        raise click.UsageError(say(str(error))) from None

    key = key_of(key_file) if key_file else None
    if key_file and key is None:
        raise click.UsageError(say(f"{key_file} is not the key of an issue"))

    def waiting(detail: str) -> None:
        echo(say(f"{store_file}: another program has it open; waiting …"), err=True)

    calendar = _calendar(calendar_file, anyway) if calendar_file else None
    lists = Lists(rosters, targets, last_values, plans, previous, year_ago, store_file, calendar)
    parts = _parts(parts_file)
    try:
        issue, findings = prepare_issue(
            loaded, compiled, month, lists, deadline=due, locked=lock, contact=contact, anyway=anyway, waiting=waiting
        )
        stop_on_errors(findings)
        published = publish(issue, output, replace=replace, key=key)
    except OtherKey:
        raise click.UsageError(say(f"{output} has another key; leave --key out, or choose another folder")) from None
    except (ListRefused, Occupied) as refused:
        stop_on_errors(refused.findings)
        raise
    echo(f"{len(published.written)} 份空白表 → {output}（截止 {issue.deadline}）")
    if published.renewed:
        echo(f"与上次下发不同 {len(published.renewed)} 份：{'、'.join(published.renewed)}")
    if published.removed:
        echo(f"已删除上次下发而这次没有的空白表 {len(published.removed)} 份：{'、'.join(published.removed)}")
    if parts is not None:
        _add_page(published.issue, output, parts)


def _calendar(file: Path, anyway: bool) -> Calendar:
    from xlkpi.headquarters.calendar import calendar_of, read_calendar

    days = read_calendar(file, anyway=anyway)
    stop_on_errors(days.findings)
    return calendar_of(days)


def _add_page(issue: Issue, folder: Path, parts: dict[str, bytes]) -> None:
    from xlkpi.selfcheck.page import add_self_check
    from xlkpi.selfcheck.parts import NoSelfCheck

    try:
        echo(f"自检页 → {add_self_check(issue, folder, parts)}")
    except NoSelfCheck as none:
        stop_on_errors([none.finding])
        raise


def _parts(file: Path | None) -> dict[str, bytes] | None:
    """The parts of 自检.html where it is asked for."""
    if file is None:
        return None
    from xlkpi.selfcheck.parts import NoSelfCheck, parts_file, read_parts

    try:
        return read_parts(parts_file() if file == Path() else file)
    except NoSelfCheck as refused:
        stop_on_errors([refused.finding])
        raise


@click.group(cls=Group)
def targets() -> None:
    """Forms for targets."""


@targets.command("new")
@click.argument("scheme_name", metavar="SCHEME")
@_month_option
@_roster_option
@click.option("--indicators", is_flag=True, help="A column for every indicator too; each may stay blank.")
@replace_option
@_workbook_option
def targets_new(
    scheme_name: str, month: str, rosters: tuple[Path, ...], indicators: bool, replace: bool, output: Path
) -> None:  # fmt: skip
    """Make the sheet in which headquarters enters the targets (dealers × fields)."""
    from xlkpi.headquarters.forms import targets_form
    from xlkpi.headquarters.identity import Origin
    from xlkpi.headquarters.lists import read_roster

    loaded, _ = usable(scheme_name)
    dealers = read_roster(rosters, month)
    stop_on_errors(dealers.findings)
    rows = [(d.code, d.name, d.region) for d in dealers.rows.values()]
    origin = Origin("targets", loaded.name, loaded.version, month)
    _write_form(output, targets_form(loaded, rows, month, indicators=indicators), origin, replace=replace)


@click.group(cls=Group)
def inspections() -> None:
    """Forms for 检查情况."""


@inspections.command("new")
@issue_option
@click.option(
    "--by-supervisor",
    is_flag=True,
    help="A workbook a supervisor (督导, else region) to enter exceptions and sign for the rest.",
)
@replace_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="The workbook to write; with --by-supervisor the folder.",
)
def inspections_new(issue_folder: Path, by_supervisor: bool, replace: bool, output: Path) -> None:
    """Make the sheet in which headquarters enters 检查情况 (dealers × clauses)."""
    from xlkpi.headquarters.forms import inspections_by_supervisor, inspections_form
    from xlkpi.headquarters.identity import Origin
    from xlkpi.headquarters.occupied import form_findings

    if by_supervisor and output.is_file():
        raise click.UsageError(say(f"{output} is a file: -o names the folder for the supervisors' workbooks"))
    if output.is_dir() and not by_supervisor:
        raise click.UsageError(say(f"{output} is a folder: -o names the workbook"))
    issue = load_issue(issue_folder)
    dealers = [(d.code, d.name, d.region) for d in issue.roster.values()]
    origin = Origin("inspections", issue.scheme.name, issue.scheme.version, issue.month)
    if by_supervisor:
        forms = inspections_by_supervisor(issue.scheme, issue.roster.values(), issue.month)
        stop_on_errors(f for name in forms for f in form_findings(output / name, origin, replace=replace))
        for name, data in forms.items():
            _write_form(output / name, data, origin, replace=replace)
        return
    _write_form(output, inspections_form(issue.scheme, dealers, issue.month), origin, replace=replace)


def _write_form(output: Path, data: bytes, origin: Origin, *, replace: bool) -> None:
    """Write a form, unless what lies there would be lost."""
    from xlkpi.files import write_file
    from xlkpi.headquarters.occupied import form_findings

    stop_on_errors(form_findings(output, origin, replace=replace))
    write_file(output, data)
    echo(str(output))
