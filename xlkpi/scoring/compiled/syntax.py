"""An Excel formula as a tree. What these few lines do not know is refused, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final


class NotCompiled(ValueError):
    """A formula holds something that is not compiled; the text says what."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, text or truth value written into the formula; None is an argument left out."""

    value: float | str | bool | None


@dataclass(frozen=True, slots=True)
class ErrorLiteral:
    """An error written into the formula."""

    code: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A cell, a range or a defined name, as it is written; `sheet` is "" where none is."""

    text: str
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class CellArgument:
    """A cell, by its place among the shape's arguments. `kind` is `f`, `s` or `b` for a constant of the master, `v` for
    what differs by dealer, `n` for a cell that is always blank."""

    position: int
    kind: str = "v"


@dataclass(frozen=True, slots=True)
class RangeArgument:
    """A range, likewise: the argument is a slice of the cells, or a tuple of their numbers where `apart`."""

    position: int
    rows: int
    columns: int
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Element:
    """A range's cell inside SUMPRODUCT, where it is computed cell by cell."""

    number: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between two operands."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Unary:
    """A sign before, or `%` behind."""

    operator: str
    operand: Node


Node = Literal | ErrorLiteral | Reference | CellArgument | RangeArgument | Element | Call | Binary | Unary

_TOKENS: Final = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"]|"")*")
    | (?P<error>\#(?:DIV/0!|N/A|VALUE!|REF!|NAME\?|NUM!|NULL!))
    | (?P<sheet>(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!)
    | (?P<cells>\$?[A-Za-z]{1,3}\$?[0-9]+(?::\$?[A-Za-z]{1,3}\$?[0-9]+)?(?![\w.(]))
    | (?P<name>[^\W\d][\w.]*)
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<sign><=|>=|<>|[-+*/^&=<>%(),])
    )""",
    re.VERBOSE,
)
_WORDS: Final = re.compile(
    r"""("(?:[^"]|"")*"|\#[A-Z0-9/]+[!?]?|[0-9][0-9.]*(?:[eE][+-]?[0-9]+)?"""
    r"""|(?:'(?:[^']|'')+'!)?\$?[^\W\d][\w.]*(?:[!:$]+[\w.$]*)*\(?)"""
)
_BINDS: Final = {
    "=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 5,
}  # fmt: skip
_END: Final = ("end", "")
_DEEPEST: Final = 200  # Excel nests 64 functions; brackets come between

Token = tuple[str, str]


def split(formula: str) -> tuple[tuple[str, ...], list[str]]:
    """A formula's words with nothing where a reference stands, and the references in their order.

    Formulas with the same words have the same tree but for their references.
    """
    words = _WORDS.split(formula)
    references = []
    for at in range(1, len(words), 2):
        word = words[at]
        if word[0] not in '"#0123456789' and word[-1] != "(" and word.upper() not in ("TRUE", "FALSE"):
            references.append(word)
            words[at] = ""
    return tuple(words), references


def parse(formula: str, named: Callable[[Reference], Node] = lambda reference: reference) -> Node:
    """The tree of a formula (without the equals sign); `named` says what stands in it for a reference.

    Raises:
        NotCompiled: it holds something else than literals, references, names, calls and operators.
    """
    reader = _Reader(formula, [*_tokens(formula), _END], named)
    node = reader.expression(0)
    if reader.next is not _END:
        raise NotCompiled(f"{formula!r}: {reader.next[1]!r} is not understood")
    return node


def _tokens(formula: str) -> Iterator[Token]:
    at = 0
    for match in _TOKENS.finditer(formula):
        kind = match.lastgroup
        if match.start() != at or kind is None:
            break
        at = match.end()
        yield kind, match[kind]
    if formula[at:].strip():
        raise NotCompiled(f"{formula!r}: {formula[at : at + 10]!r} is not understood")


class _Reader:
    def __init__(self, formula: str, tokens: list[Token], named: Callable[[Reference], Node]):
        self.formula, self.tokens, self.named, self.at, self.depth = formula, tokens, named, 0, 0
        self.next = tokens[0]

    def step(self) -> None:
        self.at += 1
        self.next = self.tokens[self.at]

    def take(self, *signs: str) -> str | None:
        """The next token where it is one of these signs."""
        kind, text = self.next
        if kind != "sign" or text not in signs:
            return None
        self.step()
        return text

    def expression(self, weakest: int) -> Node:
        """An operand, and the operators behind it that bind stronger than this; all of them bind to the left."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise NotCompiled("it is nested too deeply")
        node = self.signed()
        while (binds := _BINDS.get(self.next[1], 0) if self.next[0] == "sign" else 0) > weakest:
            operator = self.next[1]
            self.step()
            node = Binary(operator, node, self.expression(binds))
        self.depth -= 1
        return node

    def signed(self) -> Node:
        """A sign binds stronger than `^`: −2^2 is 4, as in Excel."""
        operator = self.take("-", "+")
        if operator is None:
            return self.percent()
        operand = self.signed()
        if isinstance(operand, Literal) and isinstance(operand.value, float):
            return Literal(-operand.value if operator == "-" else operand.value)
        return Unary(operator, operand)

    def percent(self) -> Node:
        node = self.operand()
        while self.take("%"):
            if isinstance(node, Literal) and isinstance(node.value, float):
                node = Literal(node.value / 100)
            else:
                node = Unary("%", node)
        return node

    def operand(self) -> Node:
        kind, text = self.next
        if self.next is _END:
            raise NotCompiled(f"{self.formula!r} ends too early")
        self.step()
        match kind:
            case "sign" if text == "(":
                node = self.expression(0)
                self.close()
                return node
            case "number":
                return Literal(float(text))
            case "text":
                return Literal(text[1:-1].replace('""', '"'))
            case "error":
                return ErrorLiteral(text)
            case "cells":
                return self.named(Reference(text.replace("$", "").upper()))
            case "sheet":
                return self.on_sheet(text[:-1])
            case "name":
                if self.take("("):
                    return Call(text.upper(), self.arguments())
                if text.upper() in ("TRUE", "FALSE"):
                    return Literal(text.upper() == "TRUE")
                return self.named(Reference(text))
        raise NotCompiled(f"{self.formula!r}: {text!r} is not understood here")

    def on_sheet(self, sheet: str) -> Node:
        token = self.next
        if token[0] != "cells":
            raise NotCompiled(f"{self.formula!r}: no cell after the sheet's name")
        self.step()
        title = sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet
        return self.named(Reference(token[1].replace("$", "").upper(), title))

    def arguments(self) -> tuple[Node, ...]:
        if self.take(")"):
            return ()
        listed: list[Node] = []
        while True:
            empty = self.next in (("sign", ","), ("sign", ")"))
            listed.append(Literal(None) if empty else self.expression(0))
            if not self.take(","):
                self.close()
                return tuple(listed)

    def close(self) -> None:
        if not self.take(")"):
            raise NotCompiled(f"{self.formula!r}: a bracket is not closed")
