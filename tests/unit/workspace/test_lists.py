"""Lists put in their places, and inspections entered into supervisors' workbooks."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from shared.simulated import drawn, filled_form

from xlkpi.issue import Issue
from xlkpi.workspace import opening
from xlkpi.workspace.inspecting import enter, entries_of
from xlkpi.workspace.lists import put_list
from xlkpi.workspace.places import MonthFolder, find_workspace
from xlkpi.workspace.record import Refusal, Who

WHO = Who("张三", datetime(2026, 12, 1, 9))


def test_supervisors_workbooks(tmp_path: Path) -> None:
    month = drawn(4)
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["经销商代码", "经销商名称", "区域", "督导"])
    for number, dealt in enumerate(month):
        sheet.append([dealt.code, dealt.name, dealt.region, ("李二", "王一")[number % 2]])
    roster = tmp_path / "r.xlsx"
    book.save(roster)
    opening.init(tmp_path / "绩效", "service-assessment", "李工", roster)
    workspace = find_workspace(tmp_path / "绩效")
    opening.open_month(workspace, "2026-11", WHO)
    folder = MonthFolder(workspace, "2026-11")
    form = folder.targets.read_bytes()
    folder.targets.write_bytes(filled_form(form, {dealt.code: dealt.targets for dealt in month}))
    opening.issue_month(folder, WHO)
    issue = Issue.load(folder.blanks)

    def texts() -> dict[str, str]:
        return {entry.name: entry.text for entry in entries_of(folder, issue, ["S002"])["S002"]}

    # a signature with all that belongs to it is written; one that lacks something is refused, nothing is written
    mine = folder.path / "检查情况" / "检查情况_王一_2026-11.xlsx"
    empty = mine.read_bytes()
    signed = {"其余已核": "已核", "检查人": "王一", "检查日期": "2026-12-03", "证据编号": "A1", "培训次数": "2"}
    with pytest.raises(Refusal) as refused:
        enter(folder, "S002", {**signed, "检查人": ""}, texts(), WHO)
    assert [finding.code for finding in refused.value.findings] == ["XK-T110"]
    assert mine.read_bytes() == empty
    result = enter(folder, "S002", signed, texts(), WHO)
    assert "5 格写进了 检查情况/检查情况_王一_2026-11.xlsx" in result.sentences[0]
    assert signed.items() <= {**texts(), "培训次数": texts()["培训次数"].removesuffix(" 次")}.items()
    with pytest.raises(Refusal) as refused:
        enter(folder, "S002", {"检查日期": ""}, texts(), WHO)
    assert [finding.code for finding in refused.value.findings] == ["XK-T110"]

    # a workbook in place of another: told by its name, the other is kept where no reader looks
    theirs = folder.path / "检查情况" / "检查情况_李二_2026-11.xlsx"
    sent = tmp_path / "sent" / theirs.name
    sent.parent.mkdir()
    before = theirs.read_bytes()
    sent.write_bytes(filled_form(before, {"S001": {"培训次数": 3.0}}))
    assert put_list(workspace, "2026-11", "inspections", sent).changed
    assert not put_list(workspace, "2026-11", "inspections", sent).changed
    assert [path.read_bytes() for path in (folder.path / "旧版").iterdir()] == [before]
    assert folder.inspection_lists() == [theirs, mine]
    for kind, file in (("inspections", roster), ("targets", sent), ("roster", sent)):
        with pytest.raises(Refusal):
            put_list(workspace, "2026-11", kind, file)
    assert theirs.read_bytes() == sent.read_bytes()
