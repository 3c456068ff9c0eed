"""Reviewing one open workbook: read, check, score, and what to write back. The rest is the code of the batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from xlkpi.checking.marking import mark
from xlkpi.checking.plausible import with_doubts
from xlkpi.excel.apply import CannotWrite
from xlkpi.excel.scorecard import score_sheet, summary
from xlkpi.findings import Finding, most_serious_first, tally, told_once, with_replies
from xlkpi.intake.meaning import show
from xlkpi.intake.source import Source
from xlkpi.intake.submission import Submission, Unusable, read_source
from xlkpi.issue import Issue
from xlkpi.scheme import parts
from xlkpi.scheme.cells import TOTAL, of_field
from xlkpi.scoring.assess import INSPECTION_MISSING, Assessment, assess
from xlkpi.scoring.engine import Engine
from xlkpi.values import CellKind, column_row, content_of
from xlkpi.workbook.layout import Role
from xlkpi.workbook.operations import Comment, EnsureSheet, Fill, Operation, Write

_SHOWN = 5  # findings in the message; all of them stand in 问题清单
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Review:
    """What a press of the button came to: what to write, what to say, and the assessment where there is one."""

    operations: tuple[Operation, ...]
    message: str
    findings: tuple[Finding, ...]
    assessment: Assessment | None = None


def review(issue: Issue, engine: Engine, source: Source, file: str, *, scoring: bool) -> Review:
    """Check a workbook under review, and score it where `scoring`.

    Inspections that the reviewer filled in count before those of headquarters' list. A workbook that is not of this
    issue comes back with nothing to write.

    Raises:
        CannotWrite: a sheet with the name of ours stands there, and is not ours.
    """
    read = read_source(issue, lambda: source, file, reviewed=True)
    if isinstance(read, Unusable):
        return Review((), f"这个工作簿不能用：\n{_finding_lines(read.findings)}", read.findings)
    listed = issue.inspections.get(read.dealer, {})
    known = replace(issue, inspections={**issue.inspections, read.dealer: {**listed, **read.inspections}})
    read = replace(read, findings=(*read.findings, *_contradicted(issue, read)))
    (result,) = with_doubts(known, [assess(known, engine, read)])
    answered = with_replies(result.findings, read.replies)
    findings = tuple(f for f in answered if scoring or f.code != INSPECTION_MISSING)
    dealer = issue.roster[read.dealer]
    title = f"{dealer.name}（{dealer.code}）　{issue.month}"
    operations = [*_listed(mark(findings, source.sheets, title))]
    if scoring:
        operations = [*score_sheet(known, result, frozenset(read.inspections)), *operations]
    _only_ours(source, operations)
    readings = _readings(issue, source, read) if scoring else None
    totals = (summary(known, result), *(() if readings else _differing_total(issue, source, result))) if scoring else ()
    lines = [f"{title}", *totals, tally(findings, None if findings else 1)]
    if scoring and read.inspections:
        lines.append(f"采用了本工作簿里填写的 {len(read.inspections)} 项检查情况")
    if readings is not None:
        lines.append(f"其中 {len(read.phrases)} 项是文字，读作什么记在“{readings.place.sheet}”里，表上的公式照此计分")
        operations.append(readings)  # the last: it is written whole or not at all
    elif scoring and read.phrases and any(issue.layout.of(Role.READ)):
        lines.append("检查情况里的文字读作什么没能写进工作簿（计分过程的行列与下发的不同），表上的公式可能读不懂它们")
    sheets = "、".join(f"“{op.sheet}”" for op in operations if isinstance(op, EnsureSheet))
    return Review(tuple(operations), "\n".join([*lines, f"已写入工作表{sheets}；工作簿还没有保存"]), findings, result)


def _readings(issue: Issue, source: Source, read: Submission) -> Write | None:
    """What the words under 检查情况 were read as, beside the words: the workbook's own formulas go by that.

    None where there are no words, or where the cells for it are not where they were issued.
    """
    slots, inspected = (
        issue.layout.slots,
        [name for name in issue.scheme.inspected if _typed(name) in issue.layout.slots],
    )
    if not read.phrases or not inspected:
        return None
    first = slots[_typed(inspected[0])].place
    labels = {name: f"A{column_row(slots[_typed(name)].place.ref)[1]}" for name in inspected}
    cells = source.cells(first.sheet, set(labels.values())).cells if first.sheet in source.sheets else {}
    for name, ref in labels.items():
        if ref not in cells or cells[ref].text != (issue.scheme.fields[name].label or name):
            return None
    rows = tuple(
        (read.phrases[name], content_of(read.inspections[name])) if name in read.phrases else (None, None)
        for name in inspected
    )
    return Write(first, rows)


def _typed(name: str) -> str:
    return of_field(name, parts.TYPED)


def _contradicted(issue: Issue, read: Submission) -> Iterator[Finding]:
    """Where the workbook's inspection is another than the one in headquarters' list."""
    listed = issue.inspections.get(read.dealer, {})
    for slot in issue.layout.of(Role.INSPECTION):
        name, entry = slot.field, issue.scheme.fields[slot.field]
        if name in listed and name in read.inspections:
            in_workbook, expected = show(entry, read.inspections[name]), show(entry, listed[name])
            if in_workbook != expected:
                facts = {"label": entry.label or name, "found": in_workbook, "expected": expected}
                yield Finding("XK-I009", read.file, slot.place, name, facts)


def _listed(operations: Iterable[Operation]) -> Iterable[Operation]:
    """Without colours and comments on the form's own sheets: they are protected, and Excel refuses them there."""
    result_sheets: set[str] = set()
    for operation in operations:
        if isinstance(operation, EnsureSheet):
            result_sheets.add(operation.sheet)
        if isinstance(operation, Fill) and operation.sheet not in result_sheets:
            continue
        if isinstance(operation, Comment) and operation.place.sheet not in result_sheets:
            continue
        yield operation


def _only_ours(source: Source, operations: Iterable[Operation]) -> None:
    """A sheet that happens to have our name is a person's own: its first cell does not begin as ours do."""
    for operation in operations:
        if isinstance(operation, EnsureSheet) and operation.sheet in source.sheets:
            cells = source.cells(operation.sheet, None).cells
            if cells and not ("A1" in cells and (cells["A1"].text or "").startswith(operation.sheet)):
                raise CannotWrite(f"工作簿里已有一张别人的工作表“{operation.sheet}”；请改名后再试")


def _differing_total(issue: Issue, source: Source, assessment: Assessment) -> Iterable[str]:
    """A word where the workbook's own formulas give another total."""
    place = issue.layout.place(TOTAL)
    cell = source.cells(place.sheet, {place.ref}).cells.get(place.ref)
    if cell is not None and cell.kind is CellKind.NUMBER and cell.text is not None:
        computed = float(cell.text)
        if abs(computed - assessment.total) > _SAME * max(1.0, abs(assessment.total)):
            yield f"注意：工作簿自己算出 {computed:.1f} 分；里面的公式或目标与总部下发的不同，或检查情况来自清单"


def _finding_lines(findings: Iterable[Finding]) -> str:
    listed = told_once(most_serious_first(findings))
    lines = [f"{f.severity.word} {f.code} {f.message()}\n　→ {f.remedy()}" for f in listed[:_SHOWN]]
    return "\n".join([*lines, *([f"……共 {len(listed)} 条"] if len(listed) > _SHOWN else [])])
