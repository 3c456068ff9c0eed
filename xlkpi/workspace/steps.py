"""The steps of a month up to its score: open, issue, extend, receive, check, score. Each calls what the plain commands
call, writes its files, and keeps its event last; the same step with the same inputs changes nothing."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec

from xlkpi.batch import Expected, Filing
from xlkpi.batch.manifest import MANIFEST_FILE, tool, written_before
from xlkpi.batch.receipts import Receipt, end_of
from xlkpi.checking.check import Checker
from xlkpi.checking.finding_list import rows, to_workbook
from xlkpi.files import claimed, remove_file, remove_stale_temporaries, untaken, write_file
from xlkpi.findings import Finding, Severity, worst
from xlkpi.folders import last_part
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
from xlkpi.issue import ISSUE_FILE, Issue, IssueError
from xlkpi.library import OpenIssue, open_issue
from xlkpi.month.month import Month
from xlkpi.month.returns import RETURNS_FILE
from xlkpi.preparing import Lists, prepare_issue
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.engine import engine_for
from xlkpi.shown.earlier import check_results_folder
from xlkpi.shown.folder import write_month, write_returns
from xlkpi.shown.letters import GROUP_FILE, group_text, letters
from xlkpi.shown.report.page import REPORT_FILE, write_report
from xlkpi.shown.report.source import Source
from xlkpi.workspace import deadlines
from xlkpi.workspace.decisions import applied, decision
from xlkpi.workspace.places import CALENDAR, ROSTER, SCHEMES, MonthFolder, Workspace
from xlkpi.workspace.receiving import Receipts, read_log, receive, to_score
from xlkpi.workspace.record import (
    Event,
    Record,
    Refusal,
    State,
    Who,
    hash_of,
    hashes_in,
    joint_hash,
    refuse,
)
from xlkpi.workspace.settings import SECONDED, SETTINGS_FILE, written

FINDINGS_FILE: Final = "问题清单.xlsx"
ASSESSED: Final = "assessed"
_NEEDED: Final = "XK-W085"


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step came to: whether anything changed, in sentences for people, and what was found."""

    step: str
    changed: bool
    sentences: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


P = ParamSpec("P")


def exclusive(
    step: Callable[Concatenate[MonthFolder, P], StepResult],
) -> Callable[Concatenate[MonthFolder, P], StepResult]:
    """A step that holds the month's folder while it works: who comes second is told so (FolderInUse)."""

    @functools.wraps(step)
    def holding(folder: MonthFolder, /, *words: P.args, **options: P.kwargs) -> StepResult:
        with claimed(folder.path):
            return step(folder, *words, **options)

    return holding


def unchanged(step: str, *sentences: str) -> StepResult:
    """A step that had been done already with the same inputs."""
    return StepResult(step, False, ("没有变化：输入和上次相同，结果一个字节也没有动。", *sentences))


# ------------------------------------------------------------------ the workspace, and its months


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
        raise _form_made(ROSTER, "xlkpi month open")
    roster = read_roster([workspace.roster])
    _stop(roster.findings)
    if not roster.rows:
        raise _form_made(ROSTER, "xlkpi month open")
    folder = MonthFolder(workspace, month)
    record = folder.record()
    folder.path.mkdir(exist_ok=True)
    sweep(folder)
    sentences = []
    if (record.state <= State.OPEN or not folder.targets.is_file()) and _made_form(
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
        raise _form_made("目标.xlsx", "xlkpi month issue")
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
    issue, revision = _revised(folder, record, issue, reason, approved)
    published = _published(issue, folder.blanks)
    forms = _inspection_forms(folder, scheme, issue)
    for path, form in forms.items():
        _made_form(path, form, Origin("inspections", scheme.name, scheme.version, folder.month), only_missing=True)
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
    where = "、".join(sorted({path.relative_to(folder.path).parts[0] for path in forms}))
    lines.append(f"把空白表发给经销商；收到的文件用 xlkpi month receive 登记；检查情况填在 {where}。")
    return StepResult("issue", True, tuple(lines), tuple(sentences))


def _revised(
    folder: MonthFolder, record: Record, issue: Issue, reason: str, approved: str
) -> tuple[Issue, Mapping[str, Any]]:
    """The issue with the targets as they were before, and what is kept of a revision of them."""
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
        return (replace(issue, before_revision=earlier.before_revision) if earlier.before_revision else issue), revision
    if not (reason and approved):
        some = "、".join(concerned[:5]) + (" 等" if len(concerned) > 5 else "")
        why = f"目标.xlsx 与下发的不同（{len(concerned)} 家：{some}），修订目标要写理由和批准人"
        raise refuse("重新下发", why, "xlkpi month issue --reason 理由 --approved 批准人")
    number = int(last.get("revision", 0)) + 1
    sentences = {"revision": number, "reason": reason, "approved": approved, "dealers": concerned}
    return replace(issue, before_revision=first), sentences


def _published(issue: Issue, blanks: Path) -> Any:
    try:
        return publish(issue, blanks)
    except Occupied as occupied:
        raise Refusal(*occupied.findings) from None


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
def receive_files(folder: MonthFolder, paths: Sequence[Path], who: Who, moment: datetime | None = None) -> StepResult:
    """Keep and log what came; see `receiving`.

    Raises:
        Refusal: the month is not issued.
        WriteError: a file could not be kept.
    """
    record = folder.record()
    issue = issued(folder, record, "收件")
    sweep(folder)
    got: Receipts = receive(folder, issue, paths, moment or who.at)
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


# ------------------------------------------------------------------ check and score


@dataclass(frozen=True, slots=True)
class Sources:
    """All that a month's scores are made of: the issue with headquarters' lists, the files with their moments, until
    when they count, and one hash for each source."""

    opened: OpenIssue
    files: Mapping[Path, datetime]
    filing: Filing
    hashes: Mapping[str, str]
    lines: int


def sources(folder: MonthFolder, record: Record, *, most: int | None = None, pending: Sequence[Event] = ()) -> Sources:
    """What a score would be made of now.

    Args:
        folder: the month.
        record: its history, with extensions and decisions.
        most: how many lines of the receipt log count; None: all.
        pending: decisions that are not in the history yet.

    Raises:
        Refusal: a list is wrong, or a file that was received is altered.
    """
    issue = issued(folder, record, "评分")
    inspections = folder.inspection_lists()
    opened = _opened(folder, inspections)
    log = read_log(folder.log)
    lines = log[:most]
    decided = [event for event in (*record.of("decide", "correct"), *pending) if event.get("accepted", True)]
    changed, moments, more = applied(folder, opened.issue, to_score(folder, lines), log, decided)
    opened = replace(opened, issue=changed)
    extended = {event["dealer"]: _end(event["until"], issue.month) for event in record.of("extend")} | more
    receipts = {str(path): Receipt(moment, True) for path, moment in moments.items()}
    due, lock = _end(issue.deadline, issue.month), end_of(issue.locked, issue.month)
    hashes = {
        "issue.json": hash_of(folder.blanks / ISSUE_FILE),
        **{path.name: hash_of(path) for path in (folder.targets, folder.waivers) if path.is_file()},
        **{path.relative_to(folder.path).as_posix(): hash_of(path) for path in inspections},
        "收件": joint_hash({f"{line.stored} {line.at}": line.hash for line in lines}),
        "延期": joint_hash({f"{n} {e['dealer']}": e["until"] for n, e in enumerate(record.of("extend"))}),
        "改分": joint_hash({str(n): json.dumps(decision(e), sort_keys=True) for n, e in enumerate(decided)}),
        "tool": tool("compiled"),
    }
    return Sources(opened, moments, Filing(receipts, Expected(issue.roster, due, lock, extended)), hashes, len(lines))


def _opened(folder: MonthFolder, inspections: Sequence[Path]) -> OpenIssue:
    try:
        return open_issue(
            folder.blanks,
            inspections=inspections or None,
            waivers=[folder.waivers] if folder.waivers.is_file() else None,
        )
    except ListRefused as refused:
        raise Refusal(*refused.findings) from None


def _inspection_forms(folder: MonthFolder, scheme: Scheme, issue: Issue) -> dict[Path, bytes]:
    """The month's forms for inspections: one a supervisor where the roster names any, else one of all dealers."""
    dealers = issue.roster.values()
    if any(dealer.supervisor for dealer in dealers):
        forms = inspections_by_supervisor(scheme, dealers, folder.month)
        return {folder.inspections.with_suffix("") / name: data for name, data in forms.items()}
    return {folder.inspections: inspections_form(scheme, [(d.code, d.name, d.region) for d in dealers], folder.month)}


@exclusive
def check_month(folder: MonthFolder, who: Who) -> StepResult:
    """Check what came: marked copies, the list of findings, the letters and the return list, into 标注/.

    Raises:
        Refusal: nothing was received yet.
        WriteError: a file could not be written.
    """
    record = folder.record()
    at_least(record, State.COLLECTING, "检查", "还没有登记收到的文件", "xlkpi month receive 文件或文件夹")
    at_most(record, State.SCORED, "检查", "结果在 结果/，申诉用 xlkpi month appeal")
    known = sources(folder, record)
    inputs = dict(known.hashes)
    last = record.last("check")
    if last and last["inputs"] == inputs and last["outputs"] == {"标注": joint_hash(hashes_in(folder.marked))}:
        return unchanged("check")
    with claimed(folder.marked):
        sweep(folder)
        before = set(hashes_in(folder.marked))
        names = _marked(folder, known)
        month = _survey(known)
        write_returns(month, folder.marked / RETURNS_FILE)
        names.add(RETURNS_FILE)
        for letter in letters(month, now=who.at):
            for ending, data in ((".txt", letter.text.encode("utf-8-sig")), (".html", letter.page.encode())):
                write_file(folder.marked / f"{letter.name}{ending}", data)
                names.add(f"{letter.name}{ending}")
        group = group_text(month, now=who.at)
        if group:
            write_file(folder.marked / GROUP_FILE, group.encode("utf-8-sig"))
            names.add(GROUP_FILE)
        for name in sorted(set(last["files"]) & before - names if last else ()):
            remove_file(folder.marked / name)
    findings = [*known.opened.findings, *month.all_findings()]
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    record.add("check", who, inputs=inputs, outputs={"标注": joint_hash(hashes_in(folder.marked))}, files=sorted(names))
    sentences = (
        f"{len(known.files)} 份文件，{errors} 处要改正；标注好的文件、信和 {FINDINGS_FILE} → {folder.month}/标注。"
    )
    return StepResult("check", True, (sentences,), tuple(findings))


def _marked(folder: MonthFolder, known: Sources) -> set[str]:
    """Marked copies and the list of all findings; the names that were written."""
    issue = known.opened.issue
    checker = Checker(issue, engine_for("auto", len(known.files)), past=_past(folder, issue))
    checked = checker.check(known.files)
    names: set[str] = set()
    names_used: set[str] = set()
    for file in checked:
        if not file.findings:
            continue
        marked = checker.marked(file)
        if marked.data is not None:
            name = untaken(last_part(marked.name), names_used)
            write_file(folder.marked / name, marked.data)
            names.add(name)
    senders = {file.read.file: issue.roster[file.dealer] for file in checked if file.dealer in issue.roster}
    listed = rows([finding for file in checked for finding in file.findings], senders)
    write_file(folder.marked / FINDINGS_FILE, to_workbook(listed))
    return names | {FINDINGS_FILE}


def _survey(known: Sources) -> Month:
    return known.opened.score(list(known.files), filing=known.filing, compare=True)


@exclusive
def score_month(
    folder: MonthFolder, who: Who, progress: Callable[[int, int], None] = lambda completed, all_: None
) -> StepResult:
    """Score what came, into 结果/ and the history.

    Raises:
        Refusal: nothing was received, a list is wrong, or the month is published already.
        WriteError: a file could not be written.
    """
    record = folder.record()
    at_least(record, State.COLLECTING, "评分", "还没有登记收到的文件", "xlkpi month receive 文件或文件夹")
    at_most(record, State.SCORED, "评分", "已经预发布，分数不再整批重算；改分走 xlkpi month appeal")
    known = sources(folder, record)
    if known.hashes["目标.xlsx"] != (record.last("issue") or {}).get("inputs", {}).get("目标.xlsx"):
        raise refuse("评分", "目标.xlsx 在下发以后改过", "xlkpi month issue")
    inspected = {name: digest for name, digest in known.hashes.items() if name.startswith(folder.inspections.stem)}
    last = record.last("score")
    if inspected and (last is None or not inspected.items() <= last["inputs"].items()):
        second_name(folder.workspace, "inspections", who, "xlkpi month score")
    if is_scored(folder, record, known):
        return unchanged("score")
    month = score_into(folder, known, progress)
    record.add(
        "score", who, inputs=dict(known.hashes), outputs=results_of(folder), lines=known.lines,
        revision=(record.last("issue") or {}).get("revision", 0),
    )  # fmt: skip
    ranked = sum(row.rank is not None for row in month.standings.rows)
    sentences = f"{month.files} 份文件，{ranked} 家有名次 → {folder.month}/结果。"
    return StepResult(
        "score",
        True,
        (sentences, "看过 排名汇总.xlsx 和 report.html 以后：xlkpi month publish"),
        tuple(month.all_findings()),
    )


def is_scored(folder: MonthFolder, record: Record, known: Sources) -> bool:
    """Whether the last score was made of what lies there now, and still lies there as it was written."""
    last = record.last("score")
    return last is not None and last["inputs"] == known.hashes and last["outputs"] == results_of(folder)


def score_into(
    folder: MonthFolder, known: Sources, progress: Callable[[int, int], None] = lambda completed, all_: None
) -> Month:
    """Score the sources into 结果/, going on from what lies there, and keep them in the history."""
    opened, out = known.opened, folder.results
    try:
        check_results_folder(opened.issue, out)
    except Occupied as occupied:
        raise Refusal(*occupied.findings) from None
    with claimed(out):
        sweep(folder)
        month = opened.score(
            list(known.files), out=out, resume=True, filing=known.filing, past=_past(folder, opened.issue),
            before=_before(folder, opened.issue), progress=progress,
        )  # fmt: skip
        write_month(month, out)
        source = Source.of(month, folder.workspace.settings.language, _history(folder, opened.issue))
        write_report(source, out / REPORT_FILE)
    _keep(folder, month)
    return month


def results_of(folder: MonthFolder) -> dict[str, str]:
    """The hashes of what a score wrote: each output's, and one of all assessed workbooks."""
    hashes = hashes_in(folder.results)
    outputs = {name: digest for name, digest in hashes.items() if "/" not in name}
    for part in (ASSESSED, folder.replaced.name):
        part_files = {name: digest for name, digest in hashes.items() if name.startswith(f"{part}/")}
        outputs |= {part: joint_hash(part_files)} if part_files else {}
    return outputs


def assessed_of(results: Path) -> dict[str, tuple[str, str]]:
    """The assessed workbooks in a folder of results, by dealer: names and hashes. Of several files of a dealer it is
    the one that counts."""
    return {
        entry.dealer: (entry.workbook, entry.written)
        for entry in written_before(results / MANIFEST_FILE)
        if entry.workbook and hash_of(results / ASSESSED / entry.workbook) == entry.written
    }


# ------------------------------------------------------------------ what several steps ask


def issued(folder: MonthFolder, record: Record, step: str) -> Issue:
    """What was issued.

    Raises:
        Refusal: nothing was, or it cannot be read any more.
    """
    if record.state < State.ISSUED:
        raise refuse(step, f"{folder.month} 还没有下发", "xlkpi month issue")
    try:
        return Issue.load(folder.blanks)
    except IssueError:
        raise refuse(step, "空白表/ 里的 issue.json 和 master.xlsx 读不出来", "xlkpi month issue") from None


def at_least(record: Record, least: State, step: str, why: str, command: str) -> None:
    """See that the month has come so far.

    Raises:
        Refusal: it has not.
    """
    if record.state < least:
        raise refuse(step, f"{why}（现在：{record.state.word}）", command)


def at_most(record: Record, most: State, step: str, instead: str) -> None:
    """See that the month has not gone further.

    Raises:
        Refusal: it has.
    """
    if record.state > most:
        raise refuse(step, f"{record.month} 已经{record.state.word}", instead)


def second_name(workspace: Workspace, matter: Any, who: Who, command: str) -> None:
    """See that a second person signs, where the settings ask for one.

    Raises:
        Refusal: there is none, or it is the same person.
    """
    if matter in workspace.settings.second and (not who.second or who.second == who.by):
        facts = {"what": SECONDED[matter], "name": who.by, "command": f"{command} --second 姓名"}
        raise Refusal(Finding("XK-W088", facts=facts))


def _form_made(name: str, command: str) -> Refusal:
    return Refusal(Finding(_NEEDED, name, facts={"file": name, "command": command}))


def _made_form(path: Path, data: bytes, origin: Origin, *, only_missing: bool = False) -> bool:
    """Write a form where there is none yet, or an empty one of another roster; False where one lies there."""
    if path.is_file() and (only_missing or path.read_bytes() == data or form_findings(path, origin, replace=False)):
        return False
    write_file(path, data)
    return True


def _stop(findings: Iterable[Finding]) -> None:
    listed = list(findings)
    if worst(listed) is Severity.ERROR:
        raise Refusal(*listed)


def sweep(folder: MonthFolder) -> None:
    """Remove what writers that were killed have left."""
    subfolders = (path for path in folder.path.rglob("*") if path.is_dir())
    for path in (folder.workspace.root, folder.path, *subfolders):
        remove_stale_temporaries(path)


def _with_results(results: Path) -> Path | None:
    return results if (results / MANIFEST_FILE).is_file() else None


def _end(day: str, month: str) -> datetime:
    end = end_of(day, month)
    if end is None:
        raise ValueError(f"{day!r} is no day")
    return end


def _past(folder: MonthFolder, issue: Issue) -> Any:
    if not folder.workspace.history.is_file():
        return {}
    from xlkpi.month.store.file import open_store  # noqa: PLC0415 - duckdb is heavy
    from xlkpi.month.store.query import figures_before  # noqa: PLC0415 - DuckDB is heavy, and only wanted where a store is

    with open_store(folder.workspace.history) as store:
        return figures_before(store, issue.scheme.name, issue.month)


def _before(folder: MonthFolder, issue: Issue) -> Any:
    if not folder.workspace.history.is_file():
        return {}
    from xlkpi.month.store.file import open_store  # noqa: PLC0415 - DuckDB is heavy, and only wanted where a store is
    from xlkpi.month.store.query import month_earlier  # noqa: PLC0415 - DuckDB is heavy, and only wanted where a store is

    with open_store(folder.workspace.history) as store:
        return month_earlier(store, issue.scheme.name, issue.month)


def _history(folder: MonthFolder, issue: Issue) -> Any:
    if not folder.workspace.history.is_file():
        return {}
    from xlkpi.month.store.file import open_store  # noqa: PLC0415 - DuckDB is heavy, and only wanted where a store is
    from xlkpi.month.store.query import earlier_months  # noqa: PLC0415 - DuckDB is heavy, and only wanted where a store is

    with open_store(folder.workspace.history) as store:
        return earlier_months(store, issue.scheme.name, issue.month)


def _keep(folder: MonthFolder, month: Month) -> None:
    from xlkpi.month.store.file import open_store  # noqa: PLC0415 - DuckDB is heavy, and only wanted where a store is
    from xlkpi.month.store.record import record  # noqa: PLC0415 - DuckDB is heavy, and only wanted where a store is

    with open_store(folder.workspace.history, write=True) as store:
        record(store, month)
