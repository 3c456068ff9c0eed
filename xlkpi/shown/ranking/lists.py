"""The lists: ranking, dealers apart from it, vetoes and deductions, what came back, findings, moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from xlkpi.findings import told_once
from xlkpi.issue import Dealer
from xlkpi.month.returns import HEADINGS, WIDTHS, ReturnStatus, counts
from xlkpi.month.standing import Standing
from xlkpi.month.statistics import places_within
from xlkpi.scoring.account import WORDS
from xlkpi.shown.ranking.book import CHANGE, MOVE, Book, Column, quoted
from xlkpi.values import VETOED, State, Status

RANKING, UNRANKED, LOSSES, RETURNS, FINDINGS, MOVES = "排名", "未排名", "否决扣分", "交表", "问题", "升降"
TOP = 2
"""The row of every list's headings, from 0."""
TOTAL_COLUMN, GRADE_COLUMN = 5, 7
_KEYS = (Column("代码", 12), Column("经销商", 22), Column("区域", 10), Column("对标组", 10))
_SCOPES = {"item": "本项", "group": "本组", "total": "总分"}
_MOST = 20_000
"""Findings that are listed, the gravest: nobody reads more, and the workbook stays below 5 MB."""
_CENTRED = ("状态", "收到时间", "时间依据", "迟报天数", "待改正")
_SEVERITIES = {"错误": "veto", "警告": "open"}


def _key(dealer: Dealer) -> tuple[str, str, str, str]:
    return dealer.code, dealer.name, dealer.region, dealer.peer_group


def add_ranking(book: Book) -> None:
    """排名: one line a ranked dealer, as assessed."""
    points = book.points
    columns = (
        Column("名次", 7, "centre", "0"), *_KEYS, Column("总分", 9, "strong", points),
        Column("否决前", 9, "figure", points), Column("等级", 9, "centre"), Column("区域名次", 9, "centre"),
        Column("组内名次", 9, "centre"), Column("上月总分", 9, "figure", points),
        Column("升降分", 9, "figure", CHANGE.format(points)), Column("上月名次", 9, "centre", "0"),
        Column("名次升降", 9, "centre", MOVE), Column("否决的细项", 20, "note"),
        Column("扣分合计", 9, "figure", "0.0;-0.0;"),
    )  # fmt: skip
    note = "按公布总分；同分同名次（1、2、2、4）。暂定、一票否决和试运营的不参加排名，列在“未排名”。"
    sheet = book.sheet(RANKING, [c.width for c in columns], f"{book.stand.scheme.title}　排名", note)
    region, group = (_within(book, part) for part in (lambda d: d.region, lambda d: d.peer_group))
    last = book.table(sheet, TOP, columns, (_ranking_row(book, row, region, group) for row in book.ranked))
    rows = (TOP + 1, last - 1)
    bar = {"type": "data_bar", "bar_color": "#9DC3E6", "bar_solid": True, "min_type": "num", "min_value": 0,
           "max_type": "num", "max_value": max(1.0, book.stand.scheme.points), "data_bar_2010": True}  # fmt: skip
    sheet.conditional_format(rows[0], TOTAL_COLUMN, rows[1], TOTAL_COLUMN, bar)
    for column in (11, 13):
        book.up_and_down(sheet, column, *rows)
    for words, style in _grades(book):
        sheet.conditional_format(
            rows[0], GRADE_COLUMN, rows[1], GRADE_COLUMN,
            {"type": "cell", "criteria": "==", "value": quoted(words), "format": book.format(style)},
        )  # fmt: skip


def _grades(book: Book) -> Iterator[tuple[str, str]]:
    """The best grade in green, the last in red."""
    grades = [grade.name for grade in book.stand.scheme.grades]
    if len(grades) > 1:
        yield grades[0], "good"
        yield grades[-1], "veto"


def _within(book: Book, part: Callable[[Dealer], str]) -> dict[str, str]:
    """Each ranked dealer's place among those of its region or group: 3/12."""
    return {code: f"{place}/{count}" for code, (place, count) in places_within(book.ranked, part).items()}


def _ranking_row(book: Book, row: Standing, region: Mapping[str, str], group: Mapping[str, str]) -> tuple[Any, ...]:
    code = row.dealer.code
    earlier = book.stand.before.get(code)
    total, rank = (earlier.published, earlier.rank) if earlier else (None, None)
    return (
        row.rank, *_key(row.dealer), row.published, row.before_veto, row.grade, region.get(code), group.get(code),
        total, None if total is None else row.published - total, rank, rank - row.rank if rank and row.rank else None,
        _vetoed(book, row), row.account.deducted,
    )  # fmt: skip


def _vetoed(book: Book, row: Standing) -> str:
    return "、".join(dict.fromkeys(line.subject(book.labels) for line in row.account.losses if line.vetoes))


def add_unranked(book: Book) -> None:
    """未排名: dealers on trial, provisional and totally vetoed ones, each with the reason."""
    points = book.points
    columns = (
        *_KEYS, Column("状态", 11, "centre"), Column("总分", 9, "strong", points),
        Column("最高可达", 9, "figure", points), Column("否决前", 9, "figure", points), Column("原因", 70, "note"),
    )  # fmt: skip
    note = (
        "暂定：有数据或检查未填，总分是从“总分”到“最高可达”的一个范围。一票否决：总分为 0，“否决前”是没有否决时的分数。"
        "试运营：有得分，没有名次。"
    )
    head = "不参加排名：暂定、一票否决和试运营"
    sheet = book.sheet(UNRANKED, [c.width for c in columns], head, note, colour="C00000")
    rows = (
        (*_key(row.dealer), row.state, row.published, row.ceiling, row.before_veto, _why(book, row))
        for row in book.unranked
    )
    book.table(sheet, TOP, columns, rows)


def _why(book: Book, row: Standing) -> str:
    if row.vetoed:
        total = (line for line in row.account.losses if line.vetoes and line.scope == "total")
        reasons = [f"{x.subject(book.labels)}：{x.text}（检查：{x.inspection}）" for x in total]
    else:
        reasons = [f"{line.subject(book.labels)} {line.text}" for line in row.account.open]
    return "；".join(filter(None, (*reasons, row.dealer.remark)))


def add_losses(book: Book) -> None:
    """否决扣分: every clause and gate that took something, vetoes first."""
    columns = (
        Column("类别", 8, "centre"), *_KEYS, Column("细项", 18, "item"), Column("范围", 8, "centre"),
        Column("扣分", 8, "figure", "0.0"), Column("按条款", 8, "figure", "0.0"), Column("考核标准", 48, "clause"),
        Column("检查情况", 16, "centre"), Column("公布总分", 9, "figure", book.points),
    )  # fmt: skip
    note = (
        "否决在上：先总分，再本组、本项；“扣分”是实际减少的分：扣到 0 为止，几条否决同时成立时由第一条计；"
        "“按条款”是条款本身的扣分；“检查情况”是总部的检查结果，或判定所依据的数。"
    )
    sheet = book.sheet(LOSSES, [c.width for c in columns], "否决和扣分，及其原因", note, colour="C00000")
    losses = [(line, row) for row in (*book.ranked, *book.unranked) for line in row.account.losses]
    losses.sort(key=lambda pair: (not pair[0].vetoes, pair[0].scope != "total", pair[0].scope != "group"))
    last = book.table(sheet, TOP, columns, (
        (
            VETOED if line.vetoes else WORDS["deduction"], *_key(row.dealer), line.subject(book.labels),
            _SCOPES.get(line.scope), line.taken, None if line.vetoes else line.nominal, line.text, line.inspection,
            row.published,
        )
        for line, row in losses
    ))  # fmt: skip
    _mark(book, sheet, last, 0, {VETOED: "veto"})


def _mark(book: Book, sheet: Any, last: int, column: int, words: Mapping[str, str]) -> None:
    for word, style in words.items():
        sheet.conditional_format(
            TOP + 1, column, last - 1, column,
            {"type": "cell", "criteria": "==", "value": quoted(word), "format": book.format(style)},
        )  # fmt: skip


def add_returns(book: Book) -> None:
    """交表: who sent, when and what became of it; without deadlines only whether something came that could be used."""
    if not book.stand.returns:
        _add_received(book)
        return
    columns = tuple(
        Column(heading, width, "centre" if heading in _CENTRED else "note" if heading in ("文件", "说明") else "text")
        for heading, width in zip(HEADINGS, WIDTHS, strict=True)
    )
    by_status = counts(line.status for line in book.stand.returns)
    summary = "，".join(f"{status} {count}" for status, count in by_status.items())
    sheet = book.sheet(RETURNS, [c.width for c in columns], "交表情况", f"{summary}。", colour="7F7F7F")
    last = book.table(sheet, TOP, columns, (line.row() for line in book.stand.returns))
    styles = {ReturnStatus.ON_TIME: "good", ReturnStatus.LATE: "open"}
    _mark(book, sheet, last, HEADINGS.index("状态"), {status: styles.get(status, "veto") for status in ReturnStatus})


def _add_received(book: Book) -> None:
    columns = (
        *_KEYS, Column("情况", 11, "centre"), Column("文件", 42, "note"), Column("错误", 7, "centre", "0;;"),
        Column("警告", 7, "centre", "0;;"), Column("原因", 60, "note"),
    )  # fmt: skip
    whole = book.whole
    absent = "不知" if whole.missing is None else f"{len(whole.missing)} 家"
    strays = f"；另有 {whole.strays} 份退回的文件不计家数" if whole.strays else ""
    note = f"有得分 {len(whole.assessed)} 家，退回 {len(whole.refused)} 家，未交 {absent}{strays}。"
    sheet = book.sheet(RETURNS, [c.width for c in columns], "交表情况", note, colour="7F7F7F")
    rows = [(*_key(dealer), State.MISSING, "", 0, 0, "") for dealer in book.stand.missing or ()]
    rows += [_return(row) for row in sorted(book.stand.rows, key=lambda row: row.status is not Status.REJECTED)]
    last = book.table(sheet, TOP, columns, rows)
    _mark(book, sheet, last, len(_KEYS), {State.MISSING: "veto", State.REFUSED: "veto", State.PROVISIONAL: "open"})


def _return(row: Standing) -> tuple[Any, ...]:
    words = [finding.severity.word for finding in row.findings]
    why = (
        "；".join(f.message() for f in told_once(row.findings) if f.severity.word == "错误")
        if row.status is Status.REJECTED
        else ""
    )
    return (*_key(row.dealer), row.state, row.file, words.count("错误"), words.count("警告"), why)


def add_findings(book: Book) -> None:
    """问题: every finding, with what to do; many of one cause once."""
    columns = (
        Column("程度", 8, "centre"), Column("代码", 12), Column("经销商", 20), Column("区域", 10),
        Column("文件", 22, "note"), Column("编号", 10, "centre"), Column("工作表", 12), Column("单元格", 8, "centre"),
        Column("问题", 62, "note"), Column("怎么办", 46, "note"),
        Column("总部裁定", 24, "note"),
    )  # fmt: skip
    findings = [(f, row.dealer) for row in book.stand.rows for f in told_once(row.findings)]
    findings += [(f, Dealer("", "")) for f in told_once(book.stand.findings)]
    findings.sort(key=lambda pair: -pair[0].severity)
    omitted = f"；另有 {len(findings) - _MOST} 条较轻的没有列出，见 scores.json" if len(findings) > _MOST else ""
    note = f"程度重的在上；“怎么办”是给经销商或总部的话{omitted}。"
    sheet = book.sheet(FINDINGS, [column.width for column in columns], "问题清单", note, colour="9C5700")
    last = book.table(sheet, TOP, columns, (
        (
            f.severity.word, dealer.code, dealer.name, dealer.region, f.file, f.code, *(f.place or ("", "")),
            f.message(), f.remedy(), f.ruling_note(),
        )
        for f, dealer in findings[:_MOST]
    ), fixed=0)  # fmt: skip
    _mark(book, sheet, last, 0, _SEVERITIES)


def add_moves(book: Book) -> None:
    """升降: against last month, the greatest rise first."""
    points = book.points
    columns = (
        *_KEYS, Column("名次升降", 10, "centre", MOVE), Column("本月名次", 10, "centre", "0"),
        Column("上月名次", 10, "centre", "0"), Column("升降分", 10, "figure", CHANGE.format(points)),
        Column("本月总分", 10, "figure", points), Column("上月总分", 10, "figure", points), Column("说明", 26, "note"),
    )  # fmt: skip
    known = bool(book.stand.before)
    note = "名次从上月到本月：▲ 上升，▼ 下降。" if known else "没有上月的数据：计分时用 --store，下月起就有比较。"
    sheet = book.sheet(MOVES, [c.width for c in columns], "与上月相比", note, colour="7030A0")
    rows = [row for row in (*book.ranked, *book.unranked) if row.dealer.code in book.stand.before]
    moves = sorted((_move(book, row) for row in rows), key=lambda move: (move[4] is None, -(move[4] or 0)))
    last = book.table(sheet, TOP, columns, moves)
    for column in (4, 7):
        book.up_and_down(sheet, column, TOP + 1, last - 1)


def _move(book: Book, row: Standing) -> tuple[Any, ...]:
    total, rank, *_ = book.stand.before[row.dealer.code]
    move = rank - row.rank if rank and row.rank else None
    why = "" if move is not None else f"本月{row.state}" if row.rank is None else "上月未排名"
    return (*_key(row.dealer), move, row.rank, rank, row.published - total, row.published, total, why)
