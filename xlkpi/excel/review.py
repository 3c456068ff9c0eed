"""Reviewing one open workbook: read, check, score, and what to write back. The rest is the code of the batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from xlkpi.checking.marking import mark
from xlkpi.checking.plausible import with_doubts
from xlkpi.excel.apply import CannotWrite
from xlkpi.excel.scorecard import score_sheet, summary
from xlkpi.findings import Finding, most_serious_first, tally
from xlkpi.intake.normalise import show
from xlkpi.intake.source import Source
from xlkpi.intake.submission import Submission, Unusable, read_source
from xlkpi.issue import Issue
from xlkpi.scheme.cells import TOTAL
from xlkpi.scoring.assess import INSPECTION_MISSING, Assessment, assess
from xlkpi.scoring.engine import Engine
from xlkpi.values import CellKind
from xlkpi.workbook.layout import Role
from xlkpi.workbook.operations import Comment, EnsureSheet, Fill, Operation

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
        return Review((), f"这个工作簿不能用：\n{_told(read.findings)}", read.findings)
    listed = issue.inspections.get(read.dealer, {})
    known = replace(issue, inspections={**issue.inspections, read.dealer: {**listed, **read.inspections}})
    read = replace(read, findings=(*read.findings, *_contradicted(issue, read)))
    (done,) = with_doubts(known, [assess(known, engine, read)])
    findings = tuple(f for f in done.findings if scoring or f.code != INSPECTION_MISSING)
    dealer = issue.roster[read.dealer]
    title = f"{dealer.name}（{dealer.code}）　{issue.month}"
    operations = [*_listed(mark(findings, source.sheets, title))]
    if scoring:
        operations = [*score_sheet(known, done, frozenset(read.inspections)), *operations]
    _only_ours(source, operations)
    lines = [
        f"{title}",
        *((summary(known, done), *_beside(issue, source, done)) if scoring else ()),
        tally(findings, None if findings else 1),
    ]
    if scoring and read.inspections:
        lines.append(f"采用了本工作簿里填写的 {len(read.inspections)} 项检查情况")
    sheets = "、".join(f"“{op.sheet}”" for op in operations if isinstance(op, EnsureSheet))
    return Review(tuple(operations), "\n".join([*lines, f"已写入工作表{sheets}；工作簿还没有保存"]), findings, done)


def _contradicted(issue: Issue, read: Submission) -> Iterator[Finding]:
    """Where the workbook's inspection is another than the one in headquarters' list."""
    listed = issue.inspections.get(read.dealer, {})
    for slot in issue.layout.of(Role.INSPECTION):
        name, entry = slot.field, issue.scheme.fields[slot.field]
        if name in listed and name in read.inspections:
            found, expected = show(entry, read.inspections[name]), show(entry, listed[name])
            if found != expected:
                facts = {"label": entry.label or name, "found": found, "expected": expected}
                yield Finding("XK-I009", read.file, slot.place, name, facts)


def _listed(operations: Iterable[Operation]) -> Iterable[Operation]:
    """Without colours and comments on the form's own sheets: they are protected, and Excel refuses them there."""
    own: set[str] = set()
    for operation in operations:
        if isinstance(operation, EnsureSheet):
            own.add(operation.sheet)
        if isinstance(operation, Fill) and operation.sheet not in own:
            continue
        if isinstance(operation, Comment) and operation.place.sheet not in own:
            continue
        yield operation


def _only_ours(source: Source, operations: Iterable[Operation]) -> None:
    """A sheet that happens to have our name is a person's own: its first cell does not begin as ours do."""
    for operation in operations:
        if isinstance(operation, EnsureSheet) and operation.sheet in source.sheets:
            held = source.cells(operation.sheet, None).cells
            if held and not ("A1" in held and (held["A1"].text or "").startswith(operation.sheet)):
                raise CannotWrite(f"工作簿里已有一张别人的工作表“{operation.sheet}”；请改名后再试")


def _beside(issue: Issue, source: Source, done: Assessment) -> Iterable[str]:
    """A word where the workbook's own formulas give another total."""
    place = issue.layout.place(TOTAL)
    cell = source.cells(place.sheet, {place.ref}).cells.get(place.ref)
    if cell is not None and cell.kind is CellKind.NUMBER and cell.text is not None:
        own = float(cell.text)
        if abs(own - done.total) > _SAME * max(1.0, abs(done.total)):
            yield f"注意：工作簿自己算出 {own:.1f} 分；里面的公式或目标与总部下发的不同，或检查情况来自清单"


def _told(findings: Iterable[Finding]) -> str:
    listed = most_serious_first(findings)
    lines = [f"{f.severity.word} {f.code} {f.message()}\n　→ {f.remedy()}" for f in listed[:_SHOWN]]
    return "\n".join([*lines, *([f"……共 {len(listed)} 条"] if len(listed) > _SHOWN else [])])
