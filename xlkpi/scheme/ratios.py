"""Ratios whose denominator may be 0: which indicators they are, and the condition under which one has no value.

An indicator says 不适用 where it would divide by zero. For what scores, that word is only one of several answers, so
the scheme says which (`when_zero`); where it says nothing, the workbook asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.formulas import NOT_APPLICABLE, Formula, Name, every, number_value
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.parsing import syntax

_GUARDS: Final = frozenset({"IF", "IFERROR"})  # around a division they say themselves what comes instead


def may_divide_by_zero(name: str, scheme: Scheme) -> bool:
    """Whether an indicator says 不适用 although all its figures are there: a denominator of its own, or of an indicator
    that it is made of, may be 0."""
    return any(_divides_by_zero(indicator, scheme) for indicator in _made_of(name, scheme))


def is_zero_denominator(name: Name, scheme: Scheme, compiled: Compiled) -> Formula | None:
    """The condition under which a ratio has no value for its denominator alone; None where that cannot come about.

    All figures are numbers then, and the ratio says 不适用 all the same; a figure that is 不适用 is another case.
    """
    if not may_divide_by_zero(name.name, scheme):
        return None
    figures = dict.fromkeys(
        used
        for indicator in _made_of(name.name, scheme)
        for used in _names(indicator, scheme)
        if used not in scheme.indicators and used not in scheme.constants
    )
    known = [compiled.names[figure] for figure in figures if figure in compiled.names]
    numbers = [figure.name for figure in known if figure.may_be_number]
    conditions = [Formula(f'{name}="{NOT_APPLICABLE}"')]
    if numbers:
        conditions.append(Formula(f"COUNT({','.join(numbers)})={len(numbers)}"))
    return every(conditions)


def _made_of(name: str, scheme: Scheme, above: tuple[str, ...] = ()) -> Iterator[str]:
    """An indicator and the indicators that it is made of; a circle is lint's to report."""
    indicator = scheme.indicators.get(name)
    if indicator is None or not indicator.formula or name in above:
        return
    yield name
    for used in _names(name, scheme):
        yield from _made_of(used, scheme, (*above, name))


def _names(indicator: str, scheme: Scheme) -> Iterator[str]:
    try:
        tree = syntax(scheme.indicators[indicator].formula)
    except ValueError:  # lint reports it
        return
    yield from (str(node["reference"]) for node in _nodes(tree) if node.get("node_type") == "Reference")


def _divides_by_zero(indicator: str, scheme: Scheme) -> bool:
    text = scheme.indicators[indicator].formula
    try:
        tree = syntax(text)
    except ValueError:
        return False
    return f'"{NOT_APPLICABLE}"' in text or any(_may_be_zero(below, scheme) for below in _denominators(tree))


def _nodes(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, Mapping):
        yield node
        for value in node.values():
            yield from _nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _nodes(value)


def _denominators(node: Any) -> Iterator[Mapping[str, Any]]:
    """What is divided by, but for divisions within a guard."""
    if isinstance(node, list):
        for value in node:
            yield from _denominators(value)
    elif isinstance(node, Mapping) and not (node.get("node_type") == "Function" and _function(node) in _GUARDS):
        if node.get("node_type") == "BinaryOp" and node["operator"] == "/":
            yield node["right"]
        for value in node.values():
            yield from _denominators(value)


def _may_be_zero(node: Mapping[str, Any], scheme: Scheme) -> bool:
    match node.get("node_type"):
        case "Literal":
            return not node["value"]
        case "Reference":
            constant = scheme.constants.get(str(node["reference"]))
            return constant is None or number_value(constant.value) == 0
        case "UnaryOp":
            return _may_be_zero(node["operand"], scheme)
        case "BinaryOp" if node["operator"] in ("*", "/", "^"):
            return _may_be_zero(node["left"], scheme) or (
                node["operator"] == "*" and _may_be_zero(node["right"], scheme)
            )
        case "Function" if _function(node) == "MAX":
            return not any(_above_zero(argument, scheme) for argument in node["args"])
        case _:
            return True


def _above_zero(node: Mapping[str, Any], scheme: Scheme) -> bool:
    if node.get("node_type") == "Literal":
        return isinstance(node["value"], int | float) and node["value"] > 0
    constant = scheme.constants.get(str(node.get("reference")))
    return constant is not None and number_value(constant.value) > 0


def _function(node: Mapping[str, Any]) -> str:
    return str(node["name"]).upper()
