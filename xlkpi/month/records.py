"""The contents of scores.json, typed: the records that the writer makes of a month and that reading gives back.

The fields' order is the order in the file. Points are floats; an absence stands as its word (未填, 不适用, 无法读取).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default_of
from typing import Annotated, Any

from pydantic import PlainSerializer

from xlkpi.findings import Finding, finding_json
from xlkpi.issue import Dealer
from xlkpi.month.returns import Return, ReturnStatus
from xlkpi.scoring.account import Line
from xlkpi.scoring.assess import Assessment, ItemScore, TriggeredClause
from xlkpi.values import ItemStatus, Status, plain

Word = float | str | bool | None
"""A value as JSON has it: a number, a text, or an absence's word."""


@dataclass(frozen=True, slots=True)
class VetoRecord:
    """A clause that vetoed. `number` counts the item's clauses from 1; `scope` is item, group or total; `taken` are the
    points that it took."""

    number: int
    clause: str
    inspection: Word
    scope: str
    taken: float | None = None


@dataclass(frozen=True, slots=True)
class DeductionRecord:
    """A clause that took points. `points` is what it deducts by itself, `taken` what it took: an item stops at 0."""

    number: int
    clause: str
    inspection: Word
    points: float
    taken: float | None = None


@dataclass(frozen=True, slots=True)
class FindingRecord:
    """A finding with its Chinese sentences, and the facts of which other languages make theirs. `ruling` is
    headquarters' word that changed its severity, `reply` the dealer's answer."""

    code: str
    severity: str
    sheet: str
    cell: str
    field: str
    message: str
    remedy: str
    facts: Mapping[str, Any] = default_of(default_factory=dict)
    ruling: Mapping[str, Any] | None = None
    reply: Mapping[str, Any] | None = None


def _without_nothing(finding: FindingRecord) -> dict[str, Any]:
    """As it stands in the file: the keys `ruling` and `reply` only where there is one."""
    data = {name: getattr(finding, name) for name in FindingRecord.__slots__}
    return {name: value for name, value in data.items() if name not in ("ruling", "reply") or value is not None}


FindingJson = Annotated[FindingRecord, PlainSerializer(_without_nothing)]


def _without_blanks(line: Line) -> dict[str, Any]:
    """As it stands in the file: without keys that say nothing."""
    data = {name: getattr(line, name) for name in Line.__slots__}
    always = ("level", "kind", "points")
    return {name: value for name, value in data.items() if value or name in always}


LineJson = Annotated[Line, PlainSerializer(_without_blanks)]


@dataclass(frozen=True, slots=True)
class GroupRecord:
    """A group's result, in points. `gate` is 否决 where it missed its gate, which may take the total and leave its own
    score."""

    name: str
    points: float
    score: float
    before_veto: float = 0.0
    vetoed: bool = False
    gate: str = ""


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """An item's result. `score_range` is from the score to what it could still be, `trace` the sentence that explains
    the score, `applied` the points that it could earn from this dealer."""

    id: str
    name: str
    group: str
    points: float
    score: Word
    score_range: tuple[Word, float]
    before_veto: float = 0.0
    status: ItemStatus = ItemStatus.SCORED
    target: Word = None
    actual: Word = None
    completion: Word = None
    vetoed: bool = False
    vetoes: tuple[VetoRecord, ...] = ()
    deductions: tuple[DeductionRecord, ...] = ()
    trace: str = ""
    applied: float | None = None


@dataclass(frozen=True, slots=True)
class DiagnosisRecord:
    """A problem that shows, by its number in the scheme from 1. `stake` is its weight."""

    number: int
    problem: str
    stake: float


@dataclass(frozen=True, slots=True)
class ProvenanceRecord:
    """Where a figure came from: its field, remark or table and its cell in the form, what counts, the source's file and
    cell, and what another source says that does not count."""

    name: str
    cell: str
    value: Word
    source: str
    other: str = ""


@dataclass(frozen=True, slots=True)
class DealerRecord:
    """A dealer's month, or a file that could not be scored (status `rejected`: neither score nor items).

    `published` is the total as printed, which grade and rank go by; `rank` is None for who is not ranked. A dealer on
    `trial` (试运营) never is; `remark` says since when, and for which part of the month it is open. `made_of` is a
    short hash of what the score was made of. `account` are the steps of the score, whose points add up to `published`.
    `copies` are the files that were joined, `provenance` where figures came from that do not plainly stand in the one
    file. The file has no keys for what says nothing.
    """

    dealer: str
    name: str
    region: str
    peer_group: str = ""
    file: str = ""
    status: Status = Status.REJECTED
    total: float | None = None
    total_range: tuple[float, float] | None = None
    total_before_veto: float | None = None
    published: float | None = None
    grade: str = ""
    rank: int | None = None
    vetoed: bool = False
    trial: bool = False
    remark: str = ""
    made_of: str = ""
    groups: tuple[GroupRecord, ...] = ()
    items: tuple[ItemRecord, ...] = ()
    indicators: Mapping[str, Word] = default_of(default_factory=dict)
    judgements: Mapping[str, str] = default_of(default_factory=dict)
    diagnoses: tuple[DiagnosisRecord, ...] = ()
    findings: tuple[FindingJson, ...] = ()
    account: tuple[LineJson, ...] = ()
    copies: tuple[str, ...] = ()
    provenance: tuple[ProvenanceRecord, ...] = ()

    def without(self) -> set[str]:
        """The keys that the file has only where they say something."""
        return {name for name in ("trial", "remark", "made_of", "copies", "provenance") if not getattr(self, name)}


REFUSED_FIELDS = ("dealer", "name", "region", "peer_group", "file", "status", "findings")
"""What the file says of a file that could not be scored."""


@dataclass(frozen=True, slots=True)
class ReturnRecord:
    """A line of the return list."""

    dealer: str
    name: str
    region: str
    status: ReturnStatus
    file: str = ""
    received: str = ""
    logged: bool = False
    days_late: int = 0
    errors: int = 0
    note: str = ""


def dealer_record(dealer: Dealer, scored: Assessment, rank: int | None) -> DealerRecord:
    """A dealer's assessment as a record."""
    return DealerRecord(
        dealer=dealer.code,
        name=dealer.name,
        region=dealer.region,
        peer_group=dealer.peer_group,
        file=scored.file,
        status=scored.status,
        total=scored.total,
        total_range=(scored.total, scored.ceiling),
        total_before_veto=scored.before_veto,
        published=scored.published,
        grade=scored.grade,
        rank=rank,
        vetoed=scored.vetoed,
        trial=bool(dealer.trial),
        remark=dealer.remark,
        made_of=scored.made_of,
        groups=tuple(GroupRecord(g.name, g.points, g.score, g.before_veto, g.vetoed, g.gate) for g in scored.groups),
        items=tuple(_item(item) for item in scored.items),
        indicators={name: plain(value) for name, value in scored.indicators.items()},
        judgements=dict(scored.judgements),
        diagnoses=tuple(DiagnosisRecord(d.number, d.problem, d.stake) for d in scored.diagnoses),
        findings=tuple(finding_record(finding) for finding in scored.findings),
        account=scored.account.lines,
        copies=scored.copies,
        provenance=tuple(
            ProvenanceRecord(p.name, p.cell, plain(p.value), p.source, p.other) for p in scored.provenance
        ),
    )


def refused_record(dealer: Dealer, file: str, findings: tuple[Finding, ...]) -> DealerRecord:
    """A file that could not be scored as a record."""
    records = tuple(finding_record(finding) for finding in findings)
    return DealerRecord(dealer.code, dealer.name, dealer.region, dealer.peer_group, file, findings=records)


def finding_record(finding: Finding) -> FindingRecord:
    """A finding as a record."""
    return FindingRecord(**finding_json(finding))


def return_record(line: Return) -> ReturnRecord:
    """A line of the return list as a record."""
    return ReturnRecord(**line.to_json())


def _item(item: ItemScore) -> ItemRecord:
    return ItemRecord(
        id=item.id,
        name=item.name,
        group=item.group,
        points=item.points,
        score=plain(item.score),
        score_range=(plain(item.score), item.ceiling),
        before_veto=item.before_veto,
        status=item.status,
        target=plain(item.target),
        actual=plain(item.actual),
        completion=plain(item.completion),
        vetoed=item.vetoed,
        vetoes=tuple(VetoRecord(f.number, f.clause, plain(f.inspection), f.scope, f.taken) for f in item.vetoes),
        deductions=tuple(_deduction(fired) for fired in item.deductions),
        trace=item.trace,
        applied=item.applied,
    )


def _deduction(fired: TriggeredClause) -> DeductionRecord:
    return DeductionRecord(fired.number, fired.clause, plain(fired.inspection), fired.points, fired.taken)
