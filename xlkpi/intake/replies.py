"""A dealer's answers to warnings, read back from the sheet 问题清单 of a marked copy.

Of a row only code, place, reason and words are taken; what the warning says is found anew. A reason that is none of the
closed list, or words without one, are asked about and are no answer.
"""

from __future__ import annotations

from xlkpi.findings import Finding, Reply, catalogue
from xlkpi.intake.meaning import words_of
from xlkpi.intake.source import Source
from xlkpi.values import Place, RawCell, span_cells
from xlkpi.workbook.sheets import replies as sheet


def read_replies(book: Source, file: str) -> tuple[tuple[Reply, ...], list[Finding]]:
    """The answers, and what is wrong with others."""
    if sheet.TITLE not in book.sheets:
        return (), []
    rows: dict[int, dict[str, RawCell]] = {}
    for ref, raw in book.cells(sheet.TITLE, None).cells.items():
        column = ref.rstrip("0123456789")
        if (number := int(ref[len(column) :])) > sheet.HEAD_ROW:
            rows.setdefault(number, {})[column] = raw
    replies: list[Reply] = []
    findings: list[Finding] = []
    for number, row in sorted(rows.items()):
        texts = {column: words_of(raw) for column, raw in row.items()}
        reason, words = texts.get(sheet.REASONS_IN, "").strip(), texts.get(sheet.WORDS_IN, "").strip()
        code = texts.get(sheet.CODES, "")
        if not (reason or words) or code not in catalogue():
            continue
        if why := _why_none(reason, words):
            place = Place(sheet.TITLE, f"{sheet.REASONS_IN}{number}")
            facts = {"code": code, "why": why, "choices": "、".join(sheet.REASONS)}
            findings.append(Finding("XK-V050", file, place, facts=facts))
            continue
        title, _, listed = texts.get(sheet.PLACES, "").rpartition("!")
        replies.append(
            Reply(code, title, tuple(span_cells(listed)) if title else (), reason, words[: sheet.MOST_WORDS])
        )
    return tuple(replies), findings


def _why_none(reason: str, words: str) -> str:
    if reason not in sheet.REASONS:
        return f"“{reason[:20]}”不是可选的答复" if reason else "只写了说明，没有选答复"
    return f"“{reason}”要写说明" if reason in sheet.NEEDS_WORDS and not words else ""
