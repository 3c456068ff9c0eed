"""A month of three dealers, opened, issued and received on the page alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from shared.desk import Desk, desk
from shared.simulated import Dealt, drawn, filled_form, keys

from xlkpi.headquarters.forms import roster_form
from xlkpi.intake.guard import admit
from xlkpi.issue import Issue
from xlkpi.workbook.operations import Write
from xlkpi.workbook.patch import patched

MONTH = "2026-11"


@dataclass(frozen=True)
class Made:
    """The page of a workspace, its folder, its dealers and what these filled in."""

    page: Desk
    root: Path
    dealers: list[Dealt]
    returned: dict[str, bytes]


def filled(issue: Issue, blank: bytes, dealt: Dealt) -> bytes:
    """A dealer's blank, filled in."""
    writes = (Write(issue.layout.place(name), ((figure,),)) for name, figure in dealt.actuals.items())
    return patched(admit(blank), tuple(writes))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    root, lists = tmp_path_factory.mktemp("绩效 二"), tmp_path_factory.mktemp("lists")
    dealers = drawn(3)
    roster, targets = lists / "我的名册.xlsx", lists / "目标 填好.xlsx"
    roster.write_bytes(roster_form(keys(dealers)))
    with desk(root) as page:
        page.enter()
        assert "新建工作区" in page.ask("/").text
        said = page.outcome("/do/init", {"scheme": "service-assessment", "contact": "李工"}, roster=roster)
        assert "点“开月份”" in said
        assert "目标.xlsx 已生成（3 家）" in page.outcome("/do/open", {"name": MONTH})
        form = (root / MONTH / "目标.xlsx").read_bytes()
        targets.write_bytes(filled_form(form, {dealt.code: dealt.targets for dealt in dealers}))
        assert "3 份空白表" in page.outcome(f"/m/{MONTH}/do/issue", {}, targets=targets)
        issue = Issue.load(root / MONTH / "空白表")
        returned = {}
        for dealt in dealers:
            (blank,) = (root / MONTH / "空白表").glob(f"{dealt.code}_*.xlsx")
            returned[dealt.code] = filled(issue, blank.read_bytes(), dealt)
        yield Made(page, root, dealers, returned)
