"""Runs the steps of a month that end at a write. Not a test.

A line of JSON on the input is a run: `at`, the moment at which it ends (there is one before and one after each file
takes its name), and the command's `words`. A line on the output tells its exit code and what it printed, in which the
last word is how many moments were left. Each run is a fork of this process, which has imported everything: a start of
Python takes four times as long as a step. Where there are no forks each run has a process of its own.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import secrets
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NoReturn

KILLED = 9


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    code: int
    output: str


class Steps:
    """Runs commands that may end at a write."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, at: int, words: list[str]) -> Ended:
        """Run a command until so many moments are over."""
        asked = json.dumps({"at": at, "words": words}) + "\n"
        if not hasattr(os, "fork"):
            alone = subprocess.run(_COMMAND, input=asked, capture_output=True, text=True, check=False)
            return Ended(alone.returncode, alone.stdout + alone.stderr)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(asked)
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))


_COMMAND = [sys.executable, "-W", "ignore", __file__]


@contextmanager
def warm_steps() -> Iterator[Steps]:
    """A process that forks for each run; it is gone afterwards."""
    with subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Steps(process)


# ------------------------------------------------------------------ in the process


def _run(at: int, words: list[str]) -> NoReturn:
    """Run a command in this process, which ends with it."""
    from xlkpi.cli import main, workspace

    left, replace = [at], Path.replace

    def spend() -> None:
        left[0] -= 1
        if left[0] == 0:
            os._exit(KILLED)

    def dying(self: Path, target: str | os.PathLike[str]) -> Path:
        spend()
        moved = replace(self, target)
        spend()
        return moved

    Path.replace = dying  # type: ignore[method-assign] # that is where a run ends
    secrets.token_bytes = lambda nbytes=None: b"k" * (nbytes or 32)
    workspace.now = lambda: datetime(2026, 12, 1, 9)
    code = 1
    try:
        main(words, standalone_mode=False)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except Exception:
        traceback.print_exc()
    print(left[0], flush=True)
    sys.stderr.flush()
    os._exit(code)


def _serve() -> None:
    import xlkpi

    for module in pkgutil.walk_packages(xlkpi.__path__, "xlkpi."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for line in sys.stdin:
        asked = json.loads(line)
        if not hasattr(os, "fork"):
            _run(**asked)
        with tempfile.TemporaryFile() as printed:
            child = os.fork()
            if child == 0:
                os.dup2(printed.fileno(), 1)
                os.dup2(printed.fileno(), 2)
                _run(**asked)
            _, status = os.waitpid(child, 0)
            printed.seek(0)
            ended = {"code": os.waitstatus_to_exitcode(status), "output": printed.read().decode()}
        print(json.dumps(ended), flush=True)


if __name__ == "__main__":
    _serve()
