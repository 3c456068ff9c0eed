"""Somebody at LibreOffice, who does what lines of JSON say (`typist.py`)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shared.judges import need_soffice

TYPIST = Path(__file__).parent / "typist.py"


def _python_with_uno() -> str:
    """An interpreter that can talk to LibreOffice; where there is none, a skip that nobody overlooks."""
    for candidate in (sys.executable, "/usr/bin/python3", shutil.which("python3"), shutil.which("python")):
        if candidate and Path(candidate).exists():
            asked = subprocess.run([candidate, "-c", "import uno"], capture_output=True, check=False)
            if asked.returncode == 0:
                return candidate
    told = "no Python has LibreOffice's uno (Debian: python3-uno): NOBODY HAS TYPED INTO A WORKBOOK in this run"
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)


@contextmanager
def somebody(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """LibreOffice with a profile of its own in the folder; it is gone afterwards."""
    program, python = need_soffice(), _python_with_uno()
    command = [python, str(TYPIST), program, str(folder / "profile")]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as running:
        yield running
        assert running.stdin is not None
        running.stdin.close()
        running.wait(60)


def do(running: subprocess.Popen[str], **order: Any) -> Any:
    """One order, and its answer."""
    assert running.stdin is not None
    assert running.stdout is not None
    running.stdin.write(json.dumps(order) + "\n")
    running.stdin.flush()
    line = running.stdout.readline()
    assert line, f"LibreOffice is gone: {order}"
    return json.loads(line)
