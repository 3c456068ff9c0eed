"""Every limit with two decimals, in one engine: a figure just below it, at it, and just above."""

from __future__ import annotations

import pytest
from shared.tiny import SHEET, book_and_layout

from xlkpi.scheme.formulas import Formula, Number, compare, number_value
from xlkpi.scoring.engine import load_engine
from xlkpi.values import Place

ALL = [f"{n // 100}.{n % 100:02d}%" for n in range(1, 10_001)]
EVER_SO_LITTLE = 1e-9  # more than ROUND(x,10) takes for noise
HOLDS = {"<=": "TTF", ">=": "FTT"}  # below, at, above; the other comparisons are these two's contraries and meeting


@pytest.mark.parametrize("limits", [ALL[::17], pytest.param(ALL, marks=pytest.mark.slow)], ids=["some", "all"])
def test_each_limit_lies_where_it_is_written(limits: list[str]) -> None:
    """One formula a limit, from both sides."""
    formulas = {}
    for row, limit in enumerate(limits, 1):
        held = (compare(Formula(f"A{row}"), operator, Number(limit)) for operator in HOLDS)
        formulas[f"Z{row}"] = "&".join(f'IF({condition},"T","F")' for condition in held)
    inputs = [f"A{row}" for row in range(1, len(limits) + 1)]
    engine = load_engine("compiled", *book_and_layout(formulas, dict.fromkeys(inputs)))
    wrong = []
    for position, offset in enumerate((-EVER_SO_LITTLE, 0.0, EVER_SO_LITTLE)):
        wanted = "".join(HOLDS[operator][position] for operator in HOLDS)
        got = engine.evaluate(
            {Place(SHEET, ref): number_value(x) + offset for ref, x in zip(inputs, limits, strict=True)}
        )
        said = [(limit, got[Place(SHEET, f"Z{row}")]) for row, limit in enumerate(limits, 1)]
        wrong += [(limit, offset, verdicts) for limit, verdicts in said if verdicts != wanted]
    assert wrong == []


def test_a_limit_is_the_number_that_a_cell_holds_which_shows_it() -> None:
    """95.4% is 0.954 and nothing beside it, as a spreadsheet reads what is typed."""
    assert [limit for n, limit in enumerate(ALL, 1) if number_value(limit) != n / 10_000] == []
