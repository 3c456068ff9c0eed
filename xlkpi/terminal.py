"""What people read on a terminal: findings, the ranking, a trace. Dealers' text is shown without control characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from xlkpi.findings import Finding, Severity, most_serious_first, tally
from xlkpi.results import Results, plain, ranks
from xlkpi.scoring.assess import Assessment
from xlkpi.trace import Step, Trace
from xlkpi.values import VETOED, CellContent

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTICE: "cyan"}
_STATUS = {"scored": "已评", "provisional": "暂定", "rejected": "未计分"}


def clean(text: object) -> str:
    """A text made harmless for the terminal and for rich's markup."""
    return escape(_CONTROL.sub("·", str(text)))


def print_findings(console: Console, findings: Iterable[Finding], lang: str = "zh") -> None:
    """Findings by file, the most serious first, with a count at the end."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.file, []).append(finding)
    for file, listed in sorted(by_file.items(), key=lambda entry: -max(f.severity for f in entry[1])):
        console.print(f"[bold]{clean(file) or '—'}[/bold]")
        for finding in most_serious_first(listed):
            colour = _COLOURS[finding.severity]
            where = f" {clean(finding.place)}" if finding.place else ""
            word = finding.severity.word if lang == "zh" else finding.severity.name.lower()
            console.print(f"  [{colour}]{word} {finding.code}[/{colour}]{where}　{clean(finding.message(lang))}")
            console.print(f"      [dim]→ {clean(finding.remedy(lang))}[/dim]")
    console.print(tally(finding for listed in by_file.values() for finding in listed))


def print_ranking(console: Console, results: Results) -> None:
    """The month's table: ranked, then provisional and totally vetoed, then what could not be scored."""
    issue = results.issue
    table = Table(title=f"{issue.month}　{issue.scheme.title}", title_style="bold", header_style="bold", expand=False)
    for heading in ("名次", "代码", "经销商", "总分", "否决前", "等级", "状态", "否决、扣分和原因"):
        numeric = heading in ("名次", "总分", "否决前")
        table.add_column(
            heading, justify="right" if numeric else "left", overflow="fold", no_wrap=heading != "否决、扣分和原因"
        )
    order = ranks(results.assessments)
    far = len(results.assessments) + 1
    for done in sorted(results.assessments, key=lambda a: order.get(a.dealer, far)):
        table.add_row(*_row(results, done, order.get(done.dealer)))
    for unusable in results.unusable:
        dealer = issue.roster.get(unusable.dealer)
        reason = "；".join(f.message() for f in unusable.findings if f.severity is Severity.ERROR)
        name = dealer.name if dealer else unusable.file
        table.add_row("—", clean(unusable.dealer), clean(name), "—", "—", "—", "[red]未计分[/red]", clean(reason))
    console.print(table)


def _row(results: Results, done: Assessment, rank: int | None) -> list[str]:
    dealer = results.issue.roster[done.dealer]
    digits = results.issue.scheme.display_decimals
    total = f"{done.published:.{digits}f}"
    if done.status == "provisional":
        total += f"~{done.ceiling:.{digits}f}"
    colour = "yellow" if done.status == "provisional" else "green"
    return [
        str(rank) if rank else "—",
        clean(dealer.code),
        clean(dealer.name),
        total,
        f"{done.before_veto:.{digits}f}",
        clean(done.grade),
        f"[{colour}]{_STATUS[done.status]}[/{colour}]",
        "；".join(_reasons(done)),
    ]


def _reasons(done: Assessment) -> Iterable[str]:
    for item in done.items:
        for fired in item.vetoes:
            scope = {"group": "（本组）", "total": "（一票）"}.get(fired.scope, "")
            yield f"[red]{clean(item.name)}{VETOED}{scope}[/red]：{clean(fired.clause)}"
        for fired in item.deductions:
            yield f"{clean(item.name)} 扣 {fired.points:g}"
        if item.status not in ("已评",):
            yield f"[yellow]{clean(item.name)} {clean(item.status)}[/yellow]"


def print_trace(console: Console, trace: Trace) -> None:
    """An item: clauses, sentence, and the tree of cells from the score down to the inputs."""
    console.print(f"[bold]{clean(trace.item)}[/bold]　得分 {_shown(trace.score)} / {_shown(trace.points)} 分")
    for text, outcome in trace.clauses:
        fired = f" → {_outcome(outcome)}" if outcome is not None else ""
        console.print(f"  考核标准　{clean(text)}{fired}")
    console.print(f"  计算说明　{clean(trace.sentence)}")
    tree = Tree(_label(trace.steps))
    _grow(tree, trace.steps.parts, set())
    console.print(tree)


def _grow(tree: Tree, parts: Sequence[Step], seen: set[str]) -> None:
    for part in parts:
        again = part.name in seen and bool(part.parts)
        branch = tree.add(_label(part, again))
        if not again:
            seen.add(part.name)
            _grow(branch, part.parts, seen)


def _label(step: Step, again: bool = False) -> str:
    formula = f" [dim]{'（见上）' if again else '=' + clean(step.formula)}[/dim]" if step.formula else ""
    return f"{clean(step.name)} [cyan]{clean(step.place)}[/cyan] = {_shown(step.value)}{formula}"


def _outcome(value: CellContent) -> str:
    if isinstance(value, float):
        return f"扣 {value:g} 分" if value else "不扣分"
    return clean(value)


def _shown(value: CellContent) -> str:
    if value is None:
        return "（空）"
    return f"{value:.15g}" if isinstance(value, float) else clean(plain(value)) or '""'
