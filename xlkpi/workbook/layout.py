"""The layout: THE one map of what stands in which cell. Writer, reader and engine go by it; issue.json keeps it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from xlkpi.values import Place


class Role(StrEnum):
    """What a cell is for."""

    IDENTITY = "identity"  # dealer, month, deadline: stamped
    TARGET = "target"  # stamped
    HISTORY = "history"  # last month's value: stamped
    ANSWER = "answer"  # entered by the dealer
    REMARK = "remark"  # a dealer's words beside an answer
    INSPECTION = "inspection"  # entered by headquarters
    CONSTANT = "constant"
    CHECK = "check"  # a live 校验 formula; its words map to a finding's code
    INDICATOR = "indicator"
    POINTS = "points"
    CLAUSE = "clause"  # the words under 考核标准
    OUTCOME = "outcome"  # what a clause does: points lost, 达到, 否决
    BASE = "base"
    DEDUCTION = "deduction"
    VETO = "veto"
    STATE = "state"
    SCORE = "score"
    CEILING = "ceiling"  # what the score could still be
    TRACE = "trace"
    OTHER = "other"


STAMPED = frozenset({Role.IDENTITY, Role.TARGET, Role.HISTORY})
INPUTS = STAMPED | {Role.ANSWER, Role.REMARK, Role.INSPECTION}
"""Roles whose cells hold values, not formulas, and are set for each dealer."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A cell with a meaning. `name` is its defined name (remarks and checks have none in the workbook)."""

    name: str
    place: Place
    role: Role
    field: str = ""


@dataclass(frozen=True)
class Layout:
    """The map of one scheme's workbook.

    `formulas` holds the formula (without the equals sign) of every computed cell; `occupied` the cells of each sheet
    that are the form's own, so that a value elsewhere is a stray; `words` maps the words of a 校验 cell to a code.
    `tables` is reserved for sheets with rows that grow (name to place and used columns).
    """

    scheme: str
    version: str
    slots: Mapping[str, Slot]
    formulas: Mapping[Place, str]
    occupied: Mapping[str, frozenset[str]]
    words: Mapping[str, str]
    tables: Mapping[str, Any] = field(default_factory=dict)

    def of(self, *roles: Role) -> Iterator[Slot]:
        """Slots of these roles, in the workbook's order."""
        return (slot for slot in self.slots.values() if slot.role in roles)

    def place(self, name: str) -> Place:
        """Where a name stands."""
        return self.slots[name].place

    @cached_property
    def inputs(self) -> tuple[Slot, ...]:
        """All cells that are set from outside, in order."""
        return tuple(slot for slot in self.slots.values() if slot.role in INPUTS)

    @cached_property
    def fingerprint(self) -> str:
        """Eight hexadecimal digits that change when any cell moves or any formula changes."""
        return hashlib.sha256(json.dumps(self.to_json(), ensure_ascii=False).encode()).hexdigest()[:8]

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "scheme": self.scheme,
            "version": self.version,
            "slots": [[s.name, s.place.sheet, s.place.ref, s.role.value, s.field] for s in self.slots.values()],
            "formulas": [[place.sheet, place.ref, text] for place, text in self.formulas.items()],
            "occupied": {sheet: sorted(refs) for sheet, refs in self.occupied.items()},
            "words": dict(self.words),
            "tables": dict(self.tables),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Layout:
        """From `to_json`'s data."""
        return cls(
            scheme=data["scheme"],
            version=data["version"],
            slots={n: Slot(n, Place(sheet, ref), Role(role), field) for n, sheet, ref, role, field in data["slots"]},
            formulas={Place(sheet, ref): text for sheet, ref, text in data["formulas"]},
            occupied={sheet: frozenset(refs) for sheet, refs in data["occupied"].items()},
            words=data["words"],
            tables=data["tables"],
        )
