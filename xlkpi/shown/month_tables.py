"""Tables on a terminal: a month's ranking and return list, a dealer's months, trends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from xlkpi.findings import Severity
from xlkpi.month.returns import Return, ReturnStatus, counts
from xlkpi.month.standing import Earlier, Standing, Standings, positions, ranked
from xlkpi.month.statistics import Population, population
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.shown.report.figures import points
from xlkpi.shown.terminal import clean, show_content
from xlkpi.values import VETO_OF, VETOED, ItemStatus, State, Status

if TYPE_CHECKING:
    from xlkpi.month.store.query import DealerMonth
    from xlkpi.month.store.trend import By, Trend, TrendPoint

_NONE = "（未分）"
_POPULATIONS = {
    "ranked": "参加排名", "trial": State.TRIAL, "provisional": State.PROVISIONAL, "vetoed": State.VETOED,
    "refused": State.REFUSED, "missing": State.MISSING,
}  # fmt: skip


def print_ranking(console: Console, stand: Standings, most: int | None = None) -> None:
    """The month's table: ranked, then provisional and totally vetoed, then what could not be scored. After `most`
    dealers only how many are left."""
    table = Table(title=f"{stand.month}　{stand.scheme.title}", title_style="bold", header_style="bold", expand=False)
    for heading in ("名次", "代码", "经销商", "总分", "否决前", "等级", "状态", "否决、扣分和原因"):
        numeric = heading in ("名次", "总分", "否决前")
        table.add_column(
            heading, justify="right" if numeric else "left", overflow="fold", no_wrap=heading != "否决、扣分和原因"
        )
    far = len(stand.rows) + 1
    rows = sorted(stand.rows, key=lambda row: (row.status is Status.REJECTED, row.rank or far))
    for row in rows[:most]:
        table.add_row(*(_refused(row) if row.status is Status.REJECTED else _row(stand, row)))
    console.print(table)
    if len(rows) > len(table.rows):
        console.print(f"[bold]… 另有 {len(rows) - len(table.rows)} 家没有列出[/bold]")
    console.print(counted(population(stand.rows, stand.missing), stand.scheme.display_decimals))


def counted(whole: Population, digits: int) -> str:
    """How many dealers became what, and the mean of the ranked ones' totals, in a sentence."""
    counts = whole.counts()
    states = "，".join(f"{word} {counts[key]} 家" for key, word in _POPULATIONS.items() if counts[key])
    totals = whole.totals
    mean = f"；平均 {points(totals.mean, digits)} 分（{totals.count} 家参加排名的）" if totals.mean is not None else ""
    return f"共 {whole.dealers} 家：{states}{mean}" if states else "没有经销商"


def print_returns(console: Console, title: str, lines: Sequence[Return]) -> None:
    """The return list without those who sent in time, and how many there are of each kind."""
    table = Table(title=title, title_style="bold", header_style="bold", expand=False)
    for heading in ("代码", "经销商", "状态", "文件", "收到时间", "迟报天数", "待改正", "说明"):
        table.add_column(heading, overflow="fold", no_wrap=heading not in ("文件", "说明"))
    for line in lines:
        on_time = line.status is ReturnStatus.ON_TIME
        if not on_time or line.errors:
            yellow = line.status is ReturnStatus.LATE or line.status.is_replaced
            colour = "green" if on_time else "yellow" if yellow else "red"
            received = f"{line.receipt}（{line.receipt.basis}）" if line.receipt else ""
            cells = (line.file, received, line.days_late or "", line.errors or "", line.note)
            word = f"[{colour}]{clean(line.status)}[/{colour}]"
            table.add_row(clean(line.dealer), clean(line.name), word, *(clean(cell) for cell in cells))
    if table.rows:
        console.print(table)
    console.print(
        "，".join(f"{status} {count}" for status, count in counts(line.status for line in lines).items())
        or "名单是空的"
    )


def _refused(row: Standing) -> list[str]:
    reason = "；".join(f.message() for f in row.findings if f.severity is Severity.ERROR)
    name = row.dealer.name or row.file
    return ["—", clean(row.dealer.code), clean(name), "—", "—", "—", f"[red]{State.REFUSED}[/red]", clean(reason)]


def _row(stand: Standings, row: Standing) -> list[str]:
    digits = stand.scheme.display_decimals
    total = points(row.published, digits)
    if row.status is Status.PROVISIONAL:
        total += f"~{points(row.ceiling, digits)}"
    colour = "yellow" if row.status is Status.PROVISIONAL else "green"
    return [
        str(row.rank or "—"),
        clean(row.dealer.code),
        clean(row.dealer.name),
        total,
        points(row.before_veto, digits),
        clean(row.grade),
        f"[{colour}]{row.state}[/{colour}]",
        "；".join(_reasons(stand, row)),
    ]


def _reasons(stand: Standings, row: Standing) -> Iterable[str]:
    labels = {item.name: clean(item.label or item.name) for item in stand.scheme.items}
    for line in row.account.losses:
        name = line.subject(labels)
        if line.vetoes:
            word = VETO_OF.get(line.scope, VETOED)
            yield f"[red]{name} {word}[/red]：{clean(line.text)}"
        else:
            beyond = f"（按条款 {line.nominal:g}）" if line.stopped else ""
            yield f"{name} 扣 {line.taken:g}{beyond}：{clean(line.text)}"
    for line in row.account.open if row.status is Status.PROVISIONAL else ():
        yield f"[yellow]{line.subject(labels)} {clean(line.text)}[/yellow]"
    for item in row.items:
        if item.status is ItemStatus.NOT_APPLICABLE:
            yield f"[yellow]{labels.get(item.item, item.item)} {item.status}[/yellow]"
    if row.dealer.remark:
        yield row.dealer.remark


def print_standings(console: Console, stand: Standings, by: By = "all") -> None:
    """A stored month's ranking, among all or within each region or peer group; so are last month's places."""
    digits = stand.scheme.display_decimals
    before = _places_before(stand, by)
    for part, rows in _by_part(stand, by).items():
        table = Table(title="　".join(filter(None, (stand.month, stand.scheme.title, clean(part)))), title_style="bold")
        for heading in ("名次", "代码", "经销商", "总分", "上月", "上月名次", "等级", "状态"):
            table.add_column(heading, justify="right" if heading in ("名次", "总分", "上月", "上月名次") else "left")
        within = ranked(rows)
        for row in sorted(within, key=lambda row: row.rank or len(within) + 1):
            earlier = stand.before.get(row.dealer.code)
            place = before.get(row.dealer.code)
            table.add_row(
                str(row.rank or "—"), clean(row.dealer.code), clean(row.dealer.name),
                "—" if row.status is Status.REJECTED else points(row.published, digits),
                "—" if earlier is None else points(earlier.published, digits),
                _place(place, part, by), clean(row.grade), row.state,
            )  # fmt: skip
        console.print(table)
        console.print(counted(population(within), digits))


def _by_part(stand: Standings, by: By) -> dict[str, list[Standing]]:
    parts: dict[str, list[Standing]] = {}
    for row in stand.rows:
        part = {"region": row.dealer.region or _NONE, "peer_group": row.dealer.peer_group or _NONE}.get(by, "")
        parts.setdefault(part, []).append(row)
    return parts


def _places_before(stand: Standings, by: By) -> dict[str, tuple[int, str]]:
    """Each dealer's place last month, counted as this month's is: among all, or within the part it belonged to then."""

    def part_of(earlier: Earlier) -> str:
        if by == "all":
            return ""
        return (earlier.region if by == "region" else earlier.peer_group) or _NONE

    parts: dict[str, dict[str, float]] = {}
    for code, earlier in stand.before.items():
        if earlier.rank is not None:
            parts.setdefault(part_of(earlier), {})[code] = earlier.published
    return {code: (place, part) for part, group in parts.items() for code, place in positions(group).items()}


def _place(place: tuple[int, str] | None, part: str, by: By) -> str:
    """Last month's place; with the part where the dealer belonged to another one then."""
    if place is None:
        return "—"
    number, part_before = place
    return str(number) if by == "all" or part_before == part else f"{number}（{clean(part_before)}）"


def print_history(console: Console, dealer: str, rows: Sequence[DealerMonth]) -> None:
    """A dealer's months, resubmissions included; a line that no longer counts is dim. A line of a dealer that was
    merged into it bears that one's code."""
    table = Table(title=clean(dealer), title_style="bold")
    for heading in (
        "月份",
        "方案",
        "第几次",
        "总分",
        "否决前",
        "名次",
        "等级",
        "状态",
        "错误",
        "文件",
        "存入时间（UTC）",
    ):
        table.add_column(heading, justify="right" if heading in ("总分", "否决前", "名次", "错误") else "left")
    for row in rows:
        replaced = not row.current and row.status is not Status.REJECTED
        table.add_row(
            row.month, f"{row.scheme} {row.version}", str(row.revision),
            *(["—", "—"] if row.status is Status.REJECTED else [f"{row.published:g}", f"{row.before_veto:g}"]),
            f"{row.rank}/{row.among}" if row.rank else "—", clean(row.grade),
            f"{'已被替换' if replaced else row.state}{f'（{clean(row.dealer)}）' if row.dealer != dealer else ''}",
            str(row.errors), clean(row.file), row.recorded, style=None if row.current else "dim",
        )  # fmt: skip
    console.print(table if rows else f"{clean(dealer)}：库中没有记录")


def print_figures(console: Console, title: str, figures: Sequence[tuple[str, float | str]]) -> None:
    """One figure's months."""
    table = Table("月份", "数值", title=clean(title), title_style="bold")
    for month, value in figures:
        table.add_row(month, show_content(value))
    console.print(table if figures else f"{clean(title)}：库中没有记录")


def print_trend(console: Console, trend: Trend) -> None:
    """Means by month, one line a part, with the change since the month before."""
    unit = "%" if _is_percent(trend.type) else trend.unit
    title = f"{trend.label}（{unit}）" if unit else trend.label
    population = "已评、有数的经销商" if trend.kind == "figure" else "参加排名的经销商"
    table = Table(title=clean(title), title_style="bold", caption=f"家数和平均只计{population}")
    for heading in ("范围", "月份", "家数", "平均", "变化", "最低", "最高"):
        table.add_column(heading, justify="left" if heading in ("范围", "月份") else "right")
    last: TrendPoint | None = None
    for point in trend.points:
        now, five = point.figures, point.figures.five
        if now.mean is None or five is None:
            continue
        change = ""
        if last is not None and last.part == point.part and last.figures.mean is not None:
            change = _figure(now.mean - last.figures.mean, trend.type, sign="+")
        table.add_row(
            clean(point.part) or "全部", point.month, str(now.count), _figure(now.mean, trend.type), change,
            _figure(five.low, trend.type), _figure(five.high, trend.type),
        )  # fmt: skip
        last = point
    console.print(table if trend.points else f"{clean(title)}：库中没有记录")


def _is_percent(kind: str) -> bool:
    return kind in TYPES and TYPES[kind].shape is Shape.PERCENT  # points are of no type


def _figure(value: float, kind: str, sign: str = "") -> str:
    """A figure by its type: a rate as percent."""
    if _is_percent(kind):
        return f"{value * 100:{sign},.2f}%"
    return f"{value:{sign},.6g}"
