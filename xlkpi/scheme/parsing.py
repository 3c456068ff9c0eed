"""Looking into a formula's text: the names and functions it refers to, and what a requirement judges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

from xlkpi.resources import templates

COMPARISONS: Final = (">=", "<=", "<>", ">", "<", "=")  # longest first: it is also the order of parsing


@cache
def allowed_functions() -> frozenset[str]:
    """Functions that Excel, WPS, LibreOffice and the engines share (`templates/functions.txt`)."""
    lines = (templates() / "functions.txt").read_text("utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a formula refers to: defined names and functions, in order of first use.

    `exact` is False where a MATCH does not say that it wants an exact match (its third argument 0): Excel and the
    engines search unsorted figures in different ways. `most_arguments` has the most arguments of a call, by function.
    """

    names: tuple[str, ...]
    functions: tuple[str, ...]
    text: str = ""
    exact: bool = True
    most_arguments: tuple[int, ...] = ()

    def crowded(self, most: int) -> list[tuple[str, int]]:
        """Functions that are called with more arguments than this somewhere, and with how many."""
        return [(name, count) for name, count in zip(self.functions, self.most_arguments, strict=False) if count > most]


def syntax(formula: str) -> dict[str, Any]:
    """The syntax tree of Excel text (without the equals sign). Raises ValueError with the parser's reason."""
    import formualizer  # noqa: PLC0415 - a compiled library; only lint and compile need it

    try:
        tree: dict[str, Any] = formualizer.parse("=" + formula).to_dict()
    except Exception as error:  # the parser's own exception types are not part of its public interface
        raise ValueError(str(error)) from None
    return tree


@lru_cache(4096)  # schemes share most of their formulas, and one stands in a scheme several times
def parse(formula: str) -> Parsed:
    """Parse Excel text (without the equals sign). Raises ValueError with the parser's reason."""
    tree = syntax(formula)
    names: dict[str, None] = {}
    functions: dict[str, int] = {}
    exact = True
    for node in _walk(tree):
        if node.get("node_type") == "Reference":
            names.setdefault(str(node["reference"]))
        elif node.get("node_type") == "Function":
            function = str(node["name"]).upper()
            functions[function] = max(functions.get(function, 0), len(node["args"]))
            if function == "MATCH":
                exact = exact and len(node["args"]) == 3 and node["args"][2].get("value") == 0
    return Parsed(tuple(names), tuple(functions), formula, exact, tuple(functions.values()))


_ARITHMETIC = re.compile(r"[\d\s.+\-*/()%^]{1,200}")


def arithmetic(formula: str) -> float | None:
    """What a formula of numbers alone comes to (`100+20`); None where it names anything, or has no result."""
    if not _ARITHMETIC.fullmatch(formula):
        return None
    import formualizer  # noqa: PLC0415 - see parse()

    settings = formualizer.EvaluationConfig()
    settings.enable_parallel = False
    book = formualizer.Workbook(config=formualizer.WorkbookConfig(eval_config=settings))
    book.add_sheet("S")
    try:
        book.set_formula("S", 1, 1, "=" + formula)
        result = book.evaluate_cell("S", 1, 1)
    except Exception:  # no formula after all; its exception types are not part of its public interface
        return None
    return float(result) if isinstance(result, int | float) else None


def _walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from _walk(value)


def judged(condition: str) -> tuple[str, str | None, str | None]:
    """Split a requirement into what is judged, the comparison and the limit: `返修率<0.2%`; or a name alone.

    Raises:
        ValueError: the text is not of that closed form.
    """
    for operator in COMPARISONS:
        left, sign, right = condition.partition(operator)
        if sign:
            if not left.strip() or not right.strip():
                break
            return left.strip(), operator, right.strip()
    if re.fullmatch(r"[\w.]+", condition.strip()):
        return condition.strip(), None, None
    raise ValueError(f"{condition!r} is not a requirement: write NAME, or NAME>=LIMIT with >=, >, <, <=, = or <>")
