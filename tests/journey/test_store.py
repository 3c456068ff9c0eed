"""`score --store`, `history`, `rank`, `trend`, `store export`, `new --store`, on the demonstration month."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook

from journey.shared import Month, Run, dealers

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")


def score(run: Run, month: Month, out: Path, store: Path, *paths: Path):
    words = ("score", *(paths or (month.folder / "filled",)), "--issue", month.blank, "-o", out, "--store", store)
    return run(*words, "--inspections", month.folder / "inspections.xlsx")


@pytest.fixture(scope="module")
def stored(run: Run, month: Month, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the demonstration month in it."""
    store = tmp_path_factory.mktemp("store") / "history.duckdb"
    result = score(run, month, store.parent / "out", store)
    assert "新增 12，替换 0，未变 0" in result.output, result.output
    return store


def test_scoring_an_old_month_again_reproduces_it(run: Run, month: Month, stored: Path, tmp_path: Path) -> None:
    result = score(run, month, tmp_path / "again", stored)
    assert "新增 0，替换 0，未变 12" in result.output
    for name in ("scores.json", "scores.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (month.out / name).read_bytes()
    first, second = (
        {p.name: p.read_bytes() for p in (d / "assessed").iterdir()} for d in (month.out, tmp_path / "again")
    )
    assert first == second
    assert len(first) == 11


def test_the_store_s_ranking_is_the_run_s(run: Run, month: Month, stored: Path) -> None:
    shown = run("rank", "--store", stored)
    assert shown.exit_code == 0
    for dealer in dealers(month.out).values():
        if dealer.get("rank"):
            row = next(line for line in shown.output.splitlines() if dealer["dealer"] in line)
            assert row.split("│")[1].strip() == str(dealer["rank"])
            assert f"{dealer['published']:.1f}" in row
    regions = run("rank", "--store", stored, "--by", "region").output
    parts = {d["region"] for d in dealers(month.out).values()}
    assert regions.count("上月名次") == len(parts) == 4  # a file that cannot be read is its sender's, by its name
    assert all(f"绩效考核表　{part or '（未分）'}" in regions for part in parts)


def test_score_and_rank_write_the_same_ranking_workbook(run: Run, month: Month, stored: Path, tmp_path: Path) -> None:
    """But for the return list: what was never sent is not in the store."""
    assert run("rank", "--store", stored, "-o", tmp_path / "排名汇总.xlsx").exit_code == 0
    first, second = (
        {
            name: [[c.value for c in row] for row in load_workbook(path)[name].iter_rows()]
            for name in ("总览", "排名", "未排名", "区域", "热力图", "权重", "否决扣分", "问题")
        }
        for path in (month.out / "排名汇总.xlsx", tmp_path / "排名汇总.xlsx")
    )
    first["总览"][4] = second["总览"][4]  # how many have not sent
    assert first == second


def test_a_dealer_s_months_and_figures(run: Run, stored: Path) -> None:
    shown = run("history", "D001", "--store", stored)
    assert "2026-11" in shown.output
    assert "88.2" in shown.output
    figure = run("history", "D001", "--store", stored, "--field", "接车台次")
    assert "251" in figure.output
    assert run("history", "原文实例店", "--store", stored).output == shown.output
    for words, known in ((["D999"], "XK-W041"), (["D999"], "D001 "), (["D001", "--field", "没有"], "接车台次")):
        unknown = run("history", *words, "--store", stored)
        assert (unknown.exit_code, known in unknown.output) == (1, True), unknown.output
    other = run("rank", "--month", "2020-01", "--store", stored)
    assert (other.exit_code, "2026-11" in other.output) == (1, True), other.output
    assert run("rank", "--scheme", "绩效考核表", "--store", stored).exit_code == 0


def test_a_trend_and_the_tables(run: Run, stored: Path, tmp_path: Path) -> None:
    shown = run("trend", "--store", stored, "--of", "接车台次", "--by", "region")
    assert "2026-11" in shown.output
    assert "华东" in shown.output
    assert run("store", "export", stored, "-o", tmp_path / "parquet").exit_code == 0
    assert (tmp_path / "parquet" / "field_values.parquet").stat().st_size > 1000


def test_blanks_of_the_next_month_are_filled_from_it(run: Run, month: Month, stored: Path, tmp_path: Path) -> None:
    targets = month.folder / "targets.xlsx"
    words = ("--month", "2026-12", "--roster", month.folder / "dealers.xlsx", "--targets", targets)
    refused = run("new", "service-assessment", *words, "--store", stored, "-o", tmp_path / "blank")
    assert (refused.exit_code, "XK-T061" in refused.output) == (1, True), "November's targets in December"
    result = run("new", "service-assessment", *words, "--anyway", "--store", stored, "-o", tmp_path / "blank")
    assert result.exit_code == 0, result.output
    (workbook,) = (tmp_path / "blank").glob("D001_*.xlsx")
    sheet = load_workbook(workbook, data_only=True)["填报"]
    last = [row[4] for row in sheet.iter_rows(min_row=6, values_only=True) if row[1] == "接车台次"]
    assert last == [251]
    issued = json.loads((tmp_path / "blank" / "issue.json").read_text("utf-8"))["history"]
    assert issued["D001"]["维修产值_上月"] == 252486


def test_what_is_no_store_ends_the_run_before_it_starts(run: Run, month: Month, tmp_path: Path) -> None:
    (tmp_path / "text.duckdb").write_bytes(b"words" * 500)
    result = score(run, month, tmp_path / "out", tmp_path / "text.duckdb")
    assert (result.exit_code, "XK-W022" in result.output) == (1, True)
    assert not (tmp_path / "out").exists()


def test_a_late_file_joins_the_month(run: Run, month: Month, tmp_path: Path) -> None:
    store, sent = tmp_path / "s.duckdb", tmp_path / "sent"
    sent.mkdir()
    shutil.copy(month.of("D001"), sent)
    assert "新增 1，" in score(run, month, tmp_path / "a", store, sent).output
    assert "新增 1，替换 0，未变 0" in score(run, month, tmp_path / "b", store, month.of("D002")).output
    ranking = run("rank", "--store", store).output
    assert "D001" in ranking
    assert "D002" in ranking
