"""The compiled formulas against formualizer, on many dealers of each shipped scheme: every cell, to the bit.

By hand: python tests/bench/conformance.py [--dealers 600] [--scheme NAME …]

A third of the dealers is clean, a third has wrong kinds of entries, a third is chaos. Prints cells compared, and each
cell in which the two part; ends with 1 where there is one.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from books import make_issue_for
from shared.dealers import drawn

from xlkpi.scoring.compiled.watch import alike
from xlkpi.scoring.engine import load_engine

SCHEMES = ("service-assessment", "service-monthly", "dealer-monthly")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dealers", type=int, default=600)
    parser.add_argument("--scheme", nargs="*", default=SCHEMES)
    parser.add_argument("--seed", type=int, default=2026)
    given = parser.parse_args()
    unlike = 0
    for scheme in given.scheme:
        issue = make_issue_for(scheme, 1)
        compiled, other = (load_engine(name, issue.master, issue.layout) for name in ("compiled", "formualizer"))
        cells = differing = 0
        spent = {compiled.name: 0.0, other.name: 0.0}
        for number, inputs in enumerate(drawn(issue, given.dealers, given.seed)):
            marks = [time.process_time()]
            results = []
            for engine in (compiled, other):
                results.append(engine.evaluate(inputs))
                marks.append(time.process_time())
                spent[engine.name] += marks[-1] - marks[-2]
            got, wanted = results
            cells += len(wanted)
            for place in wanted:
                if not alike(got[place], wanted[place]):
                    differing += 1
                    print(f"dealer {number} {place}: {got[place]!r}, formualizer {wanted[place]!r}", flush=True)
        times = ", ".join(f"{name} {seconds * 1000 / given.dealers:.2f} ms" for name, seconds in spent.items())
        print(f"| {scheme} | {given.dealers} dealers | {cells} cells | {differing} differ | {times} |", flush=True)
        unlike += differing
    return min(unlike, 1)


if __name__ == "__main__":
    sys.exit(main())
