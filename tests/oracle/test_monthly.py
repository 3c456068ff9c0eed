"""Every formula cell of dealer-monthly over random filled workbooks: formualizer against LibreOffice and `formulas`.

LibreOffice takes more than a second for each workbook and `formulas` several, so a plain run leaves them out; `-m slow`
takes twenty and one; with XLKPI_FULL set it is two hundred and five, without the marker:
`XLKPI_FULL=1 pytest tests/oracle/test_monthly.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import pytest
from shared.judges import by_libreoffice, differences, faults
from shared.monthly import ORDERS, Monthly, Row
from shared.submissions import submission_of

from xlkpi.scheme.entries import SchemeField
from xlkpi.scoring.assess import Assessment, assess
from xlkpi.scoring.engine import load_engine
from xlkpi.values import Absence, CellContent, Value

FULL = bool(os.environ.get("XLKPI_FULL"))
WORKBOOKS = 200 if FULL else 20
SECOND_OPINIONS = 5 if FULL else 1
AT_ONCE = 10  # workbooks in one call of LibreOffice
NOT_APPLICABLE = Absence.NOT_APPLICABLE.value
pytestmark = [] if FULL else [pytest.mark.slow]


@dataclass(frozen=True)
class Month:
    """A dealer's month, drawn and assessed."""

    monthly: Monthly
    answers: dict[str, CellContent]
    orders: list[Row]
    done: Assessment


# ------------------------------------------------------------------ random months


def _figure(random: Random, field: SchemeField) -> CellContent:
    """A figure, a word where words are allowed, or what a dealer should not have written."""
    way = random.random()
    if field.not_applicable and way < 0.15:
        return NOT_APPLICABLE
    if way < 0.02:
        return random.choice([NOT_APPLICABLE, Absence.UNREADABLE.value, "约三百", "否决", ""]) or None
    if field.words:
        return random.choice(list(field.words))
    if way < 0.1:
        return 0.0
    if field.type == "count":
        return float(random.choice([random.randint(0, 9), random.randint(0, 400), random.randint(0, 100_000)]))
    if field.type == "amount":
        sign = -1 if random.random() < 0.12 else 1
        return sign * round(random.choice([1e3, 1e5, 1e7]) * random.random(), random.choice([0, 2]))
    if field.type == "rate":
        return random.choice([0.0, 1.0, random.random(), 1 / 3])
    return round(random.uniform(0, random.choice([1, 30, 3000])), random.choice([0, 1, 4]))


def _orders(random: Random, most: int) -> list[Row]:
    """None, a few, many, as many as there are rows; cells missing and words where figures belong."""
    count = random.choice([0, 1, random.randint(2, 30), random.randint(2, 30), random.randint(100, 300), most + 40])
    rows: list[Row] = []
    for number in range(count):
        row: dict[str, CellContent] = {
            "日期": 46327.0 + number % 30, "修理单号": f"R{number}",
            "类别": random.choice(["客户付费", "客户付费", "保修", "内部", "客户", Absence.UNREADABLE.value]),
            "工时": round(random.uniform(0, 20), 2), "工时销售": round(random.uniform(-100, 3000), 2),
            "零件销售": round(random.uniform(0, 5000), 2),
        }  # fmt: skip
        for column in list(row):
            if random.random() < 0.02:
                row[column] = None
        if random.random() < 0.01:
            row["工时"] = Absence.UNREADABLE.value
        rows.append({column: value for column, value in row.items() if value is not None})
    return rows


def _inspections(random: Random, monthly: Monthly) -> dict[str, Value]:
    found: dict[str, Value] = {}
    missing = random.choice([0.0, 0.0, 0.3, 1.0])
    for name, field in monthly.scheme.by("headquarters").items():
        if random.random() < missing:
            continue
        if field.words and random.random() < 0.7:
            found[name] = random.choice(list(field.words))
        elif field.type != "choice":
            kinds = {"rate": [0.9, 0.998, 1.0, random.random()], "day": [float(random.randint(1, 12))]}
            found[name] = random.choice(kinds.get(field.type, [0.0, 1.0, 2.0, float(random.randint(0, 900))]))
    return found


def _history(random: Random, monthly: Monthly) -> dict[str, float | str]:
    """What headquarters may know of earlier months and of the plan: much, little or nothing."""
    share = random.choice([0.0, 0.3, 0.9])
    known: dict[str, float | str] = {}
    for slot in monthly.issue.layout.slots.values():
        if slot.role.value == "history" and random.random() < share:
            known[slot.name] = "张经理" if slot.name.endswith("责任人") else round(random.uniform(0, 1e5), 2)
    return known


def _months(dealership: Monthly) -> Iterator[Month]:
    random = Random(20261122)
    fields = dealership.scheme.by("dealer")
    for number in range(WORKBOOKS):
        blank = random.choice([0.0, 0.02, 0.2, 0.6])
        drawn = {name: _figure(random, field) for name, field in fields.items() if random.random() >= blank}
        targets = {
            name: Absence.NOT_APPLICABLE if random.random() < 0.08 else round(random.uniform(1, 1e6), 2)
            for name in dealership.scheme.aims
            if name in dealership.scheme.fields or random.random() < 0.4  # indicators may have none
        }
        monthly = dealership.but(
            month=f"2026-{number % 12 + 1:02d}", targets={"D001": targets},
            history={"D001": _history(random, dealership)}, inspections={"D001": _inspections(random, dealership)},
        )  # fmt: skip
        answers = {name: value for name, value in drawn.items() if value is not None}
        orders = _orders(random, dealership.scheme.tables[ORDERS].rows)
        yield Month(monthly, answers, orders, monthly.judge(answers, orders))


@pytest.fixture(scope="module")
def months(dealership: Monthly) -> list[Month]:
    return list(_months(dealership))


def test_the_months_reach_far(dealership: Monthly, months: list[Month]) -> None:
    """What is compared below is not one month over and over, nor all of it words."""
    assert len(months) == WORKBOOKS
    rows = {len(month.orders) for month in months}
    most = dealership.scheme.tables[ORDERS].rows
    assert 0 in rows
    assert any(0 < count <= 30 for count in rows)
    assert any(100 <= count <= 300 for count in rows)
    assert any(count > most for count in rows)
    values = [value for month in months for value in month.answers.values()]
    assert {0.0, NOT_APPLICABLE} <= set(values)
    assert any(isinstance(value, float) and value < 0 for value in values)
    assert any(not month.monthly.issue.inspections["D001"] for month in months)
    for kind in (float, Absence):
        seen = {n for month in months for n, value in month.done.indicators.items() if isinstance(value, kind)}
        assert len(seen) >= len(months[0].done.indicators) - (5 if FULL else 25), kind
    checks = {dealership.check(month.done, name) for month in months for name in dealership.scheme.by("dealer")}
    assert len(checks) > 40  # most of the relations speak, and all the plain checks
    assert not [fault for month in months for fault in faults(month.done.cells)]


@pytest.mark.oracle
def test_every_cell_is_libreoffices(
    dealership: Monthly, months: list[Month], tmp_path_factory: pytest.TempPathFactory
) -> None:
    formulas = dealership.issue.layout.formulas
    assert len(formulas) > 2000
    unlike: list[str] = []
    for start in range(0, len(months), AT_ONCE):
        batch = {f"month-{n}": month for n, month in enumerate(months[start : start + AT_ONCE], start)}
        files = {name: month.monthly.stamp(month.done) for name, month in batch.items()}
        ruled = by_libreoffice(files, dict.fromkeys(files, formulas), tmp_path_factory.mktemp("months"))
        for name, month in batch.items():
            unlike += [f"{name}: {told}" for told in differences(month.done.cells, ruled[name], formulas)]
            unlike += [f"{name}: LibreOffice has {fault}" for fault in faults(ruled[name])]
    assert not unlike, f"{len(unlike)} cells differ:\n" + "\n".join(unlike[:60])


def _with_and_without_orders(months: list[Month], count: int) -> list[Month]:
    """So many of them, most with repair orders: some, few, more than there are rows."""
    filled = sorted((month for month in months if month.orders), key=lambda month: len(month.orders))
    chosen = [filled[len(filled) // 2], filled[0], filled[-1], *(month for month in months if not month.orders)]
    return chosen[:count]


def test_every_cell_is_the_second_engines(dealership: Monthly, months: list[Month]) -> None:
    issue = dealership.issue
    second = load_engine("formulas", issue.master, issue.layout)
    unlike = []
    chosen = _with_and_without_orders(months, SECOND_OPINIONS)
    assert any(month.orders for month in chosen)
    for month in chosen:
        again = assess(month.monthly.issue, second, submission_of(issue, "D001", month.answers, {ORDERS: month.orders}))
        unlike += differences(month.done.cells, again.cells, issue.layout.formulas)
    assert not unlike, f"{len(unlike)} cells differ:\n" + "\n".join(unlike[:60])
