"""See the package: `python -m tests.mutation --help`."""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.mutants import Mutant, mutants_of

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "*_cache", "__pycache__", "docs", "dist", "node_modules")
PATIENCE = 600  # seconds for the tests of one mutant

# Tests beside those of the module's own room that also see it, by the beginning of its path.
BESIDE: dict[str, tuple[str, ...]] = {
    "xlkpi/month/": ("tests/unit/month", "tests/journey/test_figures.py",
                     "tests/journey/test_ranking.py", "tests/unit/shown/test_ranking.py", "tests/journey/test_score.py",
                     "tests/unit/batch/test_returns.py"),
    "xlkpi/shown/ranking/": ("tests/journey/test_figures.py",
                     "tests/unit/shown/test_ranking.py", "tests/journey/test_ranking.py",
                             "tests/oracle/test_ranking_workbook.py"),
    "xlkpi/shown/report/": ("tests/unit/shown/report/test_page.py",),
    "xlkpi/workbook/patch/": ("tests/unit/workbook/test_patch.py", "tests/unit/workbook/test_validity.py",
                              "tests/journey/test_mark.py"),
    "xlkpi/scoring/": ("tests/unit/scoring", "tests/golden", "tests/journey/test_bad_input.py"),
    "xlkpi/scheme/": ("tests/unit/scheme", "tests/unit/scoring", "tests/golden", "tests/properties/test_rules.py"),
    "xlkpi/intake/": ("tests/unit/intake", "tests/journey/test_bad_input.py"),
    "xlkpi/headquarters/": ("tests/unit/headquarters", "tests/unit/month/test_carry.py"),
    "xlkpi/checking/": ("tests/unit/checking", "tests/journey/test_check.py", "tests/journey/test_mark.py"),
    "xlkpi/batch/": ("tests/unit/batch/test_run.py", "tests/unit/batch/test_returns.py"),
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """A mutant and whether the tests noticed it."""

    mutant: Mutant
    killed: bool


def tests_for(module: str) -> list[str]:
    """The module's own tests by name, then those of its room, then those that see it from outside; quick ones first."""
    room, stem = module.split("/")[1], Path(module).stem
    own = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "tests" / "unit" / room).rglob(f"test_{stem}.py"))
    listed = [path for beginning, paths in BESIDE.items() if module.startswith(beginning) for path in paths]
    if not listed:
        listed = [f"tests/unit/{room}"]
    return [path for path in dict.fromkeys([*own, *listed]) if (ROOT / path).exists()]


def run_tests(copy: Path, tests: list[str]) -> bool:
    """Whether they all pass."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def sample(copy: Path, modules: list[str], count: int, seed: int) -> Iterator[Outcome]:
    """Try `count` mutants of each module, drawn by the seed."""
    chance = random.Random(seed)
    for module in modules:
        tests, path = tests_for(module), copy / module
        source = path.read_text("utf-8")
        if not run_tests(copy, tests):
            sys.exit(f"the tests of {module} fail as they are: {' '.join(tests)}")
        found = list(mutants_of(module, source))
        for mutant in chance.sample(found, min(count, len(found))):
            text = mutant.apply(source)
            try:
                ast.parse(text)
            except SyntaxError:
                continue
            path.write_text(text, "utf-8")
            try:
                yield Outcome(mutant, not run_tests(copy, tests))
            finally:
                path.write_text(source, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Sample mutants of modules and print those that no test notices.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20, help="mutants of each module")
    parser.add_argument("--modules", nargs="+", required=True, help="paths: xlkpi/month/standing.py …")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        (copy / "docs").symlink_to(ROOT / "docs")
        killed = tried = 0
        for outcome in sample(copy, given.modules, given.count, given.seed):
            tried += 1
            killed += outcome.killed
            print(f"{'killed  ' if outcome.killed else 'SURVIVED'} {outcome.mutant}", flush=True)
    print(f"{killed} of {tried} killed ({killed / max(1, tried):.0%}); survivors may be equivalent")


if __name__ == "__main__":
    main()
