"""What the page's tables and lists show: rows made of the workspace's records, word for word and figure for figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from xlkpi.desk.tables import Column
from xlkpi.desk.words import ORDER
from xlkpi.findings import Severity
from xlkpi.issue import Dealer, Issue
from xlkpi.month.records import DealerRecord, FindingRecord
from xlkpi.month.returns import ReturnStatus
from xlkpi.month.scores import Scores
from xlkpi.scheme.files import SchemeError
from xlkpi.scheme.load import load_scheme, scheme_folders
from xlkpi.scoring.account import WORDS
from xlkpi.values import State as Outcome
from xlkpi.workspace.decisions import FIGURE, INSPECTION, TARGET
from xlkpi.workspace.inspecting import Entry
from xlkpi.workspace.lists import OF_MONTH, OF_WORKSPACE
from xlkpi.workspace.places import MonthFolder
from xlkpi.workspace.receiving import COUNTED, Line
from xlkpi.workspace.record import Record

RETURNS: Final = (
    Column("经销商"), Column("名称"), Column("区域"), Column("状态"), Column("文件"), Column("收到时间"),
    Column("迟报天数", "n"), Column("待改正", "n"), Column("说明"),
)  # fmt: skip
FINDINGS: Final = (
    Column("经销商"), Column("名称"), Column("区域"), Column("级别"), Column("代码"), Column("位置"), Column("问题"),
    Column("怎么改"),
)  # fmt: skip
RANKING: Final = (
    Column("名次", "n"), Column("经销商"), Column("名称"), Column("区域"), Column("状态"),
    Column("总分", "n"), Column("等级"),
)  # fmt: skip
INSPECTED: Final = (
    Column("经销商"), Column("名称"), Column("区域"), Column("状态"), Column("已填", "n"), Column("没有填", "n"),
)  # fmt: skip
LETTERS: Final = (Column("经销商"), Column("名称"), Column("区域"), Column("信"))


def returned(scores: Scores) -> Iterator[Mapping[str, Any]]:
    """The return list as the last score has it."""
    for line in scores.returns:
        yield {
            "经销商": line.dealer, "名称": line.name, "区域": line.region, "状态": str(line.status), "文件": line.file,
            "收到时间": line.received, "迟报天数": line.days_late, "待改正": line.errors, "说明": line.note,
        }  # fmt: skip


def logged(lines: Sequence[Line], roster: Mapping[str, Dealer]) -> Iterator[Mapping[str, Any]]:
    """The return list before a score: what the log of receipts has, then who sent nothing."""
    sent = set[str]()
    for line in lines:
        dealer = roster.get(line.dealer, Dealer(line.dealer, ""))
        sent |= {line.dealer} if line.fate == COUNTED else set()
        yield {
            "经销商": dealer.code, "名称": dealer.name, "区域": dealer.region, "状态": line.fate, "文件": line.name,
            "收到时间": line.at, "说明": line.note,
        }  # fmt: skip
    for code, dealer in roster.items():
        if code not in sent:
            state = str(ReturnStatus.MISSING)
            yield {"经销商": code, "名称": dealer.name, "区域": dealer.region, "状态": state}


def inspected(dealer: Dealer, entries: Sequence[Entry]) -> Mapping[str, Any]:
    """How much of a dealer's inspections is entered."""
    cells = [entry for entry in entries if entry.item]
    blank = sum(not entry.text for entry in cells)
    state = "没有行" if not cells else "填完" if not blank else "没有填" if blank == len(cells) else "填了一部分"
    return {
        "经销商": dealer.code, "名称": dealer.name, "区域": dealer.region, "状态": state, "已填": len(cells) - blank,
        "没有填": blank,
    }  # fmt: skip


def findings_of(scores: Scores) -> Iterator[Mapping[str, Any]]:
    """All findings, each with its dealer."""
    for record in scores.dealers:
        for finding in record.findings:
            yield _finding(record.dealer, record.name, record.region, finding)
    for finding in scores.findings:
        yield _finding("", "总部的表", "", finding)


def _finding(dealer: str, name: str, region: str, finding: FindingRecord) -> Mapping[str, Any]:
    place = f"{finding.sheet}!{finding.cell}" if finding.cell else finding.sheet
    return {
        "经销商": dealer, "名称": name, "区域": region, "级别": Severity[finding.severity.upper()].word,
        "severity": finding.severity, "代码": finding.code, "位置": place, "问题": finding.message,
        "怎么改": finding.remedy,
    }  # fmt: skip


def ranked(record: DealerRecord, groups: Sequence[str]) -> Mapping[str, Any]:
    """A dealer's row in the ranking, with the points of these groups."""
    by_name = {group.name: group.score for group in record.groups}
    return {
        "名次": record.rank, "经销商": record.dealer, "名称": record.name, "区域": record.region,
        "状态": outcome_of(record), "总分": record.published, "等级": record.grade,
        **{f"{name}得分": by_name.get(name) for name in groups},
    }  # fmt: skip


def missing(dealer: str, name: str, region: str) -> Mapping[str, Any]:
    """The row of a dealer of whom nothing came."""
    return {"经销商": dealer, "名称": name, "区域": region, "状态": str(Outcome.MISSING)}


def outcome_of(record: DealerRecord | None) -> str:
    """The word for a dealer's month, "" where there is no record of it."""
    return "" if record is None else str(Outcome.of(record.status, record.vetoed))


def account_of(record: DealerRecord | None) -> list[Mapping[str, Any]]:
    """The steps of a dealer's score, in words."""
    if record is None:
        return []
    labels = {item.id: item.name for item in record.items}
    return [
        {"subject": line.subject(labels), "kind": WORDS[line.kind], "points": line.points, "text": line.text,
         "inspection": line.inspection, "takes": line.points < 0}
        for line in record.account
    ]  # fmt: skip


def matters_of(issue: Issue) -> Mapping[str, Mapping[str, str]]:
    """What an appeal or a correction can be about: by ground the fields, with their labels."""
    scheme = issue.scheme
    fields = {FIGURE: scheme.by("dealer"), TARGET: scheme.aims, INSPECTION: scheme.by("headquarters")}
    return {ground: {name: entry.label or name for name, entry in by.items()} for ground, by in fields.items() if by}


def last_events(record: Record) -> Mapping[str, Mapping[str, Any]]:
    """The last event of each step that is shown."""
    return {step: event for step in ORDER if (event := record.last(step)) is not None}


def lists_of(folder: MonthFolder) -> list[tuple[str, str, bool]]:
    """Headquarters' lists: kind, file, and whether it is there."""
    workspace = folder.workspace
    return [
        *((kind, name, (workspace.root / name).is_file()) for kind, name in OF_WORKSPACE.items()),
        *((kind, name, (folder.path / name).is_file()) for kind, name in OF_MONTH.items()),
    ]


def text_of(path: Path) -> str:
    """What a text file of ours holds, "" where there is none."""
    try:
        return path.read_text("utf-8-sig")
    except OSError:
        return ""


def schemes() -> list[tuple[str, str]]:
    """The shipped schemes that can be used: names, and titles."""
    known = []
    for name in scheme_folders():
        try:
            known.append((name, load_scheme(name)[0].title))
        except SchemeError:
            continue
    return known
