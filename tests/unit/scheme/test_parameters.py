"""The limits of every parameter of every rule: what a scheme may write, and what it is told where it may not."""

from __future__ import annotations

from typing import Any

import pytest

from xlkpi.scheme.formulas import Name
from xlkpi.scheme.rules import Rule, bind, load_rules

RULES = load_rules()

# Written down here, not read from the rules: (above, at most) by rule and parameter; None is no limit.
LIMITS: dict[tuple[str, str], tuple[float | None, float | None]] = {
    ("bonus", "each"): (0, None),
    ("clause-each", "lose"): (0, None),
    ("clause-each", "most"): (0, None),
    ("clause-require", "lose"): (0, None),
    ("gate", "at_least"): (0, 1),
    ("in-range", "margin"): (0, None),
    ("proportional", "cap"): (0, 1),
    ("threshold", "full_at"): (0, None),
}
OPTIONAL = {
    ("clause-each", "most"), ("in-range", "margin"), ("proportional", "cap"), ("proportional", "floor"),
    ("threshold", "below"),
}  # fmt: skip

ALL = {(rule.name, key) for rule in RULES.values() for key in rule.parameters}


def valid(rule: Rule) -> dict[str, Any]:
    """Arguments that the rule takes: those of its first case, and what it may have besides."""
    return {**{key: 1 for key, p in rule.parameters.items() if p.type == "number"}, **rule.cases[0].arguments}


def bound(rule: Rule, arguments: dict[str, Any]) -> None:
    bind(rule, arguments, Name)


def test_the_table_tells_of_every_limited_parameter() -> None:
    limited = {
        (rule.name, key): (p.above, p.at_most)
        for rule in RULES.values()
        for key, p in rule.parameters.items()
        if p.above is not None or p.at_most is not None
    }
    assert limited == LIMITS


@pytest.mark.parametrize(("name", "key"), sorted(LIMITS))
def test_a_number_outside_its_limits_is_refused(name: str, key: str) -> None:
    rule, (above, most) = RULES[name], LIMITS[name, key]
    good = valid(rule)
    if above is not None:
        for value in (above, above - 5):
            with pytest.raises(ValueError, match=f"{name}.{key}: must be above {above:g}"):
                bound(rule, {**good, key: value})
        bound(rule, {**good, key: above + 0.001})
    if most is not None:
        with pytest.raises(ValueError, match=f"{name}.{key}: must be at most {most:g}"):
            bound(rule, {**good, key: most + 0.001})
        bound(rule, {**good, key: most})


@pytest.mark.parametrize(("name", "key"), sorted(ALL))
def test_what_is_needed_is_asked_for_by_name(name: str, key: str) -> None:
    rule = RULES[name]
    less = {given: value for given, value in valid(rule).items() if given != key}
    if (name, key) in OPTIONAL:
        bound(rule, less)
    else:
        with pytest.raises(ValueError, match=f"rule {name} needs {key} "):
            bound(rule, less)


@pytest.mark.parametrize("name", sorted(RULES))
def test_what_a_rule_does_not_have_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"rule {name} has no parameter 'other'"):
        bound(RULES[name], {**valid(RULES[name]), "other": 1})
