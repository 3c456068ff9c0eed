"""How a month stands: every dealer with rank, items, losses and findings, whether just scored, read back from a folder
or out of the store."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

from xlkpi.batch.settle import dealer_named
from xlkpi.findings import Finding
from xlkpi.intake.submission import Unusable
from xlkpi.issue import Dealer
from xlkpi.month.returns import Return
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.assess import Assessment, ItemScore
from xlkpi.values import VETOED, Absence, ItemStatus, State, Status, Value, plain

DEDUCTED = "扣分"

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
    """A dealer's month. Figures are in points; rank None: unranked."""

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
    losses: tuple[Loss, ...] = ()
    findings: tuple[Finding, ...] = ()
    rank: int | None = None

    @property
    def state(self) -> State:
        """What people read of it."""
        return State.of(self.status, self.vetoed)

    @property
    def has_veto(self) -> bool:
        """Whether any clause or gate vetoed an item, a group or the total."""
        return self.vetoed or any(i.vetoed for i in self.items) or any(g.vetoed for g in self.groups)


@dataclass(frozen=True, slots=True)
class Standings:
    """All dealers of a month in roster order.

    `missing` are dealers of the roster of whom nothing came, None where the roster is not known (the store keeps what
    came and nothing else). `returns` is the return list where deadlines are known; `before` the month before by dealer
    code.
    """

    scheme: Scheme
    month: str
    rows: Sequence[Standing]
    missing: Sequence[Dealer] | None = None
    findings: Sequence[Finding] = ()
    returns: Sequence[Return] = ()
    before: Mapping[str, Earlier] = field(default_factory=dict)

    @property
    def ranking(self) -> dict[str, int]:
        """Each ranked dealer's place."""
        return {row.dealer.code: row.rank for row in self.rows if row.rank is not None}

    def all_findings(self) -> Iterator[Finding]:
        """Every finding: those of the month itself, then each dealer's."""
        yield from self.findings
        for row in self.rows:
            yield from row.findings


def standing_of(scheme: Scheme, dealer: Dealer, done: Assessment) -> Standing:
    """One assessment as a standing, without a rank."""
    applied = applied_points(shapes_of(scheme), {item.id: item.status for item in done.items})
    return Standing(
        dealer, done.status, done.file, done.total, done.published, done.before_veto, done.ceiling, done.grade,
        done.vetoed, tuple(GroupStanding(g.name, g.score, g.vetoed, g.undecided) for g in done.groups),
        tuple(_item(item, applied[item.id]) for item in done.items), tuple(_losses(done.items)), done.findings,
    )  # fmt: skip


def refused_standing(roster: Mapping[str, Dealer], refused: Unusable) -> Standing:
    """A file that could not be scored, as its sender's standing."""
    return Standing(sender(roster, refused), Status.REJECTED, refused.file, findings=refused.findings)


def sender(roster: Mapping[str, Dealer], refused: Unusable) -> Dealer:
    """Who sent a file that could not be scored: by the file's contents, else by the name it was issued under."""
    code = refused.dealer or dealer_named(refused.file, roster)
    return roster.get(code, Dealer(code, ""))


class GroupShape(NamedTuple):
    """What decides the points that apply in a group: its points, whether its other items are scaled where one is
    不适用, and each item with its points and whether it is a bonus."""

    points: float
    rescales: bool
    items: Sequence[tuple[str, float, bool]]


def shapes_of(scheme: Scheme) -> list[GroupShape]:
    """The groups of a scheme."""
    return [
        GroupShape(
            number_value(group.points),
            (group.not_applicable or scheme.defaults.not_applicable) == "rescale",
            [(item.name, number_value(item.points), item.bonus) for item in group.items],
        )
        for group in scheme.groups
    ]


def applied_points(groups: Iterable[GroupShape], statuses: Mapping[str, str]) -> dict[str, float]:
    """The points that each item could earn from a dealer, by the states of the dealer's items.

    An item that is 不适用 could earn none; where the group rescales, the others of the group carry its points.
    """
    left_out = Absence.NOT_APPLICABLE.value
    applied: dict[str, float] = {}
    for group in groups:
        own = [(item, points) for item, points, bonus in group.items if not bonus]
        held = sum(points for item, points in own if statuses.get(item) != left_out)
        scaled = group.rescales and 0 < held < sum(points for _, points in own)
        scale = group.points / held if scaled else 1.0
        for item, points, bonus in group.items:
            applied[item] = 0.0 if statuses.get(item) == left_out else points if bonus else points * scale
    return applied


def ranked(rows: Iterable[Standing]) -> list[Standing]:
    """With ranks by the published total: ties share (1, 2, 2, 4); provisional and totally vetoed ones have none."""
    listed = list(rows)
    places = positions({n: row.published for n, row in enumerate(listed) if row.state is State.SCORED})
    return [replace(row, rank=places.get(number)) for number, row in enumerate(listed)]


def positions(figures: Mapping[K, float]) -> dict[K, int]:
    """Each key's place by its figure, the greatest first; equal ones share a place (1, 2, 2, 4)."""
    order = sorted(figures.values(), reverse=True)
    first = {figure: place for place, figure in reversed(list(enumerate(order, 1)))}
    return {key: first[figure] for key, figure in figures.items()}


def _item(item: ItemScore, applied: float) -> ItemStanding:
    score = item.score if isinstance(item.score, float) else None
    return ItemStanding(item.id, score, item.before_veto, item.status, item.vetoed, applied)


def _losses(items: Iterable[ItemScore]) -> Iterator[Loss]:
    for item in items:
        for fired in item.vetoes:
            yield Loss(item.id, VETOED, fired.scope, 0.0, fired.clause, _words(fired.inspection))
        for fired in item.deductions:
            yield Loss(item.id, DEDUCTED, "", fired.points, fired.clause, _words(fired.inspection))


def _words(value: Value) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(plain(value))
