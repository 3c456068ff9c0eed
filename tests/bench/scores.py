"""Scores alone, of many dealer-months: what a what-if over the store would ask of the compiled formulas.

By hand: python tests/bench/scores.py [--months 12000] [--scheme dealer-monthly]

Prints seconds of processor for scores alone, and milliseconds a dealer for scores, for everything, and for formualizer.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from books import make_issue_for
from shared.dealers import drawn

from xlkpi.scoring.compiled.engine import CompiledEngine
from xlkpi.scoring.compiled.program import compile_master
from xlkpi.scoring.engine import FormualizerEngine
from xlkpi.workbook.layout import Role


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=12_000)
    parser.add_argument("--scheme", default="dealer-monthly")
    given = parser.parse_args()
    issue = make_issue_for(given.scheme, 1)
    layout = issue.layout
    begin = time.process_time()
    engine, other = CompiledEngine(compile_master(issue.master, layout)), FormualizerEngine(issue.master, layout)
    scores = {slot.place for slot in layout.of(Role.SCORE)} & set(layout.formulas)
    dealers = list(drawn(issue, 30, seed=1))[::3]  # the clean ones
    print(f"loaded in {time.process_time() - begin:.2f} s; {len(scores)} scores of {len(layout.formulas)} formulas")

    def timed(what: str, count: int, work: Callable[..., object]) -> None:
        begin = time.process_time()
        for cells in islice(cycle(dealers), count):
            work(cells)
        spent = time.process_time() - begin
        print(f"| {what} | {count} dealer-months | {spent:.2f} s | {spent * 1000 / count:.3f} ms each |", flush=True)

    timed("compiled, scores alone", given.months, lambda cells: engine.evaluate(cells, scores))
    timed("compiled, everything", 200, engine.evaluate)
    timed("formualizer, everything", 20, other.evaluate)


if __name__ == "__main__":
    main()
