"""The live 校验 formula of a field: conditions in order, each with a finding's code; the words come from the catalogue.

The dealer sees the words while typing. The batch evaluates the very same cell and maps the words back to the code, so
a check is written once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xlkpi.findings import catalogue
from xlkpi.scheme.formulas import NOT_APPLICABLE, Formula, Name, Number, Text, compare, known, parse
from xlkpi.scheme.model import Relation, SchemeField

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
    blank = '""' if field.optional or field.type == "text" else _word(MISSING)
    return Formula(f'IF({name}="",{blank},{_filled(name, field, relations)})')


def relation_words(relations: Sequence[Relation]) -> Mapping[str, str]:
    """The words that relations put into 校验 cells; one code stands for them all."""
    return {relation.text: RELATION for relation in relations}


def _filled(name: Name, field: SchemeField, relations: Sequence[Relation]) -> str:
    if field.type == "text":
        return '""'
    refused = '""' if field.not_applicable else _word(NOT_APPLICABLE_REFUSED)
    if field.type == "choice":
        return f'IF({name}="{NOT_APPLICABLE}",{refused},IF({known(name)},"",{_word(NOT_A_CHOICE)}))'
    number = '""'
    for relation in reversed(relations):
        named = parse(relation.holds).names
        known_all = f"COUNT({','.join(named)})={len(named)}"
        number = f"IF({known_all},IF({relation.holds},{number},{Text(relation.text)}),{number})"
    for condition, code in reversed(_number_conditions(name, field)):
        number = f"IF({condition},{_word(code)},{number})"
    wrong = _word(NOT_A_DATE if field.type == "date" else NOT_A_NUMBER)
    other = f'IF({name}="{NOT_APPLICABLE}",{refused},{wrong})'
    return f"IF(ISNUMBER({name}),{number},{other})"


def _number_conditions(name: Name, field: SchemeField) -> list[tuple[str, str]]:
    conditions = []
    if field.minimum is not None:
        conditions.append((compare(name, "<", Number(field.minimum)).excel, BELOW_MINIMUM))
    elif field.type == "amount":
        conditions.append((f"{name}<0", NEGATIVE_AMOUNT))
    if field.maximum is not None:
        conditions.append((compare(name, ">", Number(field.maximum)).excel, ABOVE_MAXIMUM))
    if field.type in ("count", "day"):
        conditions.append((f"INT({name})<>{name}", NOT_WHOLE))
    return conditions


def _word(code: str) -> str:
    return Text(catalogue()[code].live).excel
