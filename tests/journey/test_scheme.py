"""`xlkpi scheme`: list, show, lint, schema."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from journey.shared import Run
from xlkpi.resources import templates

SHIPPED = templates() / "schemes" / "service-assessment"


def test_list_names_version_title_and_points(run: Run) -> None:
    result = run("scheme", "list")
    assert result.exit_code == 0
    (line,) = (line for line in result.output.splitlines() if line.startswith("service-assessment "))
    assert all(part in line for part in ("2026.1", "绩效考核表", "100 points"))


def test_show_prints_every_item_with_its_source(run: Run, scheme) -> None:
    result = run("scheme", "show", "service-assessment")
    assert result.exit_code == 0
    for item in scheme.items:
        assert f"### {item.name} {item.points} 分" in result.output
        assert item.source in result.output
        for clause in item.clauses:
            assert clause.text in result.output


def test_show_of_an_unknown_scheme_names_the_known_ones(run: Run) -> None:
    result = run("scheme", "show", "no-such")
    assert result.exit_code == 1
    assert "service-assessment" in result.output
    assert "no such scheme" in result.output


def test_the_shipped_schemes_lint_clean(run: Run) -> None:
    result = run("scheme", "lint")
    assert (result.exit_code, result.output.count(": clean, ")) == (0, len(list((templates() / "schemes").iterdir())))


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("points: 55", "points: 56", "add up to 55"),
        ("接车台次_完成率>=50%", "接车台词_完成率>=50%", "接车台词_完成率"),
        ("{threshold: {of: 维修毛利_完成率, full_at: 40%}}", "{threshold: {of: 维修毛利_完成率}}", "full_at"),
        ("维修毛利_完成率", "LOG10", "LOG10"),
    ],
)
def test_lint_names_file_line_and_what_is_wrong(run: Run, tmp_path: Path, before: str, after: str, says: str) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(SHIPPED, folder)
    text = (folder / "assessment.yaml").read_text("utf-8")
    assert before in text
    (folder / "assessment.yaml").write_text(text.replace(before, after, 1), "utf-8")
    result = run("scheme", "lint", folder)
    assert result.exit_code == 1
    wrong = text.replace(before, after, 1)
    line = 1 + wrong[: wrong.index(after)].count("\n")
    named = [found for found in result.output.splitlines() if found.startswith("assessment.yaml:") and says in found]
    assert named, result.output
    assert any(abs(int(found.split(":")[1]) - line) <= 2 for found in named), (line, named)


def test_the_schema_accepts_what_the_shipped_scheme_uses(run: Run, tmp_path: Path) -> None:
    result = run("scheme", "schema")
    assert result.exit_code == 0
    schema = json.loads(result.output)
    assert set(schema["properties"]) >= {"scheme", "fields", "groups", "grades", "constants", "indicators"}
    rules = schema["$defs"]["Score"]["properties"]
    assert {"proportional", "threshold", "steps", "lower", "in-range", "bonus", "checklist"} <= set(rules)
    written = tmp_path / "schema.json"
    assert run("scheme", "schema", "-o", written).exit_code == 0
    assert json.loads(written.read_text("utf-8")) == schema
