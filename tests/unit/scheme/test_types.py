"""The table of field types: every type at every place that asks for one, and none that a place knows by its name."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
from shared.tiny import SHEET, evaluate

import xlkpi
from xlkpi.checking import plausible
from xlkpi.headquarters import forms
from xlkpi.intake.meaning import show
from xlkpi.intake.normalise import checked, understand
from xlkpi.resources import templates
from xlkpi.scheme import types
from xlkpi.scheme.checks import live_check
from xlkpi.scheme.entries import Column, SchemeField
from xlkpi.scheme.formulas import Name, format_value
from xlkpi.scheme.types import TYPES, ColumnType, FieldType, Shape
from xlkpi.shown.report.figures import figure
from xlkpi.values import UNKNOWN, Absence, CellContent, CellKind, Place, RawCell
from xlkpi.workbook.plan import number_format
from xlkpi.workbook.sheets import entry, tables

PLACE = Place(SHEET, "A1")
PACKAGE = Path(xlkpi.__file__).parent


@dataclass(frozen=True)
class Seen:
    """What a type comes to at each place. A new type needs its own: one that is missing fails the first test."""

    typed: str
    value: CellContent
    wrong: str
    code: str  # of what is wrong
    format: str
    sentence: str
    report: str
    quoted: str
    hint: str
    prompt: str
    column: float | None = None
    compared: bool = False


SEEN = {
    "count": Seen(
        "12", 12.0, "很多", "XK-V002", "#,##0", "12 台", "12", "12 台", "次数", "请填整数；单位：台", 10, True
    ),
    "amount": Seen(
        "1,234.5", 1234.5, "很多", "XK-V002", "#,##0.00", "1,234.50 台", "1,234.50", "1,234.5 台", "金额",
        "请填数字；单位：台", 15, True,
    ),
    "rate": Seen("85%", 0.85, "很多", "XK-V002", "0.00%", "85.00%", "85.00%", "85%", "百分数", "数字", None, True),
    "number": Seen(
        "2.5", 2.5, "很多", "XK-V002", "#,##0.00", "2.5 台", "2.50", "2.5 台", "数", "请填数字；单位：台", 12, True
    ),
    "day": Seen("6", 6.0, "很多", "XK-V002", '0"号"', "6 号", "6", "6 台", "几号", "整数"),
    "date": Seen(
        "2026-11-05", 46331.0, "很多", "XK-V018", "yyyy-mm-dd", "2026-11-05", "2026-11-05", "2026-11-05", "日期",
        "请填日期，例如 2026-11-05；单位：台", 13,
    ),
    "choice": Seen(
        "完成", "完成", "很多", "XK-V007", "General", "完成", "完成", "完成", "完成", "请从下拉框中选择", 13
    ),
    "text": Seen("张三", "张三", "", "", "General", "张三", "张三", "张三", "", "请填文字；单位：台", 18),
}  # fmt: skip


def field_of(kind: str, by: Any = "dealer") -> SchemeField:
    """A field of a type, whether or not the model knows it."""
    words = {"完成": "met", "未完成": "failed"} if TYPES[kind].shape is Shape.CHOICE else {}
    return SchemeField(en="x", type="number", unit="台", by=by, target=by == "dealer").model_copy(
        update={"type": kind, "words": words}
    )


def typed(text: str) -> RawCell:
    return RawCell(PLACE, CellKind.TEXT, text, None, "General")


def test_every_type_is_tried_here() -> None:
    assert set(SEEN) == set(TYPES) == set(get_args(FieldType))
    assert {kind for kind, seen in SEEN.items() if seen.column} == set(get_args(ColumnType))


def test_the_schema_of_results_names_every_type() -> None:
    schema = json.loads((templates() / "schemas" / "scores.schema.json").read_text("utf-8"))
    told = [schema["$defs"][of]["properties"]["type"]["description"] for of in ("field", "indicator")]
    assert all(set(text.replace(" or ", ", ").split(", ")) == set(TYPES) for text in told)


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_typed_is_read_quoted_and_shown(kind: str) -> None:
    seen, entry_ = SEEN[kind], field_of(kind)
    reading = understand(entry_, typed(seen.typed))
    assert reading.value == seen.value
    assert show(entry_, reading.value) == seen.quoted
    assert figure(reading.value, kind) == seen.report
    assert evaluate(format_value(Name("A1", kind=kind, unit="台")).excel, {"A1": seen.value}) == seen.sentence
    near = format_value(Name("A1", kind=kind, unit="台"), [Name("B1", kind=kind)]).excel
    assert evaluate(near, {"A1": seen.value, "B1": seen.value}) == seen.sentence


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_wrong_is_said_by_reading_and_by_the_cell_itself(kind: str) -> None:
    seen, entry_ = SEEN[kind], field_of(kind)
    check = live_check(Name("A1", kind=kind, words=(("完成", "met"),) * (kind == "choice")), entry_).excel
    assert evaluate(check, {"A1": seen.value}) == ""
    if not seen.wrong:  # any text is one
        return
    reading = understand(entry_, typed(seen.wrong))
    assert (reading.value, [code for code, _ in reading.remarks]) == (Absence.UNREADABLE, [seen.code])
    assert evaluate(check, {"A1": seen.wrong}) not in ("", None)
    if TYPES[kind].whole:
        assert evaluate(check, {"A1": 1.5}) not in ("", None)
        assert checked(entry_, understand(entry_, typed("1.5"))).value is Absence.UNREADABLE


@pytest.mark.parametrize("kind", TYPES)
def test_cells_have_its_format_and_ask_for_it(kind: Any) -> None:
    seen = SEEN[kind]
    assert number_format(kind) == seen.format
    asked = entry._validation("F7", "一项", field_of(kind))
    assert TYPES[kind].asks in asked.prompt or asked.choices == ("完成", "未完成")
    if seen.column is None:
        assert kind not in get_args(ColumnType)
        return
    column = Column(en="x", type=kind, unit="台", words=("完成",) * (kind == "choice"))
    rule = tables._validation("A5:A9", "一列", column)
    assert (tables._look(column).width, rule.prompt) == (seen.column, seen.prompt)
    assert bool(rule.condition or rule.choices) == (kind != "text")


@pytest.mark.parametrize("kind", TYPES)
def test_headquarters_form_asks_for_it(kind: str) -> None:
    assert SEEN[kind].hint in forms._hint(field_of(kind, "headquarters"))


@pytest.mark.parametrize("kind", TYPES)
def test_figures_are_compared_and_nothing_else(kind: str) -> None:
    assert bool(TYPES[kind].compared) == SEEN[kind].compared == TYPES[kind].shape.is_figure


# ------------------------------------------------------------------ a new type, and a new shape


def test_a_new_type_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a row does not say nobody needs: `hours` is read, checked, shown, asked for and compared."""
    hours = replace(TYPES["number"], format="0.0", decimals=1, sentence='TEXT({x},"0.0")', hint="小时数", asks="小时")
    types_now: dict[Any, Any] = TYPES
    monkeypatch.setitem(types_now, "hours", hours)
    field = field_of("hours", "headquarters")
    assert understand(field, typed("7.5")).value == 7.5
    assert (show(field, 7.5), figure(7.25, "hours")) == ("7.5 台", "7.3")
    assert evaluate(format_value(Name("A1", kind="hours", unit="小时")).excel, {"A1": 7.5}) == "7.5 小时"
    assert number_format(field.type) == "0.0"
    assert forms._hint(field) == "小时数"
    assert entry._validation("F7", "一项", field).prompt == "小时；单位：台"
    assert evaluate(live_check(Name("A1", kind="hours"), field).excel, {"A1": "很多"}) not in ("", None)
    assert plausible._how(field).by_factor


@pytest.mark.parametrize(("old", "new"), [('"text"]', '"text", "hours"]'), ('    "text": Type', '    "hours": Type')])
def test_a_type_without_a_row_or_a_row_without_a_type_stops_the_program(
    old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Path(types.__file__).read_text("utf-8")
    assert source.count(old) >= 1
    changed = ModuleType("changed")
    monkeypatch.setitem(sys.modules, "changed", changed)
    with pytest.raises(TypeError, match="must name the same types"):
        exec(compile(source.replace(old, new), "changed", "exec"), vars(changed))


def test_a_row_says_everything() -> None:
    with pytest.raises(TypeError, match="missing"):
        types.TypeTraits(Shape.NUMBER, "0.0")  # type: ignore[call-arg] # incomplete on purpose


class Strange(Enum):
    """A shape that no place knows."""

    HOURS = "hours"
    is_number = is_figure = False


BY_SHAPE: dict[str, Callable[[SchemeField], object]] = {
    "checks": lambda field: live_check(Name("A1"), field),
    "reading": lambda field: understand(field, typed("7.5")),
    "reading a number": lambda field: understand(field, RawCell(PLACE, CellKind.NUMBER, "7.5", None, "General")),
    "reading an .xls": lambda field: understand(field, RawCell(PLACE, CellKind.NUMBER, "7.5", None, UNKNOWN)),
    "faults": lambda field: understand(field, RawCell(PLACE, CellKind.BOOLEAN, "1", None, "General")),
    "quoting": lambda field: show(field, 7.5),
    "entry sheet": lambda field: entry._validation("F7", "一项", field),
    "table": lambda field: tables._validation("A5:A9", "一列", Column(en="x", type="number")),
    "report": lambda field: figure(7.5, "number"),
}


@pytest.mark.parametrize("place", BY_SHAPE)
def test_a_new_shape_is_missed_at_every_place_that_goes_by_it(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    field = SchemeField(en="x", type="number")
    BY_SHAPE[place](field)
    monkeypatch.setitem(TYPES, "number", replace(TYPES["number"], shape=Strange.HOURS))  # type: ignore[arg-type] # strange on purpose
    with pytest.raises(AssertionError, match="unreachable"):
        BY_SHAPE[place](field)


def test_no_place_but_the_table_knows_a_type_by_its_name() -> None:
    """Neither by comparing, nor by a set or table of its own."""
    named = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name == "types.py" or path.parts[-2:] == ("scheme", "rules.py"):  # a rule's parameters have other types
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Compare):
                words = {n.value for other in node.comparators for n in ast.walk(other) if isinstance(n, ast.Constant)}
                asks = isinstance(node.left, ast.Attribute) and node.left.attr in ("type", "kind")
                found = bool(asks and words & _OWN_WORDS[node.left.attr])
            elif isinstance(node, ast.Dict | ast.Set):
                keys = node.keys if isinstance(node, ast.Dict) else node.elts
                words = {key.value for key in keys if isinstance(key, ast.Constant)}
                found = len(words) > 1 and words <= set(TYPES)
            else:
                continue
            if found:
                named.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    assert not named, "ask TYPES instead"


_OWN_WORDS = {
    "type": set(TYPES),
    "kind": set(TYPES) - {"number", "text", "date"},
}  # pieces of phrases and cells have kinds too
