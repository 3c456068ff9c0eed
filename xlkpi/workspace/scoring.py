"""Checking and scoring what came: what a score would be made of now, and the steps `check` and `score`. Each calls what
the plain commands call, writes its files, and keeps its event last."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from xlkpi.batch import Expected, Filing, score_here
from xlkpi.batch.manifest import MANIFEST_FILE, tool, written_before
from xlkpi.batch.receipts import Receipt, end_of
from xlkpi.checking.check import Checker
from xlkpi.checking.finding_list import rows, to_workbook
from xlkpi.files import claimed, remove_file, untaken, write_file
from xlkpi.findings import Finding, Severity
from xlkpi.folders import last_part
from xlkpi.headquarters.calendar import UnknownDay
from xlkpi.headquarters.lists import ListRefused, read_roster
from xlkpi.headquarters.occupied import Occupied
from xlkpi.headquarters.replies import Answered, with_new_rows
from xlkpi.headquarters.words import some_of
from xlkpi.intake.guard import Refused
from xlkpi.intake.reading import ReadBefore
from xlkpi.issue import ISSUE_FILE, Issue
from xlkpi.library import OpenIssue, open_issue
from xlkpi.month.month import Month
from xlkpi.month.returns import RETURNS_FILE
from xlkpi.scoring.engine import engine_for
from xlkpi.shown.earlier import check_results_folder
from xlkpi.shown.folder import write_month, write_returns
from xlkpi.shown.letters import GROUP_FILE, group_text, letters
from xlkpi.shown.report.page import REPORT_FILE, write_report
from xlkpi.shown.report.source import Source
from xlkpi.workbook.patch import CannotPatch
from xlkpi.workspace.decisions import applied, decision
from xlkpi.workspace.history import figures_of_dealers, keep, month_before, months_before
from xlkpi.workspace.places import MonthFolder
from xlkpi.workspace.receiving import Line, read_log, to_score
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
from xlkpi.workspace.steps import StepResult, at_least, at_most, exclusive, issued, second_name, sweep, unchanged

FINDINGS_FILE: Final = "问题清单.xlsx"
ASSESSED: Final = "assessed"


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
        **{path.name: hash_of(path) for path in (folder.targets, folder.waivers, folder.actuals) if path.is_file()},
        **{path.relative_to(folder.path).as_posix(): hash_of(path) for path in inspections},
        "收件": joint_hash({f"{line.stored} {line.at}": line.hash for line in lines}),
        "延期": joint_hash({f"{n} {e['dealer']}": e["until"] for n, e in enumerate(record.of("extend"))}),
        "改分": joint_hash({str(n): json.dumps(decision(e), sort_keys=True) for n, e in enumerate(decided)}),
        "tool": tool("compiled"),
    }
    expected = Expected(issue.roster, due, lock, extended, folder.workspace.counted_by())
    _known_days(expected, lines)
    filing = Filing(receipts, expected, folder.workspace.settings.copies)
    if filing.joins(issue.scheme):
        hashes["合并"] = "joined"
    if folder.actuals.is_file() and (headings := folder.workspace.settings.actuals):
        hashes["实绩对照"] = joint_hash(headings)
    if accepted := {str(n): repr(ruling) for n, ruling in enumerate(opened.issue.waivers) if ruling.reply}:
        hashes["答复"] = joint_hash(accepted)
    return Sources(opened, moments, filing, hashes, len(lines))


def _known_days(expected: Expected, lines: Sequence[Line]) -> None:
    """See that the calendar knows the days by which files came late.

    Raises:
        Refusal: it does not (XK-T100).
    """
    try:
        for line in lines:
            expected.days_late(line.dealer, line.moment)
    except UnknownDay as unknown:
        raise Refusal(unknown.finding) from None


def _opened(folder: MonthFolder, inspections: Sequence[Path]) -> OpenIssue:
    try:
        return open_issue(
            folder.blanks,
            inspections=inspections or None,
            waivers=[folder.waivers] if folder.waivers.is_file() else None,
            actuals=[folder.actuals] if folder.actuals.is_file() else None,
            headings=folder.workspace.settings.actuals,
            replies=folder.reply_lists() or None,
        )
    except ListRefused as refused:
        raise Refusal(*refused.findings) from None


def _end(day: str, month: str) -> datetime:
    end = end_of(day, month)
    if end is None:
        raise ValueError(f"{day!r} is no day")
    return end


@exclusive
def check_month(
    folder: MonthFolder, who: Who, progress: Callable[[int, int], None] = lambda completed, all_: None
) -> StepResult:
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
        names, read = _marked(folder, known, progress)
        month = known.opened.score(
            list(known.files), filing=known.filing, runner=functools.partial(score_here, reading=read)
        )
        answers = _list_replies(folder, month)
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
    findings = [*known.opened.findings, *month.all_findings(), *answers.findings]
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    record.add("check", who, inputs=inputs, outputs={"标注": joint_hash(hashes_in(folder.marked))}, files=sorted(names))
    sentences = (
        f"{len(known.files)} 份文件，{errors} 处要改正；标注好的文件、信和 {FINDINGS_FILE} → {folder.month}/标注。"
    )
    return StepResult("check", True, (sentences, *answers.sentences), tuple(findings))


def _list_replies(folder: MonthFolder, month: Month) -> StepResult:
    """Add dealers' answers to warnings to 答复.xlsx, where headquarters decides about them."""
    answered = [
        Answered(row.dealer, finding) for row in month.standings.rows for finding in row.findings if finding.reply
    ]  # fmt: skip
    path = folder.replies
    try:
        data = with_new_rows(path, folder.month, month.issue, answered)
    except (Refused, CannotPatch, ValueError) as error:
        why = Finding(error.code, path.name, facts=error.facts).message() if isinstance(error, Refused) else str(error)
        return StepResult("check", False, (), (Finding("XK-T141", path.name, facts={"detail": why}),))
    if data is None:
        return StepResult("check", False)
    write_file(path, data)
    return StepResult("check", True, (f"经销商的答复 → {folder.month}/{path.name}：请在“采纳”里写 采纳 或 不采纳。",))


def _marked(
    folder: MonthFolder, known: Sources, progress: Callable[[int, int], None]
) -> tuple[set[str], ReadBefore]:  # fmt: skip
    """Marked copies and the list of all findings; the names that were written, and the files as they were read."""
    issue = known.opened.issue
    checker = Checker(
        issue, engine_for("auto", len(known.files)), past=figures_of_dealers(folder, issue),
        joins=known.filing.joins(issue.scheme),
    )  # fmt: skip
    checked = checker.check(known.files, known.filing.log, progress)
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
    return names | {FINDINGS_FILE}, ReadBefore({file.read.file: file.read for file in checked})


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
    answers = _list_replies(folder, month)
    ranked = sum(row.rank is not None for row in month.standings.rows)
    sentences = f"{month.files} 份文件，{ranked} 家有名次 → {folder.month}/结果。"
    return StepResult(
        "score",
        True,
        (sentences, *answers.sentences, "看过 排名汇总.xlsx 和 report.html 以后：xlkpi month publish"),
        (*_since_issue(folder, known.opened.issue), *month.all_findings(), *answers.findings),
    )


def _since_issue(folder: MonthFolder, issue: Issue) -> list[Finding]:
    """Whom 名册.xlsx has otherwise in this month than when it was issued (XK-W095); the results go by the issue."""
    roster = folder.workspace.roster
    now = read_roster([roster], folder.month).rows if roster.is_file() else issue.roster
    changed = [code for code in {**issue.roster, **now} if issue.roster.get(code) != now.get(code)]
    facts = {"dealer": some_of(changed), "month": folder.month}
    return [Finding("XK-W095", roster.name, facts=facts)] if changed else []


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
            list(known.files), out=out, resume=True, filing=known.filing, past=figures_of_dealers(folder, opened.issue),
            before=month_before(folder, opened.issue), progress=progress,
        )  # fmt: skip
        write_month(month, out)
        source = Source.of(month, folder.workspace.settings.language, months_before(folder, opened.issue))
        write_report(source, out / REPORT_FILE)
    keep(folder, month)
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
