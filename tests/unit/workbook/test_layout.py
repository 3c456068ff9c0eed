"""The layout: the one map that writer, reader and engine share."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from xlkpi.issue import Issue
from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.formulas import Formula
from xlkpi.scheme.model import Scheme
from xlkpi.values import Place
from xlkpi.workbook.layout import INPUTS, STAMPED, Layout, Role
from xlkpi.workbook.plan import SheetPlan, WorkbookPlan, layout_of


def test_a_layout_survives_the_way_through_json(issue: Issue) -> None:
    again = Layout.from_json(json.loads(json.dumps(issue.layout.to_json(), ensure_ascii=False)))
    assert again == issue.layout
    assert again.fingerprint == issue.layout.fingerprint


def test_the_fingerprint_changes_with_every_moved_cell_and_every_changed_formula(issue: Issue) -> None:
    layout = issue.layout
    slot = layout.slots["接车台次"]
    moved = replace(layout, slots={**layout.slots, "接车台次": replace(slot, place=Place("填报", "F99"))})
    place = next(iter(layout.formulas))
    changed = replace(layout, formulas={**layout.formulas, place: "1"})
    prints = {layout.fingerprint, moved.fingerprint, changed.fingerprint}
    assert len(prints) == 3
    assert all(len(text) == 8 for text in prints)


def test_no_two_slots_share_a_cell(issue: Issue) -> None:
    places = [slot.place for slot in issue.layout.slots.values()]
    assert len(places) == len(set(places))


def test_inputs_hold_no_formula_and_results_are_formulas_or_locked_numbers(issue: Issue) -> None:
    layout = issue.layout
    for slot in layout.slots.values():
        if slot.role in INPUTS:
            assert slot.place not in layout.formulas
        elif slot.role is Role.READ:  # blank until the button writes what it read
            assert slot.place not in layout.formulas and slot.place not in layout.numbers
        elif slot.role not in (Role.CLAUSE, Role.CONSTANT):
            assert slot.place in layout.formulas or slot.place in layout.numbers, slot
    assert STAMPED < INPUTS


def test_every_cell_with_a_meaning_is_known_as_the_forms_own(issue: Issue) -> None:
    for place in (*(slot.place for slot in issue.layout.slots.values()), *issue.layout.formulas):
        assert place.ref in issue.layout.occupied[place.sheet]


def test_every_compiled_formula_has_exactly_one_place(issue: Issue, compiled: Compiled) -> None:
    for name, text in compiled.formulas.items():
        place = issue.layout.place(name)
        stands = issue.layout.formulas.get(place, f"{issue.layout.numbers.get(place, 'nowhere')}")
        assert stands == text or float(stands) == float(text)


def test_every_field_has_its_slot_with_the_role_of_who_enters_it(issue: Issue, scheme: Scheme) -> None:
    assert {slot.field for slot in issue.layout.of(Role.ANSWER)} == set(scheme.by("dealer"))
    assert {slot.field for slot in issue.layout.of(Role.TARGET)} == set(scheme.targets())
    assert {slot.field for slot in issue.layout.of(Role.INSPECTION)} == set(scheme.by("headquarters"))


def test_a_cell_is_placed_once_and_a_name_stands_once(scheme: Scheme, compiled: Compiled) -> None:
    plan = WorkbookPlan(scheme, compiled)
    sheet = plan.sheet(SheetPlan("S", widths=(10,)))
    where = sheet.put(1, 1, "x", "text")
    with pytest.raises(ValueError, match="S!A1 is taken"):
        sheet.put(1, 1, "y", "text")
    plan.slot(sheet, where, "甲", Role.OTHER)
    with pytest.raises(ValueError, match="甲 has a place already: S!A1"):
        plan.slot(sheet, where, "甲", Role.OTHER)


def test_a_plan_that_forgets_a_formula_is_no_layout(scheme: Scheme, compiled: Compiled) -> None:
    plan = WorkbookPlan(scheme, compiled)
    plan.sheet(SheetPlan("S", widths=(10,))).put(1, 1, Formula("1+1"), "text")
    with pytest.raises(ValueError, match="no sheet has a place for"):
        layout_of(plan, {})


def test_a_merged_rectangle_takes_the_style_of_its_first_cell() -> None:
    sheet = SheetPlan("S", widths=(10,))
    sheet.put(1, 1, "x", "title")
    sheet.merge(1, 1, 2, 2)
    sheet.merge(1, 1, 1, 1)
    assert {where: cell.style for where, cell in sheet.cells.items()} == dict.fromkeys(
        ("A1", "A2", "B1", "B2"), "title"
    )
    assert sheet.merges == ["A1:B2"]
    assert sheet.last_row == 2
