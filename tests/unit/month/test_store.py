"""The store keeps runs: resubmissions with their revision, the same again once, two processes at once without loss."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from shared.months import ranks

from xlkpi.findings import Finding, Ruling, Severity
from xlkpi.intake.submission import Unusable
from xlkpi.issue import Dealer, Issue
from xlkpi.month.month import Month as MonthResult
from xlkpi.month.month import make_month
from xlkpi.month.store.file import TABLES, Store, StoreError, export, open_store
from xlkpi.month.store.query import EarlierMonth, dealer_months, earlier_months, past, standings, which_scheme
from xlkpi.month.store.record import Recorded, record
from xlkpi.month.store.trend import trend
from xlkpi.scoring.assess import Assessment
from xlkpi.values import Absence, Place, Status

SCHEME = "service-assessment"
Month = Callable[..., MonthResult]


@pytest.fixture(scope="module")
def real(assess_with, real_month) -> Assessment:
    return assess_with(real_month.answers, real_month.inspections)


@pytest.fixture(scope="module")
def month_of(issue: Issue, real: Assessment) -> Month:
    """Results of a month with these published totals by dealer; `change` alters an assessment by dealer."""

    def make(month: str = "2026-11", unusable: tuple[Unusable, ...] = (), **totals: float | Assessment) -> MonthResult:
        roster = {
            code: Dealer(code, f"{code}店", "华东" if code < "D003" else "华南", "甲组" if code < "D004" else "")
            for code in ("D001", "D002", "D003", "D004")
        }
        done = [
            given if isinstance(given, Assessment) else replace(real, dealer=code, file=f"{code}.xlsx", published=given)
            for code, given in totals.items()
        ]
        return make_month(replace(issue, month=month, roster=roster), "formualizer", done, unusable)

    return make


def kept(path: Path, *runs: MonthResult) -> list[Recorded]:
    done = []
    for run in runs:
        with open_store(path, write=True) as store:
            done.append(record(store, run))
    return done


def test_what_goes_in_comes_out(tmp_path: Path, month_of: Month, real: Assessment) -> None:
    vetoed = replace(real, dealer="D002", published=0.0, vetoed=True)
    open_ = replace(real, dealer="D003", status=Status.PROVISIONAL, findings=(
        Finding("XK-V001", "c.xlsx", Place("填报", "F6"), "接车台次", {"label": "接车台次"},
                Ruling("XK-V001", Severity.NOTICE, "系统切换", dealer="D003", last="2026-12")),))  # fmt: skip
    refused = Unusable("kaputt.xlsx", (Finding("XK-F002", "kaputt.xlsx", facts={"detail": "x"}),))
    run = month_of(D001=88.2, D002=vetoed, D003=open_, unusable=(refused,))
    assert kept(tmp_path / "s", run) == [Recorded(4, 0, 0)]
    with open_store(tmp_path / "s") as store:
        stored = standings(store, SCHEME, "2026-11")
    direct = run.standings
    by_code = {row.dealer.code: row for row in stored.rows}
    for row in direct.rows:
        assert by_code[row.dealer.code] == row
    assert [row.rank for row in stored.rows if row.rank] == [1]
    assert by_code["D001"].items[0].score == pytest.approx(12.14516129032258, abs=1e-12)
    assert stored.scheme == run.issue.scheme
    assert by_code["D003"].findings[0].severity is Severity.NOTICE
    assert by_code["D003"].findings[0].message() == "“接车台次”没有填"


def test_the_same_again_adds_nothing_and_another_engine_is_the_same(tmp_path: Path, month_of: Month) -> None:
    first = month_of(D001=88.2, D002=70.0)
    nearly = [
        replace(a, engine="formulas", file="renamed.xlsx", total=a.total * (1 + 1e-12)) for a in first.assessments
    ]
    other = replace(first, engine="formulas", assessments=nearly)
    assert kept(tmp_path / "s", first, first, other) == [Recorded(2, 0, 0), Recorded(0, 0, 2), Recorded(0, 0, 2)]
    with open_store(tmp_path / "s") as store:
        assert store.rows("SELECT count(*) FROM submissions") == [(2,)]
        assert store.rows("SELECT engine FROM runs ORDER BY run") == [("formualizer",), ("formualizer",), ("formulas",)]
        assert store.rows("SELECT scheme, version, month FROM schemes") == [(SCHEME, "2026.1", "2026-11")]


def test_a_resubmission_counts_and_the_earlier_one_stays(tmp_path: Path, month_of: Month) -> None:
    unread = Unusable("D001.xlsx", (Finding("XK-T008", "D001.xlsx", facts={"sheet": "填报"}),), "D001")
    done = kept(tmp_path / "s", month_of(D001=60.0, D002=70.0), month_of(D001=80.0), month_of(unusable=(unread,)))
    assert done == [Recorded(2, 0, 0), Recorded(0, 1, 0), Recorded(1, 0, 0)]
    with open_store(tmp_path / "s") as store:
        rows = dealer_months(store, "D001")
        ranking = {row.dealer.code: (row.rank, row.published) for row in standings(store, SCHEME, "2026-11").rows}
    told = [(row.revision, row.current, row.status, row.published, row.rank, row.among) for row in rows]
    assert told == [
        (1, False, "scored", 60.0, None, 0), (2, True, "scored", 80.0, 1, 2), (3, False, "rejected", 0.0, None, 0)
    ]  # fmt: skip
    assert rows[2].errors == 1
    assert ranking == {"D001": (1, 80.0), "D002": (2, 70.0)}  # what was refused later takes nothing away


def test_a_dealer_of_whom_nothing_was_accepted_is_shown_as_refused(tmp_path: Path, month_of: Month) -> None:
    unread = Unusable("D003.xlsx", (Finding("XK-T008", "D003.xlsx", facts={"sheet": "填报"}),), "D003")
    kept(tmp_path / "s", month_of(D001=60.0, unusable=(unread,)))
    with open_store(tmp_path / "s") as store:
        rows = standings(store, SCHEME, "2026-11").rows
    assert [(row.dealer.code, row.status) for row in rows] == [("D001", "scored"), ("D003", "rejected")]
    kept(tmp_path / "s", month_of(D003=50.0))
    with open_store(tmp_path / "s") as store:
        rows = standings(store, SCHEME, "2026-11").rows
    assert [(row.dealer.code, row.status) for row in rows] == [("D001", "scored"), ("D003", "scored")]


def test_ranks_are_those_of_the_run_and_last_month_stands_beside(tmp_path: Path, month_of: Month) -> None:
    october = month_of("2026-10", D001=70.0, D002=90.0, D003=90.0, D004=60.0)
    november = month_of(D001=88.0, D002=88.0, D003=91.0, D004=60.0)
    kept(tmp_path / "s", october, november)
    with open_store(tmp_path / "s") as store:
        stored = standings(store, SCHEME, "2026-11")
    assert {row.dealer.code: row.rank for row in stored.rows} == ranks(november.assessments)
    assert {row.dealer.code: row.rank for row in stored.rows} == {"D001": 2, "D002": 2, "D003": 1, "D004": 4}
    assert {code: earlier[:2] for code, earlier in stored.before.items()} == {
        "D001": (70.0, 3),
        "D002": (90.0, 1),
        "D003": (90.0, 1),
        "D004": (60.0, 4),
    }


def test_the_months_before_of_every_dealer(tmp_path: Path, month_of: Month, real: Assessment) -> None:
    open_ = replace(real, dealer="D002", published=40.0, status=Status.PROVISIONAL, grade="暂定")
    runs = [
        month_of("2025-11", D001=50.0), month_of("2025-12", D001=51.0), month_of("2026-09", D001=70.0, D002=open_),
        month_of("2026-10", D001=72.0, D002=90.0, D003=replace(real, dealer="D003", published=0.0, vetoed=True)),
        month_of("2026-10", D001=73.0), month_of("2026-11", D001=88.0),
    ]  # fmt: skip
    kept(tmp_path / "s", *runs)
    with open_store(tmp_path / "s") as store:
        found = earlier_months(store, SCHEME, "2026-11", 11)
    assert [(m.month, m.total, m.rank) for m in found["D001"]] == [
        ("2025-12", 51.0, 1), ("2026-09", 70.0, 1), ("2026-10", 73.0, 2)
    ]  # fmt: skip
    assert [(m.month, m.total, m.rank) for m in found["D002"]] == [("2026-09", None, None), ("2026-10", 90.0, 1)]
    scores = {item.id: item.score for item in real.items}
    assert found["D003"] == [EarlierMonth("2026-10", 0.0, None, real.grade, scores)]


def test_past_values_by_field(tmp_path: Path, month_of: Month, real: Assessment) -> None:
    october = replace(real, inputs={**real.inputs, "接车台次": 240.0, "轮胎": Absence.MISSING})
    kept(tmp_path / "s", month_of("2026-10", D001=october), month_of(D001=real))
    with open_store(tmp_path / "s") as store:
        known = past(store, "D001", SCHEME)
        before = past(store, "D001", SCHEME, before="2026-11")
    assert known["接车台次"] == [("2026-10", 240.0), ("2026-11", 251.0)]
    assert known["轮胎"] == [("2026-11", 7453.0)]
    assert known["接车台次_完成率"][-1] == ("2026-11", pytest.approx(251 / 310))
    assert before["接车台次"] == [("2026-10", 240.0)]
    assert "接车台次_目标" not in known


def test_trends(tmp_path: Path, month_of: Month) -> None:
    kept(tmp_path / "s", month_of("2026-10", D001=70.0, D002=90.0, D003=50.0), month_of(D001=80.0, D003=60.0))
    with open_store(tmp_path / "s") as store:
        whole = [(p.month, p.figures.count, p.figures.mean, *p.figures.five[::4]) for p in trend(store, SCHEME).points]
        regions = [(p.part, p.month, p.figures.mean) for p in trend(store, SCHEME, by="region").points]
        item = [(p.part, p.month) for p in trend(store, SCHEME, "接车台次", by="dealer").points]
        field = [p.figures.mean for p in trend(store, SCHEME, "维修产值").points]
        with pytest.raises(StoreError, match="XK-W040"):
            trend(store, SCHEME, "没有")
    assert whole == [("2026-10", 3, 70.0, 50.0, 90.0), ("2026-11", 2, 70.0, 60.0, 80.0)]
    east, south = (("华东", 80.0, 80.0), ("华南", 50.0, 60.0))
    assert regions == [
        (part, month, mean)
        for part, *means in (east, south)
        for month, mean in zip(("2026-10", "2026-11"), means, strict=True)
    ]
    assert item == [
        (code, month)
        for code, months in (("D001", "01"), ("D002", "0"), ("D003", "01"))
        for month in (f"2026-1{n}" for n in months)
    ]
    assert field == [pytest.approx(7.984282266510831)] * 2  # 维修产值 is an item: its points


def test_parquet_export(tmp_path: Path, month_of: Month) -> None:
    kept(tmp_path / "s", month_of(D001=88.2))
    with open_store(tmp_path / "s") as store:
        written = export(store, tmp_path / "it's parquet")
    assert {path.stem for path in written} == set(TABLES)
    path = tmp_path / "it's parquet" / "submissions.parquet"
    assert duckdb.read_parquet(str(path)).fetchall()[0][4] == "D001"


# ------------------------------------------------------------------ what can be wrong with the file


def told(path: Path, **how: float | bool) -> str:
    with pytest.raises(StoreError) as refused, open_store(path, **how):
        pass
    assert Finding(refused.value.code, facts=refused.value.facts).message()
    return refused.value.code


@pytest.mark.parametrize("name", [":memory:", "md:x", "file:x?mode=ro", "'; DROP"])
def test_a_store_s_name_is_only_a_name(
    name: str, tmp_path: Path, month_of: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kept(Path(name), month_of(D001=1.0))
    assert (tmp_path / name).is_file()


def test_no_store_another_file_and_a_stranger_s_database(tmp_path: Path, month_of: Month) -> None:
    assert told(tmp_path / "none") == "XK-W021"
    (tmp_path / "text").write_bytes(b"no database" * 1000)
    assert told(tmp_path / "text", write=True) == "XK-W022"
    assert (tmp_path / "text").read_bytes() == b"no database" * 1000
    with duckdb.connect(str(tmp_path / "foreign")) as stranger:
        stranger.execute("CREATE TABLE theirs (a INTEGER)")
    assert told(tmp_path / "foreign", write=True) == "XK-W022"
    assert told(tmp_path / os.fsdecode("库".encode("gbk")), write=True) == "XK-W022"  # DuckDB takes UTF-8 alone
    kept(tmp_path / "later", month_of(D001=1.0))
    with duckdb.connect(str(tmp_path / "later")) as store:
        store.execute("UPDATE xlkpi_store SET format = 99")
    assert told(tmp_path / "later") == "XK-W022"
    kept(tmp_path / "s", month_of(D001=1.0))
    with open_store(tmp_path / "s") as store, pytest.raises(StoreError, match="XK-W023"):
        which_scheme(store, "sales-assessment")


def test_a_run_that_fails_half_way_leaves_nothing(tmp_path: Path, month_of: Month, monkeypatch) -> None:
    kept(tmp_path / "s", month_of(D001=1.0))
    add = Store.add

    def broken(self, table, rows) -> None:
        if table == "findings":
            raise OSError("disk full")
        add(self, table, rows)

    monkeypatch.setattr(Store, "add", broken)
    with pytest.raises(OSError, match="disk full"):
        kept(tmp_path / "s", month_of(D001=2.0, D002=3.0))
    with open_store(tmp_path / "s") as store:
        assert store.rows("SELECT dealer, published, is_current FROM submissions") == [("D001", 1.0, True)]
        assert store.rows("SELECT count(*) FROM runs") == [(1,)]


# ------------------------------------------------------------------ two processes

WRITER = """
import pickle, sys, time
from pathlib import Path
from xlkpi.month.store.file import open_store
from xlkpi.month.store.record import record
path, run, ready, go = map(Path, sys.argv[1:])
results = pickle.loads(run.read_bytes())
with open_store(path, write=True, notify=lambda detail: print("waits", flush=True)) as store:
    ready.touch()
    record(store, results)
    while not go.exists():
        time.sleep(0.05)
"""


Writer = Callable[[str, MonthResult], "subprocess.Popen[str]"]


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    """Start a process that records a run, and holds the store until there is a file NAME.go; none outlives the test."""
    with ExitStack() as stack:

        def start(name: str, run: MonthResult) -> subprocess.Popen[str]:
            (tmp_path / f"{name}.run").write_bytes(pickle.dumps(run))
            words = (tmp_path / "s", *(tmp_path / f"{name}.{part}" for part in ("run", "ready", "go")))
            command = [sys.executable, "-c", WRITER, *map(str, words)]
            process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            stack.callback(process.kill)
            return process

        yield start


def until(path: Path, process: subprocess.Popen[str]) -> None:
    while not path.exists():
        assert process.poll() is None, "the writer ended before it held the store"
        time.sleep(0.02)


def test_two_runs_at_once_one_waits_and_nothing_is_lost(tmp_path: Path, month_of: Month, writer: Writer) -> None:
    first = writer("first", month_of(D001=80.0, D002=70.0))
    until(tmp_path / "first.ready", first)
    (tmp_path / "second.go").touch()
    second = writer("second", month_of(D002=75.0, D003=60.0))
    assert second.stdout is not None
    assert second.stdout.readline() == "waits\n"
    (tmp_path / "first.go").touch()
    assert (first.communicate(timeout=60)[0], first.returncode) == ("", 0)
    assert (second.communicate(timeout=60)[0], second.returncode) == ("", 0)
    with open_store(tmp_path / "s") as store:
        rows = store.rows("SELECT dealer, revision, published FROM submissions WHERE is_current ORDER BY dealer")
        assert rows == [("D001", 1, 80.0), ("D002", 2, 75.0), ("D003", 1, 60.0)]


def test_who_waited_too_long_is_told_and_the_other_is_not_disturbed(
    tmp_path: Path, month_of: Month, writer: Writer
) -> None:
    first = writer("first", month_of(D001=80.0))
    until(tmp_path / "first.ready", first)
    assert told(tmp_path / "s", patience=0.3) == "XK-W020"
    assert told(tmp_path / "s", write=True, patience=0.3) == "XK-W020"
    (tmp_path / "first.go").touch()
    first.communicate(timeout=60)
    with open_store(tmp_path / "s") as store:
        assert store.rows("SELECT dealer FROM submissions") == [("D001",)]


def test_a_writer_killed_in_mid_run_leaves_the_store_whole(tmp_path: Path, month_of: Month, writer: Writer) -> None:
    kept(tmp_path / "s", month_of(D001=1.0))
    doomed = writer("doomed", month_of(D001=2.0, D002=3.0))
    until(tmp_path / "doomed.ready", doomed)
    doomed.kill()
    doomed.communicate(timeout=60)
    with open_store(tmp_path / "s", write=True) as store:
        found = store.rows("SELECT dealer, published FROM submissions WHERE is_current ORDER BY dealer")
    assert found in ([("D001", 1.0)], [("D001", 2.0), ("D002", 3.0)])  # before or after, never half
    assert kept(tmp_path / "s", month_of(D001=2.0, D002=3.0))[0].unchanged in (0, 2)
