"""One Python function for each shape of formula: two formulas that differ only in their cells share it.

The source holds numbers and texts of the formula through `repr`, cells as arguments, and names of `excel` and
`functions` alone; a name of the scheme or a text of a dealer never becomes source.

A generated expression has a kind: `f` a finite number, `a` a number of arithmetic that may have run over, `s` a text,
`b` a truth value, `v` anything a cell can hold. What is known of a kind saves looking at run time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from xlkpi.scoring.compiled import excel, functions
from xlkpi.scoring.compiled.syntax import (
    Binary,
    Call,
    CellArgument,
    Element,
    ErrorLiteral,
    Literal,
    Node,
    NotCompiled,
    RangeArgument,
    Unary,
)

Code = tuple[str, str]
Operands = tuple[Node, ...]
Known = Mapping[int, str]
"""What is known of arguments at this place: `f`, `s`, or `x` (not blank)."""

_COMPARE: Final = {
    "=": ("==", "equal"), "<>": ("!=", "unequal"), "<": ("<", "less"), "<=": ("<=", "at_most"),
    ">": (">", "greater"), ">=": (">=", "at_least"),
}  # fmt: skip
_CONSTANTS: Final[dict[type, str]] = {float: "f", str: "s", bool: "b"}

NAMESPACE: Final[dict[str, Any]] = {
    **{
        name: member
        for module in (excel, functions)
        for name, member in vars(module).items()
        if name.islower() and not name.startswith("_") and getattr(member, "__module__", "") == module.__name__
    },
    "as_text": functions.formatted, "ExcelError": excel.ExcelError, "Fault": excel.Fault, "BLANKS": (None, ""),
    "ERRORS": (excel.ExcelError, ZeroDivisionError, OverflowError),
    "__builtins__": {
        "abs": abs, "float": float, "len": len, "max": max, "min": min, "str": str, "sum": sum, "zip": zip,
        "bool": bool,
    },
}  # fmt: skip
"""Everything that generated source can name."""


def arguments(count: int) -> str:
    """The arguments of a shape's function: all cells, then the shape's own."""
    return ",".join(("c", *(f"a{number}" for number in range(count))))


@dataclass(slots=True)
class ShapeWriter:
    """Writes the function of one shape, with the helpers that it calls."""

    name: str
    count: int
    helpers: list[str] = field(default_factory=list)

    def source(self, shape: Node) -> str:
        """The function and its helpers as Python source.

        Raises:
            NotCompiled: the shape holds a function or an argument that is not known.
        """
        code, kind = self.write(shape, {})
        result = {"a": f"finite({code})", "v": f"filled({code})"}.get(kind, code)
        function = f"def {self.name}({arguments(self.count)}):\n return {result}\n"
        return "".join((*self.helpers, function))

    # ------------------------------------------------------------ expressions

    def write(self, node: Node, known: Known) -> Code:
        """An expression and its kind."""
        match node:
            case Literal(value):
                if isinstance(value, float) and not math.isfinite(value):
                    raise NotCompiled("a number is too large")
                return repr(value), _CONSTANTS.get(type(value), "v")
            case ErrorLiteral(code):
                return f"raised({code!r})", "v"
            case CellArgument(position, kind):
                if kind == "n":
                    return "None", "v"
                sure = known.get(position, kind)
                return f"c[a{position}]", "v" if sure == "x" else sure
            case Element(number):
                return f"e{number}", "v"
            case RangeArgument():
                raise NotCompiled("a range stands where one value is wanted")
            case Unary(operator, operand):
                return self._unary(operator, operand, known)
            case Binary():
                return self._binary(node, known)
            case Call():
                return self._call(node, known)
        raise NotCompiled(f"{node!r} is not known")

    def number(self, node: Node, known: Known) -> str:
        """An expression as a finite number."""
        code, kind = self.write(node, known)
        return {"f": code, "a": f"finite({code})", "b": f"(1.0 if {code} else 0.0)"}.get(kind, f"number({code})")

    def operand(self, node: Node, known: Known) -> str:
        """An expression as a number of arithmetic; whether it ran over is looked at once, around the whole."""
        code, kind = self.write(node, known)
        return code if kind == "a" else self._as_number(code, kind)

    @staticmethod
    def _as_number(code: str, kind: str) -> str:
        return {"f": code, "b": f"(1.0 if {code} else 0.0)"}.get(kind, f"number({code})")

    def text(self, node: Node, known: Known) -> str:
        """An expression as text."""
        code, kind = self.write(node, known)
        return {"s": code, "f": f"general({code})", "a": f"general(finite({code}))"}.get(kind, f"text({code})")

    def truth(self, node: Node, known: Known) -> str:
        """An expression as a condition."""
        code, kind = self.write(node, known)
        return {"b": code, "f": f"({code}!=0.0)", "a": f"(finite({code})!=0.0)"}.get(kind, f"truth({code})")

    def value(self, node: Node, known: Known) -> Code:
        """An expression of any kind, with arithmetic looked at."""
        code, kind = self.write(node, known)
        return (f"finite({code})", "f") if kind == "a" else (code, kind)

    def cells(self, node: Node) -> str:
        """A range as a list of cells."""
        if isinstance(node, RangeArgument):
            return f"[c[i] for i in a{node.position}]" if node.apart else f"c[a{node.position}]"
        if isinstance(node, CellArgument):
            return f"[{self.write(node, {})[0]}]"
        raise NotCompiled("a range is wanted")

    def _unary(self, operator: str, operand: Node, known: Known) -> Code:
        if operator == "+":
            return self.write(operand, known)
        if operator == "-":
            return f"(-{self.operand(operand, known)})", "a"
        return f"({self.operand(operand, known)}/100.0)", "a"

    def _binary(self, node: Binary, known: Known) -> Code:
        operator, left, right = node.operator, node.left, node.right
        match operator:
            case "&":
                return f"({self.text(left, known)}+{self.text(right, known)})", "s"
            case "+" | "-" | "*":
                return f"({self.operand(left, known)}{operator}{self.operand(right, known)})", "a"
            case "/":  # what ran over would make 0 of a quotient
                return f"({self.operand(left, known)}/{self.number(right, known)})", "a"
            case "^":
                return f"power({self.number(left, known)},{self.number(right, known)})", "a"
        return self._comparison(operator, left, right, known)

    def _comparison(self, operator: str, left: Node, right: Node, known: Known) -> Code:
        (left_code, kind), (right_code, right_kind) = self.value(left, known), self.value(right, known)
        sign, function = _COMPARE[operator]
        if kind == right_kind == "f":
            return f"({left_code}{sign}{right_code})", "b"
        if operator in ("=", "<>"):
            for code, code_kind, literal in ((left_code, kind, right), (right_code, right_kind, left)):
                if code_kind in ("v", "s") and isinstance(literal, Literal) and isinstance(literal.value, str):
                    word = literal.value
                    if not word:
                        return f"({code} {'in' if operator == '=' else 'not in'} BLANKS)", "b"
                    if word.lower() == word.upper():  # Chinese has no case
                        return f"({code}{sign}{word!r})", "b"
        return f"{function}({left_code},{right_code})", "b"

    def _helper(self, body: Sequence[str]) -> str:
        """A function of its own, for what needs statements; the call of it."""
        name = f"{self.name}_{len(self.helpers)}"
        lines = "".join(f" {line}\n" for line in body)
        self.helpers.append(f"def {name}({arguments(self.count)}):\n{lines}")
        return name

    # ------------------------------------------------------------ functions

    def _call(self, node: Call, known: Known) -> Code:
        entry = _FUNCTIONS.get(node.function)
        if entry is None:
            raise NotCompiled(f"{node.function} is not compiled")
        least, most, write = entry
        if not least <= len(node.arguments) <= most:
            raise NotCompiled(f"{node.function} takes {least} to {most} arguments, not {len(node.arguments)}")
        return write(self, node.arguments, known)

    def _if(self, operands: Operands, known: Known) -> Code:
        condition = operands[0]
        yes, kind = self.value(operands[1], {**known, **_learned(condition, holds=True)})
        if len(operands) == 2:
            return f"({yes} if {self.truth(condition, known)} else False)", kind if kind == "b" else "v"
        no, other = self.value(operands[2], {**known, **_learned(condition, holds=False)})
        return f"({yes} if {self.truth(condition, known)} else {no})", kind if kind == other else "v"

    def _if_error(self, operands: Operands, known: Known) -> Code:
        (tried, kind), (otherwise, other) = self.value(operands[0], known), self.value(operands[1], known)
        name = self._helper((
            "try:", f" v={tried}", "except ERRORS:", f" return {otherwise}",
            f"return {otherwise} if v.__class__ is Fault else v",
        ))  # fmt: skip
        return f"{name}({arguments(self.count)})", kind if kind == other else "v"

    def _is(self, operands: Operands, known: Known, kind: type) -> Code:
        code, sure = self.value(operands[0], known)
        if isinstance(operands[0], CellArgument | Element):
            if sure != "v":
                return repr(sure == _CONSTANTS[kind]), "b"
            return f"({code}.__class__ is {kind.__name__})", "b"
        name = self._helper((f"return {code}",))
        return f"is_kind({name},({arguments(self.count)},),{kind.__name__})", "b"

    def _count(self, operands: Operands, known: Known) -> Code:
        parts = []
        for node in operands:
            if isinstance(node, RangeArgument):
                parts.append(f"count_cells({self.cells(node)})")
            elif isinstance(node, CellArgument):
                code, kind = self.write(node, known)
                parts.append("1" if kind == "f" else f"({code}.__class__ is float)")
            else:  # an error that is computed does not count, and does not spread
                name = self._helper(
                    ("try:", f" return counts({self.value(node, known)[0]})", "except ERRORS:", " return 0")
                )
                parts.append(f"{name}({arguments(self.count)})")
        return f"float({'+'.join(parts)})", "f"

    def _count_filled(self, operands: Operands, known: Known) -> Code:
        parts = []
        for node in operands:
            if isinstance(node, RangeArgument):
                parts.append(f"filled_cells({self.cells(node)})")
            elif isinstance(node, CellArgument):
                parts.append(f"({self.write(node, known)[0]} is not None)")
            else:
                parts.append("1")
        return f"float({'+'.join(parts)})", "f"

    def _numbers(self, operands: Operands, known: Known) -> tuple[str, bool]:
        """Arguments of SUM and its like as a list, and whether all of it is sure to be numbers."""
        parts, sure = [], True
        for node in operands:
            if isinstance(node, RangeArgument):
                parts.append(f"*numbers({self.cells(node)})")
                sure = False
                continue
            code, kind = self.write(node, known)
            if isinstance(node, CellArgument) and kind != "f":
                parts.append(f"*numbers(({code},))")
                sure = False
            else:
                parts.append(f"finite({code})" if kind == "a" else self._as_number(code, kind))
        return ",".join(parts), sure

    def _sum(self, operands: Operands, known: Known) -> Code:
        return f"sum(({self._numbers(operands, known)[0]},),0.0)", "a"

    def _extreme(self, operands: Operands, known: Known, function: str) -> Code:
        parts, sure = self._numbers(operands, known)
        if sure and len(operands) > 1:
            return f"{function}({parts})", "f"
        return f"{function}(({parts},),default=0.0)", "f"

    def _average(self, operands: Operands, known: Known) -> Code:
        return f"average(({self._numbers(operands, known)[0]},))", "a"

    def _any_all(self, operands: Operands, known: Known, *, any_of: bool) -> Code:
        written = [
            (node, ("", "v") if isinstance(node, RangeArgument) else self.value(node, known)) for node in operands
        ]
        if all(kind == "b" for _, (_, kind) in written):
            return "(" + ("|" if any_of else "&").join(code for _, (code, _) in written) + ")", "b"
        values, typed = [], []
        for node, (code, _) in written:
            if isinstance(node, RangeArgument):
                values.append(f"*{self.cells(node)}")
                typed.append(f"*(False,)*{node.rows * node.columns}")
            else:
                values.append(code)
                typed.append(repr(not isinstance(node, CellArgument | Element)))
        return f"any_or_all(({','.join(values)},),({','.join(typed)},),any_of={any_of})", "b"

    def _choose(self, operands: Operands, known: Known) -> Code:
        options = [self.value(node, known) for node in operands[1:]]
        lines = [f"k=choice({self.number(operands[0], known)},{len(options)})"]
        lines += [f"if k=={number}: return {code}" for number, (code, _) in enumerate(options, 1)]
        kinds = {kind for _, kind in options}
        return f"{self._helper(lines)}({arguments(self.count)})", kinds.pop() if len(kinds) == 1 else "v"

    def _match(self, operands: Operands, known: Known) -> Code:
        if len(operands) < 3 or operands[2] not in (Literal(0.0), Literal(False)):
            raise NotCompiled("MATCH is compiled for exact matches alone: MATCH(…,…,0)")
        return f"match({self.value(operands[0], known)[0]},{self.cells(operands[1])})", "f"

    def _index(self, operands: Operands, known: Known) -> Code:
        area = operands[0]
        if not isinstance(area, RangeArgument):
            raise NotCompiled("INDEX of something that is no range")
        places = ",".join(self.number(node, known) for node in operands[1:])
        return f"index({self.cells(area)},{area.rows},{area.columns},{places})", "v"

    def _text_of(self, operands: Operands, known: Known) -> Code:
        code = operands[1]
        if not (isinstance(code, Literal) and isinstance(code.value, str) and functions.format_shape(code.value)):
            raise NotCompiled(f"TEXT with the format {code!r}")
        return f"as_text({self.value(operands[0], known)[0]},{code.value!r})", "s"

    def _count_if(self, operands: Operands, known: Known) -> Code:
        return f"count_if({self._pairs(operands, known)})", "f"

    def _sum_if(self, operands: Operands, known: Known) -> Code:
        summed = operands[2] if len(operands) == 3 else operands[0]
        return f"sum_if({self._pairs((operands[0], operands[1]), known, summed)})", "a"

    def _sum_ifs(self, operands: Operands, known: Known) -> Code:
        return f"sum_if({self._pairs(operands[1:], known, operands[0])})", "a"

    def _pairs(self, operands: Sequence[Node], known: Known, *before: Node) -> str:
        """Ranges with their criteria; all ranges have one size."""
        ranges = [*before, *operands[::2]]
        sizes = {(node.rows, node.columns) if isinstance(node, RangeArgument) else (1, 1) for node in ranges}
        if len(operands) % 2 or len(sizes) != 1:
            raise NotCompiled("ranges and criteria do not fit together")
        parts = [self.cells(node) for node in before]
        for area, wanted in zip(operands[::2], operands[1::2], strict=True):
            parts += [self.cells(area), self.value(wanted, known)[0]]
        return ",".join(parts)

    def _sum_product(self, operands: Operands, known: Known) -> Code:
        columns = [self._by_element(node, known) for node in operands]
        if len({size for _, size in columns}) != 1:
            raise NotCompiled("SUMPRODUCT of ranges of different size")
        return f"sum_of_products(zip({','.join(code for code, _ in columns)}))", "a"

    def _by_element(self, node: Node, known: Known) -> tuple[str, tuple[int, int]]:
        """An expression over ranges, computed cell by cell, as a list."""
        ranges: list[RangeArgument] = []
        lifted = _lift(node, ranges)
        sizes = {(area.rows, area.columns) for area in ranges}
        if len(sizes) != 1:
            raise NotCompiled("SUMPRODUCT needs ranges of one size")
        variables = ",".join(f"e{number}" for number in range(len(ranges)))
        lists = ",".join(self.cells(area) for area in ranges)
        code = self.value(lifted, known)[0]
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


_Writer = Callable[[ShapeWriter, Operands, Known], Code]
_ANY_NUMBER: Final = 255


def _plain(function: str, kinds: str, gives: str) -> _Writer:
    """A function whose arguments are taken as numbers (f), texts (s) or any value (v), in this order."""

    def write(writer: ShapeWriter, operands: Operands, known: Known) -> Code:
        take: dict[str, Callable[[Node, Known], str]] = {
            "f": writer.number, "s": writer.text, "v": lambda node, facts: writer.value(node, facts)[0],
        }  # fmt: skip
        parts = ",".join(take[kind](node, known) for kind, node in zip(kinds, operands, strict=False))
        return f"{function}({parts})", gives

    return write


def _with(function: str, kinds: str, gives: str, extra: str) -> _Writer:
    plain = _plain(function, kinds, gives)

    def write(writer: ShapeWriter, operands: Operands, known: Known) -> Code:
        code, kind = plain(writer, operands, known)
        return f"{code[:-1]},{extra})", kind

    return write


def _nth(largest: bool) -> _Writer:
    def write(writer: ShapeWriter, operands: Operands, known: Known) -> Code:
        return f"nth({writer.cells(operands[0])},{writer.number(operands[1], known)},largest={largest})", "f"

    return write


_FUNCTIONS: Final[dict[str, tuple[int, int, _Writer]]] = {
    "ABS": (1, 1, _plain("abs", "f", "f")),
    "AND": (1, _ANY_NUMBER, lambda w, operands, known: w._any_all(operands, known, any_of=False)),
    "AVERAGE": (1, _ANY_NUMBER, ShapeWriter._average),
    "CHOOSE": (2, _ANY_NUMBER, ShapeWriter._choose),
    "COUNT": (1, _ANY_NUMBER, ShapeWriter._count),
    "COUNTA": (1, _ANY_NUMBER, ShapeWriter._count_filled),
    "COUNTIF": (2, 2, ShapeWriter._count_if),
    "COUNTIFS": (2, _ANY_NUMBER, ShapeWriter._count_if),
    "DATE": (3, 3, _plain("day_number", "fff", "f")),
    "DAY": (1, 1, _with("part_of_date", "f", "f", "'day'")),
    "FALSE": (0, 0, lambda w, operands, known: ("False", "b")),
    "IF": (2, 3, ShapeWriter._if),
    "IFERROR": (2, 2, ShapeWriter._if_error),
    "INDEX": (2, 3, ShapeWriter._index),
    "INT": (1, 1, _plain("whole", "f", "f")),
    "ISNUMBER": (1, 1, lambda w, operands, known: w._is(operands, known, float)),
    "ISTEXT": (1, 1, lambda w, operands, known: w._is(operands, known, str)),
    "LARGE": (2, 2, _nth(largest=True)),
    "LEFT": (1, 2, _plain("left", "sf", "s")),
    "LEN": (1, 1, lambda w, operands, known: (f"float(len({w.text(operands[0], known)}))", "f")),
    "MATCH": (2, 3, ShapeWriter._match),
    "MAX": (1, _ANY_NUMBER, lambda w, operands, known: w._extreme(operands, known, "max")),
    "MID": (3, 3, _plain("middle", "sff", "s")),
    "MIN": (1, _ANY_NUMBER, lambda w, operands, known: w._extreme(operands, known, "min")),
    "MOD": (2, 2, _plain("modulo", "ff", "a")),
    "MONTH": (1, 1, _with("part_of_date", "f", "f", "'month'")),
    "N": (1, 1, _plain("number_cell", "v", "f")),
    "NOT": (1, 1, lambda w, operands, known: (f"(not {w.truth(operands[0], known)})", "b")),
    "OR": (1, _ANY_NUMBER, lambda w, operands, known: w._any_all(operands, known, any_of=True)),
    "REPT": (2, 2, _plain("repeated", "sf", "s")),
    "RIGHT": (1, 2, _plain("right", "sf", "s")),
    "ROUND": (2, 2, _plain("rounded", "ff", "f")),
    "ROUNDDOWN": (2, 2, _with("rounded_away", "ff", "f", "up=False")),
    "ROUNDUP": (2, 2, _with("rounded_away", "ff", "f", "up=True")),
    "SIGN": (1, 1, _plain("sign", "f", "f")),
    "SMALL": (2, 2, _nth(largest=False)),
    "SUBSTITUTE": (3, 4, _plain("substituted", "sssf", "s")),
    "SUM": (1, _ANY_NUMBER, ShapeWriter._sum),
    "SUMIF": (2, 3, ShapeWriter._sum_if),
    "SUMIFS": (3, _ANY_NUMBER, ShapeWriter._sum_ifs),
    "SUMPRODUCT": (1, 30, ShapeWriter._sum_product),
    "TEXT": (2, 2, ShapeWriter._text_of),
    "TRIM": (1, 1, _plain("trimmed", "s", "s")),
    "TRUE": (0, 0, lambda w, operands, known: ("True", "b")),
    "VALUE": (1, 1, _plain("value_of", "v", "f")),
    "YEAR": (1, 1, _with("part_of_date", "f", "f", "'year'")),
}


def compiled_functions() -> frozenset[str]:
    """The functions that are compiled; a test holds them to `templates/functions.txt`."""
    return frozenset(_FUNCTIONS)
