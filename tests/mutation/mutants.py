"""What may be altered in a module, one place at a time; everything else in its text stays as it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_OTHER = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==", ast.In: "not in",
    ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip
_ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}


@dataclass(frozen=True)
class Mutant:
    """A stretch of a module's text (in UTF-8 bytes) and what stands there instead."""

    module: str
    line: int
    start: int
    end: int
    before: str
    after: str

    def apply(self, source: str) -> str:
        data = source.encode()
        return (data[: self.start] + self.after.encode() + data[self.end :]).decode()

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.before[:80]!r} -> {self.after[:80]!r}"


def mutants_of(module: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its text."""
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    # a parsed node has its place, which the types leave open
    def at(node: ast.AST, after: str) -> Mutant:
        start = starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined] # see above
        end = starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined] # see above
        return Mutant(module, node.lineno, start, end, source.encode()[start:end].decode(), after)  # type: ignore[attr-defined] # see above

    for node in _code(ast.parse(source)):
        for other in _altered(node):
            yield at(node, other)


def _code(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but docstrings, annotations, imports and f-strings, whose places Python 3.11 misreports."""
    for name, value in ast.iter_fields(tree):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or name in ("annotation", "returns", "decorator_list"):
                continue
            if isinstance(child, ast.Import | ast.ImportFrom | ast.JoinedStr):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            yield child
            yield from _code(child)


def _altered(node: ast.AST) -> Iterator[str]:
    """What may stand in place of a node."""
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OTHER:
            yield f"({ast.unparse(left)} {_OTHER[type(op)]} {ast.unparse(right)})"
        case ast.BoolOp(values=[first, *_, last]):
            yield from (f"({ast.unparse(first)})", f"({ast.unparse(last)})")
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield f"({ast.unparse(operand)})"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            yield f"({ast.unparse(ast.BinOp(left, _ARITHMETIC[type(op)](), right))})"
        case ast.IfExp(body=body, orelse=other):
            yield from (f"({ast.unparse(body)})", f"({ast.unparse(other)})")
        case ast.ListComp() | ast.SetComp() | ast.DictComp():
            yield from _without_filter(node)
        case ast.Constant(value=bool() as value):
            yield str(not value)
        case ast.Constant(value=int() | float() as value):
            yield f"({value!r}+1)"
        case ast.Constant(value=str() as value):
            yield repr(value + "X" if value else "X")
        case ast.Call(args=[first, second], keywords=[]) if not isinstance(first, ast.Starred):
            yield ast.unparse(ast.Call(node.func, [second, first], []))
        case ast.Call(keywords=[*rest, last]) if last.arg:
            yield ast.unparse(ast.Call(node.func, node.args, list(rest)))
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield "return None"
        case ast.AugAssign() | ast.Expr() | ast.Raise():
            yield "pass"


def _without_filter(node: ast.ListComp | ast.SetComp | ast.DictComp) -> Iterator[str]:
    for number, part in enumerate(node.generators):
        if part.ifs:
            parts = [*node.generators]
            parts[number] = ast.comprehension(part.target, part.iter, [], part.is_async)
            if isinstance(node, ast.DictComp):
                yield ast.unparse(ast.DictComp(node.key, node.value, parts))
            else:
                yield ast.unparse(type(node)(node.elt, parts))
