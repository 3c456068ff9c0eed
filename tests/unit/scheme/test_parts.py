"""Name parts: one table of them, and every name built from it.

What builds or reads a derived name by hand is found in the syntax; that each part is one that workbooks have, and that
schemes and rules use no other, is read off the compiled schemes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import xlkpi
from unit.scheme.conftest import ASSESSMENT, Change
from xlkpi.scheme import parts
from xlkpi.scheme.cells import (
    BONUS,
    BONUS_BEFORE,
    BONUS_CEILING,
    GRADE,
    IDENTITY,
    PUBLISHED,
    STATUS,
    TOTAL,
    months_ago,
    of_clause,
    of_column,
    of_diagnosis,
    of_field,
    split_name,
)
from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.lint import lint_scheme
from xlkpi.scheme.load import scheme_folders
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.parsing import parse
from xlkpi.scheme.parts import Part
from xlkpi.workbook.sheets.whole import plan_workbook

PACKAGE = Path(xlkpi.__file__).parent
SCHEMES = sorted(scheme_folders())


def is_clause(name: str) -> bool:
    """Whether a name is that of a clause's outcome."""
    return re.fullmatch(r".+_第\d+条", name) is not None


def table() -> set[Part]:
    """Every part in the table; the counted ones (前3月) are made by `parts.ago`."""
    found: set[Part] = set()
    for name, value in vars(parts).items():
        if name.isupper():
            found |= {value} if isinstance(value, str) else set(value)
    return found


def is_part(part: str) -> bool:
    return part in table() or any(part == parts.ago(months) for months in range(1, 13))


def test_a_derived_name_comes_apart_as_it_was_joined() -> None:
    for part in table():
        assert split_name(of_field("配件_销售额", part)) == ("配件_销售额", part)
    assert [months_ago(p) for p in (parts.LAST_MONTH, parts.YEAR_AGO, parts.ago(7), parts.TARGET)] == [1, 12, 7, None]
    assert split_name("接车台次") == ("", "")
    assert is_clause(of_clause("计划_执行", 12))
    assert not is_clause(of_clause("计划_执行", 12, parts.TRACE))
    assert split_name(of_clause("计划执行", 1, parts.TRACE)) == ("计划执行_第1条", parts.TRACE)


# ------------------------------------------------------------------ consumers: nobody spells a part


BUILDERS = {"of_field": 1, "of_each": 1, "of_diagnosis": 1, "of_clause": 2}  # where the part stands
READERS = {"endswith", "removesuffix", "startswith", "removeprefix", "split", "rsplit", "partition", "rpartition"}
NO_CELL = {  # what joins two values by a _ and names no cell
    "issue.py": "the name of a dealer's file",
    "scoring/compiled/shapes.py": "a helper in the compiled code",
    "headquarters/forms.py": "the name of a supervisor's workbook",
    "workspace/closing.py": "the name under which an earlier score is kept",
    "workspace/handing.py": "the name of a dealer's folder",
    "workspace/pack.py": "the name of an archive",
}


def by_hand(tree: ast.AST) -> Iterator[ast.AST]:
    """What builds or reads the name of a derived cell from a literal."""
    spoken = set(map(id, prose(tree)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken:
            if re.search(r"_(\\d|[一-鿿])", node.value):
                yield node
        elif isinstance(node, ast.JoinedStr):
            yield from (mark for mark, behind in pairwise(node.values[1:]) if joins(mark, behind))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            yield from (side for side in (node.left, node.right) if getattr(side, "value", None) == "_")
        elif isinstance(node, ast.Compare) and getattr(node.left, "id", "") != "heading":  # a column's, for people
            yield from (side for side in (node.left, *node.comparators) if spelled(side))
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in READERS or called == "Part":
                yield from (argument for argument in node.args if spelled(argument))
            elif called in BUILDERS:
                part = ast.Tuple(node.args[BUILDERS[called] :])
                yield from (word for word in ast.walk(part) if isinstance(getattr(word, "value", None), str))


def prose(tree: ast.AST) -> Iterator[ast.AST]:
    """Docstrings and the descriptions of fields, which speak of names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            yield node.value
        elif isinstance(node, ast.keyword) and node.arg == "description":
            yield from ast.walk(node.value)


def joins(mark: ast.expr, behind: ast.expr) -> bool:
    """Whether nothing but a _ stands between two values of an f-string."""
    return getattr(mark, "value", None) == "_" and isinstance(behind, ast.FormattedValue)


def spelled(node: ast.expr) -> bool:
    """Whether a literal is a part, with or without the _ before it."""
    words = node.elts if isinstance(node, ast.Tuple | ast.Set | ast.List) else [node]
    literals = [word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)]
    return any(is_part(word.removeprefix("_")) for word in literals)


@pytest.mark.parametrize(
    "line",
    [
        'f"{name}_得分"', 'name + "_得分"', 'name + "_" + part', 'f"{name}_{part}"', 'of_field(name, "得分")',
        'of_clause(item, 1, "说明")', '[of_field(n, "最高" if best else "得分") for n in names]',
        'of_each(names, "得分")',
        'name.removesuffix("_完成率")', 'name.endswith("目标")', 'name.endswith(("目标", "得分"))', 'part == "下限"',
        'part in ("得分", "否决前")', 'Part("得分")', 're.compile(r"(.+)_前(\\d+)月")', 'f"{item}_第{number}条"',
        'of_diagnosis(3, "触发")',
    ],
)  # fmt: skip
def test_the_search_finds_each_way_of_spelling_a_part(line: str) -> None:
    assert list(by_hand(ast.parse(f"x = {line}")))


@pytest.mark.parametrize(
    "line",
    [
        "of_field(name, parts.SCORE)",
        'heading in ("得分", "说明")',
        'Name(name, label="目标")',
        '"""X_得分 in prose."""',
        'f"得 {points} 分"',
    ],
)
def test_the_search_lets_words_for_people_pass(line: str) -> None:
    assert not list(by_hand(ast.parse(line)))


def test_no_name_of_a_cell_is_spelled_outside_the_table() -> None:
    homes = {PACKAGE / "scheme" / "parts.py", PACKAGE / "scheme" / "cells.py"}
    visited, found = 0, []
    for path in sorted(set(PACKAGE.rglob("*.py")) - homes):
        visited += 1
        file = path.relative_to(PACKAGE).as_posix()
        for node in by_hand(ast.parse(path.read_text("utf-8"))):
            if not (file in NO_CELL and getattr(node, "value", "") == "_"):
                found.append(f"{file}:{node.lineno}: {ast.unparse(node)}")  # type: ignore[attr-defined] # an expression has a line
    assert visited > 150
    assert not found


# ------------------------------------------------------------------ every part is one that workbooks have


@cache
def linted(name_or_folder: str) -> tuple[Scheme, Compiled]:
    scheme, compiled, problems = lint_scheme(name_or_folder)
    assert not problems
    assert scheme is not None
    assert compiled is not None
    return scheme, compiled


def layout_parts(name_or_folder: str) -> set[str]:
    scheme, compiled = linted(name_or_folder)
    return {split_name(name)[1] for name in plan_workbook(scheme, compiled).slots}


def test_every_part_names_a_cell_of_a_shipped_workbook_or_of_one_with_gates(change: Change, scheme_copy: Path) -> None:
    shipped = set().union(*(layout_parts(name) for name in SCHEMES))
    gates = {parts.GATE, parts.GATE_CEILING, parts.GROUP_VETOES, parts.TOTAL_VETOES}  # no shipped scheme has a gate
    assert table() - shipped == gates
    change(ASSESSMENT, "  items:\n", "  gate: {at_least: 60%}\n  items:\n")
    change(ASSESSMENT, "else: 否决,", "else: 否决, scope: total,")
    assert gates <= layout_parts(str(scheme_copy))


# ------------------------------------------------------------------ schemes and rules, which write whole names


def declared(scheme: Scheme) -> set[str]:
    """What a scheme and the tool name themselves."""
    columns = {of_column(name, column) for name, entry in scheme.tables.items() for column in entry.columns}
    named = {*scheme.fields, *scheme.indicators, *scheme.constants, *columns, *IDENTITY}
    named |= {group.name for group in scheme.groups} | {item.name for item in scheme.items}
    named |= {TOTAL, STATUS, PUBLISHED, GRADE, BONUS, BONUS_BEFORE, BONUS_CEILING}
    return named | {split_name(of_diagnosis(n, parts.SHOWN))[0] for n, _ in enumerate(scheme.diagnoses, 1)}


def used(scheme: Scheme, compiled: Compiled) -> set[str]:
    """The names in all formulas, those that rules and schemes wrote, and in the sentences with names in braces."""
    names = {name for text in compiled.formulas.values() for name in parse(text).names}
    texts = [c.text for item in scheme.items for c in item.clauses] + [item.text for item in scheme.items]
    return names | {name for text in texts for name in re.findall(r"\{([^{}]+)\}", text)}


@pytest.mark.parametrize("name", SCHEMES)
def test_schemes_and_rules_use_no_part_that_is_not_in_the_table(name: str) -> None:
    scheme, compiled = linted(name)
    known, strange = declared(scheme), []
    seen = used(scheme, compiled)
    for word in seen - known:
        base, part = split_name(word)
        if is_clause(word) or (is_clause(base) and is_part(part)):
            continue
        if not (base in known and is_part(part)):
            strange.append(word)
    assert len(seen) > 100
    assert not strange


@pytest.mark.parametrize("name", SCHEMES)
def test_what_a_scheme_asks_of_earlier_months_says_so_by_a_part(name: str) -> None:
    """A field 历史 is filled in from what is known of earlier months, and its name tells which."""
    scheme, _ = linted(name)
    history = [field for field, entry in scheme.by("dealer").items() if entry.block == "历史"]
    assert [field for field in history if not is_part(split_name(field)[1])] == []
