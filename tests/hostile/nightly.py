"""`python -m tests.hostile.nightly`: half a million altered workbooks; each fault with the seed that makes it again.

Beside the tests, since it takes an hour. Exit code 1 where one raised, took long or ended its process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TESTS = Path(__file__).parents[1]
CHUNK = 1_000  # mutants a process
PATIENCE = 1_800  # seconds for a process


def prepared(folder: Path) -> list[Path]:
    """An issue of the shipped scheme, and files of it to alter: a blank, and one that was filled in."""
    from xlkpi.cli.demo import run_demo

    run_demo(folder)
    return [next((folder / "blank").glob("D001*.xlsx")), next((folder / "filled").glob("D001*.xlsx"))]


def altered(folder: Path, file: Path, seed: int) -> tuple[Counter[str], list[str]]:
    """What came of a thousand copies, and the faults."""
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "PYTHONIOENCODING": "utf-8"}
    words = [sys.executable, "-W", "ignore", str(TESTS / "hostile" / "runner.py"), "fuzz", str(folder / "blank")]
    words += [str(file), str(seed), str(CHUNK)]
    done = subprocess.run(words, capture_output=True, timeout=PATIENCE, env=environment, encoding="utf-8", check=False)
    if done.returncode:
        return Counter(), [f"seed {seed} of {file.name} ended its process ({done.returncode}): {done.stderr[-1000:]}"]
    told = json.loads(done.stdout)
    return Counter(told["outcomes"]), [f"{file.name}, {fault}" for fault in told["faults"]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500_000, help="mutants")
    parser.add_argument(
        "--seed", type=int, default=1_000, help="the first seed; each thousand mutants has the next one"
    )
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin nothing more after so many")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once")
    given = parser.parse_args()
    end = time.monotonic() + given.seconds
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(given.jobs) as threads:
        folder = Path(scratch)
        files = prepared(folder)

        def chunk(number: int) -> tuple[Counter[str], list[str]] | None:
            if time.monotonic() > end:
                return None
            return altered(folder, files[number % len(files)], given.seed + number)

        done = [result for result in threads.map(chunk, range(-(-given.count // CHUNK))) if result is not None]
    for counted, found in done:
        outcomes += counted
        faults += found
    print(
        f"{len(done) * CHUNK} mutants from seed {given.seed} on, {len(faults)} faults: {dict(outcomes.most_common())}"
    )
    print(*faults, sep="\n")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
