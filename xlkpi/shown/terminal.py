"""What people read on a terminal: findings, the ranking, a trace. Dealers' text is shown without control characters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from xlkpi.files import visible
from xlkpi.findings import CodeEntry, Finding, Severity, example_facts, most_serious_first, tally, told_once
from xlkpi.month.returns import Return, ReturnStatus, counts
from xlkpi.month.standing import Earlier, Standing, Standings, positions, ranked
from xlkpi.month.statistics import Population, population
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.shown.report.figures import points
from xlkpi.values import VETO_OF, VETOED, CellContent, ItemStatus, State, Status, plain

if TYPE_CHECKING:
    from xlkpi.checking.changes import Changes
    from xlkpi.month.store.query import DealerMonth
    from xlkpi.month.store.trend import By, Trend, TrendPoint
    from xlkpi.scoring.trace import Step, Trace

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTICE: "cyan"}
_NONE = "（未分）"
_POPULATIONS = {
    "ranked": "参加排名", "provisional": State.PROVISIONAL, "vetoed": State.VETOED, "refused": State.REFUSED,
    "missing": State.MISSING,
}  # fmt: skip


def clean(text: object) -> str:
    """A text made harmless for the terminal and for rich's markup."""
    return escape(visible(str(text)))


def print_findings(
    console: Console,
    findings: Iterable[Finding],
    lang: str = "zh",
    dealers: Mapping[str, str] | None = None,
    most: int | None = None,
    files: int | None = None,
) -> None:
    """Findings by dealer and sheet, the most serious first, with a count for each and at the end.

    `dealers` says whose a file is, by its name; a file that is not in it is shown by its name alone. After `most`
    findings no further file is printed, only how many are left: nobody reads ninety thousand lines. `files` is in how
    many was looked: "nothing found" says nothing without it.
    """
    listed = list(findings)
    owners = dealers or {}
    shown = 0
    for file, of_file in _grouped(listed, lambda finding: finding.file):
        if most is not None and shown >= most:
            remaining = len(listed) - shown
            words = f"另有 {remaining} 条没有列出" if lang == "zh" else f"{remaining} more are not listed"
            console.print(f"[bold]… {words}[/bold]")
            break
        shown += len(of_file)
        console.print("\n".join(_of_file(file, of_file, owners, lang)))
    console.print(tally(listed, files))


def _of_file(file: str, findings: Sequence[Finding], owners: Mapping[str, str], lang: str) -> Iterator[str]:
    """A file's lines, printed at once: a print takes far longer than a line."""
    owner = f"{clean(owners[file])}　" if owners.get(file) else ""
    yield f"[bold]{owner}{clean(file) or '—'}[/bold]　{_counts(findings, lang)}"
    for sheet, of_sheet in _grouped(findings, lambda finding: finding.place.sheet if finding.place else ""):
        if sheet:
            yield f"  {clean(sheet)}"
        for finding in told_once(most_serious_first(of_sheet)):
            yield from _lines_of(finding, lang)


def _grouped(findings: Iterable[Finding], key: Callable[[Finding], str]) -> list[tuple[str, list[Finding]]]:
    """By key, the groups with the most serious first; of equal ones that with the most of them."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(key(finding), []).append(finding)
    worst = {name: max(f.severity for f in group) for name, group in groups.items()}
    how_often = {name: sum(f.severity is worst[name] for f in group) for name, group in groups.items()}
    return sorted(groups.items(), key=lambda entry: (-worst[entry[0]], -how_often[entry[0]], entry[0]))


def _counts(findings: Sequence[Finding], lang: str) -> str:
    counts = Counter(finding.severity for finding in findings)
    shown = ((severity, counts[severity]) for severity in sorted(counts, reverse=True))
    return " ".join(f"[{_COLOURS[s]}]{_word(s, lang)} {number}[/{_COLOURS[s]}]" for s, number in shown)


def _word(severity: Severity, lang: str) -> str:
    return severity.word if lang == "zh" else severity.name.lower()


def _lines_of(finding: Finding, lang: str) -> Iterator[str]:
    colour = _COLOURS[finding.severity]
    where = f" {clean(finding.place.ref)}" if finding.place else ""
    word = _word(finding.severity, lang)
    yield f"    [{colour}]{word} {finding.code}[/{colour}]{where}　{clean(finding.message(lang))}"
    yield f"        [dim]→ {clean(finding.remedy(lang))}[/dim]"
    if finding.ruling:
        yield f"        [dim]※ {clean(finding.ruling_note(lang))}[/dim]"


_PART_WORDS = {
    "zh": {"message": "例如", "cause": "原因", "remedy": "怎么办", "since": "始于版本",
           "fixed": "不能关闭、改级别或豁免",
           "unsafe": "不安全：文件被拒绝，没有读取", "live": "填报时“校验”栏显示"},
    "en": {"message": "for example", "cause": "cause", "remedy": "remedy", "since": "since",
           "fixed": "cannot be switched off, changed or waived",
           "unsafe": "unsafe: the file was refused unread", "live": "the 校验 column shows"},
}  # fmt: skip


def print_code(console: Console, entry: CodeEntry, lang: str) -> None:
    """One code of the catalogue, with an example of what it says."""
    words = _PART_WORDS[lang]
    colour = _COLOURS[entry.severity]
    console.print(f"[bold]{entry.code}[/bold]　[{colour}]{_word(entry.severity, lang)}[/{colour}]　{entry.name}")
    for part in ("message", "cause", "remedy"):
        console.print(f"  {words[part]}　{clean(entry.render(part, lang, example_facts(lang)))}")
    if entry.live:
        console.print(f"  {words['live']}　{clean(entry.live)}")
    console.print(f"  {words['since']}　{entry.since}")
    for flag in ("unsafe", "fixed"):
        if getattr(entry, flag):
            console.print(f"  {words[flag]}")


def print_codes(console: Console, entries: Iterable[CodeEntry], lang: str) -> None:
    """All codes, a line each."""
    for entry in entries:
        colour, word = _COLOURS[entry.severity], _word(entry.severity, lang)
        console.print(
            f"{entry.code} [{colour}]{word}[/{colour}]　{clean(entry.render('message', lang, example_facts(lang)))}"
        )


def print_changes(console: Console, changes: Iterable[Changes]) -> None:
    """What each resubmission changed, field by field, and the findings resolved and introduced."""
    for comparison in changes:
        names = " ← ".join(clean(name) for name in (comparison.file, comparison.earlier) if name)
        console.print(f"[bold]变化　{names}[/bold]")
        if comparison.unread:
            console.print(f"  {clean(comparison.unread)}")
        for change in comparison.changes:
            old, new = (clean(text) or "（空）" for text in (change.old, change.new))
            console.print(f"  {clean(change.kind)}　{clean(change.name)}：{old} → {new}")
        for word, colour, findings in (
            ("已消除", "green", comparison.resolved),
            ("新出现", "red", comparison.introduced),
        ):
            for finding in findings:
                where = f" {clean(finding.place)}" if finding.place else ""
                console.print(f"  [{colour}]{word}[/{colour}]　{finding.code}{where}　{clean(finding.message())}")
        if comparison.earlier and not (
            comparison.changes or comparison.resolved or comparison.introduced or comparison.unread
        ):
            console.print("  没有变化")


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
            yield f"{name} 扣 {line.taken:g}{beyond}"
    for line in row.account.open if row.status is Status.PROVISIONAL else ():
        yield f"[yellow]{line.subject(labels)} {clean(line.text)}[/yellow]"
    for item in row.items:
        if item.status is ItemStatus.NOT_APPLICABLE:
            yield f"[yellow]{labels.get(item.item, item.item)} {item.status}[/yellow]"


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
    """A dealer's months, resubmissions included; a line that no longer counts is dim."""
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
            "已被替换" if replaced else row.state,
            str(row.errors), clean(row.file), row.recorded, style=None if row.current else "dim",
        )  # fmt: skip
    console.print(table if rows else f"{clean(dealer)}：库中没有记录")


def print_figures(console: Console, title: str, figures: Sequence[tuple[str, float | str]]) -> None:
    """One figure's months."""
    table = Table("月份", "数值", title=clean(title), title_style="bold")
    for month, value in figures:
        table.add_row(month, _shown(value))
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


def print_trace(console: Console, trace: Trace) -> None:
    """An item, a group or a total: clauses, sentence, and the tree of cells from the score down to the inputs."""
    of = f" / {_shown(trace.points)} 分" if trace.points is not None else ""
    word = "得分 " if of else ""
    console.print(f"[bold]{clean(trace.item)}[/bold]　{word}{_shown(trace.score)}{of}")
    for text, outcome in trace.clauses:
        fired = f" → {_outcome(outcome)}" if outcome is not None else ""
        console.print(f"  考核标准　{clean(text)}{fired}")
    if trace.sentence:
        console.print(f"  计算说明　{clean(trace.sentence)}")
    tree = Tree(_label(trace.steps))
    _grow(tree, trace.steps.parts, set())
    console.print(tree)


def _grow(tree: Tree, parts: Sequence[Step], printed: set[str]) -> None:
    for part in parts:
        repeated = part.name in printed and bool(part.parts)
        branch = tree.add(_label(part, repeated))
        if not repeated:
            printed.add(part.name)
            _grow(branch, part.parts, printed)


def _label(step: Step, repeated: bool = False) -> str:
    formula = f" [dim]{'（见上）' if repeated else '=' + clean(step.formula)}[/dim]" if step.formula else ""
    return f"{clean(step.name)} [cyan]{clean(step.place)}[/cyan] = {_shown(step.value)}{formula}"


def _outcome(value: CellContent) -> str:
    if isinstance(value, float):
        return f"扣 {value:g} 分" if value else "不扣分"
    return clean(value)


def _shown(value: CellContent) -> str:
    if value is None:
        return "（空）"
    return f"{value:.15g}" if isinstance(value, float) else clean(plain(value)) or '""'
