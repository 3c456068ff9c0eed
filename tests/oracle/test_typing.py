"""As a dealer would: a blank opened in LibreOffice, figures typed cell by cell, and everything seen to move."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest
from shared.judges import equal
from shared.monthly import ORDERS, Monthly
from shared.office import somebody

from xlkpi.intake.submission import Submission, read_submission
from xlkpi.scheme.cells import of_diagnosis
from xlkpi.values import Place

pytestmark = [pytest.mark.oracle, pytest.mark.slow]

COUNTER = Place("填报", "A3")


@dataclass
class Dealer:
    """Somebody at the keyboard, with D001's blank open."""

    monthly: Monthly
    orders: IO[str]
    answers: IO[str]

    def does(self, **order: Any) -> Any:
        self.orders.write(json.dumps(order) + "\n")
        self.orders.flush()
        line = self.answers.readline()
        assert line, f"LibreOffice is gone: {order}"
        return json.loads(line)

    def types(self, **figures: Any) -> None:
        """Into the input cells of these names."""
        cells = [[*self.monthly.issue.layout.place(name), str(value)] for name, value in figures.items()]
        assert self.does(type=cells) == "typed"

    def types_at(self, sheet: str, **cells: Any) -> None:
        assert self.does(type=[[sheet, ref, str(value)] for ref, value in cells.items()]) == "typed"

    def sees(self, *names: str) -> list[Any]:
        """What the cells of these names show."""
        return self.does(read=[list(self.monthly.issue.layout.place(name)) for name in names])

    def sees_one(self, name: str) -> Any:
        return self.sees(name)[0]

    def check(self, name: str) -> str:
        """The words in a field's 校验 cell."""
        return self.sees_one(f"{name}_校验")

    def counter(self) -> tuple[int, int, int]:
        """已填, of how many, 错误."""
        (text,) = self.does(read=[list(COUNTER)])
        filled, rest = text.removeprefix("已填 ").split("/")
        required, wrong = rest.split(" · 错误 ")
        return int(filled), int(required), int(wrong)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    with somebody(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
def dealer(office: subprocess.Popen[str], dealership: Monthly, tmp_path: Path) -> Iterator[Dealer]:
    path = tmp_path / "D001.xlsx"
    path.write_bytes(dealership.blanks["D001"])
    assert office.stdin is not None
    assert office.stdout is not None
    person = Dealer(dealership, office.stdin, office.stdout)
    assert person.does(open=str(path)) == "opened"
    yield person
    assert person.does(close=1) == "closed"


def test_the_counter_and_the_check_move_with_every_figure(dealer: Dealer) -> None:
    fields = dealer.monthly.scheme.by("dealer")
    required = sum(1 for field in fields.values() if not field.optional and field.type != "text")
    assert dealer.counter() == (0, required, 0)
    names = ["接车台次", "维修产值", "维修毛利", "养护品", "精品", "轮胎"]
    for count, name in enumerate(names, 1):
        assert dealer.check(name) == "未填"
        dealer.types(**{name: 10 * count})
        assert dealer.check(name) == ""
        assert dealer.counter() == (count, required, 0)
    dealer.types(接车台次="")  # and back again
    assert (dealer.check("接车台次"), dealer.counter()) == ("未填", (5, required, 0))


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("接车台次", "-1", "小于下限"), ("接车台次", "很多", "应填数字"), ("接车台次", "2.5", "应为整数"),
        ("维修产值", "见附件", "应填数字"), ("维修产值", "不适用", "不可填不适用"), ("CSI排名", "不适用", ""),
    ],
)  # fmt: skip
def test_a_wrong_entry_makes_the_check_speak(dealer: Dealer, name: str, typed: str, words: str) -> None:
    assert words in {*dealer.monthly.issue.layout.words, ""}
    dealer.types(**{name: typed})
    assert dealer.check(name) == words
    assert dealer.counter()[2] == bool(words)
    dealer.types(**{name: 3})
    assert (dealer.check(name), dealer.counter()[2]) == ("", 0)


def test_a_broken_identity_speaks_its_own_words(dealer: Dealer) -> None:
    """30 retail and 5 fleet are 35 sold, not 36."""
    relation = next(r for r in dealer.monthly.scheme.relations if r.holds == "零售销量+大客销量=销售台数")
    dealer.types(零售销量=30, 大客销量=5)
    assert dealer.check(relation.at) in ("", "未填")
    dealer.types(销售台数=36)
    assert (dealer.check(relation.at), dealer.counter()[2]) == (relation.text, 1)
    dealer.types(销售台数=35)
    assert (dealer.check(relation.at), dealer.counter()[2]) == ("", 0)


def test_indicators_total_and_diagnosis_follow(dealer: Dealer) -> None:
    """Targets are 100: 80 vehicles of 100, at 15 points in proportion, are 12 points."""
    shows = of_diagnosis(1 + [d.problem for d in dealer.monthly.scheme.diagnoses].index("工时效率低于 110%"), "触发")
    assert dealer.sees("工时效率", "工时效率_评价", "接车台次_完成率") == ["未填", "未填", "未填"]
    before = dealer.sees_one("总分")
    dealer.types(接车台次=80)
    assert dealer.sees("接车台次_完成率", "接车台次_得分") == pytest.approx([0.8, 12.0])
    assert dealer.sees_one("总分") == pytest.approx(before + 12)
    dealer.types(接车台次=100)
    assert dealer.sees_one("总分") == pytest.approx(before + 15)
    dealer.types(售出工时=90, 实际工作工时=100)
    assert dealer.sees("工时效率", "工时效率_评价", shows) == [pytest.approx(0.9), "偏低", "是"]
    dealer.types(售出工时=120)
    assert dealer.sees("工时效率", "工时效率_评价", shows) == [pytest.approx(1.2), "达标", ""]
    dealer.types(实际工作工时=0)
    assert dealer.sees("工时效率", "工时效率_评价", shows) == ["不适用", "不适用", ""]


def test_repair_orders_roll_up_and_are_compared(dealer: Dealer) -> None:
    words = "与修理单日报的客户付费合计不符"
    dealer.types(客户付费工时销售=300)
    assert dealer.check("客户付费工时销售") == ""  # no list yet: nothing to compare with
    assert dealer.sees_one("日报客户付费工时销售") == "未填"
    dealer.types_at(ORDERS, A5="2026-11-03", B5="RO1", C5="客户付费", D5=2, E5=100, F5=50)
    assert dealer.sees("日报修理单数", "日报客户付费工时销售", "日报售出工时") == [1.0, 100.0, 2.0]
    assert dealer.check("客户付费工时销售") == words
    dealer.types_at(ORDERS, B6="RO2", C6="客户付费", D6=1.5, E6=200, B7="RO3", C7="保修", E7=80)
    assert dealer.sees("日报修理单数", "日报客户付费工时销售", "日报保修工时销售", "日报售出工时", "日报零件销售") == [
        3.0,
        300.0,
        80.0,
        3.5,
        50.0,
    ]
    assert (dealer.check("客户付费工时销售"), dealer.counter()[2]) == ("", 0)
    dealer.types(客户付费工时销售=302)
    assert dealer.check("客户付费工时销售") == words
    dealer.types_at(ORDERS, C7="客户付费")  # 380 now
    assert dealer.sees("日报客户付费工时销售", "日报保修工时销售") == [380.0, 0.0]
    dealer.types_at(ORDERS, B5="", C5="", D5="", E5="", F5="", B6="", C6="", D6="", E6="", B7="", C7="", E7="")
    assert (dealer.sees_one("日报客户付费工时销售"), dealer.check("客户付费工时销售")) == ("未填", "")


def test_a_locked_cell_refuses(dealer: Dealer) -> None:
    for name in ("接车台次_目标", "工时效率", "接车台次_校验", "工时效率_下限"):
        place = dealer.monthly.issue.layout.place(name)
        assert dealer.does(type=[[*place, "1"]]) == {"locked": list(place)}


def test_what_was_typed_is_what_is_read_and_scored(dealer: Dealer, dealership: Monthly, tmp_path: Path) -> None:
    """Saved by LibreOffice, read back, and assessed to the very figures that the dealer saw."""
    figures = {
        "接车台次": 91.0, "维修产值": 123456.78, "维修毛利": 45678.9, "售出工时": 333.5, "实际工作工时": 310.25,
        "客户付费工时销售": 1000.0, "保修工时销售": 200.0, "内部工时销售": 50.0, "工时总销售": 1250.0,
    }  # fmt: skip
    dealer.types(**figures)
    dealer.types_at(ORDERS, B5="RO1", C5="客户付费", D5=333.5, E5=1000, F5=20)
    layout = dealership.issue.layout
    places = list(layout.formulas)
    seen = dict(zip(places, dealer.does(read=[list(place) for place in places]), strict=True))
    assert not [value for value in seen.values() if isinstance(value, dict)]
    assert dealer.does(save=str(tmp_path / "back.xlsx")) == "saved"
    sent = read_submission(dealership.issue, tmp_path / "back.xlsx")
    assert isinstance(sent, Submission), sent
    assert sent.contents() == figures
    assert not [f for f in sent.findings if f.code.startswith(("XK-I", "XK-T"))]
    done = dealership.judge(sent.contents(), sent.tables[ORDERS])
    unlike = [f"{p}: {seen[p]!r} ≠ {done.cells[p]!r}" for p in places if not equal(seen[p], done.cells[p])]
    assert not unlike, "\n".join(unlike[:40])
