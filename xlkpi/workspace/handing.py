"""发放/: a folder a dealer with its own assessed workbook and a notice, and nothing of another dealer.

The workbook is the one of 结果/ with a sheet 本月记录 behind it: the state and the days, scheme and revision of the
targets, the hash of what it was made of, and every appeal and correction of this dealer with the old and the new score.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from xlkpi.files import cut_to_bytes, safe_name, write_file
from xlkpi.intake.guard import admit
from xlkpi.issue import Dealer, Issue
from xlkpi.month.records import DealerRecord
from xlkpi.month.scores import load_scores
from xlkpi.values import CellContent, Place
from xlkpi.values import State as Outcome
from xlkpi.workbook.operations import EnsureSheet, Fill, Operation, Write
from xlkpi.workbook.patch import patched
from xlkpi.workbook.seal import sealed
from xlkpi.workbook.sheets.provenance import TITLE as SOURCES
from xlkpi.workspace.decisions import GROUNDS
from xlkpi.workspace.places import MonthFolder
from xlkpi.workspace.record import Event
from xlkpi.workspace.scoring import ASSESSED, assessed_of

SHEET: Final = "本月记录"
NOTICE: Final = "通知.txt"
_WIDTHS: Final = (12, 20, 12, 18, 14, 14, 30, 10, 30, 12, 20, 20)
_HEADINGS: Final = (
    "种类", "时间", "依据", "项目", "原来", "改为", "证据", "决定", "理由", "经手", "原来的分", "改后的分",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the month stands, as it is printed: the word for its state, the last day of appeals, its history, and
    whether it is final, so that nobody may appeal any more."""

    word: str
    appeal_until: str
    events: Sequence[Event]
    final: bool = False


def home_of(dealer: Dealer) -> str:
    """The name of a dealer's folder."""
    return cut_to_bytes(f"{safe_name(dealer.code)}_{safe_name(dealer.name)}", 150)


def hand_out(folder: MonthFolder, issue: Issue, standing: Standing, dealers: Iterable[str] | None = None) -> set[str]:
    """Write dealers' folders; the names of what was written, inside 发放/.

    Args:
        folder: the month, scored.
        issue: what was issued.
        standing: what the record says.
        dealers: whose; None: everybody's on the roster.

    Raises:
        WriteError: a file could not be written.
    """
    codes = list(issue.roster) if dealers is None else list(dealers)
    scores = load_scores(folder.results)
    records = {record.dealer: record for record in scores.dealers if record.items}
    workbooks = assessed_of(folder.results)
    ranked = sum(record.rank is not None for record in records.values())
    written = set()
    for code in codes:
        home = folder.handed / home_of(issue.roster[code])
        record = records.get(code)
        if record is not None and code in workbooks:
            name = workbooks[code][0]
            raw = (folder.results / ASSESSED / name).read_bytes()
            rows = list(_rows(issue, record, standing))
            write_file(home / name, sealed(patched(admit(raw), tuple(_sheet(rows)))))
            written.add(f"{home.name}/{name}")
        write_file(home / NOTICE, notice(issue, code, record, ranked, standing).encode("utf-8-sig"))
        written.add(f"{home.name}/{NOTICE}")
    return written


def _sheet(rows: Sequence[tuple[CellContent, ...]]) -> Iterator[Operation]:
    """The sheet, emptied where an earlier hand-out made one."""
    yield EnsureSheet(SHEET, _WIDTHS)
    yield Write(Place(SHEET, "A1"), tuple(rows), wrap=False)
    yield Fill(SHEET, "A1:L1", "#EEF2F8", bold=True)
    heading = next((n for n, row in enumerate(rows, 1) if row[0] == _HEADINGS[0]), None)
    if heading is not None:
        yield Fill(SHEET, f"A{heading}:L{heading}", "#D9E1F2", bold=True)


def _rows(issue: Issue, record: DealerRecord, standing: Standing) -> Iterator[tuple[CellContent, ...]]:
    def line(*cells: CellContent) -> tuple[CellContent, ...]:
        return (*cells, *(None,) * (len(_HEADINGS) - len(cells)))

    yield line(f"{SHEET}　{record.dealer} {record.name}　{issue.month}")
    yield line("状态", standing.word)
    yield line("申诉截止", standing.appeal_until)
    yield line("方案", f"{issue.scheme.name} {issue.scheme.version}")
    yield line("目标", revision_said(issue, record.dealer))
    yield line("依据校验", record.made_of)
    for number, file in enumerate(record.copies, 1):
        yield line(f"合并 {number}", file)
    if record.provenance:
        yield line("数的来源", f"{len(record.provenance)} 项不只一个来源，见“{SOURCES}”页")
    decided = [event for event in standing.events if event["step"] in _CHANGES and event["dealer"] == record.dealer]
    if decided:
        yield line()
        yield line(*_HEADINGS)
        for event in decided:
            yield line(*_decided(event))


_CHANGES: Final = ("decide", "correct")


def _decided(event: Event) -> tuple[CellContent, ...]:
    kind = f"申诉 {event['number']}" if event["step"] == "decide" else "更正"
    accepted = "采纳" if event.get("accepted", True) else "不采纳"
    return (
        kind, event["at"], event["ground"], event.get("of", ""), shown(event.get("disputed")),
        shown(event.get("value")), event.get("evidence", ""), accepted, event["reason"], event["by"],
        _total(event.get("old")), _total(event.get("new")),
    )  # fmt: skip


def shown(value: Any) -> str:
    """A value as an event keeps it, for people."""
    return "" if value is None else f"{value:.10g}" if isinstance(value, float | int) else str(value)


def _total(summary: Any) -> str:
    return "" if not summary else f"{shown(summary['published'])} 分　{summary['grade']}"


def revision_said(issue: Issue, dealer: str) -> str:
    """Which revision of the targets holds, and whether it concerned a dealer; who approved it and why is said to those
    alone whom it did."""
    last = issue.revision
    if last is None:
        return "下发时的目标（第 0 次修订）"
    if dealer in last.dealers:
        words = (last.day, last.reason, f"批准：{last.approved}" if last.approved else "")
        return f"第 {last.number} 次修订（{'，'.join(filter(None, words))}；改了本店的目标）"
    return f"第 {last.number} 次修订（{last.day}；没有改本店的目标）"


def notice(issue: Issue, dealer: str, record: DealerRecord | None, ranked: int, standing: Standing) -> str:
    """What a dealer is told of its month, in plain text.

    Args:
        issue: what was issued.
        dealer: its code.
        record: its score; None: no file of it counts.
        ranked: how many dealers have a rank.
        standing: what the month's record says.
    """
    lines = [f"{issue.roster[dealer].name}（{dealer}）　{issue.month}　{issue.scheme.title}　{standing.word}", ""]
    if record is None:
        lines += ["本月没有可以计分的上报。", ""]
    else:
        lines += _score_said(record, ranked)
    if standing.appeal_until and not standing.final:
        lines += [
            f"如有异议，请在 {standing.appeal_until} 以前申诉，写明：依据（{'、'.join(GROUNDS)} 之一）、项目、证据、"
            "表上的数和认为对的数。",
            "",
        ]
    made_of = record.made_of if record else issue.hash_of(dealer)
    lines += [
        f"目标：{revision_said(issue, dealer)}",
        f"方案：{issue.scheme.name} {issue.scheme.version}；依据校验：{made_of}",
    ]
    if issue.contact:
        lines.append(f"联系人：{issue.contact}")
    return "\n".join(lines) + "\n"


def _score_said(record: DealerRecord, ranked: int) -> list[str]:
    outcome = Outcome.of(record.status, record.vetoed, record.trial)
    rank = f"，第 {record.rank} 名（{ranked} 家有名次）" if record.rank is not None else ""
    grade = f"，等级：{record.grade}" if record.grade else ""
    lines = [f"总分：{shown(record.published)} 分{grade}，{outcome}{rank}"]
    if record.total_range and record.total_range[0] != record.total_range[1]:
        low, high = record.total_range
        lines.append(f"还有没定的项，总分在 {shown(low)} 到 {shown(high)} 之间。")
    if record.remark:
        lines.append(f"说明：{record.remark}")
    return [*lines, "明细和每一项的计算说明见同一文件夹里的工作簿“绩效考核表”；经过见“本月记录”。", ""]
