"""Names say what they hold. A closed list of words that fit any value is refused as a name, in the whole package.

A noun of the domain (finding, match, dealer, figures) tells a reader more than `found` or `given`; the glossary is in
docs/architecture.md.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import xlkpi

PACKAGE = Path(xlkpi.__file__).parent

VAGUE = frozenset((
    "again", "anything", "asked", "beside", "both", "came", "done", "foo", "found", "given", "gone", "had", "held",
    "here", "inside", "kept", "left", "made", "many", "meant", "mine", "obj", "one", "ones", "others", "own", "put",
    "res", "rest", "ret", "said", "seen", "something", "stuff", "taken", "temp", "then", "there", "thing", "things",
    "this", "tmp", "told", "took", "val", "was", "what", "whose",
))  # fmt: skip

# By module and name, each with its reason. `left` needs none where its scope has a `right`.
ALLOWED = {
    ("scheme.entries", "beside"): "a key of a scheme's YAML",
    ("scheme.entries", "own"): "a key of a scheme's YAML",
    ("scheme.rules", "given"): "a key of a rule's YAML",
    ("intake.phrases", "beside"): "what the scheme's key of that name holds",
    ("month.records", "taken"): "a key of scores.json; see the glossary",
    ("scoring.account", "taken"): "the points that a step took; see the glossary",
    ("scoring.assess", "taken"): "the points that a clause took; see the glossary",
    ("scoring.compiled.functions", "left"): "Excel's LEFT",
}

VERBS = frozenset(("put",))  # as the name of a function they say what it does

Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "templates" not in path.parts)


def names(node: ast.AST, scope: ast.AST) -> Iterator[tuple[str, int, ast.AST]]:
    """Every name that is bound below a node, with its line and the function or class that it is bound in."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Name(name, ast.Store()) | ast.Attribute(_, name, ast.Store()):
                yield name, child.lineno, scope
            case ast.arg(name) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name, child.lineno, scope
            case ast.alias(_, str(name)):
                yield name, child.lineno, scope
            case ast.ExceptHandler(name=str(name)):
                yield name, child.lineno, scope
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if child.name.strip("_") not in VERBS:
                yield child.name, child.lineno, scope
        yield from names(child, child if isinstance(child, Named) else scope)


def vague(tree: ast.Module, module: str = "") -> list[str]:
    bound = list(names(tree, tree))
    sided = {id(scope) for name, _, scope in bound if name == "right"}
    return [
        f"{module}:{line} {name}"
        for name, line, scope in bound
        if (word := name.strip("_").lower()) in VAGUE
        and (module, word) not in ALLOWED
        and not (word == "left" and id(scope) in sided)
    ]


def test_no_name_fits_any_value() -> None:
    assert len(modules()) > 150, "the modules were not found"
    found = []
    for path in modules():
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        found += vague(ast.parse(path.read_text("utf-8")), module)
    assert not found, "name by what they hold:\n" + "\n".join(found)


def test_every_exception_is_needed() -> None:
    for module, word in ALLOWED:
        tree = ast.parse((PACKAGE / f"{module.replace('.', '/')}.py").read_text("utf-8"))
        assert any(name.strip("_") == word for name, *_ in names(tree, tree)), (module, word)


@pytest.mark.parametrize(
    "line",
    [
        "found = 1",
        "a, (told, b) = x",
        "self.mine = 1",
        "for _said in x: pass",
        "[one for one in x]",
        "lambda given: 0",
        "def f(*own): pass",
        "def f(*, left): pass",
        "def done(): pass",
        "class Told: pass",
        "with x as thing: pass",
        "if (gone := x): pass",
        "match x:\n    case [what, *rest]: pass",
        "try: pass\nexcept E as this: pass",
        "import x as held",
        "class A:\n    taken: int",
    ],
)
def test_the_check_sees_every_way_to_bind_a_name(line: str) -> None:
    assert vague(ast.parse(line))


@pytest.mark.parametrize(
    "line", ["def f(left, right): pass", "x.found", "f(given=1)", "def put(): pass", "finding = 1"]
)
def test_the_check_passes_what_says_something(line: str) -> None:
    assert not vague(ast.parse(line))
