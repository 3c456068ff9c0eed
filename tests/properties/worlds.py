"""A world: a scheme issued to one dealer, with an engine; months that could befall it; and what is better in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar

from hypothesis import strategies as st
from shared.submissions import submission_of

from xlkpi.headquarters.issuing import make_issue
from xlkpi.issue import Dealer, Issue
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.parsing import judged
from xlkpi.scheme.rules import load_rules
from xlkpi.scoring.assess import Assessment, assess
from xlkpi.scoring.engine import Engine, load_engine
from xlkpi.values import Absence, CellContent

SCHEMES = Path(__file__).parents[1] / "shared" / "schemes"
EDGES = {folder.name: folder for folder in sorted(SCHEMES.iterdir())}
TARGET = 200.0
NOT_APPLICABLE = Absence.NOT_APPLICABLE.value
TINY = 1e-9

Month = Mapping[str, CellContent]
"""What dealer and headquarters entered, by field; None where nothing. `NAME_目标`: 不适用 where there is no target."""

# The one indicator of the shipped scheme that judges fields; its formula is held by a test in test_months.py.
PARTS = {"返修率": {"返修台数": "same", "交车台数": "opposite"}}
_OPPOSITE = {"up": "down", "down": "up"}


class World:
    """An issue with its engine. `slack`: what rounding each item may add up to, where the scheme rounds them.

    No dataclass: Hypothesis would print all that is in it, a megabyte, and over that reports "inconsistent data" in
    place of the failing example.
    """

    def __init__(self, scheme: Scheme, issue: Issue, engine: Engine, slack: float):
        self.scheme, self.issue, self.engine, self.slack = scheme, issue, engine, slack

    def __repr__(self) -> str:
        return f"World({self.scheme.name})"

    def judge(self, month: Month) -> Assessment:
        """Assess a month."""
        mine = self.scheme.by("dealer")
        targets = {
            name: Absence.NOT_APPLICABLE if month.get(f"{name}_目标") == NOT_APPLICABLE else TARGET
            for name in self.scheme.targets()
        }
        given = {name: value for name, value in month.items() if value is not None and name in self.scheme.fields}
        inspections: dict[str, Any] = {name: value for name, value in given.items() if name not in mine}
        issue = replace(self.issue, targets={"D001": targets}, inspections={"D001": inspections})
        answers = {name: value for name, value in given.items() if name in mine}
        return assess(issue, self.engine, submission_of(issue, "D001", answers))

    @property
    def most(self) -> float:
        """All that can be earned: the groups' points, and the bonus."""
        bonus = sum(number_value(item.points) for item in self.scheme.items if item.bonus)
        cap = self.scheme.bonus_most
        return self.scheme.points + (min(bonus, number_value(cap)) if cap else bonus)


def world_of(scheme: Scheme, compiled: Compiled) -> World:
    """Issue a scheme to D001 with targets of 200."""
    targets = {"D001": dict.fromkeys(scheme.targets(), TARGET)}
    issue = make_issue(scheme, compiled, month="2026-11", roster={"D001": Dealer("D001", "店")}, targets=targets)
    slack = 0.0 if scheme.round_items is None else len(scheme.items) * 0.5 * 10**-scheme.round_items
    return World(scheme, issue, load_engine("formualizer", issue.master, issue.layout), slack + TINY)


# ------------------------------------------------------------------ months

P = ParamSpec("P")
Drawn = TypeVar("Drawn")
Strategy = st.SearchStrategy[Drawn]
_MADE: dict[tuple[object, ...], tuple[Scheme, Any]] = {}


def once(make: Callable[P, Strategy[Drawn]]) -> Callable[P, Strategy[Drawn]]:
    """One strategy for a scheme and the other arguments: Hypothesis checks each new one anew, at every draw."""

    @wraps(make)
    def kept(*args: P.args, **named: P.kwargs) -> Strategy[Drawn]:
        scheme, *others = args
        assert isinstance(scheme, Scheme)
        key = (make.__name__, id(scheme), *others, *sorted(named.items()))
        if key not in _MADE:
            _MADE[key] = scheme, make(*args, **named)  # the scheme is kept, so that no other gets its id
        made: Strategy[Drawn] = _MADE[key][1]
        return made

    return kept


def limits(scheme: Scheme) -> list[float]:
    """Numbers at which something happens: those that the rules and clauses name."""
    found = {0.0, 0.5, 1.0}
    for item in scheme.items:
        if item.score:
            found |= set(_numbers(item.score.arguments))
        for clause in item.clauses:
            right = judged(clause.require)[2] if clause.require else None
            if right is not None and right[0].isdigit():
                found.add(number_value(right))
    return sorted(found)


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for child in value.values():
            yield from _numbers(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _numbers(child)
    else:
        try:
            yield number_value(str(value))
        except ValueError:
            return


@once
def figures(scheme: Scheme, name: str) -> st.SearchStrategy[float]:
    """Numbers for a field: ordinary ones, and those at, just below and just above a limit."""
    field = scheme.fields[name]
    edges = limits(scheme)
    if field.target:
        edges = [TARGET * edge for edge in edges]
    near = st.builds(
        lambda edge, by: edge + by, st.sampled_from(edges), st.sampled_from([0.0, 1e-6, -1e-6, 1e-12, -1e-12])
    )
    if field.type == "day":
        return st.one_of(st.integers(1, 30), st.integers(-2, 60)).map(float)
    if field.type == "count":
        return st.one_of(st.integers(0, 12), st.integers(-2, 2000)).map(float)
    if field.type == "rate":
        return st.one_of(near, st.floats(0, 1), st.floats(-0.5, 2))
    if field.target:
        return st.one_of(near, st.floats(0, 1.5 * TARGET), st.floats(-TARGET, 1e6))
    return st.one_of(near, st.floats(-1, 3), st.floats(-10, 2000))


@once
def entries(scheme: Scheme, name: str) -> st.SearchStrategy[CellContent]:
    """What may stand in a field's cell: a figure, a word, an absence, or nothing."""
    field = scheme.fields[name]
    ways: list[st.SearchStrategy[CellContent]] = [st.none()]
    if field.words:
        ways += [st.sampled_from(list(field.words))] * 3
    if field.type != "choice":
        ways += [figures(scheme, name)] * 3
    if field.not_applicable:
        ways.append(st.just(NOT_APPLICABLE))
    ways.append(st.sampled_from([Absence.UNREADABLE.value, Absence.MISSING.value, "也许"]))
    return st.one_of(ways)


@once
def complete(scheme: Scheme, name: str) -> st.SearchStrategy[CellContent]:
    """A figure or a word that says something."""
    field = scheme.fields[name]
    ways: list[st.SearchStrategy[CellContent]] = []
    if field.words:
        ways.append(st.sampled_from(list(field.words)))
    if field.type != "choice":
        ways.append(figures(scheme, name).filter(lambda figure: _is_read(field, figure)))
    return st.one_of(ways)


def _is_read(field: SchemeField, figure: float) -> bool:
    """Whether an inspection's number lies in its field's range; one outside is 无法读取."""
    if field.by == "dealer":
        return True
    low, high = field.minimum, 30 if field.type == "day" else field.maximum  # November's days
    return (low is None or figure >= number_value(str(low))) and (high is None or figure <= number_value(str(high)))


@once
def months(scheme: Scheme, filled: bool = False) -> st.SearchStrategy[Month]:
    """Whole months; with `filled` nothing is missing or unreadable."""
    of = complete if filled else entries
    fields: dict[str, st.SearchStrategy[CellContent]] = {name: of(scheme, name) for name in scheme.fields}
    left_out = st.sampled_from([None, None, None, NOT_APPLICABLE])
    return st.fixed_dictionaries({**fields, **{f"{name}_目标": left_out for name in scheme.targets()}})


# ------------------------------------------------------------------ better

Direction = Literal["up", "down"] | tuple[float, float]


def directions(scheme: Scheme) -> dict[str, set[Direction]]:
    """Which way each field is better, by the rules' own `better` and by the clauses' comparisons."""
    rules = load_rules()
    found: dict[str, set[Direction]] = {}

    def add(name: str, better: Direction) -> None:
        root = name.removesuffix("_完成率")
        for part, way in PARTS.get(root, {root: "same"}).items():
            if part in scheme.fields:
                turned = better if way == "same" or isinstance(better, tuple) else _OPPOSITE[better]
                found.setdefault(part, set()).add(turned)

    for item in scheme.items:
        if item.score:
            better = rules[item.score.rule].better
            given = item.score.arguments
            names = given["of"] if isinstance(given["of"], list | tuple) else [given["of"]]
            for name in names:
                assert better is not None, f"rule {item.score.rule} does not say what is better"
                add(name, (float(given["low"]), float(given["high"])) if better == "range" else better)
        for clause in item.clauses:
            operator = judged(clause.require)[1] if clause.require else None
            if clause.each:
                add(clause.each, rules["clause-each"].better)
            elif operator:
                add(clause.subject, "up" if operator.startswith(">") else "down")
    return found


def in_order(field: SchemeField, better: set[Direction], first: CellContent, second: CellContent) -> list[CellContent]:
    """Two figures, or two words, the worse one first; nothing where they cannot be compared."""
    if isinstance(first, str) and isinstance(second, str):
        meaning = {"failed": 0, "met": 1, "asserted": 1}
        return sorted([first, second], key=lambda word: meaning[field.words[word]])
    if not (isinstance(first, float) and isinstance(second, float) and len(better) == 1):
        return []
    (way,) = better
    if isinstance(way, tuple):
        low, high = way
        return sorted([first, second], key=lambda x: -max(low - x, x - high, 0))
    return sorted([first, second], reverse=way == "down")
