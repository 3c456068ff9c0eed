"""What people read on a terminal: findings, codes, changes, a trace. Dealers' text has no control characters in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from xlkpi.files import visible
from xlkpi.findings import CodeEntry, Finding, Severity, example_facts, most_serious_first, tally, told_once
from xlkpi.values import CellContent, plain

if TYPE_CHECKING:
    from xlkpi.checking.changes import Changes
    from xlkpi.scoring.trace import Step, Trace

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTICE: "cyan"}


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


def print_trace(console: Console, trace: Trace) -> None:
    """An item, a group or a total: clauses, sentence, and the tree of cells from the score down to the inputs."""
    of = f" / {show_content(trace.points)} 分" if trace.points is not None else ""
    word = "得分 " if of else ""
    console.print(f"[bold]{clean(trace.item)}[/bold]　{word}{show_content(trace.score)}{of}")
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
    source = f" ← {clean(step.source)}" if step.source else ""
    return f"{clean(step.name)} [cyan]{clean(step.place)}[/cyan] = {show_content(step.value)}{formula}{source}"


def _outcome(value: CellContent) -> str:
    if isinstance(value, float):
        return f"扣 {value:g} 分" if value else "不扣分"
    return clean(value)


def show_content(value: CellContent) -> str:
    """A cell's content, safe to print."""
    if value is None:
        return "（空）"
    return f"{value:.15g}" if isinstance(value, float) else clean(plain(value)) or '""'
