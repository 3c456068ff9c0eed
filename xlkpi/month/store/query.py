"""Queries of the store: a month's standings, a dealer's months and figures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from xlkpi.findings import Finding, Ruling, Severity
from xlkpi.issue import Dealer
from xlkpi.month.older import OlderLoss, account_of_losses, applied_points, shapes_of
from xlkpi.month.standing import Earlier, GroupStanding, ItemStanding, Standing, Standings, ranked
from xlkpi.month.store.file import Store, StoreError
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.account import Account, Line
from xlkpi.values import ItemStatus, Place, State, Status, months_earlier

_LISTED = 20  # dealers in a sentence
_STANDING = ("file", "total", "published", "before_veto", "ceiling", "grade", "vetoed")
_LINE = 'level, kind, points, group_name AS "group", item, clause, nominal, scope, words AS "text", inspection'


@dataclass(frozen=True, slots=True)
class DealerMonth:
    """One submission of a dealer; `rank` of `among` ranked dealers where it counts and has one. `recorded` is UTC."""

    scheme: str
    version: str
    month: str
    revision: int
    current: bool
    recorded: str
    file: str
    status: Status
    published: float
    before_veto: float
    grade: str
    vetoed: bool
    errors: int
    rank: int | None = None
    among: int = 0

    @property
    def state(self) -> State:
        """The word for it that people read."""
        return State.of(self.status, self.vetoed)


@dataclass(frozen=True, slots=True)
class EarlierMonth:
    """A dealer's month as it counts: the published total (None while it is provisional), rank, and points by item."""

    month: str
    total: float | None
    rank: int | None = None
    grade: str = ""
    items: Mapping[str, float] = field(default_factory=dict)


def which_scheme(store: Store, name: str = "", month: str = "") -> str:
    """The scheme that is meant: the one named, or the only one that the store has (in that month).

    Raises:
        StoreError: it has none, or several and none is named (XK-W023).
    """
    known = _months_by_scheme(store)
    fitting = [scheme for scheme, months_ in known.items() if not month or month in months_]
    if name and name not in known:  # people say the title
        name = next(
            (scheme for scheme in fitting if definition_of(store, scheme, known[scheme][-1]).title == name), name
        )
    if name in fitting or (not name and len(fitting) == 1):
        return name or fitting[0]
    raise StoreError("XK-W023", path=str(store.path), found=_listed(known), wanted=name or "—", month=month or "—")


def store_of_others(store: Store, scheme: str, month: str) -> list[Finding]:
    """A finding where the store holds months, and none of a scheme up to a month: most likely it is another store."""
    known = _months_by_scheme(store)
    if not known or any(earlier <= month for earlier in known.get(scheme, ())):
        return []
    facts = {"path": str(store.path), "wanted": scheme, "month": month, "found": _listed(known)}
    return [Finding("XK-W043", store.path.name, facts=facts)]


def _months_by_scheme(store: Store) -> dict[str, list[str]]:
    query = "SELECT scheme, list(DISTINCT month ORDER BY month) FROM submissions GROUP BY scheme ORDER BY scheme"
    return dict(store.rows(query))


def _listed(known: Mapping[str, Iterable[str]]) -> str:
    return "；".join(f"{scheme}（{'、'.join(months_)}）" for scheme, months_ in known.items()) or "—"


def which_dealer(store: Store, text: str) -> str:
    """The code of the dealer that is meant, by code or by name.

    Raises:
        StoreError: the store knows no such dealer, or several of the name (XK-W041).
    """
    known = dict(store.rows("SELECT dealer, max_by(name, submission) FROM submissions WHERE dealer != '' GROUP BY ALL"))
    wanted = text.strip().casefold()
    fitting = [code for code, name in known.items() if wanted in (code.casefold(), str(name).casefold())]
    if text in known or len(fitting) == 1:
        return text if text in known else fitting[0]
    listed = [f"{code} {known[code]}" for code in (fitting or sorted(known))]
    more = f" 等 {len(listed)} 家" if len(listed) > _LISTED else ""
    raise StoreError("XK-W041", path=str(store.path), wanted=text, found="、".join(listed[:_LISTED]) + more or "—")


def latest_month(store: Store, scheme: str) -> str:
    """The last month of a scheme that the store has (`which_scheme`), be it that every file was refused."""
    return _months_by_scheme(store)[scheme][-1]


def standings(store: Store, scheme: str, month: str) -> Standings:
    """A month as it stands now, with the month before. Findings on headquarters' lists are of the latest run.

    Raises:
        StoreError: the store has nothing of that scheme and month (XK-W023).
    """
    which_scheme(store, scheme, month)
    definition = definition_of(store, scheme, month)
    rows = _ranked_month(store, scheme, month, definition)
    query = (
        "SELECT code, file, sheet, cell, field, facts, ruling FROM findings WHERE submission IS NULL AND run = "
        "(SELECT max(run) FROM runs WHERE scheme = ? AND month = ?) ORDER BY rowid"
    )
    lists = [_finding(entry) for entry in store.records(query, [scheme, month])]
    before = month_earlier(store, scheme, month)
    return Standings(definition, month, rows, findings=lists, before=before)


def month_earlier(store: Store, scheme: str, month: str) -> dict[str, Earlier]:
    """Published total and rank of the month before, by dealer code; who was refused then is left out."""
    rows = _ranked_month(store, scheme, months_earlier(month))
    return {
        row.dealer.code: Earlier(row.published, row.rank, row.dealer.region, row.dealer.peer_group)
        for row in rows if row.status is not Status.REJECTED
    }  # fmt: skip


def definition_of(store: Store, scheme: str, month: str) -> Scheme:
    """The scheme as the month's latest run had it."""
    query = (
        "SELECT definition FROM schemes JOIN runs USING (scheme, version, fingerprint) "
        "WHERE scheme = ? AND runs.month = ? ORDER BY run DESC LIMIT 1"
    )
    ((definition,),) = store.rows(query, [scheme, month])
    return Scheme.model_validate_json(definition)


def _ranked_month(store: Store, scheme: str, month: str, definition: Scheme | None = None) -> list[Standing]:
    """Accepted submissions that count, and rejected files of dealers who have none; with the scheme's definition also
    their items and findings."""
    # of what was refused, the latest for each dealer, and only while nothing of the dealer's was accepted
    query = """
        SELECT submission, dealer AS code, name, region, peer_group, status, file, total, published, before_veto,
            ceiling, grade, vetoed
        FROM submissions AS s WHERE scheme = ? AND month = ? AND (is_current OR (status = 'rejected' AND submission = (
            SELECT max(submission) FROM submissions o WHERE o.scheme = s.scheme AND o.month = s.month
            AND o.dealer = s.dealer AND (o.dealer != '' OR o.file = s.file))
        AND NOT EXISTS (FROM submissions o WHERE o.scheme = s.scheme AND o.month = s.month AND o.dealer = s.dealer
            AND o.is_current)))
        ORDER BY position, dealer, file
    """
    rows = {row["submission"]: _standing(row) for row in store.records(query, [scheme, month])}
    if definition is not None and rows:
        rows = _with_parts(store, rows, definition)
    return ranked(rows.values())


def _standing(row: Mapping[str, Any]) -> Standing:
    dealer = Dealer(row["code"], row["name"], row["region"], row["peer_group"])
    return Standing(dealer, Status(row["status"]), **{name: row[name] for name in _STANDING})


def _with_parts(store: Store, rows: Mapping[int, Standing], definition: Scheme) -> dict[int, Standing]:
    """With groups, items, account and findings. What an older version did not keep is derived from what it did keep."""
    groups = _by_submission(store, "group_scores", 'group_name AS "group", score, vetoed, undecided', rows)
    columns = "item, score, before_veto, status, vetoed" + ", applied" * ("applied" in store.columns("items"))
    items = _by_submission(store, "items", columns, rows)
    accounts = _by_submission(store, "account", _LINE, rows) if store.columns("account") else {}
    losses = _by_submission(store, "losses", "item, kind, scope, points, clause, inspection", rows)
    findings = _by_submission(store, "findings", "code, file, sheet, cell, field, facts, ruling", rows)
    full: dict[int, Standing] = {}
    for number, row in rows.items():
        recorded = [{**entry, "status": ItemStatus(entry["status"])} for entry in items.get(number, ())]
        item_rows, lines = _applied(definition, recorded), accounts.get(number)
        fired = (OlderLoss(**entry) for entry in losses.get(number, ()))
        full[number] = replace(
            row,
            groups=tuple(GroupStanding(**entry) for entry in groups.get(number, ())),
            items=tuple(ItemStanding(**entry) for entry in item_rows),
            account=Account(tuple(Line(**line) for line in lines))
            if lines
            else _of_losses(definition, fired, item_rows),
            findings=tuple(_finding(entry) for entry in findings.get(number, ())),
        )
    return full


def _applied(definition: Scheme, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Items with the points that they could earn."""
    if all(item.get("applied") is not None for item in items):
        return items
    applied = applied_points(shapes_of(definition), {item["item"]: item["status"] for item in items})
    return [{**item, "applied": applied.get(item["item"], 0.0)} for item in items]


def _of_losses(definition: Scheme, losses: Iterable[OlderLoss], items: Iterable[Mapping[str, Any]]) -> Account:
    points = {item.name: number_value(item.points) for item in definition.items}
    return account_of_losses(losses, {i["item"]: points.get(i["item"], 0.0) - i["before_veto"] for i in items})


def _by_submission(
    store: Store, table: str, columns: str, wanted: Mapping[int, Any]
) -> dict[int, list[dict[str, Any]]]:
    query = f"SELECT submission, {columns} FROM {table} WHERE list_contains(?, submission) ORDER BY submission, rowid"  # noqa: S608 - names of our own tables and columns; values are parameters
    grouped: dict[int, list[dict[str, Any]]] = {}
    for row in store.records(query, [list(wanted)]):
        grouped.setdefault(row.pop("submission"), []).append(row)
    return grouped


def _finding(row: Mapping[str, Any]) -> Finding:
    place = Place(row["sheet"], row["cell"]) if row["cell"] else None
    ruling = _ruling(json.loads(row["ruling"])) if row["ruling"] else None
    return Finding(row["code"], row["file"], place, row["field"], json.loads(row["facts"]), ruling)


def _ruling(row: dict[str, Any]) -> Ruling:
    severity = row.pop("severity")
    return Ruling(**row, severity=Severity(severity) if severity else None)


def dealer_months(store: Store, dealer: str) -> list[DealerMonth]:
    """Everything that a dealer sent, by month and revision."""
    query = """
        WITH places AS (
            SELECT submission, rank() OVER w AS place, count(*) OVER (PARTITION BY scheme, month) AS among
            FROM submissions WHERE is_current AND status = 'scored' AND NOT vetoed
            WINDOW w AS (PARTITION BY scheme, month ORDER BY published DESC)
        )
        SELECT s.scheme, r.version, s.month, s.revision, s.is_current, strftime(r.recorded, '%Y-%m-%d %H:%M'), s.file,
            s.status, s.published, s.before_veto, s.grade, s.vetoed,
            (SELECT count(*) FROM findings f WHERE f.submission = s.submission AND f.severity = 'error'),
            p.place, coalesce(p.among, 0)
        FROM submissions s JOIN runs r USING (run) LEFT JOIN places p USING (submission)
        WHERE s.dealer = ? ORDER BY s.month, s.scheme, s.revision
    """
    months = (DealerMonth(*row) for row in store.rows(query, [dealer]))
    return [replace(month, status=Status(month.status)) for month in months]


def earlier_months(store: Store, scheme: str, before: str, count: int = 12) -> dict[str, list[EarlierMonth]]:
    """What counts of every dealer's months before a month, by dealer code, at most so many months back.

    A dealer that sent nothing usable in a month lacks it.
    """
    first = before
    for _ in range(count):
        first = months_earlier(first)
    values = [scheme, first, before]
    where = "scheme = ? AND month >= ? AND month < ? AND is_current"
    scores: dict[int, dict[str, float]] = {}
    query = f"SELECT submission, item, i.score FROM items i JOIN submissions USING (submission) WHERE {where}"  # noqa: S608 - names of our own tables and columns; values are parameters
    for number, item, score in store.rows(query, values):
        if score is not None:
            scores.setdefault(number, {})[item] = score
    query = f"""
        WITH places AS (
            SELECT submission, rank() OVER (PARTITION BY month ORDER BY published DESC) AS place
            FROM submissions WHERE {where} AND status = 'scored' AND NOT vetoed
        )
        SELECT dealer, submission, month, CASE status WHEN 'scored' THEN published END, place, grade
        FROM submissions LEFT JOIN places USING (submission) WHERE {where} ORDER BY dealer, month
    """  # noqa: S608 - our own words
    months: dict[str, list[EarlierMonth]] = {}
    for dealer, number, month, total, rank, grade in store.rows(query, [*values, *values]):
        months.setdefault(dealer, []).append(EarlierMonth(month, total, rank, grade, scores.get(number, {})))
    return months


def past(store: Store, dealer: str, scheme: str, before: str = "9999-12") -> dict[str, list[tuple[str, float | str]]]:
    """A dealer's own answers and indicators of earlier months: by name, (month, value) from the earliest on.

    Only submissions that count; absences are left out. `before` is the month (YYYY-MM) that is looked at.
    """
    query = """
        SELECT v.name, s.month, v.number, v.word FROM field_values v JOIN submissions s USING (submission)
        WHERE s.dealer = ? AND s.scheme = ? AND s.month < ? AND s.is_current
        AND v.role IN ('answer', 'indicator', 'score') AND coalesce(v.word, '') NOT IN ('未填', '不适用', '无法读取')
        ORDER BY ALL
    """
    figures: dict[str, list[tuple[str, float | str]]] = {}
    for name, month, number, word in store.rows(query, [dealer, scheme, before]):
        figures.setdefault(name, []).append((month, word if number is None else number))
    return figures


def figures_before(store: Store, scheme: str, month: str, reach: int = 12) -> dict[str, dict[str, list[float]]]:
    """Answers that are numbers of the months before, by dealer and field, last month last; gaps are left out."""
    query = """
        SELECT s.dealer, v.name, list(v.number ORDER BY s.month)
        FROM field_values v JOIN submissions s USING (submission)
        WHERE s.scheme = ? AND s.is_current AND s.month BETWEEN ? AND ? AND v.role = 'answer' AND v.number IS NOT NULL
        GROUP BY ALL ORDER BY ALL
    """
    figures: dict[str, dict[str, list[float]]] = {}
    for dealer, name, numbers in store.rows(query, [scheme, months_earlier(month, reach), months_earlier(month)]):
        figures.setdefault(dealer, {})[name] = numbers
    return figures
