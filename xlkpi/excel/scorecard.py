"""From an assessment to operations: the sheet 评分结果 that the button writes into the workbook under review.

Scores stand beside the sentence that explains each, so that the sheet settles a question by itself. The form itself is
left alone: its own formulas give the same numbers, and its cells stay as the dealer sent them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from xlkpi.intake.meaning import show
from xlkpi.issue import Issue
from xlkpi.scheme.cells import BONUS
from xlkpi.scoring.assess import Assessment, ItemScore
from xlkpi.shown.report.figures import points
from xlkpi.values import VETO_OF, VETOED, Absence, CellContent, Place, Status, Value, plain
from xlkpi.workbook.operations import EnsureSheet, Fill, NumberFormat, Operation, Write
from xlkpi.workbook.plan import number_format

SHEET: Final = "评分结果"
_WIDTHS = (13, 15, 9, 14, 14, 11, 11, 11, 72)
_ITEM_HEADINGS: Final = ("组别", "细项", "分值", "目标", "实绩", "完成率", "否决前", "得分", "计算说明")
_CLAUSE_HEADINGS: Final = ("细项", "考核标准", None, None, None, None, "检查情况", "结果")
_INSPECTION_HEADINGS: Final = ("检查项目", None, None, "检查情况", "来源")
_TITLE_FILL, _HEADING_FILL, _GROUP_FILL, _VETO_FILL, _OPEN_FILL = (
    "#EEF2F8", "#D9E1F2", "#E2E8F0", "#FF9B9B", "#F8CBAD"
)  # fmt: skip
_ITEM_ROW = 6  # of the headings above the items

Row = tuple[CellContent, ...]


def score_sheet(issue: Issue, assessment: Assessment, from_workbook: frozenset[str]) -> tuple[Operation, ...]:
    """What to write so that the workbook shows how it was scored.

    Args:
        issue: what was issued, with the inspections that counted.
        assessment: the assessment.
        from_workbook: fields whose inspection was taken from this workbook; the others come from headquarters' list.
    """
    return tuple(_operations(issue, assessment, from_workbook))


def summary(issue: Issue, result: Assessment) -> str:
    """Total, grade and status in one sentence."""
    if result.status is Status.PROVISIONAL:
        lowest, highest = points(result.total, 1), points(result.ceiling, 1)
        return f"暂定：总分在 {lowest} 至 {highest} 之间（有未填、未检查或整组不适用）"
    published = points(result.published, issue.scheme.display_decimals)
    text = f"总分 {published} 分（满分 {issue.scheme.points:g}），{result.grade}"
    if result.vetoed:
        labels = {item.id: item.name for item in result.items}
        why = "、".join(line.subject(labels) for line in result.account.losses if line.vetoes and line.scope == "total")
        return f"{text}；一票否决（{why}），否决前 {points(result.before_veto, 1)} 分"
    return text if result.before_veto == result.total else f"{text}；否决前 {points(result.before_veto, 1)} 分"


def _operations(issue: Issue, result: Assessment, from_workbook: frozenset[str]) -> Iterator[Operation]:
    dealer = issue.roster[result.dealer]
    head: tuple[Row, ...] = (
        (f"{SHEET}　{dealer.name}（{dealer.code}）　{issue.month}　{issue.scheme.title} {issue.scheme.version}",),
        (summary(issue, result),),
        (
            "分数由总部下发的公式、目标和检查情况算出；表里被改动的公式和目标不起作用。本表由程序写入，再次评分时会覆盖。",
        ),
    )
    yield EnsureSheet(SHEET, _WIDTHS)
    yield Write(Place(SHEET, "A1"), head)
    yield Fill(SHEET, "A1:I1", _TITLE_FILL, bold=True)
    veto_or_open = _VETO_FILL if result.vetoed else _OPEN_FILL if result.status is Status.PROVISIONAL else _TITLE_FILL
    yield Fill(SHEET, "A2:I2", veto_or_open, bold=True)
    yield from _items(issue, result)
    row = _ITEM_ROW + len(result.items) + len(result.groups) + has_bonus(result) + 3
    fired = tuple(_fired(result))
    if fired:
        yield from _table(row, "扣分和否决", _CLAUSE_HEADINGS, fired)
        row += len(fired) + 3
    inspected = tuple(_inspections(issue, result.dealer, from_workbook))
    if inspected:
        yield from _table(row, "采用的检查情况", _INSPECTION_HEADINGS, inspected)


def _items(issue: Issue, result: Assessment) -> Iterator[Operation]:
    scored = {item.name: issue.scheme.fields.get(item.scored_field) for item in issue.scheme.items}
    rows: list[Row] = []
    figures: list[tuple[int, str]] = []
    marks: list[tuple[int, str]] = []
    for group in result.groups:
        for item in (item for item in result.items if item.group == group.name):
            rows.append(_item(item))
            if (field := scored[item.id]) is not None:
                figures.append((_ITEM_ROW + len(rows), number_format(field.type)))
            if item.vetoed or (item.score is not Absence.NOT_APPLICABLE and item.ceiling > _points(item.score)):
                marks.append((_ITEM_ROW + len(rows), _VETO_FILL if item.vetoed else _OPEN_FILL))
        word = VETOED if group.vetoed else None
        rows.append((group.name, "小计", group.points, None, None, None, group.before_veto, group.score, word))
        marks.append((_ITEM_ROW + len(rows), _GROUP_FILL))
    if has_bonus(result):
        rows.append((None, BONUS, None, None, None, None, None, result.bonus, None))
    rows.append(
        (
            None,
            "总分",
            None,
            None,
            None,
            None,
            result.before_veto,
            result.total,
            f"公布 {result.published:g} 分　{result.grade}",
        )
    )
    last = _ITEM_ROW + len(rows)
    yield Write(Place(SHEET, f"A{_ITEM_ROW}"), (_ITEM_HEADINGS, *rows), wrap=True)
    yield Fill(SHEET, f"A{_ITEM_ROW}:I{_ITEM_ROW}", _HEADING_FILL, bold=True)
    for row, colour in marks:
        whole = colour == _GROUP_FILL
        yield Fill(SHEET, f"A{row}:I{row}" if whole else f"H{row}", colour, bold=whole)
    yield Fill(SHEET, f"A{last}:I{last}", _HEADING_FILL, bold=True)
    first = _ITEM_ROW + 1
    for row, code in figures:
        yield NumberFormat(SHEET, f"D{row}:E{row}", code)
    yield NumberFormat(SHEET, f"F{first}:F{last}", "0.00%")
    yield NumberFormat(SHEET, f"G{first}:H{last}", "0.00_)")  # a little air before the sentence


def _item(item: ItemScore) -> Row:
    shown = (plain(item.target), plain(item.actual), plain(item.completion))
    # an item that is judged by clauses alone has neither target nor actual
    figures = (None, None, None) if set(shown) == {Absence.NOT_APPLICABLE.value} else shown
    return (item.group, item.name, item.points, *figures, item.before_veto, plain(item.score), item.trace)


def has_bonus(assessment: Assessment) -> bool:
    """Whether the scheme has bonus items, whose points stand apart from the groups'."""
    return any(item.bonus for item in assessment.items)


def _fired(assessment: Assessment) -> Iterator[Row]:
    """What clauses and gates took."""
    labels = {item.id: item.name for item in assessment.items}
    for line in assessment.account.losses:
        if line.vetoes:
            word = VETO_OF.get(line.scope, VETOED)
            result = f"{word}，减 {line.taken:g} 分" if line.taken else word
        else:
            result = f"扣 {line.taken:g} 分" + (f"（按条款 {line.nominal:g} 分）" if line.stopped else "")
        yield (line.subject(labels), line.text, None, None, None, None, line.inspection, result)


def _inspections(issue: Issue, dealer: str, from_workbook: frozenset[str]) -> Iterator[Row]:
    inspections: Mapping[str, Value] = issue.inspections.get(dealer, {})
    for name, entry in issue.scheme.by("headquarters").items():
        if name in inspections:
            where = "本工作簿" if name in from_workbook else "总部清单"
            yield (entry.label or name, None, None, show(entry, inspections[name]), where)


def _table(row: int, title: str, headings: Row, rows: tuple[Row, ...]) -> Iterator[Operation]:
    """A titled table of equal rows."""
    yield Write(Place(SHEET, f"A{row}"), ((title, *[None] * (len(headings) - 1)), headings, *rows))
    last = chr(64 + len(headings))
    yield Fill(SHEET, f"A{row}:{last}{row}", _TITLE_FILL, bold=True)
    yield Fill(SHEET, f"A{row + 1}:{last}{row + 1}", _HEADING_FILL, bold=True)


def _points(score: float | Absence) -> float:
    return score if isinstance(score, float) else 0.0
