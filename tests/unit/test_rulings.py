"""Headquarters' word on codes: a scheme's ruling, a dealer's waiver; both with reason and months, both visible."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import REAL_ANSWERS, REAL_INSPECTIONS, AssessWith
from openpyxl import Workbook
from shared.months import to_json
from shared.tables import table

from xlkpi.batch.manifest import Hashes
from xlkpi.batch.work import Setup
from xlkpi.cli import main
from xlkpi.findings import Finding, Ruling, Severity, catalogue, example_facts, with_rulings, worst
from xlkpi.headquarters.waivers import COLUMNS, read_waivers
from xlkpi.issue import Issue
from xlkpi.month.month import make_month
from xlkpi.scheme.lint import lint_scheme
from xlkpi.scheme.model import CodeRuling

MISSING = Finding("XK-V001", "a.xlsx", field="精品", facts={"label": "精品"})
WAIVER = Ruling(
    "XK-V001", Severity.NOTICE, "台风停业", dealer="D001", field="精品", who="王经理", first="2026-11", last="2026-12"
)
OFF = Ruling("XK-R001", None, "源文件口径有误", first="2026-10")


def after(finding: Finding, *rulings: Ruling, dealer: str = "D001", month: str = "2026-11") -> list[Finding]:
    return with_rulings([finding], rulings, dealer, month)


# ------------------------------------------------------------------ what a ruling does


def test_a_waiver_makes_an_error_a_notice_that_tells_why() -> None:
    (ruled,) = after(MISSING, WAIVER)
    assert ruled.severity is Severity.NOTICE
    assert worst([ruled]) is Severity.NOTICE
    assert ruled.message() == MISSING.message()
    assert ruled.ruling_note() == "总部豁免（原为错误）：台风停业（王经理，2026-12）"
    assert ruled.ruling_note("en") == "waived (was error): 台风停业 (王经理，2026-12)"
    assert MISSING.ruling_note() == ""


@pytest.mark.parametrize(
    ("dealer", "month", "finding"),
    [
        ("D002", "2026-11", MISSING),
        ("D001", "2026-10", MISSING),
        ("D001", "2027-01", MISSING),
        ("D001", "2026-11", replace(MISSING, field="轮胎")),
        ("D001", "2026-11", replace(MISSING, code="XK-V008")),
    ],
)
def test_a_waiver_reaches_no_further_than_it_says(dealer: str, month: str, finding: Finding) -> None:
    assert after(finding, WAIVER, dealer=dealer, month=month) == [finding]


def test_a_scheme_switches_a_code_off_or_gives_it_another_severity_in_its_months() -> None:
    relation = Finding("XK-R001", facts={"label": "甲", "found": "乙"})
    assert after(relation, OFF) == []
    assert after(relation, OFF, month="2026-09") == [relation]
    (harder,) = after(relation, replace(OFF, severity=Severity.ERROR))
    assert harder.severity is Severity.ERROR
    assert harder.ruling_note() == "方案另有规定（原为警告）：源文件口径有误"


def test_a_waiver_comes_before_the_scheme_and_only_lowers() -> None:
    harder = Ruling("XK-V001", Severity.WARNING, "x", first="2026-01")
    assert [f.severity for f in after(MISSING, harder, WAIVER)] == [Severity.NOTICE]
    notice = Finding("XK-V009", facts={"label": "甲", "found": "乙", "read": "丙"})
    assert after(notice, replace(WAIVER, code="XK-V009", field="")) == [notice]


@table("code", [code for code, entry in catalogue().items() if entry.fixed])
def test_what_is_fixed_no_ruling_changes(code: str) -> None:
    finding = Finding(code)
    assert after(finding, Ruling(code, None, "x", first="2026-01"), replace(WAIVER, code=code, field="")) == [finding]


def test_unsafe_files_and_identity_are_fixed() -> None:
    fixed = {code for code, entry in catalogue().items() if entry.fixed}
    assert {code for code, entry in catalogue().items() if entry.unsafe} <= fixed
    assert {"XK-F002", "XK-T001", "XK-T004", "XK-T005", "XK-T007", "XK-T053"} <= fixed
    assert not {"XK-V001", "XK-R001", "XK-I002", "XK-T009"} & fixed


# ------------------------------------------------------------------ in results


def test_scoring_tells_the_ruling_and_scores_the_same(issue: Issue, assess_with: AssessWith) -> None:
    answers = {name: value for name, value in REAL_ANSWERS.items() if name != "精品"}
    waived = replace(issue, waivers=(WAIVER,))
    before, now = (assess_with(answers, REAL_INSPECTIONS, issue=one) for one in (issue, waived))
    assert (before.total, before.status) == (now.total, now.status)
    assert [f.severity for f in before.findings if f.field == "精品"] == [Severity.ERROR]
    (told,) = [f for f in now.findings if f.field == "精品"]
    assert (told.severity, told.ruling) == (Severity.NOTICE, WAIVER)
    data = json.loads(to_json(make_month(waived, "formualizer", [now])))
    (entry,) = [entry for entry in data["dealers"][0]["findings"] if entry["field"] == "精品"]
    assert entry["severity"] == "notice"
    wanted = {"by": "waiver", "was": "error", "reason": "台风停业", "who": "王经理", "last": "2026-12"}
    assert wanted.items() <= entry["ruling"].items()
    assert data["rulings"] == [entry["ruling"]]


def test_a_new_waiver_is_not_overlooked_when_a_run_is_resumed(issue: Issue) -> None:
    def hashed(one: Issue, dealer: str) -> str:
        return Hashes(Setup(one, "formualizer")).targets(dealer)

    waived = replace(issue, waivers=(WAIVER,))
    assert hashed(issue, "D001") != hashed(waived, "D001")
    assert hashed(issue, "D002") == hashed(waived, "D002")


# ------------------------------------------------------------------ the list of waivers

GOOD = {
    "dealer": "D001", "code": "XK-V001", "field": "精品", "month": "2026-11", "until": "2026-12", "reason": "台风停业",
    "who": "王经理",
}  # fmt: skip


def listed(folder: Path, *rows: Mapping[str, Any], yaml: bool = False) -> Path:
    if yaml:
        path = folder / "waivers.yaml"
        lines = [json.dumps(dict(row), ensure_ascii=False) for row in rows]
        path.write_text("".join(f"- {line}\n" for line in lines), "utf-8")
        return path
    path = folder / "waivers.xlsx"
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(COLUMNS.values()))
    for row in rows:
        sheet.append([row.get(key) for key in COLUMNS])
    book.save(path)
    return path


@pytest.mark.parametrize("yaml", [False, True])
def test_waivers_are_read_from_a_workbook_or_yaml(yaml: bool, issue: Issue, tmp_path: Path) -> None:
    alone = {key: value for key, value in GOOD.items() if key not in ("field", "until")}
    assert read_waivers(listed(tmp_path, GOOD, alone, yaml=yaml), issue) == (
        (WAIVER, replace(WAIVER, field="", last="2026-11")),
        [],
    )


@pytest.mark.parametrize("yaml", [False, True])
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"reason": ""}, "缺少理由"),
        ({"who": None, "month": None}, "缺少月份、批准人"),
        ({"dealer": "D999"}, "没有经销商 D999"),
        ({"code": "XK-V999"}, "没有 XK-V999"),
        ({"code": "XK-F006"}, "XK-F006 不能豁免"),
        ({"code": "XK-T007"}, "XK-T007 不能豁免"),
        ({"field": "利润"}, "没有“利润”这一项"),
        ({"month": "11月"}, "应写作 2026-11"),
        ({"until": "2026-10"}, "有效期至早于月份"),
    ],
)
def test_a_waiver_that_lacks_anything_waives_nothing(
    change: Mapping[str, Any], why: str, yaml: bool, issue: Issue, tmp_path: Path
) -> None:
    waivers, found = read_waivers(listed(tmp_path, {**GOOD, **change}, yaml=yaml), issue)
    assert waivers == ()
    assert [finding.code for finding in found] == ["XK-T030"]
    assert why in found[0].message()


@pytest.mark.parametrize(
    ("text", "code"),
    [("a: [", "XK-F002"), ("a: 1", "XK-T030"), ("- {dealer: D001, grund: x}", "XK-T030"), ("", "XK-T030")],
)
def test_a_list_that_is_none_is_said(text: str, code: str, issue: Issue, tmp_path: Path) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text(text, "utf-8")
    waivers, found = read_waivers(path, issue)
    assert (waivers, [finding.code for finding in found]) == ((), [code])


def test_checking_and_scoring_take_a_list(
    issue: Issue, blank: bytes, fill: Callable[..., bytes], tmp_path: Path
) -> None:
    issue.save(tmp_path)
    file = tmp_path / "D001.xlsx"
    file.write_bytes(fill(blank, {name: value for name, value in REAL_ANSWERS.items() if name != "精品"}))
    waivers = listed(tmp_path, GOOD)
    runner, options = CliRunner(), [str(file), "--issue", str(tmp_path)]
    assert runner.invoke(main, ["check", *options]).exit_code == 1
    done = runner.invoke(main, ["check", *options, "--waivers", str(waivers)])
    assert done.exit_code == 0, done.output
    assert "总部豁免（原为错误）：台风停业（王经理，2026-12）" in done.output
    scored = runner.invoke(main, ["score", *options, "--waivers", str(waivers), "-o", str(tmp_path / "out")])
    assert "总部豁免（原为错误）" in scored.output
    assert json.loads((tmp_path / "out" / "scores.json").read_text("utf-8"))["rulings"][0]["who"] == "王经理"
    bad = runner.invoke(main, ["check", *options, "--waivers", str(listed(tmp_path, {**GOOD, "who": ""}))])
    assert bad.exit_code == 1
    assert "XK-T030" in bad.output


# ------------------------------------------------------------------ in a scheme


def with_ruling(folder: Path, text: str) -> str:
    (folder / "findings.yaml").write_text(f"findings: {{{text}}}\n", "utf-8")
    return str(folder)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("XK-V999: {severity: off, reason: 口径有误, from: 2026-10}", "no finding has the code 'XK-V999'"),
        ("XK-F006: {severity: off, reason: 口径有误, from: 2026-10}", "XK-F006 cannot be changed"),
        ("XK-T001: {severity: notice, reason: 口径有误, from: 2026-10}", "XK-T001 cannot be changed"),
        ("XK-R001: {severity: off, from: 2026-10}", "reason"),
        ("XK-R001: {severity: off, reason: '', from: 2026-10}", "reason"),
        ("XK-R001: {severity: off, reason: 口径有误}", "from"),
        ("XK-R001: {severity: mild, reason: 口径有误, from: 2026-10}", "severity"),
        ("XK-R001: {severity: off, reason: 口径有误, from: 2026-10, until: 2026-09}", "lies before"),
    ],
)
def test_lint_refuses_a_ruling_without_reason_or_dates_or_of_what_is_fixed(
    text: str, wanted: str, scheme_copy: Path
) -> None:
    _, _, problems = lint_scheme(with_ruling(scheme_copy, text))
    assert any(wanted in str(problem) for problem in problems), problems


def test_a_schemes_ruling_reaches_the_findings(scheme_copy: Path, issue: Issue, assess_with: AssessWith) -> None:
    text = "XK-V001: {severity: warning, reason: 试行期, from: 2026-10, until: 2026-12}"
    scheme, _, problems = lint_scheme(with_ruling(scheme_copy, text))
    assert problems == []
    assert scheme is not None
    assert scheme.findings["XK-V001"] == CodeRuling.model_validate(
        {"severity": "warning", "reason": "试行期", "from": "2026-10", "until": "2026-12"}
    )
    ruled = replace(issue, scheme=issue.scheme.model_copy(update={"findings": scheme.findings}))
    found = assess_with({}, REAL_INSPECTIONS, issue=ruled).findings
    missing = [f for f in found if f.code == "XK-V001"]
    assert len(missing) == 6
    assert {(f.severity, f.ruling_note()) for f in missing} == {
        (Severity.WARNING, "方案另有规定（原为错误）：试行期（2026-12）")
    }


# ------------------------------------------------------------------ xlkpi explain


@pytest.mark.parametrize("word", ["XK-V001", "v001", "V001", "missing"])
def test_explain_tells_all_there_is_of_a_code(word: str) -> None:
    done = CliRunner().invoke(main, ["explain", word])
    entry = catalogue()["XK-V001"]
    assert done.exit_code == 0
    told = {
        lang: [entry.render(part, lang, example_facts(lang)) for part in entry.texts[lang]] for lang in ("zh", "en")
    }
    for text in ("XK-V001", "错误", entry.since, entry.live, *told["zh"]):
        assert text in done.output.replace("\n", "")
    english = CliRunner().invoke(main, ["explain", word, "--lang", "en"]).output
    assert all(text in english for text in ("error", *told["en"]))


def test_explain_lists_all_codes_and_says_which_are_fixed() -> None:
    done = CliRunner().invoke(main, ["explain"])
    assert [line[:7] for line in done.output.splitlines() if line.startswith("XK-")] == list(catalogue())
    assert "不能关闭、改级别或豁免" in CliRunner().invoke(main, ["explain", "F006"]).output
    assert "不能关闭" not in CliRunner().invoke(main, ["explain", "V001"]).output


def test_explain_of_an_unknown_code_is_a_usage_error_that_names_near_ones() -> None:
    done = CliRunner().invoke(main, ["explain", "XK-V0O1"])
    assert done.exit_code == 2
    assert "XK-V0" in done.output
