"""The table of headquarters' phrases (phrases.yaml): what is wholly understood, and what is a question."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import RealMonth
from shared.tables import table

from xlkpi.findings import Finding, Severity, catalogue
from xlkpi.intake.meaning import Reading
from xlkpi.intake.normalise import checked, understand
from xlkpi.issue import Issue
from xlkpi.scheme import lined
from xlkpi.scheme.cells import of_clause, of_field
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.parts import READING
from xlkpi.scoring.engine import Engine
from xlkpi.values import Absence, CellContent, CellKind, Place, RawCell, absence_of, content_of
from xlkpi.workbook.plan import number_format

MONTH = "2026-11"
TABLE = Path(__file__).with_name("phrases.yaml")


@dataclass(frozen=True)
class Phrase:
    """One line of the table; `expected` is None for a question."""

    field: str
    sense: str
    text: str
    expected: str | float | None

    def __str__(self) -> str:
        return f"{self.field}-{self.sense}-{self.text}"


def phrases() -> list[Phrase]:
    found = []
    for field, senses in lined.read(TABLE.read_text("utf-8")).items():
        for sense, lines in senses.items():
            pairs = [(line, None) for line in lines] if sense == "question" else list(lines.items())
            found += [Phrase(field, sense, str(text), value) for text, value in pairs]
    return found


PHRASES = phrases()


def read(entry: SchemeField, name: str, text: str, month: str = MONTH) -> Reading:
    raw = RawCell(Place("检查情况", "D6"), CellKind.TEXT, text)
    return checked(entry, understand(entry, raw, name=name, month=month))


def test_the_table_covers_every_inspection(scheme: Scheme) -> None:
    assert len(PHRASES) >= 300
    assert {phrase.field for phrase in PHRASES} == set(scheme.by("headquarters"))


@table("phrase", PHRASES)
def test_a_phrase_is_read_as_the_table_says(phrase: Phrase, scheme: Scheme) -> None:
    reading = read(scheme.fields[phrase.field], phrase.field, phrase.text)
    if phrase.expected is None:
        assert reading.value is Absence.UNREADABLE
    elif isinstance(phrase.expected, str):
        assert reading.value == (absence_of(phrase.expected) or phrase.expected)
    else:
        assert reading.value == float(phrase.expected)


@table("phrase", [p for p in PHRASES if p.expected is None])
def test_a_question_quotes_the_phrase_and_is_an_error(phrase: Phrase, scheme: Scheme) -> None:
    remarks = read(scheme.fields[phrase.field], phrase.field, phrase.text).remarks
    errors = [(code, facts) for code, facts in remarks if catalogue()[code].severity is Severity.ERROR]
    assert errors
    for code, facts in errors:
        for lang in ("zh", "en"):
            finding = Finding(code, facts={"label": phrase.field, **facts})
            told = finding.message(lang)
            number = code in ("XK-V004", "XK-V005")  # the number is quoted as it was understood
            assert "{" not in told + finding.remedy(lang)
            assert number or phrase.text.strip() in told


def test_an_issue_from_before_phrases_were_declared_reads_the_printed_ones(
    issue: Issue, real_month: RealMonth, tmp_path: Path
) -> None:
    data = issue.to_json()
    for entry in data["scheme"]["fields"].values():
        for part in ("says", "about", "beside"):
            entry.pop(part, None)
    (tmp_path / "issue.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    (tmp_path / "master.xlsx").write_bytes(issue.master)
    old = Issue.load(tmp_path).scheme.fields
    read_now = {name: read(old[name], name, text).value for name, text in real_month.phrases.items()}
    assert read_now == real_month.inspections


@pytest.mark.parametrize(
    ("field", "number", "shape", "expected"),
    [
        ("绩效沟通会召开日", "7", "General", 7),
        ("绩效沟通会召开日", "7", 'd"号"', None),  # shown as 7号, but a day of January 1900
        ("绩效沟通会召开日", "7", '0"号"', 7),
        ("绩效沟通会召开日", "46332", "yyyy-mm-dd", 6),
        ("绩效沟通会召开日", "46332", "d", 6),
        ("绩效沟通会召开日", "46332", "General", 6),
        ("绩效沟通会召开日", "46332", '0"号"', 6),
        ("绩效沟通会召开日", "46302", "yyyy-mm-dd", None),
        ("绩效沟通会召开日", "6.5", "General", None),
        ("员工满意度", "0.9", "0%", 0.9),
        ("员工满意度", "0.9", '0.0"%"', None),
        ("员工满意度", "0.904", "0%", 0.904),
        ("员工满意度", "90", "General", 0.9),
        ("员工满意度", "1", "0%", 1),
        ("员工满意度", "1", "General", None),
        ("上报迟延天数", "2", '0"天"', 2),
        ("上报迟延天数", "2", '0"小时"', None),
        ("上报迟延天数", "46332", "yyyy-mm-dd", None),
        ("返修台数", "0.001", "0.0%", None),
        ("培训次数", "3", '"第"0"次"', None),
        ("维修欠款回收", "1", "General", None),
    ],
)
def test_a_number_in_the_cell_of_an_inspection(
    field: str, number: str, shape: str, expected: float | None, scheme: Scheme
) -> None:
    raw = RawCell(Place("检查情况", "D6"), CellKind.NUMBER, number, None, shape)
    entry = scheme.fields[field]
    value = checked(entry, understand(entry, raw, name=field, month=MONTH)).value
    assert value == (Absence.UNREADABLE if expected is None else expected)


# ------------------------------------------------------------------ typed into the open workbook


def outcome(issue: Issue, engine: Engine, field: str, content: CellContent) -> CellContent:
    """What the clause of an inspection comes to with that in its cell."""
    clause = next(
        of_clause(item.name, number)
        for item in issue.scheme.items
        for number, clause in enumerate(item.clauses, 1)
        if field in (clause.inspection, clause.subject)
    )
    cells = {issue.layout.place(name): value for name, value in (("考核月份", MONTH), ("交车台数", 500.0))}
    cells[issue.layout.place(field)] = content
    return engine.evaluate(cells)[issue.layout.place(clause)]


def test_a_phrase_in_the_cell_gives_the_points_of_the_batch_or_is_unreadable(
    scheme: Scheme, issue: Issue, engine: Engine
) -> None:
    agreed = 0
    for phrase in PHRASES:
        value = read(scheme.fields[phrase.field], phrase.field, phrase.text).value
        canonical = outcome(issue, engine, phrase.field, value.value if isinstance(value, Absence) else value)
        typed = outcome(issue, engine, phrase.field, phrase.text)
        assert typed in (canonical, Absence.UNREADABLE.value), phrase
        assert (canonical == Absence.UNREADABLE.value) == (value is Absence.UNREADABLE), phrase
        agreed += typed == canonical
    assert agreed > 100


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("培训次数", "三次，每次2小时", "XK-V030"),
        ("员工满意度", "不到90%", "XK-V032"),
        ("绩效沟通会召开日", "2027-01-06", "XK-V033"),
        ("员工满意度", "4.90%", "XK-V044"),
    ],
)
def test_the_question_says_why_it_is_one(field: str, text: str, code: str, scheme: Scheme) -> None:
    reading = read(scheme.fields[field], field, text)
    assert reading.value is Absence.UNREADABLE
    assert code in {remark for remark, _ in reading.remarks}


@pytest.mark.parametrize(
    "number", [-1, 0, 0.5, 0.9, 0.9000000000000001, 1, 1.5, 2, 2.0000000000000004, 6, 30, 31, 32, 46302, 46332, 1e12]
)
def test_a_number_in_the_form_s_cell_is_read_live_as_in_the_list(
    number: float, scheme: Scheme, issue: Issue, engine: Engine
) -> None:
    """Its range, whole numbers, the days of the month, and a date typed into the cell of a day."""
    for name, entry in scheme.inspected.items():
        raw = RawCell(Place("检查情况", "D6"), CellKind.NUMBER, repr(number), None, number_format(entry.type))
        listed = checked(entry, understand(entry, raw, name=name, month=MONTH)).value
        cells = {issue.layout.place("考核月份"): MONTH, issue.layout.place(name): number}
        live = engine.evaluate(cells)[issue.layout.place(of_field(name, READING))]
        wanted = content_of(listed)
        assert live == pytest.approx(wanted, rel=1e-12) if isinstance(wanted, float) else live == wanted, name
