"""The steps of a month before its score: init, open, issue, extend, receive. Each calls what the plain commands call,
writes its files, and keeps its event last; the same step with the same inputs changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from xlkpi.batch.manifest import MANIFEST_FILE
from xlkpi.files import remove_stale_temporaries, write_file
from xlkpi.headquarters.forms import (
    WORKING_DAYS,
    calendar_form,
    inspections_by_supervisor,
    inspections_form,
    roster_form,
    targets_form,
)
from xlkpi.headquarters.identity import Origin
from xlkpi.headquarters.issuing import publish
from xlkpi.headquarters.lists import ListRefused, read_roster
from xlkpi.headquarters.occupied import Occupied, form_findings
from xlkpi.issue import Issue, IssueError, Revision
from xlkpi.preparing import Lists, prepare_issue
from xlkpi.scheme.model import Scheme
from xlkpi.selfcheck.page import add_self_check
from xlkpi.selfcheck.parts import PARTS_FILE, VARIABLE, NoSelfCheck, parts_file, read_parts
from xlkpi.workspace import deadlines
from xlkpi.workspace.places import CALENDAR, ROSTER, SCHEMES, MonthFolder, Workspace
from xlkpi.workspace.receiving import Receipts, read_log, receive
from xlkpi.workspace.record import (
    Record,
    Refusal,
    State,
    Who,
    hash_of,
    hashes_in,
    joint_hash,
    refuse,
)
from xlkpi.workspace.settings import SETTINGS_FILE, written
from xlkpi.workspace.steps import (
    StepResult,
    at_most,
    exclusive,
    form_made,
    issued,
    made_form,
    second_name,
    stop_at_errors,
    sweep,
    unchanged,
)


def init(folder: Path, scheme: str, contact: str = "", roster: Path | None = None) -> StepResult:
    """Make a workspace: settings, the form for the roster, the folder for schemes of one's own. What lies there stays.

    Args:
        folder: where.
        scheme: the scheme by which dealers are judged.
        contact: whom dealers ask.
        roster: a roster that is filled in already; None: an empty form.

    Raises:
        WriteError: it cannot be written.
    """
    names = []
    remove_stale_temporaries(folder)
    if not (folder / SETTINGS_FILE).exists():
        write_file(folder / SETTINGS_FILE, written(scheme, contact).encode())
        names.append(SETTINGS_FILE)
    if not (folder / ROSTER).exists():
        write_file(folder / ROSTER, roster.read_bytes() if roster else roster_form([]))
        names.append(ROSTER)
    if not (folder / CALENDAR).exists():
        write_file(folder / CALENDAR, calendar_form())
        names.append(CALENDAR)
    (folder / SCHEMES).mkdir(parents=True, exist_ok=True)
    if not names:
        return unchanged("init")
    ending = "再运行" if roster is None else "以后在这个文件夹里运行"
    fill = f"请填 {ROSTER}，" if roster is None else ""
    return StepResult("init", True, (f"{folder.name}：已生成 {'、'.join(names)}。{fill}{ending} xlkpi month open。",))


def take_in(folder: MonthFolder, targets: Path | None = None, inspections: Path | None = None) -> None:
    """Put a list that was filled in elsewhere in the place of the month's form, unless that is filled in otherwise.

    Raises:
        Refusal: a filled-in list would be lost.
        WriteError: it cannot be written.
    """
    scheme, _ = folder.workspace.scheme()
    for kind, source, place in (
        ("targets", targets, folder.targets), ("inspections", inspections, folder.inspections)
    ):  # fmt: skip
        if source is None or (place.is_file() and place.read_bytes() == source.read_bytes()):
            continue
        findings = form_findings(place, Origin(kind, scheme.name, scheme.version, folder.month), replace=False)
        if findings:
            raise Refusal(*findings)
        write_file(place, source.read_bytes())


def open_month(workspace: Workspace, month: str, who: Who) -> StepResult:
    """Begin a month: its folder, and the form for its targets.

    Raises:
        Refusal: the roster is missing or empty, or the scheme does not hold for the month.
    """
    scheme, _ = workspace.scheme()
    if not scheme.valid.covers(month):
        raise refuse("开这个月份", f"方案 {scheme.name} {scheme.version} 不适用于 {month}", "改 xlkpi.yaml 的 scheme")
    if not workspace.roster.is_file():
        write_file(workspace.roster, roster_form([]))
        raise form_made(ROSTER, "xlkpi month open")
    roster = read_roster([workspace.roster], month)
    stop_at_errors(roster.findings)
    if not roster.rows:
        raise form_made(ROSTER, "xlkpi month open")
    folder = MonthFolder(workspace, month)
    record = folder.record()
    folder.path.mkdir(exist_ok=True)
    sweep(folder)
    sentences = []
    if (record.state <= State.OPEN or not folder.targets.is_file()) and made_form(
        folder.targets,
        targets_form(
            scheme,
            [(d.code, d.name, d.region) for d in roster.rows.values()],
            month,
            working_days=workspace.working_days(scheme, month),
        ),
        Origin("targets", scheme.name, scheme.version, month),
    ):
        sentences.append(f"{month} 的 目标.xlsx 已生成（{len(roster.rows)} 家）：请填好，再运行 xlkpi month issue。")
    before = folder.previous()
    if before in workspace.months():
        known = before.record().state
        sentences.append(f"上月 {before.month}（{known.word}）的数、计划和未完成的措施会带进空白表。")
    dealers = sorted(roster.rows)
    if record.state > State.OPEN or not record.add(
        "open", who, scheme=f"{scheme.name} {scheme.version}", dealers=dealers
    ):
        return unchanged("open", *sentences)
    return StepResult("open", True, tuple(sentences), tuple(roster.findings))


@exclusive
def issue_month(folder: MonthFolder, who: Who, *, reason: str = "", approved: str = "") -> StepResult:
    """Issue the month, or issue it anew where headquarters' lists have changed. Other targets than those that were
    issued are a revision, and want a reason and a name.

    Raises:
        Refusal: targets are missing, a list is wrong, or the month is published already.
    """
    record = folder.record()
    at_most(record, State.SCORED, "下发", "改分走 xlkpi month appeal，定稿以后走 xlkpi month correct")
    workspace = folder.workspace
    scheme, compiled = workspace.scheme()
    sweep(folder)
    if not folder.targets.is_file():
        open_month(workspace, folder.month, who)
        raise form_made("目标.xlsx", "xlkpi month issue")
    second_name(workspace, "targets", who, "xlkpi month issue")
    due, locked = deadlines.of_issue(workspace.settings.deadlines, scheme, folder.month, workspace.counted_by())
    previous = folder.previous().results
    lists = Lists(
        [workspace.roster], [folder.targets],
        plans=[workspace.plan] if workspace.plan.is_file() and scheme.systems else [],
        previous=previous if (previous / MANIFEST_FILE).is_file() else None,
        year_ago=_with_results(folder.year_ago().results),
        store=workspace.history if workspace.history.is_file() else None,
        calendar=workspace.calendar() if WORKING_DAYS in scheme.headquarters_figures() else None,
    )  # fmt: skip
    try:
        issue, sentences = prepare_issue(
            scheme, compiled, folder.month, lists, deadline=due, locked=locked, contact=workspace.settings.contact
        )
    except ListRefused as refused:
        raise Refusal(*refused.findings) from None
    issue, revision = _revised(folder, record, issue, Revision(0, f"{who.at:%Y-%m-%d}", reason, approved))
    published = _published(issue, folder.blanks)
    page = _self_check(published.issue, folder)
    forms = _inspection_forms(folder, scheme, issue)
    for path, form in forms.items():
        made_form(path, form, Origin("inspections", scheme.name, scheme.version, folder.month), only_missing=True)
    for path in (folder.received, folder.marked, folder.handed):
        path.mkdir(exist_ok=True)
    inputs = {
        path.name: hash_of(path)
        for path in (workspace.roster, folder.targets, workspace.plan, workspace.days)
        if path.is_file()
    }
    is_new = record.add(
        "issue", who, inputs=inputs, outputs={"空白表": joint_hash(hashes_in(folder.blanks))},
        deadline=issue.deadline, locked=issue.locked, **revision,
    )  # fmt: skip
    if not is_new:
        return unchanged("issue")
    lines = [f"{len(published.written)} 份空白表 → {folder.month}/空白表（截止 {issue.deadline}）。"]
    if published.renewed:
        lines.append(f"与上次下发不同、要重新发给经销商的 {len(published.renewed)} 份：{'、'.join(published.renewed)}")
    if page is not None:
        lines.append(f"{page.name} 与空白表一起发：经销商上报前自己先查一遍。")
    where = "、".join(sorted({path.relative_to(folder.path).parts[0] for path in forms}))
    lines.append(f"把空白表发给经销商；收到的文件用 xlkpi month receive 登记；检查情况填在 {where}。")
    return StepResult("issue", True, tuple(lines), tuple(sentences))


def _revised(folder: MonthFolder, record: Record, issue: Issue, new: Revision) -> tuple[Issue, Mapping[str, Any]]:
    """The issue with the targets as they were before and the revisions of them, and what is kept of the last one.

    Args:
        folder: the month.
        record: its history.
        issue: what is to be issued.
        new: day, reason and name of a revision, where there is one.

    Raises:
        Refusal: targets are revised, and no reason or name is given.
    """
    last = record.last("issue")
    if last is None:
        return issue, {}
    revision = {name: last[name] for name in ("revision", "reason", "approved", "dealers") if name in last}
    try:
        earlier = Issue.load(folder.blanks)
    except IssueError:  # cut off between its two files
        return issue, revision
    first = earlier.before_revision or earlier.targets
    concerned = sorted(
        code for code, now in issue.targets.items() if code in earlier.targets and now != earlier.targets[code]
    )
    if not concerned:
        return replace(issue, before_revision=earlier.before_revision, revisions=earlier.revisions), revision
    if not (new.reason and new.approved):
        some = "、".join(concerned[:5]) + (" 等" if len(concerned) > 5 else "")
        why = f"目标.xlsx 与下发的不同（{len(concerned)} 家：{some}），修订目标要写理由和批准人"
        raise refuse("重新下发", why, "xlkpi month issue --reason 理由 --approved 批准人")
    new = replace(new, number=int(last.get("revision", 0)) + 1, dealers=tuple(concerned))
    sentences = {"revision": new.number, "reason": new.reason, "approved": new.approved, "dealers": concerned}
    return replace(issue, before_revision=first, revisions=(*earlier.revisions, new)), sentences


def _published(issue: Issue, blanks: Path) -> Any:
    try:
        return publish(issue, blanks)
    except Occupied as occupied:
        raise Refusal(*occupied.findings) from None


def _self_check(issue: Issue, folder: MonthFolder) -> Path | None:
    """自检.html beside the blanks, where its parts lie in the workspace or where the environment says."""
    in_workspace = folder.workspace.root / PARTS_FILE
    if not in_workspace.is_file() and not os.environ.get(VARIABLE):
        return None
    try:
        return add_self_check(
            issue, folder.blanks, read_parts(in_workspace if in_workspace.is_file() else parts_file())
        )
    except NoSelfCheck as refused:
        raise Refusal(refused.finding) from None


def _inspection_forms(folder: MonthFolder, scheme: Scheme, issue: Issue) -> dict[Path, bytes]:
    """The month's forms for inspections: one a supervisor where the roster names any, else one of all dealers."""
    dealers = issue.roster.values()
    if any(dealer.supervisor for dealer in dealers):
        forms = inspections_by_supervisor(scheme, dealers, folder.month)
        return {folder.inspections.with_suffix("") / name: data for name, data in forms.items()}
    return {folder.inspections: inspections_form(scheme, [(d.code, d.name, d.region) for d in dealers], folder.month)}


def _with_results(results: Path) -> Path | None:
    return results if (results / MANIFEST_FILE).is_file() else None


@exclusive
def extend(folder: MonthFolder, dealer: str, until: str, reason: str, who: Who) -> StepResult:
    """Give one dealer more time.

    Raises:
        Refusal: nobody was issued to, the dealer is not on the roster, or the day is before the deadline.
    """
    record = folder.record()
    issue = issued(folder, record, "延期")
    at_most(record, State.SCORED, "延期", "预发布以后走 xlkpi month appeal")
    if dealer not in issue.roster:
        raise refuse("延期", f"名册里没有 {dealer}", "写名册里的经销商代码")
    if until <= issue.deadline:
        raise refuse("延期", f"{until} 不晚于截止 {issue.deadline}", "写一个更晚的日子")
    sweep(folder)
    same = any(e["dealer"] == dealer and e["until"] == until and e["reason"] == reason for e in record.of("extend"))
    if same or not record.add("extend", who, dealer=dealer, until=until, reason=reason):
        return unchanged("extend")
    return StepResult("extend", True, (f"{dealer} 的上报截止延到 {until}（{reason}；批准：{who.by}）。",))


@exclusive
def receive_files(
    folder: MonthFolder, paths: Sequence[Path], who: Who, moment: datetime | None = None,
    progress: Callable[[int, int], None] = lambda completed, all_: None,
) -> StepResult:  # fmt: skip
    """Keep and log what came; see `receiving`.

    Raises:
        Refusal: the month is not issued.
        WriteError: a file could not be kept.
    """
    record = folder.record()
    issue = issued(folder, record, "收件")
    sweep(folder)
    got: Receipts = receive(folder, issue, paths, moment or who.at, progress)
    lines = read_log(folder.log)
    sentences = [
        f"{line.name} → {line.dealer or '不知是哪家'}　{line.fate}{f'（{line.note}）' if line.note else ''}"
        for line in got.new
    ]
    if got.known:
        sentences.append(f"{got.known} 份以前已登记过。")
    if not lines:
        raise refuse("收件", "没有找到文件", "xlkpi month receive 文件或文件夹")
    if not record.add("receive", who, lines=len(lines), log=hash_of(folder.log)) and not got.new:
        return StepResult("receive", False, (*unchanged("receive").sentences, *sentences), got.findings)
    if record.state >= State.PUBLISHED:
        sentences.append("已经预发布：这些文件只登记；要计分请由该店申诉（xlkpi month appeal 店 --file 文件）。")
    sentences.append(f"收件记录共 {len(lines)} 条。")
    return StepResult("receive", True, tuple(sentences), got.findings)
