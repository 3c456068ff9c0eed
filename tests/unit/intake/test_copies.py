"""Copies that departments filled: parts are joined, what was sent again replaces, what contradicts is asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from shared.monthly import Monthly

from xlkpi.intake.copies import joined
from xlkpi.intake.submission import Answer, Submission, Unusable
from xlkpi.intake.tables import Row
from xlkpi.issue import Issue
from xlkpi.values import Absence, CellKind, RawCell, Value

NOON = datetime(2026, 12, 1, 12)
Made = Callable[..., Submission]


@pytest.fixture(scope="module")
def made(dealership: Monthly) -> Made:
    """A copy of D001's workbook: figures by field, rows by table."""
    issue = dealership.issue
    dealer = next(iter(issue.roster))

    def copy(
        file: str, figures: Mapping[str, Value], rows: tuple[Row, ...] = (), words: Mapping[str, str] | None = None
    ) -> Submission:  # fmt: skip
        answers = {
            name: Answer(value, RawCell(issue.layout.place(name), CellKind.NUMBER, str(value)))
            for name, value in (dict.fromkeys(issue.scheme.by("dealer"), Absence.MISSING) | dict(figures)).items()
        }
        (table,) = issue.layout.tables
        return Submission(
            dealer, issue.month, issue.scheme.name, file, answers, words or {}, {table: rows},
            row_numbers={table: tuple(range(5, 5 + len(rows)))},
        )  # fmt: skip

    return copy


def figures_of(read: Submission | Unusable) -> dict[str, Value]:
    assert isinstance(read, Submission)
    return {name: answer.value for name, answer in read.answers.items() if answer.value is not Absence.MISSING}


def codes(read: Submission | Unusable) -> list[str]:
    return [finding.code for finding in read.findings]


@pytest.fixture(scope="module")
def issue(dealership: Monthly) -> Issue:
    return dealership.issue


def test_which_copies_are_parts_and_which_are_replaced(made: Made, issue: Issue) -> None:
    """Sent in any order, joined by the moments alone: (fields that a copy fills, hour) → what it comes to."""
    a, b, c = list(issue.scheme.by("dealer"))[:3]
    kinds: list[tuple[list[tuple[dict[str, Value], int]], dict[str, Value], tuple[str, ...]]] = [
        ([({a: 1.0}, 0), ({b: 2.0}, 0)], {a: 1.0, b: 2.0}, ("0", "1")),  # each its own
        ([({a: 1.0, c: 3.0}, 0), ({b: 2.0, c: 3.0}, 1)], {a: 1.0, b: 2.0, c: 3.0}, ("0", "1")),  # the same twice
        ([({a: 1.0}, 0), ({a: 9.0, b: 2.0}, 1)], {a: 9.0, b: 2.0}, ()),  # the later one has all: sent again
        ([({a: 1.0}, 0), ({b: 2.0}, 1), ({a: 9.0}, 2)], {a: 9.0, b: 2.0}, ("1", "2")),  # one department again
        ([({a: 1.0, b: 2.0}, 0), ({a: 1.0}, 1)], {a: 1.0, b: 2.0}, ("0", "1")),  # the later one has less: nothing lost
        ([({a: 1.0}, 0), ({a: 9.0}, 1)], {a: 9.0}, ()),
        ([({a: 1.0}, 0), ({a: 1.0}, 0)], {a: 1.0}, ()),
    ]
    for sent, expected, parts in kinds:
        copies = [(NOON + timedelta(hours=hour), made(str(n), figures)) for n, (figures, hour) in enumerate(sent)]
        for order in permutations(copies):
            whole = joined(issue, order)
            assert figures_of(whole) == expected, sent
            assert isinstance(whole, Submission)
            assert whole.copies == parts, sent
            assert codes(whole) == (["XK-T130"] if parts else []), sent
    assert [(each.name, each.value) for each in whole.provenance] == []


def test_what_contradicts_is_no_value_and_names_both_files_and_cells(made: Made, issue: Issue) -> None:
    a, b, c = list(issue.scheme.by("dealer"))[:3]
    one = made("财务.xlsx", {a: 1.0, b: 2.0})
    for other_value in (9.0, Absence.UNREADABLE, Absence.NOT_APPLICABLE):
        whole = joined(issue, [(NOON, one), (NOON, made("车间.xlsx", {a: other_value, c: 3.0}))])
        assert figures_of(whole) == {a: Absence.UNREADABLE, b: 2.0, c: 3.0}
        (question,) = (finding for finding in whole.findings if finding.code == "XK-T131")
        assert question.field == a
        assert question.place == issue.layout.place(a)
        assert "财务.xlsx" in question.message()
        assert f"车间.xlsx {issue.layout.place(a)}" in question.message()
        assert isinstance(whole, Submission)
        told = {each.name: (each.source, each.other) for each in whole.provenance}
        assert "财务.xlsx" in told[a][1]
        assert told[b] == (f"财务.xlsx {issue.layout.place(b)}", "")


def test_what_was_issued_in_every_copy_is_nobodys_part(made: Made, issue: Issue) -> None:
    """A figure of headquarters' that all copies hold is filled by none; the one who changed it did."""
    dealer = next(iter(issue.roster))
    a, b = list(issue.scheme.by("dealer"))[:2]
    stamped = replace(issue, history={dealer: {a: 7.0}})
    copies = [(NOON, made("1", {a: 7.0})), (NOON, made("2", {a: 8.0, b: 2.0}))]
    assert figures_of(joined(stamped, copies)) == {a: 8.0, b: 2.0}
    assert "XK-T131" not in codes(joined(stamped, copies))


def test_rows_are_joined_by_their_key_and_counted_once(made: Made, issue: Issue) -> None:
    (table,) = issue.layout.tables
    columns = issue.scheme.tables[table].columns
    (key,) = (name for name, column in columns.items() if column.unique)
    amount, other = [name for name in columns if name != key][:2]
    one = made("1", {}, ({key: "R1", amount: 1.0}, {key: "R2", amount: 2.0}, {amount: 5.0}))
    two = made("2", {}, ({key: "R2", other: "x"}, {key: "R3", amount: 3.0}, {amount: 5.0}, {amount: 5.0}))
    whole = joined(issue, [(NOON, one), (NOON, two)])
    assert isinstance(whole, Submission)
    assert whole.tables[table] == (
        {key: "R1", amount: 1.0}, {key: "R2", amount: 2.0, other: "x"}, {amount: 5.0}, {key: "R3", amount: 3.0},
        {amount: 5.0},
    )  # fmt: skip
    assert codes(whole) == ["XK-T130"]
    three = made("3", {}, ({key: "R9"}, {key: "R1", amount: 8.0}))
    whole = joined(issue, [(NOON, one), (NOON, three)])
    assert isinstance(whole, Submission)
    assert whole.tables[table][0] == {key: "R1", amount: Absence.UNREADABLE.value}
    (question,) = (finding for finding in whole.findings if finding.code == "XK-T131")
    letter = issue.layout.tables[table].columns[amount]
    assert f"{letter}5：1；3" in question.message()
    assert question.place is not None
    assert question.place.ref == f"{letter}6"


def test_more_rows_than_the_form_holds_are_not_cut_off(made: Made, issue: Issue) -> None:
    (table,) = issue.layout.tables
    slot = issue.layout.tables[table]
    (key,) = (name for name, column in issue.scheme.tables[table].columns.items() if column.unique)
    room = slot.last - slot.first + 1
    one = made("1", {}, tuple({key: f"A{n}"} for n in range(room)))
    whole = joined(issue, [(NOON, one), (NOON, made("2", {}, ({key: "B"},)))])
    assert isinstance(whole, Unusable)
    assert codes(whole)[-1] == "XK-T133"


def test_words_of_both_are_kept(made: Made, issue: Issue) -> None:
    a, b = list(issue.scheme.by("dealer"))[:2]
    name = next(slot.name for slot in issue.layout.slots.values() if slot.role == "remark")
    whole = joined(
        issue, [(NOON, made("1", {a: 1.0}, (), {name: "停电"})), (NOON, made("2", {b: 1.0}, (), {name: "涨价"}))]
    )
    assert isinstance(whole, Submission)
    assert whole.remarks[name] == "停电；涨价"
    assert codes(whole) == ["XK-T130", "XK-T134"]
