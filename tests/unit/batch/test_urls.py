"""Files and results at URLs that fsspec knows, and the results as Parquet parts."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from xlkpi.cli import main
from xlkpi.month.store.parts import write_parts

from .conftest import Sent

pytest.importorskip("upath", reason="needs xlkpi[cluster]")


@pytest.fixture
def memory(many: Sent) -> Iterator[str]:
    """A store in memory with what came back in `sent/`."""
    from upath import UPath

    place = UPath("memory://month")
    (place / "sent").mkdir(parents=True, exist_ok=True)
    for path in many.files[:9]:
        (place / "sent" / path.name).write_bytes(path.read_bytes())
    yield "memory://month"
    place.fs.store.clear()


def score(many: Sent, sent: str, out: str, *more: str) -> int:
    return CliRunner().invoke(main, ["score", sent, "--issue", str(many.blank), "-o", out, *more]).exit_code


def test_what_lies_at_a_url_is_scored_to_a_url_with_the_same_bytes(
    many: Sent, memory: str, contents: Callable[[Path], dict[str, bytes]], tmp_path: Path
) -> None:
    from upath import UPath

    for path in many.files[:9]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert score(many, str(tmp_path), str(tmp_path / "out"), "--parquet") == 4
    assert score(many, f"{memory}/sent", f"{memory}/out", "--parquet") == 4
    here, there = contents(tmp_path / "out"), UPath(f"{memory}/out")
    found = {path.path.removeprefix(f"{there.path}/"): path.read_bytes() for path in there.rglob("*") if path.is_file()}
    assert found == here
    assert len([name for name in found if name.startswith("assessed/")]) == 8
    assert {"scores.json", "manifest.jsonl", "scores.parquet/part-00000.parquet"} <= set(found)
    before = there.fs.modified(f"{there.path}/assessed/{many.files[0].name}")
    assert score(many, f"{memory}/sent", f"{memory}/out", "--parquet", "--resume") == 4
    assert there.fs.modified(f"{there.path}/assessed/{many.files[0].name}") == before, "nothing had changed"


def test_a_protocol_that_nobody_knows_is_told(many: Sent, tmp_path: Path) -> None:
    words = ["score", "nosuch://x/y", "--issue", str(many.blank), "-o", str(tmp_path)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert "nosuch" in result.output


def test_parts_hold_the_long_form(many: Sent, tmp_path: Path) -> None:
    assert score(many, str(many.folder), str(tmp_path), "--parquet") == 4
    part = tmp_path / "scores.parquet" / "part-00000.parquet"
    with (tmp_path / "scores.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [tuple(value or None for value in row.values()) for row in csv.DictReader(file)]
    assert duckdb.sql(f"SELECT dealer, month, kind, id, value FROM '{part}'").fetchall() == rows
    scores = json.loads((tmp_path / "scores.json").read_text("utf-8"))
    totals = {d["dealer"]: d["total"] for d in scores["dealers"] if d["status"] != "rejected"}
    query = f"SELECT dealer, number FROM '{part}' WHERE kind = 'total' AND id = 'total'"
    assert dict(duckdb.sql(query).fetchall()) == totals


def test_parts_are_cut_by_rows_and_older_ones_go(tmp_path: Path) -> None:
    values = (1.5, "未填", '说"，', None, True)
    rows = [("D001", "2026-11", "indicator", f"名{n}", value) for n, value in enumerate(values)]
    written = write_parts(rows, tmp_path, rows_a_part=2)
    assert [path.name for path in written] == ["part-00000.parquet", "part-00001.parquet", "part-00002.parquet"]
    told = duckdb.sql(f"SELECT value, number FROM '{tmp_path}/*.parquet' ORDER BY id").fetchall()
    assert told == [("1.5", 1.5), ("未填", None), ('说"，', None), (None, None), ("True", None)]
    first = written[0].read_bytes()
    assert write_parts(rows[:2], tmp_path, rows_a_part=2) == written[:1]
    assert sorted(tmp_path.iterdir()) == written[:1]
    assert written[0].read_bytes() == first
