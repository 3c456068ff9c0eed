"""The account of a score adds up, and each line is what a second calculation gives: every rule, scope and gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from xlkpi.scheme.compile import compile_scheme
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.rules import load_rules
from xlkpi.scoring.assess import Assessment
from xlkpi.scoring.engine import load_engine
from xlkpi.values import CellContent, Status

from .reckoning import Key, Reckoned, random_months, random_scheme, reckon
from .worlds import World, world_of

NEAR = 1e-9
EVERYDAY, MONTHS = 14, 25
ALL = 100  # schemes; with 25 months each


def world_for(seed: int) -> World:
    scheme = Scheme.model_validate(random_scheme(seed))
    compiled = compile_scheme(scheme, load_rules())
    assert not compiled.problems
    world = world_of(scheme, compiled)
    world.engine = load_engine("compiled", world.issue.master, world.issue.layout)
    return world


def differences(world: World, done: Assessment, wanted: Reckoned) -> Iterator[str]:
    """Whatever does not add up, or is not what was reckoned."""

    def unlike(what: str, got: float, want: float) -> Iterator[str]:
        if abs(got - want) > NEAR:
            yield f"{what}: {got!r}, reckoned {want!r}"

    account = done.account
    yield from unlike("the lines", account.published, done.published)
    yield from unlike("published", done.published, wanted.published)
    yield from unlike("total", done.total, wanted.total)
    yield from unlike("bonus", done.bonus, wanted.bonus)
    if (done.vetoed, done.status is Status.PROVISIONAL) != (wanted.vetoed, wanted.provisional):
        yield f"{done.vetoed}, {done.status}: reckoned {wanted.vetoed}, {wanted.provisional}"
    for item in done.items:
        score = item.score if isinstance(item.score, float) else 0.0
        yield from unlike(item.id, score, wanted.scores[item.id])
        own = (line.points for line in account.lines if line.item == item.id and line.level == "item")
        yield from unlike(f"lines of {item.id}", sum(own), score)
    for group in done.groups:
        yield from unlike(group.name, group.score, wanted.groups[group.name])
        own = [item for item in done.items if item.group == group.name and not item.bonus]
        earned = sum(item.score for item in own if isinstance(item.score, float))
        lines = sum(line.points for line in account.lines if line.level == "group" and line.group == group.name)
        yield from unlike(f"lines of {group.name}", earned + lines, group.score)
    told: dict[Key, float] = {}
    for x in account.lines:  # a group may be open for two reasons
        key = (x.level, x.kind, x.group, x.item, x.clause)
        told[key] = told.get(key, 0.0) + x.points
    for key in told.keys() | wanted.lines.keys():
        yield from unlike(str(key), told.get(key, 0.0), wanted.lines.get(key, 0.0))
    silent = {key for key in wanted.lines if key[1] in ("veto", "gate", "open") and key[0] != "bonus"} - set(told)
    if silent:
        yield f"no reason is given for {silent}"
    if done.status is Status.PROVISIONAL and not account.open:
        yield "provisional without a reason"


def tried(seeds: range) -> tuple[list[str], Counter[str]]:
    """What was wrong, and how often each kind of line took or gave something."""
    wrong: list[str] = []
    seen: Counter[str] = Counter()
    for seed in seeds:
        world = world_for(seed)
        for number, month in enumerate(random_months(world.scheme, seed, MONTHS)):
            done = world.judge(month)

            def cell(name: str, done: Assessment = done, world: World = world) -> CellContent:
                return world.issue.layout.content(name, done.cells)

            wanted = reckon(world.scheme, cell)
            wrong += [f"scheme {seed}, month {number}: {told}" for told in differences(world, done, wanted)]
            wrong += [f"scheme {seed}, month {number}: {told}" for told in sheet_differs(world, done)]
            seen.update(f"{line.level} {line.kind}" for line in done.account.lines if abs(line.points) > NEAR)
            seen["dealers"] += 1
    return wrong, seen


def sheet_differs(world: World, done: Assessment) -> Iterator[str]:
    """What the workbook itself shows as 实扣 is what the account says, and the reasons are named on the sheet."""
    content = world.issue.layout.content
    for item in world.scheme.items:
        for number, clause in enumerate(item.clauses, 1):
            line = done.account.of_clause(item.name, number)
            shown = content(f"{item.name}_第{number}条_实扣", done.cells)
            if clause.lose is not None and shown != pytest.approx(line.taken if line else 0.0, abs=NEAR):
                yield f"{item.name} 第{number}条: the sheet says {shown!r}"
    for line in done.account.lines:
        if line.vetoes and line.level in ("group", "total"):
            told = str(content("总分_说明" if line.level == "total" else f"{line.group}_说明", done.cells))
            name = f"{line.item}第{line.clause}条" if line.item else "关口"
            if name not in told or (line.level == "total" and f"{line.group} " not in told):
                yield f"the sheet does not name {name}: {told}"


KINDS = {
    "item base", "item deduction", "item open", "item granted", "item scaling", "item rounding", "item veto",
    "group veto", "group gate", "group open", "bonus veto", "bonus open", "bonus cap", "total veto", "total gate",
    "total open", "total rounding",
}  # fmt: skip


def test_the_account_adds_up_and_is_what_a_second_calculation_gives() -> None:
    wrong, seen = tried(range(EVERYDAY))
    assert not wrong, "\n".join(wrong[:10])
    assert seen["dealers"] == EVERYDAY * MONTHS
    assert len(KINDS & set(seen)) >= 14, "the schemes must reach nearly every step"


@pytest.mark.slow
def test_the_account_adds_up_for_thousands() -> None:
    wrong, seen = tried(range(1000, 1000 + ALL))
    assert not wrong, f"{len(wrong)} of {seen['dealers']}:\n" + "\n".join(wrong[:10])
    assert seen["dealers"] >= 2000
    assert set(seen) - {"dealers"} >= KINDS


def test_a_fault_in_the_account_is_noticed() -> None:
    """The comparison itself can fail: a line less, a line moved to another item, and a total that is off."""
    world = world_for(3)
    from dataclasses import replace

    done = next(
        done for month in random_months(world.scheme, 3, 40)
        if len((done := world.judge(month)).account.lines) > 3 and done.published > 1
    )  # fmt: skip

    def cell(name: str) -> CellContent:
        return world.issue.layout.content(name, done.cells)

    wanted = reckon(world.scheme, cell)
    assert not list(differences(world, done, wanted))
    lines = done.account.lines
    first = next(line for line in lines if line.points)
    less = replace(done, account=replace(done.account, lines=tuple(line for line in lines if line is not first)))
    moved = tuple(replace(line, item="别项") if line is first else line for line in lines)
    assert list(differences(world, less, wanted))
    assert list(differences(world, replace(done, account=replace(done.account, lines=moved)), wanted))
    assert list(differences(world, replace(done, published=done.published + 0.1), wanted))
