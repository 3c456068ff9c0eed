"""The functions that a formula may call, each with the Python code of a call.

A writer gets the operands and what is known of cells at this place (`Known`), and returns an expression with its kind
(see `shapes`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from xlkpi.scoring.compiled import functions
from xlkpi.scoring.compiled.syntax import (
    Binary,
    Call,
    CellArgument,
    Element,
    Literal,
    Node,
    NotCompiled,
    RangeArgument,
    Unary,
)

if TYPE_CHECKING:
    from xlkpi.scoring.compiled.shapes import Code, Known, Operands, ShapeWriter

    _Writer = Callable[[ShapeWriter, Operands, Known], Code]

_CONSTANTS: Final[dict[type, str]] = {float: "f", str: "s", bool: "b"}


def _if(w: ShapeWriter, operands: Operands, known: Known) -> Code:
    condition = operands[0]
    yes, kind = w.value(operands[1], {**known, **_learned(condition, holds=True)})
    if len(operands) == 2:
        return f"({yes} if {w.truth(condition, known)} else False)", kind if kind == "b" else "v"
    no, other = w.value(operands[2], {**known, **_learned(condition, holds=False)})
    return f"({yes} if {w.truth(condition, known)} else {no})", kind if kind == other else "v"


def _if_error(w: ShapeWriter, operands: Operands, known: Known) -> Code:
    (tried, kind), (otherwise, other) = w.value(operands[0], known), w.value(operands[1], known)
    name = w.helper((
        "try:", f" v={tried}", "except ERRORS:", f" return {otherwise}",
        f"return {otherwise} if v.__class__ is Fault else v",
    ))  # fmt: skip
    return f"{name}({w.arguments})", kind if kind == other else "v"


def _is(w: ShapeWriter, operands: Operands, known: Known, kind: type) -> Code:
    code, sure = w.value(operands[0], known)
    if isinstance(operands[0], CellArgument | Element):
        if sure != "v":
            return repr(sure == _CONSTANTS[kind]), "b"
        return f"({code}.__class__ is {kind.__name__})", "b"
    name = w.helper((f"return {code}",))
    return f"is_kind({name},({w.arguments},),{kind.__name__})", "b"


def _count(w: ShapeWriter, operands: Operands, known: Known) -> Code:
    parts = []
    for node in operands:
        if isinstance(node, RangeArgument):
            parts.append(f"count_cells({w.cells(node)})")
        elif isinstance(node, CellArgument):
            code, kind = w.write(node, known)
            parts.append("1" if kind == "f" else f"({code}.__class__ is float)")
        else:  # an error that is computed does not count, and does not spread
            name = w.helper(("try:", f" return counts({w.value(node, known)[0]})", "except ERRORS:", " return 0"))
            parts.append(f"{name}({w.arguments})")
    return f"float({'+'.join(parts)})", "f"


def _count_filled(w: ShapeWriter, operands: Operands, known: Known) -> Code:
    parts = []
    for node in operands:
        if isinstance(node, RangeArgument):
            parts.append(f"filled_cells({w.cells(node)})")
        elif isinstance(node, CellArgument):
            parts.append(f"({w.write(node, known)[0]} is not None)")
        else:
            parts.append("1")
    return f"float({'+'.join(parts)})", "f"


def _numbers(w: ShapeWriter, operands: Operands, known: Known) -> tuple[str, bool]:
    """Arguments of SUM and its like as a list, and whether all of it is sure to be numbers."""
    parts, sure = [], True
    for node in operands:
        if isinstance(node, RangeArgument):
            parts.append(f"*numbers({w.cells(node)})")
            sure = False
            continue
        code, kind = w.write(node, known)
        if isinstance(node, CellArgument) and kind != "f":
            parts.append(f"*numbers(({code},))")
            sure = False
        else:
            parts.append(f"finite({code})" if kind == "a" else w.as_number(code, kind))
    return ",".join(parts), sure


def _sum(w: ShapeWriter, operands: Operands, known: Known) -> Code:
    return f"add_up(({_numbers(w, operands, known)[0]},))", "a"


def _extreme(w: ShapeWriter, operands: Operands, known: Known, function: str) -> Code:
    parts, sure = _numbers(w, operands, known)
    if sure and len(operands) > 1:
        return f"{function}({parts})", "f"
    return f"{function}(({parts},),default=0.0)", "f"


def _average(w: ShapeWriter, operands: Operands, known: Known) -> Code:
    return f"average(({_numbers(w, operands, known)[0]},))", "a"


def _any_all(w: ShapeWriter, operands: Operands, known: Known, *, any_of: bool) -> Code:
    written = [(node, ("", "v") if isinstance(node, RangeArgument) else w.value(node, known)) for node in operands]
    if all(kind == "b" for _, (_, kind) in written):
        return "(" + ("|" if any_of else "&").join(code for _, (code, _) in written) + ")", "b"
    values, typed = [], []
    for node, (code, _) in written:
        if isinstance(node, RangeArgument):
            values.append(f"*{w.cells(node)}")
            typed.append(f"*(False,)*{node.rows * node.columns}")
        else:
            values.append(code)
            typed.append(repr(not isinstance(node, CellArgument | Element)))
    return f"any_or_all(({','.join(values)},),({','.join(typed)},),any_of={any_of})", "b"


def _choose(w: ShapeWriter, operands: Operands, known: Known) -> Code:
    options = [w.value(node, known) for node in operands[1:]]
    lines = [f"k=choice({w.number(operands[0], known)},{len(options)})"]
    lines += [f"if k=={number}: return {code}" for number, (code, _) in enumerate(options, 1)]
    kinds = {kind for _, kind in options}
    return f"{w.helper(lines)}({w.arguments})", kinds.pop() if len(kinds) == 1 else "v"


def _match(w: ShapeWriter, operands: Operands, known: Known) -> Code:
    if len(operands) < 3 or operands[2] not in (Literal(0.0), Literal(False)):
        raise NotCompiled("MATCH is compiled for exact matches alone: MATCH(…,…,0)")
    return f"match({w.value(operands[0], known)[0]},{w.cells(operands[1])})", "f"


def _index(w: ShapeWriter, operands: Operands, known: Known) -> Code:
    area = operands[0]
    if not isinstance(area, RangeArgument):
        raise NotCompiled("INDEX of something that is no range")
    places = ",".join(w.number(node, known) for node in operands[1:])
    return f"index({w.cells(area)},{area.rows},{area.columns},{places})", "v"


def _text_of(w: ShapeWriter, operands: Operands, known: Known) -> Code:
    code = operands[1]
    if not (isinstance(code, Literal) and isinstance(code.value, str) and functions.format_shape(code.value)):
        raise NotCompiled(f"TEXT with the format {code!r}")
    return f"as_text({w.value(operands[0], known)[0]},{code.value!r})", "s"


def _count_if(w: ShapeWriter, operands: Operands, known: Known) -> Code:
    return f"count_if({_pairs(w, operands, known)})", "f"


def _sum_if(w: ShapeWriter, operands: Operands, known: Known) -> Code:
    summed = operands[2] if len(operands) == 3 else operands[0]
    return f"sum_if({_pairs(w, (operands[0], operands[1]), known, summed)})", "a"


def _sum_ifs(w: ShapeWriter, operands: Operands, known: Known) -> Code:
    return f"sum_if({_pairs(w, operands[1:], known, operands[0])})", "a"


def _pairs(w: ShapeWriter, operands: Sequence[Node], known: Known, *before: Node) -> str:
    """Ranges with their criteria; all ranges have one size."""
    ranges = [*before, *operands[::2]]
    sizes = {(node.rows, node.columns) if isinstance(node, RangeArgument) else (1, 1) for node in ranges}
    if len(operands) % 2 or len(sizes) != 1:
        raise NotCompiled("ranges and criteria do not fit together")
    parts = [w.cells(node) for node in before]
    for area, wanted in zip(operands[::2], operands[1::2], strict=True):
        parts += [w.cells(area), w.value(wanted, known)[0]]
    return ",".join(parts)


def _sum_product(w: ShapeWriter, operands: Operands, known: Known) -> Code:
    columns = [_by_element(w, node, known) for node in operands]
    if len({size for _, size in columns}) != 1:
        raise NotCompiled("SUMPRODUCT of ranges of different size")
    return f"sum_of_products(zip({','.join(code for code, _ in columns)}))", "a"


def _by_element(w: ShapeWriter, node: Node, known: Known) -> tuple[str, tuple[int, int]]:
    """An expression over ranges, computed cell by cell, as a list."""
    ranges: list[RangeArgument] = []
    lifted = _lift(node, ranges)
    sizes = {(area.rows, area.columns) for area in ranges}
    if len(sizes) != 1:
        raise NotCompiled("SUMPRODUCT needs ranges of one size")
    variables = ",".join(f"e{number}" for number in range(len(ranges)))
    lists = ",".join(w.cells(area) for area in ranges)
    code = w.value(lifted, known)[0]
    return f"[{code} for {variables}, in zip({lists})]", sizes.pop()


def _lift(node: Node, ranges: list[RangeArgument]) -> Node:
    match node:
        case RangeArgument():
            ranges.append(node)
            return Element(len(ranges) - 1)
        case Binary(operator, left, right):
            return Binary(operator, _lift(left, ranges), _lift(right, ranges))
        case Unary(operator, operand):
            return Unary(operator, _lift(operand, ranges))
        case Call():
            raise NotCompiled("a function over ranges inside SUMPRODUCT")
    return node


def _learned(condition: Node, *, holds: bool) -> dict[int, str]:
    """What a condition that held (or did not) tells about cells."""
    match condition:
        case Call("ISNUMBER", (CellArgument(position, "v"),)) if holds:
            return {position: "f"}
        case Call("ISTEXT", (CellArgument(position, "v"),)) if holds:
            return {position: "s"}
        case Call("AND" | "OR" as function, operands) if (function == "AND") == holds:
            return {position: kind for node in operands for position, kind in _learned(node, holds=holds).items()}
        case Binary("=", Call("COUNT", operands), Literal(float(count))) if holds and count == len(operands):
            cells = [node for node in operands if isinstance(node, CellArgument) and node.kind == "v"]
            return {node.position: "f" for node in cells} if len(cells) == len(operands) else {}
        case Binary("=", CellArgument(position, "v"), Literal(str(word))) if holds and word:
            return {position: "s"}
    return {}


_ANY_NUMBER: Final = 255


def _plain(function: str, kinds: str, gives: str) -> _Writer:
    """A function whose arguments are taken as numbers (f), texts (s) or any value (v), in this order."""

    def write(w: ShapeWriter, operands: Operands, known: Known) -> Code:
        take: dict[str, Callable[[Node, Known], str]] = {
            "f": w.number, "s": w.text, "v": lambda node, facts: w.value(node, facts)[0],
        }  # fmt: skip
        parts = ",".join(take[kind](node, known) for kind, node in zip(kinds, operands, strict=False))
        return f"{function}({parts})", gives

    return write


def _with(function: str, kinds: str, gives: str, extra: str) -> _Writer:
    plain = _plain(function, kinds, gives)

    def write(w: ShapeWriter, operands: Operands, known: Known) -> Code:
        code, kind = plain(w, operands, known)
        return f"{code[:-1]},{extra})", kind

    return write


def _nth(largest: bool) -> _Writer:
    def write(w: ShapeWriter, operands: Operands, known: Known) -> Code:
        return f"nth({w.cells(operands[0])},{w.number(operands[1], known)},largest={largest})", "f"

    return write


FUNCTIONS: Final[dict[str, tuple[int, int, _Writer]]] = {
    "ABS": (1, 1, _plain("abs", "f", "f")),
    "AND": (1, _ANY_NUMBER, lambda w, operands, known: _any_all(w, operands, known, any_of=False)),
    "AVERAGE": (1, _ANY_NUMBER, _average),
    "CHOOSE": (2, _ANY_NUMBER, _choose),
    "COUNT": (1, _ANY_NUMBER, _count),
    "COUNTA": (1, _ANY_NUMBER, _count_filled),
    "COUNTIF": (2, 2, _count_if),
    "COUNTIFS": (2, _ANY_NUMBER, _count_if),
    "DATE": (3, 3, _plain("day_number", "fff", "f")),
    "DAY": (1, 1, _with("part_of_date", "f", "f", "'day'")),
    "FALSE": (0, 0, lambda w, operands, known: ("False", "b")),
    "IF": (2, 3, _if),
    "IFERROR": (2, 2, _if_error),
    "INDEX": (2, 3, _index),
    "INT": (1, 1, _plain("whole", "f", "f")),
    "ISNUMBER": (1, 1, lambda w, operands, known: _is(w, operands, known, float)),
    "ISTEXT": (1, 1, lambda w, operands, known: _is(w, operands, known, str)),
    "LARGE": (2, 2, _nth(largest=True)),
    "LEFT": (1, 2, _plain("left", "sf", "s")),
    "LEN": (1, 1, lambda w, operands, known: (f"float(len({w.text(operands[0], known)}))", "f")),
    "MATCH": (2, 3, _match),
    "MAX": (1, _ANY_NUMBER, lambda w, operands, known: _extreme(w, operands, known, "max")),
    "MID": (3, 3, _plain("middle", "sff", "s")),
    "MIN": (1, _ANY_NUMBER, lambda w, operands, known: _extreme(w, operands, known, "min")),
    "MOD": (2, 2, _plain("modulo", "ff", "a")),
    "MONTH": (1, 1, _with("part_of_date", "f", "f", "'month'")),
    "N": (1, 1, _plain("number_cell", "v", "f")),
    "NOT": (1, 1, lambda w, operands, known: (f"(not {w.truth(operands[0], known)})", "b")),
    "OR": (1, _ANY_NUMBER, lambda w, operands, known: _any_all(w, operands, known, any_of=True)),
    "REPT": (2, 2, _plain("repeated", "sf", "s")),
    "RIGHT": (1, 2, _plain("right", "sf", "s")),
    "ROUND": (2, 2, _plain("rounded", "ff", "f")),
    "ROUNDDOWN": (2, 2, _with("rounded_away", "ff", "f", "up=False")),
    "ROUNDUP": (2, 2, _with("rounded_away", "ff", "f", "up=True")),
    "SIGN": (1, 1, _plain("sign", "f", "f")),
    "SMALL": (2, 2, _nth(largest=False)),
    "SUBSTITUTE": (3, 4, _plain("substituted", "sssf", "s")),
    "SUM": (1, _ANY_NUMBER, _sum),
    "SUMIF": (2, 3, _sum_if),
    "SUMIFS": (3, _ANY_NUMBER, _sum_ifs),
    "SUMPRODUCT": (1, 30, _sum_product),
    "TEXT": (2, 2, _text_of),
    "TRIM": (1, 1, _plain("trimmed", "s", "s")),
    "TRUE": (0, 0, lambda w, operands, known: ("True", "b")),
    "VALUE": (1, 1, _plain("value_of", "v", "f")),
    "YEAR": (1, 1, _with("part_of_date", "f", "f", "'year'")),
}


def compiled_functions() -> frozenset[str]:
    """The functions that are compiled; a test holds them to `templates/functions.txt`."""
    return frozenset(FUNCTIONS)
