"""Queries of the store: a month's standings, a dealer's months and figures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from xlkpi.findings import Finding, Ruling, Severity
from xlkpi.headquarters.joined import Known, joined, open_then
from xlkpi.issue import Dealer, Merged, Revision
from xlkpi.month.older import OlderLoss, account_of_losses, applied_points, shapes_of
from xlkpi.month.standing import Earlier, GroupStanding, ItemStanding, Standing, Standings, ranked
from xlkpi.month.store.file import Store, StoreError
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.account import Account, Line
from xlkpi.values import ItemStatus, Place, State, Status, months_between, months_earlier

_LISTED = 20  # dealers in a sentence
_STANDING = ("file", "total", "published", "before_veto", "ceiling", "grade", "vetoed", "made_of")
_LINE = 'level, kind, points, group_name AS "group", item, clause, nominal, scope, words AS "text", inspection'


@dataclass(frozen=True, slots=True)
class DealerMonth:
    """One submission of a dealer, or of `dealer` that was merged into it; `rank` of `among` ranked dealers where it
    counts and has one. `recorded` is UTC; `trial` says since when it was on trial."""

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
    trial: str = ""
    dealer: str = ""

    @property
    def state(self) -> State:
        """The word for it that people read."""
        return State.of(self.status, self.vetoed, bool(self.trial))


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
    revision, made_of = _basis(store, scheme, month)
    return Standings(definition, month, rows, findings=lists, before=before, revision=revision, made_of=made_of)


def _basis(store: Store, scheme: str, month: str) -> tuple[Revision | None, str]:
    """The revision of the targets that the month's latest run had, and the hash of what it was made of."""
    if "made_of" not in store.columns("runs"):
        return None, ""
    query = (
        "SELECT coalesce(revision, 0), coalesce(revised_on, ''), coalesce(made_of, '') FROM runs "
        "WHERE scheme = ? AND month = ? ORDER BY run DESC LIMIT 1"
    )
    ((number, day, made_of),) = store.rows(query, [scheme, month])
    return Revision(number, day) if number else None, made_of


def month_earlier(
    store: Store, scheme: str, month: str, roster: Mapping[str, Dealer] | None = None
) -> dict[str, Earlier]:  # fmt: skip
    """Published total and rank of the month before, by dealer code; who was refused then is left out.

    A dealer that was not open then stands with what the one had that was merged into it, by the roster, or else as the
    store knows it.
    """
    rows = _ranked_month(store, scheme, months_earlier(month))
    before = {
        row.dealer.code: Earlier(row.published, row.rank, row.dealer.region, row.dealer.peer_group)
        for row in rows if row.status is not Status.REJECTED
    }  # fmt: skip
    roster = with_all_mergers(store) if roster is None else roster
    for code, other in _before_them(roster, months_earlier(month)):
        if other in before:
            before.setdefault(code, before[other])
    return before


def _before_them(roster: Mapping[str, Dealer], month: str) -> Iterator[tuple[str, str]]:
    """Dealers that were not open in a month, each with the one merged into it that was, where it was one alone."""
    for dealer in roster.values():
        if dealer.merged and (codes := open_then(dealer, month)) != [dealer.code] and len(codes) == 1:
            yield dealer.code, codes[0]


def ranked_ones(store: Store, of: str = "") -> str:
    """The condition on `submissions` for those that have a place: scored, not vetoed, not on trial."""
    trial = f" AND coalesce({of}trial, '') = ''" if "trial" in store.columns("submissions") else ""
    return f"{of}status = 'scored' AND NOT {of}vetoed{trial}"


def with_all_mergers(store: Store) -> dict[str, Dealer]:
    """Every dealer into which others were merged, by its code."""
    codes = store.rows("SELECT DISTINCT dealer FROM mergers") if store.columns("mergers") else []
    return {code: with_mergers(store, code) for (code,) in codes}


def with_mergers(store: Store, dealer: str) -> Dealer:
    """A dealer with those that were merged into it, as far as months were recorded."""
    if not store.columns("mergers"):
        return Dealer(dealer, "")
    query = "SELECT DISTINCT since, other, other_since, until FROM mergers WHERE dealer = ? ORDER BY ALL"
    rows = store.rows(query, [dealer])
    return Dealer(dealer, "", since=rows[-1][0] if rows else "", merged=tuple(Merged(*row[1:]) for row in rows))


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
    later = (name if name in store.columns("submissions") else "''" for name in ("trial", "made_of"))
    trial, made_of = (f"coalesce({column}, '')" for column in later)
    query = f"""
        SELECT submission, dealer AS code, name, region, peer_group, status, file, total, published, before_veto,
            ceiling, grade, vetoed, {trial} AS trial, {made_of} AS made_of
        FROM submissions AS s WHERE scheme = ? AND month = ? AND (is_current OR (status = 'rejected' AND submission = (
            SELECT max(submission) FROM submissions o WHERE o.scheme = s.scheme AND o.month = s.month
            AND o.dealer = s.dealer AND (o.dealer != '' OR o.file = s.file))
        AND NOT EXISTS (FROM submissions o WHERE o.scheme = s.scheme AND o.month = s.month AND o.dealer = s.dealer
            AND o.is_current)))
        ORDER BY position, dealer, file
    """  # noqa: S608 - our own words
    rows = {row["submission"]: _standing(row) for row in store.records(query, [scheme, month])}
    if definition is not None and rows:
        rows = _with_parts(store, rows, definition)
    return ranked(rows.values())


def _standing(row: Mapping[str, Any]) -> Standing:
    dealer = Dealer(row["code"], row["name"], row["region"], row["peer_group"], trial=row["trial"] or "")
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
    """Everything that a dealer sent, and those that were merged into it before they were, by month and revision."""
    members = with_mergers(store, dealer)
    trial = "coalesce(s.trial, '')" if "trial" in store.columns("submissions") else "''"
    query = f"""
        WITH places AS (
            SELECT submission, rank() OVER w AS place, count(*) OVER (PARTITION BY scheme, month) AS among
            FROM submissions WHERE is_current AND {ranked_ones(store)}
            WINDOW w AS (PARTITION BY scheme, month ORDER BY published DESC)
        )
        SELECT s.scheme, r.version, s.month, s.revision, s.is_current, strftime(r.recorded, '%Y-%m-%d %H:%M'), s.file,
            s.status, s.published, s.before_veto, s.grade, s.vetoed,
            (SELECT count(*) FROM findings f WHERE f.submission = s.submission AND f.severity = 'error'),
            p.place, coalesce(p.among, 0), {trial}, s.dealer
        FROM submissions s JOIN runs r USING (run) LEFT JOIN places p USING (submission)
        WHERE list_contains(?, s.dealer) ORDER BY s.month, s.dealer, s.scheme, s.revision
    """  # noqa: S608 - our own words
    codes = [dealer, *(each.code for each in members.merged)]
    months = (DealerMonth(*row) for row in store.rows(query, [codes]))
    return [
        replace(month, status=Status(month.status))
        for month in months
        if month.dealer == dealer or month.dealer in open_then(members, month.month)
    ]


def earlier_months(
    store: Store, scheme: str, before: str, count: int = 12, roster: Mapping[str, Dealer] | None = None
) -> dict[str, list[EarlierMonth]]:  # fmt: skip
    """What counts of every dealer's months before a month, by dealer code, at most so many months back.

    A dealer that sent nothing usable in a month lacks it; for one that was not open then the month stands of the one
    that was merged into it, by the roster, or else as the store knows it.
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
            FROM submissions WHERE {where} AND {ranked_ones(store)}
        )
        SELECT dealer, submission, month, CASE status WHEN 'scored' THEN published END, place, grade
        FROM submissions LEFT JOIN places USING (submission) WHERE {where} ORDER BY dealer, month
    """  # noqa: S608 - our own words
    months: dict[str, list[EarlierMonth]] = {}
    for dealer, number, month, total, rank, grade in store.rows(query, [*values, *values]):
        months.setdefault(dealer, []).append(EarlierMonth(month, total, rank, grade, scores.get(number, {})))
    roster = with_all_mergers(store) if roster is None else roster
    for ago in range(count, 0, -1):
        for code, other in _before_them(roster, months_earlier(before, ago)):
            taken_over = [each for each in months.get(other, ()) if each.month == months_earlier(before, ago)]
            months[code] = sorted([*months.get(code, ()), *taken_over], key=lambda each: each.month)
    return months


def past(store: Store, dealer: str, scheme: str, before: str = "9999-12") -> dict[str, list[tuple[str, float | str]]]:
    """A dealer's own answers and indicators of earlier months: by name, (month, value) from the earliest on. A month in
    which dealers were open that were merged into it is theirs together (`joined`).

    Only submissions that count; absences are left out. `before` is the month (YYYY-MM) that is looked at.
    """
    known = _by_dealer(store, with_mergers(store, dealer), scheme, before, "'answer', 'indicator', 'score'")
    figures: dict[str, list[tuple[str, float | str]]] = {}
    for ago, values in sorted(known.items(), reverse=True):
        for name, value in sorted(values.items()):
            figures.setdefault(name, []).append((months_earlier(before, ago), value))
    return figures


def _by_dealer(store: Store, dealer: Dealer, scheme: str, before: str, roles: str) -> dict[int, Known]:
    """A dealer's figures of the months before a month, with those of the dealers that were merged into it, by how many
    months before."""
    query = f"""
        SELECT s.dealer, s.month, v.name, v.number, v.word FROM field_values v JOIN submissions s USING (submission)
        WHERE list_contains(?, s.dealer) AND s.scheme = ? AND s.month < ? AND s.is_current
        AND v.role IN ({roles}) AND coalesce(v.word, '') NOT IN ('未填', '不适用', '无法读取')
    """  # noqa: S608 - our own words
    codes = [dealer.code, *(each.code for each in dealer.merged)]
    known: dict[str, dict[int, dict[str, float | str]]] = {}
    for code, month, name, number, word in store.rows(query, [codes, scheme, before]):
        ago = months_between(month, before)
        known.setdefault(code, {}).setdefault(ago, {})[name] = word if number is None else number
    definition = definition_of(store, scheme, latest_month(store, scheme))
    return joined(definition, dealer, before, known)[0]


def figures_before(
    store: Store, scheme: str, month: str, reach: int = 12, roster: Mapping[str, Dealer] | None = None
) -> dict[str, dict[str, list[float]]]:  # fmt: skip
    """Answers that are numbers of the months before, by dealer and field, last month last; gaps are left out. Those of
    a dealer of the roster are with those of the dealers that were merged into it."""
    query = """
        SELECT s.dealer, v.name, list(v.number ORDER BY s.month)
        FROM field_values v JOIN submissions s USING (submission)
        WHERE s.scheme = ? AND s.is_current AND s.month BETWEEN ? AND ? AND v.role = 'answer' AND v.number IS NOT NULL
        GROUP BY ALL ORDER BY ALL
    """
    figures: dict[str, dict[str, list[float]]] = {}
    for dealer, name, numbers in store.rows(query, [scheme, months_earlier(month, reach), months_earlier(month)]):
        figures.setdefault(dealer, {})[name] = numbers
    for each in (roster or {}).values():
        if each.merged:
            known = _by_dealer(store, each, scheme, month, "'answer'")
            by_name = figures[each.code] = {}
            for _, values in sorted((pair for pair in known.items() if pair[0] <= reach), reverse=True):
                for name, value in values.items():
                    if isinstance(value, float):
                        by_name.setdefault(name, []).append(value)
    return figures
