"""`xlkpi trace` and `xlkpi audit`: what an assessed workbook says of itself, and whether it is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from shared.tables import sampled

from journey import broken
from journey.shared import Month, Run, dealers, item

ASSESSMENT = "xl/worksheets/sheet3.xml"
"""绩效考核表."""


@pytest.fixture(scope="module")
def assessed(month: Month) -> Path:
    return month.of("D001", "out/assessed")


@pytest.fixture
def altered(assessed: Path, tmp_path: Path) -> Path:
    """The score of 接车台次 overwritten, as somebody would who edits the file and not the figures."""
    value = b"<v>12.14516129032258</v>"
    data = assessed.read_bytes()
    forged = broken.with_part(data, ASSESSMENT, lambda part: part.replace(value, b"<v>14.5</v>", 1))
    path = tmp_path / "altered.xlsx"
    path.write_bytes(forged)
    return path


def test_trace_prints_clause_cells_numbers_arithmetic_and_result(run: Run, month: Month, assessed: Path) -> None:
    result = run("trace", assessed, "接车台次")
    assert result.exit_code == 0
    sentence = item(dealers(month.out)["D001"], "接车台次")["trace"]
    assert sentence in result.output
    for part in (
        "完成率 <50%：否决 → 达到", "得分 12.1451612903226 / 15 分", "接车台次_得分 绩效考核表!K5",
        "接车台次 填报!F10 = 251", "接车台次_目标 本店资料!B15 = 310", "0.809677419354839",
    ):  # fmt: skip
        assert part in result.output


def test_trace_names_a_veto_and_a_deduction(run: Run, month: Month) -> None:
    assert "→ 否决" in run("trace", month.of("D008", "out/assessed"), "质量管理").output
    lost = run("trace", month.of("D005", "out/assessed"), "计划执行").output
    assert "→ 扣 15 分" in lost
    assert "得分 0 / 10 分" in lost


def test_trace_of_an_unknown_item_names_the_items(run: Run, assessed: Path) -> None:
    result = run("trace", assessed, "接车")
    assert result.exit_code == 1
    assert "接车台次、维修产值" in result.output


def test_trace_needs_a_calculated_workbook(run: Run, month: Month) -> None:
    result = run("trace", month.blank / "master.xlsx", "接车台次")
    assert result.exit_code == 1
    assert "xlkpi score" in result.output


def test_trace_and_audit_refuse_what_is_unsafe(run: Run, assessed: Path, tmp_path: Path) -> None:
    evil = tmp_path / "evil.xlsx"
    evil.write_bytes(broken.document_type(assessed.read_bytes()))
    for words in (("trace", evil, "接车台次"), ("audit", evil)):
        result = run(*words)
        assert result.exit_code == 3
        assert "XK-F005" in result.output


def test_the_other_engine_finds_nothing_in_an_assessed_workbook(run: Run, assessed: Path) -> None:
    result = run("audit", assessed)
    assert result.exit_code == 0
    told = re.fullmatch(r"(.+)：用 compiled 核对 (\d+) 格，0 格不同\n", result.stdout)
    assert told, result.output
    assert told[1] == assessed.name
    assert int(told[2]) > 200


def test_every_assessed_workbook_of_the_month_holds_its_own_results(run: Run, month: Month) -> None:
    result = run("audit", month.out / "assessed", "--engine", "formualizer")
    assert result.exit_code == 0
    assert result.output.count("，0 格不同") == 11


def test_audit_of_a_path_that_does_not_exist_is_a_finding(run: Run, tmp_path: Path) -> None:
    result = run("audit", tmp_path / "nowhere.xlsx")
    assert result.exit_code == 1
    assert "XK-F009" in result.output


@pytest.mark.parametrize("engine", sampled(["formualizer", "formulas"], 2))
def test_an_altered_value_is_found_by_either_engine(run: Run, altered: Path, engine: str) -> None:
    result = run("audit", altered, "--engine", engine)
    assert result.exit_code == 1
    assert "，1 格不同" in result.output
    assert "绩效考核表!K5：14.5 ≠ 12.145161290322" in result.output


def test_what_no_program_has_calculated_is_no_difference(run: Run, month: Month) -> None:
    result = run("audit", month.of("D001", "filled"))
    assert result.exit_code == 1
    assert "XK-W075" in result.output
    assert "≠" not in result.output
