"""The live 校验 formula of a field: conditions in order, each with a finding's code; the words come from the catalogue.

The dealer sees the words while typing. The batch evaluates the very same cell and maps the words back to the code, so
a check is written once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import assert_never

from xlkpi.findings import catalogue
from xlkpi.scheme.entries import Indicator, Relation, SchemeField
from xlkpi.scheme.formulas import NOT_APPLICABLE, Formula, Name, Number, Text, compare, is_known, number_value
from xlkpi.scheme.model import Item
from xlkpi.scheme.parsing import judged, parse
from xlkpi.scheme.types import TYPES, Shape

MISSING = "XK-V001"
NOT_A_NUMBER = "XK-V002"
NOT_WHOLE = "XK-V003"
BELOW_MINIMUM = "XK-V004"
ABOVE_MAXIMUM = "XK-V005"
NOT_APPLICABLE_REFUSED = "XK-V006"
NOT_A_CHOICE = "XK-V007"
NEGATIVE_AMOUNT = "XK-V014"
BELOW_ZERO = "XK-V034"
ABOVE_WHOLE = "XK-V035"
WHOLE = "100%"
NOT_A_DATE = "XK-V018"
RELATION = "XK-R001"


def live_words() -> Mapping[str, str]:
    """The words of a 校验 cell, and the code that each stands for."""
    return {entry.live: code for code, entry in catalogue().items() if entry.live}


def live_check(
    name: Name, field: SchemeField, relations: Sequence[Relation] = (), *, most: str | None = None
) -> Formula:
    """The formula of the field's 校验 cell: the first thing that is wrong, or nothing.

    Relations are looked at last, and only where all the figures that they name are there. `most` is what the figure
    can be at most where the field does not say so itself (`most_of`).
    """
    blank = '""' if field.optional or TYPES[field.type].shape is Shape.TEXT else _word(MISSING)
    return Formula(f'IF({name}="",{blank},{_filled(name, field, relations, most)})')


def relation_words(relations: Sequence[Relation]) -> Mapping[str, str]:
    """The words that relations put into 校验 cells; one code stands for them all."""
    return {relation.text: RELATION for relation in relations}


def _filled(name: Name, field: SchemeField, relations: Sequence[Relation], most: str | None) -> str:
    refused = '""' if field.not_applicable else _word(NOT_APPLICABLE_REFUSED)
    match TYPES[field.type].shape:
        case Shape.TEXT:
            return '""'
        case Shape.CHOICE:
            return f'IF({name}="{NOT_APPLICABLE}",{refused},IF({is_known(name)},"",{_word(NOT_A_CHOICE)}))'
        case Shape.DATE:
            wrong = NOT_A_DATE
        case Shape.NUMBER | Shape.PERCENT | Shape.DAY:
            wrong = NOT_A_NUMBER
        case unknown:
            assert_never(unknown)
    number = '""'
    for relation in reversed(relations):
        named = parse(relation.holds).names
        known_all = f"COUNT({','.join(named)})={len(named)}"
        number = f"IF({known_all},IF({relation.holds},{number},{Text(relation.text)}),{number})"
    for condition, code in reversed(_number_conditions(name, field, most)):
        number = f"IF({condition},{_word(code)},{number})"
    other = f'IF({name}="{NOT_APPLICABLE}",{refused},{_word(wrong)})'
    return f"IF(ISNUMBER({name}),{number},{other})"


def _number_conditions(name: Name, field: SchemeField, most: str | None) -> list[tuple[str, str]]:
    conditions = []
    if field.minimum is not None:
        conditions.append((compare(name, "<", Number(field.minimum)).excel, BELOW_MINIMUM))
    elif TYPES[field.type].shape.is_figure:
        code = NEGATIVE_AMOUNT if TYPES[field.type].never_negative else BELOW_ZERO
        conditions.append((compare(name, "<", Number("0")).excel, code))
    if field.maximum is not None:
        conditions.append((compare(name, ">", Number(field.maximum)).excel, ABOVE_MAXIMUM))
    elif most is not None:
        conditions.append((compare(name, ">", Number(most)).excel, ABOVE_WHOLE))
    if TYPES[field.type].whole:
        conditions.append((f"INT(ROUND({name},10))<>ROUND({name},10)", NOT_WHOLE))
    return conditions


def _word(code: str) -> str:
    return Text(catalogue()[code].live).excel


def judged_by(item: Item) -> dict[str, list[float]]:
    """The names that an item's score and clauses judge, each with the numbers that it is held against."""
    limits: dict[str, list[float]] = {}
    if item.score:
        limits_of_rule = [value for key, value in item.score.arguments.items() if key != "of"]
        for name in item.judged:
            limits.setdefault(name, []).extend(_numbers(limits_of_rule))
    for clause in item.clauses:
        limit = judged(clause.require)[2] if clause.require else None
        limits.setdefault(clause.subject, []).extend(_numbers([limit]))
    return limits


def most_of(entry: SchemeField | Indicator, limits: Iterable[float]) -> str | None:
    """What a judged figure can be at most where it does not say so itself: a rate 100 %.

    None where it can be anything: what is judged at 120 % can be above 100 %.
    """
    is_rate = TYPES[entry.type].shape is Shape.PERCENT
    return WHOLE if is_rate and not any(limit > 1 for limit in limits) else None


def _numbers(values: Iterable[object]) -> Iterator[float]:
    for value in values:
        if isinstance(value, Mapping):
            yield from _numbers([value.get("at_least")])
        elif isinstance(value, list | tuple):
            yield from _numbers(value)
        else:
            try:
                yield number_value(str(value))
            except ValueError:
                continue
