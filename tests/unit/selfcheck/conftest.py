"""A sealed month of two dealers, files that came back, and the page's parts.

Pyodide and the wheels are no dependencies that pip installs: `XLKPI_TEST_PARTS` names the folder with the files of
templates/self-check/parts.json. Without it the page is not made, which is said, and in CI it fails.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from conftest import REAL_ANSWERS

from xlkpi.cli.demo import fill_in
from xlkpi.headquarters.issuing import blanks
from xlkpi.issue import Issue
from xlkpi.scoring.engine import Engine
from xlkpi.selfcheck.parts import packed_parts

KEY = bytes(range(32))
SECRET = {"D001": 19638.4321, "D002": 18000.4321}  # targets that stand nowhere else


@dataclass(frozen=True)
class Sealed:
    """The issue with its seals, and the filled workbooks of its dealers by code."""

    issue: Issue
    filled: Mapping[str, bytes]


@pytest.fixture(scope="session")
def sealed(issue: Issue, engine: Engine) -> Sealed:
    """The month of the shared issue, with seals, earlier figures, and names and targets that stand nowhere else."""
    past = {code: {"接车台次_上月": 240.9876, "维修产值_上月": 250000.0} for code in issue.roster}
    roster = {code: replace(known, name=f"只有本店知道的{code}") for code, known in issue.roster.items()}
    targets = {code: {**by, "精品": SECRET[code]} for code, by in issue.targets.items()}
    known = replace(issue, roster=roster, targets=targets, history=past).sealed(KEY)
    made = {blank.dealer.code: fill_in(blank.data, REAL_ANSWERS) for blank in blanks(known, engine, KEY)}
    return Sealed(known, made)


@pytest.fixture(scope="session")
def parts_folder() -> Path:
    """The files as downloaded, or a skip that nobody overlooks."""
    folder = os.environ.get("XLKPI_TEST_PARTS")
    if not folder:
        told = "XLKPI_TEST_PARTS is not set: 自检.html was NOT made in this run (docs/howto/self-check.md)"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    return Path(folder)


@pytest.fixture(scope="session")
def pack(parts_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """自检部件.zip."""
    path = tmp_path_factory.mktemp("parts") / "自检部件.zip"
    path.write_bytes(packed_parts(parts_folder))
    return path
