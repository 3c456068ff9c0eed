"""The live 校验 formula of a field: conditions in order, each with a finding's code; the words come from the catalogue.

The dealer sees the words while typing. The batch evaluates the very same cell and maps the words back to the code, so
a check is written once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from xlkpi.findings import catalogue
from xlkpi.scheme.formulas import NOT_APPLICABLE, Formula, Name, Number, Text, compare, known, parse
from xlkpi.scheme.model import Relation, SchemeField
from xlkpi.scheme.types import TYPES, Shape

MISSING = "XK-V001"
NOT_A_NUMBER = "XK-V002"
NOT_WHOLE = "XK-V003"
BELOW_MINIMUM = "XK-V004"
ABOVE_MAXIMUM = "XK-V005"
NOT_APPLICABLE_REFUSED = "XK-V006"
NOT_A_CHOICE = "XK-V007"
NEGATIVE_AMOUNT = "XK-V014"
NOT_A_DATE = "XK-V018"
RELATION = "XK-R001"


def live_words() -> Mapping[str, str]:
    """The words of a 校验 cell, and the code that each stands for."""
    return {entry.live: code for code, entry in catalogue().items() if entry.live}


def live_check(name: Name, field: SchemeField, relations: Sequence[Relation] = ()) -> Formula:
    """The formula of the field's 校验 cell: the first thing that is wrong, or nothing.

    Relations are looked at last, and only where all the figures that they name are there.
    """
    blank = '""' if field.optional or TYPES[field.type].shape is Shape.TEXT else _word(MISSING)
    return Formula(f'IF({name}="",{blank},{_filled(name, field, relations)})')


def relation_words(relations: Sequence[Relation]) -> Mapping[str, str]:
    """The words that relations put into 校验 cells; one code stands for them all."""
    return {relation.text: RELATION for relation in relations}


def _filled(name: Name, field: SchemeField, relations: Sequence[Relation]) -> str:
    refused = '""' if field.not_applicable else _word(NOT_APPLICABLE_REFUSED)
    match TYPES[field.type].shape:
        case Shape.TEXT:
            return '""'
        case Shape.CHOICE:
            return f'IF({name}="{NOT_APPLICABLE}",{refused},IF({known(name)},"",{_word(NOT_A_CHOICE)}))'
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
    for condition, code in reversed(_number_conditions(name, field)):
        number = f"IF({condition},{_word(code)},{number})"
    other = f'IF({name}="{NOT_APPLICABLE}",{refused},{_word(wrong)})'
    return f"IF(ISNUMBER({name}),{number},{other})"


def _number_conditions(name: Name, field: SchemeField) -> list[tuple[str, str]]:
    conditions = []
    if field.minimum is not None:
        conditions.append((compare(name, "<", Number(field.minimum)).excel, BELOW_MINIMUM))
    elif TYPES[field.type].never_negative:
        conditions.append((f"{name}<0", NEGATIVE_AMOUNT))
    if field.maximum is not None:
        conditions.append((compare(name, ">", Number(field.maximum)).excel, ABOVE_MAXIMUM))
    if TYPES[field.type].whole:
        conditions.append((f"INT({name})<>{name}", NOT_WHOLE))
    return conditions


def _word(code: str) -> str:
    return Text(catalogue()[code].live).excel
