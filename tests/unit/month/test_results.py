"""What a run leaves behind: ranking, scores.json, the long form."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import AssessWith, RealMonth
from shared.months import ranks, to_csv, to_json
from shared.months import told as told_of

from xlkpi.findings import Finding, finding_json
from xlkpi.intake.submission import Unusable
from xlkpi.issue import Dealer, Issue
from xlkpi.month.month import Month, make_month
from xlkpi.month.returns import ReturnStatus
from xlkpi.month.scores import scores_of
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scoring.assess import Assessment
from xlkpi.shown.folder import write_scores
from xlkpi.values import Absence, Place, Status, plain

DEALERS = ("A", "B", "C", "D", "E", "F")


@pytest.fixture(scope="module")
def real(assess_with: AssessWith, real_month: RealMonth) -> Assessment:
    return replace(assess_with(real_month.answers, real_month.inspections), file="D001.xlsx")


@pytest.fixture(scope="module")
def open_one(assess_with: AssessWith, real_month: RealMonth) -> Assessment:
    answers = {name: value for name, value in real_month.answers.items() if name != "轮胎"}
    return replace(
        assess_with(answers, {**real_month.inspections, "计划退回次数": 1.0}, dealer="D002"), file="D002.xlsx"
    )


@pytest.fixture(scope="module")
def results(issue: Issue, real: Assessment, open_one: Assessment) -> Month:
    broken = Unusable("kaputt.xlsx", (Finding("XK-F002", "kaputt.xlsx", facts={"detail": "x"}),))
    on_a_list = Finding("XK-T024", "targets.xlsx", Place("目标", "K4"), facts={"column": "=x"})
    return make_month(issue, "formualizer", [real, open_one], [broken], findings=[on_a_list])


def ranked(real: Assessment, **totals: float) -> list[Assessment]:
    return [replace(real, dealer=dealer, published=total, total=total) for dealer, total in totals.items()]


# ------------------------------------------------------------------ ranking


def test_ties_share_a_rank_and_the_next_one_is_passed_over(real: Assessment) -> None:
    assert ranks(ranked(real, A=90.0, B=88.2, C=88.2, D=70.0)) == {"A": 1, "B": 2, "C": 2, "D": 4}


def test_the_rank_goes_by_the_printed_total_and_not_by_hidden_digits(real: Assessment) -> None:
    first, second = ranked(real, A=88.2, B=88.2)
    assert ranks([replace(first, total=88.24), replace(second, total=88.16)]) == {"A": 1, "B": 1}


def test_provisional_and_totally_vetoed_dealers_have_no_rank_and_hold_no_place(real: Assessment) -> None:
    a, b, c, d = ranked(real, A=95.0, B=0.0, C=88.0, D=80.0)
    assert ranks([replace(a, status=Status.PROVISIONAL), replace(b, vetoed=True), c, d]) == {"C": 1, "D": 2}


def test_a_dealer_with_an_item_veto_is_ranked(assess_with: AssessWith, real_month: RealMonth) -> None:
    done = assess_with(real_month.answers, {**real_month.inspections, "培训次数": 1.0})
    assert any(item.vetoed for item in done.items)
    assert ranks([done]) == {"D001": 1}


# ------------------------------------------------------------------ scores.json


def test_the_json_has_the_shape_that_is_promised(results: Month) -> None:
    data = json.loads(to_json(results))
    assert {"scheme", "scheme_version", "month", "engine", "dealers"} <= set(data)
    assert (data["scheme"], data["scheme_version"], data["month"]) == ("service-assessment", "2026.1", "2026-11")
    dealer = data["dealers"][0]
    assert {
        "dealer", "name", "region", "file", "status", "total", "total_range", "total_before_veto", "grade", "rank",
        "groups", "items", "indicators", "findings",
    } <= set(dealer)  # fmt: skip
    assert {"name", "points", "score", "vetoed"} <= set(dealer["groups"][0])
    assert {
        "id",
        "name",
        "group",
        "points",
        "score",
        "target",
        "actual",
        "completion",
        "vetoed",
        "vetoes",
        "deductions",
        "trace",
    } <= set(dealer["items"][0])


def test_the_json_explains_its_own_names_in_both_languages(results: Month) -> None:
    data = json.loads(to_json(results))
    told = data["definitions"]
    assert (told["title"], told["decimals"], told["grades"][1]) == (
        "绩效考核表",
        1,
        {"grade": "良好", "at_least": 80.0},
    )
    assert [(group["name"], bool(group["en"]), group["points"]) for group in told["groups"]] == [
        ("经营指标", True, 55.0), ("管理指标", True, 45.0),
    ]  # fmt: skip
    dealer = data["dealers"][0]
    assert list(told["items"]) == [item["id"] for item in dealer["items"]]
    assert set(told["indicators"]) == set(dealer["indicators"])
    visits, plan = told["items"]["接车台次"], told["items"]["计划执行"]
    assert (visits["of"], told["fields"][visits["of"]]["unit"], plan["of"]) == ("接车台次", "台", "")
    assert all(entry["en"] for part in ("items", "fields", "indicators") for entry in told[part].values())


def test_a_monthly_scheme_s_guides_and_diagnoses_are_explained() -> None:
    scheme, _ = usable_scheme("service-monthly")
    told = told_of(scheme)
    assert told["indicators"]["工时效率"]["low"] == pytest.approx(1.1)
    assert told["indicators"]["工时效率"]["system"] in told["systems"]
    assert len(told["diagnoses"]) == len(scheme.diagnoses)
    first = told["diagnoses"][0]
    assert first["en"] and first["causes"] and first["measures"]
    assert first["of"] in told["indicators"] or first["of"] in told["fields"]


def test_the_real_month_stands_in_the_json_to_the_last_digit(results: Month, real_month: RealMonth) -> None:
    dealer = json.loads(to_json(results))["dealers"][0]
    assert dealer["total"] == pytest.approx(real_month.total, abs=1e-9)
    assert dealer["total_range"] == [dealer["total"], dealer["total"]]
    assert {item["id"]: item["score"] for item in dealer["items"]} == pytest.approx(dict(real_month.scores), abs=1e-9)
    assert (dealer["rank"], dealer["grade"], dealer["name"], dealer["region"]) == (1, "良好", "原文实例店", "华东")


def test_absence_stands_as_its_word_and_a_provisional_total_as_a_range(results: Month) -> None:
    dealer = json.loads(to_json(results))["dealers"][1]
    tyres = next(item for item in dealer["items"] if item["id"] == "轮胎")
    assert (tyres["actual"], tyres["completion"], tyres["score"], tyres["score_range"]) == (
        "未填",
        "未填",
        0.0,
        [0.0, 5.0],
    )
    assert (dealer["status"], dealer["rank"]) == ("provisional", None)
    assert dealer["total_range"][1] == pytest.approx(dealer["total"] + 5)
    assert dealer["indicators"]["轮胎_完成率"] == "未填"


def test_deductions_are_listed_with_clause_inspection_and_points(results: Month) -> None:
    dealer = json.loads(to_json(results))["dealers"][1]
    plan = next(item for item in dealer["items"] if item["id"] == "计划执行")
    assert plan["deductions"] == [
        {"number": 1, "clause": "计划制定不合格，每退回一次扣 5 分", "inspection": 1.0, "points": 5.0, "taken": 5.0}
    ]


def test_vetoes_are_listed_with_their_scope(assess_with: AssessWith, real_month: RealMonth, issue: Issue) -> None:
    done = assess_with(real_month.answers, {**real_month.inspections, "培训次数": 1.0})
    dealer = json.loads(to_json(make_month(issue, "formualizer", [done])))["dealers"][0]
    learning = next(item for item in dealer["items"] if item["id"] == "学习成长")
    assert learning["vetoes"] == [
        {"number": 1, "clause": "每月培训少于 3 次：否决", "inspection": 1.0, "scope": "item", "taken": 5.0}
    ]


def test_a_file_that_could_not_be_scored_is_there_with_its_reason(results: Month) -> None:
    rejected = json.loads(to_json(results))["dealers"][2]
    assert (rejected["file"], rejected["status"], rejected["dealer"]) == ("kaputt.xlsx", "rejected", "")
    assert rejected["findings"][0]["code"] == "XK-F002"
    assert "total" not in rejected


def test_a_rejected_file_of_a_known_dealer_names_it(issue: Issue) -> None:
    refused = Unusable("b.xlsx", (Finding("XK-T008", "b.xlsx", facts={"sheet": "填报"}),), "D002")
    (dealer,) = json.loads(to_json(make_month(issue, "formualizer", [], [refused])))["dealers"]
    assert (dealer["dealer"], dealer["name"]) == ("D002", "虚构·二号店")


def test_a_finding_as_data_names_its_place_and_says_what_to_do() -> None:
    finding = Finding("XK-V001", "a.xlsx", Place("填报", "F6"), "接车台次", {"label": "接车台次"})
    assert finding_json(finding) == {
        "code": "XK-V001", "severity": "error", "sheet": "填报", "cell": "F6", "field": "接车台次",
        "message": "“接车台次”没有填", "remedy": "请填写；当月确实没有发生的填 0",
        "facts": {"label": "接车台次"},
    }  # fmt: skip


def test_the_same_run_gives_the_same_text(results: Month) -> None:
    assert to_json(results) == to_json(replace(results))
    assert to_csv(results) == to_csv(replace(results))


def test_a_return_list_of_0_1_0_is_read_with_its_word(results: Month) -> None:
    line = {"dealer": "D005", "name": "x", "region": "", "status": "未收到"}
    read = scores_of({**json.loads(to_json(results)), "returns": [line]})
    assert [line.status for line in read.returns] == [ReturnStatus.MISSING]


def test_no_value_is_a_nan(results: Month) -> None:
    def fail(text: str) -> Any:
        raise AssertionError(text)

    json.loads(to_json(results), parse_constant=fail)


@pytest.mark.parametrize(
    ("value", "shown"), [(Absence.MISSING, "未填"), (1.5, 1.5), ("字", "字"), (None, None), (True, True)]
)
def test_values_become_plain_data(value: Any, shown: Any) -> None:
    assert plain(value) == shown


# ------------------------------------------------------------------ the long form


def rows(results: Month) -> list[list[str]]:
    return list(csv.reader(io.StringIO(to_csv(results))))


def test_the_long_form_has_one_fact_a_row(results: Month, real_month: RealMonth) -> None:
    table = rows(results)
    assert table[0] == ["dealer", "month", "kind", "id", "value"]
    facts = {(row[0], row[2], row[3]): row[4] for row in table[1:]}
    assert float(facts["D001", "total", "total"]) == pytest.approx(real_month.total, abs=1e-9)
    assert float(facts["D001", "item", "接车台次"]) == pytest.approx(real_month.scores["接车台次"], abs=1e-9)
    assert facts["D002", "indicator", "轮胎_完成率"] == "未填"
    assert facts["D001", "total", "rank"] == "1"
    assert facts["D002", "total", "rank"] == ""
    assert facts["", "finding", "XK-F002"] == "kaputt.xlsx"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1"])
def test_a_text_that_a_spreadsheet_would_take_for_a_formula_is_quoted(
    text: str, results: Month, real: Assessment
) -> None:
    issue = replace(results.issue, roster={text: Dealer(text, text)})
    table = rows(make_month(issue, "formualizer", [replace(real, dealer=text, grade=text)]))
    quoted = f"'{text}".replace("\r", "\n")
    assert {row[0] for row in table[1:]} == {quoted}
    assert [row[4] for row in table if row[3] == "grade"] == [quoted]


def test_a_negative_number_stays_a_number(results: Month, real: Assessment) -> None:
    table = rows(make_month(results.issue, "formualizer", [replace(real, total=-1.5)]))
    assert [row[4] for row in table if row[2:4] == ["total", "total"]] == ["-1.5"]


@pytest.mark.parametrize("dealers", [2, 0])
def test_written_dealer_by_dealer_it_is_the_json_of_the_whole(results: Month, dealers: int) -> None:
    run = make_month(results.issue, "formualizer", results.assessments[:dealers], results.unusable[:dealers])
    text = to_json(run)
    assert len(json.loads(text)["dealers"]) == (3 if dealers else 0)
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n"


def test_both_files_are_written_and_excel_recognises_the_text(results: Month, tmp_path: Path) -> None:
    write_scores(results, tmp_path / "out")
    assert (tmp_path / "out" / "scores.json").read_text("utf-8") == to_json(results)
    assert (tmp_path / "out" / "scores.csv").read_bytes().startswith(b"\xef\xbb\xbfdealer,")
    assert (tmp_path / "out" / "scores.csv").read_text("utf-8-sig") == to_csv(results)


def test_all_findings_of_a_run_are_listed(results: Month) -> None:
    codes = [finding.code for finding in results.all_findings()]
    assert (codes[0], codes[-1]) == ("XK-T024", "XK-F002")
    assert "XK-V001" in codes
