"""A month's standings: every dealer with rank, items, account and findings, whether just scored, read from a folder
or from the store."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

from xlkpi.findings import Finding
from xlkpi.intake.file_names import dealer_named
from xlkpi.intake.submission import Unusable
from xlkpi.issue import Dealer, Revision, basis_said
from xlkpi.month.returns import Return
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.account import Account
from xlkpi.scoring.assess import Assessment, ItemScore
from xlkpi.values import ItemStatus, State, Status

K = TypeVar("K", bound=Hashable)


class Earlier(NamedTuple):
    """A dealer's month before: the published total in points, its rank among all (None: it had none), and where it
    belonged then."""

    published: float
    rank: int | None
    region: str = ""
    peer_group: str = ""


@dataclass(frozen=True, slots=True)
class ItemStanding:
    """An item's result in points. `score` is None where the item was left out (不适用); `applied` the points that it
    could earn from this dealer: its own, scaled where others of its group were left out, 0 where it was itself."""

    item: str
    score: float | None
    before_veto: float
    status: ItemStatus
    vetoed: bool
    applied: float = 0.0


@dataclass(frozen=True, slots=True)
class GroupStanding:
    """A group's points, and whether it was vetoed, or may still turn out so for want of an inspection."""

    group: str
    score: float
    vetoed: bool
    undecided: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A dealer's month. Figures are in points; rank None: unranked. `made_of` is a short hash of what the score was
    made of."""

    dealer: Dealer
    status: Status
    file: str
    total: float = 0.0
    published: float = 0.0
    before_veto: float = 0.0
    ceiling: float = 0.0
    grade: str = ""
    vetoed: bool = False
    groups: tuple[GroupStanding, ...] = ()
    items: tuple[ItemStanding, ...] = ()
    account: Account = field(default_factory=Account)
    findings: tuple[Finding, ...] = ()
    rank: int | None = None
    made_of: str = ""

    @property
    def state(self) -> State:
        """The word for it that people read."""
        return State.of(self.status, self.vetoed, bool(self.dealer.trial))

    @property
    def has_veto(self) -> bool:
        """Whether any clause or gate vetoed an item, a group or the total."""
        return self.vetoed or any(i.vetoed for i in self.items) or any(g.vetoed for g in self.groups)


@dataclass(frozen=True, slots=True)
class Standings:
    """All dealers of a month in roster order.

    `missing` are dealers of the roster of whom nothing came, None where the roster is not known (the store keeps what
    came and nothing else). `returns` is the return list where deadlines are known; `before` the month before by dealer
    code; `revision` the revision of the targets that holds, `made_of` a short hash of what the month was made of.
    """

    scheme: Scheme
    month: str
    rows: Sequence[Standing]
    missing: Sequence[Dealer] | None = None
    findings: Sequence[Finding] = ()
    returns: Sequence[Return] = ()
    before: Mapping[str, Earlier] = field(default_factory=dict)
    revision: Revision | None = None
    made_of: str = ""

    @property
    def basis(self) -> str:
        """What every page prints: scheme with version, revision of the targets, and a hash of what it was made of."""
        return basis_said(self.scheme.name, self.scheme.version, self.revision, self.made_of)

    @property
    def ranking(self) -> dict[str, int]:
        """Each ranked dealer's place."""
        return {row.dealer.code: row.rank for row in self.rows if row.rank is not None}

    def all_findings(self) -> Iterator[Finding]:
        """Every finding: those of the month itself, then each dealer's."""
        yield from self.findings
        for row in self.rows:
            yield from row.findings


def standing_of(dealer: Dealer, assessment: Assessment) -> Standing:
    """One assessment as a standing, without a rank."""
    return Standing(
        dealer, assessment.status, assessment.file, assessment.total, assessment.published, assessment.before_veto,
        assessment.ceiling, assessment.grade, assessment.vetoed,
        tuple(GroupStanding(g.name, g.score, g.vetoed, g.undecided) for g in assessment.groups),
        tuple(_item(item) for item in assessment.items), assessment.account, assessment.findings,
        made_of=assessment.made_of,
    )  # fmt: skip


def hash_of_month(issued: Sequence[str], rows: Iterable[Standing]) -> str:
    """A short hash of what a month was made of: what was issued, and what each dealer's score was made of."""
    lines = [*issued, *(f"{row.dealer.code} {row.made_of}" for row in rows if row.made_of)]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def refused_standing(roster: Mapping[str, Dealer], refused: Unusable) -> Standing:
    """A file that could not be scored, as its sender's standing."""
    return Standing(sender(roster, refused), Status.REJECTED, refused.file, findings=refused.findings)


def sender(roster: Mapping[str, Dealer], refused: Unusable) -> Dealer:
    """Who sent a file that could not be scored: by the file's contents, else by the name it was issued under."""
    code = refused.dealer or dealer_named(refused.file, roster)
    return roster.get(code, Dealer(code, ""))


def ranked(rows: Iterable[Standing]) -> list[Standing]:
    """With ranks by the published total: ties share (1, 2, 2, 4); provisional and totally vetoed ones, and those on
    trial, have none."""
    listed = list(rows)
    places = positions({n: row.published for n, row in enumerate(listed) if row.state is State.SCORED})
    return [replace(row, rank=places.get(number)) for number, row in enumerate(listed)]


def positions(figures: Mapping[K, float]) -> dict[K, int]:
    """Each key's place by its figure, the greatest first; equal ones share a place (1, 2, 2, 4)."""
    order = sorted(figures.values(), reverse=True)
    first = {figure: place for place, figure in reversed(list(enumerate(order, 1)))}
    return {key: first[figure] for key, figure in figures.items()}


def _item(item: ItemScore) -> ItemStanding:
    score = item.score if isinstance(item.score, float) else None
    return ItemStanding(item.id, score, item.before_veto, item.status, item.vetoed, item.applied)
