"""Blanks out of the store: last month, the months before it, the same month last year, the year so far, peers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from shared.monthly import ORDERS, ROSTER, Monthly

from xlkpi.cli.stores import store_findings
from xlkpi.headquarters import previous
from xlkpi.issue import Dealer
from xlkpi.month.month import make_month
from xlkpi.month.store.carry import known_before
from xlkpi.month.store.file import open_store
from xlkpi.month.store.record import record
from xlkpi.values import CellContent

Keep = Callable[..., None]


@pytest.fixture
def keep(dealership: Monthly, tmp_path: Path) -> Keep:
    """Score D001's month and keep it; `history` is what its blank was issued with."""

    def one(month: str, answers: Mapping[str, CellContent], orders=(), **history: float | str) -> None:
        issued = dealership.but(month=month, history={"D001": history})
        done = issued.judge(answers, orders)
        with open_store(tmp_path / "s", write=True) as store:
            record(store, make_month(issued.issue, "formualizer", [replace(done, cells={})]))

    return one


def known(dealership: Monthly, tmp_path: Path, month: str) -> tuple[dict[str, float | str], list[str]]:
    with open_store(tmp_path / "s") as store:
        listed = known_before(store, dealership.but(month=month, history={}).issue)
    assert set(listed.rows) <= {"D001"}
    return listed.rows.get("D001", {}), [finding.message() for finding in listed.findings]


def test_each_month_comes_from_itself(dealership: Monthly, keep: Keep, tmp_path: Path) -> None:
    """Not by the chain through last month: a month that was stored late is there all the same."""
    keep("2025-12", {"维修产值": 500.0, "售出工时": 90.0, "实际工作工时": 100.0})
    keep("2026-10", {"销售台数": 32.0, "接车台次": 70.0})
    keep("2026-11", {"销售台数": 33.0, "维修产值": 700.0, "接车台次": 80.0, "售出工时": 110.0, "实际工作工时": 100.0})
    keep("2026-05", {"销售台数": 27.0})
    values, told = known(dealership, tmp_path, "2026-12")
    assert [values.get(f"销售台数_前{n}月") for n in range(1, 8)] == [33.0, 32.0, None, None, None, None, 27.0]
    assert (values["维修产值_上月"], values["维修产值_前1月"], values["维修产值_前12月"]) == (700.0, 700.0, 500.0)
    assert (values["工时效率_上月"], values["工时效率_去年同月"]) == pytest.approx((1.1, 0.9))
    assert {"公布总分_前1月", "公布总分_前2月", "公布总分_前7月"} <= values.keys()
    assert "公布总分_前3月" not in values
    # 2026-06 … 09 are missing between months that are there: the year so far is not made up
    assert "接车台次_本年以前" not in values
    (message,) = told
    assert "2026-09、2026-08、2026-07、2026-06" in message


def test_the_year_so_far_and_the_first_month_of_the_next(dealership: Monthly, keep: Keep, tmp_path: Path) -> None:
    plan = {"接车台次_12月目标": 120.0, "接车台次_责任人": "钱总", "接车台次_本年以前": 900.0}
    keep("2026-10", {"接车台次": 70.0}, **plan)
    keep("2026-11", {"接车台次": 80.0}, **{k: v for k, v in plan.items() if not k.endswith("本年以前")})
    values, told = known(dealership, tmp_path, "2026-12")
    assert (values["接车台次_本年以前"], told) == (1050.0, [])
    assert (values["接车台次_12月目标"], values["接车台次_责任人"]) == (120.0, "钱总")
    keep("2026-12", {"接车台次": 60.0}, **plan)
    values, _ = known(dealership, tmp_path, "2027-01")
    assert "接车台次_12月目标" not in values
    assert values["接车台次_本年以前"] == 0.0
    assert (values["接车台次_上月"], values["接车台次_责任人"]) == (60.0, "钱总")


def test_a_resubmission_is_what_walks_on(dealership: Monthly, keep: Keep, tmp_path: Path) -> None:
    keep("2026-11", {"接车台次": 80.0})
    keep("2026-11", {"接车台次": 85.0})
    assert known(dealership, tmp_path, "2026-12")[0]["接车台次_上月"] == 85.0


def test_repair_orders_are_kept_rolled_up(dealership: Monthly, keep: Keep, tmp_path: Path) -> None:
    orders = [{"修理单号": f"R{n}", "类别": "保修", "工时销售": 10.0 * n} for n in (1, 2, 3)]
    keep("2026-11", {}, orders)
    with open_store(tmp_path / "s") as store:
        ((name, number),) = store.rows(
            "SELECT name, number FROM field_values WHERE role = 'indicator' AND number = 60 AND name LIKE '%保修%'"
        )
        assert not store.rows("SELECT 1 FROM field_values WHERE word = 'R1'")  # the orders themselves are not
    assert (dealership.scheme.indicators[name].formula, number) == (
        f'SUMIFS({ORDERS}_工时销售,{ORDERS}_类别,"保修")', 60.0)  # fmt: skip


def test_last_month_s_place_among_the_peers(
    dealership: Monthly, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(previous, "FEWEST_PEERS", 3)
    roster = {code: Dealer(code, code, "华东", "" if code == "D9" else "甲组") for code in ("D1", "D2", "D3", "D9")}
    ratio = {"D1": 0.9, "D2": 1.1, "D3": 1.1, "D9": 2.0}
    targets = {code: dict(dealership.issue.targets["D001"]) for code in roster}
    october = dealership.but(month="2026-10", roster=roster, targets=targets)
    done = dealership.judge({"售出工时": 110.0, "实际工作工时": 100.0})
    runs = [
        replace(done, dealer=code, cells={}, indicators={**done.indicators, "工时效率": value})
        for code, value in ratio.items()
    ]
    with open_store(tmp_path / "s", write=True) as store:
        record(store, make_month(october.issue, "formualizer", runs))
        rows = known_before(store, october.but(month="2026-11").issue).rows
    places = {code: values.get("工时效率_同组名次") for code, values in rows.items()}
    assert places == {"D1": "3/3", "D2": "1/3", "D3": "1/3", "D9": None}
    assert set(ROSTER) == {"D001", "D002"}


def test_a_store_of_another_scheme_or_of_later_months_is_told(
    dealership: Monthly, service: Monthly, keep: Keep, tmp_path: Path
) -> None:
    """Every command that is given a store says so; `new` through the same query."""
    keep("2026-11", {"接车台次": 80.0})
    with open_store(tmp_path / "s") as store:
        (of_others,) = known_before(store, service.but(month="2026-12", history={}).issue).findings
        (of_later,) = known_before(store, dealership.but(month="2026-10", history={}).issue).findings
        assert known_before(store, dealership.but(month="2026-12", history={}).issue).findings == []
    assert (of_others.code, of_others.facts["wanted"]) == ("XK-W043", "service-monthly")
    assert (of_later.code, of_later.facts["found"]) == ("XK-W043", "dealer-monthly（2026-11）")
    assert store_findings(tmp_path / "s", "service-monthly", "2026-12") == [of_others]
    assert store_findings(tmp_path / "s", "dealer-monthly", "2026-11") == []
    assert store_findings(tmp_path / "none", "service-monthly", "2026-12") == []
