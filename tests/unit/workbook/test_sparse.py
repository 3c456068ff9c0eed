"""Small schemes have a workbook all the same: with no field that a dealer fills in, no target, no indicator; with
nothing but a checklist."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from conftest import AssessWith, MakeIssue
from openpyxl import load_workbook
from shared.monthly import errors
from shared.validity import faults

from xlkpi.scheme.lint import usable_scheme
from xlkpi.scoring.engine import load_engine

SCHEME = """
scheme: sparse
title: 现场检查
en: Inspection on site
version: "1"
valid: {from: 2026-01}
# systems
fields:
  整改: {en: Rectification, type: choice, by: headquarters, words: {完成: met, 未完成: failed}}
# field
# indicators
groups:
  - group: 管理
    points: 10
    items:
      - item: 整改项
        points: 10
        clauses:
          - {require: 整改, lose: 4, text: 未完成扣 4 分}
grades:
  - {grade: 合格, at_least: 0}
"""
FIELDS = {"nothing entered": "", "a figure": "  接车: {en: Intake, type: count}",
          "a figure with a target": "  接车: {en: Intake, type: count, target: true}"}  # fmt: skip
SYSTEMS = {"plain": "", "systems": "systems:\n  A: {label: 接车, en: Intake}"}
INDICATORS = "indicators:\n  整改率: {en: Rectified, type: rate, system: A, share_of: [整改]}"


@pytest.mark.parametrize("indicators", ["", INDICATORS], ids=["no indicator", "an indicator"])
@pytest.mark.parametrize("systems", SYSTEMS.values(), ids=SYSTEMS)
@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_a_sparse_scheme_is_issued_and_scored(
    field: str, systems: str, indicators: str, tmp_path: Path, issue_of: MakeIssue, assess_with: AssessWith
) -> None:
    text = SCHEME.replace("# systems", systems).replace("# field", field)
    text = text.replace("# indicators", indicators if systems else "")
    folder = tmp_path / "sparse"
    folder.mkdir()
    (folder / "scheme.yaml").write_text(text, "utf-8")
    issued = issue_of(*usable_scheme(folder))
    engine = load_engine("formualizer", issued.master, issued.layout)
    done = assess_with({"接车": 7.0} if field else {}, {"整改": "未完成"}, issue=issued, engine=engine)
    assert (done.total, done.findings) == (6.0, ())
    assert errors(done.cells) == []
    assert faults(issued.master) == []
    entry = load_workbook(io.BytesIO(issued.master))["填报"]
    told = "已填 " if field else "本方案没有要经销商填写的项目"
    assert told in str(entry["A3"].value)


@pytest.mark.parametrize("systems", SYSTEMS.values(), ids=SYSTEMS)
def test_a_checklist_may_be_scored_beside_targets(systems: str, tmp_path: Path, issue_of: MakeIssue) -> None:
    text = SCHEME.replace("# systems", systems).replace("# indicators", "")
    steps = "".join(
        f"  {step}: {{en: Step, type: choice, by: headquarters, words: {{完成: met, 未完成: failed}}}}\n"
        for step in "甲乙"
    )
    text = text.replace("# field", steps + FIELDS["a figure with a target"])
    text = text.replace("        clauses:", "        score: {checklist: [甲, 乙]}\n        clauses:")
    (tmp_path / "scheme.yaml").write_text(text, "utf-8")
    issued = issue_of(*usable_scheme(tmp_path))
    assert {"甲", "乙", "整改"} == set(issued.scheme.inspected)
    assert faults(issued.master) == []
