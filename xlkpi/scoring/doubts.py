"""What an evaluated month leaves in doubt: figures that cannot be so, and why a provisional score is not settled.

Nothing here moves a score. Every scheme is looked at alike, whether or not it declares a `minimum` or `maximum`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from xlkpi.findings import Finding
from xlkpi.issue import Issue
from xlkpi.scheme import parts
from xlkpi.scheme.cells import of_clause, of_field
from xlkpi.scheme.checks import ABOVE_WHOLE, BELOW_ZERO, judged_by, most_of
from xlkpi.scheme.entries import Indicator, SchemeField
from xlkpi.scheme.formulas import MISSING, number_value
from xlkpi.scheme.model import Item
from xlkpi.scheme.types import TYPES
from xlkpi.scoring.figures import figure_shown
from xlkpi.scoring.lacking import lacking_for, open_outcomes
from xlkpi.values import Absence, CellContent, Place, value_of
from xlkpi.workbook.layout import Role

DENOMINATOR_ZERO: Final = "XK-S010"
ITEM_OPEN: Final = "XK-S011"
GROUP_OPEN: Final = "XK-S012"
_NEGATIVE_TOLD: Final = frozenset({"XK-V004", "XK-V014", BELOW_ZERO})
_ENTERED: Final = (Role.ANSWER, Role.INSPECTION)


class Doubts:
    """Reads them off a dealer's evaluated cells. `told` are the findings that there are already."""

    def __init__(self, issue: Issue, file: str, cells: Mapping[Place, CellContent], findings: Collection[Finding]):
        self.issue, self.file, self.cells = issue, file, cells
        self.reported = {(finding.code, finding.field) for finding in findings}
        self.fields_with_findings = {finding.field for finding in findings if finding.field}

    def implausible(self) -> Iterator[Finding]:
        """Negative figures, and judged rates above what they can be."""
        fields = self.issue.scheme.fields
        for slot in self.issue.layout.of(*_ENTERED):
            entry = fields.get(slot.field)
            if entry and TYPES[entry.type].shape.is_figure and slot.name == slot.field:
                yield from self._negative(slot.name, entry, slot.place)
        for item in self.issue.scheme.items:
            for name, limits in judged_by(item).items():
                judged_entry = fields.get(name) or self.issue.scheme.indicators.get(name)
                if judged_entry is None:
                    continue
                place = self.issue.layout.place(name)
                if isinstance(judged_entry, Indicator):
                    yield from self._negative(name, judged_entry, place)
                yield from self._above(name, judged_entry, place, limits)

    def _negative(self, name: str, entry: SchemeField | Indicator, place: Place) -> Iterator[Finding]:
        value = self.cells.get(self.issue.layout.place(name))
        if entry.minimum is not None or not isinstance(value, float) or round(value, 10) >= 0:
            return
        if not any((code, name) in self.reported for code in _NEGATIVE_TOLD):
            yield Finding(
                BELOW_ZERO, self.file, place, name, {"label": entry.label or name, "found": figure_shown(entry, value)}
            )

    def _above(
        self, name: str, entry: SchemeField | Indicator, place: Place, limits: Iterable[float]
    ) -> Iterator[Finding]:
        value = self.cells.get(self.issue.layout.place(name))
        if (ABOVE_WHOLE, name) in self.reported or (isinstance(entry, SchemeField) and entry.maximum is not None):
            return  # its own check says so
        text = entry.maximum or most_of(entry, limits)
        if text is None:
            return
        most = number_value(text)
        if isinstance(value, float) and round(value, 10) > round(most, 10):
            facts = {
                "label": entry.label or name,
                "found": figure_shown(entry, value),
                "limit": figure_shown(entry, most),
            }
            yield Finding(ABOVE_WHOLE, self.file, place, name, facts)

    # ------------------------------------------------------------ why a score is not settled

    def unsettled(self) -> Iterator[Finding]:
        """Why the score is provisional, where no other finding says so."""
        for group in self.issue.scheme.groups:
            if self._content(of_field(group.name, parts.SCALING)) == 0:
                place = self.issue.layout.place(of_field(group.name, parts.SCORE))
                yield Finding(GROUP_OPEN, self.file, place, "", {"group": group.name})
        for item in self.issue.scheme.items:
            yield from self._item(item)

    def _item(self, item: Item) -> Iterator[Finding]:
        if not open_outcomes(self.issue.layout, self.cells, item):
            return
        place = self.issue.layout.place(of_field(item.name, parts.SCORE))
        label = item.label or item.name
        zero = next((name for name in judged_by(item) if self._has_no_denominator(item, name)), "")
        if zero:
            yield Finding(
                DENOMINATOR_ZERO, self.file, place, zero, {"item": label, "label": self.issue.scheme.label(zero)}
            )
            return
        figures = lacking_for(self.issue.layout, self.cells, item)
        if not self.fields_with_findings.intersection(self._field(name) for name in figures):
            facts = {"item": label, "figures": "、".join(self.issue.scheme.label(name) for name in figures) or "—"}
            yield Finding(ITEM_OPEN, self.file, place, item.name, facts)

    def _has_no_denominator(self, item: Item, name: str) -> bool:
        """Whether a ratio says 不适用 and what it decides is open: the scheme does not say what 0 below it means."""
        if item.when_zero or name not in self.issue.scheme.indicators:
            return False
        outcomes = [of_field(item.name, parts.BASE_POINTS)] if name in item.judged else []
        outcomes += [of_clause(item.name, n) for n, clause in enumerate(item.clauses, 1) if clause.subject == name]
        open_ = any(self._content(outcome) == MISSING for outcome in outcomes)
        return open_ and value_of(self._content(name)) is Absence.NOT_APPLICABLE

    def _field(self, name: str) -> str:
        slot = self.issue.layout.slots[name]
        return slot.field or name

    def _content(self, name: str) -> CellContent:
        return self.issue.layout.content(name, self.cells)
