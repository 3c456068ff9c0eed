"""A month's tables on a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from xlkpi.findings import Finding
from xlkpi.issue import Dealer
from xlkpi.month.standing import Standing, Standings, ranked
from xlkpi.scheme.lint import usable_scheme
from xlkpi.shown.month_tables import print_ranking
from xlkpi.values import Status


def test_the_ranking_s_best_are_shown_and_the_rest_counted() -> None:
    scheme, _ = usable_scheme("service-assessment")
    rows = [
        Standing(Dealer(code, f"店{code}"), Status.SCORED, f"{code}.xlsx", published=total)
        for code, total in (("A", 70.0), ("B", 90.0), ("C", 80.0))
    ]
    broken = Standing(Dealer("", ""), Status.REJECTED, "x.xlsx", findings=(Finding("XK-F002", facts={"detail": "?"}),))
    stand = Standings(scheme, "2026-11", ranked([broken, *rows]))

    def told(most: int | None) -> str:
        console = Console(file=io.StringIO(), width=160, highlight=False)
        print_ranking(console, stand, most)
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue()

    assert all(name in told(None) for name in ("店A", "店B", "店C", "x.xlsx"))
    assert told(None).index("店B") < told(None).index("店C") < told(None).index("店A") < told(None).index("x.xlsx")
    assert "店B" in told(2) and "店C" in told(2)
    assert "店A" not in told(2)
    assert "另有 2 家没有列出" in told(2)
