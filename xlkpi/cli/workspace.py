"""`xlkpi init`, `month …`, `next`: a month as a folder. Every step is the library's; here are words and exit codes."""

from __future__ import annotations

import functools
import getpass
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlkpi.cli.boundary import Command, Group
from xlkpi.cli.language import say
from xlkpi.cli.shared import FILE, FOLDER, Deadline, Month, NewFile, console, echo, exit_with_status

if TYPE_CHECKING:
    from xlkpi.workspace.places import MonthFolder, Workspace
    from xlkpi.workspace.record import Who
    from xlkpi.workspace.steps import StepResult

Function = Callable[..., None]
_MOST_PRINTED = 100  # findings; 标注/ and 结果/ hold them all
_GROUNDS = click.Choice(["实绩", "目标", "检查情况", "上报"])

at_option = click.option(
    "--at", "folder", type=FOLDER, default=Path(), help="A folder of the workspace; default: here."
)
_month_option = click.option("--month", type=Month(), help="Which month; default: the one that is on.")
_by_option = click.option("--by", default="", help="Who does it; default: the name of the account.")
_second_option = click.option(
    "--second", default="", help="The second person who signs, where xlkpi.yaml asks for one."
)
_archive_option = click.option(
    "-o", "--output", type=NewFile(".zip"), help="The archive to write; default: in 包/ of the month's folder."
)


def now() -> datetime:
    """The moment that is kept with what is done."""
    return datetime.now().replace(microsecond=0)


def _who(by: str, second: str = "") -> Who:
    from xlkpi.workspace.record import Who

    try:
        name = by or getpass.getuser()
    except (OSError, KeyError):  # a system without a name for who runs this
        name = "—"
    return Who(name, now(), second)


def workspace_at(folder: Path) -> Workspace:
    """The workspace that a folder lies in."""
    from xlkpi.workspace.places import find_workspace

    return find_workspace(folder)


def provenance_of(file: Path) -> list[str]:
    """All that an assessed workbook of a workspace was made of, in lines; what is wrong ends the command."""
    from xlkpi.cli.shared import stop_on_errors
    from xlkpi.workspace.pack import dealer_of, provenance
    from xlkpi.workspace.record import Refusal

    try:
        workspace = workspace_at(file.resolve().parent)
        folder = next((each for each in workspace.months() if each.path in file.resolve().parents), None)
        dealer = dealer_of(folder, file) if folder else ""
        if folder is None or not dealer:
            raise click.ClickException(say(f"{file.name} is no assessed workbook of a month in this workspace"))
        return provenance(folder, dealer)
    except Refusal as refusal:
        stop_on_errors(refusal.findings)
        raise


def refused_is_told(command: Function) -> Function:
    """What a step refuses is printed as findings; the exit code is 1."""

    @functools.wraps(command)
    def wrapped(*words: Any, **options: Any) -> None:
        from xlkpi.cli.shared import stop_on_errors
        from xlkpi.workspace.record import Refusal

        try:
            command(*words, **options)
        except Refusal as refusal:
            stop_on_errors(refusal.findings)
            raise

    return wrapped


def _step(command: Function) -> Function:
    """A command that does a step of a month; it gets the month's folder."""

    @functools.wraps(command)
    def wrapped(*words: Any, folder: Path, month: str | None, **options: Any) -> None:
        command(*words, month=workspace_at(folder).current(month or ""), **options)

    return at_option(_month_option(refused_is_told(wrapped)))


def _tell(result: StepResult, *, failing: bool = False) -> None:
    from xlkpi.shown.terminal import print_findings

    for line in result.sentences:
        echo(line)
    if result.findings:
        print_findings(console(), result.findings, most=_MOST_PRINTED)
    if failing:
        exit_with_status(result.findings, failed=0)


@click.command(cls=Command)
@click.argument("folder", type=FOLDER)
@click.option(
    "--scheme",
    "scheme_name",
    default="service-assessment",
    show_default=True,
    help="The scheme by which dealers are judged.",
)
@click.option("--contact", default="", help="Whom dealers ask; shown on 说明.")
@click.option("--roster", type=FILE, help="A roster that is filled in already; default: an empty form.")
@refused_is_told
def init(folder: Path, scheme_name: str, contact: str, roster: Path | None) -> None:
    """Make a workspace: a folder with xlkpi.yaml, the roster's form, and room for a folder a month."""
    from xlkpi.cli.shared import usable
    from xlkpi.workspace.opening import init as make

    if not (folder / "方案" / scheme_name).is_dir():
        usable(scheme_name)
    _tell(make(folder, scheme_name, contact, roster))


@click.group(cls=Group)
def month() -> None:
    """The steps of a month in a workspace, in order; `xlkpi next` says which one is next."""


@month.command("open")
@click.argument("name", metavar="[YYYY-MM]", type=Month(), required=False)
@at_option
@_by_option
@refused_is_told
def month_open(name: str | None, folder: Path, by: str) -> None:
    """Begin a month: its folder and the form for targets. Default: the month after the last one, else this one."""
    from xlkpi.workspace.opening import open_month

    workspace = workspace_at(folder)
    who = _who(by)
    _tell(open_month(workspace, name or workspace.next_month(f"{who.at:%Y-%m}"), who))


@month.command("issue")
@click.option("--targets", type=FILE, help="Targets that were filled in elsewhere, for 目标.xlsx.")
@click.option("--reason", default="", help="Why the targets are revised, where they were issued before.")
@click.option("--approved", default="", help="Who approved the revision of the targets.")
@_by_option
@_second_option
@_step
def month_issue(month: MonthFolder, targets: Path | None, reason: str, approved: str, by: str, second: str) -> None:
    """Issue the blanks, or issue anew what has changed."""
    from xlkpi.workspace.opening import issue_month, take_in

    take_in(month, targets=targets)
    _tell(issue_month(month, _who(by, second), reason=reason, approved=approved))


@month.command("extend")
@click.argument("dealer")
@click.option("--until", type=Deadline(), required=True, help="The last day on which the dealer may send.")
@click.option("--reason", required=True, help="Why.")
@_by_option
@_step
def month_extend(month: MonthFolder, dealer: str, until: str, reason: str, by: str) -> None:
    """Give one DEALER more time, with reason and name."""
    from xlkpi.headquarters.deadlines import day_said
    from xlkpi.workspace.opening import extend

    _tell(extend(month, dealer, day_said(until, month.month), reason, _who(by)))


@month.command("receive")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--came", "arrived", type=Deadline(), default="", help="When the files came, where that was not now.")
@_by_option
@_step
def month_receive(month: MonthFolder, paths: tuple[Path, ...], arrived: str, by: str) -> None:
    """Keep and log what came: files, folders, zip archives; without PATHS what was put into 收件/ by hand."""
    from xlkpi.headquarters.moments import said_moment
    from xlkpi.workspace.opening import receive_files

    moment = said_moment(arrived, month.month) if arrived else None
    _tell(receive_files(month, paths, _who(by), moment.at if moment else None))


@month.command("check")
@_by_option
@_step
def month_check(month: MonthFolder, by: str) -> None:
    """Check what came: marked copies, findings, letters and the return list into 标注/."""
    from xlkpi.workspace.scoring import check_month

    _tell(check_month(month, _who(by)), failing=True)


@month.command("score")
@click.option("--inspections", type=FILE, help="Inspections that were filled in elsewhere, for 检查情况.xlsx.")
@_by_option
@_second_option
@_step
def month_score(month: MonthFolder, inspections: Path | None, by: str, second: str) -> None:
    """Score what came, into 结果/ and the history."""
    from xlkpi.shown.progress import show_progress
    from xlkpi.workspace.opening import take_in
    from xlkpi.workspace.scoring import score_month

    take_in(month, inspections=inspections)
    with show_progress(console(stderr=True)) as progress:
        result = score_month(month, _who(by, second), progress)
    _tell(result, failing=True)


@month.command("publish")
@_by_option
@_step
def month_publish(month: MonthFolder, by: str) -> None:
    """Freeze the results (预发布) and hand them out into 发放/, with the last day of appeals."""
    from xlkpi.workspace.closing import publish

    _tell(publish(month, _who(by)))


@month.command("appeal")
@click.argument("dealer")
@click.option(
    "--ground",
    type=_GROUNDS,
    required=True,
    help="On which ground: the figure, the target, the inspection, which file counts.",
)
@click.option("--of", default="", help="The field or indicator that it is about.")
@click.option("--proposed", default="", help="The value that the dealer holds to be right.")
@click.option("--evidence", default="", help="What proves it.")
@click.option("--clause", default="", help="The clause that it is about, in words.")
@click.option("--from", "appellant", default="", help="Who appeals, at the dealer's.")
@click.option("--file", type=FILE, help="The workbook that should count, on the ground 上报.")
@_by_option
@_step
def month_appeal(
    month: MonthFolder, dealer: str, ground: str, of: str, proposed: str, evidence: str, clause: str, appellant: str,
    file: Path | None, by: str,
) -> None:  # fmt: skip
    """Record an appeal of a DEALER."""
    from xlkpi.workspace.closing import appeal

    result = appeal(
        month, dealer, ground, _who(by), of=of, proposed=proposed, evidence=evidence, clause=clause,
        appellant=appellant, file=file,
    )  # fmt: skip
    _tell(result)


@month.command("decide")
@click.argument("number", type=int)
@click.option("--accept/--reject", "accepted", required=True, default=None, help="Whether the dealer is right.")
@click.option("--reason", required=True, help="Why.")
@click.option("--value", default="", help="The value that counts, where it is not the proposed one.")
@click.option("--keep", is_flag=True, help="Keep it as a test case of the scheme, without whose it was.")
@_by_option
@_step
def month_decide(month: MonthFolder, number: int, accepted: bool, reason: str, value: str, keep: bool, by: str) -> None:
    """Decide the appeal of this NUMBER; an accepted one re-scores its dealer alone."""
    from xlkpi.workspace.closing import decide

    _tell(decide(month, number, accepted, reason, _who(by), value=value))
    if keep:
        from xlkpi.workspace.cases import keep_case

        echo(f"案例 → {keep_case(month, number).relative_to(month.workspace.root)}；以后改方案：xlkpi scheme test")


@month.command("finalise")
@click.option("--reason", default="", help="Why, where the last day of appeals is not past.")
@_by_option
@_second_option
@_step
def month_finalise(month: MonthFolder, reason: str, by: str, second: str) -> None:
    """Close the month (定稿): from now on it changes by a recorded correction alone."""
    from xlkpi.workspace.closing import finalise

    _tell(finalise(month, _who(by, second), reason=reason))


@month.command("correct")
@click.argument("dealer")
@click.option("--ground", type=click.Choice(["实绩", "目标", "检查情况"]), required=True, help="What is corrected.")
@click.option("--of", required=True, help="The field or indicator that it is about.")
@click.option("--value", required=True, help="The value that counts.")
@click.option("--reason", required=True, help="Why.")
@click.option("--evidence", default="", help="What proves it.")
@_by_option
@_second_option
@_step
def month_correct(
    month: MonthFolder, dealer: str, ground: str, of: str, value: str, reason: str, evidence: str, by: str, second: str
) -> None:
    """Correct a final month for one DEALER; the correction is recorded and shown on its sheet."""
    from xlkpi.workspace.closing import correct

    _tell(correct(month, dealer, ground, of, value, reason, _who(by, second), evidence=evidence))


@month.command("status")
@_step
def month_status(month: MonthFolder) -> None:
    """Where the month stands: its state, its days, who sent, and its history."""
    from xlkpi.workspace.advice import standing

    where = standing(month)
    days = "　".join(f"{name} {day}" for name, day in where.days.items())
    echo(f"{where.month}　{where.state.word}" + (f"　{days}" if days else ""))
    if where.dealers:
        echo(
            f"{where.dealers} 家，已交 {where.sent} 家，未交 {len(where.missing)} 家；"
            f"不可评分的文件 {where.set_aside} 份"
        )
    _list(where.history)


@month.command("pack")
@click.option("--dealer", default="", help="One dealer alone: nothing of another one is in it.")
@_archive_option
@_step
def month_pack(month: MonthFolder, dealer: str, output: Path | None) -> None:
    """Pack a scored month, or one dealer of it, with all that the scores were made of, to be recomputed elsewhere."""
    _pack(month, dealer, output)


def _pack(month: MonthFolder, dealer: str, output: Path | None) -> None:
    from xlkpi.files import write_file
    from xlkpi.workspace.pack import pack

    packed = pack(month, dealer)
    path = output or month.path / "包" / packed.name
    write_file(path, packed.data)
    echo(f"{packed.dealers} 家，{packed.files} 份文件 → {path.name}；复核：xlkpi verify {path.name}")


@click.group(cls=Group)
def appeal() -> None:
    """What an appeal is settled with."""


@appeal.command("pack")
@click.argument("dealer")
@_archive_option
@_step
def appeal_pack(month: MonthFolder, dealer: str, output: Path | None) -> None:
    """Pack the score of one DEALER with all that it was made of, to be recomputed elsewhere."""
    _pack(month, dealer, output)


@click.command(cls=Command)
@click.argument("file", type=FILE)
def verify(file: Path) -> None:
    """Recompute an archive of `xlkpi month pack` with this program, and compare every workbook byte for byte."""
    from xlkpi.cli.shared import ERRORS, refuse
    from xlkpi.intake.guard import Refused
    from xlkpi.workspace.pack import verify as recompute

    try:
        result = recompute(file)
    except Refused as refused:
        refuse(file, refused.code, refused.facts)
    echo(f"{result.month}：重算 {len(result.same) + len(result.different)} 家，逐字节相同 {len(result.same)} 家")
    if result.tool:
        echo(f"打包时用的是另一个版本：{result.tool}")
    if result.different:
        echo(f"不同：{'、'.join(result.different)}")
        sys.exit(ERRORS)


@click.command("next", cls=Command)
@at_option
@_month_option
@refused_is_told
def next_step(folder: Path, month: str | None) -> None:
    """Say the one thing to do now and what is in its way, first what can change a rank, a veto or money."""
    from xlkpi.workspace.advice import advise

    of, advice = advise(workspace_at(folder), month or "", now())
    echo(f"{of}　下一步：{advice.now}")
    echo(f"  {advice.command}")
    _list(advice.obstacles)


def _list(lines: Sequence[str]) -> None:
    for line in lines[:_MOST_PRINTED]:
        echo(f"  · {line}")
    if len(lines) > _MOST_PRINTED:
        echo(say(f"{len(lines) - _MOST_PRINTED} more are not listed"))
