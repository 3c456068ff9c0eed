"""`python -m tests.check`: what the continuous run checks and that needs neither root nor a network, in one command.

Words after it go to pytest: `python -m tests.check tests/unit/scheme`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]


def steps(words: list[str]) -> dict[str, list[str]]:
    """The modules to run, by what they are called."""
    return {
        "ruff": ["ruff", "check", "."],
        "format": ["ruff", "format", "--check", "."],
        "mypy": ["mypy"],
        "tests": ["pytest", "-q", *(words or ["-n", "auto", "--dist", "loadfile"])],
    }


def main() -> int:
    """Run all steps, so that one failure hides no other; 1 where one failed."""
    failed = []
    for name, command in steps(sys.argv[1:]).items():
        began = time.monotonic()
        code = subprocess.run([sys.executable, "-m", *command], cwd=CHECKOUT, check=False).returncode
        print(f"== {name}: {'failed' if code else 'well'}, {time.monotonic() - began:.0f} s", flush=True)
        if code:
            failed.append(name)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
