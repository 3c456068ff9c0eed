"""检查情况 in words has one reading: in headquarters' list, under the button, and live in the open workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from conftest import RealMonth
from shared.judges import by_libreoffice, differences, recalculated
from unit.intake.test_phrases import PHRASES, read

from xlkpi.excel.review import review
from xlkpi.intake.guard import admit
from xlkpi.intake.reader import open_workbook
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Issue
from xlkpi.scheme.cells import PUBLISHED, STATUS, TOTAL, of_field
from xlkpi.scheme.parts import READING
from xlkpi.scoring.assess import assess
from xlkpi.scoring.engine import Engine
from xlkpi.values import Absence, CellContent, Place, Value, content_of
from xlkpi.workbook.layout import Role
from xlkpi.workbook.patch import patched

UNREAD = Absence.UNREADABLE.value
WORKBOOKS = 6  # each with one phrase a field: 96 phrases
Fill = Callable[[bytes, Mapping[str, Any]], bytes]


def months() -> Iterator[dict[str, str]]:
    """A phrase for each field, understood ones and questions in turn."""
    by_field: dict[str, list[str]] = {}
    for phrase in sorted(PHRASES, key=lambda phrase: phrase.expected is None):
        by_field.setdefault(phrase.field, []).append(phrase.text)
    mixed = {
        field: [text for pair in zip_longest(texts[: WORKBOOKS - 2], texts[-2:]) for text in pair if text]
        for field, texts in by_field.items()
    }
    for number in range(WORKBOOKS):
        yield {field: texts[number % len(texts)] for field, texts in mixed.items()}


MONTHS = list(months())


@pytest.fixture(scope="module")
def sent(filled: bytes, fill: Fill) -> Mapping[str, bytes]:
    """The real month's workbook with phrases typed under 检查情况."""
    return {f"month{number}": fill(filled, phrases) for number, phrases in enumerate(MONTHS)}


def by_list(issue: Issue, phrases: Mapping[str, str]) -> dict[str, Value]:
    """What headquarters' list gives for the same words."""
    return {name: read(issue.scheme.fields[name], name, text, issue.month).value for name, text in phrases.items()}


def reading_places(issue: Issue) -> dict[str, Place]:
    return {slot.field: issue.layout.place(of_field(slot.field, READING)) for slot in issue.layout.of(Role.INSPECTION)}


def results(issue: Issue) -> list[Place]:
    """Readings, what clauses do, and the total: all that the same words must give the same of."""
    totals = [issue.layout.place(name) for name in (TOTAL, PUBLISHED, STATUS)]
    return [*reading_places(issue).values(), *totals, *(slot.place for slot in issue.layout.of(Role.OUTCOME))]


@pytest.fixture(scope="module")
def reviewed(sent: Mapping[str, bytes], issue: Issue, engine: Engine) -> Mapping[str, tuple[bytes, Any]]:
    """Each after a press of the button, with the button's assessment."""
    done = {}
    for name, data in sent.items():
        pressed = review(issue, engine, open_workbook(data), name, scoring=True)
        done[name] = patched(admit(data), pressed.operations), pressed.assessment
    return done


def test_list_and_button_read_the_same(
    sent: Mapping[str, bytes], reviewed: Mapping[str, tuple[bytes, Any]], issue: Issue, engine: Engine
) -> None:
    understood = 0
    for (name, data), phrases in zip(sent.items(), MONTHS, strict=True):
        listed = by_list(issue, phrases)
        understood += sum(value is not Absence.UNREADABLE for value in listed.values())
        submission = read_submission(issue, data)
        assert isinstance(submission, Submission)
        batch = assess(replace(issue, inspections={"D001": listed}), engine, submission)
        assert batch.total == reviewed[name][1].total
        assert {item.id: item.score for item in batch.items} == {
            item.id: item.score for item in reviewed[name][1].items
        }
    assert understood >= 60


@pytest.mark.parametrize("judge", ["formualizer", "compiled"])
def test_the_open_sheet_gives_the_points_of_the_batch_after_the_button(
    judge: str, reviewed: Mapping[str, tuple[bytes, Any]], issue: Issue
) -> None:
    for data, done in reviewed.values():
        cells = recalculated(judge, data, issue.layout.formulas)
        assert differences(done.cells, cells, results(issue)) == []


@pytest.mark.slow
def test_and_so_says_libreoffice(
    sent: Mapping[str, bytes], reviewed: Mapping[str, tuple[bytes, Any]], issue: Issue, tmp_path: Path
) -> None:
    """Before the button a phrase is read as in the batch or not at all; after it, as in the batch."""
    pressed = {f"{name}-pressed": data for name, (data, _) in reviewed.items()}
    files = {**sent, **pressed}
    shown = by_libreoffice(files, dict.fromkeys(files, results(issue)), tmp_path)
    alone = 0
    for (name, (_, done)), phrases in zip(reviewed.items(), MONTHS, strict=True):
        assert differences(done.cells, shown[f"{name}-pressed"], results(issue)) == []
        listed = by_list(issue, phrases)
        for field, place in reading_places(issue).items():
            wanted, live = content_of(listed[field]), shown[name][place]
            assert live in (UNREAD, wanted), (field, phrases[field])
            alone += live == wanted != UNREAD
    assert alone >= 20


def test_the_printed_phrases_give_the_printed_total_on_the_open_sheet(
    filled: bytes, fill: Fill, issue: Issue, engine: Engine, real_month: RealMonth
) -> None:
    data = fill(filled, real_month.phrases)
    pressed = review(issue, engine, open_workbook(data), "D001.xlsx", scoring=True)
    cells: Mapping[Place, CellContent] = recalculated(
        "formualizer", patched(admit(data), pressed.operations), issue.layout.formulas
    )
    assert cells[issue.layout.place(TOTAL)] == pytest.approx(real_month.total, abs=1e-9, rel=0)
    assert cells[issue.layout.place(STATUS)] == "已评"
