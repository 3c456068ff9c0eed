"""From findings to operations: coloured cells with comments, and the sheet 问题清单 with links to them.

The command line and the button share this function, so that a marked file and a marked open workbook are the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from xlkpi.findings import Finding, Severity, for_dealer, most_serious_first, tally, told_once
from xlkpi.values import Place, span_cells, spans
from xlkpi.workbook.operations import Choices, Comment, EnsureSheet, Fill, Link, Operation, Write
from xlkpi.workbook.sheets import replies
from xlkpi.workbook.sheets.replies import HEAD_ROW as _HEAD_ROW
from xlkpi.workbook.sheets.replies import PLACES as _PLACES
from xlkpi.workbook.sheets.replies import REASONS_IN, WORDS_IN
from xlkpi.workbook.sheets.replies import TITLE as SHEET

HEADINGS = ("序号", "级别", "位置", "问题", "原因", "怎么办", "代码", *replies.HEADINGS)
COLOURS = {Severity.ERROR: "#FF9B9B", Severity.WARNING: "#F8CBAD", Severity.NOTICE: "#BDD7EE"}
HINT = "点“位置”跳到该单元格；请在原处改正，然后把本文件重新上报。数没有错的警告，可在“答复”里选原因并写说明。"
_WIDTHS = (6, 7, 18, 46, 28, 38, 10, 20, 30)
_HEADING_FILL, _TITLE_FILL, _REPLY_FILL = "#D9E1F2", "#EEF2F8", "#FFF2CC"


def mark(
    findings: Iterable[Finding], sheets: Collection[str], title: str, cleared: Mapping[Place, str] | None = None
) -> tuple[Operation, ...]:
    """What to write into a workbook so that its owner sees what was found in it.

    Args:
        findings: of this one workbook; the dealer reads its own alone.
        sheets: the sheets that it has; a finding elsewhere, or without a cell, is only listed.
        title: whose workbook of which month, for the list's first line.
        cleared: cells of an earlier marking (`marked_before`) with the colour that they had before it; where nothing is
            found any more they get it back and lose our comment.
    """
    listed = most_serious_first(for_dealer(findings))
    marked = {finding.place for finding in listed}
    restored = {place: colour for place, colour in (cleared or {}).items() if place not in marked}
    return (*_cleared(restored), *_cells(listed, sheets, cleared or {}), *_list(listed, sheets, title))


def marked_before(cells: Mapping[str, str], sheets: Collection[str]) -> list[Place]:
    """The cells that an earlier marking lists: from the texts of the sheet 问题清单 by reference."""
    places = []
    for ref, text in cells.items():
        sheet, _, listed = text.rpartition("!")
        if ref[0] == _PLACES and ref[1:].isdigit() and int(ref[1:]) > _HEAD_ROW and sheet in sheets:
            places += [Place(sheet, cell) for cell in span_cells(listed)]
    return places


def _cleared(places: Mapping[Place, str]) -> Iterator[Operation]:
    for place, colour in places.items():
        yield Fill(place.sheet, place.ref, colour)
        yield Comment(place, "")


def _cells(findings: Sequence[Finding], sheets: Collection[str], before: Collection[Place]) -> Iterator[Operation]:
    """Each cell once: the colour of its worst finding, its findings in one comment; of many findings of one cause all
    cells are coloured and the first one says it. `before` are cells that an earlier marking may have given a comment.
    """
    colours: dict[Place, str] = {}
    for finding in findings:
        if _has_cell(finding, sheets) and finding.place is not None:
            colours.setdefault(finding.place, COLOURS[finding.severity])
    lines: dict[Place, list[str]] = {}
    for finding in told_once(findings):
        if finding.place is not None:
            lines.setdefault(finding.place, []).extend(_comment_lines(finding))
    for place, colour in colours.items():
        yield Fill(place.sheet, place.ref, colour)
        if place in lines or place in before:
            yield Comment(place, "\n".join(lines.get(place, ())))


def _comment_lines(finding: Finding) -> Iterator[str]:
    """Two lines, whatever the dealer typed into the cell."""
    yield f"【{finding.severity.word} {finding.code}】{' '.join(finding.told_dealer().split())}"
    yield f"→ {' '.join(finding.remedy().split())}"


def _list(findings: Sequence[Finding], sheets: Collection[str], title: str) -> Iterator[Operation]:
    yield EnsureSheet(SHEET, _WIDTHS)
    summary = tally(findings, None if findings else 1)
    yield Write(Place(SHEET, "A1"), ((f"{SHEET}　{title}",), (summary,), (HINT if findings else "",)))
    yield Fill(SHEET, f"A1:{WORDS_IN}1", _TITLE_FILL, bold=True)
    findings = told_once(findings)
    rows = [
        (n, f.severity.word, _shown(f), f.told_dealer(), f.cause(), f.remedy(), f.code, *_reply(f))
        for n, f in enumerate(findings, 1)
    ]
    yield Write(Place(SHEET, f"A{_HEAD_ROW}"), (HEADINGS, *rows), wrap=True)
    yield Fill(SHEET, f"A{_HEAD_ROW}:{WORDS_IN}{_HEAD_ROW}", _HEADING_FILL, bold=True)
    first = _HEAD_ROW + 1
    for severity, same in groupby(findings, lambda finding: finding.severity):  # in order of severity
        last = first + sum(1 for _ in same) - 1
        yield Fill(SHEET, f"B{first}:B{last}", COLOURS[severity])
        if severity is Severity.WARNING:
            yield Fill(SHEET, f"{REASONS_IN}{first}:{WORDS_IN}{last}", _REPLY_FILL)
            yield Choices(SHEET, f"{REASONS_IN}{first}:{REASONS_IN}{last}", replies.REASONS)
        first = last + 1
    for row, finding in enumerate(findings, _HEAD_ROW + 1):
        if _has_cell(finding, sheets) and finding.place is not None:
            yield Link(Place(SHEET, f"{_PLACES}{row}"), finding.place, _shown(finding))


def _reply(finding: Finding) -> tuple[str | None, str | None]:
    """The dealer's answer, which stays where it is given."""
    return (finding.reply.reason, finding.reply.words or None) if finding.reply else (None, None)


def _shown(finding: Finding) -> str:
    """Where it is, with all its cells: the next marking reads them here."""
    place = finding.place
    if place is None:
        return "—"
    if finding.cells:
        return f"{place.sheet}!{spans(finding.cells, len(finding.cells))}"
    return str(place) if place.ref else place.sheet


def _has_cell(finding: Finding, sheets: Collection[str]) -> bool:
    return finding.place is not None and finding.place.ref != "" and finding.place.sheet in sheets
