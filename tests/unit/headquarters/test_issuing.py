"""Issuing a month, and keeping what was issued."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import REAL_TARGETS, MakeIssue
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from xlkpi.files import WriteError
from xlkpi.headquarters.deadlines import day_said
from xlkpi.headquarters.issuing import Blank, IssueRefused, blanks, default_deadline, publish, with_revision
from xlkpi.intake.reader import open_workbook
from xlkpi.issue import Dealer, Issue, IssueError
from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.engine import Engine
from xlkpi.values import Absence, Place

KEY = bytes(range(32))


def test_a_month_without_every_target_is_not_issued(scheme: Scheme, compiled: Compiled, issue_of: MakeIssue) -> None:
    targets = {"D001": REAL_TARGETS, "D002": {**REAL_TARGETS, "精品": 0.0}}
    del targets["D002"]["轮胎"]
    with pytest.raises(IssueRefused) as caught:
        issue_of(scheme, compiled, targets=targets)
    assert [(f.code, f.field, f.facts["dealer"]) for f in caught.value.findings] == [
        ("XK-T023", "精品", "D002"), ("XK-T023", "轮胎", "D002"),
    ]  # fmt: skip


def test_a_target_may_be_inapplicable(scheme: Scheme, compiled: Compiled, issue_of: MakeIssue) -> None:
    issued = issue_of(
        scheme, compiled, targets={code: {**REAL_TARGETS, "轮胎": Absence.NOT_APPLICABLE} for code in ("D001", "D002")}
    )
    assert issued.stamped("D001")[issued.layout.place("轮胎_目标")] == "不适用"


@pytest.mark.parametrize(
    ("month", "day"), [("2026-11", "2026-12-05"), ("2026-12", "2027-01-05"), ("2026-01", "2026-02-05")]
)
def test_the_deadline_is_the_schemes_day_of_the_following_month(month: str, day: str, scheme: Scheme) -> None:
    assert default_deadline(scheme, month) == day


def test_there_is_one_blank_a_dealer_in_roster_order(issued_blanks: Mapping[str, Blank]) -> None:
    assert [(code, blank.file) for code, blank in issued_blanks.items()] == [
        ("D001", "D001_原文实例店_2026-11.xlsx"), ("D002", "D002_虚构·二号店_2026-11.xlsx"),
    ]  # fmt: skip


def test_a_blank_carries_the_dealers_own_identity_targets_and_last_values(
    scheme: Scheme, compiled: Compiled, issue_of: MakeIssue
) -> None:
    issued = issue_of(
        scheme, compiled, history={"D001": {"接车台次_上月": 240.0}}, deadline="2026-12-08", contact="张工"
    )
    held = {
        blank.dealer.code: open_workbook(blank.data).cells("本店资料", None).cells for blank in blanks(issued)
    }  # fmt: skip

    def stands(code: str, name: str) -> str | None:
        cell = held[code].get(issued.layout.place(name).ref)
        return cell and cell.text

    assert [
        stands("D001", name) for name in ("经销商代码", "经销商名称", "区域", "考核月份", "填报截止日", "联系人")
    ] == [
        "D001",
        "原文实例店",
        "华东",
        "2026-11",
        "2026-12-08",
        "张工",
    ]
    assert (stands("D001", "接车台次_目标"), stands("D001", "接车台次_上月"), stands("D002", "接车台次_上月")) == (
        "310",
        "240",
        None,
    )


def test_a_dealers_name_cannot_lead_out_of_the_folder(issue: Issue) -> None:
    assert issue.file_name(Dealer("../D1", "a/b:c")) == "D1~0ee43593_abc_2026-11.xlsx"
    assert issue.file_name(Dealer("D1", "../..")) == "D1___2026-11.xlsx"


@given(
    one=st.tuples(st.text(min_size=1), st.text()),
    other=st.tuples(st.text(min_size=1), st.text()),
)
@example(one=("SH", "01_浦东店"), other=("SH_01", "浦东店"))
@example(one=("d1", "店"), other=("D1", "店"))
@example(one=("\u00c9", "店"), other=("E\u0301", "店"))
@example(one=("D1", "店"), other=("D1\ud800", "店"))
@example(one=("店" * 90, "店"), other=("店" * 91, "店"))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_names_of_files_are_unique_and_short(issue: Issue, one: tuple[str, str], other: tuple[str, str]) -> None:
    names = [issue.file_name(Dealer(*dealer)) for dealer in (one, other)]
    assert all(len(name.encode()) <= 200 for name in names)
    if one[0] != other[0]:
        assert len({unicodedata.normalize("NFC", name).casefold() for name in names}) == 2


def test_publishing_leaves_blanks_master_and_issue_and_nothing_half_written(
    issue: Issue, engine: Engine, issued_blanks: Mapping[str, Blank], tmp_path: Path
) -> None:
    (tmp_path / "blank").mkdir()
    (tmp_path / "blank" / "issue.key").write_bytes(KEY)
    written = publish(issue, tmp_path / "blank", engine).written
    assert [path.read_bytes() for path in written] == [blank.data for blank in blanks(issue, engine, KEY)]
    assert sorted(path.name for path in (tmp_path / "blank").iterdir()) == sorted(
        [*(blank.file for blank in issued_blanks.values()), "issue.json", "issue.key", "master.xlsx"]
    )


def test_two_dealers_never_share_a_file(
    scheme: Scheme, compiled: Compiled, issue_of: MakeIssue, tmp_path: Path
) -> None:
    roster = {"D:1": Dealer("D:1", "店"), "D1": Dealer("D1", "店")}
    written = publish(issue_of(scheme, compiled, roster=roster), tmp_path).written
    assert len(set(written)) == 2
    assert len({path.read_bytes() for path in written}) == 2


def test_publishing_into_a_place_that_is_taken_says_so(issue: Issue, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "D001_原文实例店_2026-11.xlsx").mkdir()
    with pytest.raises(WriteError):
        publish(issue, tmp_path, engine)


# ------------------------------------------------------------------ issue.json


def test_an_issue_comes_back_from_its_folder_as_it_was(issue: Issue, tmp_path: Path) -> None:
    issued = replace(issue, history={"D001": {"接车台次_上月": 240.0}},
                     targets={**issue.targets, "D002": {**REAL_TARGETS, "轮胎": Absence.NOT_APPLICABLE}})  # fmt: skip
    issued.save(tmp_path)
    assert Issue.load(tmp_path) == issued


def test_the_issue_is_kept_as_readable_text_in_the_same_bytes(issue: Issue, tmp_path: Path) -> None:
    issue.save(tmp_path)
    first = (tmp_path / "issue.json").read_bytes()
    Issue.load(tmp_path).save(tmp_path)
    assert (tmp_path / "issue.json").read_bytes() == first
    assert "接车台次" in first.decode()


@pytest.mark.parametrize("way", ["nothing", "no master", "not json", "another format", "another master"])
def test_a_folder_without_a_usable_issue_says_why(way: str, issue: Issue, tmp_path: Path) -> None:
    if way != "nothing":
        issue.save(tmp_path)
    path = tmp_path / "issue.json"
    if way == "no master":
        (tmp_path / "master.xlsx").unlink()
    elif way == "not json":
        path.write_text("{", "utf-8")
    elif way == "another format":
        path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "format": 99}), "utf-8")
    elif way == "another master":
        (tmp_path / "master.xlsx").write_bytes(issue.master + b"x")
    wanted = {
        "another format": "has format 99",
        "another master": "is not the master",
        "not json": "is incomplete or damaged",
    }.get(way, "holds no issue")
    with pytest.raises(IssueError, match=wanted):
        Issue.load(tmp_path)


@pytest.mark.parametrize("text", ["[]", "{}", '{"format": 1}', "null", '"x"'])
def test_a_json_that_is_no_issue_says_so_and_does_not_crash(text: str, issue: Issue, tmp_path: Path) -> None:
    issue.save(tmp_path)
    (tmp_path / "issue.json").write_text(text, "utf-8")
    with pytest.raises(IssueError):
        Issue.load(tmp_path)


def test_an_inspection_is_set_where_headquarters_entered_one(issue: Issue) -> None:
    issued = replace(issue, inspections={"D001": {"返修台数": 1.0, "维修欠款回收": Absence.UNREADABLE}})
    assert issued.inspected("D001") == {
        issue.layout.place("返修台数"): 1.0, issue.layout.place("维修欠款回收"): "无法读取",
    }  # fmt: skip
    assert issued.inspected("D002") == {}


# ------------------------------------------------------------------ revisions


def test_a_revision_by_headquarters_decides_and_the_rest_stays(issue: Issue) -> None:
    revised = with_revision(issue, {"D001": {"接车台次": 280.0, "轮胎": Absence.NOT_APPLICABLE}})
    assert revised.targets["D001"] == {**REAL_TARGETS, "接车台次": 280.0, "轮胎": Absence.NOT_APPLICABLE}
    assert revised.targets["D002"] == issue.targets["D002"]
    place: Place = issue.layout.place("接车台次_目标")
    assert (revised.stamped("D001")[place], issue.stamped("D001")[place]) == (280.0, 310.0)


def test_a_revision_of_an_unknown_dealer_or_field_adds_nothing(issue: Issue) -> None:
    assert with_revision(issue, {"D999": {"接车台次": 1.0}, "D001": {"无此项": 1.0}}).targets == issue.targets


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("12月5日", "2026-12-05"), ("2026/12/5", "2026-12-05"), ("12月5号", "2026-12-05"), ("12.5", "2026-12-05"),
        ("十二月五日", "2026-12-05"), ("二〇二六年十二月二十五日", "2026-12-25"),
        ("十二月三十一日下午五点", "2026-12-31 17:00"),
        ("次月5日", "2026-12-05"), ("次月二十号", "2026-12-20"), ("1月5日", "2027-01-05"), ("", ""),
    ],
)  # fmt: skip
def test_deadlines_as_people_write_them(text: str, day: str) -> None:
    assert day_said(text, "2026-11") == day


@pytest.mark.parametrize("text", ["5日", "下月5日", "本月30日", "月底", "十二月三十二日", "二十月五日", "尽快"])
def test_what_is_no_day_or_has_two_readings_is_no_deadline(text: str) -> None:
    with pytest.raises(ValueError, match="no day"):
        day_said(text, "2026-11")
