"""Who filled in the form, who checked it, and when: asked where the scheme says so, and implausible words are named."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from xlkpi.batch import run
from xlkpi.checking.check import Checker
from xlkpi.cli.demo import fill_in
from xlkpi.headquarters.issuing import blanks
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Issue
from xlkpi.resources import templates
from xlkpi.scheme.lint import lint_scheme, usable_scheme
from xlkpi.values import CellContent

ANSWERS = {
    "接车台次": 251.0,
    "维修产值": 1.0,
    "维修毛利": 1.0,
    "养护品": 1.0,
    "精品": 1.0,
    "轮胎": 1.0,
    "交车台数": 600.0,
}


def written(folder: Path, attestation: str, more: str = "") -> Path:
    """The shipped scheme, which asks or requires; `more` goes before its fields."""
    shutil.copytree(templates() / "schemes" / "service-assessment", folder)
    for path in folder.glob("*.yaml"):
        text = path.read_text("utf-8")
        text = text.replace("scheme: service-assessment\n", f"scheme: service-assessment\nattestation: {attestation}\n")
        path.write_text(text.replace("\nfields:\n", f"\nfields:\n{more}"), "utf-8")
    return folder


@pytest.fixture(scope="module")
def asking(issue_of: Callable[..., Issue], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Issue]:
    issues: dict[str, Issue] = {}

    def issue(attestation: str) -> Issue:
        if attestation not in issues:
            folder = tmp_path_factory.mktemp("attested") / "service-assessment"
            issues[attestation] = issue_of(*usable_scheme(written(folder, attestation)))
        return issues[attestation]

    return issue


def blank_of(issue: Issue) -> bytes:
    return next(blank.data for blank in blanks(issue) if blank.dealer.code == "D001")


def test_what_is_wrong_with_an_attestation_is_named(asking: Callable[[str], Issue]) -> None:
    """(填报人, 审核人, 填报日期) → codes where the scheme requires it, and where it only asks."""
    cases: list[tuple[tuple[CellContent | date, ...], set[str], set[str]]] = [
        (("张三", "李四", date(2026, 12, 3)), set(), set()),
        (("张三", "李四", date(2026, 11, 30)), set(), set()),
        (("张三", "李四", "2026年12月3日"), {"XK-V009"}, {"XK-V009"}),
        (("张三", "张 三", date(2026, 12, 3)), {"XK-V047"}, {"XK-V047"}),
        (("张三", "李四", date(2026, 11, 29)), {"XK-V048"}, {"XK-V048"}),
        ((None, "李四", date(2026, 12, 3)), {"XK-V046"}, set()),
        (("张三", "无", date(2026, 12, 3)), {"XK-V046"}, set()),
        (("张三", "/", None), {"XK-V046"}, set()),
        ((None, None, None), {"XK-V046"}, set()),
        (("张三", "李四", "改天"), {"XK-V018"}, {"XK-V018"}),
    ]
    for signed, required, asked in cases:
        for kind, codes in (("required", required), ("asked", asked))[: 1 + (asked != required)]:
            issue = asking(kind)
            data = fill_in(blank_of(issue), ANSWERS | dict(zip(("填报人", "审核人", "填报日期"), signed, strict=True)))
            read = read_submission(issue, data)
            assert isinstance(read, Submission)
            assert {finding.code for finding in read.findings} == codes, (signed, kind)
            assert not any(
                str(name) in f.message() for f in read.findings for name in signed[:2] if name not in (None, "/")
            )


def test_a_form_signed_after_it_came(asking: Callable[[str], Issue], tmp_path: Path) -> None:
    issue = asking("required")
    signed: dict[str, Any] = {"填报人": "张三", "审核人": "李四", "填报日期": date(2026, 12, 9)}
    path = tmp_path / "D001.xlsx"
    path.write_bytes(fill_in(blank_of(issue), ANSWERS | signed))
    for day, codes in ((8, ["XK-V049"]), (9, [])):
        moment = datetime(2026, 12, day, 10).timestamp()
        os.utime(path, (moment, moment))
        (scored,) = run(issue, [path], out=tmp_path / f"out{day}").assessments
        assert [finding.code for finding in scored.findings if finding.code.startswith("XK-V04")] == codes
        (checked,) = Checker(issue).check([path])
        assert [finding.code for finding in checked.findings if finding.code.startswith("XK-V04")] == codes
    (assessed,) = (tmp_path / "out9" / "assessed").iterdir()
    cells = [cell.value for row in load_workbook(assessed)["填报"].iter_rows() for cell in row]
    assert {"张三", "李四", "2026-12-09"} <= set(cells), "the assessed workbook says who signed"
    manifest = (tmp_path / "out9" / "manifest.jsonl").read_text("utf-8")
    assert "张三" not in manifest, "results keep no names"


def test_the_form_asks_only_where_the_scheme_does(asking: Callable[[str], Issue], issue: Issue) -> None:
    for kind, told in (("required", "必填"), ("asked", "请填")):
        sheet = load_workbook(io.BytesIO(blank_of(asking(kind))))["填报"]
        words = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
        assert any(word.startswith(f"签署（{told}") for word in words)
    assert "填报人" not in issue.layout.slots


@pytest.mark.parametrize(("attestation", "refused"), [("none", False), ("asked", True)])
def test_a_field_of_that_name_is_refused_where_the_scheme_asks(attestation: str, refused: bool, tmp_path: Path) -> None:
    folder = written(
        tmp_path / "service-assessment", attestation, "  填报人: {en: Clerk, type: text, optional: true}\n"
    )
    _, _, problems = lint_scheme(str(folder))
    assert any("every workbook has" in str(problem) for problem in problems) is refused
