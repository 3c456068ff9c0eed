"""What must hold of every month of every scheme: the shipped one, and those with scopes, bonus, gates and rounding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from xlkpi.scheme.compile import compile_scheme
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.model import Clause, Scheme
from xlkpi.scheme.rules import load_rules
from xlkpi.scoring.assess import Assessment
from xlkpi.values import Absence, CellContent

from .worlds import NOT_APPLICABLE, PARTS, Month, World, complete, directions, entries, in_order, months, world_of

EXAMPLES = settings(max_examples=60)
FULL = 200.0  # the worlds' targets


def _scores(done: Assessment) -> dict[str, float]:
    return {item.id: item.score if isinstance(item.score, float) else 0.0 for item in done.items}


# ------------------------------------------------------------------ bounds


@EXAMPLES
@given(st.data())
def test_everything_lies_between_nothing_and_its_points(world: World, data: st.DataObject) -> None:
    done = world.judge(data.draw(months(world.scheme)))
    assert -1e-12 <= done.total <= done.ceiling + 1e-9
    assert done.ceiling <= world.most + world.slack
    assert done.total <= done.before_veto + 1e-9
    assert done.before_veto <= world.most + world.slack
    assert all(isinstance(value, float) for value in (done.total, done.ceiling, done.before_veto, done.published))
    for group in done.groups:
        assert -1e-12 <= group.score <= group.points + world.slack
    for item in done.items:
        assert -1e-12 <= item.before_veto <= item.points + 1e-9
        score = _scores(done)[item.id]
        assert -1e-12 <= score <= item.ceiling + 1e-9
        assert item.trace


@EXAMPLES
@given(st.data())
def test_a_total_is_final_exactly_where_it_can_be_no_other(world: World, data: st.DataObject) -> None:
    month = data.draw(months(world.scheme))
    done = world.judge(month)
    scheme = world.scheme
    nothing_left = any(
        all(item.status == NOT_APPLICABLE for item in done.items if item.group == group.name and not item.bonus)
        for group in scheme.groups
        if (group.not_applicable or scheme.defaults.not_applicable) == "rescale"
    )
    judged = all(item.status in ("已评", NOT_APPLICABLE) for item in done.items)
    if done.status == "scored":
        assert done.ceiling == pytest.approx(done.total, abs=1e-9)
    else:
        assert done.grade == "暂定"
        assert done.ceiling > done.total
        assert not judged or nothing_left


@EXAMPLES
@given(st.data())
def test_a_month_that_is_filled_in_is_final(world: World, data: st.DataObject) -> None:
    month = {**data.draw(months(world.scheme, filled=True)), **{f"{n}_目标": None for n in world.scheme.targets()}}
    done = world.judge(month)
    assert done.status == "scored"
    assert done.ceiling == pytest.approx(done.total, abs=1e-9)
    assert not [finding for finding in done.findings if finding.code in ("XK-V001", "XK-V013", "XK-S001")]


# ------------------------------------------------------------------ better and worse


@EXAMPLES
@given(st.data())
def test_a_better_figure_never_lowers_anything(world: World, data: st.DataObject) -> None:
    scheme = world.scheme
    better = directions(scheme)
    month = data.draw(months(scheme))
    name = data.draw(st.sampled_from(sorted(scheme.fields)))
    two = [data.draw(complete(scheme, name)) for _ in range(2)]
    ordered = in_order(scheme.fields[name], better.get(name, set()), *two)
    assume(ordered)
    low, high = (world.judge({**month, name: value}) for value in ordered)
    assert high.total >= low.total - world.slack
    assert high.ceiling >= low.ceiling - world.slack
    assert high.before_veto >= low.before_veto - world.slack
    assert high.published >= low.published - world.slack
    for item, score in _scores(low).items():
        assert _scores(high)[item] >= score - 1e-9, item


def test_every_field_that_is_judged_has_one_direction(world: World) -> None:
    """Else the property above would pass by comparing nothing."""
    better = directions(world.scheme)
    assert all(len(ways) == 1 for ways in better.values()), better
    worded = {name for name, field in world.scheme.fields.items() if field.words}
    assert set(better) | worded == set(world.scheme.fields)
    shipped = world.scheme.indicators.get("返修率")
    if shipped is not None:
        assert set(PARTS["返修率"]) == {"返修台数", "交车台数"}
        assert (shipped.better, shipped.formula) == ("down", "返修台数/MAX(1,交车台数)")


@EXAMPLES
@given(st.data())
def test_what_is_taken_away_never_raises_the_total_nor_lowers_the_ceiling(world: World, data: st.DataObject) -> None:
    month = data.draw(months(world.scheme))
    filled = sorted(name for name, value in month.items() if value is not None and name in world.scheme.fields)
    assume(filled)
    gone = data.draw(st.lists(st.sampled_from(filled), min_size=1, max_size=4, unique=True))
    before, after = world.judge(month), world.judge({**month, **dict.fromkeys(gone)})
    assert after.total <= before.total + world.slack
    assert after.ceiling >= before.ceiling - world.slack
    for item in after.items:
        if _scores(before)[item.id] < _scores(after)[item.id] - 1e-9:  # scaled less, or more, by another's 不适用
            assert any(month[name] == NOT_APPLICABLE for name in gone), item


@EXAMPLES
@given(st.data())
def test_what_is_filled_in_later_lies_within_the_range(world: World, data: st.DataObject) -> None:
    """The range of a provisional total is a promise: whatever the missing figures turn out to be, it holds."""
    month = data.draw(months(world.scheme))
    opened = sorted(name for name in world.scheme.fields if month[name] in (None, *(a.value for a in Absence), "也许"))
    opened = [name for name in opened if month[name] != NOT_APPLICABLE]
    before = world.judge(month)
    after = world.judge({**month, **{name: data.draw(complete(world.scheme, name)) for name in opened}})
    assert before.total - world.slack <= after.total <= before.ceiling + world.slack


# ------------------------------------------------------------------ vetoes


def _with_vetoes(scheme: Scheme, scope: str | None, gated: bool = True) -> Scheme:
    """The scheme with every veto of this scope, None: with no veto at all; with its gates or without."""

    def clauses(old: tuple[Clause, ...]) -> tuple[Clause, ...]:
        kept = [c for c in old if scope is not None or c.otherwise is None]
        return tuple(c.model_copy(update={"scope": scope}) if c.otherwise else c for c in kept)

    groups = []
    for group in scheme.groups:
        items = tuple(item.model_copy(update={"clauses": clauses(item.clauses)}) for item in group.items)
        groups.append(group.model_copy(update={"items": items, "gate": group.gate if gated else None}))
    inspected = {c.inspection or c.subject for g in groups for i in g.items for c in i.clauses}
    judged = {str(i.score.arguments["of"]) for g in groups for i in g.items if i.score}
    fields = {n: f for n, f in scheme.fields.items() if f.by == "dealer" or n in inspected | judged}
    indicators = {n: entry for n, entry in scheme.indicators.items() if scope is not None}
    return scheme.model_copy(update={"groups": tuple(groups), "fields": fields, "indicators": indicators})


Widening = dict[tuple[str, bool], list[World]]


@pytest.fixture(scope="module")
def widening(worlds: Mapping[str, World]) -> Widening:
    """Each scheme without vetoes, then with every veto of scope item, group and total; with gates and without."""
    found: Widening = {}
    for name, gated in (("service-assessment", True), ("scopes", True), ("scopes", False)):
        schemes = [_with_vetoes(worlds[name].scheme, scope, gated) for scope in (None, "item", "group", "total")]
        found[name, gated] = [world_of(scheme, compile_scheme(scheme, load_rules())) for scheme in schemes]
    return found


@pytest.mark.parametrize(("name", "gated"), [("service-assessment", True), ("scopes", False)])
@EXAMPLES
@given(st.data())
def test_a_veto_never_helps_and_a_wider_one_least(
    widening: Widening, name: str, gated: bool, data: st.DataObject
) -> None:
    month = data.draw(months(widening[name, gated][1].scheme))
    totals = [world.judge(month).total for world in widening[name, gated]]
    assert totals == pytest.approx(sorted(totals, reverse=True), abs=1e-9)


@EXAMPLES
@given(st.data())
def test_a_veto_never_helps_beside_gates(widening: Widening, data: st.DataObject) -> None:
    """A gate looks at what the items earned, which an item's veto takes away and a group's does not; so here the
    scopes are not in order among themselves, but each is below no veto, and the total's below all."""
    month = data.draw(months(widening["scopes", True][1].scheme))
    none, item, group, total = (world.judge(month).total for world in widening["scopes", True])
    assert max(item, group) <= none + 1e-9
    assert total <= min(item, group) + 1e-9


def test_the_vetoes_are_there_and_bite(widening: Widening) -> None:
    """Else the property above would compare four equal schemes."""
    month: Month = {
        "销量": FULL, "库存系数": 1.0, "客诉数": 0.0, "创新数": 1.0, "表彰次数": 1.0, "违规次数": 0.0,
        "审计": "通过", "事故数": 0.0, "培训率": 0.5, "公示": "完成",
    }  # fmt: skip
    for gated in (True, False):
        assert [world.judge(month).total for world in widening["scopes", gated]] == [106.0, 86.0, 62.0, 0.0]


# ------------------------------------------------------------------ order


def _turned_round(scheme: Scheme) -> Scheme:
    """Groups, items, clauses and fields in the opposite order."""
    groups = tuple(
        group.model_copy(
            update={
                "items": tuple(
                    item.model_copy(update={"clauses": tuple(reversed(item.clauses))}) for item in reversed(group.items)
                )
            }
        )
        for group in reversed(scheme.groups)
    )
    fields = dict(reversed(scheme.fields.items()))
    return scheme.model_copy(update={"groups": groups, "fields": fields})


@pytest.fixture(scope="module")
def turned(worlds: Mapping[str, World]) -> dict[str, World]:
    made = {name: _turned_round(world.scheme) for name, world in worlds.items()}
    return {name: world_of(scheme, compile_scheme(scheme, load_rules())) for name, scheme in made.items()}


@EXAMPLES
@given(st.data())
def test_the_order_of_the_scheme_changes_nothing(world: World, turned: dict[str, World], data: st.DataObject) -> None:
    other = next(t for t in turned.values() if t.scheme.name == world.scheme.name)
    assert [item.name for item in other.scheme.items] == [item.name for item in world.scheme.items][::-1]
    month = data.draw(months(world.scheme))
    first, second = world.judge(month), other.judge(month)
    for part in ("total", "ceiling", "before_veto", "published"):
        assert getattr(first, part) == pytest.approx(getattr(second, part), abs=1e-9)
    assert (first.status, first.grade, first.vetoed) == (second.status, second.grade, second.vetoed)
    assert _scores(first) == pytest.approx(_scores(second), abs=1e-9)
    assert {i.id: (i.status, i.vetoed) for i in first.items} == {i.id: (i.status, i.vetoed) for i in second.items}


# ------------------------------------------------------------------ absences


NO_NUMBERS = ["也许", "否决", "达到", "已评", "1e3", "TRUE", "#DIV/0!", "=1+1", "'5", "-", " "]
TYPED_AS_TEXT = {"5": 5.0, "100%": 1.0, "0": 0.0}


@EXAMPLES
@given(st.data())
def test_a_word_never_becomes_a_number(world: World, data: st.DataObject) -> None:
    """A word in a figure's cell is worth no more than a blank there; and nothing that it touches is counted as met.

    A number that headquarters typed as text is read on the sheet, and then worth what the number is.
    """
    scheme = world.scheme
    numbers = sorted(name for name, field in scheme.fields.items() if field.type != "choice")
    name = data.draw(st.sampled_from(numbers))
    word = data.draw(st.sampled_from([*NO_NUMBERS, *TYPED_AS_TEXT, Absence.MISSING.value, Absence.UNREADABLE.value]))
    assume(word not in scheme.fields[name].words)
    month = data.draw(months(scheme))
    worded = _outcome(world.judge({**month, name: word}))
    expected = [_outcome(world.judge({**month, name: None}))]
    if word in TYPED_AS_TEXT and scheme.fields[name].by != "dealer":
        expected.append(_outcome(world.judge({**month, name: TYPED_AS_TEXT[word]})))
    assert any(worded == pytest.approx(one, abs=1e-9) for one in expected)


def _outcome(done: Assessment) -> dict[str, float]:
    return {"总分": done.total, "上限": done.ceiling, "暂定": float(done.status != "scored"), **_scores(done)}


@EXAMPLES
@given(st.data())
def test_a_dealer_cannot_drop_an_item_that_it_must_report(worlds: dict[str, World], data: st.DataObject) -> None:
    """不适用 from a dealer where the field does not allow it is unreadable: nothing is scaled up."""
    world = worlds["service-assessment"]
    month = data.draw(months(world.scheme))
    name = data.draw(st.sampled_from(sorted(world.scheme.targets())))
    month = {**month, f"{name}_目标": None}
    blank, dropped = world.judge({**month, name: None}), world.judge({**month, name: NOT_APPLICABLE})
    assert dropped.total == pytest.approx(blank.total, abs=1e-9)
    assert {i.id: i.status for i in dropped.items}[name] == Absence.UNREADABLE.value


def _fractions(done: Assessment, group: str) -> dict[str, float]:
    return {
        item.id: item.before_veto / item.points
        for item in done.items
        if item.group == group and not item.bonus and not item.vetoed and item.status != NOT_APPLICABLE
    }


@EXAMPLES
@given(st.data())
def test_scaling_keeps_the_groups_points(worlds: dict[str, World], data: st.DataObject) -> None:
    """What is 不适用 by headquarters is left out, and the others make up the group's points in their own proportion."""
    world = worlds["service-assessment"]
    group = world.scheme.groups[0]
    points = {item.name: number_value(item.points) for item in group.items}
    out = data.draw(st.lists(st.sampled_from(sorted(points)), max_size=len(points) - 1, unique=True))
    month: dict[str, Any] = {**data.draw(months(world.scheme, filled=True))}
    month |= {f"{name}_目标": NOT_APPLICABLE if name in out else None for name in points}
    done = world.judge(month)
    left = sum(points[name] for name in points if name not in out)
    earned = sum(share * points[name] for name, share in _fractions(done, group.name).items())
    assert done.groups[0].score == pytest.approx(number_value(group.points) * earned / left, abs=1e-9)
    full = world.judge({**month, **dict.fromkeys(points, FULL)})
    assert full.groups[0].score == pytest.approx(number_value(group.points), abs=1e-9)
    assert [item.id for item in full.items if item.score is Absence.NOT_APPLICABLE] == [n for n in points if n in out]


@EXAMPLES
@given(st.data())
def test_full_and_zero_scale_nothing(worlds: dict[str, World], data: st.DataObject) -> None:
    """`full` gives what is left out its points, `zero` nothing; the other items stay as they are."""
    world = worlds["absence"]
    month = data.draw(months(world.scheme, filled=True))
    done = world.judge({**month, "养护_目标": None, "接待": "完成", "交车": "完成"})
    out = world.judge({**month, "养护_目标": NOT_APPLICABLE, "接待": NOT_APPLICABLE, "交车": NOT_APPLICABLE})
    assert out.groups[1].score == pytest.approx(30, abs=1e-9)
    assert out.total - done.total == pytest.approx(30 - done.groups[1].score, abs=1e-9)
    zero = world.judge({**month, "养护_目标": None, "接待": "完成", "交车": "完成", "机修": NOT_APPLICABLE})
    mine = {item.id: item.score for item in done.items}
    assert {item.id: item.score for item in zero.items}["计划项"] == pytest.approx(mine["计划项"], abs=1e-9)
    assert zero.groups[2].score == pytest.approx(float(mine["计划项"]), abs=1e-9)


def test_the_drawn_entries_hold_every_kind(world: World) -> None:
    """The strategy itself: figures, words, absences and blanks all come up."""
    seen: set[str] = set()

    @settings(max_examples=100, derandomize=True)
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        for name in world.scheme.fields:
            value: CellContent = data.draw(entries(world.scheme, name))
            seen.add("blank" if value is None else "figure" if isinstance(value, float) else str(value))

    draw()
    assert seen >= {"blank", "figure", "也许", Absence.UNREADABLE.value, Absence.MISSING.value}
    words = {word for field in world.scheme.fields.values() for word in field.words}
    assert len(seen & words) >= 0.6 * len(words)
