"""A region's ranking: its dealers ranked among themselves, and nothing of any other's."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest

from xlkpi.findings import Finding
from xlkpi.issue import Dealer, Issue
from xlkpi.month.region import regions, standings_in
from xlkpi.month.standing import Earlier, Standing, Standings, ranked, standing_of
from xlkpi.scoring.assess import Assessment
from xlkpi.shown.ranking import ranking_workbook
from xlkpi.values import Status

EAST, NORTH = "华东区", "华北区"


def named(code: str) -> Dealer:
    return Dealer(f"{code}-码", f"名{code}店", EAST if code in "ABC" else NORTH)


def about(other: str) -> Finding:
    """A finding of headquarters' that names another dealer."""
    dealer = named(other)
    return Finding("XK-P007", "x.xlsx", facts={"count": 30, "others": f"{dealer.code} {dealer.name}"})


@pytest.fixture(scope="module")
def stand(issue: Issue, assess_with, real_month) -> Standings:
    real: Assessment = assess_with(real_month.answers, real_month.inspections)
    totals = {"A": 71.0, "D": 88.0, "B": 82.0, "E": 64.0, "C": 71.0, "F": 93.0}
    rows = [
        replace(standing_of(named(code), real), published=total, file=f"{code}.xlsx", findings=(about("D"), about("B")))
        for code, total in totals.items()
    ]
    rows.append(Standing(named("G"), Status.REJECTED, "g.xlsx"))
    before = {
        named(code).code: Earlier(total, rank, region)
        for code, total, rank, region in (
            ("A", 90.0, 2, EAST),
            ("B", 95.0, 1, NORTH),
            ("C", 80.0, 4, EAST),
            ("D", 85.0, 3, NORTH),
        )
    }
    return Standings(
        issue.scheme,
        "2026-11",
        ranked(rows),
        (named("H"), replace(named("C"), code="I-码", name="名I店")),
        before=before,
    )


def texts(workbook: bytes) -> str:
    archive = zipfile.ZipFile(io.BytesIO(workbook))
    return "\n".join(
        [*archive.namelist(), *(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())]
    )


def test_ranks_and_last_month_s_are_counted_within_the_region(stand: Standings) -> None:
    east = standings_in(EAST, stand)
    assert {row.dealer.code: row.rank for row in east.rows} == {"A-码": 2, "B-码": 1, "C-码": 2}
    assert {code: then.rank for code, then in east.before.items()} == {"A-码": 1, "C-码": 2}  # B was in another region
    assert [dealer.code for dealer in east.missing or ()] == ["I-码"]
    assert EAST in east.scheme.title
    assert regions(row.dealer for row in stand.rows) == [EAST, NORTH]


@pytest.mark.parametrize(("region", "own"), [(EAST, "ABCI"), (NORTH, "DEFGH")])
def test_the_ranking_workbook_holds_no_word_of_another_region(region: str, own: str, stand: Standings) -> None:
    text = texts(ranking_workbook(standings_in(region, stand)))
    for code in "ABCDEFGHI":
        assert (f"{code}-码" in text) == (f"名{code}店" in text) == (code in own), code
    assert (EAST if region == NORTH else NORTH) not in text
