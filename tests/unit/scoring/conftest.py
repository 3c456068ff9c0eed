"""Schemes that differ from the shipped one in a few lines, issued and scored."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import AssessWith, MakeIssue, RealMonth

from xlkpi.resources import templates
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scoring.assess import Assessment
from xlkpi.scoring.engine import load_engine
from xlkpi.values import CellContent, Value

Score = Callable[..., Assessment]
Variant = Callable[..., Score]


@pytest.fixture(scope="session")
def variant(
    tmp_path_factory: pytest.TempPathFactory, issue_of: MakeIssue, assess_with: AssessWith, real_month: RealMonth
) -> Variant:
    """A changed scheme (pairs of old and new text, and more files) as a function that scores the real month in it.

    The function takes what differs from the real month: answers and inspections by name; `targets` by field.
    """

    def make(*edits: tuple[str, str], **files: str) -> Score:
        folder: Path = tmp_path_factory.mktemp("variant") / "scheme"
        shutil.copytree(templates() / "schemes" / "service-assessment", folder)
        for old, new in edits:
            paths = [path for path in sorted(folder.glob("*.yaml")) if old in path.read_text("utf-8")]
            assert paths, f"no file has {old!r} any more: the test must follow"
            paths[0].write_text(paths[0].read_text("utf-8").replace(old, new, 1), "utf-8")
        for name, text in files.items():
            (folder / f"{name}.yaml").write_text(text, "utf-8")
        scheme, compiled = usable_scheme(str(folder))
        issued = issue_of(scheme, compiled)
        engine = load_engine("formualizer", issued.master, issued.layout)

        def score(**differing: CellContent | Value) -> Assessment:
            answers = dict(real_month.answers)
            inspections = dict(real_month.inspections)
            for name, value in differing.items():
                (inspections if name in scheme.by("headquarters") else answers)[name] = value
            return assess_with(answers, inspections, issue=issued, engine=engine)

        return score

    return make
