"""The account of a score: every step from what the rules gave to the total that is printed, and what each took.

Made in one place, from the evaluated cells, and shown by every output. Nothing is judged here: what a step took is the
difference between the cells before and after it, so the lines add up to the published total.

What the source leaves open is settled like this. Where an item holds fewer points than its clauses deduct, the clauses
take in the order of the scheme until nothing is left; the others took nothing. Where several vetoes of one scope
fire, the first took what there was. Scaling stands before the item's veto, so that a veto took what the item would have
added to the total.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from xlkpi.issue import Issue
from xlkpi.scheme import parts
from xlkpi.scheme.cells import BONUS, PUBLISHED, TOTAL, TOTAL_VETO, of_clause, of_field
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.model import Clause, Group, Item
from xlkpi.scheme.parsing import judged
from xlkpi.scoring.figures import as_shown
from xlkpi.scoring.lacking import OPEN, lacking_for
from xlkpi.values import SCORED, VETOED, Absence, CellContent, Place, value_of

Level = Literal["item", "group", "bonus", "total"]
Kind = Literal["base", "deduction", "open", "granted", "scaling", "rounding", "veto", "gate", "cap"]
VETOES: Final = frozenset({"veto", "gate"})
WORDS: Final[Mapping[Kind, str]] = {
    "base": "基础分", "deduction": "扣分", "open": "未定", "granted": "不适用给分", "scaling": "不适用折算",
    "rounding": "舍入", "veto": "否决", "gate": "关口", "cap": "加分上限",
}  # fmt: skip
"""Each kind of line as people read it."""
_TOLERANCE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Line:
    """A step of a score. `points` is what it added to the total, less than 0 where it took something.

    `level` says what it belongs to: the score of an item, of a group, the bonus, or the total. `clause` numbers the
    item's clauses from 1, 0 for none. `nominal` is what a clause or rule says by itself: points to deduct, or base
    points. `scope` is what a veto takes: item, group, total. `text` are the words of the clause or gate, or why
    something is open; `inspection` what it was held against, as the sheet shows it.
    """

    level: Level
    kind: Kind
    points: float
    group: str = ""
    item: str = ""
    clause: int = 0
    nominal: float = 0.0
    scope: str = ""
    text: str = ""
    inspection: str = ""

    @property
    def taken(self) -> float:
        """The points that it took."""
        return 0.0 - self.points

    @property
    def vetoes(self) -> bool:
        """Whether it is a veto, by a clause or by a gate."""
        return self.kind in VETOES

    @property
    def stopped(self) -> bool:
        """Whether a clause took less than it says, since the item had no more."""
        return self.kind == "deduction" and self.nominal - self.taken > _TOLERANCE

    def subject(self, labels: Mapping[str, str]) -> str:
        """What it is about, in words: the item by its label, a group's gate, the group, or the total."""
        if self.item:
            return labels.get(self.item, self.item)
        if self.group:
            return f"{self.group} {WORDS['gate']}" if self.scope else self.group
        return BONUS if self.level == "bonus" else TOTAL


@dataclass(frozen=True, slots=True)
class Account:
    """All steps of a dealer's score in the order of judging; their points add up to the published total.

    An item's lines add up to its score. A group's items (bonus apart) and its own lines add up to its score, the bonus
    items and the lines of the bonus to the bonus; groups, bonus and the total's lines to the published total.
    """

    lines: tuple[Line, ...] = ()

    @property
    def published(self) -> float:
        """What the lines come to."""
        return math.fsum(line.points for line in self.lines)

    @property
    def losses(self) -> tuple[Line, ...]:
        """Vetoes and deductions that fired, those of the total first, then of groups and items."""
        # what a group's veto takes of the bonus is told by a line of its own, and by that veto's
        fired = (line for line in self.lines if line.vetoes or line.kind == "deduction")
        return tuple(sorted((line for line in fired if line.level != "bonus"), key=_gravity))

    @property
    def deducted(self) -> float:
        """Points that clauses took, none beyond what an item had."""
        return math.fsum(line.taken for line in self.lines if line.kind == "deduction")

    @property
    def open(self) -> tuple[Line, ...]:
        """What is not known and counted as lost. It makes the score provisional, unless a veto takes it anyway."""
        return tuple(line for line in self.lines if line.kind == "open" and line.level != "bonus")

    def of_clause(self, item: str, number: int) -> Line | None:
        """What a clause did, where it did something."""
        fired = (line for line in self.losses if (line.item, line.clause) == (item, number))
        return next(fired, None)


def _gravity(line: Line) -> tuple[bool, int]:
    return not line.vetoes, ("total", "group", "item", "bonus").index(line.level)


def account_of(issue: Issue, cells: Mapping[Place, CellContent]) -> Account:
    """The account of a dealer's evaluated cells."""
    return Account(tuple(_AccountBuilder(issue, cells).lines()))


@dataclass(frozen=True, slots=True)
class _Fired:
    """A veto that is certain, or one that may still come: a clause, or a group's gate where `item` is none."""

    kind: Kind
    group: str
    item: str
    clause: int
    text: str
    inspection: str


class _AccountBuilder:
    """Tells the lines of one dealer's cells."""

    def __init__(self, issue: Issue, cells: Mapping[Place, CellContent]):
        self.scheme, self.layout, self.cells = issue.scheme, issue.layout, cells

    def lines(self) -> Iterator[Line]:
        before = 0.0
        for group in self.scheme.groups:
            for item in group.items:
                yield from self._item(group, item)
            yield from self._group(group)
            before += self._number(of_field(group.name, parts.SCORE))
        yield from self._bonus()
        before += self._number(BONUS)
        certain, open_ = self._vetoes("total", *self.scheme.groups)
        yield from self._veto_lines("total", self._content(TOTAL_VETO), before, certain, open_)
        if self._number(PUBLISHED) != self._number(TOTAL):
            yield Line("total", "rounding", self._number(PUBLISHED) - self._number(TOTAL))

    # ------------------------------------------------------------ an item

    def _item(self, group: Group, item: Item) -> Iterator[Line]:
        name = item.name
        state, before = self._content(of_field(name, parts.STATE)), self._number(of_field(name, parts.BEFORE_VETO))
        base = self._content(of_field(name, parts.BASE_POINTS))
        remaining = 0.0
        if isinstance(base, float):
            remaining = max(0.0, min(self._number(of_field(name, parts.POINTS)), base))
            yield Line("item", "base", remaining, group.name, name, nominal=base)
        for number, clause in enumerate(item.clauses, 1):
            lost = self._content(of_clause(name, number))
            if clause.lose is not None and isinstance(lost, float) and lost > 0:
                deducted = min(remaining, lost)
                remaining -= deducted
                yield Line("item", "deduction", 0.0 - deducted, group.name, name, number, lost,
                           text=self._clause(item, number), inspection=self._inspection(clause))  # fmt: skip
        if state in OPEN:
            yield Line("item", "open", before - remaining, group.name, name, text=self._why_open(item))
        elif state != SCORED and before:
            yield Line("item", "granted", before - remaining, group.name, name)
        factor = 1.0 if item.bonus else self._number(of_field(group.name, parts.SCALING))
        if before * (factor - 1):
            yield Line("item", "scaling", before * (factor - 1), group.name, name, nominal=factor)
        score = self._number(of_field(name, parts.SCORE))
        if self._content(of_field(name, parts.VETO)) == VETOED:
            certain, _ = self._vetoes("item", group, only=item)
            yield from self._veto_lines("item", VETOED, before * factor - score, certain, [])
        elif score != before * factor:
            yield Line("item", "rounding", score - before * factor, group.name, name)

    def _why_open(self, item: Item) -> str:
        """The words for what is missing, with the figures that are."""
        words: dict[str, list[str]] = {}
        for name in lacking_for(self.layout, self.cells, item):
            word = value_of(self._content(name))
            words.setdefault(word.value if isinstance(word, Absence) else "", []).append(self.scheme.label(name))
        reasons = "；".join(f"{word}：{'、'.join(labels)}" for word, labels in words.items())
        return reasons or f"{self._content(of_field(item.name, parts.STATE))}：无法计分，待总部裁定"

    # ------------------------------------------------------------ groups, bonus, total

    def _group(self, group: Group) -> Iterator[Line]:
        name = group.name
        if any(not item.bonus for item in group.items) and self._content(of_field(name, parts.SCALING)) == 0:
            yield Line("group", "open", 0.0, name, text="整组不适用")
        certain, open_ = self._vetoes("group", group)
        earned = self._number(of_field(name, parts.SUBTOTAL))
        yield from self._veto_lines("group", self._content(of_field(name, parts.VETO)), earned, certain, open_)

    def _bonus(self) -> Iterator[Line]:
        """What vetoed groups and the cap take of the bonus items."""
        earned = 0.0
        for group in self.scheme.groups:
            verdict = self._content(of_field(group.name, parts.VETO))
            for item in (item for item in group.items if item.bonus):
                score = self._number(of_field(item.name, parts.SCORE))
                if verdict and score:
                    certain, open_ = self._vetoes("group", group)
                    kind: Kind = "veto" if verdict == VETOED else "open"
                    text = "、".join(fired.text for fired in (certain if verdict == VETOED else open_))
                    yield Line("bonus", kind, -score, group.name, item.name, scope="group", text=text)
                elif not verdict:
                    earned += score
        cut = self._number(BONUS) - earned
        if abs(cut) > _TOLERANCE:
            yield Line("bonus", "cap", cut, nominal=number_value(self.scheme.bonus_most or "0"))

    def _veto_lines(
        self, level: Level, verdict: CellContent, points: float, certain: list[_Fired], open_: list[_Fired]
    ) -> Iterator[Line]:
        """Each veto of a scope, or where none is certain each that may still come: the first takes what there is."""
        if verdict not in (VETOED, Absence.MISSING.value):
            return
        for fired in certain if verdict == VETOED else open_:
            kind = fired.kind if verdict == VETOED else "open"
            yield Line(level, kind, 0.0 - points, fired.group, fired.item, fired.clause, scope=level, text=fired.text,
                       inspection=fired.inspection)  # fmt: skip
            points = 0.0

    def _vetoes(self, scope: str, *groups: Group, only: Item | None = None) -> tuple[list[_Fired], list[_Fired]]:
        """The vetoes of a scope that fired, and those that are open."""
        certain: list[_Fired] = []
        open_: list[_Fired] = []
        for group in groups:
            for item in (only,) if only else group.items:
                for number, clause in enumerate(item.clauses, 1):
                    if clause.otherwise and self.scheme.scope(clause) == scope:
                        outcome = self._content(of_clause(item.name, number))
                        if outcome == VETOED or outcome in OPEN:
                            (certain if outcome == VETOED else open_).append(
                                _Fired("veto", group.name, item.name, number, self._clause(item, number),
                                       self._inspection(clause))
                            )  # fmt: skip
            if group.gate and group.gate.scope == scope:
                missed, surely = (
                    self._content(of_field(group.name, part)) for part in (parts.GATE, parts.GATE_CEILING)
                )
                if missed == VETOED:
                    earned = as_shown(self._number(of_field(group.name, parts.SUBTOTAL)), "number", "分")
                    fired = _Fired("gate", group.name, "", 0, group.gate_words, f"本组 {earned}")
                    (certain if surely == VETOED else open_).append(fired)
        return certain, open_

    # ------------------------------------------------------------ cells and words

    def _clause(self, item: Item, number: int) -> str:
        words = self._content(of_clause(item.name, number, parts.STANDARD))
        return words if isinstance(words, str) else item.clauses[number - 1].text

    def _inspection(self, clause: Clause) -> str:
        name = clause.shown
        if name not in self.layout.slots:
            return ""
        entry = self.scheme.entry(name)
        kind, unit = (entry.type, entry.unit) if entry else ("rate", "")  # else it is a completion
        limits = [] if clause.require is None or name != clause.subject else self._limits(clause.require)
        return as_shown(value_of(self._content(name)), kind, unit, limits)

    def _limits(self, require: str) -> list[float]:
        limit = judged(require)[2]
        if limit is None:
            return []
        try:
            return [number_value(limit)]
        except ValueError:  # another name
            value = self._content(limit)
            return [value] if isinstance(value, float) else []

    def _content(self, name: str) -> CellContent:
        return self.layout.content(name, self.cells)

    def _number(self, name: str) -> float:
        content = self._content(name)
        return content if isinstance(content, float) else 0.0
