"""A dealer in the report: its row of the ranking, and its page with every item explained."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlkpi.findings import by_cause, such_cells
from xlkpi.month.records import DealerRecord, DiagnosisRecord, FindingRecord, ItemRecord
from xlkpi.month.scores import account_of_record, applied_of
from xlkpi.scoring.account import Account, Line
from xlkpi.scoring.as_excel import round_half_away
from xlkpi.shown.report.figures import figure, is_number, points
from xlkpi.shown.report.source import Source
from xlkpi.shown.report.summary import guide, keys, last_of
from xlkpi.values import State, Status

_STATUSES = tuple(Status)


@dataclass(frozen=True, slots=True)
class Row:
    """A dealer's row. Texts as they are printed; the numbers beside them are what sorts. None sorts last."""

    key: str
    dealer: DealerRecord
    state: str
    rank: int | None
    moved: int | None
    total: str
    ceiling: str
    before: str
    grade: str
    vetoes: int
    deducted: float
    deducted_text: str
    lost: float | None
    lost_text: str
    findings: int
    worst: str


def rows(source: Source) -> list[Row]:
    """The ranking: ranked ones, then those totally vetoed, provisional, and not scored."""
    unsorted = [_row(source, key, dealer) for key, dealer in zip(keys(source.dealers), source.dealers, strict=True)]
    return sorted(unsorted, key=_place)


def _place(row: Row) -> tuple[int, int]:
    return row.rank if row.rank is not None else 10**9, _STATUSES.index(row.dealer.status)


def _row(source: Source, key: str, dealer: DealerRecord) -> Row:
    items = dealer.items
    account = account_of_record(dealer)
    deducted = account.deducted
    most = applied_of(source.definitions, dealer)
    losses = ((most[item.id] - item.score, item.id) for item in items if is_number(item.score) and most.get(item.id))
    lost, label = max(losses, key=lambda pair: pair[0], default=(0.0, ""))
    lost = lost if points(lost, source.digits) != points(0.0, source.digits) else 0.0
    last, rank = last_of(source, dealer.dealer), dealer.rank
    severities = [finding.severity for finding in dealer.findings]
    ceiling = dealer.total_range[1] if dealer.total_range else None
    return Row(
        key=key,
        dealer=dealer,
        state=source.word(State.of(dealer.status, bool(dealer.vetoed), dealer.trial)),
        rank=rank,
        moved=last.rank - rank if last is not None and last.rank is not None and rank is not None else None,
        total=points(dealer.published, source.digits),
        ceiling=points(ceiling, source.digits) if dealer.status is Status.PROVISIONAL else "",
        before=points(dealer.total_before_veto, source.digits),
        grade=dealer.grade,
        vetoes=sum(line.vetoes for line in account.losses),
        deducted=deducted,
        deducted_text=points(deducted, source.digits) if deducted else "",
        lost=lost or None,
        lost_text=f"{source.name('items', label)} −{points(lost, source.digits)}" if lost else "",
        findings=len(severities),
        worst=next((word for word in ("error", "warning", "notice") if word in severities), ""),
    )


def shared(source: Source) -> dict[str, Any]:
    """What every dealer's page needs and none has of its own: standards, indicators, causes."""
    definitions = source.definitions
    return {
        "items": {
            name: {
                "name": source.name("items", name),
                "standard": [entry.text] * bool(entry.text)
                + [source.clause(name, number) for number in range(1, len(entry.clauses) + 1)],
            }
            for name, entry in definitions.items.items()
        },
        "indicators": [
            {
                "system": source.name("systems", entry.system) if entry.system else "",
                "id": entry.id,
                "name": source.name("indicators", name),
                "unit": entry.unit,
                "guide": guide(source, entry),
            }
            for name, entry in definitions.indicators.items()
        ],
        "diagnoses": [
            {
                "problem": source.problem(entry),
                "indicator": source.name("indicators", entry.of),
                "causes": entry.causes,
                "measures": entry.measures,
            }
            for entry in definitions.diagnoses
        ],
    }


def page(source: Source, row: Row) -> dict[str, Any]:
    """One dealer's page as data, every figure as it is printed."""
    dealer, most = row.dealer, applied_of(source.definitions, row.dealer)
    account = account_of_record(dealer)
    return {
        "key": row.key,
        "code": dealer.dealer,
        "name": dealer.name or dealer.file,
        "region": dealer.region,
        "group": dealer.peer_group,
        "file": dealer.file,
        "made_of": dealer.made_of,
        "state": " · ".join(filter(None, (row.state, dealer.remark))),
        "rank": row.rank,
        "total": row.total,
        "ceiling": row.ceiling,
        "before": row.before,
        "grade": row.grade,
        "vetoed": bool(dealer.vetoed),
        "groups": [
            {
                "name": source.group(group.name),
                "points": points(group.points, source.digits),
                "score": points(group.score, source.digits),
                "vetoed": group.vetoed,
                "items": [_item(source, item, most, account) for item in dealer.items if item.group == group.name],
            }
            for group in dealer.groups
        ],
        "account": [_line(source, line) for line in dealer.account],
        "indicators": _indicators(source, dealer),
        "diagnoses": [[d.number - 1, _stake(source, d)] for d in dealer.diagnoses],
        "findings": [_finding(source, several) for several in by_cause(dealer.findings, _cause)],
        "months": _months(source, dealer),
    }


def _line(source: Source, line: Line) -> list[str]:
    """A step of the score: what it is about, which step, its words, and the points with so many digits that a reader
    can add them up."""
    words = " · ".join(filter(None, (source.line_words(line), source.inspected(line))))
    points_ = f"{round_half_away(line.points, 4) + 0.0:+.10g}" if line.points else "0"
    return [source.subject(line), source.words[f"line_{line.kind}"], words, points_]


def _item(source: Source, item: ItemRecord, most: Mapping[str, float], account: Account) -> dict[str, Any]:
    entry = source.definitions.items.get(item.id)
    field = source.definitions.fields.get(entry.of) if entry else None
    kind = field.type if field else "number"
    measured = bool(entry and entry.of)
    applied = most.get(item.id)
    return {
        "id": item.id,
        "points": points(item.points, source.digits),
        "target": source.word(figure(item.target, kind)) if measured else "",
        "actual": source.word(figure(item.actual, kind)) if measured else "",
        "unit": field.unit if field else "",
        "completion": source.word(figure(item.completion, "rate")) if measured else "",
        "score": source.word(points(item.score, source.digits)),
        "earned": round(item.score / applied, 4) if applied and is_number(item.score) else None,
        "ceiling": _could_be(source, item),
        "status": source.word(item.status),
        "vetoed": item.vetoed,
        "bonus": bool(entry and entry.bonus),
        "fired": [_fired(source, line) for line in account.losses if line.item == item.id],
        "trace": item.trace,
    }  # fmt: skip


def _fired(source: Source, line: Line) -> list[str]:
    """A clause that took something: its words, what it was held against, the scope of a veto, the points."""
    scope = source.words[f"scope_{line.scope}"] if line.vetoes else ""
    lost_points = points(line.taken, source.digits)
    lost = f"−{lost_points}" if line.taken else "" if line.vetoes else lost_points
    return [source.line_words(line), source.inspected(line), scope, lost]


def _could_be(source: Source, item: ItemRecord) -> str:
    low, high = item.score_range
    return points(high, source.digits) if is_number(low) and high > low else ""


def _indicators(source: Source, dealer: DealerRecord) -> list[list[str]]:
    """Value and judgement of each indicator, in the order of `shared`."""
    if not dealer.indicators:
        return []
    return [
        [source.word(figure(dealer.indicators.get(name), entry.type)),
         source.word(dealer.judgements.get(name, ""))]
        for name, entry in source.definitions.indicators.items()
    ]  # fmt: skip


def _stake(source: Source, diagnosis: DiagnosisRecord) -> str:
    unit = source.definitions.diagnoses[diagnosis.number - 1].stake_in
    return f"{figure(diagnosis.stake, 'count')} {unit}" if unit else figure(diagnosis.stake, "rate")


def _cause(finding: FindingRecord) -> Hashable | None:
    return (finding.code, finding.sheet, finding.severity) if finding.cell else None


def _finding(source: Source, several: Sequence[FindingRecord]) -> list[str]:
    """One finding, or several of one cause."""
    first = several[0]
    place = f"{first.sheet}!{first.cell}" if first.cell else first.sheet
    message, remedy = source.message_and_remedy(first)
    cells = such_cells([finding.cell for finding in several], source.lang)
    return [first.severity, first.code, place, message + cells, remedy]


def _months(source: Source, dealer: DealerRecord) -> list[dict[str, Any]]:
    """The trend, oldest month first; empty where no other month is known."""
    month = source.data.month
    past = [
        {"month": p.month, "total": p.total, "rank": p.rank, "grade": p.grade, "items": dict(p.items)}
        for p in source.history.get(dealer.dealer, ()) if p.month < month
    ]  # fmt: skip
    if not past:
        return []
    scores = {item.id: item.score for item in dealer.items if is_number(item.score)}
    now = {"month": month, "total": dealer.published, "rank": dealer.rank,
           "grade": dealer.grade, "items": scores}  # fmt: skip
    return [*past, now]
