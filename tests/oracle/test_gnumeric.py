"""Gnumeric as a further judge of numbers: blanks filled in, assessed workbooks, ranking workbooks.

It is a spreadsheet program of its own, with none of LibreOffice's code. Nothing that a file has stored is left in it,
so every value is Gnumeric's; it must be the engine's to 1e-9. No difference is allowed for: there is none.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from openpyxl import load_workbook
from shared.judges import Cells, differences, formula_cells, stored_values, without_values
from shared.missing import not_run
from shared.monthly import Monthly, plain_value

from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.lint import usable_scheme
from xlkpi.shown.ranking import ranking_workbook
from xlkpi.values import Absence, CellContent, Place, Value

from .test_edge_schemes import EDGES
from .test_ranking_workbook import edge_standings, five, without_caches

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")

SHIPPED = {"service-assessment": "assessment", "service-monthly": "service", "dealer-monthly": "dealership"}  # fixtures


def _need_gnumeric() -> str:
    """The program, or a skip that nobody overlooks; in CI its absence is a failure."""
    program = shutil.which("ssconvert")
    if program is None:
        not_run("Gnumeric (ssconvert) is not installed: a JUDGE of every number is MISSING from this run")
    return program


def test_without_gnumeric_ci_fails_and_a_users_run_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="JUDGE"):
        _need_gnumeric()
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="MISSING"):
        _need_gnumeric()


def by_gnumeric(data: bytes, places: list[Place], folder: Path) -> Cells:
    """What Gnumeric gives for these cells of a workbook that holds no value of a formula."""
    source, target = folder / "given.xlsx", folder / "made.xlsx"
    source.write_bytes(data)
    command = [_need_gnumeric(), "--recalc", "--export-type=Gnumeric_Excel:xlsx2", str(source), str(target)]
    done = subprocess.run(
        command, capture_output=True, timeout=240, check=False, env={**os.environ, "HOME": str(folder)}
    )
    assert target.exists(), done.stderr.decode(errors="replace")
    return stored_values(target.read_bytes(), places)


def _figure(random: Random, field: SchemeField) -> CellContent:
    """A figure of a field's kind, or 不适用 where it may be said."""
    if field.not_applicable and random.random() < 0.1:
        return Absence.NOT_APPLICABLE.value
    if field.words:
        return random.choice(list(field.words))
    most = {"count": 400.0, "amount": 400_000.0, "rate": 1.0}.get(field.type, 60.0)
    value = random.choice([random.uniform(0, most), random.uniform(0, most), most, 0.0])
    return float(int(value)) if field.type == "count" else round(value, 4)


@pytest.fixture(scope="module")
def assessment() -> Monthly:
    return Monthly.of(*usable_scheme("service-assessment"))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_formula_of_a_workbook(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The master's sheets with a dealer's figures and blanks, and with headquarters' inspections beside them."""
    monthly: Monthly = request.getfixturevalue(SHIPPED[name])
    random = Random(14)
    answers = {n: _figure(random, field) for n, field in monthly.scheme.by("dealer").items() if random.random() > 0.05}
    inspections: dict[str, Value] = {
        n: value for n, field in monthly.scheme.inspected.items() if (value := plain_value(field)) is not None
    }  # fmt: skip
    formulas = formula_cells(monthly.issue.master)
    assert len(formulas) > 250
    for kind, given in (("filled", {}), ("assessed", inspections)):
        done = monthly.judge(answers, inspections=given)
        folder = tmp_path / kind
        folder.mkdir()
        judged = by_gnumeric(without_values(monthly.stamp(done)), list(formulas), folder)
        assert sum(isinstance(value, float) for value in judged.values()) > 40, "Gnumeric computed nothing"
        assert not differences(done.cells, judged, formulas), kind


@pytest.mark.parametrize("name", ["issued", *(pytest.param(name, marks=pytest.mark.slow) for name in EDGES)])
def test_every_formula_of_a_ranking_workbook(name: str, tmp_path: Path) -> None:
    data = ranking_workbook((five() if name == "issued" else edge_standings(EDGES[name])).standings)
    formulas = formula_cells(data)
    judged = by_gnumeric(without_caches(data), list(formulas), tmp_path)
    assert not differences(_stored(data, formulas), judged, formulas)


def _stored(data: bytes, places: Mapping[Place, str]) -> Cells:
    book = load_workbook(io.BytesIO(data), data_only=True)
    return {place: book[place.sheet][place.ref].value for place in places}
