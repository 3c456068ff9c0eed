"""One Python function for each shape of formula: two formulas that differ only in their cells share it.

The source holds numbers and texts of the formula through `repr`, cells as arguments, and names of `excel` and
`functions` alone; a name of the scheme or a text of a dealer never becomes source.

A generated expression has a kind: `f` a finite number, `a` a number of arithmetic that may have run over, `s` a text,
`b` a truth value, `v` anything a cell can hold. What is known of a kind saves looking at run time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from xlkpi.scoring.compiled import criteria, excel, functions
from xlkpi.scoring.compiled.calls import FUNCTIONS
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
        for module in (criteria, excel, functions)
        for name, member in vars(module).items()
        if name.islower() and not name.startswith("_") and getattr(member, "__module__", "") == module.__name__
    },
    "as_text": functions.formatted, "ExcelError": excel.ExcelError, "Fault": excel.Fault, "BLANKS": (None, ""),
    "ERRORS": (excel.ExcelError, ZeroDivisionError, OverflowError),
    "__builtins__": {
        "abs": abs, "float": float, "len": len, "max": max, "min": min, "str": str, "zip": zip,
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
        return code if kind == "a" else self.as_number(code, kind)

    @staticmethod
    def as_number(code: str, kind: str) -> str:
        """Code of a kind as a number."""
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

    @property
    def arguments(self) -> str:
        """The arguments of the shape's function and of its helpers."""
        return arguments(self.count)

    def helper(self, body: Sequence[str]) -> str:
        """A function of its own, for what needs statements; the call of it."""
        name = f"{self.name}_{len(self.helpers)}"
        lines = "".join(f" {line}\n" for line in body)
        self.helpers.append(f"def {name}({arguments(self.count)}):\n{lines}")
        return name

    def _call(self, node: Call, known: Known) -> Code:
        entry = FUNCTIONS.get(node.function)
        if entry is None:
            raise NotCompiled(f"{node.function} is not compiled")
        least, most, write = entry
        if not least <= len(node.arguments) <= most:
            raise NotCompiled(f"{node.function} takes {least} to {most} arguments, not {len(node.arguments)}")
        return write(self, node.arguments, known)
