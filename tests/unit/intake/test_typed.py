"""The table of what people type (typed.yaml): every cell is read as it says, and nothing is repaired in silence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from shared.packages import edited, put, replaced
from shared.tables import table

from xlkpi.findings import Finding, Severity, catalogue
from xlkpi.intake.meaning import show, words_of
from xlkpi.intake.normalise import understand
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Issue
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.lined import read
from xlkpi.values import UNKNOWN, Absence, CellKind, Place, RawCell, Unknown, absence_of
from xlkpi.workbook.package import unpack
from xlkpi.workbook.plan import number_format

TABLE = Path(__file__).with_name("typed.yaml")
PLAIN = frozenset(
    {
        "a number as the form asks it", "a blank", "a source without number formats",
        "number formats that show a unit, a scale, a sign or nothing",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One line of the table; `codes` without XK-."""

    group: str
    field: str
    cell: str
    content: str
    value: str
    codes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.field}-{self.cell}-{self.content}"


@cache
def fields() -> dict[str, SchemeField]:
    return {name: SchemeField.model_validate({"en": "x", **facts}) for name, facts in _table()["fields"].items()}


@cache
def _table() -> dict[str, dict[str, dict[str, str]]]:
    loaded: dict[str, dict[str, dict[str, str]]] = read(TABLE.read_text("utf-8"))
    return loaded


def cases() -> list[Case]:
    return [
        Case(group, str(line[0]), str(line[1]), str(line[2]), str(line[3]), tuple(line[4:]))
        for group, lines in _table()["cases"].items()
        for line in lines
    ]


CASES = cases()


def raw_of(case: Case) -> RawCell:
    """The case's cell as a reader gives it. A formula stands in a cell that looks as it was issued."""
    kind, _, shape = case.cell.partition(" ")
    shape, place = shape or "General", Place("填报", "F6")
    text: str | None = case.content
    formula: str | None = None
    form: str | Unknown = shape
    if kind == "formula":
        formula, _, result = (part.strip() for part in case.content.partition("->"))
        quoted = result.startswith('"')
        text, kind = (result.strip('"') if result else None), "text" if quoted else "number" if result else "empty"
        form = number_format(fields()[case.field].type)
    elif kind == "unknown":
        kind, form = "number", UNKNOWN
    return RawCell(place, CellKind(kind), text, formula, form)


@table("case", CASES)
def test_what_is_typed_is_read_as_the_table_says(case: Case) -> None:
    entry = fields()[case.field]
    reading = understand(entry, raw_of(case))
    absence = absence_of(case.value)
    if absence is not None and case.field != "文字":
        assert reading.value is absence
    elif entry.type in ("choice", "text") or case.value in entry.words:
        assert reading.value == case.value or reading.value is absence
    elif entry.type == "date":
        assert show(entry, reading.value) == case.value
    else:
        assert reading.value == pytest.approx(float(case.value), rel=1e-12)
    assert tuple(code.removeprefix("XK-") for code, _ in reading.remarks) == case.codes


@table("case", CASES)
def test_what_must_be_said_quotes_the_cell_in_both_languages(case: Case) -> None:
    raw = raw_of(case)
    for code, facts in understand(fields()[case.field], raw).remarks:
        for lang in ("zh", "en"):
            message = Finding(code, facts={"label": "项目", **facts}).message(lang)
            assert any(words in message for words in quotations(raw)), message


def quotations(raw: RawCell) -> set[str]:
    """The ways in which a message may quote a cell: as stored, as a short number, as shown, as a formula."""
    text = raw.text or ""
    ways = {text, str(raw.formula), words_of(raw), *({f"{float(text):g}"} if raw.kind is CellKind.NUMBER else ())}
    return ways - {"", "None"}


def test_the_table_is_large_and_holds_each_case_once() -> None:
    assert len(CASES) >= 150
    keys = [(case.field, case.cell, case.content) for case in CASES]
    assert len(keys) == len(set(keys))
    used = {f"XK-{code}" for case in CASES for code in case.codes}
    assert {f"XK-V{n:03d}" for n in (2, 7, 8, 9, 10, 11, 15, 16, 17, 18, 19, 20)} <= used


def test_no_repair_is_silent_and_no_doubt_is_decided() -> None:
    """Words aside (kept as they are), a case without a code is a plain one; an unreadable one carries an error."""
    for case in CASES:
        severities = {catalogue()[f"XK-{code}"].severity for code in case.codes}
        if case.value == Absence.UNREADABLE.value:
            assert severities == {Severity.ERROR}, case
        elif case.group not in PLAIN and not case.codes:
            over_the_limit = case.field == "比率" and float(case.value) > 1  # told by the form's own check
            assert case.field == "文字" or case.value in ("不适用", "无") or over_the_limit, case
        else:
            assert severities <= {Severity.NOTICE}, case


# ------------------------------------------------------------------ a sample, through real workbooks


SAMPLE = [
    case
    for case in CASES
    if case.field in ("台数", "金额") and case.cell.split()[0] in ("text", "number", "formula", "boolean")
]


def cell_xml(ref: str, raw: RawCell, styles: dict[str, int]) -> str:
    """The case's cell as a program writes it into a sheet."""
    style = f' s="{styles[str(raw.format)]}"' if str(raw.format) in styles else ""
    text = escape(raw.text) if raw.text is not None else None
    formula = f"<f>{escape(raw.formula)}</f>" if isinstance(raw.formula, str) else ""
    if raw.kind is CellKind.TEXT and not formula:
        return f'<c r="{ref}"{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    kind = {CellKind.TEXT: ' t="str"', CellKind.BOOLEAN: ' t="b"'}.get(raw.kind, "")
    value = "" if text is None else f"<v>{text}</v>"
    return f'<c r="{ref}"{style}{kind}>{formula}{value}</c>'


def test_a_sample_of_the_table_comes_out_the_same_from_workbooks(issue: Issue, blank: bytes) -> None:
    """Two cases a workbook: one in 接车台次 (台), one in 维修产值 (元); number formats through the styles part."""
    answers = {"台数": "接车台次", "金额": "维修产值"}
    shapes = sorted({str(raw_of(case).format) for case in SAMPLE})
    styled, styles = with_formats(blank, shapes)
    pairs = zip_longest(*([case for case in SAMPLE if case.field == field] for field in answers))
    compared = 0
    for pair in pairs:
        cases_here = [case for case in pair if case is not None]
        cells = {issue.layout.place(answers[case.field]).ref: raw_of(case) for case in cases_here}

        def changed(text: str, cells: Mapping[str, RawCell] = cells) -> str:
            for ref, raw in cells.items():
                text = put(text, ref, cell_xml(ref, raw, styles))
            return text

        sent = read_submission(issue, edited(styled, entry=changed))
        assert isinstance(sent, Submission)
        for case in cases_here:
            name = answers[case.field]
            expected = understand(fields()[case.field], raw_of(case))
            assert sent.answers[name].value == expected.value, case
            assert tuple(f.code.removeprefix("XK-") for f in sent.findings if f.field == name) == case.codes, case
            compared += 1
    assert compared == len(SAMPLE) > 100


def with_formats(data: bytes, shapes: Sequence[str]) -> tuple[bytes, dict[str, int]]:
    """A workbook with one more cell style for each number format, and where it is."""
    styles = unpack(data)["xl/styles.xml"].decode()
    found = re.search(r'<cellXfs count="(\d+)">.*?</cellXfs>', styles, re.S)
    assert found is not None
    first = int(found[1])
    formats = "".join(f'<numFmt numFmtId="{900 + n}" formatCode={quoteattr(code)}/>' for n, code in enumerate(shapes))
    xfs = "".join(f'<xf numFmtId="{900 + n}" fontId="0" fillId="0" borderId="0"/>' for n in range(len(shapes)))
    whole = (
        found[0].replace(f'count="{first}"', f'count="{first + len(shapes)}"').replace("</cellXfs>", f"{xfs}</cellXfs>")
    )
    styles = styles.replace(found[0], whole)
    styles = re.sub(r"</numFmts>", f"{formats}</numFmts>", styles)
    assert formats in styles
    return replaced(data, {"xl/styles.xml": styles.encode()}), {code: first + n for n, code in enumerate(shapes)}
