"""assess(): one submission in, one explained assessment out. Button, batch, what-if and simulation all call only this.

Nothing is computed here. The engine evaluates the issued master; this module reads the results off the layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from xlkpi.findings import Finding, Reply, with_replies, with_rulings
from xlkpi.issue import Issue
from xlkpi.scheme import parts
from xlkpi.scheme.cells import (
    BASIS,
    BEFORE_VETO,
    BONUS,
    CEILING,
    GRADE,
    PUBLISHED,
    SHOWS,
    STATUS,
    TOTAL,
    TOTAL_VETO,
    of_clause,
    of_diagnosis,
    of_field,
)
from xlkpi.scheme.checks import ABOVE_MAXIMUM, ABOVE_WHOLE, BELOW_ZERO, RELATION, WHOLE
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.model import Clause, Item
from xlkpi.scheme.parsing import parse
from xlkpi.scoring.account import Account, account_of
from xlkpi.scoring.actuals import differing, sources_of
from xlkpi.scoring.doubts import Doubts
from xlkpi.scoring.engine import Engine
from xlkpi.scoring.figures import figure_shown
from xlkpi.values import (
    SCORED,
    VETOED,
    Absence,
    CellContent,
    CellFault,
    ItemStatus,
    Judgement,
    Place,
    Provenance,
    Status,
    Value,
    value_of,
)
from xlkpi.workbook.layout import Role

if TYPE_CHECKING:  # what was read is taken as a value: nothing that reads files is loaded for it
    from xlkpi.intake.submission import Submission

_INPUTS: Final = (Role.ANSWER, Role.TARGET, Role.INSPECTION, Role.HISTORY, Role.MEASURE)
INSPECTION_MISSING: Final = "XK-V013"
FORMULA_FAULT: Final = "XK-S001"


@dataclass(frozen=True, slots=True)
class TriggeredClause:
    """A clause that fired. `number` counts the item's clauses from 1; `inspection` is what headquarters wrote, `shown`
    the same as the sheet shows it; `points` what the clause deducts, `taken` what it or its veto really took."""

    number: int
    clause: str
    inspection: Value
    points: float = 0.0
    scope: str = ""
    taken: float = 0.0
    shown: str = ""


@dataclass(frozen=True, slots=True)
class ItemScore:
    """An item's result. `score` is 不适用 where it was left out; `ceiling` what it could still be; `applied` the points
    that it could earn from this dealer: its own, scaled where others of its group were left out, 0 where it was."""

    id: str
    name: str
    group: str
    points: float
    score: float | Absence
    before_veto: float
    ceiling: float
    status: ItemStatus
    target: Value
    actual: Value
    completion: Value
    vetoed: bool
    vetoes: tuple[TriggeredClause, ...]
    deductions: tuple[TriggeredClause, ...]
    trace: str
    bonus: bool = False
    applied: float = 0.0


@dataclass(frozen=True, slots=True)
class GroupScore:
    """A group's result; vetoed by a clause of group scope, or by its gate. `undecided`: it may still turn out so.
    `gate` is 否决 where the group missed its gate, which may take the total and leave the group's score as it is."""

    name: str
    points: float
    score: float
    before_veto: float
    vetoed: bool
    undecided: bool = False
    gate: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A problem of the scheme's `diagnoses` that shows this month, by its number from 1. `stake` is its weight: in 元
    where the scheme says what is at stake, else how far off the guide, as a share of it."""

    number: int
    problem: str
    stake: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """A dealer's month. `published` is the total as printed, which grade and rank go by; `judgements` has 达标, 偏低 or
    偏高 by indicator, where a guide is known; `inputs` what went in, by slot name (answers, targets, inspections,
    figures of earlier months); `bonus` what bonus items add to the groups; `account` every step from the base points to
    the published total; `signed_on` is the day of the attestation, `replies` are the dealer's answers to warnings;
    `copies` are the files that were joined, `provenance` where figures came from that do not plainly stand in the one
    file; `made_of` is a short hash of what the score was made of; `cells` holds the whole evaluated workbook, for
    writing it out."""

    dealer: str
    file: str
    status: Status
    total: float
    ceiling: float
    before_veto: float
    published: float
    grade: str
    vetoed: bool
    groups: tuple[GroupScore, ...]
    items: tuple[ItemScore, ...]
    indicators: Mapping[str, Value]
    findings: tuple[Finding, ...]
    engine: str
    bonus: float = 0.0
    account: Account = field(default_factory=Account)
    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    diagnoses: tuple[Diagnosed, ...] = ()
    inputs: Mapping[str, Value] = field(repr=False, default_factory=dict)
    signed_on: date | None = None
    replies: tuple[Reply, ...] = ()
    copies: tuple[str, ...] = ()
    provenance: tuple[Provenance, ...] = ()
    made_of: str = ""
    cells: Mapping[Place, CellContent] = field(repr=False, compare=False, default_factory=dict)


def assess(issue: Issue, engine: Engine, submission: Submission) -> Assessment:
    """Assess what a dealer sent.

    Args:
        issue: what was issued, with targets and inspections.
        engine: an engine with the issue's master loaded.
        submission: a file as it was read. Its answers and table rows go into the master; of what its findings have
            said already no check says the same again.
    """
    # headquarters' own figures come last: what they know of earlier months is not the dealer's to change
    dealer = submission.dealer
    inputs = {issue.layout.place(name): content for name, content in submission.contents().items()}
    measures = {slot.place for slot in issue.layout.of(Role.MEASURE)}  # carried over, but the dealer's own words
    inputs.update({place: value for place, value in issue.stamped(dealer).items() if place not in measures})
    inputs.update(issue.inspected(dealer))
    inputs.update(issue.actuals_of(dealer))
    inputs.update(issue.decided_for(dealer))
    for name, rows in submission.tables.items():
        for places, row in zip(issue.layout.table_rows[name], rows, strict=False):
            inputs.update({places[column]: content for column, content in row.items()})
    results = engine.evaluate(inputs)
    made_of = issue.hash_of(dealer, submission.digest())
    if BASIS in issue.layout.slots:  # not in a month that an older version issued
        inputs[issue.layout.place(BASIS)] = issue.basis(made_of)
    reading = _Reading(issue, dealer, submission.file, {**inputs, **results}, engine.name)
    assessment = reading.assessment((*submission.findings, *differing(issue, submission)))
    return replace(
        assessment, findings=tuple(with_replies(assessment.findings, submission.replies)), replies=submission.replies,
        made_of=made_of, signed_on=submission.signed_on, copies=submission.copies,
        provenance=sources_of(issue, submission),
    )  # fmt: skip


class _Reading:
    """Reads an assessment off the evaluated cells."""

    def __init__(self, issue: Issue, dealer: str, file: str, cells: Mapping[Place, CellContent], engine: str):
        self.issue, self.dealer, self.file, self.cells, self.engine = issue, dealer, file, cells, engine
        self.account = account_of(issue, cells)

    def assessment(self, submission_findings: tuple[Finding, ...]) -> Assessment:
        scheme = self.issue.scheme
        groups = tuple(
            GroupScore(
                group.name,
                number_value(group.points),
                self.number(of_field(group.name, parts.SCORE)),
                self.number(of_field(group.name, parts.BEFORE_VETO)),
                self.word(of_field(group.name, parts.VETO)) == VETOED,
                self.word(of_field(group.name, parts.VETO)) not in ("", VETOED),
                self.word(of_field(group.name, parts.GATE)) if group.gate else "",
            )
            for group in scheme.groups
        )
        items = tuple(self.item(group.name, item) for group in scheme.groups for item in group.items)
        indicators = {slot.name: self.value(slot.name) for slot in self.issue.layout.of(Role.INDICATOR)}
        total = self.number(TOTAL)
        findings = (
            *submission_findings,
            *self.checks(submission_findings),
            *self.open_inspections(),
            *self.cell_faults(),
        )
        doubts = Doubts(self.issue, self.file, self.cells, findings)
        findings = (*findings, *doubts.implausible(), *(doubts.unsettled() if self.word(STATUS) != SCORED else ()))
        return Assessment(
            dealer=self.dealer,
            file=self.file,
            status=Status.SCORED if self.word(STATUS) == SCORED else Status.PROVISIONAL,
            total=total,
            ceiling=self.number(CEILING),
            before_veto=self.number(BEFORE_VETO),
            published=self.number(PUBLISHED),
            grade=self.word(GRADE),
            vetoed=self.word(TOTAL_VETO) == VETOED,
            groups=groups,
            items=items,
            indicators=indicators,
            findings=tuple(with_rulings(findings, self.issue.rulings, self.dealer, self.issue.month)),
            engine=self.engine,
            bonus=self.number(BONUS) if BONUS in self.issue.layout.slots else 0.0,
            account=self.account,
            judgements={name: word for name in indicators if (word := self.judged(name))},
            diagnoses=tuple(self.diagnosed()),
            inputs=self.inputs(),
            cells=self.cells,
        )

    def inputs(self) -> dict[str, Value]:
        """What went in. An answer left blank is 未填; other blanks are no values."""
        values = ((slot, value_of(self.cells.get(slot.place))) for slot in self.issue.layout.of(*_INPUTS))
        return {slot.name: v for slot, v in values if v is not Absence.MISSING or slot.role is Role.ANSWER}

    def item(self, group: str, item: Item) -> ItemScore:
        name = item.name
        scored = item.scored_field
        entry = self.issue.scheme.fields.get(scored)
        has_target = entry is not None and entry.target
        outcomes = [(n, c, self.content(of_clause(name, n))) for n, c in enumerate(item.clauses, 1)]
        state = ItemStatus(self.word(of_field(name, parts.STATE)))
        scale = 1.0 if item.bonus else self.number(of_field(group, parts.SCALING))
        return ItemScore(
            id=name,
            name=item.label or name,
            group=group,
            points=number_value(item.points),
            score=self.score(of_field(name, parts.SCORE)),
            before_veto=self.number(of_field(name, parts.BEFORE_VETO)),
            ceiling=self.number(of_field(name, parts.CEILING)),
            status=state,
            target=self.value(of_field(scored, parts.TARGET)) if has_target else Absence.NOT_APPLICABLE,
            actual=self.value(scored) if has_target else Absence.NOT_APPLICABLE,
            completion=self.value(of_field(scored, parts.COMPLETION)) if has_target else Absence.NOT_APPLICABLE,
            vetoed=self.word(of_field(name, parts.VETO)) == VETOED,
            vetoes=tuple(self.fired(name, n, c, 0.0) for n, c, outcome in outcomes if outcome == VETOED),
            deductions=tuple(self.fired(name, n, c, outcome) for n, c, outcome in outcomes if _is_deduction(outcome)),
            trace=self.word(of_field(name, parts.TRACE)),
            bonus=item.bonus,
            applied=0.0 if state is ItemStatus.NOT_APPLICABLE else number_value(item.points) * scale,
        )

    def fired(self, item: str, number: int, clause: Clause, points: CellContent) -> TriggeredClause:
        known = clause.shown in self.issue.layout.slots
        line = self.account.of_clause(item, number)
        return TriggeredClause(
            number=number,
            clause=self.word(of_clause(item, number, parts.STANDARD)) or clause.text,
            inspection=self.value(clause.shown) if known else Absence.MISSING,
            points=float(points) if isinstance(points, float) else 0.0,
            scope=self.issue.scheme.scope(clause) if clause.otherwise else "",
            taken=-line.points if line else 0.0,
            shown=line.inspection if line else "",
        )

    def judged(self, indicator: str) -> Judgement | None:
        """What its 评价 cell says; None where it has no guide, or no number to hold against it."""
        name = of_field(indicator, parts.JUDGEMENT)
        word = self.word(name) if name in self.issue.layout.slots else ""
        return Judgement(word) if word in set(Judgement) else None

    def diagnosed(self) -> Iterable[Diagnosed]:
        """The problems that show, the heaviest first."""
        shown = [
            Diagnosed(number, entry.problem, self.number(of_diagnosis(number, parts.WEIGHT)))
            for number, entry in enumerate(self.issue.scheme.diagnoses, 1)
            if self.word(of_diagnosis(number, parts.SHOWN)) == SHOWS
        ]
        return sorted(shown, key=lambda diagnosed: -diagnosed.stake)

    # ------------------------------------------------------------ cells by name

    def content(self, name: str) -> CellContent:
        return self.issue.layout.content(name, self.cells)

    def value(self, name: str) -> Value:
        return value_of(self.content(name))

    def score(self, name: str) -> float | Absence:
        value = self.value(name)
        return value if isinstance(value, Absence) else float(value) if isinstance(value, float) else 0.0

    def number(self, name: str) -> float:
        content = self.content(name)
        return content if isinstance(content, float) else 0.0

    def word(self, name: str) -> str:
        content = self.content(name)
        return content if isinstance(content, str) else ""

    # ------------------------------------------------------------ findings off the cells

    def checks(self, submission_findings: Iterable[Finding]) -> Iterable[Finding]:
        """The 校验 cells' words as findings."""
        reported = {(finding.code, finding.field) for finding in submission_findings}
        unread = {finding.field for finding in submission_findings if finding.entry.unread}
        moved = {finding.field: finding.place for finding in submission_findings if finding.entry.relocates == "field"}
        renamed = (finding.facts for finding in submission_findings if finding.entry.relocates == "sheet")
        titles = {facts["sheet"]: str(facts["found"]) for facts in renamed}
        for slot in self.issue.layout.of(Role.CHECK):
            word = self.content(of_field(slot.field, parts.CHECK))
            code = self.issue.layout.words.get(word) if isinstance(word, str) else None
            if code and (code, slot.field) not in reported and slot.field not in unread:
                entry = self.issue.scheme.fields[slot.field]
                issued = self.issue.layout.place(slot.field)
                place = moved.get(slot.field) or Place(titles.get(issued.sheet, issued.sheet), issued.ref)
                facts = self.facts(code, slot.field, entry)
                if code == RELATION:
                    facts = {**facts, "found": word, "figures": self.related(slot.field, str(word))}
                yield Finding(code, self.file, place, slot.field, facts)

    def related(self, name: str, word: str) -> str:
        """The figures of the relation that does not hold, as the message lists them."""
        broken = (r for r in self.issue.scheme.relations if r.at == name and r.text == word)
        named = (name for relation in broken for name in parse(relation.holds).names)
        values = {name: self.content(name) for name in named if name in self.issue.layout.slots}
        return "、".join(f"{self.issue.scheme.label(name)} {_figure(value)}" for name, value in values.items())

    def facts(self, code: str, name: str, entry: SchemeField) -> dict[str, object]:
        value = self.content(name)
        in_doubt = code in (BELOW_ZERO, ABOVE_WHOLE)
        shown = figure_shown(entry, value) if in_doubt and isinstance(value, float) else _figure(value)
        limit = {ABOVE_MAXIMUM: entry.maximum, ABOVE_WHOLE: WHOLE}.get(code, entry.minimum)
        return {
            "label": entry.label or name, "found": shown, "limit": limit, "choices": "、".join(entry.words)
        }  # fmt: skip

    def open_inspections(self) -> Iterable[Finding]:
        """Inspections that headquarters has left blank."""
        for slot in self.issue.layout.of(Role.INSPECTION):
            if self.content(slot.name) is None:
                entry = self.issue.scheme.fields[slot.field]
                label = entry.label or slot.field
                yield Finding(INSPECTION_MISSING, self.file, slot.place, slot.field, {"label": label})

    def cell_faults(self) -> Iterable[Finding]:
        """Formulas that gave an error: the scheme's fault, and never silent."""
        for place in self.issue.layout.formulas:
            content = self.cells.get(place)
            if isinstance(content, CellFault):
                yield Finding(FORMULA_FAULT, self.file, place, facts={"found": content.code})


def _figure(value: CellContent) -> str:
    return f"{value:,.10g}" if isinstance(value, float) else str(value)


def _is_deduction(outcome: CellContent) -> bool:
    return isinstance(outcome, float) and outcome > 0
