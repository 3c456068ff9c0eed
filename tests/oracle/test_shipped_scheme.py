"""Every formula cell of the shipped scheme over random months, filled in: formualizer against LibreOffice and
`formulas`. The months are drawn once from a fixed seed; blanks, words, limits and impossible figures among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

import pytest
from shared.judges import by_libreoffice, differences, faults
from shared.submissions import submission_of

from xlkpi.issue import Issue
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.assess import Assessment, assess
from xlkpi.scoring.engine import Engine, load_engine
from xlkpi.values import Absence, CellContent, Value
from xlkpi.workbook.stamp import Stamper

MONTHS = 42
SECOND_OPINIONS = 6


@dataclass(frozen=True)
class Month:
    """A dealer's month, drawn."""

    issue: Issue
    answers: Mapping[str, CellContent]
    assessment: Assessment


def _draw(random: Random, field: SchemeField, target: float | None) -> CellContent:
    """A figure or word for a field: ordinary, at a limit, absent, or nonsense that a file could hold all the same."""
    way = random.random()
    if way < 0.08:
        return None
    if way < 0.12:
        return random.choice([absence.value for absence in Absence] + ["否决", "也许"])
    if field.words and (field.type == "choice" or way < 0.45):
        return random.choice(list(field.words))
    if target is not None:
        share = random.choice([0.0, 0.4, 0.4999, 0.5, 1.0, 1.2, -0.1, *(random.uniform(0.3, 1.3) for _ in range(7))])
        return float(round(share * target)) if field.type == "count" else share * target
    if field.type == "rate":
        return random.choice([0.0, 0.8999, 0.9, 0.998, 1.0, random.random()])
    if field.type == "day":
        return float(random.randint(1, 12))
    return float(random.choice([0, 0, 1, 2, 3, 500, 501, 999, 1000, random.randint(0, 2000)]))


def _month(random: Random, issue: Issue, engine: Engine) -> Month:
    scheme: Scheme = issue.scheme
    targets: dict[str, float | Absence] = {
        name: Absence.NOT_APPLICABLE if random.random() < 0.1 else round(random.uniform(1, 1e6), 2)
        for name in scheme.targets()
    }
    answers: dict[str, CellContent] = {}
    for name, field in scheme.by("dealer").items():
        target = targets.get(name)
        answers[name] = _draw(random, field, target if isinstance(target, float) else None)
    inspections: dict[str, Value] = {}
    for name, field in scheme.by("headquarters").items():
        drawn = _draw(random, field, None)
        if drawn is not None:
            inspections[name] = drawn
    drawn_issue = replace(issue, targets={"D001": targets}, inspections={"D001": inspections})
    given = {name: value for name, value in answers.items() if value is not None}
    return Month(drawn_issue, given, assess(drawn_issue, engine, submission_of(drawn_issue, "D001", given)))


@pytest.fixture(scope="module")
def months(issue: Issue, engine: Engine) -> list[Month]:
    random = Random(20261130)
    return [_month(random, issue, engine) for _ in range(MONTHS)]


def test_the_months_reach_far(months: list[Month], scheme: Scheme) -> None:
    """What is compared below is not one month forty times."""
    done = [month.assessment for month in months]
    assert {a.status for a in done} == {"scored", "provisional"}
    assert len({a.total for a in done}) == MONTHS
    states = {(item.id, item.status) for a in done for item in a.items}
    assert states >= {(item.name, "已评") for item in scheme.items} | {("接车台次", "未填"), ("轮胎", "不适用")}
    assert {item.id for a in done for item in a.items if item.vetoed} >= {
        "接车台次",
        "资金计划",
        "质量管理",
        "学习成长",
    }
    assert any(item.deductions for a in done for item in a.items)
    points = {name: number_value(item.points) for name, item in ((i.name, i) for i in scheme.items)}
    assert all(0 <= i.before_veto <= points[i.id] for a in done for i in a.items)


@pytest.mark.oracle
@pytest.mark.parametrize("count", [MONTHS // 7, pytest.param(MONTHS, marks=pytest.mark.slow)])
def test_every_cell_is_libreoffices(
    issue: Issue, months: list[Month], tmp_path_factory: pytest.TempPathFactory, count: int
) -> None:
    months = months[:: MONTHS // count]
    stamper = Stamper(issue.layout, issue.master)
    files = {
        f"month-{number}": stamper.stamp(month.assessment.cells, issue.marker("D001"))
        for number, month in enumerate(months)
    }
    places = dict.fromkeys(files, issue.layout.formulas)
    ruled = by_libreoffice(files, places, tmp_path_factory.mktemp("months"))
    unlike = [
        f"{name}: {difference}"
        for name, month in zip(files, months, strict=True)
        for difference in differences(month.assessment.cells, ruled[name], issue.layout.formulas)
    ]
    assert not unlike, f"{len(unlike)} cells differ:\n" + "\n".join(unlike[:40])
    assert not [fault for cells in ruled.values() for fault in faults(cells)]


@pytest.mark.parametrize("count", [pytest.param(SECOND_OPINIONS, marks=pytest.mark.slow)])
def test_every_cell_is_the_second_engines(issue: Issue, months: list[Month], count: int) -> None:
    second = load_engine("formulas", issue.master, issue.layout)
    picked = months[:: MONTHS // count]
    assert len(picked) == count
    unlike = []
    for month in picked:
        again = assess(month.issue, second, submission_of(month.issue, "D001", month.answers))
        unlike += differences(month.assessment.cells, again.cells, issue.layout.formulas)
    assert not unlike, f"{len(unlike)} cells differ:\n" + "\n".join(unlike[:40])
