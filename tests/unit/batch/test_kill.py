"""A run that is killed at any moment goes on to the same bytes: two kills with `-m slow`, fifty with XLKPI_KILLS=50."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Sent

KILLS = int(os.environ.get("XLKPI_KILLS", "0"))
PATIENCE = 120.0  # seconds for one run on a slow machine

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL"),
    *([] if KILLS else [pytest.mark.slow]),
]


def command(many: Sent, out: Path, jobs: int, *more: str) -> list[str]:
    words = ["score", str(many.folder), "--issue", str(many.blank), "--roster", str(many.folder.parent / "roster.xlsx")]
    return [sys.executable, "-m", "xlkpi", *words, "-o", str(out), "--jobs", str(jobs), *more]


@pytest.fixture(scope="module")
def whole(many: Sent, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A run that nobody killed, and how long it took."""
    from xlkpi.headquarters.forms import roster_form

    roster = [(d.code, d.name, d.region) for d in many.issue.roster.values()]
    (many.folder.parent / "roster.xlsx").write_bytes(roster_form(roster))
    out = tmp_path_factory.mktemp("whole") / "out"
    start = time.monotonic()
    done = subprocess.run(command(many, out, 2), capture_output=True, timeout=PATIENCE)
    assert done.returncode == 4, done.stderr.decode()
    return out, time.monotonic() - start


def wait_for(out: Path, draw: random.Random, seconds: float, process: subprocess.Popen[bytes]) -> None:
    """Until a moment at random: of the whole run, or of the time in which files are written."""
    if draw.random() < 0.3:
        time.sleep(draw.uniform(0, seconds))
        return
    lines = draw.randrange(25)
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            if (out / "manifest.jsonl").read_bytes().count(b"\n") >= lines:
                break
        except OSError:
            pass
        time.sleep(0.001)
    time.sleep(draw.uniform(0, 0.03))


@pytest.mark.parametrize(
    "number", range(KILLS) if KILLS else [pytest.param(number, marks=pytest.mark.slow) for number in (0, 1)]
)
def test_a_killed_run_goes_on_to_the_same_bytes(
    many: Sent,
    whole: tuple[Path, float],
    contents: Callable[[Path], dict[str, bytes]],
    tmp_path: Path,
    number: int,
) -> None:
    draw, out = random.Random(number), tmp_path / "out"
    reference, seconds = whole
    expected = contents(reference)
    jobs = 1 + number % 2
    process = subprocess.Popen(
        command(many, out, jobs), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for(out, draw, seconds, process)
    if number % 3:
        process.kill()  # its workers find out by themselves
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    left = contents(out) if out.exists() else {}
    for name, data in left.items():
        if name.endswith(".xlsx") and name in expected:
            assert data == expected[name], f"{name} is torn"
    done = subprocess.run(command(many, out, jobs, "--resume"), capture_output=True, timeout=PATIENCE)
    assert done.returncode == 4, done.stderr.decode()
    assert contents(out) == expected
