"""How a month stands: every dealer with rank, items, losses and findings, whether just scored or out of the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from xlkpi.batch.settle import dealer_named
from xlkpi.findings import Finding
from xlkpi.issue import Dealer
from xlkpi.month.results import Results, positions
from xlkpi.month.returns import MISSING, Return
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.assess import Assessment, ItemScore
from xlkpi.values import VETOED, Value, plain

DEDUCTED = "扣分"


@dataclass(frozen=True, slots=True)
class ItemStanding:
    """An item's result in points; `score` is None where the item was left out (不适用)."""

    item: str
    score: float | None
    before_veto: float
    status: str
    vetoed: bool


@dataclass(frozen=True, slots=True)
class GroupStanding:
    """A group's points, and whether it was vetoed, or may still turn out so for want of an inspection."""

    group: str
    score: float
    vetoed: bool
    undecided: bool = False


@dataclass(frozen=True, slots=True)
class Loss:
    """A clause that took something. `kind` is 否决 or 扣分; `inspection` what headquarters wrote, in words."""

    item: str
    kind: str
    scope: str
    points: float
    clause: str
    inspection: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A dealer's month. `status`: scored, provisional, rejected; figures are in points; rank None: apart."""

    dealer: Dealer
    status: str
    file: str
    total: float = 0.0
    published: float = 0.0
    before_veto: float = 0.0
    ceiling: float = 0.0
    grade: str = ""
    vetoed: bool = False
    groups: tuple[GroupStanding, ...] = ()
    items: tuple[ItemStanding, ...] = ()
    losses: tuple[Loss, ...] = ()
    findings: tuple[Finding, ...] = ()
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Standings:
    """All dealers of a month in roster order. `returns` is the return list where deadlines are known; `before`
    holds last month's published total and rank by dealer code."""

    scheme: Scheme
    month: str
    rows: Sequence[Standing]
    missing: Sequence[Dealer] = ()
    findings: Sequence[Finding] = ()
    returns: Sequence[Return] = ()
    before: Mapping[str, tuple[float, int | None]] = field(default_factory=dict)

    @property
    def ranking(self) -> dict[str, int]:
        """Each ranked dealer's place."""
        return {row.dealer.code: row.rank for row in self.rows if row.rank is not None}

    def all_findings(self) -> Iterator[Finding]:
        """Every finding: those of the month itself, then each dealer's."""
        yield from self.findings
        for row in self.rows:
            yield from row.findings


def standings_of(results: Results, before: Mapping[str, tuple[float, int | None]] | None = None) -> Standings:
    """A run's results as standings."""
    issue = results.issue
    rows = [standing_of(issue.roster[done.dealer], done) for done in results.assessments]
    for refused in results.unusable:
        dealer = issue.roster.get(refused.dealer, Dealer(refused.dealer, ""))
        rows.append(Standing(dealer, "rejected", refused.file, findings=refused.findings))
    return Standings(
        issue.scheme,
        issue.month,
        ranked(rows),
        _missing(results, rows),
        results.findings,
        results.returns,
        before or {},
    )


def _missing(results: Results, rows: Iterable[Standing]) -> list[Dealer]:
    """Of whom nothing came: by the return list, else by what was read or by the files' names."""
    roster = results.issue.roster
    if results.returns:
        codes = {line.dealer for line in results.returns if line.status == MISSING}
        return [dealer for code, dealer in roster.items() if code in codes]
    sent = {row.dealer.code for row in rows if row.status != "rejected"}
    sent |= {refused.dealer or dealer_named(refused.file, roster) for refused in results.unusable}
    return [dealer for code, dealer in roster.items() if code not in sent]


def standing_of(dealer: Dealer, done: Assessment) -> Standing:
    """One assessment as a standing, without a rank."""
    return Standing(
        dealer, done.status, done.file, done.total, done.published, done.before_veto, done.ceiling, done.grade,
        done.vetoed, tuple(GroupStanding(g.name, g.score, g.vetoed, g.undecided) for g in done.groups),
        tuple(_item(item) for item in done.items), tuple(_losses(done.items)), done.findings,
    )  # fmt: skip


def ranked(rows: Iterable[Standing]) -> list[Standing]:
    """With ranks by the published total: ties share (1, 2, 2, 4); provisional and totally vetoed ones have none."""
    listed = list(rows)
    places = positions({n: row.published for n, row in enumerate(listed) if row.status == "scored" and not row.vetoed})
    return [replace(row, rank=places.get(number)) for number, row in enumerate(listed)]


def _item(item: ItemScore) -> ItemStanding:
    score = item.score if isinstance(item.score, float) else None
    return ItemStanding(item.id, score, item.before_veto, item.status, item.vetoed)


def _losses(items: Iterable[ItemScore]) -> Iterable[Loss]:
    for item in items:
        for fired in item.vetoes:
            yield Loss(item.id, VETOED, fired.scope, 0.0, fired.clause, _words(fired.inspection))
        for fired in item.deductions:
            yield Loss(item.id, DEDUCTED, "", fired.points, fired.clause, _words(fired.inspection))


def _words(value: Value) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(plain(value))
